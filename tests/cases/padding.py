"""Cases of padding."""

from tests.cases.making import case, labels, randn

ROWS = [
    case("Pad", randn("N", 3), pads=(0, 1, 0, 2)),
    case("Pad", randn("N", 3), pads=(2, 1), axes=(-1,), constant_value=-1.5),
    case("Pad", randn("N", 4, 3), pads=(1, 2, 3, 0), axes=(1, 2), mode="reflect"),
    case("Pad", randn("N", 2, 3), pads=(5, 4), axes=(2,), mode="reflect"),
    case("Pad", randn("N", 2, 3), pads=(2, 1, 0, 2), axes=(2, 1), mode="edge"),
    case("Pad", randn("N", 2, 3), pads=(4, 1), axes=(-1,), mode="wrap"),
    case("Pad", randn(2, 3), pads=(1, 1, 1, 1), mode="edge"),
    case("Pad", randn(3), pads=(0, 0)),
    case("Pad", randn(1), pads=(2, 2), mode="wrap"),
    case("Pad", randn(0, 2), pads=(1, 0, 1, 1)),
    case("Pad", randn("N", 4, 5), pads=(2, -1, -1, -1), axes=(1, 2), constant_value=2),
    case("Pad", randn("N", 6), pads=(-2, 3), axes=(1,), mode="reflect"),
    case("Pad", randn("N", 5), pads=(3, -2), axes=(1,), mode="edge"),
    case("Pad", randn("N", 5), pads=(4, -3), axes=(1,), mode="wrap"),
    case("Pad", labels(2, 2, below=9), pads=(1, 0, 0, 1), constant_value=7),
]
