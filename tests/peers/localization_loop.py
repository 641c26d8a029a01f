"""Gradient accounting and rewinding as plain PyTorch loops: the peers of plugin localization.

    python tests/peers/localization_loop.py FOLDER MODE [--epochs 4]

FOLDER holds Fashion-MNIST's IDX files; images are pooled to 14x14, a tenth is taken for memorised;
ResNet-9 a quarter as wide, batches of 64, one thread, images as float tensors in memory.
  train      an epoch of 2000 images
  accounted  the same with gradient accounting as the authors' released code does it: a backward pass
             each for the clean, the memorised and all examples, every gradient copied to the host
  epoch      train, and evaluation on 2000 training and 2000 test images
  rewind     9 layers at 8 epochs each: a state is loaded and the whole network evaluated
Prints the seconds of each as JSON; of `train`, `accounted` and `epoch` for one epoch.
"""
import argparse
import copy
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


def part(folder, name, count):
    images = read_idx(folder, f"{name}-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)[:count]
    labels = read_idx(folder, f"{name}-labels-idx1-ubyte.gz", 8)[:count].long()
    return functional.avg_pool2d(images.float(), 2) / 127.5 - 1, labels


def block(inputs, outputs, kernel, stride, padding):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
                         nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class ResNet9(nn.Module):
    def __init__(self, w=16):
        super().__init__()
        self.conv1 = block(1, w, 3, 1, 1)
        self.conv2 = block(w, 2 * w, 5, 2, 2)
        self.res1a = block(2 * w, 2 * w, 3, 1, 1)
        self.res1b = block(2 * w, 2 * w, 3, 1, 1)
        self.conv3 = block(2 * w, 4 * w, 3, 1, 1)
        self.res2a = block(4 * w, 4 * w, 3, 1, 1)
        self.res2b = block(4 * w, 4 * w, 3, 1, 1)
        self.conv4 = block(4 * w, 2 * w, 3, 1, 0)
        self.linear = nn.Linear(2 * w, 10, bias=False)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        x = x + self.res1b(self.res1a(x))
        x = functional.max_pool2d(self.conv3(x), 2)
        x = x + self.res2b(self.res2a(x))
        return self.linear(functional.adaptive_max_pool2d(self.conv4(x), 1).flatten(1)) * 0.2


def evaluate(net, data):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item()
                   for x, y in zip(data[0].split(512), data[1].split(512)))


def backward(net, losses, noisy, sums):
    """Three passes; the gradients stay those of the last, of all examples."""
    for key, weights in (("clean", (~noisy).float()), ("noisy", noisy.float()),
                         ("total", torch.ones_like(losses))):
        net.zero_grad()
        (losses * weights).mean().backward(retain_graph=key != "total")
        for i, p in enumerate(net.parameters()):
            sums[key][i] += p.grad.detach().cpu().clone()


def train_epoch(net, optimiser, train, noisy, accounted):
    net.train()
    sums = {k: [torch.zeros_like(p) for p in net.parameters()] for k in ("clean", "noisy", "total")}
    for batch in torch.randperm(len(train[1])).split(64):
        losses = functional.cross_entropy(net(train[0][batch]), train[1][batch], reduction="none")
        if accounted:
            backward(net, losses, noisy[batch], sums)
        else:
            optimiser.zero_grad()
            losses.mean().backward()
        optimiser.step()


def rewind(net, train, test):
    layers = [name for name, _ in net.named_children()]
    states = [copy.deepcopy(net.state_dict()) for _ in range(8)]
    final = copy.deepcopy(net.state_dict())
    for layer in layers:
        for state in states:
            mixed = {k: state[k] if k.startswith(layer + ".") else v for k, v in final.items()}
            net.load_state_dict(mixed)
            evaluate(net, train), evaluate(net, test)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("mode", choices=["train", "accounted", "epoch", "rewind"])
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    train, test = part(options.folder, "train", 2000), part(options.folder, "t10k", 2000)
    noisy = torch.zeros(2000, dtype=torch.bool)
    noisy[::10] = True
    net = ResNet9()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def epoch():
        train_epoch(net, optimiser, train, noisy, options.mode == "accounted")
        if options.mode == "epoch":
            evaluate(net, train), evaluate(net, test)

    epoch()
    start = time.perf_counter()
    if options.mode == "rewind":
        rewind(net, train, test)
    else:
        for _ in range(options.epochs):
            epoch()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds / (1 if options.mode == "rewind" else options.epochs)}))


if __name__ == "__main__":
    main()
