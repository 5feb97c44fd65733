"""Cases of elements laid out otherwise: flattened, joined and repeated."""

from tests.cases.making import case, labels, randn

ROWS = [
    case("Flatten", randn("N", 2, 3)),
    case("Flatten", randn("N", 2, 3), axis=0),
    case("Flatten", randn("N", 2, 3), axis=-1),
    case("Flatten", randn("N", 2, 3), axis=3),
    case("Flatten", randn(3)),
    case("Flatten", randn(), axis=0),
    case("Flatten", labels(2, 3, 2, below=9)),
    case("Concat", randn("N", 2), randn("N", 3), axis=1),
    case("Concat", randn("N", 2), randn("N", 2), randn("N", 2), axis=0),
    case("Concat", randn(2, "N", 2), randn(2, "N", 2), axis=1),
    case("Concat", randn(2, 3), randn(1, 3), randn(0, 3), axis=-2),
    case("Concat", randn("N", 3), axis=0),
    case("Concat", randn(2), randn(2), axis=-1),
    case("Concat", labels(2, 3, below=9), labels(2, 1, below=9), axis=1),
    case("Tile", randn("N", 2), repeats=(2, 3)),
    case("Tile", randn("N", 2), repeats=(2,)),
    case("Tile", randn("N", 2), repeats=(2, 1, 2)),
    case("Tile", randn(2, 3), repeats=(1, 0)),
    case("Tile", randn(), repeats=(2,)),
    case("Tile", randn(3), repeats=2),
    case("Tile", labels(2, below=9), repeats=(2, 2)),
]
