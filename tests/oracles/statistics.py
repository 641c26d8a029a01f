"""Writes statistics.json: what core/report/statistics.cpp must agree with.

Run with Debian's python3-scipy: /usr/bin/python3 tests/oracles/statistics.py
Student and Welch intervals, Wilson intervals, t, sign and Wilcoxon tests come from scipy; the
Wilcoxon test with ties, which scipy only approximates, from enumerating all sign patterns; the
order-statistic interval of the median from the binomial distribution's definition.
"""

import itertools
import json
import math
import os

import numpy as np
import scipy
from scipy import stats

ALTERNATIVES = ["greater", "less", "two-sided"]


def wilcoxon_by_enumeration(differences):
    """p-values over all 2^n sign patterns, zeros left out, ties sharing their mean rank."""
    d = np.array([x for x in differences if x != 0])
    ranks = stats.rankdata(np.abs(d))
    observed = ranks[d > 0].sum()
    above = below = 0
    for signs in itertools.product([0, 1], repeat=len(d)):
        w = float(np.dot(signs, ranks))
        above += w >= observed - 1e-9
        below += w <= observed + 1e-9
    n = 2 ** len(d)
    return {
        "statistic": float(observed),
        "greater": above / n,
        "less": below / n,
        "two-sided": min(1.0, 2 * min(above, below) / n),
    }


def wilcoxon_approximate(differences):
    out = {}
    for alternative in ALTERNATIVES:
        r = stats.wilcoxon(differences, zero_method="wilcox", correction=True, mode="approx",
                           alternative=alternative)
        out[alternative] = float(r.pvalue)
    d = np.array([x for x in differences if x != 0])
    out["statistic"] = float(stats.rankdata(np.abs(d))[d > 0].sum())
    return out


def sign_test(differences):
    positive = sum(x > 0 for x in differences)
    n = sum(x != 0 for x in differences)
    return {a: float(stats.binomtest(positive, n, 0.5, alternative=a).pvalue)
            for a in ALTERNATIVES} | {"statistic": positive}


def t_test(differences):
    out = {a: float(stats.ttest_1samp(differences, 0, alternative=a).pvalue) for a in ALTERNATIVES}
    return out | {"statistic": float(stats.ttest_1samp(differences, 0).statistic)}


def student(x, level):
    return [float(v) for v in
            stats.t.interval(level, len(x) - 1, loc=np.mean(x), scale=stats.sem(x))]


def welch(a, b, level):
    va, vb = np.var(a, ddof=1) / len(a), np.var(b, ddof=1) / len(b)
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    d = np.mean(a) - np.mean(b)
    return [float(v) for v in stats.t.interval(level, df, loc=d, scale=math.sqrt(va + vb))]


def median_interval(x, level):
    """The narrowest x_(k), x_(n+1-k) that covers the median with probability >= level."""
    n, s = len(x), sorted(x)
    best = None
    for k in range(1, n // 2 + 1):
        coverage = sum(math.comb(n, i) for i in range(k, n - k + 1)) / 2**n
        if coverage >= level:
            best = [s[k - 1], s[n - k]]
    return best


def main():
    rng = np.random.default_rng(20240611)
    samples = [rng.normal(0.9, 0.02, 3), rng.normal(0, 1, 5), rng.normal(0.3, 1, 12),
               rng.exponential(1, 25) - 0.5, rng.normal(0.1, 1, 80),
               np.array([1e9, 1e9 + 1, 1e9 + 2]), np.array([0.5, 0.5])]
    out = {"scipy": scipy.__version__, "samples": [], "tests": [], "wilson": [], "welch": []}
    for x in samples:
        x = [float(v) for v in x]
        out["samples"].append({
            "x": x, "mean": float(np.mean(x)), "median": float(np.median(x)),
            "sd": float(np.std(x, ddof=1)), "sem": float(stats.sem(x)),
            "quartiles": [float(v) for v in np.quantile(x, [0.25, 0.75])],
            "student95": student(x, 0.95) if np.std(x) > 0 else [x[0], x[0]],
            "student99": student(x, 0.99) if np.std(x) > 0 else [x[0], x[0]],
            "median95": median_interval(x, 0.95)})
    small = [list(rng.normal(0.4, 1, n)) for n in (1, 3, 6, 10, 12)]
    tied = [[1, 1, 1], [1, -1, 2, 2, 3], [0, 0, 1, 2, -2, 2], [0.5, 0.5, -0.5, 1.5, 1.5, -1, 0],
            [1, 2, 2, 3, 3, 3, -1, -2, 4, 4]]
    for d in small + tied:
        d = [float(v) for v in d]
        out["tests"].append({"d": d, "wilcoxon": wilcoxon_by_enumeration(d), "sign": sign_test(d),
                             "t": t_test(d) if len(d) > 1 and np.std(d) > 0 else None})
    for d in (list(rng.normal(0.2, 1, 40)), list(np.round(rng.normal(0.2, 1, 70), 1))):
        d = [float(v) for v in d]
        exact = len(d) <= 50
        w = wilcoxon_approximate(d)
        if exact:
            for a in ALTERNATIVES:
                w[a] = float(stats.wilcoxon(d, mode="exact", alternative=a).pvalue)
        out["tests"].append({"d": d, "wilcoxon": w, "sign": sign_test(d), "t": t_test(d)})
    for k, n in [(0, 10), (1, 10), (5, 10), (10, 10), (0, 1), (1, 1), (37, 1000), (999, 1000)]:
        for level in (0.95, 0.9):
            ci = stats.binomtest(k, n).proportion_ci(level, method="wilson")
            out["wilson"].append({"k": k, "n": n, "level": level, "interval": [ci.low, ci.high]})
    for a, b in [(samples[0], samples[1]), (samples[2], samples[3])]:
        out["welch"].append({"a": [float(v) for v in a], "b": [float(v) for v in b],
                             "interval": welch(a, b, 0.95)})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "statistics.json")
    with open(path, "w") as file:
        json.dump(out, file, indent=1)
        file.write("\n")


main()
