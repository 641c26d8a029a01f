"""Removal and retraining as a plain PyTorch loop: the peer that ssft.removal races.

    python tests/peers/removal_loop.py FOLDER [--epochs 25] [--runs 4]

FOLDER holds Fashion-MNIST's IDX files. Each run drops 300 of 3000 training images (which ones does
not matter to the time), trains a fresh network on the rest as ssft.removal does and tests it on the
10,000 test images, once; one thread, images as float tensors that stay in memory. A tenth of the
labels is wrong. Prints one JSON line.
"""
import argparse
import json
import time

import torch
from ssft_loop import network, read_idx
from torch.nn import functional


def read_part(folder, part):
    images = read_idx(folder, f"{part}-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)
    return images, read_idx(folder, f"{part}-labels-idx1-ubyte.gz", 8).long()


def retrain(images, labels, epochs, batch=32):
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    steps = (len(labels) + batch - 1) // batch
    warmup = epochs / 10
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(s / steps / warmup, (epochs - s / steps) / (epochs - warmup)))
    for _ in range(epochs):
        for index in torch.randperm(len(labels)).split(batch):
            loss = functional.cross_entropy(net(images[index]), labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--runs", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images, labels = read_part(options.folder, "train")
    images, labels = images[:3000].float() / 255, labels[:3000]
    wrong = torch.randperm(3000)[:300]
    labels[wrong] = (labels[wrong] + torch.randint(1, 10, (300,))) % 10
    test_images, test_labels = read_part(options.folder, "t10k")
    test_images = test_images.float() / 255

    accuracy, start = 0.0, time.perf_counter()
    for _ in range(options.runs):
        keep = torch.ones(3000, dtype=torch.bool)
        keep[wrong] = False
        net = retrain(images[keep], labels[keep], options.epochs)
        with torch.no_grad():
            right = sum((net(x).argmax(1) == y).sum().item()
                        for x, y in zip(test_images.split(32), test_labels.split(32)))
        accuracy += right / len(test_labels) / options.runs
    print(json.dumps({"seconds": (time.perf_counter() - start) / options.runs,
                      "accuracy": accuracy}))


if __name__ == "__main__":
    main()
