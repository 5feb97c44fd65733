"""Cases of Einstein's sums."""

from tests.cases.making import case, labels, randn

ROWS = [
    case("Einsum", randn("N", 3), randn(3, 2), equation="ij,jk->ik"),
    case("Einsum", randn("N", 3), randn(3, 2), equation="ij, jk"),
    case("Einsum", randn("N", 4, 3), randn("N", 5, 3), equation="bqd,bkd->bqk"),
    case("Einsum", randn("N", 3), equation="ij->j"),
    case("Einsum", randn("N", 3), equation="ji"),
    case("Einsum", randn("N", 3, 3), equation="...ii->...i"),
    case("Einsum", randn(3, 3), equation="ii"),
    case("Einsum", randn(3, 3, 3), equation="iii->i"),
    case("Einsum", randn(3, 3), randn(3), equation="ii,i->i"),
    case("Einsum", randn("N", 2, 3), randn(3, 4), equation="...i,ij->...j"),
    case("Einsum", randn("N", 2, 3), randn(2, 3), equation="...i,...i"),
    case("Einsum", randn("N", 2, 3), randn(1, 3), equation="...i,...i->..."),
    case("Einsum", randn(2, 1), randn("N", 2, 3), equation="ij,bij->bij"),
    case("Einsum", randn("N", 3), randn("N", 2), equation="ij,ik->"),
    case("Einsum", randn("N", 3), randn(2), equation="ij,k->ik"),
    case("Einsum", randn(2, 3), randn(3, 4), randn(4, 2), equation="ab,bc,cd->ad"),
    case("Einsum", randn(2), randn(3), randn(4), equation="i,j,k->kji"),
    case("Einsum", randn(), randn(3), equation=",i->i"),
    case("Einsum", randn(2, 0), randn(0, 3), equation="ij,jk->ik"),
    case("Einsum", randn(2, 1, 2), randn(2, 3, 2), equation="abc,abc->a"),
    case("Einsum", randn("N", 1), randn("N", 3), equation="ij,ij->i"),
    case("Einsum", randn(1, 3), randn(2, 1), randn(2, 3), equation="ij,ij,ij->"),
    case("Einsum", labels(2, 3, below=5), labels(3, below=5), equation="ij,j->i"),
    case("Einsum", randn("N", "N"), equation="ii"),
    case("Einsum", randn("N", "N"), randn("N"), equation="ii,i->i"),
    case("Einsum", randn("N", 2, "N"), equation="iji->ji"),
    case("Einsum", randn(2, 2, 3), equation="iij->ij"),
    case("Einsum", randn(2, 2), randn(3), equation="bb,a->ba"),
]
