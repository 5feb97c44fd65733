"""check_gradients: every local rule against central differences, each told by itself."""

import re

import numpy as np
import pytest

import minigraph as mg


class Cube(mg.Node):
    """x³, with a factor that spoils its gradient when it is not 3."""

    factor: float = 3.0

    def forward(self, x, out=None):
        return x * x * x

    def backward(self, gradient, y, x):
        return self.factor * gradient * x * x


class Silent(Cube):
    """x³, whose rule says that it takes no derivative."""

    def backward(self, gradient, y, x):
        return None


class OneEntry(Cube):
    """x³, whose gradient is wrong in one entry."""

    def backward(self, gradient, y, x):
        right = 3 * gradient * x * x
        right[..., 1] += 0.5
        return right


def check(node, **inputs):
    return mg.check_gradients(mg.Graph(result=node), **inputs)


@pytest.fixture
def x():
    return mg.Input("x", (3,))


def test_right_rules_are_told_to_be_right(x):
    report = check(Cube(x, name="cube") * 2, x=[1, 2, 3])
    assert report.ok and all(row.error < 1e-8 for row in report)
    assert [(str(row.node), str(row.operand), row.entries) for row in report] == [("cube", "x", 3), ("Mul (3)", "cube", 3)]


def test_a_report_is_displayed_in_a_line(x):
    assert repr(check(Cube(x) * 2, x=[1, 2, 3])) == "GradientReport of 2 derivatives: every rule is right"
    cubes = [Cube(x, factor=2.0, name=f"c{i}") for i in range(7)]
    one, many = (mg.check_gradients(mg.Graph({node.name: node for node in nodes}), x=[1, 2, 3]) for nodes in (cubes[:1], cubes))
    assert repr(one) == "GradientReport of 1 derivative: wrong at c0; print(report) tells how"
    assert "wrong at c0, c1, c2, c3, c4 and 2 more; print" in repr(many)


def test_a_wrong_rule_is_named_and_hides_no_other(x):
    report = check(np.tanh(Cube(x, factor=2.0, name="cube")) * 2, x=[0.1, 0.2, 0.3])
    assert [row.node.name for row in report if not row.ok] == ["cube"]
    (row,) = (row for row in report if not row.ok)
    assert np.isclose(row.backward / row.difference, 2 / 3)


def test_the_worst_entry_is_told(x):
    (row,) = check(OneEntry(x), x=[1, 2, 3])
    assert not row.ok and row.worst == (1,) and np.isclose(row.backward - row.difference, 0.5)


def test_a_rule_that_denies_a_derivative_is_wrong_when_there_is_one(x):
    (row,) = check(Silent(x), x=[1, 2, 3])
    assert not row.ok and row.backward == 0
    assert check(mg.Sign(x), x=[1, 2, 3]).ok


def test_many_entries_are_sampled():
    (row,) = check(Cube(mg.Input("x", ("N", 30))), x=np.ones((20, 30)))
    assert row.entries == 100 and row.ok


def test_at_a_kink_no_difference_is_a_derivative(x):
    assert not check(mg.Relu(x), x=[0, 1, 2]).ok
    assert check(mg.Relu(x), x=[-1, 1, 2]).ok


def test_whole_numbers_and_operands_without_elements_are_passed_over():
    z, y = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    assert [row.operand for row in check(mg.SoftmaxCrossEntropy(z, y), z=[[0.5, 1]], y=[1])] == [z]
    assert check(mg.Relu(z), z=np.ones((0, 2))).rows == ()


def test_constants_are_not_moved():
    x = mg.Input("x", ("N",))
    assert mg.check_gradients(mg.Graph(loss=(x**2).mean()), x=[-1.0, 2.0]).ok


def test_the_graph_keeps_its_precision_and_its_parameters():
    w = mg.Parameter("w", [1, 2])
    graph = mg.Graph(y=Cube(w))
    assert mg.check_gradients(graph).ok
    assert graph["w"] is w and w.dtype == np.float32 and w.value.tolist() == [1, 2]


def test_the_report_reads_line_by_line(x):
    report = str(check(Cube(x, factor=2.0, name="cube"), x=[1, 1, 1]))
    number = r"-?\d[\d.e+-]*"
    assert re.fullmatch(
        rf"cube \(3\), made at test_check.py:\d+\n"
        rf"  WRONG for x: error 3\.3e-01 at worst, at \[\d\] \(backward {number}, difference {number}; 3 entries moved\)\n"
        rf"1 derivatives checked: 1 of 1 are wrong\.",
        report,
    )


def test_a_value_that_is_not_finite_is_told_first(x):
    with pytest.raises(mg.NonFiniteError, match=r"Log \(3\) is -inf at \[0\]"):
        check(mg.Log(x), x=[0, 1, 2])


@pytest.mark.parametrize("power", [2, 3])
def test_an_exponent_that_nothing_can_move_is_no_mistake(power):
    x = mg.Input("x", ("N",))
    (slope,) = mg.gradient((x**power).sum(), [x])
    report = mg.check_gradients(mg.Graph(slope.sum()), x=[-1.5])
    assert report.ok
    unmoved = [row for row in report if not row.entries]
    assert [type(row.node).__name__ for row in unmoved] == ["Pow"]  # of a negative base, whose other powers are no numbers
    assert "none  for Where" in str(report)


@pytest.mark.parametrize("pool", [mg.MaxPool, mg.LpPool])
def test_what_pads_a_pool_is_no_mistake_in_its_gradient(pool):
    x = mg.Input("x", (1, 1, 4, 4))
    y = pool(x, kernel_shape=(2, 2), pads=(1, 1, 1, 1))
    (slope,) = mg.gradient((y * y).sum(), [x])
    image = np.random.default_rng(0).permutation(16).reshape(1, 1, 4, 4) / 4 + 0.1
    assert mg.check_gradients(mg.Graph((slope * slope).sum()), x=image).ok


def test_a_wrong_rule_beside_a_jump_is_found():
    class Steps(mg.Node):
        def forward(self, x, out=None):
            return np.sign(x) + 2 * x

        def backward(self, gradient, y, x):
            return gradient

    x = mg.Input("x", (2,))
    (row,) = mg.check_gradients(mg.Graph(Steps(x)), x=[0.0, 1.0])
    assert not row.ok and row.entries == 1 and row.worst == (1,)
