"""The first stage of second-split forgetting as a plain PyTorch loop: the peer that ssft races.

    python tests/peers/ssft_loop.py FOLDER [--epochs 10] [--count 3000] [--batch 32]

FOLDER holds Fashion-MNIST's IDX files. Same network, batch size, optimiser, schedule and number of
evaluations as ssft.learn; one thread; images as float tensors in memory, evaluated in the batch
size that is fastest here. Prints one JSON line.
"""
import argparse
import gzip
import json
import pathlib
import time

import torch
from torch import nn
from torch.nn import functional


def read_idx(folder, name, header):
    raw = gzip.decompress((pathlib.Path(folder) / name).read_bytes())
    return torch.frombuffer(bytearray(raw[header:]), dtype=torch.uint8)


def network():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--evaluation-batch", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)

    images = read_idx(options.folder, "train-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)
    images = images[: options.count].float() / 255
    labels = read_idx(options.folder, "train-labels-idx1-ubyte.gz", 8)[: options.count].long()
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    steps = (options.count + options.batch - 1) // options.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(s / steps, (options.epochs - s / steps) / (options.epochs - 1)))

    training = evaluation = 0.0
    for _ in range(options.epochs):
        start = time.perf_counter()
        for batch in torch.randperm(options.count).split(options.batch):
            loss = functional.cross_entropy(net(images[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        middle = time.perf_counter()
        with torch.no_grad():
            right = sum((net(x).argmax(1) == y).sum().item()
                        for x, y in zip(images.split(options.evaluation_batch),
                                        labels.split(options.evaluation_batch)))
        training += middle - start
        evaluation += time.perf_counter() - middle
    seen = options.epochs * options.count
    print(json.dumps({"training": seen / training, "evaluation": seen / evaluation,
                      "together": 2 * seen / (training + evaluation),
                      "accuracy": right / options.count, "loss": loss.item()}))


if __name__ == "__main__":
    main()
