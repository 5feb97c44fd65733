"""Cases of cross-entropy and relative entropy."""

from tests.cases.making import case, distribution, drawn, labels, positive, randn, values

REDUCTIONS = ({}, {"reduction": "sum"}, {"reduction": "none"})


def likely(*shape):
    """Probabilities from 0.1 to 0.9."""
    return drawn("likely", shape, lambda random, size: random.uniform(0.1, 0.9, size))


EXTREME = values([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 1000.0, 999.0]])
ROWS = [
    *(case("BinaryCrossEntropy", likely("N", 4), likely("N", 4), **attributes) for attributes in REDUCTIONS),
    *(case("KLDivergence", randn("N", 4), distribution("N", 4), **attributes) for attributes in REDUCTIONS),
    *(case("BinaryCrossEntropy", randn("N", 4), likely("N", 4), logits=True, **attributes) for attributes in REDUCTIONS),
    case("BinaryCrossEntropy", values(-1000.0, 1000.0, -1000.0), values(1.0, 1.0, 0.0), logits=True),
    case("BinaryCrossEntropy", likely(3, 2), likely(3, 2)),
    case("KLDivergence", randn(3, 2), likely(3, 2)),
    case("KLDivergence", randn("N", 4), randn("N", 4), log_target=True),
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
