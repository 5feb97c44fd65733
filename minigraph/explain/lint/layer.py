"""What a layer is: a product with a matrix that is learned, or a convolution."""

from typing import Any

import numpy as np

from minigraph.core.leaves import Parameter
from minigraph.core.node import Constant, Node
from minigraph.explain.lint.facts import source
from minigraph.ops.arithmetic import Add
from minigraph.ops.convolution import Conv
from minigraph.ops.linear import Gemm, MatMul

__all__ = ["Matrix", "is_layer", "layer_of", "matrix_of", "variance", "without_bias"]

Matrix = np.ndarray[tuple[int, ...], np.dtype[Any]]


def layer_of(node: Node) -> Parameter | None:
    """The matrix, or the filters, that are learned, of a product with features or a convolution of one group."""
    if isinstance(node, Conv):
        filters = source(node.operands[1])
        return filters if isinstance(filters, Parameter) and node.group == 1 else None
    if isinstance(node, MatMul | Gemm) and not (isinstance(node, Gemm) and node.transA):
        matrix = source(node.operands[1])
        return matrix if isinstance(matrix, Parameter) and node.operands[1].ndim == matrix.ndim == 2 else None
    return None


def is_layer(node: Node) -> bool:
    """Whether it is what a layer gives, with its bias or without: of any size, and of either sign."""
    node = without_bias(source(node))
    return layer_of(node) is not None


def without_bias(node: Node) -> Node:
    """What a bias is added to, before it was moved; what is no such sum, itself."""
    while isinstance(node, Add):
        sums = [source(each) for each in node.operands if not isinstance(source(each), Parameter | Constant)]
        if len(sums) != 1:
            return node
        (node,) = sums
    return node


def matrix_of(node: Node) -> Matrix:
    """What a layer multiplies with: from its operand, along the first axis, to its value."""
    weights: Any = layer_of(node)
    value: Matrix = weights.current_array
    turned = node.operands[1].shape != value.shape or (isinstance(node, Gemm) and node.transB)
    return value.T if turned else value


def variance(matrix: Matrix) -> float:
    """The variance of what a layer gives for features of variance 1, on average over its units."""
    return float(np.square(matrix, dtype=np.float64).sum(axis=0).mean())
