"""ssft.split takes the same examples from every format, and says what is wrong with a bad one."""
import unittest

import h5py
import numpy

from workspace import Workspace

EXPERIMENT = """assay = 1
[experiment]
name = "sources"
[stage.split]
method = "ssft.split"
inputs = { images = "file:SOURCE" }
[[claim]]
text = "half of the images are in A"
stage = "split"
value = "metrics/size_a"
op = "=="
bound = 20
"""


class Sources(Workspace):
    def setUp(self):
        super().setUp()
        draw = numpy.random.default_rng(3)
        self.x = draw.integers(0, 256, (40, 8, 8), dtype=numpy.uint8)
        self.y = (numpy.arange(40) % 4).astype("int16")

    def images(self, name):
        self.write("sources.toml", EXPERIMENT.replace("SOURCE", name))
        self.succeeds("run", "sources.toml", "--claims", "--runs", name + ".runs")
        path, = (self.folder / (name + ".runs")).glob("ssft/*/run.h5")
        with h5py.File(path) as archive:
            return archive["arrays/images_a"][:].reshape(20, 64)

    def test_npz_hdf5_and_csv_give_the_same_halves(self):
        numpy.savez(self.folder / "set.npz", x=self.x, y=self.y)
        with h5py.File(self.folder / "set.h5", "w") as file:
            file["x"], file["y"] = self.x, self.y
        rows = [",".join(map(str, [*image.ravel(), label])) for image, label in zip(self.x, self.y)]
        names = ",".join([f"p{i}" for i in range(64)] + ["label"])
        self.write("set.csv", "\n".join([names, *rows]) + "\n")
        expected = self.images("set.npz")
        self.assertTrue((self.images("set.h5") == expected).all())
        self.assertTrue((self.images("set.csv") == expected).all())

    def test_float_features_stay_as_they_are_in_every_format(self):
        x = self.x.reshape(40, 64).astype("float32") / 4 - 9
        numpy.savez(self.folder / "real.npz", x=x, y=self.y)
        with h5py.File(self.folder / "real.h5", "w") as file:
            file["x"], file["y"] = x, self.y
        with h5py.File(self.folder / "double.h5", "w") as file:
            file["x"], file["y"] = x.astype("float64"), self.y
        rows = [",".join(map(str, [*row, label])) for row, label in zip(x.tolist(), self.y)]
        self.write("real.csv", "\n".join(rows) + "\n")
        expected = self.images("real.npz")
        self.assertEqual(expected.dtype, numpy.float32)
        self.assertTrue(all((x == row).all(axis=1).any() for row in expected))
        for name in ("real.h5", "double.h5", "real.csv"):
            with self.subTest(name):
                self.assertTrue((self.images(name) == expected).all())

    def test_test_parts_are_read_from_numpy_and_hdf5(self):
        parts = {"x": self.x[:24], "y": self.y[:24], "x_test": self.x[24:], "y_test": self.y[24:]}
        numpy.savez(self.folder / "parts.npz", **parts)
        with h5py.File(self.folder / "parts.h5", "w") as file:
            for name, values in parts.items():
                file[name] = values
        for name in ("parts.npz", "parts.h5"):
            text = EXPERIMENT.replace("SOURCE", name)
            self.write("sources.toml", text.replace("params = {", 'params = { part = "test",', 1)
                       if "params = {" in text else
                       text.replace('method = "ssft.split"',
                                    'method = "ssft.split"\nparams = { part = "test" }'))
            with self.subTest(name):
                self.succeeds("run", "sources.toml", "--runs", name + ".runs")
                path, = (self.folder / (name + ".runs")).glob("ssft/*/run.h5")
                with h5py.File(path) as archive:
                    halves = [archive[f"arrays/images_{half}"][:] for half in "ab"]
                images = numpy.concatenate(halves).reshape(16, 64)
                expected = self.x[24:].reshape(16, 64)
                self.assertEqual({bytes(i) for i in images}, {bytes(i) for i in expected})

    def fails(self, text):
        done = self.assay("run", "sources.toml")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(text, done.stdout + done.stderr)

    def test_bad_sources_are_one_sentence_each(self):
        with h5py.File(self.folder / "no_labels.h5", "w") as file:
            file["x"] = self.x
        self.write("sources.toml", EXPERIMENT.replace("SOURCE", "no_labels.h5"))
        self.fails('no_labels.h5 has no dataset "y"')
        numpy.savez(self.folder / "one.npz", x=self.x, y=numpy.zeros(40, "int64"))
        self.write("sources.toml", EXPERIMENT.replace("SOURCE", "one.npz"))
        self.fails("one.npz has fewer than 2 classes")
        for name, x, said in (
                ("whole.h5", self.x.astype("int32"), "must be uint8 (images), float or double"),
                ("nan.h5", numpy.full((40, 3), numpy.nan), '"x" holds a number that is not finite')):
            with h5py.File(self.folder / name, "w") as file:
                file["x"], file["y"] = x, self.y
            self.write("sources.toml", EXPERIMENT.replace("SOURCE", name))
            self.fails(said)
        self.write("noise.toml", EXPERIMENT.replace("SOURCE", "one.npz")
                   .replace("[[claim]]", "params = { noise_a = 1.0 }\n[[claim]]"))
        done = self.assay("run", "noise.toml")
        self.assertEqual(done.returncode, 2)
        self.assertIn('parameter "noise_a" must be at least 0 and below 1, got 1', done.stderr)


if __name__ == "__main__":
    unittest.main()
