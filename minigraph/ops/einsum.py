"""Einstein's sums: sums of products over named axes, of which NumPy's inner and tensor products are some."""

import string
from collections import Counter

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import composes
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import axes_of, refused, shaped
from minigraph.ops.diagonals import Diag, EyeLike
from minigraph.ops.indexing import Slice
from minigraph.ops.linear import MatMul

__all__ = ["Einsum"]


class Einsum(Node, numpy=np.einsum):
    """Einstein's sum: the product of the operands with one letter for each axis, summed over the letters not in the result.

    The equation is NumPy's and ONNX's: `"ij,jk->ik"` is the matrix product, a letter twice in one operand is its diagonal,
    "..." are axes that broadcast, and without "->" the result has the letters that stand once, by the alphabet. In which order
    several products are taken is NumPy's choice, whatever `np.einsum` is told by `optimize`.

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
        return tuple(self.gradient_for(i, gradient, operands) for i in range(len(operands)))

    def gradient_for(self, i, gradient, operands):
        """The gradient, times the other operands, summed over all letters but those of this operand."""
        (*letters, result), x = self.equation.replace("->", ",").split(","), operands[i]
        if self.equation == "ii->i":
            return Diag.apply(gradient)
        own, others = letters[i], [j for j in range(len(operands)) if j != i]
        factors = [(result, gradient), *((letters[j], operands[j]) for j in others)]
        if not _fills(own, x, factors):  # it is summed over a letter of its own, or along which the others are repeated
            factors.append((own, np.ones_like(x)))
        target = own
        for at, letter in enumerate(own):
            if letter in own[:at]:  # a diagonal: zeros off it, by a letter of its own
                free = next(each for each in string.ascii_letters if each not in target + "".join(each for each, _ in factors))
                target = target[:at] + free + target[at + 1 :]
                factors.append((letter + free, _identity(x, own.index(letter), at)))
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
                if size != x.shape[each.index(letter)]:
                    raise refused(self, f"takes a diagonal along axes of one size, not of {described(x)}", x)
        return tuple(sizes[letter] for letter in result), operands[0].dtype

    @classmethod
    def from_numpy(cls, *operands, optimize=None):
        equation, *operands = operands if isinstance(operands[0], str) else of_numbers(operands)
        return cls(*operands, equation=equation)


def _identity(x, *axes):
    """The identity matrix of the size of two axes of x."""
    if not isinstance(x.shape[axes[0]], SymbolicSize):
        return np.eye(x.shape[axes[0]], dtype=x.dtype)
    return EyeLike.apply(np.sum(x, axis=tuple(i for i in range(x.ndim) if i not in axes)))


def of_numbers(given):
    """The equation, and the operands, of NumPy's other form: each operand before a list of numbers for its axes.

    >>> of_numbers(("x", [0, 1], "y", [1, ...], [0, ...]))
    ['AB,B...->A...', 'x', 'y']
    """
    terms = list(given[1::2]) + [given[-1]] * (len(given) % 2)
    letters = string.ascii_uppercase + string.ascii_lowercase  # whose order is that of the numbers
    for term in terms:
        if not isinstance(term, list | tuple) or not all(each is ... or each in range(len(letters)) for each in term):
            raise OperationError(
                f"np.einsum takes an equation, or a list of numbers from 0 to 51 behind each operand, not {term!r}."
            )
    written = ["".join("..." if each is ... else letters[each] for each in term) for term in terms]
    count = len(given) // 2
    return ["->".join([",".join(written[:count]), *written[count:]]), *given[: 2 * count : 2]]


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
    a, b = shaped(a), shaped(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim <= 2:
        return MatMul(a, b)
    return tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


@composes(np.tensordot)
def tensordot(a, b, axes=2):
    """The sum over several axes of a and as many of b; the first `axes` of b with the last of a, when it is a number."""
    a, b = shaped(a), shaped(b)
    count = isinstance(axes, int | np.integer) and axes >= 0
    pairs = ([*range(a.ndim - axes, a.ndim)], [*range(axes)]) if count else axes
    if not count and not (isinstance(axes, tuple | list | np.ndarray) and len(axes) == 2):
        raise OperationError(f"np.tensordot takes axes as their number, or as those of the one and of the other, not {axes!r}.")
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
    a, b = shaped(a), shaped(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, ([a.ndim - 1], [b.ndim - 1]))


@composes(np.linalg.vecdot)
def vecdot(x1, x2, axis=-1):
    """The sum of products along one axis of both."""
    x1, x2 = (np.moveaxis(shaped(each), axis, -1) for each in (x1, x2))
    return Einsum(x1, x2, equation="...i,...i->...")


@composes(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements on a diagonal of two axes, along a new last axis."""
    if not isinstance(offset, int | np.integer):
        raise OperationError(f"np.diagonal takes its offset as a whole number, not {offset!r}.")
    matrices = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = matrices.shape[-2:]
    down, right = max(0, -offset), max(0, offset)
    if rows != columns:
        if isinstance(rows, SymbolicSize) or isinstance(columns, SymbolicSize):
            raise OperationError(f"{described(a)} has a diagonal only along axes of known sizes, or of one size.{places(a)}")
        length = max(0, min(rows - down, columns - right))
        matrices = Slice(matrices, starts=(down, right), ends=(down + length, right + length), axes=(-2, -1))
    elif offset:
        matrices = matrices[..., down or None : -right or None, right or None : -down or None]
    return Einsum(matrices, equation="...ii->...i")


composes(np.vecdot)(vecdot)
composes(np.linalg.tensordot)(tensordot)
composes(getattr(np, "matvec", None))(lambda a, b: Einsum(a, b, equation="...ij,...j->...i"))
composes(getattr(np, "vecmat", None))(lambda a, b: Einsum(a, b, equation="...i,...ij->...j"))
