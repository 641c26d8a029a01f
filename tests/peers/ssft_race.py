"""Races ssft.learn against a plain PyTorch loop on one core, in alternation.

    python3 tests/peers/ssft_race.py BUILD FOLDER [--python .venv/bin/python] [--rounds 5]

BUILD was configured with ASSAY_BENCH=ON; FOLDER holds Fashion-MNIST. Both see the same 3000 images,
network, batch (32) and epochs, and evaluate after each. Prints the median images per second
(training and evaluation together), the spread, and their ratio.
"""
import argparse
import json
import statistics
import subprocess


def images_per_second(command, core):
    result = subprocess.run(["taskset", "-c", str(core), *command], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)["together"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("folder")
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", default="20")
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    commands = {
        "ssft.learn": [f"{options.build}/tests/plugins/ssft/bench_ssft", options.folder,
                       options.epochs, "3000", "32"],
        "PyTorch": [options.python, "tests/peers/ssft_loop.py", options.folder,
                    "--epochs", options.epochs],
    }
    speeds = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            speeds[name].append(images_per_second(command, options.core))
    for name, runs in speeds.items():
        print(f"{name:12} {statistics.median(runs):9.0f} images/s   "
              f"({min(runs):.0f} to {max(runs):.0f}, {len(runs)} runs)")
    pairs = [a / b for a, b in zip(speeds["ssft.learn"], speeds["PyTorch"])]
    print(f"ratio        {statistics.median(pairs):9.2f}            "
          f"({min(pairs):.2f} to {max(pairs):.2f})")


if __name__ == "__main__":
    main()
