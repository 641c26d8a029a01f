"""A GPT of GPT-2's form in PyTorch, trained by a plain loop: the peer of bench_lm_train.

    python tests/peers/lm_train_loop.py [--batch 2] [--context 256] [--width 320] [--layers 6]
        [--heads 5] [--vocabulary 8192] [--steps 10] [--threads 1] [--serve]

Written as most people write it: scaled_dot_product_attention, cross_entropy over all logits, AdamW
(foreach) with weight decay on matrices alone, clipping by the global norm. Prints one JSON line with
the seconds of each step. With --serve it takes a step count from each line of
standard input and answers each with such a line.
"""
import argparse
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as f


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.mlp_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2)
                   for y in self.c_attn(self.ln_1(x)).split(c, dim=2))
        y = f.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.c_proj(y.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp_proj(f.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, vocabulary, context, width, layers, heads):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.h = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.wte.weight
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers) if "proj" in name else 0.02)

    def forward(self, ids, targets):
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        for block in self.h:
            x = block(x)
        logits = self.head(self.ln_f(x))
        return f.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def main():
    parser = argparse.ArgumentParser()
    for name, value in (("batch", 2), ("context", 256), ("width", 320), ("layers", 6), ("heads", 5),
                        ("vocabulary", 8192), ("steps", 10), ("threads", 1)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--serve", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    net = Gpt(a.vocabulary, a.context, a.width, a.layers, a.heads)
    matrices = [p for p in net.parameters() if p.dim() == 2]
    others = [p for p in net.parameters() if p.dim() != 2]
    adamw = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.01},
                               {"params": others, "weight_decay": 0.0}], lr=3e-4, foreach=True)
    ids = torch.randint(0, a.vocabulary, (a.batch, a.context + 1))

    def step():
        loss = net(ids[:, :-1], ids[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adamw.step()
        adamw.zero_grad(set_to_none=True)
        return loss

    def timed(steps):
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            loss = step()
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"parameters": sum(p.numel() for p in net.parameters()),
                          "loss": round(loss.item(), 4), "seconds": seconds}), flush=True)

    step()
    if a.serve:
        for line in sys.stdin:
            timed(int(line))
    else:
        timed(a.steps)


if __name__ == "__main__":
    main()
