"""What resampling refuses, and what it does with images that no row of the table holds."""

import numpy as np
import pytest

import minigraph as mg


@pytest.fixture
def x():
    return mg.Input("x", ("N", 3, 8, 8))


def first_line(error, compose):
    with pytest.raises(error) as caught:
        compose()
    return str(caught.value).splitlines()[0]


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({}, "Resize takes either sizes or scales, not sizes=None and scales=None: give one of them."),
        (
            {"sizes": (2, 2), "scales": (1.0, 1.0)},
            "Resize takes either sizes or scales, not sizes=(2, 2) and scales=(1.0, 1.0): give one of them.",
        ),
        ({"sizes": (2, 0)}, "Resize takes sizes as 2 whole numbers, each 1 or more, not (2, 0)."),
        ({"scales": (2.0,)}, "Resize takes scales as 2 numbers, each more than 0, not (2.0,)."),
        ({"scales": (2.0, 0.0)}, "Resize takes scales as 2 numbers, each more than 0, not (2.0, 0.0)."),
        ({"sizes": (2, 2), "mode": "area"}, "Resize takes a mode of nearest, linear or cubic, not 'area'."),
        (
            {"sizes": (2, 2), "nearest_mode": "round"},
            "Resize takes a nearest_mode of round_prefer_floor, round_prefer_ceil, floor or ceil, not 'round'.",
        ),
        (
            {"scales": (0.1, 1.0)},
            "Resize cannot make an image of 0 × 8 of x (N × 3 × 8 × 8): each of both must have an element at least.",
        ),
    ],
)
def test_resizing_says_what_it_must_be_given(x, attributes, text):
    assert first_line((mg.OperationError, mg.ShapeError), lambda: mg.Resize(x, **attributes)) == text


def test_an_image_without_elements_is_told_before_its_scales_are_asked_for():
    empty = mg.Input("empty", ("N", 3, 0, 8))
    text = "Resize cannot make an image of 2 × 2 of empty (N × 3 × 0 × 8): each of both must have an element at least."
    assert first_line(mg.ShapeError, lambda: mg.Resize(empty, sizes=(2, 2), keep_aspect_ratio_policy="not_larger")) == text


def test_whole_numbers_are_copied_but_not_weighted():
    labels = mg.Input("labels", ("N", 1, 4), dtype=np.int64)
    assert mg.Resize(labels, sizes=(8,)).dtype == np.int64
    text = "Resize takes floating-point numbers, but labels is int64."
    assert first_line(mg.DTypeError, lambda: mg.Resize(labels, sizes=(8,), mode="linear")) == text


def test_what_is_not_finite_stays_where_it_is_when_the_nearest_is_taken():
    image = np.array([[[1.0, np.inf, -np.inf, np.nan]]])
    doubled = mg.Resize.apply(image, scales=(2.0,))
    np.testing.assert_array_equal(doubled, np.repeat(image, 2, axis=-1))


def test_blocks_fit_the_channels_and_the_image(x):
    text = "DepthToSpace cannot lay out the channels of x (N × 3 × 8 × 8) as blocks of 2 × 2: 4 must divide 3."
    assert first_line(mg.ShapeError, lambda: mg.DepthToSpace(x, blocksize=2)) == text
    text = "SpaceToDepth cannot split the image of x (N × 3 × 8 × 8) into blocks of 3 × 3: 3 must divide 8 and 8."
    assert first_line(mg.ShapeError, lambda: mg.SpaceToDepth(x, blocksize=3)) == text
    text = "DepthToSpace takes blocksize as a whole number, 1 or more, not 0."
    assert first_line(mg.OperationError, lambda: mg.DepthToSpace(x, blocksize=0)) == text
    text = "SpaceToDepth takes a mode of DCR or CRD, not 'RDC'."
    assert first_line(mg.OperationError, lambda: mg.SpaceToDepth(x, blocksize=2, mode="RDC")) == text
    row = mg.Input("row", ("N", 4, 8))
    text = "DepthToSpace takes an image of two axes, N × C × H × W, not row (N × 4 × 8)."
    assert first_line(mg.ShapeError, lambda: mg.DepthToSpace(row, blocksize=2)) == text
