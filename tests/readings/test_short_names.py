"""Short names of values that nobody named: alike in circuits, derivations and pages, and never a name of the user's."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.page.steps import steps_of
from minigraph.readings import formula, local_derivative, names_of, short_names
from minigraph.readings.letters import letters


def sigmoid_neuron():
    """The neuron of CS231n, "Backpropagation, Intuitions" (https://cs231n.github.io/optimization-2/), with nothing named."""
    w, x = mg.Parameter("w", [2.0, -3.0, -3.0]), mg.Input("x", (2,))
    return mg.Graph(f=1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + w[2]))))


def by_hand():
    """Layer normalization by hand, with nothing named but what is given."""
    x, gamma, beta = mg.Input("x", ("N", 4)), mg.Parameter("gamma", np.ones(4)), mg.Parameter("beta", np.zeros(4))
    centred = x - x.mean(axis=1, keepdims=True)
    y = gamma * centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5) + beta
    return mg.Graph(loss=(y * y).mean())


GRAPHS = {"neuron": (sigmoid_neuron, {"x": [-1.0, -2.0]}, "w"), "by hand": (by_hand, {"x": np.eye(4)}, "gamma")}


def said_in_picture(graph):
    """What the short names of a picture stand for."""
    return dict(re.findall(r"(?:\\n|\")(\w+) stands for (.*?)(?=\\n|\")", graph.draw(derivatives=True).source))


def test_the_neuron_of_cs231n_shows_its_published_numbers():
    graph = sigmoid_neuron()
    run = graph.forward(x=[-1.0, -2.0])
    gradients = run.backward()
    np.testing.assert_allclose(run["f"], 0.73, atol=5e-3)
    np.testing.assert_allclose(gradients[graph["w"]], [-0.20, -0.39, 0.20], atol=5e-3)
    np.testing.assert_allclose(gradients[graph["x"]], [0.39, -0.59], atol=5e-3)


def test_the_neuron_of_cs231n_reads_as_on_paper():
    source = sigmoid_neuron().draw(derivatives=True).source
    for text in ("s  scalar", "q = 1 + e⁻ˢ  scalar", "× (−1 / q²)", "× e⁻ˢ", "× (−1)"):
        assert text in source, text
    derivation = sigmoid_neuron().derive("w", x=[-1.0, -2.0]).text
    for line in ("q = 1 + e⁻ˢ", "f = 1 / q", "∂f/∂q = −1 / q²", "δs = ∂f/∂s = −δq · e⁻ˢ"):
        assert f" {line}\n" in derivation, line
    rules = {step.name: step.rule for step in steps_of(sigmoid_neuron().forward(x=[-1.0, -2.0]))}
    assert (rules["q"], rules["f"], rules["∂f/∂q"]) == ("1 + e⁻ˢ", "1 / q", "−∂f/∂f / q²")


@pytest.mark.parametrize("made", GRAPHS)
def test_circuit_derivation_and_page_call_a_value_alike(made):
    build, inputs, wrt = GRAPHS[made]
    graph = build()
    picture, text = said_in_picture(graph), graph.derive(wrt, **inputs).text
    rules = {step.name: step.rule for step in steps_of(graph.forward(**inputs)) if step.kind == "value"}
    assert picture and picture.keys() == set(short_names(graph).values())
    for name, said in picture.items():
        assert f" {name} = {said.replace('×', '⊙')}\n" in text and rules[name] == said.replace("×", "⊙")


def the_same(x, w):
    return w[0] * x[0] + w[1] * x[1] + w[2]


def test_a_page_calls_what_is_computed_again_by_its_name():
    w, x = mg.Parameter("w", [2.0, -3.0, -3.0]), mg.Input("x", (2,))
    steps = steps_of(mg.Graph(f=np.exp(-the_same(x, w)) * np.tanh(the_same(x, w)) / the_same(x, w)).forward(x=[-1.0, -2.0]))
    values = [step.name for step in steps if step.kind == "value"]
    assert {"s", "s, again", "s, again (2)", "w[0], again", "x[1], again (2)"} < set(values) and len(values) == len(set(values))
    assert "∂f/∂(s, again)" in [step.name for step in steps]
    again = {"s": [], "w[0]": []}
    for step in steps:
        if step.kind == "value" and step.name.partition(",")[0] in again:
            again[step.name.partition(",")[0]].append(float(step.result))
    assert all(len(values) == 3 and len(set(values)) == 1 for values in again.values())


def test_a_page_calls_nothing_computed_again_that_is_another_value():
    x = mg.Input("x", (3,))
    names = [step.name for step in steps_of(mg.Graph(f=mg.Identity(x) + mg.Identity(x)).forward(x=[1.0, 2.0, 3.0]))]
    assert {"Identity1", "Identity1, again"} < set(names) and "x, again" not in names and len(names) == len(set(names))


@pytest.mark.parametrize("made", GRAPHS)
def test_the_names_depend_on_the_graph_alone(made):
    first, second = (list(short_names(GRAPHS[made][0]()).values()) for _ in range(2))
    assert first == second and first


def test_no_short_name_is_one_of_the_users_nor_looks_like_one():
    x, s, z_1 = mg.Input("s", ("N", 2)), mg.Parameter("q", np.ones(2)), mg.Parameter("z_1", np.ones((2, 2)))
    graph = mg.Graph(h=np.tanh(np.tanh(x @ z_1 + s) @ z_1 + s).sum() / (1 + np.exp(-(x * s + s).sum())), names={})
    names = [*short_names(graph).values()]
    own = {letters(str(node.name)) for node in graph.nodes if node.name} | {letters("h")}
    assert len(names) == len(set(names)) and own.isdisjoint(map(letters, names))


def test_names_that_would_be_written_alike_stay_apart():
    one, other = mg.Input("gamma", ()), mg.Input("γ", ())
    assert formula(one * 2) == "2 · γ" or formula(one * 2) == "γ · 2"
    assert formula(one * other) == "gamma · γ"
    graph = mg.Graph(y=np.tanh(one) * np.tanh(other))
    assert "∂y/∂gamma" in graph.derive("gamma", **{"gamma": 1.0, "γ": 2.0}).text
    source = graph.draw(derivatives=True).source
    assert "<b>gamma</b>" in source and "× (1 − tanh²(gamma))" in source and "× (1 − tanh²(γ))" in source


def test_a_line_of_numpy_has_names_as_they_are():
    x_hat = mg.Input("x_hat", ())
    derivation = mg.derive(np.tanh(x_hat), x_hat, x_hat=0.5)
    assert "x̂" in derivation.text and r"\hat{x}" in derivation.latex and "np.tanh(x_hat)" in derivation.program


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("number", "text"), [(np.sqrt(6), "√6"), (2 / np.sqrt(np.pi), "(2/√π)"), (1 / 3, "(1/3)"), (2.5, "2.5")]
)
def test_a_constant_is_written_as_it_was_given(number, text, dtype):
    x = mg.Input("x", (3,), dtype)
    assert formula(x / number) == f"x / {text}"


def test_what_is_only_near_a_root_is_not_taken_for_one():
    x = mg.Input("x", (3,), np.float64)
    assert formula(x / 2.449489742783) == "x / 2.44949" and formula(x / np.nextafter(np.sqrt(6), 3)) == "x / 2.44949"


def test_nothing_is_abbreviated_by_the_name_of_its_operation():
    x, scale = mg.Input("x", ("N", 4)), mg.Parameter("scale", np.ones(4))
    node = mg.LayerNormalization(np.tanh(x), scale, scale)
    assert not re.search(r"\w\(…", local_derivative(node, 0, names_of(mg.Graph(y=node))))


def test_the_result_of_a_derivation_gives_beside_it_what_only_steps_define():
    x, w, y = mg.Input("x", ("N", 2)), mg.Parameter("w", np.ones((2, 1))), mg.Input("y", ("N", 1))
    z = mg.MatMul(x, w, name="z")
    result = mg.derive(((np.tanh(z) - y) ** 2).mean(), w).result
    assert " with " in result or not re.search("u1|δ", result)
    for name in set(re.findall(r"\bu\d|δ\w+", result)):
        assert f" {name} = " in result
    assert " z = " not in result


@pytest.mark.parametrize(
    ("of", "text"),
    [(lambda q, x: 1 / q, "−□ / q²"), (lambda q, x: 2 / q, "−2 · □ / q²"), (lambda q, x: (x / q).sum(), "−Σ columns x / q²")],
)
def test_a_gradient_of_what_is_divided_by_q_is_written_in_q(of, text):
    q, x = mg.Input("q", ("N", 1)), mg.Input("x", ("N", 3))
    graph = mg.Graph(f=of(q, x))
    derivation = graph.derive(
        "q", **{name: np.full((2, size), 2.0) for name, size in (("q", 1), ("x", 3)) if name in graph.inputs}
    )
    assert f"∂f/∂q = {text}\n" in derivation.text and derivation.ok


def test_nothing_is_rewritten_where_a_reciprocal_is_no_number():
    q = mg.Input("q", ())
    assert "∂f/∂q = −f / q\n" in mg.Graph(f=1 / q).derive("q", q=0.0).text


def test_a_box_of_an_output_spells_its_name():
    x = mg.Input("x", (3,))
    source = mg.Graph(x_hat=mg.Identity(x * 2, name="gamma"), y_hat=x + 1).draw().source
    assert "<b>x̂</b>" in source and "<b>ŷ</b>" in source and "γ  " in source and "<b>x_hat</b>" not in source


def exponential(name, *, of=np.exp, beside=None):
    """An exponential function of one value, as text and in LaTeX, with what else stands in the formula."""
    x = mg.Input(name, ())
    tree = of(x) if beside is None else of(x) * mg.Input(beside, ())
    derivation = mg.derive(mg.Identity(tree, name="f"), x, **{each.name: 1.0 for each in mg.Graph(tree).inputs.values()})
    assert derivation.ok
    line = derivation.text.splitlines()[2]
    return formula(tree), line.partition(" = ")[2], derivation.latex.splitlines()[2]


def negated(x):
    return np.exp(-x)


@pytest.mark.parametrize(
    ("name", "of", "text", "latex"),
    [
        ("s", negated, "e⁻ˢ", "e^{-s}"),
        ("x", np.exp, "eˣ", "e^{x}"),
        ("z1", np.exp, "e^z1", "e^{z_{1}}"),
        ("z1", negated, "e^(−z1)", "e^{-z_{1}}"),
        ("q", negated, "e^(−q)", "e^{-q}"),
        ("x_hat", np.exp, "e^x̂", r"e^{\hat{x}}"),
        ("logits", np.exp, "exp(logits)", r"\exp\left( \mathrm{logits} \right)"),
        ("two words", np.exp, 'exp("two words")', r"\exp"),
        ("xˢ", np.exp, 'exp("xˢ")', r"\exp"),
        ("e", np.exp, "exp(e)", r"\exp\left( e \right)"),
    ],
)
def test_an_exponential_function_of_a_name_is_written_as_a_power_of_e(name, of, text, latex):
    short, line, typeset = exponential(name, of=of)
    assert short == line == text and latex in typeset


@pytest.mark.parametrize("beside", ["e", "eˢ"])
def test_no_power_of_e_stands_beside_a_value_that_looks_like_one(beside):
    short, line, typeset = exponential("s", beside=beside)
    expected = "exp(s) · e" if beside == "e" else 'eˢ · "eˢ"'
    assert short == line == expected and (r"\exp" in typeset) == (beside == "e")


def test_no_power_of_e_stands_beside_an_axis_of_that_name():
    x, s = mg.Input("x", ("e",)), mg.Input("s", ("e",))
    assert formula(np.exp(s) / x.shape[0]) == "exp(s) / e"
    assert "exp(s)" in mg.Graph(loss=(np.exp(s) * x).mean()).derive("s", x=[1.0], s=[2.0]).text


def test_a_power_of_e_takes_brackets_where_something_stands_behind_it():
    x = mg.Input("x", (2, 2))
    assert [formula(each) for each in (np.exp(x) ** 2, np.exp(x).T, 2 ** np.exp(-x))] == ["(eˣ)²", "(eˣ)ᵀ", "2^(e⁻ˣ)"]
