"""The mathematics of a node: its value, and the local derivative by which a gradient passes it."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from minigraph.axes import TIMES
from minigraph.errors import MinigraphError
from minigraph.node import Constant, Input, Node
from minigraph.readings.expression import Expression
from minigraph.readings.formula import Formula, axes_said
from minigraph.rules import as_shares, unbroadcast

__all__ = ["Hole", "Known", "expand", "expression_of", "formula", "hole_for", "local_derivative", "names_of", "symbol"]

Known = Callable[[Node], Expression | None]
"""What gives the leaf by which a node is written, or None for one that is to be written out."""


def expand(node: Node) -> Node:
    """The node as its own `forward` composes it: a primitive gives one of its kind, a composite its parts.

    What cannot be read with nodes (a rule that is not plain NumPy) stays as it is.
    """
    try:
        parts = node.forward(*node.operands)
    except Exception:
        # Whatever a rule does with a node that it cannot handle, the answer is the same: the rule runs on numbers only.
        return node
    whole = isinstance(parts, Node) and not (type(parts) is type(node) and parts.operands == node.operands)
    return parts if whole else node


def formula(node: Node, depth: int = 6) -> str:
    """The mathematics of a node's value, in terms of the nodes that have names.

    >>> import minigraph as mg
    >>> x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 3)))
    >>> formula(mg.Softmax(x @ W))
    'softmax(x · W)'
    """
    return _written(node, _by_name, frozenset(), depth).text


def local_derivative(node: Node, operand: int, names: Mapping[Any, str] | None = None) -> str | None:
    """What multiplies the gradient on its way back to an operand, read from the rule; □ stands for that gradient.

    None for an operand that takes no derivative. A rule that cannot be read with nodes is told by its name. What equals a
    node of `names_of(…)` is written by its name: ŷ rather than softmax(z2).

    >>> import minigraph as mg
    >>> a1 = mg.Tanh(mg.Input("z1", ("N", 500)), name="a1")
    >>> local_derivative(a1, 0)
    '□ ⊙ (1 − a1²)'
    """
    hole = hole_for(node, "□")
    try:
        share = as_shares(node, node.backward(hole, node, *node.operands))[operand]
        if share is None:
            return None
        share = unbroadcast(share, node.operands[operand], node)
    except MinigraphError:
        return f"{type(node).__name__}.backward(□)"

    def known(each: Node) -> Expression | None:
        name = (names or {}).get(_computed(each)) if each.operands else None
        return Expression("name", word=name, meaning=each) if name and not each.name else _by_name(each)

    return _written(share, known, frozenset((node, *node.operands)), 6).text


class Hole(Input):
    """A leaf that stands for a gradient that arrives."""


def hole_for(node: Node, name: str) -> Hole:
    """A leaf that stands for the gradient that arrives at a node."""
    hole = Hole(name, ())
    hole.shape, hole.dtype = node.shape, node.dtype
    return hole


def expression_of(node: Node, known: Known, defined: bool = False) -> Expression:
    """The mathematics of a node's value as a tree, whole; `known` gives the leaf for each node at which it ends.

    With `defined`, the node itself is written out even if it is known.

    >>> import minigraph as mg
    >>> from minigraph.readings.expression import evaluate
    >>> a1 = mg.Tanh(mg.Input("z1", ("N", 500)), name="a1")
    >>> tree = expression_of(a1, lambda node: Expression("name", word=node.name, meaning=node), defined=True)
    >>> Formula(tree).text, float(evaluate(tree, {a1.operands[0]: 0.0}.__getitem__))
    ('tanh(z1)', 0.0)
    """
    if defined and node.operands:
        return _composed(node, [_written(operand, known, frozenset(), -1) for operand in node.operands]).tree
    return _written(node, known, frozenset(), -1).tree


def names_of(nodes: Iterable[Node]) -> dict[Any, str]:
    """The names of operations, by what they compute, for `local_derivative`."""
    named = [(_computed(node), node.name) for node in nodes if node.name and node.operands]
    return {key: str(name) for key, name in reversed(named)}


def _computed(node: Node) -> Any:
    """What two operations have in common when they compute the same: kind, operands and attributes."""
    return type(node), node.operands, tuple(repr(getattr(node, key)) for key in node.attributes)


def _by_name(node: Node) -> Expression | None:
    return Expression("name", word=node.name, meaning=node) if node.name else None


def _written(node: Node, known: Known, stops: frozenset[Node], depth: int) -> Formula:
    """The formula down to what is known; from `depth` levels below on, what has parts is told by its name alone."""
    leaf = known(node)
    if leaf is not None:
        return Formula(leaf, node.shape, node.dtype)
    if isinstance(node, Constant):
        return _leaf("name", f"{node.value.item():g}" if node.value.size == 1 else "k" if _counts(node) else "constant", node)
    if node.known is not None and len(node.known) == 1:
        size = str(node.known[0])
        return Formula(_leaf("size" if TIMES in size else "name", size, node).tree)
    if node in stops and depth < 6:
        depth = min(depth, 2)
    if depth == 0:
        return Formula(f"{_word(node)}(…)")
    folded = _folded(node)
    if folded is not None:
        return Formula(Expression("number", word=f"{float(folded):g}", meaning=folded))
    return _composed(node, [_written(operand, known, stops, depth - 1) for operand in node.operands])


def _composed(node: Node, operands: list[Formula]) -> Formula:
    """An operation on operands that are written: by its `forward` if that is one call, else by its name."""
    if expand(node) is node or type(node).__name__ == "Gemm":
        try:
            return _shaped(node.forward(*operands), node)
        except Exception:  # a rule that only numbers can be put through is told by its name
            pass
    call = Expression("call", tuple(operand.tree for operand in operands), _word(node), node.forward, over=_over(node))
    return Formula(call, node.shape)


def _leaf(form: str, word: str, node: Node) -> Formula:
    return Formula(Expression(form, word=word, meaning=node), node.shape, node.dtype)


def _word(node: Node) -> str:
    """What an operation without a sign is called in a formula: softmax, or LogSoftmax where that is several words.

    What NumPy has a word for is called by that: cumsum.
    """
    name = type(node).__name__.removeprefix("Reduce")
    return name if sum(map(str.isupper, name)) > 1 and not hasattr(np, name.lower()) else name.lower()


def _over(node: Node) -> str:
    """The axes that an operation goes over, unless those are all, or the last one, which it takes of itself: softmax(z).

    What it does otherwise than by default is said there too: cumsum columns, reverse (x).
    """
    along = getattr(node, "along", ())
    usual = not node.operands or along == () or (node.attributes.get("axis") == -1 and along == (node.operands[0].ndim - 1,))
    axes = "" if usual else axes_said(node.operands[0].ndim, along)
    flags = [key for key, default in node.attributes.items() if default is False and getattr(node, key) is True]
    return ", ".join(filter(None, (axes, *flags)))


def _counts(node: Constant) -> bool:
    """Whether a constant is 0, 1, 2, …: what is compared with it is told of the k-th element, [y = k]."""
    return node.dtype.kind in "iu" and np.array_equal(node.value.reshape(-1), np.arange(node.value.size))


def _folded(node: Node, depth: int = 4) -> Any:
    """The number that an operation on numbers alone gives, the 1 of x^(2−1), or None if it depends on more."""
    if isinstance(node, Constant):
        return node.value if node.value.size == 1 else None
    if not node.operands or node.shape or depth == 0:
        return None
    values = [_folded(operand, depth - 1) for operand in node.operands]
    return None if any(value is None for value in values) else node.forward(*values)


def _shaped(written: Formula, node: Node) -> Formula:
    written.shape, written.dtype = node.shape, node.dtype
    return written


SIGNS = {"Add": "+", "Sub": "−", "Mul": "×", "Div": "÷", "Neg": "−", "MatMul": "@", "ReduceSum": "Σ", "Sqrt": "√"}
WORDS = {"SoftmaxCrossEntropy": "softmax\ncross-entropy", "ReduceMean": "mean", "ReduceMax": "max", "LogSoftmax": "log-softmax"}
WORD = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z][a-z]+")
LINE = 12
"""Up to how many letters an operation's name stands on one line."""


def symbol(node: Node) -> str:
    """How a circuit labels an operation: by its sign, or its name in lower case, word for word.

    >>> import minigraph as mg
    >>> symbol(mg.MeanSquaredError(mg.Input("y", ("N",)), mg.Input("t", ("N",))))
    'mean squared\\nerror'
    """
    kind = type(node).__name__
    words = WORD.findall(kind)
    name = " ".join(words).lower() if "".join(words) == kind else kind.lower()
    if len(name) > LINE and " " in name:
        breaks = (at for at, letter in enumerate(name) if letter == " ")
        middle = min(breaks, key=lambda at: max(at, len(name) - at))
        name = f"{name[:middle]}\n{name[middle + 1 :]}"
    return SIGNS.get(kind) or WORDS.get(kind) or name
