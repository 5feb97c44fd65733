"""Lints of layers: what can compute no more than less would, and attention that cannot learn."""

from collections.abc import Iterator
from math import prod

import numpy as np

from minigraph.core.leaves import Parameter
from minigraph.core.node import Constant, Node
from minigraph.core.sizes import Axis
from minigraph.explain.lint.facts import Facts, Reasons, code, elementwise, scores_of, source
from minigraph.explain.lint.layer import Matrix, layer_of, matrix_of, variance
from minigraph.ops.arithmetic import Add, Div, Mul, Neg, Sub
from minigraph.ops.comparison import Where
from minigraph.ops.convolution import Conv
from minigraph.ops.diagonals import Trilu
from minigraph.ops.einsum import Einsum
from minigraph.ops.linear import MatMul
from minigraph.ops.random import Dropout
from minigraph.ops.softmax import LogSoftmax, Softmax
from minigraph.readings.sameness import moved_operand

__all__ = ["LAYERS"]


def linear_layers(node: Node, facts: Facts) -> Reasons:
    """Two products with matrices, or two convolutions, with nothing between that one alone could not do.

    A middle narrower than both sides is a factorisation of low rank, and two small convolutions have fewer weights than a large
    one: these are meant.
    """
    last = layer_of(node)
    if last is None or facts.loss is None or _are_scores_of_attention(node, facts):
        return None
    between: list[Node] = []
    before = node.operands[0]
    while layer_of(before) is None:
        between.append(before)
        inner = _linear_operand(before)
        if inner is None:
            return None
        before = inner
    first = layer_of(before)
    outputs = set(facts.graph.outputs.values())
    if first is None or first is last or any(len(facts.users[each]) != 1 or each in outputs for each in (before, *between)):
        return None
    if len(facts.users[first]) > 1 or len(facts.users[last]) > 1 or isinstance(before, Conv) != isinstance(node, Conv):
        return None
    inputs, middle = _sides(before, first)
    _, outer = _sides(node, last)
    if middle < min(inputs, outer) or prod(first.value.shape) + prod(last.value.shape) < _as_one(first, last, inputs, outer):
        return None
    dropped = " but dropout, which a prediction is without" if any(isinstance(each, Dropout) for each in between) else ""
    one = (
        f"one convolution from {inputs} to {outer} channels" if isinstance(node, Conv) else f"one matrix of {inputs} × {outer}"
    )
    return (
        f"Between {first} and {last} stands nothing{dropped}: together they compute what {one} does, and no more.",
        f"Put an activation between, such as mg.Relu; where a product is meant, write it as one: x @ ({first} @ {last})."
        if not isinstance(node, Conv)
        else "Put an activation between, such as mg.Relu.",
    )


def _as_one(first: Parameter, last: Parameter, inner: int, outer: int) -> int:
    """How many weights a convolution has, at least, that computes what two do."""
    sizes = zip(first.shape[2:], last.shape[2:], strict=True)
    return inner * outer * prod(int(one) + int(other) - 1 for one, other in sizes)


def _sides(node: Node, weights: Parameter) -> tuple[int, int]:
    """How many features, or channels, a layer takes and gives."""
    if isinstance(node, Conv):
        return int(weights.shape[1]), int(weights.shape[0])
    inner, outer = matrix_of(node).shape
    return inner, outer


def _linear_operand(node: Node) -> Node | None:
    """What a node is a linear function of, feature by feature, or None: a bias added, a factor, a cast, dropout."""
    if isinstance(node, Dropout):
        return node.operands[0]
    moved = moved_operand(node)
    if moved is not None:
        return (
            moved
            if moved.ndim and moved.shape[-1:] == node.shape[-1:] and moved.ndim == node.ndim and node.keeps_order
            else None
        )
    if isinstance(node, Add | Sub | Mul | Div | Neg):
        own = [each for each in node.operands if not isinstance(source(each), Constant) and each.shape == node.shape]
        rest = [each for each in node.operands if each not in own]
        fixed = all(
            isinstance(source(each), Constant if isinstance(node, Mul | Div) else Constant | Parameter) for each in rest
        )
        return own[0] if len(own) == 1 and fixed else None
    return None


def unscaled_attention(node: Node, facts: Facts) -> Reasons:
    """Products of queries and keys that are not divided by √D, so that their softmax is all but one-hot."""
    scores = scores_of(node)
    if scores is None or not any(_weighs(user, node) for user in _users_of_moved(node, facts)):
        return None
    scores, factor = _unscaled(scores, facts)
    if scores is None:
        return None
    features = _contracted(scores)
    projections = [_projection(each) for each in scores.operands]
    if not isinstance(features, int) or any(each is None for each in projections):
        return None
    deviation = factor * float(np.sqrt(features * prod(variance(each) for each in projections if each is not None)))
    if deviation < 2:
        return None
    q = code(scores.operands[0], "q")
    return (
        f"Products of queries and keys of {features} numbers have a standard deviation of about {deviation:.2g} here: their "
        "softmax is nearly one-hot, and its gradient nearly 0.",
        f"Divide them by √{features}, as mg.blocks.attention does: {q} @ k.mT / np.sqrt({features}).",
    )


def _unscaled(scores: Node, facts: Facts) -> tuple[Node | None, float]:
    """The product of which scores are made, before a mask or a bias was put to them, and by what number it is multiplied."""
    node, factor = source(scores), 1.0
    while isinstance(node, Add | Where | Mul | Div):
        learned = [each for each in node.operands if each.dtype.kind == "f" and each in facts.learned_values]
        if len(learned) != 1:
            return None, factor
        if isinstance(node, Mul | Div):
            (by,) = (source(each) for each in node.operands if each is not learned[0])
            if not isinstance(by, Constant) or by.value.size != 1 or (isinstance(node, Div) and by is source(node.operands[0])):
                return None, factor
            with np.errstate(all="ignore"):
                factor *= float(np.abs(1 / by.value if isinstance(node, Div) else by.value).item())
        node = source(learned[0])
    return node, factor


def _contracted(node: Node) -> Axis | None:
    """Over how many products each element of a product of two values is summed, along one axis; else None."""
    if isinstance(node, MatMul):
        return node.operands[0].shape[-1]
    if not isinstance(node, Einsum) or len(node.operands) != 2 or "." in node.equation or "->" not in node.equation:
        return None
    operands, result = node.equation.replace(" ", "").split("->")
    summed = [letter for letter in operands.split(",")[0] if letter not in result]
    return node.operands[0].shape[operands.index(summed[0])] if len(summed) == 1 else None


def _projection(node: Node) -> Matrix | None:
    """The matrix by whose product, with no factor but a bias, queries or keys are made; else None."""
    node = source(node)
    if isinstance(node, Add):
        products = [each for each in node.operands if not isinstance(source(each), Parameter)]
        if len(products) != 1:
            return None
        node = source(products[0])
    return None if layer_of(node) is None or isinstance(node, Conv) else matrix_of(node)


def _are_scores_of_attention(node: Node, facts: Facts) -> bool:
    """Whether a softmax is taken of them that weighs values: queries that are learned themselves."""
    pending = [(node, False)]
    while pending:
        each, weighs = pending.pop()
        for user in facts.users[each]:
            if isinstance(user, MatMul | Einsum) and weighs:
                return True
            if isinstance(user, Softmax) or elementwise(user) or moved_operand(user) is not None:
                pending.append((user, weighs or isinstance(user, Softmax)))
    return False


def _users_of_moved(node: Node, facts: Facts) -> Iterator[Node]:
    """The users of a value, and of what moves it or drops some of it."""
    pending = [node]
    while pending:
        for user in facts.users[pending.pop()]:
            yield user
            if isinstance(user, Dropout) or moved_operand(user) is not None:
                pending.append(user)


def _weighs(user: Node, weights: Node) -> bool:
    """Whether a product takes the weights of a softmax, or what was moved of them, with values."""
    return isinstance(user, MatMul | Einsum) and user.operands[0].shape[-1] == weights.shape[-1]


def multiplied_mask(node: Node, facts: Facts) -> Reasons:
    """Scores hidden from a softmax by 0, which is a score like any other."""
    if not isinstance(node, Softmax | LogSoftmax):
        return None
    masked = source(node.operands[0])
    scores, axis = None, node.axis % node.ndim
    if isinstance(masked, Trilu):
        scores = masked.operands[0]
    elif isinstance(masked, Mul) and masked.shape == node.shape:
        for mask, other in (masked.operands, masked.operands[::-1]):
            varies = mask.ndim > masked.ndim - 1 - axis and mask.shape[axis - masked.ndim] != 1
            if _zeros_and_ones(mask) and varies:
                scores = other
    if scores is None or scores not in facts.learned_values:
        return None
    s = code(scores, "s")
    return (
        "A score times 0 is the score 0, and e⁰ = 1: what is hidden so still takes a part of the softmax.",
        f"np.where(mask, {s}, -np.inf) hides it, or mg.blocks.attention(…, mask=mask, causal=…).",
    )


def _zeros_and_ones(mask: Node) -> bool:
    """Whether it is known to hold 0 and 1, as a condition does."""
    origin = source(mask)
    if isinstance(origin, Constant):
        return bool(((origin.value == 0) | (origin.value == 1)).all() and (origin.value == 0).any())
    return origin.dtype == bool


LAYERS = (
    linear_layers, unscaled_attention, multiplied_mask,
)  # fmt: skip
"""The lints, in the order in which they are asked."""
