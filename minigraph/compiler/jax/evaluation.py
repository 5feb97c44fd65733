"""The value of every node of a step by its own rule, on JAX's arrays, while JAX traces the step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.compiler.jax.library import library
from minigraph.compiler.jax.translations import TRANSLATIONS
from minigraph.core.errors import MinigraphError, OperationError
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described, places
from minigraph.core.rules import compute
from minigraph.core.shapes import show_shape, sized
from minigraph.ops.multi_output import MultiOutput
from minigraph.readings.traced import Traced, bare, refusing

__all__ = ["Evaluation", "choosing", "unable"]


@dataclass
class Evaluation:
    """The values of a step's nodes: JAX's arrays as rules are given them, and NumPy's of what follows from sizes alone."""

    axes: Mapping[str, int]
    """The sizes of the named axes."""
    values: dict[Node, Any] = field(default_factory=dict)
    refusals: list[tuple[Node, Any]] = field(default_factory=list)
    """Operations that cannot take some values, each with the truth, as JAX's array, of whether they are given such."""
    draws: bool = False
    """Whether random numbers are JAX's."""
    checks: bool = False
    """Whether an operation that chooses by values checks them here: those of a loop's body."""

    def compute(self, nodes: Iterable[Node]) -> None:
        """Compute these nodes, of which each comes after its operands."""
        for node in nodes:
            if node not in self.values:
                self.values[node] = self._value(node)

    def array(self, node: Node) -> Any:
        """The value of a node as JAX's array, or as one of NumPy's."""
        return bare(self.values[node])

    def inside(self, values: Mapping[Node, Any]) -> "Evaluation":
        """One of the nodes of a loop's body."""
        return Evaluation(self.axes, {**self.values, **values}, draws=self.draws, checks=True)

    def check(self, node: Node) -> None:
        """Have the values checked that an operation is given."""
        operands = [self.values[each] if each in self.values else self._blank(each) for each in node.operands]
        try:
            refused = refusing(lambda: node.validate(*operands))
        except MinigraphError:
            raise
        except Exception as error:
            raise unable(node, error) from error
        if refused is not None:
            self.refusals.append((node, refused))

    def _value(self, node: Node) -> Any:
        if isinstance(node, Constant):
            return node.value
        if node.known is not None:
            return np.array(sized(node.known, self.axes), node.dtype).reshape(sized(node.shape, self.axes))
        given = [self.values[operand] for operand in node.operands]
        if not any(_is_traced(each) for each in given):
            with np.errstate(all="ignore"):
                return compute(node, given)
        operands = [self._given(node, i, each) for i, each in enumerate(given)]
        if node.validates and (choosing(node) if self.checks else not node.selectors and node.trusted):
            self.check(node)
        refusals: list[Any] = []
        token = Traced.refusals.set(refusals)
        try:
            value = self._ruled(node, operands)
        except MinigraphError:
            raise
        except Exception as error:
            raise unable(node, error) from error
        finally:
            Traced.refusals.reset(token)
        self.refusals += [(node, refused) for refused in refusals]
        return value

    def _ruled(self, node: Node, operands: list[Any]) -> Any:
        translation = TRANSLATIONS.get(type(node))
        value = node.forward(*operands) if translation is None else translation(self, node, *operands)
        if isinstance(node, MultiOutput):
            return value
        value = value if isinstance(value, Traced) else Traced(library().numpy.asarray(bare(value)))
        expected = sized(node.shape, self.axes)
        if value.shape != expected:
            raise TypeError(f"it gives {show_shape(value.shape)} where {show_shape(expected)} was inferred")
        return value if value.dtype == node.dtype else value.astype(node.dtype)

    def _given(self, node: Node, i: int, value: Any) -> Any:
        """An operand as a rule is given it: sizes that choose stay NumPy's."""
        if isinstance(value, np.ndarray | np.generic) and not (node.selectors and node._selects(i)):
            return Traced(library().numpy.asarray(value))
        return value

    def _blank(self, node: Node) -> Any:
        """What stands for a value that is not computed: an array of its shape."""
        return np.broadcast_to(np.zeros((), node.dtype), sized(node.shape, self.axes))


def unable(node: Node, error: Exception) -> OperationError:
    """The error that says why an operation cannot be computed by JAX."""
    reason = str(error).partition("\n")[0]
    return OperationError(
        f'{described(node)} cannot run with engine="jax": {reason}.{places(node)}\n'
        '  Write its rule with functions that give a new array and decide nothing by values, or take engine="numpy".'
    )


def choosing(node: Node) -> set[Node]:
    """The operands by whose values, other than sizes and constants, an operation chooses, or all where any may be refused."""
    chosen = {each for i, each in enumerate(node.operands) if not node.selectors or node._selects(i)}
    return {operand for operand in chosen if operand.known is None and not isinstance(operand, Constant)}


def _is_traced(value: Any) -> bool:
    return any(map(_is_traced, value)) if isinstance(value, tuple) else isinstance(value, Traced)
