"""Cases of triangles and diagonals."""

from tests.cases.making import case, labels, randn

ROWS = [
    case("Trilu", randn("N", 3, 4)),
    case("Trilu", randn("N", 3, 4), k=-1, upper=False),
    case("Trilu", randn("N", 3), k=1),
    case("Trilu", randn(3, 3), k=5),
    case("Trilu", randn(0, 2)),
    case("Trilu", labels(3, 3, below=9), upper=False),
    case("EyeLike", randn("N", 3, 2)),
    case("EyeLike", randn("N", 3), k=1),
    case("EyeLike", randn(3, 3), k=-2),
    case("EyeLike", randn(2, 2), k=5),
    case("EyeLike", labels(2, 2, below=9)),
    case("Diag", randn("N")),
    case("Diag", randn(3), k=1),
    case("Diag", randn("N"), k=-2),
    case("Diag", labels(2, below=9)),
]
