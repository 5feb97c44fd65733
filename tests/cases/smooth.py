"""Cases of activations without a kink, and of Hardmax."""

from tests.cases.making import case, distinct, randn, values

OPTIONS = {
    "Softplus": ({},),
    "LogSigmoid": ({},),
    "Softsign": ({},),
    "Gelu": ({}, {"approximate": "tanh"}),
    "Swish": ({}, {"alpha": 1.7}),
    "Mish": ({},),
}
ROWS = [
    *(
        case(operation, x, **attributes)
        for operation, options in OPTIONS.items()
        for attributes in options
        for x in (distinct("N", 4), randn(2, 1, 3), randn(), values(-1000.0, -20.0, -3.0, 3.0, 20.0, 1000.0))
    ),
    case("Hardmax", distinct("N", 4)),
    case("Hardmax", distinct("N", 3, 2), axis=1),
    case("Hardmax", distinct(3, 4), axis=0),
    case("Hardmax", values([[1.0, 3.0, 3.0]]), kink="a tie"),
]
