"""Every decoder makes of random tokens the text that PyPI `tokenizers` makes: tokens that are or
hold what decoders look for.

decoders_test.py ENCODE_LINES
"""

import os
import random
import sys
import tempfile

import peer
from tokenizers import Regex, Tokenizer, models
from tokenizers import decoders as d


TOKENS = """##a ## a ▁ ▁▁ ▁x▁ </w> x</w> </w>y</w> <0xE5> <0x8f> <0xab> <0x61> <0xFF> <0xZZ> <0x0A> é Ġ
Ġhi ã Ģ āĂ H HHx xHH HHH ' n't 'm not do 's . ? ! , '' 中 don t s ##. ð Ł ĺ Ģx ve 've 're $1 tt""".split()
TOKENS += [" b", "  ", " ", "do not", " '", "\u00ad", "a b", "\n"]

DECODERS = {
    "none": None,
    "ByteLevel": d.ByteLevel(),
    "WordPiece": d.WordPiece(),
    "WordPiece as it stands": d.WordPiece(cleanup=False),
    "WordPiece, another prefix": d.WordPiece(prefix="▁"),
    "Metaspace": d.Metaspace(),
    "Metaspace, first": d.Metaspace(prepend_scheme="first"),
    "Metaspace, never": d.Metaspace(prepend_scheme="never"),
    "BPEDecoder": d.BPEDecoder(),
    "ByteFallback": d.ByteFallback(),
    "Fuse": d.Fuse(),
    "Strip, left": d.Strip("H", 2, 0),
    "Replace": d.Replace("t", "$1"),
    "Replace an expression": d.Replace(Regex("[a-z]+"), "_"),
    "Llama": d.Sequence([d.Replace("▁", " "), d.ByteFallback(), d.Fuse(), d.Strip(" ", 1, 0)]),
    "a sequence": d.Sequence([d.ByteFallback(), d.Metaspace(), d.WordPiece()]),
}


def main():
    program = sys.argv[1]
    rng = random.Random(3)
    vocab = {token: i for i, token in enumerate(TOKENS)}
    lists = [[rng.randrange(len(vocab)) for _ in range(rng.randint(0, 9))] for _ in range(3000)]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, decoder in DECODERS.items():
            tokenizer = Tokenizer(models.WordLevel(vocab=vocab, unk_token="a"))
            if decoder:
                tokenizer.decoder = decoder
            path = os.path.join(folder, "tokenizer.json")
            tokenizer.save(path)
            got = peer.ours(program, path, lists, "--ids")
            want = tokenizer.decode_batch(lists, skip_special_tokens=False)
            wrong = [(a["text"], b, c) for a, b, c in zip(got, want, lists) if a["text"] != b]
            for mine, theirs, ids in wrong[:1]:
                print(f"{name}: {len(wrong)} differ, first {[TOKENS[i] for i in ids]}")
                print(f"  ours   {mine!r}\n  theirs {theirs!r}")
            bad += len(wrong)
    print(f"{len(lists)} lists, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
