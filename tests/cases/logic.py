"""Cases of logic, and of questions about numbers."""

from tests.cases.making import booleans, case, randn, values

ROWS = [
    *(
        case(operation, a, b)
        for operation in ("And", "Or", "Xor")
        for a, b in ((booleans("N", 4), booleans("N", 4)), (booleans(3, 1), booleans(4)), (booleans(), booleans()))
    ),
    *(case("Not", booleans(*shape)) for shape in (("N", 4), (2, 1, 3), ())),
    *(case(operation, randn(*shape)) for operation in ("IsNaN", "IsInf") for shape in (("N", 4), (2, 1, 3), ())),
    *(case(operation, values(float("nan"), float("inf"), -float("inf"), 0.0)) for operation in ("IsNaN", "IsInf")),
]
