"""Cases of elementwise arithmetic."""

import numpy as np

from tests.cases.making import case, distinct, labels, positive, randn, values

ROWS = [
    *(
        case(operation, a, b)
        for operation in ("Add", "Sub", "Mul")
        for a, b in (
            (randn("N", 4), randn("N", 4)),
            (randn("N", 4), randn(4)),
            (randn(3, 1), randn(2, 1, 4)),
            (randn(), randn(2, 3)),
            (randn(), randn()),
            (randn(0, 4), randn(1, 4)),
            (labels(2, 3, below=9), labels(3, below=9)),
            (labels("N", 3, below=9), randn("N", 3)),
        )
    ),
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
    case("Div", randn("N", 4), positive("N", 4)),
    case("Div", randn(4), positive("N", 4)),
    case("Div", randn(3, 1), distinct(2, 1, 4)),
    case("Div", randn(2, 3), positive()),
    case("Pow", positive("N", 4), randn("N", 4)),
    case("Pow", positive("N", 4), randn(4)),
    case("Pow", positive(3, 1), randn(2, 1, 4)),
    case("Pow", randn(2, 3), values(2.0), kink="the exponent of a negative number takes no derivative"),
    case("Pow", values(0.0, -1.5), values(3.0), kink="the exponent of a negative number takes no derivative"),
    case("Pow", values(0.0, 0.0, 0.0, 2.0), values(0.0, 1.0, 2.0, 0.0), kink="the exponent of 0 takes no derivative"),
    *(case(operation, x) for operation in ("Neg", "Exp") for x in (randn("N", 4), randn(2, 1, 3), randn(), randn(0, 4))),
    *(case(operation, x) for operation in ("Log", "Sqrt") for x in (positive("N", 4), positive(2, 1, 3), positive())),
    *(case(operation, x) for operation in ("Abs", "Sign") for x in (distinct("N", 4), distinct(2, 1, 3), distinct())),
    case("Neg", labels(2, 3, below=9)),
    case("Exp", values(-1000.0, -100.0, 0.0, 88.0)),
    case("Log", values(1e-3, 1.0, 1e30)),
    case("Sqrt", values(1e-3, 1.0, 1e4)),
    case("Abs", values(0.0, -0.0, -2.5), kink="the slope at 0 is taken to be 0"),
    case("Abs", values(-2, 0, 3)),
    case("Sign", values(0.0, -0.0, -2.5), kink="a step at 0"),
    case("Cast", randn("N", 4), to=np.float32, kink="rounding is a step"),
    case("Cast", randn("N", 4), to=np.float64),
    case("Cast", randn(2, 3), to=np.float64),
    case("Cast", values(-1.5, 0.2, 2.9), to=np.int64, kink="rounding is a step"),
    case("Cast", values(-1.5, 0.0, 2.9), to=bool, kink="a step at 0"),
    case("Cast", labels("N", 3, below=5), to=np.float32),
]
