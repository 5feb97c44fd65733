"""What a formula takes for one is one: by tree, identity and numbers, never because it is written alike."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.readings import Formula, expand, expression_of, formula, is_array, local_derivative
from minigraph.readings.expression import Expression, evaluate, same

p, q, r, s = (mg.Input(name, ()) for name in "pqrs")
x, X = mg.Input("x", ("N", 2)), mg.Input("X", (3, 3))
v, w = mg.Input("v", (3,)), mg.Input("w", (3,))


def test_expressions_are_the_same_only_as_trees():
    one, other = (Formula(Expression("name", word="a", meaning=object())) for _ in "ab")
    assert same((one * 2).tree, (one * 2).tree)
    assert not same(one.tree, other.tree)
    assert not same(one[0].tree, one[1].tree)
    assert (one + one).text == "2 · a" and (one + other).text == "a + a"
    assert (one * other).text == "a · a" and (one * one).text == "a²"


def test_arrays_are_called_by_what_they_hold():
    one, other = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert formula(x * one + x * other) == "x ⊙ c1 + x ⊙ c2"
    assert formula(x * one + x * one.copy()) == "2 · x ⊙ c1"
    assert formula(mg.Input("c1", (2,)) * one) == "c1 ⊙ c2"
    large = np.ones(2000)
    large[1000] = 2
    assert formula(mg.Input("y", (2000,)) * np.ones(2000) + large) == "y ⊙ c1 + c2"


def test_operations_with_different_state_are_not_one():
    class Scaled(mg.Node):
        def __init__(self, x, by):
            self.by = by
            super().__init__(x)

        def forward(self, x, out=None):
            return np.asarray([self.by * each for each in x])

        def backward(self, gradient, y, x):
            return gradient * self.by

    assert formula(Scaled(x, 2) * Scaled(x, 3)) == "scaled(x) ⊙ scaled(x)"
    assert formula(Scaled(x, 2) * Scaled(x, 2)) == "scaled(x)²"


def test_what_is_written_short_is_not_taken_for_one():
    assert local_derivative(np.log(np.exp(p * q) + np.exp(r * s)), 0) == "□ / (exp(p · q) + exp(r · s))"
    product = mg.Sigmoid(p * q + r) * mg.Sigmoid(r * s + p)
    assert local_derivative(np.log(product), 0) == "□ / (sigmoid(p · q + r) · sigmoid(r · s + p))"


@pytest.mark.parametrize(
    ("number", "written"),
    [(1.0000004, "1.0000004"), (0.1, "0.1"), (1 / 3, "1/3"), (1e-5, "1e-05"), (2.0, "2"), (0.99999994, "0.99999994")],
)
def test_a_number_is_not_written_as_a_shorter_one_that_is_near(number, written):
    assert formula(mg.Tanh(x * number)) == f"tanh(x · {written})"


def test_factors_of_one_are_left_out_and_those_near_it_are_not():
    assert formula(x * 1.0) == formula(x / 1.0) == "x"
    assert formula(x * 1.0000004) == "x · 1.0000004" and formula(x / 0.99999994) == "x / 0.99999994"


@pytest.mark.parametrize(
    ("node", "operand", "written"),
    [
        (v @ X, 1, "v · □ᵀ"),
        (X @ v, 0, "□ · vᵀ"),
        (np.expand_dims(v, 1) * w, 0, None),
        (X.sum(axis=1), 0, "□[:, None]"),
        (X.sum(axis=0), 0, "□"),
        (X.mean(axis=1), 0, "(□ / 3)[:, None]"),
        (X.sum(), 0, "□"),
        (X.reshape(9), 0, "□"),
        (X + w, 1, "Σ rows □"),
        (mg.Expand(v, (2, 3)), 0, "Σ rows □"),
        (np.transpose(mg.Input("t", (2, 3, 4)), (1, 0, 2)), 0, "transpose(□, (1, 0, 2))"),
        (np.transpose(mg.Input("t", (2, 3, 4)), (0, 2, 1)), 0, "□ᵀ"),
    ],
)
def test_a_local_derivative_says_how_elements_are_arranged_where_that_matters(node, operand, written):
    assert written is None or local_derivative(node, operand) == written


@pytest.mark.parametrize(
    ("node", "written"),
    [
        (np.expand_dims(v, 1) * w, "v · wᵀ"),
        (w * np.expand_dims(v, 1), "v · wᵀ"),
        (v * w, "v ⊙ w"),
        (np.expand_dims(v, 1) - w, "v[:, None] − w"),
        (X.sum(axis=1) * w, "(Σ columns X)[:, 0] ⊙ w"),
        (X.sum(axis=0) * w, "(Σ rows X) ⊙ w"),
        (X / X.sum(axis=1, keepdims=True), "X / (Σ columns X)"),
        (np.broadcast_to(mg.Constant(1.0), (4, 3)).sum(axis=0) * w, "(Σ rows ones(4, 3)) ⊙ w"),
        (np.broadcast_to(w, (4, 3)).sum(axis=0), "Σ rows (ones(4, 3) ⊙ w)"),
        (X.reshape(9) @ np.broadcast_to(mg.Constant(1.0), (9,)), "reshape(X, (9)) · ones(9)"),
        (np.take(X, np.array([0, 2]), axis=1), "X[:, c1]"),
        (np.concatenate([v, w]), "concatenate((v, w), axis=0)"),
        (mg.Cast(v, to=np.int64), "int64(v)"),
        (np.equal(np.expand_dims(mg.Input("y", ("N",), np.int64), 1), np.arange(3)), "y[:, None] = k"),
    ],
)
def test_a_formula_says_how_elements_are_arranged_where_that_matters(node, written):
    assert formula(node) == written
    values = {v: np.array([1.0, -2.0, 3.0]), w: np.array([0.5, 4.0, 6.0]), X: np.arange(9.0).reshape(3, 3) + 1}
    if set(leaf for leaf in mg.Graph(node).nodes if isinstance(leaf, mg.Input)) <= set(values):
        found = evaluate(tree_of(node), lambda leaf: value_of(leaf, values))
        graph = mg.Graph(y=node).astype(np.float64)
        right = graph.forward(**{str(leaf): values[leaf] for leaf in mg.Graph(node).inputs.values()})["y"]
        np.testing.assert_allclose(np.reshape(found, right.shape), right)


def tree_of(node):
    return expression_of(node, by_name)


def by_name(node):
    return Expression("name", word=node.name or "c", meaning=node) if node.name or is_array(node) else None


def value_of(leaf, values):
    if isinstance(leaf, tuple):
        return np.ones(leaf)
    return values.get(leaf) if leaf in values else leaf.value


def test_a_call_says_what_is_not_as_by_default():
    images = mg.Input("i", (1, 1, 4, 4))
    kernel = mg.Input("K", (1, 1, 2, 2))
    assert formula(mg.Conv(images, kernel)) != formula(mg.Conv(images, kernel, strides=(2, 2)))
    assert "strides=2" in formula(mg.Conv(images, kernel, strides=(2, 2)))


@pytest.mark.parametrize("name", ["a + b", "2", "x²", "δx", "my weights", "Σ"])
def test_a_name_that_would_be_read_as_something_else_stands_in_quotation_marks(name):
    assert formula(mg.Tanh(mg.Input(name, ()) * p)) == f'tanh("{name}" · p)'


def test_a_composite_is_read_like_its_parts():
    assert formula(expand(mg.ReduceMean(X, axes=1, keepdims=False))) == "Σ columns X / 3"


def test_a_size_is_no_value_of_the_same_name():
    N = mg.Parameter("N", [1.0, 2.0])
    assert formula((x * N).mean(axis=0)) == "mean rows (x ⊙ N)"
    assert formula(expand((x * N).mean(axis=0))) == 'Σ rows (x ⊙ N) / "size of N"'
    assert '"size of N"' in mg.derive((x * N).mean(axis=0).sum(), N, x=np.ones((3, 2))).text


def test_what_lies_deep_has_a_name_that_is_defined_beside():
    one, other = p, q
    for _ in range(8):
        one, other = np.tanh(one), np.tanh(other)
    written = "tanh(tanh(tanh(tanh(tanh(u1))))) − tanh(tanh(tanh(tanh(tanh(u2)))))"
    assert formula(one - other) == f"{written} with u1 = tanh(tanh(tanh(p))); u2 = tanh(tanh(tanh(q)))"
    assert formula(one * one).count("u1 = ") == 1 and "u2" not in formula(one * one)


def test_a_product_by_the_inner_product_of_vectors_has_brackets():
    assert formula(w * (v @ v)) == "w · (v · v)" and formula((v @ v) * w) == "v · v · w"
    assert formula(2 * (X @ X)) == "2 · X · X" and formula((w @ v) * (X @ X)) == "w · v · (X · X)"
