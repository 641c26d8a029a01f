"""Opens a model once, as JSON.

    python3 tests/peers/lm_load.py FOLDER transformers THREADS
    python3 tests/peers/lm_load.py MODEL.gguf gguf THREADS

transformers: model and tokenizer of a folder, in fp32. gguf: PyPI `gguf` decodes every tensor, and
nothing else.
"""
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[3]


def with_transformers(path):
    import torch
    import transformers
    torch.set_num_threads(int(sys.argv[3]))
    transformers.logging.set_verbosity_error()
    start = time.perf_counter()
    transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    transformers.AutoTokenizer.from_pretrained(path)
    return time.perf_counter() - start


def with_gguf(path):
    from gguf import GGUFReader, quants
    start = time.perf_counter()
    weights = [quants.dequantize(t.data, t.tensor_type) for t in GGUFReader(path).tensors]
    seconds = time.perf_counter() - start
    assert weights
    return seconds


if __name__ == "__main__":
    peer = {"transformers": with_transformers, "gguf": with_gguf}[sys.argv[2]]
    print(json.dumps({"open_s": peer(os.path.abspath(sys.argv[1]))}))
