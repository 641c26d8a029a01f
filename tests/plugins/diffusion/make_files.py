"""Writes files/: a decoder's weights as users of the released code have them.

Run as  .venv/bin/python tests/plugins/diffusion/make_files.py  (PyTorch). The weights follow the
formula of tests/oracles/decoder.py; the shared layer is listed three times, as the released code's
checkpoints list it.
"""
import collections
import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "oracles"))
from decoder import D, F, LAYERS, weight  # noqa: E402

HERE = pathlib.Path(__file__).parent / "files"


def main():
    HERE.mkdir(exist_ok=True)
    square, vector = (F, F), (F,)
    layer = {"norm1.weight": vector, "norm1.bias": vector, "fc1.weight": square,
             "norm2.weight": vector, "norm2.bias": vector, "fc2.weight": square,
             "enc.weight": square, "enc.bias": vector}
    shapes = {"in_fc.weight": (F, D), **{f"temp_fc.0.{k}": s for k, s in layer.items()},
              "out_norm.weight": vector, "out_norm.bias": vector, "out_fc.weight": (D, F),
              "out_fc.bias": (D,), "t_proj.0.weight": square, "t_proj.0.bias": vector}
    arrays = {name: weight(name, *shape).astype(np.float32) for name, shape in shapes.items()}
    for again in range(1, LAYERS):
        for name in layer:
            arrays[f"temp_fc.{again}.{name}"] = arrays[f"temp_fc.0.{name}"]
    np.savez_compressed(HERE / "decoder.npz", **arrays)
    tensors = {name: torch.from_numpy(a) for name, a in arrays.items()}
    torch.save({"model": tensors, "epoch": 3, "loss": 0.5}, HERE / "decoder.pt")
    state = collections.OrderedDict(list(tensors.items())[:2])
    state._metadata = collections.OrderedDict()  # as state_dict() has: LibTorch cannot read it
    torch.save({"model": state}, HERE / "state_dict.pt")


if __name__ == "__main__":
    main()
