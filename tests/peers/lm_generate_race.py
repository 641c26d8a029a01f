"""Races generation and scoring against transformers and llama.cpp, in alternation on the same cores.

    python3 tests/peers/lm_generate_race.py BUILD MODEL.gguf generate|score [--python .venv/bin/python]
        [--llama .venv-llama/bin/python] [--threads 1 2] [--rounds 1] [--quick]

BUILD was configured with ASSAY_BENCH=ON. All have the weights of the same GGUF file (SmolLM2-135M):
`exact` and transformers as fp32, `fast` in 8 bits, llama.cpp as they are. generate: a batch of 32
and one stream, with prompts of 330 tokens and of 16, 220 new tokens, greedy. Rates are of decoding
alone, from the first token on. --quick makes few tokens, the long ones in the middle of the 220,
and the peers compute one prompt of a batch, whose keys and values they copy: the sequences are the
same, their memory is not. score: eight texts of 512 tokens, and 96 texts as long as paragraphs of
real text are, which transformers gets padded in batches of 16 (half of both with --quick). Beside
each rate: the share of the floating-point operations of a measured fp32 product that it amounts to,
and of the measured rate of reading memory, weights and caches counted once a step.

llama.cpp takes part if --llama has llama-cpp-python; without it, the script makes .venv-llama and
builds the package, which takes a quarter of an hour.
"""
import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
parameters = {"exact": 4, "fast": 1.125}  # bytes of one, scales included


def llama_python(path):
    """An interpreter with llama-cpp-python, built if there is none; None if that fails."""
    if not os.path.exists(path):
        print("building llama-cpp-python into .venv-llama; this takes about 14 minutes", flush=True)
        subprocess.run([sys.executable, "-m", "venv", ".venv-llama"], check=True)
        path = ".venv-llama/bin/python"
        subprocess.run([path, "-m", "pip", "install", "--quiet", "llama-cpp-python"])
    works = subprocess.run([path, "-c", "import llama_cpp"], capture_output=True).returncode == 0
    return path if works else None


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def same_share(a, b):
    """Share of tokens before the first difference of each answer."""
    return statistics.mean(next((i for i, (x, y) in enumerate(zip(p, q)) if x != y), len(p)) / len(p)
                           for p, q in zip(a, b))


def show(name, rates, peers, note=""):
    line = f"  {name:13s} {rates:9.1f} tokens/s"
    for peer, rate in peers.items():
        line += f"  {rates / rate:5.2f}x {peer}"
    print(line + "  " + note, flush=True)


def generate(a, bench, racers):
    cases = [(batch, prompt, 220) for batch in (32, 1) for prompt in (330, 16)]
    if a.quick:
        cases = [(32, 432, 16), (32, 16, 24), (1, 424, 24), (1, 16, 32)]
    cases = [(f"{'batch 32' if n > 1 else 'one stream'}, {p} + {t}", n, p, t) for n, p, t in cases]
    for threads in a.threads:
        limits = run(bench, a.model, "exact", "limits", threads)
        print(f"{threads} thread(s): fp32 product {limits['gflops']:.0f} GFLOP/s, "
              f"memory {limits['gbytes']:.1f} GB/s, load {os.getloadavg()[0]:.1f}", flush=True)
        for title, batch, prompt, tokens in cases:
            found = {name: [] for name in racers}
            for _ in range(a.rounds):
                for name, command in racers.items():
                    copies = ["copies"] if a.quick and batch > 1 and name not in parameters else []
                    found[name].append(run(*command, "generate", batch, prompt, tokens, threads,
                                           *copies))
            median = {n: statistics.median(r["decode"] for r in rs) for n, rs in found.items()}
            print(f" {title}")
            peers = {n: median[n] for n in median if n not in parameters}
            for name, rate in median.items():
                own = found[name][0]
                if name not in parameters:
                    show(name, rate, {})
                    continue
                work = found["exact"][0]["flop_per_token"]
                weights = (work / 2 * parameters[name]) / batch
                bytes_ = rate * (own["kv_bytes_per_token"] + weights)
                show(name, rate, peers,
                     f"{rate * work / limits['gflops'] / 1e7:.0f}% of FLOPs, "
                     f"{bytes_ / limits['gbytes'] / 1e7:.0f}% of bytes")
            if "transformers" in found and not (a.quick and batch > 1):
                share = same_share(found["exact"][0]["ids"], found["transformers"][0]["ids"])
                print(f"  exact and transformers agree on {100 * share:.1f}% of the tokens before "
                      "an answer's first difference")


def paragraph_lengths(count):
    """Tokens, at four bytes each, of paragraphs of the texts that Debian has."""
    lengths = []
    for path in sorted(glob.glob("/usr/share/common-licenses/*")):
        with open(path, errors="replace") as file:
            parts = re.split(r"\n\s*\n", file.read())
        lengths += [min(1024, len(p) // 4) for p in parts if len(p) >= 32]
    step = max(1, len(lengths) // count)
    return lengths[::step][:count]


def score(a, bench, racers):
    cases = [(f"{n} texts of 512 tokens", [512] * n) for n in ([4] if a.quick else [8])]
    cases += [(f"{n} paragraphs", paragraph_lengths(n)) for n in ([48] if a.quick else [96])]
    for threads in a.threads:
        limits = run(bench, a.model, "exact", "limits", threads)
        print(f"{threads} thread(s): fp32 product {limits['gflops']:.0f} GFLOP/s, "
              f"load {os.getloadavg()[0]:.1f}", flush=True)
        for title, lengths in cases:
            found = {name: [] for name in racers if name != "llama.cpp"}
            for _ in range(a.rounds):
                for name in found:
                    found[name].append(run(*racers[name], "score", ",".join(map(str, lengths)),
                                           threads))
            median = {n: statistics.median(r["tokens_per_s"] for r in rs)
                      for n, rs in found.items()}
            print(f" {title}: {sum(lengths)} tokens, the longest {max(lengths)}")
            peers = {n: median[n] for n in median if n not in parameters}
            for name, rate in median.items():
                share = rate * 2 * 134.5e6 / limits["gflops"] / 1e7
                show(name, rate, {} if name in peers else peers,
                     f"{share:.0f}% of FLOPs, ln p {found[name][0]['log_p']:.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("model")
    parser.add_argument("what", choices=["generate", "score"])
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--llama", default=".venv-llama/bin/python")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    a = parser.parse_args()
    bench = f"{a.build}/tests/plugins/lm/bench_lm_generate"
    racers = {
        "exact": (bench, a.model, "exact"),
        "transformers": (a.python, f"{here}/lm_generate_loop.py", a.model),
        "fast": (bench, a.model, "fast"),
    }
    if a.what == "generate" and (python := llama_python(a.llama)):
        racers["llama.cpp"] = (python, f"{here}/lm_llama_loop.py", a.model)
    (generate if a.what == "generate" else score)(a, bench, racers)


if __name__ == "__main__":
    main()
