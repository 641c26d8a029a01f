"""Writes mann_whitney.json: scipy's Mann-Whitney tests of random samples with and without ties.

Run as  /usr/bin/python3 tests/oracles/mann_whitney.py  (scipy, numpy). The test
tests/plugins/stats/mann_whitney_test.cpp reads the JSON. U is also counted pair by pair.
"""
import json
import pathlib

import numpy as np
from scipy import stats


def case(rng, n, m, levels, shift):
    """n values moved by `shift` and m values; `levels` rounds them so that many are equal."""
    x, y = rng.normal(size=n) + shift, rng.normal(size=m)
    if levels:
        x, y = np.round(x * levels), np.round(y * levels)
    tied = len(np.unique(np.concatenate([x, y]))) < n + m
    exact = not tied and max(n, m) <= 30
    p = {}
    for side in ("greater", "less", "two-sided"):
        test = stats.mannwhitneyu(x, y, alternative=side, use_continuity=True,
                                  method="exact" if exact else "asymptotic")
        p[side] = float(test.pvalue)
    u = float(np.sum(x[:, None] > y[None, :]) + 0.5 * np.sum(x[:, None] == y[None, :]))
    assert u == test.statistic
    return {"x": x.tolist(), "y": y.tolist(), "u": u, "exact": bool(exact),
            "p_greater": p["greater"], "p_less": p["less"], "p": p["two-sided"]}


def main():
    rng = np.random.default_rng(18)
    shapes = [(1, 1, 0, 0), (3, 2, 0, 1), (8, 8, 0, 0.5), (30, 30, 0, -0.7), (30, 5, 0, 3),
              (31, 12, 0, 0.4), (200, 100, 0, 0.2), (6, 7, 1, 0.5), (40, 25, 2, -0.5),
              (300, 250, 3, 0.3), (50, 50, 0, 4)]
    cases = [case(rng, *shape) for shape in shapes]
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({"made_by": "tests/oracles/mann_whitney.py", "cases": cases}) + "\n")
    print(f"{out}: {len(cases)} cases")


if __name__ == "__main__":
    main()
