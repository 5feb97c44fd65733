"""What is around a step: prediction, the training loop, reading a table, the plain run, and compiling.

    OPENBLAS_NUM_THREADS=1 python -m tests.performance.around [NAME...]

Figures of pandas and pyarrow want these beside minigraph, and are left out without them.
Each figure is the least of a few repetitions in a fresh process, and the median of three rounds, in which the processes take
turns. What takes long is timed by what the process gets of the processor, on one thread.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.training.data import plain
from models import mlp
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


def demo_training(epochs=20_000):
    """An epoch of the demo as `minigraph train` does it: with its log and its checkpoints, what is compiled and the end."""
    training, validation = moons()

    def train():
        with tempfile.TemporaryDirectory() as folder:
            callbacks = [mg.JSONLog(Path(folder, "log.jsonl"))]
            callbacks += [mg.Checkpoint(folder, every=epochs // 20, best="validation loss", seconds=1)]
            optimizer = mg.SGD(0.1)
            mg.Trainer(build(), training, optimizer=optimizer, validation=validation, callbacks=callbacks).run(epochs)

    return least(train, 1, time.process_time) / epochs


def images(rows, features):
    """Images at random, of ten classes."""
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(rows, features)).astype(np.float32), "y": rng.integers(0, 10, rows)}


def batch_steps(graph, data, size):
    """A step of Adam alone, on mini-batches that lie one after the other."""
    measured = mg.Graph(loss=graph["loss"], accuracy=mg.accuracy(graph["loss"].operands[0], graph.inputs["y"]))
    step = mg.compile(measured, updates=mg.Adam(0.001).minimize(graph["loss"]))
    batches = [{name: array[i : i + size] for name, array in data.items()} for i in range(0, 16 * size, size)]

    def steps():
        for batch in batches * 16:
            step(**batch)

    return least(steps, 4, time.process_time) / 256


def batch_training(graph, data, size):
    """A step of the same training in mini-batches that are drawn anew."""
    trainer = mg.Trainer(graph, data, optimizer=mg.Adam(0.001), batch_size=size)
    epochs = max(16 * 16 // trainer.steps, 1)
    return least(lambda: trainer.run(trainer.epoch + epochs), 4, time.process_time) / (epochs * trainer.steps)


def digits_steps():
    return batch_steps(mlp.build(), images(1797, 64), 32)


def digits_training():
    return batch_training(mlp.build(), images(1797, 64), 32)


def images_steps():
    return batch_steps(mlp.fashion(), images(60_000, 784), 64)


def images_training():
    return batch_training(mlp.fashion(), images(60_000, 784), 64)


def late_epochs(epochs=1000):
    """One of a hundred epochs of the demo after so many, each with a line in the log and a checkpoint."""
    training, validation = moons()
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [mg.JSONLog(Path(folder, "log.jsonl")), mg.Checkpoint(folder)]
        trainer = mg.Trainer(build(), training, optimizer=mg.SGD(0.1), validation=validation, callbacks=callbacks)
        trainer.run(epochs)
        return least(lambda: trainer.run(trainer.epoch + 50), 2, time.process_time) / 50


def early_epochs():
    return late_epochs(10)


def table():
    """A table of 20 features and a label."""
    path = Path(tempfile.gettempdir(), f"minigraph-{ROWS}.csv")
    if not path.exists():
        rng = np.random.default_rng(0)
        rows = np.hstack([rng.normal(size=(ROWS, 20)).round(6), rng.integers(0, 3, (ROWS, 1))])
        np.savetxt(path, rows, fmt=["%.6f"] * 20 + ["%d"], delimiter=",", header=",".join("abcdefghijklmnopqrstu"), comments="")
    return path


def read_table():
    """By minigraph without Arrow."""
    path, plain._arrow = table(), lambda module: None
    return least(lambda: mg.data.read_csv(path), 3, time.process_time)


def read_by_arrow():
    """By minigraph with Arrow."""
    path = table()
    return least(lambda: mg.data.read_csv(path), 3, time.process_time) if find_spec("pyarrow") else None


def read_by_numpy():
    path = table()
    return least(lambda: np.loadtxt(path, delimiter=",", skiprows=1), 3, time.process_time)


def read_by_pandas():
    path, pandas = table(), import_module("pandas") if find_spec("pandas") else None
    return least(lambda: pandas.read_csv(path), 3, time.process_time) if pandas else None


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
    digits_steps,
    digits_training,
    images_steps,
    images_training,
    early_epochs,
    late_epochs,
    read_table,
    read_by_arrow,
    read_by_numpy,
    read_by_pandas,
    plain_run,
    by_hand,
    compile_chain,
]


def main():
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(globals()[sys.argv[2]]()))
        return
    found = {function.__name__: [] for function in FIGURES if function.__name__ in sys.argv[1:] or not sys.argv[1:]}
    for _ in range(ROUNDS):
        for name, seen in found.items():
            command = [sys.executable, "-m", "tests.performance.around", "--one", name]
            seen.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    for name, seen in found.items():
        if None in seen:
            continue
        print(f"{name:16}{statistics.median(seen) * 1e6:14.1f} µs   from {min(seen) * 1e6:.1f} to {max(seen) * 1e6:.1f}")


if __name__ == "__main__":
    main()
