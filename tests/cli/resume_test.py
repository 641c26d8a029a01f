"""Real ssft training, killed at random moments and resumed, ends in the bits of a run left alone."""
import random
import signal
import time
import unittest

import h5py
import numpy

from workspace import SOURCE, Workspace

EXPERIMENT = """assay = 1
[experiment]
name = "resume"
[stage.split]
method = "ssft.split"
inputs = { images = "file:images.npz" }
params = { n_per_split = 400, noise_a = 0.1, noise_b = 0.1 }
[stage.learn]
method = "ssft.learn"
inputs = { split = "split:results" }
params = { model = "cnn_small", epochs_a = 60, batch = 16, lr_a = 0.05, patience_a = 0 }
checkpoint = { every = "200ms" }
seeds = [5]
[stage.forget]
method = "ssft.forget"
inputs = { split = "split:results", model = "learn:model" }
params = { epochs_b = 20, batch = 16, lr_b = 0.05 }
checkpoint = { every = "200ms" }
[[claim]]
text = "training ends"
stage = "learn"
value = "metrics/accuracy"
op = ">="
bound = 0.0
"""


class Resume(Workspace):
    def setUp(self):
        super().setUp()
        draw = numpy.random.default_rng(7)
        prototypes = draw.integers(0, 256, (10, 28, 28))
        labels = draw.integers(0, 10, 1000)
        images = prototypes[labels] + draw.normal(0, 60, (1000, 28, 28))
        numpy.savez(self.folder / "images.npz", x=images.clip(0, 255).astype("uint8"), y=labels)
        self.write("resume.toml", EXPERIMENT)

    def digests(self, runs):
        found = {}
        for path in sorted((self.folder / runs).glob("ssft/*/run.h5")):
            with h5py.File(path) as archive:
                self.assertEqual(archive.attrs["state"], "complete")
                found[path.parent.name] = archive.attrs["output_digest"]
        return found

    def test_killed_and_resumed_training_gives_the_same_bits(self):
        started = time.monotonic()
        self.succeeds("run", "resume.toml", "--runs", "whole")
        seconds = time.monotonic() - started
        draw = random.Random(11)
        resumed = 0
        for kill in range(5):
            runs = f"killed{kill}"
            process = self.start("run", "resume.toml", "--runs", runs)
            time.sleep(draw.uniform(0.25, 0.95) * seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            finish = self.assay("run", "resume.toml", "--runs", runs)
            self.assertEqual(finish.returncode, 0, finish.stdout + finish.stderr)
            resumed += "resum" in finish.stdout + finish.stderr
            self.assertEqual(self.digests(runs), self.digests("whole"), f"kill {kill}")
        self.assertGreater(resumed, 0, "no kill hit a run that had a checkpoint")


if __name__ == "__main__":
    unittest.main()
