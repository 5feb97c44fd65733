"""Composing: nodes are written as one writes NumPy, and know their shape and element type at once."""

import operator
import warnings

import numpy as np
import pytest

import minigraph as mg

A = np.array([[0.5, -1.0, 2.0], [1.5, 3.0, -0.25]])
B = np.array([2.0, 0.5, 1.0])


def nodes():
    return mg.Input("a", (2, 3), np.float64), mg.Input("b", (3,), np.float64)


def value(node):
    graph = mg.Graph(value=node)
    return graph.forward(**{name: {"a": A, "b": B}[name] for name in graph.inputs})["value"]


EXPRESSIONS = {
    "arithmetic": lambda a, b: -(a + b) * 2 - a / b + 1,
    "from the right": lambda a, b: 1 - (2 + 3 * (4 / b)),
    "powers": lambda a, b: a**2 + 2.0**b,
    "absolute values": lambda a, b: abs(a) + np.abs(b),
    "matrix products": lambda a, b: A.T @ (a @ b) + a.T @ a @ b,
    "comparisons": lambda a, b: np.where(a > b, a, 0) + (a <= 1).astype(np.float64),
    "functions": lambda a, b: np.tanh(a) + np.exp(b) + np.log(b) + np.sqrt(b) + np.sign(a) + np.maximum(a, b),
    "reductions": lambda a, b: a.sum() + a.mean(axis=0) + a.max(axis=1, keepdims=True) + np.sum(b, axis=-1),
    "reductions over several axes": lambda a, b: a.sum(axis=(0, 1)) + np.mean(a, axis=(0, -1)),
    "shapes": lambda a, b: a.T.reshape(-1, 3) + a.transpose(1, 0).reshape((2, 3)) + np.expand_dims(b, 0).squeeze(0),
    "indices": lambda a, b: a[:, 0] + a[..., 1] + b[-1] + b[[0, 2]][1:] + a[:, None, 2][:, 0],
    "arrays on either side": lambda a, b: A * a + np.ones(3) - [1, 2, 3] * b,
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_of_nodes_has_the_value_that_it_has_of_arrays(expression):
    write = EXPRESSIONS[expression]
    node = write(*nodes())
    expected = write(A, B)
    np.testing.assert_allclose(value(node), expected, rtol=1e-12)
    assert node.shape == expected.shape


def test_writing_z_plus_equals_gives_the_name_to_a_new_node():
    a, b = nodes()
    z = a
    z += b
    z *= 2
    assert z is not a
    np.testing.assert_array_equal(value(z), (A + B) * 2)
    np.testing.assert_array_equal(value(a * 1), A)


def test_the_class_call_and_the_operator_compose_the_same():
    a, b = nodes()
    for by_class, spelled in ((mg.Add(a, b), a + b), (mg.Tanh(a), np.tanh(a)), (mg.MatMul(a, b), a @ b)):
        assert type(by_class) is type(spelled)
        assert by_class.operands == spelled.operands == (a, b)[: len(by_class.operands)]


def test_shapes_and_types_are_known_before_anything_runs():
    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 500)))
    assert repr(x @ W) == "MatMul (N × 500, float32)"
    assert repr((x @ W).T) == "Transpose (500 × N, float32)"
    assert repr((x @ W).reshape(-1)) == "Reshape (500·N, float32)"
    assert repr((x > 0).sum(axis=1)).startswith("ReduceSum (N, ")
    assert repr(mg.Softmax(x @ W, name="ŷ")) == "Softmax 'ŷ' (N × 500, float32)"
    assert (str(x), str(x @ W), str(mg.Constant(2.5))) == ("x", "MatMul (N × 500)", "2.5")


def test_a_named_axis_fits_itself_and_1_alone():
    n, one, three = mg.Input("n", ("N", 2)), mg.Input("one", (1, 2)), mg.Input("three", (3, 2))
    assert (n + one).shape == ("N", 2)
    with pytest.raises(mg.ShapeError):
        n + three


def test_floating_point_keeps_its_precision_beside_numbers_and_whole_numbers():
    x, i = mg.Input("x", (2,)), mg.Input("i", (2,), dtype=np.int64)
    for node in (x * 2, x * 2.5, x * np.float64(2), x * np.ones(2), 1 - x, x + i, x + 10.0**30, i * 2.5):
        assert node.dtype == np.float32
    assert (mg.Input("x", (2,), np.float64) * np.float32(2)).dtype == np.float64


def test_python_s_whole_numbers_take_the_type_of_the_nodes_beside_them():
    for dtype in (np.int8, np.uint8, np.int32):
        assert (mg.Input("i", (2,), dtype) + 1).dtype == dtype
    assert (mg.Input("i", (2,), np.int32) + np.int64(1)).dtype == np.int64
    assert (mg.Input("b", (2,), bool) + 1).dtype == np.int64


def test_an_element_type_is_taken_in_every_spelling():
    for dtype in (np.float64, "float64", ">f8", float, np.dtype(np.float64)):
        assert mg.Input("x", (), dtype).dtype == np.float64
    assert mg.Input("x", ("N", 2), "float16").dtype == np.float16
    assert mg.Input("x", 2).shape == mg.Input("x", [2]).shape == (2,)


def test_a_constant_keeps_its_value_whatever_becomes_of_the_array():
    a, _ = nodes()
    array = np.ones(3)
    node = a * array
    array[:] = 0
    np.testing.assert_array_equal(value(node), A)


def test_a_variable_owns_its_array():
    array = np.ones(2, np.float32)
    w = mg.Parameter("w", array)
    array[:] = 5
    assert w.value.tolist() == [1, 1]
    w.value = array
    array[:] = 7
    assert w.value.tolist() == [5, 5]
    w.value += 1
    assert w.value.tolist() == [6, 6]


def test_a_node_is_itself_and_can_be_a_key():
    a, b = nodes()
    assert a == a and a != b and a in [b, a] and len({a, b, a}) == 2
    assert operator.eq(a, "a") is False


def test_a_node_says_where_it_was_made():
    node = mg.Tanh(mg.Input("x", ()))
    assert node.line.startswith("test_composing.py:")
    (slope,) = mg.gradient(node, [node.operands[0]])
    assert slope.line.startswith("test_composing.py:")


def test_asking_whether_a_node_can_do_something_is_answered_without_a_warning():
    x = mg.Input("x", ())
    foreign = {*dir(np), "core", "__array_interface__", "grad", "numpy"} - set(dir(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not [name for name in foreign if hasattr(x, name)]


def test_a_loop_goes_over_a_known_first_axis():
    W = mg.Parameter("W", np.arange(6).reshape(3, 2))
    rows, (first, *rest) = list(W), W
    assert len(W) == len(rows) == 3 and len(rest) == 2 and all(row.shape == (2,) for row in rows)
    np.testing.assert_array_equal(value(first + rows[2]), [4, 6])
    np.testing.assert_array_equal(value(sum(W)), [6, 9])
    np.testing.assert_array_equal(value(np.stack(list(W.T))), np.arange(6).reshape(3, 2).T)
    assert list(mg.Parameter("nothing", np.zeros((0, 2)))) == []
