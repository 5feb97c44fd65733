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
    case("SoftmaxCrossEntropy", randn("N", 3, 2), labels("N", 2, below=3)),
    case("SoftmaxCrossEntropy", randn("N", 3, 2), labels("N", 2, below=3), reduction="none"),
    case("SoftmaxCrossEntropy", randn("N", 3, 3), labels("N", 3, below=3)),
    case("SoftmaxCrossEntropy", randn("N", 3, 3), distribution("N", 3, 3)),
    case("SoftmaxCrossEntropy", randn("N", 2, 3), labels("N", 2, below=3), axis=-1),
    case("SoftmaxCrossEntropy", randn("N", 2, 3), labels("N", 2, below=3), axis=2, reduction="none"),
    case("SoftmaxCrossEntropy", randn(3, 2), positive(3, 2), axis=0),
    case("SoftmaxCrossEntropy", randn(4), labels(below=4)),
    *(
        case("SoftmaxCrossEntropy", randn("N", 3), targets, **attributes, **reduction)
        for targets in (labels("N", below=3), distribution("N", 3))
        for attributes in (
            {"class_weights": (0.5, 1.0, 2.0)},
            {"label_smoothing": 0.1},
            {"label_smoothing": 0.2, "class_weights": (0.5, 1.0, 2.0)},
        )
        for reduction in ({}, {"reduction": "sum"}, {"reduction": "none"})
    ),
    *(
        case("SoftmaxCrossEntropy", randn(4, 3), values(0, -1, 2, 1), ignore_index=-1, **attributes)
        for attributes in (
            {},
            {"reduction": "sum"},
            {"reduction": "none"},
            {"class_weights": (0.5, 1.0, 2.0)},
            {"label_smoothing": 0.1},
        )
    ),
    case("SoftmaxCrossEntropy", randn("N", 3, 2), labels("N", 2, below=3), class_weights=(0.5, 1.0, 2.0)),
    case("SoftmaxCrossEntropy", randn(2, 3, 2), values([[0, -1], [-1, 2]]), ignore_index=-1),
    *(
        case("NegativeLogLikelihood", randn("N", 3), targets, **attributes)
        for targets in (labels("N", below=3), distribution("N", 3))
        for attributes in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"class_weights": (0.5, 1.0, 2.0)})
    ),
    case("NegativeLogLikelihood", randn(3), labels(below=3)),
    case("NegativeLogLikelihood", randn("N", 3, 3), labels("N", 3, below=3)),
    case("NegativeLogLikelihood", randn("N", 2, 3), labels("N", 2, below=3), axis=-1),
    case("NegativeLogLikelihood", randn(2, 3, 2), values([[0, -1], [-1, 2]]), ignore_index=-1, class_weights=(0.5, 1.0, 2.0)),
    case("NegativeLogLikelihood", randn(3, 3), values(0, 2, 2), ignore_index=2),
]
