"""What `from_onnx` is told of a model's inputs: shapes, and values that make them constants."""

import numpy as np
import pytest
from onnx import parser

import minigraph as mg


def proto(text):
    return parser.parse_model('<ir_version: 9, opset_import: ["" : 18]>' + text)


ADDED = "g (float[N,2] x, float[N,?] z) => (float[N,2] y) { y = Add(x, z) }"
CHOSEN = """g (float[N] x, int64 rate) => (float[N] y) <int64 high = {16000}> {
    is_high = Equal(rate, high)
    y = If (is_high) <
        then_branch = a () => (float[N] t) { t = Tanh(x) },
        else_branch = b () => (float[N] e) { e = Exp(x) }>
}"""
LAID_OUT = "g (float[N,6] x, int64[2] s) => (float[A,B] y) { y = Reshape(x, s) }"


def test_a_shape_declares_the_sizes_of_an_inputs_axes():
    graph = mg.from_onnx(proto("g (float[?,3,H,W] x) => (float[A,B,C,D] y) { y = Tanh(x) }"), x=(1, 3, "H", 8))
    assert graph.inputs["x"].shape == graph["y"].shape == (1, 3, "H", 8)
    assert graph.forward(x=np.ones((1, 3, 5, 8)))["y"].shape == (1, 3, 5, 8)


def test_an_axis_that_the_model_names_is_the_same_in_all_inputs():
    graph = mg.from_onnx(proto(ADDED), x=(3, 2))
    assert graph.inputs["z"].shape == (3, 2)
    assert mg.from_onnx(proto(ADDED), x=("batch", 2), z=("batch", 1))["y"].shape == ("batch", 2)
    assert mg.from_onnx(proto(ADDED), z=np.ones((3, 1)))["y"].shape == (3, 2)


def test_axes_of_which_nothing_is_said_are_one_where_they_are_given_one_name():
    graph = mg.from_onnx(
        proto("g (float[?,2] x, float[unk__2,2] z) => (float[M,2] y) { y = Add(x, z) }"), x=("N", 2), z=("N", 2)
    )
    assert graph["y"].shape == ("N", 2) and not graph.imported.assumed


def test_a_question_mark_is_no_name_that_two_axes_have_in_common():
    model = proto("g (float[A,B] x) => (float[A,B] y) { y = Tanh(x) }")
    for dim in model.graph.input[0].type.tensor_type.shape.dim:
        dim.dim_param = "?"
    assert mg.from_onnx(model).forward(x=np.ones((2, 3)))["y"].shape == (2, 3)
    assert mg.from_onnx(model, x=(2, 3))["y"].shape == (2, 3)


@pytest.mark.parametrize(("rate", "function"), [(16000, np.tanh), (np.array(8000), np.exp)])
def test_a_value_is_a_constant_from_which_a_branch_is_chosen(rate, function):
    graph = mg.from_onnx(proto(CHOSEN), rate=rate)
    assert list(graph.inputs) == ["x"]
    assert np.allclose(graph.forward(x=[1, 2])["y"], function([1, 2]))


def test_a_branch_that_depends_on_an_input_says_to_give_its_value():
    with pytest.raises(mg.OperationError, match=r"needs its cond[^$]*from_onnx\(…, rate=…\)"):
        mg.from_onnx(proto(CHOSEN))


def test_a_value_can_be_a_shape():
    assert mg.from_onnx(proto(LAID_OUT), s=np.array([-1, 3]))["y"].shape == ("2·N", 3)


def test_a_value_of_floating_point_is_no_parameter():
    model = proto("g (float[N,2] x, float[2,3] W) => (float[N,3] y) { y = MatMul(x, W) }")
    graph = mg.from_onnx(model, W=np.ones((2, 3)))
    assert not graph.parameters and graph["W"].dtype == np.float32
    assert graph.forward(x=[[1, 2]])["y"].tolist() == [[3, 3, 3]]


def test_an_input_that_has_a_default_takes_what_is_given_instead():
    model = proto("g (float[N,2] x, float[2] b) => (float[N,2] y) <float[2] b = {1, 2}> { y = Add(x, b) }")
    assert mg.from_onnx(model).forward(x=[[0, 0]])["y"].tolist() == [[1, 2]]
    assert mg.from_onnx(model, b=np.array([3, 4])).forward(x=[[0, 0]])["y"].tolist() == [[3, 4]]
    assert list(mg.from_onnx(model, b=(2,)).inputs) == ["x", "b"]


def test_a_name_that_is_no_word_of_python_is_given_too():
    model = proto("g (float[N,2] x) => (float[N,2] y) { y = Tanh(x) }")
    model.graph.input[0].name = model.graph.node[0].input[0] = "input:0"
    graph = mg.from_onnx(model, **{"input:0": (4, 2)})
    assert graph.forward(**{"input:0": np.ones((4, 2))})["y"].shape == (4, 2)


@pytest.mark.parametrize(("said", "error", "message"), [
    ({"X": (3, 2)}, mg.UnknownNameError, "no input named 'X'; it takes 'x' and 'z'. Did you mean 'x'"),
    ({"y": (3, 2)}, mg.UnknownNameError, "no input named 'y'"),
    ({"x": (3, 2, 1)}, mg.ShapeError, "'x' is given with 3 axes, 3 × 2 × 1, and the model takes N × 2"),
    ({"x": np.ones(2)}, mg.ShapeError, "'x' is given with 1 axes, 2, and the model takes N × 2"),
    ({"x": 3}, mg.ShapeError, "'x' is given with 0 axes"),
    ({"x": (3, 5)}, mg.ShapeError, "axis 1 is 2"),
    ({"x": ("N", "M")}, mg.ShapeError, "axis 1 is 2"),
    ({"x": np.ones((3, 5))}, mg.ShapeError, "axis 1 is 2"),
    ({"x": (3, 2), "z": (4, 2)}, mg.ShapeError, "axis 0 is N, as is axis 0 of the input 'x', which is given as 3"),
    ({"x": ("A", 2), "z": ("B", 2)}, mg.ShapeError, "axis 0 is N, as is axis 0 of the input 'x', which is given as A"),
    ({"x": (-1, 2)}, mg.ShapeError, "an axis is a size, 0 or more, or a name"),
    ({"x": ("a b", 2)}, mg.ShapeError, "an axis is a size, 0 or more, or a name"),
    ({"x": (None, 2)}, mg.ShapeError, "an axis is a size, 0 or more, or a name"),
    ({"x": [3, 2]}, mg.OperationError, "a shape, a tuple such as"),
    ({"x": "N"}, mg.OperationError, "a shape, a tuple such as"),
    ({"x": None}, mg.OperationError, "a shape, a tuple such as"),
    ({"x": np.array(["a", "b"])}, mg.DTypeError, "'x'"),
    ({"x": mg.Input("x", (3, 2))}, mg.MinigraphError, "'x'"),
    ({"z": np.full((3, 2), 1e300)}, mg.DTypeError, "cannot take 1e"),
])  # fmt: skip
def test_what_contradicts_the_model_is_refused(said, error, message):
    with pytest.raises(error, match=message):
        mg.from_onnx(proto(ADDED), **said)
