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
    case("Div", randn("N", 4), positive("N", 4)),
    case("Div", randn(4), positive("N", 4)),
    case("Div", randn(3, 1), distinct(2, 1, 4)),
    case("Div", randn(2, 3), positive()),
    *(case("Neg", x) for x in (randn("N", 4), randn(2, 1, 3), randn(), randn(0, 4))),
    *(case(operation, x) for operation in ("Abs", "Sign") for x in (distinct("N", 4), distinct(2, 1, 3), distinct())),
    case("Neg", labels(2, 3, below=9)),
    case("Abs", values(0.0, -0.0, -2.5), kink="the slope at 0 is taken to be 0"),
    case("Abs", values(-2, 0, 3)),
    case("Sign", values(0.0, -0.0, -2.5), kink="a step at 0"),
    case("Cast", randn("N", 4), to=np.float32, kink="rounding is a step"),
    case("Cast", randn("N", 4), to=np.float64),
    case("Cast", randn(2, 3), to=np.float64),
    case("Cast", values(-1.5, 0.2, 2.9), to=np.int64, kink="rounding is a step"),
    case("Cast", values(-1.5, 0.0, 2.9), to=bool, kink="a step at 0"),
    case("Cast", labels("N", 3, below=5), to=np.float32),
    *(
        case(operation, make(*shape))
        for operation, make in (("Identity", randn), ("Reciprocal", positive))
        for shape in (("N", 4), (2, 1, 3), ())
    ),
    case("Reciprocal", distinct(4)),
    *(
        case("Mod", values(-7.3, -1.2, 1.2, 7.3), values(2.0, -3.0, 5.0, -2.5), **attributes)
        for attributes in ({}, {"fmod": True})
    ),
    case("Mod", positive("N", 4), values(0.45)),
    case("Mod", labels(2, 3, below=9), values(4)),
    case("Mod", values(-7, 7), values(3, -3), fmod=True),
    case("FloorDivide", randn("N", 4), positive("N", 4)),
    case("FloorDivide", values(-7.3, -1.2, 1.2, 7.3), values(2.0, -3.0, 5.0, -2.5)),
    case("FloorDivide", labels(2, 3, below=9), values(4)),
    case("FloorDivide", values(-7, 7), values(3, -3)),
    case("StopGradient", randn("N", 4), kink="it is told to take no derivative"),
    case("StopGradient", randn(), kink="it is told to take no derivative"),
    case("Identity", labels(2, 3, below=9)),
]
