"""Races a training step of a GPT against a plain PyTorch loop, in alternation.

    python3 tests/peers/lm_train_race.py BUILD [--python .venv/bin/python] [--rounds 5]

BUILD was configured with ASSAY_BENCH=ON. A GPT-2 of 10 M parameters at 512 tokens a step and at
8192, on one thread and on two: the milliseconds of both sides' quickest step of a round, medians of
the rounds, the median of their ratios with its range, and the step's arithmetic at the measured
speed of its matrix products alone.
"""
import argparse
import json
import os
import statistics
import subprocess

STEPS = {2: 15, 32: 2}  # of a round, by batch of windows of 256 tokens


class Side:
    """A program that answers each step count on its standard input with a line of JSON."""

    def __init__(self, command, threads):
        cores = ",".join(str(c) for c in range(threads))
        self.process = subprocess.Popen(["taskset", "-c", cores, *command, "--serve"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def race(options, batch, threads):
    arguments = ["--batch", str(batch), "--threads", str(threads)]
    ours = Side([f"{options.build}/tests/plugins/lm/bench_lm_train", *arguments], threads)
    theirs = Side([options.python, "tests/peers/lm_train_loop.py", *arguments], threads)
    rounds = []
    for _ in range(options.rounds):
        a, b = ours.run(STEPS[batch]), theirs.run(STEPS[batch])
        assert a["parameters"] == b["parameters"]
        rounds.append((min(a["seconds"]), min(b["seconds"]), a["limit"]))
    ours.close()
    theirs.close()
    mine, peer, limit = (statistics.median(r[i] for r in rounds) for i in range(3))
    ratios = [b / a for a, b, _ in rounds]
    flop = 6 * (a["parameters"] - 256 * 320) * batch * 256
    print(f"{batch * 256:5} tokens, {threads} thread{'s' * (threads > 1)}: {1e3 * mine:6.0f} ms, "
          f"PyTorch {1e3 * peer:6.0f} ms, ratio {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f}); limit {1e3 * limit:.0f} ms "
          f"({flop / 1e9:.0f} GFLOP at {flop / 1e9 / limit:.0f} GFLOP/s), "
          f"{100 * limit / mine:.0f} % of it reached", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--python", default=".venv/bin/python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=list(STEPS))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(options.threads)))
    for threads in options.threads:
        for batch in options.batches:
            race(options, batch, threads)


if __name__ == "__main__":
    main()
