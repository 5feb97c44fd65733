"""What convolution and pooling refuse, and what they make of large images and deep graphs."""

import numpy as np
import pytest

import minigraph as mg


@pytest.fixture
def x():
    return mg.Input("x", ("N", 3, 8, 8))


@pytest.fixture
def w():
    return mg.Parameter("w", np.zeros((4, 3, 3, 3)))


def test_an_image_has_channels_and_filters_a_window_of_known_sizes(w, refused):
    vector, image = mg.Input("v", ("N", 3)), mg.Input("image", ("N", 3, "H", 8))
    refused(mg.ShapeError, lambda: mg.Conv(vector, w))
    refused(mg.ShapeError, lambda: mg.Conv(image, mg.Input("w", (4, 3, "K", 3))))


def test_a_window_larger_than_the_image_of_a_run_is_told(w, refused):
    graph = mg.Graph(y=mg.Conv(mg.Input("image", ("N", 3, "H", "W")), w))
    refused(mg.ShapeError, lambda: graph.forward(image=np.ones((1, 3, 2, 9))))
    refused(mg.ShapeError, lambda: mg.compile(graph)(image=np.ones((1, 3, 9, 1))))


def test_filters_must_take_the_channels_that_there_are(x, w, refused):
    k = mg.Parameter("k", np.zeros((4, 2, 3, 3)))
    refused(mg.ShapeError, lambda: mg.Conv(x, k))
    refused(mg.ShapeError, lambda: mg.ConvTranspose(x, w))
    refused(mg.OperationError, lambda: mg.Conv(x, w, group=2))
    refused(mg.ShapeError, lambda: mg.Conv(x, w, mg.Parameter("b", np.zeros(3))))


@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": 2},
        {"dilations": (1, 0)},
        {"pads": (1, 1)},
        {"auto_pad": "SAME"},
        {"dilations": (4, 4)},
        {"kernel_shape": (2, 2)},
    ],
    ids=str,
)
def test_a_window_is_described_axis_by_axis(x, w, attributes, refused):
    refused((mg.OperationError, mg.ShapeError), lambda: mg.Conv(x, w, **attributes))


def test_pooling_says_what_its_window_or_norm_must_be(x, refused):
    refused(mg.ShapeError, lambda: mg.MaxPool(x, kernel_shape=(9, 9)))
    refused(mg.OperationError, lambda: mg.LpPool(x, kernel_shape=(2, 2), p=0))


def test_a_window_of_padding_alone_pools_nothing(x, refused):
    refused(mg.ShapeError, lambda: mg.MaxPool(x, kernel_shape=(2, 2), pads=(0, 2, 0, 0)))
    row = mg.Input("row", ("N", 1, 1))
    refused(mg.ShapeError, lambda: mg.AveragePool(row, kernel_shape=(2,), dilations=(2,), pads=(1, 1)))
    refused(mg.ShapeError, lambda: mg.LpPool(x, kernel_shape=(1, 1), pads=(1, 1, 1, 1)))


def test_a_transposed_convolution_leaves_no_stride_untouched(x, refused):
    k = mg.Parameter("k", np.zeros((3, 1, 2, 2)))
    refused(mg.OperationError, lambda: mg.ConvTranspose(x, k, output_padding=(1, 1)))


def test_columns_must_be_those_of_the_image(refused):
    columns = mg.Input("columns", ("N", 9, 4))
    refused(mg.ShapeError, lambda: mg.Col2Im(columns, image_shape=(4, 4), block_shape=(2, 2)))


@pytest.mark.parametrize("seed", range(100))
def test_columns_are_folded_by_the_transpose_of_what_makes_them(seed):
    rng = np.random.default_rng(seed)
    rank = 1 + seed % 3
    size, kernel, stride, gap = (rng.integers(1, most, rank) for most in (7, 4, 5, 4))
    pads = rng.integers(0, 5, 2 * rank)
    pads[:rank] += np.maximum(0, (kernel - 1) * gap + 1 - size)  # so that there is a place for the window
    attributes = {"strides": tuple(stride), "dilations": tuple(gap), "pads": tuple(pads)}
    x = rng.normal(size=(2, 2, *size))
    columns = mg.Im2Col.apply(x, kernel_shape=tuple(kernel), **attributes)
    weights = rng.normal(size=columns.shape)
    image = mg.Col2Im.apply(weights, image_shape=tuple(size), block_shape=tuple(kernel), **attributes)
    assert np.isclose(np.sum(columns * weights), np.sum(x * image))


def test_a_convolution_and_its_transpose_are_adjoint():
    rng = np.random.default_rng(0)
    x, w, y = rng.normal(size=(2, 4, 7, 7)), rng.normal(size=(6, 2, 3, 3)), rng.normal(size=(2, 6, 4, 4))
    attributes = {"strides": (2, 2), "pads": (1, 1, 1, 1), "group": 2}
    assert np.isclose(np.sum(mg.Conv.apply(x, w, **attributes) * y), np.sum(mg.ConvTranspose.apply(y, w, **attributes) * x))


def test_a_batch_of_several_named_sizes_keeps_its_name(w):
    rows = mg.Input("rows", ("N", 2, 3, 8, 8)).reshape(-1, 3, 8, 8)
    assert mg.MaxPool(mg.Conv(rows, w), kernel_shape=(2, 2)).shape == ("2·N", 4, 5, 5)


@pytest.mark.parametrize("gradient", [False, True])
def test_a_step_with_an_image_that_is_too_small_changes_no_variable(gradient):
    x, steps = mg.Input("x", ("N", 1, "H")), mg.Variable("steps", 0, dtype=np.int64)
    y = mg.Conv(x, np.ones((1, 1, 3)), strides=(2,))
    graph = mg.Graph(y=mg.gradient(y.sum(), [x])[0] if gradient else y)
    step = mg.compile(graph, {steps: steps + 1})
    for size, refused in ((5, False), (2, True), (0, True), (3, False)):
        before = int(steps.value)
        if refused:
            with pytest.raises(mg.ShapeError, match="does not fit into the image of"):
                step(x=np.ones((1, 1, size)))
        else:
            step(x=np.ones((1, 1, size)))
        assert int(steps.value) == before + (not refused)
