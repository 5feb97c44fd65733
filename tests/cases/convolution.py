"""Cases of convolution and its transpose."""

from tests.cases.making import case, randn

ROWS = [
    case("Conv", randn("N", 2, 6), randn(3, 2, 3)),
    case("Conv", randn("N", 2, 5, 4), randn(3, 2, 3, 2), randn(3)),
    case("Conv", randn("N", 4, 5, 5), randn(6, 2, 3, 3), randn(6), group=2, pads=(1, 1, 1, 1)),
    case("Conv", randn(2, 3, 5, 5), randn(3, 1, 3, 3), group=3),
    case("Conv", randn(2, 2, 3, 4, 3), randn(2, 2, 2, 2, 2), randn(2)),
    case("Conv", randn(2, 2, 7, 6), randn(3, 2, 3, 2), strides=(2, 3)),
    case("Conv", randn(1, 2, 7, 8), randn(2, 2, 3, 2), randn(2), dilations=(2, 3), pads=(1, 0, 2, 3)),
    case("Conv", randn(1, 2, 7, 6), randn(2, 2, 2, 3), auto_pad="SAME_UPPER", strides=(2, 2)),
    case("Conv", randn(1, 2, 7, 6), randn(2, 2, 2, 3), auto_pad="SAME_LOWER", strides=(2, 1)),
    case("Conv", randn(1, 2, 5, 4), randn(2, 2, 2, 3), auto_pad="VALID"),
    case("Conv", randn(2, 3, 4, 4), randn(2, 3, 1, 1), kernel_shape=(1, 1)),
    case("ConvTranspose", randn("N", 2, 4), randn(2, 3, 3)),
    case("ConvTranspose", randn("N", 2, 3, 4), randn(2, 3, 3, 2), randn(3)),
    case("ConvTranspose", randn("N", 4, 3, 3), randn(4, 2, 3, 3), randn(4), group=2, pads=(1, 1, 1, 1)),
    case("ConvTranspose", randn(2, 2, 2, 3, 2), randn(2, 2, 2, 2, 2)),
    case("ConvTranspose", randn(2, 2, 3, 4), randn(2, 3, 3, 2), strides=(2, 3), output_padding=(1, 2)),
    case("ConvTranspose", randn(1, 2, 3, 4), randn(2, 2, 3, 2), randn(2), dilations=(2, 3), pads=(1, 0, 2, 3)),
    case("ConvTranspose", randn(1, 2, 3, 3), randn(2, 1, 3, 3), strides=(3, 2), output_shape=(10, 8)),
    case("ConvTranspose", randn(1, 2, 3, 3), randn(2, 1, 3, 3), strides=(2, 2), output_shape=(6, 6)),
    case("ConvTranspose", randn(1, 2, 3, 3), randn(2, 1, 4, 3), auto_pad="SAME_UPPER", strides=(2, 2)),
    case("ConvTranspose", randn(1, 2, 3, 3), randn(2, 1, 4, 3), auto_pad="SAME_LOWER", strides=(2, 2), kernel_shape=(4, 3)),
    case("ConvTranspose", randn(1, 2, 3, 3), randn(2, 1, 2, 3), auto_pad="VALID"),
    case("ConvTranspose", randn("N", 2, 3), randn(2, 1, 2), strides=(2,), dilations=(5,), output_padding=(4,)),
    case("ConvTranspose", randn(2, 2, 3), randn(2, 1, 2), strides=(3,), dilations=(5,), output_padding=(4,)),
    case("ConvTranspose", randn(2, 2, 4), randn(2, 2, 3), pads=(2, 2), dilations=(4,), output_padding=(3,)),
    case("ConvTranspose", randn(1, 2, 2), randn(2, 1, 1), pads=(1, 1), strides=(3,), output_padding=(2,)),
]
