"""transformers' generate, or its log-probabilities of given tokens: the peer of bench_lm_generate.

    python tests/peers/lm_generate_loop.py MODEL.gguf generate BATCH PROMPT TOKENS THREADS [copies]
    python tests/peers/lm_generate_loop.py MODEL.gguf score LENGTH[,LENGTH ..] THREADS

fp32, sdpa. `copies`: all but a prompt's last token are computed once, and their keys and values
copied for each sequence of the batch. Texts are scored in batches of 16 in the order given, padded to the longest of each.
Prints one JSON line.
"""
import json
import sys
import time

import torch
from transformers import LogitsProcessor, LogitsProcessorList

import lm_gguf
from lm_ids import ids


class Clock(LogitsProcessor):
    """Notes when the first logits are there."""

    first = None

    def __call__(self, ids, scores):
        self.first = self.first or time.perf_counter()
        return scores


def generate(model, batch, prompt, tokens, copies):
    state = [1]
    prompts = torch.tensor([ids(prompt, state) for _ in range(1 if copies else batch)])
    cache = None
    if copies:
        cache = model(prompts[:, :-1], use_cache=True, logits_to_keep=1).past_key_values
        cache.batch_repeat_interleave(batch)
        prompts = prompts.repeat(batch, 1)
    clock, start = Clock(), time.perf_counter()
    out = model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=False,
                         max_new_tokens=tokens, min_new_tokens=tokens, pad_token_id=0,
                         past_key_values=cache, logits_processor=LogitsProcessorList([clock]))
    end = time.perf_counter()
    return {"prefill": batch * prompt / (clock.first - start),
            "decode": batch * (tokens - 1) / (end - clock.first),
            "whole": batch * tokens / (end - start), "ids": out[:, prompt:].tolist()}


def score(model, lengths):
    state = [1]
    texts = [ids(n, state) for n in lengths]
    total, start = 0.0, time.perf_counter()
    for first in range(0, len(texts), 16):
        some = texts[first:first + 16]
        longest = max(map(len, some))
        x = torch.tensor([t + [0] * (longest - len(t)) for t in some])
        mask = torch.tensor([[1] * len(t) + [0] * (longest - len(t)) for t in some])
        logits = model(x, attention_mask=mask, use_cache=False).logits[:, :-1]
        p = torch.log_softmax(logits, -1).gather(2, x[:, 1:, None])[..., 0]
        total += (p * mask[:, 1:]).sum().item()
    took = time.perf_counter() - start
    return {"tokens_per_s": sum(lengths) / took, "log_p": total}


def main():
    path, what, *rest = sys.argv[1:]
    copies = rest[-1] == "copies" and bool(rest.pop())
    torch.set_num_threads(int(rest[-1]))
    model = lm_gguf.load(path)
    with torch.no_grad():
        if what == "score":
            result = score(model, [int(n) for n in rest[0].split(",")])
        else:
            result = generate(model, *map(int, rest[:3]), copies)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
