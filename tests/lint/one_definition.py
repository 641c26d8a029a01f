#!/usr/bin/env python3
"""Finds types that two files define under the same qualified name: the linker would silently take
one layout for both (the one-definition rule), and the program would corrupt its memory.

    one_definition.py [ROOT]      reads core/ and plugins/ below ROOT, each plugin a program of its own
    one_definition.py --self-test plants such a pair and near misses

Types in unnamed namespaces, forward declarations and nested types do not count. It relies on the
layout that clang-format gives: namespaces opened alone on a line and closed by `}  // namespace`.
"""
import collections
import pathlib
import re
import sys
import tempfile

OPEN = re.compile(r"^\s*(?:inline )?namespace ?([\w:]*)[^;={]*\{$")
CLOSE = re.compile(r"^\s*\}  // (?:inline )?namespace\b")
TYPE = re.compile(r"^( *)(?:template <.*> *)?(?:struct|class|enum class|enum|union)"
                  r"(?: \[\[\w+\]\])? (\w+)(?: final)?(?: :[^;]*)? \{")


def definitions(text):
    """Qualified names of the types that a file defines at namespace scope."""
    spaces = []
    for line in text.splitlines():
        if opened := OPEN.match(line):
            spaces.append(opened[1])
        elif CLOSE.match(line) and spaces:
            spaces.pop()
        elif (found := TYPE.match(line)) and "" not in spaces:
            # A nested type is indented more than its namespace is.
            if len(found[1]) <= (2 * len(spaces) if line.startswith(" ") and "v0" in spaces else 0):
                yield "::".join(spaces + [found[2]])


def program_of(name):
    """The host for core/, else the plugin; common/ is a program of its own here."""
    parts = name.split("/")
    return "core" if parts[0] == "core" else parts[1]


def part_of(name, program):
    """Is the file compiled into the program? common/ and the SDK's headers are part of plugins."""
    if program == "core":
        return name.startswith("core/")
    return program_of(name) in (program, "common") or name.startswith("core/include/")


def clashes(root):
    where = collections.defaultdict(set)
    count = 0
    for top in ("core", "plugins"):
        for path in sorted(pathlib.Path(root, top).rglob("*")):
            if path.suffix not in {".h", ".hpp", ".cpp"}:
                continue
            name, count = path.relative_to(root).as_posix(), count + 1
            for qualified in definitions(path.read_text(errors="replace")):
                where[qualified].add(name)
    for qualified, files in sorted(where.items()):
        for program in sorted({program_of(f) for f in files}):
            inside = sorted(f for f in files if part_of(f, program))
            if len(inside) > 1:
                yield qualified, inside
                break
    if count == 0:
        sys.exit("no sources found")


def self_test():
    def found(files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return [name for name, _ in clashes(root)]

    def space(body, name="assay"):
        return f"namespace {name} {{\n{body}\n}}  // namespace {name}\n"

    row, forward = "struct Row {\n  int a;\n};", "struct Row;"
    two = {"core/plan/a.hpp": space(row)}
    assert found({**two, "core/report/b.hpp": space(row)}) == ["assay::Row"]
    assert found({**two, "core/report/b.hpp": space("class Row final : public Base {")})
    assert found({"plugins/common/a.hpp": space(row), "plugins/x/b.cpp": space(row)})
    assert not found({**two, "core/report/b.hpp": space(forward)})
    assert not found({**two, "core/report/b.hpp": space(row, "assay::report")})
    assert not found({**two, "core/report/b.cpp": space(space(row, ""))})
    assert not found({**two, "core/report/b.hpp": space("struct Table {\n  struct Row {\n  };\n};")})
    assert not found({"plugins/x/a.cpp": space(row), "plugins/y/b.cpp": space(row)})
    print("planted clashes found, near misses let pass")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found = list(clashes(root))
    for qualified, files in found:
        print(f"{qualified} is defined in {' and in '.join(files)}: name one of them otherwise")
    print(f"{len(found)} types with two definitions")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
