"""Windows over an axis: what is found by arithmetic is what an array of all places says."""

import random

import numpy as np

import minigraph as mg
from minigraph.ops.sliding import Window


def test_whether_a_window_holds_an_element_at_every_place_is_what_all_places_say():
    rng, found = random.Random(0), []
    for _ in range(3000):
        pads = (rng.randint(0, 7), rng.randint(0, 7))
        kernel, stride, gap = ((rng.randint(1, 5),) for _ in range(3))
        window, image = Window(kernel, stride, gap, pads, "NOTSET", rng.random() < 0.4), (rng.randint(0, 6),)
        if window.places(image)[0] >= 0:
            (at,) = window.at(image)
            found.append(bool(np.any((at >= 0) & (at < image[0]), axis=1).all()))
            assert window.holds(image) == found[-1], (window, image)
    assert 500 < sum(found) < 2500


def test_windows_laid_out_component_by_component_are_those_at_their_places():
    rng, strided = random.Random(0), 0
    for _ in range(600):
        rank = rng.randint(1, 3)
        kernel, strides, gaps = (tuple(rng.randint(1, 4) for _ in range(rank)) for _ in range(3))
        window = Window(
            kernel, strides, gaps, tuple(max(0, rng.randint(-4, 5)) for _ in range(2 * rank)), "NOTSET", rng.random() < 0.3
        )
        image = tuple(rng.randint(1, 7) for _ in range(rank))
        if min(window.places(image)) < 1:
            continue
        x = np.arange(1.0, 1 + 2 * 3 * np.prod(image)).reshape(2, 3, *image)[:, :: rng.choice([1, -2])]
        expected, fill = x, rng.choice([0.0, -7.0])
        for axis, at in enumerate(window.at(image)):
            inside = (at >= 0) & (at < image[axis])
            taken = np.take(expected, np.where(inside, at, 0), axis=2 + 2 * axis)
            expected = np.where(inside.reshape(*inside.shape, *[1] * (rank - 1 - axis)), taken, fill)
        expected = expected.transpose(0, 1, *range(3, 3 + 2 * rank, 2), *range(2, 3 + 2 * rank - 1, 2))
        attributes = {key: value for key, value in window._asdict().items() if key != "auto_pad"}
        node = mg.Im2Col(mg.Input("x", x.shape, dtype=np.float64), **attributes, fill=fill)
        columns = node.forward(x, out=np.full(node.shape, np.nan))
        np.testing.assert_array_equal(columns.reshape(expected.shape), expected, err_msg=str((window, image)))
        strided += max(strides) > 1
    assert strided > 200
