"""What is kept of functions that are traced at each call: programs by structure, so that no change is missed."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigraph as mg
from minigraph.functions import programs
from minigraph.ops import OPERATIONS
from tests.cases import CASES

X = np.array([0.5, -1.0, 2.0])


@pytest.fixture
def kept(monkeypatch):
    """The programs that are kept, none at first."""
    monkeypatch.setattr(programs, "_PROGRAMS", type(programs._PROGRAMS)())
    return programs._PROGRAMS


def test_a_captured_array_a_flag_and_a_type_that_change_are_seen():
    weights, settings = np.ones(3), {"power": 2, "negative": False}

    def f(x):
        y = (weights * x ** settings["power"]).sum()
        return -y if settings["negative"] else y

    slope = mg.grad(f)
    np.testing.assert_array_equal(slope(X), 2 * X)
    weights[:] = 5
    np.testing.assert_array_equal(slope(X), 10 * X)
    weights = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(slope(X), 2 * weights * X)
    settings["negative"] = True
    np.testing.assert_array_equal(slope(X), -2 * weights * X)
    settings["power"] = 3
    np.testing.assert_array_equal(slope(X), -3 * weights * X**2)
    single = slope(X.astype(np.float32))
    assert single.dtype == np.float32 and slope(X).dtype == np.float64
    np.testing.assert_allclose(single, slope(X), rtol=1e-6)


def test_a_shape_that_changes_is_seen():
    slope = mg.grad(lambda x: (x * x).mean())
    for size in (1, 2, 5, 0, 2):
        np.testing.assert_allclose(slope(np.ones(size)), np.full(size, 2 / max(size, 1)))


def test_other_numbers_run_the_same_program(kept):
    rng = np.random.default_rng(0)

    def f(x, A, labels, mask, rate):
        z = np.where(mask, x @ A, rate * x) + x[labels]
        return mg.SoftmaxCrossEntropy(np.stack([z, -z, x]), labels) + x[0] ** 2

    for _ in range(12):
        x, others = rng.normal(size=3), (rng.normal(size=(3, 3)), rng.integers(0, 3, 3), rng.random(3) > 0.5, rng.random())
        values = [mg.value_and_grad(f)(x + step, *others)[0] for step in (*1e-6 * np.eye(3), *-1e-6 * np.eye(3))]
        np.testing.assert_allclose(mg.grad(f)(x, *others), np.subtract(values[:3], values[3:]) / 2e-6, atol=1e-8)
    assert len(kept) == 2  # with the value and without


def test_a_call_from_another_line_runs_the_same_program(kept):
    second = mg.hessian(lambda x: (x**3).sum())
    second(X)
    second(X)
    mg.grad(lambda x: second(x).sum())(X)
    mg.grad(lambda x: second(x).sum())(X)
    assert len(kept) == 3  # the last two are of functions on two lines


def test_a_number_that_is_captured_often_is_passed_once(kept):
    def f(x, rate, other):
        for _ in range(50):
            x = x - rate * np.sin(x) + other
        return x.sum()

    for rate, other in ((0.1, 0.2), (0.3, 0.4), (0.3, 0.3), (0.7, 0.6)):
        found = mg.grad(f)(X, rate, other)
        ahead, behind = (f(X + step, rate, other) for step in (1e-6 * np.eye(3)[0], -1e-6 * np.eye(3)[0]))
        np.testing.assert_allclose(found[0], (ahead - behind) / 2e-6, atol=1e-8)
    assert sorted(len(program.step.graph.inputs) for program in kept.values()) == [2, 3]


def test_numbers_that_formulas_have_are_part_of_the_program(kept):
    slope = mg.grad(lambda x, power: (abs(x) ** power).sum())
    for power in (2, 3, 5.25, 6.25):
        np.testing.assert_allclose(slope(X, power), power * abs(X) ** (power - 1) * np.sign(X))
    assert len(kept) == 3


def test_the_place_of_a_size_is_part_of_the_program():
    slope = mg.grad(lambda x, axis: (np.reshape(x, (np.shape(x)[axis], -1))[0] ** 2).sum())
    x = np.ones((1, 1, 1, 1, 1, 2, 3))
    assert slope(x, 5).sum() == 6 and slope(x, 6).sum() == 4


def test_a_jacobian_is_computed_the_shorter_way(kept):
    mg.jacobian(lambda x: x * X)(2.0)
    mg.jacobian(lambda x: x[:2])(X)
    assert [key[0] for key in kept] == [("columns", 0), ("rows", 0)]


def test_two_functions_of_one_structure_and_other_lines_are_told_apart():
    def first(x):
        return np.linalg.cholesky(-x).sum()

    def second(x):
        return np.linalg.cholesky(-x).sum()

    lines = set()
    for function in (first, second):
        with pytest.raises(mg.InputError) as error:
            mg.grad(function)(np.eye(2))
        lines.add(str(error.value))
    assert len(lines) == 2


def test_a_scan_runs_the_same_program(kept):
    def f(x, W):
        last, _ = mg.scan(lambda h, row: (np.tanh(h @ W + row), h), x[0], x)
        return (last * last).sum()

    rng = np.random.default_rng(1)
    for _ in range(3):
        x, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 3))
        step = 1e-6 * np.eye(3)[0]
        found, _ = mg.grad(f, (0, 1))(x, W)
        ahead, behind = (mg.value_and_grad(f, (0, 1))(x + np.outer(np.eye(4)[2], each), W)[0] for each in (step, -step))
        np.testing.assert_allclose(found[2, 0], (ahead - behind) / 2e-6, atol=1e-8)
    assert len(kept) == 2


def test_the_programs_that_were_called_last_are_kept(kept, monkeypatch):
    monkeypatch.setattr(programs, "KEPT", 3)
    slope = mg.grad(lambda x: (x * x).sum())
    for size in (1, 2, 3, 1, 4, 5):
        slope(np.ones(size))
    assert [key[1][0][0][1] for key in kept] == [(1,), (4,), (5,)]


def test_what_a_derivative_gives_is_the_caller_s_own():
    slope = mg.value_and_grad(lambda x: (x * x).sum())
    x = X.copy()
    _, first = slope(x)
    first[:] = 7
    _, second = slope(x)
    np.testing.assert_array_equal(second, 2 * X)
    np.testing.assert_array_equal(x, X)
    identity = mg.jacobian(lambda x: x)(x)
    identity[:] = 0
    assert mg.jacobian(lambda x: x)(x)[0, 0] == 1.0


def test_threads_differentiate_side_by_side():
    def f(x, scale):
        return (np.tanh(x) * scale).sum()

    def task(i):
        return mg.grad(f)(X, float(i)) - i * (1 - np.tanh(X) ** 2)

    with ThreadPoolExecutor(8) as pool:
        assert max(abs(each).max() for each in pool.map(task, range(200))) < 1e-12


@pytest.mark.parametrize("case", [case for case in CASES if case.rows in (None, 3)], ids=str)
def test_every_operation_is_differentiated_with_the_rest_captured(case, kept):
    """Each floating operand in turn, beside reverse mode; labels, shapes and the other operands are captured."""
    arrays = case.draw(np.float64)
    given = [tuple(map(int, each)) if operand.is_shape else each for operand, each in zip(case.operands, arrays, strict=True)]

    def value(*operands):
        return OPERATIONS[case.operation](*operands, **case.attributes)

    wrt = tuple(i for i, each in enumerate(given) if getattr(each, "dtype", None) == np.float64)
    if not wrt:
        return
    inputs = [mg.Input(f"x{i}", each.shape, each.dtype) if i in wrt else each for i, each in enumerate(given)]
    plain = mg.Graph(y=value(*inputs))
    if plain["y"].dtype.kind != "f":
        return
    run = plain.forward(**{f"x{i}": given[i] for i in wrt})
    for purpose in ("first", "second"):
        cotangent = case.normal(purpose, run["y"].shape, np.float64)
        found = run.backward("y", cotangent=cotangent)
        for i in wrt[:2]:
            slope = mg.grad(lambda *operands, by=cotangent: (value(*operands) * by).sum(), i)(*given)
            expected = found[f"x{i}"] if inputs[i] in found else np.zeros_like(given[i])
            np.testing.assert_allclose(slope, expected, rtol=1e-9, atol=1e-9)
    assert len(kept) <= len(wrt[:2])
