"""Cases of norms."""

from tests.cases.making import case, distinct, randn, values

OF_0 = "the slope at 0 is taken to be 0"
MAKERS = {"ReduceL1": distinct, "ReduceL2": randn, "ReduceSumSquare": randn}
ROWS = [
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
    *(case(operation, MAKERS[operation]("N", 4), keepdims=False) for operation in ("ReduceL1", "ReduceSumSquare")),
    case("ReduceL2", values([[0.0, 0.0], [3.0, 4.0]]), axes=1, kink=OF_0),
    case("ReduceL1", values([[0.0, -1.0]]), axes=1, kink=OF_0),
    case("ReduceLp", distinct("N", 4), p=3, axes=-1),
    case("ReduceLp", distinct("N", 4), p=1.5, axes=1, keepdims=False),
    case("ReduceLp", distinct(2, 3, 4), p=0.5, axes=(0, -1)),
    case("ReduceLp", distinct(2, 3), p=-2),
    case("ReduceLp", distinct("N", 2), p=3, keepdims=False),
    case("ReduceLp", values([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]), p=3, axes=1, kink=OF_0),
    case("ReduceLp", values([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]), p=0.5, axes=1, kink=OF_0),
    case("ReduceLp", values([[0.0, 3.0], [-3.0, 4.0]]), p=-2, axes=1, kink=OF_0),
]
