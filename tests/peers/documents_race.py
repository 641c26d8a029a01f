"""Races the reading of documents and word vectors against Python's json, csv and gzip modules, on one core.

    python3 tests/peers/documents_race.py BUILD [--rounds 3] [--megabytes 64]

BUILD was configured with ASSAY_BENCH=ON. The file is made up: words of 2 to 12 letters, a tenth of
them beyond ASCII, with line breaks and quotes; beside the text an id, a URL and a nested subset.
Prints both speeds of the middle round, their ratio, the memory at most, and the speed of the bytes
alone (reading, and for .gz unpacking), which is the limit.
"""
import argparse
import csv
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

LOOP = os.path.join(os.path.dirname(__file__), "documents_loop.py")


def records(size):
    rng, made = random.Random(5), 0
    letters = "eeeetttaaooiinnsshrdlu"
    words = ["".join(rng.choices(letters, k=rng.randrange(2, 13))) for _ in range(4500)]
    words += ["é" + w for w in words[:400]] + ["日本", "\"so\"", "end.\n"] * 30
    while made < size:
        text = " ".join(rng.choices(words, k=rng.randrange(20, 800)))
        made += len(text)
        yield {"id": str(made), "url": f"https://example.org/{made}", "text": text,
               "meta": {"set": rng.choice(["web", "mail", "books"]), "score": rng.random()}}


def write(folder, size):
    """The same records as JSON lines, packed ones, an array and a table."""
    made = list(records(size))
    names = [os.path.join(folder, n) for n in ("a.jsonl", "a.jsonl.gz", "a.json", "a.csv",
                                                  "a.vectors.json")]
    lines = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in made)
    with open(names[0], "w", encoding="utf-8") as file:
        file.write(lines)
    with gzip.open(names[1], "wt", encoding="utf-8", compresslevel=6) as file:
        file.write(lines)
    with open(names[2], "w", encoding="utf-8") as file:
        json.dump(made, file)
    with open(names[3], "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "text", "set"])
        table.writerows([r["id"], r["text"], r["meta"]["set"]] for r in made)
    rng = random.Random(7)
    vectors = {f"word{i}": [round(rng.gauss(0, 1), 5) for _ in range(100)] + [1.0, i]
               for i in range(size // 900)}
    with open(names[4], "w", encoding="utf-8") as file:
        json.dump({"dimensions": 100, "words": list(vectors), "vectors": vectors}, file)
    return names


def result(command, core):
    done = subprocess.run(["taskset", "-c", str(core), *command], check=True, capture_output=True,
                          text=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--core", type=int, default=0)
    options = parser.parse_args()
    program = f"{options.build}/tests/plugins/data/bench_documents"
    with tempfile.TemporaryDirectory() as folder:
        for path in write(folder, options.megabytes << 20):
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours.append(result([program, path], options.core))
                theirs.append(result([sys.executable, LOOP, path], options.core))
            if ours[0]["documents"] != theirs[0]["documents"]:
                sys.exit(f"{path}: {ours[0]['documents']} and {theirs[0]['documents']} documents")
            mine = statistics.median(r["seconds"] for r in ours)
            raw = statistics.median(r["raw_s"] for r in ours)
            peer = statistics.median(r["seconds"] for r in theirs)
            size = ours[0]["bytes"] / 1e6
            print(f"{os.path.basename(path):<14} {size:6.1f} MB: {size / mine:6.0f} MB/s, Python "
                  f"{size / peer:6.0f} MB/s: {peer / mine:.2f} x; at most "
                  f"{max(r['peak_mb'] for r in ours):.0f} MB of memory, Python "
                  f"{max(r['peak_mb'] for r in theirs):.0f}; the bytes alone "
                  f"{size / raw:.0f} MB/s")


if __name__ == "__main__":
    main()
