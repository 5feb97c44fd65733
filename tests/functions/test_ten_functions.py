"""Ten functions as other people write them: their derivatives are those of JAX, and each is drawn and derived."""

import inspect

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops.trees import labelled_leaves, leaves, with_leaves
from tests.functions.ten import TEN
from tests.oracles.jax_functions import FILE, stored


@pytest.fixture(scope="module")
def answers():
    with np.load(FILE) as file:
        return dict(file)


@pytest.mark.parametrize("function", TEN, ids=lambda function: function.__name__)
def test_values_gradients_and_hessians_are_those_of_jax(function, answers):
    found = stored(mg.grad, mg.hessian, {function: TEN[function]})
    assert len(found) == 3
    for name, array in found.items():
        np.testing.assert_allclose(array, answers[name], rtol=1e-9, atol=1e-9 * abs(answers[name]).max(), err_msg=name)


@pytest.mark.parametrize("function", TEN, ids=lambda function: function.__name__)
def test_each_is_drawn_and_derived(function):
    """What its own functions compose are blocks, so that a picture has few signs; the derivation checks itself."""
    first, *others = TEN[function]
    graph = mg.trace(function, with_leaves(first, (np.shape(leaf) for leaf in leaves(first))), *others)
    given = dict(labelled_leaves(first, next(iter(inspect.signature(function).parameters))))
    assert graph.inputs.keys() == given.keys()
    assert sum("fillcolor" in line and "legend" not in line for line in graph.draw(depth=0).source.splitlines()) <= 30
    assert graph.derive(next(iter(graph.inputs)), **given).ok
