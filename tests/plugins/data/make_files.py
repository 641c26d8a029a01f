"""Writes files/: small data sets as NumPy and Python's gzip write them.

Run as  /usr/bin/python3 tests/plugins/data/make_files.py. The values follow the formulas that
read_test.cpp checks: x[i] = (7 i + 3) mod 251 over the flat index i, y = i mod 3 over the examples.
"""
import gzip
import io
import json
import pathlib
import struct
import subprocess
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent / "files"


def ramp(shape):
    return ((7 * np.arange(np.prod(shape)) + 3) % 251).astype(np.uint8).reshape(shape)


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def main():
    HERE.mkdir(exist_ok=True)
    y = np.arange(6) % 3
    np.savez(HERE / "images.npz", x=ramp((6, 2, 3, 4)), y=y, true_label=(y + 1) % 4,
             group=y * 10, noisy=y == 1)
    np.savez_compressed(HERE / "features.npz", x=ramp((6, 5)).astype(np.float64) / 4 - 9,
                        y=y.astype(np.uint8))
    np.savez_compressed(HERE / "half.npz", x=(ramp((6, 5)).astype(np.float16) / 4 - 9), y=y > 0)
    np.savez(HERE / "parts.npz", x_train=ramp((4, 2, 2)), y_train=y[:4], x_test=ramp((2, 2, 2)),
             y_test=y[4:])
    # A member whose directory entry keeps its sizes in the zip64 field, as beyond 4 GiB.
    big = io.BytesIO()
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 8
    try:
        np.savez(big, x=ramp((6, 5)), y=y)
    finally:
        zipfile.ZIP64_LIMIT = limit
    (HERE / "zip64.npz").write_bytes(big.getvalue())
    mnist = HERE / "tiny-fashion"
    mnist.mkdir(exist_ok=True)
    for part, n in [("train", 5), ("t10k", 3)]:
        for name, array in [("images-idx3", ramp((n, 4, 3))),
                            ("labels-idx1", (np.arange(n) % 3).astype(np.uint8))]:
            packed = gzip.compress(idx(array), mtime=0)
            (mnist / f"{part}-{name}-ubyte.gz").write_bytes(packed)
    lines = "".join(json.dumps({"id": i, "text": f"line {i * i}"}) + "\n" for i in range(30))
    (HERE / "lines.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    packed = subprocess.run(["zstd", "--check", "-c"], input=lines.encode(), capture_output=True,
                            check=True)
    (HERE / "lines.jsonl.zst").write_bytes(packed.stdout)
    for file in sorted(HERE.rglob("*")):
        print(file.relative_to(HERE), file.stat().st_size)


if __name__ == "__main__":
    main()
