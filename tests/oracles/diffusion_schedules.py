"""Writes diffusion_schedules.json: every schedule's tables at a few timesteps, in float64 by NumPy.

    python3 tests/oracles/diffusion_schedules.py > tests/oracles/diffusion_schedules.json

alpha_bar by a running product; the posterior of x_{t-1} given x_t and x_0 by Bayes' rule on the two
Gaussians q(x_t | x_{t-1}) and q(x_{t-1} | x_0): precisions add, means are weighted by precision.
"""
import json
import math

import numpy as np

T, FIRST, LAST = 200, 0.001, 0.2


def betas():
    ramp = lambda share: np.concatenate([np.linspace(FIRST, LAST, int(T * share)),
                                         np.full(T - int(T * share), LAST)])
    f = lambda u: math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
    yield "linear", np.linspace(FIRST, LAST, T)
    yield "quad", np.linspace(FIRST ** 0.5, LAST ** 0.5, T) ** 2
    yield "warmup10", ramp(0.1)
    yield "warmup50", ramp(0.5)
    yield "const", np.full(T, LAST)
    yield "jsd", 1.0 / np.linspace(T, 1, T)
    yield "cosine", np.array([min(1 - f((i + 1) / T) / f(i / T), 0.999) for i in range(T)])
    yield "linear_scaled", np.linspace(0.1 / T, 20 / T, T)


def posterior(beta, before):
    """Of q(x_{t-1} | x_t, x_0): weights of x_0 and of x_t in its mean, and its variance."""
    if before == 1:  # x_{t-1} is x_0
        return 1.0, 0.0, 0.0
    root = math.sqrt(1 - beta)
    precise_step, precise_prior = (1 - beta) / beta, 1 / (1 - before)
    variance = 1 / (precise_step + precise_prior)
    return (variance * precise_prior * math.sqrt(before), variance * precise_step / root, variance)


def main():
    out = {"timesteps": T, "first": FIRST, "last": LAST, "schedules": {}}
    for name, beta in betas():
        alpha_bar = np.cumprod(1 - beta)
        rows = []
        for t in (0, 1, 2, 19, 20, 99, 100, 150, 198):
            before = float(alpha_bar[t - 1]) if t else 1.0
            rows.append([t, float(beta[t]), float(alpha_bar[t]), *posterior(float(beta[t]), before)])
        out["schedules"][name] = rows
    print(json.dumps(out, indent=1))


main()
