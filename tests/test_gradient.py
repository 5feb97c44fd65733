"""gradient: the derivative as nodes, which can be run, drawn and differentiated again."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.blocks import block
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import node_vjp


def value(node, **inputs):
    graph = mg.Graph(value=node)
    return graph.forward(**{name: inputs[name] for name in graph.inputs})["value"]


def test_the_gradient_as_nodes_is_that_of_the_run():
    x, W = mg.Input("x", ("N", 3), np.float64), mg.Parameter("W", np.ones((3, 2)), np.float64)
    loss = (np.tanh(x @ W) ** 2).sum()
    X = np.array([[0.1, 0.2, -0.3], [0.5, -0.5, 0.25]])
    expected = mg.Graph(loss=loss).forward(x=X).backward()
    for leaf, node in zip((x, W), mg.gradient(loss, [x, W]), strict=True):
        assert node.shape == leaf.shape
        np.testing.assert_allclose(value(node, x=X), expected[leaf], rtol=1e-12)


def test_what_is_composed_is_in_the_same_block_of_the_derivative():
    x = mg.Input("x", ())
    with block("encoder"):
        y = np.tanh(x)
    (first,) = mg.gradient(y, [x])
    (second,) = mg.gradient(first, [x])
    paths = [{node.block for node in topological_order([output])} - {()} for output in (first, second)]
    assert paths[0] == {("encoder",), ("gradient",), ("gradient", "encoder")}
    assert paths[1] - paths[0] == {("second derivative",), ("second derivative", "encoder")}


@pytest.mark.parametrize(
    ("function", "derivatives"),
    [
        (np.exp, [np.exp] * 3),
        (lambda x: x**4, [lambda x: 4 * x**3, lambda x: 12 * x**2, lambda x: 24 * x]),
        (np.log, [lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3]),
        (
            np.tanh,
            [
                lambda x: 1 - np.tanh(x) ** 2,
                lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
                lambda x: (6 * np.tanh(x) ** 2 - 2) * (1 - np.tanh(x) ** 2),
            ],
        ),
    ],
    ids=["exp", "x⁴", "ln", "tanh"],
)
def test_a_gradient_is_differentiated_again_to_the_third_order(function, derivatives):
    x = mg.Input("x", (), np.float64)
    y = function(x)
    for derivative in derivatives:
        (y,) = mg.gradient(y, [x])
        assert np.isclose(value(y, x=0.7), derivative(0.7), rtol=1e-12)


def test_the_gradient_of_a_gradient_s_norm_holds_parameters_and_inputs_together():
    x, w = mg.Input("x", (3,), np.float64), mg.Parameter("w", [1, 2, 3], np.float64)
    (slope,) = mg.gradient((w * x * x).sum(), [x])
    (mixed,) = mg.gradient((slope * slope).sum(), [w])
    X = np.array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(value(mixed, x=X), 8 * w.value * X**2)


def test_a_node_used_many_times_has_the_sum_of_its_gradients():
    x = mg.Input("x", (2,), np.float64)
    power = np.exp(x)
    total = sum(power * i for i in range(1000)).sum()
    expected = np.exp([0.5, -0.5]) * sum(range(1000))
    np.testing.assert_allclose(mg.Graph(total=total).forward(x=[0.5, -0.5]).backward()["x"], expected, rtol=1e-12)
    np.testing.assert_allclose(value(mg.gradient(total, [x])[0], x=[0.5, -0.5]), expected, rtol=1e-12)


def test_a_node_that_is_both_operands_has_both_gradients():
    x = mg.Input("x", ())
    assert value(mg.gradient(x * x, [x])[0], x=3) == 6
    assert value(mg.gradient(x - x, [x])[0], x=3) == 0


def test_what_the_output_does_not_depend_on_has_a_gradient_of_zeros():
    x, other = mg.Input("x", ()), mg.Input("other", ("N", 2))
    (zeros,) = mg.gradient(x * x, [other])
    assert zeros.shape == ("N", 2)
    assert value(zeros, other=np.ones((3, 2))).tolist() == [[0, 0]] * 3


def test_the_derivative_of_a_node_with_respect_to_itself_is_1():
    y = np.tanh(mg.Input("x", ()))
    assert value(mg.gradient(y, [y])[0]) == 1


def test_the_gradient_may_be_taken_for_any_node_on_the_way():
    x = mg.Input("x", (2,))
    z = x * 3
    (slope,) = mg.gradient((z * z).sum(), [z])
    assert value(slope, x=[1, 2]).tolist() == [6, 12]


def test_a_cotangent_makes_it_a_vector_jacobian_product():
    x, v = mg.Input("x", ("N",)), mg.Input("v", ("N",))
    (product,) = mg.gradient(x * x, [x], cotangent=v)
    assert value(product, x=[1, 2, 3], v=[1, 0, 10]).tolist() == [2, 0, 60]
    fixed = mg.Input("fixed", (2,))
    assert value(mg.gradient(fixed * fixed, [fixed], cotangent=[1, 10])[0], fixed=[1, 2]).tolist() == [2, 40]


def test_an_output_of_one_element_needs_no_cotangent():
    x = mg.Input("x", (1, 1))
    assert value(mg.gradient(x * x, [x])[0], x=[[3]]).tolist() == [[6]]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), 15), ((3,), [3, 5, 7]), ((2, 1), [[3], [12]]), ((1, 2, 3), [[[0, 1, 2], [3, 4, 5]]])],
    ids=["scalar", "row", "column", "stack"],
)
def test_broadcasting_is_undone(shape, expected):
    x, w = mg.Input("x", (2, 3)), mg.Parameter("w", np.ones(shape))
    loss, X = (x * w).sum(), np.arange(6).reshape(2, 3)
    assert mg.Graph(loss=loss).forward(x=X).backward()[w].tolist() == expected
    assert value(mg.gradient(loss, [w])[0], x=X).tolist() == expected


def test_labels_take_no_gradient_and_stop_none():
    z, y = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    gradients = mg.Graph(loss=mg.SoftmaxCrossEntropy(z * 1, y)).forward(z=[[0, 0]], y=[1]).backward()
    assert gradients["z"].tolist() == [[0.5, -0.5]] and y not in gradients


@pytest.mark.slow
def test_a_chain_of_100_000_nodes_is_differentiated_without_recursion():
    x = z = mg.Input("x", ())
    for _ in range(100_000):
        z = mg.Tanh(z)
    assert mg.Graph(z=z).forward(x=0.0).backward()["x"] == 1
    (slope,) = mg.gradient(z, [x])
    assert value(slope, x=0.0) == 1


def test_every_node_is_computed_once_however_many_paths_lead_to_it():
    z = mg.Input("x", ())
    for _ in range(100):
        z = z + z
    assert len(topological_order([z])) == 101


def test_a_node_s_vjp_is_a_contribution_of_each_operand_s_shape_and_none_for_a_constant():
    x, b = mg.Input("x", ("N", 2)), mg.Input("b", (2,))
    rows, row = np.ones((4, 2), np.float32), np.full(2, 5, np.float32)
    assert [part.tolist() for part in node_vjp(x + b, rows, rows + row, [rows, row])] == [rows.tolist(), [4, 4]]
    assert [part if part is None else part.shape for part in node_vjp(b * 3, row, row * 3, [row, np.float32(3)])] == [
        (2,),
        None,
    ]


class OnNumbers(mg.Node):
    """A rule that cannot be read with nodes, so that it has no second derivative."""

    def forward(self, x, out=None):
        return 2 * x

    def backward(self, gradient, y, x):
        return 2 * gradient if gradient.flat[0] < 1e9 else gradient


def test_a_gradient_goes_no_further_than_what_depends_on_its_nodes():
    x, scale = mg.Input("x", (2,)), mg.Input("scale", ())
    (slope,) = mg.gradient((OnNumbers(x) ** 2).sum(), [x])
    (by_scale,) = mg.gradient(slope.sum() * scale, [scale])
    assert mg.Graph(by_scale).forward(x=[1, 2])[by_scale] == 24
    with pytest.raises(mg.RuleError):
        mg.gradient(slope.sum(), [x])
