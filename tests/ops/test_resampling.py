"""What resampling refuses, and what it does with images that no row of the table holds."""

import numpy as np
import pytest

import minigraph as mg


@pytest.fixture
def x():
    return mg.Input("x", ("N", 3, 8, 8))


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"sizes": (2, 2), "scales": (1.0, 1.0)},
        {"sizes": (2, 0)},
        {"scales": (2.0,)},
        {"scales": (2.0, 0.0)},
        {"sizes": (2, 2), "mode": "area"},
        {"sizes": (2, 2), "nearest_mode": "round"},
        {"scales": (0.1, 1.0)},
    ],
    ids=str,
)
def test_resizing_says_what_it_must_be_given(x, attributes, refused):
    refused((mg.OperationError, mg.ShapeError), lambda: mg.Resize(x, **attributes))


def test_an_image_without_elements_is_told_before_its_scales_are_asked_for(refused):
    empty = mg.Input("empty", ("N", 3, 0, 8))
    refused(mg.ShapeError, lambda: mg.Resize(empty, sizes=(2, 2), keep_aspect_ratio_policy="not_larger"))


def test_whole_numbers_are_copied_but_not_weighted(refused):
    labels = mg.Input("labels", ("N", 1, 4), dtype=np.int64)
    assert mg.Resize(labels, sizes=(8,)).dtype == np.int64
    refused(mg.DTypeError, lambda: mg.Resize(labels, sizes=(8,), mode="linear"))


def test_what_is_not_finite_stays_where_it_is_when_the_nearest_is_taken():
    image = np.array([[[1.0, np.inf, -np.inf, np.nan]]])
    doubled = mg.Resize.apply(image, scales=(2.0,))
    np.testing.assert_array_equal(doubled, np.repeat(image, 2, axis=-1))


def test_blocks_fit_the_channels_and_the_image(x, refused):
    refused(mg.ShapeError, lambda: mg.DepthToSpace(x, blocksize=2))
    refused(mg.ShapeError, lambda: mg.SpaceToDepth(x, blocksize=3))
    refused(mg.OperationError, lambda: mg.DepthToSpace(x, blocksize=0))
    refused(mg.OperationError, lambda: mg.SpaceToDepth(x, blocksize=2, mode="RDC"))
    row = mg.Input("row", ("N", 4, 8))
    refused(mg.ShapeError, lambda: mg.DepthToSpace(row, blocksize=2))
