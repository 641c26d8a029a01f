"""Races qqt's fits against the paper's search and against scipy, on one core.

    python3 tests/peers/qqt_race.py BUILD [--rounds 3]

BUILD was configured with ASSAY_BENCH=ON. The curves are made up: the released parameters of four
pools at 2, 4, 6, 8 and 10 epochs, noise 0.0024. Prints times, ratios, the sums of squares reached,
and how near the grid is to the time of its exponentials alone.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from qqt_loop import error

RELEASED = [(-0.16, 74 / 11), (-0.125, 94 / 11), (-0.1, 58 / 11), (-0.085, 25 / 11)]
LOOP = os.path.join(os.path.dirname(__file__), "qqt_loop.py")


def curves():
    rng, N, pools = random.Random(11), 12.8e6, []
    for i, (b, tau) in enumerate(RELEASED):
        points = [[e * N, error(e * N, N, 0.025, b, tau, 0.1) + rng.gauss(0, 0.0024)]
                  for e in (2, 4, 6, 8, 10)]
        pools.append({"name": f"pool {i}", "N": N, "points": points})
    return {"pools": pools}


def result(command, core):
    done = subprocess.run(["taskset", "-c", str(core), *command], check=True, capture_output=True,
                          text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(curves(), file)
        file.flush()
        python = sys.executable
        ours, search, joint, scipy = [], [], [], []
        for _ in range(options.rounds):
            ours.append(result([f"{options.build}/tests/plugins/qqt/bench_qqt", file.name],
                               options.core))
            scipy.append(result([python, LOOP, file.name, "scipy"], options.core))
            search.append(result([python, LOOP, file.name, "search"], options.core))
        joint.append(result([python, LOOP, file.name, "joint"], options.core))

    def middle(runs, key="seconds"):
        return statistics.median(r[key] for r in runs)

    fit = middle(ours, "fit_s")
    print(f"joint fit    {1e3 * fit:8.3f} ms, 4 pools x 5 points, 12 starts, SSE "
          f"{ours[0]['sse']:.6g} (1 start {1e3 * middle(ours, 'fit_1_start_s'):.3f} ms)")
    print(f"search       {middle(search):8.3f} s for 100,000 evaluations of one pool: "
          f"{middle(search) / fit:.0f} x the joint fit of all four")
    print(f"joint search {middle(joint):8.3f} s for 7 a x 4 pools x 10^4 nodes: "
          f"{middle(joint) / fit:.0f} x, SSE {joint[0]['sse']:.6g}")
    print(f"scipy        {1e3 * middle(scipy):8.3f} ms, 12 starts: {middle(scipy) / fit:.0f} x, SSE "
          f"{scipy[0]['sse']:.6g}")
    print(f"Eigen's      {1e3 * middle(ours, 'eigen_s'):8.3f} ms, 12 starts, bounds transformed: "
          f"{middle(ours, 'eigen_s') / fit:.1f} x, SSE {ours[0]['eigen_sse']:.6g}")
    print(f"grid         {1e3 * middle(ours, 'grid_s'):8.3f} ms for 10^6 nodes x 5 points; its "
          f"{ours[0]['exps']} exponentials alone take {1e3 * middle(ours, 'exp_s'):.3f} ms, "
          f"{100 * middle(ours, 'exp_s') / middle(ours, 'grid_s'):.0f} % of that")
    print(f"bootstrap    {1e3 * middle(ours, 'bootstrap_s'):8.1f} ms for {ours[0]['draws']} draws")


if __name__ == "__main__":
    main()
