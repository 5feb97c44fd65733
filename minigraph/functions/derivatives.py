"""Derivatives of plain functions of NumPy arrays: each takes a function and gives a function.

All call the function with inputs in the place of what it is differentiated by, and differentiate what it composes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from math import prod
from typing import Any, ParamSpec

import numpy as np

from minigraph.core.errors import DTypeError, GraphError, RuleError, ShapeError
from minigraph.core.node import Node
from minigraph.core.provenance import composed_at, places
from minigraph.core.shapes import show_shape
from minigraph.core.vjp import gradient, is_scalar
from minigraph.functions.calls import Argnum, Call, Differentiated
from minigraph.functions.forward_mode import jvp
from minigraph.functions.programs import Argument
from minigraph.functions.tracing import name_of
from minigraph.ops.trees import with_leaves

__all__ = ["grad", "hessian", "jacobian", "value_and_grad"]

P = ParamSpec("P")


def grad(function: Callable[P, Any], argnum: Argnum = 0) -> Callable[P, Any]:
    """The gradient of a function of NumPy arrays that gives one number, as a function of the same arguments.

    Parameters
    ----------
    function
        A function written with NumPy. Each call of its gradient calls it anew, with nodes for what it is differentiated by.
        So it may loop, call others, read variables around it, and branch on anything but the values of those nodes.
    argnum
        By which argument it is differentiated: its number or its name, or a tuple of several. The argument is an array, a
        float, or a tuple, list or dict of them, one in another. All other arguments are passed on as they are.

    Returns
    -------
    A function that gives the gradient in the form, the shapes and the types of that argument, or a tuple of them where argnum
    is one. Called with nodes it composes nodes, so it may be part of a function that is itself differentiated, or of a graph.
    A float is float64, and beside arrays of their type; the numbers that the function captures follow.

    Raises
    ------
    OperationError
        Where the function asks for the value of a node, as an `if` does, or gives something else than one number.
    DTypeError
        Where it is differentiated by whole numbers, or gives them.

    >>> import numpy as np
    >>> def loss(w, x):
    ...     return np.sum(np.tanh(x @ w) ** 2)
    >>> grad(loss)(np.array([0.0, 1.0]), np.eye(2)).round(3)
    array([0.  , 0.64])
    >>> float(grad(grad(lambda x: x**3))(2.0))
    12.0
    """
    return _derivative("grad", function, argnum, lambda call: _value_and_gradient(call)[1])


def value_and_grad(function: Callable[P, Any], argnum: Argnum = 0) -> Callable[P, tuple[Any, Any]]:
    """The value of a function of NumPy arrays that gives one number, and its gradient, as one function: a tuple of both.

    It takes, and raises, what `grad` does, and computes what both need once.

    >>> value, derivative = value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(derivative)
    (9.0, 6.0)
    """
    return _derivative("value_and_grad", function, argnum, lambda call: _value_and_gradient(call, value=True))


def jacobian(function: Callable[P, Any], argnum: Argnum = 0) -> Callable[P, Any]:
    """All derivatives of a function of NumPy arrays, as a function of the same arguments.

    It takes what `grad` does, and a function that may give an array of any shape, or a tuple, list or dict of them. Where the
    argument has fewer elements than the value it goes forwards, an element of the argument at a time, and else backwards, an
    element of the value at a time.

    Returns
    -------
    A function that gives, in the place of each array of the value, its derivative in the form of the argument: for each array
    of the argument one whose shape is the value's, followed by the argument's.

    >>> import numpy as np
    >>> jacobian(lambda x: x[:2] * x[1:])(np.array([1.0, 2.0, 3.0]))
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    return _derivative("jacobian", function, argnum, _jacobian)


def hessian(function: Callable[P, Any], argnum: Argnum = 0) -> Callable[P, Any]:
    """All second derivatives of a function of NumPy arrays, as a function of the same arguments: the Jacobian of its gradient.

    Of a function that gives an array it is the Jacobian of its Jacobian. It takes what `jacobian` does.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    found = _derivative("hessian", jacobian(function, argnum), argnum, _jacobian)
    found.__name__ = f"hessian_{name_of(function, 'output')}"
    return found


def _derivative(
    transformation: str, function: Callable[P, Any], argnum: Argnum, derive: Callable[[Call], Any]
) -> Callable[P, Any]:
    """A function that calls another as a graph, and gives what is derived of the call."""
    of = Differentiated(transformation, function, argnum)

    @wraps(function)
    def derivative(*args: P.args, **kwargs: P.kwargs) -> Any:
        call = Call(of, args, kwargs)
        with composed_at(call.outputs[0].line):  # and not where it is called, which differs from call to call
            return derive(call)

    derivative.__name__ = f"{transformation}_{name_of(function, 'output')}"
    derivative.__doc__ = f"{transformation} of {of.name}"
    return derivative


def _value_and_gradient(call: Call, value: bool = False) -> tuple[Any, Any]:
    output = _of_numbers(call, call.outputs[0])
    if isinstance(call.result, tuple | list | dict) or not is_scalar(output):
        gives = f"a {type(call.result).__name__}" if output is not call.result else f"an array of {show_shape(output.shape)}"
        raise GraphError(
            f"{call.of.owner} differentiates one number, and {call.of.name} gives {gives}.{places(output)}\n"
            "  Give one number, as x.sum() is, or use mg.jacobian."
        )

    def derive(outputs: Sequence[Node], inputs: Sequence[Argument], _: Sequence[Node]) -> list[Node]:
        return [*outputs[: value or not inputs], *gradient(outputs[0], inputs)]

    found = iter(call.derived(("gradient", value), derive)[0])
    return next(found) if value else None, call.in_form(found)


def _of_numbers(call: Call, output: Node) -> Node:
    """An output, or an error where it is not of floating-point numbers."""
    if output.dtype.kind != "f":
        raise DTypeError(
            f"{call.of.owner} differentiates floating-point numbers, and {call.of.name} gives {output.dtype}.{places(output)}"
        )
    return output


def _jacobian(call: Call) -> Any:
    return with_leaves(call.result, iter([call.in_form(iter(_jacobians(call, i))) for i in range(len(call.outputs))]))


def _jacobians(call: Call, i: int) -> list[Any]:
    """The Jacobian of one output by each of the arguments' leaves."""
    output, inputs = _of_numbers(call, call.outputs[i]), call.arguments
    for node in (output, *inputs):
        if not all(isinstance(axis, int) for axis in node.shape):
            raise ShapeError(
                f"{call.of.owner} needs sizes that are known, and {node} is {show_shape(node.shape)}.{places(node)}\n"
                "  A product with the Jacobian needs none: mg.gradient(…, cotangent=…), mg.jvp."
            )
    if sum(prod(node.shape) for node in inputs) < prod(output.shape):
        try:
            return _columns(call, i, output, inputs)
        except RuleError:  # a rule that runs on numbers alone, or is not linear in its gradient, goes backwards alone
            pass
    return _rows(call, i, output, inputs)


def _rows(call: Call, i: int, output: Node, inputs: Sequence[Argument]) -> list[Any]:
    """Reverse mode, an element of the output at a time."""

    def row(outputs: Sequence[Node], inputs: Sequence[Argument], seed: Sequence[Node]) -> list[Node]:
        return gradient(outputs[i], inputs, seed[0])

    found = call.derived(("rows", i), row, [output], [[each] for each in _basis(output)])
    return [_stacked([row[j] for row in found], 0, output.shape + node.shape, output) for j, node in enumerate(inputs)]


def _columns(call: Call, i: int, output: Node, inputs: Sequence[Argument]) -> list[Any]:
    """Forward mode, an element of an input at a time."""

    def column(outputs: Sequence[Node], inputs: Sequence[Argument], seeds: Sequence[Node]) -> list[Node]:
        return [jvp(outputs[i], inputs, seeds)]

    zeros = [np.zeros(node.shape, node.dtype) for node in inputs]
    seeds = [[*zeros[:j], each, *zeros[j + 1 :]] for j, node in enumerate(inputs) for each in _basis(node)]
    found = iter(call.derived(("columns", i), column, inputs, seeds))
    return [
        _stacked([next(found)[0] for _ in range(prod(node.shape))], -1, output.shape + node.shape, output) for node in inputs
    ]


def _basis(node: Node) -> Iterator[Any]:
    """Arrays of the node's shape and type with a single 1, one for each element."""
    for i in range(prod(node.shape)):
        array = np.zeros(node.shape, node.dtype)
        array.flat[i] = 1
        yield array


def _stacked(parts: Sequence[Any], axis: int, shape: Any, like: Node) -> Any:
    """Arrays, or nodes, side by side in an array of that shape; of one alone it has the elements."""
    if not parts:
        return np.zeros(shape, like.dtype)
    return (np.stack(parts, axis=axis) if len(parts) > 1 else parts[0]).reshape(shape)
