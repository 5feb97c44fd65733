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


@pytest.mark.parametrize("made", [lambda graph: graph.forward, mg.compile], ids=["run", "program"])
def test_a_matrix_that_is_not_symmetric_is_refused_rather_than_read_by_half(m, made, refused):
    refused(mg.InputError, lambda: made(mg.Graph(y=np.linalg.eigvalsh(m)))(m=[[1.0, 4.0], [2.0, 1.0]]))
    triangle = np.tril(m) + np.tril(m, -1).mT
    assert np.allclose(made(mg.Graph(y=np.linalg.eigvalsh(triangle)))(m=[[1.0, 4.0], [2.0, 1.0]])["y"], [-1, 3])


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_eigenvectors_have_the_signs_that_numpy_gives_them(triangle):
    factor = np.random.RandomState(0).normal(size=(6, 6))
    x = mg.Input("x", (6, 6), dtype=np.float64)
    w, v = np.linalg.eigh(x, triangle)
    run = mg.Graph(w=w, v=v).forward(x=factor @ factor.T)
    for name, expected in zip("wv", np.linalg.eigh(factor @ factor.T, triangle), strict=True):
        np.testing.assert_allclose(run[name], expected, atol=1e-12)


def test_the_gradient_of_an_eigenvalue_is_symmetric(m):
    run = mg.Graph(y=np.linalg.eigvalsh(m)).forward(m=[[1.0, 2.0001], [2.0, 1.0]])
    assert np.allclose(run["y"], [-1.00005, 3.00005])
    assert np.allclose(run.backward(cotangent=[0.0, 1.0])[m], 0.5)


def test_eigenvalues_that_are_equal_have_a_gradient_and_their_vectors_none(m):
    eye = np.eye(2)
    values = mg.Graph(y=np.linalg.eigvalsh(m).sum() + np.linalg.svdvals(m).sum()).forward(m=eye)
    assert np.allclose(values.backward()[m], 2 * eye)
    vectors = mg.Graph(y=(np.linalg.eigh(m).eigenvectors ** 3).sum()).forward(m=eye)
    assert not np.isfinite(vectors.backward()[m]).all()  # as in PyTorch and JAX


@pytest.mark.parametrize("made", [lambda graph: graph.forward, mg.compile], ids=["run", "program"])
def test_a_matrix_that_is_not_finite_has_no_factors(m, made, refused):
    for factor in (np.linalg.svdvals(m), mg.PseudoInverse(m)):
        refused(mg.InputError, lambda y=factor: made(mg.Graph(y=y))(m=np.full((2, 2), np.nan)))


def test_a_matrix_of_dependent_columns_has_no_gradient_through_its_factors(m, refused):
    run = mg.Graph(y=np.linalg.qr(m).Q.sum()).forward(m=[[1.0, 0.0], [1.0, 0.0]])
    refused(mg.InputError, run.backward)


def test_small_singular_values_count_as_zero_in_a_pseudo_inverse():
    """By default up to the larger size times the precision, of the largest one; else up to what is asked for."""
    eps = np.finfo(float).eps
    for last, inverse in ((2 * eps, 0.0), (4 * eps, 1 / (4 * eps))):
        found = mg.PseudoInverse.apply(np.diag([1.0, 1.0, last]))
        np.testing.assert_allclose(found, np.diag([1.0, 1.0, inverse]), rtol=1e-12)
    np.testing.assert_allclose(mg.PseudoInverse.apply(np.diag([1.0, 0.05]), rcond=0.1), np.diag([1.0, 0.0]))
    np.testing.assert_allclose(mg.PseudoInverse.apply(np.diag([1.0, 0.05]), rcond=0.01), np.diag([1.0, 20.0]))


def test_factors_are_of_matrices(refused):
    v = mg.Input("v", (3,))
    for function in (np.linalg.svd, np.linalg.svdvals, np.linalg.eigh, np.linalg.qr, np.linalg.pinv):
        refused(mg.ShapeError, lambda function=function: function(v))
    refused(mg.ShapeError, lambda: np.linalg.eigh(mg.Input("x", (2, 3))))
    refused(mg.ShapeError, lambda: np.linalg.qr(mg.Input("x", ("N", "M"))))
    refused(mg.OperationError, lambda: np.linalg.svd(mg.Input("x", (2, 3))))
    refused(mg.OperationError, lambda: np.linalg.qr(mg.Input("x", (3, 2)), mode="complete"))


@pytest.mark.parametrize("made", [lambda graph: graph.forward, mg.compile], ids=["run", "program"])
def test_a_size_that_a_run_tells_is_the_larger_one(made, refused):
    x = mg.Input("x", ("N", 2), dtype=np.float64)
    rows = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, -1.0]])
    for function in (lambda x: np.linalg.svd(x, full_matrices=False).S, lambda x: np.abs(np.linalg.qr(x).Q), np.linalg.pinv):
        call = made(mg.Graph(y=function(x)))
        for n in (2, 3):
            np.testing.assert_allclose(call(x=rows[:n])["y"], function(rows[:n]), rtol=1e-12)
    refused(mg.ShapeError, lambda: made(mg.Graph(y=np.linalg.qr(x).R))(x=rows[:1]))


def test_of_a_matrix_with_more_columns_than_rows_the_first_are_factored():
    x = mg.Input("x", (2, "N"), dtype=np.float64)
    rows = np.array([[1.0, 2.0, 3.0], [3.0, 5.0, -1.0]])
    graph = mg.Graph(q=np.linalg.qr(x).Q, r=np.linalg.qr(x, mode="r"))
    run = graph.forward(x=rows)
    for name, expected in zip("qr", np.linalg.qr(rows), strict=True):
        np.testing.assert_allclose(run[name], expected, atol=1e-14)
    assert mg.check_gradients(graph, x=rows).ok


def test_factors_are_computed_once():
    x = mg.Input("x", (4, 3), dtype=np.float64)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    loss = (u * s @ vt).sum() + s.sum()
    (derivative,) = mg.gradient(loss, [x])
    assert mg.compile(mg.Graph(loss=loss, d=derivative)).source.count("rule0(") == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 0, 0), (0, 2, 2)], ids=str)
def test_matrices_without_elements_have_factors_without_elements(shape):
    x = mg.Input("x", shape, dtype=np.float64)
    empty, square = np.zeros(shape), shape[-1] == shape[-2]
    parts, of_numpy = (
        [*np.linalg.svd(m, full_matrices=False), *np.linalg.qr(m), np.linalg.pinv(m), *(np.linalg.eigh(m) if square else ())]
        for m in (x, empty)
    )
    total = sum((part**2).sum() for part in parts)
    (derivative,) = mg.gradient(total, [x])
    graph = mg.Graph(total=total, d=derivative, **{f"y{i}": part for i, part in enumerate(parts)})
    for found in (graph.forward(x=empty), mg.compile(graph)(x=empty)):
        assert [found[f"y{i}"].shape for i in range(len(parts))] == [part.shape for part in of_numpy]
        assert found["d"].shape == shape


def test_factors_of_half_precision_are_those_of_single_rounded():
    x = mg.Input("x", (3, 2), dtype=np.float16)
    rows = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, -1.0]])
    parts = [np.linalg.svdvals(x), np.linalg.pinv(x), np.abs(np.linalg.qr(x).R), np.linalg.eigvalsh(x.T @ x)]
    exact = [np.linalg.svdvals(rows), np.linalg.pinv(rows), np.abs(np.linalg.qr(rows).R), np.linalg.eigvalsh(rows.T @ rows)]
    graph = mg.Graph(total=sum(part.sum() for part in parts), **{f"y{i}": part for i, part in enumerate(parts)})
    run = graph.forward(x=rows)
    for found in (run, mg.compile(graph)(x=rows)):
        for i, expected in enumerate(exact):
            assert found[f"y{i}"].dtype == np.float16
            np.testing.assert_allclose(found[f"y{i}"], expected, rtol=2e-3, atol=2e-3)
    assert run.backward("total")[x].dtype == np.float16


def test_what_an_equation_leaves_is_there_where_it_has_more_rows_than_unknowns():
    a, b = mg.Input("a", (3, 2), np.float64), mg.Input("b", (3,), np.float64)
    given = {"a": np.array([[1.0, 2.0], [3.0, 5.0], [0.5, -1.0]]), "b": np.array([1.0, 0.5, 2.0])}
    for rows in (3, 2):
        found = np.linalg.lstsq(a[:rows], b[:rows])
        run = mg.Graph(*found).forward(**given)
        for node, expected in zip(found, np.linalg.lstsq(given["a"][:rows], given["b"][:rows]), strict=True):
            np.testing.assert_allclose(run[node], expected, atol=1e-14)


def test_the_rank_is_counted_from_a_limit_that_may_be_relative():
    x = np.diag([4.0, 3.0, 1.0])
    node = mg.Input("x", (3, 3), np.float64)
    ranks = mg.Graph(a=np.linalg.matrix_rank(node, rtol=0.5), b=np.linalg.matrix_rank(node, tol=3.5)).forward(x=x)
    assert (ranks["a"], ranks["b"]) == (np.linalg.matrix_rank(x, rtol=0.5), np.linalg.matrix_rank(x, tol=3.5)) == (2, 1)


MISTAKES = """
np.linalg.norm(x, "foo")
np.linalg.norm(v, "fro")
np.linalg.norm(a, 2)
np.linalg.norm(x, axis=5)
np.linalg.norm(v, np.nan)
np.linalg.eigh(x, UPLO="X")
np.linalg.pinv(x, rcond=v)
np.linalg.matrix_power(x, 2.5)
np.linalg.matrix_power(v, 2)
np.linalg.multi_dot([x, a, x])
np.linalg.lstsq(v, v)
np.linalg.tensorinv(x, ind=0)
np.linalg.outer(x, v)
np.cross(v, [1, 2])
np.diag(v, 1.5)
np.diag(a)
np.tril(x, v)
np.diagonal(x, 0.5)
np.cov(a)
np.convolve(v, 2)
np.convolve(v, v, mode="foo")
np.convolve(v, [])
np.convolve(n, v, "same")
np.correlate(v, n, "same")
np.tensordot(x, x, axes="a")
np.tensordot(x, x, axes=-1)
np.tensordot(x, x, axes=([0], [0, 1]))
""".strip().splitlines()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_where_it_is_made(mistake, refused):
    names = {
        "np": np,
        "x": mg.Input("x", (3, 3)),
        "v": mg.Input("v", (3,)),
        "n": mg.Input("n", ("N",)),
        "a": mg.Input("a", (2, 3, 4)),
    }
    refused(mg.MinigraphError, lambda: eval(mistake, names))


def test_a_covariance_of_too_few_observations_is_not_finite():
    x = mg.Input("x", (2, "N"), dtype=np.float64)
    graph = mg.Graph(y=np.cov(x, ddof=3))
    assert not np.isfinite(graph.forward(x=[[1.0, 2.0], [3.0, 5.0]])["y"]).any()
    assert np.allclose(graph.forward(x=[[1.0, 2, 3, 4], [3, 5, 4, 0]])["y"], np.cov([[1, 2, 3, 4], [3, 5, 4, 0]], ddof=3))


def test_a_derivative_of_traces_and_norms_is_as_on_paper(m):
    x = mg.Input("X", (3, 2), dtype=np.float64)
    assert "∂output/∂m = 2 · mᵀ" in str(mg.derive(np.trace(m @ m), m))
    assert "∂output/∂X = svd(X)[0] · svd(X)[2]" in str(mg.derive(np.linalg.norm(x, "nuc"), x))
    given = {"X": [[1.0, 2.0], [3.0, 5.0], [0.5, -1.0]]}
    for function in (lambda x: np.linalg.norm(x, 2), lambda x: np.linalg.lstsq(x, np.ones(3))[1].sum(), np.linalg.cond):
        assert mg.derive(function(x), x, **given).ok
