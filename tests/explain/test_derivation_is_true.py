"""Derivations check themselves: what is displayed is computed, and is what reverse mode and finite differences give."""

import re
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest

import minigraph as mg
from minigraph.readings.notation import TEXT

formulas, calls = (import_module(f"minigraph.readings.{name}") for name in ("formula", "calls"))
tracing = import_module("minigraph.explain.derivation.trace")
RNG = np.random.default_rng(0)
x = mg.Input("x", ("N", 2))
ROWS = RNG.normal(size=(5, 2))


def standardised():
    """A sum of standardised values, to each of which three ways lead: the mean, the spread and the value itself."""
    m = x.mean(axis=0)
    return ((x - m) / np.sqrt(((x - m) ** 2).mean(axis=0) + 1e-5) * np.array([[1.0, 2.0]])).sum()


def weighted():
    return (x * np.array([1.0, 2.0]) + x * np.array([3.0, 4.0])).sum()


def defined(derivation):
    """What each numbered line of a derivation defines."""
    return [TEXT.write(step.sides[0]) for step in derivation.steps if step.kind in ("definition", "gradient")]


def test_different_constants_are_not_one():
    derivation = mg.derive(weighted(), x, x=[[1.0, 2.0]])
    assert derivation.result == "∂output/∂x = c2 + c1 with c2 = (3, 4); c1 = (1, 2)"
    assert {step.value for step in derivation.steps if step.kind == "gradient"} == {"4  6"}
    assert derivation.ok
    assert "c1 = (1, 2)" in derivation.text and "c1 = np.array([1.0, 2.0])" in derivation.program


@pytest.mark.parametrize(
    ("product", "result"),
    [
        (lambda a, b, X: b @ X @ b, "b · bᵀ"),
        (lambda a, b, X: a @ X @ b, "a · bᵀ"),
        (lambda a, b, X: b @ mg.Inverse(X) @ b, "−X⁻ᵀ · (b · bᵀ) · X⁻ᵀ"),
    ],
)
def test_outer_products_are_outer_products(product, result):
    a, b, X = mg.Input("a", (3,)), mg.Input("b", (3,)), mg.Input("X", (3, 3))
    y = product(a, b, X)
    given = {"a": RNG.normal(size=3), "b": RNG.normal(size=3), "X": np.eye(3) + 0.1 * RNG.normal(size=(3, 3))}
    derivation = mg.derive(y, X, **{str(node): given[str(node)] for node in mg.Graph(y).inputs.values()})
    assert derivation.result == f"∂output/∂X = {result}" and derivation.ok


def test_each_value_is_named_once_and_its_gradient_holds_every_way():
    derivation = mg.derive(standardised(), x, x=ROWS)
    assert len(set(defined(derivation))) == len(defined(derivation))
    assert derivation.ok


def test_equal_nodes_are_one_value_but_for_the_one_that_is_asked_for():
    one, other = np.tanh(x), np.tanh(x)
    graph = mg.Graph(y=(one * other * other).sum(), names={"one": one})
    assert graph.derive("x", x=ROWS).ok and "one³" not in graph.derive("x").result
    derivation = graph.derive("one", x=ROWS)
    assert (derivation.ok and derivation.result.endswith("= tanh(x)²")) or derivation.result.endswith("= tanh²(x)")


def test_a_broadcast_value_that_is_summed_is_written_with_ones():
    u = mg.Input("u", (2,))
    derivation = mg.derive((np.zeros((3, 1)) - u).sum(), u, u=[0.5, 2.0])
    assert derivation.ok and derivation.result == "∂output/∂u = −3"
    W, rows = mg.Parameter("W", RNG.normal(size=(2, 4))), mg.Input("rows", (3, 2))
    derivation = mg.derive((rows @ W).sum(), W, rows=RNG.normal(size=(3, 2)))
    assert derivation.ok and derivation.result == "∂output/∂W = rowsᵀ · ones(3, 4)"


def test_a_column_is_no_row():
    anchor, positive, negative = (mg.Input(name, (3, 3)) for name in ("a", "p", "n"))
    loss = mg.TripletMargin(anchor, positive, negative)
    given = {name: RNG.normal(size=(3, 3)) for name in ("a", "p", "n")}
    assert mg.derive(loss, anchor, **given).ok


def through(kind):
    """A loss through an operation that moves elements, and the parameter that it is derived for."""
    images = mg.Input("x", ("N", 2, 6, 6))
    W = mg.Parameter("W", RNG.normal(size=(3, 2, 3, 3)))
    table = mg.Parameter("W", RNG.normal(size=(4, 3)))
    words = mg.Input("x", ("N", 2), np.int64)
    square = mg.Parameter("W", RNG.normal(size=(3, 3)))
    rows = mg.Input("x", (5, 3))
    if kind == "gather":
        return table[words] * mg.Gather(table, words, axis=0)
    if kind == "scatter":
        return mg.ScatterAdd(rows @ square, np.array([0, 0, 1, 1, 2]), (4, 3), axis=0) ** 2
    if kind == "block":
        for _ in range(3):
            rows = np.tanh(rows @ square) + rows
        return rows
    convolved = mg.Conv(images, W, strides=(1, 2), pads=(1, 1, 1, 1))
    pools = {"conv": lambda y: y, "max": mg.MaxPool, "average": mg.AveragePool}
    return pools[kind](convolved, **({} if kind == "conv" else {"kernel_shape": (2, 2)}))


@pytest.mark.parametrize("kind", ["conv", "max", "average", "gather", "scatter", "block"])
def test_derivations_with_numbers_through_what_moves_elements(kind):
    y = through(kind)
    given = {"max": (5, 2, 6, 6), "average": (5, 2, 6, 6), "conv": (5, 2, 6, 6), "gather": (5, 2)}.get(kind, (5, 3))
    values = RNG.integers(0, 4, given) if kind == "gather" else RNG.normal(size=given)
    derivation = mg.Graph(loss=(y * y).sum()).derive("W", x=values)
    assert derivation.ok, derivation.text


def test_a_wrong_rule_is_told_with_both_numbers():
    class Steep(mg.Node):
        def forward(self, x, out=None):
            return np.multiply(x, 3, out=out)

        def backward(self, gradient, y, x):
            return gradient * 4

    derivation = mg.derive(Steep(x).sum(), x, x=np.ones((1, 2)))
    found = re.search(r"along a random direction (\S+), by finite differences (\S+): THEY DISAGREE", derivation.text)
    by_rule, by_differences = (float(number.replace("−", "-")) for number in found.groups())
    assert derivation.ok is False and by_rule / by_differences == pytest.approx(4 / 3, rel=1e-4)


def test_without_inputs_nothing_is_compared():
    assert mg.derive(standardised(), x).ok is None


@pytest.mark.parametrize(
    "loss",
    [
        lambda: (x * mg.StopGradient(x)).sum(),
        lambda: mg.Relu(x * 0.0).sum(),
        lambda: np.maximum(x, x.max(axis=0)).sum(),
        lambda: (np.floor(x) * x).sum(),
        lambda: (x * 1e9).sum() - (x * 1e9).sum() + x.sum(),
        lambda: x[:, :0].sum() + x.sum(),
    ],
)
def test_there_is_no_false_alarm(loss):
    derivation = mg.derive(loss(), x, x=ROWS)
    assert derivation.ok, derivation.text


def as_text(one, other):
    return TEXT.write(one).replace("c2", "c1") == TEXT.write(other).replace("c2", "c1")


def test_text_taken_for_sameness_is_seen(monkeypatch):
    monkeypatch.setattr(calls, "same", as_text)
    assert mg.derive(weighted(), x, x=ROWS).ok is False


def test_a_way_that_is_left_out_is_seen(monkeypatch):
    monkeypatch.setattr(tracing, "_added", lambda gradients: next(iter(gradients)))
    derivation = mg.derive(standardised(), x, x=ROWS)
    assert derivation.ok is False and "IT DISAGREES: as written" in derivation.text


def test_an_arrangement_that_is_left_out_is_seen(monkeypatch):
    monkeypatch.setattr(formulas.Formula, "aligned", lambda self: self)
    rows = mg.Input("x", (5, 2))
    y = (rows.sum(axis=1) * mg.Parameter("w", RNG.normal(size=5))).sum()
    assert mg.derive(y, rows, x=ROWS).ok is False


def test_the_numbers_of_the_lines_rise_by_one():
    text = mg.derive(standardised(), x, x=ROWS).text
    numbers = [int(found) for found in re.findall(r"^ *(\d+)\. ", text, re.M)]
    assert numbers[0] == 1 and all(after - before == 1 for before, after in pairwise(numbers))


def test_equal_operations_on_equal_constants_are_one_value():
    square = mg.Input("s", (3, 3))
    one, other = square.reshape(-1), square.reshape(-1)
    derivation = mg.derive((np.where(one > 0.5, one, other * 2) ** 2).sum(), square, s=RNG.normal(size=(3, 3)))
    assert len(set(defined(derivation))) == len(defined(derivation)) and derivation.ok


def test_the_lines_of_numpy_define_all_that_they_use():
    w0, w1 = mg.Parameter("w0", RNG.uniform(0.5, 1.5, (3, 3))), mg.Parameter("w1", 0.7)
    v = mg.Softplus(w1 * 0.5)
    mean = np.where(w0 * w0 > v, w0 * w0, v * 2).mean(axis=0)
    graph = mg.Graph(y=(mean * (v / (1.5 + np.tanh(w1)))).sum())
    derivation = graph.derive("w1")
    given = {"np": np, "w0": w0.value.astype(np.float64), "w1": w1.value.astype(np.float64), **derivation.constants}
    exec(derivation.program, given)
    np.testing.assert_allclose(given["dw1"], graph.forward().backward()["w1"], rtol=1e-5)
    assert derivation.ok


def test_what_stands_for_one_element_of_several_axes_is_written_with_them():
    """A factor of 1, an exponent or a divisor that is not written has no axes in what is written."""
    image, v = mg.Parameter("image", RNG.normal(size=(1, 1, 2, 2))), mg.Parameter("v", [1.0, 2.0, 3.0])
    pooled = mg.AveragePool(image, kernel_shape=(1, 1), strides=(2, 2), ceil_mode=True)
    pieces = (v ** np.ones((1, 1))).reshape(1, 1, 3)
    for loss, wrt in (
        ((2.5 * pooled).sum(), image),
        ((np.tanh(pooled.mean()) * pooled).sum(), image),
        ((mg.Col2Im(pieces, image_shape=(1, 3), block_shape=(1, 1)) ** 2).sum(), v),
    ):
        derivation = mg.derive(loss, wrt)
        assert derivation.ok, derivation.text


def test_the_terms_of_the_chain_rule_meet_element_by_element():
    h, x3 = mg.Parameter("h", [1.0, 2.0, 3.0]), mg.Input("x3", (2, 3, 4))
    a = mg.Tanh(h, name="a")
    loss = (h * mg.ReduceMin(x3, axes=(0, 2), keepdims=False)).sum() + (a * a).sum()
    derivation = mg.derive(loss, h, x3=RNG.normal(size=(2, 3, 4)))
    assert derivation.ok
    assert "∂output/∂h = ∂output/∂a · ∂a/∂h + min axes 0, 2 (x3)[0, :, 0]" in derivation.text


def test_no_value_takes_the_name_of_one_that_is_merged_with_another():
    w = mg.Parameter("w", [1.0, 2.0])
    a, h = mg.Tanh(w, name="a"), mg.Tanh(w, name="h")
    b = np.exp(a + h)
    derivation = mg.derive((b * b).sum(), w)
    assert derivation.ok
    assert defined(derivation)[:2] == ["a", "h1"]


def test_terms_that_cancel_are_compared_as_far_as_rounding_leaves_them():
    w = mg.Parameter("w", np.linspace(1.0, 6.0, 12))
    a = mg.ReduceL2(w, name="a", keepdims=False)
    derivation = mg.derive((a - a) * a + np.tanh(1.2 * a), w)
    assert derivation.ok
    assert "at a kink" not in derivation.text


def test_what_stops_gradients_is_not_written_as_what_it_is_of():
    w = mg.Parameter("w", 2.0)
    m = mg.StopGradient(w * w, name="m")
    derivation = mg.derive(m * w, w)
    assert derivation.ok
    assert "m = stop_gradient(w²)\n" in derivation.text


def test_what_holds_is_a_number_among_numbers():
    h = mg.Input("h", ("N", 2), np.bool_)
    loss = (x - mg.Cast(h, to=np.float32) * x).sum()
    derivation = mg.Graph(loss=loss, h=h).derive(x, x=ROWS[:2], h=[[True, False], [False, True]])
    assert derivation.ok, derivation.text
    assert (
        "Tru"
        not in mg.Graph(loss=(np.where(mg.Not(h, name="n"), x, 2 * x)).sum()).derive(x, x=ROWS[:1], h=[[True, False]]).text
    )


def test_what_only_rounding_leaves_is_nothing():
    """A gradient of 0 that terms leave which cancel within a product or a sum: it is shown as 0, and no alarm is raised."""
    whole = mg.derive((mg.Softmax(x) / 1.7).sum(), x, x=ROWS)
    assert whole.ok, whole.text
    w, v = mg.Parameter("w", [[3.0], [1.0], [2.0]]), mg.Parameter("v", RNG.normal(size=(2, 3, 4)))
    opposite = mg.Graph(loss=np.arctan2(w, np.concatenate((v, -v))).sum()).derive(w)
    assert opposite.ok, opposite.text
    assert opposite.steps[-1].value == "0  0  0"


def test_the_size_of_a_value_passes_no_gradient_to_it():
    rows = mg.Input("rows", ("N",))
    derivation = mg.derive(np.std(rows), rows, rows=np.arange(4.0))
    assert derivation.ok and "output = ‖d‖ / √N" in derivation.text
    assert defined(derivation) == ["d", "output", "δd", "∂output/∂rows"]


def test_a_number_is_written_without_the_axes_of_its_one_element():
    image = mg.Parameter("image", RNG.normal(size=(1, 1, 2, 2)))
    derivation = mg.derive(mg.AveragePool(image, kernel_shape=(1, 1), strides=(2, 2), ceil_mode=True), image)
    assert derivation.ok and "[0, :, :, :]" not in derivation.text


@pytest.mark.parametrize(
    ("part", "result"),
    [
        (lambda X: X[:, 1:3], "zeros(N, 2)[:, 1:2 ← 2 · X[:, 1:2]]"),
        (lambda X: X[::2], "zeros(N, 2)[0::2 ← 2 · X[0::2]]"),
        (lambda X: mg.Gather(X, 1, axis=1), "zeros(N, 2)[:, 1 ← 2 · X[:, 1]]"),
    ],
)
def test_what_is_put_into_zeros_says_where(part, result):
    X = mg.Input("X", ("N", 2))
    derivation = mg.derive((part(X) ** 2).sum(), X, X=ROWS)
    assert derivation.result == f"∂output/∂X = {result}" and derivation.ok
    assert r"\leftarrow" in derivation.latex and "<mo>←</mo>" in derivation.html
