"""One training step (forward, backward, and the optimizer; float32) by each engine, on one thread.

    python -m tests.performance.engines [--rounds N] [--only NAME]        # the table, as Markdown

Every figure is taken in a process of its own, and the engines take turns, round by round. A figure is the least processor time
of a step in its process: other work on the machine takes none of it. Told are the medians of the rounds in microseconds, their
ratio, and between what the ratios of single rounds lie.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

from tests.performance.contest import row
from tests.performance.networks import drawn

SECONDS = 1.5
"""For how long a process repeats the step."""
CASES = {
    "article's model, batch 1": ("article", 1),
    "article's model, batch 200": ("article", 200),
    "article's model, batch 8192": ("article", 8192),
    "gpt.py, 32 texts": ("gpt", 32),
    "character_lstm.py, 32 texts": ("lstm", 32),
    "lenet.py, 128 images": ("lenet", 128),
}


def step_of(engine, kind, rows):
    """A step of training by an engine, and the input that it takes."""
    import minigraph as mg
    from models import character_lstm, gpt, lenet, two_layer

    if kind == "article":
        rng = np.random.default_rng(0)
        X, Y = rng.normal(size=(rows, 2)).astype(np.float32), rng.integers(0, 2, rows)
        graph, optimizer = two_layer.build(), mg.SGD(0.01)
    else:
        X, Y = drawn(kind, rows)
        graph, optimizer = {"lenet": lenet, "lstm": character_lstm, "gpt": gpt}[kind].build(), mg.Adam(0.001)
    loss = graph["loss"]
    program = mg.compile(mg.Graph(loss=loss), updates=optimizer.minimize(loss), threads=1, engine=engine)
    assert program.engine == engine
    return lambda: program(x=X, y=Y)["loss"]


def least(step, seconds=SECONDS):
    """The least processor time of a step in this process, in microseconds, and the losses of the first steps."""
    losses = [float(step()) for _ in range(3)]
    start = time.process_time()
    step()
    calls = max(1, int(1e-3 / max(time.process_time() - start, 1e-6)))  # so many that the clock is fine enough
    found, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.process_time()
        for _ in range(calls):
            step()
        found = min(found, (time.process_time() - start) / calls)
    return found * 1e6, losses


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "CASE"), help="time one step in this process, as JSON")
    parser.add_argument("--only", default="", help="the cases whose name has this in it")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(least(step_of(asked.one[0], *CASES[asked.one[1]]))))
        return
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    print(row("case", "numpy", "c", "c ÷ numpy", "of single rounds"), row("---", "---", "---", "---", "---"), sep="\n")
    for case in [name for name in CASES if asked.only in name]:
        taken = {"numpy": [], "c": []}
        for _ in range(asked.rounds):
            for engine, found in taken.items():
                command = [sys.executable, "-m", "tests.performance.engines", "--one", engine, case]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=one_thread)
                found.append(json.loads(done.stdout.splitlines()[-1])[0])
        ratios = [mine / theirs for mine, theirs in zip(taken["c"], taken["numpy"], strict=True)]
        numpy, c = (statistics.median(taken[engine]) for engine in ("numpy", "c"))
        print(row(case, f"{numpy:.0f}", f"{c:.1f}", f"{c / numpy:.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"), flush=True)


if __name__ == "__main__":
    main()
