"""Ids, byte spans and decoded text equal those of PyPI `tokenizers` on 10,000 lines, for every
combination of combinations.py and for published tokenizers that are on this machine.

parity_test.py ENCODE_LINES [bytes|words|COMBINATION ...]

`bytes` are the combinations with byte-level BPE, `words` the others and the published ones.
"""

import json
import os
import random
import sys
import tempfile

import peer
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers

import combinations
import corpus

SPECIAL = ["<unk>", "<s>", "</s>", AddedToken("<mask>", lstrip=True, special=True), "<|im_start|>"]
ADDED = [
    AddedToken("Debian", single_word=True, normalized=True),
    AddedToken("License:", rstrip=True, normalized=False),
    AddedToken("\t\t", normalized=False),
    AddedToken("İstanbul", normalized=True),
]
TRAINED_ON = 2500


def new_model(kind):
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    common = {"special_tokens": SPECIAL, "show_progress": False}
    if kind == "byte_bpe":
        return models.BPE(), trainers.BpeTrainer(
            vocab_size=3000, initial_alphabet=alphabet, **common
        )
    if kind in ("bpe", "byte_fallback"):
        return models.BPE(unk_token="<unk>"), trainers.BpeTrainer(
            vocab_size=2000, limit_alphabet=150, **common
        )
    if kind == "wordpiece":
        return models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer(
            vocab_size=2000, limit_alphabet=300, **common
        )
    return models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(
        vocab_size=3000, **common
    )


def trained(combination, texts):
    """The tokenizer.json of a combination."""
    model, normalizer, pre_tokenizer, post_processor, decoder = combination
    kind, changes = (model, {}) if isinstance(model, str) else model
    empty, trainer = new_model(kind)
    for key in ("end_of_word_suffix", "continuing_subword_prefix"):
        if key in changes:
            setattr(trainer, key, changes[key])
    document = json.loads(Tokenizer(empty).to_str())
    document.update(normalizer=normalizer, pre_tokenizer=pre_tokenizer, decoder=decoder)
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.train_from_iterator(texts, trainer)
    if kind == "byte_fallback":
        document = json.loads(tokenizer.to_str())
        vocab = document["model"]["vocab"]
        vocab.update({f"<0x{byte:02X}>": len(vocab) + byte for byte in range(256)})
        document["model"].update(byte_fallback=True, fuse_unk=True)
        tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.add_tokens(ADDED)
    document = json.loads(tokenizer.to_str())
    document["post_processor"] = post_processor
    document["model"].update(changes)
    return json.dumps(document, ensure_ascii=False)


def compare(program, name, path, texts, parse_special):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = not parse_special
    flags = ["--special"] if parse_special else []
    want = peer.theirs(tokenizer, texts)
    got = peer.ours(program, path, texts, *flags)
    count, first = peer.first_difference(texts, got, want)
    for text, a, b in first:
        for key in ("ids", "spans", "text"):
            if a[key] != b[key]:
                print(f"{name}: {count} lines differ, first in {key}: {text!r}")
                print(f"  ours   {a[key]}\n  theirs {b[key]}")
                print(f"  {[tokenizer.id_to_token(i) for i in b['ids']]}")
                break
    return count + compare_decoding(program, name, path, tokenizer)


def compare_decoding(program, name, path, tokenizer):
    """Random ids, which cut characters."""
    rng = random.Random(2)
    size = tokenizer.get_vocab_size()
    lists = [[rng.randrange(size + 3) for _ in range(rng.randint(0, 12))] for _ in range(500)]
    got = peer.ours(program, path, lists, "--ids")
    bad = 0
    for ids, mine in zip(lists, got):
        want = tokenizer.decode(ids, skip_special_tokens=False)
        # A byte that makes no character turns those before it into U+FFFD under ByteFallback,
        # which a stream has given out by then.
        streams = mine["streamed"] == want or "\ufffd" in want
        if mine["text"] != want or not streams:
            bad += 1
            if bad == 1:
                print(f"{name}: decoding {ids} differs\n  theirs {want!r}\n  ours   {mine}")
    return bad


def published():
    """Tokenizers of the catalog's models, by name, if they are here."""
    home = os.path.expanduser("~")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    data = os.environ.get("ASSAY_DATA") or os.path.join(cache, "assay")
    for kind in ("models", "datasets"):
        path = os.path.join(data, kind, "minilm-l6-v2", "tokenizer.json")
        if os.path.exists(path):
            yield "minilm-l6-v2", path


def group_of(combination):
    model = combination[0]
    return "bytes" if "byte_bpe" in (model, model[0]) else "words"


def main():
    program, *wanted = sys.argv[1:]
    texts = corpus.lines()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for index, (name, combination) in enumerate(combinations.COMBINATIONS.items()):
            if wanted and not {name, group_of(combination)}.intersection(wanted):
                continue
            path = os.path.join(folder, f"{index}.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(trained(combination, texts[::4][:TRAINED_ON]))
            bad += compare(program, name, path, texts, index % 4 != 3)
        for name, path in published() if not wanted or "words" in wanted else ():
            bad += compare(program, name, path, texts, True)
    print(f"{len(texts)} lines, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
