"""Cases of slices, of what puts them back, and of padding."""

from tests.cases.making import case, labels, randn, sizes

FAR = 2**31 - 1

ROWS = [
    case("Slice", randn(5), starts=(1,), ends=(-1,)),
    case("Slice", randn("N", 6), starts=(1,), ends=(FAR,), axes=(1,), steps=(2,)),
    case("Slice", randn("N", 5, 4), starts=(4, -1), ends=(0, -FAR), axes=(1, 2), steps=(-2, -1)),
    case("Slice", randn("N", 3), starts=(1,), ends=(FAR,)),
    case("Slice", randn("N", 3), starts=(1, 0), ends=(-1, 2)),
    case("Slice", randn(2, "N"), starts=(0,), ends=(-4,), axes=(1,)),
    case("Slice", randn("N", 3), starts=(-1,), ends=(-FAR,), axes=(-2,), steps=(-1,)),
    case("Slice", randn("N", 3), starts=(0, 0), ends=(FAR, 2)),
    case("Slice", randn(2, 3, 4), starts=(1,), ends=(1,), axes=[-2]),
    case("Slice", randn(2, 3), starts=(-10, 5), ends=(10, 9)),
    case("Slice", randn(0, 3), starts=(0,), ends=(-FAR,), steps=(-1,)),
    case("Slice", randn(2), starts=(), ends=()),
    case("Slice", labels(4, 5, below=9), starts=(3, 0), ends=(0, 4), steps=(-1, 3)),
    case("ScatterSlice", randn(3), sizes(5), starts=(1,), ends=(-1,)),
    case("ScatterSlice", randn("N", 3), sizes("N", 6), starts=(1,), ends=(FAR,), axes=(1,), steps=(2,)),
    case("ScatterSlice", randn("N", 2, 4), sizes("N", 5, 4), starts=(4, -1), ends=(0, -FAR), axes=(1, -1), steps=(-2, -1)),
    case("ScatterSlice", randn(0, 2), sizes(3, 2), starts=(2,), ends=(1,)),
    case("ScatterSlice", labels(2, below=9), sizes(4), starts=(0,), ends=(4,), steps=(2,)),
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
