"""How long a graph of ten thousand operations that never repeat takes to be drawn, and how large its picture is.

    python -m tests.performance.pictures

Half of the operations read a value from further back: one of the last nine, or any. Each picture is made with Graphviz's `dot`,
where that is installed, and without it.
"""

import os
import shutil
import time

import numpy as np

import minigraph as mg
from minigraph.explain.circuit.render import rendered

OPERATIONS = 10_000


def uneven(count: int, reach: int = 9) -> mg.Graph:
    """A graph in which no step repeats: each operation takes a value from further back, too."""
    random = np.random.default_rng(0)
    kinds = (mg.Tanh, mg.Relu, mg.Sigmoid, np.abs)
    values = [mg.Input("x", ("N", 2))]
    while len(values) < count:
        far = values[-int(random.integers(1, min(len(values), reach) + 1))]
        values.append(kinds[int(random.integers(4))](values[-1]) if random.random() < 0.5 else values[-1] + far)
    return mg.Graph(loss=values[-1].sum())


def line(reach: int, kind: str) -> str:
    """A line of the table."""
    graph = uneven(OPERATIONS, reach)
    start = time.perf_counter()
    picture = rendered(graph.draw(), kind)
    seconds = time.perf_counter() - start
    how = "with dot" if shutil.which("dot") else "without dot"
    return f"{kind.upper()} {how}, back to {reach:6}: {seconds:5.1f} s, {len(picture) / 1e6:5.1f} MB"


if __name__ == "__main__":
    for path in [os.environ["PATH"], ""][not shutil.which("dot") :]:
        os.environ["PATH"] = path
        for reach in (9, OPERATIONS):
            for kind in ("svg", "png"):
                print(line(reach, kind))
