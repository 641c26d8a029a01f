"""Writes ranking.json: what scipy and brute force say about random rankings with many ties.

Run as  /usr/bin/python3 tests/oracles/ranking.py  (scipy, numpy). The test
tests/plugins/stats/ranking_test.cpp reads the JSON. Nothing here follows the C++: AUCs are
counted over all pairs or taken from scipy's U, average precision goes threshold by threshold,
top-k sets come from sorting (-score, index) tuples.
"""
import json
import math
import pathlib

import numpy as np
from scipy import stats


def pair_auc(score, positive):
    p, n = score[positive], score[~positive]
    if len(p) == 0 or len(n) == 0:
        return None
    return float(np.mean((p[:, None] > n[None, :]) + 0.5 * (p[:, None] == n[None, :])))


def average_precision(score, positive):
    area, before = 0.0, 0.0
    for threshold in sorted(set(score.tolist()), reverse=True):
        inside = score >= threshold
        recall = positive[inside].sum() / positive.sum()
        area += (recall - before) * positive[inside].mean()
        before = recall
    return float(area)


def matched(score, positive, stratum):
    total, weight = 0.0, 0
    for value in np.unique(stratum):
        inside = stratum == value
        pairs = int(positive[inside].sum() * (~positive[inside]).sum())
        if pairs:
            total += pairs * pair_auc(score[inside], positive[inside])
            weight += pairs
    return total / weight if weight else None


def top(score, positive, k):
    best = sorted(range(len(score)), key=lambda i: (-score[i], i))[:k]
    return int(positive[best].sum())


def case(rng, n, levels, rate):
    """n examples, scores of so many levels (0: no ties), a share of positives that score higher."""
    positive = rng.random(n) < rate
    positive[0], positive[-1] = True, False
    score = rng.normal(size=n) + positive
    y = score + rng.normal(size=n)
    if levels:
        score = np.floor(levels * stats.norm.cdf(score)) - levels // 2
        y = np.floor(levels * stats.norm.cdf(y)) / 8
    stratum = rng.integers(0, max(2, n // 20), size=n).astype(float)
    u = stats.mannwhitneyu(score[positive], score[~positive]).statistic
    auc = float(u / (positive.sum() * (~positive).sum()))
    assert math.isclose(auc, pair_auc(score, positive), rel_tol=1e-12)
    k = int(positive.sum())
    return {
        "score": score.tolist(), "positive": positive.astype(int).tolist(), "y": y.tolist(),
        "stratum": stratum.tolist(), "auc": auc,
        "matched_auc": matched(score, positive, stratum),
        "average_precision": average_precision(score, positive),
        "k": k, "hits_at_k": top(score, positive, k),
        "hits_at_10_percent": top(score, positive, round(0.1 * n)),
        "pearson": float(stats.pearsonr(score, y)[0]),
        "spearman": float(stats.spearmanr(score, y)[0]),
        "min_ranks": (stats.rankdata(score, "min").astype(int) - 1).tolist(),
        "average_ranks": (stats.rankdata(score, "average") - 1).tolist(),
        "zscores": stats.zscore(score).tolist(),
    }


def main():
    rng = np.random.default_rng(20220713)
    shapes = [(3, 2, 0.5), (10, 3, 0.3), (10, 0, 0.3), (50, 4, 0.1), (200, 8, 0.1), (200, 0, 0.5),
              (400, 16, 0.02), (400, 2, 0.9)]
    cases = [case(rng, *shape) for shape in shapes]
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({"made_by": "tests/oracles/ranking.py", "cases": cases}) + "\n")
    print(f"{out}: {len(cases)} cases")


if __name__ == "__main__":
    main()
