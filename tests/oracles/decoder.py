"""Writes decoder.json: what the network of the 1D and 2D experiments answers, in numpy and float64.

Run as  /usr/bin/python3 tests/oracles/decoder.py  (numpy). tests/plugins/diffusion/net_test.cpp reads
the JSON. Weights follow a formula of their names, so that none are stored.
"""
import json
import pathlib

import numpy as np

F, D, LAYERS = 8, 2, 3


def weight(name, *shape):
    values = 0.4 * np.sin(np.arange(np.prod(shape)) * 1.7 + sum(name.encode()))
    if "norm" in name and name.endswith("weight"):
        values += 1
    return values.reshape(shape)


def leaky(x):
    return np.where(x > 0, x, 0.02 * x)


def norm(name, x):
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred ** 2).mean(axis=1, keepdims=True) + 1e-5)
    return centred / deviation * weight(name + ".weight", F) + weight(name + ".bias", F)


def decoder(x, t):
    omega = np.exp(-np.arange(F // 2) * np.log(10000) / (F // 2 - 1))
    angle = t[:, None] * omega
    e = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
    tau = leaky(e @ weight("t_proj.0.weight", F, F).T + weight("t_proj.0.bias", F))
    time = tau @ weight("temp_fc.0.enc.weight", F, F).T + weight("temp_fc.0.enc.bias", F)
    o = x @ weight("in_fc.weight", F, D).T
    for _ in range(LAYERS):
        u = leaky(norm("temp_fc.0.norm1", o)) @ weight("temp_fc.0.fc1.weight", F, F).T + time
        o = leaky(norm("temp_fc.0.norm2", u)) @ weight("temp_fc.0.fc2.weight", F, F).T + o
    return norm("out_norm", o) @ weight("out_fc.weight", D, F).T + weight("out_fc.bias", D)


def main():
    x = np.array([[0.3, -0.7], [1.5, 0.25], [-2.0, 0.01], [0.001, 0.002], [4.0, -4.0]])
    t = np.array([0.0, 17.0, 999.0, 3.0, 350.0])
    here = pathlib.Path(__file__)
    here.with_suffix(".json").write_text(json.dumps(
        {"made_by": "tests/oracles/decoder.py", "width": F, "layers": LAYERS, "x": x.tolist(),
         "t": t.tolist(), "answer": decoder(x, t).tolist()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
