"""Padding: more elements around a value, or fewer."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described, places
from minigraph.core.sizes import SymbolicSize, non_negative
from minigraph.ops.checks import axes_of, one_of, refused
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import FAR, ScatterSlice, Slice
from minigraph.ops.sizes import Range, as_sizes

__all__ = ["Pad"]

MODES = ("constant", "reflect", "edge", "wrap")


class Pad(Node, numpy=np.pad):
    """The value with more elements before and after it along each of `axes`, or all axes; negative `pads` take elements away.

    ONNX's operands pads, constant_value and axes are attributes.

    Attributes
    ----------
    pads : tuple of int
        How many elements are put before each axis, then how many after each; less than 0 takes so many away.
    mode : str
        What is put there: "constant", the value's own elements mirrored at the border ("reflect"), the outermost one ("edge"),
        or those of the other end ("wrap"); where the other end is taken away, of what is left.
    constant_value : float
        The number that mode "constant" puts there.
    axes : tuple of int
        The axes that `pads` is for, in its order; all by default.

    >>> Pad.apply(np.array([1.0, 2.0, 3.0]), pads=(1, 2), mode="reflect")
    array([2., 1., 2., 3., 2., 1.])
    >>> Pad.apply(np.array([[1, 2]]), pads=(-1, 1), axes=(-1,), constant_value=9)
    array([[2, 9]])
    """

    pads: tuple[int, ...]
    mode: str = "constant"
    constant_value: float = 0
    axes: tuple[int, ...] | None = None

    def forward(self, x, out=None):
        widths, less = self.widths(x), self.taken(x)
        x = Slice.apply(x, **less) if less else x
        if self.mode == "constant":
            return np.pad(x, widths, constant_values=self.constant_value)
        return np.pad(x, widths, mode=self.mode)

    def backward(self, gradient, y, x):
        padded = [(axis, width) for axis, width in enumerate(self.widths(x)) if any(width)]
        less = self.taken(x)
        if self.mode == "constant":
            axes = [axis for axis, _ in padded]
            starts = [before for _, (before, _) in padded]
            ends = [-after or FAR for _, (_, after) in padded]
            gradient = Slice.apply(gradient, starts=tuple(starts), ends=tuple(ends), axes=tuple(axes))
            padded = []
        for axis, width in padded:
            source = np.pad(Range.apply(0, self.left(x, axis)), width, mode=self.mode)
            shape = (*gradient.shape[:axis], self.left(x, axis), *gradient.shape[axis + 1 :])
            gradient = ScatterAdd.apply(gradient, source, as_sizes(gradient, shape), axis=axis)
        return ScatterSlice.apply(gradient, np.shape(x), **less) if less else gradient

    def infer(self, x):
        one_of(self, "mode", MODES)
        axes = axes_of(x, self.axes)
        if len(self.pads) != 2 * len(axes) or any(not isinstance(n, int | np.integer) for n in self.pads):
            why = f"takes pads as {2 * len(axes)} whole numbers, not {self.pads!r}: what is put before each of the axes {axes}"
            raise refused(self, f"{why}, then after each; what is less than 0 is taken away", error=OperationError)
        pairs = self.pairs(x)
        self.validate(x)
        self.pads, self.axes = tuple(int(n) for each in zip(*pairs, strict=True) for n in each), None
        return tuple(sum(width) + self.left(x, axis) for axis, width in enumerate(self.widths(x))), x.dtype

    def _check(self, x, axis, pair):
        """Raise where an axis cannot be padded, or is shorter than what is taken away from it."""
        left, most, operand = self.left(x, axis), max(pair), self.operands[0]
        if isinstance(left, SymbolicSize):
            return
        if left < 0:
            less = x.shape[axis] - left
            raise refused(self, f"cannot take {less} elements away from axis {axis} of {described(operand)}", operand)
        if most > 0 and left == 0 and self.mode != "constant":
            raise refused(self, f"cannot pad axis {axis} of {described(operand)}, which has no elements to repeat", operand)
        if min(pair) < 0 and most >= left and self.mode == "reflect":
            why = f"cannot mirror {most} elements of axis {axis} of {described(operand)}, of which {left} are left: fewer only"
            raise refused(self, why, operand)

    def validate(self, x):
        for axis, pair in enumerate(self.pairs(x)):
            if any(pair):
                self._check(x, axis, pair)

    def pairs(self, x):
        """What is put before and after each axis, in pairs; less than 0 where it is taken away."""
        half = len(self.pads) // 2
        pairs = list(zip(self.pads[:half], self.pads[half:], strict=True))
        if self.axes is None:
            return pairs
        every = [(0, 0)] * x.ndim
        for axis, pair in zip(axes_of(x, self.axes), pairs, strict=True):
            every[axis] = pair
        return every

    def widths(self, x):
        """What is put before and after each axis, in pairs."""
        return [(max(before, 0), max(after, 0)) for before, after in self.pairs(x)]

    def left(self, x, axis):
        """How many elements of an axis are left of those that it has; of a named one 0 at least, as a run will have it."""
        left = x.shape[axis] + sum(min(width, 0) for width in self.pairs(x)[axis])
        return non_negative(left) if isinstance(left, SymbolicSize) else left

    def taken(self, x):
        """The slice of what is left where elements are taken away, as Slice's bounds; nothing where none are."""
        axes = tuple(axis for axis, pair in enumerate(self.pairs(x)) if min(pair) < 0)
        starts = tuple(max(-self.pairs(x)[axis][0], 0) for axis in axes)
        ends = tuple(min(self.pairs(x)[axis][1], 0) or FAR for axis in axes)
        return {"starts": starts, "ends": ends, "axes": axes} if axes else {}

    @classmethod
    def from_numpy(cls, array, pad_width, mode="constant", constant_values=0):
        if isinstance(pad_width, dict):
            pad_width = [pad_width.get(i, pad_width.get(i - array.ndim, 0)) for i in range(array.ndim)]
            pad_width = [np.broadcast_to(each, 2) for each in pad_width]
        try:
            before, after = np.broadcast_to(pad_width, (array.ndim, 2)).T.tolist()
        except ValueError:
            raise OperationError(
                f"np.pad takes a width, a pair (before, after), or such a pair for each of the {array.ndim} axes of "
                f"{described(array)}, not {pad_width!r}.{places(array)}"
            ) from None
        if min(before + after, default=0) < 0:
            raise OperationError(
                f"np.pad takes widths of 0 or more, not {pad_width!r}.{places(array)}\n  Elements are taken away by a slice, "
                "as in x[1:-1], or by mg.Pad."
            )
        return cls(array, pads=(*before, *after), mode=mode, constant_value=constant_values)
