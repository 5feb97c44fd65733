"""A training step on an accelerator: engine="jax" beside PyTorch, eager and compiled, with the losses of both.

    python -m tests.performance.accelerator [--small] [--steps 20] [--write FILE]

It runs wherever JAX and PyTorch find a GPU, and else on the CPU, for which `--small` takes sizes that end soon. Three networks,
each from the same weights and rows: the article's model with 8192 rows, LeNet with 1024 images, and a GPT of 6 layers of 384
features with 64 texts of 256 characters. Each in float32, with products as exact as float32 on both sides ("highest": no
TF32), and with products of bfloat16 that are added up in float32; JAX has its convolutions in TF32 then, and on a CPU all of it
in float32. Told are the median time of a step, after those that compile, the time until the first step is done, and by how much
the losses differ at most; losses of float32 that differ by more than 1e-3 of themselves, or of bfloat16 by 5e-2, end
it with an error. Each contestant has a process of its own, so that none holds memory that another wants.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext

import numpy as np

from tests.performance import convolution, transformers
from tests.performance.contestants import RATE, weights_of

CONTESTANTS = ("minigraph", "PyTorch", "PyTorch compiled")
PRECISIONS = {"float32": 1e-3, "bfloat16": 5e-2}
"""The precision of products, and by how much the losses may differ."""


def article(rows):
    def graph():
        from models import two_layer

        return two_layer.build()

    def inputs():
        rng = np.random.default_rng(0)
        x = rng.normal(size=(rows, 2)).astype(np.float32)
        return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64)

    def network(torch, arrays):
        module = torch.nn.Sequential(torch.nn.Linear(2, 500), torch.nn.Tanh(), torch.nn.Linear(500, 2))
        for layer, number in ((module[0], 1), (module[2], 2)):
            layer.weight.data = torch.from_numpy(arrays[f"W{number}"].T.copy())
            layer.bias.data = torch.from_numpy(arrays[f"b{number}"].copy())
        return module

    return graph, inputs, network


def lenet(rows):
    return convolution.lenet, convolution.images(rows, (784,)), convolution.torch_lenet


def gpt(rows, length, features, heads, layers):
    return transformers.gpt(rows, length, features, heads, layers, row=lambda *parts: parts[:3])


CASES = {
    "article, 8192 rows": (article, (8192,), (64,)),
    "LeNet, 1024 images": (lenet, (1024,), (8,)),
    "GPT, 6 × 384, 64 × 256": (gpt, (64, 256, 384, 6, 6), (2, 16, 24, 2, 2)),
}
"""What makes each, of its sizes, and of small ones."""


def minigraph_step(graph, inputs, network, precision):
    """minigraph's step, and what JAX calls its device."""
    import jax

    import minigraph as mg

    own = graph()
    exact = {"float32": "highest", "bfloat16": "BF16_BF16_F32" if jax.default_backend() == "gpu" else "bfloat16"}[precision]
    step = mg.compile(mg.Graph(loss=own["loss"]), updates=mg.Adam(RATE).minimize(own["loss"]), engine="jax")
    x, y = inputs()

    def call():
        with jax.default_matmul_precision(exact):
            return float(step(x=x, y=y)["loss"])

    return call, str(jax.devices()[0].device_kind)


def pytorch_step(graph, inputs, network, precision, compiled=False):
    """PyTorch's step, and its device."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    module = network(torch, weights_of(graph())).to(device)
    optimizer = torch.optim.Adam(module.parameters(), RATE)
    x, y = (torch.from_numpy(each).to(device) for each in inputs())

    def loss_of(x, y):
        found = module(x)
        return torch.nn.functional.cross_entropy(found.float().reshape(-1, found.shape[-1]), y.reshape(-1))

    called = torch.compile(loss_of) if compiled else loss_of

    def call():
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16) if precision == "bfloat16" else nullcontext():
            loss = called(x, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return call, torch.cuda.get_device_name() if device == "cuda" else "cpu"


def measured(case, contestant, precision, small, steps):
    """The figures of one contestant."""
    make, sizes, small_sizes = CASES[case]
    given = make(*(small_sizes if small else sizes))
    started = time.perf_counter()
    if contestant == "minigraph":
        call, device = minigraph_step(*given, precision)
    else:
        call, device = pytorch_step(*given, precision, compiled=contestant.endswith("compiled"))
    losses = [call()]
    first, times = time.perf_counter() - started, []
    for _ in range(steps):
        start = time.perf_counter()
        losses.append(call())
        times.append(time.perf_counter() - start)
    return {"step": statistics.median(times[2:]), "first": first, "losses": losses, "device": device}


def in_a_process(case, contestant, precision, small, steps):
    """The same from a process of its own, or what went wrong there."""
    asked = json.dumps([case, contestant, precision, small, steps])
    done = subprocess.run([sys.executable, "-m", __spec__.name, "--one", asked], capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"error": done.stderr.splitlines()[-1:]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="small sizes, to try the script on a CPU")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--write", help="a file for all figures, as JSON")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(*json.loads(asked.one))))
        return
    figures, apart = [], []
    for case in CASES:
        for precision, within in PRECISIONS.items():
            found = {each: in_a_process(case, each, precision, asked.small, asked.steps) for each in CONTESTANTS}
            figures.append({"case": case, "precision": precision, "found": found})
            print(f"{case}, {precision}")
            own = found["minigraph"].get("losses")
            for name, each in found.items():
                if "error" in each:
                    print(f"  {name:18} {each['error']}")
                    continue
                differs = max(abs(a / b - 1) for a, b in zip(own, each["losses"], strict=True)) if own else float("nan")
                shown = f"{1e3 * each['step']:9.3f} ms a step, {each['first']:6.1f} s to the first"
                print(f"  {name:18} {shown}; losses differ by {differs:.1e}; {each['device']}", flush=True)
                apart += [f"{case}, {precision}, {name}"] * (not differs <= within)
    if asked.write:
        with open(asked.write, "w") as file:
            json.dump(figures, file)
    if apart:
        sys.exit(f"The losses differ: {'; '.join(apart)}.")


if __name__ == "__main__":
    main()
