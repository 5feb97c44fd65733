"""What the -1 of a reshape stands for: the size that times the others is the number of elements, for all sizes of the axes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigraph as mg
from minigraph.core.node import Leaf
from minigraph.core.sizes import named_axis, non_negative

N, M = map(named_axis, "NM")
AXES = [N, M, N + 1, M - 1, 2 * N + M, 3 * M, non_negative(N - 2), (M + 1) // 2, 2, 3]


@pytest.mark.parametrize(
    ("total", "part", "quotient"),
    [
        ((784 * N,), 784, N),
        ((4, N, M), N, 4 * M),
        ((3 * N,), 5, None),
        ((N,), M, None),
        ((N * M + 2 * N,), M + 2, N),
        ((N, N, 4), 2 * N, 2 * N),
        ((0,), N, 0),
        ((N,), 0, None),
    ],
)
def test_a_division_without_a_remainder(total, part, quotient):
    def rest():
        return mg.Reshape(Leaf("x", total, np.dtype("f")), mg.Shape(Leaf("y", (part, -1), np.dtype("f")))).shape

    if quotient is not None:
        assert rest() == (part, quotient)
    else:
        with pytest.raises(mg.ShapeError, match="cannot lay out"):
            rest()


@given(st.lists(st.sampled_from(AXES), max_size=4), st.lists(st.sampled_from(AXES), max_size=3))
@settings(max_examples=60, deadline=None)
def test_a_product_is_divided_by_its_factors(left, others):
    """The rest of some axes is their product."""
    shape = mg.Reshape(Leaf("x", (*left, *others), np.dtype("f")), mg.Shape(Leaf("y", (-1, *others), np.dtype("f")))).shape
    size = 1
    for axis in left:
        size = size * axis
    assert shape == (size, *others)
