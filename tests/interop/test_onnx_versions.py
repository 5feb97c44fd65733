"""An operator means what its own operator set says, and no other; the numbers are ONNX Runtime's, or follow from the text."""

import re

import numpy as np
import pytest
from onnx import parser

import minigraph as mg

ROW = np.arange(1.0, 17).reshape(1, 1, 4, 4)


def read(text, version):
    return mg.from_onnx(parser.parse_model(f'<ir_version: 8, opset_import: ["" : {version}]> g {text}'))


def value(text, version, **given):
    return read(text, version).forward(**given)["y"].tolist()


RESIZED = [
    ("Upsample", 9, "linear", 2, [1, 1.5, 2, 2.5, 3, 3.5, 4, 4]),
    ("Upsample", 9, "linear", 1.5, [1, 5 / 3, 7 / 3, 3, 11 / 3, 4]),
    ("Resize", 10, "linear", 2, [1, 1.5, 2, 2.5, 3, 3.5, 4, 4]),
    ("Resize", 10, "linear", 0.5, [1, 3]),
    ("Upsample", 9, "nearest", 1.25, [1, 1, 2, 3, 4]),
    ("Resize", 10, "nearest", 1.25, [1, 1, 2, 3, 4]),
    ("Resize", 10, "nearest", 0.75, [1, 3, 4]),
    ("Resize", 10, "nearest", 2, [1, 1, 2, 2, 3, 3, 4, 4]),
]


@pytest.mark.parametrize(("operator", "version", "mode", "scale", "row"), RESIZED)
def test_at_first_a_place_lay_where_its_number_over_the_scale_is(operator, version, mode, scale, row):
    stored = f"<float[4] s = {{1.0, 1.0, 1.0, {float(scale)}}}>"
    text = f'(float[1,1,4,4] x) => (float[1,1,4,M] y) {stored} {{ y = {operator} <mode = "{mode}"> (x, s) }}'
    np.testing.assert_allclose(value(text, version, x=ROW)[0][0][0], row, rtol=1e-6)


def test_an_image_is_made_longer_and_shorter_at_once():
    text = "(float[1,1,4,4] x) => (float[1,1,5,3] y) <float[4] s = {1.0, 1.0, 1.25, 0.75}> { y = Resize(x, s) }"
    rows = [[1, 3, 4], [1, 3, 4], [5, 7, 8], [9, 11, 12], [13, 15, 16]]
    np.testing.assert_array_equal(value(text, 10, x=ROW)[0][0], rows)


def test_a_place_of_tensorflow_is_half_an_element_on():
    text = """(float[1,1,4,4] x) => (float[1,1,4,6] y) <float[0] r = {}, float[4] s = {1.0, 1.0, 1.0, 1.5}> {
        y = Resize <coordinate_transformation_mode = "tf_half_pixel_for_nn", nearest_mode = "floor"> (x, r, s)
    }"""
    assert value(text, 11, x=ROW)[0][0][0] == [1, 2, 2, 3, 4, 4]


ATTRIBUTES = [
    ("Upsample", 1, "(float[1,1,1,2] x) => (float[1,1,2,4] y)", "Upsample <height_scale = 2.0, width_scale = 2.0> (x)",
     [[[1, 2]]], [[[1, 1, 2, 2], [1, 1, 2, 2]]]),
    ("Upsample", 7, "(float[1,1,1,2] x) => (float[1,1,1,4] y)", "Upsample <scales = [1.0, 1.0, 1.0, 2.0]> (x)",
     [[[1, 2]]], [[[1, 1, 2, 2]]]),
    ("Clip", 1, "(float[1,3] x) => (float[1,3] y)", "Clip <min = -1.0, max = 2.0> (x)", [-3, 1, 3], [-1, 1, 2]),
    ("Clip", 6, "(float[1,3] x) => (float[1,3] y)", "Clip <max = 2.0> (x)", [-3, 1, 3], [-3, 1, 2]),
    ("Pad", 1, "(float[1,2] x) => (float[1,3] y)", "Pad <paddings = [0, 0, 0, 1], value = 9.0> (x)", [1, 2], [1, 2, 9]),
    ("Pad", 2, "(float[1,2] x) => (float[1,3] y)", "Pad <pads = [0, 1, 0, 0], value = 9.0> (x)", [1, 2], [9, 1, 2]),
    ("Slice", 1, "(float[1,3] x) => (float[1,2] y)", "Slice <axes = [1], starts = [-2], ends = [9]> (x)", [1, 3, 2], [3, 2]),
    ("Reshape", 1, "(float[1,4] x) => (float[1,2,2] y)", "Reshape <shape = [0, 2, -1]> (x)", [1, 2, 3, 4], [[1, 2], [3, 4]]),
    ("ReduceSum", 11, "(float[1,3] x) => (float[1,1] y)", "ReduceSum <axes = [-1]> (x)", [1, 3, 2], [6]),
    ("Concat", 1, "(float[1,2] x) => (float[1,4] y)", "Concat (x, x)", [1, 2], [1, 2, 1, 2]),
    ("Cast", 1, "(float[1,2] x) => (int32[1,2] y)", 'Cast <to = "INT32"> (x)', [1.75, -2.25], [1, -2]),
    ("Relu", 1, "(float[1,2] x) => (float[1,2] y)", "Relu <consumed_inputs = [0]> (x)", [1, -2], [1, 0]),
    ("Dropout", 6, "(float[1,2] x) => (float[1,2] y)", "Dropout <is_test = 1> (x)", [1, -2], [1, -2]),
    ("Dropout", 7, "(float[1,2] x) => (float[1,2] y)", "Dropout (x)", [1, -2], [1, -2]),
    ("Gemm", 1, "(float[1,2] x) => (float[1,2] y)",
     "Gemm <broadcast = 1> (x, w, v) w = Constant <value = float[2,2] {1, 2, 3, 4}> () "
     "v = Constant <value = float[2] {5, 6}> ()",
     [1, 1], [9, 12]),
    ("BatchNormalization", 1, "(float[1,2] x) => (float[1,2] y)",
     "BatchNormalization <consumed_inputs = [0, 0, 0, 1, 1], is_test = 1, epsilon = 0.0> (x, v, v, v, v) "
     "v = Constant <value = float[2] {1, 4}> ()",
     [3, 8], [3, 12]),
    ("LpPool", 1, "(float[1,1,2] x) => (float[1,1,1] y)", "LpPool <kernel_shape = [2]> (x)", [[3, 4]], [[5]]),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "version", "head", "node", "x", "y"), ATTRIBUTES)
def test_what_is_an_input_today_was_an_attribute(operator, version, head, node, x, y):
    first, *constants = re.split(r" (?=[a-z] = Constant)", node)
    np.testing.assert_allclose(value(f"{head} {{ {' '.join(constants)} y = {first} }}", version, x=[x]), [y], rtol=1e-6)


def test_the_sizes_of_parts_were_an_attribute():
    text = "(float[1,3] x) => (float[1,1] y, float[1,2] z) { y, z = Split <axis = 1, split = [1, 2]> (x) }"
    run = read(text, 1).forward(x=[[1, 2, 3]])
    assert run["y"].tolist() == [[1]] and run["z"].tolist() == [[2, 3]]


def test_the_number_of_the_largest_was_an_attribute():
    run = read("(float[1,3] x) => (float[1,2] y, int64[1,2] at) { y, at = TopK <k = 2> (x) }", 1).forward(x=[[1, 3, 2]])
    assert run["y"].tolist() == [[3, 2]] and run["at"].tolist() == [[1, 2]]


def test_tile_laid_side_by_side_along_one_axis():
    text = "(float[1,2] x) => (float[1,4] y) <float n = {2}, float axis = {1}> { y = Tile(x, n, axis) }"
    assert value(text, 1, x=[[1, 2]]) == [[1, 2, 1, 2]]


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "Hardmax"])
def test_softmax_and_its_kin_took_the_axes_from_one_on_together(operator):
    x = np.array([[[1.0, 5], [2, 3]], [[0, 0], [4, 1]]])
    flat = x.reshape(2, 4) - np.log(np.exp(x).sum((1, 2)))[:, None]
    right = {"Softmax": np.exp(flat), "LogSoftmax": flat, "Hardmax": flat == flat.max(1, keepdims=True)}[operator]
    text = f"(float[N,2,2] x) => (float[N,2,2] y) {{ y = {operator} (x) }}"
    np.testing.assert_allclose(value(text, 11, x=x), right.reshape(x.shape), rtol=1e-6)


def test_the_second_operand_lay_beside_the_axes_from_one_on():
    text = "(float[2,2] x, float[2] z) => (float[2,2] y) { y = Add <broadcast = 1, axis = 0> (x, z) }"
    assert value(text, 6, x=[[1, 2], [3, 4]], z=[10, 20]) == [[11, 12], [23, 24]]
    assert value(text.replace(", axis = 0", ""), 6, x=[[1, 2], [3, 4]], z=[10, 20]) == [[11, 22], [13, 24]]


def test_prelu_had_a_slope_for_each_channel():
    text = "(float[1,2,2] x) => (float[1,2,2] y) <float[2] slope = {0.5, 0.25}> { y = PRelu(x, slope) }"
    assert value(text, 6, x=[[[-4, -4], [-4, -4]]]) == [[[-2, -2], [-1, -1]]]
    assert value(text, 7, x=[[[-4, -4], [-4, -4]]]) == [[[-2, -1], [-2, -1]]]


def test_group_normalization_had_a_scale_for_each_group():
    head, node = "(float[1,4,1] x) => (float[1,4,1] y)", "{ y = GroupNormalization <num_groups = 2> (x, s, b) }"
    x = [[[-1], [1], [-1], [1]]]
    groups = value(f"{head} <float[2] s = {{1, 2}}, float[2] b = {{0, 1}}> {node}", 18, x=x)
    channels = value(f"{head} <float[4] s = {{1, 1, 2, 2}}, float[4] b = {{0, 0, 1, 1}}> {node}", 21, x=x)
    np.testing.assert_allclose(np.ravel(groups), [-1, 1, -1, 3], rtol=1e-4)
    assert groups == channels


def test_scan_took_a_batch():
    text = """(float[2,1] h, float[2,3,1] x) => (float[2,1] y, float[2,3,1] each) {
        y, each = Scan <num_scan_inputs = 1, body = t (float[1] s, float[1] p) => (float[1] n, float[1] o) {
            n = Add(s, p)
            o = Identity(n)
        }> ( , h, x)
    }"""
    run = read(text, 8).forward(h=[[0], [10]], x=[[[1], [2], [3]], [[4], [5], [6]]])
    assert run["y"].tolist() == [[6], [25]] and run["each"][:, :, 0].tolist() == [[1, 3, 6], [14, 19, 25]]


def test_the_units_of_a_recurrent_layer_follow_from_its_weights():
    text = """(float[1,1,1] x) => (float[1,1,1,1] y) <float[1,1,1] w = {2}, float[1,1,1] r = {1}> {
        y = RNN <activations = ["Relu"], output_sequence = 1> (x, w, r)
    }"""
    assert value(text, 1, x=[[[3]]]) == [[[[6]]]]


REFUSED = [
    (6, "Dropout (x)", "in training mode"),
    (7, "Split (x)", "no multiple of 2"),
    (1, "Split <split = [1, 2]> (x)", "has no axis"),
    (6, "PRelu (x, wide)", "a slope for each channel"),
    (6, "BatchNormalization (x, s, s, s, s)", "trains"),
    (8, "BatchNormalization <spatial = 0> (x, wide, wide, wide, wide)", "normalises each place on its own"),
    (10, "QuantizeLinear (x, s, zero)", "takes one number as its scale"),
]


@pytest.mark.parametrize(("version", "node", "said"), REFUSED)
def test_what_an_operator_set_meant_otherwise_is_refused_in_words(version, node, said):
    outputs = "y, z" if node.startswith("Split") else "y"
    stored = "<float[3] s = {1, 2, 3}, uint8[3] zero = {0, 0, 0}, float[1, 3] wide = {1, 2, 3}>"
    with pytest.raises(mg.MinigraphError) as error:
        read(f"(float[1,3] x) => (float[1,3] y) {stored} {{ {outputs} = {node} }}", version)
    assert said in str(error.value) and f"{node.split()[0]} 'y'" in str(error.value)


def test_an_operator_set_to_come_is_refused():
    with pytest.raises(mg.FormatError, match=r"operator set 999.*\n  Install a newer onnx"):
        read("(float[2] x) => (float[2] y) { y = Tanh(x) }", 999)
