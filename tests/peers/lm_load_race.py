"""Races opening SmolLM2-135M's GGUF file, exact and from warm cache, against gguf on the
same file and transformers on the same weights as a folder of fp32 safetensors, which it maps.

    python3 tests/peers/lm_load_race.py BUILD MODEL.gguf --python PYTHON [--rounds 5]

BUILD was configured with ASSAY_BENCH=ON; PYTHON has the peers. Every opening is a process of its
own. Beside the times stands what no opening in fp32 can beat: filling as much fresh memory.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

LOOP = os.path.join(os.path.dirname(__file__), "lm_load.py")
ASKED = 0.2  # seconds


def result(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("model")
    parser.add_argument("--python", default="python3")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{options.build}/tests/plugins/lm/lm_export", options.model, folder],
                       check=True)
        for threads in ("1", "2"):
            race(options, folder, threads)


def race(options, folder, threads):
    ours = f"{options.build}/tests/plugins/lm/bench_lm_load"
    def peer(name):
        source = folder if name == "transformers" else options.model
        return result([options.python, LOOP, source, name, threads])["open_s"]

    runs, times = [], {"transformers": [], "gguf": []}
    result([ours, options.model, threads])  # warms the cache
    for i in range(options.rounds):
        runs.append(result([ours, options.model, threads]))
        if i < 2:
            for name, list_ in times.items():
                list_.append(peer(name))
    seconds = statistics.median(r["open_s"] for r in runs)
    fill = statistics.median(r["fill_s"] for r in runs)
    tokenizer = statistics.median(r["tokenizer_s"] for r in runs)
    best = min(r["open_s"] for r in runs)
    print(f"{threads} thread{'s' if threads > '1' else ''}: opened in {1e3 * seconds:.0f} ms "
          f"({1e3 * best:.0f} at best; asked: {1e3 * ASKED:.0f}), the tokenizer alone "
          f"{1e3 * tokenizer:.0f} ms; filling the {runs[0]['bytes'] / 1e6:.0f} MB takes "
          f"{1e3 * fill:.0f} ms, {100 * fill / seconds:.0f} % of that")
    for name, list_ in times.items():
        print(f"  {name}: {statistics.median(list_):.2f} s, "
              f"{statistics.median(list_) / seconds:.0f} x")


if __name__ == "__main__":
    main()
