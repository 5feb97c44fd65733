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


def refused(error, text, compose):
    with pytest.raises(error) as caught:
        compose()
    assert str(caught.value).splitlines()[0] == text


def test_an_image_has_channels_and_known_sizes(w):
    vector, named = mg.Input("v", ("N", 3)), mg.Input("image", ("N", 3, "H", 8))
    text = "Conv takes an image, N × C × D1 × …, with at least one axis to slide along, not v (N × 3)."
    refused(mg.ShapeError, text, lambda: mg.Conv(vector, w))
    text = "Conv needs to know the channels and the sizes of image (N × 3 × H × 8); only its first axis may be named."
    refused(mg.ShapeError, text, lambda: mg.Conv(named, w))


def test_filters_must_take_the_channels_that_there_are(x, w):
    k = mg.Parameter("k", np.zeros((4, 2, 3, 3)))
    wrong = "the filters take 2 channels, but the image has 3."
    refused(mg.ShapeError, f"Conv cannot filter x (N × 3 × 8 × 8) with k (4 × 2 × 3 × 3): {wrong}", lambda: mg.Conv(x, k))
    wrong = "the filters take 4 channels, but the image has 3."
    text = f"ConvTranspose cannot filter x (N × 3 × 8 × 8) with w (4 × 3 × 3 × 3): {wrong}"
    refused(mg.ShapeError, text, lambda: mg.ConvTranspose(x, w))
    text = "Conv cannot split the channels of x (N × 3 × 8 × 8) and w (4 × 3 × 3 × 3) into group=2: it must divide 3 and 4."
    refused(mg.OperationError, text, lambda: mg.Conv(x, w, group=2))
    text = "Conv adds a bias to each of 4 channels, not b (3)."
    refused(mg.ShapeError, text, lambda: mg.Conv(x, w, mg.Parameter("b", np.zeros(3))))


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"strides": 2}, "Conv takes strides as 2 whole numbers, each 1 or more, not 2."),
        ({"dilations": (1, 0)}, "Conv takes dilations as 2 whole numbers, each 1 or more, not (1, 0)."),
        ({"pads": (1, 1)}, "Conv takes pads as 4 whole numbers, each 0 or more, not (1, 1)."),
        ({"auto_pad": "SAME"}, "Conv takes an auto_pad of NOTSET, SAME_UPPER, SAME_LOWER or VALID, not 'SAME'."),
        ({"dilations": (4, 4)}, "Conv has a window of 9 × 9 that does not fit into the image of 8 × 8."),
        ({"kernel_shape": (2, 2)}, "Conv has the kernel_shape (2, 2), but its filters are w (4 × 3 × 3 × 3)."),
    ],
)
def test_a_window_is_described_axis_by_axis(x, w, attributes, text):
    refused((mg.OperationError, mg.ShapeError), text, lambda: mg.Conv(x, w, **attributes))


def test_pooling_says_what_its_window_or_norm_must_be(x):
    text = "MaxPool has a window of 9 × 9 that does not fit into the image of 8 × 8."
    refused(mg.ShapeError, text, lambda: mg.MaxPool(x, kernel_shape=(9, 9)))
    text = "LpPool takes p as a whole number, 1 or more, not 0."
    refused(mg.OperationError, text, lambda: mg.LpPool(x, kernel_shape=(2, 2), p=0))


def test_a_window_of_padding_alone_pools_nothing(x):
    text = "MaxPool has a window of 2 × 2 with places where all of it is padding: x (N × 3 × 8 × 8) is padded by (0, 2, 0, 0)."
    refused(mg.ShapeError, text, lambda: mg.MaxPool(x, kernel_shape=(2, 2), pads=(0, 2, 0, 0)))
    text = "AveragePool has a window of 3 with places where all of it is padding: row (N × 1 × 1) is padded by (1, 1)."
    row = mg.Input("row", ("N", 1, 1))
    refused(mg.ShapeError, text, lambda: mg.AveragePool(row, kernel_shape=(2,), dilations=(2,), pads=(1, 1)))
    with pytest.raises(mg.ShapeError) as caught:
        mg.LpPool(x, kernel_shape=(1, 1), pads=(1, 1, 1, 1))
    assert str(caught.value).splitlines()[1].startswith("  x was made at test_images.py:")
    assert str(caught.value).splitlines()[2:] == [
        "  Pad by less than the window; padding that should count is put into the image by mg.Pad."
    ]


def test_a_transposed_convolution_leaves_no_stride_untouched(x):
    k = mg.Parameter("k", np.zeros((3, 1, 2, 2)))
    text = (
        "ConvTranspose cannot make an image of 10 × 10 from x (N × 3 × 8 × 8): each axis must end less than a stride or a "
        "dilation, (1, 1), after its last window."
    )
    refused(mg.OperationError, text, lambda: mg.ConvTranspose(x, k, output_padding=(1, 1)))


def test_columns_must_be_those_of_the_image():
    columns = mg.Input("columns", ("N", 9, 4))
    text = "Col2Im makes an image of 4 × 4 from N × 4·C × 9 columns, not from columns (N × 9 × 4)."
    refused(mg.ShapeError, text, lambda: mg.Col2Im(columns, image_shape=(4, 4), block_shape=(2, 2)))


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
