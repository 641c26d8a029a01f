"""Writes diffusion_scores.json: hallucination scores of trajectories, and how well scores detect.

Run as  /usr/bin/python3 tests/oracles/diffusion_scores.py  (numpy, scipy). The tests
tests/plugins/diffusion/{scores,detection}_test.cpp read the JSON. Nothing here follows the C++:
scores take two passes over whole trajectories, curves try every threshold, AUCs are scipy's U.
"""
import json
import pathlib

import numpy as np
from scipy import stats


def scores(x0, t, snr, lo, hi):
    """x0 (n, T, D) along the visited timesteps t, snr (T,); the window lo <= t < hi."""
    inside = (t >= lo) & (t < hi)
    x, w = x0[:, inside].astype(np.float64), snr[inside]
    off = x - x.mean(axis=1, keepdims=True)
    return {
        "variance": x.var(axis=1).mean(axis=1).tolist(),
        "path_length": np.abs(np.diff(x, axis=1)).sum(axis=1).mean(axis=1).tolist(),
        "noise_weighted": ((off**2).mean(axis=2) * w).mean(axis=1).tolist(),
    }


def trajectories(random, n, visited, features, offset):
    t = np.sort(random.choice(60, visited, replace=False))[::-1]
    noise = np.cumsum(random.normal(size=(n, visited, features)), axis=1)
    x0 = (offset + noise).astype(np.float32)
    return {"t": t.tolist(), "snr": (1 / (0.001 * (t + 1) ** 1.5)).tolist(),
            "features": features, "x0": x0.reshape(-1).tolist(), "n": n}, x0


def case(random, n, visited, features, offset):
    out, x0 = trajectories(random, n, visited, features, offset)
    t, snr = np.array(out["t"]), np.array(out["snr"])
    out["windows"] = []
    for lo, hi in [(0, 60), (0, 20), (15, 45)]:
        if ((t >= lo) & (t < hi)).sum() >= 2:
            out["windows"].append({"lo": lo, "hi": hi, **scores(x0, t, snr, lo, hi)})
    return out


def detection(random, n, levels):
    bad = random.random(n) < 0.2
    score = np.round((random.normal(size=n) + 1.5 * bad) * levels) / levels
    curve = [[None, 1.0, 0.0]]
    for tau in sorted(set(score.tolist())):
        curve.append([tau, float((score[bad] > tau).mean()), float((score[~bad] <= tau).mean())])
    u = stats.mannwhitneyu(score[bad], score[~bad]).statistic
    kept = [p for p in curve if p[2] >= 0.96]
    removed = [p for p in curve if p[1] >= 0.95]
    return {"score": score.tolist(), "bad": bad.astype(int).tolist(), "curve": curve,
            "auc": float(u / (bad.sum() * (~bad).sum())), "at_retention": kept[0],
            "at_removal": removed[-1],
            "lowest_50": sorted(np.argsort(score, kind="stable")[:50].tolist())}


def main():
    random = np.random.default_rng(7)
    out = {
        "scores": [case(random, 5, 12, 1, 0.0), case(random, 4, 30, 2, 1e3),
                   case(random, 3, 9, 7, -2.0)],
        "detection": [detection(random, 200, 4), detection(random, 300, 1000)],
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
