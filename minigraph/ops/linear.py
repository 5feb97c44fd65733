"""Matrix products, and sums of products over named axes, of which NumPy's inner, outer and tensor products are some."""

import string
from collections import Counter

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.arithmetic import OfNumbers
from minigraph.ops.checks import axes_of, refused
from minigraph.ops.indexing import Slice
from minigraph.ops.manipulation import moveaxis

__all__ = ["Einsum", "Gemm", "MatMul"]


class MatMul(Node, numpy=np.matmul):
    """The matrix product of the last two axes; leading axes broadcast, and a vector stands as NumPy's does.

    >>> import minigraph as mg
    >>> mg.Input("x", ("N", 2)) @ np.ones((2, 500))
    MatMul (N × 500, float32)
    """

    def forward(self, a, b, out=None):
        return np.matmul(a, b, out=out)

    def backward(self, gradient, y, a, b):
        if a.ndim == 1 and b.ndim == 1:
            return gradient * b, gradient * a
        if a.ndim == 1:
            row = np.expand_dims(gradient, -2)
            return np.squeeze(row @ b.mT, axis=-2), np.expand_dims(a, 1) * row
        if b.ndim == 1:
            column = np.expand_dims(gradient, -1)
            return column * b, np.squeeze(a.mT @ column, axis=-1)
        return gradient @ b.mT, a.mT @ gradient

    def infer(self, a, b):
        rows, inner = a.shape[:-1], a.shape[-1:]
        facing, columns = b.shape[-2:][:1], b.shape[-2:][1:]
        stack = broadcast(rows[:-1], b.shape[:-2])
        if not inner or not facing:
            why = f"cannot multiply {described(a)} by {described(b)}: a scalar has no axis to sum over; use * instead"
            raise refused(self, why, a, b)
        if inner != facing:
            remedy = f"If {b} is stored the other way round, use {b}.T." if b.name and b.ndim == 2 else ""
            position = "first" if b.ndim <= 2 else "second last"
            why = f"cannot multiply {described(a)} by {described(b)}: the last axis of {a}, {inner[0]}, must equal"
            raise refused(self, f"{why} the {position} of {b}, {facing[0]}", a, b, remedy=remedy)
        if stack is None:
            why = f"cannot pair the stacks of {described(a)} and {described(b)}: counted from the last, the axes before"
            raise refused(self, f"{why} the two that are multiplied must be equal, or one of them 1", a, b)
        return stack + rows[-1:] + columns, a.dtype


class Gemm(OfNumbers):
    """The general matrix product, alpha · a' · b' + beta · c, where a' is a, or its transpose with `transA`.

    >>> import minigraph as mg
    >>> mg.Gemm(mg.Input("x", ("N", 2)), np.ones((500, 2)), np.zeros(500), transB=True)
    Gemm (N × 500, float32)
    """

    alpha: float = 1.0
    beta: float = 1.0
    transA: bool = False
    transB: bool = False

    def forward(self, a, b, c=None, out=None):
        product = np.matmul(a.T if self.transA else a, b.T if self.transB else b)
        scaled = product if self.alpha == 1 else self.alpha * product
        return scaled if c is None else scaled + (c if self.beta == 1 else self.beta * c)

    def backward(self, gradient, y, a, b, c=None):
        scaled = gradient if self.alpha == 1 else self.alpha * gradient
        for_a = (b.T if self.transB else b) @ scaled.T if self.transA else scaled @ (b if self.transB else b.T)
        for_b = scaled.T @ (a.T if self.transA else a) if self.transB else (a if self.transA else a.T) @ scaled
        return (for_a, for_b) if c is None else (for_a, for_b, gradient if self.beta == 1 else self.beta * gradient)

    def infer(self, a, b, c=None):
        if a.ndim != 2 or b.ndim != 2:
            raise refused(self, f"multiplies two matrices, not {described(a)} and {described(b)}", a, b)
        rows, inner = a.shape[::-1] if self.transA else a.shape
        facing, columns = b.shape[::-1] if self.transB else b.shape
        if inner != facing:
            why = f"cannot multiply {described(a)} by {described(b)} with transA={self.transA}, transB={self.transB}"
            raise refused(self, f"{why}: {inner} must equal {facing}", a, b)
        if a.dtype.kind != "f":
            self.alpha, self.beta = (self._whole(name) for name in ("alpha", "beta"))
        shape = (rows, columns)
        if c is not None and broadcast(shape, c.shape) != shape:
            raise refused(self, f"cannot add {described(c)} to a product of {show_shape(shape)}", c)
        return shape, a.dtype

    def _whole(self, name):
        """A factor of whole numbers as one of them."""
        factor = getattr(self, name)
        if factor != int(factor):
            why = f"cannot multiply whole numbers by {name}={factor!r}: convert its operands with .astype(np.float32)"
            raise refused(self, why, error=OperationError)
        return int(factor)


class Einsum(Node, numpy=np.einsum):
    """Einstein's sum: the product of the operands with one letter for each axis, summed over the letters not in the result.

    The equation is NumPy's and ONNX's: `"ij,jk->ik"` is the matrix product, a letter twice in one operand is its diagonal,
    "..." are axes that broadcast, and without "->" the result has the letters that stand once, by the alphabet.

    >>> import minigraph as mg
    >>> q, k = mg.Input("q", ("N", 4, 8)), mg.Input("k", ("N", 4, 8))
    >>> mg.Einsum(q, k, equation="bqd,bkd->bqk")
    Einsum (N × 4 × 4, float32)
    >>> Einsum.apply(np.array([[1, 2], [3, 4]]), equation="ii")
    np.int64(5)
    """

    equation: str

    def forward(self, *operands, out=None):
        return np.einsum(self.equation, *operands, out=out, optimize=len(operands) > 1)

    def backward(self, gradient, y, *operands):
        return tuple(self._gradient_for(i, gradient, operands) for i in range(len(operands)))

    def _gradient_for(self, i, gradient, operands):
        """The gradient, times the other operands, summed over all letters but those of this operand."""
        (*letters, result), x = self.equation.replace("->", ",").split(","), operands[i]
        own, others = letters[i], [j for j in range(len(operands)) if j != i]
        factors = [(result, gradient), *((letters[j], operands[j]) for j in others)]
        if not _fills(own, x, factors):  # it is summed over a letter of its own, or along which the others are repeated
            factors.append((own, np.ones_like(x)))
        target = own
        for at, letter in enumerate(own):
            if letter in own[:at]:  # a diagonal: zeros off it, by a letter of its own
                free = next(each for each in string.ascii_letters if each not in target + "".join(each for each, _ in factors))
                target = target[:at] + free + target[at + 1 :]
                factors.append((letter + free, np.eye(x.shape[at], dtype=gradient.dtype)))
        equation = ",".join(each for each, _ in factors)
        return Einsum.apply(*(each for _, each in factors), equation=f"{equation}->{target}")

    def infer(self, *operands):
        letters, result = explicit(self, operands)
        self.equation = f"{','.join(letters)}->{result}"
        sizes = {}
        for each, x in zip(letters, operands, strict=True):
            for letter, size in zip(each, x.shape, strict=True):
                known = sizes.setdefault(letter, size)
                if known == 1:
                    sizes[letter] = size
                elif size not in (1, known):
                    why = f"{self.equation!r} has the letter {letter} for axes of {known} and {size}"
                    raise refused(self, f"{why}: an axis of {described(x)} is not like the others", *operands)
                if each.count(letter) > 1 and (isinstance(size, SymbolicSize) or size != x.shape[each.index(letter)]):
                    raise refused(self, f"takes a diagonal along axes of one known size, not of {described(x)}", x)
        return tuple(sizes[letter] for letter in result), operands[0].dtype

    @classmethod
    def from_numpy(cls, equation, *operands, optimize=None):
        return cls(*operands, equation=equation)


def _fills(own, x, factors):
    """Whether the product of some factors, each with its letters, has all axes of x, or more elements where x has one."""
    found = {}
    for letters, factor in factors:
        for letter, size in zip(letters, factor.shape, strict=True):
            found.setdefault(letter, set()).add(size)
    axes = zip(own, x.shape, strict=True)
    return all(size in found.get(letter, ()) or (size == 1 and letter in found) for letter, size in axes)


def explicit(node, operands):
    """The letters of each operand's axes and of the result's, with letters of their own in the place of "..."."""
    equation = node.equation.replace(" ", "") if isinstance(node.equation, str) else ""
    given, arrow, result = equation.partition("->")
    terms = given.split(",")
    if len(terms) != len(operands):
        why = f"{node.equation!r} is for {len(terms)} operands, not {len(operands)}"
        raise refused(node, why, *operands, error=OperationError)
    free = [letter for letter in reversed(string.ascii_letters) if letter not in equation]
    unnamed = [x.ndim - len(each.replace("...", "")) for each, x in zip(terms, operands, strict=True)]
    ellipsis = "".join(free[: max(0, *unnamed, 0)])
    letters = []
    for each, count, x in zip(terms, unnamed, operands, strict=True):
        letters.append(each.replace("...", ellipsis[len(ellipsis) - max(0, count) :], 1))
        if len(letters[-1]) != x.ndim or not all(letter in string.ascii_letters for letter in letters[-1]):
            raise refused(node, f"{node.equation!r} does not name the {x.ndim} axes of {described(x)}", x)
    counts = Counter("".join(letters))
    once = "".join(sorted(letter for letter, count in counts.items() if count == 1 and letter not in ellipsis))
    result = result.replace("...", ellipsis, 1) if arrow else ellipsis + once
    if len(set(result)) < len(result) or not set(result) <= counts.keys():
        why = f"{node.equation!r} must name each axis of its result once, by letters of its operands"
        raise refused(node, why, error=OperationError)
    return letters, result


@composes(np.dot)
def dot(a, b):
    """The sum over the last axis of a and the last but one of b, or its only one; with a scalar, the product."""
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim <= 2:
        return MatMul(a, b)
    return tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


@composes(np.tensordot)
def tensordot(a, b, axes=2):
    """The sum over several axes of a and as many of b; the first `axes` of b with the last of a, when it is a number."""
    pairs = axes if np.ndim(axes) or isinstance(axes, tuple | list) else ([*range(a.ndim - axes, a.ndim)], [*range(axes)])
    of_a, of_b = axes_of(a, pairs[0]), axes_of(b, pairs[1])
    if len(of_a) != len(of_b):
        raise OperationError(f"np.tensordot takes as many axes of the one as of the other, not {pairs[0]!r} and {pairs[1]!r}.")
    first = string.ascii_letters[: a.ndim]
    second = list(string.ascii_letters[a.ndim : a.ndim + b.ndim])
    for i, j in zip(of_a, of_b, strict=True):
        second[j] = first[i]
    result = [letter for i, letter in enumerate(first) if i not in of_a]
    result += [letter for i, letter in enumerate(second) if i not in of_b]
    return Einsum(a, b, equation=f"{first},{''.join(second)}->{''.join(result)}")


@composes(np.inner)
def inner(a, b):
    """The sum of products over the last axis of both."""
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, ([a.ndim - 1], [b.ndim - 1]))


@composes(np.outer)
def outer(a, b):
    """The product of each element of the one, in a row, with each of the other."""
    return np.expand_dims(np.ravel(a), 1) * np.ravel(b)


@composes(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements on a diagonal of two axes, along a new last axis."""
    matrices = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = matrices.shape[-2:]
    if isinstance(rows, SymbolicSize) or isinstance(columns, SymbolicSize):
        raise OperationError(f"{described(a)} has a diagonal only along axes of known sizes.{places(a)}")
    down, right = max(0, -offset), max(0, offset)
    length = max(0, min(rows - down, columns - right))
    square = Slice(matrices, starts=(down, right), ends=(down + length, right + length), axes=(-2, -1))
    return Einsum(square, equation="...ii->...i")


composes(np.vecdot)(lambda a, b: Einsum(a, b, equation="...i,...i->..."))
composes(getattr(np, "matvec", None))(lambda a, b: Einsum(a, b, equation="...ij,...j->...i"))
composes(getattr(np, "vecmat", None))(lambda a, b: Einsum(a, b, equation="...i,...ij->...j"))
composes(np.vdot)(lambda a, b: MatMul(np.ravel(a), np.ravel(b)))
composes(np.trace)(lambda a, offset=0, axis1=0, axis2=1: np.sum(diagonal(a, offset, axis1, axis2), axis=-1))
