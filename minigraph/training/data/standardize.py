"""Inputs brought to mean 0 and standard deviation 1, by statistics that are part of the graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import GraphError, InputError, ShapeError, listing
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.provenance import places
from minigraph.core.rewriting import altered
from minigraph.core.shapes import show_shape
from minigraph.core.values import numeric
from minigraph.ops.copies import with_nodes
from minigraph.training.checks import check_arrays, check_graph, row_shape
from minigraph.training.data.dataset import is_on_disk

__all__ = ["NOISE", "scaled", "standardized"]

ROWS = 4096
"""How many rows are read at once: data may be larger than memory."""
NOISE = 2.0**-40
"""How small a part of a feature its deviation must be to be no more than the rounding of what computed it."""


def standardized(graph: Graph, data: Mapping[str, ArrayLike] | None = None, name: str = "x") -> Graph:
    """The graph with an input standardised: less the mean of each feature, over its standard deviation.

    The statistics are variables of the graph, x.mean and x.deviation: saved with it, loaded, drawn, and applied wherever it is
    used, so that rows to predict are given as they are. A feature that is always the same is left at 0. One of zeros and ones
    alone, as a category has, stays as it is: over its deviation, the 1 of a rare category would be very large.

    The input becomes one of float64, and so are the statistics: what is left of a number that is far from 0, such as a time of
    1.7e9 seconds, is rounded to the type of `graph` only after the mean is subtracted. All other nodes are those of `graph`.

    Parameters
    ----------
    graph : Graph
        A graph with an input of rows of floating-point numbers.
    data : mapping
        The rows whose statistics they are, arrays by name. Without it the variables are 0 and 1, to be loaded.
    name : str
        The input.

    Returns
    -------
    Graph
        Another graph, with the same parameters.

    Raises
    ------
    GraphError, InputError, ShapeError
        Where the graph has no such input, or standardises it already, or the data has no rows for it, or none with a mean.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> graph = standardized(mg.Graph(z=x * 1), {"x": [[1.0, 10.0], [3.0, 50.0]]})
    >>> graph.forward(x=[[1.0, 10.0], [2.0, 70.0]])["z"]
    array([[-1., -1.],
           [ 0.,  2.]], dtype=float32)
    >>> graph.inputs["x"], sorted(graph.variables)
    (Input 'x' (N × 2, float64), ['x.deviation', 'x.mean'])
    """
    given, mean, deviation = scaled(graph, data, name)
    x = graph.inputs[name]
    return with_nodes(graph, {x: ((given - mean) / deviation).astype(x.dtype)})


def scaled(graph: Graph, data: Mapping[str, ArrayLike] | None, name: str) -> tuple[Any, Variable, Variable]:
    """An input as one of float64, with its mean and standard deviation as variables, as `standardized` has them."""
    check_graph("What is standardised", graph)
    x = graph.inputs.get(name)
    if x is None:
        raise GraphError(f"The graph has no input {name!r} to standardise; it has {listing(graph.inputs)}.")
    shape = row_shape(x)
    if x.dtype.kind != "f" or shape is None:
        raise GraphError(
            f"{x!r} cannot be standardised: it must have rows of floating-point numbers, of a fixed size.{places(x)}"
        )
    mean, deviation = np.zeros(shape), np.ones(shape)
    if data is not None:
        check_arrays("The data", data)
        if name not in data:
            raise InputError(f"The data gives no {name}, whose mean is to be taken; it gives {listing(data)}.")
        mean, deviation = _statistics(name, data[name], shape)
    given = altered(x, dtype=np.dtype(np.float64))
    centre = Variable(f"{name}.mean", mean, dtype=np.float64)
    scale = Variable(f"{name}.deviation", deviation, dtype=np.float64)
    if {str(centre.name), str(scale.name)} & graph.variables.keys():
        raise GraphError(f"The graph standardises its input {name!r} already.{places(graph.variables[f'{name}.mean'])}")
    return given, centre, scale


def _statistics(name: str, array: ArrayLike, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean and the standard deviation of each feature in float64, of some rows after the others.

    T. F. Chan, G. H. Golub, R. J. LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.
    """
    rows: Any = array if is_on_disk(array) else numeric(array, f"The data's {name}")
    if rows.shape[1:] != shape or not len(rows):
        raise ShapeError(f"The data gives {name} as {show_shape(rows.shape)}: it must be rows of {show_shape(shape)}.")
    count, mean, squares = 0, np.zeros(shape), np.zeros(shape)
    first = np.asarray(rows[0], np.float64)  # a feature that is always the same deviates from it by nothing at all
    binary = np.ones(shape, bool)
    with np.errstate(all="ignore"):
        for start in range(0, len(rows), ROWS):
            part = np.asarray(rows[start : start + ROWS], np.float64)
            binary &= ((part == 0) | (part == 1)).all(axis=0)
            part = part - first
            change = part.mean(axis=0) - mean
            squares += ((part - part.mean(axis=0)) ** 2).sum(axis=0) + change**2 * (count * len(part) / (count + len(part)))
            count += len(part)
            mean += change * (len(part) / count)
    deviation, mean = np.sqrt(squares / count), first + mean
    if not np.isfinite(deviation).all():
        raise InputError(f"The data gives {name} with numbers that are not finite, or too large: it has no mean.")
    changed = ~binary | (deviation == 0)
    return np.where(changed, mean, 0.0), np.where(changed & (deviation > np.abs(mean) * NOISE), deviation, 1.0)
