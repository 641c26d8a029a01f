"""Reads documents, or word vectors (*.vectors.json), as a Python program does, with json, csv and
gzip: the peer of bench_documents.

    python3 tests/peers/documents_loop.py FILE

Prints JSON: seconds, how many documents, the characters of their texts, the memory at most in MB.
"""
import csv
import gzip
import json
import re
import sys
import time


def documents(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="" if path.endswith("csv") else None) as file:
        if path.endswith("csv"):
            for row in csv.DictReader(file):
                yield row["text"], row["id"], row["set"]
        else:
            records = json.load(file) if path.endswith(".json") else map(json.loads, file)
            for record in records:
                yield record["text"], record["id"], record["meta"]["set"]


def main():
    start = time.perf_counter()
    count = letters = 0
    if sys.argv[1].endswith(".vectors.json"):
        with open(sys.argv[1], encoding="utf-8") as file:
            vectors = json.load(file)["vectors"]
        count = len(vectors)
    else:
        for text, _, _ in documents(sys.argv[1]):
            count += 1
            letters += len(text)
    seconds = time.perf_counter() - start
    with open("/proc/self/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024
    print(json.dumps({"seconds": seconds, "documents": count, "letters": letters,
                      "peak_mb": peak}))


if __name__ == "__main__":
    main()
