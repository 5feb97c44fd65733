"""How much work reading an ONNX model may be: so much, and so many times what the file itself holds.

A file of a hundred bytes can ask for 10¹² numbers or 10⁹ turns of a loop. What is asked for is counted before it is done.
"""

from collections.abc import Sequence
from math import prod

from minigraph.core.errors import FormatError
from minigraph.core.shapes import Axis

__all__ = ["Budget"]

NODES, NODES_PER_NODE = 100_000, 20
"""How many nodes may be written out, and how many more for each that the file holds."""
BYTES, BYTES_PER_BYTE = 2**29, 16
"""How many bytes may be computed while reading, and how many more for each that the file's tensors hold."""
DEPTH = 60
"""How deep graphs and functions may lie within each other."""


class Budget:
    """What may still be written out and computed, of a file with so many nodes and bytes of tensors."""

    def __init__(self, nodes: int, size: int) -> None:
        self.nodes_allowed = self.nodes_left = NODES + NODES_PER_NODE * nodes
        self.bytes_allowed = self.bytes_left = BYTES + BYTES_PER_BYTE * size

    def write(self, owner: str, count: int = 1) -> None:
        """Count nodes that are about to be written out for an owner, or raise a FormatError where they are too many."""
        self.nodes_left -= count
        if self.nodes_left < 0:
            raise FormatError(
                f"{owner} would make the graph larger than the {self.nodes_allowed} nodes that are written out of a model of "
                "this size: loops and functions are written out turn by turn.\n  Export the model with fewer turns or calls."
            )

    def again(self) -> None:
        """The model is read anew: what was computed is forgotten, what was written out counts."""
        self.bytes_left = self.bytes_allowed

    def compute(self, owner: str, shape: Sequence[Axis], itemsize: int = 8) -> None:
        """Count the bytes of an array that is about to be computed; an axis of any size counts once."""
        self.bytes_left -= itemsize * prod(size for size in shape if isinstance(size, int))
        if self.bytes_left < 0:
            raise FormatError(
                f"{owner} would compute more than the {self.bytes_allowed} bytes that are computed while a model of this size "
                "is read.\n  Make what it computes an input of the model, or export the model with smaller constants."
            )

    def nest(self, owner: str, depth: int) -> None:
        """Raise a FormatError for graphs and functions that lie too deep within each other."""
        if depth > DEPTH:
            raise FormatError(
                f"{owner} is nested more than {DEPTH} deep in graphs and functions.\n  Export the model with fewer of them "
                "within each other."
            )
