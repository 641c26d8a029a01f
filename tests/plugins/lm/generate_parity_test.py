#!/usr/bin/env python3
"""SmolLM2 through its GGUF file against transformers with the weights that PyPI `gguf` makes of it:
64 greedy tokens after each of 32 lines of real text, and ln p of all of them.

    generate_parity_test.py ANSWER_LINES

A token may differ from the most probable one where their logits are less than ten tolerances apart,
1e-4 of the logits' standard deviation each. In fast precision: ln p on the exact answers. Skipped
without the catalog's smollm2-135m-instruct.
"""
import json
import os
import pathlib
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "peers"))
try:
    import torch
    import lm_gguf
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TOKENS, PROMPTS = 64, 32
TOLERANCE = 1e-4
FAST_WORST, FAST_MEAN = 0.5, 0.03  # of |delta ln p| in nats: what `pack` states


def catalog():
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    data = pathlib.Path(os.environ.get("ASSAY_DATA", pathlib.Path(cache) / "assay"))
    return next((data / "models" / "smollm2-135m-instruct").glob("*.gguf"), None)


def lines():
    text = []
    for path in sorted(pathlib.Path("/usr/share/common-licenses").iterdir()):
        text += [l.strip() for l in path.read_text(errors="ignore").splitlines() if len(l) > 50]
    return text[::max(1, len(text) // PROMPTS)][:PROMPTS]


def answers(tool, model, precision, prompts):
    done = subprocess.run([tool, model, precision, str(TOKENS)], input="\n".join(prompts),
                          capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    path, prompts = catalog(), lines()
    if path is None or len(prompts) < PROMPTS:
        print("skipped: no smollm2-135m-instruct, or no text")
        return 77
    torch.set_num_threads(1)
    exact = answers(sys.argv[1], path, "exact", prompts)
    model, wrong, near, worst = lm_gguf.load(str(path)), 0, 0, 0.0
    for a in exact:
        assert len(a["answer"]) == TOKENS, a
        ids = torch.tensor([a["prompt"] + a["answer"]])
        with torch.no_grad():
            logits = model(ids).logits[0, :-1]
        deviation = logits.std().item()
        p = torch.log_softmax(logits.double(), -1)
        own = p.gather(1, ids[0, 1:, None])[:, 0]
        worst = max(worst, (own - torch.tensor(a["log_p"])).abs().max().item() / deviation)
        answer = slice(len(a["prompt"]) - 1, None)
        behind = (p.max(1).values - own)[answer]
        near += int((behind > 0).sum())
        wrong += int((behind > 10 * TOLERANCE * deviation).sum())
    print(f"exact: {PROMPTS} x {TOKENS} tokens, {wrong} wrong, {near} within ten tolerances; ln p off "
          f"by {worst:.1e} standard deviations of the logits")
    assert wrong == 0 and worst <= TOLERANCE

    # Fast answers, scored by transformers too.
    apart = []
    for a in answers(sys.argv[1], path, "fast", prompts):
        ids = torch.tensor([a["prompt"] + a["answer"]])
        with torch.no_grad():
            p = torch.log_softmax(model(ids).logits[0, :-1].double(), -1)
        own = p.gather(1, ids[0, 1:, None])[:, 0]
        apart.append((own - torch.tensor(a["log_p"])).abs())
    apart = torch.cat(apart)
    print(f"fast: ln p off by {apart.max():.3f} at most, {apart.mean():.4f} on average")
    assert apart.max() <= FAST_WORST and apart.mean() <= FAST_MEAN
    return 0


if __name__ == "__main__":
    sys.exit(main())
