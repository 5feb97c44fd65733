"""Cases of sums and products up to each place along an axis."""

from tests.cases.making import case, distinct, randn, values

ROWS = [
    *(
        case(operation, distinct(*shape), **attributes)
        for operation in ("CumSum", "CumProd")
        for shape, attributes in (
            (("N", 4), {"axis": 1}),
            (("N", 4), {"axis": -1, "exclusive": True}),
            ((3, 4), {"reverse": True}),
            ((2, 3, 4), {"axis": 1, "exclusive": True, "reverse": True}),
            ((3,), {}),
        )
    ),
    case("CumSum", randn("N", 2)),
    case("CumProd", values(2.0, 0.0, 3.0, 4.0)),
    case("CumProd", values(2.0, 0.0, 3.0, 0.0), exclusive=True),
]
