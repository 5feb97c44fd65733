"""Lints of where parameters start: from where nothing is learned, or nearly nothing."""

import numpy as np

from minigraph.core.errors import listing
from minigraph.core.leaves import Parameter
from minigraph.core.node import Constant, Node
from minigraph.explain.lint.facts import Facts, Reasons, elementwise, source
from minigraph.explain.lint.layer import layer_of, matrix_of, variance
from minigraph.ops.activations import Sigmoid, Tanh
from minigraph.ops.arithmetic import Add
from minigraph.ops.convolution import Conv

__all__ = ["STARTS"]

SATURATED = 6
"""From what standard deviation of its operand a tanh or a sigmoid is flat nearly everywhere."""
UNITS = 16
"""How many operands a sum has, at least, for its size to be judged by that of the weights."""


def never_trained(node: Node, facts: Facts) -> Reasons:
    """Parameters whose gradient is 0 where they start, and stays 0."""
    if not isinstance(node, Parameter) or facts.loss is None or not facts.stuck or node is not facts.stuck[0]:
        return None
    together = len(facts.stuck) > 1
    why = f"As long as {listing(map(str, facts.stuck))} are what they are now, their gradients are 0" if together else ""
    return (
        f"{why or 'As long as it is what it is now, its gradient is 0'}, whatever the data are: training never moves "
        f"{'them' if together else 'it'}.",
        "Start weights from random numbers, such as mg.initializers.glorot_uniform(rng, (m, n)), and biases alone from 0.",
    )


def equal_units(node: Node, facts: Facts) -> Reasons:
    """A layer whose units start alike, are read alike, and so stay alike."""
    columns = layer_of(node)
    if columns is None or facts.loss is None or columns in facts.stuck or isinstance(node, Conv):
        return None
    matrix = matrix_of(node)
    if matrix.shape[1] < 2 or (matrix != matrix[:, :1]).any() or len(facts.users[columns]) != 1:
        return None
    unit, outputs = node, set(facts.graph.outputs.values())
    while unit is node or layer_of(unit) is None:
        users = facts.users[unit]
        if len(users) != 1 or unit in outputs:
            return None
        (user,) = users
        if layer_of(user) is None and not (elementwise(user) and user.shape == node.shape and _alike(user, unit)):
            return None
        if layer_of(user) is not None and user.operands[0] is not unit:
            return None
        unit = user
    weights, rows = layer_of(unit), matrix_of(unit)
    if weights is None or isinstance(unit, Conv) or (rows != rows[:1]).any() or len(facts.users[weights]) != 1:
        return None
    return (
        f"All {matrix.shape[1]} units of {columns} start alike and are read alike: they get one gradient, and stay alike.",
        "Start from random numbers, such as mg.initializers.glorot_uniform(rng, (m, n)).",
    )


def saturated_layer(node: Node, facts: Facts) -> Reasons:
    """Weights so large that a hidden tanh or sigmoid is flat from the start."""
    if not isinstance(node, Tanh | Sigmoid) or facts.loss is None or not _leads_to_a_layer(node, facts):
        return None
    before = node.operands[0]
    while isinstance(before, Add) and any(isinstance(source(each), Parameter) for each in before.operands):
        before = next(each for each in before.operands if not isinstance(source(each), Parameter))
    weights = layer_of(before)
    if weights is None or isinstance(before, Conv):
        return None
    matrix = matrix_of(before)
    deviation = float(np.sqrt(variance(matrix)))
    if matrix.shape[0] < UNITS or deviation < SATURATED:
        return None
    kind = type(node).__name__.lower()
    return (
        f"The sums of features of size 1 by {weights} have a standard deviation of {deviation:.0f}, where {kind} is flat: next "
        "to no gradient comes back through it.",
        f"Start the weights smaller: a deviation of √(1/{matrix.shape[0]}), as mg.initializers.glorot_normal(rng, …) has it.",
    )


def _alike(user: Node, unit: Node) -> bool:
    """Whether an operation treats all units alike: what else it takes is one number."""
    others = [each for each in user.operands if each is not unit]
    values = [each.value if isinstance(each, Constant) else getattr(source(each), "current_array", None) for each in others]
    return all(value is not None and value.size and (value == value.flat[0]).all() for value in values)


def _leads_to_a_layer(node: Node, facts: Facts) -> bool:
    return any(layer_of(user) is not None and user.operands[0] is node for user in facts.users[node])


STARTS = (
    never_trained, equal_units, saturated_layer,
)  # fmt: skip
"""The lints, in the order in which they are asked."""
