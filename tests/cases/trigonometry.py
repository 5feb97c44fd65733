"""Cases of trigonometric and hyperbolic functions."""

from tests.cases.making import case, drawn, positive, randn, values


def inside(*shape):
    """Numbers from −0.9 to 0.9, as inverse functions want them."""
    return drawn("inside", shape, lambda random, size: random.uniform(-0.9, 0.9, size))


def above_one(*shape):
    """Numbers from 1.2 to 3."""
    return drawn("above_one", shape, lambda random, size: random.uniform(1.2, 3, size))


ROWS = [
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
