"""Cases of losses between predictions and targets."""

from tests.cases.making import case, distinct, drawn, positive, randn

REDUCTIONS = ({}, {"reduction": "sum"}, {"reduction": "none"})


def signs(*shape):
    """−1 or 1."""
    return drawn("signs", shape, lambda random, size: random.choice([-1.0, 1.0], size))


ROWS = [
    *(
        case(operation, *operands, **attributes)
        for operation, operands in (
            ("MeanSquaredError", (randn("N", 4), randn("N", 4))),
            ("MeanAbsoluteError", (distinct("N", 4), positive("N", 4))),
            ("Huber", (distinct("N", 4), positive("N", 4))),
            ("Hinge", (distinct("N", 4), signs("N", 4))),
            ("TripletMargin", (randn("N", 3), randn("N", 3), randn("N", 3))),
        )
        for attributes in REDUCTIONS
    ),
    case("Huber", distinct("N", 4), positive("N", 4), delta=0.3),
    *(case(operation, randn(3, 2), randn(3, 2)) for operation in ("MeanSquaredError", "MeanAbsoluteError", "Huber")),
    case("Hinge", distinct(3, 2), signs(3, 2), margin=0.5),
    case("MeanSquaredError", randn(), randn()),
    case("CosineSimilarity", randn("N", 4), randn("N", 4)),
    case("CosineSimilarity", randn("N", 3, 2), randn("N", 3, 2), axis=1),
    case("CosineSimilarity", randn(3, 4), randn(1, 4), axis=-1),
    case("CosineSimilarity", randn(1, 4), randn(3, 4)),
    case("TripletMargin", randn(2, 3), randn(2, 3), randn(2, 3), margin=5.0),
    case("TripletMargin", randn(2, 3, 4), randn(2, 3, 4), randn(2, 3, 4), reduction="none"),
]
