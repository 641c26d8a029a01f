"""Races localization.critical against the reference's procedure on one core, in alternation.

    python3 tests/peers/critical_race.py BUILD FOLDER [--python .venv/bin/python] [--rounds 3]

BUILD was configured with ASSAY_BENCH=ON; FOLDER holds Fashion-MNIST. Both train ResNet-9 of width
1/4 on the same number of 14x14 images and search as many targets. The reference evaluates on all
images after each target, the method on --subset training and as many test images. Prints medians of
the seconds a target, and their ratios: of the search for each unit found, of evaluation, together.
"""
import argparse
import json
import re
import statistics
import subprocess


def output(command, core):
    result = subprocess.run(["taskset", "-c", str(core), *command], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)


def ours(options):
    run = output([f"{options.build}/tests/plugins/localization/bench_critical", options.folder,
                  options.examples, options.test, options.epochs, options.targets, options.subset],
                 options.core)
    searching, judging = map(float, re.findall(r"[\d.]+(?= searched| judged)", run["log"]))
    return searching, judging, run["units"]


def reference(options):
    run = output([options.python, "tests/peers/critical_loop.py", options.folder,
                  "--examples", options.examples, "--test", options.test,
                  "--epochs", options.epochs, "--targets", options.targets], options.core)
    return run["searching"], run["judging"], run["units"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("folder")
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--examples", default="2000")
    parser.add_argument("--test", default="10000")
    parser.add_argument("--epochs", default="30")
    parser.add_argument("--targets", default="20")
    parser.add_argument("--subset", default="500")
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    runs = {"method": [], "reference": []}
    for _ in range(options.rounds):
        runs["method"].append(ours(options))
        runs["reference"].append(reference(options))
    for name, measured in runs.items():
        searching, judging, units = (statistics.median(column) for column in zip(*measured))
        print(f"{name:10} {searching:8.4f} s searching, {judging:8.4f} s judging, "
              f"{units:.2f} units a target")
    pairs = list(zip(runs["reference"], runs["method"]))
    for name, ratio in (("search, a unit", lambda r, m: r[0] / r[2] / (m[0] / m[2])),
                        ("evaluation", lambda r, m: r[1] / m[1]),
                        ("together", lambda r, m: (r[0] + r[1]) / (m[0] + m[1]))):
        ratios = [ratio(r, m) for r, m in pairs]
        print(f"{name:15} {statistics.median(ratios):6.2f} times as fast "
              f"({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
