"""Reads documents as a Python program does, with json, csv and gzip: the peer of bench_documents.

    python3 tests/peers/documents_loop.py FILE

Prints JSON: seconds, how many documents, the bytes of their texts as UTF-8.
"""
import csv
import gzip
import json
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
    for text, _, _ in documents(sys.argv[1]):
        count += 1
        letters += len(text)
    print(json.dumps({"seconds": time.perf_counter() - start, "documents": count,
                      "letters": letters}))


if __name__ == "__main__":
    main()
