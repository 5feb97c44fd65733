"""Cases of normalisation."""

from tests.cases.making import case, distinct, positive, randn, values

ROWS = [
    case("LayerNormalization", randn("N", 4), randn(4)),
    case("LayerNormalization", randn("N", 2, 3), randn(2, 3), randn(2, 3), axis=1),
    case("LayerNormalization", randn(2, 3, 4), randn(4), randn(4), epsilon=0.1),
    case("LayerNormalization", randn(2, 3), randn(3), randn(3), axis=-2),
    case("LayerNormalization", values([[1000.0, -1000.0, 0.0]]), randn(3), randn(3)),
    case("RMSNormalization", randn("N", 4), randn(4)),
    case("RMSNormalization", randn("N", 2, 3), randn(2, 3), axis=1),
    case("RMSNormalization", randn(2, 3, 4), randn(4), epsilon=0.1),
    case("InstanceNormalization", randn("N", 2, 4), randn(2), randn(2)),
    case("InstanceNormalization", randn(2, 3, 2, 3), randn(3), randn(3), epsilon=0.1),
    case("BatchNormalization", randn("N", 2, 3), randn(2), randn(2), randn(2), positive(2)),
    case("BatchNormalization", randn("N", 3), randn(3), randn(3), randn(3), positive(3)),
    case("BatchNormalization", randn(2, 3, 2, 2), randn(3), randn(3), randn(3), positive(3), epsilon=0.1),
    case("BatchNormalization", randn("N", 3, 4), randn(3), randn(3), randn(3), positive(3), training_mode=True),
    case("BatchNormalization", randn(4, 2), randn(2), randn(2), randn(2), positive(2), training_mode=True, momentum=0.5),
    case("BatchNormalization", randn(2, 3, 2, 2), randn(3), randn(3), randn(3), positive(3), training_mode=True, epsilon=0.1),
    case("GroupNormalization", randn("N", 4, 3), randn(4), randn(4), num_groups=2),
    case("GroupNormalization", randn("N", 4), randn(4), randn(4), num_groups=1),
    case("GroupNormalization", randn(2, 6, 2, 2), randn(6), randn(6), num_groups=3, epsilon=0.1),
    case("LpNormalization", randn("N", 4)),
    case("LpNormalization", distinct("N", 4), p=1),
    case("LpNormalization", randn(2, 3, 4), axis=1),
    case("LpNormalization", distinct(2, 3, 4), axis=0, p=1),
    case("LpNormalization", values([[1000.0, -1000.0, 1.0]])),
    case("LpNormalization", values([[0.0, 0.0], [3.0, 4.0]]), kink="the direction of 0 is none"),
]
