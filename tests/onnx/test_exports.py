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
    refused = False
    for case in rows_of(operation, 3):
        try:
            made = written(case)
        except mg.OperationError as error:
            assert operation in REFUSED and "cannot be written as ONNX" in str(error)
            refused = True
            continue
        checked(made.model)
        for run in RUNTIMES:
            assert difference(run(made.model, made.given), made.expected) == "", (run.__name__, str(case))
    assert refused == (operation in REFUSED)
