"""What a convolution costs, beside PyTorch where it is installed: 32 × 16 × 28 × 28, 32 filters of 3 × 3, one thread.

    OPENBLAS_NUM_THREADS=1 python -m tests.performance.convolution

PyTorch need not be there. In an environment that has it beside numpy and minigraph's other requirements the two take turns,
so that whatever else the machine does falls on both; the medians of the rounds are told.
"""

import statistics
import time
from importlib.util import find_spec

import numpy as np

from minigraph.ops.convolution import Conv

ROUNDS = 30
PADS = (1, 1, 1, 1)


def operands(batch=32, channels=16, size=28, filters=32, seed=0):
    """An image, filters, and the gradient that arrives, in single precision."""
    rng = np.random.default_rng(seed)
    shapes = (batch, channels, size, size), (filters, channels, 3, 3), (batch, filters, size, size)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def minigraph_calls(x, w, gradient):
    """The value, and both gradients, as functions that compute them."""
    rule = Conv.__new__(Conv)
    rule.pads = PADS
    y = rule.forward(x, w)
    return {"forward": lambda: rule.forward(x, w), "both gradients": lambda: rule.backward(gradient, y, x, w)}


def torch_calls(x, w, gradient):
    """The same of PyTorch."""
    import torch

    torch.set_num_threads(1)
    image, filters, slope = (torch.tensor(array, requires_grad=True) for array in (x, w, gradient))
    y = torch.nn.functional.conv2d(image, filters, padding=1)
    return {
        "forward": lambda: torch.nn.functional.conv2d(image, filters, padding=1).detach().numpy(),
        "both gradients": lambda: [
            each.numpy() for each in torch.autograd.grad(y, (image, filters), slope.detach(), retain_graph=True)
        ],
    }


def measure(sides, rounds=ROUNDS):
    """The median time in milliseconds of each side's calls, which take turns."""
    times = {(side, call): [] for side, calls in sides.items() for call in calls}
    for _ in range(rounds):
        for (side, call), seen in times.items():
            start = time.perf_counter()
            sides[side][call]()
            seen.append((time.perf_counter() - start) * 1e3)
    return {key: statistics.median(seen) for key, seen in times.items()}


def main():
    sides = {"minigraph": minigraph_calls(*operands())}
    if find_spec("torch"):
        sides["PyTorch"] = torch_calls(*operands())
    for (side, call), milliseconds in measure(sides).items():
        print(f"{side:10} {call:15} {milliseconds:6.2f} ms")


if __name__ == "__main__":
    main()
