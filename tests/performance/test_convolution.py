"""The measurement of convolution works; what it measures is told by running it, as it says at its top."""

import numpy as np

from tests.performance import convolution


def test_what_is_timed_is_a_convolution_and_its_gradients():
    x, w, slope = convolution.operands(batch=2, channels=3, size=4, filters=5)
    calls = convolution.minigraph_calls(x, w, slope)
    y, (for_x, for_w) = calls["forward"](), calls["both gradients"]()
    window = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))[1, :, 2:5, 0:3]
    assert np.isclose(y[1, 4, 2, 0], np.sum(window * w[4]), rtol=1e-4)
    assert np.isclose(np.sum(for_x * x), np.sum(slope * y), rtol=1e-3)
    assert np.isclose(np.sum(for_w * w), np.sum(slope * y), rtol=1e-3)
    assert all(milliseconds > 0 for milliseconds in convolution.measure({"minigraph": calls}, rounds=1).values())
