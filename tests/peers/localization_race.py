"""Races plugin localization against plain PyTorch loops on one core, in alternation.

    python3 tests/peers/localization_race.py BUILD FOLDER [--python .venv/bin/python] [--rounds 5]

BUILD was configured with ASSAY_BENCH=ON; FOLDER holds Fashion-MNIST. Modes as localization_loop.py
describes them. Prints the median seconds of both sides for each, the median ratio of the rounds with
its range, and what accounting costs us over plain training.
"""
import argparse
import json
import statistics
import subprocess

MODES = ["train", "accounted", "epoch", "rewind"]


def seconds(command, core):
    done = subprocess.run(["taskset", "-c", str(core), *command], check=True, capture_output=True,
                          text=True)
    return json.loads(done.stdout)["seconds"]


def show(name, numerators, denominators):
    ratios = [a / b for a, b in zip(numerators, denominators)]
    return f"{name} {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("folder")
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    ours = [f"{options.build}/tests/plugins/localization/bench_localization_layers", options.folder]
    theirs = [options.python, "tests/peers/localization_loop.py", options.folder]
    taken = {(side, mode): [] for side in ("ours", "PyTorch") for mode in MODES}
    for _ in range(options.rounds):
        for mode in MODES:
            taken["ours", mode].append(seconds([*ours, mode], options.core))
            taken["PyTorch", mode].append(seconds([*theirs, mode], options.core))
    for mode in MODES:
        a, b = taken["ours", mode], taken["PyTorch", mode]
        print(f"{mode:10} {statistics.median(a):7.3f} s, PyTorch {statistics.median(b):7.3f} s, "
              + show("ratio", b, a))
    print(show("accounting over plain training:", taken["ours", "accounted"], taken["ours", "train"]))


if __name__ == "__main__":
    main()
