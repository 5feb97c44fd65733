"""Which of the numbers that an ONNX model stores are parameters, variables and constants."""

import pickle

import numpy as np
import pytest
from onnx import parser

import minigraph as mg

HEAD = '<ir_version: 10, opset_import: ["" : 22]>'


def read(text, head=HEAD, **options):
    return mg.from_onnx(parser.parse_model(head + text), **options)


def numbers(*sizes):
    return f"{{{', '.join(['0.5'] * int(np.prod(sizes)))}}}"


W23, V3 = f"float[2, 3] w = {numbers(2, 3)}", f"float[3] v = {numbers(3)}"
WEIGHTS = {
    "MatMul": (f"(float[N,2] x) => (float[N,3] y) <{W23}>", "y = MatMul(x, w)", ["w"]),
    "the left of MatMul": (f"(float[3,N] x) => (float[2,N] y) <{W23}>", "y = MatMul(w, x)", ["w"]),
    "Gemm": (f"(float[N,2] x) => (float[N,3] y) <{W23}, {V3}>", "y = Gemm(x, w, v)", ["v", "w"]),
    "a bias behind MatMul": (f"(float[N,2] x) => (float[N,3] y) <{W23}, {V3}>", "z = MatMul(x, w) y = Add(v, z)", ["v", "w"]),
    "through Transpose": (f"(float[N,3] x) => (float[N,2] y) <{W23}>", "t = Transpose(w) y = MatMul(x, t)", ["w"]),
    "through Reshape and Identity": (
        f"(float[N,3] x) => (float[N,2] y) <{W23}, int64[2] s = {{3, 2}}>",
        "t = Reshape(w, s) u = Identity(t) y = MatMul(x, u)",
        ["w"],
    ),
    "through Cast": (
        f"(float[N,2] x) => (float[N,3] y) <double[2, 3] w = {numbers(2, 3)}>", "t = Cast <to = 1> (w) y = MatMul(x, t)", ["w"],
    ),
    "through Concat": (
        f"(float[N,2] x) => (float[N,6] y) <{W23}, float[2, 3] u = {numbers(2, 3)}>",
        "t = Concat <axis = 1> (w, u) y = MatMul(x, t)",
        ["u", "w"],
    ),
    "parts put together in a branch": (
        f"(float[N,2] x) => (float[N,3] y) <{W23}, bool c = {{1}}, int64[1] a = {{0}}, int64[1] b = {{1}}, int64[1] d = {{2}}>",
        "y = If(c) <then_branch = t () => (float[N,3] p) { q = Slice(w, a, b, a) r = Slice(w, b, d, a)"
        " v = Concat <axis = 0> (r, q) p = MatMul(x, v) }, else_branch = e () => (float[N,3] o) { o = ReduceMean(x, b) }>",
        ["w"],
    ),
    "Gather": (f"(int64[N] x) => (float[N,3] y) <{W23}>", "y = Gather(w, x)", ["w"]),
    "PRelu": (f"(float[N,3] x) => (float[N,3] y) <{V3}>", "y = PRelu(x, v)", ["v"]),
    "LayerNormalization": (f"(float[N,3] x) => (float[N,3] y) <{V3}>", "y = LayerNormalization(x, v, v)", ["v"]),
    "a layer normalisation of its parts": (
        f"(float[N,3] x) => (float[N,3] y) <{V3}, float[3] b = {numbers(3)}, float e = {{0.1}}>",
        "q = Mul(x, x) a = Add(q, e) r = Sqrt(a) n = Div(x, r) s = Mul(n, v) y = Add(s, b)",
        ["b", "v"],
    ),
    "a Constant node": (
        "(float[N,3] x) => (float[N,3] y)", f"c = Constant <value = float[3] {numbers(3)}> () y = PRelu(x, c)", ["c"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", WEIGHTS)
def test_what_reaches_the_place_of_a_weight_is_a_parameter(place):
    head, nodes, parameters = WEIGHTS[place]
    graph = read(f"g {head} {{ {nodes} }}")
    assert sorted(graph.parameters) == sorted(graph.imported.parameters) == parameters


CONSTANTS = {
    "a factor": (f"(float[N,3] x) => (float[N,3] y) <{V3}>", "y = Mul(x, v)"),
    "what is taken from an image": (f"(float[N,3] x) => (float[N,3] y) <{V3}>", "z = Sub(x, v) y = Div(z, v)"),
    "one number in a weight's place": ("(float[N,3] x) => (float[N,3] y) <float[1] v = {0.25}>", "y = PRelu(x, v)"),
    "a mask behind a product": (
        f"(float[3,2] x) => (float[3,3] y) <float[3,3] v = {numbers(3, 3)}>",
        "t = Transpose(x) z = MatMul(x, t) y = Add(z, v)",
    ),
}


@pytest.mark.parametrize("place", CONSTANTS)
def test_all_other_numbers_are_constants(place):
    head, nodes = CONSTANTS[place]
    graph = read(f"g {head} {{ {nodes} }}")
    assert graph.variables == {} and graph.imported.constants == ("v",)


BATCH = """g (float[N,2] x) => (float[N,2] y)
    <float[2] s = {1, 2}, float[2] b = {0, 1}, float[2] m = {0.5, 0.25}, float[2] v = {1, 4}> {
        y = BatchNormalization(x, s, b, m, v)
    }"""


def test_running_statistics_are_variables():
    graph = read(BATCH)
    assert sorted(graph.parameters) == ["b", "s"] and sorted(graph.variables) == ["b", "m", "s", "v"]
    assert graph.imported.variables == ("m", "v")
    loss = (graph["y"] * graph["y"]).mean()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.1).minimize(loss))
    step(x=[[1, 2], [3, 4]])
    assert graph.variables["m"].value.tolist() == [0.5, 0.25] and graph.parameters["b"].value.tolist() != [0, 1]


def test_a_table_that_is_also_a_product_is_one_parameter():
    text = f"g (int64[N] x) => (float[N,2] y) <{W23}> {{ z = Gather(w, x) t = Transpose(w) y = MatMul(z, t) }}"
    assert list(read(text).parameters) == ["w"]


def test_weights_that_reach_the_graph_of_a_node_or_a_function_are_parameters():
    text = f"""g (float[2,3,3] x, float[3] h) => (float[2,3] y) <float[3,3] w = {numbers(3, 3)}> {{
        a, y = Scan <num_scan_inputs = 1, body = t (float[3] s, float[3,3] p) => (float[3] n, float[3] o) {{
            z = MatMul(s, w)
            n = Tanh(z)
            o = Identity(n)
        }}> (h, x)
    }}"""
    assert list(read(text).parameters) == ["w"]
    text = f"""g (float[N,2] x) => (float[N,3] y) <{W23}, {V3}> {{ y = own.dense(x, w, v) }}
        <domain: "own", opset_import: ["" : 22]> dense (a, b, c) => (d) {{ z = MatMul(a, b) d = Add(z, c) }}"""
    graph = read(text, '<ir_version: 10, opset_import: ["" : 22, "own" : 1]>')
    assert sorted(graph.parameters) == ["v", "w"] and {node.block for node in graph.operations} == {("y",)}


def test_what_two_graphs_store_under_one_name_is_two_things():
    scan = """{o} = Scan <num_scan_inputs = 1, body = b (float[2] h{i}, float[2] p{i}) => (float[2] s{i}, float[2] u{i})
        <float[2,2] w = {{{w}}}> {{ s{i} = MatMul(h{i}, w) u{i} = Identity(p{i}) }}> (h, x)"""
    parts = scan.format(o="a, c", i=1, w="1, 0, 0, 1") + scan.format(o="b, d", i=2, w="2, 0, 0, 2")
    graph = read(f"g (float[3,2] x, float[2] h) => (float[2] a, float[2] b, float[3,2] c, float[3,2] d) {{ {parts} }}")
    run = graph.forward(x=np.ones((3, 2)), h=[1, 1])
    assert run["a"].tolist() == [1, 1] and run["b"].tolist() == [8, 8] and sorted(graph.parameters) == ["w", "w_2"]


TWO = f"g (float[N,2] x) => (float[N,3] y) <{W23}, float[1] one = {{2}}> {{ z = MatMul(x, w) y = Mul(z, one) }}"


def test_which_are_parameters_can_be_said_by_names_or_by_a_function():
    assert list(read(TWO).parameters) == ["w"]
    assert list(read(TWO, parameters=["one"]).parameters) == ["one"]
    assert sorted(read(TWO, parameters=lambda name: True).parameters) == ["one", "w"]
    assert read(TWO, parameters=()).variables == {}


def test_names_that_the_model_does_not_store_are_refused():
    with pytest.raises(mg.UnknownNameError, match=r"no floating-point numbers named 'ones'\. Did you mean 'one'\?"):
        read(TWO, parameters=["ones"])
    with pytest.raises(mg.OperationError, match=r"parameters takes names, such as \['W'\], or a function of a name, not 'w'"):
        read(TWO, parameters="w")


def test_what_was_decided_is_printed_and_pickled():
    imported = read(TWO).imported
    assert str(imported).splitlines() == ["parameters (1): w", "variables (0): none", "constants (1): one"]
    assert pickle.loads(pickle.dumps(read(TWO))).imported == imported
