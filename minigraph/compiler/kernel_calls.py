"""The calls of kernels from a program in NumPy: functions of as many loops as follow each other, and what they are given.

A function takes one table: the sizes of the named axes, and the addresses of the arrays that its loops read and write.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from minigraph.compiler.fusion import Group
from minigraph.compiler.kernels import SIMD, kernel_of
from minigraph.compiler.plan import Plan
from minigraph.compiler.shared_objects import Table
from minigraph.core.leaves import Variable
from minigraph.core.node import Node
from minigraph.core.sizes import Axis, SymbolicSize, named_axis, substitute
from minigraph.readings import Source, type_name

__all__ = ["KernelCalls"]

LONG = 500
"""Of how many lines a function of several loops is at most: a compiler takes more than twice as long for twice as many."""


class Writer(Protocol):
    """The writer of a part of a program."""

    plan: Plan
    title: str
    texts: dict[Node, str]
    comments: list[str]
    axes: dict[str, SymbolicSize]

    def fresh(self, kind: str) -> str:
        """A name of this kind that is not taken."""

    def hand(self, kind: str, value: Any, what: str) -> str:
        """The name under which the program is handed a value."""

    def value(self, node: Node) -> str:
        """How a value is written where it is read."""

    def target(self, variable: Node) -> str:
        """Where the new value of a variable, or of a carry, is written."""


class KernelCalls:
    """The functions in C of a part of a program, or of the body of a loop, and the table of sizes and addresses for them."""

    def __init__(self, writer: Writer, tables: "list[KernelCalls]") -> None:
        self.writer, self.plan, self.tables = writer, writer.plan, tables
        """The tables of the part, those of its loops among them."""
        self.functions: list[str] = []
        self.table, self.cells, self.put, self.seen = "", "", "", ""
        self._loops: list[list[str]] = []
        self._places: dict[str, int] = {}
        """Where in the table the address of what is written so stands."""
        self._entries: list[str] = []
        """The arrays of the table; None for one that a step is given or makes anew."""
        self._new: list[str] = []
        self._axes = {axis: named_axis(f"n{i}") for i, axis in enumerate(writer.axes)}

    def add(self, group: Group) -> None:
        """Write the loop of a group."""
        if not self.table:
            self.table, self.cells, self.put, self.seen = map(self.writer.fresh, ("table", "cells", "put", "seen"))
            self.tables.append(self)
        for node in group.stored:
            if node in self.plan.written:
                self.writer.texts[node] = self.writer.target(self.plan.written[node])
        self._loops.append(kernel_of(group, self.plan, self._size, self._slot))

    def calls(self, nodes: Sequence[Node]) -> Iterator[tuple[str, list[tuple[Source | None, Node]]]]:
        """The lines that call what was written since the last call."""
        if not self._loops:
            return
        name = self.writer.fresh(f"{self.writer.title}_kernel")
        body = [line for loop in self._loops for line in loop]
        if len(body) > LONG:
            parts = {f"{name}_{i}": loop for i, loop in enumerate(self._loops)}
            self.functions += [
                self._function(f"static __attribute__((noinline)) void {part}", loop) for part, loop in parts.items()
            ]
            body = [f"{part}(p);" for part in parts]
        self.functions.append(self._function(f"void {name}", body))
        yield from ((line, []) for line in self._new)
        yield f"{name}({self.cells})", [(self.plan.calls[node], node) for node in nodes]
        self._loops, self._new = [], []

    def _function(self, head: str, body: Sequence[str]) -> str:
        sizes = [f"const int64_t {size} = (int64_t)p[{i}];  // {axis}" for i, (axis, size) in enumerate(self._axes.items())]
        lines = [f"    {line}" if not line.startswith(SIMD) else line for line in (*sizes, *body)]
        return "\n".join([f"{head}(void *const *p) {{", *lines, "}"])

    def setting(self, sizes: Sequence[str]) -> list[str]:
        """The lines that make the table."""
        handed = self.writer.hand("table", Table, "a table of sizes and addresses for the kernels, which stand below")
        table = self.table
        lines = [f"{table} = {handed}([{', '.join(sizes)}], [{', '.join(self._entries)}])"]
        return [*lines, f"{self.cells}, {self.put}, {self.seen} = {table}.cells, {table}.put, {table}.seen"]

    def _size(self, axis: Axis) -> str:
        return str(substitute(axis, self._axes)).translate(IN_C)

    def _slot(self, node: Node, dtype: np.dtype[Any]) -> int:
        """The number of the address of a value, of elements of this type, which is its own where it is not static."""
        root = self.plan.root(node)
        text, stays = self.writer.value(node), root in self.plan.places or root in self.plan.loops
        if node in self.plan.static:
            text, stays = f'np.array({text}, {type_name(dtype)}, order="C")', True
        elif not stays:  # in whichever shape it is seen, its elements lie in this order
            text = self.writer.value(root)
        place = self._places.setdefault(text, len(self._axes) + len(self._entries))
        if place == len(self._axes) + len(self._entries):
            self._entries.append(text if stays else "None")
            if not stays:
                seen = f"{self.seen}[{place}]() is {text} or " if isinstance(root, Variable) else ""
                self._new.append(f"{seen}{self.put}({place}, {text})")
        return place


IN_C = str.maketrans({"·": " * ", "−": " - ", "+": " + ", "/": " / ", ",": ", ", "⌊": "(", "⌋": ")"})
"""The signs of a size that is shown, as C writes them."""
