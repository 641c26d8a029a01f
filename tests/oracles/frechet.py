"""Writes frechet.json: distances between sets of features by scipy and by brute force.

Run as  /usr/bin/python3 tests/oracles/frechet.py  (scipy, numpy). tests/plugins/diffusion/
frechet_test.cpp reads the JSON. The square root of the product of covariances is scipy's sqrtm, or,
where they are singular, the sum of the roots of the product's eigenvalues; neighbours are sorted
one point at a time; histograms are numpy's.
"""
import json
import pathlib

import numpy as np
from scipy import linalg


def frechet(x, y):
    a, b = (np.atleast_2d(np.cov(z, rowvar=False)) for z in (x, y))
    if len(x) > 2 * x.shape[1] < len(y):
        root = np.trace(linalg.sqrtm(a @ b)).real
    else:
        root = np.sqrt(np.clip(np.linalg.eigvals(a @ b).real, 0, None)).sum()
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * root)


def covered(x, y, k):
    inside = 0
    radius = [sorted(np.linalg.norm(x - point, axis=1))[k] for point in x]
    for point in y:
        inside += any(np.linalg.norm(point - c) <= r for c, r in zip(x, radius))
    return inside / len(y)


def features(rng, n, d, shift, scale):
    mix = np.eye(d) + 0.3 * rng.normal(size=(d, d))
    return (scale * rng.normal(size=(n, d)) @ mix + shift).round(4)


def kl(x, y, margin=0.05):
    bins = int(np.sqrt(len(x) // 10))
    low, high = x.min(0), x.max(0)
    ends = np.stack([low - margin * (high - low), high + margin * (high - low)], axis=1)
    p = np.histogramdd(x, bins=bins, range=ends)[0]
    q = np.histogramdd(y, bins=bins, range=ends)[0]
    p, q = p / (p.sum() + 1e-9), q / (q.sum() + 1e-9)
    return float((p * (np.log(p + 1e-9) - np.log(q + 1e-9))).sum())


def main():
    rng = np.random.default_rng(20240614)
    cases = []
    for n, m, d, shift, scale in [(60, 50, 3, 0, 1), (60, 60, 5, 0.5, 2), (40, 30, 1, 1, 1),
                                  (6, 8, 10, 0.2, 1)]:
        x, y = features(rng, n, d, 0, 1), features(rng, m, d, shift, scale)
        k = 3 if n > 20 else 2
        cases.append({"d": d, "x": x.ravel().tolist(), "y": y.ravel().tolist(), "k": k,
                      "distance": frechet(x, y), "precision": covered(x, y, k),
                      "recall": covered(y, x, k)})
    histograms = []
    for n, m, d in [(400, 300, 2), (95, 200, 1), (10, 3, 2)]:
        x = rng.normal(size=(n, d)).astype(np.float32)
        y = (rng.normal(size=(m, d)) * 1.2 + 0.1).astype(np.float32)
        x, y = x.astype(np.float64), y.astype(np.float64)
        histograms.append({"d": d, "x": x.ravel().tolist(), "y": y.ravel().tolist(),
                           "kl": kl(x, y)})
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({"made_by": "tests/oracles/frechet.py", "cases": cases,
                               "histograms": histograms}) + "\n")
    print(f"{out}: {len(cases)} + {len(histograms)} cases")


if __name__ == "__main__":
    main()
