"""Cases of elementary functions, and of what steps, bounds or stops."""

from tests.cases.making import case, distinct, labels, positive, randn, values

ROWS = [
    *(
        case(operation, make(*shape))
        for make, operations in ((randn, ("Expm1", "Erf", "Identity")), (positive, ("Log1p", "Reciprocal")))
        for operation in operations
        for shape in (("N", 4), (2, 1, 3), ())
    ),
    *(case(operation, distinct(*shape)) for operation in ("Floor", "Ceil", "Round") for shape in (("N", 4), (2, 1, 3), ())),
    case("Erf", values(-1000.0, -6.0, -3.0, -0.5, -0.46, -1e-3, 0.0, 0.46, 0.48, 2.0, 5.0)),
    case("Expm1", values(-1000.0, -1e-3, 0.0, 80.0)),
    case("Log1p", values(-0.999, 0.0, 1e-3, 1e30)),
    case("Reciprocal", distinct(4)),
    case("Round", values(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5), kink="a step"),
    case("Floor", values(-1.0, 0.0, 2.0), kink="a step"),
    case("Ceil", values(-1.0, 0.0, 2.0), kink="a step"),
    *(
        case("Mod", values(-7.3, -1.2, 1.2, 7.3), values(2.0, -3.0, 5.0, -2.5), **attributes)
        for attributes in ({}, {"fmod": True})
    ),
    case("Mod", positive("N", 4), values(0.45)),
    case("Mod", labels(2, 3, below=9), values(4)),
    case("Mod", values(-7, 7), values(3, -3), fmod=True),
    *(
        case("Clip", distinct(*shape), **bounds)
        for shape in (("N", 4), (2, 1, 3), ())
        for bounds in ({"minimum": -0.21, "maximum": 0.33}, {"minimum": 0.01}, {"maximum": 0.01}, {})
    ),
    case("Clip", values(-1.0, 0.0, 1.0), minimum=0.0, maximum=1.0, kink="at a bound the gradient passes"),
    case("Clip", labels(2, 3, below=9), minimum=2, maximum=5),
    case("StopGradient", randn("N", 4), kink="it is told to take no derivative"),
    case("StopGradient", randn(), kink="it is told to take no derivative"),
    case("Identity", labels(2, 3, below=9)),
]
