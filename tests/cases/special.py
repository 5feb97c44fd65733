"""Cases of special functions."""

from tests.cases.making import case, randn, values

ROWS = [
    *(case("Erf", randn(*shape)) for shape in (("N", 4), (2, 1, 3), ())),
    case("Erf", values(-1000.0, -6.0, -3.0, -0.5, -0.46, -1e-3, 0.0, 0.46, 0.48, 2.0, 5.0)),
]
