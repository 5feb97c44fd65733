"""The loops of a program, written in C: each group of primitives as one loop, with its lines of NumPy above it.

A loop goes over rows and, within a row, over its elements: once for each stage of the group. Axes along which all arrays lie
alike are one, so that most loops are a single one. Rows of few elements are written out.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minigraph.compiler.fusion import UNROLLED, Group, aligned, long_axes, strides_of
from minigraph.compiler.plan import Plan
from minigraph.compiler.primitives import call_of
from minigraph.core.node import Constant, Node
from minigraph.core.sizes import Axis
from minigraph.ops.reductions import ReduceMax, ReduceMin, ReduceSum
from minigraph.readings.element import TYPES, Element, element_of, number

__all__ = ["loop_of"]

SIMD = "#pragma omp simd"
"""The elements do not depend on each other, whatever the compiler can tell of the addresses."""


def loop_of(group: Group, plan: Plan, size: Callable[[Axis], str], slot: Callable[[Node], int]) -> list[str]:
    """The lines of C that compute a group.

    Parameters
    ----------
    group
        The primitives.
    plan
        The plan that they are part of.
    size
        How C writes a size.
    slot
        The number of the address of a value in the table that a function is given.
    """
    return [*_Loop(group, plan, size, slot).lines()]


class _Array:
    """An array that a loop reads or writes: its name, and how far apart elements lie along the loop's axes."""

    def __init__(self, name: str, node: Node, strides: list[Axis], declared: str) -> None:
        self.name, self.node, self.strides, self.declared = name, node, strides, declared
        self.inner: Axis = 0


class _Loop:
    def __init__(self, group: Group, plan: Plan, size: Callable[[Axis], str], slot: Callable[[Node], int]) -> None:
        self.group, self.plan, self.size, self.slot = group, plan, size, slot
        self.members = set(group.nodes)
        self.names = {node: f"v{i}" for i, node in enumerate(group.nodes)}
        self.read: dict[Node, _Array] = {}
        self.written: dict[Node, _Array] = {}
        for node in group.nodes:
            for operand in node.operands:
                if plan.root(operand) not in self.members and not _is_number(operand) and operand not in self.read:
                    self.read[operand] = self._array(operand, operand.shape if _is_fold(node) else node.shape, "const ")
        for node in group.stored:
            self.written[node] = self._array(node, node.shape, "")
        arrays = [*self.read.values(), *self.written.values()]
        if group.rows is None:
            self.rows = _joined([*long_axes(group.nodes[0].shape)], arrays)
            self.length = self.rows.pop() if self.rows else 1
            for array in arrays:
                array.inner = array.strides.pop() if array.strides else 0
            few = bool(self.rows) and isinstance(self.length, int) and self.length <= UNROLLED
            self.unrolled = few and all(array.strides[-1] in (0, self.length) for array in arrays)
        else:
            for array in arrays:
                array.inner = array.strides.pop() if len(array.strides) > len(group.rows) else 0
            self.rows = _joined([*group.rows], arrays)
            self.unrolled = group.unrolled

    def _array(self, array: Node, shape: Sequence[Axis], const: str) -> _Array:
        strides = strides_of(self.plan, array)
        assert strides is not None  # it is readable, or lies in memory of its own
        along = [s for s, n in zip(aligned(strides, array.shape, tuple(shape)), shape, strict=True) if n != 1]
        name = f"a{len(self.read) + len(self.written)}"
        return _Array(name, array, along, f"{const}{TYPES[array.dtype.name]} *{name} = p[{self.slot(array)}];")

    def lines(self) -> Iterator[str]:
        """The loop, below the lines of NumPy that it stands for."""
        arrays = [*self.read.values(), *self.written.values()]
        for node in self.group.nodes:
            named = [self.names.get(self.plan.root(o)) or (self.read[o].name if o in self.read else "") for o in node.operands]
            texts = [name or np.array2string(np.asarray(o.value)) for name, o in zip(named, node.operands, strict=True)]
            call = call_of(node, texts, None)
            stored = f"  → {self.written[node].name}" if node in self.written else ""
            yield f"// {self.names[node]} = {type(node).__name__ if call is None else call.text}{stored}"
        yield "{"
        yield from (f"    {array.declared}" for array in arrays)
        indent = "    "
        for axis, size in enumerate(self.rows):
            if self.unrolled and axis == len(self.rows) - 1:
                yield SIMD
            yield f"{indent}for (int64_t i{axis} = 0; i{axis} < {self.size(size)}; i{axis}++) {{"
            indent += "    "
        for array in arrays:
            terms = [f"i{axis} * {self.size(s)}" if s != 1 else f"i{axis}" for axis, s in enumerate(array.strides) if s != 0]
            if terms:
                kind = array.declared.partition("*")[0]
                yield f"{indent}{kind}*r{array.name} = {' + '.join([array.name, *terms])};"
                array.name = f"r{array.name}"
        yield from (f"{indent}{line}" for line in (self._unrolled() if self.unrolled else self._staged()))
        for _ in self.rows:
            indent = indent[4:]
            yield f"{indent}}}"
        yield "}"

    def _length(self, node: Node) -> Axis:
        """How many elements of a value lie in a row."""
        if self.group.rows is None:
            return self.length
        return long_axes(node.shape)[-1] if not self.group.is_row(node) else 1

    def _folded(self, node: Node) -> Axis:
        """How many elements a reduction is of."""
        return long_axes(node.operands[0].shape)[-1]

    def _element(self, operand: Node, j: str, loaded: dict[Any, str]) -> Element:
        """An element of an operand, in the column j."""
        root = self.plan.root(operand)
        if root in self.names:
            column = "" if self.group.is_row(root) else loaded.get((root, j), loaded.get("column", ""))
            return Element(loaded.get(root) or f"{self.names[root]}{column}", root.dtype)
        if operand not in self.read:
            return Element(number(operand.value, operand.dtype), operand.dtype)
        return Element(loaded[operand], operand.dtype)

    def _staged(self) -> Iterator[str]:
        """A pass over the row for each stage, and after it what there is one number of."""
        group, stages = self.group, self.group.stage
        constant: dict[Any, str] = {}
        for operand, array in self.read.items():
            if array.inner == 0:
                constant[operand] = f"x{array.name[-len(array.name.lstrip('r')) :]}"
                yield f"const {TYPES[operand.dtype.name]} {constant[operand]} = {array.name}[0];"
        for stage in range(-1, max(stages.values()) + 1):
            here = [node for node in group.nodes if stages[node] == stage]
            for node in here:
                if _is_fold(node):
                    yield from _begun(self.names[node], node)
            lengths = dict.fromkeys(self._folded(n) if _is_fold(n) else self._length(n) for n in here if _is_fold(n) or not group.is_row(n))
            for length in lengths:
                inner = [n for n in here if (self._folded(n) if _is_fold(n) else not group.is_row(n) and self._length(n)) == length]
                yield from self._pass(stage, length, inner, constant)
            for node in here:
                if _is_fold(node):
                    yield _ended(self.names[node], node)
                    yield from self._stored(node, "0")
                elif group.is_row(node):
                    yield self._computed(node, "0", constant)
                    yield from self._stored(node, "0")

    def _pass(self, stage: int, length: Axis, nodes: Sequence[Node], constant: dict[Any, str]) -> Iterator[str]:
        """One loop over the elements of a row."""
        folds = [node for node in nodes if _is_fold(node)]
        yield " ".join([SIMD, *(_clause(self.names[node], node) for node in folds)])
        yield f"for (int64_t j = 0; j < {self.size(length)}; j++) {{"
        loaded = dict(constant)
        for node in nodes:
            for operand in node.operands:
                root = self.plan.root(operand)
                if operand in self.read and operand not in loaded:
                    array = self.read[operand]
                    loaded[operand] = f"x{array.name.lstrip('r')}"
                    yield f"    const {TYPES[operand.dtype.name]} {loaded[operand]} = {array.name}[j];"
                elif root in self.members and not self.group.is_row(root) and self.group.stage[root] < stage and root not in loaded:
                    loaded[root] = f"w{self.names[root][1:]}"
                    yield f"    const {TYPES[root.dtype.name]} {loaded[root]} = {self.written[root].name}[j];"
        for node in nodes:
            if _is_fold(node):
                yield f"    {_added(self.names[node], node, self._element(node.operands[0], 'j', loaded).text)}"
            else:
                yield f"    {self._computed(node, 'j', loaded)}"
        for node in nodes:
            if not _is_fold(node):
                yield from (f"    {line}" for line in self._stored(node, "j"))
        yield "}"

    def _computed(self, node: Node, j: str, loaded: dict[Any, str], column: str = "") -> str:
        """The line that computes an element."""
        found = element_of(node, [self._element(operand, j, loaded) for operand in node.operands])
        assert found is not None  # it is in the group for that
        return f"const {TYPES[node.dtype.name]} {self.names[node]}{column} = {found.text};"

    def _stored(self, node: Node, j: str, column: str = "") -> Iterator[str]:
        if node in self.written:
            yield f"{self.written[node].name}[{j}] = {self.names[node]}{column};"

    def _unrolled(self) -> Iterator[str]:
        """The elements of a row one by one, all read before any is written."""
        loaded: dict[Any, str] = {}
        columns: dict[str, dict[Any, str]] = {}
        for operand, array in self.read.items():
            bare = array.name.lstrip("r")
            count = 1 if array.inner == 0 else self.length if self.group.rows is None else long_axes(operand.shape)[-1]
            assert isinstance(count, int)
            for j in range(count):
                name = f"x{bare}" if array.inner == 0 else f"x{bare}_{j}"
                (loaded if array.inner == 0 else columns.setdefault(str(j), {}))[operand] = name
                yield f"const {TYPES[operand.dtype.name]} {name} = {array.name}[{j}];"
        for node in self.group.nodes:
            if _is_fold(node):
                count = self._folded(node)
                assert isinstance(count, int)
                given = [self._element(node.operands[0], str(j), self._at(j, loaded, columns)).text for j in range(count)]
                yield from _all_of(self.names[node], node, given)
            elif self.group.is_row(node):
                yield self._computed(node, "0", loaded)
            else:
                count = self._length(node)
                assert isinstance(count, int)
                for j in range(count):
                    yield self._computed(node, str(j), self._at(j, loaded, columns), f"_{j}")
        for node in self.group.stored:
            single = _is_fold(node) or self.group.is_row(node)
            count = 1 if single else self._length(node)
            assert isinstance(count, int)
            for j in range(count):
                yield from self._stored(node, str(j), "" if single else f"_{j}")

    def _at(self, j: int, loaded: dict[Any, str], columns: dict[str, dict[Any, str]]) -> dict[Any, str]:
        return {**loaded, **columns.get(str(j), {}), "column": f"_{j}"}


def _joined(sizes: list[Axis], arrays: Sequence[_Array]) -> list[Axis]:
    """The sizes of a loop's axes, of which those are one along which all arrays lie alike; the arrays' strides follow."""
    for axis in reversed(range(len(sizes) - 1)):
        if all(array.strides[axis] == array.strides[axis + 1] * sizes[axis + 1] for array in arrays):
            sizes[axis : axis + 2] = [sizes[axis] * sizes[axis + 1]]
            for array in arrays:
                del array.strides[axis]
    return sizes


def _is_number(node: Node) -> bool:
    return isinstance(node, Constant) and node.value.size == 1


def _is_fold(node: Node) -> bool:
    return isinstance(node, ReduceSum | ReduceMax | ReduceMin)


def _total(node: Node) -> str:
    """The type in which elements are added up: twice as many bits as the sum has, where C has these."""
    return "double" if node.dtype.kind == "f" and isinstance(node, ReduceSum) else TYPES[node.dtype.name]


def _begun(name: str, node: Node) -> Iterator[str]:
    """The lines before a reduction's loop."""
    if isinstance(node, ReduceSum):
        yield f"{_total(node)} {name}s = 0;"
        return
    if node.dtype.kind == "f":
        yield f"int {name}n = 0;"
        first = "-INFINITY" if isinstance(node, ReduceMax) else "INFINITY"
    else:
        limits = np.iinfo(node.dtype)
        first = number(limits.min if isinstance(node, ReduceMax) else limits.max, node.dtype)
    yield f"{_total(node)} {name}s = {first};"


def _clause(name: str, node: Node) -> str:
    """How the elements of a reduction may be taken in any order."""
    if isinstance(node, ReduceSum):
        return f"reduction(+:{name}s)"
    extreme = f"reduction({'max' if isinstance(node, ReduceMax) else 'min'}:{name}s)"
    return f"{extreme} reduction(|:{name}n)" if node.dtype.kind == "f" else extreme


def _added(name: str, node: Node, x: str) -> str:
    """What a reduction does with an element."""
    if isinstance(node, ReduceSum):
        return f"{name}s += {x};"
    taken = f"{name}s = {x} {'>' if isinstance(node, ReduceMax) else '<'} {name}s ? {x} : {name}s;"
    return f"{taken} {name}n |= {x} != {x};" if node.dtype.kind == "f" else taken


def _ended(name: str, node: Node) -> str:
    """The line after a reduction's loop: an extreme of what is not a number is not a number."""
    value = f"{name}s" if isinstance(node, ReduceSum) or node.dtype.kind != "f" else f"{name}n ? NAN : {name}s"
    return f"const {TYPES[node.dtype.name]} {name} = {value};"


def _all_of(name: str, node: Node, given: Sequence[str]) -> Iterator[str]:
    """A reduction of a few elements."""
    kind = TYPES[node.dtype.name]
    if isinstance(node, ReduceSum):
        yield f"const {kind} {name} = {' + '.join(f'({_total(node)}){x}' for x in given)};"
        return
    sign = ">" if isinstance(node, ReduceMax) else "<"
    yield f"{kind} {name} = {given[0]};"
    yield from (f"{name} = {x} {sign} {name} || {x} != {x} ? {x} : {name};" for x in given[1:])
