"""The code points through every part that looks at classes of characters: the same words and the
same normal forms as PyPI `tokenizers`, but for those of unicode_exceptions.txt. They are characters
that came, or changed, between the Unicode versions of the tables in use: utf8proc 2.8 (Unicode 15)
and PCRE2 10.42 (Unicode 14) here; in the peer one for each part, from Unicode 8 (punctuation) and 9
(normal forms) to 16 and 17 (classes in expressions, lower case).

unicode_test.py ENCODE_LINES [cut|normal]   the parts that cut, or normalise; both
unicode_test.py ENCODE_LINES --write        lists anew what differs
"""

import json
import os
import sys
import tempfile
import unicodedata

import peer
from tokenizers import Tokenizer, pre_tokenizers

import combinations as c

PER_LINE = 256
# Ideographs, and characters of private use: blocks of one kind of character, but for their ends.
UNIFORM = [
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xE000, 0xF900),
    range(0x20000, 0x2A6E0),
]

WORDS = {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}
PARTS = {
    "Whitespace": ("cut", c.WHITESPACE),
    "Punctuation": ("cut", c.PUNCTUATION),
    "Digits": ("cut", c.DIGITS),
    "WhitespaceSplit": ("cut", c.WHITESPACE_SPLIT),
    "BertPreTokenizer": ("cut", c.BERT_PRE),
    "GPT-2": ("cut", c.split(c.GPT2)),
    "Llama-3": ("cut", c.split(c.LLAMA3)),
    "another expression": ("cut", c.split(r"\p{L}+|\s+(?!\S)|[^\s\p{L}]+")),
    "NFC": ("normal", c.NFC),
    "NFD": ("normal", c.NFD),
    "NFKC": ("normal", c.NFKC),
    "NFKD": ("normal", c.NFKD),
    "Lowercase": ("normal", c.LOWER),
    "StripAccents": ("normal", c.STRIP_ACCENTS),
    "Strip": ("normal", c.STRIP),
    "Nmt": ("normal", c.NMT),
    "BertNormalizer": ("normal", c.BERT_NORMAL),
    "BertNormalizer, cased": ("normal", c.BERT_CASED),
}


def document(kind, part):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_model = {"type": "BPE", "vocab": {a: i for i, a in enumerate(alphabet)}, "merges": []}
    return json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": part if kind == "normal" else None,
        "pre_tokenizer": part if kind == "cut" else c.AFTER_SPLIT,
        "post_processor": None,
        "decoder": c.BYTES,
        "model": WORDS if kind == "cut" else bytes_model,
    })


def characters():
    """Every character of the planes that have any, and some of the others and of UNIFORM."""
    assigned = [*range(0xD800), *range(0xE000, 0x32400), *range(0xE0000, 0xE0200)]
    left_out = {i for block in UNIFORM for i in block[:-64] if i % 31}
    some = [i for i in assigned if i not in left_out]
    return [chr(i) for i in some + [*range(0x32400, 0x110000, 997)]]


def line_of(some):
    """Each character between a letter and a digit, so that its class shows."""
    return "".join(f"a{x}1 " for x in some)


def differing(program, path, tokenizer):
    """The characters that the two treat differently."""
    everything = characters()
    suspects = []
    for begin in range(0, len(everything), 64 * PER_LINE):  # not all in memory
        some = everything[begin : begin + 64 * PER_LINE]
        groups = [some[i : i + PER_LINE] for i in range(0, len(some), PER_LINE)]
        texts = [line_of(group) for group in groups]
        pairs = zip(groups, peer.ours(program, path, texts), peer.theirs(tokenizer, texts))
        suspects += [x for group, a, b in pairs if a != b for x in group]
    texts = [line_of([x]) for x in suspects]
    if not texts:
        return []
    pairs = zip(suspects, peer.ours(program, path, texts), peer.theirs(tokenizer, texts))
    return [x for x, a, b in pairs if a != b]


def ranges(characters_found):
    out = []
    for x in map(ord, characters_found):
        if out and out[-1][1] == x - 1:
            out[-1][1] = x
        else:
            out.append([x, x])
    return " ".join(f"{a:04X}" if a == b else f"{a:04X}-{b:04X}" for a, b in out)


def main():
    program = sys.argv[1]
    writing = "--write" in sys.argv
    kinds = {"cut", "normal"}.intersection(sys.argv) or {"cut", "normal"}
    known = {} if writing else peer.exceptions()
    bad, lines = 0, ["# Characters that a part treats otherwise than the peer: unicode_test.py."]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tokenizer.json")
        for name, (kind, part) in PARTS.items():
            if kind not in kinds:
                continue
            with open(path, "w", encoding="utf-8") as file:
                file.write(document(kind, part))
            found = differing(program, path, Tokenizer.from_file(path))
            if found:
                lines.append(f"{name}: {ranges(found)}")
            # Newer tables than those above may differ on what Python's do not know either.
            new = [x for x in found
                   if ord(x) not in known.get(name, ()) and unicodedata.category(x) != "Cn"]
            print(f"{name}: {len(found)} characters differ, {len(new)} of them not listed", flush=True)
            if new and not writing:
                print("  " + ranges(new))
                bad += len(new)
    if writing:
        with open(peer.EXCEPTIONS, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
