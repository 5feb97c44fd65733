"""What a program does: its memory, its arithmetic, and on request the time that each line takes."""

import time
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from minigraph.compiler.emission import Text
from minigraph.compiler.engine import Engine
from minigraph.compiler.plan import Plan
from minigraph.compiler.tiles import operations
from minigraph.core.node import Node
from minigraph.core.shapes import sized

__all__ = ["clocked", "report"]

STEP = "    def step("


def clocked(engine: Engine, seconds: dict[str, float]) -> Callable[..., Any]:
    """The engine's program, adding the time that each line of its steps takes to `seconds`."""
    source = engine.source
    for title, (_, text) in engine.parts.items():
        source = source.replace(text.source, _with_clock(title, text))
    last = time.perf_counter()

    def start() -> None:
        nonlocal last
        last = time.perf_counter()

    def passed(line: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[line] += now - last
        last = time.perf_counter()

    space: dict[str, Any] = {**engine.handed, "_start": start, "_passed": passed}
    exec(compile(source, "<minigraph program, clocked>", "exec"), space)
    program: Callable[..., Any] = space["program"]
    return program


def _with_clock(title: str, text: Text) -> str:
    lines = []
    for line in text.source.split("\n"):
        lines.append(line)
        if line.startswith(STEP):
            lines.append("        _start()")
        elif line.strip() in text.lines:
            lines.append(f"        _passed({title + ': ' + line.strip()!r})")
    return "\n".join(lines)


def report(engine: Engine, sizes: Mapping[str, int], seconds: Mapping[str, float]) -> str:
    """The program's parts, with the memory, the arithmetic and (where it was taken) the time of each line."""
    rows = [row for title, (made, text) in engine.parts.items() for row in _part(title, made, text, engine, sizes, seconds)]
    shown = ", ".join(f"{axis} = {size}" for axis, size in sizes.items()) or "no named axes"
    tiles = f"in tiles of {engine.tile} rows" if engine.tile else "as a whole"
    total = sum(seconds.values())
    spent = f", {total * 1e6:.0f} µs in its lines" if seconds else ""
    return "\n".join([f"A step for {shown}, {tiles}{spent}.", *rows])


def _part(
    title: str, made: Plan, text: Text, engine: Engine, sizes: Mapping[str, int], seconds: Mapping[str, float]
) -> list[str]:
    local = {axis: min(size, engine.tile) if engine.tile and title == "rows" else size for axis, size in sizes.items()}
    memory = [buffer.bytes * prod(local[name] for name in buffer.names.elements()) for buffer in made.buffers]
    apart = sum(_bytes(node, local) for node in made.places)
    head = f"{title}: {len(text.lines)} calls, {len(memory)} buffers of {_size(sum(memory))} ({_size(apart)} without reuse)"
    called = sorted({type(node).__name__ for node in made.order if made.calls[node] is None})
    lines = [head + (f"; called as they are: {', '.join(called)}" if called else "")]
    for line, node in text.lines.items():
        spent = seconds.get(f"{title}: {line}")
        clock = "" if spent is None else f"{spent * 1e6:9.1f} µs"
        lines.append(f"{clock}{_short(operations(made.calls[node], node, local)):>9}  {line}")
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


def _size(bytes: int) -> str:
    return f"{_short(bytes)}B"
