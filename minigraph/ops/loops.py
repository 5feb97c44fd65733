"""Loops: `mg.scan` repeats a function of nodes along an axis, as one node."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from inspect import signature
from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, OperationError, ShapeError
from minigraph.core.node import Constant, Node, Operand, Sizes
from minigraph.core.provenance import described, places, typed, within
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, show_shape
from minigraph.core.values import DType, numeric
from minigraph.ops.arithmetic import Sub
from minigraph.ops.body import Body, BodyInput, computed, stackable
from minigraph.ops.comparison import Where
from minigraph.ops.copies import substituted
from minigraph.ops.multi_output import Part
from minigraph.ops.normalization import BatchNormalization
from minigraph.ops.scan import Scan
from minigraph.ops.shape import Expand
from minigraph.ops.trees import labelled_leaves, leaves, with_leaves

__all__ = ["scan"]

OPEN: ContextVar[frozenset[Node]] = ContextVar("OPEN", default=frozenset())
"""What stands for the values of the scans whose bodies are being composed."""


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    *,
    reverse: bool = False,
    lengths: Operand | None = None,
) -> tuple[Any, Any]:
    """Repeat a function along the first axis of sequences, carrying values over from step to step: a loop that is one node.

    It computes what this loop does, and the size of the axis may be a name:

        carry, ys = init, []
        for x in xs:
            carry, y = body(carry, x)
            ys.append(y)
        return carry, np.stack(ys)

    Its gradient is a scan the other way round. What `body` uses from outside, such as weights, has its gradient too; that of a
    matrix is one product for all steps. A random operation in the body draws the same numbers in each step: give numbers that
    differ as a sequence.

    Parameters
    ----------
    body : callable
        `body(carry, x)` gives the new carry and y: trees (tuples, lists and dicts) of nodes, or None for no y. It is called
        once, with nodes that stand for the values of one step.
    init : tree of Node
        The first carry. Each new one has its shapes and element types.
    xs : tree of Node, optional
        The sequences, all as long along their first axis: a step is given a slice of each.
    length : int, optional
        How many steps there are: needed where there are no sequences.
    reverse : bool
        Whether the steps go from the last place to the first. Each y stands at the place of its x all the same.
    lengths : Node, optional
        For each row (the first axis of every carry and y, the second of the sequences) how many places of it count: beyond
        these its carry stays as it is and y is 0.

    Returns
    -------
    tuple
        The last carry, and the ys of all places along a new first axis. Of no steps it is `init`, and an axis of size 0.

    Raises
    ------
    OperationError
        Where `body` gives no pair, or another tree than `init`; where what takes part is no node; where the length is unknown.
    ShapeError, DTypeError
        Where a carry changes its shape or element type, or sequences differ in length.

    Source: `jax.lax.scan` is its model.

    >>> import minigraph as mg
    >>> x, R = mg.Input("x", ("T", "N", 3)), mg.Parameter("R", np.eye(3))
    >>> def step(h, x):
    ...     h = np.tanh(x + h @ R)
    ...     return h, h
    >>> last, states = scan(step, np.zeros_like(x[0]), x)
    >>> last, states
    (Part (N × 3, float32), Part (T × N × 3, float32))
    """
    _check(body)
    sequences, names = _sequences(xs, length)
    first = _first_carry(init, sequences)
    carry = [BodyInput(_short(name), node.shape, node.dtype) for name, node in first]
    slices = [BodyInput(_short(name), node.shape[1:], node.dtype) for name, node in zip(names, sequences, strict=True)]
    given = with_leaves(xs, iter(slices))
    if lengths is not None:
        sequences.append(_places(sequences[0]))
        slices.append(BodyInput("t", (), np.dtype(np.int64)))
    with within(OPEN, OPEN.get() | {*carry, *slices}):
        found = body(with_leaves(init, iter(carry)), given)
        new, ys = _pair(found, init, first)
        new = [_like(node, old, name) for node, old, (name, _) in zip(new, carry, first, strict=True)]
        outputs = [_node(each, "y") for each in leaves(ys)]
        if lengths is not None:
            new, outputs = _masked(lengths, slices[-1], carry, new, outputs)
    captured = _captured([*new, *outputs], [*carry, *slices])
    done = substituted([*new, *outputs], captured)
    new, outputs = [done[node] for node in new], [computed(done[node], [*carry, *slices]) for node in outputs]
    used = set(topological_order([*new, *outputs]))
    along = [i for i, leaf in enumerate(slices) if leaf in used]
    if not along and isinstance(sequences[0].shape[0], int):  # no one needs a sequence to know how many steps there are
        sequences[0], slices[0] = _counted(sequences[0].shape[0]), BodyInput("t", (), np.dtype(np.int64))
    sequences, slices = [sequences[i] for i in along or [0]], [slices[i] for i in along or [0]]
    inner = Body(carry, slices, captured.values(), new, stackable(carry, outputs + new))
    whole = Scan(*(node for _, node in first), *sequences, *captured, body=inner, reverse=bool(reverse))
    outside: dict[Node, Node] = dict(zip(slices, sequences, strict=True))
    last = [Part(whole, i=i) for i in range(len(first))]
    stacks = [outside[y] if y in outside else Part(whole, i=inner.place[y]) for y in outputs]
    return with_leaves(init, iter(last)), with_leaves(ys, iter(stacks))


def _check(body: Any) -> None:
    """Raise where it is no function of the carry and a slice of the sequences."""
    if not callable(body):
        raise OperationError(f"mg.scan repeats a function, body(carry, x), not {body!r}.")
    try:
        signature(body).bind(None, None)
    except TypeError:
        raise OperationError(f"mg.scan calls body(carry, x), but the function it is given is {signature(body)}.") from None
    except ValueError:  # a function written in C does not say what it takes
        return


def _sequences(xs: Any, length: Any) -> tuple[list[Node], list[str]]:
    """The sequences, at least one, and what they are called."""
    named = list(labelled_leaves(xs, "x"))
    for name, node in named:
        if not isinstance(node, Node):
            raise OperationError(f"mg.scan takes sequences that are nodes, but {name} is {node!r}: give mg.Constant(…).")
        if not node.ndim:
            raise ShapeError(f"mg.scan goes along the first axis of {name}, but {described(node)} has none.{places(node)}")
    nodes = [node for _, node in named]
    for node in nodes[1:]:
        if node.shape[0] != nodes[0].shape[0]:
            raise ShapeError(
                f"mg.scan goes along sequences of one length, not {described(nodes[0])} and {described(node)}: their first "
                f"axes are {nodes[0].shape[0]} and {node.shape[0]}.{places(nodes[0], node)}"
            )
    if length is not None and (isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 0):
        raise OperationError(f"mg.scan takes a length that is a whole number, 0 or more, not {length!r}.")
    if nodes and length is not None and nodes[0].shape[0] != length:
        raise ShapeError(
            f"mg.scan is asked for {length} steps, but {described(nodes[0])} has {nodes[0].shape[0]}.{places(nodes[0])}"
        )
    if not nodes and length is None:
        raise OperationError("mg.scan goes along sequences, xs, or for a number of steps: give length=….")
    return (nodes, [name for name, _ in named]) if nodes else ([_counted(length)], ["t"])


def _counted(length: Any) -> Node:
    """As many zeros as there are steps, which take no memory."""
    return Expand(Constant(0), (length,))


def _places(sequence: Node) -> Node:
    """0, 1, 2, …, as many as a sequence has places."""
    if isinstance(sequence.shape[0], int):
        return Constant(np.arange(sequence.shape[0]))
    return Sub(np.cumsum(Expand(Constant(1), np.shape(sequence)[:1]), axis=0), 1)


def _first_carry(init: Any, sequences: Sequence[Node]) -> list[tuple[str, Node]]:
    """The first carry, node by node, with what each is called; numbers have the floating-point type of what else there is."""
    named = list(labelled_leaves(init, "carry"))
    types = [node.dtype for node in (*sequences, *leaves(init)) if isinstance(node, Node) and node.dtype.kind == "f"]
    return [(name, _node(each, name, types[0] if types else None)) for name, each in named]


def _node(value: Any, name: str, floating: DType | None = None) -> Node:
    """A leaf of a tree as a node."""
    if isinstance(value, Node):
        return value
    array = numeric(value, f"{name} of mg.scan")
    return Constant(array, dtype=floating if array.dtype.kind == "f" else None)


def _short(name: str) -> str:
    """What a leaf stands for, without the name of its tree where it has one of its own: `h` for carry.h."""
    *_, last = name.split(".")
    return name.replace(".", "_") if last.isdigit() else last


def _pair(found: Any, init: Any, first: Sequence[tuple[str, Node]]) -> tuple[list[Any], Any]:
    """What a body gave: the leaves of the new carry, checked to be of the same tree, and the tree y."""
    if not isinstance(found, tuple) or len(found) != 2:
        raise OperationError(f"The body of mg.scan gives a pair, the new carry and y (or None), not {_shown(found)}.")
    names = [name for name, _ in labelled_leaves(found[0], "carry")]
    if names != [name for name, _ in first]:
        raise OperationError(
            f"The body of mg.scan gives the carry {_shown(found[0])}, but it began as {_shown(init)}: one tree."
        )
    return leaves(found[0]), found[1]


def _shown(tree: Any) -> str:
    """A tree by the shapes of its nodes."""
    marks = iter([described(leaf) if isinstance(leaf, Node) else repr(leaf) for leaf in leaves(tree)])
    return str(with_leaves(tree, marks)).replace("'", "")


def _like(value: Any, old: Node, name: str) -> Node:
    """A node of the new carry, checked to be like the old one."""
    new = _node(value, name, old.dtype if old.dtype.kind == "f" else None)
    if new.shape != old.shape:
        raise ShapeError(
            f"{name} of mg.scan is {show_shape(old.shape)} and becomes {described(new)}: a carry keeps its shape."
            f"{places(new)}\n  Begin with one of that shape, as np.broadcast_to(init, …) gives it."
        )
    if new.dtype != old.dtype:
        raise DTypeError(f"{name} of mg.scan is {old.dtype} and becomes {new.dtype}: a carry keeps its type.{places(new)}")
    return new


def _masked(
    lengths: Any, t: Node, carry: Sequence[Node], new: Sequence[Node], outputs: Sequence[Node]
) -> tuple[list[Node], list[Node]]:
    """The new carry and the outputs of the rows that have a place t; of the others the old carry, and 0."""
    lengths = _node(lengths, "lengths")
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu":
        raise ShapeError(f"mg.scan takes lengths as whole numbers, one for each row, not {typed(lengths)}.{places(lengths)}")
    counts = lengths > t

    def where(value: Node, other: Any) -> Node:
        if not value.ndim or value.shape[0] != lengths.shape[0]:
            raise ShapeError(
                f"mg.scan has lengths for {lengths.shape[0]} rows, but {described(value)} has "
                f"{value.shape[0] if value.ndim else 'none'} along its first axis.{places(lengths, value)}"
            )
        return Where(np.expand_dims(counts, tuple(range(1, value.ndim))), value, other)

    kept = [where(each, old) for each, old in zip(new, carry, strict=True)]
    return kept, [where(each, Constant(0, dtype=each.dtype)) for each in outputs]


def _captured(outputs: Sequence[Node], own: Sequence[Node]) -> dict[Node, Node]:
    """What the outputs use that is the same in all steps, and the leaf that stands for each."""
    varying = set(own)
    order = topological_order(outputs)
    for node in order:
        if not varying.isdisjoint(node.operands):
            varying.add(node)
        if isinstance(node, BodyInput) and node not in varying and node not in OPEN.get():
            raise OperationError(
                f"{described(node)} is a value of one step of another scan: outside of its body there is none.{places(node)}"
            )
        if isinstance(node, BatchNormalization) and node in varying and node.training_mode:
            raise OperationError(
                f"{node} cannot be in the body of mg.scan: its running statistics would not be updated.{places(node)}"
            )
    used = dict.fromkeys(operand for node in order if node in varying for operand in node.operands)
    axes = {str(axis) for leaf in own for axis in leaf.shape}
    outside = [node for node in (*used, *outputs) if node not in varying and not _stays(node, axes)]
    return {node: BodyInput(node.name or "value", node.shape, node.dtype, node.known) for node in dict.fromkeys(outside)}


def _stays(node: Node, axes: set[str]) -> bool:
    """Whether it can stand in a body as it is: numbers, or sizes of the named axes there."""
    return isinstance(node, Constant) or (isinstance(node, Sizes) and {*names_of(node.sizes)} <= axes)
