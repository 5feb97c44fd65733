"""A small training on many devices, in a process of its own: `python -m tests.compiler.many_devices FOLDER OPTIONS`.

OPTIONS are JSON: what `mg.Trainer` takes, to which epoch it goes, and when the process kills itself. The losses are printed so.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.compiler.jax.collectives import collectives

ROWS = 41


class Signalled(mg.Callback):
    """The process gets a signal after some steps."""

    def __init__(self, steps, kind):
        self.left, self.kind = steps, kind

    def on_step_end(self, trainer):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), getattr(signal, self.kind))


def network():
    """A classifier with dropout, whose draws are rows too."""
    x, y = mg.Input("x", ("N", 6)), mg.Input("y", ("N",), dtype=np.int64)
    rng = np.random.default_rng(0)
    w1, b1 = mg.Parameter("W1", rng.normal(size=(6, 8))), mg.Parameter("b1", np.zeros(8))
    w2 = mg.Parameter("W2", rng.normal(size=(8, 3)))
    random = mg.RandomState(1)
    hidden = mg.Dropout(np.tanh(x @ w1 + b1), random, ratio=0.25)
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(hidden @ w2, y))


def write_rows(folder):
    """The rows, in files that a training reads from."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(ROWS, 6)).astype(np.float32)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", (x[:, 0] + x[:, 1] > 0).astype(np.int64) + (x[:, 2] > 1))


def trained(folder, epochs, *, resume=False, signalled=None, **options):
    """The history of a training into a folder, or on from what is there."""
    rows = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in "xy"}
    graph = network()
    callbacks = [mg.Checkpoint(folder / "run", steps=1, best="validation loss")] + (
        [Signalled(*signalled)] if signalled else []
    )
    trainer = mg.Trainer(graph, rows, optimizer=mg.Adam(0.02), batch_size=16, validation=rows, callbacks=callbacks, **options)
    if resume:
        trainer.resume(folder / "run")
    return trainer.run(epochs)


def counted(mesh, shard=None):
    """The collective operations of a step."""
    loss = network()["loss"]
    step = mg.compile(loss, updates=mg.Adam(0.02).minimize(loss), engine="jax", mesh=mesh, shard=shard)
    step(x=np.zeros((16, 6)), y=np.zeros(16))
    return collectives(step.source)


if __name__ == "__main__":
    asked = json.loads(sys.argv[2])
    if asked.get("shard"):
        asked["shard"] = {name: tuple(axes) for name, axes in asked["shard"].items()}
    if "epochs" in asked:
        print(json.dumps({name: list(map(float, each)) for name, each in trained(Path(sys.argv[1]), **asked).items()}))
    else:
        print(json.dumps(counted(**asked)))
