"""Tokenizers to compare: a line of data each. `python` builds them with PyPI `tokenizers`.

COMBINATIONS: name -> (model, normalizer, pre_tokenizer, post_processor, decoder), each the JSON of
tokenizer.json (or None); `model` is a keyword of trained(): "bpe", "byte_bpe", "byte_fallback",
"wordpiece", "wordlevel", or (keyword, changes to the model's JSON).
"""

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)
DEEPSEEK = r"[\r\n]|\s?[\p{Lu}\p{Ll}]+|\s?[!-/:-~]+|\s+$|[一-龥ࠀ-一가-퟿]+|\p{N}"


def byte_level(add_prefix_space=False, use_regex=True, trim_offsets=True):
    return {
        "type": "ByteLevel",
        "add_prefix_space": add_prefix_space,
        "trim_offsets": trim_offsets,
        "use_regex": use_regex,
    }


def split(expression, behavior="Isolated", invert=False, kind="Regex"):
    return {
        "type": "Split",
        "pattern": {kind: expression},
        "behavior": behavior,
        "invert": invert,
    }


def metaspace(scheme, do_split=True):
    return {
        "type": "Metaspace",
        "replacement": "▁",
        "prepend_scheme": scheme,
        "split": do_split,
    }


def pre(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


def normal(*parts):
    return {"type": "Sequence", "normalizers": list(parts)}


NFC = {"type": "NFC"}
NFD = {"type": "NFD"}
NFKC = {"type": "NFKC"}
NFKD = {"type": "NFKD"}
LOWER = {"type": "Lowercase"}
STRIP_ACCENTS = {"type": "StripAccents"}
STRIP = {"type": "Strip", "strip_left": True, "strip_right": True}
NMT = {"type": "Nmt"}
REPLACE = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
LLAMA_NORMAL = normal(
    {"type": "Prepend", "prepend": "▁"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
)
BERT_NORMAL = {
    "type": "BertNormalizer",
    "clean_text": True,
    "handle_chinese_chars": True,
    "strip_accents": None,
    "lowercase": True,
}
BERT_CASED = dict(BERT_NORMAL, lowercase=False, strip_accents=True)

DIGITS = {"type": "Digits", "individual_digits": True}
DIGIT_RUNS = {"type": "Digits", "individual_digits": False}
PUNCTUATION = {"type": "Punctuation", "behavior": "Isolated"}
PUNCTUATION_RUNS = {"type": "Punctuation", "behavior": "Contiguous"}
WHITESPACE = {"type": "Whitespace"}
WHITESPACE_SPLIT = {"type": "WhitespaceSplit"}
BERT_PRE = {"type": "BertPreTokenizer"}
UNDERSCORES = {"type": "CharDelimiterSplit", "delimiter": "_"}

BYTES = byte_level()
AFTER_SPLIT = byte_level(use_regex=False)
BYTES_PLAIN = byte_level(trim_offsets=False)
BPE_DECODER = {"type": "BPEDecoder", "suffix": "</w>"}
WORDPIECE_DECODER = {"type": "WordPiece", "prefix": "##", "cleanup": True}
METASPACE_DECODER = {
    "type": "Metaspace",
    "replacement": "▁",
    "prepend_scheme": "always",
    "split": True,
}
LLAMA_DECODER = {
    "type": "Sequence",
    "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ],
}
ROBERTA = {
    "type": "RobertaProcessing",
    "sep": ["</s>", 2],
    "cls": ["<s>", 1],
    "trim_offsets": True,
    "add_prefix_space": True,
}
BERT_POST = {"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1]}
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [
        {"SpecialToken": {"id": "<s>", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "</s>", "type_id": 0}},
    ],
    "pair": [
        {"Sequence": {"id": "A", "type_id": 0}},
        {"Sequence": {"id": "B", "type_id": 1}},
    ],
    "special_tokens": {
        "<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
        "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]},
    },
}
TEMPLATE_BYTES = {"type": "Sequence", "processors": [BYTES, TEMPLATE]}

COMBINATIONS = {
    # byte-level BPE
    "gpt2": ("byte_bpe", None, BYTES, BYTES_PLAIN, BYTES),
    "gpt2, trimmed": ("byte_bpe", None, BYTES, BYTES, BYTES),
    "smollm2": ("byte_bpe", None, pre(DIGITS, BYTES), None, BYTES),
    "neox": ("byte_bpe", NFC, BYTES, BYTES, BYTES),
    "llama3": (
        ("byte_bpe", {"ignore_merges": True}),
        None,
        pre(split(LLAMA3), AFTER_SPLIT),
        TEMPLATE_BYTES,
        BYTES,
    ),
    "qwen2": ("byte_bpe", NFC, pre(split(QWEN2), AFTER_SPLIT), BYTES_PLAIN, BYTES),
    "cl100k": ("byte_bpe", None, pre(split(CL100K, "Removed", True), AFTER_SPLIT), BYTES, BYTES),
    "another expression": ("byte_bpe", None, pre(split(DEEPSEEK), AFTER_SPLIT), None, BYTES),
    "roberta": (
        "byte_bpe",
        None,
        byte_level(add_prefix_space=True),
        ROBERTA,
        BYTES,
    ),
    "prefix in a sequence": (
        "byte_bpe",
        LOWER,
        pre(WHITESPACE_SPLIT, byte_level(add_prefix_space=True)),
        BYTES,
        BYTES,
    ),
    "runs of digits": ("byte_bpe", NFKC, pre(DIGIT_RUNS, PUNCTUATION_RUNS, BYTES), BYTES, BYTES),
    # BPE of characters
    "words": ("bpe", normal(NFD, STRIP_ACCENTS), WHITESPACE, TEMPLATE, BPE_DECODER),
    "suffix": (
        ("bpe", {"end_of_word_suffix": "</w>"}),
        normal(NFC, LOWER),
        WHITESPACE_SPLIT,
        None,
        BPE_DECODER,
    ),
    "prefix": (
        ("bpe", {"continuing_subword_prefix": "##", "fuse_unk": True}),
        NFKD,
        BERT_PRE,
        BERT_POST,
        WORDPIECE_DECODER,
    ),
    "llama": ("byte_fallback", LLAMA_NORMAL, None, TEMPLATE, LLAMA_DECODER),
    "metaspace": ("byte_fallback", None, metaspace("first"), TEMPLATE, METASPACE_DECODER),
    "metaspace always": ("bpe", NMT, metaspace("always"), None, METASPACE_DECODER),
    "metaspace never": ("bpe", REPLACE, metaspace("never", False), None, METASPACE_DECODER),
    "merged with previous": ("bpe", STRIP, split(",", "MergedWithPrevious", False, "String"), None, None),
    "merged with next": ("bpe", None, split(r"\p{Lu}", "MergedWithNext"), None, None),
    "contiguous": ("bpe", None, split(r"[aeiou]", "Contiguous"), None, None),
    "underscores": ("bpe", None, UNDERSCORES, None, {"type": "Fuse"}),
    # words
    "bert": ("wordpiece", BERT_NORMAL, BERT_PRE, BERT_POST, WORDPIECE_DECODER),
    "bert cased": ("wordpiece", BERT_CASED, BERT_PRE, TEMPLATE, WORDPIECE_DECODER),
    "wordlevel": ("wordlevel", normal(LOWER, STRIP), pre(WHITESPACE, PUNCTUATION), None, None),
    "wordlevel bytes": ("wordlevel", None, BYTES, None, BYTES),
}
