"""Cases of slices, and of what puts them back."""

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
]
