#!/usr/bin/env python3
"""Installs the built tree and builds project/ from the installed files alone.

Checks, for the compilers of this build and for g++ where there is one: the headers compile without
a warning as C11 and C++17, find_package(Assay) and assay_add_plugin suffice to build two plugins,
each plugin exports assay_plugin_v0 and nothing else, and calling it gives the plugin's name. Where
the program is installed, `assay describe` must find the methods.
"""
import argparse
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
METHODS = {"dice": "throw_dice", "plain": "square"}
FLAGS = "-Wall -Wextra -Wpedantic -Werror"


class PluginHead(ctypes.Structure):
    """The first fields of assay_plugin."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("abi_major", ctypes.c_uint16),
                ("abi_minor", ctypes.c_uint16), ("name", ctypes.c_char_p)]


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, **more)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def exported(nm, library):
    """The defined dynamic symbols of a library."""
    lines = run(nm, "-D", "--defined-only", library).splitlines()
    return [line.split()[-1] for line in lines if line.strip()]


def check_headers(prefix, cc, cxx):
    for compiler, standard, header in ((cc, "c11", "assay.h"), (cxx, "c++17", "assay.h"),
                                       (cxx, "c++17", "plugin.hpp")):
        language = "c" if standard == "c11" else "c++"
        run(compiler, f"-std={standard}", *FLAGS.split(), "-fsyntax-only", f"-I{prefix}/include",
            "-x", language, "-", input=f"#include <assay/{header}>\nint unused_unit;\n")


def check_plugin(nm, library, name):
    symbols = exported(nm, library)
    assert symbols == ["assay_plugin_v0"], f"{library} exports {symbols}"
    entry = ctypes.CDLL(str(library)).assay_plugin_v0
    entry.restype, entry.argtypes = ctypes.POINTER(PluginHead), [ctypes.c_void_p]
    said = entry(None).contents.name.decode()
    assert said == name, f"{library} calls itself {said}"


def check_described(prefix, build, name):
    program = prefix / "bin" / "assay"
    if not program.exists():
        return
    environment = dict(os.environ, ASSAY_PLUGIN_PATH=str(build))
    text = run(program, "describe", f"{name}.{METHODS[name]}", env=environment, cwd=build)
    assert METHODS[name] in text, f"assay describe says: {text}"


def main():
    parser = argparse.ArgumentParser()
    for option in ("build", "cmake", "nm", "c-compiler", "cxx-compiler"):
        parser.add_argument("--" + option, required=True)
    args = parser.parse_args()
    compilers = [(args.c_compiler, args.cxx_compiler)]
    if shutil.which("g++") and "clang" in args.cxx_compiler:
        compilers.append(("gcc", "g++"))
    with tempfile.TemporaryDirectory(prefix="assay-install-") as root:
        prefix = pathlib.Path(root, "prefix")
        run(args.cmake, "--install", args.build, "--prefix", prefix)
        for cc, cxx in compilers:
            check_headers(prefix, cc, cxx)
            build = pathlib.Path(root, pathlib.Path(cxx).name)
            run(args.cmake, "-S", HERE / "project", "-B", build, "-G", "Ninja",
                f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={cc}",
                f"-DCMAKE_CXX_COMPILER={cxx}", f"-DCMAKE_C_FLAGS={FLAGS}",
                f"-DCMAKE_CXX_FLAGS={FLAGS}", "-DCMAKE_BUILD_TYPE=RelWithDebInfo")
            run(args.cmake, "--build", build)
            for name in METHODS:
                check_plugin(args.nm, build / f"{name}.so", name)
                check_described(prefix, build, name)
            print(f"{cxx}: {', '.join(METHODS)} built from the installed tree, one symbol each")


if __name__ == "__main__":
    main()
