"""Writes unet.json: what the image U-Net answers, by an implementation in numpy.

Run as  /usr/bin/python3 tests/oracles/unet.py  (numpy). tests/plugins/diffusion/unet_test.cpp reads
the JSON. The network is improved-diffusion's; its weights follow a formula of their names, so that
none are stored. Convolutions are sums over shifted images and norms go group by group, all in
float64.
"""
import json
import pathlib

import numpy as np


def weight(name, *shape):
    values = 0.2 * np.sin(np.arange(np.prod(shape)) + sum(name.encode()))
    if "norm" in name and name.endswith("weight"):
        values += 1
    return values.reshape(shape)


def silu(x):
    return x / (1 + np.exp(-x))


def linear(name, x, out):
    return x @ weight(name + ".weight", out, x.shape[1]).T + weight(name + ".bias", out)


def conv(name, x, out, kernel=3, stride=1):
    w, pad = weight(name + ".weight", out, x.shape[1], kernel, kernel), kernel // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    y = np.zeros((x.shape[0], out, *x.shape[2:]))
    for i in range(kernel):
        for j in range(kernel):
            part = padded[:, :, i:i + x.shape[2], j:j + x.shape[3]]
            y += np.einsum("oc,bchw->bohw", w[:, :, i, j], part)
    return y[:, :, ::stride, ::stride] + weight(name + ".bias", out)[:, None, None]


def norm(name, x):
    channels = x.shape[1]
    groups = max(g for g in range(1, 33) if channels % g == 0)
    size = channels // groups
    y = np.empty_like(x)
    for b in range(x.shape[0]):
        for g in range(groups):
            part = x[b, g * size:(g + 1) * size]
            y[b, g * size:(g + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + 1e-5)
    return (y * weight(name + ".weight", channels)[:, None, None]
            + weight(name + ".bias", channels)[:, None, None])


def res_block(name, x, e, out, c):
    h = conv(name + ".conv1", silu(norm(name + ".norm1", x)), out)
    s = linear(name + ".time", silu(e), 2 * out if c["scale_shift"] else out)[:, :, None, None]
    if c["scale_shift"]:
        h = norm(name + ".norm2", h) * (1 + s[:, :out]) + s[:, out:]
    else:
        h = norm(name + ".norm2", h + s)
    h = conv(name + ".conv2", silu(h), out)
    return h + (x if x.shape[1] == out else conv(name + ".skip", x, out, 1))


def attention(name, x, heads):
    b, channels, height, width = x.shape
    qkv = conv(name + ".qkv", norm(name + ".norm", x), 3 * channels, 1).reshape(b, 3 * channels, -1)
    size = channels // heads
    mixed = np.empty((b, channels, height * width))
    for i in range(b):
        for h in range(heads):  # the channels of a head: its q, its k, its v
            q, k, v = np.split(qkv[i, 3 * size * h:3 * size * (h + 1)], 3)
            score = q.T @ k / np.sqrt(size)  # q^T k times (size^-1/4)^2
            p = np.exp(score - score.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            mixed[i, size * h:size * (h + 1)] = v @ p.T
    return x + conv(name + ".out", mixed.reshape(x.shape), channels, 1)


def unet(c, x, t):
    c0, half = c["channels"], c["channels"] // 2
    angle = t[:, None] * np.exp(-np.log(10000) * np.arange(half) / half)
    e = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
    e = linear("time2", silu(linear("time1", e, 4 * c0)), 4 * c0)
    h = conv("input", x, c0)
    skips, levels = [h], len(c["mult"])

    def block(name, h, level):
        h = res_block(name, h, e, c0 * c["mult"][level], c)
        return attention(name + "_attention", h, c["heads"]) if 2 ** level in c["attention_at"] else h

    for level in range(levels):
        for i in range(c["res_blocks"]):
            h = block(f"down{level}_{i}", h, level)
            skips.append(h)
        if level < levels - 1:
            h = conv(f"down{level}_halve", h, h.shape[1], 3, 2)
            skips.append(h)
    h = res_block("middle1", h, e, h.shape[1], c)
    h = attention("middle_attention", h, c["heads"])
    h = res_block("middle2", h, e, h.shape[1], c)
    for level in reversed(range(levels)):
        for i in range(c["res_blocks"] + 1):
            h = block(f"up{level}_{i}", np.concatenate([h, skips.pop()], axis=1), level)
        if level > 0:
            h = conv(f"up{level}_double", h.repeat(2, axis=2).repeat(2, axis=3), h.shape[1])
    out = c["image_channels"] * (2 if c["learned_variance"] else 1)
    return conv("output", silu(norm("out_norm", h)), out)


def main():
    rng = np.random.default_rng(20240613)
    cases = []
    for c in [
        dict(image_channels=1, height=8, width=8, channels=16, mult=[1, 2, 2], res_blocks=1,
             attention_at=[], heads=1, scale_shift=True, learned_variance=False),
        dict(image_channels=2, height=4, width=8, channels=6, mult=[1, 3], res_blocks=2,
             attention_at=[2], heads=3, scale_shift=False, learned_variance=True),
        dict(image_channels=1, height=4, width=4, channels=8, mult=[2, 1], res_blocks=1,
             attention_at=[1], heads=2, scale_shift=True, learned_variance=False),
    ]:
        x = rng.normal(size=(2, c["image_channels"], c["height"], c["width"])).round(3)
        t = np.array([3.0, 41.5])
        y = unet(c, x, t)
        cases.append({**c, "x": x.ravel().tolist(), "t": t.tolist(), "y": y.ravel().tolist()})
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({"made_by": "tests/oracles/unet.py", "cases": cases}) + "\n")
    print(f"{out}: {len(cases)} cases")


if __name__ == "__main__":
    main()
