"""Ten functions as other people write them: their values, gradients and Hessians are those of JAX."""

import numpy as np
import pytest

import minigraph as mg
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
