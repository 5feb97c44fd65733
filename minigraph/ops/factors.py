"""LAPACK's factors of matrices, and of stacks of them: singular values, eigenvalues of symmetric matrices, Q · R.

Each is computed once, whatever is read of it. A derivative exists where the factors are determined but for signs: where two
singular values or eigenvalues are equal, that of their vectors is not finite, as in PyTorch and JAX; that of the values is.
"""

from functools import reduce
from operator import add

import numpy as np

from minigraph.core.errors import InputError, OperationError, ShapeError
from minigraph.core.node import described, places
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import refused
from minigraph.ops.diagonals import EyeLike
from minigraph.ops.linalg import Solve, checked, square
from minigraph.ops.multi_output import MultiOutput, parts_of

__all__: list[str] = []

SVD, EIGH, QR = (type(function(np.ones((1, 1)))) for function in (np.linalg.svd, np.linalg.eigh, np.linalg.qr))
"""NumPy's named tuples of the factors."""


class Factors(MultiOutput):
    """The base of factorisations: of floating-point numbers, and refused in words where LAPACK finds none."""

    floating = True

    def validate(self, x):
        """Raise where a size that a run tells is smaller than the one that was known before."""
        of_a_run, known = min(x.shape[-2:]), smaller(self.operands[0])
        if isinstance(known, int) and of_a_run < known:
            why = f"was composed for {described(self.operands[0])}, of which {known} is the smaller size, and was given one of"
            raise refused(self, f"{why} {x.shape[-2]} × {x.shape[-1]}", *self.operands)

    def reciprocals(self, values):
        """1 / (v_j − v_i) for each two of some values, in the row i and the column j, and zeros on the diagonal."""
        differences = np.expand_dims(values, -2) - np.expand_dims(values, -1)
        identity = EyeLike.apply(differences)
        return (1 - identity) / (differences + identity)


class Svd(Factors):
    """U, s and Vᵀ with x = U · diag(s) · Vᵀ, of as many columns as x has singular values s ≥ 0, the largest first.

    Its gradient is that of J. Townsend, "Differentiating the singular value decomposition", 2016.
    """

    def forward(self, x):
        return checked(self, np.linalg.svd, x, full_matrices=False)

    def backward(self, gradient, y, x):
        of_u, of_s, of_vt = gradient
        u, s, vt = y[0], y[1], y[2]
        along_rows, along_columns = np.expand_dims(s, -2), np.expand_dims(s, -1)
        found = []
        if of_s is not None:
            found.append(u * np.expand_dims(of_s, -2) @ vt)
        if of_u is not None:
            turned = u.mT @ of_u
            found.append(u @ (self.reciprocals(s * s) * (turned - turned.mT) * along_rows) @ vt)
            if u.shape[-1] != u.shape[-2]:
                found.append((of_u - u @ turned) / along_rows @ vt)
        if of_vt is not None:
            turned = vt @ of_vt.mT
            found.append(u @ (along_columns * self.reciprocals(s * s) * (turned - turned.mT)) @ vt)
            if vt.shape[-1] != vt.shape[-2]:
                found.append(u / along_rows @ (of_vt - turned.mT @ vt))
        return reduce(add, found)

    def parts(self, x):
        size = smaller(x)
        stack, (rows, columns) = x.shape[:-2], x.shape[-2:]
        return [((*stack, *shape), x.dtype) for shape in ((rows, size), (size,), (size, columns))]


class Eigh(Factors):
    """The eigenvalues w, the smallest first, and as columns of V the eigenvectors of a symmetric matrix: x · V = V · diag(w).

    What rounding leaves of a difference between x and xᵀ is shared by both, so that the gradient is symmetric; a matrix that is
    not symmetric is refused in a run. Source: M. Giles, "An extended collection of matrix derivative results", 2008,
    section 3.1.
    """

    uplo: str = "L"
    """Which triangle LAPACK is given, "L" or "U": the eigenvectors' signs depend on it."""

    def forward(self, x):
        return checked(self, np.linalg.eigh, (x + x.mT) / 2, self.uplo)

    def backward(self, gradient, y, x):
        of_w, of_v = gradient
        w, v = y[0], y[1]
        parts = []
        if of_w is not None:
            parts.append(v * np.expand_dims(of_w, -2) @ v.mT)
        if of_v is not None:
            parts.append(v @ (self.reciprocals(w) * (v.mT @ of_v)) @ v.mT)
        found = reduce(add, parts)
        return (found + found.mT) / 2

    def validate(self, x):
        """Raise for a matrix that is not symmetric, of which NumPy would read one triangle."""
        within = max(1e-3, 8 * float(np.finfo(x.dtype).eps)) * np.abs(x).max(initial=0)
        if np.abs(x - x.mT).max(initial=0) > within:
            remedy = "To read one triangle write np.tril(x) + np.tril(x, -1).mT."
            raise refused(self, "takes a symmetric matrix", *self.operands, remedy=remedy, error=InputError)

    def parts(self, x):
        square(self, x)
        return [(x.shape[:-1], x.dtype), (x.shape, x.dtype)]


class Qr(Factors):
    """Q, of orthonormal columns, and the upper triangle R with x = Q · R, where x has as many rows as columns, or more.

    Source: M. Seeger and others, "Auto-Differentiating Linear Algebra", 2017.
    """

    def forward(self, x):
        return checked(self, np.linalg.qr, x)

    def backward(self, gradient, y, x):
        of_q, of_r = gradient
        q, r = y[0], y[1]
        turned = -(of_q.mT @ q) if of_r is None else r @ of_r.mT if of_q is None else r @ of_r.mT - of_q.mT @ q
        symmetric = np.tril(turned) + np.tril(turned, -1).mT
        found = q @ symmetric if of_q is None else of_q + q @ symmetric
        return Solve.apply(r, found.mT).mT

    def parts(self, x):
        size = smaller(x)
        return [((*x.shape[:-1], size), x.dtype), ((*x.shape[:-2], size, x.shape[-1]), x.dtype)]


@composes(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """The singular value decomposition; of matrices that are not square it takes full_matrices=False."""
    x = symmetric(a) if hermitian else a
    found = Svd(x)
    if not compute_uv:
        return parts_of(found)[1]
    if full_matrices and x.shape[-1] != x.shape[-2]:
        why = f"np.linalg.svd of {described(x)}, which is not square, has no derivative for the other columns of U and V"
        raise OperationError(f"{why}.{places(x)}\n  Write it with full_matrices=False.")
    return SVD(*parts_of(found))


composes(np.linalg.svdvals)(lambda x: svd(x, compute_uv=False))


@composes(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """The eigenvalues and eigenvectors of a symmetric matrix."""
    if UPLO not in ("L", "U", "l", "u"):
        raise OperationError(f'np.linalg.eigh takes UPLO as "L" or "U", not {UPLO!r}.')
    return EIGH(*parts_of(Eigh(a, uplo=UPLO.upper())))


composes(np.linalg.eigvalsh)(lambda a, UPLO="L": eigh(a, UPLO).eigenvalues)


@composes(np.linalg.qr)
def qr(a, mode="reduced"):
    """The factors Q and R; of a matrix with more columns than rows they are those of its first columns, and Qᵀ times the rest.

    Source of that: D. Roberts and L. Roberts, "QR and LQ Decomposition Matrix Backpropagation Algorithms", 2020.
    """
    wide, rows = smaller(a) != a.shape[-1], a.shape[-2]
    if wide:
        q, r = parts_of(Qr(np.take(a, np.arange(rows), axis=-1)))
    else:
        q, r = parts_of(Qr(a))
    if wide:
        r = np.concatenate([r, q.mT @ a[..., rows:]], axis=-1)
    if mode == "r":
        return r
    if mode == "reduced" or (mode == "complete" and q.shape[-1] == q.shape[-2]):
        return QR(q, r)
    raise OperationError(f'np.linalg.qr of {described(a)} gives mode="reduced" or "r", not {mode!r}.{places(a)}')


def smaller(x):
    """The smaller of the two sizes of a matrix; one that is known only in a run is taken for the larger."""
    if x.ndim < 2:
        raise ShapeError(f"{described(x)} has no factors: they are those of a matrix or of a stack of them.{places(x)}")
    rows, columns = x.shape[-2:]
    if isinstance(rows, int) and isinstance(columns, int):
        return min(rows, columns)
    if rows != columns and not isinstance(rows, int) and not isinstance(columns, int):
        raise ShapeError(f"{described(x)} has factors whose sizes are not known: give the smaller one as a number.{places(x)}")
    return columns if isinstance(columns, int) else rows


def symmetric(x):
    """The symmetric part of a matrix."""
    return (x + x.mT) / 2
