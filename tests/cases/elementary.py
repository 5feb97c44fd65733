"""Cases of elementary functions."""

from tests.cases.making import case, distinct, drawn, positive, randn, values


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
        for operation, make in (
            ("Expm1", randn),
            ("Log1p", positive),
            ("Log2", positive),
            ("Log10", positive),
            ("Cbrt", distinct),
        )
        for shape in (("N", 4), (2, 1, 3), ())
    ),
    case("Log2", values(1e-3, 0.125, 8.0, 1e30)),
    case("Log10", values(1e-3, 0.5, 1000.0, 1e30)),
    case("Cbrt", values(-1000.0, 1e-3, 27.0)),
    *(
        case(operation, a, b)
        for operation in ("Hypot", "Atan2")
        for a, b in (
            (distinct("N", 4), positive("N", 4)),
            (distinct(3, 1), distinct(2, 1, 4)),
            (distinct(4), values(-0.7)),
            (values(1e-3, 1000.0, 1.0), values(1000.0, -1e-3, -1000.0)),
            (values(0.0, 2.0), values(2.5, 0.0)),
        )
    ),
    case("Hypot", values(0.0, 3.0), values(0.0, 0.0), kink="the slopes at the origin are taken to be 0"),
    case("Atan2", values(0.0, 3.0), values(0.0, 0.0), kink="the slopes at the origin are taken to be 0"),
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
