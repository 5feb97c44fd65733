"""What PyTorch calls the operations of linear algebra, slices and places, for tests/oracles/pytorch.py."""

import torch
from torch.nn import functional


def index_of(x, starts, ends, axes=None, steps=None):
    """The places that a slice takes along each axis; PyTorch's own slices have no negative steps."""
    index = [torch.arange(size) for size in x]
    axes = range(len(starts)) if axes is None else axes
    for axis, start, end, step in zip(axes, starts, ends, steps or [1] * len(starts), strict=True):
        index[axis] = torch.tensor([*range(x[axis])][slice(start, end, step)], dtype=torch.int64)
    return torch.meshgrid(*index, indexing="ij")


def scatter_slice(updates, shape, **bounds):
    return torch.zeros(shape, dtype=updates.dtype).index_put(index_of(shape, **bounds), updates)


def source_of(size, before, after, mode):
    """The place from which each element of a padded axis comes, one after the other."""
    period = {"reflect": max(1, 2 * size - 2), "wrap": size, "edge": None}[mode]
    for place in range(-before, size + after):
        if period is None:
            yield min(max(place, 0), size - 1)
        else:
            place %= period
            yield place if place < size else period - place


def pad(x, pads, mode="constant", constant_value=0, axes=None):
    half = len(pads) // 2
    axes = [axis % x.ndim for axis in (range(x.ndim) if axes is None else axes)]
    for axis, before, after in zip(axes, pads[:half], pads[half:], strict=True):
        if mode == "constant":
            x = functional.pad(x.movedim(axis, -1), (before, after), value=constant_value).movedim(-1, axis)
        else:
            x = x.narrow(axis, max(-before, 0), x.shape[axis] + min(before, 0) + min(after, 0))
            places = [*source_of(x.shape[axis], max(before, 0), max(after, 0), mode)]
            x = x.index_select(axis, torch.tensor(places))
    return x


def flatten(x, axis=1):
    rows = x.shape[:axis].numel() if axis else 1
    return x.reshape(rows, x.shape[axis:].numel() if axis < x.ndim else 1)


def gather(x, indices, axis=0):
    return torch.gather(x, axis, indices % x.shape[axis])


def scatter(x, indices, updates, axis=0, reduction="none"):
    if reduction in REDUCTIONS:
        grid = list(torch.meshgrid(*map(torch.arange, indices.shape), indexing="ij"))
        grid[axis] = indices
        return reduced(x, grid, updates, reduction)
    indices = indices % x.shape[axis]
    return x.scatter_add(axis, indices, updates) if reduction == "add" else x.scatter(axis, indices, updates)


REDUCTIONS = {"mul": torch.prod, "max": torch.amax, "min": torch.amin}


def reduced(x, index, updates, reduction):
    """Place by place, by what is there and the updates that are meant for it."""
    places_of_x = torch.arange(x.numel()).reshape(x.shape)
    meant = places_of_x[tuple(index)].broadcast_to(updates.shape).reshape(-1)
    parts = [
        REDUCTIONS[reduction](torch.cat([x.reshape(-1)[place, None], updates.reshape(-1)[meant == place]]), 0)
        for place in range(x.numel())
    ]
    return torch.stack(parts).reshape(x.shape) if parts else x.clone()


def places(indices, batch_dims):
    """PyTorch's index: the numbers of the batch, and the columns of the last axis."""
    lead = indices.shape[:-1]
    batch = torch.meshgrid(*map(torch.arange, lead), indexing="ij")[:batch_dims] if batch_dims else ()
    return (*batch, *indices.unbind(-1))


def scatter_nd(x, indices, updates, reduction="none", batch_dims=0):
    index = places(indices, batch_dims)
    if reduction in REDUCTIONS:
        return reduced(x, index, updates, reduction)
    return x.index_put(index, updates, accumulate=reduction == "add")


def order(x, axis=-1, descending=False):
    return torch.sort(x, dim=axis, descending=descending, stable=True)


def top(x, k, axis=-1, largest=True):
    return order(x, axis, largest)[1].narrow(axis, 0, k)


def einsum(*operands, equation):
    """PyTorch has no letter three times in one operand: three are two diagonals."""
    if equation == "iii->i":
        return operands[0].diagonal(0, 0, 1).diagonal(0, 0, 1)
    return torch.einsum(equation, *operands)


ANSWERS = {
    "Slice": lambda x, **bounds: x[index_of(x.shape, **bounds)],
    "ScatterSlice": scatter_slice,
    "Pad": pad,
    "Flatten": flatten,
    "Concat": lambda *xs, axis: torch.cat(xs, axis),
    "Tile": lambda x, repeats: torch.tile(x, repeats if isinstance(repeats, tuple) else (repeats,)),
    "GatherElements": gather,
    "ScatterElements": scatter,
    "GatherND": lambda x, indices, batch_dims=0: x[places(indices, batch_dims)],
    "ScatterND": scatter_nd,
    "ArgSort": lambda x, axis=-1, descending=False: order(x, axis, descending)[1],
    "ArgTopK": top,
    "Sort": lambda x, axis=-1, descending=False: order(x, axis, descending)[0],
    "TopK": lambda x, k, axis=-1, largest=True: torch.gather(x, axis, top(x, k, axis, largest)),
    "Trilu": lambda x, k=0, upper=True: torch.triu(x, k) if upper else torch.tril(x, k),
    "EyeLike": lambda x, k=0: torch.ones_like(x).tril(k).triu(k),
    "Diag": lambda x, k=0: torch.diag_embed(x, k),
    "Inverse": torch.linalg.inv,
    "Det": torch.linalg.det,
    "LogAbsDet": lambda x: torch.linalg.slogdet(x)[1],
    "SignDet": lambda x: torch.linalg.slogdet(x)[0].detach(),
    "PseudoInverse": lambda x, rcond=None: torch.linalg.pinv(x, rtol=rcond),
    "Solve": lambda a, b: torch.linalg.solve(a, b) if b.ndim > 1 else (torch.linalg.solve(a, b[:, None])[..., 0]),
    "Cholesky": lambda x: torch.linalg.cholesky((x + x.mT) / 2),
    "Einsum": einsum,
}
