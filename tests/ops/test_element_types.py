"""Which types of elements operations take: each computes what it takes in the type that it infers, and refuses the others."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.shapes import with_named_axes
from minigraph.ops import OPERATIONS
from tests.cases import ROWS

WHOLE = [bool, np.int8, np.int64, np.uint8]
FIRST = {row.operation: row for row in reversed(ROWS)}


def composed(row, dtype):
    """The first case of a row with all its computing operands of a type, and the arrays that it is given."""
    kind, case, operands, given = OPERATIONS[row.operation], row.sizes[0], [], {}
    for i, (operand, array) in enumerate(zip(case.operands, case.draw(np.float64), strict=True)):
        chooses = kind.operand_names[min(i, len(kind.operand_names) - 1)] in kind.selectors
        if not operand.is_shape and not chooses:
            array = np.abs(array).clip(0, 9).astype(dtype)
        node = operand.shape if operand.is_shape else mg.Input(f"x{i}", (), array.dtype)
        if not operand.is_shape:
            node.shape, given[node.name] = with_named_axes(operand.shape, "x"), array
        operands.append(node)
    return kind(*operands, **case.attributes), given


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_computes_whole_numbers_and_booleans_or_refuses_them_while_composing(operation, dtype):
    try:
        y, given = composed(FIRST[operation], dtype)
    except mg.MinigraphError:
        return
    graph = mg.Graph(y=y)
    try:
        plain = graph.forward(**given)["y"]
    except mg.InputError as refusal:  # for these values, such as the zeros of a singular matrix
        assert "matrix" in str(refusal)
        return
    found = mg.compile(graph)(**given)["y"]
    assert plain.dtype == found.dtype == y.dtype and plain.shape == found.shape
    np.testing.assert_allclose(found, plain, rtol=1e-5)


@pytest.mark.parametrize(
    "compose",
    [
        lambda m: m - m,
        lambda m: -m,
        np.sign,
        lambda m: np.mod(m, m),
        lambda m: np.clip(m, 0, 1),
        mg.Relu,
        lambda m: mg.Gemm(m, m, transB=True),
    ],
)
def test_booleans_are_no_numbers(compose):
    m = mg.Input("m", ("N", 2), dtype=bool)
    with pytest.raises(mg.DTypeError, match=r"takes numbers, but m is bool.(.|\n)*astype"):
        compose(m)


def test_booleans_that_meet_numbers_are_numbers():
    m = mg.Input("m", ("N",), dtype=bool)
    found = mg.Graph(whole=m - 1, half=np.sign(m - 0.5)).forward(m=[True, False])
    assert found["whole"].tolist() == [0, -1] and found["half"].tolist() == [1, -1]


@pytest.mark.parametrize("bounds", [{"minimum": 0.5}, {"maximum": np.nan}, {"minimum": -1}, {"maximum": 300}])
def test_whole_numbers_are_clipped_to_numbers_of_their_type(bounds):
    x = mg.Input("x", (3,), dtype=np.uint8)
    with pytest.raises(mg.OperationError, match=r"Clip of uint8 takes bounds of that type, not (.|\n)*x \(3\)"):
        mg.Clip(x, **bounds)
    clipped = mg.Graph(y=mg.Clip(x, minimum=2.0, maximum=np.int64(9)))
    assert clipped.forward(x=[1, 5, 200])["y"].tolist() == [2, 5, 9]


def test_a_bound_of_another_width_widens_nothing():
    x = mg.Input("x", (3,))
    assert mg.Graph(y=mg.Clip(x, maximum=np.float64(0.5))).forward(x=[0, 1, 2])["y"].dtype == np.float32


def test_a_product_of_whole_numbers_is_one():
    a = mg.Input("a", (2, 2), dtype=np.int64)
    assert mg.Graph(y=mg.Gemm(a, a, a, alpha=2.0, beta=3.0)).forward(a=[[1, 2], [3, 4]])["y"].tolist() == [[17, 26], [39, 56]]
    with pytest.raises(mg.OperationError, match=r"Gemm cannot multiply whole numbers by alpha=0.5(.|\n)*astype"):
        mg.Gemm(a, a, alpha=0.5)
