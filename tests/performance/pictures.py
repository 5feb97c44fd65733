"""How large circuits and their type are, and how long they take: the graphs of docs/graphs.py, or models read from files.

    python -m tests.performance.pictures [FILE.onnx …] [--images 1 3 320 320] [--large]

A row for each graph, theme and renderer: the smallest type of the circuit, the derivatives and the run, in points, where they
are shown on a slide of 960 × 540 points or on a page that is 960 points wide; the size of the largest of them, in points; how
long the slowest took, in seconds; and how many faults their geometry has. `--images` is the shape of a file's input. `--large`
draws instead ten thousand operations that never repeat; half of them read a value from further back: one of the last nine, or
any.
"""

import argparse
import os
import shutil
import time
from pathlib import Path

import minigraph as mg
from docs.graphs import GRAPHS, run_of, uneven
from minigraph.explain.circuit.render import rendered
from tests.explain.geometry import faults
from tests.explain.svg import Picture

OPERATIONS = 10_000
PATHS = {"graphviz-pure": "", "dot": os.environ["PATH"]}


def renderers():
    """Each renderer of this machine in turn, put first."""
    for name, path in PATHS.items():
        if name != "dot" or shutil.which("dot", path=path):
            os.environ["PATH"] = path
            yield name
    os.environ["PATH"] = PATHS["dot"]


def measured(graph, theme):
    """Of a circuit, its derivatives and a run: the smallest types, the largest sides, the seconds and the faults."""
    pictures, seconds, wrong = [], [], 0
    for draw in (graph.draw, lambda **options: graph.draw(derivatives=True, **options), run_of(graph).draw):
        start = time.perf_counter()
        svg = rendered(draw(theme=theme), "svg")
        seconds.append(time.perf_counter() - start)
        pictures.append(Picture(svg))
        wrong += len(faults(pictures[-1]))
    high = 540 if theme == "slide" else float("inf")
    types = [picture.type_at(960, high) for picture in pictures]
    wide, tall = (max(getattr(picture, side) for picture in pictures) for side in ("width", "height"))
    return types, (wide, tall), seconds, wrong


def row(name, graph, theme, renderer):
    """A row of the table."""
    types, (wide, tall), seconds, wrong = measured(graph, theme)
    smallest = " / ".join(f"{size:.1f}" for size in types)
    return (
        f"| {name} | {len(graph.operations)} | {theme} | {renderer} | {smallest} | {wide:.0f} × {tall:.0f} "
        f"| {max(seconds):.2f} | {wrong or ''} |"
    )


def large(reach, kind):
    """A line about ten thousand operations."""
    graph = uneven(OPERATIONS, reach)
    start = time.perf_counter()
    picture = rendered(graph.draw(), kind)
    return f"{kind.upper()}, back to {reach:6}: {time.perf_counter() - start:5.1f} s, {len(picture) / 1e6:5.1f} MB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*")
    parser.add_argument("--images", nargs="*", type=int)
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    if given.large:
        for renderer in renderers():
            for reach in (9, OPERATIONS):
                for kind in ("svg", "png"):
                    print(f"{renderer}: {large(reach, kind)}", flush=True)
    else:
        shape = {"images": tuple(given.images)} if given.images else {}
        graphs = {Path(file).stem: mg.from_onnx(file, **shape) for file in given.files} or {
            name: make() for name, make in GRAPHS.items()
        }
        print("| graph | operations | theme | renderer | smallest type, pt | largest, pt | seconds | wrong |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for name, graph in graphs.items():
            for theme in ("slide", "screen"):
                for renderer in renderers():
                    print(row(name, graph, theme, renderer), flush=True)
