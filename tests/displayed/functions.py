"""What the functions in formulas are, by their names: NumPy's, or the operation's that has the displayed name."""

import math

import numpy as np

from minigraph.ops import OPERATIONS
from minigraph.ops.pooling import AverageUnpool, MaxUnpool

__all__ = ["PLAIN", "Unread", "Words", "arithmetic", "axes_of", "called"]


class Unread(Exception):
    """What is displayed does not say enough to be computed, or what it says makes no sense."""


class Words(Exception):
    """What is displayed says in words that it is no mathematics: a rule that only numbers can be put through."""


def arithmetic(value):
    """A truth is 1 or 0."""
    value = np.asanyarray(value)
    return value.astype(np.float64) if value.dtype == bool else value


def axes_of(over, ndim):
    """The axes that words say, and the other words: `columns, reverse` says axis 1 of a matrix."""
    axes, flags = None, []
    for word in filter(None, (part.strip() for part in over.split(","))):
        if word in ("rows", "columns"):
            axes = (ndim - 2,) if word == "rows" and ndim > 1 else (ndim - 1,)
        elif word.startswith("ax"):
            axes = (int(word.split()[1]),)
        elif word.isdigit():
            axes = (*axes, int(word))
        else:
            flags.append(word)
    if axes and max(axes) >= ndim:
        raise Unread(f"{over} of something with {ndim} axes")
    return axes, flags


erf = np.vectorize(math.erf, otypes=[float])


def chosen(condition, a, b):
    return np.where(np.asarray(condition, bool), arithmetic(a), arithmetic(b))


def all_of(function):
    def folded(*operands):
        several = len(operands) > 1
        return function.reduce(np.broadcast_arrays(*operands) if several else operands[0], axis=0 if several else None)

    return folded


def whole(*sizes):
    """A shape: sizes one by one, or all in one array."""
    return tuple(int(size) for each in sizes for size in np.ravel(each))


PLAIN = {
    **{name: getattr(np, name) for name in ("exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "expm1", "log1p")},
    **{name: getattr(np, name) for name in ("sign", "floor", "ceil", "round", "isnan", "isinf", "fmod", "trunc", "rint")},
    **{name: getattr(np, name) for name in ("logical_and", "logical_or", "logical_xor", "logical_not", "tril", "triu")},
    **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "square", "cbrt")},
    **{name: getattr(np, name) for name in ("log2", "log10", "hypot", "arctan2", "logaddexp", "floor_divide", "signbit")},
    "ln": np.log,
    "mod": np.mod,
    "remainder": np.mod,
    "erf": lambda x: erf(x).reshape(np.shape(x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(x, 0),
    "relu": lambda x: np.maximum(x, 0),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "tr": np.trace,
    "max": all_of(np.maximum),
    "min": all_of(np.minimum),
    "where": chosen,
    "mean": np.mean,
    "prod": np.prod,
    "shape": lambda x: np.array(np.shape(x)),
    "ones": lambda *sizes: np.ones(whole(*sizes)),
    "zeros": lambda *sizes: np.zeros(whole(*sizes)),
}
"""Functions of their operands alone."""

REDUCED = {
    "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "any": np.any, "all": np.all, "var": np.var, "sum": np.sum,
}  # fmt: skip
"""What leaves one number along the axes that it goes over."""


def split(x, blocks):
    return np.stack(np.split(x, int(blocks), axis=-1), axis=-3)


def concat(x):
    return np.concatenate([x[..., i, :, :] for i in range(np.shape(x)[-3])], axis=-1)


ARRANGED = {
    "split": split,
    "concat": concat,
    "stack": np.stack,
    "one_hot": lambda places, depth, axis=-1: np.moveaxis(np.eye(int(depth))[np.asarray(places).astype(int)], -1, axis),
    "concatenate": np.concatenate,
    "pad": np.pad,
    "tile": np.tile,
    "searchsorted": np.searchsorted,
    "einsum": lambda *operands, equation: np.einsum(equation, *operands),
    "reshape": lambda x, shape: np.reshape(x, whole(shape)),
    "diag": np.diag,
    "eigh": lambda x: np.linalg.eigh((x + x.T) / 2),
    "qr": np.linalg.qr,
    "svd": lambda x: np.linalg.svd(x, full_matrices=False),
    "transpose": lambda x, order: np.transpose(x, whole(order)),
}
"""What NumPy arranges, called as NumPy calls it."""


def shifted(rows, first=0):
    return np.concatenate([np.full_like(rows[:1], first), rows[:-1]])


def recurrence(rows, factors):
    total = [rows[0]]
    for row, factor in zip(rows[1:], factors[1:], strict=True):
        total.append(row + factor * total[-1])
    return np.stack(total)


ALONG = {"shift": shifted, "recurrence": recurrence}
"""What docs/design.md says of rows along an axis, the last one unless another is said, from the end if reverse."""


def counts(sizes, count_include_pad=False, **window):
    """How many elements of an image of these sizes lie in each window; with its padding, but for what ceil_mode adds to it."""
    found, sizes = np.ones(()), whole(sizes)
    for i, size in enumerate(sizes):
        own = {key: each[i :: len(sizes)] if isinstance(each, tuple) else each for key, each in window.items()}
        inside = lying(np.ones(size), **own)
        if count_include_pad and own.get("auto_pad", "").startswith("SAME"):
            inside = lying(np.ones(size), fill=1.0, **own)
        elif count_include_pad and "pads" in own:  # no window starts in the padding behind the image
            inside = lying(np.ones(size + sum(own.pop("pads"))), **own)[: inside.size]
        found = np.multiply.outer(found, inside)
    return found


def lying(ones, **window):
    return np.sum(OPERATIONS["Im2Col"].apply(ones[None, None], **window), axis=(0, 1))


OF_A_SHAPE = ("ScatterAdd", "ScatterSlice")
"""The operations whose last operand is a shape, which one size is."""

OF_MATRICES = ("Cholesky", "Det", "Inverse", "LogAbsDet", "PseudoInverse", "SignDet")
"""The operations to which a number is a matrix of one row."""

BY_NAME = {each.lower(): operation for name, operation in OPERATIONS.items() for each in (name, name.removeprefix("Reduce"))}
BY_NAME |= {each.__name__.lower(): each for each in (MaxUnpool, AverageUnpool)}
BY_NAME |= {"take_along_axis": OPERATIONS["GatherElements"], "take": OPERATIONS["Gather"]}


def called(word, over, attributes, operands):
    """A function by its displayed name, over the axes and with the attributes that are displayed."""
    if word in ARRANGED and "pads" not in attributes:  # ONNX's pad has other attributes than NumPy's
        return ARRANGED[word](*operands, **attributes)
    axes, flags = axes_of(over, np.ndim(operands[0]))
    if word in ALONG:
        (axis,) = axes or (-1,)
        rows = [np.moveaxis(np.asarray(each, np.float64), axis, 0)[:: -1 if flags else 1] for each in operands]
        return np.moveaxis(ALONG[word](*rows, **attributes)[:: -1 if flags else 1], 0, axis)
    if word == "finite_max":
        largest = np.max(operands[0], axis=axes, keepdims=axes is not None)
        return np.where(np.isinf(largest), 0, largest)
    if word == "counts":
        return counts(*operands, **dict.fromkeys(flags, True), **attributes)
    if word in REDUCED and not flags and not attributes:
        return REDUCED[word](np.asarray(operands[0]), axis=axes, keepdims=axes is not None)
    operation = BY_NAME.get(word) or BY_NAME.get(word.replace("_", ""))
    if operation is None:
        raise Unread(f"{word} is no function")
    given = dict.fromkeys(flags, True) | attributes
    given |= {"to": np.dtype(given["to"]).type} if "to" in given else {}
    known = operation.attributes
    if known.get("to") is np.float32:
        given.setdefault("to", np.float64)
    if "axis" in known and axes is not None:
        (given["axis"],) = axes
    elif "axes" in known and axes is not None:
        given |= {"axes": axes} | ({"keepdims": True} if "keepdims" in known else {})
    elif known.get("axes", ...) is None and "keepdims" in known and "axes" not in given:
        given["keepdims"] = False
    if operation.__name__ in OF_MATRICES:
        operands = [np.atleast_2d(operand) if np.ndim(operand) == 0 else operand for operand in operands]
    if operation in (MaxUnpool, AverageUnpool):  # a gradient of 1 is that of an image of one element
        operands[0] = np.reshape(operands[0], (1,) * np.ndim(operands[1])) if np.ndim(operands[0]) == 0 else operands[0]
    if operation.__name__ in OF_A_SHAPE:
        operands[-1] = np.ravel(operands[-1])
    if operation.__name__ == "DropoutMask":  # of a shape, which may have been computed
        operands[0] = np.ravel(operands[0]).astype(int)
    operands = [np.asarray(operand) if not isinstance(operand, tuple) else np.array(operand, np.int64) for operand in operands]
    try:
        return operation.apply(*operands, **given)
    except Exception as error:
        raise Unread(f"{word} cannot be computed from what is shown of it: {str(error).splitlines()[0]}") from error
