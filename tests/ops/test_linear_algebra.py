"""Matrices that have no inverse, no factor, or the wrong shape; and derivatives of known closed form."""

import numpy as np
import pytest

import minigraph as mg


@pytest.fixture
def m():
    return mg.Input("m", (2, 2), dtype=np.float64)


@pytest.mark.parametrize("made", [lambda graph: graph.forward, mg.compile], ids=["run", "program"])
def test_a_matrix_without_an_inverse_is_told(m, made, refused):
    for operation in (mg.Inverse(m), mg.Solve(m, np.ones(2)), mg.Cholesky(m)):
        refused(mg.InputError, lambda y=operation: made(mg.Graph(y=y))(m=-np.ones((2, 2))))


def test_only_square_matrices_have_an_inverse(refused):
    x = mg.Input("x", ("N", 3))
    for operation in (mg.Inverse, mg.Det, mg.LogAbsDet, mg.Cholesky):
        refused(mg.ShapeError, lambda operation=operation: operation(x))


def test_equations_have_a_row_for_each_unknown(m, refused):
    b = mg.Input("b", (3, 1), dtype=np.float64)
    refused(mg.ShapeError, lambda: np.linalg.solve(m, b))


def test_a_determinant_that_would_overflow_has_a_logarithm():
    x = mg.Input("x", (400, 400), dtype=np.float64)
    run = mg.Graph(y=mg.LogAbsDet(x)).forward(x=1000 * np.eye(400))
    assert np.isclose(run["y"], 400 * np.log(1000))
    assert np.allclose(run.backward()[x], np.eye(400) / 1000)


def test_the_logarithm_of_no_determinant_is_minus_infinity(m):
    assert mg.Graph(y=mg.LogAbsDet(m)).forward(m=np.ones((2, 2)))["y"] == -np.inf


def test_the_gradient_through_a_cholesky_factor_is_symmetric(m):
    x = np.array([[4.0, 2.0], [2.0, 5.0]])
    log_det = 2 * np.log(np.diagonal(mg.Cholesky(m))).sum()
    run = mg.Graph(y=log_det).forward(m=x)
    assert np.isclose(run["y"], np.log(16))
    assert np.allclose(run.backward()[m], np.linalg.inv(x))
