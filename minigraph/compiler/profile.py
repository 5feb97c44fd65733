"""What a program does: its memory, its arithmetic, and on request the time that each line takes."""

import time
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.emission import Part
from minigraph.compiler.engine import Engine, defined
from minigraph.compiler.threads import faster_kernels
from minigraph.compiler.tiles import operations
from minigraph.core.node import Node
from minigraph.core.shapes import sized

__all__ = ["clocked", "largest_product", "report"]


def clocked(engine: Engine, seconds: dict[str, float]) -> Callable[..., Any]:
    """The engine's program, adding the time that each line of its steps takes to `seconds`."""
    source = engine.source
    for part in engine.parts:
        source = source.replace(part.source, _with_clock(part))
    last = time.perf_counter()

    def start() -> None:
        nonlocal last
        last = time.perf_counter()

    def passed(line: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[line] += now - last
        last = time.perf_counter()

    return defined(source, {**engine.handed, "_start": start, "_passed": passed})


def _with_clock(part: Part) -> str:
    lines = []
    for line in part.source.split("\n"):
        lines.append(line)
        if line.startswith("    def step("):
            lines.append("        _start()")
        elif line.strip() in part.lines:
            indent = line[: len(line) - len(line.lstrip())]
            lines.append(f"{indent}_passed({part.title + ': ' + line.strip()!r})")
    return "\n".join(lines)


def largest_product(engine: Engine, sizes: Mapping[str, int]) -> int:
    """How many additions and multiplications the largest matrix product of a program is."""
    computed = (each for part in engine.parts for line in part.lines.values() for each in line)
    products = ((call, node) for call, node in computed if call is not None and call.function is np.matmul)
    return max((operations(call, node, sizes) for call, node in products), default=0)


def report(engine: Engine, sizes: Mapping[str, int], seconds: Mapping[str, float]) -> str:
    """The program's parts, with the memory, the arithmetic and (where it was taken) the time of each line."""
    rows = [row for part in engine.parts for row in _rows(part, engine.tiles.get(part.title, 0), sizes, seconds)]
    shown = ", ".join(f"{axis} = {size}" for axis, size in sizes.items()) or "no named axes"
    found = sorted({*engine.tiles.values()})
    tiles = f"in tiles of {' to '.join(map(str, dict.fromkeys((found[0], found[-1]))))} rows" if found else "as a whole"
    spent = f", {sum(seconds.values()) * 1e6:.0f} µs in its lines" if seconds else ""
    remark = faster_kernels()
    return "\n".join([f"A step for {shown}, {tiles}{spent}.", *([remark] if remark else []), *rows])


def _rows(part: Part, tile: int, sizes: Mapping[str, int], seconds: Mapping[str, float]) -> list[str]:
    plan = part.plan
    local = {axis: min(size, tile) if tile else size for axis, size in sizes.items()}
    memory = sized([buffer.bytes * buffer.times for buffer in plan.buffers], local)
    separate = sum(_bytes(node, local) for node in plan.places)
    head = f"{part.title}: {len(part.lines)} calls, {len(memory)} buffers of {_short(sum(memory))}B"
    called = sorted({type(node).__name__ for computed in part.lines.values() for call, node in computed if call is None})
    ruled = f"; called as they are: {', '.join(called)}" if called else ""
    lines = [f"{head} ({_short(separate)}B without reuse){ruled}"]
    for line, computed in part.lines.items():
        spent = seconds.get(f"{part.title}: {line}")
        clock = "" if spent is None else f"{spent * 1e6:9.1f} µs"
        lines.append(f"{clock}{_short(sum(operations(call, node, local) for call, node in computed)):>9}  {line}")
    return lines


def _bytes(node: Node, sizes: Mapping[str, int]) -> int:
    return prod(sized(node.shape, sizes)) * node.dtype.itemsize


def _short(number: float) -> str:
    """A number in three digits, with k, M or G.

    >>> _short(1234567)
    '1.23M'
    """
    for unit in ("", "k", "M"):
        if number < 1000:
            return f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}G"
