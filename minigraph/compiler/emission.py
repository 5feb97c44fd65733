"""A plan written down: a Python source that needs NumPy alone, to be read, run, and pasted into another program."""

import keyword
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from minigraph.compiler.faster_calls import faster_call
from minigraph.compiler.joining import PlaceIn, places_in
from minigraph.compiler.kernel_calls import KernelCalls
from minigraph.compiler.loop_emission import LoopWriter
from minigraph.compiler.plan import Plan
from minigraph.compiler.primitives import RESHAPED, call_of
from minigraph.core.node import Constant, Node
from minigraph.core.rules import read_only
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import Axis, named_axis, substitute
from minigraph.ops.opaque import unaliased
from minigraph.ops.sizes import in_axes
from minigraph.readings import Source, array_text, literal, size_text, type_name

__all__ = ["Part", "emit"]

LONG = 1000
"""How many lines come before `step`, at most, without a branch: CPython moves all up to the first one once for each name that
`step` shares, which for ten thousand takes seconds."""
LITERAL = 16
"""Constants of at most this many elements are written out; larger ones are handed to the program."""


Computed = list[tuple[Source | None, Node]]
"""What a line computes: primitives, with the call of NumPy that each is."""


@dataclass(frozen=True)
class Part:
    """A function of a program: the plan that it is written from, and what it needs besides NumPy."""

    title: str
    """The name of the function."""
    plan: Plan
    source: str
    handed: dict[str, Any]
    """Large constants, and rules that are not one call, by the names that stand for them."""
    lines: dict[str, Computed]
    """The lines of a step that compute something, and what."""
    c: str = ""
    """The functions in C that the lines call."""


def emit(
    plan: Plan,
    arguments: Sequence[Node],
    names: Mapping[Node, str],
    axes: Sequence[str],
    *,
    title: str = "program",
    copies: bool = True,
    targets: Mapping[Node, Node] = MappingProxyType({}),
) -> Part:
    """Emission: the source of a function of the sizes of the named axes, which gives the function of one step.

    Parameters
    ----------
    plan
        The order of the operations, and where each value lies.
    arguments
        The leaves that a step is given.
    names
        How the user calls some of the nodes.
    axes
        The named axes.
    title
        The name of the function.
    copies
        Whether the results are copies that no later step overwrites.
    targets
        For variables, the leaves that stand for the memory of their new values, where it is not their own.
    """
    return _Writer(plan, arguments, names, axes, title, targets).part(copies)


class _Writer:
    def __init__(
        self,
        plan: Plan,
        arguments: Sequence[Node],
        names: Mapping[Node, str],
        axes: Sequence[str],
        title: str,
        targets: Mapping[Node, Node],
    ) -> None:
        self.plan, self.arguments, self.user_names, self.title, self.targets = plan, arguments, names, title, targets
        self.taken = {"np", "max", "zip", "step", "results", "empty", title}
        self.numbers: Counter[str] = Counter()
        """Up to where the names of a kind are taken."""
        self.axes = {axis: named_axis(self.own(axis, "size")) for axis in axes}
        """The sizes of the named axes, as variables of the program."""
        self.handed: dict[str, Any] = {}
        self.comments: list[str] = []
        """What each of these is, a comment of the source each."""
        self.texts: dict[Node, str] = {}
        """How each value is written where it is read."""
        self.loops: dict[Node, LoopWriter] = {}
        self.kernels = KernelCalls(self, [])

    def part(self, copies: bool) -> Part:
        for node in self.arguments:
            self.texts[node] = self.name(node, "argument")
        setting = [*self.static(), *self.buffers()]
        if len(setting) > LONG:
            setting.insert(0, "assert callable(empty)  # a branch, before which CPython puts a line for each name of `step`")
        computing = list(self.computing())
        step = [line for line, _ in computing]
        results = [self.result(node) if copies else self.value(node) for node in self.plan.outputs]
        step += [f"results = ({', '.join(results)}{',' * (len(results) == 1)})"]
        copied = {variable: new for variable, new in self.plan.updates.items() if new not in self.plan.written}
        step += [f"np.copyto({self.target(variable)}, {self.value(new)})" for variable, new in copied.items()]
        inner = _function(f"step({', '.join(self.texts[node] for node in self.arguments)})", [*step, "return results"])
        head = f"{self.title}({', '.join([*map(str, self.axes.values()), 'empty=np.empty'])})"
        tables = self.kernels.tables
        if tables:
            setting += [line for each in tables for line in each.setting([*map(str, self.axes.values())])]
            names = ", ".join(each.table for each in tables)
            inner += ["", f"step.tables = [{names}]  # they have the memory that the kernels read and write"]
        outer = _function(head, [*setting, "", *inner, "", "return step"])
        lines = {line.strip(): computed for line, computed in computing if computed}
        c = "\n\n".join(function for each in tables for function in each.functions)
        return Part(self.title, self.plan, "\n".join([*self.comments, *outer]), self.handed, lines, c)

    def computing(self) -> Iterator[tuple[str, Computed]]:
        """The lines of a step, each with what it computes; groups that follow each other are one function in C."""
        waiting: list[Node] = []
        for unit in self.plan.units:
            node, group = unit[0], self.plan.groups.get(unit[0])
            if group is not None:
                self.kernels.add(group)
                waiting += unit
                continue
            yield from self.kernels.calls(waiting)
            waiting = []
            if node in self.loops:
                yield from self.loops[node].computing()
            else:
                yield from ((line, [(self.plan.calls[node], node)]) for line in self.lines(node))
        yield from self.kernels.calls(waiting)

    def name(self, node: Node, kind: str) -> str:
        """A variable for a node."""
        return self.own(self.user_names.get(node, ""), kind)

    def own(self, given: str, kind: str) -> str:
        """A variable: of the given name where that can be, else of it or of its kind and a number."""
        name = unicodedata.normalize("NFKC", given)  # as Python reads it
        if not name.isidentifier() or keyword.iskeyword(name):
            return self.fresh(kind)
        if name in self.taken:
            return self.fresh(name)
        self.taken.add(name)
        return name

    def fresh(self, kind: str) -> str:
        """A name of this kind that is not taken."""
        while (name := f"{kind}{self.numbers[kind]}") in self.taken:
            self.numbers[kind] += 1
        self.taken.add(name)
        return name

    def hand(self, kind: str, value: Any, what: str) -> str:
        """The name under which the program is handed a value."""
        name = self.fresh(f"{self.title}_{kind}")
        self.handed[name] = value
        self.comments.append(f"# {name}: {what}, which the program is handed.")
        return name

    def target(self, variable: Node) -> str:
        """Where the new value of a variable, or of a carry, is written."""
        return self.texts[self.targets.get(variable, variable)]

    def size(self, axis: Axis) -> str:
        """The size as the program computes it."""
        return size_text(substitute(axis, self.axes))

    def shape(self, shape: Sequence[Axis]) -> str:
        """The shape as a tuple of such sizes."""
        return f"({', '.join(map(self.size, shape))}{',' * (len(shape) == 1)})"

    def value(self, node: Node) -> str:
        """How a value is written where it is read: its name, or, for a view of what has no buffer, how it is seen."""
        if node not in self.texts:
            self.texts[node] = self.call(node)
        return self.texts[node]

    def call(self, node: Node, out: str | None = None) -> str:
        """The call that an operation is."""
        function = self.plan.function(node)
        if node in self.plan.bases and function in RESHAPED:
            return f"{self.value(node.operands[0])}.reshape({', '.join(map(self.size, node.shape)) or '()'})"
        operands = [self.value(operand) for operand in node.operands]
        if function is np.reshape:  # NumPy makes a copy or a view of a transposed array, as it can
            return f"np.copy({operands[0]}, order='C').reshape({self.shape(node.shape)})"
        faster = faster_call(node, operands, out) if out else None
        if faster is not None:
            return faster
        call = call_of(in_axes(node, self.axes), operands, out)
        if call is not None:
            return call.text
        called = validated if node in self.plan.may_fail and node.validates else owned
        rule = self.hand("rule", partial(called, node), f"{type(node).__name__}'s rule")
        return f"{rule}({', '.join([*operands, *([f'out={out}'] if out else [])])})"

    def static(self) -> Iterator[str]:
        """What follows from sizes and constants alone: written in place, or computed once for given sizes."""
        written = self.written()
        for node in self.plan.static:
            if node not in written:
                continue
            if isinstance(node, Constant):
                yield from self.constant(node)
            elif node.known is not None:
                self.texts[node] = self.shape(node.known) if node.shape else self.size(node.known[0])
            else:
                text = self.value(node.operands[0]) if self.plan.function(node) is np.astype else self.call(node)
                self.texts[node] = self.name(node, "s")
                yield f"{self.texts[node]} = {text if node.dtype == object else f'np.array({text}, {type_name(node.dtype)})'}"

    def written(self) -> set[Node]:
        """What is written where it is read: everything but the target of a view's shape, which the view knows."""
        plan = self.plan
        views = {node for node in plan.bases if plan.function(node) in RESHAPED}
        readers = [*plan.order, *plan.bases, *plan.static]
        read = {o for node in readers for o in (node.operands[:1] if node in views else node.operands)}
        return read | set(plan.outputs) | set(plan.updates.values())

    def constant(self, node: Constant) -> Iterator[str]:
        """A number in place, a short array by name, a long one handed to the program.

        Where all sizes are known a number is an array too: in short calls NumPy takes as long to convert it as to compute.
        """
        if not node.shape and self.axes:
            self.texts[node] = literal(node.value[()])
        elif node.value.size <= LITERAL and np.isfinite(node.value).all():
            self.texts[node] = self.name(node, "c")
            yield f"{self.texts[node]} = {array_text(node.value)}"
        else:
            self.texts[node] = self.hand("c", node.value, f"a constant of {show_shape(node.shape)}")

    def buffers(self, given: Sequence[str] | None = None) -> Iterator[str]:
        """The memory, unless it is given, and what is seen in it."""
        memory = [self.fresh("memory") for _ in self.plan.buffers] if given is None else given
        if given is None:
            sizes = [self.size(buffer.bytes * buffer.times) for buffer in self.plan.buffers]
            yield from (f"{name} = empty({size}, np.uint8)" for name, size in zip(memory, sizes, strict=True))
        unnamed: dict[Any, str] = {}
        for node, place in self.plan.places.items():
            same = (place, node.shape, node.dtype, node in self.plan.columns)
            if node in self.user_names or same not in unnamed:
                self.texts[node] = self.name(node, "t")
                yield f"{self.texts[node]} = {self.array(node.shape, node.dtype, memory[place], node in self.plan.columns)}"
            if node not in self.user_names:
                self.texts[node] = unnamed.setdefault(same, self.texts.get(node, ""))
        for node, part in self.plan.joined.items():
            if part.whole in self.plan.places:
                self.texts[node] = self.name(node, "v")
                yield f"{self.texts[node]} = {self.within(part)}"
        for scan, loop in self.plan.loops.items():
            self.loops[scan] = LoopWriter(self, scan, loop, memory)
            yield from self.loops[scan].setting()
        for node in self.plan.bases:
            if node not in self.texts and self.plan.root(node) in (self.plan.places | self.plan.loops):
                text = self.call(node)
                self.texts[node] = self.name(node, "v")
                yield f"{self.texts[node]} = {text}"

    def array(self, shape: Sequence[Axis], dtype: Any, memory: str, columns: bool = False) -> str:
        """An array in a buffer."""
        return f"np.ndarray({self.shape(shape)}, {type_name(dtype)}, {memory}{', order=F' * columns})".replace("=F", '="F"')

    def within(self, place: PlaceIn) -> str:
        """A part of what it is joined to."""
        start = self.size(place.start)
        index = start if place.end is None else f"{start}:{self.size(place.end)}"
        return f"{self.texts[place.whole]}[{':, ' * place.axis}{index}]"

    def lines(self, node: Node) -> Iterator[str]:
        """The lines that compute an operation."""
        function, joined = self.plan.function(node), self.plan.joined
        if node in joined and node not in self.texts:
            self.texts[node] = self.name(node, "v")
            yield f"{self.texts[node]} = {self.within(joined[node])}"
        in_place = {self.plan.root(operand) in joined for operand in node.operands} if function is np.concatenate else {False}
        if True in in_place:
            for operand, place in zip(node.operands, places_in(node), strict=True):
                if self.plan.root(operand) not in joined:
                    yield f"np.copyto({self.within(place)}, {self.value(operand)})"
            return
        if node in self.plan.written:
            self.texts[node] = self.target(self.plan.written[node])
        if node not in self.texts:
            text = self.call(node)
            self.texts[node] = self.name(node, "t")
            yield f"{self.texts[node]} = {text}"
        elif function is np.where:
            condition, a, b = map(self.value, node.operands)
            yield f"np.copyto({self.texts[node]}, {b})"
            yield f"np.copyto({self.texts[node]}, {a}, where={condition})"
        elif function is np.astype:
            yield f'np.copyto({self.texts[node]}, {self.value(node.operands[0])}, casting="unsafe")'
        elif function is np.copy:
            yield f"np.copyto({self.texts[node]}, {self.value(node.operands[0])})"
        else:
            yield self.call(node, self.texts[node])

    def result(self, node: Node) -> str:
        """A result that no later step overwrites."""
        text, root = self.value(node), self.plan.root(node)
        if root in self.plan.places or root in self.plan.loops or root in self.arguments:
            return (
                f"{text}[()]" if not node.shape and (node in self.plan.places or root in self.plan.loops) else f"{text}.copy()"
            )
        return f"np.array({text}, {type_name(node.dtype)})" if node in self.plan.static else text


def validated(node: Node, *operands: Any, **out: Any) -> Any:
    """The value by a rule, after its check of what it chooses by, which is computed in the step and so not checked before."""
    node.validate(*operands)
    return owned(node, *operands, **out)


def owned(node: Node, *operands: Any, **out: Any) -> Any:
    """The value by a rule: written into `out`, or a copy where it is a view of an operand, whose memory is used again."""
    # a number that is written in place has Python's type
    given = [
        np.asarray(each, operand.dtype) if isinstance(each, float | int) else each
        for each, operand in zip(operands, node.operands, strict=True)
    ]
    value = node.forward(*(given if node.trusted else read_only(given)), **out)
    return value if out else unaliased(value, given)


def _function(head: str, body: Sequence[str]) -> list[str]:
    return [f"def {head}:", *(f"    {line}" if line else "" for line in body)]
