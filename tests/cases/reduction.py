"""Cases of reductions."""

from tests.cases.making import booleans, case, distinct, labels, randn, values

ROWS = [
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
    *(
        case(operation, distinct("N", 4), axis=1, select_last_index=last)
        for operation in ("ArgMax", "ArgMin")
        for last in (False, True)
    ),
    case("ArgMin", distinct("N", 2, 3), axis=-1, keepdims=False),
    case("ArgMin", values([[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]]), axis=1, kink="a tie"),
    case("ArgMax", values([[3.0, 3.0, 1.0]]), axis=1, select_last_index=True, kink="a tie"),
    case("ArgMin", values([[1.0, 1.0, 3.0]]), axis=1, select_last_index=True, kink="a tie"),
    case("ArgMax", distinct(3, 4)),
    case("ArgMax", distinct("N", 4), axis=1),
    case("ArgMax", distinct("N", 2, 3), axis=-1, keepdims=False),
    case("ArgMax", labels(2, 3, below=9), axis=0),
    case("ArgMax", values([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), axis=1, kink="a tie"),
]
