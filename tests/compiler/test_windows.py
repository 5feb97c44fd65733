"""Convolutions and pools of few windows: the same values and gradients as the rules give, in each form that they take."""

from importlib import import_module

import numpy as np
import pytest

import minigraph as mg

windows = import_module("minigraph.compiler.windows")
RNG = np.random.default_rng(0)

CONVOLUTIONS = [
    # the image, its filters, and the attributes
    ((3, 9), (4, 3, 5), {}),
    ((3, 9), (4, 3, 3), {"pads": (2, 1), "dilations": (2,)}),
    ((4, 7, 6), (5, 4, 3, 2), {"pads": (1, 0, 2, 1)}),
    ((4, 7, 6), (6, 2, 3, 3), {"group": 2, "pads": (1, 1, 1, 1)}),
    ((4, 7, 6), (8, 1, 3, 3), {"group": 4, "auto_pad": "SAME_UPPER"}),
    ((2, 8, 9), (3, 2, 3, 3), {"dilations": (2, 3), "pads": (2, 3, 2, 3)}),
    ((2, 8, 9), (3, 2, 3, 3), {"strides": (1, 2), "pads": (1, 1, 1, 1)}),
    ((2, 8, 9), (3, 2, 3, 3), {"strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((2, 8, 9), (3, 2, 3, 3), {"strides": (2, 2)}),
    ((2, 11), (3, 2, 5), {"strides": (2,), "pads": (0, 3)}),
    ((2, 12), (3, 2, 7), {"strides": (3,), "pads": (2, 1), "dilations": (2,)}),
    ((4, 9, 8), (6, 2, 5, 3), {"strides": (4, 2), "dilations": (2, 3), "pads": (3, 1, 2, 3), "group": 2}),
    ((2, 3, 9), (3, 2, 3, 3), {"strides": (2, 2), "dilations": (5, 1), "pads": (0, 1, 9, 1)}),
    ((2, 5, 6, 7), (3, 2, 3, 2, 3), {"strides": (2, 1, 2), "pads": (1, 0, 1, 1, 1, 1)}),
    ((2, 5, 5), (3, 2, 3, 3), {"pads": (4, 4, 4, 4)}),
    ((2, 4, 5, 3), (3, 2, 2, 3, 2), {"pads": (1, 1, 0, 0, 1, 1)}),
    ((4, 6, 6), (5, 4, 1, 1), {}),
    ((4, 6, 6), (5, 4, 1, 3), {"pads": (0, 1, 0, 1)}),
]
POOLS = [
    ((2, 8), {"kernel_shape": (2,), "strides": (2,)}),
    ((2, 9), {"kernel_shape": (3,), "strides": (2,), "pads": (1, 1)}),
    ((2, 6, 8), {"kernel_shape": (2, 2), "strides": (2, 2)}),
    ((2, 6, 9), {"kernel_shape": (2, 3), "strides": (2, 3)}),
    ((2, 7, 7), {"kernel_shape": (2, 2), "strides": (2, 2)}),
    ((2, 7, 7), {"kernel_shape": (2, 2), "strides": (2, 2), "ceil_mode": True}),
    ((2, 7, 7), {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ((2, 7, 7), {"kernel_shape": (3, 2), "dilations": (2, 1)}),
    ((2, 4, 2, 6), {"kernel_shape": (2, 1, 3), "strides": (2, 1, 3)}),
]


def agrees(y, given, power=2, rows=(1, 3, 40)):
    """The compiled value and gradients are those of the plain run, for a few rows and for many, which run in tiles."""
    loss = (y**power * np.linspace(-1, 1, y.shape[-1])).sum()
    graph = mg.Graph(y=y, loss=loss)
    leaves = [*graph.parameters.values(), *(node for node in graph.inputs.values() if node.dtype.kind == "f")]
    whole = mg.Graph(y=y, **{f"gradient{i}": each for i, each in enumerate(mg.gradient(loss, leaves))}).astype(np.float64)
    program = mg.compile(whole)
    for count in rows:
        values = given(count)
        run, found = whole.forward(**values), program(**values)
        for name in found:
            np.testing.assert_allclose(found[name], run[name], rtol=1e-10, atol=1e-12, err_msg=name, equal_nan=True)
    return program.source


@pytest.mark.parametrize(("image", "filters", "attributes"), CONVOLUTIONS)
def test_a_convolution_by_lines_is_the_convolution(image, filters, attributes, monkeypatch):
    monkeypatch.setattr(windows._Lines, "worth_it", lambda *_: True)
    w, b = mg.Parameter("w", RNG.normal(size=filters)), mg.Parameter("b", RNG.normal(size=filters[0]))
    y = mg.Conv(mg.Input("x", ("N", *image)), w, b, **attributes)
    agrees(y, lambda count: {"x": RNG.normal(size=(count, *image))})


@pytest.mark.parametrize(("image", "filters", "attributes"), CONVOLUTIONS)
def test_its_transpose_by_lines_is_the_transpose(image, filters, attributes, monkeypatch):
    monkeypatch.setattr(windows._Lines, "worth_it", lambda *_: True)
    w, laid_out = mg.Parameter("w", RNG.normal(size=filters)), (filters[0], *(size + 4 for size in image[1:]))
    y = mg.ConvTranspose(mg.Input("x", ("N", *laid_out)), w, **attributes)
    agrees(y, lambda count: {"x": RNG.normal(size=(count, *laid_out))})


@pytest.mark.parametrize(("image", "attributes"), POOLS)
@pytest.mark.parametrize("kind", [mg.MaxPool, mg.AveragePool])
def test_a_pool_of_slices_is_the_pool(kind, image, attributes):
    x = mg.Input("x", ("N", *image))
    agrees(kind(x, **attributes), lambda count: {"x": RNG.integers(-2, 3, (count, *image)).astype(float)})


@pytest.mark.parametrize(("image", "attributes"), POOLS)
def test_the_gradient_of_a_pool_goes_to_the_first_that_is_not_a_number(image, attributes):
    def given(count):
        x = RNG.integers(-2, 3, (count, *image)).astype(float)
        x[RNG.random(x.shape) < 0.2] = np.nan
        return {"x": x}

    agrees(mg.MaxPool(mg.Input("x", ("N", *image)), **attributes), given, power=1)


def test_a_convolution_of_many_channels_has_no_columns_of_all_its_windows():
    x, w = mg.Input("x", ("N", 16, 14, 14)), mg.Parameter("w", RNG.normal(size=(32, 16, 5, 5)))
    y = mg.Conv(x, w, pads=(2, 2, 2, 2))
    program = mg.compile(mg.Graph(loss=(y * y).sum()), updates=mg.SGD(0.1).minimize((y * y).sum()))
    program(x=np.ones((40, 16, 14, 14), np.float32))
    assert "(N, 80, 252)" in program.source and "(N, 400, 196)" not in program.source


def test_a_convolution_of_one_channel_has_them():
    x, w = mg.Input("x", ("N", 1, 28, 28)), mg.Parameter("w", RNG.normal(size=(16, 1, 5, 5)))
    program = mg.compile(mg.Graph(y=mg.Conv(x, w, pads=(2, 2, 2, 2))))
    program(x=np.ones((40, 1, 28, 28), np.float32))
    assert "(N, 25, 784)" in program.source


def test_windows_side_by_side_are_pooled_without_columns():
    x = mg.Input("x", ("N", 16, 28, 28))
    loss = (mg.MaxPool(x, kernel_shape=(2, 2), strides=(2, 2)) ** 2).sum()
    (gradient,) = mg.gradient(loss, [x])
    program = mg.compile(mg.Graph(gradient=gradient))
    program(x=np.ones((40, 16, 28, 28), np.float32))
    assert "rule" not in program.source


def test_windows_of_one_element_are_the_image():
    x, w = mg.Input("x", ("N", 16, 14, 14)), mg.Parameter("w", RNG.normal(size=(32, 16, 1, 1)))
    loss = (mg.Conv(x, w) ** 2).sum()
    (gradient,) = mg.gradient(loss, [x])
    program = mg.compile(mg.Graph(gradient=gradient))
    program(x=np.ones((40, 16, 14, 14), np.float32))
    assert "rule" not in program.source


@pytest.mark.needs("cc")
@pytest.mark.parametrize(("filters", "group"), [((8, 1, 3, 3), 8), ((1, 8, 3, 3), 1)])
def test_loops_do_not_lay_out_the_windows_of_a_single_filter_for_its_gradient(filters, group):
    x, slope = mg.Input("x", ("N", 8, 14, 14)), mg.Input("slope", ("N", filters[0], 14, 14))
    y = mg.Conv(x, mg.Parameter("w", RNG.normal(size=filters)), pads=(1, 1, 1, 1), group=group)
    graph = mg.Graph(dx=mg.gradient(y, [x], slope)[0])
    programs = [mg.compile(graph, engine=engine) for engine in ("numpy", "c")]
    given = RNG.normal(size=(40, *slope.shape[1:]))
    found = [program(slope=given)["dx"] for program in programs]
    assert "Col2Im" not in programs[1].source
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)


def test_filters_of_a_number_that_a_run_tells_are_compared_at_a_typical_one(monkeypatch):
    monkeypatch.setattr(windows._Lines, "worth_it", lambda *_: True)
    x, w = mg.Input("x", ("N", 16, 9)), mg.Input("w", ("M", 16, 3))
    agrees(mg.Conv(x, w), lambda count: {"x": RNG.normal(size=(count, 16, 9)), "w": RNG.normal(size=(5, 16, 3))})
