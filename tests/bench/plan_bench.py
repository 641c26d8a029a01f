"""Plans 2000 finished runs again, and times the whole process.

usage: plan_bench.py PROGRAM PLUGINS

The runs are really executed first (a walk of ten steps each), then `assay run` of the same file
finds all of them finished. Prints the median and the spread of nine repeats.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

EXPERIMENT = """assay = 1
[experiment]
name = "many"
[stage.walk]
method = "walk.walk"
params = { steps = 10 }
seeds = 200
grid = { drift = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] }
"""


def main():
    program, plugins = map(os.path.abspath, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/many.toml", "w", encoding="utf-8") as file:
            file.write(EXPERIMENT)
        env = {**os.environ, "ASSAY_PLUGIN_PATH": plugins, "ASSAY_RUNS": f"{folder}/runs"}
        command = [program, "run", "many.toml"]
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"2000 runs executed: {time.monotonic() - started:.1f} s, "
              f"{1000 * cpu / 2000:.1f} ms CPU a run")
        seconds = []
        for _ in range(10):
            started = time.monotonic()
            done = subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True,
                                  text=True)
            seconds.append(time.monotonic() - started)
        assert "all cached" in done.stdout, done.stdout
        seconds = sorted(seconds[1:])
        print(f"2000 finished runs planned again: median {statistics.median(seconds):.3f} s "
              f"({seconds[0]:.3f} to {seconds[-1]:.3f}); goal 0.1 s")


if __name__ == "__main__":
    main()
