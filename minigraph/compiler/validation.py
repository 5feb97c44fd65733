"""What a program refuses: updates that are none, and values that an operation cannot choose by, such as labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, GraphError, ShapeError, listing
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described, places
from minigraph.core.shapes import show_shape, sized
from minigraph.ops.modes import state_updates

__all__ = ["check", "check_state", "checked_updates", "checks_of"]

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


def checked_updates(updates: Any) -> dict[Variable, Node]:
    """The variables that a program changes, with their new values, or an error where there is something else."""
    if not isinstance(updates, Mapping):
        raise GraphError(
            f"The updates of a program are a mapping of variables to their new values, not {type(updates).__name__}: "
            "{variable: node}, such as an optimizer's minimize(loss) gives."
        )
    checked: dict[Variable, Node] = {}
    for variable, node in updates.items():
        if not isinstance(variable, Variable):
            raise GraphError(f"Only a variable can be updated, not {variable!r}.")
        if not isinstance(node, Node):
            raise GraphError(f"The new value of {described(variable)} must be a node, not {node!r}.{places(variable)}")
        if node.shape != variable.shape:
            raise ShapeError(
                f"The update of {described(variable)} gives {show_shape(node.shape)}: it must keep the shape."
                f"{places(variable, node)}"
            )
        if node.dtype != variable.dtype:
            raise DTypeError(f"The update of {variable} gives {node.dtype}, not {variable.dtype}.{places(variable, node)}")
        checked[variable] = node
    return checked


def check_state(graph: Graph, updates: Mapping[Variable, Node]) -> None:
    """Raise where a program that changes variables would leave a random state, or running statistics, as they are."""
    state = state_updates(*graph.outputs.values(), *updates.values()) if updates else {}
    left = [variable for variable in state if variable not in updates]
    if left:
        unchanged = "as it is, but it changes" if len(left) == 1 else "as they are, but each changes"
        raise GraphError(
            f"The updates leave {listing(left)} {unchanged} with every step of a training.{places(*left)}\n"
            f"  Add **mg.state_updates(loss) to the updates, or, to keep it as it is, {left[0]}: {left[0]}."
        )
