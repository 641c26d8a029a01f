"""Our tokenizer (the program encode_lines) and PyPI `tokenizers` on the same lines."""

import json
import os
import subprocess
import sys

try:
    import tokenizers  # noqa: F401
except ImportError:
    print("PyPI tokenizers is missing: skipped")
    sys.exit(77)

EXCEPTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "unicode_exceptions.txt")


def exceptions():
    """Part -> the code points on which it may differ: unicode_test.py."""
    known = {}
    with open(EXCEPTIONS, encoding="ascii") as file:
        for line in file:
            if line.startswith("#"):
                continue
            name, listed = line.rstrip("\n").split(": ", 1)
            known[name] = set()
            for one in listed.split():
                begin, _, end = one.partition("-")
                known[name].update(range(int(begin, 16), int(end or begin, 16) + 1))
    return known


LISTED = frozenset(map(chr, set().union(*exceptions().values())))


def ours(program, path, values, *flags):
    """What encode_lines prints for each value."""
    text = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    done = subprocess.run(
        [program, path, *flags], input=text.encode(), capture_output=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{path}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.split(b"\n")[:-1]]


def in_bytes(text, spans):
    """Spans of characters as spans of bytes."""
    if text.isascii():
        return [list(span) for span in spans]
    at = [0]
    for character in text:
        at.append(at[-1] + len(character.encode()))
    return [[at[begin], at[end]] for begin, end in spans]


def theirs(tokenizer, texts, add_special=True):
    """The same of PyPI `tokenizers`."""
    encodings = tokenizer.encode_batch(texts, add_special_tokens=add_special)
    decoded = tokenizer.decode_batch([e.ids for e in encodings], skip_special_tokens=True)
    return [
        {"ids": e.ids, "spans": in_bytes(text, e.offsets), "text": back}
        for text, e, back in zip(texts, encodings, decoded)
    ]


def first_difference(texts, left, right):
    """Lines that differ: how many, and the first. One that holds a listed character may."""
    bad = [
        (text, a, b)
        for text, a, b in zip(texts, left, right)
        if a != b and not LISTED.intersection(text)
    ]
    return len(bad), bad[:1]
