"""The fits that qqt is raced against, on one set of curves: the paper's grid search of 100,000 random
nodes a pool, one error at a time in plain Python, and scipy's least_squares on the joint residuals.

    python3 tests/peers/qqt_loop.py CURVES.json {search,scipy} [--evaluations 100000]

The search is written from the paper's description: a grid of 100 values each of a in [1e-4, 0.04],
b in [-0.5, -0.005] and the half-life in [1, 10], shuffled, cut after so many evaluations, the strictly
smallest sum of squares kept; the jointly best a of seven fixed ones is its outer loop, in which each
grid is 100 x 100 and complete. Prints JSON: seconds, sum of squares, evaluations.
"""
import argparse
import json
import math
import random
import time

UNIT = 1e5


def error(n, N, a, b, tau, d):
    """Law U in the released code's form."""
    K = int(n // N)
    value = (a * min(n, N) / UNIT) ** b + d
    for k in range(1, K + 1):
        value *= (min(N * (k + 1), n) / (N * k)) ** (b * 2 ** (-k / tau))
    return value


def sse(points, N, a, b, tau, d):
    return sum((error(n, N, a, b, tau, d) - y) ** 2 for n, y in points)


def linspace(low, high, count):
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def search(pools, evaluations, d=0.1):
    """One pool's search over (a, b, tau), then the joint one over a; times both."""
    a_axis, b_axis, tau_axis = (linspace(1e-4, 0.04, 100), linspace(-0.5, -0.005, 100),
                                linspace(1, 10, 100))
    N, points = pools[0]
    nodes = list(range(10 ** 6))
    random.Random(0).shuffle(nodes)
    start = time.perf_counter()
    best = math.inf
    for node in nodes[:evaluations]:
        value = sse(points, N, a_axis[node // 10000], b_axis[node // 100 % 100],
                    tau_axis[node % 100], d)
        best = min(best, value)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sse": best, "evaluations": evaluations}


def joint_search(pools, d=0.1):
    """The paper's joint search: seven a, for each pool the complete grid of (b, tau)."""
    start = time.perf_counter()
    best = math.inf
    for a in (0.01, 0.015, 0.018, 0.02, 0.022, 0.025, 0.03):
        total = 0.0
        for N, points in pools:
            total += min(sse(points, N, a, b, tau, d) for b in linspace(-0.5, -0.005, 100)
                         for tau in linspace(1, 10, 100))
        best = min(best, total)
    return {"seconds": time.perf_counter() - start, "sse": best, "evaluations": 7 * 10 ** 4}


def scipy_fit(pools, starts=12, d=0.1):
    """scipy's least_squares, vectorised over points and epochs, from 12 starts."""
    import numpy as np
    from scipy import optimize
    prepared = []
    for N, points in pools:
        n = np.array([p[0] for p in points])
        last = (n // N).astype(int)
        k = np.arange(1, last.max() + 1)
        upper = np.minimum(N * (k + 1), n[:, None])
        ratios = np.where(k <= last[:, None], np.log(upper / (N * k)), 0.0)
        prepared.append((np.log(np.minimum(n, N) / UNIT), ratios, k,
                         np.array([p[1] for p in points])))

    def residuals(theta):
        out = []
        for i, (first, ratios, k, y) in enumerate(prepared):
            b, tau = theta[1 + 2 * i], np.exp(theta[2 + 2 * i])
            factor = np.exp(b * (ratios @ 2.0 ** (-k / tau)))
            out.append((np.exp(b * (theta[0] + first)) + d) * factor - y)
        return np.concatenate(out)

    low = [math.log(1e-5)] + [-0.8, math.log(0.2)] * len(pools)
    high = [math.log(1e3)] + [-1e-3, math.log(200)] * len(pools)
    rng = np.random.default_rng(0)
    start_time = time.perf_counter()
    best = math.inf
    for _ in range(starts):
        start = [math.log(0.02) + rng.normal()]
        for _ in pools:
            start += [-rng.uniform(0.02, 0.4), math.log(rng.uniform(0.7, 30))]
        best = min(best, 2 * optimize.least_squares(residuals, start, bounds=(low, high)).cost)
    return {"seconds": time.perf_counter() - start_time, "sse": best, "evaluations": 0}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("curves")
    parser.add_argument("what", choices=["search", "joint", "scipy"])
    parser.add_argument("--evaluations", type=int, default=100000)
    options = parser.parse_args()
    with open(options.curves) as file:
        pools = [(p["N"], [tuple(q[:2]) for q in p["points"]]) for p in json.load(file)["pools"]]
    result = {"search": lambda: search(pools, options.evaluations), "scipy": lambda: scipy_fit(pools),
              "joint": lambda: joint_search(pools)}[options.what]()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
