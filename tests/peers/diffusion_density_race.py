"""Races diffusion.propagate against the same in NumPy, on one core, in alternation.

    python3 tests/peers/diffusion_density_race.py BUILD [--rounds 3] [--timesteps 1000]
        [--cells 12001]

BUILD was configured with ASSAY_BENCH=ON. Prints the best seconds of each, their ratio, and the mass
beyond 6 sigma that each finds.
"""
import argparse
import json
import subprocess
import sys


def output(command, core):
    result = subprocess.run(["taskset", "-c", str(core), *command], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timesteps", default="1000")
    parser.add_argument("--cells", default="12001")
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    size = [options.timesteps, options.cells]
    ours = [f"{options.build}/tests/plugins/diffusion/bench_propagate", *size]
    numpy = [sys.executable, "tests/peers/diffusion_density.py", *size]
    runs = [(output(ours, options.core), output(numpy, options.core))
            for _ in range(options.rounds)]
    for name, side in (("propagate", 0), ("NumPy", 1)):
        best = min(pair[side]["seconds"] for pair in runs)
        print(f"{name:10} {best:8.3f} s, beyond 6 sigma {runs[0][side]['beyond_6']:.3e}")
    ratios = sorted(numpy["seconds"] / ours["seconds"] for ours, numpy in runs)
    print(f"ratio      {ratios[len(ratios) // 2]:8.2f}")


if __name__ == "__main__":
    main()
