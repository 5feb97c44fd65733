"""Bounds read from rules: every value lies within them, and what a careful expression keeps away from 0 is seen to be away."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import OPERATIONS
from minigraph.readings.bounds import Bounds, bounds_of
from tests.cases import CASES

FULL = [case for case in CASES if case.rows != 0]


def bounds(node):
    return bounds_of(mg.Graph(node).nodes)[node]


@pytest.fixture
def z():
    """What may be any number: computed from an input."""
    return mg.Input("x", ("N", 3)) @ mg.Parameter("W", np.ones((3, 2)))


@pytest.mark.parametrize("case", FULL, ids=str)
def test_the_value_of_every_operation_lies_within_its_bounds(case):
    given = [
        tuple(map(int, array)) if operand.is_shape else mg.Constant(array, dtype=array.dtype)
        for operand, array in zip(case.operands, case.draw(np.float64), strict=True)
    ]
    node = OPERATIONS[case.operation](*given, **case.attributes)
    value, found = mg.Graph(y=node).forward()["y"].astype(float), bounds(node)
    rounding = 1e-6 * np.abs(value)
    assert not (value < found.low - rounding).any() and not (value > found.high + rounding).any()
    underflows = any(np.abs(array).max(initial=0) > 30 for array in case.draw(np.float64))
    assert found.reaches_zero or underflows or (value != 0).all()


@pytest.mark.parametrize(
    ("compose", "low", "high"),
    [
        (mg.Softmax, 0, 1),
        (mg.Sigmoid, 0, 1),
        (mg.Softplus, 0, np.inf),
        (lambda z: np.exp(z - z.max(axis=1, keepdims=True)), 0, 1),
        (lambda z: 1 + np.exp(-z), 1, np.inf),
        (lambda z: np.sqrt(np.var(z, axis=0) + 1), 1, np.inf),
        (lambda z: np.maximum(z, 0.5), 0.5, np.inf),
        (lambda z: np.clip(z, 0.5, 2), 0.5, 2),
        (lambda z: np.where(np.equal(z, 0), 1, z), -np.inf, np.inf),
        (lambda z: np.where(z > 0, z, 1), 0, np.inf),
        (lambda z: z.size, 1, np.inf),
        (lambda z: 2 - np.tanh(z), 1, 3),
    ],
)
def test_what_is_kept_from_0_is_seen_to_be(z, compose, low, high):
    found = bounds(compose(z))
    assert (found.low, found.high, found.reaches_zero) == (low, high, False)


@pytest.mark.parametrize(
    "compose",
    [
        lambda z: z,
        mg.Relu,
        mg.Tanh,
        mg.ReduceL2,
        lambda z: np.var(z, axis=0),
        lambda z: z * z,
        lambda z: z**2,
        lambda z: np.exp(z) - 1,
        lambda z: 1 - mg.Softmax(z),
        lambda z: np.where(np.equal(z, 1), 1, z),
        lambda z: z[:, :1] * z[:, 1:],
    ],
)
def test_what_can_be_0_is_seen_to_reach_it(z, compose):
    assert bounds(compose(z)).reaches_zero


def test_two_parts_of_a_value_are_no_square(z):
    assert bounds(z[:, :1] * z[:, 1:]).low == -np.inf and bounds(z * z).low == 0


def test_a_variable_is_trusted_to_stay_off_0_unless_it_holds_one():
    assert not bounds(mg.Parameter("scale", [1.0, 2.0])).reaches_zero
    assert bounds(mg.Parameter("scale", [1.0, 0.0])).reaches_zero


def test_nothing_is_known_of_a_rule_that_looks_at_values(z):
    class Looks(mg.Node):
        def forward(self, x, out=None):
            return x if x.sum() > 0 else -x

    assert repr(bounds(Looks(mg.Softmax(z)))) == "Bounds(-inf, inf)"


def test_bounds_are_neither_true_nor_iterable():
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(Bounds())
    with pytest.raises(TypeError):
        iter(Bounds())


def test_a_draw_lies_between_its_ends():
    x, drawn = mg.Input("x", ("N", 3)), mg.RandomUniform((2, 3), mg.RandomState(0), low=1e-6)
    assert not mg.Graph(-np.log(-np.log(drawn))).lint()
    for node, (low, high) in {
        mg.Erf(x): (-1, 1),
        np.clip(x, 1, 2): (1, 2),
        np.einsum("ij,ij->i", x * x, x * x): (0, np.inf),
    }.items():
        bounds = bounds_of(mg.Graph(node).nodes)[node]
        assert (bounds.low, bounds.high) == (low, high)


def test_no_draw_is_rounded_to_its_end(monkeypatch):
    class Last:
        """A generator whose numbers lie just below 1."""

        def uniform(self, low, high, shape):
            return np.full(shape, np.nextafter(1.0, 0.0))

    monkeypatch.setattr("minigraph.ops.random.generator", lambda state, stream: Last())
    for dtype in (np.float16, np.float32, np.float64):
        run = mg.Graph(u=mg.RandomUniform((2,), mg.RandomState(0), to=dtype)).forward()
        assert run["u"].dtype == dtype and (run["u"] < 1).all()
