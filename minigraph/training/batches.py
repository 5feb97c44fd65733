"""The rows of a data set, checked against a graph's inputs and handed out batch by batch."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.errors import InputError, UnknownNameError, listing, nearest
from minigraph.graph import Graph, check_shape
from minigraph.node import Constant, Input, Node, as_array, places
from minigraph.training.dataset import rows_of

__all__ = ["Batches"]

Batch = dict[str, NDArray[Any]]
SAMPLE = 1000
"""At most how many rows a digest looks at."""


class Batches:
    """The inputs of `graph`, by name, in batches of at most `size` rows (all rows, unless given).

    `what` begins an error: "The training data". Arrays for `unused` inputs are passed over.
    """

    def __init__(
        self, what: str, data: Mapping[str, ArrayLike], graph: Graph, unused: Mapping[str, Node], size: int | None
    ) -> None:
        known: dict[str, Node] = {**graph.inputs, **unused}
        for name in data.keys() - known.keys():
            raise UnknownNameError(
                f"{what} gives {name!r}, and the graph has no input of that name; it takes {listing(known)}."
                f"{nearest(name, known)}"
            )
        missing = [node for name, node in graph.inputs.items() if name not in data]
        if missing:
            raise InputError(f"{what} gives no {listing(map(str, missing), 'or')}, which the graph needs.{places(*missing)}")
        self.arrays: Batch = {
            name: as_array(data[name], node.dtype, f"Input {name!r}") for name, node in graph.inputs.items()
        }
        self.rows = rows_of(self.arrays, what)
        self.size = min(size or self.rows, self.rows)
        for rows in {self.size, self.rows % self.size or self.size}:
            sizes: dict[str, tuple[int, str]] = {}
            for name, array in self.arrays.items():
                check_shape(graph.inputs[name], (rows, *array.shape[1:]), sizes)
        try:
            _check_selectors(graph, self.arrays)
        except InputError as error:
            raise InputError(f"{what} cannot be used. {error}") from None

    def __len__(self) -> int:
        """How many batches there are."""
        return -(-self.rows // self.size)

    def first_not_finite(self) -> str:
        """`x[17]`, the first row that holds a number which is not finite, or nothing."""
        for name, array in self.arrays.items():
            bad = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
            if bad.any():
                return f"{name}[{bad.argmax()}]"
        return ""

    def digest(self) -> str:
        """Sixteen digits that tell the rows from others by a sample of them: data may be larger than memory."""
        digest = hashlib.blake2b(digest_size=8)
        for name, array in sorted(self.arrays.items()):
            sample = np.ascontiguousarray(array[:: -(-self.rows // SAMPLE)])
            digest.update(f"{name} {array.shape} {array.dtype}".encode())
            digest.update(sample.data)
        return digest.hexdigest()

    def in_order(self) -> Iterator[Batch]:
        """The batches, the rows in their own order."""
        for start in range(0, self.rows, self.size):
            yield {name: array[start : start + self.size] for name, array in self.arrays.items()}

    def shuffled(self, rng: np.random.Generator, first: int = 0) -> Iterator[Batch]:
        """The batches from number `first`, the rows in an order drawn from `rng`; a single batch of all rows needs none."""
        if self.size == self.rows:
            yield from [self.arrays][first:]
            return
        order = rng.permutation(self.rows)
        for start in range(first * self.size, self.rows, self.size):
            rows = order[start : start + self.size]
            yield {name: array[rows] for name, array in self.arrays.items()}


def _check_selectors(graph: Graph, arrays: Batch) -> None:
    """Raise where a label or an index among the inputs is one that an operation cannot take: now, not in the last batch."""
    for node in graph.operations:
        if type(node).validate is Node.validate:
            continue
        last = len(node.operand_names) - 1
        chosen = {operand for i, operand in enumerate(node.operands) if node.operand_names[min(i, last)] in node.selectors}
        if chosen and all(isinstance(operand, Input | Constant) for operand in chosen):
            values: dict[Node, Any] = {operand: arrays[str(operand.name)] for operand in chosen if isinstance(operand, Input)}
            values |= {operand: operand.value for operand in chosen if isinstance(operand, Constant)}
            node.validate(*(values.get(operand, operand) for operand in node.operands))
