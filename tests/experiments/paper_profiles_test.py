"""Every experiment's paper profile runs to its end at a tiny size on a CPU. What the claims then say
means nothing and is not asked; that each has runs to speak of is.
"""
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))
from workspace import BUILD, SOURCE, Workspace

# By parameter: what makes a run tiny, wherever a method has it.
TINY = {
    "n": 80, "n_test": 40, "n_per_split": 40, "epochs": 2, "epochs_a": 2, "epochs_b": 1,
    "retrain_epochs": 1, "width": 0.05, "batch": 16, "targets": 2, "search_batch": 8, "eot": 2,
    "max_units": 3, "eval_subset": 20, "mem_models": 4,
    "hash_dimensions": 32, "steps": 200, "d": 300, "eval_every": 1, "rewind_epochs": [0, 1],
    "checkpoint_every": 1,
}
# By plugin: parameters of these names that are no sizes.
OTHER = {"qqt": {"d", "epochs"}, "lm": {"batch", "steps", "width"}}
# Experiments that compute seconds at the paper's size too.
WITHOUT_GPU = {"ssft/linear_theory", "diffusion/exact_baseline", "diffusion/own_trajectories",
               *(f"qqt/{name}" for name in (
                   "ablate_a", "ablate_d", "ablate_tau", "fit", "identifiability",
                   "measure_powerlaw", "own_curves", "pareto", "released"))}
# A U-Net that takes no time.
UNET = ["width=16", "channels=4", "mult=[1, 1]", "attention_at=[2]", "heads=2", "steps=4"]
# By experiment: more overrides.
MORE = {
    "diffusion/detector": ["data.size=64", "plane_data.size=64", "train.width=8",
                           "plane_train.width=8"],
    "diffusion/gauss1d_budget": ["data.grid.size=[64]", "data_epochs.grid.size=[64]",
                                 "train.width=8", "train_epochs.width=8", "by_steps.cells=501",
                                 "by_epochs.cells=501"],
    "diffusion/gauss1d_spacing": ["data.size=64", "train.width=8", "learned.cells=501",
                                  "exact.cells=501"],
    "diffusion/gauss2d_grid": ["data.size=64", "data25.size=64", "train.width=8",
                               "train25.width=8"],
    "diffusion/recursion": ["data.size=64", "recurse.width=8", "recurse.generations=2"],
    "diffusion/sampler_grid": ["data.size=64", "train.width=8"],
    "diffusion/variants": ["data.size=64", "train.width=8", "learned.cells=501", "exact.cells=501"],
    "diffusion/exact_baseline": ["mass.cells=501"],
    "diffusion/landscape": ["data.size=64", "train.width=8", "look.draws=50", "look.points=50"],
    "diffusion/recursion_images": ["digits.size=200", "data.size=100", "keep0.keep=60",
                                   *(f"train{g}.{word}" for g in range(3) for word in UNET),
                                   *(f"sample{g}.chain_steps=20" for g in range(3))],
    "diffusion/shapes": ["data.size=80", "sample.chain_steps=40",
                         *(f"train.{word}" for word in UNET),
                         "train.mult=[1, 1, 1, 1]", "train.attention_at=[8]",
                         "label.grid.rule=['duplicates']"],
    "lm/quickstart": ["answer.max_tokens=4", "score.documents=1", "score.window=64",
                      "train.documents=2", "train.vocabulary=300", "train.width=16",
                      "train.layers=1", "train.heads=2", "train.context=64", "train.steps=3",
                      "train.batch=2", "train.micro_batches=2", "train.warmup=1",
                      "write.max_tokens=8"],
    "qqt/identifiability": ["spread.draws=5"],
    "qqt/measure_caption": [
        "measure.pool_size=40", "measure.replicates=1", "measure.scorer_pairs=100",
        "measure.scorer_samples=256", "measure.tests=50", "measure.eval_at=[2, 6]", "fit.min_n=0",
        "fit.flat_above=1", "validate.min_n=0"],
    "qqt/measure_fmnist": ["measure.pool_size=40", "measure.replicates=2", "measure.hidden=8",
                           "measure.eval_at=[2, 6, 12]"],
    "qqt/measure_powerlaw": ["measure.pool_size=200", "measure.replicates=2",
                             "measure.features=50"],
    "ssft/complex": ["split.class_sizes=[10]"],
    "ssft/removal": ["removal.grid.k=[0, 4]"],
    "ssft/spurious": ["split.class_sizes=[40]"],
}


def methods_of(plugin):
    """Method name -> names of its parameters."""
    out = subprocess.run([BUILD / "assay", "describe", plugin, "--json"], text=True, check=True,
                         capture_output=True,
                         env={**os.environ, "ASSAY_PLUGIN_PATH": str(BUILD / "plugins")}).stdout
    return {m["name"]: {p["name"] for p in m["params"]} for m in json.loads(out)["methods"]}


def fetched(name):
    """Whether a data set or a model of the catalog lies here."""
    out = subprocess.run([BUILD / "assay", "data", "list"], text=True, capture_output=True).stdout
    return any(line.split()[1:3] == [name, "here"] for line in out.splitlines())


def without_gpu(experiment):
    return [f"{stage}.resources={{ gpus = 0, cpus = 1, mem = '1G', time = '10m' }}"
            for stage in experiment["stage"]]


def tiny_overrides(name, experiment):
    """Overrides of every stage: small parameters, one seed, axes of one or two values."""
    words = list(MORE.get(name, []))
    taken = {word.split("=")[0] for word in words}
    paper = experiment["profile"]["paper"].get("stage", {})
    params = methods_of(name.split("/")[0])
    for stage, about in experiment["stage"].items():
        method = about.get("method") or experiment["stage"][about["extends"]]["method"]
        words.append(f"{stage}.seeds=1")
        sized = "class_sizes" in json.dumps(about)  # says how many examples a half has
        for parameter in params[method.split(".")[1]]:
            if sized and parameter == "n_per_split":
                continue
            if parameter in OTHER.get(name.split("/")[0], ()):
                continue
            if parameter in TINY and f"{stage}.{parameter}" not in taken:
                words.append(f"{stage}.{parameter}={json.dumps(TINY[parameter])}")
        grid = {**about.get("grid", {}), **paper.get(stage, {}).get("grid", {})}
        for axis, values in grid.items():
            free = axis not in TINY and f"{stage}.grid.{axis}" not in taken
            if free and isinstance(values, list) and len(values) > 2:
                words.append(f"{stage}.grid.{axis}={json.dumps(values[:2])}")
    return words


class PaperProfiles(Workspace):
    def one(self, path):
        name = f"{path.parent.name}/{path.stem}"
        experiment = tomllib.loads(path.read_text())
        text = path.read_text()
        for needed in ("dataset:mnist-digits", "dataset:wordnet", "dataset:debian-reference",
                       "dataset:debian-policy", "model:smollm2-135m-instruct"):
            catalogued = needed.split(":")[1]
            if needed in text and not fetched(catalogued):
                self.skipTest(f"`assay data fetch {catalogued}` has not been run")
        gpus = [s.get("resources", {}).get("gpus") for s in
                experiment["profile"]["paper"].get("stage", {}).values()]
        if name not in WITHOUT_GPU:
            self.assertIn(1, gpus, f"{name}: the paper profile asks for no GPU")
        planned = self.assay("plan", path, "--profile", "paper", *without_gpu(experiment))
        self.assertEqual(planned.returncode, 0, planned.stderr)
        self.assertNotIn("warning", planned.stderr)  # a claim without runs, for one
        done = self.assay("run", path, "--profile", "paper", "--jobs", "2",
                          *without_gpu(experiment), *tiny_overrides(name, experiment))
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])


for toml in sorted((SOURCE / "experiments").glob("*/*.toml")):
    def test(self, path=toml):
        self.one(path)
    setattr(PaperProfiles, f"test_{toml.parent.name}_{toml.stem}", test)

if __name__ == "__main__":
    unittest.main(verbosity=2)
