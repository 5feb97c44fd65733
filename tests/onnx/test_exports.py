"""Every operation written as ONNX, with its gradients: read back, and by ONNX Runtime where it is at hand, the same numbers."""

import pytest

import minigraph as mg
from minigraph.ops import OPERATIONS
from tests.onnx.exports import RUNTIMES, checked, difference, rows_of, written

REFUSED = {"PseudoInverse"}
"""The operations that are not written: ONNX has no singular values."""


@pytest.mark.slow
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_operation_and_its_gradients_have_their_numbers_as_onnx(operation):
    for case in rows_of(operation, 3):
        if operation in REFUSED:
            with pytest.raises(mg.OperationError, match="cannot be written as ONNX"):
                written(case)
            continue
        made = written(case)
        checked(made.model)
        for run in RUNTIMES:
            assert difference(run(made.model, made.given), made.expected) == "", (run.__name__, str(case))
