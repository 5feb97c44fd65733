"""Cases of softmax, its logarithm and the hard one."""

from tests.cases.making import case, distinct, randn, values

ROWS = [
    *(
        case(operation, x, **attributes)
        for operation in ("Softmax", "LogSoftmax")
        for x, attributes in (
            (randn("N", 4), {}),
            (randn("N", 4), {"axis": 1}),
            (randn("N", 3, 2), {"axis": 1}),
            (randn(3, 4), {"axis": 0}),
            (randn(3), {}),
            (randn(3, 1), {}),
            (values([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, 999.0]]), {}),
        )
    ),
    case("Hardmax", distinct("N", 4)),
    case("Hardmax", distinct("N", 3, 2), axis=1),
    case("Hardmax", distinct(3, 4), axis=0),
    case("Hardmax", values([[1.0, 3.0, 3.0]]), kink="a tie"),
    case("LogAddExp", randn("N", 4), randn("N", 4)),
    case("LogAddExp", randn(3, 1), randn(2, 1, 4)),
    case("LogAddExp", randn(), values(0.5, 0.5)),
    case("LogAddExp", values(1000.0, -1000.0, 1000.0, 0.0), values(900.0, -900.0, -1000.0, 0.0)),
]
