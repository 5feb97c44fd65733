"""Images whose size only a run tells, resized: what a resized image of that size would be, and its gradients."""

import numpy as np
import pytest

import minigraph as mg

X = mg.Input("x", ("N", 2, "H", "W"))
RESIZED = [
    ({"scales": (2.0, 3.0)}, ("N", 2, "2·H", "3·W")),
    ({"scales": (1.5, 0.5), "mode": "linear"}, ("N", 2, "(H+⌊H/2⌋)", "⌊W/2⌋")),
    ({"sizes": (4, 5), "mode": "cubic"}, ("N", 2, 4, 5)),
]


@pytest.mark.parametrize(("options", "shape"), RESIZED)
def test_an_image_of_any_size_is_resized_as_one_of_a_known_size(options, shape):
    w = mg.Parameter("w", np.ones((2, 1, 1)))
    graph = mg.Graph(loss=(mg.Resize(X * w, **options) ** 2).mean())
    program = mg.compile(graph, updates=mg.SGD(1e-9).minimize(graph["loss"]))
    assert mg.Resize(X, **options).shape == shape
    for sizes in ((2, 2, 4, 6), (1, 2, 3, 5)):
        x = np.random.default_rng(0).normal(size=sizes)
        known = mg.Graph(loss=(mg.Resize(mg.Input("x", sizes) * w, **options) ** 2).mean()).forward(x=x)
        run = graph.forward(x=x)
        assert run["loss"] == pytest.approx(known["loss"], rel=1e-6) == program(x=x)["loss"]
        np.testing.assert_allclose(run.backward()["w"], known.backward()["w"], rtol=1e-5)
        assert mg.check_gradients(graph, x=x).ok


@pytest.mark.parametrize("options", [
    {"scales": (1.3, 2.0)},  # of which no rounding is that of floats for every size
    {"sizes": (4, 4), "keep_aspect_ratio_policy": "not_larger"},
])  # fmt: skip
def test_a_size_that_has_no_name_is_refused(options, wording):
    with pytest.raises(mg.OperationError) as error:
        mg.Resize(X, **options)
    wording(error.value)
