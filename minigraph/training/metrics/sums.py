"""The figure of all rows, from what is added up over batches.

A mean over the rows is a sum over them divided by their number, or by the sum of their weights; most other figures follow from
such sums too. The sums of the batches add up to those of all rows, and what follows is computed once, from these totals.
"""

from collections.abc import Sequence
from enum import Enum
from math import prod
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, sized
from minigraph.core.sizes import SymbolicSize, named_axis, substitute, terms_of
from minigraph.ops.arithmetic import Add, Cast, Div, Identity, Mul, Neg, Sub
from minigraph.ops.copies import rebuilt, substituted
from minigraph.ops.joining import Concat
from minigraph.ops.linear import MatMul
from minigraph.ops.norms import Magnitude
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Size
from minigraph.readings import expand
from minigraph.training.metrics.metrics import Metric

__all__ = ["over_all_rows"]


class _Kind(Enum):
    """How a value for all rows follows from those for batches."""

    FIXED = "the same for any rows, or taken to be the mean over the batches"
    SUM = "the sum of them"
    ROWS = "the sum of them, a multiple of the number of rows"
    MEAN = "the mean of them, each weighed by its number of rows"
    OTHER = "computed from other values for all rows"


def over_all_rows(figure: Node) -> Node | Metric:
    """A scalar as a metric of sums over the rows, or the node itself where its mean over the rows of the batches is the same.

    It is the same for a plain mean over the rows. Of what is not computed from sums over the rows, such as a maximum, the mean
    over the batches stands for the value of all rows: where a figure has no other parts, it stays the node too. So does one
    that adds up over the rows what depends on the other rows of the batch, such as a variance: its sums do not add up.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N",))
    >>> over_all_rows((x * x).mean())
    ReduceMean (scalar, float32)
    >>> root = over_all_rows(np.sqrt((x * x).mean()))
    >>> batches = [mg.Graph(sums=root.sums).forward(x=rows)["sums"] for rows in ([1.0], [5.0, 7.0])]
    >>> root.figure(sum(batches))
    5.0
    """
    rows = _count(figure)
    if rows is None:
        return figure
    totals = _Totals(rows)
    is_mean = totals.follow(figure) in (_Kind.FIXED, _Kind.MEAN)
    summed = any(totals.kinds[node] is not _Kind.FIXED for node in totals.given)
    of_fixed_size = not any(names_of(node.shape) for node in totals.given)
    return totals.metric(figure) if summed and of_fixed_size and not is_mean and not totals.mixes_rows else figure


def _count(figure: Node) -> Node | None:
    """The number of rows as a node, where the first axis of every input has one name; else None."""
    inputs = [node for node in topological_order([figure]) if isinstance(node, Input)]
    first = {node.shape[:1] for node in inputs}
    named = any(isinstance(axis, SymbolicSize) for shape in first for axis in shape)
    return Size(inputs[0], axes=(0,)) if len(first) == 1 and named else None


class _Totals:
    """What a figure is for all rows, computed from inputs that stand for sums over them and for what does not change."""

    def __init__(self, rows: Node) -> None:
        self.rows, self.axis = rows, str(rows.operands[0].shape[0])
        self.kinds: dict[Node, _Kind] = {}
        self.given: dict[Node, Node] = {}
        """The nodes that are not computed from others for all rows, each with the input that stands for it."""
        self._values: dict[Node, Node] = {}
        self._noted: set[Node] = set()
        self._varying: set[Node] = set()
        self._of_batch: set[Node] = set()
        """What follows from the rows of a batch together, or from their number."""
        self._mixed: set[Node] = set()
        """What has a row for each row, and depends on other rows of the batch."""
        self.mixes_rows = False
        """Whether something is added up over the rows that depends on other rows of the batch."""

    def follow(self, figure: Node) -> _Kind:
        """How the figure follows from batches, and so does all that it is computed from."""
        self._note_varying(figure)
        parts: dict[Node, tuple[Node, ...]] = {}
        pending = [figure]
        while pending:
            node = pending[-1]
            if node not in self.kinds and node not in parts:
                parts[node] = self._parts(node)
            waiting = [part for part in parts.get(node, ()) if part not in self.kinds]
            pending += waiting
            if not waiting:
                pending.pop()
                if node not in self.kinds:
                    self._compute(node, parts[node])
        return self.kinds[figure]

    def metric(self, figure: Node) -> Metric:
        """The figure as a metric, whose sums are the number of rows and then what is given, element by element."""
        rows: Any = self.rows.astype(np.float64)
        fixed = [self.kinds[node] is _Kind.FIXED for node in self.given]
        summed: list[Any] = [node.astype(np.float64).reshape(-1) for node in self.given]
        weighed = [value * rows if same else value for value, same in zip(summed, fixed, strict=True)]
        graph = Graph(figure=self._values[figure]).astype(np.float64)
        inputs = list(self.given.values())
        places = np.cumsum([1, *(prod(sized(each.shape, {})) for each in inputs)])[:-1]

        def of_totals(sums: Any) -> float:
            given = {}
            for each, same, value in zip(inputs, fixed, np.split(np.asarray(sums), places)[1:], strict=True):
                value = np.reshape(value / sums[0] if same else value, sized(each.shape, {}))
                given[str(each.name)] = value if each.dtype.kind == "f" else np.rint(value).astype(each.dtype)
            return float(graph.forward(**given)["figure"])

        return Metric(Concat(rows.reshape(1), *weighed, axis=0), of_totals)

    def _note_varying(self, figure: Node) -> None:
        """Note what depends on an input, or on the number of its rows."""
        for node in topological_order([figure], self._noted):
            self._noted.add(node)
            given = isinstance(node, Input) or (isinstance(node, Sizes) and self._in(node.sizes))
            if given or any(operand in self._varying for operand in node.operands):
                self._varying.add(node)
            computing = node._computing(node.operands)
            if self._in(node.shape) and any(o in self._of_batch or o in self._mixed for o in computing):
                self._mixed.add(node)
            elif not self._in(node.shape) and any(self._in(o.shape) or o in self._of_batch for o in node.operands):
                self._of_batch.add(node)

    def _parts(self, node: Node) -> tuple[Node, ...]:
        """What it is computed from for all rows: its operands, or what its rule makes of rows; nothing where it is given."""
        kind = self._kind_of_given(node)
        if kind is None and any(self._in(each.shape) for each in node.operands):
            inner = _unscaled(expand(node), node.operands)
            self._note_varying(inner)
            if inner is not node:
                return (inner,)
            kind = _Kind.FIXED
        if kind is None and isinstance(node, Sizes):
            inner = self._of_rows(node.sizes[0])
            self._note_varying(inner)
            return (inner,)
        if kind is None:
            return node.operands
        self._give(node, kind)
        return ()

    def _of_rows(self, size: Any) -> Any:
        """A size that follows from the number of rows, and is not a multiple of it, as computed from it."""
        total: Any = 0
        for factors, number in terms_of(size).items():
            term: Any = number
            for factor in factors:
                if isinstance(factor, str):
                    term = term * (self.rows if factor == self.axis else Sizes(named_axis(factor)))
                else:
                    inner = self._of_rows(factor.size)
                    term = term * (inner // factor.divisor if factor.divisor else np.maximum(inner, 0))
            total = total + term
        return total

    def _kind_of_given(self, node: Node) -> _Kind | None:
        """The kind of a sum, of a size, and of what depends on no input; None for what follows from others."""
        if node not in self._varying:
            return _Kind.FIXED
        if node.known is not None and node.shape == ():
            (size,) = node.known
            if self._in((size,)) and not self._once(size):
                return None
            return _Kind.FIXED if not self._once(size) else _Kind.ROWS if len(names_of((size,))) == 1 else _Kind.SUM
        summed = _summed(node)
        if summed is None or not self._once(prod(summed)) or names_of(node.shape):
            return None
        self.mixes_rows |= any(operand in self._mixed for operand in node.operands)
        return _Kind.SUM

    def _give(self, node: Node, kind: _Kind) -> None:
        """Let an input stand for the node; a constant stands for itself."""
        self.kinds[node] = kind
        self._values[node] = node
        if not isinstance(node, Constant):
            self._values[node] = self.given[node] = Input(f"total {len(self.given)}", node.shape, node.dtype)

    def _in(self, shape: Any) -> bool:
        return self.axis in names_of(shape)

    def _once(self, size: Any) -> bool:
        """Whether a size grows with the number of rows, as the sum of those of batches does."""
        for_each = substitute(size, {self.axis: 1})
        return for_each != 0 and size == for_each * named_axis(self.axis)

    def _compute(self, node: Node, parts: tuple[Node, ...]) -> None:
        """Note what a node is for all rows, from its operands, or from the one that computes it."""
        if parts is node.operands:
            self.kinds[node] = _combined(node, [self.kinds[operand] for operand in parts])
            self._values[node] = rebuilt(node, [self._values[operand] for operand in parts])
        else:
            self.kinds[node], self._values[node] = self.kinds[parts[0]], self._values[parts[0]]


def _unscaled(whole: Node, operands: Sequence[Node]) -> Node:
    """What a rule makes of its operands, with 1 for a scale taken from all rows, which changes nothing but rounding."""
    known: dict[Node, Node] = {operand: operand for operand in operands}
    for node in topological_order([whole], known):
        if isinstance(node, Magnitude) and not names_of(node.shape):
            known[node] = Constant(np.ones(sized(node.shape, {})), dtype=node.dtype)
    return substituted([whole], known)[whole]


def _summed(node: Node) -> Any:
    """The sizes of the axes that a node adds up over, or None if it is no sum."""
    if type(node) is ReduceSum:
        axes: Any = node.axes
        return [node.operands[0].shape[axis] for axis in axes]
    return node.operands[0].shape[-1:] if type(node) is MatMul else None


def _combined(node: Node, kinds: list[_Kind]) -> _Kind:
    """How a node follows from batches, from how its operands do."""
    first, *others = kinds
    varying = [kind for kind in kinds if kind is not _Kind.FIXED]
    if isinstance(node, Neg | Identity) or (isinstance(node, Cast) and node.dtype.kind == "f"):
        return first
    if isinstance(node, Mul) and len(varying) == 1:
        return varying[0]
    if isinstance(node, Div) and others == [_Kind.FIXED]:
        return first
    if isinstance(node, Div) and first is _Kind.SUM and others == [_Kind.ROWS]:
        return _Kind.MEAN
    if isinstance(node, Add | Sub):
        return next((kind for kind, alike in ALIKE.items() if set(kinds) <= alike), _Kind.OTHER)
    return _Kind.OTHER


ALIKE = {_Kind.SUM: {_Kind.SUM}, _Kind.MEAN: {_Kind.MEAN, _Kind.FIXED}}
"""What adds up to a sum, and to a mean."""
