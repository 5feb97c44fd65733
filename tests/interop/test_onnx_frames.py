"""The names of a model's nodes, where they are paths, are blocks of its graph and frames in its picture."""

from onnx import parser

import minigraph as mg
from minigraph.ops.scan import Scan
from tests.explain.test_circuit import texts


def proto(nodes, **names):
    """A model of nodes that are given names, by the value that each gives."""
    stored = "float[2,2] W = {1, 2, 3, 4}, float[2] b = {1, 2}"
    model = parser.parse_model(
        f'<ir_version: 9, opset_import: ["" : 18]> g (float[N,2] x) => (float[N,2] y) <{stored}> {{{nodes}}}'
    )
    for node in model.graph.node:
        node.name = names.get(node.output[0], "").replace("__", "/")
    return model


LAYERS = "a = MatMul(x, W) c = Add(a, b) d = Relu(c) e = MatMul(d, W) y = Tanh(e)"
NAMES = {
    "a": "__net__first__MatMul",
    "c": "__net__first__Add",
    "d": "__net__Relu",
    "e": "__net__second__MatMul",
    "y": "__net__Tanh",
}


def blocks(graph):
    return {str(node.name): node.block for node in graph.nodes}


def test_a_path_is_the_blocks_that_a_node_is_in_without_what_all_have_in_common():
    assert blocks(mg.from_onnx(proto(LAYERS, **NAMES))) == {
        "x": (), "a": ("first",), "c": ("first",), "d": (), "e": ("second",), "y": (),
        "b": ("first",), "W": (),  # what two blocks use is in neither
    }  # fmt: skip


def test_the_modules_that_pytorch_writes_beside_a_name_are_blocks():
    model = proto(LAYERS, a="node_matmul", c="node_add", d="node_relu", e="node_matmul_1", y="node_tanh")
    beside = {
        "a": ": M/net: N/net.first: L/matmul: aten.matmul", "c": ": M/net: N/net.first: L/add: aten.add",
        "d": ": M/net: N/relu: aten.relu", "e": ": M/net: N/net.second: L/net.second.1: L/matmul: aten.matmul",
    }  # fmt: skip
    for node in model.graph.node:
        if node.output[0] in beside:
            node.metadata_props.add(key="namespace", value=beside[node.output[0]])
    found = blocks(mg.from_onnx(model))
    assert [found[name] for name in "acdey"] == [("first",), ("first",), (), ("second", "1"), ()]


def test_names_that_are_no_paths_make_no_blocks():
    assert set(blocks(mg.from_onnx(proto(LAYERS, a="MatMul_0", c="Add_1", y="Tanh"))).values()) == {()}


def test_what_a_converter_put_between_two_nodes_of_a_block_is_in_it():
    names = {**NAMES, "d": "__net__first__Relu", "c": "Add_8"}
    assert blocks(mg.from_onnx(proto(LAYERS, **names)))["c"] == ("first",)
    names = {**NAMES, "d": "Relu_8"}  # between two blocks
    assert blocks(mg.from_onnx(proto(LAYERS, **names)))["d"] == ()


def test_converters_that_join_names_are_read_by_the_first():
    names = {**NAMES, "a": "net__first__MatMul;net__other__x"}
    assert blocks(mg.from_onnx(proto(LAYERS, **names)))["a"] == ("first",)


def test_a_loop_within_a_block_is_a_block_in_it_and_its_nodes_are_not_framed_twice():
    model = proto("""
        n = Constant<value_int = 2>() t = Constant<value = bool {1}>()
        a = Loop(n, t, x) <body = l (int64 i, bool c, float[N,2] s) => (bool k, float[N,2] u) {
            k = Identity(c) m = MatMul(s, W) u = Tanh(m)
        }>
        y = Relu(a)""", a="__net__cell__Loop", y="__net__Relu")  # fmt: skip
    body = next(each.g for each in model.graph.node[2].attribute)
    for node, name in zip(body.node, ("/net/cell/Identity", "/net/cell/inner/MatMul", "/net/cell/Tanh"), strict=True):
        node.name = name
    graph = mg.from_onnx(model)
    (loop,) = (node for node in graph.operations if isinstance(node, Scan))
    operations = (*graph.operations, *loop.body.operations)
    assert {node.block for node in operations} == {("cell", "Loop", "inner"), ("cell", "Loop"), ()}


def test_the_picture_shows_the_frames_and_no_paths():
    graph = mg.from_onnx(proto(LAYERS.replace("d = Relu(c) e = MatMul(d, W)", "e = MatMul(c, W)"), **NAMES))
    shown = texts(graph.draw())
    assert "first" in shown and any(each.startswith("c ") for each in shown)
    graph["c"].name = "/net/first/Add_output_0"
    assert not any("Add_output_0" in each or "/" in each for each in texts(graph.draw()))
