"""What the identities of algebra are read with: what is an atom, what is equal, how long it is written, what may be assumed."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import Shape
from minigraph.readings.bounds import Bounds, bounds_of
from minigraph.readings.expression import Expression, number_of
from minigraph.readings.sameness import operation

__all__ = [
    "Algebra", "Condition", "Conditions", "Domain", "Found", "as_node", "kind", "needed_by_power", "repeated", "single",
]  # fmt: skip

UNWRITTEN = ("Expand", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Identity")
"""The operations that no formula shows."""

LOOKED_UP = {"ScatterElements": 8}
"""How much more a call counts than a sign, as a reader has to look up what it does."""

LARGEST = 10**12
"""Up to which numerator and denominator a number is computed with exactly."""


@dataclass(frozen=True, eq=False)
class Condition:
    """What an identity holds for: each element of one value is so related to that of another."""

    left: Node
    sign: str
    """≠, > or ≥; or finite, of which nothing but the left side is meant."""
    right: Node
    certain: bool = False
    """Whether it is so for all numbers, or wherever what is derived has a value itself: then it need not be told."""

    def holds(self, value_of: Callable[[Node], Any]) -> bool:
        """Whether it holds for all elements of the values that are given."""
        left = value_of(self.left)
        if self.sign == "finite" or not np.isfinite(left).all():
            return bool(np.isfinite(left).all())
        compare = {"≠": np.not_equal, ">": np.greater, "≥": np.greater_equal}[self.sign]
        return bool(np.all(compare(left, value_of(self.right))))


Conditions = frozenset[Condition]


@dataclass(frozen=True)
class Found:
    """A node, and what it needs to equal the one in whose place it stands."""

    node: Node
    conditions: Conditions = frozenset()


def kind(node: Node) -> str:
    """The name of one of minigraph's operations; nothing for a user's, whatever that is called."""
    return type(node).__name__ if node.trusted else ""


def single(shape: Shape) -> bool:
    """Whether a value of that shape has one element."""
    return all(size == 1 for size in shape)


class Domain:
    """What is needed for some nodes to have values: that what a logarithm is taken of is above 0.

    It also tells which nodes compute the same.
    """

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self._nodes = list(nodes)
        self._keys: dict[Node, int] = {}
        self._numbered: dict[Hashable, int] = {}
        self._bounds: dict[Node, Bounds] = {}

    def key(self, node: Node) -> int:
        """Equal for two nodes only if they are known to compute the same."""
        for each in topological_order([node], self._keys):
            if isinstance(each, Constant) and each.name:
                key: Hashable = each
            else:
                key = operation(each), *(self._keys[operand] for operand in each.operands)
            self._keys[each] = self._numbered.setdefault(key, len(self._numbered))
        return self._keys[node]

    @cached_property
    def _needed(self) -> set[tuple[int, str]]:
        return {(self.key(each), sign) for node in self._nodes for each, sign in _needed_by(node)}

    def gathers(self, index: Node, axis: int, size: int) -> bool:
        """Whether elements are gathered by an index along an axis of that size: the index is then within it."""
        return any(
            self.key(node.operands[1]) == self.key(index)
            and getattr(node, "axis", 0) % node.ndim == axis
            and node.operands[0].shape[axis] == size
            for node in self._nodes
            if kind(node) == "GatherElements"
        )

    def implies(self, node: Node, sign: str) -> bool:
        """Whether the nodes have no value unless each element of another is ≠ 0, > 0 or ≥ 0."""
        return any((self.key(node), each) in self._needed for each in {"≠": "≠>", ">": ">", "≥": "≥>"}[sign])

    def certain(self, node: Node, sign: str) -> bool:
        """Whether no element can be anything else than ≠ 0, > 0 or ≥ 0. A size is that of an axis which has elements."""
        while kind(node) == "Cast":
            node = node.operands[0]
        if isinstance(node, Sizes) or node.known is not None:
            return True
        bounds = bounds_of(topological_order([node], self._bounds), of_now=False, found=self._bounds)[node]
        return bounds.low >= 0 if sign == "≥" else bounds.low >= 0 and bounds.nonzero if sign == ">" else bounds.nonzero


class Algebra:
    """What is known of the nodes that are rewritten.

    Parameters
    ----------
    known
        The leaf by which a node is written, or None: what has one is an atom, though it is still seen what it computes.
    assumed
        Whether a condition may be assumed; without it none that is not certain.
    domain
        What need not be told, as what is derived needs it to have a value.
    """

    def __init__(
        self,
        known: Callable[[Node], Expression | None],
        assumed: Callable[[Condition], bool] = attrgetter("certain"),
        domain: Domain | None = None,
    ) -> None:
        self._known, self._assumed = known, assumed
        self._domain = domain or Domain()
        self.key = self._domain.key
        """Equal for two nodes only if they are known to compute the same."""
        self.products: dict[Node, Any] = {}
        """What is known of nodes as products."""
        self.sums: dict[Hashable, tuple[Any, Node]] = {}
        """Terms added to what is there, so that a sum which grows by one term is not written anew."""
        self._costs: dict[Node, int] = {}
        self._conditions: dict[tuple[int, str, int], Condition] = {}

    def is_atom(self, node: Node) -> bool:
        """Whether nothing below the node is rewritten: a leaf, a size, or what has a name."""
        return not node.operands or node.known is not None or self._known(node) is not None

    def number(self, node: Node) -> Fraction | None:
        """The one number that a node is in every element, exactly, or None."""
        leaf = self._known(node)
        value: Any = None if leaf is None else number_of(leaf)
        if isinstance(node, Constant) and not node.name and node.value.size and (node.value == node.value.flat[0]).all():
            value = node.value.flat[0].item()
        if node.known is not None and len(node.known) == 1 and isinstance(node.known[0], int):
            value = node.known[0]
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            return None
        found = Fraction(value)
        simple = found.limit_denominator(1000)
        found = simple if float(simple) == value else found
        return found if max(abs(found.numerator), found.denominator) < LARGEST else None

    def is_index(self, index: Node, places: Node, axis: int) -> bool:
        """Whether an index is one of the places 0, 1, … along an axis, since something is gathered there by it."""
        if not isinstance(places, Constant) or places.ndim != index.ndim - axis or places.value.size != places.shape[0]:
            return False
        counts = bool((places.value.reshape(-1) == np.arange(places.value.size)).all())
        return counts and self._domain.gathers(index, axis, places.value.size)

    def cost(self, node: Node) -> int:
        """How many operators and leaves are written of it."""

        def below(each: Node) -> tuple[Node, ...]:
            return () if self.is_atom(each) else each.operands

        for each in topological_order([node], self._costs, below):
            self._costs[each] = self._cost(each)
        return self._costs[node]

    def _cost(self, node: Node) -> int:
        if self.is_atom(node):
            number = self.number(node)
            return 1 if number is None or number >= 0 else 2
        costs = [self._costs[operand] for operand in node.operands]
        if kind(node) in UNWRITTEN:
            return costs[0]
        if kind(node) == "Transpose" and kind(node.operands[0]) == "MatMul" and not self.is_atom(node.operands[0]):
            return costs[0] + 3  # a person writes Bᵀ · Aᵀ, unless many more letters are transposed there
        if kind(node) == "MatMul" and self._is_vector(node.operands[0]) and node.operands[1].ndim == 2:
            return sum(costs) + 2  # a person writes Aᵀ · v, as vectors are columns
        if kind(node) == "Mul" and self.key(node.operands[0]) == self.key(node.operands[1]):
            return costs[0] + 2  # a square
        return 1 + sum(costs) + LOOKED_UP.get(kind(node), 0)

    def _is_vector(self, node: Node) -> bool:
        """Whether a vector is written of it, as the row of a matrix that it may be."""
        while kind(node) in UNWRITTEN and not self.is_atom(node):
            node = node.operands[0]
        return node.ndim == 1

    def given(self, left: Node, sign: str, right: Any = 0.0, evident: bool = False) -> Conditions | None:
        """The condition, to be told with what it is used for, or none where it is certain; None where it may not be assumed.

        Where it is `evident`, as what is written by it has no value otherwise, it is not told either.
        """
        other = right if isinstance(right, Node) else Constant(right, dtype=left.dtype)
        key = (self.key(left), sign, self.key(other))
        if key not in self._conditions:
            to_zero = not isinstance(right, Node) and right == 0.0
            certain = to_zero and (self._domain.certain(left, sign) or self._domain.implies(left, sign))
            self._conditions[key] = Condition(left, sign, other, certain)
        condition = self._conditions[key]
        if not self._assumed(condition):
            return None
        return frozenset() if condition.certain or evident else frozenset((condition,))

    def needed_for(self, node: Node) -> list[tuple[Node, str]]:
        """What a node needs to have a value: nodes, each with what all of its elements must be, ≠ 0, > 0 or ≥ 0."""
        order = topological_order([node], operands=lambda each: () if self.is_atom(each) else each.operands)
        return [needed for each in order if not self.is_atom(each) for needed in _needed_by(each)]

    def constant(self, number: Any, like: Node) -> Constant:
        """A number of the type of a node."""
        return Constant(float(number), dtype=like.dtype)

    def shortest(self, candidates: Iterable[Found | None]) -> Found:
        """The one that is written most shortly, its conditions included, and the first of several such."""
        return min((each for each in candidates if each is not None), key=self.length)

    def length(self, found: Found) -> int:
        """How many operators and leaves are written of it and of its conditions."""
        footnotes = sum(self.cost(each.left) + 1 + self.cost(each.right) for each in found.conditions)
        return self.cost(found.node) + footnotes


def _needed_by(node: Node) -> list[tuple[Node, str]]:
    """What an operation needs to have a value: what it takes the logarithm of is above 0."""
    what, operands = kind(node), node.operands
    if what in ("Log", "Sqrt"):
        return [(operands[0], ">" if what == "Log" else "≥")]
    if what in ("Div", "Reciprocal"):
        return [(operands[-1], "≠")]
    if what == "Pow" and isinstance(operands[1], Constant) and operands[1].value.size == 1:
        sign = needed_by_power(operands[1].value.item())
        return [(operands[0], sign)] if sign else []
    if what in ("Inverse", "Solve", "LogAbsDet"):
        determinant: Any = np.linalg.det(operands[0])
        return [(determinant, "≠")]
    return []


def needed_by_power(exponent: Any) -> str:
    """What x must be for x to that power to have a value: ≠ 0, > 0 or ≥ 0; nothing for whole numbers from 0 on."""
    if exponent % 1 == 0:
        return "≠" if exponent < 0 else ""
    return ">" if exponent < 0 else "≥"


def as_node(found: Any) -> Node:
    """A call of NumPy's on nodes, which gives a node, whatever NumPy's types say."""
    assert isinstance(found, Node)
    return found


def repeated(node: Node, shape: Shape) -> Node:
    """The node's value repeated to a shape, where it has another; axes of one element that it has besides are left out."""
    found: Any = node
    if node.ndim > len(shape):
        found = np.squeeze(found, axis=tuple(range(node.ndim - len(shape))))
    wanted: Any = shape
    return found if found.shape == shape else as_node(np.broadcast_to(found, wanted))
