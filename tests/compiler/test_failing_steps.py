"""Steps that fail for the values that they are given: the error is the plain run's, and no variable has changed."""

import numpy as np
import pytest

import minigraph as mg


def fails(y, error, **given):
    """A step that updates a parameter beside what fails: refused as the plain run is, with the parameter as it was."""
    w = mg.Parameter("w", np.ones((2, 2)), dtype=np.float64)
    graph, updates = mg.Graph(y=y), {w: w * 0.5}
    with pytest.raises(error) as plain:
        graph.forward(**given)
    with pytest.raises(error) as compiled:
        mg.compile(graph, updates)(**given)
    assert str(compiled.value) == str(plain.value)
    np.testing.assert_array_equal(w.value, np.ones((2, 2)))


def test_a_singular_matrix():
    x = mg.Input("x", (2, 2), dtype=np.float64)
    fails(np.linalg.inv(np.exp(x)), mg.InputError, x=np.zeros((2, 2)))


def test_a_singular_matrix_that_follows_from_sizes():
    x = mg.Input("x", (9, 9), dtype=np.float64)
    fails(x + np.linalg.inv(np.ones_like(x)), mg.InputError, x=np.zeros((9, 9)))


@pytest.mark.parametrize("rows", [1, 3])
def test_an_index_that_is_computed(rows):
    x, i = mg.Input("x", ("N", 3), dtype=np.float64), mg.Input("i", ("N",), dtype=np.int64)
    fails(np.take(x, i + 2, axis=1).sum(), mg.InputError, x=np.ones((rows, 3)), i=np.full(rows, 1))


@pytest.mark.parametrize("rows", [1, 3])
def test_an_index_that_is_computed_for_a_rule_that_adds_up(rows):
    """Its rule would take the index modulo the size."""
    x, i = mg.Input("x", ("N", 3), dtype=np.float64), mg.Input("i", ("N", 3), dtype=np.int64)
    zeros = np.zeros((4, 3))
    added = mg.ScatterElements(zeros, i + 1, x, reduction="add")
    fails(added, mg.InputError, x=np.ones((rows, 3)), i=np.full((rows, 3), 3))


def test_a_constant_index_into_no_rows():
    x = mg.Input("x", ("N", 3), dtype=np.float64)
    fails(np.take(x, [[0, 1]], axis=0).sum(), mg.InputError, x=np.ones((0, 3)))


def test_an_own_rule():
    class Refusing(mg.Node):
        """x, unless it holds a 0."""

        def forward(self, x, out=None):
            if not x.all():
                raise ValueError("a 0")
            return x + 1

    x = mg.Input("x", (2, 2), dtype=np.float64)
    fails(Refusing(np.exp(x) * x), mg.RuleError, x=np.zeros((2, 2)))


def test_what_cannot_fail_is_written_into_its_variable():
    """And so it is where an index is an input, which is looked at before the step."""
    table, i = mg.Parameter("table", np.ones((4, 2))), mg.Input("i", ("N",), dtype=np.int64)
    loss = np.tanh(table[i]).sum()
    step = mg.compile(mg.Graph(loss=loss), mg.SGD(0.1).minimize(loss))
    step(i=[0, 1, 2])
    assert "out=table)" in step.source and "np.copyto(table" not in step.source
