"""Adding rows up by their places, where many are added to each, as they are one after the other."""

import numpy as np
import pytest

from minigraph.ops.gather import LONG, ScatterAdd


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64, np.uint8])
@pytest.mark.parametrize("width", [1, 40])
def test_many_rows_are_added_to_few(dtype, width):
    rng = np.random.default_rng(0)
    indices = rng.choice([-4, -2, 0, 1], (7, 2 * LONG // width))
    updates = rng.normal(0, 20, (*indices.shape, width)).astype(dtype)
    expected = np.zeros((4, width), dtype)
    for place, row in zip(indices.ravel(), updates.reshape(-1, width), strict=True):
        expected[place] += row
    found = ScatterAdd.apply(updates, indices, (4, width))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype is np.float32 else 1e-12)


def test_what_is_not_finite_stays_in_its_row():
    updates = np.ones((4 * LONG, 2))
    updates[5] = np.nan, np.inf
    found = ScatterAdd.apply(updates, np.arange(4 * LONG) % 4, (4, 2))
    assert np.array_equal(found, [[LONG] * 2, [np.nan, np.inf], [LONG] * 2, [LONG] * 2], equal_nan=True)
