"""Forward mode, which follows from the rules of reverse mode: beside reverse mode for every operation, and its own mistakes."""

import numpy as np
import pytest

import minigraph as mg
from tests.cases import CASES
from tests.ops.test_every_operation import Composed, assert_close


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_mode_is_reverse_mode_transposed(case):
    """Σ cotangent · (J v) is Σ (cotangent · J) v, for the cotangents of one element and for one of all elements."""
    made = Composed(case)
    if not made.differentiable:
        return
    moved = mg.jvp(made.y, made.floating, made.directions)
    assert moved.shape == made.y.shape and moved.dtype == made.y.dtype
    along, within = made.value(moved), 1e-9 if moved.dtype == np.float64 else 1e-6
    if np.isnan(made.value(made.y)).any():
        return  # the mean of nothing
    for at in [..., *list(np.ndindex(along.shape))[:4]]:
        cotangent = np.zeros(along.shape)
        cotangent[at] = made.given["cotangent"][at]
        found = made.gradients(cotangent=cotangent)
        expected = sum((g * made.given[v.name]).sum() for g, v in zip(found, made.directions, strict=True))
        assert_close((cotangent * along).sum(), np.asarray(expected), within)


def test_a_hessian_vector_product_is_the_derivative_of_a_gradient_along_a_direction():
    x, v, W = mg.Input("x", ("N", 3)), mg.Input("v", ("N", 3)), mg.Parameter("W", np.arange(6).reshape(3, 2) / 5)
    (slope,) = mg.gradient((np.tanh(x @ W) ** 2).sum(), [x])
    graph = mg.Graph(slope=slope, product=mg.jvp(slope, [x], [v])).astype(np.float64)
    X, V = np.array([[0.1, -0.4, 0.3], [0.2, 0.0, -0.5]]), np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    ahead, behind = (graph.forward(x=X + step * V, v=V)["slope"] for step in (1e-6, -1e-6))
    np.testing.assert_allclose(graph.forward(x=X, v=V)["product"], (ahead - behind) / 2e-6, atol=1e-8)


def running(x):
    last, states = mg.scan(lambda h, row: (np.tanh(0.5 * h + row), h * row), x[0], x)
    return (last * states).sum()


def eigen(x):
    values, vectors = np.linalg.eigh(x + x.T)
    return values * vectors[0] ** 2


def singular(x):
    return np.linalg.svd(x, compute_uv=False)


@pytest.mark.parametrize("function", [running, eigen, singular])
def test_what_has_several_values_is_moved_part_by_part(function):
    x, v = (
        np.array([[1.0, 0.5, 0.1], [-0.2, 2.0, 0.4], [0.3, 0.6, -1.5]]),
        np.array([[0.1, 1.0, -2.0], [1.0, 0.0, 0.3]] * 2)[:3],
    )
    node = mg.Input("x", (3, 3), float)
    moved = mg.Graph(y=mg.jvp(function(node), [node], [v])).forward(x=x)["y"]
    value = mg.trace(function, x=node).forward
    ahead, behind = (value(x=x + step * v)[function.__name__] for step in (1e-6, -1e-6))
    np.testing.assert_allclose(moved, (ahead - behind) / 2e-6, atol=1e-8)


def test_nodes_on_the_way_move_by_themselves_too():
    x = mg.Input("x", ())
    z = x * x
    y = z * x
    graph = mg.Graph(both=mg.jvp(y, [x, z], [1.0, 10.0]), twice=mg.jvp(y, [x, x], [1.0, 1.0]))
    run = graph.forward(x=2.0)
    assert run["both"] == 3 * 4 + 10 * 2 and run["twice"] == 2 * 3 * 4


def test_what_does_not_move_has_the_derivative_zero():
    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 2)))
    run = mg.Graph(zero=mg.jvp(W * 2, [x], [x]), cut=mg.jvp(mg.StopGradient(x), [x], [x])).forward(x=[[1, 2]])
    assert not run["zero"].any() and run["zero"].shape == (2, 2) and not run["cut"].any()


def test_half_precision_is_carried_in_float32():
    x = mg.Input("x", (2000,), np.float16)
    moved = mg.jvp((x * x).mean(), [x], [x])
    assert moved.dtype == np.float16 and not any(type(node).__name__ == "OpaqueGradient" for node in mg.Graph(moved).nodes)
    assert mg.Graph(y=moved).forward(x=np.full(2000, 8.0))["y"] == 128.0  # the sum of the products would overflow


def test_forward_mode_is_differentiated_and_compiled():
    x, v = mg.Input("x", (2,)), mg.Input("v", (2,))
    moved = mg.jvp((x * x * x).sum(), [x], [v])
    (second,) = mg.gradient(moved, [x])
    step = mg.compile(mg.Graph(moved=moved, second=second))(x=[1, 2], v=[1, 3])
    assert step["moved"] == 3 + 36
    np.testing.assert_array_equal(step["second"], [6, 36])


class Guided(mg.Node):
    """Its backward is not linear in the gradient: what is negative of it is left out."""

    def forward(self, x, out=None):
        return np.maximum(x, 0)

    def backward(self, gradient, y, x):
        return np.maximum(gradient, 0) * (x > 0)


class Opaque(mg.Node):
    """Its backward runs on numbers alone."""

    def forward(self, x, out=None):
        return 2 * x

    def backward(self, gradient, y, x):
        return 2 * gradient if gradient.flat[0] > -1e9 else gradient


X, V = mg.Input("x", (2,)), mg.Input("v", (3,))
MISTAKES = {
    "as many tangents as nodes": (lambda: mg.jvp(X * X, [X], []), mg.OperationError),
    "no list of tangents": (lambda: mg.jvp(X * X, [X], X), mg.OperationError),
    "no list of nodes": (lambda: mg.jvp(X * X, X, [X]), mg.OperationError),
    "a tangent of another shape": (lambda: mg.jvp(X * X, [X], [V]), mg.ShapeError),
    "numbers of another shape": (lambda: mg.jvp(X * X, [X], [[1.0, 2.0, 3.0]]), mg.ShapeError),
    "no node": (lambda: mg.jvp(3.0, [X], [X]), mg.OperationError),
    "a constant": (lambda: mg.jvp(X * X, [mg.Constant([1.0, 2.0])], [X]), mg.GraphError),
    "a rule that is not linear": (lambda: mg.jvp(Guided(X), [X], [X]), mg.RuleError),
    "a rule that runs on numbers alone": (lambda: mg.jvp(Opaque(X), [X], [X]), mg.RuleError),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_refused_in_words(mistake, wording):
    make, kind = MISTAKES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)
