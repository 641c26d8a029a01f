"""SIGKILL at random times of the run's process, its zygote, or the host.

After each kill every archive opens in h5py and holds every row that the method was told was
written; the next execution goes on; in the end the results are those of an undisturbed one.

usage: kill_test.py PROGRAM [KILLS [SEED]]
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py


def children(pid):
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def victim(host, kind):
    """The pid of the host, of one of its zygotes, or of one of their runs; None if there is none."""
    if kind == "host":
        return host
    zygotes = [c for c in children(host) if b"zygote" in command(c) or b"worker" in command(c)]
    found = zygotes if kind == "zygote" else [run for z in zygotes for run in children(z)]
    return random.choice(found) if found else None


def recovered(program, root):
    """(folder, state, digest) of every archive, once everything that died is published."""
    out = subprocess.run([program, "recover", root], check=True, capture_output=True, text=True)
    return [line.split() for line in out.stdout.splitlines()]


def check(program, root):
    for folder, state, _ in recovered(program, root):
        with h5py.File(Path(folder) / "run.h5") as archive:
            note = Path(folder) / "work" / f"acknowledged-{archive.attrs['attempt']}"
            if state == "complete" or not note.exists():
                continue
            text = note.read_text().strip()
            if not text:
                continue  # killed between opening the note and writing it
            steps = archive["metrics/loss/step"][:]
            assert list(steps) == list(range(len(steps))), f"{folder}: gaps or duplicates"
            assert len(steps) > int(text), f"{folder}: step {text} was acknowledged and is lost"
            assert archive["tables/rows/step"].shape[0] >= int(text)


def main():
    program, kills = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    with tempfile.TemporaryDirectory() as top:
        clean = f"{top}/clean"
        subprocess.run([program, "drive", clean], check=True, stdout=subprocess.DEVNULL)
        expected = sorted((Path(f).name, digest) for f, _, digest in recovered(program, clean))
        done = count = 0
        while count < kills:
            root = f"{top}/killed{done}"
            while count < kills:
                host = subprocess.Popen([program, "drive", root], stdout=subprocess.PIPE, text=True)
                time.sleep(random.uniform(0.05, 0.6))
                pid = victim(host.pid, random.choice(["run", "zygote", "host"]))
                if pid is not None and host.poll() is None:
                    try:
                        os.kill(pid, signal.SIGKILL)
                        count += 1
                    except ProcessLookupError:
                        pass
                said, _ = host.communicate(timeout=60)
                check(program, root)
                if host.returncode == 0:
                    break
                assert host.returncode in (1, -signal.SIGKILL), said
            subprocess.run([program, "drive", root], check=True, stdout=subprocess.DEVNULL)
            got = sorted((Path(f).name, digest) for f, _, digest in recovered(program, root))
            assert got == expected, f"after kills: {got}\nundisturbed: {expected}"
            done += 1
        print(f"{count} kills, {done} executions finished, all results as undisturbed")


main()
