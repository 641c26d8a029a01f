"""Every normaliser makes the bytes of PyPI `tokenizers`, and of each byte the same span: the model
has a token for each byte and no merges, so nothing hides.

normalizers_test.py ENCODE_LINES [NAME ...]
"""

import os
import sys
import tempfile

import peer
from tokenizers import Regex, Tokenizer, decoders, models
from tokenizers import normalizers as n
from tokenizers import pre_tokenizers as pre

import corpus

LLAMA = [n.Prepend("▁"), n.Replace(" ", "▁")]
NORMALIZERS = {
    "NFC": n.NFC(),
    "NFD": n.NFD(),
    "NFKC": n.NFKC(),
    "NFKD": n.NFKD(),
    "Lowercase": n.Lowercase(),
    "Strip": n.Strip(),
    "Strip, left": n.Strip(left=True, right=False),
    "Strip, right": n.Strip(left=False, right=True),
    "StripAccents": n.StripAccents(),
    "Nmt": n.Nmt(),
    "ByteLevel": n.ByteLevel(),
    "Prepend": n.Prepend("▁x"),
    "Replace with more": n.Replace("e", "ẽé"),
    "Replace white space": n.Replace(Regex(r"\s+"), " "),
    "Replace with nothing": n.Replace(Regex(r"[aeiou]"), ""),
    "BertNormalizer": n.BertNormalizer(),
    "BertNormalizer, cased": n.BertNormalizer(lowercase=False),
    "BertNormalizer, lower with accents": n.BertNormalizer(strip_accents=False),
    "BertNormalizer, accents alone": n.BertNormalizer(False, False, True, False),
    "NFD, StripAccents": n.Sequence([n.NFD(), n.StripAccents()]),
    "there and back": n.Sequence([n.NFKD(), n.StripAccents(), n.Lowercase(), n.NFC()]),
    "Llama": n.Sequence(LLAMA),
    "forms of what was inserted": n.Sequence([n.NFC(), n.Prepend("a"), n.Lowercase(), n.NFD()]),
    "forms of what was replaced": n.Sequence([n.Replace("  ", "é"), n.NFKD(), n.Strip()]),
}
# Where marks meet: orders, doubles, marks without a letter, what composes only in part.
HARD = [
    "q\u0323\u0307\u0301 \u1e69 s\u0307\u0323 e\u0301\u0301 \u0301\u0323x",
    "\u0344\u0f73\u0301 \u1100\u1161\u11a8 \uac00\u11a8 \u1100\uac00 \u212b\u2126 \ufb01\u00bd\u2460",
    "ΑΣ Σ İI ẞß ǅ Ⱥ \u0130\u0307",
    "中 国\u3000人 a中\u0301b\u200d\u00ad\ufffd\x00\x07\x7f\t\r\n",
    "a\u05b0\u094d\u3099\u0345\u0301\u0327\u0338= ≠ \u2add\u0338",
    "\u3000 x \u0085\u00a0",
    "",
    " ",
    "\u0301",
]


def main():
    program, *wanted = sys.argv[1:]
    texts = HARD + corpus.lines()[::3]
    alphabet = sorted(pre.ByteLevel.alphabet())
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, normalizer in NORMALIZERS.items():
            if wanted and name not in wanted:
                continue
            tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
            tokenizer.normalizer = normalizer
            tokenizer.pre_tokenizer = pre.ByteLevel(
                add_prefix_space=False, use_regex=False, trim_offsets=False
            )
            tokenizer.decoder = decoders.ByteLevel()
            path = os.path.join(folder, "tokenizer.json")
            tokenizer.save(path)
            want = peer.theirs(tokenizer, texts)
            count, first = peer.first_difference(texts, peer.ours(program, path, texts), want)
            for text, mine, theirs in first:
                print(f"{name}: {count} lines differ, first {text!r}")
                print(f"  ours   {mine['text']!r} {mine['spans']}")
                print(f"  theirs {theirs['text']!r} {theirs['spans']}")
            bad += count
    print(f"{len(texts)} lines, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
