#!/usr/bin/env python3
"""A model leaves as it came: what `transformers` saved, or a GGUF file, goes through open and export
and loads in `transformers` again with equal weights, logits, tokenizer and settings.

    export_test.py LM_EXPORT

Of the catalog, smollm2-135m-instruct and minilm-l6-v2 are left out unless they were fetched.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
try:
    import numpy as np
    import torch
    import transformers as tf
    from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, quants
    from tokenizers import ByteLevelBPETokenizer
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

tf.logging.set_verbosity_error()
tf.logging.disable_progress_bar()
torch.set_num_threads(1)
SIZES = dict(vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
             intermediate_size=48, max_position_embeddings=64)
GPT2 = dict(vocab_size=300, n_embd=32, n_layer=2, n_head=4, n_positions=64)
NEO = dict(vocab_size=300, hidden_size=32, num_layers=2, num_heads=4, max_position_embeddings=64,
           attention_types=[[["global", "local"], 1]], window_size=8)
MODELS = {
    "gpt2": (tf.GPT2LMHeadModel, tf.GPT2Config(**GPT2)),
    "gpt_neox": (tf.GPTNeoXForCausalLM, tf.GPTNeoXConfig(**SIZES)),
    "gpt_neo": (tf.GPTNeoForCausalLM, tf.GPTNeoConfig(**NEO)),
    "llama": (tf.LlamaForCausalLM, tf.LlamaConfig(**SIZES, num_key_value_heads=2, head_dim=16)),
    "llama, tied": (tf.LlamaForCausalLM, tf.LlamaConfig(**SIZES, tie_word_embeddings=True)),
    "mistral": (tf.MistralForCausalLM,
                tf.MistralConfig(**SIZES, num_key_value_heads=2, sliding_window=8)),
    "qwen2": (tf.Qwen2ForCausalLM, tf.Qwen2Config(**SIZES, num_key_value_heads=2)),
    "phi": (tf.PhiForCausalLM, tf.PhiConfig(**SIZES)),
    "bert": (tf.BertForMaskedLM, tf.BertConfig(**SIZES)),
    "bert alone": (tf.BertModel, tf.BertConfig(**SIZES)),
    "roberta": (tf.RobertaForMaskedLM, tf.RobertaConfig(**SIZES)),
}
TEXT = "The cat sat on the mat; café, 3.14 <|end|>"


def export(program, source, target):
    run = subprocess.run([program, source, target], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def load(kind, folder):
    model, told = kind.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    assert not told["missing_keys"] and not told["unexpected_keys"], (folder, told)
    return model.eval()


def check_equal(name, before, after):
    ours, theirs = after.state_dict(), before.state_dict()
    assert ours.keys() == theirs.keys(), (name, ours.keys() ^ theirs.keys())
    for key, tensor in theirs.items():
        assert torch.equal(ours[key], tensor), f"{name}: {key} is not what it was"
    ids = torch.arange(5, 37).reshape(2, 16)
    with torch.no_grad():
        assert torch.equal(after(ids)[0], before(ids)[0]), f"{name}: other logits"


def make_tokenizer():
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(["the cat sat on the mat", "a café and a cat"], vocab_size=290,
                            special_tokens=["<|end|>"])
    return tf.PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token="<|end|>",
                                      chat_template="{{ messages[0]['content'] }}")


def perturbed(kind, config):
    torch.manual_seed(3)
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


def check_folder(program, name, folder):
    kind, config = MODELS[name]
    model, tokenizer = perturbed(kind, config), make_tokenizer()
    came, left = folder / "came", folder / "left"
    model.save_pretrained(came, max_shard_size="20KB" if name == "llama" else "5GB")
    assert (came / "model.safetensors.index.json").exists() == (name == "llama")
    tokenizer.save_pretrained(came)
    if model.can_generate():
        tf.GenerationConfig(do_sample=True, top_k=7, eos_token_id=0).save_pretrained(came)
    export(program, came, left)
    check_equal(name, model, load(kind, left))
    again = tf.AutoTokenizer.from_pretrained(left)
    assert again(TEXT).input_ids == tokenizer(TEXT).input_ids
    assert again.chat_template == tokenizer.chat_template and again.eos_token == "<|end|>"
    if model.can_generate():
        assert tf.GenerationConfig.from_pretrained(left).top_k == 7


def pairs(weight, heads):
    """GGUF's layout of queries and keys: dimension i of a head beside i + D / 2."""
    rows = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, rows, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


NAMES = [("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"),
         ("model.layers.", "blk."), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"),
         ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
         ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
         ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm")]


def own_name(name):
    for published, own in NAMES:
        name = name.replace(published, own)
    return name


def write_gguf(path, architecture, model):
    c, writer = model.config, GGUFWriter(path, architecture)
    writer.add_block_count(c.num_hidden_layers)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
    writer.add_vocab_size(c.vocab_size)
    writer.add_key_length(model.model.layers[0].self_attn.head_dim)
    writer.add_rope_dimension_count(model.model.layers[0].self_attn.head_dim)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        data = tensor.numpy()
        if architecture == "llama" and ("q_proj" in name or "k_proj" in name):
            data = pairs(data, c.num_attention_heads if "q_proj" in name else c.num_key_value_heads)
        writer.add_tensor(own_name(name), np.ascontiguousarray(data))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check_gguf(program, name, folder):
    kind, config = MODELS[name]
    model = perturbed(kind, config)
    write_gguf(folder / "m.gguf", config.model_type, model)
    export(program, folder / "m.gguf", folder / "left")
    check_equal("GGUF of " + name, model, load(kind, folder / "left"))


def check_smollm2(program, models, folder):
    """Every weight against what PyPI `gguf` decodes, the pairs of queries and keys undone here."""
    source = next((models / "smollm2-135m-instruct").glob("*.gguf"))
    export(program, source, folder)
    model = load(tf.AutoModelForCausalLM, folder)
    stored = {t.name: t for t in GGUFReader(source).tensors}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        t = stored.pop(own_name(name))
        decoded = quants.dequantize(t.data, t.tensor_type).astype(np.float32)
        theirs = tensor.numpy()
        if "q_proj" in name or "k_proj" in name:
            theirs = pairs(theirs, 9 if "q_proj" in name else 3)
        assert (decoded == theirs).all(), name
    assert not stored, stored.keys()
    tokenizer = tf.AutoTokenizer.from_pretrained(folder)
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    assert chat.endswith("<|im_start|>user\nHi<|im_end|>\n"), chat
    ids = tokenizer("Two and 12 <|im_end|>").input_ids
    assert ids[-1] == 2 and tokenizer.decode(ids) == "Two and 12 <|im_end|>", ids
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "What is the capital of "
                                          "France?"}], add_generation_prompt=True,
                                        return_tensors="pt", return_dict=True)
    said = model.generate(**ids, max_new_tokens=12, do_sample=False)
    assert "Paris" in tokenizer.decode(said[0]), tokenizer.decode(said[0])


def check_minilm(program, models, folder):
    source = models / "minilm-l6-v2"
    export(program, source, folder)
    check_equal("MiniLM", load(tf.AutoModel, source), load(tf.AutoModel, folder))
    before, after = (tf.AutoTokenizer.from_pretrained(p) for p in (source, folder))
    assert before(TEXT).input_ids == after(TEXT).input_ids


def fetched_models():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("ASSAY_DATA") or cache / "assay") / "models"


def main():
    program, models = sys.argv[1], fetched_models()
    checks = [(check_folder, name) for name in MODELS]
    checks += [(check_gguf, name) for name in ("llama", "llama, tied", "qwen2")]
    checks += [(check, models) for check, name in ((check_smollm2, "smollm2-135m-instruct"),
                                                   (check_minilm, "minilm-l6-v2"))
               if (models / name).is_dir()]
    failed = 0
    for check, about in checks:
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(program, about, pathlib.Path(folder))
            except AssertionError as why:
                failed += 1
                print(f"{check.__name__} {about}: {why}")
    print(f"{len(checks)} models, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
