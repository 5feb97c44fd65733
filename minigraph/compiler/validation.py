"""Which operations check the values that a step is given: those that choose by a value, such as a label that counts a class."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Node
from minigraph.core.shapes import sized

__all__ = ["check", "checks_of"]

Check = tuple[Node, list[Any]]
"""An operation, with what it is given to check: the number of an input, a variable, or what stands for another value."""


def checks_of(guarded: Sequence[Node], own: set[Node], inputs: Sequence[Node], sizes: Mapping[str, int]) -> list[Check]:
    """The operations that choose by values of inputs or variables, for each step to check.

    What chooses by sizes and constants alone is checked now. What the gradient of an operation chooses by, the operation itself
    has checked, one of the graph's `own`.
    """
    checks: list[Check] = []
    seen: set[Node] = set()
    for node in guarded:
        blanks = [_blank(operand, sizes) for operand in node.operands]
        chosen = _choosing(node)
        if not chosen and (node in own or not node.selectors):
            node.validate(*blanks)
        elif (node in own or not chosen <= seen) and all(isinstance(leaf, Input | Variable) for leaf in chosen):
            numbers: dict[Node, Any] = {leaf: i for i, leaf in enumerate(inputs)}
            given = zip(node.operands, blanks, strict=True)
            checks.append((node, [numbers.get(each, each) if each in chosen else blank for each, blank in given]))
            seen |= chosen
    return checks


def check(checks: Sequence[Check], arguments: Sequence[np.ndarray[Any, Any]]) -> None:
    """Raise where an operation cannot choose by what it is given."""
    for node, operands in checks:
        node.validate(*[arguments[each] if type(each) is int else _given(each) for each in operands])


def _given(operand: Any) -> Any:
    """What a check is given besides inputs: a variable's array, or what stands for another value."""
    return operand.current_array if isinstance(operand, Variable) else operand


def _choosing(node: Node) -> set[Node]:
    """The operands by whose values, other than sizes and constants, an operation chooses."""
    chosen = {operand for i, operand in enumerate(node.operands) if node.selectors and node._selects(i)}
    return {operand for operand in chosen if operand.known is None and not isinstance(operand, Constant)}


def _blank(node: Node, sizes: Mapping[str, int]) -> Any:
    """What stands for a value before a run: sizes as they are, and else an array of the node's shape that takes no memory."""
    if isinstance(node, Constant):
        return node.value
    if node.known is not None:
        return np.array(sized(node.known, sizes)).reshape(node.shape)
    return np.broadcast_to(np.zeros((), node.dtype), sized(node.shape, sizes))
