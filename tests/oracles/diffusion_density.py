"""Writes diffusion_density.json: where DDPM chains on the exact score of a mixture put their mass.

Run as  /usr/bin/python3 tests/oracles/diffusion_density.py  (numpy, scipy). The test
tests/plugins/diffusion/propagate_test.cpp reads the JSON. Unlike the C++ it moves no mass between
cells: each step is the integral of the density against the Gaussian kernel, evaluated for every
pair of points (the trapezoidal rule; finer over the last steps, whose means are steep), and the
last step, which adds no noise, is followed backwards from where the limits lie.
"""
import json
import pathlib

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import logsumexp


def exact_eps(x, alpha_bar, modes, weights, sigma):
    v = alpha_bar * sigma**2 + 1 - alpha_bar
    off = x[:, None] - np.sqrt(alpha_bar) * modes
    logits = np.log(weights) - off**2 / (2 * v)
    r = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
    return np.sqrt(1 - alpha_bar) / v * (r * off).sum(axis=1)


def spread(x, p, factor):
    """Points `factor` times as dense, and the masses around them."""
    if factor == 1:
        return x, p * (x[1] - x[0])
    fine = np.linspace(x[0], x[-1], factor * (len(x) - 1) + 1)
    density = np.exp(CubicSpline(x, np.log(np.maximum(p, 1e-290)))(fine))
    return fine, density * (fine[1] - fine[0])


def case(timesteps, modes, weights, sigma=0.05, variance="fixed_large", points=3001, end=7.5):
    modes, weights = np.array(modes), np.array(weights) / np.sum(weights)
    beta = np.linspace(0.001, 0.2, timesteps)
    alpha_bar = np.cumprod(1 - beta)
    x = np.linspace(-end, end, points)

    def mean(at, t):
        eps = exact_eps(at, alpha_bar[t], modes, weights, sigma)
        return (at - beta[t] / np.sqrt(1 - alpha_bar[t]) * eps) / np.sqrt(1 - beta[t])

    p = np.exp(-x**2 / 2) / np.sqrt(2 * np.pi)
    for t in range(timesteps - 1, 0, -1):
        var = beta[t]
        if variance == "fixed_small":
            var *= (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
        z, mass = spread(x, p, 16 if t < 8 else 1)
        p = np.zeros(points)
        for part in np.array_split(np.arange(len(z)), len(z) // 3000):
            kernel = np.exp(-(x[:, None] - mean(z[part], t)[None, :]) ** 2 / (2 * var))
            p += kernel @ mass[part] / np.sqrt(2 * np.pi * var)
    fine, mass = spread(x, p, 40)
    where = mean(fine, 0)
    distance = np.abs(where[:, None] - modes).min(axis=1)
    gaps = []
    for a, b in zip(modes[:-1], modes[1:]):
        part = (where - a) / (b - a)
        gaps.append(float(mass[(part > 0.3) & (part < 0.7)].sum()))
    return {"timesteps": timesteps, "modes": modes.tolist(), "weights": weights.tolist(),
            "sigma": sigma, "variance": variance, "total": float(mass.sum()), "gaps": gaps,
            "beyond": {k: float(mass[distance > int(k) * sigma].sum()) for k in "3468"}}


def main():
    cases = [case(50, [1.0, 2.0, 3.0], [1, 1, 1]),
             case(30, [1.0, 2.0, 4.0], [1, 1, 2]),
             case(50, [1.0, 2.0, 3.0], [1, 1, 1], variance="fixed_small")]
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
