"""A temporary folder in which the built `assay` runs: what the tests of the command line share."""
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["ASSAY_BUILD"])
SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])


class Workspace(unittest.TestCase):
    """Each test gets an empty folder, a runs folder in it, and the plugins of this build."""

    plugin_path = BUILD / "plugins"

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="assay-test-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.runs = self.folder / "runs"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def environment(self):
        env = dict(os.environ)
        for key in ("ASSAY_RUNS", "ASSAY_JOURNAL"):
            env.pop(key, None)
        env["ASSAY_PLUGIN_PATH"] = f"{self.plugin_path}:{BUILD / 'cli_plugins'}"
        return env

    def assay(self, *words, env=None, **options):
        """Runs assay in the folder; returns the finished process with text output."""
        options.setdefault("timeout", 300)
        return subprocess.run([BUILD / "assay", *map(str, words)], cwd=self.folder, text=True,
                              env={**self.environment(), **(env or {})}, capture_output=True,
                              stdin=subprocess.DEVNULL, **options)

    def start(self, *words):
        return subprocess.Popen([BUILD / "assay", *map(str, words)], cwd=self.folder, text=True,
                                env=self.environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def succeeds(self, *words, **options):
        done = self.assay(*words, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def refuses(self, *words, text, **options):
        """Exit code 2, the exact text on stderr, and nothing written."""
        before = sorted(self.folder.rglob("*"))
        done = self.assay(*words, **options)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stderr.replace(str(self.folder), "HERE"), text)
        self.assertEqual(sorted(self.folder.rglob("*")), before, "something was written")

    def archives(self):
        return sorted(self.runs.glob("*/*/run.h5"))
