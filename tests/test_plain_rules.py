"""Rules in any plain NumPy: what cannot be read with nodes trains all the same, by one node that calls the rule as it is."""

import copy

import numpy as np
import pytest
from scipy import special

import minigraph as mg
from minigraph.ops.opaque import OpaqueGradient


class Assigning(mg.Node):
    """max(x, 0)."""

    def forward(self, x, out=None):
        return np.maximum(x, 0)

    def backward(self, gradient, y, x):
        back = gradient.copy()
        back[x <= 0] = 0
        return back


class Masking(mg.Node):
    """|x|, element by element, by boolean indexing."""

    def forward(self, x, out=None):
        y = np.array(x)
        y[y < 0] *= -1
        return y

    def backward(self, gradient, y, x):
        back = np.array(gradient)
        back[x < 0] *= -1
        return back


class Branching(mg.Node):
    """2x where the sum is above 0, else x."""

    def forward(self, x, out=None):
        return x * (2 if np.sum(x) > 0 else 1)

    def backward(self, gradient, y, x):
        return gradient * (2 if np.sum(x) > 0 else 1)


class Ranking(mg.Node):
    """x squared, by a rule that asks for the number of axes."""

    def forward(self, x, out=None):
        return x * x if x.ndim == 2 else x

    def backward(self, gradient, y, x):
        return 2 * gradient * x if gradient.ndim == 2 else gradient


class Error(mg.Node):
    """The error function, by SciPy's ufunc."""

    def forward(self, x, out=None):
        return special.erf(x)

    def backward(self, gradient, y, x):
        return gradient * (2 / np.sqrt(np.pi)).astype(x.dtype) * special.erfc(x) / special.erfcx(x)


class Looking(mg.Node):
    """The rows of a table at some places, and their gradient added up by `np.add.at`."""

    selectors = ("places",)

    def forward(self, table, places, out=None):
        return table[places]

    def backward(self, gradient, y, table, places):
        back = np.zeros_like(table)
        np.add.at(back, places, gradient)
        return back, None

    def infer(self, table, places):
        return (*places.shape, *table.shape[1:]), table.dtype


class Looping(mg.Node):
    """A running sum along the rows, by a loop in Python."""

    def forward(self, x, out=None):
        y = np.empty_like(x)
        total = np.zeros(x.shape[1:], x.dtype)
        for i, row in enumerate(x):
            y[i] = total = total + row
        return y

    def backward(self, gradient, y, x):
        back = np.empty_like(gradient)
        total = np.zeros(x.shape[1:], x.dtype)
        for i in range(len(x) - 1, -1, -1):
            back[i] = total = total + gradient[i]
        return back


ELEMENTWISE = [Assigning, Masking, Branching, Ranking, Error, Looping]
ROWS = np.array([[1.0, -0.5], [0.25, -2.0], [3.0, 0.5]], np.float32)


def model(kind):
    x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [0.5, 1.5])
    return mg.Graph(loss=(kind(x * w, name="y") ** 2).mean(), names=locals())


@pytest.mark.parametrize("kind", ELEMENTWISE, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("rows", [1, 3, 600])
def test_its_gradient_as_a_graph_and_compiled_is_that_of_a_run(kind, rows):
    graph, x = model(kind), np.resize(ROWS, (rows, 2))
    expected = graph.forward(x=x).backward()["w"]
    (dw,) = mg.gradient(graph["loss"], [graph["w"]])
    np.testing.assert_allclose(mg.Graph(dw=dw).forward(x=x)["dw"], expected, rtol=1e-5)
    for threads in (1, 2):
        np.testing.assert_allclose(mg.compile(mg.Graph(dw=dw), threads=threads)(x=x)["dw"], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ELEMENTWISE, ids=lambda kind: kind.__name__)
def test_it_is_checked_trained_and_resumed(kind, tmp_path):
    graph = model(kind)
    assert mg.check_gradients(graph, x=ROWS).ok
    by_hand = model(kind)
    for _ in range(4):
        by_hand["w"].value = by_hand["w"].value - np.float32(0.1) * by_hand.forward(x=ROWS).backward()["w"]
    trainer = mg.Trainer(graph, {"x": ROWS}, optimizer=mg.SGD(0.1))
    trainer.run(2)
    trainer.save(tmp_path)
    again = mg.Trainer(model(kind), {"x": ROWS}, optimizer=mg.SGD(0.1))
    again.resume(tmp_path)
    again.run(4)
    np.testing.assert_allclose(again.graph["w"].value, by_hand["w"].value, rtol=1e-5)


def test_what_chooses_takes_no_gradient_and_what_is_read_twice_adds_up():
    table, places = mg.Parameter("table", np.arange(6.0).reshape(3, 2)), mg.Input("places", ("N",), dtype=np.int64)
    loss = (Looking(table, places) ** 2).sum()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.5).minimize(loss))
    step(places=[2, 0, 2])
    assert table.value.tolist() == [[0, 0], [2, 3], [-4, -5]]


def test_the_rule_is_called_once_for_all_of_its_operands():
    calls = []

    class Product(mg.Node):
        def forward(self, a, b, out=None):
            return a * b

        def backward(self, gradient, y, a, b):
            calls.append(type(gradient))
            return np.array(gradient * b), (gradient * a).copy()

    a, b = mg.Parameter("a", [1.0, 2.0]), mg.Parameter("b", 3.0)
    found = mg.gradient(Product(a, b).sum(), [a, b])
    step = mg.compile(mg.Graph(da=found[0], db=found[1]))
    calls.clear()
    results = step()
    assert (results["da"].tolist(), float(results["db"]), len(calls)) == ([3, 3], 3, 1)


def test_an_operand_for_which_it_gives_none_gets_zeros():
    class First(mg.Node):
        def forward(self, a, b, out=None):
            return a + 0 * b

        def backward(self, gradient, y, a, b):
            return gradient.copy(), None

    a, b = mg.Parameter("a", [1.0, 2.0]), mg.Parameter("b", [3.0, 4.0])
    da, db = mg.gradient(First(a, b).sum(), [a, b])
    run = mg.Graph(da=da, db=db).forward()
    assert (run["da"].tolist(), run["db"].tolist()) == ([1, 1], [0, 0])


def test_its_gradient_graph_is_copied_pickled_and_converted():
    graph = model(Assigning)
    (dw,) = mg.gradient(graph["loss"], [graph["w"]])
    gradients = mg.Graph(dw=dw)
    expected = gradients.forward(x=ROWS)["dw"]
    assert np.array_equal(copy.deepcopy(gradients).forward(x=ROWS)["dw"], expected)
    double = gradients.astype(np.float64).forward(x=ROWS)["dw"]
    assert double.dtype == np.float64
    np.testing.assert_allclose(double, expected, rtol=1e-6)


def test_two_gradients_of_one_operation_are_one_and_of_two_are_two():
    x = mg.Parameter("x", [1.0, -2.0])

    class Leaky(mg.Node):
        def __init__(self, x, by):
            super().__init__(x)
            self.by = by

        def forward(self, x, out=None):
            return np.where(x > 0, x, self.by * x)

        def backward(self, gradient, y, x):
            back = gradient.copy()
            back[x < 0] *= self.by
            return back

    loss = Leaky(x, 0.5).sum() + Leaky(x, 0.25).sum() + Leaky(x, 0.5).sum()
    (dx,) = mg.gradient(loss, [x])
    step = mg.compile(mg.Graph(dx=dx))
    assert step()["dx"].tolist() == [3, 1.25]
    assert step.source.count("(program_rule") + step.source.count("= program_rule") == 2


ASKED = {
    "gradient": lambda dw, w: mg.gradient(dw + w.sum(), [w]),
    "run.backward": lambda dw, w: mg.Graph(dw).forward(x=ROWS).backward(),
    "derive": lambda dw, w: mg.derive(dw + w.sum(), w),
    "derive with numbers": lambda dw, w: mg.derive(dw, w, x=ROWS),
    "run.draw": lambda dw, w: mg.Graph(dw=dw).forward(x=ROWS).draw(output="dw"),
}
"""What asks for a second derivative, of which some goes other ways too."""


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_second_derivative_is_refused_with_the_reason_and_the_remedy(ask):
    graph = model(Assigning)
    (dw,) = mg.gradient(graph["loss"], [graph["w"]])
    with pytest.raises(
        mg.UnreadableRuleError, match=r"Assigning has no second derivative[^@]*written into[^@]*np\.where for `if`"
    ):
        ask(dw.sum(), graph["w"])


def test_another_librarys_ufunc_is_called_as_the_object_that_it_is():
    x = mg.Input("x", ("N",))

    class Sine(mg.Node):
        """A ufunc that has the name of one of NumPy's."""

        def forward(self, x, out=None):
            return special.sindg(x)

    special_sin = mg.compile(mg.Graph(y=Sine(x)))(x=[90.0])["y"]
    assert special_sin.tolist() == [1.0]


@pytest.mark.parametrize("rule", ["forward", "backward"])
def test_a_rule_that_writes_into_what_it_is_given_is_told_so(rule):
    class Writing(mg.Node):
        def forward(self, x, out=None):
            if rule == "forward":
                x *= 2
            return np.array(x)

        def backward(self, gradient, y, x):
            gradient[x < 0] = 0
            return gradient

    x = mg.Input("x", (2,))
    graph = mg.Graph(loss=Writing(x).sum())
    for run in (lambda: graph.forward(x=[1, -1]).backward(), lambda: compiled(graph, x)(x=[1, -1])):
        with pytest.raises(mg.RuleError, match=rf"Writing\.{rule} \(test_plain_rules\.py:\d+\)[^@]*write into a copy"):
            run()


def compiled(graph, x):
    return mg.compile(mg.Graph(dx=mg.gradient(graph["loss"], [x])[0]))


def test_what_a_run_holds_is_not_changed_by_a_rule_that_gives_back_what_it_got():
    class Same(mg.Node):
        def forward(self, x, out=None):
            return x

        def backward(self, gradient, y, x):
            return gradient.view()

    w = mg.Parameter("w", [1.0, 2.0])
    loss = (Same(w * 2.0) * w).sum()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(1.0).minimize(loss))
    step()
    assert w.value.tolist() == [-3, -6]


@pytest.mark.parametrize("question", ["isinstance", "try", "size"])
def test_a_rule_that_asks_what_it_is_given_is_found_by_the_check(question):
    class Asking(mg.Node):
        def forward(self, x, out=None):
            return 2 * x

        def backward(self, gradient, y, x):
            if question == "isinstance":
                return 2 * gradient if isinstance(x, np.ndarray) else gradient
            if question == "size":
                return 2 * gradient if x.shape[0] == 1 else gradient
            try:
                return 2 * gradient.view()
            except mg.MinigraphError:
                return gradient

    report = mg.check_gradients(mg.Graph(y=Asking(mg.Input("x", ("N", 2)))), x=[[1.0, 2.0]])
    assert not report.ok
    assert all(row.ok for row in report.rows)
    assert [(row.rule, row.reading) for row in report.readings if not row.ok] == [("backward for x", "with nodes")]
    assert "Asking" in str(report) and "1 of 2 readings differ" in str(report)


def test_the_graph_of_a_gradient_holds_such_a_node_only_where_the_rule_cannot_be_read():
    graph = model(Assigning)
    (dw,) = mg.gradient(graph["loss"], [graph["w"]])
    assert [str(node) for node in mg.Graph(dw).nodes if isinstance(node, OpaqueGradient)] == ["Assigning.backward"]


def test_it_is_drawn_once_with_what_it_gives_on_its_wires():
    a, b = mg.Parameter("a", [1.0, -2.0]), mg.Parameter("b", [3.0, 4.0])

    class Product(mg.Node):
        def forward(self, a, b, out=None):
            return a * b

        def backward(self, gradient, y, a, b):
            back = np.empty((2, *gradient.shape), gradient.dtype)
            back[0], back[1] = gradient * b, gradient * a
            return tuple(back)

    da, db = mg.gradient(Product(a, b).sum(), [a, b])
    graph = mg.Graph(da=da, db=db)
    for source in (graph.draw().source, graph.forward().draw().source):
        assert source.count("opaque") == 1 and "part" not in source.replace("parts", "")
    drawn = graph.forward().draw().source
    assert "3  4" in drawn and "1  -2" in drawn.replace("−", "-")


def test_its_gradient_is_explained_and_written_as_a_call(tmp_path):
    graph = model(Assigning)
    assert "Assigning.backward(" in str(mg.derive(graph["loss"], graph["w"], x=ROWS))
    assert "Assigning.backward" in graph.draw(derivatives=True).source
    graph.forward(x=ROWS).explain(tmp_path / "page.html")
    (dw,) = mg.gradient(graph["loss"], [graph["w"]])
    mg.Graph(dw=dw).forward(x=ROWS).explain(tmp_path / "gradient.html")
