"""A byte-level BPE trained on the same texts has the ids and merges that PyPI `tokenizers` trains,
and our tokenizer.json of it, and of every file we read, is one that `tokenizers` loads.

training_test.py TRAIN_LINES
"""

import json
import subprocess
import sys

import peer  # noqa: F401  (skips without the peer)
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

import corpus

SPECIAL = ["<|endoftext|>", "<|pad|>"]


def ours(program, texts, size):
    text = "".join(json.dumps(t, ensure_ascii=False) + "\n" for t in texts)
    done = subprocess.run([program, str(size), *SPECIAL], input=text.encode(), capture_output=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode())
    return done.stdout.decode()


def theirs(texts, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def main():
    program = sys.argv[1]
    texts = corpus.lines()
    bad = 0
    for size, some in [(1000, texts), (4000, texts), (4000, texts[5000:]), (2000, texts[:40])]:
        document = json.loads(ours(program, some, size))
        peer_document = json.loads(theirs(some, size).to_str())
        for key in ("vocab", "merges"):
            a, b = document["model"][key], peer_document["model"][key]
            same = a == b
            print(f"{len(some)} lines, {size} ids: {key} {'equal' if same else 'DIFFER'} ({len(b)})")
            bad += not same
            if key == "merges" and not same:
                first = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), None)
                print(f"  first at {first}: {a[first:][:3]} {b[first:][:3]}")
        loaded = Tokenizer.from_str(json.dumps(document))
        if [e.ids for e in loaded.encode_batch(texts[:500])] != [
            e.ids for e in theirs(some, size).encode_batch(texts[:500])
        ]:
            print("  the peer loads ours as another tokenizer")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
