"""Sizes that a model computes from the shapes of its inputs, with names in them: read, run and compiled at two sizes."""

import numpy as np
import pytest
from onnx import parser

import minigraph as mg

STORED = """int64 i0 = {0}, int64 i1 = {1}, int64 i2 = {2}, int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2},
int64[1] three = {3}, int64[1] minus = {-1}, int32[1] one32 = {1}, int32[1] six32 = {6}, int64[2] last = {-1, 3}"""


def read(nodes, given="float[N,T,6] x", **inputs):
    """A model of nodes that give y, from x unless other inputs are given."""
    text = f'<ir_version: 9, opset_import: ["" : 18]> g ({given}) => (float[A] y) <{STORED}> {{ {nodes} }}'
    return mg.from_onnx(parser.parse_model(text), **inputs)


LAID_OUT = {
    "shape, gather, unsqueeze, concat": (
        "s = Shape(x) n = Gather(s, i0) n1 = Unsqueeze(n, zero) r = Concat<axis = 0>(n1, minus, three) y = Reshape(x, r)",
        ("N", "2·T", 3),
        lambda x: x.reshape(len(x), -1, 3),
    ),
    "cast to int32, slice, and back": (
        "s = Shape(x) s32 = Cast<to = 6>(s) n = Slice(s32, zero, one, zero) r32 = Concat<axis = 0>(n, one32, one32, six32)"
        " r = Cast<to = 7>(r32) m = ReduceMax<keepdims = 1>(x, one) y = Reshape(m, r)",
        ("N", 1, 1, 6),
        lambda x: x.max(axis=1).reshape(len(x), 1, 1, 6),
    ),
    "a 0 that keeps an axis beside a size": (
        "s = Shape(x) t = Slice(s, one, two) r = Concat<axis = 0>(zero, t, two, three) y = Reshape(x, r)",
        ("N", "T", 2, 3),
        lambda x: x.reshape(*x.shape[:2], 2, 3),
    ),
    "the product of two": (
        "s = Shape(x) n = Gather(s, i0) t = Gather(s, i1) nt = Mul(n, t) nt1 = Unsqueeze(nt, zero)"
        " r = Concat<axis = 0>(nt1, minus) y = Reshape(x, r)",
        ("N·T", 6),
        lambda x: x.reshape(-1, 6),
    ),
    "a product of all": (
        "s = Shape<start = 0, end = 2>(x) nt = ReduceProd<keepdims = 1>(s) r = Concat<axis = 0>(nt, minus) y = Reshape(x, r)",
        ("N·T", 6),
        lambda x: x.reshape(-1, 6),
    ),
    "a sum, a difference and a quotient": (
        "s = Shape(x) t = Gather(s, i1) u = Add(t, t) v = Sub(u, t) w = Div(u, i2) v1 = Unsqueeze(v, zero)"
        " w1 = Unsqueeze(w, zero) r = Concat<axis = 0>(minus, w1, three) q = Concat<axis = 0>(minus, v1, three)"
        " a = Reshape(x, r) b = Reshape(x, q) y = Add(a, b)",
        ("2·N", "T", 3),
        lambda x: 2 * x.reshape(-1, x.shape[1], 3),
    ),
    "repeated to a shape": (
        "s = Shape(x) n = Slice(s, zero, one) t = Slice(s, one, two) e = Concat<axis = 0>(n, t, three, one)"
        " m = ReduceMax<keepdims = 1>(x, two) m4 = Unsqueeze(m, three) y = Expand(m4, e)",
        ("N", "T", 3, 1),
        lambda x: np.broadcast_to(x.max(axis=2)[..., None, None], (*x.shape[:2], 3, 1)),
    ),
    "an end of a slice": (
        "s = Shape(x) t = Slice(s, one, two) h = Div(t, two) y = Slice(x, zero, h, one)",
        None,
        lambda x: x[:, : x.shape[1] // 2],
    ),
    "a start of a slice": (
        "s = Shape(x) t = Slice(s, one, two) h = Div(t, two) y = Slice(x, h, t, one)",
        None,
        lambda x: x[:, x.shape[1] // 2 :],
    ),
    "parts of halves": (
        "s = Shape(x) t = Slice(s, one, two) h = Div(t, two) r = Sub(t, h) p = Concat<axis = 0>(h, r)"
        " a, y = Split<axis = 1>(x, p)",
        None,
        lambda x: x[:, x.shape[1] // 2 :],
    ),
    "zeros beside it": (
        "s = Shape(x) n = Slice(s, zero, one) z = Concat<axis = 0>(n, two, three) c = ConstantOfShape(z)"
        " m = ReduceMax<keepdims = 1>(x, one) r = Concat<axis = 0>(n, two, three) d = Reshape(m, r) y = Add(c, d)",
        ("N", 2, 3),
        lambda x: x.max(axis=1).reshape(-1, 2, 3),
    ),
    "places that are counted": (
        "s = Shape(x) t = Gather(s, i1) p = Range(i0, t, i1) f = Cast<to = 1>(p) c = Unsqueeze(f, one) y = Add(x, c)",
        ("N", "T", 6),
        lambda x: x + np.arange(x.shape[1])[:, None],
    ),
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_sizes_that_follow_from_named_axes_are_computed_while_a_model_is_read(name):
    nodes, shape, expected = LAID_OUT[name]
    graph = read(nodes)
    assert shape is None or graph["y"].shape == shape  # what is left of a slice has no short form
    assert not any(isinstance(node, mg.Shape | mg.Concat | mg.Cast) for node in graph.operations if node.dtype.kind == "i")
    program, rng = mg.compile(graph), np.random.default_rng(0)
    for sizes in ((2, 4), (3, 7)):
        x = rng.normal(size=(*sizes, 6)).astype(np.float32)
        for run in (graph.forward, program):
            np.testing.assert_allclose(run(x=x)["y"], expected(x), rtol=1e-6)


@pytest.mark.parametrize("name", LAID_OUT)
def test_the_same_sizes_of_an_input_of_a_known_shape_are_numbers(name):
    nodes, _, expected = LAID_OUT[name]
    graph = read(nodes, x=(3, 7, 6))
    x = np.random.default_rng(0).normal(size=(3, 7, 6)).astype(np.float32)
    np.testing.assert_allclose(graph.forward(x=x)["y"], expected(x), rtol=1e-6)
    assert all(isinstance(axis, int) for axis in graph["y"].shape)


def test_what_follows_from_the_sizes_of_an_input_alone_keeps_that_input():
    graph = read("s = Shape(x) y = Cast<to = 1>(s)")
    assert list(graph.inputs) == ["x"]
    assert graph.forward(x=np.ones((2, 5, 6)))["y"].tolist() == [2, 5, 6]
    assert mg.compile(graph)(x=np.ones((1, 5, 6)))["y"].tolist() == [1, 5, 6]


def test_a_quotient_that_could_be_negative_is_not_taken_for_a_size():
    """ONNX cuts it off, and a floor of it would be another."""
    with pytest.raises(mg.OperationError, match="Reshape 'y' needs its shape known before a run"):
        read("""s = Shape(x) t = Slice(s, one, two) u = Sub(t, three) h = Div(u, two)
            r = Concat<axis = 0>(h, minus) y = Reshape(x, r)""")


def test_a_slice_to_what_a_converter_takes_for_infinite_is_all_of_the_axis():
    graph = read("y = Slice(x, a, b)", given="float[N,T,6] x, int32[3] a, int32[3] b", a=np.zeros(3), b=np.full(3, 10**9))
    assert graph["y"].shape == ("N", "T", 6)


def test_a_condition_on_a_size_with_a_name_says_which_to_give():
    text = """s = Shape(x) t = Gather(s, i1) c = Equal(t, i1) y = If(c) <
        then_branch = a () => (float[N,6] u) { u = Squeeze(x, one) },
        else_branch = b () => (float[N,T,6] v) { v = Identity(x) }>"""
    with pytest.raises(mg.OperationError, match=r"cond known before a run[^$]*It follows from T: give an input a shape"):
        read(text)
    assert read(text, x=("N", 1, 6))["y"].shape == ("N", 6)
    assert read(text, x=("N", 2, 6))["y"].shape == ("N", 2, 6)
