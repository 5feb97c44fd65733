"""Axes of which an ONNX model says nothing, or that an exporter has numbered, may be equal."""

import numpy as np
import pytest
from onnx import parser

import minigraph as mg


def read(text):
    return mg.from_onnx(parser.parse_model('<ir_version: 9, opset_import: ["" : 18]>' + text))


@pytest.mark.parametrize("axes", [("?", "?"), ("unk__1", "unk__2"), ("N", "?"), ("?", "unk__7")])
def test_two_batches_that_are_added_are_taken_to_be_one_and_each_run_checks_it(axes):
    graph = read("g (float[{},2] x, float[{},2] z) => (float[M,2] y) {{ y = Add(x, z) }}".format(*axes))
    assert len(graph.imported.assumed) == 1 and "for Add 'y'" in str(graph.imported)
    for run in (graph.forward, mg.compile(graph)):
        assert run(x=np.ones((3, 2)), z=np.ones((3, 2)))["y"].tolist() == [[2, 2]] * 3
        with pytest.raises(mg.ShapeError, match="it must be one size in a run"):
            run(x=np.ones((3, 2)), z=np.ones((2, 2)))


def test_axes_that_paddles_converter_numbers_may_be_one():
    model = parser.parse_model(
        '<ir_version: 9, opset_import: ["" : 18]> g (float[A,2] x, float[B,2] z) => (float[M,2] y) { y = Add(x, z) }'
    )
    for i, given in enumerate(model.graph.input):
        given.type.tensor_type.shape.dim[0].dim_param = f"p2o.DynamicDimension.{i}"
    assert mg.from_onnx(model).forward(x=np.ones((3, 2)), z=np.ones((3, 2)))["y"].shape == (3, 2)


def test_a_size_of_minus_one_is_an_axis_of_which_nothing_is_said():
    proto = parser.parse_model(
        '<ir_version: 9, opset_import: ["" : 18]> g (float[1,2] x, float[1,2] z) => (float[1,2] y) { y = Mul(x, z) }'
    )
    for given in proto.graph.input:
        given.type.tensor_type.shape.dim[0].dim_value = -1
    assert mg.from_onnx(proto).forward(x=np.ones((3, 2)), z=np.ones((3, 2)))["y"].shape == (3, 2)


def test_as_few_axes_are_taken_to_be_equal_as_an_operator_needs():
    graph = read("g (float[?,?,4] x, float[?,4,?] z) => (float[A,B,C] y) { y = MatMul(x, z) }")
    assert graph.imported.assumed == ("x_0 = z_0, for MatMul 'y'",)
    graph = read("g (float[?,?] x, float[?,?] z) => (float[A,B] y) { y = MatMul(x, z) }")
    assert graph.imported.assumed == ("x_1 = z_0, for MatMul 'y'",)
    assert graph.forward(x=np.ones((2, 3)), z=np.ones((3, 4)))["y"].shape == (2, 4)


def test_an_axis_of_which_nothing_is_said_may_be_of_a_size():
    graph = read("g (float[?,?] x) => (float[A,2] y) <float[3,2] W = {1, 2, 3, 4, 5, 6}> { y = MatMul(x, W) }")
    assert graph.inputs["x"].shape == ("x_0", 3)
    with pytest.raises(mg.ShapeError, match="Input 'x' is x_0 × 3"):
        graph.forward(x=np.ones((1, 4)))


def test_products_of_axes_may_be_equal_and_sizes_that_are_computed():
    graph = read("""
        g (float[?,?,3] x, float[?,?,3] z) => (float[M,3] y) <int64[2] s = {-1, 3}> {
            a = Reshape(x, s)
            b = Reshape(z, s)
            y = Add(a, b)
        }""")
    assert len(graph.imported.assumed) == 2
    graph = read("""
        g (float[?,3] x, float[?,3] z) => (float[M,3] y) {
            sizes = Shape(x)
            y = Expand(z, sizes)
        }""")
    assert graph.imported.assumed == ("z_0 = x_0, for Expand 'y'",)


def test_axes_that_the_model_names_otherwise_are_not_taken_to_be_equal():
    for other in ("M", "3"):
        with pytest.raises(mg.ShapeError, match="Add cannot broadcast"):
            read(f"g (float[N,2] x, float[{other},2] z) => (float[N,2] y) {{ y = Add(x, z) }}")


@pytest.mark.parametrize("axes", [("?", "?"), ("N", "M")])
def test_parts_along_an_axis_of_two_names_are_joined(axes):
    graph = read("g (float[{},2] x, float[{},2] z) => (float[M,2] y) {{ y = Concat <axis = 0> (x, z) }}".format(*axes))
    assert graph.forward(x=np.zeros((1, 2)), z=np.ones((2, 2)))["y"].tolist() == [[0, 0], [1, 1], [1, 1]]


def test_names_that_are_made_one_word_stay_two():
    proto = parser.parse_model(
        '<ir_version: 9, opset_import: ["" : 18]> g (float[A] x, float[B] z) => (float[A] y, float[B] w) '
        "{ y = Tanh(x) w = Tanh(z) }"
    )
    for given, name in zip(proto.graph.input, ("past + 1", "past - 1"), strict=True):
        given.type.tensor_type.shape.dim[0].dim_param = name
    run = mg.from_onnx(proto).forward(x=[1, 2], z=[1, 2, 3])
    assert run["y"].shape == (2,) and run["w"].shape == (3,)


def test_an_axis_without_a_name_is_not_another_that_has_that_name():
    graph = read("g (float[?] x, float[x_0] z) => (float[A] y, float[B] w) { y = Tanh(x) w = Tanh(z) }")
    assert graph.forward(x=[1, 2], z=[1, 2, 3])["w"].shape == (3,)
