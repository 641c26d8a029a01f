"""Training and sampling of the 1D or 2D diffusion model as a plain PyTorch loop: the peer of diffusion.

    python tests/peers/diffusion_loop.py [--width 64] [--batch 512] [--steps 300] [--n 20000]
        [--dimension 2]

The released code's network (one temporal layer applied three times, its time path with it),
training step and ancestral sampling on gaussian25, or on modes 1, 2, 3, one thread. Prints one JSON line: milliseconds
per optimiser step, microseconds per network evaluation while sampling.
"""
import argparse
import json
import math
import time

import torch
from torch import nn


class TemporalLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, width, bias=False)
        self.norm2 = nn.LayerNorm(width)
        self.fc2 = nn.Linear(width, width, bias=False)
        self.enc = nn.Linear(width, width)
        self.act = nn.LeakyReLU(0.02)

    def forward(self, x, t_emb):
        out = self.fc1(self.act(self.norm1(x))) + self.enc(t_emb)
        return self.fc2(self.act(self.norm2(out))) + x


class Decoder(nn.Module):
    def __init__(self, features, width, layers):
        super().__init__()
        self.width = width
        self.in_fc = nn.Linear(features, width, bias=False)
        self.temp_fc = nn.ModuleList([TemporalLayer(width)] * layers)
        self.out_norm = nn.LayerNorm(width)
        self.out_fc = nn.Linear(width, features)
        self.t_proj = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.02))

    def forward(self, x, t):
        half = self.width // 2
        omega = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
        angle = torch.outer(t.float(), omega)
        t_emb = self.t_proj(torch.cat([angle.sin(), angle.cos()], dim=1))
        out = self.in_fc(x)
        for layer in self.temp_fc:
            out = layer(out, t_emb)
        return self.out_fc(self.out_norm(out))


def gaussian25(size):
    modes = torch.tensor([[2.0 * i, 2.0 * j] for i in range(-2, 3) for j in range(-2, 3)])
    x = modes[torch.arange(size) % 25] + 0.05 * torch.randn(size, 2)
    return x / math.sqrt(0.05**2 + 8)


def gaussian1d(size):
    return (1 + torch.arange(size) % 3 + 0.05 * torch.randn(size))[:, None]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--n", type=int, default=20000)
    parser.add_argument("--timesteps", type=int, default=1000)
    parser.add_argument("--chain", type=int, default=20, help="sampling steps that are timed")
    parser.add_argument("--dimension", type=int, default=2, choices=[1, 2])
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = (gaussian1d if options.dimension == 1 else gaussian25)(100 * options.batch)
    beta = torch.linspace(0.001, 0.2, options.timesteps, dtype=torch.float64)
    alpha_bar = torch.cumprod(1 - beta, 0)
    signal, noise = alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()
    net = Decoder(options.dimension, options.width, 3)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)

    def step(i):
        x0 = data[i % 100 * options.batch:][:options.batch]
        t = torch.randint(0, options.timesteps, (options.batch,))
        eps = torch.randn_like(x0)
        x_t = signal[t][:, None] * x0 + noise[t][:, None] * eps
        loss = (eps - net(x_t, t)).pow(2).mean(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss

    for i in range(10):
        step(i)
    start = time.perf_counter()
    for i in range(options.steps):
        loss = step(i)
    training = time.perf_counter() - start

    x = torch.randn(options.n, options.dimension)
    keep = (1 / (1 - beta).sqrt()).float()
    move = (beta / (1 - alpha_bar).sqrt()).float()
    sigma = beta.sqrt().float()
    with torch.no_grad():
        net(x, torch.zeros(options.n))
        start = time.perf_counter()
        for t in range(options.timesteps - 1, options.timesteps - 1 - options.chain, -1):
            eps = net(x, torch.full((options.n,), t))
            x = keep[t] * (x - move[t] * eps) + sigma[t] * torch.randn_like(x)
        sampling = time.perf_counter() - start
    print(json.dumps({"step_ms": 1e3 * training / options.steps,
                      "evaluation_us": 1e6 * sampling / (options.chain * options.n),
                      "loss": loss.item()}))


if __name__ == "__main__":
    main()
