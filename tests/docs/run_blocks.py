#!/usr/bin/env python3
"""Compiles, plans and runs the code blocks of README.md and docs/**/*.md, so that they stay true.

    run_blocks.py --root . --cxx clang++-16 [--assay PROGRAM] [--plugins DIR] [--without NAME ...]
                  [--python PYTHON]
    run_blocks.py --self-test --root . --cxx clang++-16

By the language after the fence:
    cpp, c with ASSAY_PLUGIN   built into a plugin, which must export one symbol
    toml with `assay = 1`      `assay plan` must accept it; plugins built from the documents are found.
                               One of them is also run, and its archive is what python reads
    toml                       must be TOML
    python run                 executed in a folder with a finished run's run.h5
    python, json               must parse
A fence may say  ```toml skip: REASON  ; the reason is printed and must be a sentence. Blocks whose
experiment uses a plugin named by --without are named and left out.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

FENCE = re.compile(r"^(\s*)```+(.*)$")
HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass
class Block:
    file: str
    line: int
    language: str
    marks: str
    text: str

    @property
    def place(self):
        return f"{self.file}:{self.line}"


class Wrong(Exception):
    """A block that does not do what it says."""


def blocks_of(path, name):
    """The fenced blocks of a Markdown file, in order."""
    inside, lines = None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if fence and inside is None:
            language, _, marks = fence[2].strip().partition(" ")
            inside, lines = Block(name, number, language, marks.strip(), ""), []
        elif fence and not fence[2].strip():
            inside.text = "\n".join(lines) + "\n"
            yield inside
            inside = None
        elif inside is not None:
            lines.append(line)
    if inside is not None:
        raise Wrong(f"{inside.place}: the block is never closed")


def documents(root):
    found = [p for p in [root / "README.md"] if p.exists()]
    return found + sorted((root / "docs").rglob("*.md"))


def run(command, **more):
    done = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False, **more)
    return done.returncode, done.stdout


class Checker:
    def __init__(self, args, work):
        self.args, self.work = args, pathlib.Path(work)
        self.plugins = self.work / "plugins"
        self.plugins.mkdir()
        self.compiled, self.archive, self.counts = set(), None, {}
        self.environment = dict(os.environ, ASSAY_RUNS=str(self.work / "runs"))
        path = [str(self.plugins)] + ([str(args.plugins)] if args.plugins else [])
        self.environment["ASSAY_PLUGIN_PATH"] = ":".join(path)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def check_plugin(self, block):
        name = re.search(r'About\{\s*"(\w+)"|\.name\s*=\s*"(\w+)",\s*\.version', block.text)
        if not name:
            raise Wrong("the plugin's name is not found in the block")
        name = name[1] or name[2]
        root = self.args.root
        source = self.work / f"{name}.{block.language}"
        source.write_text(block.text)
        standard = "c++17" if block.language == "cpp" else "c11"
        status, said = run([self.args.cxx, "-x", "c++" if block.language == "cpp" else "c",
                            f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-O1", "-shared",
                            "-fPIC", "-fvisibility=hidden", f"-I{root}/core/include",
                            f"-Wl,--version-script={root}/cmake/plugin.map", "-Wl,-z,defs",
                            source, "-o", self.plugins / f"{name}.so"])
        if status != 0:
            raise Wrong(f"does not compile:\n{said}")
        self.compiled.add(name)
        self.count("plugins compiled")

    def check_experiment(self, block):
        if not self.args.assay:
            return
        used = set(re.findall(r'method\s*=\s*"(\w+)\.\w+"', block.text))
        without = used & set(self.args.without)
        if without:
            print(f"{block.place}: not planned, for it uses {', '.join(sorted(without))}")
            return
        file = self.work / f"{pathlib.Path(block.file).stem}-{block.line}.toml"
        file.write_text(block.text)
        status, said = run([self.args.assay, "plan", file], env=self.environment, cwd=self.args.root)
        if status != 0:
            raise Wrong(f"assay plan refuses it:\n{said}")
        self.count("experiments planned")
        if self.archive is None and used and used <= self.compiled:
            status, said = run([self.args.assay, "run", file], env=self.environment, cwd=self.work)
            archives = sorted((self.work / "runs").glob("*/*/run.h5"))
            if status != 0 or not archives:
                raise Wrong(f"assay run fails:\n{said}")
            self.archive = archives[0]
            self.count("experiments run")

    def check_python(self, block):
        if self.archive is None:
            if self.args.assay:
                raise Wrong("there is no archive to run it on: no document has both a plugin and "
                            "an experiment of it")
            return
        folder = self.work / f"python-{pathlib.Path(block.file).stem}-{block.line}"
        folder.mkdir()
        (folder / "run.h5").symlink_to(self.archive)
        (folder / "runs").symlink_to(self.work / "runs")
        script = folder / "block.py"
        script.write_text(block.text)
        status, said = run([self.args.python, script.name], env=self.environment, cwd=folder)
        if status != 0:
            raise Wrong(f"python fails:\n{said}")
        self.count("python blocks run")

    def check(self, block, phase):
        """Phase 0 is all that others build on, 1 the experiments, 2 the Python that reads runs."""
        skip = block.marks.startswith("skip")
        if skip:
            reason = block.marks[4:].lstrip(": ")
            if len(reason.split()) < 3:
                raise Wrong("a skipped block says why, in a sentence: ```toml skip: REASON")
            if phase == 0:
                print(f"{block.place}: skipped: {reason}")
            return
        if phase == 0:
            self.check_text(block)
        elif phase == 1 and is_experiment(block):
            self.check_experiment(block)
        elif phase == 2 and block.language == "python" and block.marks == "run":
            self.check_python(block)

    def check_text(self, block):
        if block.language in ("cpp", "c") and "ASSAY_PLUGIN" in block.text.upper():
            self.check_plugin(block)
        elif block.language == "toml":
            try:
                tomllib.loads(block.text)
            except tomllib.TOMLDecodeError as error:
                raise Wrong(f"is not TOML: {error}") from error
            self.count("toml blocks parsed")
        elif block.language == "json":
            try:
                json.loads(block.text)
            except json.JSONDecodeError as error:
                raise Wrong(f"is not JSON: {error}") from error
        elif block.language == "python":
            try:
                compile(block.text, block.place, "exec")
            except SyntaxError as error:
                raise Wrong(f"is not Python: {error}") from error


def is_experiment(block):
    return block.language == "toml" and re.search(r"^assay = 1\b", block.text, re.M) is not None


def check_documents(args):
    """All complaints, in the order of the documents."""
    complaints = []
    with tempfile.TemporaryDirectory(prefix="assay-docs-") as work:
        checker = Checker(args, work)
        try:
            blocks = [block for path in documents(args.root)
                      for block in blocks_of(path, path.relative_to(args.root).as_posix())]
        except Wrong as error:
            return [str(error)]
        for phase in range(3):
            for block in blocks:
                try:
                    checker.check(block, phase)
                except Wrong as error:
                    complaints.append(f"{block.place}: {error}")
        print(f"{len(blocks)} blocks: " +
              (", ".join(f"{n} {what}" for what, n in checker.counts.items()) or "none checked"))
        if not blocks:
            complaints.append("no code blocks found")
    return complaints


GOOD_PLUGIN = """```cpp
#include <assay/plugin.hpp>
struct M {
  static constexpr const char* name = "m";
  static void describe(assay::Schema<M>& s) { s.summary("m"); }
  void run(assay::Job&) const {}
};
ASSAY_PLUGIN((assay::About{"p", "1.0.0", "p"}), M)
```
"""
PLANTED = {
    "does not compile": GOOD_PLUGIN.replace("assay::Job&", "assay::Job& job, int"),
    "is not TOML": "```toml\na = \n```\n",
    "is not JSON": "```json\n{,}\n```\n",
    "is not Python": "```python\nfor\n```\n",
    "says why": "```toml skip: no\na = \n```\n",
    "never closed": "```toml\na = 1\n",
    "no code blocks": "prose\n",
}


def self_test(args):
    def complaints(text):
        with tempfile.TemporaryDirectory() as root:
            folder = pathlib.Path(root)
            (folder / "README.md").write_text(text)
            (folder / "core").symlink_to(args.root / "core")
            (folder / "cmake").symlink_to(args.root / "cmake")
            return check_documents(argparse.Namespace(**{**vars(args), "root": folder}))

    fine = complaints(GOOD_PLUGIN + "```toml skip: it shows a mistake\na = \n```\n")
    assert not fine, f"good blocks are refused: {fine}"
    for sentence, text in PLANTED.items():
        found = complaints(text)
        assert any(sentence in c for c in found), f"not found: {sentence}: {found}"
    print(f"{len(PLANTED)} planted mistakes found, none in good blocks")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=lambda p: pathlib.Path(p).resolve(), required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--assay")
    parser.add_argument("--plugins")
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        return self_test(args)
    complaints = check_documents(args)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
