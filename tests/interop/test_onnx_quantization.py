"""ONNX models in whole numbers of eight bits, compared with whole numbers written out by hand."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

import minigraph as mg

HEAD = '<ir_version: 10, opset_import: ["" : 22, "com.microsoft" : 1]>'


def test_sums_of_many_products_are_exact():
    graph = mg.from_onnx(
        parser.parse_model(HEAD + "g (uint8[1, K] a, uint8[K, 1] b) => (int32[1, 1] y) { y = MatMulInteger(a, b) }")
    )
    a, b = np.full((1, 301), 255, np.uint8), np.full((301, 1), 255, np.uint8)
    right = a.astype(int) @ b.astype(int)  # odd and beyond 2²⁴: single precision does not have it
    assert right[0, 0] > 2**24 and right[0, 0] % 2
    assert graph.forward(a=a, b=b)["y"].tolist() == right.tolist() == mg.compile(graph)(a=a, b=b)["y"].tolist()


def test_rows_and_columns_have_zero_points_of_their_own():
    text = """g (uint8[2, 3] a, int8[3, 2] b) => (int32[2, 2] y) <uint8[2] r = {1, 7}, int8[2] c = {-3, 2}> {
        y = MatMulInteger(a, b, r, c) }"""
    a, b = np.array([[1, 2, 3], [40, 50, 255]]), np.array([[1, -2], [3, 4], [-128, 127]])
    right = (a - [[1], [7]]) @ (b - [-3, 2])
    assert mg.from_onnx(parser.parse_model(HEAD + text)).forward(a=a, b=b)["y"].tolist() == right.tolist()


def test_beyond_the_edges_of_a_quantised_image_lie_zero_points():
    text = """g (uint8[1, 1, 1, 2] x) => (int32[1, 2, 1, 4] y)
    <int8[2, 1, 1, 3] w = {1, 2, 3, -1, 0, 1}, uint8 z = {5}, int8[2] v = {1, -1}> {
        y = ConvInteger <pads = [0, 2, 0, 2]> (x, w, z, v) }"""
    padded, filters = np.array([0, 0, 7 - 5, 4 - 5, 0, 0]), np.array([[0, 1, 2], [0, 1, 2]])
    right = [[[np.correlate(padded, each).tolist()] for each in filters]]
    assert mg.from_onnx(parser.parse_model(HEAD + text)).forward(x=[[[[7, 4]]]])["y"].tolist() == right


def quantised(x):
    """Whole numbers for x, less their zero point, and their scale."""
    low, high = min(float(x.min()), 0), max(float(x.max()), 0)
    scale = np.float32((high - low) / 255 or 1)
    zero = round(min(max(-low / scale, 0), 255))
    return np.clip(np.rint(x / scale).astype(int) + zero, 0, 255) - zero, scale


@pytest.mark.parametrize("x", [[0.0, 0.0], [-1.0, 2.0], [3.0, 4.0], [-3.0, -1.5]])
def test_what_is_quantised_by_its_own_range_is_right_also_where_that_is_0(x):
    text = "g (float[2] x) => (uint8[2] y, float scale, uint8 zero) { y, scale, zero = DynamicQuantizeLinear(x) }"
    graph = mg.from_onnx(parser.parse_model(HEAD + text))
    numbers, scale = quantised(np.float32(x))
    run = graph.forward(x=x)
    assert (run["y"].astype(int) - run["zero"]).tolist() == numbers.tolist() and run["scale"] == pytest.approx(scale)
    assert graph.lint().ok


def by_hand(x, w, scale, zero):
    numbers, own = quantised(x)
    return (numbers @ (w.astype(int) - zero)).astype(np.float32) * (own * scale)


def test_a_quantised_lstm_quantises_its_inputs_and_states_by_their_own_least_and_largest_numbers():
    rng, units, features = np.random.default_rng(3), 4, 3
    W, R = (rng.integers(-128, 128, (1, n, 4 * units)).astype(np.int8) for n in (features, units))
    numbers = {"W": W, "R": R, "B": rng.normal(size=(1, 8 * units)).astype(np.float32)}
    numbers |= {"ws": np.float32([0.01]), "rs": np.float32([0.02]), "wz": np.int8([3]), "rz": np.int8([-4])}
    inputs = ["x", "W", "R", "B", "", "", "", "", "ws", "wz", "rs", "rz"]
    node = helper.make_node("DynamicQuantizeLSTM", inputs, ["y", "h", "c"], domain="com.microsoft", hidden_size=units)
    model = parser.parse_model(HEAD + f"g (float[T, 1, {features}] x) => (float[T, 1, 1, {units}] y) {{ }}")
    model.graph.node.append(node)
    model.graph.initializer.extend(numpy_helper.from_array(a, name) for name, a in numbers.items())
    x = rng.normal(size=(5, 1, features)).astype(np.float32)
    given = by_hand(x.reshape(5, features), W[0], np.float32(0.01), 3) + numbers["B"][0, : 4 * units]
    h, c, right = np.zeros(units, np.float32), np.zeros(units, np.float32), []
    for row in given:
        i, o, f, g = np.split(row + by_hand(h, R[0], np.float32(0.02), -4) + numbers["B"][0, 4 * units :], 4)
        i, o, f = (1 / (1 + np.exp(-each)) for each in (i, o, f))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        right.append(h)
    graph = mg.from_onnx(model)
    np.testing.assert_allclose(graph.forward(x=x)["y"][:, 0, 0], right, atol=1e-6)
    np.testing.assert_allclose(mg.compile(graph)(x=x)["y"][:, 0, 0], right, atol=1e-6)


def test_drawn_numbers_are_of_the_seed_that_a_node_has_and_differ_from_draw_to_draw():
    text = """g (float[N, 2] x) => (float[N, 2] a, float[N, 2] b, float[3] c) {
        a = RandomNormalLike <seed = 3.0, mean = 5.0, scale = 0.1> (x)
        b = RandomUniformLike <seed = 3.0, low = -1.0, high = 0.0> (x)
        c = RandomUniform <shape = [3], seed = 4.5> () }"""
    graph, x = mg.from_onnx(parser.parse_model(HEAD + text)), np.zeros((1000, 2))
    run = graph.forward(x=x)
    assert abs(run["a"].mean() - 5) < 0.02 and abs(run["a"].std() - 0.1) < 0.01
    assert -1 <= run["b"].min() < -0.99 and -0.01 < run["b"].max() < 0
    assert sorted(graph.variables) == ["random", "random_2"] and graph.variables["random"].value.tolist() == [3, 0]
    assert mg.from_onnx(parser.parse_model(HEAD + text)).forward(x=x)["c"].tolist() == run["c"].tolist()


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_sampling_at_points_has_gradients_for_the_image_and_the_points(mode, padding):
    rng = np.random.default_rng(1)
    text = f"""g (double[2, 3, 4, 5] x, double[2, 3, 2, 2] p) => (double[2, 3, 3, 2] y) {{
        y = GridSample <mode = "{mode}", padding_mode = "{padding}"> (x, p) }}"""
    graph = mg.from_onnx(parser.parse_model(HEAD + text))
    given = {"x": rng.normal(size=(2, 3, 4, 5)), "p": rng.uniform(-1.2, 1.2, (2, 3, 2, 2))}
    loss = mg.Graph(loss=np.sum(graph["y"] ** 2))
    gradients = loss.forward(**given).backward("loss")
    for name in given:
        for place in rng.integers(0, given[name].size, 6):
            ends = []
            for step in (1e-6, -1e-6):
                moved = given[name].copy()
                moved.flat[place] += step
                ends.append(loss.forward(**{**given, name: moved})["loss"])
            assert gradients[name].flat[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-7)


def narrow_model(*nodes):
    """A model that stores bfloat16, float8 and whole numbers of four bits."""
    half = helper.make_tensor("w", TensorProto.BFLOAT16, [2, 2], np.array([1.5, -2, 3.25, 2.0**100], np.float32))
    eighth = helper.make_tensor("e", TensorProto.FLOAT8E5M2, [2, 2], [0.5, -4, 1.75, 0])
    four = helper.make_tensor("q", TensorProto.INT4, [2, 2], [-8, 7, 3, 0])
    stored = [half, eighth, four, helper.make_tensor("z", TensorProto.INT4, [], [1]), helper.make_tensor("s", 1, [], [0.5])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2]) for name in "xy"]
    graph = helper.make_graph([*nodes], "g", ends[:1], ends[1:], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)


def test_what_is_stored_in_types_that_numpy_lacks_is_read_exactly():
    graph = mg.from_onnx(
        narrow_model(
            helper.make_node("Transpose", ["w"], ["wt"]),
            helper.make_node("Cast", ["wt"], ["a"], to=TensorProto.FLOAT),
            helper.make_node("Cast", ["e"], ["b"], to=TensorProto.FLOAT),
            helper.make_node("DequantizeLinear", ["q", "s", "z"], ["c"]),
            helper.make_node("Sum", ["a", "b", "c"], ["d"]),
            helper.make_node("Add", ["x", "d"], ["y"]),
        )
    )
    right = np.array([[1.5, 3.25], [-2, 2.0**100]]) + [[0.5, -4], [1.75, 0]] + (np.array([[-8, 7], [3, 0]]) - 1) * 0.5
    assert np.array_equal(graph.forward(x=np.zeros((2, 2)))["y"], right.astype(np.float32))


@pytest.mark.parametrize("moved", [False, True])
def test_what_would_compute_in_types_that_numpy_lacks_is_refused(moved, wording):
    first = [helper.make_node("Transpose", ["w"], ["v"])] if moved else []
    with pytest.raises(mg.OperationError) as error:
        mg.from_onnx(narrow_model(*first, helper.make_node("MatMul", ["x", "v" if moved else "w"], ["y"], name="product")))
    wording(error.value)
