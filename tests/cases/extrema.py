"""Cases of the larger and the smaller, and of bounds."""

from tests.cases.making import case, distinct, labels, positive, values

ROWS = [
    *(
        case(operation, a, b)
        for operation in ("Max", "Min")
        for a, b in (
            (distinct("N", 4), positive("N", 4)),
            (positive(4), distinct("N", 4)),
            (distinct(3, 1), positive(2, 1, 4)),
            (labels(2, 3, below=9), labels(3, below=9)),
        )
    ),
    case("Max", distinct(3)),
    case("Max", values(0.1, 0.5, 0.9), values(0.7, 0.2, 0.4), values(0.3, 0.8, 0.6)),
    case("Max", values(0.0, 0.0, -0.0), values(-0.0, 1.0, 0.0), kink="ties share the gradient evenly"),
    case("Max", values(2.0, 1.0), values(2.0, 1.0), values(0.0, 1.0), kink="ties share the gradient evenly"),
    case("Max", values(1000.0, -1000.0), values(-1000.0, 1000.0)),
    case("Min", distinct(3)),
    case("Min", values(0.1, 0.5, 0.9), values(0.7, 0.2, 0.4), values(0.3, 0.8, 0.6)),
    case("Min", values(0.0, 0.0, -0.0), values(-0.0, 1.0, 0.0), kink="ties share the gradient evenly"),
    case("Min", values(2.0, 1.0), values(2.0, 1.0), values(2.0, 3.0), kink="ties share the gradient evenly"),
    *(
        case("Clip", distinct(*shape), **bounds)
        for shape in (("N", 4), (2, 1, 3), ())
        for bounds in ({"minimum": -0.21, "maximum": 0.33}, {"minimum": 0.01}, {"maximum": 0.01}, {})
    ),
    case("Clip", values(-1.0, 0.0, 1.0), minimum=0.0, maximum=1.0, kink="at a bound the gradient passes"),
    case("Clip", labels(2, 3, below=9), minimum=2, maximum=5),
]
