"""A loop written down: the arrays of a scan, and the lines of its body, run over the places of all of them at once."""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

from minigraph.compiler.kernel_calls import KernelCalls
from minigraph.compiler.plan import Loop
from minigraph.core.node import Node
from minigraph.readings import Source

__all__ = ["LoopWriter"]


class LoopWriter:
    """How a scan is written: `for h, x, h_next in zip(states[:-1], x, states[1:])`, and the body.

    Parameters
    ----------
    outer
        The writer of the function that the loop is in, or of the loop around it.
    scan, loop
        The scan, and its plan.
    memory
        The names of the outer writer's buffers.
    """

    def __init__(self, outer: Any, scan: Any, loop: Loop, memory: Sequence[str]) -> None:
        self.outer, self.scan, self.loop, self.memory = outer, scan, loop, memory
        self.inner = copy(outer)
        self.inner.plan, self.inner.texts, self.inner.loops = loop.plan, {}, {}
        self.inner.kernels = KernelCalls(self.inner, outer.kernels.tables)
        self.inner.user_names = {node: node.name for node in (*scan.body.nodes, *loop.plan.order) if node.name}
        self.arrays: list[str] = []
        """The names of the arrays."""

    def setting(self) -> Iterator[str]:
        """What is ready before a step: the arrays, what is read of them later, and the memory of the body."""
        body, layout = self.scan.body, self.loop.layout
        named = [f"{leaf.name}{'_steps' * stored}" for leaf, stored in zip(body.carry, layout.states, strict=True)]
        named += [f"{node.name or 'value'}_steps" for node in layout.others]
        for name, (shape, dtype), place in zip(named, layout.arrays, self.loop.places, strict=True):
            self.arrays.append(self.outer.own(name, "steps"))
            yield f"{self.arrays[-1]} = {self.outer.array(shape, dtype, self.memory[place])}"
        yield from self.parts()
        yield from self.inner.static()
        yield from self.inner.buffers([self.memory[place] for place in self.loop.scratch])

    def parts(self) -> Iterator[str]:
        """What is read of the scan, as views of its arrays."""
        body, layout, names = self.scan.body, self.loop.layout, dict[int, str]()
        earlier, later = ("[1:]", "[:-1]") if self.scan.reverse else ("[:-1]", "[1:]")
        views: list[str] = []
        for leaf, array, stored in zip(body.carry, self.arrays, layout.states, strict=False):
            views.append(array + self.place(0 if self.scan.reverse else -1, leaf) * stored)
        states = self.arrays[: len(body.carry)]
        where = dict(zip(body.new, [array + later for array in states], strict=True))
        where |= dict(zip(body.carry, [array + earlier for array in states], strict=True))
        where |= dict(zip(layout.others, self.arrays[len(body.carry) :], strict=True))
        views += [where[node] for node in body.stacked]
        for part in self.outer.plan.bases:
            if part.operands[0] is self.scan:
                if part.i not in names:
                    names[part.i] = self.outer.name(part, "v")
                    yield f"{names[part.i]} = {views[part.i]}"
                self.outer.texts[part] = names[part.i]

    @staticmethod
    def place(at: int, value: Node) -> str:
        """One place of an array, as an array that can be written into."""
        return f"[{at}]" if value.shape else f"[{at}, ...]"

    def computing(self) -> Iterator[tuple[str, list[tuple[Source | None, Node]]]]:
        """The lines of the loop, and what each computes."""
        body, layout, inner, outer = self.scan.body, self.loop.layout, self.inner, self.outer
        first, sequences, captured = body.split(self.scan.operands)
        reverse = self.scan.reverse
        along: list[tuple[str, str]] = []
        copies: list[tuple[str, Node]] = []
        for leaf, new, array, stored, begin in zip(body.carry, body.new, self.arrays, layout.states, first, strict=False):
            at = self.place(-1 if reverse else 0, leaf) if stored else ""
            yield f"np.copyto({array}{at}, {outer.value(begin)})", []
            inner.texts[leaf] = inner.name(leaf, "carry") if stored else array
            if stored:
                along.append((inner.texts[leaf], f"{array}[:0:-1]" if reverse else f"{array}[:-1]"))
                along.append(self.stored(new, f"{leaf.name}_next", f"{array}[-2::-1" if reverse else f"{array}[1:", copies))
        for leaf, sequence in zip(body.slices, sequences, strict=True):
            inner.texts[leaf] = inner.own(f"{leaf.name}_t", "x")
            along.append((inner.texts[leaf], f"{outer.value(sequence)}{'[::-1]' * reverse}"))
        for node, array in zip(layout.others, self.arrays[len(body.carry) :], strict=True):
            along.append(self.stored(node, f"{node.name or 'value'}_t", f"{array}[::{'-1' * reverse}", copies))
        for leaf, value in zip(body.captured, captured, strict=True):
            text = outer.value(value)
            if not text.isidentifier():  # such as W.T, a view that each step would make anew
                yield f"{(name := inner.name(leaf, 'v'))} = {text}", []
                text = name
            inner.texts[leaf] = text
        targets, sources = (", ".join(each) for each in zip(*along, strict=True))
        yield f"for {targets} in {f'zip({sources})' if len(along) > 1 else sources}:", []
        for line, computed in inner.computing():
            yield f"    {line}", computed
        for place, node in copies:
            yield f"    np.copyto({place}, {inner.value(node)})", []
        for leaf, new in self.loop.plan.updates.items():
            if self.loop.plan.written.get(new) is not leaf:
                yield f"    np.copyto({inner.texts[leaf]}, {inner.value(new)})", []

    def stored(self, node: Node, name: str, view: str, copies: list[tuple[str, Node]]) -> tuple[str, str]:
        """The name of a value's place in a step, and the array it runs over; what is computed elsewhere is copied there."""
        place = self.inner.own(name, "place")
        if node in self.loop.plan.stored and node not in self.inner.texts:
            self.inner.texts[node] = place
        else:
            copies.append((place, node))
        return place, (view + ("]" if node.shape else ", None]")).removesuffix("[::]")
