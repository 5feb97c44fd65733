"""Cases of activations."""

from tests.cases.making import case, distinct, randn, values

RECTIFIERS = {
    "LeakyRelu": ({}, {"alpha": 0.2}),
    "Elu": ({}, {"alpha": 0.5}),
    "Celu": ({}, {"alpha": 2.0}),
    "Selu": ({}, {"alpha": 1.3}, {"gamma": 0.8}),
    "HardSigmoid": ({}, {"alpha": 1.02, "beta": 0.4}),
    "HardSwish": ({},),
    "ThresholdedRelu": ({"alpha": 0.12}, {}),
}
SMOOTH = {
    "Softplus": ({},),
    "LogSigmoid": ({},),
    "Softsign": ({},),
    "Gelu": ({}, {"approximate": "tanh"}),
    "Swish": ({}, {"alpha": 1.7}),
    "Mish": ({},),
}
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
        for operation, options in RECTIFIERS.items()
        for attributes in options
        for x in (distinct("N", 4), distinct(2, 1, 3), distinct(), values(-1000.0, -20.0, 20.0, 1000.0))
    ),
    case("HardSwish", values(-4.0, -2.5, -1.0, 2.5, 4.0)),
    case("PRelu", distinct("N", 4), distinct(4)),
    case("PRelu", distinct("N", 4), distinct("N", 4)),
    case("PRelu", distinct(2, 3, 4), distinct(3, 1)),
    case("LeakyRelu", values(0.0, -0.0), kink="the slope at 0 is that on the left"),
    *(
        case(operation, x, **attributes)
        for operation, options in SMOOTH.items()
        for attributes in options
        for x in (distinct("N", 4), randn(2, 1, 3), randn(), values(-1000.0, -20.0, -3.0, 3.0, 20.0, 1000.0))
    ),
]
