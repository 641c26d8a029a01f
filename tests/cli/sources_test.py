"""ssft.split takes the same images from every format, and says what is wrong with a bad one."""
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
        self.write("real.csv", "a,label\n0.5,0\n0.25,1\n")
        self.write("sources.toml", EXPERIMENT.replace("SOURCE", "real.csv"))
        self.fails("real.csv holds features, not images")
        self.write("noise.toml", EXPERIMENT.replace("SOURCE", "one.npz")
                   .replace("[[claim]]", "params = { noise_a = 1.0 }\n[[claim]]"))
        done = self.assay("run", "noise.toml")
        self.assertEqual(done.returncode, 2)
        self.assertIn('parameter "noise_a" must be at least 0 and below 1, got 1', done.stderr)


if __name__ == "__main__":
    unittest.main()
