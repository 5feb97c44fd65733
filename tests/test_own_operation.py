"""An operation of one's own: two rules in plain NumPy, and everything follows."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.readings import Source, formula, local_derivative
from minigraph.readings.sameness import moved_operand


class Swish(mg.Node):
    """x · σ(βx)."""

    beta: float = 1.0
    floating = True

    def forward(self, x, out=None):
        return x * mg.Sigmoid.apply(self.beta * x)

    def backward(self, gradient, y, x):
        return gradient * (self.beta * y + mg.Sigmoid.apply(self.beta * x) * (1 - self.beta * y))


class PairSum(mg.Node):
    """The sum of each element with the next: an operation that does not broadcast says what it gives in `infer`."""

    def forward(self, x, out=None):
        return x[:, 1:] + x[:, :-1]

    def backward(self, gradient, y, x):
        edge = np.expand_dims(gradient[:, 0] * 0, 1)
        return np.concatenate([gradient, edge], axis=1) + np.concatenate([edge, gradient], axis=1)

    def infer(self, x):
        return (x.shape[0], x.shape[1] - 1), x.dtype


def composed():
    x = mg.Input("x", ("N", 2))
    swish = Swish(x, beta=2.0)
    return mg.Graph(total=swish.sum(), names=locals())


X = np.array([[0.5, -1.0], [3.0, 0.25]])
SIGMOID = 1 / (1 + np.exp(-2 * X))


def test_it_is_composed_with_its_shape_type_and_attributes():
    assert repr(Swish(mg.Input("x", ("N", 2)), beta=2.0)) == "Swish (N × 2, float32)"
    assert (Swish.attributes, Swish.operand_names, Swish.arity) == ({"beta": 1.0}, ("x",), (1, 1))
    assert Swish(mg.Input("x", ())).beta == 1.0


def test_it_is_run_and_differentiated():
    run = composed().forward(x=X)
    np.testing.assert_allclose(run["swish"], X * SIGMOID, rtol=1e-6)
    np.testing.assert_allclose(run.backward()["x"], SIGMOID + 2 * X * SIGMOID * (1 - SIGMOID), rtol=1e-6)


def test_it_is_checked():
    assert mg.check_gradients(composed(), x=X).ok


def test_it_is_differentiated_twice():
    graph = composed().astype(np.float64)
    (slope,) = mg.gradient(graph["total"], [graph["x"]])
    (curvature,) = mg.gradient(slope.sum(), [graph["x"]])
    expected = 4 * SIGMOID * (1 - SIGMOID) * (1 + X * (1 - 2 * SIGMOID))
    np.testing.assert_allclose(mg.Graph(c=curvature).forward(x=X)["c"], expected, rtol=1e-10)


def test_it_is_compiled():
    step = mg.compile(composed())
    np.testing.assert_allclose(step(x=X)["total"], (X * SIGMOID).sum(), rtol=1e-6)


def test_it_is_drawn_with_its_local_derivative():
    graph = composed()
    wire = local_derivative(graph["swish"], 0)
    assert wire is not None and wire.startswith("□ ⊙ (2 · swish + ")
    assert "swish" in graph.draw(derivatives=True).source


def test_it_is_read_as_source_and_as_mathematics():
    assert Source("x").__class__ is type(Swish.apply(Source("x")))
    assert formula(Swish(mg.Input("x", ()))) == "swish(x)"


def test_it_may_be_called_on_numbers_alone():
    np.testing.assert_allclose(Swish.apply(X, beta=2.0), X * SIGMOID)


def test_one_that_does_not_broadcast_says_what_it_gives():
    x = mg.Input("x", ("N", 4))
    pairs = PairSum(x)
    assert pairs.shape == ("N", 3)
    graph = mg.Graph(pairs=pairs)
    assert graph.forward(x=[[1, 2, 3, 4]])["pairs"].tolist() == [[3, 5, 7]]
    assert graph.forward(x=[[1, 2, 3, 4]]).backward(cotangent=[[1, 10, 100]])["x"].tolist() == [[1, 11, 110, 100]]
    assert mg.check_gradients(graph, x=np.arange(8.0).reshape(2, 4)).ok


def test_a_rule_that_only_numbers_can_be_put_through_is_run_checked_and_drawn():
    class Sorted(mg.Node):
        def forward(self, x, out=None):
            return np.sort(x)

        def backward(self, gradient, y, x):
            back = np.empty_like(gradient)
            back[np.argsort(x)] = gradient
            return back

    x = mg.Input("x", (3,))
    graph = mg.Graph(ordered=Sorted(x))
    assert graph.forward(x=[3, 1, 2]).backward(cotangent=[1, 10, 100])["x"].tolist() == [100, 1, 10]
    assert mg.check_gradients(graph, x=[3, 1, 2]).ok
    assert local_derivative(graph["ordered"], 0) == "Sorted.backward(□)"
    assert "sorted" in graph.draw(derivatives=True).source


def test_infer_may_name_the_element_type_as_numpy_does():
    class Half(mg.Node):
        def forward(self, x, out=None):
            return x.astype(np.float16)

        def infer(self, x):
            return list(x.shape), np.float16

    node = Half(mg.Input("x", ("N", 2)))
    assert repr(node) == "Half (N × 2, float16)"
    assert mg.Graph(half=node).forward(x=[[1, 2]])["half"].dtype == np.float16


def test_a_derivative_that_is_the_same_everywhere_may_be_an_array():
    class Count(mg.Node):
        def forward(self, x, out=None):
            return x + np.float32(1)

        def backward(self, gradient, y, x):
            return np.ones(2, np.float32)

    x = mg.Input("x", (2,))
    (slope,) = mg.gradient(Count(x).sum(), [x])
    assert mg.Graph(slope=slope).forward()["slope"].tolist() == [1, 1]


def test_it_has_the_attributes_of_every_class_that_it_derives_from():
    class Scaled(mg.Node):
        factor: float = 2.0

    class Shifted(mg.Node):
        by: float = 1.0

    class Both(Scaled, Shifted):
        power: int = 3

        def forward(self, x):
            return (x * self.factor + self.by) ** self.power

    assert Both.attributes == {"by": 1.0, "factor": 2.0, "power": 3}
    assert Both.apply(np.array(1.0), factor=1.0, by=0.0) == 1


class Held(mg.Node):
    """x times what it was given in its own `__init__`."""

    def __init__(self, x, by):
        super().__init__(x)
        self.by = by

    def forward(self, x, out=None):
        return x * np.sum(self.by)

    def backward(self, gradient, y, x):
        return gradient * np.sum(self.by)


class Sum(list):
    """State of a kind of its own, which equals every other."""

    def __array__(self, dtype=None, copy=None):
        return np.array(list(self), dtype)

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


@pytest.mark.parametrize(
    "one, other",
    [(3.0, 5.0), ([1, 2], [3, 4]), (np.ones(2), np.ones(3)), (np.float32(2), np.float32(3)), (Sum([3]), Sum([5]))],
    ids=lambda each: type(each).__name__,
)
def test_what_it_holds_beside_its_attributes_tells_it_from_another(one, other):
    x = mg.Input("x", ("N",))
    graph = mg.Graph(a=Held(x, one).sum(), b=Held(x, other).sum())
    expected = [float(np.sum(one)), float(np.sum(other))]
    assert list(mg.compile(graph)(x=[1.0]).values()) == expected
    w = mg.Parameter("w", 1.0)
    loss = Held(w, one) + 10 * Held(w, other)
    mg.compile(mg.Graph(loss=loss), updates=mg.SGD(1.0).minimize(loss))()
    assert float(w.value) == 1 - expected[0] - 10 * expected[1]


def test_two_that_hold_the_same_are_computed_once():
    x = mg.Input("x", ("N",))
    source = mg.compile(mg.Graph(a=Held(x, [1, 2]), b=Held(x, [1, 2]))).source
    assert source.count("np.multiply") == 1


def test_a_default_that_is_given_is_the_same_as_one_that_is_not():
    x = mg.Input("x", ("N", 2))
    largest = mg.ReduceMax(x, axes=1), mg.ReduceMax(x, axes=1, keepdims=True)
    source = mg.compile(mg.Graph(a=Swish(x), b=Swish(x, beta=1.0), c=largest[0], d=largest[1])).source
    assert (source.count("np.exp("), source.count("np.maximum.reduce(")) == (1, 1)


def test_attributes_that_python_calls_equal_are_not_taken_for_one_another():
    class Times(mg.Node):
        by: float = 1.0

        def forward(self, x, out=None):
            return x * self.by

    whole = np.arange(3)
    assert [Times.apply(whole, by=by).dtype.kind for by in (1, 1.0, np.float32(1))] == ["i", "f", "f"]
    assert [str(Times.apply(1.0, by=by)) for by in (0.0, -0.0)] == ["0.0", "-0.0"]


def test_an_attribute_that_changes_afterwards_is_read_anew():
    class Total(mg.Node):
        axes: list = None

        def forward(self, x, out=None):
            return np.sum(x, axis=tuple(self.axes))

    axes = [0]
    assert Total.apply(np.ones((2, 3)), axes=axes).shape == (3,)
    axes.append(1)
    assert Total.apply(np.ones((2, 3)), axes=axes).shape == ()
    assert Total.apply(np.ones((2, 3)), axes=[0]).shape == (3,)


def test_slots_would_hide_what_it_holds():
    with pytest.raises(mg.OperationError, match=r"Slotted has __slots__"):

        class Slotted(mg.Node):
            __slots__ = ("by",)


class Cbrt(mg.Node, ufunc=np.cbrt):
    """The cube root: its class line gives the rule for the value, and NumPy's function composes it no more than before."""

    def backward(self, gradient, y, x):
        return gradient / (3 * y * y)


def test_a_ufunc_in_the_class_line_is_the_rule_for_the_value():
    x = mg.Input("x", ("N",))
    root = Cbrt(x)
    run = mg.Graph(root=root.sum()).forward(x=[8.0, 27.0])
    np.testing.assert_allclose(run.backward()["x"], [1 / 12, 1 / 27], rtol=1e-6)
    assert Cbrt.operand_names == ("x",) and formula(root) == "cbrt(x)"
    assert "np.cbrt(x" in mg.compile(mg.Graph(root=root)).source
    assert type(np.cbrt(x)) is mg.Cbrt


@pytest.mark.parametrize("function", [np.sum, np.divmod, np.frexp], ids=lambda function: function.__name__)
def test_what_is_no_ufunc_of_one_value_is_refused_in_a_class_line(function):
    with pytest.raises(mg.OperationError, match="a ufunc of one or two operands and one value"):
        type("Other", (mg.Node,), {}, ufunc=function)


class Rows(mg.Node):
    """A reshape of one's own, which says of itself no more than its rules."""

    def forward(self, x, out=None):
        return np.reshape(x, (x.shape[0], -1)).T

    def infer(self, x):
        return (4, x.shape[0]), x.dtype


def test_an_operation_that_only_moves_elements_is_found_by_its_rule():
    x = mg.Input("x", ("N", 2, 2))
    assert moved_operand(Rows(x)) is x
    assert moved_operand(Swish(x)) is None
    assert moved_operand(Cbrt(x)) is None


class Signed(mg.Node):
    """x where t is above 0, else −x, by a factor that is chosen among numbers alone: NumPy has it in double precision."""

    def forward(self, x, t, out=None):
        return np.where(t > 0, 1.0, -1.0).astype(x.dtype) * x

    def backward(self, gradient, y, x, t):
        return np.where(t > 0, 1.0, -1.0).astype(x.dtype) * gradient, None


class Bare(Signed):
    """The same without a word of types, which NumPy computes in double precision whatever x is."""

    def forward(self, x, t, out=None):
        return np.where(t > 0, 1.0, -1.0) * x

    def backward(self, gradient, y, x, t):
        return np.where(t > 0, 1.0, -1.0) * gradient, None


@pytest.mark.parametrize(("kind", "dtype"), [(Signed, np.float32), (Signed, np.float64), (Bare, np.float64)])
def test_numbers_alone_in_a_rule_are_of_the_precision_of_its_node(kind, dtype):
    """Read with nodes, they would else be single in a graph in double precision, and the rule could not be read."""
    x, t = (mg.Input(name, ("N",), dtype=dtype) for name in "xt")
    graph = mg.Graph(signed=kind(x, t).sum())
    (derivative,) = mg.gradient(graph["signed"], [x])
    assert not any(type(node).__name__ == "OpaqueGradient" for node in mg.Graph(derivative).nodes)
    assert mg.Graph(d=derivative).forward(x=[5, 7], t=[1, -1])["d"].tolist() == [1, -1]
    step = mg.compile(graph)
    assert kind.__name__ not in step.source and step(x=[5, 7], t=[1, -1])["signed"] == -2
    derived = mg.derive(graph["signed"], x, x=[5, 7], t=[1, -1])
    assert derived.ok and "where(t > 0, 1, −1)" in str(derived) and "backward" not in str(derived)


def test_a_rule_that_widens_is_told_how_to_give_the_type():
    graph = mg.Graph(signed=Bare(mg.Input("x", ("N",)), mg.Input("t", ("N",))).sum())
    with pytest.raises(mg.RuleError, match=r"float64.*\n.*\n.*\.astype\(x\.dtype\)"):
        graph.forward(x=[5, 7], t=[1, -1])
