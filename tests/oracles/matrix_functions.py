"""NumPy's functions of matrices and vectors, as expressions: what each gives, and its derivatives, is JAX's and NumPy's to say.

An expression of factors is one of what the factors leave open: of U·diag(s)·Vᵀ, say, and not of U, whose columns have no sign.
"""

import numpy as np

__all__ = ["ARRAYS", "EXPRESSIONS", "NAMESPACE", "used"]


def drawn(seed, *shape):
    return np.round(np.random.RandomState(seed).normal(size=shape), 3)


def definite(seed, *shape):
    factor = drawn(seed, *shape)
    return factor @ np.swapaxes(factor, -1, -2) / 4 + np.eye(shape[-1])


ARRAYS = {
    "a": drawn(0, 2, 3, 4),
    "b": drawn(1, 4, 3),
    "m": drawn(2, 4, 4),
    "u": drawn(3, 4),
    "v": drawn(4, 4),
    "w": drawn(5, 3),
    "x": drawn(6, 7),
    "s": definite(7, 4, 4),
    "t": definite(8, 2, 3, 3),
    "wide": drawn(9, 2, 4),
    "tall": drawn(10, 5, 3),
    "c": drawn(11, 2, 3),
    "d": drawn(12, 2, 3),
}
NAMESPACE = {"H": np.arange(12.0).reshape(4, 3) / 5 - 1, "K": np.arange(4.0) - 1.5, "F": np.array([1, 2, 1, 3])}
"""Arrays that no derivative is taken of."""
EXPRESSIONS = """
np.linalg.norm(a)
np.linalg.norm(v)
np.linalg.norm(v, 3)
np.linalg.norm(v, 1)
np.linalg.norm(v, -1.5)
np.linalg.norm(v, np.inf)
np.linalg.norm(v, -np.inf)
np.linalg.norm(v, 0)
np.linalg.norm(a, axis=1)
np.linalg.norm(a, axis=1, keepdims=True)
np.linalg.norm(a, 4, axis=-1)
np.linalg.norm(a, axis=(0, 2))
np.linalg.norm(a, "fro", axis=(2, 0), keepdims=True)
np.linalg.norm(a, 1, axis=(2, 0))
np.linalg.norm(a, -1, axis=(0, 1))
np.linalg.norm(a, np.inf, axis=(2, 0), keepdims=True)
np.linalg.norm(m, -np.inf)
np.linalg.vector_norm(a, ord=3)
np.linalg.vector_norm(a, axis=(0, 2), keepdims=True)
np.linalg.matrix_norm(a)
np.linalg.matrix_norm(a, ord=1, keepdims=True)
np.linalg.matmul(a, b)
np.linalg.outer(v, w)
np.linalg.vecdot(a, v)
np.linalg.vecdot(a, H.T, axis=-2)
np.linalg.tensordot(a, b, axes=1)
np.linalg.matrix_transpose(a)
np.linalg.trace(a)
np.linalg.trace(a, offset=1)
np.linalg.diagonal(a, offset=-1)
np.linalg.cross(c, d)
np.linalg.multi_dot([wide, m, b, w])
np.linalg.multi_dot([v, m, b])
np.linalg.multi_dot([wide, b])
np.linalg.matrix_power(m, 5)
np.linalg.matrix_power(t, -2)
np.linalg.matrix_power(m, 0)
np.linalg.matrix_power(m, 1)
np.linalg.inv(t)
np.linalg.det(t)
np.linalg.solve(t, c[..., None])
np.linalg.cholesky(t)
np.outer(a, w)
np.kron(m, wide)
np.kron(v, a)
np.kron(c, w)
np.cross(c, d)
np.cross(c, w)
np.cross(b, H, axis=1)
np.cross(b, w, axisc=0)
np.cross(c.T, d, axisa=0, axisb=1, axisc=-1)
np.diag(v)
np.diag(v, 2)
np.diag(m)
np.diag(b, -1)
np.diagflat(c)
np.diagflat(c, -1)
np.diagonal(a, 1, 1, 2)
np.trace(m)
np.trace(a, 1, 0, 2)
np.tril(m, -1)
np.triu(a, 1)
np.dot(v, m)
np.dot(a, m)
np.dot(b, a)
np.dot(v, 2.0)
np.dot(K, v)
np.inner(a, m)
np.inner(v, K)
np.vdot(m, m)
np.vecdot(a, v)
np.matvec(a, v)
np.vecmat(v, b)
np.tensordot(a, b, axes=([2, 1], [0, 1]))
np.tensordot(c, d, 0)
np.tensordot(v, m, axes=(0, 1))
np.cov(m)
np.cov(m, rowvar=False)
np.cov(m, b.T, bias=True)
np.cov(v)
np.cov(v, u, ddof=2)
np.cov(m, fweights=F)
np.cov(m, aweights=u * u + 1)
np.cov(m, fweights=F, aweights=K * K, ddof=2)
np.corrcoef(m)
np.corrcoef(u, v)
np.corrcoef(b, rowvar=False)
np.convolve(x, w)
np.convolve(w, x, "same")
np.convolve(x, v, "same")
np.convolve(v, x, "valid")
np.correlate(x, w)
np.correlate(w, x)
np.correlate(x, v, "same")
np.correlate(v, x, "same")
np.correlate(v, x, "full")
np.einsum("ij,jk->ik", m, b)
np.einsum("ij,jk", m, b)
np.einsum("ba", m)
np.einsum("ii", m)
np.einsum("ii->i", m)
np.einsum("ijj->ji", t)
np.einsum("...ii->...i", t)
np.einsum("...ij,...jk->...ik", a, b)
np.einsum("i...,i...->...", c, d)
np.einsum("...,...", c, w)
np.einsum("ij...,j...->i...", a, b.T)
np.einsum("ij,jk,kl,l->i", wide, m, b, w, optimize=True)
np.einsum("ij,kj,i,k", m, m, v, u, optimize="optimal")
np.einsum("ii,i,ij->j", m, v, b)
np.einsum("i,j,k->kij", w, c[:, 0], v)
np.einsum("i->", v)
np.einsum(",i->i", v[0], v)
np.einsum("ij,ij->ij", c[:1], d)
np.einsum(m, [0, 1], b, [1, 2])
np.einsum(m, [0, 1], b, [1, 2], [2, 0])
np.einsum(m, [1, 0])
np.einsum(m, [3, 3])
np.einsum(a, [..., 1, 0], m, [0, 2], [..., 2, 1])
np.einsum(a, [Ellipsis, 0], K, [0])
np.einsum("ij,jk->ik", H, t[0])
np.linalg.svd(tall, full_matrices=False)[0] @ np.linalg.svd(tall, full_matrices=False)[2]
np.abs(np.linalg.svd(wide, full_matrices=False).U)
np.abs(np.linalg.svd(t).Vh)
np.linalg.svd(a, compute_uv=False)
np.linalg.svdvals(t)
np.square(np.linalg.svd(tall, False).U) @ np.linalg.svd(tall, False).S
np.square(np.linalg.svd(np.matrix_transpose(a), False).U) @ np.linalg.svd(a, False).S[..., None]
np.square(np.matrix_transpose(np.linalg.svd(a, False).Vh)) @ np.linalg.svd(a, False).S[..., None]
np.square(np.linalg.svd(wide, False).Vh.T) @ np.linalg.svd(wide, False).S
np.linalg.svd(s, hermitian=True).S
np.linalg.eigvalsh(s)
np.linalg.eigh(t)[0]
np.abs(np.linalg.eigh(s).eigenvectors)
np.square(np.linalg.eigh(t)[1]) @ np.linalg.eigh(t)[0][..., None]
np.linalg.eigh(m + m.T)[1][:, :2] @ np.linalg.eigh(m + m.T)[1][:, :2].T
np.linalg.qr(tall)
np.linalg.qr(tall, mode="r")
np.linalg.qr(t)
np.linalg.qr(m).Q
np.linalg.qr(a)
np.linalg.qr(wide, mode="r")
np.linalg.pinv(tall)
np.linalg.pinv(a)
np.linalg.pinv(s, hermitian=True)
np.linalg.slogdet(m)
np.linalg.slogdet(t)[1]
np.linalg.lstsq(tall, K[0] * tall[:, 0])[0]
np.linalg.lstsq(tall, H.T[0, 0] * tall)[:3]
np.linalg.lstsq(wide, c[:, 0])[::2]
np.linalg.lstsq(tall, tall @ w)[0]
np.linalg.cond(m)
np.linalg.cond(t, -2)
np.linalg.cond(m, "fro")
np.linalg.cond(t, 1)
np.linalg.matrix_rank(H @ b.T)
np.linalg.matrix_rank(t, tol=1.2)
np.linalg.matrix_rank(v)
np.linalg.norm(m, 2)
np.linalg.norm(a, -2, axis=(2, 0))
np.linalg.norm(a, "nuc", axis=(1, 2), keepdims=True)
np.linalg.tensorinv(np.reshape(s, (2, 2, 4)))
np.linalg.tensorinv(np.reshape(s, (4, 2, 2)), ind=1)
np.linalg.tensorsolve(np.reshape(s, (2, 2, 4)), np.reshape(v, (2, 2)))
np.linalg.tensorsolve(np.reshape(s, (2, 4, 2)), v, axes=(0, 2))
np.fft.fftshift(x)
np.fft.ifftshift(a, axes=(0, 2))
""".strip().splitlines()
SINCE = {"np.matvec(": "2.2", "np.vecmat(": "2.2"}
EXPRESSIONS = [
    each
    for each in EXPRESSIONS
    if not any(call in each and np.lib.NumpyVersion(np.__version__) < f"{since}.0" for call, since in SINCE.items())
]


def used(expression):
    """The arrays that an expression names, and so has derivatives of."""
    names = compile(expression, "<expression>", "eval").co_names
    return {name: array for name, array in ARRAYS.items() if name in names}


def weights(expression, i, shape):
    """What part i of the value is multiplied with, and added up, to have a gradient."""
    return drawn(len(expression) + i, *shape)


def direction(name):
    """Along what the second derivative is taken."""
    return drawn(len(name) + 50, *ARRAYS[name].shape)
