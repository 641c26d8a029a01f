"""Writes ssft_scores.json: times and scores of random examples, computed from their definitions.

Run as  /usr/bin/python3 tests/oracles/ssft_scores.py  (numpy, scipy). The test
tests/plugins/ssft/scores_test.cpp reads the JSON. Every time is found by trying all t in the
sentence that defines it; ranks and AUCs come from scipy.
"""
import json
import pathlib

import numpy as np
from scipy import stats


def settled(c, right):
    """The smallest t (from 1) with c[s] == right for all s >= t; T + 1 if there is none."""
    T = len(c)
    return next((t for t in range(1, T + 1) if all(c[s - 1] == right for s in range(t, T + 1))),
                T + 1)


def first(c, right):
    return next((t for t in range(1, len(c) + 1) if c[t - 1] == right), len(c) + 1)


def events(c):
    return sum(1 for t in range(1, len(c)) if c[t - 1] and not c[t])


def by_example(function, matrix, *more):
    return [int(function(matrix[:, i].tolist(), *more)) for i in range(matrix.shape[1])]


def auc(score, positive):
    p, n = score[positive], score[~positive]
    return float(stats.mannwhitneyu(p, n).statistic / (len(p) * len(n)))


def by_group(group, fslt, ssft, T, T2):
    """Of each group, from the sentences that define its numbers."""
    out = {}
    for name in sorted(set(group)):
        f = [t for g, t in zip(group, fslt) if g == name]
        s = [t for g, t in zip(group, ssft) if g == name]
        out[name] = {
            "examples": len(f), "learned": sum(t <= T for t in f) / len(f),
            "retention": sum(t == T2 + 1 for t in s) / len(s),
            "mean_fslt": float(np.mean(f)), "median_fslt": float(np.median(f)),
            "mean_ssft": float(np.mean(s)), "median_ssft": float(np.median(s)),
        }
    return out


def matched(score, stratum, positive, negative):
    """The share of pairs of equal stratum in which the positive one scores higher, ties 1/2."""
    pairs = [(score[p] > score[q]) + 0.5 * (score[p] == score[q])
             for p in positive for q in negative if stratum[p] == stratum[q]]
    return float(np.mean(pairs)) if pairs else None


def case(seed, n, T, E, T2, factor):
    draw = np.random.default_rng(seed)
    noisy = draw.random(n) < 0.3
    # learning curves that mostly rise, forgetting curves that mostly fall, faster where noisy
    learned = draw.random((T, n)) < np.linspace(0.2, 1.0, T)[:, None] * np.where(noisy, 0.8, 1.0)
    training = draw.random((E, n)) < np.linspace(0.2, 1.0, E)[:, None]
    forgotten = draw.random((T2, n)) < np.where(noisy, 0.3, 0.9)
    learned[:, 0], learned[:, 1] = True, False      # always right, never right
    forgotten[:, 0], forgotten[:, 1] = True, False
    learned[:, 2] = [False] * (T - 1) + [True]      # at the last evaluation
    forgotten[:, 2] = [True] * (T2 - 1) + [False]
    learned[:, 3] = [True] * (T - 1) + [False]      # all but the last: never learned
    forgotten[:, 3] = [False] * (T2 - 1) + [True]   # all but the last: never forgotten
    prob, prob2 = draw.random(n), draw.random(n)

    out = {
        "fslt": by_example(settled, learned, True), "first_learned": by_example(first, learned, True),
        "ssft": by_example(settled, forgotten, False),
        "first_forgotten": by_example(first, forgotten, False),
        "events": by_example(events, learned), "events_training": by_example(events, training),
        "cum_learn": learned.sum(0).tolist(), "cum_forget": forgotten.sum(0).tolist(),
    }
    never = np.array(out["fslt"]) == T + 1
    learn, forget = learned.sum(0), forgotten.sum(0)
    scores = {
        "ssft": -np.array(out["ssft"]), "fslt": np.array(out["fslt"]),
        "first_forgotten": -np.array(out["first_forgotten"]),
        "first_learned": np.array(out["first_learned"]),
        "events": np.where(never, np.inf, out["events"]),
        "events_training": np.where(never, np.inf, out["events_training"]),
        "cum_learn": -learn, "cum_forget": -forget, "mean_prob": -prob, "mean_prob2": -prob2,
        "joint": -((stats.rankdata(learn, "min") - 1) + factor * (stats.rankdata(forget, "min") - 1)),
        "joint_sum": -(stats.zscore(learn) + stats.zscore(forget)),
    }
    group = ["mislabelled" if wrong else f"level {level}"
             for wrong, level in zip(noisy, draw.integers(1, 4, n))]
    positive = [i for i, g in enumerate(group) if g == "mislabelled"]
    negative = [i for i, g in enumerate(group) if g == "level 3"]
    compared = np.array(positive + negative)
    counted = {"events": auc(np.array(out["events"]), noisy)}
    return {
        "noisy": noisy.astype(int).tolist(), "joint_factor": factor,
        "learned": learned.astype(int).tolist(), "training": training.astype(int).tolist(),
        "forgotten": forgotten.astype(int).tolist(),
        "mean_prob": prob.tolist(), "mean_prob2": prob2.tolist(),
        "never_learned": never.astype(int).tolist(),
        "never_forgotten": (np.array(out["ssft"]) == T2 + 1).astype(int).tolist(),
        "times": out, "joint": scores["joint"].tolist(), "joint_sum": scores["joint_sum"].tolist(),
        "auc": {name: auc(np.asarray(s, float), noisy) for name, s in scores.items()},
        "auc_events_counted": counted["events"],
        "group": group, "groups": by_group(group, out["fslt"], out["ssft"], T, T2),
        "auc_ssft_against_level_3": auc(scores["ssft"][compared].astype(float), noisy[compared])
        if negative else None,
        "matched_against_level_3": matched(scores["ssft"], out["fslt"], positive, negative),
    }


cases = [case(1, 60, 7, 7, 5, 100.0), case(2, 41, 12, 6, 9, 3.0), case(3, 9, 1, 2, 1, 100.0)]
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
