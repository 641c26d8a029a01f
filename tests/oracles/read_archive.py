"""Reads an archive written by make_archive with h5py, pandas and xarray and compares every value.

Usage: read_archive.py MAKE_ARCHIVE FOLDER
"""
import hashlib
import math
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import xarray as xr

make, folder = sys.argv[1:3]
digest = subprocess.run([make, folder], check=True, capture_output=True, text=True).stdout.strip()
path = folder + "/run.h5"
f = h5py.File(path)

# --- attributes, configuration, provenance
assert f.attrs["assay_format"] == "run" and f.attrs["assay_schema"] == "1.0"
assert f.attrs["state"] == "complete" and f.attrs["outcome"] == "ok"
assert f.attrs["run_id"] == "0123456789abcdef0123456789abcdef" and f.attrs["seed"] == 7
assert f.attrs["output_digest"] == digest and len(digest) == 64
assert f["config/experiment_toml"].asstr()[()] == "assay = 1\n"
assert f["provenance"].attrs["cpu_seconds"] == 1.5 and f["provenance"].attrs["host"] == "here"

# --- metrics: two lines in pandas, two in xarray
g = f["metrics/loss"]
df = pd.DataFrame({k: g[k][:] for k in g}).set_index("step")
assert len(df) == 10000 and df.value.loc[90] == 0.1 and (np.diff(df.time) >= 0).all()
assert g["value"].attrs["unit"] == "nats" and g["value"].attrs["doc"] == "training loss"
ds = xr.open_dataset(path, group="metrics/loss", engine="h5netcdf")
assert list(ds.coords) == ["step"] and ds.value.dims == ("step",)
assert float(ds.value.sel(step=99990)) == 1 / 10000 and ds.sizes["step"] == 10000
once = xr.open_dataset(path, group="metrics/train/accuracy", engine="h5netcdf")
assert once.step.values.tolist() == [-1] and once.value.values.tolist() == [0.75]
assert math.isnan(f["metrics/train/broken/value"][0])

# --- tables
t = f["tables/scores"]
assert t["index"][:].tolist() == [i * i for i in range(3000)] and t["index"].dtype == np.int64
assert t["name"].asstr()[2999] == "item é 2999"
tb = xr.open_dataset(path, group="tables/scores", engine="h5netcdf")
assert tb["index"].dims == ("row",) and tb.row.values.tolist() == list(range(3000))
assert tb.pair.dims == ("row", "pair_dim1") and tb.pair.values[7].tolist() == [7, -7]
flat = tb[["index", "name"]].to_dataframe()
assert flat.name.iloc[5] == "item é 5" and flat["index"].iloc[5] == 25

# --- arrays and texts
assert f["arrays/grid"][:].tolist() == [[1, 2, 3], [4, 5, 6]]
assert f["arrays/path/step"][:].tolist() == [0, 5]
series = xr.open_dataset(path, group="arrays/path", engine="h5netcdf")
assert series.value.sel(step=5).values.tolist() == [3, 4]
assert (f["arrays/large"][:] == np.arange(600000, dtype="f4").reshape(600, 1000)).all()
assert f["text/sample"].asstr()[()] == "hello €"
assert f["text/log/value"].asstr()[:].tolist() == ["one", "two"]

# --- checkpoints: only the last step, true types
assert list(f["checkpoints/model"]) == ["30"]
c = f["checkpoints/model/30"]
assert (c["layers.0.weight"][:] == np.arange(64 * 512).reshape(64, 512) / 2).all()
assert c["layers.0.weight"].id.get_offset() % 4096 == 0
raw = np.memmap(path, "f4", "r", c["layers.0.weight"].id.get_offset(), (64, 512))
assert raw[63, 511] == (64 * 512 - 1) / 2
for key in ("bf16", "f16"):
    v = c[key][:].astype("f4")
    assert v[:3].tolist() == [1, -2, math.inf] and math.isnan(v[3]), (key, v)
assert np.float32(c["bf16"][4]) == np.float32(2.0**-133) and c["f16"][4] == 2.0**-24
assert c["f16"].dtype == np.float16 and c["bf16"].id.get_type().get_size() == 2
assert c["mask"].dtype == bool and c["mask"][:].tolist() == [True, False, True]
for key, dtype, low, high in [("u8", "u1", 0, 255), ("u64", "u8", 0, 2**64 - 1),
                              ("i8", "i1", -128, 127), ("i16", "i2", -32768, 32767)]:
    assert c[key].dtype == np.dtype(dtype) and c[key][:].tolist() == [low, high]
assert c["scalar"].shape == () and c["scalar"][()] == 2.5 and c["empty"].shape == (0, 4)
assert c["vocabulary"].asstr()[:].tolist() == ["a", "é", ""]

# --- artifacts, events, checksums
a = f["artifacts/plots/picture"]
assert a[:].tolist() == [0, 1, 2] and a.attrs["file"] == "artifacts/plots/picture.bin"
assert open(folder + "/artifacts/plots/picture.bin", "rb").read() == b"\0\1\2"
assert f["events/text"].asstr()[:].tolist() == ["something happened"]
paths = f["checksums/path"].asstr()[:].tolist()
assert "metrics/loss/time" in paths and f["checksums/xxh3_128"].shape == (len(paths), 16)
sizes = dict(zip(paths, f["checksums/bytes"][:].tolist()))
assert sizes["arrays/large"] == 4 * 600000 and sizes["text/sample"] == 9

# --- the output digest, worked out from the checksums alone
NAMES = {"f": "f", "i": "i", "u": "u"}
lines = []
for p, d in zip(paths, f["checksums/xxh3_128"][:]):
    top, leaf = p.split("/")[0], p.split("/")[-1]
    if top in ("events", "config", "checksums", "provenance"): continue
    if top == "metrics" and leaf == "time" or top == "tables" and leaf == "row": continue
    o = f[p]
    kind = ("string" if o.dtype.kind == "O" else "bool" if o.dtype == bool else
            "bf16" if p.endswith("/bf16") else NAMES[o.dtype.kind] + str(8 * o.dtype.itemsize))
    shape = "x".join(str(n) for n in o.shape)
    lines.append(f"{p}\0{kind}\0{shape}\0{bytes(d).hex()}\n".encode())
assert hashlib.sha256(b"".join(sorted(lines))).hexdigest() == digest

# --- no dataset carries a time, links are in the order of their creation
def visit(name, obj):
    if isinstance(obj, h5py.Dataset):
        assert not obj.id.get_create_plist().get_obj_track_times(), name


f.visititems(visit)
for g in (f, f["metrics"], f["checkpoints/model/30"]):
    order = h5py.h5g.open(g.id, b".").get_create_plist().get_link_creation_order()
    assert order & h5py.h5p.CRT_ORDER_TRACKED, g.name
f.close()

# --- runs that were killed: every acknowledged row is there, and nothing else
out = subprocess.run([make, folder, "40"], check=True, capture_output=True, text=True).stdout
for k, line in enumerate(out.splitlines()):
    scalars, rows = map(int, line.split())
    with h5py.File(f"{folder}/killed{k}/run.h5") as f:
        assert f.attrs["state"] == "interrupted"
        value, index = f["metrics/i/value"][:], f["tables/rows/i"][:]
        assert scalars <= len(value) <= scalars + 1 and rows <= len(index) <= rows + 1, (k, line)
        assert (value == np.arange(len(value))).all() and (index == np.arange(len(index))).all()
        assert f["tables/rows/text"].asstr()[-1] == f"row {len(index) - 1}"
        for step in f.get("checkpoints/state", ()):
            assert f[f"checkpoints/state/{step}/i"][:].tolist() == [int(step)]
assert k == 39
print("ok")
