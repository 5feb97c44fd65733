"""A language model of characters with an LSTM, as a scan and unrolled, beside PyTorch: until the first step, a step, memory.

    python -m tests.performance.recurrent        # the table, as Markdown

It wants PyTorch beside minigraph. Every figure is taken in a process of its own, on one thread, the contestants take turns,
round by round, and the medians of the rounds are told, in time of the processor, which other work disturbs least. "Until the
first step" is composing, differentiating and compiling; memory is by how much the process grew from before the model to behind
its last step.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from tests.performance.contest import row
from tests.performance.networks import CHARACTERS, RATE, _lstm

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ROWS, UNITS, LENGTHS = 32, 96, (32, 200)


def texts(length):
    """Texts and the same moved on; alike for all contestants."""
    rng = np.random.default_rng(0)
    return rng.integers(0, CHARACTERS, (ROWS, length)), rng.integers(0, CHARACTERS, (ROWS, length))


def minigraph(length, unrolled=False):
    """minigraph's program, with the layer as a scan or, as `mg.blocks.lstm` once composed it, step by step."""
    import minigraph as mg

    rng = np.random.default_rng(0)
    x, y = (mg.Input(name, ("N", length), dtype=np.int64) for name in "xy")
    embedded = mg.blocks.embedding(x, CHARACTERS, UNITS // 2, rng=rng)
    if unrolled:
        W, R, b = (mg.Parameter(n, rng.normal(0, 0.1, s)) for n, s in (("W", (48, 384)), ("R", (96, 384)), ("b", (384,))))
        given, h, c, states = embedded @ W + b, mg.Constant(np.zeros((1, UNITS))), mg.Constant(np.zeros((1, UNITS))), []
        for t in range(length):
            z = given[:, t] + h @ R
            i, o, f, g = (z[:, k * UNITS : (k + 1) * UNITS] for k in range(4))
            c = mg.Sigmoid(f) * c + mg.Sigmoid(i) * mg.Tanh(g)
            h = mg.Sigmoid(o) * mg.Tanh(c)
            states.append(h)
        states = mg.Stack(*states, axis=1)
    else:
        states, _ = mg.blocks.lstm(embedded, UNITS, rng=rng)
    loss = mg.SoftmaxCrossEntropy(mg.blocks.dense(states, CHARACTERS, rng=rng, name="scores"), y, axis=-1)
    program = mg.compile(mg.Graph(loss=loss), updates=mg.Adam(RATE).minimize(loss))
    X, Y = texts(length)
    return lambda: program(x=X, y=Y)["loss"]


def pytorch(length):
    """PyTorch, as a person writes it."""
    import torch

    network = _lstm(torch)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    x, y = (torch.from_numpy(each) for each in texts(length))

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x).reshape(-1, CHARACTERS), y.reshape(-1))
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


CONTESTANTS = {
    "scan": (minigraph, {}, "minigraph"),
    "unrolled": (minigraph, {"unrolled": True}, "minigraph"),
    "PyTorch eager": (pytorch, {}, "torch"),
}


def measured(contestant, length, seconds=1.0):
    """Seconds until the first step is done, seconds for a later one, and megabytes."""
    make, options, package = CONTESTANTS[contestant]
    __import__(package)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    step = make(length, **options)
    step()
    first, times = time.process_time() - start, []
    end = time.process_time() + seconds
    while len(times) < 5 or time.process_time() < end:
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    return first, statistics.median(times), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000


def main():
    """Measure, and print a row for each length and contestant."""
    if sys.argv[1:]:
        print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
        return
    entered = [(length, name) for length in LENGTHS for name in CONTESTANTS]
    taken = {each: [] for each in entered}
    for _ in range(3):
        for length, name in entered:
            command = [sys.executable, "-m", "tests.performance.recurrent", name, str(length)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | ONE_THREAD)
            taken[length, name].append(json.loads(done.stdout.splitlines()[-1]))
    print(row("characters", "", "until the first step, s", "a step, ms", "memory, MB"))
    print("|---|---|---|---|---|")
    for length, name in entered:
        first, later, memory = (statistics.median(each) for each in zip(*taken[length, name], strict=True))
        print(row(str(length), name, f"{first:.2f}", f"{1000 * later:.1f}", f"{memory:.0f}"))


if __name__ == "__main__":
    main()
