"""Writes experiments/diffusion/own/{trajectories.npy, labels.csv}: an example of somebody's chains.

Run as  /usr/bin/python3 tests/oracles/diffusion_trajectories.py  (numpy, scipy). 500 chains of DDIM on
the exact score of modes 1, 2, 3 of width 0.05, every 35th of the timesteps below 350 of 1000, eta 1;
of each the predicted clean samples, in the order of the chain, and whether it ends farther than 6
widths from every mode.
"""
import pathlib

import numpy as np

from diffusion_density import exact_eps

CHAINS, SIGMA = 500, 0.05
VISITED = range(315, -1, -35)
MODES, WEIGHTS = np.array([1.0, 2.0, 3.0]), np.full(3, 1 / 3)


def main():
    random = np.random.default_rng(5)
    alpha_bar = np.cumprod(1 - np.linspace(0.001, 0.2, 1000))
    x = random.normal(size=CHAINS)
    clean = np.empty((CHAINS, len(VISITED)), np.float32)
    for step, t in enumerate(VISITED):
        a, before = alpha_bar[t], alpha_bar[t - 35] if t > 0 else 1.0
        eps = exact_eps(x, a, MODES, WEIGHTS, SIGMA)
        clean[:, step] = x0 = (x - np.sqrt(1 - a) * eps) / np.sqrt(a)
        variance = (1 - a / before) * (1 - before) / (1 - a)
        x = np.sqrt(before) * x0 + np.sqrt(1 - before - variance) * eps
        x += np.sqrt(variance) * random.normal(size=CHAINS)
    far = np.abs(x[:, None] - MODES).min(axis=1) > 6 * SIGMA
    folder = pathlib.Path(__file__).parents[2] / "experiments/diffusion/own"
    np.save(folder / "trajectories.npy", clean)
    lines = ["hallucinated", *(str(int(f)) for f in far)]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    print(f"{far.sum()} of {CHAINS} are hallucinated")


if __name__ == "__main__":
    main()
