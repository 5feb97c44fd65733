"""Kernels: each group of primitives as one loop in C, with its lines of NumPy above it.

A loop goes over rows and, within a row, over its elements: once for each stage of the group. Axes along which all arrays lie
alike are one, so that most loops are a single one. Rows of few elements are written out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.compiler.fusion import UNROLLED, Group, aligned, long_axes, reduction, strides_of
from minigraph.compiler.plan import Plan
from minigraph.compiler.primitives import call_of
from minigraph.core.node import Constant, Node
from minigraph.core.sizes import Axis
from minigraph.ops.reductions import ReduceMax, ReduceSum
from minigraph.readings.element import TYPES, Element, element_of, number

__all__ = ["kernel_of"]

FEW = 256
"""Rows of at most this many elements are added up in their own type: the compiler has sixteen sums at a time."""
SIMD = "#pragma omp simd"
"""The elements do not depend on each other, whatever the compiler can tell of the addresses."""


Slot = Callable[[Node, np.dtype[Any]], int]


def kernel_of(group: Group, plan: Plan, size: Callable[[Axis], str], slot: Slot) -> list[str]:
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
        The number of the address of a value, of elements of this type, in the table that a function is given.
    """
    return [*_Loop(group, plan, size, slot).lines()]


class _Array:
    """An array that a loop reads or writes: its name, and how far apart elements lie along the loop's axes."""

    def __init__(self, number: int, strides: list[Axis], type: str, declared: str) -> None:
        self.number, self.strides, self.type, self.declared = number, strides, type, declared
        self.name = f"a{number}"
        self.inner: Axis = 0
        """How far apart they lie within a row: 0 where there is one for the row."""


class _Loop:
    def __init__(self, group: Group, plan: Plan, size: Callable[[Axis], str], slot: Slot) -> None:
        self.group, self.plan, self.size, self.slot = group, plan, size, slot
        self.members = set(group.nodes)
        self.names = {node: f"v{i}" for i, node in enumerate(group.nodes)}
        self.read: dict[Node, _Array] = {}
        self.written: dict[Node, _Array] = {}
        for node in group.nodes:
            for operand in node.operands:
                if plan.root(operand) not in self.members and not _is_number(operand) and operand not in self.read:
                    self.read[operand] = self._array(operand, operand.shape if reduction(node) else node.shape, "const ")
        for node in group.stored:
            self.written[node] = self._array(node, node.shape, "")
        self.totals = [node for node in group.nodes if reduction(node) == "whole"]
        arrays = [*self.read.values(), *(array for node, array in self.written.items() if node not in self.totals)]
        if group.rows is None:
            whole = next(node for node in group.nodes if node not in self.totals or len(group.nodes) == 1)
            self.rows = _joined([*long_axes(whole.operands[0].shape if whole in self.totals else whole.shape)], arrays)
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
        count, dtype = len(self.read) + len(self.written), np.dtype(array.dtype)
        if array in self.plan.static and dtype.kind == "b":
            dtype = np.dtype(np.int32)  # as wide as what it chooses: a mixed loop takes twice as long
        type = TYPES[dtype.name]
        return _Array(count, along, type, f"{const}{type} *a{count} = p[{self.slot(array, dtype)}];")

    def lines(self) -> Iterator[str]:
        """The loop, below the lines of NumPy that it stands for."""
        yield from self._as_numpy()
        yield "{"
        arrays = [*self.read.values(), *self.written.values()]
        yield from (f"    {array.declared}" for array in arrays)
        yield from (f"    {line}" for node in self.totals for line in _begun(self.names[node], node))
        indent = "    "
        for axis, size in enumerate(self.rows):
            if self.unrolled and axis == len(self.rows) - 1:
                yield " ".join([SIMD, *(_clause(self.names[node], node) for node in self.totals)])
            yield f"{indent}for (int64_t i{axis} = 0; i{axis} < {self.size(size)}; i{axis}++) {{"
            indent += "    "
        for array in arrays:
            terms = [f"i{axis} * {self.size(s)}" if s != 1 else f"i{axis}" for axis, s in enumerate(array.strides) if s != 0]
            if terms:
                yield f"{indent}{array.declared.partition('*')[0]}*r{array.number} = {' + '.join([array.name, *terms])};"
                array.name = f"r{array.number}"
        yield from (f"{indent}{line}" for line in (self._unrolled() if self.unrolled else self._staged()))
        for _ in self.rows:
            indent = indent[4:]
            yield f"{indent}}}"
        for node in self.totals:
            yield f"    {_ended(self.names[node], node)}"
            yield from (f"    {line}" for line in self._stored(node, 0))
        yield "}"

    def _as_numpy(self) -> Iterator[str]:
        for node in self.group.nodes:
            names = [
                self.names.get(self.plan.root(o))
                or (f"a{self.read[o].number}" if o in self.read else number(_only(o), o.dtype))
                for o in node.operands
            ]
            call = call_of(node, names, None)
            stored = f", which is a{self.written[node].number}" if node in self.written else ""
            yield f"// {self.names[node]} = {type(node).__name__ if call is None else call.text}{stored}"

    def _element(self, operand: Node, j: Any, loaded: Mapping[Any, str]) -> Element:
        """An element of an operand, in column j."""
        root = self.plan.root(operand)
        if root in self.members:
            name = self.names[root]
            return Element(loaded.get(root) or (name if j == "j" or self.group.is_row(root) else f"{name}_{j}"), root.dtype)
        if operand not in self.read:
            return Element(number(_only(operand), operand.dtype), operand.dtype)
        return Element(loaded[operand], operand.dtype)

    def _computed(self, node: Node, j: Any, loaded: Mapping[Any, str]) -> str:
        """The line that computes an element, or adds it to a reduction."""
        name, given = self.names[node], [self._element(operand, j, loaded) for operand in node.operands]
        if reduction(node):
            return _added(name, node, *(each.text for each in given))
        found = element_of(node, given)
        assert found is not None  # it is in the group for that
        column = "" if j == "j" or self.group.is_row(node) else f"_{j}"
        return f"const {TYPES[node.dtype.name]} {name}{column} = {found.text};"

    def _stored(self, node: Node, j: Any, column: str = "") -> Iterator[str]:
        if node in self.written:
            yield f"{self.written[node].name}[{j}] = {self.names[node]}{column};"

    def _load(self, operand: Node, array: _Array, j: Any, name: str) -> str:
        return f"const {array.type} {name} = {array.name}[{j}];"

    def _staged(self) -> Iterator[str]:
        """A pass over the row for each stage, and after it what there is one number of."""
        group, stages = self.group, self.group.stage
        same: dict[Any, str] = {}
        for operand, array in self.read.items():
            if array.inner == 0:
                same[operand] = f"x{array.number}"
                yield self._load(operand, array, 0, same[operand])
        for stage in range(min(stages.values()), max(stages.values()) + 1):
            here = [node for node in group.nodes if stages[node] == stage]
            rows = [node for node in here if reduction(node) == "row"]
            for node in rows:
                yield from _begun(self.names[node], node)
            within = {node: self.length if group.rows is None else group.length(node) for node in here}
            elements = [node for node in here if group.rows is None or within[node] != 1]
            for length in dict.fromkeys(within[node] for node in elements):
                yield from self._pass(stage, length, [node for node in elements if within[node] == length], same)
            for node in rows:
                yield _ended(self.names[node], node)
            for node in here:
                if node not in elements and node not in rows:
                    yield self._computed(node, "j", same)
                if group.is_row(node):
                    yield from self._stored(node, 0)

    def _pass(self, stage: int, length: Axis, nodes: Sequence[Node], same: Mapping[Any, str]) -> Iterator[str]:
        """One loop over the elements of a row."""
        yield " ".join([SIMD, *(_clause(self.names[node], node) for node in nodes if reduction(node))])
        yield f"for (int64_t j = 0; j < {self.size(length)}; j++) {{"
        loaded = dict(same)
        for operand in dict.fromkeys(operand for node in nodes for operand in node.operands):
            root = self.plan.root(operand)
            if operand in self.read and operand not in loaded:
                array = self.read[operand]
                loaded[operand] = f"x{array.number}"
                yield f"    {self._load(operand, array, 'j', loaded[operand])}"
            elif root in self.members and not self.group.is_row(root) and self.group.stage[root] < stage and root not in loaded:
                loaded[root] = f"w{self.names[root][1:]}"
                yield f"    {self._load(root, self.written[root], 'j', loaded[root])}"
        yield from (f"    {self._computed(node, 'j', loaded)}" for node in nodes)
        yield from (f"    {line}" for node in nodes if not reduction(node) for line in self._stored(node, "j"))
        yield "}"

    def _unrolled(self) -> Iterator[str]:
        """The elements of a row one by one, all read before any is written."""
        group = self.group
        loaded: dict[Any, dict[Any, str]] = {}
        for operand, array in self.read.items():
            count = 1 if array.inner == 0 else self.length if group.rows is None else long_axes(operand.shape)[-1]
            for j in range(_known(count)):
                loaded.setdefault(j, {})[operand] = f"x{array.number}" + (f"_{j}" if array.inner else "")
                yield self._load(operand, array, j, loaded[j][operand])
        same = {operand: name for operand, name in loaded.get(0, {}).items() if self.read[operand].inner == 0}
        columns = {node: _known(self.length if group.rows is None else group.length(node)) for node in group.nodes}
        for node in group.nodes:
            given = [{**loaded.get(j, {}), **same} for j in range(columns[node])]
            if reduction(node) == "row":
                yield from _begun(self.names[node], node)
            yield from (self._computed(node, j, each) for j, each in enumerate(given))
            if reduction(node) == "row":
                yield _ended(self.names[node], node)
        for node in group.stored:
            if group.is_row(node):
                yield from self._stored(node, 0)
            elif not reduction(node):
                yield from (line for j in range(columns[node]) for line in self._stored(node, j, f"_{j}"))


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


def _only(node: Any) -> Any:
    """The number that a constant consists of."""
    return node.value.item()


def _known(size: Axis) -> int:
    assert isinstance(size, int)  # else the row is not written out
    return size


def _total(node: Node) -> str:
    """The type in which elements are added up: twice as exact as the sum where there are many."""
    size = long_axes(node.operands[0].shape)[-1]
    few = reduction(node) == "row" and isinstance(size, int) and size <= FEW
    return "double" if node.dtype.kind == "f" and isinstance(node, ReduceSum) and not few else TYPES[node.dtype.name]


def _begun(name: str, node: Node) -> Iterator[str]:
    """The lines before a reduction."""
    first, largest = "0", isinstance(node, ReduceMax)
    if not isinstance(node, ReduceSum):
        if node.dtype.kind == "f":
            yield f"int {name}n = 0;"
            first = "-INFINITY" if largest else "INFINITY"
        else:
            limits = np.iinfo(node.dtype)
            first = number(limits.min if largest else limits.max, node.dtype)
    yield f"{_total(node)} {name}s = {first};"


def _clause(name: str, node: Node) -> str:
    """That the elements of a reduction may be taken in any order."""
    if isinstance(node, ReduceSum):
        return f"reduction(+:{name}s)"
    extreme = f"reduction({'max' if isinstance(node, ReduceMax) else 'min'}:{name}s)"
    return f"{extreme} reduction(|:{name}n)" if node.dtype.kind == "f" else extreme


def _added(name: str, node: Node, x: str, condition: str = "") -> str:
    """What a reduction does with an element."""
    if isinstance(node, ReduceSum):
        return f"{name}s += {f'{condition} ? {x} : 0' if condition else x};"
    taken = f"{name}s = {x} {'>' if isinstance(node, ReduceMax) else '<'} {name}s ? {x} : {name}s;"
    return f"{taken} {name}n |= {x} != {x};" if node.dtype.kind == "f" else taken


def _ended(name: str, node: Node) -> str:
    """The line after a reduction: an extreme of what is not a number is not a number."""
    value = f"{name}s" if isinstance(node, ReduceSum) or node.dtype.kind != "f" else f"{name}n ? NAN : {name}s"
    return f"const {TYPES[node.dtype.name]} {name} = {value};"
