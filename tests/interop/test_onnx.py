"""ONNX models read as graphs."""

import sys

import numpy as np
import onnx
import pytest
from onnx import parser

import minigraph as mg
from minigraph.ops.scan import Scan

HEAD = '<ir_version: 10, opset_import: ["" : 22]>'
OPSET_13 = '<ir_version: 8, opset_import: ["" : 13]>'
ONE_LAYER = """
example (float[N, 2] x) => (float[N, 3] y) <float[2, 3] W = {1, 2, 3, 4, 5, 6}, float[3] b = {0.5, 0.5, 0.5}> {
    z = MatMul(x, W)
    y = Add(z, b)
}"""


def model(text, head=HEAD):
    return parser.parse_model(head + text)


def error_of(text):
    with pytest.raises(mg.MinigraphError) as error:
        mg.from_onnx(model(text))
    return type(error.value).__name__, str(error.value)


def test_values_keep_their_names_and_stored_numbers_become_parameters():
    graph = mg.from_onnx(model(ONE_LAYER))
    assert list(graph.inputs) == ["x"] and list(graph.parameters) == ["W", "b"] and list(graph.outputs) == ["y"]
    assert repr(graph["z"]) == "MatMul 'z' (N × 3, float32)"
    run = graph.forward(x=[[1, 0], [0, 1]])
    np.testing.assert_array_equal(run["y"], [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]])


def test_what_is_read_can_be_differentiated():
    graph = mg.from_onnx(model(ONE_LAYER))
    gradients = graph.forward(x=[[1, 0], [0, 1]]).backward("y", cotangent=np.ones((2, 3)))
    np.testing.assert_array_equal(gradients["b"], [2, 2, 2])


ONE_LARGE, STANDARDIZED = [1, 2, 3, 400], [-0.5830078125, -0.5771484375, -0.57177734375, 1.732421875]
HALF_NORMALIZATIONS = {
    "LayerNormalization(x, s)": ("1, 4", 4, ONE_LARGE, STANDARDIZED),
    "RMSNormalization(x, s)": ("1, 4", 4, ONE_LARGE, [0.005001068115234375, 0.01000213623046875, 0.0149993896484375, 2.0]),
    "GroupNormalization<num_groups = 1>(x, s, b)": ("1, 2, 2", 2, ONE_LARGE, STANDARDIZED),
    "InstanceNormalization(x, s, b)": ("1, 1, 4", 1, ONE_LARGE, STANDARDIZED),
    "LpNormalization<axis = 1>(x)": ("1, 4", 1, [300, 400, 0, 0], [0.60009765625, 0.7998046875, 0.0, 0.0]),
}
"""Calls with the shape of x, the number of channels, x, and what ONNX Runtime gives."""


@pytest.mark.parametrize("call", HALF_NORMALIZATIONS)
def test_normalization_of_half_precision_is_computed_in_float32_as_its_stash_type_says(call):
    shape, channels, x, right = HALF_NORMALIZATIONS[call]
    text = f"a (float16[{shape}] x, float16[{channels}] s, float16[{channels}] b) => (float16[{shape}] y) {{ y = {call} }}"
    graph = mg.from_onnx(model(text, HEAD.replace("22", "23")))
    known = {"x": np.reshape(x, [int(size) for size in shape.split(",")]), "s": np.ones(channels), "b": np.zeros(channels)}
    given = {name: known[name] for name in graph.inputs}
    assert graph.forward(**given)["y"].ravel().tolist() == mg.compile(graph)(**given)["y"].ravel().tolist() == right


def test_what_an_operator_of_half_precision_is_composed_of_is_computed_in_float32():
    h = "float16[1, 1, 1, 2]"
    mean = mg.from_onnx(model(f"a ({h} a, {h} b) => ({h} y) {{ y = Mean(a, b) }}"))
    assert mean.forward(a=[[[[60000, 1]]]], b=[[[[60000, 2]]]])["y"].ravel().tolist() == [60000, 1.5]
    local = mg.from_onnx(model(f"a ({h} x) => ({h} y) {{ y = LRN<size = 1, alpha = 1.0> (x) }}"))
    assert local.forward(x=[[[[1000, 0]]]])["y"].ravel().tolist() == [pytest.approx(1000 / 1000001**0.75, rel=1e-3), 0]


def test_a_file_is_read_by_its_path(tmp_path):
    onnx.save(model(ONE_LAYER), tmp_path / "layer.onnx")
    assert list(mg.from_onnx(tmp_path / "layer.onnx").parameters) == ["W", "b"]
    onnx.save(model(ONE_LAYER), tmp_path / "apart.onnx", save_as_external_data=True, size_threshold=0, location="apart.data")
    np.testing.assert_array_equal(mg.from_onnx(str(tmp_path / "apart.onnx")).parameters["W"].value, [[1, 2, 3], [4, 5, 6]])


def test_stored_whole_numbers_are_constants():
    graph = mg.from_onnx(model("example (float[N, 4] x) => (float[M] y) <int64[1] end = {-1}> { y = Reshape(x, end) }"))
    assert graph.variables == {} and graph.outputs["y"].shape == ("4·N",)


def test_shapes_that_follow_from_constants_are_known_before_a_run():
    graph = mg.from_onnx(
        model("""
        example (float[2, 6] x) => (float[a, b] y) <int64[2] rows_and_columns = {3, 4}> {
            shape = Shape (x)
            ones = Div (shape, shape)
            sizes = Mul (ones, rows_and_columns)
            y = Reshape(x, sizes)
        }""")
    )
    assert graph.outputs["y"].shape == (3, 4) and len(graph.operations) == 1


def test_the_size_of_a_named_axis_can_be_part_of_a_shape():
    graph = mg.from_onnx(
        model("""
        example (float[N, 3, 4] x) => (float[N, M] y) <int64[1] rest = {-1}, int64 first = {0}, int64[1] front = {0}> {
            shape = Shape(x)
            rows = Gather <axis = 0> (shape, first)
            front_rows = Unsqueeze(rows, front)
            sizes = Concat <axis = 0> (front_rows, rest)
            y = Reshape(x, sizes)
        }""")
    )
    assert graph.outputs["y"].shape == ("N", 12)


def test_a_product_of_sizes_can_be_part_of_a_shape():
    graph = mg.from_onnx(
        model("""
        example (float[N, T, 4] x) => (float[M, 4] y) <int64[1] features = {4}, int64[1] front = {0}> {
            rows = Shape <end = 1> (x)
            places = Shape <start = 1, end = 2> (x)
            count = Mul (rows, places)
            whole = Cast <to = 7> (count)
            one = Squeeze (whole, front)
            again = Unsqueeze (one, front)
            sizes = Concat <axis = 0> (again, features)
            y = Reshape(x, sizes)
        }""")
    )
    assert graph.outputs["y"].shape == ("N·T", 4)
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(graph.forward(x=x)["y"], x.reshape(6, 4))
    np.testing.assert_array_equal(mg.compile(graph)(x=x)["y"], x.reshape(6, 4))


def test_the_places_along_an_axis_of_any_size_are_counted():
    graph = mg.from_onnx(
        model("""
        example (float[T, 2] x) => (int64[T] places, float[T, 3] zeros)
        <int64 zero = {0}, int64 one = {1}, int64[1] three = {3}> {
            shape = Shape <end = 1> (x)
            length = Squeeze (shape)
            places = Range (zero, length, one)
            sizes = Concat <axis = 0> (shape, three)
            zeros = ConstantOfShape (sizes)
        }""")
    )
    assert graph.outputs["places"].shape == ("T",) and graph.outputs["zeros"].shape == ("T", 3)
    for run in (graph.forward(x=np.ones((4, 2))), mg.compile(graph)(x=np.ones((4, 2)))):
        np.testing.assert_array_equal(run["places"], [0, 1, 2, 3])
        np.testing.assert_array_equal(run["zeros"], np.zeros((4, 3)))


def test_bounds_are_stored_or_computed():
    text = "example (float[N] x, float low) => (float[N] y) <float high = {2}> { y = Clip(x, LOW, high) }"
    stored, computed = (mg.from_onnx(model(text.replace("LOW", low))) for low in ("", "low"))
    assert repr(stored["y"]) == "Clip 'y' (N, float32)" and repr(computed["y"]) == "Min 'y' (N, float32)"
    np.testing.assert_array_equal(computed.forward(x=[-9, 1, 9], low=-1)["y"], [-1, 1, 2])


def test_the_last_elements_along_an_axis_of_any_size_are_taken_by_their_numbers():
    text = """
        example (float[N, T, 3] x) => (float[N, M, 2] y)
        <int64[2] starts = {-2, 1}, int64[2] ends = {9223372036854775807, 3}, int64[2] axes = {1, -1}> {
            y = Slice (x, starts, ends, axes)
        }"""
    graph = mg.from_onnx(model(text))
    assert graph.outputs["y"].shape == ("N", 2, 2)
    x = np.arange(12.0).reshape(1, 4, 3)
    np.testing.assert_array_equal(graph.forward(x=x)["y"], x[:, -2:, 1:])
    with pytest.raises(mg.InputError, match=r"^Gather takes indices from -1 to 0, but was given -2\."):
        graph.forward(x=x[:, :1])


def test_a_number_of_elements_can_be_part_of_a_shape():
    graph = mg.from_onnx(
        model("""
        example (float[N, T, 4] x, int64[2, 2] n) => (float[M] y, int64[2, 1] z) <int64[1] last = {1}> {
            shape = Shape (x)
            count = ReduceProd (shape)
            y = Reshape (x, count)
            z = ReduceProd (n, last)
        }""")
    )
    assert graph.outputs["y"].shape == ("4·N·T",)
    run = graph.forward(x=np.ones((2, 3, 4)), n=[[2, 3], [4, 5]])
    assert run["y"].shape == (24,) and run["z"].tolist() == [[6], [20]] and run["z"].dtype == np.int64


def test_a_part_may_be_as_long_as_an_axis_whose_size_a_run_tells():
    graph = mg.from_onnx(
        model("""
        example (float[N, T, 2] x) => (float[N, T, 2] y)
        <float[4, 2] table = {1, 2, 3, 4, 5, 6, 7, 8}, int64[1] zero = {0}, int64[1] axis = {0}> {
            length = Shape <start = 1, end = 2> (x)
            places = Slice (table, zero, length, axis)
            y = Add (x, places)
        }""")
    )
    run = graph.forward(x=np.zeros((1, 3, 2)))
    np.testing.assert_array_equal(run["y"], [[[1, 2], [3, 4], [5, 6]]])
    with pytest.raises(mg.InputError, match=r"^Gather takes indices from -4 to 3, but "):
        graph.forward(x=np.zeros((1, 5, 2)))


def test_minus_one_in_the_place_of_a_size_is_told_from_one_with_a_name():
    """As PyTorch exports `token.expand(x.shape[0], -1, -1)`."""
    graph = mg.from_onnx(
        model("""
        example (float[N, 3] x) => (float[N, 1, 2] y)
        <float[1, 1, 2] token = {5, 6}, int64[2] rest = {-1, -1}, int64[3] ones = {1, 1, 1}, int64[1] whole = {-1},
         int64[3] any = {-1, -1, -1}> {
            rows = Shape <end = 1> (x)
            sizes = Concat <axis = 0> (rows, rest)
            flat = Reshape (sizes, whole)
            open = Equal (flat, any)
            shape = Where (open, ones, flat)
            y = Expand (token, shape)
        }""")
    )
    for run in (graph.forward(x=np.ones((4, 3))), mg.compile(graph)(x=np.ones((4, 3)))):
        np.testing.assert_array_equal(run["y"], np.full((4, 1, 2), [5, 6]))
    text = "example (float[N, 3] x) => (bool[1] y) <int64[1] two = {2}> { n = Shape <end = 1> (x) y = Equal (n, two) }"
    assert repr(mg.from_onnx(model(text)).outputs["y"]) == "Equal 'y' (1, bool)"


def test_functions_of_the_model_are_written_out():
    graph = mg.from_onnx(
        model(
            """
            example (float[N] x) => (float[N] y) { y = own.twice(x) }
            <domain: "own", opset_import: ["" : 22]>
            twice (a) => (b) { b = Add(a, a) }""",
            '<ir_version: 10, opset_import: ["" : 22, "own" : 1]>',
        )
    )
    np.testing.assert_array_equal(graph.forward(x=[1, 2])["y"], [2, 4])


def test_an_operator_that_is_a_function_of_others_is_a_block_of_them():
    graph = mg.from_onnx(
        model(
            """
        example (float[N, 2, 4, 3] x) => (float[N, 2, 4, 3] z) {
            [first] y = Attention <is_causal = 1> (x, x, x)
            [second] z = Attention <scale = 0.5> (y, y, y)
        }""",
            '<ir_version: 10, opset_import: ["" : 23]>',
        )
    )
    assert {node.block for node in graph.operations} == {("first",), ("second",)}
    assert {name for name in graph.names} == {"x", "y", "z"}
    x = np.random.default_rng(0).normal(size=(1, 2, 4, 3)).astype(np.float32)
    y = mg.blocks.attention(*[mg.Constant(x)] * 3, causal=True)
    run = graph.forward(x=x)
    np.testing.assert_allclose(run["y"], mg.Graph(y=y).forward()["y"], rtol=1e-5, atol=1e-6)


def test_a_branch_is_chosen_by_what_is_stored(refused):
    text = """
        example (float[N] x) => (float[N] y) <bool taken = {1}> {
            y = If (taken) <
                then_branch = one () => (float[N] a) { a = Exp(x) },
                else_branch = two () => (float[N] b) { b = Log(x) }
            >
        }"""
    assert repr(mg.from_onnx(model(text))["y"]) == "Exp 'y' (N, float32)"
    computed = text.replace("<bool taken = {1}> {", "{ total = ReduceSum <keepdims = 0> (x) taken = Cast <to = 9> (total)")
    refused(mg.OperationError, lambda: mg.from_onnx(model(computed)))


SCAN = """
    example (float[M] start, float[T, M] x) => (float[M] last, float[T, M] sums) {
        last, sums = Scan <num_scan_inputs = 1, body = turn (float[M] h, float[M] part) => (float[M] sum, float[M] given) {
            sum = Add(h, part)
            given = Identity(sum)
        }> (start, x)
    }"""


@pytest.mark.parametrize("length", ["3", "T"])
def test_a_scan_is_a_scan_of_any_length(length):
    graph = mg.from_onnx(model(SCAN.replace("T", length)))
    run = graph.forward(start=[1, 2], x=[[1, 0], [2, 0], [3, 5]])
    np.testing.assert_array_equal(run["sums"], [[2, 2], [4, 2], [7, 7]])
    np.testing.assert_array_equal(run["last"], [7, 7])
    assert [type(node) for node in graph.nodes].count(Scan) == 1


def test_what_the_graph_of_a_scan_stores_is_one_parameter():
    proto = model(SCAN.replace("M", "2").replace("[T", "[3").replace("Add(h, part)", "Mul(h, scale)"))
    body = proto.graph.node[0].attribute
    (graph,) = (each.g for each in body if each.name == "body")
    graph.initializer.append(onnx.numpy_helper.from_array(np.array([2, 3], np.float32), "scale"))
    read = mg.from_onnx(proto, parameters=["scale"])
    assert list(read.parameters) == ["scale"]
    np.testing.assert_array_equal(read.forward(start=[1, 1])["last"], [8, 27])


def test_a_loop_repeats_as_often_as_is_stored():
    text = """
        example (float[N] x) => (float[N] y, float[2, N] each) <int64 turns = {2}, bool going = {1}> {
            y, each = Loop (turns, going, x) <body = turn (int64 i, bool on, float[N] h) => (bool go, float[N] a, float[N] b) {
                go = Identity(on)
                a = Add(h, h)
                b = Identity(a)
            }>
        }"""
    graph = mg.from_onnx(model(text))
    run = graph.forward(x=[1, 3])
    np.testing.assert_array_equal(run["each"], [[2, 6], [4, 12]])
    np.testing.assert_array_equal(run["y"], [4, 12])
    assert [type(node) for node in graph.nodes].count(Scan) == 1
    none = text.replace("int64 turns = {2}", "int64 turns = {0}").replace("float[2, N]", "float[0, N]")
    run = mg.from_onnx(model(none)).forward(x=[1, 3])
    assert run["each"].shape == (0, 2) and run["y"].tolist() == [1, 3]


def test_a_loop_that_ends_or_grows_is_unrolled(refused):
    text = """
        example (float[2] x) => (float[M] y, float[M, 2] each) <int64 turns = {3}, bool going = {1}> {
            y, each = Loop (turns, going, x) <body = turn (int64 i, bool on, float[K] h) => (bool go, float[L] a, float[2] b) {
                GOES
                a = GROWS
                b = Identity(x)
            }>
        }"""
    ending = text.replace("GOES", "one = Constant <value_int = 1> () go = Less(i, one)").replace("GROWS", "Add(h, x)")
    assert mg.from_onnx(model(ending)).forward(x=[1, 3])["y"].tolist() == [3, 9]
    growing = text.replace("GOES", "go = Identity(on)").replace("GROWS", "Concat <axis = 0> (h, x)")
    assert mg.from_onnx(model(growing)).forward(x=[1, 3])["y"].tolist() == [1, 3] * 4
    none = growing.replace("int64 turns = {3}", "int64 turns = {0}")
    refused(mg.OperationError, lambda: mg.from_onnx(model(none)))


def test_what_goes_wrong_within_a_function_names_the_operator_that_it_is():
    text = """<ir_version: 10, opset_import: ["" : 22, "own" : 1]>
    example (float[N] x) => (float[M] y) { y = own.sieve(x) }
    <domain: "own", opset_import: ["" : 22]> sieve (a) => (b) { b = Unique(a) }"""
    with pytest.raises(mg.OperationError, match="minigraph has no operation for Unique 'b' of sieve 'y'") as error:
        mg.from_onnx(parser.parse_model(text))
    assert "docs/onnx.md" in str(error.value)


def test_quantised_numbers_are_whole_numbers_of_few_bits():
    graph = mg.from_onnx(
        model("""
        example (float[N, 2] x) => (int8[N, 2] q, float[N, 2] y) <float[2] scale = {0.5, 2}, int8[2] zero = {1, -1}> {
            q = QuantizeLinear <axis = 1> (x, scale, zero)
            y = DequantizeLinear <axis = 1> (q, scale, zero)
        }""")
    )
    run = graph.forward(x=[[1, 5], [-999, 999]])
    np.testing.assert_array_equal(run["q"], [[3, 1], [-128, 127]])
    np.testing.assert_array_equal(run["y"], [[1, 4], [-64.5, 256]])


def test_sequences_of_many_lengths_are_turned_round(refused):
    text = "example (float[T, N, 2] x, int64[N] n) => (float[T, N, 2] y) { y = ReverseSequence(x, n) }"
    x = np.arange(12.0).reshape(3, 2, 2)
    y = mg.from_onnx(model(text.replace("T", "3"))).forward(x=x, n=[3, 2])["y"]
    np.testing.assert_array_equal(y[:, 0], x[::-1, 0])
    np.testing.assert_array_equal(y[:, 1], x[[1, 0, 2], 1])
    refused(mg.OperationError, lambda: mg.from_onnx(model(text)))


def test_elements_are_chosen_by_a_condition_that_is_stored():
    text = "example (float[N, 3] x) => (float[N, M] y) <bool[3] taken = {1, 0, 1}> { y = Compress <axis = 1> (x, taken) }"
    np.testing.assert_array_equal(mg.from_onnx(model(text)).forward(x=[[1, 2, 3]])["y"], [[1, 3]])


def test_the_places_of_the_maxima_are_a_second_value():
    graph = mg.from_onnx(
        model("""
        example (float[2, 2, 4] x) => (float[2, 2, 2] y, int64[2, 2, 2] at) {
            y, at = MaxPool <kernel_shape = [2], strides = [2]> (x)
        }""")
    )
    x = np.random.default_rng(0).normal(size=(2, 2, 4)).astype(np.float32)
    run = graph.forward(x=x)
    np.testing.assert_array_equal(x.ravel()[run["at"]], run["y"])


def test_in_training_running_statistics_follow_those_of_the_batch():
    graph = mg.from_onnx(
        model("""
        example (float[N, 2] x, float[2] a, float[2] b, float[2] m, float[2] v) => (float[N, 2] y, float[2] m2, float[2] v2) {
            y, m2, v2 = BatchNormalization <training_mode = 1, momentum = 0.75> (x, a, b, m, v)
        }""")
    )
    run = graph.forward(x=[[1, 2], [3, 6]], a=[1, 1], b=[0, 0], m=[0, 4], v=[1, 0])
    np.testing.assert_allclose(run["y"], [[-1, -1], [1, 1]], rtol=1e-4)
    np.testing.assert_allclose(run["m2"], [0.5, 4])
    np.testing.assert_allclose(run["v2"], [1, 1])


NORMALIZED = [-0.583, -0.577, -0.5718, 1.732]
HALF = [
    ("LayerNormalization (x, one)", "[1,4]", "[4]", NORMALIZED),
    ("RMSNormalization (x, one)", "[1,4]", "[4]", [0.005, 0.01, 0.015, 2.0]),
    ("GroupNormalization <num_groups = 1> (x, one, none)", "[1,2,2]", "[2]", NORMALIZED),
    ("InstanceNormalization (x, one, none)", "[1,1,4]", "[1]", NORMALIZED),
]


@pytest.mark.parametrize(("node", "shape", "weights", "y"), HALF)
def test_a_normalisation_in_half_precision_is_computed_in_float32(node, shape, weights, y):
    """The numbers are ONNX Runtime's; 400² is beyond half precision."""
    given = ", ".join(f"float16{weights} {name}" for name in ("one", "none") if name in node)
    head = '<ir_version: 10, opset_import: ["" : 23]>'
    graph = mg.from_onnx(model(f"example (float16{shape} x, {given}) => (float16{shape} y) {{ y = {node} }}", head))
    of_each = {"one": np.ones, "none": np.zeros}
    arrays = {name: of_each[name](graph.inputs[name].shape) for name in graph.inputs if name != "x"}
    found = graph.forward(x=np.reshape([1, 2, 3, 400], graph.inputs["x"].shape), **arrays)["y"]
    np.testing.assert_allclose(found.ravel(), y, rtol=2e-3)
    assert found.dtype == np.float16


def test_the_logarithm_of_a_sum_of_exponentials_takes_infinities():
    graph = mg.from_onnx(model("example (float[2, 2] x) => (float[2, 1] y) { y = ReduceLogSumExp <axes = [1]> (x) }", OPSET_13))
    assert graph.forward(x=[[-np.inf, -np.inf], [np.inf, 1]])["y"].ravel().tolist() == [-np.inf, np.inf]


@pytest.mark.parametrize("kind", ["float16", "double"])
def test_the_statistics_of_a_layer_normalisation_are_in_float32(kind):
    graph = mg.from_onnx(
        model(f"""
        example ({kind}[1, 4] x, {kind}[4] w) => ({kind}[1, 4] y, float[1, 1] mean, float[1, 1] inverse) {{
            y, mean, inverse = LayerNormalization <stash_type = 1> (x, w)
        }}""")
    )
    run = graph.forward(x=[[1, 2, 3, 400]], w=np.ones(4))
    assert run["mean"].dtype == run["inverse"].dtype == np.float32
    np.testing.assert_allclose([run["mean"].item(), run["inverse"].item()], [101.5, 0.0058024665], rtol=1e-6)


def test_half_precision_does_not_count_how_many_numbers_a_range_has():
    ends = {"a": np.float16(0), "b": np.float16(1000), "c": np.float16(0.3)}
    proto = model("example (float[N] x) => (float16[M] y) { y = Range(a, b, c) }")
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(np.array(each), name) for name, each in ends.items())
    y = mg.from_onnx(proto).outputs["y"]
    assert y.shape == (3333,) and y.dtype == np.float16  # 1000 / 0.30005 is 3332.8


def test_an_image_is_resized_but_not_its_batch_or_channels(refused):
    text = "example (float[N, 3, 2, 2] x) => (float[N, 3, a, b] y) <float[4] s = {1, 1, 2, 3}> { y = Resize(x, , s) }"
    assert mg.from_onnx(model(text)).outputs["y"].shape == ("N", 3, 4, 6)
    refused(mg.OperationError, lambda: mg.from_onnx(model(text.replace("(x, , s)", "(x)"))))
    assert error_of("example (float[N] x) => (float[M] y) <float[1] s = {2}> { y = Resize(x, , s) }")[0] == "ShapeError"
    refused(mg.OperationError, lambda: mg.from_onnx(model(text.replace("1, 1, 2, 3", "1, 2, 2, 3"))))


def test_an_axis_without_a_name_is_named_after_its_input():
    graph = mg.from_onnx(model("example (float[?, 2] x) => (float[?, 2] y) { y = Tanh(x) }"))
    assert graph.inputs["x"].shape == ("x_0", 2)


def test_an_axis_whose_name_is_no_word_is_made_one():
    proto = model("example (float[N, 2] x) => (float[N, 2] y) { y = Tanh(x) }")
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "past + 1"
    assert mg.from_onnx(proto).inputs["x"].shape == ("past___1", 2)


def test_an_input_given_straight_out_is_an_output():
    graph = mg.from_onnx(model("example (float[2] x) => (float[2] y) { y = Identity(x) }"))
    np.testing.assert_array_equal(graph.forward(x=[1, 2])["y"], [1, 2])


def test_an_operator_that_there_is_not_is_named(refused):
    refused(mg.OperationError, lambda: mg.from_onnx(model("example (float[N] x) => (int64[1, M] y) { y = NonZero(x) }")))


def test_an_operator_of_another_domain_is_refused(refused):
    text = "example (float[N] x) => (float[N] y) { y = com.others.Normalizer(x) }"
    refused(mg.OperationError, lambda: mg.from_onnx(model(text, '<ir_version: 10, opset_import: ["" : 22, "com.others" : 1]>')))


def test_an_attribute_that_minigraph_does_not_have_is_refused(refused):
    assert error_of("example (float[N, 2] x) => (float[N, 2] y) { y = Gemm <transA = 1> (x) }")[0] == "FormatError"
    text = """
        example (float[N, 2, 2] x) => (float[N, 2, 4] y) <float[3] s = {1, 1, 2}> {
            y = Resize <extrapolation_value = 3.0> (x, , s)
        }"""
    refused(mg.OperationError, lambda: mg.from_onnx(model(text)))


def test_a_shape_that_only_a_run_could_tell_is_refused_by_its_name(refused):
    refused(
        mg.OperationError,
        lambda: mg.from_onnx(model("example (float[N, 2] x, int64[1] axes) => (float[M] y) { y = ReduceSum(x, axes) }")),
    )


@pytest.mark.parametrize("node", [
    "OneHot <axis = 3> (at, depth, two)",
    "LayerNormalization <axis = 2> (x, two)",
    "Mod <fmod = 3> (x, x)",
    "ReverseSequence <batch_axis = 1, time_axis = 1> (x, at)",
    "RNN <clip = 0.0> (cube, cube, cube)",
    "RNN <layout = 2> (cube, cube, cube)",
    'RNN <direction = "sideways"> (cube, cube, cube)',
    "RNN <hidden_size = 3> (cube, cube, cube)",
    "Slice (x, at, at, axis)",
])  # fmt: skip
def test_an_axis_a_flag_or_a_number_that_there_is_not_is_refused(node):
    kind, message = error_of(f"""
        example (float[2, 2] x, float[2, 2, 2] cube) => (float[2, 2] y)
        <int64[2] at = {{1, 1}}, int64 depth = {{2}}, float[2] two = {{0, 1}}, int64[2] axis = {{0, 7}}> {{ y = {node} }}""")
    assert kind in ("OperationError", "ShapeError") and f"{node.split()[0]} 'y'" in message and "cannot be read" not in message


@pytest.mark.parametrize("sizes", ["2, 2", "4, -1", "3, 1"])
def test_parts_must_make_up_the_whole(sizes):
    text = f"example (float[3] x) => (float[A] y, float[B] z) <int64[2] sizes = {{{sizes}}}> {{ y, z = Split(x, sizes) }}"
    assert error_of(text)[1].startswith("Split 'y' parts 3 elements into 2 parts of ")


def test_a_type_that_is_asked_of_quantised_numbers_is_kept():
    text = """
        example (uint8[N] q, float[N] x) => (float16[N] y, uint8[N] z) <float scale = {0.0625}> {
            y = DequantizeLinear <output_dtype = 10> (q, scale)
            z = QuantizeLinear <precision = 10> (x, scale)
        }"""
    run = mg.from_onnx(model(text, '<ir_version: 11, opset_import: ["" : 23]>')).forward(q=[3], x=[10.65])
    assert run["y"].dtype == np.float16 and run["y"].tolist() == [0.1875]
    assert run["z"].tolist() == [170] == [int(np.rint(np.float16(10.65) / np.float16(0.0625)))]


def test_types_that_numpy_does_not_have_are_refused(refused):
    refused(mg.OperationError, lambda: mg.from_onnx(model("example (bfloat16[N] x) => (bfloat16[N] y) { y = Tanh(x) }")))
    refused(
        mg.OperationError,
        lambda: mg.from_onnx(
            model("example (seq(float[N]) x) => (float[N] y) { i = Constant <value_int = 0> () y = SequenceAt(x, i) }")
        ),
    )


def test_a_model_that_onnx_finds_unsound_is_refused():
    kind, message = error_of("example (float[N] x) => (float[N] y) { y = Tanh(z) }")
    assert kind == "FormatError" and message.startswith("ONNX refuses the model: ")


def test_a_file_that_is_no_model_is_told(tmp_path):
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(mg.FormatError, match=r"text\.onnx is not an ONNX model"):
        mg.from_onnx(tmp_path / "text.onnx")
    with pytest.raises(mg.FileError, match=r"There is no file .*none\.onnx to read an ONNX model from\."):
        mg.from_onnx(tmp_path / "none.onnx")
    with pytest.raises(mg.FormatError, match=r"from_onnx takes the path of a file, or an onnx\.ModelProto, not int"):
        mg.from_onnx(3)


def test_without_onnx_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(mg.MissingPackageError, match=r"onnx is not installed: pip install 'minigraph\[onnx\]'\."):
        mg.from_onnx("model.onnx")


def test_computing_in_a_type_that_numpy_does_not_have_is_refused(refused):
    refused(
        mg.OperationError,
        lambda: mg.from_onnx(
            model("example (float[N] x) => (float[N] y) <bfloat16[1] w = {1}> { u = Add(w, w) y = Cast <to = 1> (u) }")
        ),
    )
