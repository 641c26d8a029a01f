#!/usr/bin/env python3
"""BERT and RoBERTa with their masked and classification heads against PyPI `transformers`.

    encoders_parity_test.py ENCODER_PROBE

Small configurations with every parameter perturbed (sigma 0.3) and outputs of a standard deviation
of at least 1: outputs within 1e-4 of that, gradients within 1e-4 of their global norm. Each planted
mistake must show. MiniLM's sentence embeddings (catalog: minilm-l6-v2; left out without
it) against BertModel and a mean over tokens.
"""
import copy
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import safetensors.torch
    import torch
    import transformers
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TOLERANCE = 1e-4
HEADS = {  # transformers' class, our head
    "BertForMaskedLM": "masked",
    "BertForSequenceClassification": "pooler",
    "RobertaForMaskedLM": "masked",
    "RobertaForSequenceClassification": "dense",
}
SENTENCES = [
    "The cat sat on the mat.",
    "A feline was resting on a rug.",
    "dpkg is a tool to install, build, remove and manage Debian packages.",
    "In 1905, Einstein published four papers in the Annalen der Physik.",
    "Ça va? Naïve café — crème brûlée, £5!",
    "unbelievably long words like antidisestablishmentarianism are split into pieces " * 20,
    "x",
]


def build(name, **changes):
    """A small model of that class, every parameter away from its default."""
    torch.manual_seed(4)
    bert = name.startswith("Bert")
    config = (transformers.BertConfig if bert else transformers.RobertaConfig)(
        vocab_size=97, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=56, max_position_embeddings=40, type_vocab_size=2 if bert else 1,
        num_labels=4, **changes)
    model = getattr(transformers, name)(config).eval()
    noise = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=noise))
    return model


def batch(bert):
    """Sequences of several lengths, without padding in them, and (BERT) types of their tokens."""
    draws = torch.Generator().manual_seed(6)
    lengths = [5, 17, 1, 9]
    ids = [torch.randint(4, 97, (n,), generator=draws) for n in lengths]
    types = [torch.randint(0, 2 if bert else 1, (n,), generator=draws) for n in lengths]
    return ids, types


def output_rows(model, ids, types):
    """Of padded sequences under a mask."""
    pad = torch.nn.utils.rnn.pad_sequence
    mask = pad([torch.ones(len(i)) for i in ids], batch_first=True)
    logits = model(input_ids=pad(ids, batch_first=True, padding_value=model.config.pad_token_id),
                   attention_mask=mask, token_type_ids=pad(types, batch_first=True)).logits
    return logits[mask.bool()] if logits.dim() == 3 else logits


def theirs(model, ids, types):
    """The output, a cotangent, and the gradients of their product."""
    rows = output_rows(model, ids, types)
    cotangent = torch.randn(rows.shape, generator=torch.Generator().manual_seed(8))
    (rows * cotangent).sum().backward()
    return rows.detach(), cotangent, {n: p.grad for n, p in model.named_parameters()
                                      if p.grad is not None}


def ours(probe, head, folder, ids, types, cotangent=None):
    """The probe's answer by names."""
    request = {"ids": torch.cat(ids).float(), "lengths": torch.tensor([float(len(i)) for i in ids]),
               "types": torch.cat(types).float()}
    if cotangent is not None:
        request["cotangent"] = cotangent
    with tempfile.TemporaryDirectory() as temporary:
        asked = pathlib.Path(temporary) / "request.safetensors"
        answered = pathlib.Path(temporary) / "answer.safetensors"
        safetensors.torch.save_file(request, asked)
        run = subprocess.run([probe, head, folder, asked, answered], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        return safetensors.torch.load_file(answered)


def distance(mine, rows, gradients):
    """Of outputs over their standard deviation, and of gradients over their global norm."""
    own = {name: g for name, g in mine.items() if "." in name}
    assert set(own) == set(gradients), set(own) ^ set(gradients)
    norm = sum(g.pow(2).sum() for g in gradients.values()).sqrt()
    apart = sum((own[n] - gradients[n]).pow(2).sum() for n in own).sqrt()
    return ((mine["output"] - rows).abs().max() / rows.std()).item(), (apart / norm).item()


def swapped_norm(model):
    """The norm before the residual sum in place of after it."""
    layer = model.base_model.encoder.layer[1].output
    layer.forward = lambda hidden, x: x + layer.LayerNorm(layer.dense(hidden))
    return model


def planted(name, right):
    """Models that differ from `right` in one mistake each."""
    yield "the other GELU", build(name, hidden_act="gelu_new")
    yield "norm order", swapped_norm(copy.deepcopy(right))
    if name.startswith("Bert"):
        model = copy.deepcopy(right)
        forward = model.forward
        model.forward = lambda token_type_ids, **inputs: forward(**inputs)
        yield "no token types", model
    else:
        model = copy.deepcopy(right)
        table = model.roberta.embeddings.position_embeddings.weight
        with torch.no_grad():
            table.copy_(table.roll(1, 0))
        yield "positions one off", model
    for parameter, _ in right.named_parameters():
        if parameter.endswith("bias") and "key" not in parameter:  # a key's bias changes nothing
            model = copy.deepcopy(right)
            with torch.no_grad():
                model.get_parameter(parameter).zero_()
            yield f"no {parameter}", model


def check(probe, name, folder):
    model = build(name)
    model.save_pretrained(folder)
    ids, types = batch(name.startswith("Bert"))
    rows, cotangent, gradients = theirs(model, ids, types)
    assert rows.std() >= 1, f"{name}: outputs of standard deviation {rows.std():.3f}"
    mine = ours(probe, HEADS[name], folder, ids, types, cotangent)
    output, gradient = distance(mine, rows, gradients)
    print(f"{name}: std {rows.std():.2f}, outputs {output:.1e}, gradients {gradient:.1e}")
    assert output <= TOLERANCE and gradient <= TOLERANCE
    assert torch.equal(mine["by_embeddings"], mine["output"]), "embeddings differ from ids"

    least, mistakes = float("inf"), 0
    for mistake, wrong in planted(name, model):
        with torch.no_grad():
            other = output_rows(wrong, ids, types)
        seen = ((mine["output"] - other).abs().max() / other.std()).item()
        assert seen > TOLERANCE, f"{name}: {mistake} is not seen ({seen:.1e})"
        least, mistakes = min(least, seen), mistakes + 1
    print(f"  {mistakes} planted mistakes seen, the least at {least:.1e}")


def check_padding(probe, folder):
    """RoBERTa passes over padding ids wherever they are; `transformers` without a mask."""
    model = build("RobertaForMaskedLM")
    model.save_pretrained(folder)
    ids = torch.tensor([7, 1, 8, 9, 1, 1, 10])
    with torch.no_grad():
        rows = model(input_ids=ids[None], attention_mask=torch.ones(1, 7)).logits[0]
    mine = ours(probe, "masked", folder, [ids], [ids * 0])["output"]
    apart = ((mine - rows).abs().max() / rows.std()).item()
    print(f"RoBERTa with padding ids: {apart:.1e}")
    assert apart <= TOLERANCE


def check_minilm(probe, folder):
    """Sentences through our tokenizer and batches. Unit vectors, so components near 0.05: 2e-6 is
    40 ppm of one."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.BertModel.from_pretrained(folder).eval()
    inputs = tokenizer(SENTENCES, padding=True, truncation=True, max_length=256,
                       return_tensors="pt")
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1).float()
    rows = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1))
    with tempfile.TemporaryDirectory() as temporary:
        asked, answered = (pathlib.Path(temporary) / name for name in ("lines", "out.safetensors"))
        asked.write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
        run = subprocess.run([probe, "sentences", folder, asked, answered], capture_output=True,
                             text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        mine = safetensors.torch.load_file(answered)["output"]
    apart = (mine - rows).abs().max().item()
    cosines = (mine @ mine.T - rows @ rows.T).abs().max().item()
    print(f"MiniLM: {mask.sum(1).int().flatten().tolist()} tokens, components {apart:.1e}, cosines "
          f"{cosines:.1e}; cat and feline {mine[0] @ mine[1]:.3f}, and dpkg {mine[0] @ mine[2]:.3f}")
    assert apart <= 2e-6 and cosines <= 2e-6


def minilm():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return pathlib.Path(os.environ.get("ASSAY_DATA") or cache / "assay") / "models/minilm-l6-v2"


def main():
    torch.set_num_threads(1)
    transformers.logging.disable_progress_bar()
    probe = sys.argv[1]
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        for name in HEADS:
            check(probe, name, temporary / name)
        check_padding(probe, temporary / "padding")
    if minilm().is_dir():
        check_minilm(probe, minilm())
    else:
        print(f"MiniLM left out: there is no {minilm()}")


main()
