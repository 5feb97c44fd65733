"""Cases of values joined, stacked and repeated."""

from tests.cases.making import case, labels, randn

ROWS = [
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
    case("Stack", randn("N", 4), randn("N", 4)),
    case("Stack", randn("N", 4), randn("N", 4), randn("N", 4), axis=1),
    case("Stack", randn(2, 3), randn(2, 3), axis=-1),
    case("Stack", randn(), randn()),
    case("Stack", randn(3)),
    case("Stack", labels(3, below=9), labels(3, below=9)),
]
