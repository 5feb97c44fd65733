"""Derivatives of plain functions: what they are given and give, nested to any order, in graphs and beside SciPy."""

from collections import namedtuple
from functools import partial

import numpy as np
import pytest
from scipy import special
from scipy.optimize import check_grad, minimize

import minigraph as mg
from minigraph.core.errors import UnreadableRuleError

X = np.array([0.5, -1.0, 2.0])
A = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 3.0]])


def quartic(x):
    return np.sum(x**4) + x @ A @ x


def test_a_gradient_is_that_of_the_function():
    np.testing.assert_allclose(mg.grad(quartic)(X), 4 * X**3 + 2 * A @ X, rtol=1e-14)
    value, gradient = mg.value_and_grad(quartic)(X)
    np.testing.assert_allclose(value, quartic(X), rtol=1e-14)
    assert (gradient == mg.grad(quartic)(X)).all()


def test_derivatives_nest_to_any_order():
    fourth = mg.grad(mg.grad(mg.grad(mg.grad(lambda x: x**5))))
    assert fourth(2.0) == 240.0
    np.testing.assert_allclose(mg.hessian(quartic)(X), np.diag(12 * X**2) + 2 * A, rtol=1e-14)
    np.testing.assert_allclose(mg.jacobian(mg.grad(quartic))(X), mg.hessian(quartic)(X), rtol=1e-14)
    third = mg.jacobian(mg.jacobian(mg.jacobian(lambda x: x * x[::-1] ** 2)))(X)
    assert third.shape == (3, 3, 3, 3) and third[0, 0, 2, 2] == 2.0 and third.sum() == 3 * (2 * 3)
    np.testing.assert_allclose(mg.grad(lambda x: mg.hessian(quartic)(x).sum())(X), 24 * X, rtol=1e-14)
    np.testing.assert_allclose(mg.hessian(mg.grad(lambda x: (x**4).sum()))(X)[1, 1, 1], 24 * X[1], rtol=1e-14)


def test_a_jacobian_goes_the_shorter_way_and_gives_the_same():
    def rows(W):
        return np.tanh(A[:, :2] @ W) * W[0]

    W, step = np.array([[0.3, -0.2], [0.1, 0.4]]), 1e-6
    found = mg.jacobian(rows)(W)
    assert found.shape == (3, 2, 2, 2)
    for at in np.ndindex(2, 2):
        moved = np.zeros((2, 2))
        moved[at] = step
        np.testing.assert_allclose(found[..., *at], (rows(W + moved) - rows(W - moved)) / (2 * step), atol=1e-9)
    few = mg.jacobian(lambda W: rows(W)[0])(W)
    np.testing.assert_allclose(few, found[0], rtol=1e-14)
    np.testing.assert_array_equal(mg.jacobian(lambda x: np.outer(x, x)[:0])(X), np.zeros((0, 3, 3)))
    np.testing.assert_array_equal(mg.jacobian(lambda x: x.sum() + X)(X[:0]), np.zeros((3, 0)))


Model = namedtuple("Model", "W b")


def test_trees_come_back_in_their_form():
    def loss(model, scale):
        return scale * ((model["layers"][0].W @ X) ** 2).sum() + model["bias"][0] ** 3

    model = {"layers": [Model(np.eye(3), None)], "bias": (2.0,)}
    found, by_scale = mg.grad(loss, ("model", 1))(model, 2.0)
    assert found.keys() == model.keys() and isinstance(found["layers"][0], Model) and found["layers"][0].b is None
    np.testing.assert_allclose(found["layers"][0].W, 4 * np.outer(X, X))
    assert found["bias"] == (12.0,) and isinstance(found["bias"], tuple) and by_scale == (X**2).sum()
    assert mg.grad(lambda p, x: x)(None, 1.0) is None and mg.grad(lambda p, x: x)({"b": None}, 1.0) == {"b": None}
    both = mg.jacobian(lambda p: {"sum": p[0] + p[1], "product": [p[0] * p[1]]})([2.0, 3.0])
    assert both == {"sum": [1.0, 1.0], "product": [[3.0, 2.0]]}
    second = mg.hessian(lambda p: p["a"] * p["b"] ** 2)({"a": 1.0, "b": 2.0})
    assert second == {"a": {"a": 0.0, "b": 4.0}, "b": {"a": 4.0, "b": 2.0}}


def test_an_argument_is_told_by_its_number_or_its_name():
    def f(a, b, *, c=1.0):
        return a * b**2 * c**3

    assert mg.grad(f)(2.0, 3.0) == mg.grad(f, "a")(2.0, 3.0) == mg.grad(f)(a=2.0, b=3.0) == 9.0
    assert mg.grad(f, 1)(2.0, 3.0) == mg.grad(f, -1)(2.0, 3.0) == mg.grad(f, "b")(2.0, b=3.0) == 12.0
    assert mg.grad(f, "c")(2.0, 3.0, c=2.0) == 216.0
    assert mg.grad(f, ("c", 0))(2.0, 3.0, c=2.0) == (216.0, 72.0)
    assert mg.hessian(f, (0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))
    assert mg.grad(np.sin)(0.0) == mg.grad(partial(f, b=1.0))(5.0) == 1.0


def test_arguments_keep_their_type_and_captured_arrays_follow():
    third = np.full(3, 1 / 3)
    for dtype in (np.float16, np.float32, np.float64):
        x = X.astype(dtype)
        found = mg.grad(lambda x: (third * x * x).sum())(x)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, 2 * x * third.astype(dtype), rtol=10 * float(np.finfo(dtype).eps))
    assert mg.grad(lambda x: (third * x).sum())(X.astype(">f8")).dtype == np.float64
    assert mg.grad(lambda x: 0.1 * x)(3.0) == 0.1  # in double precision
    assert type(mg.grad(lambda x: x * x)(3.0)) is type(mg.grad(lambda x, y: x * y)(3.0, 2.0)) is np.float64
    by_array, by_float = mg.grad(lambda x, a: (a * x).sum(), (0, 1))(X.astype(np.float32), 2.0)
    assert by_array.dtype == by_float.dtype == np.float32


def test_what_does_not_depend_on_the_argument_has_the_derivative_zero():
    assert mg.grad(lambda x: 3.0)(2.0) == mg.grad(lambda x: 0)(2.0) == mg.grad(mg.grad(lambda x: 2 * x))(1.0) == 0.0
    np.testing.assert_array_equal(mg.grad(lambda x, y: y * y, 0)(X, 2.0), np.zeros(3))
    np.testing.assert_array_equal(mg.hessian(lambda x: x.sum())(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(mg.jacobian(lambda x: A)(X), np.zeros((3, 3, 3)))


def test_a_function_within_another_knows_its_own_argument_from_the_outer_one():
    assert mg.grad(lambda x: x * mg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert mg.grad(lambda x: x * mg.grad(lambda y: x * y)(x))(3.0) == 6.0
    assert mg.grad(lambda x: mg.grad(lambda y: x * y * y)(2.0))(5.0) == 4.0
    assert mg.grad(lambda x: mg.grad(lambda y: y**3)(2.0) * x)(5.0) == 12.0
    np.testing.assert_allclose(mg.jacobian(lambda x: mg.jacobian(lambda y: x * y)(X))(X)[1, 1], [0, 1, 0])


def test_a_function_called_with_nodes_composes_nodes():
    x, scale = mg.Input("x", ("N", 2), float), mg.Input("scale", (), float)
    slope = mg.grad(lambda x: scale * (x**3).sum())(2 * x)
    run = mg.Graph(slope=slope).forward(x=[[1, 2]], scale=10)
    np.testing.assert_allclose(run["slope"], [[120, 480]])
    same = mg.Input("y", ())
    assert mg.Graph(z=mg.grad(lambda y: y * same)(same)).forward(y=3.0)["z"] == 3.0  # the inner y alone is differentiated
    assert mg.value_and_grad(lambda x: x)(same)[0] is same
    beside = mg.grad(lambda x: x * scale)(2.0)
    assert isinstance(beside, mg.Node) and mg.Graph(z=beside).forward(scale=7.0)["z"] == 7.0


def test_what_a_function_hands_out_on_the_way_is_of_the_graph_around_it():
    x, held = mg.Input("x", ()), []

    def f(y):
        held.append(y * y)
        return held[0] * y

    run = mg.Graph(slope=mg.grad(f)(x), square=held[0]).forward(x=3.0)
    assert run["slope"] == 27.0 and run["square"] == 9.0


def test_a_parameter_in_a_function_has_the_value_of_the_moment():
    w = mg.Parameter("w", [1.0, 2.0])
    slope = mg.grad(lambda x: (x * w * w).sum())
    np.testing.assert_array_equal(slope(np.ones(2, np.float32)), [1, 4])
    w.value = [3, 4]
    np.testing.assert_array_equal(slope(np.ones(2, np.float32)), [9, 16])


def test_python_s_loops_and_functions_work():
    def f(x, steps):
        total, rows = 0.0, []
        for i, row in enumerate(x):
            for _ in range(steps):
                row = row * X if i % 2 else row + X
            rows.append(row)
        total += sum(rows) @ X
        assert len(x) == 2 and x.shape == (2, 3)
        first, second = np.stack(rows)
        return total + (first * second).sum()

    def flat(function):
        return lambda x: np.ravel(function(x.reshape(2, 3), 2))

    assert check_grad(lambda x: flat(f)(x)[0], flat(mg.grad(f)), np.arange(6.0)) < 1e-5


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "Newton-CG", "trust-exact"])
def test_scipy_minimises_with_these_derivatives(method):
    second = {"hess": mg.hessian(rosenbrock)} if method in ("Newton-CG", "trust-exact") else {}
    found = minimize(rosenbrock, np.zeros(5), jac=mg.grad(rosenbrock), method=method, **second)
    assert found.success
    np.testing.assert_allclose(found.x, np.ones(5), atol=1e-2)
    both = minimize(mg.value_and_grad(rosenbrock), np.zeros(5), jac=True, method="BFGS")
    np.testing.assert_allclose(both.x, np.ones(5), atol=1e-4)


def test_scipy_s_special_functions_are_operations_where_there_is_one():
    assert mg.grad(special.erf)(0.5) == 2 / np.sqrt(np.pi) * np.exp(-0.25)
    np.testing.assert_allclose(mg.grad(special.expit)(0.5), special.expit(0.5) * special.expit(-0.5), rtol=1e-14)
    np.testing.assert_allclose(mg.grad(special.log_expit)(0.5), special.expit(-0.5), rtol=1e-14)


class Doubled(mg.Node):
    """A rule that runs on numbers alone."""

    def forward(self, x, out=None):
        return 2 * x

    def backward(self, gradient, y, x):
        found = np.zeros_like(x)
        found[...] = 2 * gradient
        return found


def test_a_rule_that_runs_on_numbers_alone_has_first_derivatives():
    np.testing.assert_array_equal(mg.grad(lambda x: (Doubled(x) * X).sum())(X), 2 * X)
    np.testing.assert_array_equal(mg.jacobian(Doubled)(X), 2 * np.eye(3))
    np.testing.assert_array_equal(mg.jacobian(lambda x: Doubled(x) * X)(2.0), 2 * X)  # backwards, as forwards it has none
    with pytest.raises(UnreadableRuleError):
        mg.hessian(lambda x: (Doubled(x) ** 3).sum())(X)


def test_a_derivative_is_described_as_the_function_is():
    def loss(w, x):
        return w * x

    found = mg.grad(loss)
    assert found.__name__ == "grad_loss" and mg.hessian(loss).__name__ == "hessian_loss"
    assert found.__wrapped__ is loss


def branch(x):
    return x if x > 0 else -x


def assigned(x):
    rows = np.zeros(3)
    rows[0] = x
    return rows.sum()


MISTAKES = {
    "a node": (lambda: mg.grad(mg.Input("x", ())), mg.OperationError),
    "no function": (lambda: mg.jacobian(3.0), mg.OperationError),
    "an argument that is no number": (lambda: mg.grad(branch, 1.5), mg.OperationError),
    "an argument that is not there": (lambda: mg.grad(lambda a, b: a * b, 2)(1.0, 2.0), mg.OperationError),
    "a name that is not there": (lambda: mg.grad(lambda a, b: a * b, "c")(1.0, b=2.0), mg.OperationError),
    "an argument that is named twice": (lambda: mg.grad(lambda a, b: a * b, (0, "a"))(1.0, 2.0), mg.OperationError),
    "no argument": (lambda: mg.grad(branch, ()), mg.OperationError),
    "a whole number": (lambda: mg.grad(lambda x: x * x)(3), mg.DTypeError),
    "whole numbers": (lambda: mg.grad(quartic)(np.arange(3)), mg.DTypeError),
    "a text": (lambda: mg.grad(lambda p: p["x"])({"x": 1.0, "method": "adam"}), mg.DTypeError),
    "two floating types": (lambda: mg.grad(lambda a, b: (a * b).sum(), (0, 1))(X.astype(np.float32), X), mg.DTypeError),
    "a branch": (lambda: mg.grad(branch)(2.0), mg.OperationError),
    "a comparison": (lambda: mg.grad(lambda x: 0.0 if x == 0 else x)(2.0), mg.OperationError),
    "max of Python": (lambda: mg.grad(lambda x: max(x, 0.0))(2.0), mg.OperationError),
    "float": (lambda: mg.grad(lambda x: float(x) * x)(2.0), mg.OperationError),
    "an array of nodes": (lambda: mg.grad(lambda x: np.array([x, x * x]).sum())(2.0), mg.OperationError),
    "an element that is assigned": (lambda: mg.grad(assigned)(2.0), mg.OperationError),
    "no value": (lambda: mg.grad(lambda x: print(end=""))(2.0), mg.OperationError),
    "a value that is a text": (lambda: mg.grad(lambda x: f"{x}")(2.0), mg.DTypeError),
    "a value that is an array": (lambda: mg.grad(lambda x: x * x)(X), mg.GraphError),
    "a value that is a tuple": (lambda: mg.value_and_grad(lambda x: (x, x * x))(2.0), mg.GraphError),
    "a value of whole numbers": (lambda: mg.grad(np.argmax)(X), mg.DTypeError),
    "a Jacobian of named axes": (lambda: mg.jacobian(lambda x: x * x)(mg.Input("x", ("N",))), mg.ShapeError),
    "a matrix that has no factor": (lambda: mg.grad(lambda x: np.linalg.cholesky(x).sum())(-A), mg.InputError),
    "labels that are not there": (lambda: mg.grad(lambda z: mg.SoftmaxCrossEntropy(z, [0, 9, 1]))(A), mg.InputError),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_refused_in_words(mistake, wording):
    make, kind = MISTAKES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)


def test_what_numpy_says_of_an_assignment_keeps_its_line():
    with pytest.raises(mg.OperationError) as error:
        mg.grad(assigned)(2.0)
    assert any(entry.name == "assigned" for entry in error.traceback)


LONE = {
    "where": lambda x: (np.where(x > 0, 1.0, 0.1) * x).sum(),
    "arrays that are joined": lambda x: (np.block([[np.ones((1, 2)), np.full((1, 2), 0.1)]]) * np.concatenate([x, x])).sum(),
    "a loop's first value": lambda x: (mg.scan(lambda h, _: (h * x, None), np.full(2, 0.1), length=3)[0]).sum(),
    "a matrix that solves": lambda x: np.linalg.lstsq(np.array([[0.1, 2.0], [3.0, 4.0]]), x)[0].sum(),
    "a quantile": lambda x: np.quantile(np.array([0.1, 2.0, 7.0]), x / 10).sum(),
}
"""Functions with floating-point numbers of their own that no node stands beside."""


@pytest.mark.parametrize("function", LONE.values(), ids=LONE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_on_their_own_have_the_type_of_the_arguments(function, dtype):
    x = np.array([0.5, 1.5], dtype=dtype)
    value, gradient = mg.value_and_grad(function)(x)
    assert value.dtype == gradient.dtype == dtype
    step = 1e-6 * np.eye(2)
    numeric = [
        (mg.value_and_grad(function)(x.astype(float) + h)[0] - mg.value_and_grad(function)(x.astype(float) - h)[0]) / 2e-6
        for h in step
    ]
    np.testing.assert_allclose(gradient, numeric, rtol=1e-8 if dtype == np.float64 else 1e-5)
