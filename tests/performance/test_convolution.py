"""The measurement of convolutions works; what it measures is told by running it, as it says at its top."""

import numpy as np
import pytest

from tests.performance import convolution


def test_what_is_timed_is_a_convolution_and_its_gradients():
    sizes = (2, 3, 4, 5, 3, 1, 1)
    x, w, g = convolution.drawn("y", sizes)
    around = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    assert np.isclose(convolution.minigraph("y", sizes)(), np.sum(around[1, :, 3:6, 3:6] * w[4]), rtol=1e-4)
    assert np.isclose(convolution.minigraph("dW", sizes)(), np.sum(around[:, 2, 2:, 2:] * g[:, 4]), rtol=1e-4)
    turned = np.pad(g, ((0, 0), (0, 0), (1, 1), (1, 1)))[1, :, 3:6, 3:6]
    assert np.isclose(convolution.minigraph("dx", sizes)(), np.sum(turned * w[:, 2, ::-1, ::-1]), rtol=1e-4)


@pytest.mark.parametrize(("kind", "sizes"), [("resnet", (4,)), ("embedding", (6, 5, 20))])
def test_what_is_timed_trains(kind, sizes):
    step = convolution.minigraph(kind, sizes)
    losses = [step() for _ in range(8)]
    assert losses[-1] < losses[0]


def test_what_is_timed_is_a_hessian_vector_product():
    assert np.isfinite(convolution.minigraph("hessian", (7,))())
