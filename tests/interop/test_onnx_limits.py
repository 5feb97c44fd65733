"""What a small ONNX file may ask for is bounded by what it holds."""

import time
import tracemalloc

import numpy as np
import pytest
from onnx import TensorProto, helper, parser

import minigraph as mg

HEAD = '<ir_version: 10, opset_import: ["" : 22]>'
COMPUTED = {
    "ConstantOfShape": ("int64[2] k = {1000000, 1000000}", "z = ConstantOfShape(k)"),
    "Range": ("int64 a = {0}, int64 b = {1000000000000}, int64 c = {1}", "r = Range(a, b, c) z = Cast <to = 1> (r)"),
    "Expand": ("int64[1] v = {7}, int64[2] k = {1000000, 1000000}", "e = Expand(v, k) z = Cast <to = 1> (e)"),
    "Tile": ("int64[1] v = {7}, int64[1] k = {1000000000000}", "e = Tile(v, k) z = Cast <to = 1> (e)"),
    "OneHot": ("int64[1] v = {7}, int64 d = {1000000000000}, float[2] y = {0, 1}", "z = OneHot(v, d, y)"),
    "Pad": ("int64[1] v = {7}, int64[2] k = {1000000000000, 0}", "e = Pad(v, k) z = Cast <to = 1> (e)"),
    "many times": ("int64[1] k = {50000000}", " ".join(f"z{i} = ConstantOfShape(k)" for i in range(9)) + " z = Neg(z1)"),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_very_many_constant_numbers_are_refused_before_they_are_computed(name):
    stored, nodes = COMPUTED[name]
    text = f"g (float[N] x) => (float[N] o) <{stored}> {{ {nodes} s = ReduceSum <keepdims = 0> (z) o = Add(x, s) }}"
    with pytest.raises(mg.FormatError, match=r"would compute more than the \d+ bytes[^$]*\n  Make"):
        mg.from_onnx(parser.parse_model(HEAD + text))


def test_a_part_of_an_axis_of_any_size_may_not_be_very_long():
    text = "g (float[N] x) => (float[M] y) <int64[1] s = {0}, int64[1] e = {900000000}> { y = Slice(x, s, e) }"
    with pytest.raises(mg.FormatError, match="Slice 'y' would compute more than"):
        mg.from_onnx(parser.parse_model(HEAD + text))


def test_a_large_product_of_constants_is_left_to_the_run():
    text = """g () => (float[A, B] y) <int64[2] k = {3000, 3000}> { a = ConstantOfShape(k) y = MatMul(a, a) }"""
    assert [type(node).__name__ for node in mg.from_onnx(parser.parse_model(HEAD + text)).operations] == ["MatMul"]


LOOP = """g (float[N] x) => (float[N] o) <int64 m = {TURNS}, bool c = {1}> {
    o = Loop(m, c, x) <body = b (int64 i, bool ci, float[N] a) => (bool co, float[N] a2) { BODY co = Identity(ci) }>
}"""
INNER = """a2 = Loop(m, ci, a) <body = b2 (int64 j, bool cj, float[N] d) => (bool ck, float[N] e) {
    e = Tanh(d) ck = Identity(cj)
}>"""


@pytest.mark.parametrize("text", [
    LOOP.replace("TURNS", "1000000000").replace("BODY", "a2 = Tanh(a)"),
    LOOP.replace("TURNS", "1000000000").replace("BODY", "").replace("float[N] a2", "float[N] a"),
    LOOP.replace("TURNS", "1000").replace("BODY", INNER),
    "g (float[1000000000, 1, 1] x, float[1, 1, 1] w) => (float[1, 1, 1] h) { y, h = RNN <hidden_size = 1> (x, w, w) }",
])  # fmt: skip
def test_very_many_turns_are_one_node(text, monkeypatch):
    monkeypatch.setattr("minigraph.interop.onnx.storage.NODES", 100)
    start = time.perf_counter()
    assert len(mg.from_onnx(parser.parse_model(HEAD + text)).nodes) < 40
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("text", [
    LOOP.replace("TURNS", "1000000000").replace("BODY", "a2 = Tanh(a)").replace("Identity(ci)", "Less(i, m)"),
    LOOP.replace("TURNS", "1000000000").replace("BODY", INNER).replace("Identity(cj)", "Less(j, m)"),
    "g (float[1, 3, 4] x) => (float[1, 3, 4] y) { y = LRN <size = 1000000000> (x) }",
])  # fmt: skip
def test_very_many_turns_are_refused(text, monkeypatch):
    monkeypatch.setattr("minigraph.interop.onnx.storage.NODES", 2000)
    start = time.perf_counter()
    with pytest.raises(mg.FormatError, match="would make the graph larger than"):
        mg.from_onnx(parser.parse_model(HEAD + text))
    assert time.perf_counter() - start < 20


def test_a_model_is_not_read_anew_for_ever(monkeypatch):
    """For each pair of axes that is taken to be equal it is read again."""
    monkeypatch.setattr("minigraph.interop.onnx.storage.NODES", 50)
    monkeypatch.setattr("minigraph.interop.onnx.storage.NODES_PER_NODE", 0)
    inputs = ", ".join(f"float[?] x{i}" for i in range(30))
    nodes = "y0 = Tanh(x0) " + " ".join(f"y{i} = Add(y{i - 1}, x{i})" for i in range(1, 30))
    with pytest.raises(mg.FormatError, match="would make the graph larger than"):
        mg.from_onnx(parser.parse_model(f"{HEAD} g ({inputs}) => (float[N] y29) {{ {nodes} }}"))


def test_functions_that_call_each_other_twice_are_refused(monkeypatch):
    monkeypatch.setattr("minigraph.interop.onnx.storage.NODES", 2000)
    functions = '<opset_import: ["" : 22], domain: "l"> f0 (a) => (b) { b = Tanh(a) }'
    for i in range(1, 28):
        functions += f' <opset_import: ["l" : 1], domain: "l"> f{i} (a) => (b) {{ c = l.f{i - 1}(a) b = l.f{i - 1}(c) }}'
    head = '<ir_version: 10, opset_import: ["" : 22, "l" : 1]>'
    with pytest.raises(mg.FormatError, match="would make the graph larger than"):
        mg.from_onnx(parser.parse_model(f"{head} g (float[N] x) => (float[N] o) {{ o = l.f27(x) }} {functions}"))


def test_functions_within_functions_are_refused_beyond_a_depth():
    functions = '<opset_import: ["" : 22], domain: "l"> f0 (a) => (b) { b = Tanh(a) }'
    for i in range(1, 70):
        functions += f' <opset_import: ["l" : 1], domain: "l"> f{i} (a) => (b) {{ b = l.f{i - 1}(a) }}'
    head = '<ir_version: 10, opset_import: ["" : 22, "l" : 1]>'
    with pytest.raises(mg.FormatError, match=r"nested more than \d+ deep"):
        mg.from_onnx(parser.parse_model(f"{head} g (float[N] x) => (float[N] o) {{ o = l.f69(x) }} {functions}"))


def test_branches_within_branches_are_read_in_little_time():
    inner = branch([helper.make_node("Neg", ["x"], ["y0"])], "y0")
    for depth in range(1, 20):
        other = branch([helper.make_node("Neg", ["x"], [f"w{depth}"])], f"w{depth}")
        inner = branch([helper.make_node("If", ["c"], [f"y{depth}"], then_branch=inner, else_branch=other)], f"y{depth}")
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N"])
    graph = helper.make_graph(list(inner.node), "m", [given], list(inner.output), [helper.make_tensor("c", 9, [], [True])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    np.testing.assert_array_equal(mg.from_onnx(model).forward(x=[1])["y19"], [-1])


def branch(nodes, output):
    return helper.make_graph(nodes, "b", [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N"])])


@pytest.mark.parametrize("nodes", ["s = Add(t, z)", "s = Mul(z, t)", "s = Div(z, t)", "c = Equal(t, z) s = Cast <to = 7> (c)"])
def test_very_many_sums_of_a_size_with_a_name_are_left_to_the_run(nodes):
    text = f"""g (float[N] x) => (float[M] y) <int64[1] k = {{1000000}}> {{
        t = Shape(x) z = ConstantOfShape <value = int64[1] {{1}}> (k) {nodes} y = Cast <to = 1> (s)
    }}"""
    start = time.perf_counter()
    assert mg.from_onnx(parser.parse_model(HEAD + text)).operations
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("step", ["Mul(s{0}, s{0})", "Mul(a{0}, s{0})"])
def test_sizes_that_grow_with_each_product_are_left_to_the_run(step):
    nodes = " ".join(f"a{i} = Add(s{i}, one) s{i + 1} = {step.format(i)}" for i in range(40))
    text = f"g (float[N] x) => (float[M] y) <int64[1] one = {{1}}> {{ s0 = Shape(x) {nodes} y = Cast <to = 1> (s40) }}"
    start = time.perf_counter()
    assert mg.from_onnx(parser.parse_model(HEAD + text)).operations
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("count", [0, 3, 1_000_000_000])
def test_a_scan_of_more_inputs_than_there_are_is_refused(count):
    text = f"""g (float[2] h, float[3, 2] x) => (float[2] y, float[3, 2] z) {{
        y, z = Scan <num_scan_inputs = {count}, body = b (float[2] s, float[2] e) => (float[2] t, float[2] o) {{
            t = Add(s, e) o = Identity(t)
        }}> (h, x)
    }}"""
    with pytest.raises(mg.FormatError, match=r"num_scan_inputs=\d+, of 2 inputs[^$]*\n  The file"):
        mg.from_onnx(parser.parse_model(HEAD + text))


def test_a_batch_whose_rows_are_too_many_to_be_scanned_one_by_one_is_refused():
    """In operator set 8 each row of a batch was scanned on its own."""
    text = """g (float[1000000000, 2] h, float[1000000000, 3, 2] x) => (float[1, 2] y, float[1, 3, 2] z) {
        y, z = Scan <num_scan_inputs = 1, body = b (float[2] s, float[2] e) => (float[2] t, float[2] o) {
            t = Add(s, e) o = Identity(t)
        }> ("", h, x)
    }"""
    tracemalloc.start()
    with pytest.raises(mg.FormatError, match="would make the graph larger"):
        mg.from_onnx(parser.parse_model(HEAD.replace(": 22", ": 8") + text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6


def test_a_graph_that_is_given_more_than_it_takes_is_refused():
    text = """g (float[2] h, float[3, 2] x) => (float[2] y) {
        y = Scan <num_scan_inputs = 1, body = b (float[2] s) => (float[2] t) { t = Tanh(s) }> (h, x)
    }"""
    with pytest.raises(mg.FormatError, match="gives its graph 2 values, and that takes 1"):
        mg.from_onnx(parser.parse_model(HEAD + text))


def test_a_window_over_a_very_long_axis_takes_no_memory_before_a_run():
    text = "g (float[1, 1, 1000000000] x) => (float[1, 1, 2] y) { y = MaxPool <kernel_shape = [2], strides = [2]> (x) }"
    tracemalloc.start()
    graph = mg.from_onnx(parser.parse_model(HEAD + text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert graph["y"].shape == (1, 1, 500_000_000) and peak < 20e6
