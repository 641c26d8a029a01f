#!/usr/bin/env python3
"""Checks who may include whom.

    include_rules.py [ROOT]       reads the sources below ROOT (default: .), prints each broken rule
                                  with the chain of includes that breaks it; exit status 1 if any
    include_rules.py --self-test  plants a violation of every rule and sees that it is found

The rules are those of ARCHITECTURE below. Includes are followed through our own headers, so a rule
cannot be broken in two steps. Files over 450 lines are named but do not fail.
"""
import pathlib
import re
import sys
import tempfile

TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
HDF5 = re.compile(r"^(hdf5(_hl)?|H5\w+)\.h$|^(highfive|hdf5)/")
DLFCN = re.compile(r"^dlfcn\.h$|^boost/dll")
BOOST_DLL = re.compile(r"^boost/dll")
TOML = re.compile(r"^toml\+\+|^toml\.hpp$")

# The folders of the host and what each may include of the others.
ARCHITECTURE = {
    "base": set(),
    "plan": {"base"},
    "archive": {"base", "plan"},
    "run": {"base", "plan", "archive"},
    "report": {"base", "plan", "archive"},
    "cli": {"base", "plan", "archive", "run", "report"},
}
SDK_TORCH = "core/include/assay/torch.hpp"  # for plugins; the host does not include it
LONGEST = 450

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


class Tree:
    """The sources below core/ and plugins/, and what they include."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files, self.lines = {}, {}
        for top in ("core", "plugins"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in {".h", ".hpp", ".c", ".cpp"}:
                    name = path.relative_to(self.root).as_posix()
                    text = path.read_text(errors="replace")
                    self.files[name] = INCLUDE.findall(text)
                    self.lines[name] = text.count("\n")

    def own(self, file, include):
        """The file of ours that `include` means, or None."""
        sibling = (pathlib.PurePosixPath(file).parent / include).as_posix()
        for name in (include, "core/include/" + include, sibling):
            if name in self.files:
                return name
        return None

    def reaches(self, file, pattern):
        """The shortest chain of includes from `file` to an outside header of `pattern`, or None."""
        seen, front = {file}, [[file]]
        while front:
            chain = front.pop(0)
            for include in self.files[chain[-1]]:
                target = self.own(chain[-1], include)
                if target is None:
                    if pattern.search(include):
                        return chain + [include]
                elif target not in seen:
                    seen.add(target)
                    front.append(chain + [target])
        return None

    def depends(self, file, wanted):
        """The shortest chain of includes from `file` to a file of ours for which wanted(name)."""
        seen, front = {file}, [[file]]
        while front:
            chain = front.pop(0)
            for include in self.files[chain[-1]]:
                target = self.own(chain[-1], include)
                if target is None or target in seen:
                    continue
                if wanted(target):
                    return chain + [target]
                seen.add(target)
                front.append(chain + [target])
        return None


def folder(file, top):
    """core/plan/x.hpp -> plan for top "core"; None for files elsewhere."""
    parts = file.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == top else None


def core_rules(tree):
    for file in tree.files:
        part = folder(file, "core")
        if part is None or file == SDK_TORCH:
            continue
        chain = tree.reaches(file, TORCH)
        if chain:
            yield "nothing in core includes LibTorch", chain
        if part != "archive":
            for include in tree.files[file]:
                if HDF5.search(include):
                    yield "only core/archive includes HDF5", [file, include]
        if part in ("plan", "report"):
            for name, pattern in (("HDF5", HDF5), ("dlfcn", DLFCN)):
                chain = tree.reaches(file, pattern)
                if chain:
                    yield f"core/{part} does not touch {name}", chain
        chain = tree.depends(file, lambda name: name.startswith("plugins/"))
        if chain:
            yield "the host includes no plugin", chain
        if part in ARCHITECTURE:
            allowed = ARCHITECTURE[part] | {part, "include"}
            for include in tree.files[file]:
                target = tree.own(file, include)
                to = target and folder(target, "core")
                if to and to not in allowed:
                    yield f"core/{part} does not include core/{to}", [file, target]


def plugin_rules(tree):
    for file in tree.files:
        part = folder(file, "plugins")
        if part is None:
            continue
        foreign = tree.depends(
            file, lambda name: folder(name, "plugins") not in (None, "common", part))
        if foreign:
            yield "a plugin includes no other plugin", foreign
        host = tree.depends(file, lambda name: folder(name, "core") not in (None, "include"))
        if host:
            yield "a plugin sees the host through <assay/> alone", host
        if file.startswith(("plugins/common/stats/", "plugins/common/data/")):
            chain = tree.reaches(file, TORCH)
            if chain:
                yield "plugins/common/stats and data do not need LibTorch", chain


def single_file_rules(tree):
    for name, pattern in (("Boost.DLL", BOOST_DLL), ("toml++", TOML)):
        users = {}  # of the host, and of each plugin
        for file, includes in tree.files.items():
            if any(map(pattern.search, includes)):
                users.setdefault(folder(file, "plugins"), []).append(file)
        for files in users.values():
            if len(files) > 1:
                yield f"one file alone includes {name}", files


def broken(root):
    tree = Tree(root)
    found = [*core_rules(tree), *plugin_rules(tree), *single_file_rules(tree)]
    long = [(n, f) for f, n in tree.lines.items() if n > LONGEST]
    return found, long, len(tree.files)


PLANTED = [
    ("nothing in core includes LibTorch", {"core/run/a.cpp": "torch/types.h"}),
    ("nothing in core includes LibTorch", {"core/run/a.cpp": "assay/torch.hpp",
                                           SDK_TORCH: "ATen/core/Tensor.h"}),
    ("only core/archive includes HDF5", {"core/run/a.cpp": "hdf5.h"}),
    ("core/plan does not touch dlfcn", {"core/plan/a.cpp": "dlfcn.h"}),
    ("core/report does not touch HDF5", {"core/report/a.cpp": "core/archive/b.hpp",
                                         "core/archive/b.hpp": "H5public.h"}),
    ("the host includes no plugin", {"core/cli/a.cpp": "plugins/common/stats/b.hpp",
                                     "plugins/common/stats/b.hpp": "vector"}),
    ("core/plan does not include core/run", {"core/plan/a.cpp": "b.hpp", "core/plan/b.hpp":
                                             "core/run/c.hpp", "core/run/c.hpp": "vector"}),
    ("a plugin includes no other plugin", {"plugins/x/a.cpp": "plugins/y/b.hpp",
                                           "plugins/y/b.hpp": "vector"}),
    ("a plugin sees the host through <assay/> alone", {"plugins/x/a.cpp": "core/base/b.hpp",
                                                       "core/base/b.hpp": "vector"}),
    ("plugins/common/stats and data do not need LibTorch",
     {"plugins/common/data/a.cpp": "plugins/common/b.hpp", "plugins/common/b.hpp": "torch/types.h"}),
    ("one file alone includes toml++", {"core/plan/a.cpp": "toml++/toml.h",
                                        "core/plan/b.cpp": "toml++/toml.hpp"}),
    ("one file alone includes Boost.DLL", {"core/run/a.cpp": "boost/dll/import.hpp",
                                           "core/run/b.cpp": "boost/dll/shared_library.hpp"}),
]
ALLOWED = {
    "core/archive/a.cpp": "hdf5.h", "core/run/a.cpp": "boost/dll/import.hpp",
    "core/plan/a.cpp": "toml++/toml.h", "core/report/a.cpp": "core/archive/b.hpp",
    "core/archive/b.hpp": "core/base/c.hpp", "core/base/c.hpp": "assay/assay.h",
    "core/include/assay/assay.h": "stdint.h", SDK_TORCH: "ATen/core/Tensor.h",
    "plugins/x/a.cpp": "plugins/common/nn/b.hpp", "plugins/common/nn/b.hpp": "torch/types.h",
}


def self_test():
    def found_in(files):
        with tempfile.TemporaryDirectory() as root:
            for name, include in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"#include <{include}>\n")
            return {rule for rule, _ in broken(root)[0]}

    clean = found_in(ALLOWED)
    assert not clean, f"a clean tree is said to break {clean}"
    for rule, files in PLANTED:
        assert rule in found_in(files), f"a planted violation is not found: {rule}: {files}"
    print(f"{len(PLANTED)} planted violations found, none in a clean tree")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found, long, count = broken(sys.argv[1] if len(sys.argv) > 1 else ".")
    for rule, chain in found:
        print(f"{chain[0]}: {rule}: {' -> '.join(chain)}")
    for lines, file in sorted(long, reverse=True):
        print(f"{file}: {lines} lines; aim at {LONGEST} at most", file=sys.stderr)
    if count == 0:
        return "no sources found"
    print(f"{count} files, {len(found)} broken rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
