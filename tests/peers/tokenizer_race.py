"""Byte-level BPE on one thread: ours against PyPI `tokenizers`, on the same texts in turn.

tokenizer_race.py BUILD [--rounds N]. Prints MB/s of each and the ratio, with and without spans
(`encode_batch` and `encode_batch_fast` of the peer), for documentation, code and messages in many
scripts; the better of two passes each, so that both have their caches of words warm. The limit in
bytes is what memory delivers, 10 GB/s and more: far off.
"""

import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "plugins", "text"))

import peer  # noqa: E402
from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: E402

import combinations as c  # noqa: E402
import corpus  # noqa: E402

KINDS = {
    "documentation": ["/usr/share/doc/*/copyright", "/usr/share/vim/vim*/doc/*.txt"],
    "code": ["/usr/lib/python3*/*.py", "/usr/include/*.h", "/usr/share/perl/5*/*.pm"],
}
TOKENIZERS = {
    "GPT-2's form, 16k ids": (None, c.BYTES),
    "SmolLM2's form, 16k ids": (None, c.pre(c.DIGITS, c.BYTES)),
    "Qwen2's form, 16k ids": (c.NFC, c.pre(c.split(c.QWEN2), c.AFTER_SPLIT)),
}


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(100_000)
    except (OSError, UnicodeDecodeError):
        return ""


def texts_of(kind, limit=3_000_000):
    """Documents of up to 100 kB, `limit` characters in all."""
    if kind == "many scripts":
        found = [m for pattern in corpus.CATALOGUES
                 for path in sorted(glob.glob(pattern, recursive=True))
                 for m in ["\n".join(corpus.messages_of(path))]]
        found += ["\n".join(corpus.samples())] * 20
    else:
        found = [read(path) for pattern in KINDS[kind] for path in sorted(glob.glob(pattern))]
    kept, size = [], 0
    for text in found:
        if text and size < limit:
            kept.append(text)
            size += len(text)
    return kept


def trained(normalizer, pre_tokenizer, texts):
    document = json.loads(Tokenizer(models.BPE()).to_str())
    document.update(normalizer=normalizer, pre_tokenizer=pre_tokenizer, decoder=c.BYTES)
    tokenizer = Tokenizer.from_str(json.dumps(document))
    trainer = trainers.BpeTrainer(
        vocab_size=16000,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer.to_str()


def peer_seconds(tokenizer, texts, spans):
    encode = tokenizer.encode_batch if spans else tokenizer.encode_batch_fast
    begin = time.perf_counter()
    encodings = encode(texts)
    took = time.perf_counter() - begin
    return took, sum(len(e.ids) for e in encodings)


def race(program, path, texts, spans, rounds):
    """Medians of seconds, the two in turn; both must make the same number of ids."""
    tokenizer = Tokenizer.from_file(path)
    own, other = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(texts, file, ensure_ascii=False)
        file.flush()
        for _ in range(rounds):
            flags = ["--spans"] if spans else []
            out = subprocess.run([program, path, file.name, "2", *flags],
                                 capture_output=True, check=True, text=True).stdout.split()
            own.append(float(out[0]))
            took, ids = min(peer_seconds(tokenizer, texts, spans) for _ in range(2))
            other.append(took)
            if ids != int(out[1]):
                raise SystemExit(f"{path}: {out[1]} ids, but {ids} by the peer")
    return statistics.median(own), statistics.median(other)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("build")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    program = os.path.join(options.build, "tests/plugins/text/bench_tokenizer")
    kinds = {kind: texts_of(kind) for kind in [*KINDS, "many scripts"]}
    training = [text[:4000] for texts in kinds.values() for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        for name, (normalizer, pre_tokenizer) in TOKENIZERS.items():
            path = os.path.join(folder, "tokenizer.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(trained(normalizer, pre_tokenizer, training))
            for kind, texts in kinds.items():
                size = sum(len(text.encode()) for text in texts) / 1e6
                for spans in (False, True):
                    own, other = race(program, path, texts, spans, options.rounds)
                    what = "ids and spans" if spans else "ids"
                    print(f"{name}, {kind}, {size:.1f} MB, {what}: {size / own:.1f} MB/s, "
                          f"tokenizers {size / other:.1f} MB/s: {other / own:.2f}x", flush=True)


if __name__ == "__main__":
    main()
