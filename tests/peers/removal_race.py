"""Races ssft.removal against a plain PyTorch loop on one core, in alternation.

    python3 tests/peers/removal_race.py BUILD FOLDER [--python .venv/bin/python] [--rounds 5]

BUILD was configured with ASSAY_BENCH=ON; FOLDER holds Fashion-MNIST. Both train the same network on
2700 images for 25 epochs of batches of 32 and test it on 10,000; ours reads its inputs anew in every
run, theirs has them in memory. Prints the median seconds of a retraining, the spread, the ratio, and
the test accuracies.
"""
import argparse
import json
import statistics
import subprocess


def result(command, core):
    done = subprocess.run(["taskset", "-c", str(core), *command], check=True, capture_output=True,
                          text=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("folder")
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", default="25")
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    commands = {
        "ssft.removal": [f"{options.build}/tests/plugins/ssft/bench_removal", options.folder,
                         options.epochs, "4"],
        "PyTorch": [options.python, "tests/peers/removal_loop.py", options.folder,
                    "--epochs", options.epochs],
    }
    results = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            results[name].append(result(command, options.core))
    for name, runs in results.items():
        seconds = [r["seconds"] for r in runs]
        print(f"{name:12} {statistics.median(seconds):7.2f} s a retraining "
              f"({min(seconds):.2f} to {max(seconds):.2f}, {len(runs)} rounds of 4), "
              f"test accuracy {statistics.mean(r['accuracy'] for r in runs):.3f}")
    pairs = [b["seconds"] / a["seconds"]
             for a, b in zip(results["ssft.removal"], results["PyTorch"])]
    print(f"ratio        {statistics.median(pairs):7.2f} ({min(pairs):.2f} to {max(pairs):.2f})")


if __name__ == "__main__":
    main()
