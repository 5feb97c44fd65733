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
from minigraph.core.sizes import SymbolicSize, content, divide, maximum, minimum, named_axis, substitute

H, N, M = map(named_axis, "HNM")
NAMES = ("N", "M")
SIZES = [dict(zip(NAMES, sizes, strict=True)) for sizes in product(range(8), repeat=len(NAMES))]
SIGNS = {"·": "*", "−": "-", "/": "//", "⌊": "(", "⌋": ")"}
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod}
ROWS = mg.Input("x", ("N", 3))


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
    assert maximum(one, other) == maximum(other, one) and minimum(one, other) == minimum(other, one)
    assert maximum(one, other) + minimum(one, other) == one + other == other + one
    assert one * other == other * one and one - other == -(other - one)


def check_that_a_quotient_is_exact(trees):
    total, part = map(size_of, trees)
    found = divide(total, part)
    assert found is None or found * part == total
    assert part == 0 or divide(total * part, part) == total


CHECKS = [
    (check_that_rewriting_keeps_the_value, TREES),
    (check_that_equal_sizes_have_equal_values, st.tuples(TREES, TREES)),
    (check_that_a_quotient_is_exact, st.tuples(TREES, TREES)),
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
        (((H + 1) // 2 + 1) // 2, "⌊(H+3)/4⌋"),
        (2 * H % 2, "0"),
        (H % 2 + 2 * (H // 2), "H"),
        (784 * N, "784·N"),
        (N * 3 * M, "3·M·N"),
        (2 * (N + M), "(2·M+2·N)"),
        (maximum(N, 0), "N"),
        (maximum(N - 1, 0), "max(N−1,0)"),
        (maximum(maximum(N - 1, 0) - 1, 0), "max(N−2,0)"),
        (2 * maximum(N - 1, 0), "2·max(N−1,0)"),
        (maximum(2 * N - 4, 0), "2·max(N−2,0)"),
        (maximum(-1 - N, 0), "0"),
        (minimum(N, 3), "min(N,3)"),
        (maximum(minimum(N, 3), 0), "min(N,3)"),
        (minimum(N, 3) + maximum(N - 3, 0), "N"),
        (maximum(N, M) - maximum(M, N), "0"),
    ],
)
def test_a_size_has_one_form(size, text):
    assert str(size) == text


def test_sizes_that_differ_for_some_axes_are_not_equal():
    assert 2 * (H // 2) != H and maximum(N - 1, 0) != N - 1 and N != M and N + 1 != N
    assert N != 1 and (N,) != (1,) and np.int64(1) != N and ROWS.shape[0] != 1


def test_a_named_axis_equals_its_name_wherever_shapes_are_compared():
    shape = ROWS.shape
    assert shape == ("N", 3) and {"N": 2}[shape[0]] == 2 and {N: 2}["N"] == 2 and repr(shape) == "('N', 3)"
    assert mg.Input("y", shape).shape == shape and mg.Input("y", N).shape == ("N",)
    for copied in (pickle.loads(pickle.dumps(2 * N - 1)), copy.deepcopy(2 * N - 1)):
        assert copied == 2 * N - 1 == "(2·N−1)" and copied + 1 == 2 * N


def test_whole_numbers_of_numpy_are_computed_with():
    assert np.int64(3) * N == N * np.int64(3) == 3 * N and np.prod(ROWS.shape) == 3 * N and sum(ROWS.shape) == N + 3


@pytest.mark.parametrize(
    ("total", "part", "quotient"),
    [
        (784 * N, 784, N),
        (4 * N * M, N, 4 * M),
        (3 * N, 5, None),
        (N, M, None),
        (N * M + 2 * N, M + 2, N),
        (0, N, 0),
        (N, 0, None),
    ],
)
def test_a_division_without_a_rest(total, part, quotient):
    assert divide(total, part) == quotient


def test_the_largest_number_in_a_size():
    assert content(784 * N) == (784, N) and content(4 * N + 6) == (2, 2 * N + 3) and content(5) == (5, 1)
    assert content(2 * maximum(N - 1, 0)) == (2, maximum(N - 1, 0))


def test_names_are_found_and_replaced_everywhere():
    size = maximum(N - 1, 0) * (M // 2)
    assert names_of((size, 3, H)) == {"N", "M", "H"} and names_of((3,)) == set()
    assert substitute(size, {"N": H, "M": 4}) == 2 * maximum(H - 1, 0)
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
        lambda n: n / 2,
        lambda n: n**2,
    ],
)
def test_the_number_of_a_named_axis_is_not_guessed(asked):
    with pytest.raises(mg.OperationError, match=r"The size N is known only when the graph runs.*\n  np\.size\(x, axis=…\)"):
        asked([N, N] if asked is sorted else N)


@pytest.mark.parametrize("other", [0.5, np.float32(2), "M", ROWS, np.ones(2)], ids=repr)
def test_sizes_are_computed_with_whole_numbers_only(other):
    for compute in (lambda: N * other, lambda: N + other, lambda: N // other):
        with pytest.raises(mg.OperationError, match="is computed with whole numbers and other sizes"):
            compute()
    with pytest.raises((mg.OperationError, TypeError)):
        other + N


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

    assert Rows(ROWS).shape == ("M", "2·N") and all(isinstance(axis, SymbolicSize) for axis in Rows(ROWS).shape)
