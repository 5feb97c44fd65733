"""How long a graph of ten thousand operations that never repeat takes to be drawn, and how large its picture is.

    python -m tests.performance.pictures

Half of the operations read a value from further back: one of the last nine, or any. Each picture is made with Graphviz's `dot`,
where that is installed, and without it.
"""

import os
import shutil
import time

from docs.graphs import uneven
from minigraph.explain.circuit.render import rendered

OPERATIONS = 10_000


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
