"""Writes qqt_linear_sgd.json: errors of averaged SGD on linear models, in numpy.

Run as  /usr/bin/python3 tests/oracles/qqt_linear_sgd.py  (numpy). The test
tests/plugins/qqt/worlds/linear_sgd_test.cpp reads the JSON. Here a batch is a matrix, the spectrum
comes from numpy's powers, and the error is a quadratic form with diag(lambda).
"""
import json
import pathlib

import numpy as np


def case(features, samples, batch, steps, decay, rate, average, seed):
    draw = np.random.default_rng(seed)
    lam = np.arange(1.0, features + 1) ** -decay
    lam /= lam.sum()
    x = draw.standard_normal((samples, features)) @ np.diag(np.sqrt(lam))
    y = x @ np.ones(features) + 0.4 * draw.standard_normal(samples)
    w, mean = np.zeros(features), np.zeros(features)
    batches, errors = [], []
    for _ in range(steps):
        rows = draw.choice(samples, batch, replace=False)
        gradient = x[rows].T @ (x[rows] @ w - y[rows])
        w = w - rate * gradient
        mean = (1 - average) * mean + average * w
        off = mean - 1
        batches.append(rows.tolist())
        errors.append(float(off @ np.diag(lam) @ off))
    return {"features": features, "decay": decay, "rate": rate, "average": average,
            "x": x.tolist(), "y": y.tolist(), "batches": batches, "errors": errors}


cases = [case(3, 4, 2, 12, 1.3, 0.3, 0.25, 1), case(37, 6, 3, 8, 0.7, 0.2, 0.02, 2),
         case(70, 4, 1, 6, 1.3, 0.5, 1.0, 3)]
out = pathlib.Path(__file__).with_name("qqt_linear_sgd.json")
out.write_text(json.dumps(cases) + "\n")
