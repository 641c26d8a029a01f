#!/usr/bin/env python3
"""Compares the language models with transformers' (PyPI): small configurations of each architecture,
with noise of standard deviation 0.3 on every parameter, so that nothing is invisible because it is
near 0 or 1.

    parity_test.py LM_PROBE [CASE...]

Of each case: names of parameters, logits of ragged sequences against right- and left-padded batches,
hidden states, gradients of every parameter and of given embeddings, 64 greedy tokens after 32 prompts,
and the config.json that we write. Then mistakes are planted into the reference, each of which must
break the bound. SmolLM2's GGUF file (catalog: smollm2-135m-instruct; left out without it) against
weights that PyPI's gguf decodes. Exit status 77: transformers is not there.
"""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import gguf
    import torch
    import transformers as T
    from safetensors.torch import load_file, save_file
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

LOGITS = 1e-4  # largest error of a logit, of the logits' standard deviation
GRADIENTS = 1e-4  # norm of the gradients' error, of their global norm
VOCABULARY, TOKENS = 96, 80  # rows of the embedding, ids in use
LENGTHS = [17, 9, 17, 5, 12, 23, 23]


# Mistakes: each changes a reference model and returns how to undo it.


def swap_attribute(owner, name, value):
    old = getattr(owner, name)
    setattr(owner, name, value)
    return lambda: setattr(owner, name, old)


def swap_data(*tensors):
    """Exchanges the values of pairs of tensors."""
    def swap():
        for a, b in tensors:
            a.data, b.data = b.data, a.data
    swap()
    return swap


def other_activation(model):
    """tanh GELU for erf GELU, and the reverse; erf GELU for the others."""
    undo = []
    for module in model.modules():
        for name in ("act", "act_fn", "activation_fn", "intermediate_act_fn", "transform_act_fn"):
            if not hasattr(module, name):
                continue
            erf = "tanh" not in str(getattr(module, name)) and "New" not in str(getattr(module, name))
            silu = "SiLU" in str(getattr(module, name))
            other = torch.nn.GELU("none" if silu or not erf else "tanh")
            undo.append(swap_attribute(module, name, other))
    assert undo
    return lambda: [u() for u in undo]


def other_rotary(model):
    """Neighbouring dimensions turn together, not those half a head apart."""
    def interleaved(x):
        return torch.stack((-x[..., 1::2], x[..., ::2]), -1).flatten(-2)
    return swap_attribute(sys.modules[type(model).__module__], "rotate_half", interleaved)


def norms_swapped(model):
    """The two norms of each layer change places; of an architecture with one, that and the last."""
    norms = [(n, m) for n, m in model.named_modules() if "orm" in type(m).__name__]
    pairs = [(a[1], b[1]) for a, b in zip(norms, norms[1:])]
    return swap_data(*[(a.weight, b.weight) for a, b in pairs[:1]])


def residual_order(model):
    """The feed-forward part reads before attention is added, or the reverse."""
    layers = model.gpt_neox.layers
    undo = [swap_attribute(l, "use_parallel_residual", not l.use_parallel_residual) for l in layers]
    return lambda: [u() for u in undo]


def qkv_in_blocks(model):
    """All queries, then all keys, then all values."""
    undo = []
    for layer in model.gpt_neox.layers:
        weight, heads = layer.attention.query_key_value.weight, model.config.num_attention_heads
        blocks = weight.unflatten(0, (heads, 3, -1)).transpose(0, 1).flatten(0, 2)
        undo.append(swap_attribute(weight, "data", blocks.detach().contiguous()))
    return lambda: [u() for u in undo]


def scaled_attention(model):
    """Products of queries and keys over the root of the head's width."""
    undo = []
    for name, weight in model.named_parameters():
        if name.endswith("q_proj.weight"):
            undo.append(swap_attribute(weight, "data", weight.data / 8**0.5))
    return lambda: [u() for u in undo]


def wider_window(model):
    if hasattr(model.config, "sliding_window"):
        return swap_attribute(model.config, "sliding_window", model.config.sliding_window + 1)
    attention = [b.attn.attention for b in model.transformer.h if b.attn.attention_type == "local"]
    ones = torch.ones_like(attention[0].bias).tril()
    undo = [swap_attribute(a, "bias", ones ^ ones.tril(-model.config.window_size - 1))
            for a in attention]
    return lambda: [u() for u in undo]


def unscaled_rotary(model):
    """The frequencies as they were before the context grew."""
    rotary = next(m for m in model.modules() if hasattr(m, "inv_freq"))
    plain, _ = rotary.compute_default_rope_parameters(model.config)
    return swap_attribute(rotary, "inv_freq", plain)


def sized(**more):
    """What most architectures call their sizes."""
    return dict(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
                intermediate_size=48, max_position_embeddings=96, bos_token_id=1, eos_token_id=2,
                pad_token_id=None) | more


@dataclasses.dataclass
class Case:
    config: T.PreTrainedConfig
    mistakes: list
    causal: bool = True
    invisible: tuple = ()  # biases that cannot be seen: those on keys that do not turn


LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
              high_freq_factor=4.0, original_max_position_embeddings=32)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=24)
ROTARY = [other_activation, other_rotary, norms_swapped]
CASES = {
    "gpt2": Case(T.GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=3, n_head=4, n_positions=96,
                              bos_token_id=1, eos_token_id=2),
                 [other_activation, norms_swapped]),
    "gpt_neox": Case(T.GPTNeoXConfig(**sized(intermediate_size=64, num_attention_heads=2)),
                     ROTARY + [residual_order, qkv_in_blocks]),
    "gpt_neox sequential": Case(
        T.GPTNeoXConfig(**sized(use_parallel_residual=False, rope_parameters={
            "rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 0.5})),
        ROTARY + [residual_order, qkv_in_blocks, unscaled_rotary]),
    "gpt_neox unbiased": Case(T.GPTNeoXConfig(**sized(attention_bias=False, num_attention_heads=2)),
                              ROTARY),
    "gpt_neo": Case(T.GPTNeoConfig(vocab_size=VOCABULARY, hidden_size=32, num_layers=4, num_heads=4,
                                   attention_types=[[["global", "local"], 2]], window_size=6,
                                   max_position_embeddings=96, bos_token_id=1, eos_token_id=2),
                    [other_activation, norms_swapped, scaled_attention, wider_window]),
    "llama": Case(T.LlamaConfig(**sized(num_key_value_heads=2, head_dim=12, rope_parameters=LLAMA3)),
                  ROTARY + [unscaled_rotary]),
    "llama biased": Case(T.LlamaConfig(**sized(attention_bias=True, mlp_bias=True,
                                               tie_word_embeddings=True, rope_parameters=YARN)),
                         ROTARY + [unscaled_rotary]),
    "mistral": Case(T.MistralConfig(**sized(num_key_value_heads=1, sliding_window=7)),
                    ROTARY + [wider_window]),
    "qwen2": Case(T.Qwen2Config(**sized(num_key_value_heads=2, tie_word_embeddings=True)), ROTARY),
    "qwen2 sliding": Case(T.Qwen2Config(**sized(num_key_value_heads=4, use_sliding_window=True,
                                                sliding_window=6, max_window_layers=1)),
                          ROTARY + [wider_window]),
    "phi": Case(T.PhiConfig(**sized(rope_parameters={"rope_type": "default",
                                                     "partial_rotary_factor": 0.5})), ROTARY),
}


class Probe:
    """Our model of a folder or a GGUF file; its requests go to `folder`."""

    def __init__(self, program, model, folder=None):
        self.program, self.model, self.folder = program, model, folder or model

    def config(self):
        return subprocess.run([self.program, self.model], check=True, capture_output=True,
                              text=True).stdout

    def __call__(self, **request):
        save_file({name: torch.as_tensor(value).contiguous() for name, value in request.items()},
                  self.folder / "request.safetensors")
        subprocess.run([self.program, self.model, self.folder / "request.safetensors",
                        self.folder / "answer.safetensors"], check=True)
        return load_file(self.folder / "answer.safetensors")


class Reference:
    """The same model in transformers, its parameters perturbed."""

    def __init__(self, case, seed=5):
        torch.manual_seed(seed)
        auto = T.AutoModelForCausalLM if case.causal else T.AutoModelForMaskedLM
        self.case, self.model = case, auto.from_config(case.config).eval()
        for parameter in self.model.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
        for module in self.model.modules():  # rows of padding have gradients as others have
            if isinstance(module, torch.nn.Embedding):
                module.padding_idx = None

    def padded(self, sequences, left):
        """What (batch, T, ...) inputs and their mask are: values of padding are 0."""
        longest = max(len(s) for s in sequences)
        batch = sequences[0].new_zeros(len(sequences), longest, *sequences[0].shape[1:])
        mask = torch.zeros(len(sequences), longest, dtype=torch.long)
        for row, sequence in enumerate(sequences):
            first = longest - len(sequence) if left else 0
            batch[row, first:first + len(sequence)] = sequence
            mask[row, first:first + len(sequence)] = 1
        return batch, mask

    def __call__(self, sequences, left=False, layer=0):
        """Logits and hidden states of sequences of ids or of embeddings, one after another."""
        batch, mask = self.padded(sequences, left)
        given = {"inputs_embeds" if batch.is_floating_point() else "input_ids": batch}
        if self.case.causal:
            given["position_ids"] = (mask.cumsum(1) - 1).clamp(min=0)
        out = self.model(**given, attention_mask=mask, output_hidden_states=True)
        return out.logits[mask == 1], out.hidden_states[layer][mask == 1]


def relative(error, scale):
    return (error / scale).item()


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def gradients_of(model):
    return {name: p.grad if p.grad is not None else torch.zeros_like(p)
            for name, p in model.named_parameters()}


def published(name):
    """The name in a file, which for GPT-NeoX is not that in the model."""
    return name.replace("lm_head.", "embed_out.") if PUBLISHED_NEOX else name


def gradient_error(answer, expected):
    total = sum(g.double().pow(2).sum() for g in expected.values()).sqrt()
    error = sum((answer["grad." + name].double() - g).pow(2).sum() for name, g in expected.items())
    return relative(error.sqrt(), total)


def check_forward(probe, reference, ids):
    """Logits, hidden states, columns, gradients."""
    request = dict(lengths=[len(s) for s in ids], ids=torch.cat(ids))
    logits, hidden = reference(ids, layer=2)
    weights, hidden_weights = torch.randn_like(logits), torch.randn_like(hidden)
    reference.model.zero_grad()
    ((logits * weights).sum() + (hidden * hidden_weights).sum()).backward()
    columns = torch.tensor([5, 90, 0])
    answer = probe(**request, layer=2, columns=columns, loss=weights, hidden_loss=hidden_weights)

    deviation = logits.std()
    check(deviation >= 1, f"the logits' standard deviation is {deviation}")
    errors = {
        "logits": relative((answer["logits"] - logits).abs().max(), deviation),
        "columns": relative((answer["columns"] - logits[:, columns]).abs().max(), deviation),
        "hidden": relative((answer["hidden"] - hidden).abs().max(), hidden.std()),
    }
    with torch.no_grad():
        padded, _ = reference(ids, left=True)
    errors["left-padded"] = relative((answer["logits"] - padded).abs().max(), deviation)

    expected = {published(n): g for n, g in gradients_of(reference.model).items()}
    ours = {n.removeprefix("grad.") for n in answer if n.startswith("grad.")}
    check(ours == set(expected), f"names differ: {sorted(ours ^ set(expected))}")
    errors["gradients"] = gradient_error(answer, expected)
    for name, error in errors.items():
        check(error <= (GRADIENTS if name == "gradients" else LOGITS), f"{name}: {error}")
    return answer["logits"], errors


def check_embeddings(probe, reference, ids):
    """Embeddings as input: the logits, and the gradient of each row."""
    table = reference.model.get_input_embeddings().weight.detach()
    rows = [(table[s] + 0.1 * torch.randn(len(s), table.shape[1])).requires_grad_(True) for s in ids]
    logits, _ = reference(rows)
    weights = torch.randn_like(logits)
    (logits * weights).sum().backward()
    answer = probe(lengths=[len(s) for s in ids], embeddings=torch.cat(rows).detach(), loss=weights)
    error = relative((answer["logits"] - logits).abs().max(), logits.std())
    check(error <= LOGITS, f"logits of embeddings: {error}")
    expected = torch.cat([r.grad for r in rows])
    error = relative((answer["grad.embeddings"] - expected).norm(), expected.norm())
    check(error <= GRADIENTS, f"gradients of embeddings: {error}")


def check_greedy(probe, reference, steps=64):
    """Texts are the reference's own, except where its two best logits are ten tolerances apart."""
    prompts = [torch.randint(TOKENS, (int(n),)) for n in torch.randint(1, 17, (32,))]
    texts = probe(lengths=[len(p) for p in prompts], ids=torch.cat(prompts), steps=steps)["greedy"]
    close, distinct = 0, set()
    with torch.no_grad():
        for prompt, text in zip(prompts, texts):
            logits, _ = reference([torch.cat([prompt, text])])
            logits = logits[len(prompt) - 1:-1]
            behind = logits.max(1).values - logits.gather(1, text[:, None])[:, 0]
            check((behind < 10 * LOGITS * logits.std()).all(), f"greedy texts part by {behind.max()}")
            close += int((behind > 0).sum())
            distinct.add(tuple(text.tolist()))
    check(len(distinct) > 16, f"only {len(distinct)} texts: the prompts do not matter")
    return close


def check_config(probe, reference, logits, ids, scratch):
    """transformers loads the config.json that we write, as the same model."""
    (scratch / "config.json").write_text(probe.config())
    (scratch / "model.safetensors").symlink_to(probe.folder / "model.safetensors")
    again = type(reference.model).from_pretrained(scratch).eval()
    expected, reference.model = reference.model, again
    with torch.no_grad():
        error = relative((reference(ids)[0] - logits).abs().max(), logits.std())
    reference.model = expected
    check(error <= LOGITS, f"the config.json that we write makes another model: {error}")


def as_transformers_4(config):
    """The same config.json under the names of transformers 4."""
    config = dict(config, torch_dtype=config.pop("dtype"))
    rope = config.pop("rope_parameters", None)
    if rope:
        neox = config["model_type"] == "gpt_neox"
        config["rotary_emb_base" if neox else "rope_theta"] = rope.pop("rope_theta")
        if "partial_rotary_factor" in rope:
            name = "rotary_pct" if neox else "partial_rotary_factor"
            config[name] = rope.pop("partial_rotary_factor")
        kind = rope.pop("rope_type")
        config["rope_scaling"] = None if kind == "default" else dict(rope, type=kind)
    config.pop("layer_types", None)
    return config


def check_old_config(probe):
    path = probe.folder / "config.json"
    text, ours = path.read_text(), probe.config()
    path.write_text(json.dumps(as_transformers_4(json.loads(text))))
    check(probe.config() == ours, "transformers 4's names are read as another model")
    path.write_text(text)


def check_mistakes(reference, logits, ids):
    """Each planted mistake moves the logits beyond the bound. Returns the least visible one."""
    def error():
        with torch.no_grad():
            return relative((reference(ids)[0] - logits).abs().max(), logits.std())

    errors = {}
    for mistake in reference.case.mistakes:
        undo = mistake(reference.model)
        errors[mistake.__name__] = error()
        undo()
    for name, parameter in reference.model.named_parameters():
        if name.endswith("bias") and not any(i in name for i in reference.case.invisible):
            undo = swap_attribute(parameter, "data", torch.zeros_like(parameter))
            errors["without " + name] = error()
            undo()
    check(error() <= LOGITS, "a mistake was not undone")
    for name, value in errors.items():
        check(value > LOGITS, f"the comparison does not see {name}: {value}")
    return min(errors.items(), key=lambda e: e[1])


def run(program, name, case, folder):
    global PUBLISHED_NEOX
    PUBLISHED_NEOX = case.config.model_type == "gpt_neox"
    reference = Reference(case)
    ids = [torch.randint(TOKENS, (n,)) for n in LENGTHS]
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    reference.model.save_pretrained(folder / "a")
    probe = Probe(program, folder / "a")
    logits, errors = check_forward(probe, reference, ids)
    check_embeddings(probe, reference, ids)
    close = check_greedy(probe, reference) if case.causal else 0
    check_config(probe, reference, logits, ids, folder / "b")
    check_old_config(probe)
    mistake, size = check_mistakes(reference, logits, ids)
    print(f"{name}: " + ", ".join(f"{k} {v:.1e}" for k, v in errors.items()) +
          f"; {close} of 2048 greedy tokens are ties; least visible mistake: {mistake} {size:.1e}",
          flush=True)


def published_tensors(path):
    """Names and weights of a Llama's GGUF file as its folder had them: dimension i of a head of
    queries or keys lies beside i + D / 2 in the file."""
    names = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "blk": "model.layers",
             "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
             "attn_output": "self_attn.o_proj", "attn_q": "self_attn.q_proj",
             "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "ffn_up": "mlp.up_proj",
             "ffn_gate": "mlp.gate_proj", "ffn_down": "mlp.down_proj"}
    for tensor in gguf.GGUFReader(path).tensors:
        weight = torch.tensor(gguf.quants.dequantize(tensor.data, tensor.tensor_type))
        if "attn_q" in tensor.name or "attn_k" in tensor.name:
            weight = weight.unflatten(0, (-1, 32, 2)).transpose(1, 2).flatten(0, 2)
        yield ".".join(names.get(part, part) for part in tensor.name.split(".")), weight


def check_smollm2(program, path, folder):
    config = T.LlamaConfig(vocab_size=49152, hidden_size=576, intermediate_size=1536,
                           num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
                           max_position_embeddings=8192, rms_norm_eps=1e-5,
                           tie_word_embeddings=True,
                           rope_parameters={"rope_type": "default", "rope_theta": 100000.0})
    model = T.LlamaForCausalLM(config).eval()
    told = model.load_state_dict(dict(published_tensors(path)), strict=False)
    check(told.missing_keys == ["lm_head.weight"] and not told.unexpected_keys, str(told))
    torch.manual_seed(2)
    ids = [torch.randint(49152, (n,)) for n in (300, 7)]
    with torch.no_grad():
        logits = torch.cat([model(i[None]).logits[0] for i in ids])
    answer = Probe(program, path, folder)(lengths=[300, 7], ids=torch.cat(ids))
    error = relative((answer["logits"] - logits).abs().max(), logits.std())
    print(f"SmolLM2's GGUF: logits {error:.1e}")
    check(error <= LOGITS, f"logits: {error}")


def smollm2():
    """Its file, or None."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    models = pathlib.Path(os.environ.get("ASSAY_DATA") or cache / "assay") / "models"
    return next((models / "smollm2-135m-instruct").glob("*.gguf"), None)


def main():
    torch.set_num_threads(1)
    T.logging.set_verbosity_error()
    T.logging.disable_progress_bar()
    program, chosen = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    checks = {name: lambda folder, n=name, c=case: run(program, n, c, folder)
              for name, case in CASES.items()}
    if smollm2():
        checks["smollm2"] = lambda folder: check_smollm2(program, smollm2(), folder)
    failures = 0
    for name, one in checks.items():
        if chosen and name not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                one(pathlib.Path(folder))
            except (AssertionError, subprocess.CalledProcessError) as error:
                print(f"{name}: FAILED: {error}", flush=True)
                failures += 1
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
