"""Cases of activations."""

from tests.cases.making import case, distinct, randn, values

ROWS = [
    *(
        case(operation, x)
        for operation in ("Tanh", "Sigmoid")
        for x in (randn("N", 4), randn(2, 1, 3), randn(), values(-1000.0, -20.0, 0.0, 20.0, 1000.0))
    ),
    case("Relu", distinct("N", 4)),
    case("Relu", distinct(2, 1, 3)),
    case("Relu", values(-1000.0, 1000.0)),
    case("Relu", values(0.0, -0.0, 1.0), kink="the slope at 0 is taken to be 0"),
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
]
