"""The article's model: every second derivative of its loss, against those that PyTorch gives."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build

ANSWERS = dict(np.load(Path(__file__).parent / "oracles" / "two_layer.npz"))
PARAMETERS = ("W1", "b1", "W2", "b2")


@pytest.fixture(scope="module")
def model():
    graph = build(hidden=3).astype(np.float64)
    for name in PARAMETERS:
        graph[name].value = ANSWERS[name]
    return graph


def end_to_end(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def places_of(name):
    """Where a parameter's elements are among all of them."""
    start = sum(ANSWERS[other].size for other in PARAMETERS[: PARAMETERS.index(name)])
    return slice(start, start + ANSWERS[name].size)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_second_derivative_is_that_of_pytorch(model, name):
    wrt = [model[other] for other in PARAMETERS]
    (slope,) = mg.gradient(model["loss"], [model[name]])
    expected = ANSWERS["hessian"][places_of(name)]
    for i, row in enumerate(expected):
        unit = np.zeros(slope.shape)
        unit.flat[i] = 1
        nodes = mg.gradient(slope, wrt, cotangent=mg.Constant(unit, dtype=np.float64))
        run = mg.Graph(**{f"d{j}": node for j, node in enumerate(nodes)}).forward(x=ANSWERS["x"], y=ANSWERS["y"])
        found = end_to_end(run[f"d{j}"] for j in range(4))
        assert np.abs(found - row).max() <= 1e-9 * np.abs(expected).max()


def test_the_second_derivative_along_a_direction_is_the_product_with_all_of_them(model):
    wrt = [model[name] for name in PARAMETERS]
    random = np.random.default_rng(3)
    directions = [random.normal(size=node.shape) for node in wrt]
    slopes = mg.gradient(model["loss"], wrt)
    along = sum((slope * direction).sum() for slope, direction in zip(slopes, directions, strict=True))
    graph = mg.Graph(along=along)
    found = graph.forward(x=ANSWERS["x"], y=ANSWERS["y"]).backward("along")
    expected = ANSWERS["hessian"] @ end_to_end(directions)
    assert np.abs(end_to_end(found[node] for node in wrt) - expected).max() <= 1e-9 * np.abs(expected).max()
