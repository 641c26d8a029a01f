"""The image U-Net in PyTorch, trained and sampled by a plain loop: the peer of bench_unet.

    python tests/peers/unet_loop.py [--size 24] [--channels 16] [--mult 1 2 2] [--batch 64] [--threads 1]

improved-diffusion's network with one residual block a level and attention in the middle alone, Adam
through torch.optim. Prints one JSON line: milliseconds an image of a forward pass and of a training
step, each the least of ten.
"""
import argparse
import json
import math
import time

import torch
from torch import nn
from torch.nn import functional as f


def norm(channels):
    return nn.GroupNorm(max(g for g in range(1, 33) if channels % g == 0), channels)


def zeroed(layer):
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    def __init__(self, inside, outside, embedding):
        super().__init__()
        self.first = nn.Sequential(norm(inside), nn.SiLU(), nn.Conv2d(inside, outside, 3, padding=1))
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(embedding, 2 * outside))
        self.norm = norm(outside)
        self.last = nn.Sequential(nn.SiLU(), zeroed(nn.Conv2d(outside, outside, 3, padding=1)))
        self.skip = nn.Identity() if inside == outside else nn.Conv2d(inside, outside, 1)

    def forward(self, x, e):
        scale, shift = self.time(e)[..., None, None].chunk(2, dim=1)
        return self.skip(x) + self.last(self.norm(self.first(x)) * (1 + scale) + shift)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.qkv = norm(channels), nn.Conv1d(channels, 3 * channels, 1)
        self.out = zeroed(nn.Conv1d(channels, channels, 1))

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x).flatten(2)).chunk(3, dim=1)
        weight = torch.einsum("bct,bcs->bts", q, k / math.sqrt(q.shape[1])).softmax(-1)
        return x + self.out(torch.einsum("bts,bcs->bct", weight, v)).view_as(x)


class UNet(nn.Module):
    def __init__(self, channels, mult):
        super().__init__()
        self.channels, e = channels, 4 * channels
        self.time = nn.Sequential(nn.Linear(channels, e), nn.SiLU(), nn.Linear(e, e))
        self.input = nn.Conv2d(1, channels, 3, padding=1)
        widths, width, skips = [channels * m for m in mult], channels, [channels]
        self.down, self.halve, self.up, self.grow = (nn.ModuleList() for _ in range(4))
        for level, w in enumerate(widths):
            self.down.append(Block(width, w, e))
            skips.append(width := w)
            if level < len(mult) - 1:
                self.halve.append(nn.Conv2d(w, w, 3, stride=2, padding=1))
                skips.append(w)
        self.middle = nn.ModuleList([Block(width, width, e), Attention(width), Block(width, width, e)])
        for level, w in reversed(list(enumerate(widths))):
            for _ in range(2):
                self.up.append(Block(width + skips.pop(), w, e))
                width = w
            if level:
                self.grow.append(nn.Conv2d(w, w, 3, padding=1))
        self.out = nn.Sequential(norm(width), nn.SiLU(), zeroed(nn.Conv2d(width, 1, 3, padding=1)))

    def forward(self, x, t):
        half = self.channels // 2
        angle = t[:, None].float() * torch.exp(torch.arange(half) * (-math.log(10000) / half))
        e = self.time(torch.cat([angle.cos(), angle.sin()], dim=1))
        skips = [h := self.input(x)]
        for level, block in enumerate(self.down):
            skips.append(h := block(h, e))
            if level < len(self.halve):
                skips.append(h := self.halve[level](h))
        h = self.middle[2](self.middle[1](self.middle[0](h, e)), e)
        for i, block in enumerate(self.up):
            h = block(torch.cat([h, skips.pop()], dim=1), e)
            if i % 2 and i // 2 < len(self.grow):
                h = self.grow[i // 2](f.interpolate(h, scale_factor=2))
        return self.out(h)


def least(body, repeats=10):
    body()
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        body()
        took.append(time.perf_counter() - start)
    return min(took)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=24)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--mult", type=int, nargs="+", default=[1, 2, 2])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    net = UNet(a.channels, a.mult)
    adam = torch.optim.Adam(net.parameters(), lr=1e-4)
    x, t = torch.randn(a.batch, 1, a.size, a.size), torch.randint(0, 1000, (a.batch,))

    def forward():
        with torch.no_grad():
            net(x, t)

    def step():
        adam.zero_grad()
        (net(x, t) - x).square().mean().backward()
        adam.step()

    per_image = 1e3 / a.batch
    print(json.dumps({"parameters": sum(p.numel() for p in net.parameters()),
                      "forward_ms": round(least(forward) * per_image, 3),
                      "training_ms": round(least(step) * per_image, 3)}))


if __name__ == "__main__":
    main()
