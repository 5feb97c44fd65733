"""Cases of activations with a kink."""

from tests.cases.making import case, distinct, values

OPTIONS = {
    "LeakyRelu": ({}, {"alpha": 0.2}),
    "Elu": ({}, {"alpha": 0.5}),
    "Celu": ({}, {"alpha": 2.0}),
    "Selu": ({}, {"alpha": 1.3}, {"gamma": 0.8}),
    "HardSigmoid": ({}, {"alpha": 1.02, "beta": 0.4}),
    "HardSwish": ({},),
    "ThresholdedRelu": ({"alpha": 0.12}, {}),
}
ROWS = [
    *(
        case(operation, x, **attributes)
        for operation, options in OPTIONS.items()
        for attributes in options
        for x in (distinct("N", 4), distinct(2, 1, 3), distinct(), values(-1000.0, -20.0, 20.0, 1000.0))
    ),
    case("HardSwish", values(-4.0, -2.5, -1.0, 2.5, 4.0)),
    case("PRelu", distinct("N", 4), distinct(4)),
    case("PRelu", distinct("N", 4), distinct("N", 4)),
    case("PRelu", distinct(2, 3, 4), distinct(3, 1)),
    case("LeakyRelu", values(0.0, -0.0), kink="the slope at 0 is that on the left"),
]
