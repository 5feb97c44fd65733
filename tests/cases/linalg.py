"""Cases of linear algebra."""

from tests.cases.making import case, definite, invertible, randn, values

ROWS = [
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
    case("SignDet", invertible("N", 3, 3)),
    case("SignDet", randn(2, 2)),
    case("PseudoInverse", randn("N", 3, 2)),
    case("PseudoInverse", randn(2, 2, 4)),
    case("PseudoInverse", invertible("N", 2, 2)),
    case("PseudoInverse", randn(3, 2), rcond=1e-3),
    case("PseudoInverse", values([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]]), kink="the rank is no longer 1 beside it"),
    case("PseudoInverse", randn(0, 2)),
]
