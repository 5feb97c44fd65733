"""Sizes of named axes: what is computed with them is what Python computes with numbers, and is displayed as it is computed."""

import copy
import operator
import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigraph as mg
from minigraph.compiler.emission import size_text
from minigraph.core.shapes import names_of, sized
from minigraph.core.sizes import SymbolicSize, named_axis, non_negative, substitute

H, N, M = map(named_axis, "HNM")
NAMES = ("N", "M")
SIZES = [dict(zip(NAMES, sizes, strict=True)) for sizes in product(range(8), repeat=len(NAMES))]
SIGNS = {"·": "*", "−": "-", "/": "//", "⌊": "(", "⌋": ")"}
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod}
ROWS = mg.Input("x", ("N", 3))


def maximum(a, b):
    """The larger of two sizes."""
    return b + non_negative(a - b)


def minimum(a, b):
    """The smaller of two sizes."""
    return a - non_negative(a - b)


def branches(below):
    """An operation on what is below, written as a tree."""
    divided = st.tuples(st.sampled_from(["//", "%"]), below, st.sampled_from([-2, 1, 2, 3, 4]))
    return st.tuples(st.sampled_from(["+", "-", "*", "max", "min"]), below, below) | divided


TREES = st.recursive(st.sampled_from(NAMES) | st.integers(-4, 6), branches, max_leaves=6)


def computed(tree, sizes, largest=max, smallest=min):
    """What a tree gives for these sizes, which are numbers or sizes of named axes."""
    if not isinstance(tree, tuple):
        return sizes.get(tree, tree)
    sign, *parts = tree
    return ({"max": largest, "min": smallest} | OPERATORS)[sign](*(computed(part, sizes, largest, smallest) for part in parts))


def size_of(tree):
    """What a tree gives for the named axes."""
    return computed(tree, {name: named_axis(name) for name in NAMES}, maximum, minimum)


def read(text, sizes, largest=max, smallest=min):
    """The value of a text as it is displayed."""
    return eval(text.translate(str.maketrans(SIGNS)), {"max": largest, "min": smallest} | sizes)


def check_that_rewriting_keeps_the_value(tree):
    size = size_of(tree)
    for sizes in SIZES:
        expected = computed(tree, sizes)
        assert substitute(size, sizes) == read(str(size), sizes) == eval(size_text(size), dict(sizes)) == expected, (
            size,
            sizes,
        )
    again = read(str(size), {name: named_axis(name) for name in NAMES}, maximum, minimum)
    assert again == size and str(again) == str(size)


def check_that_equal_sizes_have_equal_values(trees):
    one, other = map(size_of, trees)
    alike = all(computed(trees[0], sizes) == computed(trees[1], sizes) for sizes in SIZES)
    assert alike or (one != other and str(one) != str(other))
    if one == other:
        assert hash(one) == hash(other) and str(one) == str(other)
    assert one + other == other + one
    assert one * other == other * one and one - other == -(other - one)


CHECKS = [
    (check_that_rewriting_keeps_the_value, TREES),
    (check_that_equal_sizes_have_equal_values, st.tuples(TREES, TREES)),
]


@pytest.mark.parametrize(("check", "trees"), CHECKS, ids=lambda each: getattr(each, "__name__", ""))
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_sizes_are_computed_as_numbers_are(check, trees, data):
    check(data.draw(trees))


@pytest.mark.property
@pytest.mark.parametrize(("check", "trees"), CHECKS, ids=lambda each: getattr(each, "__name__", ""))
@given(st.data())
@settings(max_examples=3000, deadline=None)
def test_sizes_are_computed_as_numbers_are_at_length(check, trees, data):
    check(data.draw(trees))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (H + 2 - 3 + 1, "H"),
        (2 * (H // 2), "2·⌊H/2⌋"),
        ((2 * H) // 2, "H"),
        (H - 2 * (H // 2) + 2 * (H // 2), "H"),
        ((H + 4) // 2, "(⌊H/2⌋+2)"),
        (2 * H // 4, "⌊H/2⌋"),
        ((2 * H + 1) // 4, "⌊H/2⌋"),
        ((1 - H) // 2, "−⌊H/2⌋"),
        (H // -2, "−⌊(H+1)/2⌋"),
        (-(-H // 2), "⌊(H+1)/2⌋"),
        (H // 2 // 3, "⌊H/6⌋"),
        (((H - 3) // 2 + 1 - 3) // 2 + 1, "(⌊(H+1)/4⌋−1)"),
        (2 * (H // 2) // 3, "⌊2·⌊H/2⌋/3⌋"),
        (2 * H % 2, "0"),
        (H % 2 + 2 * (H // 2), "H"),
        (784 * N, "784·N"),
        (N * 3 * M, "3·M·N"),
        (2 * (N + M), "(2·M+2·N)"),
        (non_negative(N), "N"),
        (non_negative(N - 1), "max(N−1,0)"),
        (non_negative(non_negative(N - 1) - 1), "max(N−2,0)"),
        (2 * non_negative(N - 1), "2·max(N−1,0)"),
        (non_negative(2 * N - 4), "2·max(N−2,0)"),
        (non_negative(2 * non_negative(N - 1) - 2), "2·max(N−2,0)"),
        (non_negative(-1 - N), "0"),
        (minimum(N, 3) + non_negative(N - 3), "N"),
        (non_negative(minimum(N, M + 2)), "(N−max(N−M−2,0))"),
        (non_negative(N - N // 2), "(N−⌊N/2⌋)"),
        (non_negative(N - 2 * (N // 2)), "(N−2·⌊N/2⌋)"),
        (non_negative(N - 3 * (N // 2)), "max(N−3·⌊N/2⌋,0)"),
        (np.maximum(N - 1, 0) + np.minimum(5, N), "(N+max(N−1,0)−max(N−5,0))"),
        (np.minimum(N, M), "(M−max(M−N,0))"),
        (np.minimum(M, N), "(M−max(M−N,0))"),
    ],
)
def test_a_size_has_one_form(size, text):
    assert str(size) == text


def test_sizes_that_differ_for_some_axes_are_not_equal():
    assert 2 * (H // 2) != H and non_negative(N - 1) != N - 1 and N != M and N + 1 != N
    assert N != 1 and (N,) != (1,) and np.int64(1) != N and ROWS.shape[0] != 1


def test_a_named_axis_equals_its_name_wherever_shapes_are_compared():
    shape = ROWS.shape
    assert shape == ("N", 3) and {"N": 2}[shape[0]] == 2 and {N: 2}["N"] == 2 and repr(shape) == "('N', 3)"
    assert mg.Input("y", shape).shape == shape and mg.Input("y", N).shape == ("N",)
    for copied in (pickle.loads(pickle.dumps(2 * N - 1)), copy.deepcopy(2 * N - 1)):
        assert copied == 2 * N - 1 == "(2·N−1)" and copied + 1 == 2 * N


def test_whole_numbers_of_numpy_are_computed_with():
    assert np.int64(3) * N == N * np.int64(3) == 3 * N and np.prod(ROWS.shape) == 3 * N and sum(ROWS.shape) == N + 3
    assert type((4 * N // np.int64(2)).terms["N",]) is int


def test_names_are_found_and_replaced_everywhere():
    size = non_negative(N - 1) * (M // 2)
    assert names_of((size, 3, H)) == {"N", "M", "H"} and names_of((3,)) == set()
    assert substitute(size, {"N": H, "M": 4}) == 2 * non_negative(H - 1)
    assert sized((size, H, 2), {"N": 3, "M": 5, "H": 7}) == (4, 7, 2)


@pytest.mark.parametrize(
    "asked",
    [
        int,
        float,
        bool,
        range,
        np.arange,
        sorted,
        lambda n: np.zeros((n, 2)),
        lambda n: n < 1,
        lambda n: max(n, 1),
    ],
)
def test_the_number_of_a_named_axis_is_not_guessed(asked):
    with pytest.raises(mg.OperationError, match=r"The size N is known only when the graph runs.*\n  np\.size\(x, axis=…\)"):
        asked([N, N] if asked is sorted else N)


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda x, n: x.sum() / n, 5.0),
        (lambda x, n: 1 / n, 1 / 3),
        (lambda x, n: x * n + n, np.arange(6.0).reshape(3, 2) * 3 + 3),
        (lambda x, n: 0.5 * (n + 1) - np.float32(0.5), 1.5),
        (lambda x, n: np.ones(2) * n, np.array([3.0, 3.0])),
        (lambda x, n: np.sqrt(n), 3**0.5),
        (lambda x, n: n**0.5, 3**0.5),
        (lambda x, n: np.where(np.arange(n, like=x) < n - 1, 1, 2), np.array([1, 1, 2])),
    ],
)
def test_beside_nodes_and_in_functions_a_size_is_a_number_of_the_run(compute, expected):
    x = mg.Input("x", ("N", 2))
    graph = mg.Graph(y=compute(x, x.shape[0]), x=x)
    given = {"x": np.arange(6.0).reshape(3, 2)}
    for found in (graph.forward(**given)["y"], mg.compile(graph)(**given)["y"]):
        assert found.shape == np.shape(expected) and np.allclose(found, expected)


def test_what_is_no_number_is_not_computed_with():
    with pytest.raises(mg.DTypeError, match="Mul was given the text 'M'"):
        N * "M"


def test_a_size_of_no_input_of_the_graph_is_refused(refused):
    x = mg.Input("x", ("N", 2))
    y = mg.Expand(mg.Parameter("b", np.zeros(2)), (x.shape[0], 2))
    refused(mg.GraphError, lambda: mg.Graph(y=y))
    assert mg.Graph(y=y + x).forward(x=np.ones((3, 2)))["y"].shape == (3, 2)


@pytest.mark.parametrize("divisor", [0, N, M + 1])
def test_a_size_is_not_divided_by_what_may_be_none(divisor):
    with pytest.raises(mg.ShapeError, match="can only be divided by a number other than 0"):
        N // divisor


def test_an_own_operation_may_name_its_axes():
    class Rows(mg.Node):
        """Two rows for each."""

        def forward(self, x, out=None):
            return np.repeat(x, 2, axis=0)

        def infer(self, x):
            return ("M", 2 * x.shape[0]), x.dtype

    class Doubled(Rows):
        """Another, which writes a size where a name belongs."""

        def infer(self, x):
            return ("2·N", 3), x.dtype

    with pytest.raises(mg.ShapeError, match="Doubled has the axis '2·N'"):
        Doubled(ROWS)
    assert Rows(ROWS).shape == ("M", "2·N") and all(isinstance(axis, SymbolicSize) for axis in Rows(ROWS).shape)
