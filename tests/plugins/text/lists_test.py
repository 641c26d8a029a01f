"""Folders that have lists only (vocab.json and merges.txt, or vocab.txt) encode as the tokenizers
that `transformers` makes of them.

lists_test.py ENCODE_LINES
"""

import json
import os
import sys
import tempfile

import peer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

import corpus

try:
    from transformers import AutoTokenizer
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROBERTA = ["<s>", "<pad>", "</s>", "<unk>"]
# As published folders have it; without it `transformers` 5 forgets that the token strips left.
MASK = {
    "__type": "AddedToken",
    "content": "<mask>",
    "lstrip": True,
    "normalized": False,
    "rstrip": False,
    "single_word": False,
}
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def byte_level(folder, texts, special, config):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=1500,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=special,
            show_progress=False,
        ),
    )
    model = json.loads(tokenizer.to_str())["model"]
    write(folder, "vocab.json", json.dumps(model["vocab"], ensure_ascii=False))
    lines = [" ".join(pair) for pair in model["merges"]]
    write(folder, "merges.txt", "\n".join(["#version: 0.2", *lines]) + "\n")
    write(folder, "tokenizer_config.json", json.dumps(config))


def word_piece(folder, texts, config):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=config.get("do_lower_case", True))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(vocab_size=1500, special_tokens=BERT, show_progress=False),
    )
    vocab = tokenizer.get_vocab()
    write(folder, "vocab.txt", "".join(f"{token}\n" for token in sorted(vocab, key=vocab.get)))
    write(folder, "tokenizer_config.json", json.dumps(config))


FORMS = {
    "GPT-2": lambda folder, texts: byte_level(
        folder, texts, ["<|endoftext|>"], {"tokenizer_class": "GPT2Tokenizer"}
    ),
    "RoBERTa": lambda folder, texts: byte_level(
        folder,
        texts,
        [*ROBERTA, "<mask>"],
        {"tokenizer_class": "RobertaTokenizer", "mask_token": MASK},
    ),
    "BERT": lambda folder, texts: word_piece(folder, texts, {"tokenizer_class": "BertTokenizer"}),
    "BERT, cased": lambda folder, texts: word_piece(
        folder, texts, {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
    ),
}


def main():
    program = sys.argv[1]
    texts = corpus.lines()[::3] + ["a<mask> b <mask>", "x [MASK] y[SEP]", "<|endoftext|>a", "<s>a</s>"]
    bad = 0
    for name, make in FORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            make(folder, texts[::2])
            got = peer.ours(program, folder, texts, "--special")
            want = peer.theirs(AutoTokenizer.from_pretrained(folder).backend_tokenizer, texts)
        for mine in [*got, *want]:
            del mine["text"]  # clean-up is its own matter
        count, first = peer.first_difference(texts, got, want)
        for text, mine, theirs in first:
            print(f"{name}: {count} lines differ, first {text!r}\n  {mine}\n  {theirs}")
        bad += count
    print(f"{len(texts)} lines, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
