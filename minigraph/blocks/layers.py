"""Layers of one step: dense, embedding, normalisation, a residual around them, and penalties on their weights."""

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigraph.blocks.initializers import generator_of, glorot_uniform
from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.leaves import Parameter
from minigraph.core.node import Node, NodeLike, described, places
from minigraph.ops.block import block, within_block
from minigraph.ops.gather import Gather
from minigraph.ops.normalization import LayerNormalization

__all__ = [
    "as_node",
    "check_sizes",
    "dense",
    "embedding",
    "features_of",
    "l1_penalty",
    "l2_penalty",
    "layer_normalization",
    "parameter",
    "residual",
]

Initializer = Callable[[np.random.Generator, Sequence[int]], np.ndarray[Any, Any]]


def parameter(name: str, value: np.ndarray[Any, Any], like: Node) -> Parameter:
    """A parameter named by the blocks around it, of the element type of a node."""
    if like.dtype.kind != "f":
        raise OperationError(f"A block takes floating-point numbers, but {like} is {like.dtype}.{places(like)}")
    return Parameter(within_block(name), value, dtype=like.dtype)


def check_sizes(kind: str, **sizes: Any) -> None:
    """Raise unless each of the sizes, by its name, is a whole number that is not below 1."""
    for name, size in sizes.items():
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
            raise OperationError(f"{kind} takes {name} as a whole number, 1 or more, not {size!r}.")


def as_node(x: NodeLike) -> Node:
    """The node itself; raises where it is none."""
    if not isinstance(x, Node):
        raise OperationError(f"A block takes a node, such as mg.Input('x', ('N', 2)), not {x!r}.")
    return x


def features_of(x: Node) -> int:
    """The size of the last axis, or a ShapeError where it is not a number known while composing."""
    as_node(x)
    if not x.ndim or not isinstance(x.shape[-1], int):
        raise ShapeError(f"A block needs a last axis of a known size, the features, not {described(x)}.{places(x)}")
    return x.shape[-1]


def dense(
    x: NodeLike,
    units: int,
    *,
    rng: np.random.Generator,
    name: str = "dense",
    activation: Callable[[Node], NodeLike] | None = None,
    bias: bool = True,
    initializer: Initializer = glorot_uniform,
) -> Node:
    """activation(x W + b).

    Parameters
    ----------
    x : Node
        … × features, floating-point; the number of features is known.
    units : int
        The size of the last axis of the value.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block, whose name stands before those of the parameters: W, features × units, and b, units, of zeros.
    activation : callable, optional
        An operation, such as mg.Relu.
    bias : bool
        Whether there is a b.
    initializer : callable
        It gives W from the generator and the shape; one of `mg.initializers`.

    Returns
    -------
    Node
        … × units.

    Raises
    ------
    ShapeError
        Where the number of features is not known.
    OperationError
        Where x is no floating-point node, or another argument is none that it takes.

    >>> import minigraph as mg
    >>> dense(mg.Input("x", ("N", 2)), 3, rng=np.random.default_rng(0), name="hidden", activation=mg.Tanh)
    Tanh (N × 3, float32)
    """
    check_sizes("dense", units=units)
    x = as_node(x)
    if activation is not None and not callable(activation):
        raise OperationError(f"dense takes an operation as its activation, such as mg.Relu, not {activation!r}.")
    with block(name):
        z: Node = x @ parameter("W", initializer(rng, (features_of(x), units)), x)
        z = z + parameter("b", np.zeros(units), x) if bias else z
        return as_node(activation(z)) if activation else z


def embedding(
    indices: NodeLike, count: int, features: int, *, rng: np.random.Generator, name: str = "embedding", dtype: Any = np.float32
) -> Node:
    """The row of a table at each of the indices.

    Parameters
    ----------
    indices : Node
        Whole numbers from 0 to count − 1, of any shape.
    count : int
        How many rows the table has.
    features : int
        The size of a row.
    rng : np.random.Generator
        What the table is drawn from: the standard normal distribution.
    name : str
        The block, whose name stands before that of the parameter: W, count × features.
    dtype
        The element type of the table.

    Returns
    -------
    Node
        … × features, with the axes of the indices in front.

    Raises
    ------
    OperationError
        Where a size is no whole number, or is below 1.

    >>> import minigraph as mg
    >>> embedding(mg.Input("words", ("N", 5), dtype=np.int64), 50, 8, rng=np.random.default_rng(0))
    Gather (N × 5 × 8, float32)
    """
    check_sizes("embedding", count=count, features=features)
    with block(name):
        table = generator_of(rng).standard_normal((count, features))
        return Gather(Parameter(within_block("W"), table, dtype=dtype), indices)


def layer_normalization(x: NodeLike, *, name: str = "normalization", epsilon: float = 1e-5) -> Node:
    """`LayerNormalization` over the last axis, with a scale and a bias.

    Parameters
    ----------
    x : Node
        … × features, floating-point; the number of features is known.
    name : str
        The block, whose name stands before those of the parameters: scale, of ones, and bias, of zeros, features each.
    epsilon : float
        What is added to the variance.

    Returns
    -------
    Node
        Of the shape of x.

    Raises
    ------
    ShapeError
        Where the number of features is not known.

    Source: J. Ba, J. Kiros, G. Hinton, "Layer Normalization", 2016.
    """
    x = as_node(x)
    features = features_of(x)
    with block(name):
        scale, bias = parameter("scale", np.ones(features), x), parameter("bias", np.zeros(features), x)
        return LayerNormalization(x, scale, bias, epsilon=epsilon)


def residual(x: NodeLike, function: Callable[[Node], NodeLike]) -> Node:
    """x + function(x).

    Parameters
    ----------
    x : Node
        Of any shape.
    function : callable
        An operation, or a function that composes several.

    Returns
    -------
    Node
        Of the shape of x.

    Raises
    ------
    ShapeError
        Where the function gives another shape.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016.

    >>> import minigraph as mg
    >>> residual(mg.Input("x", ("N", 2)), mg.Tanh)
    Add (N × 2, float32)
    """
    x = as_node(x)
    y = as_node(function(x))
    if y.shape != x.shape:
        raise ShapeError(f"A residual adds a value of one shape, but {described(x)} became {described(y)}.{places(x, y)}")
    return x + y


def l1_penalty(parameters: Iterable[NodeLike], strength: float) -> Node:
    """strength · Σ |w| over all elements of the parameters, to add to a loss.

    Parameters
    ----------
    parameters : iterable of Node
        One at least, of any shapes.
    strength : float
        What the sum is multiplied by.

    Returns
    -------
    Node
        A scalar.

    Raises
    ------
    OperationError
        Where there are no parameters.
    """
    return _sum((np.abs(each).sum() for each in map(as_node, parameters)), "l1_penalty") * strength


def l2_penalty(parameters: Iterable[NodeLike], strength: float) -> Node:
    """strength / 2 · Σ w² over all elements of the parameters, to add to a loss; its gradient is strength · w.

    Parameters
    ----------
    parameters : iterable of Node
        One at least, of any shapes.
    strength : float
        What the sum is multiplied by.

    Returns
    -------
    Node
        A scalar.

    Raises
    ------
    OperationError
        Where there are no parameters.

    >>> import minigraph as mg
    >>> W = mg.Parameter("W", [1.0, 2.0])
    >>> float(mg.Graph(penalty=l2_penalty([W], 0.1)).forward()["penalty"])
    0.25
    """
    return _sum(((each * each).sum() for each in map(as_node, parameters)), "l2_penalty") * (strength / 2)


def _sum(terms: Iterable[Node], kind: str) -> Node:
    found = [*terms]
    if not found:
        raise OperationError(f"{kind} needs at least one parameter.")
    return reduce(operator.add, found)
