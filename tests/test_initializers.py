"""The numbers that weights start from: how far they spread, and that nothing but the generator makes them."""

import math

import numpy as np
import pytest

import minigraph as mg
from minigraph.blocks import initializers

SHAPE = (300, 500)
DEVIATIONS = {
    "glorot_uniform": math.sqrt(2 / 800),
    "glorot_normal": math.sqrt(2 / 800),
    "he_uniform": math.sqrt(2 / 300),
    "he_normal": math.sqrt(2 / 300),
    "lecun_normal": math.sqrt(1 / 300),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_the_mean_is_0_and_the_deviation_the_papers(name):
    W = getattr(initializers, name)(np.random.default_rng(0), SHAPE)
    assert W.shape == SHAPE
    assert abs(W.mean()) < 0.01 * DEVIATIONS[name]
    assert math.isclose(W.std(), DEVIATIONS[name], rel_tol=0.01)


@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform"])
def test_the_uniform_ones_end_at_the_root_of_three_deviations(name):
    W = getattr(initializers, name)(np.random.default_rng(0), SHAPE)
    assert math.isclose(np.abs(W).max(), math.sqrt(3) * DEVIATIONS[name], rel_tol=1e-3)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 3, 2, 2)])
def test_orthogonal_rows_or_columns_have_the_length_of_the_gain(shape):
    W = initializers.orthogonal(np.random.default_rng(0), shape, gain=2.0).reshape(shape[0], -1)
    few = min(W.shape)
    assert np.allclose(W @ W.T if few == len(W) else W.T @ W, 4 * np.eye(few))


def test_a_truncated_normal_ends_at_its_bound():
    W = initializers.truncated_normal(np.random.default_rng(0), SHAPE, deviation=0.02)
    assert 0.0399 < np.abs(W).max() <= 0.04
    assert math.isclose(W.std(), 0.02 * 0.8796, rel_tol=0.01)  # that of a standard normal cut off at ±2


@pytest.mark.parametrize("name", [*DEVIATIONS, "orthogonal", "truncated_normal"])
def test_one_seed_gives_the_same_numbers_twice(name):
    first, second = (getattr(initializers, name)(np.random.default_rng(3), (4, 5)) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_seed_is_no_generator(wording):
    with pytest.raises(mg.OperationError) as caught:
        initializers.he_normal(0, (2, 3))
    wording(caught.value)


def test_weights_have_inputs_and_outputs(wording):
    with pytest.raises(mg.ShapeError) as caught:
        initializers.he_normal(np.random.default_rng(0), (2,))
    wording(caught.value)
