"""PyTorch, eager, on one or two threads; answers as the other engines do (serve.mjs). Run only where torch is there."""

import json
import math
import os
import resource
import sys
import time

for name in list(os.environ):
    if name.startswith(("OPENBLAS_", "MKL_")):
        del os.environ[name]

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)


def numbers(size, seed, low=-1.0, high=1.0):
    state = (seed * 2654435761) % 2**32
    values = []
    for _ in range(size):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(low + (high - low) * state / 2**32)
    return torch.tensor(values, dtype=torch.float32)


def labels(size, classes):
    return torch.tensor([(i * 7919) % classes for i in range(size)])


def fingerprint(x):
    flat = x.detach().reshape(-1).double()
    wave = torch.tensor([math.cos(i) for i in range(97)], dtype=torch.float64)
    weights = wave.repeat(flat.numel() // 97 + 1)[: flat.numel()]
    return [float((flat * weights).sum()), float(flat.abs().sum())]


def product(w):
    n = w["n"]
    a, b = numbers(n * n, 1).view(n, n), numbers(n * n, 2).view(n, n)
    return lambda: [a @ b]


def exp(w):
    x = numbers(2**20, 5, -4, 4)
    return lambda: [x.exp()]


def with_gradients(loss, inputs):
    inputs = [x.requires_grad_() for x in inputs]

    def call():
        value = loss(*inputs)
        return [value, *torch.autograd.grad(value, inputs)]

    return call


def chain(w):
    return with_gradients(lambda a, b, c: ((a * b + c).exp() * a.tanh()).sum(), [numbers(2**20, s) for s in (6, 7, 8)])


def head(w):
    n, c, d = w["N"], w["C"], w["D"]
    y = labels(n, c)
    rows = torch.arange(n)

    def loss(x, weights):
        cos = F.normalize(x) @ F.normalize(weights).T
        own = cos[rows, y] - w["m"]
        with torch.no_grad():
            hard = cos > own[:, None]
        z = torch.where(hard, w["t"] * cos + (w["t"] - 1), cos)
        z = z.scatter(1, y[:, None], own[:, None])
        return F.cross_entropy(w["s"] * z, y)

    return with_gradients(loss, [numbers(n * d, 3).view(n, d), numbers(c * d, 4).view(c, d)])


def descent(loss, params, rate):
    state = [p.requires_grad_() for p in params]

    def call():
        value = loss(*state)
        with torch.no_grad():
            for p, g in zip(state, torch.autograd.grad(value, state)):
                p -= rate * g
        return [value, *state]

    return call


def cnn(w):
    x, y = numbers(64 * 32 * 32, 9).view(64, 1, 32, 32), labels(64, 100)

    def loss(k1, k2, k3, w1, w2):
        h = F.max_pool2d(F.conv2d(x, k1, padding=1).relu(), 2)
        h = F.conv2d(h, k2, stride=2, padding=1).relu()
        h = F.conv2d(h, k3, stride=2, padding=1).relu()
        return F.cross_entropy(h.flatten(1) @ w1 @ w2, y)

    params = [
        numbers(32 * 9, 10, -0.3, 0.3).view(32, 1, 3, 3), numbers(64 * 32 * 9, 11, -0.06, 0.06).view(64, 32, 3, 3),
        numbers(128 * 64 * 9, 12, -0.04, 0.04).view(128, 64, 3, 3), numbers(2048 * 128, 13, -0.03, 0.03).view(2048, 128),
        numbers(128 * 100, 14, -0.1, 0.1).view(128, 100),
    ]
    return descent(loss, params, w["rate"])


def demo(w):
    x, y = numbers(64 * 28 * 28, 21).view(64, 1, 28, 28), labels(64, 10)

    def stage(h, k, b):
        return F.max_pool2d(F.conv2d(h, k, b, padding=1).relu(), 2)

    def loss(k1, b1, k2, b2, k3, b3, weight, bias, classes):
        h = stage(stage(stage(x, k1, b1), k2, b2), k3, b3)
        return F.cross_entropy((h.flatten(1) @ weight + bias) @ classes, y)

    params = [
        numbers(16 * 9, 22, -0.4, 0.4).view(16, 1, 3, 3), numbers(16, 23, -0.1, 0.1),
        numbers(32 * 16 * 9, 24, -0.12, 0.12).view(32, 16, 3, 3), numbers(32, 25, -0.1, 0.1),
        numbers(64 * 32 * 9, 26, -0.08, 0.08).view(64, 32, 3, 3), numbers(64, 27, -0.1, 0.1),
        numbers(576 * 2, 28, -0.1, 0.1).view(576, 2), numbers(2, 29, -0.1, 0.1), numbers(2 * 10, 30, -0.7, 0.7).view(2, 10),
    ]
    return descent(loss, params, w["rate"])


def mlp(w):
    x, y = numbers(64 * 784, 15, 0, 1).view(64, 784), labels(64, 10)
    params = [numbers(784 * 256, 16, -0.06, 0.06).view(784, 256), numbers(256 * 128, 17, -0.1, 0.1).view(256, 128),
              numbers(128 * 10, 18, -0.1, 0.1).view(128, 10)]
    return descent(lambda a, b, c: F.cross_entropy((x @ a).relu().matmul(b).relu() @ c, y), params, w["rate"])


def tiny(w):
    return with_gradients(lambda a, b: (a + b).sum(), [numbers(16, 19), numbers(16, 20)])


kinds = {"product": product, "exp": exp, "chain": chain, "head": head, "cnn": cnn, "demo": demo, "mlp": mlp, "tiny": tiny}


def answer(value):
    print(json.dumps(value), flush=True)


answer({"name": "PyTorch", "version": torch.__version__, "node": "python"})
call, calls, before = None, 1, 0
for line in sys.stdin:
    request = json.loads(line)
    if "prepare" in request:
        work = request["workload"]
        call, calls = kinds[work["kind"]](work), work["calls"]
        result = [number for x in call() for number in fingerprint(x)]
        start = time.perf_counter()
        call()
        ms = 1e3 * (time.perf_counter() - start)
        for _ in range(int(min(10, 300 / ms))):
            call()
        before = 0 if ms > 1000 else min(20 * calls, math.ceil(60 / ms))
        answer({"result": result, "ms": ms})
    else:
        for _ in range(before):
            call()
        start = time.perf_counter()
        for _ in range(calls):
            call()
        ms = 1e3 * (time.perf_counter() - start) / calls
        answer({"ms": ms, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
