"""Cases of norms, of logarithms of sums, and of the variance."""

from tests.cases.making import case, distinct, positive, randn, values

MAKERS = {
    "ReduceL1": distinct,
    "ReduceL2": randn,
    "ReduceSumSquare": randn,
    "ReduceLogSum": positive,
    "ReduceLogSumExp": randn,
    "ReduceVariance": randn,
}
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
    case("ReduceL2", values([[0.0, 0.0], [3.0, 4.0]]), axes=1, kink="the slope at 0 is taken to be 0"),
    case("ReduceL1", values([[0.0, -1.0]]), axes=1, kink="the slope at 0 is taken to be 0"),
    case("ReduceLogSumExp", values([[1000.0, 1000.0], [-1000.0, 0.0]]), axes=1),
    case("ReduceVariance", randn(3, 4), axes=0, ddof=1),
]
