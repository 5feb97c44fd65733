"""Cases of windows as columns, and of columns added up to an image."""

from tests.cases.making import case, labels, randn

ROWS = [
    case("Im2Col", randn("N", 2, 5), kernel_shape=(3,)),
    case("Im2Col", randn("N", 2, 5, 4), kernel_shape=(3, 2)),
    case("Im2Col", randn(2, 2, 5, 5), kernel_shape=(3, 2), strides=(2, 3)),
    case("Im2Col", randn(2, 2, 5, 6), kernel_shape=(2, 3), dilations=(3, 2)),
    case("Im2Col", randn(1, 2, 4, 3), kernel_shape=[2, 2], pads=[1, 0, 2, 1], fill=-2.5),
    case("Im2Col", randn(2, 1, 7, 6), kernel_shape=(2, 2), strides=(2, 1), dilations=(1, 2), pads=(1, 1, 1, 1)),
    case("Im2Col", randn(1, 2, 5, 6), kernel_shape=(2, 3), strides=(2, 2), auto_pad="SAME_UPPER"),
    case("Im2Col", randn(1, 2, 6, 5), kernel_shape=(3, 2), strides=(2, 2), ceil_mode=True),
    case("Im2Col", labels(1, 1, 4, 4, below=9), kernel_shape=(2, 2)),
    case("Col2Im", randn("N", 6, 3), image_shape=(5,), block_shape=(3,)),
    case("Col2Im", randn("N", 12, 9), image_shape=(5, 4), block_shape=(3, 2)),
    case("Col2Im", randn(2, 12, 4), image_shape=(5, 5), block_shape=(3, 2), strides=(2, 3)),
    case("Col2Im", randn(2, 6, 4), image_shape=[5, 6], block_shape=[2, 3], dilations=[3, 2]),
    case("Col2Im", randn(1, 4, 18), image_shape=(4, 3), block_shape=(2, 2), pads=(1, 0, 2, 1)),
    case("Col2Im", randn(1, 12, 9), image_shape=(5, 6), block_shape=(2, 3), strides=(2, 2), auto_pad="SAME_LOWER"),
    case("Col2Im", randn(1, 12, 9), image_shape=(6, 5), block_shape=(3, 2), strides=(2, 2), ceil_mode=True),
    case("Col2Im", labels(1, 4, 9, below=9), image_shape=(4, 4), block_shape=(2, 2)),
]
