"""Cases of losses."""

from tests.cases.making import case, distribution, labels, positive, randn, values

EXTREME = values([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, 999.0]])

ROWS = [
    *(
        case("SoftmaxCrossEntropy", *operands, **attributes)
        for operands in (
            (randn("N", 4), labels("N", below=4)),
            (randn("N", 4), distribution("N", 4)),
            (EXTREME, values(1, 0, 2)),
            (EXTREME, distribution(3, 3)),
        )
        for attributes in ({}, {"reduction": "sum"}, {"reduction": "none"})
    ),
    case("SoftmaxCrossEntropy", randn("N", 3, 2), labels("N", 2, below=3), axis=1),
    case("SoftmaxCrossEntropy", randn("N", 3, 2), labels("N", 2, below=3), axis=1, reduction="none"),
    case("SoftmaxCrossEntropy", randn(3, 2), positive(3, 2), axis=0),
    case("SoftmaxCrossEntropy", randn(4), labels(below=4)),
]
