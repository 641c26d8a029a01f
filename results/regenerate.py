"""Regenerates the reference results of experiments with Assay's own commands.

regenerate.py [--keep] [EXPERIMENT...]: runs experiments/PLUGIN/NAME.toml as it is (the laptop
profile) and writes results/PLUGIN/NAME/: claims.json, a CSV for each table and figure, an SVG for
each figure, about.json. Then writes the table in results/README.md from all about.json. EXPERIMENT is
PLUGIN/NAME or a path; without any, all experiments. `./dev results` builds first.

Runs start from nothing, so that the wall time means something; --keep takes what the last call left
under build/results instead, and keeps the wall time of results that were there.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
MOST_BYTES = 400_000  # of a file; larger ones are left out and named
START, END = "<!-- written by regenerate.py -->", "<!-- end -->"


def assay(*arguments, allowed=(0,), quiet=True):
    """Standard output of the command; ends the program when it fails."""
    command = ["assay", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE if quiet else None)
    if done.returncode not in allowed:
        sys.exit(f"{' '.join(command)} ended with exit code {done.returncode}")
    return done.stdout


def experiment_of(word):
    """The path under experiments/ of PLUGIN/NAME, or of a file."""
    path = ROOT / "experiments" / (word.removeprefix("experiments/").removesuffix(".toml") + ".toml")
    if not path.is_file():
        path = pathlib.Path(word).resolve()
    if not path.is_file() or path.parent.parent != ROOT / "experiments":
        known = ", ".join(sorted(name_of(p) for p in (ROOT / "experiments").glob("*/*.toml")))
        sys.exit(f'there is no experiment "{word}"; there are: {known}')
    return path


def name_of(path):
    return f"{path.parent.name}/{path.stem}"


def libtorch_version():
    """Of the LibTorch that build/dev was configured with; None without one."""
    cache = ROOT / "build/dev/CMakeCache.txt"
    found = re.search(r"^Torch_DIR:\w+=(.+)$", cache.read_text(), re.M) if cache.exists() else None
    version = pathlib.Path(found[1]) / "TorchConfigVersion.cmake" if found else None
    if not version or not version.exists():
        return None
    text = re.search(r'PACKAGE_VERSION "?([^")\s]+)', version.read_text())
    return text[1] if text else None


def provenance(run, runs):
    """CPU and wall seconds of a run."""
    text = assay("show", run, "--runs", runs)
    return [float(re.search(rf"^{key} +(\S+)$", text, re.M)[1]) for key in ("cpu_seconds", "wall_seconds")]


def write_outputs(path, folder, runs):
    """Replaces what is in `folder`; returns the names of files that are too large."""
    fresh = runs.parent / "out"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    claims = assay("claims", path, "--json", "--runs", runs, allowed=(0, 3))
    (fresh / "claims.json").write_text(claims)
    assay("table", path, "-f", "csv", "-o", fresh, "--runs", runs)
    if "plot" in path.read_text():
        assay("plot", path, "-o", fresh, "--runs", runs)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    left_out = []
    for file in sorted(fresh.iterdir()):
        if file.suffix not in (".json", ".csv", ".svg"):
            continue
        if file.stat().st_size > MOST_BYTES:
            left_out.append(file.name)
        else:
            shutil.copy(file, folder / file.name)
    return left_out


def regenerate(path, keep):
    name = name_of(path)
    folder, runs = RESULTS / name, ROOT / "build/results" / name / "runs"
    about_file = folder / "about.json"
    before = json.loads(about_file.read_text()) if about_file.exists() else {}
    if not keep:
        shutil.rmtree(runs, ignore_errors=True)
    resumed = runs.exists()
    runs.parent.mkdir(parents=True, exist_ok=True)
    for dataset in sorted(set(re.findall(r'"(?:dataset|model):([^"]+)"', path.read_text()))):
        assay("data", "fetch", dataset)
    relative = path.relative_to(ROOT)
    started = time.monotonic()
    assay("run", relative, "--runs", runs, quiet=False)
    wall = time.monotonic() - started
    plan = json.loads(assay("plan", relative, "--json", "--runs", runs))
    times = [provenance(run["id"], runs) for run in plan["runs"]]
    left_out = write_outputs(path, folder, runs)
    claims = json.loads((folder / "claims.json").read_text())
    about = {
        "command": f"./dev results {name}",
        "assay": assay("--version").split()[-1],
        "libtorch": libtorch_version(),
        "compiler": sorted({plugin["build"] for plugin in plan["plugins"]}),
        "cores": len(os.sched_getaffinity(0)),
        "runs": len(plan["runs"]),
        "cpu_minutes": round(sum(cpu for cpu, _ in times) / 60, 2),
        "wall_seconds": before.get("wall_seconds") if resumed else round(wall, 1),
        "claims": len(claims["claims"]),
        "claims_held": sum(claim["verdict"] == "holds" for claim in claims["claims"]),
        "left_out": left_out,
    }
    about_file.write_text(json.dumps(about, indent=2) + "\n")
    print(f"{name}: {about['claims_held']} of {about['claims']} claims hold")


def duration(seconds):
    if seconds is None:
        return "not measured"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def write_readme():
    """The table of all results, between the two marks."""
    lines = ["| experiment | claims that hold | runs | CPU time | wall time | made with |", "|---|---|---|---|---|---|"]
    missing = []
    for file in sorted(RESULTS.glob("*/*/about.json")):
        about, name = json.loads(file.read_text()), f"{file.parent.parent.name}/{file.parent.name}"
        made = [f"assay {about['assay']}"]
        if about["libtorch"]:
            made.append(f"LibTorch {about['libtorch']}")
        made += [re.sub(r"^(Debian )?(\S+) (\d+\S*).*", r"\2 \3", text) for text in about["compiler"]]
        lines.append(f"| [{name}]({name}) | {about['claims_held']} of {about['claims']} | {about['runs']} | "
                     f"{duration(about['cpu_minutes'] * 60)} | {duration(about['wall_seconds'])} on "
                     f"{about['cores']} cores | {', '.join(made)} |")
        missing += [f"`{name}/{left}`" for left in about["left_out"]]
    lines += ["", f"Left out, being larger than {MOST_BYTES // 1000} kB: {', '.join(missing) or 'nothing'}."]
    readme = RESULTS / "README.md"
    text = readme.read_text()
    if START not in text or END not in text:
        sys.exit(f"results/README.md lacks the lines {START} and {END}")
    head, tail = text.split(START)[0], text.split(END)[1]
    readme.write_text(head + "\n".join([START, *lines, END]) + tail)


def main():
    parser = argparse.ArgumentParser(prog="./dev results", description="regenerate reference results")
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="PLUGIN/NAME; default: all")
    parser.add_argument("--keep", action="store_true", help="do not repeat runs that the last call finished")
    options = parser.parse_args()
    paths = [experiment_of(word) for word in options.experiments]
    for path in paths or sorted((ROOT / "experiments").glob("*/*.toml")):
        regenerate(path, options.keep)
        write_readme()


if __name__ == "__main__":
    main()
