"""Writes hard_margin.json: separators that a general solver of quadratic programs finds.

Run as  /usr/bin/python3 tests/oracles/hard_margin.py  (scipy, numpy). The test
tests/plugins/ssft/dual_test.cpp reads the JSON. The primal problem, min |w|^2 / 2 with
w . v_i >= 1, is given to SLSQP in the d coordinates of w; nothing here works in the dual. A second
block holds gradient descent done on w itself, in plain numpy.
"""
import json
import pathlib

import numpy as np
from scipy import optimize


def separator(v):
    n, d = v.shape
    start = np.linalg.lstsq(v, np.ones(n), rcond=None)[0]
    found = optimize.minimize(
        lambda w: w @ w / 2, start, jac=lambda w: w, method="SLSQP",
        constraints={"type": "ineq", "fun": lambda w: v @ w - 1, "jac": lambda w: v},
        options={"ftol": 1e-15, "maxiter": 1000})
    assert found.success and (v @ found.x).min() > 1 - 1e-9
    return found.x


def separable(rng, n, d, mu):
    v = rng.normal(size=(n, d)) / np.sqrt(d)
    v[:, 0] += mu
    return v


def descent(v, w, loss, eta, normalised, steps):
    """w after so many steps on the mean loss of margins v w."""
    for _ in range(steps):
        m = v @ w
        if loss == "exp":
            value, slope = np.exp(-m), np.exp(-m)
        else:
            value, slope = np.logaddexp(0, -m), 1 / (1 + np.exp(m))
        rate = eta / value.mean() if normalised else eta
        w = w + rate * (slope @ v) / len(v)
    return w


def main():
    rng = np.random.default_rng(1964)
    cases = []
    for n, d, mu in [(1, 3, 0), (5, 3, 3), (6, 40, 0.5), (30, 60, 0.5), (25, 20, 1.5)]:
        v = separable(rng, n, d, mu)
        w = separator(v)
        cases.append({"n": n, "d": d, "v": v.ravel().tolist(), "margins": (v @ w).tolist(),
                      "squared_length": float(w @ w)})
    descents = []
    v, w = separable(rng, 7, 12, 0.3), rng.normal(size=12) / 3
    for loss in ("exp", "logistic"):
        for normalised in (True, False):
            end = descent(v, w, loss, 0.4, normalised, 300)
            descents.append({"loss": loss, "normalised": normalised, "eta": 0.4, "steps": 300,
                             "margins": (v @ end).tolist()})
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({
        "made_by": "tests/oracles/hard_margin.py", "cases": cases,
        "descent": {"n": 7, "d": 12, "v": v.ravel().tolist(), "start": (v @ w).tolist(),
                    "ends": descents}}) + "\n")
    print(f"{out}: {len(cases)} separators, {len(descents)} descents")


if __name__ == "__main__":
    main()
