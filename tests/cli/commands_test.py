"""The commands on a small finished experiment of a plugin without LibTorch."""
import json
import subprocess
import unittest

import h5py

from workspace import BUILD, Workspace

WALKS = """assay = 1
[experiment]
name = "walks"
[stage.walk]
method = "walk.walk"
params = { steps = 20 }
seeds = 3
grid = { drift = [0.0, 0.5] }
[[claim]]
text = "a walk with drift ends farther out"
paper = "farther"
left = { stage = "walk", value = "metrics/position", where = "drift == 0.5" }
op = ">"
right = { stage = "walk", value = "metrics/position", where = "drift == 0.0" }
[[table]]
name = "ends"
stage = "walk"
rows = ["drift"]
values = ["metrics/position"]
agg = ["mean", "sd"]
[[plot]]
name = "paths"
kind = "line"
stage = "walk"
x = "step"
y = "metrics/position"
series = "drift"
error = "ci95"
"""


class Commands(Workspace):
    def setUp(self):
        super().setUp()
        self.write("walks.toml", WALKS)

    def test_from_a_file_to_a_verdict(self):
        out = self.succeeds("run", "walks.toml", "--claims", "--report")
        self.assertIn("a walk with drift ends farther out", out)
        self.assertIn("holds", out)
        self.assertTrue(out.rstrip().endswith("report.html"), out)
        self.assertEqual(len(self.archives()), 6)
        again = self.succeeds("run", "walks.toml")
        self.assertRegex(again, r"^6 runs, all cached, \d+\.\d+ s\n$")

    def test_claims_that_fail_or_lack_runs_exit_with_3(self):
        lacking = self.assay("claims", "walks.toml")
        self.assertEqual(lacking.returncode, 3)
        self.assertIn("insufficient", lacking.stdout)
        self.write("wrong.toml", WALKS.replace('op = ">"', 'op = "<"'))
        fails = self.assay("run", "wrong.toml", "--claims")
        self.assertEqual(fails.returncode, 3, fails.stderr)
        self.assertIn("fails", fails.stdout)

    def test_plan_says_what_would_run_and_why(self):
        out = self.succeeds("plan", "walks.toml")
        self.assertEqual(out.count("run     "), 6)
        self.assertFalse(self.runs.exists(), "planning wrote something")
        self.succeeds("run", "walks.toml")
        out = self.succeeds("plan", "walks.toml", "walk.grid.drift=[0.0, 0.5, 1.0]")
        self.assertEqual((out.count("cached  "), out.count("run     ")), (6, 3))
        why = self.succeeds("plan", "walks.toml", "--why", "walk:drift=0.5,seed=1")
        self.assertIn('"assay_identity":1', why)
        plan = json.loads(self.succeeds("plan", "walks.toml", "--json"))
        self.assertEqual(len(plan["runs"]), 6)

    def test_one_run_can_be_looked_at(self):
        self.succeeds("run", "walks.toml")
        self.assertIn("6 complete", self.succeeds("status"))
        self.assertIn("6 complete", self.succeeds("status", "walks.toml"))
        shown = self.succeeds("show", "walk:drift=0,seed=0")
        self.assertIn("position", shown)
        self.assertIn("drift = 0", shown)
        rows = self.succeeds("show", "latest", "metrics/position", "--rows", "5")
        self.assertIn("15 more rows", rows)
        explained = self.succeeds("id", "latest", "--explain")
        self.assertIn('"method":"walk.walk"', explained)
        self.succeeds("log", "latest")

    def test_tables_in_every_format(self):
        self.succeeds("run", "walks.toml")
        self.assertIn("drift", self.succeeds("table", "walks.toml"))
        self.assertIn("|", self.succeeds("table", "walks.toml", "--format", "markdown"))
        self.assertIn(",", self.succeeds("table", "walks.toml", "-f", "csv"))
        self.assertIn("\\begin{tabular}", self.succeeds("table", "walks.toml", "-f", "latex"))
        self.succeeds("table", "walks.toml", "-f", "csv", "-o", "out")
        self.assertTrue((self.folder / "out" / "ends.csv").exists())

    def test_plots_in_every_format_with_their_csv(self):
        self.succeeds("run", "walks.toml")
        for kind, magic in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
            self.succeeds("plot", "walks.toml", "--format", kind, "-o", "plots")
            self.assertTrue((self.folder / f"plots/paths.{kind}").read_bytes().startswith(magic))
        self.assertTrue((self.folder / "plots/paths.csv").exists())

    def test_force_and_stage_select_runs(self):
        self.succeeds("run", "walks.toml")
        before = [path.stat().st_mtime_ns for path in self.archives()]
        digests = [h5py.File(path).attrs["output_digest"] for path in self.archives()]
        self.succeeds("run", "walks.toml", "--force", "walk")
        after = [path.stat().st_mtime_ns for path in self.archives()]
        self.assertTrue(all(a > b for a, b in zip(after, before)))
        self.assertEqual(digests, [h5py.File(path).attrs["output_digest"] for path in self.archives()])

    def test_every_command_explains_itself(self):
        overview = self.succeeds("--help")
        for name in ("run", "plan", "status", "table", "plot", "report", "claims", "show", "log", "id",
                     "plugins", "describe", "data"):
            self.assertIn(f"\n  {name} ", overview)
            text = self.succeeds(name, "--help")
            self.assertTrue(text.startswith(f"assay {name} - "), text)
            self.assertIn(f"usage: assay {name}", text)
            self.assertEqual(text, self.succeeds("help", name))

    def test_bash_completes_commands_options_and_methods(self):
        script = self.succeeds("completion")

        def complete(*words):
            line = (script + f"\nCOMP_WORDS=({' '.join(words)} ''); "
                    if words[-1] == "" else script + f"\nCOMP_WORDS=({' '.join(words)}); ")
            line += f'COMP_CWORD={len(words) - 1}; _assay; echo "${{COMPREPLY[@]}}"'
            env = {**self.environment(), "PATH": f"{BUILD}:/usr/bin:/bin"}
            return subprocess.run(["bash", "-c", line], env=env, text=True, capture_output=True,
                                  check=True).stdout.split()

        self.assertEqual(complete("assay", "cla"), ["claims"])
        self.assertIn("--fail-fast", complete("assay", "run", "--"))
        self.assertIn("walk.walk", complete("assay", "describe", "walk."))


if __name__ == "__main__":
    unittest.main()
