"""Cases of rounding."""

from tests.cases.making import case, distinct, values

ROWS = [
    *(case(operation, distinct(*shape)) for operation in ("Floor", "Ceil", "Round") for shape in (("N", 4), (2, 1, 3), ())),
    case("Round", values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5), kink="a step"),
    case("Floor", values(-1.0, 0.0, 2.0), kink="a step"),
    case("Ceil", values(-1.0, 0.0, 2.0), kink="a step"),
]
