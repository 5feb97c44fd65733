"""Derivations: the article's four gradients, their numbers, their notations, and what is said where there is none."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigraph as mg
from minigraph.readings.notation import TEXT
from models import character_lstm, gpt
from models.two_layer import build
from tests.displayed.text import parsed
from tests.displayed.tree import value_of

X = np.random.default_rng(1).normal(size=(20, 2))
Y = (X.prod(axis=1) < 0).astype(int)


def lines(derivation, kind):
    """What the steps of a kind say."""
    write = TEXT.write
    return [f" {step.relation} ".join(map(write, step.sides)) for step in derivation.steps if step.kind == kind]


def article():
    """The article's network for one-hot rows y, its loss not averaged, in the article's own names."""
    rng = np.random.default_rng(0)
    x, labels = mg.Input("x", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    W1, b1 = mg.Parameter("W1", rng.normal(size=(2, 5))), mg.Parameter("b1", np.zeros(5))
    W2, b2 = mg.Parameter("W2", rng.normal(size=(5, 2))), mg.Parameter("b2", np.zeros(2))
    z1 = x @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    ŷ = mg.Softmax(z2)
    y = mg.OneHot(labels, depth=2, to=np.float32)
    Loss = mg.SoftmaxCrossEntropy(z2, labels, reduction="sum")
    return mg.Graph(Loss=Loss, probabilities=ŷ, expected=y, names=locals())


def last(derivation):
    """The directional derivative of the gradient that is derived, beside finite differences."""
    return [step for step in derivation.steps if step.kind == "gradient"][-1].directional


ARTICLE = {
    "W2": "a1ᵀ · (ŷ − y)",
    "b2": "Σ rows (ŷ − y)",
    "W1": "xᵀ · (((ŷ − y) · W2ᵀ) ⊙ (1 − tanh²(z1)))",
    "b1": "Σ rows (((ŷ − y) · W2ᵀ) ⊙ (1 − tanh²(z1)))",
}


@pytest.mark.parametrize("name", ARTICLE)
def test_the_articles_gradients_come_out_in_its_own_notation_corrected(name):
    graph = article()
    derivation = graph.derive(name)
    assert [*lines(derivation, "gradient"), *lines(derivation, "whole")][-1] == f"∂Loss/∂{name} = {ARTICLE[name]}"
    run = graph.astype(np.float64).forward(x=X, labels=Y)
    named = {each: run[each] for each in ("x", "a1", "z1", "ŷ", "W2")} | {"y": np.eye(2)[Y]}
    read = value_of(parsed(ARTICLE[name]), named).reshape(run[name].shape)
    np.testing.assert_allclose(read, run.backward()[name], atol=1e-12)


def test_a_derivation_goes_as_a_person_writes_it():
    derivation = build(hidden=5).derive("W1")
    assert lines(derivation, "definition") == [
        "z1 = x · W1 + b1",
        "a1 = tanh(z1)",
        "z2 = a1 · W2 + b2",
        "ŷ = softmax(z2) = exp(z2 − max columns (z2)) / (Σ columns exp(z2 − max columns (z2)))",
        "loss = softmax_cross_entropy(z2, y) = −Σ where(one_hot(y, 2), log_softmax(z2), 0) / N",
    ]
    assert lines(derivation, "local") == [
        "∂loss/∂z2 = (ŷ − one_hot(y, 2)) / N",
        "□ ↦ □ · W2ᵀ",
        "□ ↦ □ ⊙ (1 − a1²)",
        "□ ↦ xᵀ · □",
    ]
    assert lines(derivation, "chain") == ["∂loss/∂W1 = ∂loss/∂z2 · ∂z2/∂a1 · ∂a1/∂z1 · ∂z1/∂W1"]
    assert lines(derivation, "gradient") == [
        "δz2 = ∂loss/∂z2 = (ŷ − one_hot(y, 2)) / N",
        "δa1 = ∂loss/∂a1 = δz2 · W2ᵀ",
        "δz1 = ∂loss/∂z1 = δa1 ⊙ (1 − a1²)",
        "∂loss/∂W1 = xᵀ · δz1",
    ]
    assert [step.shape for step in derivation.steps[5:9]] == ["N × 2", "N × 2 → N × 5", "N × 5 → N × 5", "N × 5 → 2 × 5"]
    assert derivation.program.splitlines()[-3:] == ["da1 = dz2 @ W2.T", "dz1 = da1 * (1 - a1**2)", "dW1 = x.T @ dz1"]


def test_the_text_is_numbered_and_tells_shapes():
    text = build(hidden=5).derive("b2").text
    assert text.startswith(
        "The gradient of loss with respect to b2\nWhat is computed\n  1. z1 = x · W1 + b1\n       N × 5\n  2. a1 = tanh(z1)\n"
    )
    assert "\n 10. ∂loss/∂b2 = Σ rows δz2\n       2\n" in text


def test_each_step_holds_its_numbers_beside_finite_differences():
    derivation = build(hidden=5).derive("W1", x=X, y=Y)
    gradients = [step for step in derivation.steps if step.kind == "gradient"]
    assert all(step.directional.error < 1e-7 for step in gradients)
    assert all("along a random direction" in step.evidence and "by finite differences" in step.evidence for step in gradients)
    assert derivation.steps[0].value and not build().derive("W1").steps[0].value


def test_a_wrong_rule_is_seen_in_the_numbers():
    class Steep(mg.Node):
        def forward(self, x, out=None):
            return np.multiply(x, 3, out=out)

        def backward(self, gradient, y, x):
            return gradient * 4

    x = mg.Input("x", (2,))
    derivation = mg.derive(Steep(x).sum(), x, x=[1.0, 2.0])
    assert last(derivation).error == pytest.approx(0.25)
    assert TEXT.write(derivation.steps[-1].sides[-1]) == "4"


def test_a_changed_rule_changes_the_derivation(monkeypatch):
    before = lines(build().derive("W1"), "gradient")[2]
    monkeypatch.setattr(mg.Tanh, "backward", lambda self, gradient, y, x: gradient * (2 - y))
    assert before == "δz1 = ∂loss/∂z1 = δa1 ⊙ (1 − a1²)"
    assert lines(build().derive("W1"), "gradient")[2] == "δz1 = ∂loss/∂z1 = δa1 ⊙ (2 − a1)"


def test_a_rule_that_only_numbers_can_be_put_through_is_written_as_its_call():
    class Sorted(mg.Node):
        def forward(self, x, out=None):
            return np.array(sorted(x))

        def backward(self, gradient, y, x):
            back = np.zeros_like(x)
            for place, each in zip(np.argsort(x), gradient, strict=True):
                back[place] = each
            return back

    x = mg.Input("x", (3,))
    y = Sorted(x, name="y")
    derivation = mg.derive((y * y).sum(), x, x=[3.0, 1.0, 2.0])
    assert lines(derivation, "gradient")[-1] == "∂output/∂x = Sorted.backward(δy, y, x)"
    assert last(derivation).error < 1e-7
    assert derivation.program == "# There are no lines of NumPy: Sorted.backward runs on numbers only.\n"
    assert "Sorted.backward runs on numbers only" in derivation.text


def test_a_definition_by_a_relation_stands_in_iversons_brackets():
    text = article().derive("W2").text
    assert any("y = one_hot(labels, 2) = [labels[:, None] = k]" in line for line in text.splitlines())


def test_numbers_that_a_mask_has_left_out_do_not_hide_the_others():
    z = mg.Input("z", (3,))
    masked = mg.Add(z, mg.Constant([0.0, 0.0, -1e9]), name="masked")
    derivation = mg.derive((mg.Softmax(masked) * np.array([1.0, 2.0, 3.0])).sum(), z, z=[0.1, 0.2, 0.3])
    assert all(step.directional.error < 1e-6 for step in derivation.steps if step.directional)


def test_a_kink_is_named_where_it_makes_the_numbers_differ():
    x = mg.Input("x", ())
    at_kink, beside = (mg.derive(mg.Relu(x), x, x=value).steps[-1].evidence for value in (0.0, 0.5))
    assert re.search(r"along a random direction 0, by .*: at a kink, \d\S+ on one side and 0 on the other$", at_kink)
    assert "kink" not in beside
    assert "kink" not in build(hidden=3).derive("W1", x=X, y=Y).text


def test_what_acts_in_several_ways_is_added_up():
    derivation = build(hidden=3, penalty=0.01).derive("W1", x=X, y=Y)
    assert lines(derivation, "chain") == ["∂loss/∂W1 = 0.01 · W1 + ∂loss/∂z1 · ∂z1/∂W1"]
    assert last(derivation).error < 1e-7


def test_values_without_a_name_are_given_one_where_they_are_long():
    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 2)))
    y = mg.Input("y", ("N",), dtype=np.int64)
    derivation = mg.derive(mg.SoftmaxCrossEntropy(np.tanh(x @ W) @ W, y), W)
    assert lines(derivation, "definition")[:2] == ["u1 = x · W", "z = tanh(u1) · W"]
    assert "δu1" in derivation.text


def test_the_gradient_of_what_is_no_scalar_is_told_for_one_that_arrives():
    x = mg.Input("x", ("N", 3))
    derivation = mg.derive(mg.Tanh(x, name="a"), x, x=np.ones((2, 3)))
    assert lines(derivation, "gradient") == ["∂a/∂x = □ ⊙ (1 − a²)"]
    assert derivation.program == "a = np.tanh(x)\ndx = cotangent * (1 - a**2)\n"


def test_a_gradient_is_derived_again():
    x = mg.Input("x", ())
    (derivative,) = mg.gradient(np.sin(x), [x])
    derivation = mg.derive(derivative, x, x=0.5)
    assert lines(derivation, "gradient") == ["∂output/∂x = −sin(x)"]
    assert last(derivation).error < 1e-7


@pytest.mark.slow
def test_a_chain_of_thousands_is_derived():
    x = mg.Input("x", (2,))
    y = x
    for _ in range(1000):
        y = np.arcsinh(np.sinh(y))
    derivation = mg.derive(y.sum(), x, x=[0.1, 0.2])
    assert last(derivation).error < 1e-6


def test_the_program_runs():
    graph = build(hidden=4)
    run = graph.astype(np.float64).forward(x=X, y=Y)
    values = {"np": np, "x": X, "y": Y} | {name: run[name] for name in graph.parameters}
    exec(graph.derive("W1").program, values)
    np.testing.assert_allclose(values["dW1"], run.backward()["W1"], atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "line"), [(gpt, "np.tri(32, 32, 0, np.bool_)"), (character_lstm, "@ lstm_forward_R")])
def test_the_program_of_a_language_model_runs(model, line):
    graph = model.build()
    x = np.random.default_rng(0).integers(0, 5, (2, *graph["x"].shape[1:]))
    run = graph.astype(np.float64).forward(**{name: x for name in graph.inputs})
    values = {"np": np, "mg": mg} | {name: x for name in graph.inputs}
    values |= {name.replace(".", "_"): run[name] for name in graph.parameters}
    program = graph.derive("embedding.W").program
    exec(program, values)
    np.testing.assert_allclose(values["dembedding_W"], run.backward()["embedding.W"], atol=1e-12)
    assert line in program


def test_a_name_with_a_dot_has_an_underscore_in_the_program():
    W = mg.Parameter("encoder.W", np.ones((2, 2)))
    x = mg.Input("x", ("N", 2))
    assert mg.derive((x @ W).sum(), W).program.splitlines()[-1].startswith("dencoder_W = x.T @ ")
    clash = mg.Parameter("encoder_W", np.ones((2, 2)))
    remark, *lines = mg.derive(((x @ W @ clash) ** 2).sum(), W).program.splitlines()
    assert remark == "# encoder_W_2 stands for 'encoder.W'"
    assert lines == ["u1 = x @ encoder_W_2", "du1 = 2 * (u1 @ encoder_W @ encoder_W.T)", "dencoder_W = x.T @ du1"]


@pytest.mark.parametrize("name", ["my weights", "lambda", "np", "cotangent", "2nd", "W", "ﬁ", "x²", "\u202e", "d", "dx"])
def test_a_name_that_python_does_not_take_is_another_variable(name):
    x, w, other = (mg.Parameter(each, [0.5, 2.0], dtype=np.float64) for each in ("x", name, "fi"))
    y = np.sin(x * w * other)
    derivation = mg.derive((y * y).sum(), w)
    given = {"np": np, "x": x.value, "fi": other.value}
    called = re.findall(r"# (\w+) stands for (.*)", derivation.program)
    assert called == ([] if name in ("W", "d", "dx") else [(called[0][0], repr(name))])
    values = given | {called[0][0] if called else name: w.value}
    exec(derivation.program, values)
    gradient = mg.Graph(loss=(y * y).sum()).forward().backward()[w]
    np.testing.assert_allclose(values[derivation.program.splitlines()[-1].partition(" = ")[0]], gradient)


def test_a_constant_that_is_too_large_to_write_comes_with_the_derivation():
    x = mg.Input("x", ("N", 9))
    numbers = np.random.default_rng(0).normal(size=(9, 9))
    y = np.tanh(x @ mg.Constant(numbers) @ mg.Constant(numbers.T, name="mixing"))
    derivation = mg.derive(y.sum(), x)
    said, other = derivation.program.splitlines()[:2]
    assert said == "# c1 is a constant, 9 × 9, float64: constants['c1'] of the derivation" and other.startswith("# mixing is ")
    values = {"np": np, "x": np.ones((2, 9)), **derivation.constants}
    exec(derivation.program, values)
    run = mg.Graph(y=y.sum()).astype(np.float64).forward(x=np.ones((2, 9)))
    np.testing.assert_allclose(values["dx"], run.backward()["x"])


HOSTILE = "</style><script>alert(1)</script>\n$\\input{x}$ _^%&#\x1b[31m"


def test_hostile_names_stay_names():
    x = mg.Input("x", (2,))
    a = mg.Tanh(x, name=HOSTILE)
    derivation = mg.derive((a * a).sum(), x)
    assert "<script>" not in derivation.html
    assert "\x1b" not in derivation.text
    assert r"\input{x}" not in derivation.latex and r"\$\backslash \text{input}\{\text{x}\}\$" in derivation.latex
    assert not any("\x1b" in line or "<script" in line for line in derivation.program.splitlines() if line[0] != "#")
    assert derivation.program.splitlines()[0].endswith(f" stands for {HOSTILE!r}") and "\x1b" not in derivation.program
    tree(derivation)


def tree(derivation):
    """The HTML, which is XML too."""
    return ElementTree.fromstring(re.sub("<style>.*?</style>", "", derivation.html, flags=re.DOTALL))


def test_a_notebook_shows_the_derivation():
    derivation = build().derive("W1")
    assert derivation._repr_html_() == derivation.html and "<math" in derivation.html and "http" not in derivation.html
    assert derivation._repr_markdown_() == derivation.markdown
    assert derivation._repr_latex_() == derivation.latex and derivation.latex.startswith("\\begin{align*}")
    assert str(derivation) == derivation.text
    assert repr(derivation) == "Derivation (The gradient of loss with respect to W1, 15 steps)"


def test_latex_writes_the_articles_gradient_as_a_book_does():
    expected = r"x^{\mathsf{T}}\, \left( \left( \left( \hat{y} - y \right)\, W_{2}^{\mathsf{T}} \right) \odot"
    assert expected in article().derive("W1").latex


@pytest.mark.parametrize(
    ("ending", "begins"),
    [(".html", "<!doctype html>"), (".md", "## The gradient"), (".tex", "\\documentclass"), (".txt", "The gradient")],
)
def test_it_is_saved_in_each_notation(tmp_path, ending, begins):
    written = build().derive("W1").save(tmp_path / f"W1{ending}")
    assert written.read_text(encoding="utf-8").startswith(begins)


def test_the_same_graph_gives_the_same_bytes():
    first, second = (build(hidden=3).derive("W1", x=X, y=Y) for _ in range(2))
    assert (first.html, first.latex, first.markdown, first.text) == (second.html, second.latex, second.markdown, second.text)


def test_arrays_are_numbered_the_same_in_every_derivation():
    def text():
        x = mg.Input("x", ("N", 3))
        terms = [mg.Sub(np.tanh(x), np.array([1.0, 2.0, i]), name=f"h{i}") for i in range(6)]
        return mg.derive(sum(terms[1:], terms[0]).sum(), x).text

    assert len({text() for _ in range(20)}) == 1
    assert re.findall(r"h\d = .* − (c\d)$", text(), re.M) == ["c1", "c2", "c3", "c4", "c5", "c6"]


class Tanh(mg.Node):
    """An operation of the user's, with the name of one of minigraph's and a rule that no line of NumPy gives."""

    def forward(self, x, out=None):
        return np.array([3 * each for each in x.tolist()])

    def backward(self, gradient, y, x):
        return gradient * y / x


def test_the_lines_call_a_rule_of_the_users_where_it_is():
    x = mg.Input("x", (2,))
    derivation = mg.derive(Tanh(x).sum(), x, x=[1.0, 2.0])
    assert f"from {Tanh.__module__} import Tanh\n" in derivation.program and "mg.Tanh" not in derivation.program
    names = {"np": np, "mg": mg, "x": np.array([1.0, 2.0])}
    exec(derivation.program, names)
    np.testing.assert_allclose(names["dx"], [3, 3])


def test_what_has_no_derivation_is_refused(tmp_path, refused):
    graph = build(hidden=3)
    loss, stray = graph["loss"], mg.Parameter("W9", np.ones(2))
    refused(mg.OperationError, lambda: mg.derive(3, stray))
    refused(mg.OperationError, lambda: mg.derive(loss, 3))
    refused(mg.GraphError, lambda: mg.derive(loss, stray))
    refused(mg.GraphError, lambda: mg.derive(loss, loss))
    refused(mg.DTypeError, lambda: mg.derive(loss, graph["y"]))
    refused(mg.UnknownNameError, lambda: graph.derive("W3"))
    refused(mg.InputError, lambda: mg.derive(loss, graph["W1"], x=X))
    refused(mg.UnknownNameError, lambda: mg.derive(loss, graph["W1"], x=X, y=Y, z=1))
    refused(mg.FormatError, lambda: graph.derive("W1").save(tmp_path / "W1.pdf"))


def test_a_way_without_a_derivative_is_told(refused):
    x = mg.Input("x", (2,), dtype=np.float32)
    hard = mg.Floor(x, name="hard")
    refused(mg.GraphError, lambda: mg.derive(hard.sum(), x))
    refused(mg.DTypeError, lambda: mg.derive(mg.ArgMax(x), x))
    two = mg.Constant([1.0, 2.0], name="two")
    refused(mg.GraphError, lambda: mg.derive((x * two).sum(), two))


def test_the_lines_of_numpy_have_the_sizes_of_named_axes():
    x, y = mg.Input("x", ("N", 2, "H", "W")), mg.Input("y", ("M", 2, "H", "W"))
    joined = np.concatenate([x, y])[1 : x.shape[0] + 1]
    loss = (mg.GlobalAveragePool(joined) ** 2).sum() / x.shape[0]
    given = {"x": np.arange(48.0).reshape(2, 2, 3, 4), "y": np.ones((1, 2, 3, 4))}
    derivation = mg.derive(loss, x, **given)
    assert derivation.ok and "[1:(N+1)]" in derivation.text and "H·W" in derivation.text
    lines = {"np": np, "mg": mg, **given}
    exec(derivation.program, lines)
    run = mg.Graph(loss=loss).astype(np.float64).forward(**given)
    np.testing.assert_allclose(lines["dx"], run.backward()["x"])
    assert "H = x.shape[2]" in derivation.program


class Turned(mg.Node):
    """x eˣ, whose sign a label turns, by a rule that passes on the same product in two ways."""

    selectors = ("label",)

    def forward(self, x, label, out=None):
        return np.where(label > 0, -x * np.exp(x), x * np.exp(x))

    def backward(self, gradient, y, x, label):
        slope = gradient * (np.exp(x) + x * np.exp(x))
        return np.where(label > 0, -slope, slope), None


def test_a_local_derivative_is_of_what_comes_in_and_of_no_name_given_later():
    """On the way back the product gets a name of its own; what becomes of □ is written without it."""
    x, label = mg.Input("x", ("N",)), mg.Input("label", ("N",), dtype=np.int64)
    derivation = mg.derive(Turned(x, label, name="turned").mean(), x, x=[1.0, 2.0], label=[0, 1])
    text = str(derivation)
    (local,) = re.findall(r"□ ↦ (.*)", text)
    (named,) = set(re.findall(r"(u\d+) = δturned", text))
    assert derivation.ok and "□" in local and named not in local
