"""Cases of matrix products."""

from tests.cases.making import case, labels, randn

ROWS = [
    case("MatMul", randn("N", 3), randn(3, 2)),
    case("MatMul", randn(3, "N"), randn("N", 2)),
    case("MatMul", randn("N", 4, 3), randn("N", 3, 2)),
    case("MatMul", randn("N", 4, 3), randn(3, 2)),
    case("MatMul", randn(4, 3), randn("N", 3, 2)),
    case("MatMul", randn(2, 1, 2, 3), randn(2, 3, 2)),
    case("MatMul", randn(3), randn(3)),
    case("MatMul", randn(3), randn(3, 2)),
    case("MatMul", randn(3), randn("N", 3, 2)),
    case("MatMul", randn("N", 3), randn(3)),
    case("MatMul", randn("N", 2, 3), randn(3)),
    case("MatMul", randn(2, 0), randn(0, 3)),
    case("MatMul", labels(2, 3, below=5), labels(3, 2, below=5)),
    case("Gemm", randn("N", 3), randn(3, 2)),
    case("Gemm", randn("N", 3), randn(3, 2), randn(2)),
    case("Gemm", randn("N", 3), randn(3, 2), randn("N", 2), alpha=0.5, beta=2.0),
    case("Gemm", randn(3, "N"), randn(3, 2), randn("N", 1), transA=True),
    case("Gemm", randn("N", 3), randn(2, 3), randn(), transB=True),
    case("Gemm", randn(3, "N"), randn(2, 3), randn(1, 2), alpha=-2.0, beta=0.5, transA=True, transB=True),
    case("Gemm", randn(4, 3), randn(3, 2), randn(4, 2), beta=0.0),
]
