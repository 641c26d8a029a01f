#!/usr/bin/env python3
"""Floats of random tensors in every type, bit for bit as PyPI `gguf` and `safetensors` have them.

    oracle_test.py WEIGHTS_FLOATS

WEIGHTS_FLOATS is the program that writes a file's tensors as floats into a safetensors file, which
`safetensors` then reads: so its writer is tested too. All of SmolLM2 is compared if the catalog's
smollm2-135m-instruct was fetched.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import safetensors.numpy
    import safetensors.torch
    import torch
    from gguf import GGMLQuantizationType as G
    from gguf import GGUFReader, GGUFWriter, quants
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PLAIN = [np.float32, np.float16, np.float64, np.int8, np.int16, np.int32, np.int64]
BLOCKS = [G.Q4_0, G.Q4_1, G.Q5_0, G.Q5_1, G.Q8_0, G.Q4_K, G.Q6_K]


def same(name, ours, theirs):
    """Equal shapes and equal bits; NaN equals NaN."""
    assert ours.dtype == np.float32 and ours.shape == theirs.shape, (name, ours.shape, theirs.shape)
    differ = (ours.view(np.uint32) != theirs.view(np.uint32)) & ~(np.isnan(ours) & np.isnan(theirs))
    assert not differ.any(), f"{name}: {differ.sum()} of {differ.size} floats differ"


def floats(program, path):
    out = path.with_name("out.safetensors")
    run = subprocess.run([program, path, out], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    return safetensors.numpy.load_file(out)


def random_blocks(rng, kind, rows, blocks):
    """Any bytes are a valid block, but a scale that is no finite number hides all the rest."""
    size = quants.GGML_QUANT_SIZES[kind][1]
    data = rng.integers(0, 256, (rows * blocks, size), dtype=np.uint8)
    scales = {G.Q4_K: [0, 2], G.Q6_K: [208], G.Q4_1: [0, 2], G.Q5_1: [0, 2]}.get(kind, [0])
    for at in scales:
        scale = rng.normal(0, 1, rows * blocks) * 10.0 ** rng.integers(-7, 3, rows * blocks)
        data[:, at : at + 2] = scale.astype(np.float16).view(np.uint8).reshape(-1, 2)
    return data.reshape(rows, blocks * size)


def check_gguf(program, folder):
    rng = np.random.default_rng(7)
    path, expected = folder / "random.gguf", {}
    writer = GGUFWriter(path, "llama")
    for kind in BLOCKS:
        data = random_blocks(rng, kind, 5, 6)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = quants.dequantize(data, kind)
    for dtype in PLAIN:
        data = (rng.normal(0, 50, (3, 2, 7))).astype(dtype)
        writer.add_tensor(np.dtype(dtype).name, data)
        expected[np.dtype(dtype).name] = data.astype(np.float32)
    every = np.arange(65536, dtype=np.uint16)
    writer.add_tensor("all halves", every.view(np.float16))
    expected["all halves"] = every.view(np.float16).astype(np.float32)
    writer.add_tensor("all bf16", every.view(np.uint8), raw_dtype=G.BF16)
    expected["all bf16"] = (every.astype(np.uint32) << 16).view(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ours = floats(program, path)
    assert ours.keys() == expected.keys()
    for name, theirs in expected.items():
        same(name, ours[name], theirs)


def check_safetensors(program, folder):
    g = torch.Generator().manual_seed(7)
    kinds = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
             torch.int16, torch.int8, torch.uint8, torch.bool]
    tensors = {}
    for i, kind in enumerate(kinds):
        x = torch.randn(3, 5, 2 + i % 3, generator=g) * 40
        tensors[f"a.{kind}"] = (x > 0) if kind == torch.bool else x.abs().to(kind)
    tensors["scalar"] = torch.tensor(2.5)
    tensors["nothing"] = torch.zeros(0, 4)
    path = folder / "model.safetensors"
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
    shards = folder / "sharded"
    shards.mkdir()
    names = sorted(tensors)
    parts = {"model-1.safetensors": names[:5], "model-2.safetensors": names[5:]}
    for part, held in parts.items():
        safetensors.torch.save_file({n: tensors[n] for n in held}, shards / part)
    (shards / "model.safetensors.index.json").write_text(json.dumps(
        {"metadata": {}, "weight_map": {n: p for p, held in parts.items() for n in held}}))
    for where in (path, folder, shards):
        ours = floats(program, where if where != folder else path)
        assert ours.keys() == tensors.keys()
        for name, tensor in tensors.items():
            same(name, ours[name], tensor.float().numpy())


def check_model(program, model, folder):
    (folder / "smollm2.gguf").symlink_to(model)
    ours = floats(program, folder / "smollm2.gguf")
    reader = GGUFReader(model)
    assert len(ours) == len(reader.tensors)
    for tensor in reader.tensors:
        theirs = quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        same(tensor.name, ours[tensor.name], theirs)


def fetched_model():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    data = pathlib.Path(os.environ.get("ASSAY_DATA") or cache / "assay")
    return next((data / "models/smollm2-135m-instruct").glob("*.gguf"), None)


def main():
    program, model = sys.argv[1], fetched_model()
    for check in (check_gguf, check_safetensors):
        with tempfile.TemporaryDirectory() as folder:
            check(program, pathlib.Path(folder))
    if model:
        with tempfile.TemporaryDirectory() as folder:
            check_model(program, model, pathlib.Path(folder))
    print("equal, SmolLM2 " + ("too" if model else "left out: it was not fetched"))


if __name__ == "__main__":
    main()
