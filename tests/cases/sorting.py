"""Cases of elements in order of size, and of their places."""

from tests.cases.making import case, distinct, labels, values

TIED = "elements that tie"
ROWS = [
    *(
        case(operation, distinct("N", 4), axis=1, select_last_index=last)
        for operation in ("ArgMax", "ArgMin")
        for last in (False, True)
    ),
    case("ArgMin", distinct("N", 2, 3), axis=-1, keepdims=False),
    case("ArgMin", values([[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]]), axis=1, kink="a tie"),
    case("ArgMax", values([[3.0, 3.0, 1.0]]), axis=1, select_last_index=True, kink="a tie"),
    case("ArgMin", values([[1.0, 1.0, 3.0]]), axis=1, select_last_index=True, kink="a tie"),
    case("ArgMax", distinct(3, 4)),
    case("ArgMax", distinct("N", 4), axis=1),
    case("ArgMax", distinct("N", 2, 3), axis=-1, keepdims=False),
    case("ArgMax", labels(2, 3, below=9), axis=0),
    case("ArgMax", values([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), axis=1, kink="a tie"),
    case("ArgSort", distinct("N", 4)),
    case("ArgSort", distinct("N", 4), descending=True),
    case("ArgSort", distinct("N", 2), axis=0, descending=True),
    case("ArgSort", distinct(4, 2), axis=0),
    case("ArgSort", labels(3, 9, below=3)),
    case("ArgSort", labels(3, 9, below=3), descending=True),
    case("ArgTopK", distinct("N", 4), k=2),
    case("ArgTopK", distinct("N", 4), k=3, largest=False),
    case("ArgTopK", distinct(4, 2), k=4, axis=0),
    case("ArgTopK", labels(2, 5, below=3), k=3, axis=1),
    case("ArgTopK", distinct(3), k=0),
    case("Sort", distinct("N", 4)),
    case("Sort", distinct("N", 4), descending=True),
    case("Sort", distinct("N", 2), axis=0),
    case("Sort", distinct(4, 2), axis=-2, descending=True),
    case("Sort", values(1.0, 0.5, 1.0, 0.5), kink=TIED),
    case("Sort", distinct(0)),
    case("Sort", labels(3, 4, below=9)),
    case("TopK", distinct("N", 4), k=2),
    case("TopK", distinct("N", 4), k=3, largest=False),
    case("TopK", distinct(4, 2), k=2, axis=0),
    case("TopK", values(1.0, 0.5, 1.0, 1.0), k=2, kink=TIED),
    case("TopK", labels(2, 4, below=9), k=1),
]
