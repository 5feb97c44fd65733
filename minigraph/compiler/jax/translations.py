"""The operations whose rules write into an array, or call what JAX does not have: what each is on JAX's arrays."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.compiler.checkpointing import Later
from minigraph.compiler.jax.library import library
from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.core.values import wide, widened
from minigraph.ops.cumulative import CumProd, CumSum, Recurrence, Shift
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.linalg import LogAbsDet, PseudoInverse, SignDet
from minigraph.ops.random import DropoutMask, RandomNormal, RandomUniform
from minigraph.ops.scan import Scan
from minigraph.ops.scatter import ScatterElements, ScatterND
from minigraph.ops.sliding import Window
from minigraph.ops.windows import Col2Im, Im2Col, window_of
from minigraph.readings.traced import Traced, bare

__all__ = ["TRANSLATIONS", "columns_of"]


def im2col(_: Any, node: Any, x: Any) -> Any:
    """The windows of an image, an element of all windows after the other."""
    return Traced(columns_of(x.array, window_of(node, x.shape[2:], node.kernel_shape), node.fill))


def col2im(_: Any, node: Any, x: Any, sizes: Any = None) -> Any:
    """The transpose of that."""
    (image,) = node.numbers(sizes)
    window = window_of(node, image, node.block_shape)
    shape = (x.shape[0], x.shape[1] // math.prod(node.block_shape), *image)
    of = library().ShapeDtypeStruct(shape, x.dtype)
    return Traced(library().linear_transpose(lambda image: columns_of(image, window, 0), of)(x.array)[0])


def columns_of(x: Any, window: Window, fill: float) -> Any:
    """The windows of an image as columns: N × C·K × L."""
    jnp, places = library().numpy, window.places(x.shape[2:])
    padded = jnp.pad(x, ((0, 0), (0, 0), *window.margins(x.shape[2:])), constant_values=fill) if _padded(window, x) else x
    parts = []
    for element in itertools.product(*map(range, window.kernel_shape)):
        axes = zip(element, window.dilations, window.strides, places, strict=True)
        at = [slice(k * gap, k * gap + (count - 1) * stride + 1, stride) for k, gap, stride, count in axes]
        parts.append(padded[:, :, *at] if all(places) else jnp.zeros((*x.shape[:2], *places), x.dtype))
    return jnp.stack(parts, axis=2).reshape(x.shape[0], x.shape[1] * len(parts), math.prod(places))


def _padded(window: Window, x: Any) -> bool:
    return any(map(any, window.margins(x.shape[2:])))


def scatter_add(_: Any, node: Any, updates: Any, indices: Any, shape: Any) -> Any:
    at = (slice(None),) * node.axis + (bare(indices),)
    return Traced(_zeros(shape, updates).at[at].add(updates.array, mode="drop"))


def scatter_slice(_: Any, node: Any, updates: Any, shape: Any, sizes: Any = None) -> Any:
    zeros = _zeros(shape, updates)
    return Traced(zeros.at[node.at(zeros, sizes)].set(updates.array))


def _zeros(shape: Any, like: Any) -> Any:
    return library().numpy.zeros(tuple(map(int, shape)), like.dtype)


REDUCTIONS = {"none": "set", "add": "add", "mul": "multiply", "max": "max", "min": "min"}
"""How an update and what is at its place are combined, by ONNX's names, and by JAX's."""


def scatter(_: Any, node: Any, data: Any, indices: Any, updates: Any) -> Any:
    """Elements, or parts, put at the places that the indices name."""
    index = tuple(map(bare, node.index(indices)))
    return Traced(getattr(data.array.at[index], REDUCTIONS[node.reduction])(bare(updates)))


def shift(_: Any, node: Any, x: Any) -> Any:
    """The elements one place further along an axis."""
    return Traced(shifted(x.array, node.axis, node.reverse, node.first))


def shifted(x: Any, axis: int, reverse: bool, first: float) -> Any:
    """The elements one place further, behind the first, or, towards the beginning, before it."""
    jnp = library().numpy
    along = jnp.moveaxis(x, axis, 0)
    new = jnp.full_like(along[:1], first)
    moved = jnp.concatenate([along[1:], new] if reverse else [new, along[:-1]])
    return jnp.moveaxis(moved, 0, axis)


def cumulative(_: Any, node: Any, x: Any) -> Any:
    """The sum, or the product, of the elements up to each place; or from it on, and, where it is exclusive, without it."""
    sums = type(node) is CumSum
    given = shifted(x.array, node.axis, node.reverse, 0 if sums else 1) if node.exclusive else x.array
    along = library().lax.cumsum if sums else library().lax.cumprod
    return Traced(along(given, node.axis % x.ndim, reverse=node.reverse))


def recurrence(_: Any, node: Any, b: Any, c: Any) -> Any:
    """y₁ = b₁, then y₂ = b₂ + c₂ y₁ and so on along an axis, or from its end."""
    jnp, lax = library().numpy, library().lax
    terms, factors = jnp.broadcast_arrays(b.array, c.array)
    along = jnp.moveaxis(terms, node.axis, 0), jnp.moveaxis(factors, node.axis, 0)

    def step(last: Any, given: Any) -> Any:
        y = given[0] + given[1] * last
        return y, y

    y = lax.scan(step, jnp.zeros_like(along[0][0]), along, reverse=node.reverse)[1] if len(along[0]) else along[0]
    return Traced(jnp.moveaxis(y, 0, node.axis))


def later(_: Any, node: Any, x: Any, after: Any) -> Any:
    """x, which the compiler does not compute before."""
    return Traced(library().lax.optimization_barrier((x.array, bare(after)))[0])


def log_abs_det(_: Any, node: Any, x: Any) -> Any:
    return Traced(library().numpy.linalg.slogdet(x.array)[1])


def sign_det(_: Any, node: Any, x: Any) -> Any:
    return Traced(library().numpy.linalg.slogdet(x.array)[0])


def pseudo_inverse(_: Any, node: Any, x: Any) -> Any:
    limit = np.finfo(x.dtype).eps * max(x.shape[-2:]) if node.rcond is None else node.rcond
    return np.linalg.pinv(x, limit)


def scan(evaluation: Any, node: Any, *operands: Any) -> Any:
    """A loop of the compiled program, whose body is traced once."""
    jax, body = library(), node.body.converted(wide)
    carry, sequences, captured = body.split([widened(each) for each in operands])
    fixed = dict(zip(body.captured, captured, strict=True))
    order = topological_order([*body.new, *body.stacked])
    refusing: list[Node] = []

    def step(carry: Any, slices: Any) -> Any:
        given = {**fixed, **dict(zip(body.carry, map(Traced, carry), strict=True))}
        inner = evaluation.inside({**given, **dict(zip(body.slices, map(Traced, slices), strict=True))})
        inner.compute(order)
        refusing[:] = [node for node, _ in inner.refusals]
        refused = [refused for _, refused in inner.refusals]
        new = [jax.numpy.asarray(inner.array(each), each.dtype) for each in body.new]
        return new, ([jax.numpy.asarray(inner.array(each), each.dtype) for each in body.stacked], refused)

    first = [jax.numpy.asarray(bare(each), leaf.dtype) for each, leaf in zip(carry, body.carry, strict=True)]
    last, (stacks, refused) = jax.lax.scan(step, first, [*map(jax.numpy.asarray, map(bare, sequences))], reverse=node.reverse)
    evaluation.refusals += [(each, truth.any()) for each, truth in zip(refusing, refused, strict=True)]
    return (*map(Traced, last), *map(Traced, stacks))


def drawn(evaluation: Any, node: Any, shape: Any, state: Any) -> Any:
    """Random numbers of JAX's own, a function of the seed, the step and the stream as NumPy's are."""
    if not evaluation.draws:
        raise TypeError('it draws from a state that a step computes, which only random="device" does')
    random, (seed, step) = library().random, state.array
    key = random.fold_in(random.fold_in(random.key(seed), step.astype(np.uint32)), node.stream)
    sizes = tuple(map(int, shape))
    if type(node) is RandomNormal:
        return Traced(node.loc + node.scale * random.normal(key, sizes, node.dtype))
    if type(node) is RandomUniform:
        return Traced(random.uniform(key, sizes, node.dtype, node.low, node.high))
    return Traced(random.bernoulli(key, 1 - node.ratio, sizes))


TRANSLATIONS: dict[type[Node], Callable[..., Any]] = {
    Im2Col: im2col,
    Col2Im: col2im,
    ScatterAdd: scatter_add,
    ScatterSlice: scatter_slice,
    ScatterElements: scatter,
    ScatterND: scatter,
    CumSum: cumulative,
    CumProd: cumulative,
    Shift: shift,
    Recurrence: recurrence,
    Later: later,
    LogAbsDet: log_abs_det,
    SignDet: sign_det,
    PseudoInverse: pseudo_inverse,
    Scan: scan,
    RandomNormal: drawn,
    RandomUniform: drawn,
    DropoutMask: drawn,
}
"""For each such operation, its value: of the evaluation that it is part of, the node, and its operands' values."""
