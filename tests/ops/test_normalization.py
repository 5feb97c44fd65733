"""Normalisation: what it does where mathematics leaves a choice, and what it refuses."""

import numpy as np
import pytest

import minigraph as mg

image = mg.Input("image", ("N", 6, 4, 4))
row = mg.Input("row", ("N", 6))
vector = mg.Input("vector", ("N",))
open_image = mg.Input("open_image", ("N", "C", 4))
whole = mg.Input("whole", ("N", 6), dtype=np.int64)
six, three = mg.Parameter("six", np.ones(6)), mg.Parameter("three", np.ones(3))

REFUSED = {
    "groups that do not part the channels": (lambda: mg.GroupNormalization(image, six, six, num_groups=4), mg.ShapeError),
    "no groups": (lambda: mg.GroupNormalization(image, six, six, num_groups=0), mg.ShapeError),
    "groups that are not told": (lambda: mg.GroupNormalization(image, six, six), mg.OperationError),
    "scales of another number than the channels": (
        lambda: mg.GroupNormalization(image, three, six, num_groups=3),
        mg.ShapeError,
    ),
    "groups of what has no channels": (lambda: mg.GroupNormalization(vector, six, six, num_groups=3), mg.ShapeError),
    "groups of a number of channels known only in a run": (
        lambda: mg.GroupNormalization(open_image, mg.Input("s", ("C",)), mg.Input("b", ("C",)), num_groups=2),
        mg.ShapeError,
    ),
    "a norm that is none of the two": (lambda: mg.LpNormalization(row, p=3), mg.OperationError),
    "a norm along an axis that is not there": (lambda: mg.LpNormalization(row, axis=2), mg.ShapeError),
    "a norm of whole numbers": (lambda: mg.LpNormalization(whole), mg.DTypeError),
    "a momentum beyond 1": (lambda: mg.BatchNormalization(row, six, six, six, six, momentum=1.5), mg.OperationError),
    "dropout of whole numbers": (lambda: mg.Dropout(whole, mg.RandomState(0)), mg.DTypeError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_told_where_it_is_made(name, refused):
    compose, error = REFUSED[name]
    refused(error, compose)


def test_a_vector_of_zeros_stays_and_has_no_slope():
    x = mg.Input("x", ("N", 3))
    for p in (1, 2):
        run = mg.Graph(y=mg.LpNormalization(x, p=p)).forward(x=np.zeros((2, 3)))
        assert not run["y"].any()
        assert not run.backward(cotangent=np.ones((2, 3)))["x"].any()


def test_a_row_is_as_it_would_be_alone_by_groups_and_by_layers():
    x = np.random.default_rng(0).normal(size=(5, 6, 4, 4))
    groups = mg.GroupNormalization(image, six, six, num_groups=3)
    graph = mg.Graph(groups=groups, layers=mg.LayerNormalization(image, np.ones(4)))
    all_rows, one = graph.forward(image=x), graph.forward(image=x[2:3])
    for name in graph.outputs:
        assert np.allclose(all_rows[name][2:3], one[name], atol=1e-6)


def test_numbers_far_from_0_are_normalised_as_well():
    """The variance is that of the centred numbers: the mean of the squares less the square of the mean would be lost."""
    x = 10_000 + np.random.default_rng(0).normal(size=(4, 6, 4, 4))
    near = mg.Graph(y=mg.GroupNormalization(image, six, six, num_groups=2))
    run = near.forward(image=x)["y"].reshape(4, 2, -1)
    assert np.abs(run.mean(axis=2) - 1).max() < 1e-2
    assert np.abs(run.std(axis=2) - 1).max() < 1e-2
