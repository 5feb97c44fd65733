"""Cases of reductions."""

from tests.cases.making import booleans, case, distinct, labels, positive, randn, values

MAKERS = {
    "ReduceLogSum": positive,
    "ReduceLogSumExp": randn,
    "ReduceVariance": randn,
}
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
        case(operation, make(*shape), **attributes)
        for operation, make in MAKERS.items()
        for shape, attributes in (
            (("N", 4), {"axes": -1}),
            (("N", 4), {"axes": 1, "keepdims": False}),
            ((2, 3, 4), {}),
            ((2, 3, 4), {"axes": (0, -1)}),
            ((2, 3, 4), {"axes": [1], "keepdims": False}),
        )
    ),
    case("ReduceLogSumExp", values([[1000.0, 1000.0], [-1000.0, 0.0]]), axes=1),
    case("ReduceVariance", randn(3, 4), axes=0, ddof=1),
    case("ReduceVariance", randn("N", 4), axes=1, ddof=0.5),
    *(
        case(operation, make("N", 4), **attributes)
        for operation, make in (("ReduceSum", randn), ("ReduceMean", randn))
        for attributes in ({}, {"axes": 0}, {"axes": (0, 1), "keepdims": False}, {"keepdims": False})
    ),
    *(
        case(operation, make(*shape), **attributes)
        for operation, make in (("ReduceSum", randn), ("ReduceMean", randn), ("ReduceMax", distinct))
        for shape, attributes in (
            (("N", 4), {"axes": -1}),
            (("N", 4), {"axes": 1, "keepdims": False}),
            ((2, 3, 4), {}),
            ((2, 3, 4), {"axes": (0, -1)}),
            ((2, 3, 4), {"axes": [1], "keepdims": False}),
            ((2, 3), {"axes": (), "keepdims": False}),
            ((), {}),
            ((2, 0, 3), {"axes": 0}),
        )
    ),
    case("ReduceSum", randn(2, 0, 3), axes=1),
    case("ReduceSum", labels(2, 3, below=9), axes=0),
    case("ReduceSum", booleans("N", 3), axes=1),
    case("ReduceMax", labels(2, 3, below=9), axes=0),
    case("ReduceMax", values([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), axes=1, kink="ties share the gradient evenly"),
    case("ReduceMax", values([[1.0, 3.0], [3.0, 3.0]]), kink="ties share the gradient evenly"),
    case("ReduceMax", values([[1000.0, -1000.0]]), axes=1),
    *(
        case("ReduceMin", distinct(*shape), **attributes)
        for shape, attributes in ((("N", 4), {"axes": -1}), ((2, 3, 4), {"axes": (0, -1), "keepdims": False}), ((2, 3), {}))
    ),
    case("ReduceMin", values([[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]]), axes=1, kink="ties share the gradient evenly"),
]
