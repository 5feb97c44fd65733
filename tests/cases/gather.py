"""Cases of taking elements by their index, and of adding them up by it."""

import numpy as np

from tests.cases.making import case, labels, randn, sizes, values

ROWS = [
    case("Gather", randn(5, 2), labels("N", below=5)),
    case("Gather", randn(5, 2), labels("N", 3, below=5)),
    case("Gather", randn("N", 4), labels(2, below=4), axis=1),
    case("Gather", randn("N", 2, 3), labels(2, 2, below=3), axis=-1),
    case("Gather", randn(4, 3), values([[0, -1], [-4, 0]])),
    case("Gather", randn(4, 3), values(2), axis=1),
    case("Gather", randn(5), labels(0, below=5)),
    case("Gather", labels(5, 2, below=9), labels(3, below=5)),
    case("ScatterAdd", randn("N", 2), labels("N", below=5), sizes(5, 2)),
    case("ScatterAdd", randn("N", 4, 2), labels("N", 4, below=5), sizes(5, 2)),
    case("ScatterAdd", randn(3, 4), labels(4, below=2), sizes(3, 2), axis=1),
    case("ScatterAdd", randn(2, 2, 2), labels(2, 2, below=3), sizes(2, 3), axis=-1),
    case("ScatterAdd", randn(3, 2), values(0, -1, 0), sizes(4, 2)),
    case("ScatterAdd", randn(3), values(2), sizes(3, 4), axis=1),
    case("ScatterAdd", labels(3, 2, below=9), values(0, 1, 0), sizes(2, 2)),
    case("OneHot", labels("N", below=4), depth=4),
    case("OneHot", labels("N", 2, below=3), depth=3, axis=1),
    case("OneHot", labels(2, 3, below=3), depth=3, axis=0, to=np.int64),
    case("OneHot", values(1), depth=3),
    case("OneHot", labels(0, below=1), depth=0),
]
