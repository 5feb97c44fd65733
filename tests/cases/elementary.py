"""Cases of elementary functions."""

from tests.cases.making import case, drawn, positive, randn, values


def inside(*shape):
    """Numbers from −0.9 to 0.9, as inverse functions want them."""
    return drawn("inside", shape, lambda random, size: random.uniform(-0.9, 0.9, size))


def above_one(*shape):
    """Numbers from 1.2 to 3."""
    return drawn("above_one", shape, lambda random, size: random.uniform(1.2, 3, size))


ROWS = [
    case("Pow", positive("N", 4), randn("N", 4)),
    case("Pow", positive("N", 4), randn(4)),
    case("Pow", positive(3, 1), randn(2, 1, 4)),
    case("Pow", randn(2, 3), values(2.0), kink="the exponent of a negative number takes no derivative"),
    case("Pow", values(0.0, -1.5), values(3.0), kink="the exponent of a negative number takes no derivative"),
    case("Pow", values(0.0, 0.0, 0.0, 2.0), values(0.0, 1.0, 2.0, 0.0), kink="the exponent of 0 takes no derivative"),
    *(case("Exp", x) for x in (randn("N", 4), randn(2, 1, 3), randn(), randn(0, 4))),
    *(case(operation, x) for operation in ("Log", "Sqrt") for x in (positive("N", 4), positive(2, 1, 3), positive())),
    case("Exp", values(-1000.0, -100.0, 0.0, 88.0)),
    case("Log", values(1e-3, 1.0, 1e30)),
    case("Sqrt", values(1e-3, 1.0, 1e4)),
    *(
        case(operation, make(*shape))
        for operation, make in (("Expm1", randn), ("Erf", randn), ("Log1p", positive))
        for shape in (("N", 4), (2, 1, 3), ())
    ),
    case("Erf", values(-1000.0, -6.0, -3.0, -0.5, -0.46, -1e-3, 0.0, 0.46, 0.48, 2.0, 5.0)),
    case("Expm1", values(-1000.0, -1e-3, 0.0, 80.0)),
    case("Log1p", values(-0.999, 0.0, 1e-3, 1e30)),
    *(
        case(operation, make(*shape))
        for make, operations in (
            (randn, ("Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh")),
            (inside, ("Tan", "Asin", "Acos", "Atanh")),
            (above_one, ("Acosh",)),
        )
        for operation in operations
        for shape in (("N", 4), (2, 1, 3), ())
    ),
    case("Sin", values(-100.0, 0.0, 100.0)),
    case("Asinh", values(-1000.0, 0.0, 1000.0)),
    case("Atan", values(-1000.0, 0.0, 1000.0)),
    case("Tan", positive(3)),
]
