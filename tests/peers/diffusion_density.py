"""The density of a DDPM chain on the exact score of modes 1, 2, 3, as one writes it in NumPy.

    python3 tests/peers/diffusion_density.py TIMESTEPS CELLS

Tabulates the noise on a grid, moves the mass of each cell with linear weights, convolves with the
step's Gaussian by FFT. Prints the mass beyond 6 sigma and the seconds, the best of three.
"""
import json
import sys
import time

import numpy as np


def propagate(timesteps, cells, modes=np.array([1.0, 2.0, 3.0]), sigma=0.05, lo=-6.0, hi=6.0):
    beta = np.linspace(0.001, 0.2, timesteps)
    alpha_bar = np.cumprod(1 - beta)
    x = np.linspace(lo, hi, cells)
    step = x[1] - x[0]
    mass = np.exp(-x**2 / 2)
    mass /= mass.sum()
    length = 1 << (2 * cells - 1).bit_length()
    frequency = np.fft.rfftfreq(length, step) * 2 * np.pi
    for t in range(timesteps - 1, -1, -1):
        v = alpha_bar[t] * sigma**2 + 1 - alpha_bar[t]
        off = x - np.sqrt(alpha_bar[t]) * modes[:, None]
        logits = -off**2 / (2 * v)
        r = np.exp(logits - logits.max(axis=0))
        eps = np.sqrt(1 - alpha_bar[t]) / v * (r * off).sum(axis=0) / r.sum(axis=0)
        mean = (x - beta[t] / np.sqrt(1 - alpha_bar[t]) * eps) / np.sqrt(1 - beta[t])
        place = np.clip((mean - lo) / step, 0, cells - 1 - 1e-9)
        cell = place.astype(int)
        right = place - cell
        mass = (np.bincount(cell, mass * (1 - right), cells)
                + np.bincount(cell + 1, mass * right, cells))
        if t > 0:
            spectrum = np.fft.rfft(mass, length) * np.exp(-beta[t] * frequency**2 / 2)
            mass = np.maximum(np.fft.irfft(spectrum, length)[:cells], 0)
    distance = np.abs(x[:, None] - modes).min(axis=1)
    return float(mass[distance > 6 * sigma].sum())


def main():
    timesteps, cells = int(sys.argv[1]), int(sys.argv[2])
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        beyond = propagate(timesteps, cells)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": min(seconds), "beyond_6": beyond}))


if __name__ == "__main__":
    main()
