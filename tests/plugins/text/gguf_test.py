"""Vocabularies of GGUF files encode as PyPI `tokenizers` does with the same tokens and merges, and
conversations as `transformers` renders the file's chat template.

gguf_test.py ENCODE_GGUF [SMOLLM2.gguf]

The oracle is built here: the reader of GGUF files in `transformers` does not split digits, as
SmolLM2 was trained to.
"""

import json
import os
import subprocess
import sys
import tempfile

import peer
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers import pre_tokenizers as pre

import combinations
import corpus

try:
    import gguf
    from transformers import PreTrainedTokenizerFast
    from transformers.tokenization_utils_base import generate_merges
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6


def splits(*expressions):
    parts = [pre.Split(Regex(expression), "isolated") for expression in expressions]
    return pre.Sequence([*parts, pre.ByteLevel(add_prefix_space=False, use_regex=False)])


GPT2 = pre.ByteLevel(add_prefix_space=False)
PRE = {
    "gpt-2": (None, GPT2),
    "smollm": (None, pre.Sequence([pre.Digits(individual_digits=True), GPT2])),
    "llama-bpe": (None, splits(combinations.LLAMA3)),
    "qwen2": (normalizers.NFC(), splits(combinations.QWEN2)),
    # llama.cpp's own, in its order; no published tokenizer.json has it
    "default": (
        None,
        splits(
            r"[\p{P}\$\+<=>\^~\|]+",
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)",
            r"\p{N}+",
            r"[0-9][0-9][0-9]",
        ),
    ),
}


def run(program, path, values):
    text = "".join(json.dumps(value) + "\n" for value in values)
    done = subprocess.run([program, path], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{path}: {done.stderr}")
    about, *lines = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    return about, lines


def write(path, model, tokens, types, **more):
    """A GGUF file that has a vocabulary and no tensors."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if "pre" in more:
        writer.add_tokenizer_pre(more["pre"])
    if "merges" in more:
        writer.add_token_merges(more["merges"])
    if "scores" in more:
        writer.add_token_scores(more["scores"])
    for key in ("add_bos_token", "add_eos_token", "add_space_prefix"):
        if key in more:
            writer.add_bool(f"tokenizer.ggml.{key}", more[key])
    for key in ("bos", "eos", "padding", "unknown"):
        if key in more:
            writer.add_uint32(f"tokenizer.ggml.{key}_token_id", more[key])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def compare(program, name, path, oracle, texts, add_special):
    """How many lines differ. Special tokens in texts are text."""
    oracle.encode_special_tokens = True
    _, got = run(program, path, texts)
    want = peer.theirs(oracle, texts, add_special)
    bad = 0
    for text, mine, theirs in zip(texts, got, want):
        theirs["text"] = oracle.decode(theirs["ids"], skip_special_tokens=False)
        same = mine.pop("same") and mine == theirs
        if not same and not peer.LISTED.intersection(text):
            bad += 1
            if bad == 1:
                print(f"{name}: {text!r}\n  ours   {mine}\n  theirs {theirs}")
    # The tokenizer.json that is made of the file is the same tokenizer in PyPI `tokenizers`.
    written = Tokenizer.from_str(run(program, path, [])[0]["json"])
    written.encode_special_tokens = True
    for text, theirs in zip(texts[::20], want[::20]):
        if written.encode(text, add_special_tokens=add_special).ids != theirs["ids"]:
            print(f"{name}: its tokenizer.json encodes {text!r} otherwise")
            bad += 1
    return bad


def byte_level(program, folder, texts):
    """Each pre-tokeniser, with merges trained under it."""
    bad = 0
    for name, (normalizer, pre_tokenizer) in PRE.items():
        oracle = Tokenizer(models.BPE(ignore_merges=name == "llama-bpe"))
        if normalizer:
            oracle.normalizer = normalizer
        oracle.pre_tokenizer = pre_tokenizer
        oracle.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=2000,
            initial_alphabet=pre.ByteLevel.alphabet(),
            special_tokens=["<|endoftext|>"],
            show_progress=False,
        )
        oracle.train_from_iterator(texts[::5], trainer)
        oracle.add_tokens([AddedToken("Debian", normalized=False)])
        document = json.loads(oracle.to_str())["model"]
        tokens = sorted(oracle.get_vocab(), key=oracle.get_vocab().get)
        types = [CONTROL if t == "<|endoftext|>" else NORMAL for t in tokens]
        types[tokens.index("Debian")] = USER_DEFINED
        path = os.path.join(folder, f"{name}.gguf")
        merges = [" ".join(pair) for pair in document["merges"]]
        write(path, "gpt2", tokens, types, pre=name, merges=merges, add_bos_token=False)
        bad += compare(program, name, path, oracle, texts, False)
    return bad


def sentence_piece(program, folder, texts):
    """Scores in place of merges; the oracle's merges are those of `transformers`."""
    source = Tokenizer(models.BPE())
    mark = normalizers.Replace(" ", "▁")
    source.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), mark])
    source.train_from_iterator(
        texts[::5], trainers.BpeTrainer(vocab_size=2000, limit_alphabet=200, show_progress=False)
    )
    vocab = source.get_vocab()
    pieces = sorted(vocab, key=vocab.get)
    head = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens = head + pieces
    types = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * len(pieces)
    scores = [0.0] * len(head) + [-float(i) for i in range(len(pieces))]
    merges = generate_merges(
        {piece: i + len(head) for i, piece in enumerate(pieces)}, dict(zip(pieces, scores[259:]))
    )
    bad = 0
    for prefix in (True, False):
        oracle = Tokenizer(
            models.BPE(
                vocab={token: i for i, token in enumerate(tokens)},
                merges=merges,
                unk_token="<unk>",
                fuse_unk=True,
                byte_fallback=True,
            )
        )
        strip = [decoders.Strip(" ", 1, 0)] if prefix else []
        oracle.normalizer = source.normalizer if prefix else mark
        oracle.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
        )
        oracle.add_special_tokens(["<unk>", "<s>", "</s>"])
        oracle.post_processor = tokenizers.processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", 1)]
        )
        path = os.path.join(folder, f"scores{prefix}.gguf")
        write(path, "llama", tokens, types, scores=scores, add_space_prefix=prefix, unknown=0)
        bad += compare(program, f"scores, prefix {prefix}", path, oracle, texts, True)
    return bad


TALKS = [
    [("user", "What is 12345 + 678?")],
    [("system", "Answer in French.\n"), ("user", " Hi there ")],
    [("user", "\n\nfirst"), ("assistant", "Yes,  \n"), ("user", "naïve 中文 🙂\t")],
    [("system", ""), ("user", ""), ("assistant", ""), ("user", "x")],
]


def smollm2(program, path, texts):
    reader = gguf.GGUFReader(path)
    field = lambda key: reader.fields[f"tokenizer.{key}"].contents()
    tokens, merges = field("ggml.tokens"), field("ggml.merges")
    oracle = Tokenizer(
        models.BPE(
            vocab={token: i for i, token in enumerate(tokens)},
            merges=[tuple(merge.split(" ")) for merge in merges],
        )
    )
    oracle.pre_tokenizer = PRE["smollm"][1]
    oracle.decoder = decoders.ByteLevel()
    special = [t for t, kind in zip(tokens, field("ggml.token_type")) if kind == CONTROL]
    oracle.add_special_tokens(special)
    bad = compare(program, "SmolLM2", path, oracle, texts, True)

    oracle.encode_special_tokens = False
    fast = PreTrainedTokenizerFast(tokenizer_object=oracle, chat_template=field("chat_template"))
    for talk in TALKS:
        messages = [{"role": role, "content": content} for role, content in talk]
        for opened in (True, False):
            text = fast.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=opened
            )
            want = oracle.encode(text, add_special_tokens=False).ids
            _, got = run(program, path, [{"messages": messages, "open": opened}])
            if got[0]["ids"] != want:
                print(f"chat {talk}, open {opened}:\n  {got[0]['ids']}\n  {want}")
                bad += 1
    about, (begun, spelt) = run(
        program,
        path,
        [
            {"messages": [{"role": "user", "content": "a"}], "answer": "Sure"},
            {"messages": [{"role": "user", "content": "<|im_end|>"}], "open": False},
        ],
    )
    assert (about["bos"], about["eos"], about["pad"]) == (1, 2, 2), about
    assert oracle.decode(begun["ids"], skip_special_tokens=False).endswith("assistant\nSure")
    assert spelt["ids"].count(2) == 2, "the user's <|im_end|> is no token"
    return bad


def published():
    home = os.path.expanduser("~")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    data = os.environ.get("ASSAY_DATA") or os.path.join(cache, "assay")
    folder = os.path.join(data, "models", "smollm2-135m-instruct")
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".gguf"):
                yield os.path.join(place, name)


def main():
    program = sys.argv[1]
    texts = corpus.lines()
    with tempfile.TemporaryDirectory() as folder:
        bad = byte_level(program, folder, texts[::2]) + sentence_piece(program, folder, texts[::2])
        for path in [*published(), *sys.argv[2:]]:
            bad += smollm2(program, path, texts)
    print(f"{len(texts)} lines, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
