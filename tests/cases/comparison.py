"""Cases of comparisons, logic, and of the choice made by a condition."""

from tests.cases.making import booleans, case, distinct, labels, randn, values

ROWS = [
    *(
        case(operation, *operands)
        for operation in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
        for operands in (
            (distinct("N", 4), values(0.0)),
            (labels("N", 4, below=3), labels(4, below=3)),
            (labels(2, 1, 4, below=3), labels(3, 1, below=3)),
        )
    ),
    *(
        case(operation, values(0.0, 1.0, -1.0), values(-0.0, 1.0, 1.0), kink="a step where they are equal")
        for operation in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
    ),
    case("Where", booleans("N", 4), randn("N", 4), randn("N", 4)),
    case("Where", booleans("N", 1), randn(4), randn("N", 4)),
    case("Where", booleans(3, 1), randn(2, 1, 4), randn()),
    case("Where", booleans(), randn(2, 3), randn(3)),
    case("Where", booleans(2, 3), labels(2, 3, below=9), labels(3, below=9)),
    *(
        case(operation, a, b)
        for operation in ("And", "Or", "Xor")
        for a, b in ((booleans("N", 4), booleans("N", 4)), (booleans(3, 1), booleans(4)), (booleans(), booleans()))
    ),
    *(case("Not", booleans(*shape)) for shape in (("N", 4), (2, 1, 3), ())),
    *(case(operation, randn(*shape)) for operation in ("IsNaN", "IsInf") for shape in (("N", 4), (2, 1, 3), ())),
    *(case(operation, values(float("nan"), float("inf"), -float("inf"), 0.0)) for operation in ("IsNaN", "IsInf")),
    case("SignBit", distinct("N", 4)),
    case("SignBit", values(-1.0, -0.0, 0.0, 2.5), kink="a step"),
]
