"""The search for minimal critical units as the reference does it: the peer of localization.critical.

    python tests/peers/critical_loop.py FOLDER [--examples 2000] [--epochs 30] [--targets 20]

FOLDER holds Fashion-MNIST's IDX files. Same network, data, noise, batch and draws as the method;
one thread. One target at a time on a copy of the network, with gradients of its weights, and after
each target an evaluation on all training and test images, in the batch size that is fastest here.
Prints one JSON line: seconds a target in the search and in evaluation, and the mean count.
"""
import argparse
import copy
import json
import time

import torch
from torch import nn
from torch.nn import functional

from ssft_loop import read_idx


class Block(nn.Module):
    def __init__(self, inside, outside, kernel, stride, padding):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x):
        return self.norm(self.conv(x)).relu_()


class ResNet9(nn.Module):
    def __init__(self, width=0.25):
        super().__init__()
        a, b, c = (int(channels * width) for channels in (64, 128, 256))
        self.conv1, self.conv2 = Block(1, a, 3, 1, 1), Block(a, b, 5, 2, 2)
        self.res1a, self.res1b = Block(b, b, 3, 1, 1), Block(b, b, 3, 1, 1)
        self.conv3 = Block(b, c, 3, 1, 1)
        self.res2a, self.res2b = Block(c, c, 3, 1, 1), Block(c, c, 3, 1, 1)
        self.conv4, self.linear = Block(c, b, 3, 1, 0), nn.Linear(b, 10, bias=False)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        x = x + self.res1b(self.res1a(x))
        x = functional.max_pool2d(self.conv3(x), 2)
        x = x + self.res2b(self.res2a(x))
        return self.linear(functional.adaptive_max_pool2d(self.conv4(x), 1).flatten(1)) * 0.2


def images(folder, name, count):
    pixels = read_idx(folder, f"{name}-images-idx3-ubyte.gz", 16).view(-1, 1, 28, 28)[:count]
    return functional.avg_pool2d(pixels.float(), 2) / 127.5 - 1


def labels(folder, name, count):
    return read_idx(folder, f"{name}-labels-idx1-ubyte.gz", 8)[:count].long()


def train(x, y, epochs, batch=64, peak=0.1):
    net = ResNet9()
    optimiser = torch.optim.SGD(net.parameters(), lr=peak, momentum=0.9, weight_decay=5e-4)
    steps, step, warmup = epochs * (-(-len(x) // batch)), 0, 0.1
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(batch):
            share = step / steps
            optimiser.param_groups[0]["lr"] = peak * min(
                share / warmup, (1 - share) / (1 - warmup))
            optimiser.zero_grad()
            functional.cross_entropy(net(x[chosen]), y[chosen]).backward()
            optimiser.step()
            step += 1
    return net.eval()


def find(net, x, y, target, batch=64, draws=2, ratio=0.01, most=100):
    """The edited copy of the network and how many channels it lost."""
    net = copy.deepcopy(net)
    others = torch.randperm(len(x))[:batch]
    chosen = torch.cat([torch.tensor([target]), others[others != target][: batch - 1]])
    inputs, wanted = x[chosen], y[chosen]
    for count in range(most + 1):
        logits = 0
        for _ in range(draws):
            noise = torch.randn_like(inputs)
            logits = logits + net(inputs + noise * (ratio * inputs.norm() / noise.norm())) / draws
        if logits[0].argmax() != wanted[0] or count == most:
            return net, count
        losses = functional.cross_entropy(logits, wanted, reduction="none")
        net.zero_grad()
        (losses[1:].sum() / len(losses) - losses[0]).backward()
        best, place = 0, None
        with torch.no_grad():
            for name, weight in net.named_parameters():
                if weight.dim() != 4:
                    continue
                scores = (weight * weight.grad).flatten(1).sum(1)
                if scores.max() > best:
                    best, place = scores.max(), (weight, scores.argmax())
            if place is None:
                return net, count
            place[0][place[1]] = 0


def correct(net, x, batch=512):
    with torch.no_grad():
        return torch.cat([net(part).argmax(1) for part in x.split(batch)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--targets", type=int, default=20, help="of each group")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)

    x = images(options.folder, "train", options.examples)
    truth = labels(options.folder, "train", options.examples)
    test_x = images(options.folder, "t10k", options.test)
    y = truth.clone()
    noisy = torch.randperm(len(x))[: len(x) // 10]
    y[noisy] = (y[noisy] + torch.randint(1, 10, noisy.shape)) % 10
    net = train(x, y, options.epochs)
    right = correct(net, x) == y
    order = torch.randperm(len(x))
    order = order[right[order]]
    memorised = (y != truth)[order]
    targets = torch.cat([order[memorised][: options.targets], order[~memorised][: options.targets]])

    searching = judging = units = 0.0
    for target in targets.tolist():
        start = time.perf_counter()
        edited, count = find(net, x, y, target)
        middle = time.perf_counter()
        correct(edited, x), correct(edited, test_x)
        searching += middle - start
        judging += time.perf_counter() - middle
        units += count
    print(json.dumps({"searching": searching / len(targets), "judging": judging / len(targets),
                      "units": units / len(targets)}))


if __name__ == "__main__":
    main()
