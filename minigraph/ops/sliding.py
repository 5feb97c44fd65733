"""A window that slides over an image: its places there, by arithmetic, and the components of the image that it slides over."""

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigraph.core.sizes import non_negative
from minigraph.ops.sizes import smaller

__all__ = ["AUTO_PADS", "SAME", "Phase", "Window", "components_of", "halved"]

SAME = ("SAME_UPPER", "SAME_LOWER")
AUTO_PADS = ("NOTSET", *SAME, "VALID")


class Window(NamedTuple):
    """A window's size, its step, the distance between its elements, and how the image is padded, along each axis.

    An image's sizes are numbers or those of named axes.
    """

    kernel_shape: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    """As ONNX has them: what is put before each axis, and then what is put after each."""
    auto_pad: str = "NOTSET"
    ceil_mode: bool = False

    @property
    def extents(self) -> tuple[int, ...]:
        """What the window spans along each axis, with its gaps."""
        return tuple((size - 1) * gap + 1 for size, gap in zip(self.kernel_shape, self.dilations, strict=True))

    @property
    def own_margins(self) -> tuple[tuple[int, int], ...]:
        """The padding that is given, in pairs (before, after), one for each axis."""
        rank = len(self.kernel_shape)
        return tuple(zip(self.pads[:rank], self.pads[rank:], strict=True))

    @property
    def folding(self):
        """The window as Col2Im's attributes name it."""
        return {"block_shape" if key == "kernel_shape" else key: value for key, value in self._asdict().items()}

    def places(self, image: Any) -> tuple[Any, ...]:
        """How many places the window takes along each axis of the padded image.

        With `ceil_mode` the last window may reach beyond it, but not start behind the image and the padding before it.
        """
        found = []
        for size, (before, after), extent, stride in zip(image, self.own_margins, self.extents, self.strides, strict=True):
            if self.auto_pad in SAME:
                found.append((size + stride - 1) // stride)
            elif not self.ceil_mode:
                found.append((size + before + after - extent) // stride + 1)
            else:
                count, most = (
                    (each + stride - 1) // stride for each in (size + before + after - extent + stride, size + before)
                )
                found.append(count if after + stride <= extent else smaller(count, most))
        return tuple(found)

    def margins(self, image: Any) -> tuple[tuple[Any, Any], ...]:
        """The padding as pairs (before, after), one for each axis, with what `auto_pad` and `ceil_mode` add."""
        if self.auto_pad == "NOTSET" and not self.ceil_mode:
            return self.own_margins
        pairs = []
        axes = zip(image, self.own_margins, self.extents, self.strides, self.places(image), strict=True)
        for size, (before, after), extent, stride, count in axes:
            needed = non_negative((count - 1) * stride + extent - size - before)
            pairs.append(halved(needed, self.auto_pad) if self.auto_pad in SAME else (before, max(after, needed)))
        return tuple(pairs)

    def at(self, image):
        """For each axis the places in the image of the elements of each window, an array of windows × elements."""
        axes = zip(self.margins(image), self.places(image), self.strides, self.kernel_shape, self.dilations, strict=True)
        return [
            np.add.outer(stride * np.arange(count), gap * np.arange(kernel)) - before
            for (before, _), count, stride, kernel, gap in axes
        ]

    def reached(self, image, axis):
        """For each element of a window along an axis: the places where it lies within the image, and where there, as slices."""
        size, (before, _), count = image[axis], self.margins(image)[axis], self.places(image)[axis]
        stride, gap = self.strides[axis], self.dilations[axis]
        pairs = []
        for start in range(-before, self.kernel_shape[axis] * gap - before, gap):
            first = min(max(0, -(start // stride)), count)
            end = min(max(first, -((start - size) // stride)), count)
            there = start + first * stride
            pairs.append((slice(first, end), slice(there, there + (end - first) * stride, stride) if first < end else slice(0)))
        return pairs

    def phases(self, image: Any) -> list[list["Phase"]]:
        """For each axis, which of the window's elements lie in the same polyphase component of the image."""
        axes = zip(self.margins(image), self.places(image), self.strides, self.kernel_shape, self.dilations, strict=True)
        of = Phase.along if self.divides else Phase.whole
        return [list(of(before, *rest)) for (before, _), *rest in axes]

    @property
    def divides(self) -> bool:
        """Whether images are laid out by their components: where windows have one element, or several of one component."""
        axes = zip(self.strides, self.kernel_shape, self.dilations, strict=True)
        several = any(kernel > stride // math.gcd(stride, gap) for stride, kernel, gap in axes)
        return several or math.prod(self.kernel_shape) == 1

    def holds(self, image):
        """Whether the window holds an element of the image at each of its places: found without an array of all places."""
        axes = zip(image, self.margins(image), self.places(image), self.strides, self.kernel_shape, self.dilations, strict=True)
        return all(self._holds(size, before, *rest) for size, (before, _), *rest in axes)

    @staticmethod
    def _holds(size, before, count, stride, kernel, gap):
        """The same along one axis: for the last place, the first, and those before the image where elements lie far apart."""
        if count < 1:
            return True
        if (count - 1) * stride - before >= size or (kernel - 1) * gap < before:
            return False
        starts = (k * stride - before for k in range(min(count, -(-before // stride), gap // math.gcd(stride, gap))))
        return gap <= size or all(start % gap < size for start in starts)


def halved(total, auto_pad):
    """What is put before an axis and after it, of so much together; what is odd goes to the end for SAME_UPPER."""
    less, more = total // 2, total - total // 2
    return (less, more) if auto_pad == "SAME_UPPER" else (more, less)


class Phase(NamedTuple):
    """Along one axis, elements of a window which, at all of its places, lie in one polyphase component: every n-th of an image.

    In a component windows slide by one. Where each has one element of every window, the image is not divided, but as it is.
    """

    elements: slice
    number: int
    """How many elements these are."""
    start: int
    """Where the first of them lies in the image at the first place: before it if in the padding."""
    stride: int
    """How far apart the component's elements are in the image."""
    gap: int
    """How far apart, in the component, the window's elements are."""
    reach: Any
    """How many of the component's elements the windows reach over."""
    step: int = 1
    """By how much windows slide there."""

    @classmethod
    def along(cls, before: int, places: Any, stride: int, kernel: int, gap: int) -> "Iterator[Phase]":
        """All of them, along an axis with so many places, for a window of so many elements, the dilation apart."""
        shared = math.gcd(stride, gap)
        every, step = stride // shared, gap // shared
        for first in range(min(every, kernel)):
            number = -(-(kernel - first) // every)
            yield cls(slice(first, None, every), number, first * gap - before, stride, step, places + (number - 1) * step)

    @classmethod
    def whole(cls, before: int, places: Any, stride: int, kernel: int, gap: int) -> "Iterator[Phase]":
        """The image itself instead."""
        yield cls(slice(None), kernel, -before, 1, gap, (places - 1) * stride + (kernel - 1) * gap + 1, stride)

    @property
    def end(self) -> Any:
        """Where the last element that windows reach over ends in the image: behind it if in the padding."""
        return self.start + (self.reach - 1) * self.stride + 1

    def within(self, size: int) -> tuple[slice, slice]:
        """Which elements of an image of this size the component has, and where it has them: around them is padding."""
        first = min(max(0, -(self.start // self.stride)), self.reach)
        end = min(max(first, -((self.start - size) // self.stride)), self.reach)
        there = self.start + first * self.stride
        return slice(there, there + (end - first) * self.stride, self.stride) if first < end else slice(0), slice(first, end)


class Component(NamedTuple):
    """A polyphase component of an image, as indices."""

    elements: tuple[Any, ...]
    """Which elements of the windows lie in it."""
    numbers: tuple[int, ...]
    """How many these are along each axis."""
    gap: tuple[int, ...]
    shape: tuple[int, ...]
    step: tuple[int, ...]
    there: tuple[Any, ...]
    """Which elements of the image it has."""
    inside: tuple[Any, ...]
    """Where it has them."""
    padding: list[tuple[Any, ...]]
    """Where it has none, if anywhere."""
    is_image: bool
    once: bool
    """Whether it is wanted once, for one element of the windows."""


@lru_cache(maxsize=512)
def components_of(window: Window, image: tuple[int, ...]) -> list[Component]:
    """The components of an image that a window slides over."""
    found, whole = [], (slice(None),) * 2
    for phases in itertools.product(*window.phases(image)):
        there, inside = zip(*(phase.within(size) for phase, size in zip(phases, image, strict=True)), strict=True)
        elements, numbers, _, strides, gap, shape, step = zip(*phases, strict=True)
        padding = [
            (*whole, *[slice(None)] * axis, around)
            for axis, (part, size) in enumerate(zip(inside, shape, strict=True))
            for around in (slice(0, part.start), slice(part.stop, size))
            if around.start < around.stop
        ]
        is_image = set(strides) == {1} and not padding
        once = math.prod(numbers) == 1 and not is_image
        if once:
            elements = tuple(each.start for each in elements)
        lies, there, inside = ((*whole, *index) for index in (elements, there, inside))
        found.append(Component(lies, numbers, gap, shape, step, there, inside, padding, is_image, once))
    return found
