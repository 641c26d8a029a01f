"""llama.cpp through PyPI `llama-cpp-python`, on the same GGUF file: a peer of bench_lm_generate.

    python tests/peers/lm_llama_loop.py MODEL.gguf generate BATCH PROMPT TOKENS THREADS [copies]

Greedy, all sequences in one batch, a cache for each of them. `copies`: one prompt is computed, and
its cache copied for the others. Prints one JSON line.
"""
import ctypes
import json
import sys
import time

import llama_cpp as llama
import numpy as np

from lm_ids import ids


def main():
    path, _, *numbers = sys.argv[1:]
    copies = numbers[-1] == "copies" and bool(numbers.pop())
    batch, prompt, tokens, threads = map(int, numbers)
    silent = llama.llama_log_callback(lambda level, text, data: None)
    llama.llama_log_set(silent, ctypes.c_void_p(0))
    llama.llama_backend_init()
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    options = llama.llama_context_default_params()
    options.n_ctx = (prompt + tokens + 8) // 256 * 256 * batch + 256 * batch
    options.n_batch, options.n_ubatch, options.n_seq_max = 2048, 512, batch
    options.n_threads = options.n_threads_batch = threads
    options.kv_unified = False
    context = llama.llama_init_from_model(model, options)
    vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    rows = llama.llama_batch_init(2048, 0, 1)
    state = [1]
    prompts = [ids(prompt, state) for _ in range(batch)]

    def decode(items):
        rows.n_tokens = len(items)
        for i, (token, position, sequence, wanted) in enumerate(items):
            rows.token[i], rows.pos[i] = token, position
            rows.n_seq_id[i], rows.seq_id[i][0], rows.logits[i] = 1, sequence, wanted
        assert llama.llama_decode(context, rows) == 0

    def best(row):
        logits = llama.llama_get_logits_ith(context, row)
        return int(np.ctypeslib.as_array(logits, (vocabulary,)).argmax())

    start, out = time.perf_counter(), []
    for s in range(batch):
        if copies and s:
            llama.llama_memory_seq_cp(llama.llama_get_memory(context), 0, s, -1, -1)
            out.append(list(out[0]))
            continue
        decode([(t, j, s, int(j == prompt - 1)) for j, t in enumerate(prompts[s])])
        out.append([best(prompt - 1)])
    first = time.perf_counter() - start
    for n in range(tokens - 1):
        decode([(out[s][-1], prompt + n, s, 1) for s in range(batch)])
        for s in range(batch):
            out[s].append(best(s))
    whole = time.perf_counter() - start
    print(json.dumps({"prefill": batch * prompt / first, "whole": batch * tokens / whole,
                      "decode": batch * (tokens - 1) / (whole - first), "ids": out}))


if __name__ == "__main__":
    main()
