"""Normalisation by the batch, with running statistics for when there is none."""

import numpy as np

from minigraph.blocks.layers import as_node, parameter
from minigraph.core.errors import ShapeError
from minigraph.core.leaves import Variable
from minigraph.core.node import Node, NodeLike, described, places
from minigraph.ops.block import block, within_block
from minigraph.ops.normalization import BatchNormalization

__all__ = ["batch_normalization"]


def batch_normalization(x: NodeLike, *, name: str = "normalization", momentum: float = 0.9, epsilon: float = 1e-5) -> Node:
    """`BatchNormalization` in training mode: each channel by the statistics of the batch.

    The variables running_mean, of zeros, and running_variance, of ones, are among the updates of an optimizer's `minimize`, and
    the graph that `mg.inference` gives normalises by them.

    Parameters
    ----------
    x : Node
        N × C or N × C × D1 × …, floating-point; the number of channels, C, is known.
    name : str
        The block, whose name stands before those of the parameters: scale, of ones, and bias, of zeros, C each.
    momentum : float
        How much of themselves the running statistics retain in each step; they take the rest from the batch.
    epsilon : float
        What is added to the variance.

    Returns
    -------
    Node
        Of the shape of x.

    Raises
    ------
    ShapeError
        Where x has fewer than two axes, or the number of channels is not known.

    Source: S. Ioffe, C. Szegedy, "Batch Normalization", 2015.

    >>> import minigraph as mg
    >>> y = batch_normalization(mg.Input("x", ("N", 3)), name="first")
    >>> graph = mg.Graph(y=y)
    >>> list(graph.variables)
    ['first.scale', 'first.bias', 'first.running_mean', 'first.running_variance']
    >>> bool(mg.inference(graph).forward(x=np.ones((1, 3)))["y"].any()), bool(graph.forward(x=np.ones((1, 3)))["y"].any())
    (True, False)
    """
    x = as_node(x)
    if x.ndim < 2 or not isinstance(x.shape[1], int):
        raise ShapeError(f"batch_normalization takes N × C × …, with the channels along axis 1, not {described(x)}.{places(x)}")
    channels = x.shape[1]
    with block(name):
        scale, bias = parameter("scale", np.ones(channels), x), parameter("bias", np.zeros(channels), x)
        mean = Variable(within_block("running_mean"), np.zeros(channels), x.dtype)
        variance = Variable(within_block("running_variance"), np.ones(channels), x.dtype)
        return BatchNormalization(x, scale, bias, mean, variance, momentum=momentum, epsilon=epsilon, training_mode=True)
