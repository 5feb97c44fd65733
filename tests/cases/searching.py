"""Cases of searching ordered vectors."""

from tests.cases.making import case, distinct, labels, values

ROWS = [
    *(
        case("SearchSorted", values(-1.0, 0.0, 0.25, 0.25, 2.0), v, right=right)
        for v in (distinct("N", 3), values(-9.0, 0.25, 2.0, 2.5))
        for right in (False, True)
    ),
    case("SearchSorted", values(0, 2, 2, 5), labels(2, 3, below=9)),
    case("SearchSorted", distinct(0), distinct(2)),
]
