"""Cases of linear algebra."""

from tests.cases.making import case, definite, invertible, labels, randn

ROWS = [
    case("Trilu", randn("N", 3, 4)),
    case("Trilu", randn("N", 3, 4), k=-1, upper=False),
    case("Trilu", randn("N", 3), k=1),
    case("Trilu", randn(3, 3), k=5),
    case("Trilu", randn(0, 2)),
    case("Trilu", labels(3, 3, below=9), upper=False),
    case("Inverse", invertible("N", 3, 3)),
    case("Inverse", invertible(2, 2)),
    case("Inverse", randn(0, 0)),
    case("Det", invertible("N", 3, 3)),
    case("Det", invertible(2, 2)),
    case("Det", randn(0, 0)),
    case("LogAbsDet", invertible("N", 3, 3)),
    case("LogAbsDet", invertible(2, 2)),
    case("Solve", invertible("N", 3, 3), randn("N", 3, 2)),
    case("Solve", invertible("N", 3, 3), randn(3)),
    case("Solve", invertible(3, 3), randn(3)),
    case("Solve", invertible(3, 3), randn("N", 3, 1)),
    case("Solve", invertible(2, 1, 2, 2), randn(3, 2, 1)),
    case("Cholesky", definite("N", 3, 3)),
    case("Cholesky", definite(2, 2)),
    case("Cholesky", invertible(1, 1)),
]
