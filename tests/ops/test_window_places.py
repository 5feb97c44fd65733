"""Windows over an axis: what is found by arithmetic is what an array of all places says."""

import random

import numpy as np

from minigraph.ops.windows import Window


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
