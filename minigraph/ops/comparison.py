"""Comparisons and logic, which give booleans and take no derivative, and the choice made by a condition."""

import numpy as np

from minigraph.core.errors import DTypeError, OperationError
from minigraph.core.node import Constant, Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import KnownOnce, WithoutDerivative, as_nodes, refused, shaped

__all__ = [
    "And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or", "SignBit", "Where",
    "Xor",
]  # fmt: skip


class _Comparison(WithoutDerivative):
    """The base of comparisons: the value is a boolean for each element."""

    def infer(self, a, b):
        return self.broadcast(a, b), np.dtype(bool)


class Equal(_Comparison, ufunc=np.equal, numpy=np.equal):
    """Where a = b.

    >>> Equal.apply(np.arange(3), 1)
    array([False,  True, False])
    """


class Greater(_Comparison, ufunc=np.greater, numpy=np.greater):
    """Where a > b.

    >>> Greater.apply(np.arange(3), 1)
    array([False, False,  True])
    """


class GreaterOrEqual(_Comparison, ufunc=np.greater_equal, numpy=np.greater_equal):
    """Where a ≥ b.

    >>> GreaterOrEqual.apply(np.arange(3), 1)
    array([False,  True,  True])
    """


class Less(_Comparison, ufunc=np.less, numpy=np.less):
    """Where a < b.

    >>> Less.apply(np.arange(3), 1)
    array([ True, False, False])
    """


class LessOrEqual(_Comparison, ufunc=np.less_equal, numpy=np.less_equal):
    """Where a ≤ b.

    >>> LessOrEqual.apply(np.arange(3), 1)
    array([ True,  True, False])
    """


class Where(Node, numpy=np.where):
    """The element of a where the condition holds, else that of b. The gradient goes to the one that was taken.

    >>> Where.apply(np.array([True, False]), np.array([1, 2]), 0)
    array([1, 0])
    """

    selectors = ("condition",)

    def forward(self, condition, a, b, out=None):
        return np.where(condition, a, b)

    def backward(self, gradient, y, condition, a, b):
        return None, np.where(condition, gradient, 0), np.where(condition, 0, gradient)

    @KnownOnce
    def known(self):
        """Sizes chosen by a constant are sizes."""
        condition, a, b = self.operands
        if self.dtype != np.int64 or not isinstance(condition, Constant) or a.known is None or b.known is None:
            return None
        either = np.broadcast(condition.value, np.array(a.known, object), np.array(b.known, object))
        return tuple(first if holds else second for holds, first, second in either) if self.ndim < 2 else None

    @classmethod
    def from_numpy(cls, condition, *values):
        if values:
            return cls(truth(condition), *values)
        raise OperationError(
            f"np.where of {described(truth(condition))} alone gives the places where it holds, and how many these are is known "
            "only in a run: give it a value for either side, np.where(condition, a, b)."
        )


def truth(x):
    """Whether each element holds, as NumPy has it: any number but 0 does."""
    x = shaped(x)
    return x if x.dtype == bool else np.not_equal(x, 0)


class _Logic(WithoutDerivative):
    """The base of logic on booleans; of numbers NumPy's functions ask whether they are 0."""

    @classmethod
    def from_numpy(cls, *operands):
        return cls(*map(truth, operands))

    def infer(self, *operands):
        for operand in operands:
            if operand.dtype != bool:
                why, remedy = f"takes booleans, but {operand} is {operand.dtype}", "Compare it first, as in mg.Greater(x, 0)."
                raise refused(self, why, operand, remedy=remedy, error=DTypeError)
        return self.broadcast(*operands), np.dtype(bool)


class And(_Logic, ufunc=np.logical_and, numpy=np.logical_and):
    """Where both a and b are true.

    >>> And.apply(np.array([True, True]), np.array([True, False]))
    array([ True, False])
    """


class Or(_Logic, ufunc=np.logical_or, numpy=np.logical_or):
    """Where a or b is true, or both.

    >>> Or.apply(np.array([True, False]), np.array([False, False]))
    array([ True, False])
    """


class Xor(_Logic, ufunc=np.logical_xor, numpy=np.logical_xor):
    """Where one of a and b is true, and not both.

    >>> Xor.apply(np.array([True, True]), np.array([True, False]))
    array([False,  True])
    """


class Not(_Logic, ufunc=np.logical_not, numpy=np.logical_not):
    """Where x is false.

    >>> Not.apply(np.array([True, False]))
    array([False,  True])
    """


class _Question(WithoutDerivative):
    """A question about each number."""

    floating = True

    def infer(self, x):
        return x.shape, np.dtype(bool)


class IsNaN(_Question, ufunc=np.isnan, numpy=np.isnan):
    """Where x is not a number.

    >>> IsNaN.apply(np.array([1.0, np.nan]))
    array([False,  True])
    """


class IsInf(_Question, ufunc=np.isinf, numpy=np.isinf):
    """Where x is infinite, of either sign.

    >>> IsInf.apply(np.array([1.0, -np.inf]))
    array([False,  True])
    """


class SignBit(_Question, ufunc=np.signbit, numpy=np.signbit):
    """Where the sign of x is a minus, also that of −0. It is NumPy's; ONNX has none.

    >>> SignBit.apply(np.array([-1.0, -0.0, 0.0]))
    array([ True,  True, False])
    """


composes(np.not_equal)(lambda a, b: Not(Equal(a, b)))
composes(np.isfinite)(lambda x: Less(np.abs(x), np.inf))
composes(np.isposinf)(lambda x: Equal(x, np.inf))
composes(np.isneginf)(lambda x: Equal(x, -np.inf))


@composes(np.copysign)
def copysign(a, b):
    """The absolute value of a with the sign of b."""
    size, sign = as_nodes(np.abs(a), b)
    return Where(np.signbit(sign), -size, size)


composes(np.heaviside)(lambda x, h: Where(Equal(x, 0), h, (np.sign(x) + 1) / 2))
for function, logic in ((np.bitwise_and, And), (np.bitwise_or, Or), (np.bitwise_xor, Xor), (np.invert, Not)):
    composes(function)(logic)  # of booleans they are the same; of whole numbers these refuse


@composes(np.count_nonzero)
def count_nonzero(a, axis=None, keepdims=False, where=None):
    """How many elements are not 0."""
    return np.sum(truth(a), axis=axis, keepdims=keepdims, where=where)


@composes(np.all)
def all_of(a, axis=None, keepdims=False, where=None):
    """Whether every element holds: none does not."""
    return Equal(count_nonzero(Not(truth(a)), axis, keepdims, where), 0)


@composes(np.isclose)
def isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Where |a − b| ≤ atol + rtol · |b|, or a = b as of infinities; with `equal_nan` also where neither is a number."""
    found = Or(Equal(a, b), And(LessOrEqual(np.abs(np.subtract(a, b)), atol + rtol * np.abs(b)), np.isfinite(b)))
    return Or(found, And(np.isnan(a), np.isnan(b))) if equal_nan else found


composes(np.array_equal)(lambda a, b, equal_nan=False: a.shape == b.shape and np.all(isclose(a, b, 0, 0, equal_nan)))
composes(np.any)(lambda a, axis=None, keepdims=False, where=None: Greater(count_nonzero(a, axis, keepdims, where), 0))
composes(np.allclose)(lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: np.all(isclose(a, b, rtol, atol, equal_nan)))


@composes(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, kind=None):
    """Where an element is one of the others."""
    found = np.any(Equal(np.expand_dims(element, -1), np.ravel(test_elements)), axis=-1)
    return Not(found) if invert else found


@composes(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Numbers in the place of what is none, and of infinities; they take no derivative."""
    bounds = np.finfo(x.dtype)
    found = Where(np.isposinf(x), bounds.max if posinf is None else posinf, Where(np.isnan(x), nan, x))
    return Where(np.isneginf(x), bounds.min if neginf is None else neginf, found)


@composes(np.select)
def select(condlist, choicelist, default=0):
    """The element of the first value whose condition holds, or the default."""
    found = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        found = np.where(condition, choice, found)
    return found


@composes(np.choose)
def choose(a, choices):
    """The element of the value that each number of `a` says."""
    place, *values = np.broadcast_arrays(*as_nodes(a, *choices))
    return np.take_along_axis(np.stack(values), np.expand_dims(place, 0).astype(np.int64), axis=0)[0]
