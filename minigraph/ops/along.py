"""What operations along axes share: the axis counted from the front, and an axis of no elements refused where one is needed."""

from minigraph.core.errors import ShapeError
from minigraph.core.node import Node, described, places
from minigraph.ops.shape import axes_of

__all__: list[str] = []


class AlongAxis(Node):
    """An operation along one `axis`, the last one unless given, whose value has the operand's shape."""

    axis: int = -1

    @property
    def along(self):
        """The axes that it runs along."""
        return (self.axis,)

    def infer(self, x):
        (self.axis,) = axes_of(x, self.axis)
        return x.shape, x.dtype


class OfSome:
    """Before another base: an operation that needs an element along each of its axes, while composing and in a run."""

    def infer(self, x):
        inferred = super().infer(x)
        some_elements(self, x, x.shape, self.along)
        return inferred

    def validate(self, x):
        some_elements(self, self.operands[0], x.shape, self.along)


def some_elements(node, operand, shape, axes):
    """Raise where the operand, of this shape, has no element along one of the axes to choose from."""
    if 0 not in shape:
        return
    for axis in axes:
        if shape[axis] == 0:
            raise ShapeError(
                f"{type(node).__name__} needs an element along axis {axis} of {described(operand)}, which has none."
                f"{places(operand)}"
            )


def along_or_flat(operation, a, axis):
    """The operation along an axis, or for None over all elements in a row, as NumPy's functions have it."""
    return operation(a.reshape(-1), axis=0) if axis is None else operation(a, axis=axis)
