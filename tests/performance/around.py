"""What is around a step: prediction, the training loop, reading a table, the plain run, and compiling.

    OPENBLAS_NUM_THREADS=1 python -m tests.performance.around

Each figure is the least of a few repetitions in a fresh process, and the median of three rounds, in which the processes take
turns. What takes long is timed by what the process gets of the processor, on one thread.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import minigraph as mg
from models.two_layer import build
from tests.performance.overhead import cases

ROUNDS = 3
ROWS = 200_000


def least(function, repeats, clock=time.perf_counter):
    """The least seconds of a call."""
    times = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return min(times)


def predict_one():
    predictor, row = mg.Predictor(build()), np.zeros((1, 2), np.float32)
    return least(lambda: predictor(row), 1000)


def predict_many():
    predictor, rows = mg.Predictor(build()), np.zeros((300_000, 2), np.float32)
    return least(lambda: predictor(rows), 5)


def moons():
    """Three quarters of the demo's rows, and the others."""
    training, validation = mg.data.split(mg.data.read("moons"), seed=0)
    return dict(training), dict(validation)


def demo_programs():
    """An epoch of the demo's programs alone: a step, and the validation's figures."""
    (training, validation), graph = moons(), build()
    measured = mg.Graph(loss=graph["loss"], accuracy=mg.accuracy(graph["z2"], graph.inputs["y"]))
    step, figures = mg.compile(measured, updates=mg.SGD(0.1).minimize(graph["loss"])), mg.compile(measured)

    def epochs():
        for _ in range(1000):
            step(**training), figures(**validation)

    return least(epochs, 4, time.process_time) / 1000


def demo_training(epochs=4000):
    """An epoch of the demo as `minigraph train` does it: with its log and its checkpoints."""
    training, validation = moons()

    def train():
        with tempfile.TemporaryDirectory() as folder:
            callbacks = [mg.JSONLog(Path(folder, "log.jsonl"))]
            callbacks += [mg.Checkpoint(folder, every=epochs // 20, best="validation loss", seconds=1)]
            optimizer = mg.SGD(0.1)
            mg.Trainer(build(), training, optimizer=optimizer, validation=validation, callbacks=callbacks).run(epochs)

    return least(train, 3, time.process_time) / epochs


def table():
    """A table of 20 features and a label."""
    path = Path(tempfile.gettempdir(), f"minigraph-{ROWS}.csv")
    if not path.exists():
        rng = np.random.default_rng(0)
        rows = np.hstack([rng.normal(size=(ROWS, 20)).round(6), rng.integers(0, 3, (ROWS, 1))])
        np.savetxt(path, rows, fmt=["%.6f"] * 20 + ["%d"], delimiter=",", header=",".join("abcdefghijklmnopqrstu"), comments="")
    return path


def read_table():
    path = table()
    return least(lambda: mg.data.read_csv(path), 2, time.process_time)


def read_by_numpy():
    path = table()
    return least(lambda: np.loadtxt(path, delimiter=",", skiprows=1), 2, time.process_time)


def plain_run():
    return least(cases(200)[1], 400)


def by_hand():
    return least(cases(200)[0], 400)


def compile_chain(nodes=50_000):
    y = mg.Input("x", ("N", 8))
    for _ in range(nodes // 8):
        y = np.tanh(y) * 1.01
    loss = y.sum()
    (slope,) = mg.gradient(loss, [mg.Graph(loss).inputs["x"]])
    graph = mg.Graph(loss=loss, slope=slope)
    return least(lambda: mg.compile(graph), 1, time.process_time) * nodes / len(graph.nodes)


FIGURES = [
    predict_one,
    predict_many,
    demo_programs,
    demo_training,
    read_table,
    read_by_numpy,
    plain_run,
    by_hand,
    compile_chain,
]


def main():
    if len(sys.argv) > 1:
        print(json.dumps(globals()[sys.argv[1]]()))
        return
    found = {function.__name__: [] for function in FIGURES}
    for _ in range(ROUNDS):
        for name, seen in found.items():
            command = [sys.executable, "-m", "tests.performance.around", name]
            seen.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    for name, seen in found.items():
        print(f"{name:16}{statistics.median(seen) * 1e6:14.1f} µs   from {min(seen) * 1e6:.1f} to {max(seen) * 1e6:.1f}")


if __name__ == "__main__":
    main()
