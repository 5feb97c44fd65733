"""Random numbers, and dropout. A draw is a function of a state, its stream and a shape, so a rule may draw it again."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.leaves import Variable
from minigraph.core.node import Node, Operand, described
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import WithoutDerivative, refused, whole_number
from minigraph.ops.shape import Shape
from minigraph.ops.sizes import as_sizes, known_sizes

__all__ = ["Bernoulli", "Dropout", "DropoutMask", "RandomNormal", "RandomUniform"]


def bits(state, stream):
    """The random bits of one draw: the seed and the stream are the key, and the step is where it starts.

    The counter has 256 bits, of which the step is the uppermost 64: draws of different steps never overlap.
    Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
    """
    seed, step = state
    return np.random.Philox(key=np.array([seed, stream], np.uint64), counter=[0, 0, 0, step])


def generator(state, stream):
    """NumPy's generator for one draw."""
    return np.random.Generator(bits(state, stream))


def check_state(node, state):
    """Raise unless the operand is a random state, and give the node a stream of it where it has none."""
    if state.shape != (2,) or state.dtype != np.uint64:
        why = f"draws from a random state, mg.RandomState(seed), not from {described(state)}"
        raise refused(node, why, state, error=OperationError)
    if node.stream is None:
        if not isinstance(state, RandomState):
            why = f"needs stream=…, a number that no other draw from {state} has: only a RandomState counts its draws"
            raise refused(node, why, state, error=OperationError)
        node.stream = state.next_stream()
    whole_number(node, "stream")


class _Drawn(WithoutDerivative):
    """The base of draws of a given shape: a tuple of sizes, a value that holds them, or else the shape of a value."""

    stream: int | None = None
    selectors = ("shape", "state")

    def __init__(
        self, shape: "Operand | Sequence[Operand]", state: "Operand", *, name: str | None = None, **attributes: Any
    ) -> None:
        super().__init__(self.complete(shape), state, name=name, **attributes)

    def complete(self, shape):
        """The shape as a value that holds sizes."""
        if isinstance(shape, Node):
            return shape if shape.known is not None and shape.ndim == 1 else Shape(shape)
        sizes = shape if isinstance(shape, tuple | list) else (shape,)
        for size in sizes:
            if not isinstance(size, SymbolicSize) and (not isinstance(size, int | np.integer) or size < 0):
                remedy = "For an axis whose size is known only in a run, give a value that has the shape, in the place of it."
                raise refused(self, f"takes a shape of whole numbers, not {shape!r}", remedy=remedy)
        return as_sizes(None, tuple(sizes))

    def infer(self, shape, state):
        check_state(self, state)
        return known_sizes(self, shape), np.dtype(bool)


class _DrawnNumbers(_Drawn):
    """Floating-point numbers of type `to`, drawn in double precision: another precision rounds the same numbers."""

    to: type = np.float32

    def infer(self, shape, state):
        self.to = np.dtype(self.to)  # as an element type, a graph in another precision converts it
        if self.to.kind != "f":
            raise refused(self, f"gives floating-point numbers, not {self.to}", error=OperationError)
        return super().infer(shape, state)[0], self.to


class RandomNormal(_DrawnNumbers):
    """Numbers from the normal distribution, of the mean `loc` and the standard deviation `scale`.

    The shape is a tuple, or a value that has it, for which ONNX has RandomNormalLike. ONNX's `mean` is called as in NumPy.

    >>> import minigraph as mg
    >>> x, random = mg.Input("x", ("N", 2)), mg.RandomState(0)
    >>> x + mg.RandomNormal(x, random, scale=0.1)
    Add (N × 2, float32)
    """

    loc: float = 0.0
    scale: float = 1.0

    def forward(self, shape, state, out=None):
        return generator(state, self.stream).normal(self.loc, self.scale, tuple(shape)).astype(self.to)

    def infer(self, shape, state):
        if not self.scale >= 0:
            why = f"takes a standard deviation, scale, of 0 or more, not {self.scale!r}"
            raise refused(self, why, error=OperationError)
        return super().infer(shape, state)


class RandomUniform(_DrawnNumbers):
    """Numbers from the uniform distribution over [low, high).

    The shape is a tuple, or a value that has it, for which ONNX has RandomUniformLike.

    >>> import minigraph as mg
    >>> random = mg.RandomState(0)
    >>> mg.RandomUniform((2, 3), random, low=-1.0)
    RandomUniform (2 × 3, float32)
    """

    low: float = 0.0
    high: float = 1.0

    @property
    def interval(self):
        """The least and the largest number that is drawn."""
        low, high = np.array([self.low, self.high]).astype(self.to)
        return low, np.nextafter(high, low)

    def forward(self, shape, state, out=None):
        drawn = generator(state, self.stream).uniform(self.low, self.high, tuple(shape)).astype(self.to)
        return np.minimum(drawn, self.interval[1])  # a number that is rounded to `high` is below it all the same

    def infer(self, shape, state):
        if not self.low <= self.high:
            why = f"takes a low that is at most high, not {self.low!r} and {self.high!r}"
            raise refused(self, why, error=OperationError)
        return super().infer(shape, state)


class Bernoulli(WithoutDerivative):
    """1 with the probability p, else 0, for each element of p; as elements of type `to`, such as bool, or of p's own.

    What is drawn does not change with p by little, so p takes no derivative.

    >>> import minigraph as mg
    >>> mg.Bernoulli(mg.Sigmoid(mg.Input("x", ("N", 2))), mg.RandomState(0))
    Bernoulli (N × 2, float32)
    """

    to: type | None = None
    stream: int | None = None
    selectors = ("state",)
    floating = True

    def forward(self, p, state, out=None):
        drawn = generator(state, self.stream).random(np.shape(p)) < p
        return drawn.astype(p.dtype if self.to is None else self.to)

    def infer(self, p, state):
        check_state(self, state)
        self.to = None if self.to is None else np.dtype(self.to)
        return p.shape, p.dtype if self.to is None else self.to


class DropoutMask(_Drawn):
    """True for the elements that dropout keeps: each is left out with the probability `ratio`. It is what `Dropout` draws.

    >>> import minigraph as mg
    >>> mg.DropoutMask((4,), mg.RandomState(0), ratio=0.1)
    DropoutMask (4, bool)
    """

    ratio: float = 0.5

    def forward(self, shape, state, out=None):
        # A byte decides all elements but one in 256, in a sixth of the time that numbers take, and a number decides those.
        source, size = bits(state, self.stream), math.prod(shape)
        drawn = source.random_raw(-(-size // 8)).view(np.uint8)[:size]
        byte, rest = int(256 * self.ratio), 256 * self.ratio % 1
        mask = drawn >= byte
        if rest:
            ties = np.flatnonzero(drawn == byte)
            mask[ties] = np.random.Generator(source).random(ties.size) >= rest
        return mask.reshape(shape)

    def infer(self, shape, state):
        check_ratio(self)
        return super().infer(shape, state)


class Dropout(Node):
    """In training, x / (1 − ratio) with each element set to 0 with the probability `ratio`; without a state, x itself.

    The mean stays that of x. The elements are drawn anew in each step, and drawn again alike for the gradient.

    `mg.inference` gives the graph to be used, which has the parameters of the one that is trained and drops nothing;
    `mg.train` validates and tests with it.

    Source: N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: A Simple Way to Prevent Neural
    Networks from Overfitting", 2014.

    >>> import minigraph as mg
    >>> x, random = mg.Input("x", ("N", 4)), mg.RandomState(1)
    >>> graph = mg.Graph(y=mg.Dropout(x, random))
    >>> graph.forward(x=np.ones((1, 4)))["y"]
    array([[2., 2., 0., 0.]], dtype=float32)
    >>> mg.inference(graph).forward(x=np.ones((1, 4)))["y"]
    array([[1., 1., 1., 1.]], dtype=float32)
    """

    ratio: float = 0.5
    stream: int | None = None
    selectors = ("state",)
    floating = True

    def forward(self, x, state=None, out=None):
        return x if state is None else self.dropped(x, x, state)

    def backward(self, gradient, y, x, state=None):
        return gradient if state is None else (self.dropped(gradient, x, state), None)

    def dropped(self, each, x, state):
        """An array of the shape of x with elements dropped, and the others scaled so that the mean stays."""
        mask = DropoutMask.apply(np.shape(x), state, ratio=self.ratio, stream=self.stream)
        return each * (mask.astype(each.dtype) / (1 - self.ratio))

    def infer(self, x, state=None):
        check_ratio(self)
        if state is not None:
            check_state(self, state)
        return x.shape, x.dtype


def check_ratio(node):
    """Raise unless the ratio is one that leaves something."""
    if not isinstance(node.ratio, int | float | np.floating) or not 0 <= node.ratio < 1:
        raise refused(node, f"takes a ratio from 0 up to, but not, 1, not {node.ratio!r}", error=OperationError)


class RandomState(Variable):
    """What random operations draw from: a variable of two whole numbers, the seed and the number of the step.

    A draw is a function of the seed, the step, and its own stream, a number that the state hands to each operation when it is
    composed. So a run that is repeated draws the same numbers, several draws of one graph differ, and a checkpoint, which
    holds all variables, goes on where it stopped. An optimizer's `minimize` moves the state on with each step, and so does
    `advance` in a program of your own:

    >>> import minigraph as mg
    >>> random = RandomState(7, name="noise")
    >>> draw = mg.compile(mg.Graph(x=mg.RandomUniform((2,), random)), updates=random.advance())
    >>> draw()["x"].round(2), draw()["x"].round(2)
    (array([0.87, 0.3 ], dtype=float32), array([0.83, 0.35], dtype=float32))
    >>> random.value
    array([7, 2], dtype=uint64)

    Two states of one seed draw the same numbers: give each a seed of its own.
    """

    def __init__(self, seed: int, name: str = "random") -> None:
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 1 << 64:
            raise OperationError(f"A RandomState takes a seed from 0 to 2⁶⁴ − 1, not {seed!r}.")
        super().__init__(name, np.array([seed, 0], np.uint64), np.uint64)
        self._streams = 0

    def advance(self) -> dict[Variable, Node]:
        """The state with its value after a step, to be among the updates of a program."""
        later: Any = self + np.array([0, 1], np.uint64)
        return {self: later}

    def next_stream(self) -> int:
        """The number of the stream that the next operation draws from."""
        self._streams += 1
        return self._streams - 1
