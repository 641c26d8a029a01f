"""Writes qqt_fits.json: joint fits that scipy finds, and grids searched node by node.

Run as  /usr/bin/python3 tests/oracles/qqt_fits.py  (scipy, numpy). The test
tests/plugins/qqt/joint_fit_test.cpp and grid_test.cpp read the JSON. scipy's trust region gets the
plain residuals with derivatives by differences, from 30 starts; a grid is every (a, b, tau) in order,
its SSE summed point by point, the first of the smallest kept.
"""
import json
import pathlib

import numpy as np
from scipy import optimize

UNIT, N = 1e5, 12.8e6
RELEASED = [(-0.16, 74 / 11), (-0.125, 94 / 11), (-0.1, 58 / 11), (-0.085, 25 / 11)]


def error(law, form, n, a, b, tau, d):
    """One n, epoch by epoch."""
    edges = [(k, N * k, min(N * (k + 1), n)) for k in range(int(n // N) + 1)]
    if law == "data":
        return sum(a * (h - l) / UNIT * 2 ** (-k / tau) for k, l, h in edges) ** b + d
    first = (a * edges[0][2] / UNIT) ** b
    factor = 1.0
    for k, l, h in edges[1:]:
        factor *= (h / l) ** (b * 2 ** (-k / tau))
    return (first + d) * factor if form == "code" else first * factor + d


def residuals(law, form, d, points, errors):
    def of(theta):
        a, out = np.exp(theta[0]), []
        for i, ys in enumerate(errors):
            b, tau = theta[1 + 2 * i], np.exp(theta[2 + 2 * i])
            out += [error(law, form, n, a, b, tau, d) - y for n, y in zip(points, ys)]
        return np.array(out)
    return of


def fits(rng):
    points = [N * e for e in (2, 4, 6, 8, 10)]
    out = []
    for law, form in [("utility", "code"), ("utility", "paper"), ("data", "paper")]:
        errors = [[error(law, form, n, 0.025, b, tau, 0.1) + 0.0024 * rng.normal() for n in points]
                  for b, tau in RELEASED]
        f = residuals(law, form, 0.1, points, errors)
        low = [np.log(1e-5)] + [-0.8, np.log(0.2)] * 4
        high = [np.log(1e3)] + [-1e-3, np.log(200)] * 4
        best = None
        for _ in range(30):
            start = [np.log(0.02) + rng.normal()]
            for _ in RELEASED:
                start += [-rng.uniform(0.02, 0.4), np.log(rng.uniform(0.7, 30))]
            found = optimize.least_squares(f, start, bounds=(low, high), xtol=1e-15, ftol=1e-15,
                                           gtol=1e-15, max_nfev=400)
            if best is None or found.cost < best.cost:
                best = found
        theta = best.x
        out.append({"law": law, "form": form, "d": 0.1, "N": N, "n": points, "errors": errors,
                    "sse": 2 * best.cost, "a": float(np.exp(theta[0])),
                    "b": theta[1::2].tolist(), "tau": np.exp(theta[2::2]).tolist()})
    return out


def grids(rng):
    axes = {"a": np.linspace(0.005, 0.05, 9), "b": np.linspace(-0.3, -0.02, 11),
            "tau": np.linspace(1, 10, 7)}
    points = [N * e for e in (0.5, 2, 4.5, 10)]
    out = []
    for law, form in [("utility", "code"), ("utility", "paper"), ("data", "paper")]:
        ys = [error(law, form, n, 0.02, -0.13, 4, 0.1) + 0.003 * rng.normal() for n in points]
        best, at, per_a = np.inf, None, []
        for i, a in enumerate(axes["a"]):
            best_a, at_a = np.inf, None
            for j, b in enumerate(axes["b"]):
                for k, tau in enumerate(axes["tau"]):
                    sse = sum((error(law, form, n, a, b, tau, 0.1) - y) ** 2
                              for n, y in zip(points, ys))
                    if sse < best_a:
                        best_a, at_a = sse, [j, k]
                    if sse < best:
                        best, at = sse, [i, j, k]
            per_a.append({"sse": best_a, "at": at_a})
        out.append({"law": law, "form": form, "d": 0.1, "N": N, "n": points, "error": ys,
                    "axes": {key: value.tolist() for key, value in axes.items()},
                    "sse": best, "at": at, "per_a": per_a})
    return out


def main():
    rng = np.random.default_rng(2404)
    out = pathlib.Path(__file__).with_suffix(".json")
    made = {"made_by": "tests/oracles/qqt_fits.py", "unit": UNIT, "fits": fits(rng),
            "grids": grids(rng)}
    out.write_text(json.dumps(made) + "\n")
    print(f"{out}: {len(made['fits'])} fits, {len(made['grids'])} grids")


if __name__ == "__main__":
    main()
