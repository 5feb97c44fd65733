"""Make the stored answers, with PyTorch: `python tests/oracles/pytorch.py`, from the root of the repository.

With names of families, as in `python tests/oracles/pytorch.py linear loss`, it makes theirs alone.

It needs torch and numpy and nothing of minigraph. One line an operation says what PyTorch calls it; defaults are
written out here once more, from ONNX's documentation, so that a wrong default is noticed too.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.cases import FAMILIES, WITHOUT_ANSWER
from tests.oracles import pytorch_elementwise, pytorch_images, pytorch_normalization, pytorch_places, save


def axes_of(x, axes):
    return tuple(range(x.ndim)) if axes is None else tuple(axes) if isinstance(axes, tuple | list) else (axes,)


def over_axes(reduce):
    """PyTorch takes an empty tuple of axes to mean all of them; NumPy, and minigraph, to mean none."""

    def reduced(x, axes=None, keepdims=True):
        axes = axes_of(x, axes)
        return reduce(x, axes, keepdims) if axes else x.clone()

    return reduced


def power(a, b):
    """As PyTorch does, but the exponent of a base that is not positive takes no derivative, where PyTorch gives nan."""
    return torch.where(a > 0, torch.pow(torch.where(a > 0, a, 1), b), torch.pow(a, b.detach()))


def gemm(a, b, c=0, alpha=1.0, beta=1.0, transA=False, transB=False):
    return alpha * (a.T if transA else a) @ (b.T if transB else b) + beta * c


def take(x, indices, axis=0):
    axis %= x.ndim
    return x[(slice(None),) * axis + (indices,)]


def scatter_add(updates, indices, shape, axis=0):
    axis %= len(shape)
    flat = updates.reshape(*shape[:axis], indices.numel(), *shape[axis + 1 :])
    return torch.zeros(shape, dtype=updates.dtype).index_add(axis, indices.reshape(-1) % shape[axis], flat)


def one_hot(indices, depth, axis=-1, to=np.float32):
    return functional.one_hot(indices, depth + 1)[..., :depth].movedim(-1, axis).to(TYPES[np.dtype(to)])


def unsqueeze(x, axes):
    rank = x.ndim + len(axes_of(x, axes))
    for axis in sorted(axis % rank for axis in axes_of(x, axes)):
        x = x.unsqueeze(axis)
    return x


def squeeze(x, axes=None):
    return x.squeeze() if axes is None else x.squeeze(axes_of(x, axes))


def reshape(x, shape):
    return x.flatten(1) if shape == (x.shape[0], -1) else x.reshape(shape)


TYPES = {
    np.dtype(np.float32): torch.float32,
    np.dtype(np.float64): torch.float64,
    np.dtype(np.int64): torch.int64,
    np.dtype(bool): torch.bool,
}

ANSWERS = {
    **pytorch_elementwise.ANSWERS,
    **pytorch_images.ANSWERS,
    **pytorch_normalization.ANSWERS,
    **pytorch_places.ANSWERS,
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Neg": torch.neg,
    "Pow": power,
    "Exp": torch.exp,
    "Log": torch.log,
    "Sqrt": torch.sqrt,
    "Abs": torch.abs,
    "Sign": torch.sign,
    "Max": lambda *xs: torch.stack(torch.broadcast_tensors(*xs)).amax(0),
    "Min": lambda *xs: torch.stack(torch.broadcast_tensors(*xs)).amin(0),
    "Cast": lambda x, to: x.to(TYPES[np.dtype(to)]),
    "Equal": torch.eq,
    "Greater": torch.gt,
    "GreaterOrEqual": torch.ge,
    "Less": torch.lt,
    "LessOrEqual": torch.le,
    "Where": torch.where,
    "MatMul": torch.matmul,
    "Gemm": gemm,
    "Transpose": lambda x, perm=None: x.permute(tuple(range(x.ndim))[::-1] if perm is None else perm),
    "ReduceSum": over_axes(torch.sum),
    "ReduceMean": over_axes(torch.mean),
    "ReduceMax": over_axes(torch.amax),
    "Reshape": reshape,
    "Expand": torch.broadcast_to,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Stack": lambda *xs, axis=0: torch.stack(xs, axis),
    "Shape": lambda x, start=0, end=None: torch.tensor(x.shape[start:end], dtype=torch.int64),
    "Size": lambda x, axes=None: torch.tensor([x.shape[axis] for axis in axes_of(x, axes)], dtype=torch.int64).prod(),
    "Gather": take,
    "ScatterAdd": scatter_add,
    "OneHot": one_hot,
    "Tanh": torch.tanh,
    "Sigmoid": torch.sigmoid,
    "Relu": torch.relu,
    "Softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "LogSoftmax": lambda x, axis=-1: torch.log_softmax(x, axis),
}


def compute(case, dtype):
    """The value; the gradient for each floating operand; and, in double precision, the second derivative along a direction.

    The second derivative is that of Σ s ⊙ y ⊙ (y + 1), so that the gradient which arrives depends on the operands too.
    """
    arrays = case.draw(dtype)
    tensors = [tuple(a.tolist()) if o.is_shape else torch.tensor(a) for a, o in zip(arrays, case.operands, strict=True)]
    floating = [t for t in tensors if isinstance(t, torch.Tensor) and t.is_floating_point()]
    for tensor in floating:
        tensor.requires_grad_()
    y = ANSWERS[case.operation](*tensors, **case.attributes)
    answers = [y]
    if y.is_floating_point() and floating:
        seed = torch.tensor(case.normal("seed", tuple(y.shape), np.float64)).to(y.dtype)
        answers += derivatives((seed * y).sum(), floating)
        if dtype == np.float64 and case.kink is None:
            slopes = derivatives((seed * y * (y + 1)).sum(), floating)
            along = [torch.tensor(case.normal(f"direction {i}", tuple(t.shape), dtype)) for i, t in enumerate(floating)]
            answers += derivatives(sum((s * v).sum() for s, v in zip(slopes, along, strict=True)), floating)
    return arrays, [a.detach().numpy().astype(dtype) for a in answers]


def derivatives(total, operands):
    """The gradient for each operand, zeros for one that takes none."""
    if not total.requires_grad:
        return [torch.zeros_like(operand) for operand in operands]
    return torch.autograd.grad(total, operands, create_graph=True, allow_unused=True, materialize_grads=True)


if __name__ == "__main__":
    for family in sys.argv[1:] or FAMILIES:
        rows = FAMILIES[family]
        cases = [case for row in rows if row.operation not in WITHOUT_ANSWER for case in row.sizes]
        save(family, {(c, d): compute(c, np.dtype(d)) for c in cases for d in ("float64", "float32")})
        print(f"{family}: {len(cases)} cases")
