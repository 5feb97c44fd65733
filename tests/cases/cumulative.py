"""Cases of products over axes, and of what accumulates along one."""

from tests.cases.making import case, distinct, randn, values

ROWS = [
    *(
        case("ReduceProd", distinct(*shape), **attributes)
        for shape, attributes in (
            (("N", 4), {"axes": -1}),
            (("N", 4), {"axes": 1, "keepdims": False}),
            (("N", 3), {"axes": 0}),
            (("N", 3), {}),
            ((2, 3, 2), {}),
            ((2, 3, 4), {"axes": (0, -1)}),
            ((2, 3, 4), {"axes": [1], "keepdims": False}),
        )
    ),
    case("ReduceProd", values([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]), axes=1),
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
