"""A Llama of transformers with the weights of a GGUF file, dequantised to fp32 by PyPI `gguf`."""
import gguf
import torch
import transformers


def field(reader, key):
    return reader.fields[key].contents()


def unpermuted(weight, heads):
    """GGUF has the two halves of a head's rotary pairs interleaved; the published weights do not."""
    rows, inside = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, inside).swapaxes(1, 2).reshape(rows, inside)


def load(path):
    reader = gguf.GGUFReader(path)
    a = lambda key: field(reader, "llama." + key)
    tensors = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in reader.tensors}
    heads, groups = a("attention.head_count"), a("attention.head_count_kv")
    config = transformers.LlamaConfig(
        vocab_size=len(tensors["token_embd.weight"]), hidden_size=a("embedding_length"),
        intermediate_size=a("feed_forward_length"), num_hidden_layers=a("block_count"),
        num_attention_heads=heads, num_key_value_heads=groups,
        max_position_embeddings=a("context_length"),
        rms_norm_eps=a("attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": a("rope.freq_base")},
        tie_word_embeddings="output.weight" not in tensors, attn_implementation="sdpa")
    model = transformers.LlamaForCausalLM(config).eval()
    names = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
             "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
             "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
             "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    state = {}
    for name, x in tensors.items():
        part = name.split(".")
        if part[0] == "blk":
            if part[2] in ("attn_q", "attn_k"):
                x = unpermuted(x, heads if part[2] == "attn_q" else groups)
            state[f"model.layers.{part[1]}.{names[part[2]]}.weight"] = x
        else:
            state[{"token_embd": "model.embed_tokens", "output_norm": "model.norm",
                   "output": "lm_head"}[part[0]] + ".weight"] = x
    missing, unexpected = model.load_state_dict(
        {k: torch.from_numpy(x.copy()) for k, x in state.items()}, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model
