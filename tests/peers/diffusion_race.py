"""Races diffusion.train and diffusion.sample against a plain PyTorch loop, in alternation on a core.

    python3 tests/peers/diffusion_race.py BUILD [--python .venv/bin/python] [--rounds 5]

BUILD was configured with ASSAY_BENCH=ON. Both train the paper's 2D network on gaussian25 with t_max
off and draw 20 000 points, over the widths 64 and 128. Prints the median milliseconds of an
optimiser step and microseconds of a network evaluation while sampling, their ratios, and what share
of the speed of LibTorch's matrix product the step's own products reach. Then 400,000 samples of
modes 1, 2, 3 over 350 steps through a table, filling and scoring included, against the network
evaluations of the loop that they stand for.
"""
import argparse
import json
import statistics
import subprocess


def measure(command, core):
    result = subprocess.run(["taskset", "-c", str(core), *command], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)


def show(name, unit, runs):
    for who, values in runs.items():
        print(f"  {name:10} {who:10} {statistics.median(values):9.3f} {unit}   "
              f"({min(values):.3f} to {max(values):.3f}, {len(values)} runs)")
    ratios = [b / a for a, b in zip(runs["diffusion"], runs["PyTorch"])]
    print(f"  {name:10} ratio      {statistics.median(ratios):9.2f}      "
          f"({min(ratios):.2f} to {max(ratios):.2f})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--n", type=int, default=20000)
    parser.add_argument("--chain", type=int, default=20)
    parser.add_argument("--core", type=int, default=0)
    o = parser.parse_args()
    for width in (64, 128):
        sizes = [str(v) for v in (width, o.batch, o.steps, o.n, o.chain)]
        names = ["--width", "--batch", "--steps", "--n", "--chain"]
        commands = {
            "diffusion": [f"{o.build}/tests/plugins/diffusion/bench_diffusion", *sizes],
            "PyTorch": [o.python, "tests/peers/diffusion_loop.py",
                        *[word for pair in zip(names, sizes) for word in pair]],
        }
        runs = {name: [] for name in commands}
        for _ in range(o.rounds):
            for name, command in commands.items():
                runs[name].append(measure(command, o.core))
        print(f"F = {width}, batch {o.batch}")
        for key, name, unit in (("step_ms", "step", "ms"), ("evaluation_us", "evaluation", "us")):
            show(name, unit, {who: [run[key] for run in all_] for who, all_ in runs.items()})
        shares = [run["peak_share"] for run in runs["diffusion"]]
        print(f"  share of the matrix product's speed {statistics.median(shares):.2f} "
              f"({min(shares):.2f} to {max(shares):.2f})")
    table = [f"{o.build}/tests/plugins/diffusion/bench_table"]
    loop = [o.python, "tests/peers/diffusion_loop.py", "--width", "64", "--steps", "10",
            "--n", str(o.n), "--chain", str(o.chain), "--dimension", "1"]
    runs = {"diffusion": [], "PyTorch": []}
    for _ in range(o.rounds):
        runs["diffusion"].append(measure(table, o.core))
        runs["PyTorch"].append(measure(loop, o.core))
    seconds = [run["seconds"] for run in runs["diffusion"]]
    print(f"table, 1D, F = 64: 400,000 samples in {statistics.median(seconds):.2f} s "
          f"({min(seconds):.2f} to {max(seconds):.2f})")
    show("evaluation", "us", {who: [run["evaluation_us"] for run in all_]
                              for who, all_ in runs.items()})


if __name__ == "__main__":
    main()
