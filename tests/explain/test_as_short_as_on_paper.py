"""Gradients beside those of others: equal as numbers, and not longer, counted as operators and leaves, footnotes included.

What is counted and evaluated is what is displayed: the text of the result, its conditions, and what stands behind "with". A
name counts as one leaf, and what defines it is counted too, unless the user gave it, or the other's formula has it as a leaf.
"""

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.run import forward
from minigraph.readings.notation import TEXT
from tests.displayed.text import parsed
from tests.displayed.tree import Tree, value_of, words_of

N = 4
RNG = np.random.default_rng(3)
x, w, t = mg.Input("x", ("N", 3)), mg.Input("w", (3,)), mg.Input("t", ("N",))
A, B, C, D, X, Y = (mg.Input(name, (3, 3)) for name in "ABCDXY")
a, b, c, d, u, v = (mg.Input(name, (3,)) for name in "abcduv")
z = mg.Input("z", ("N", 3))
m, n = mg.Input("m", ()), mg.Input("n", ())
tr, det, inv = np.trace, np.linalg.det, np.linalg.inv


def two_classes():
    p = mg.Sigmoid(x @ w, name="p")
    return mg.Graph(loss=-(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(), p=p)


def soft_targets():
    z, y = mg.Input("z", ("N", 3)), mg.Input("y", ("N", 3))
    p = mg.Softmax(z, name="p")
    return mg.Graph(loss=-(y * np.log(p)).sum() / z.shape[0], p=p)


def labels():
    z, classes = mg.Input("z", ("N", 3)), mg.Input("classes", ("N",), np.int64)
    p, y = mg.Softmax(z, name="p"), mg.OneHot(classes, depth=3, name="y")
    return mg.Graph(loss=-(y * np.log(p)).sum(), p=p, y=y)


def variational():
    μ, λ = mg.Input("μ", ("N", 3)), mg.Input("λ", ("N", 3))
    return mg.Graph(loss=-0.5 * (1 + λ - μ**2 - np.exp(λ)).sum())


def two_classes_unnamed():
    p = mg.Sigmoid(x @ w)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()


def focal():
    z = mg.Input("z", ("N",))
    p = mg.Sigmoid(z, name="p")
    return mg.Graph(loss=-((1 - p) ** 2 * np.log(p)).sum(), p=p)


def batch_norm():
    """The transform of the paper, written by hand, in its letters; g is the gradient that arrives at y."""
    x, γ, β, g = mg.Input("x", ("N", 3)), mg.Input("γ", (3,)), mg.Input("β", (3,)), mg.Input("g", ("N", 3))
    μ = x.mean(axis=0)
    d = x - μ
    σ2 = (d**2).mean(axis=0)
    x̂ = d / np.sqrt(σ2 + 1e-5)
    y = γ * x̂ + β
    return mg.Graph(loss=(g * y).sum(), names={"μ": μ, "d": d, "σ2": σ2, "x̂": x̂, "y": y})


def layer_norm(scaled=True):
    x, g = mg.Input("x", ("N", 3)), mg.Input("g", ("N", 3))
    γ, β = (mg.Input("γ", (3,)), mg.Input("β", (3,))) if scaled else (np.ones(3), np.zeros(3))
    return mg.Graph(loss=(g * mg.LayerNormalization(x, γ, β, name="y")).sum())


def lstm():
    z_i, z_f, z_o, z_c, c0 = (mg.Input(name, ("N", 3)) for name in ("z_i", "z_f", "z_o", "z_c", "c0"))
    g = mg.Input("g", ("N", 3))
    i, f, o, k = mg.Sigmoid(z_i), mg.Sigmoid(z_f), mg.Sigmoid(z_o), np.tanh(z_c)
    c = f * c0 + i * k
    h = o * np.tanh(c)
    return mg.Graph(loss=(g * h).sum(), names={"i": i, "f": f, "o": o, "k": k, "c": c, "h": h})


N08 = {  # what a textbook writes; of a maximum, that it has no derivative where both are equal
    "½ mean (xw − t)²": (0.5 * ((x @ w - t) ** 2).mean(), w, "xᵀ · (x · w − t) / N"),
    "½ Σ w²": (0.5 * (w * w).sum(), w, "w"),
    "2 Σ xw": ((x @ w).sum() * 2, w, "2 · (xᵀ · ones(N))"),
    "two classes": (two_classes_unnamed(), w, "xᵀ · (sigmoid(x · w) − t) / N"),
    "max(z, 0)": (np.maximum(z, 0).sum(), z, "z > 0", "z ≠ 0"),
    "−Σ y ln p": (-(mg.Input("y", ("N", 3)) * np.log(mg.Softmax(z))).sum(), z, "softmax(z) ⊙ Σ columns (y) − y"),
    "Σ vᵐ": ((v**m).sum(), v, "m · v^(m − 1)"),
    "ln det X": (np.log(det(X)), X, "X⁻ᵀ"),
}
CALCULUS = {  # matrixcalculus.org/documentation, all "valid input examples"; a result of the site where it says "site"
    "½ xᵀAx": (0.5 * (v @ A @ v), v, "0.5 · (A · v + Aᵀ · v)"),
    "A exp(x)": (u @ (A @ np.exp(v)), v, "(A · diag(exp(v)))ᵀ · u"),
    "1ᵀ A exp(x)": ((A @ np.exp(v)).sum(), v, "exp(v) ⊙ (Aᵀ · ones(3))"),
    "(y ⊙ v)ᵀ x": ((u * v) @ w, v, "u ⊙ w"),
    "aᵇ": (m**n, m, "n · m^(n − 1)"),
    "aᵇ, by b": (m**n, n, "m^n · ln(m)"),
    "‖Ax − y‖₁": (np.abs(A @ v - u).sum(), v, "Aᵀ · sign(A · v − u)"),
    # site: norm2(V*W*z-vprime)^2 has the derivative 2*W'*V'*(V*W*z-vprime), 1 January 2018
    "‖Ax − y‖²": (((A @ v - u) ** 2).sum(), v, "2 · Aᵀ · (A · v − u)"),
    # site: -A'*(exp(-b.*(A*x)).*b./(vector(1)+exp(-b.*(A*x)))), 21 March 2023
    "Σ log(1 + exp(−y ⊙ Xw))": (
        np.log(np.exp(-t * (x @ w)) + 1).sum(), w,
        "−xᵀ · (exp(−t ⊙ (x · w)) ⊙ t / (1 + exp(−t ⊙ (x · w))))",
    ),
    "tr(AXᵀBXC)": (tr(A @ X.T @ B @ X @ C), X, "Bᵀ · X · Aᵀ · Cᵀ + B · X · C · A"),
    "log det X⁻¹": (np.log(det(inv(X))), X, "−X⁻ᵀ"),
}  # fmt: skip
COOKBOOK = {  # K. Petersen, M. Pedersen, The Matrix Cookbook, 15 November 2012, pages 8 to 13, by the numbers of its equations
    "(49) det X": (det(X), X, "det(X) · X⁻ᵀ"),
    "(57) ln |det X|": (mg.LogAbsDet(X), X, "X⁻ᵀ"),
    "(61) aᵀX⁻¹b": (a @ inv(X) @ b, X, "−X⁻ᵀ · a · bᵀ · X⁻ᵀ"),
    "(62) det X⁻¹": (det(inv(X)), X, "−det(X⁻¹) · X⁻ᵀ"),
    "(63) tr(AX⁻¹B)": (tr(A @ inv(X) @ B), X, "−(X⁻¹ · B · A · X⁻¹)ᵀ"),
    "(64) tr((X + A)⁻¹)": (tr(inv(X + A)), X, "−((X + A)⁻¹ · (X + A)⁻¹)ᵀ"),
    "(69) xᵀa": (v @ a, v, "a"),
    "(70) aᵀXb": (a @ X @ b, X, "a · bᵀ"),
    "(71) aᵀXᵀb": (a @ X.T @ b, X, "b · aᵀ"),
    "(72) aᵀXa": (a @ X @ a, X, "a · aᵀ"),
    "(76) Σ Xₖₗ Xₘₙ": (X.sum() * X.sum(), X, "2 · Σ (X)"),
    "(77) bᵀXᵀXc": (b @ X.T @ X @ c, X, "X · (b · cᵀ + c · bᵀ)"),
    "(78) (Bx + b)ᵀC(Dx + d)": ((B @ v + b) @ C @ (D @ v + d), v, "Bᵀ · C · (D · v + d) + Dᵀ · Cᵀ · (B · v + b)"),
    "(81) xᵀBx": (v @ B @ v, v, "(B + Bᵀ) · v"),
    "(82) bᵀXᵀDXc": (b @ X.T @ D @ X @ c, X, "Dᵀ · X · b · cᵀ + D · X · c · bᵀ"),
    "(83) (Xb + c)ᵀD(Xb + c)": ((X @ b + c) @ D @ (X @ b + c), X, "(D + Dᵀ) · (X · b + c) · bᵀ"),
    "(91) aᵀX²b": (a @ X @ X @ b, X, "a · bᵀ · Xᵀ + Xᵀ · a · bᵀ"),
    "(100) tr(XA)": (tr(X @ A), X, "Aᵀ"),
    "(101) tr(AXB)": (tr(A @ X @ B), X, "Aᵀ · Bᵀ"),
    "(102) tr(AXᵀB)": (tr(A @ X.T @ B), X, "B · A"),
    "(103) tr(XᵀA)": (tr(X.T @ A), X, "A"),
    "(104) tr(AXᵀ)": (tr(A @ X.T), X, "A"),
    "(106) tr(X²)": (tr(X @ X), X, "2 · Xᵀ"),
    "(107) tr(X²B)": (tr(X @ X @ B), X, "(X · B + B · X)ᵀ"),
    "(108) tr(XᵀBX)": (tr(X.T @ B @ X), X, "B · X + Bᵀ · X"),
    "(109) tr(BXXᵀ)": (tr(B @ X @ X.T), X, "B · X + Bᵀ · X"),
    "(111) tr(XBXᵀ)": (tr(X @ B @ X.T), X, "X · Bᵀ + X · B"),
    "(114) tr(AXBX)": (tr(A @ X @ B @ X), X, "Aᵀ · Xᵀ · Bᵀ + Bᵀ · Xᵀ · Aᵀ"),
    "(115) tr(XᵀX)": (tr(X.T @ X), X, "2 · X"),
    "(116) tr(BᵀXᵀCXB)": (tr(B.T @ X.T @ C @ X @ B), X, "Cᵀ · X · B · Bᵀ + C · X · B · Bᵀ"),
    "(117) tr(XᵀBXC)": (tr(X.T @ B @ X @ C), X, "B · X · C + Bᵀ · X · Cᵀ"),
    "(118) tr(AXBXᵀC)": (tr(A @ X @ B @ X.T @ C), X, "Aᵀ · Cᵀ · X · Bᵀ + C · A · X · B"),
    "(119) tr((AXB + C)(AXB + C)ᵀ)": (tr((A @ X @ B + C) @ (A @ X @ B + C).T), X, "2 · Aᵀ · (A · X · B + C) · Bᵀ"),
}
STANDARD = "x̂ = (x − mean columns (x)) / σ", "σ = √(mean columns ((x − mean columns (x))^2) + 1e-05)"
NETWORKS = {
    # C. Bishop, Pattern Recognition and Machine Learning, 2006, equations 4.91 and 4.109, the mean of the rows in the first
    "logistic regression": (two_classes(), "w", "xᵀ · (p − t) / N"),
    "labels": (labels(), "z", "p − y"),
    "soft targets": (soft_targets(), "z", "(p ⊙ Σ columns (y) − y) / N"),
    # D. Kingma, M. Welling, Auto-Encoding Variational Bayes, 2014, appendix B, with λ the logarithm of σ²
    "divergence, by μ": (variational(), "μ", "μ"),
    "divergence, by ln σ²": (variational(), "λ", "0.5 · (exp(λ) − 1)"),
    # T.-Y. Lin and others, Focal Loss for Dense Object Detection, 2017, appendix B, for γ = 2 and y = 1
    "focal loss": (focal(), "z", "(1 − p)^2 ⊙ (2 ⊙ p ⊙ ln(p) + p − 1)"),
    # S. Ioffe, C. Szegedy, Batch Normalization, 2015, the six equations of section 3
    "batch norm, x̂": (batch_norm(), "x̂", "g ⊙ γ"),
    "batch norm, σ²": (batch_norm(), "σ2", "Σ rows (δx̂ ⊙ (x − μ) ⊙ −0.5 ⊙ (σ2 + 1e-05)^(−1.5))"),
    "batch norm, μ": (batch_norm(), "μ", "Σ rows (δx̂ ⊙ −1 / √(σ2 + 1e-05)) + δσ2 ⊙ (Σ rows (−2 ⊙ (x − μ))) / N"),
    "batch norm, x": (batch_norm(), "x", "δx̂ ⊙ 1 / √(σ2 + 1e-05) + δσ2 ⊙ 2 ⊙ (x − μ) / N + δμ / N"),
    "batch norm, γ": (batch_norm(), "γ", "Σ rows (g ⊙ x̂)"),
    "batch norm, β": (batch_norm(), "β", "Σ rows (g)"),
    # J. Ba and others, Layer Normalization, 2016, and J. Xu and others, Understanding and Improving Layer Normalization, 2019
    "layer norm, γ": (layer_norm(), "γ", "Σ rows (g ⊙ x̂)", *STANDARD),
    "layer norm, β": (layer_norm(), "β", "Σ rows (g)"),
    "layer norm, x": (
        layer_norm(), "x", "(δ − mean columns (δ) − x̂ ⊙ mean columns (δ ⊙ x̂)) / σ", "δ = g ⊙ γ", *STANDARD
    ),
    "layer norm, x, without γ": (
        layer_norm(scaled=False), "x", "(g − mean columns (g) − x̂ ⊙ mean columns (g ⊙ x̂)) / σ", *STANDARD
    ),
    # K. Greff and others, LSTM: A Search Space Odyssey, 2015, appendix A, without peepholes, with σ', tanh' and δc put in
    "LSTM, output gate": (lstm(), "z_o", "δh ⊙ tanh(c) ⊙ o ⊙ (1 − o)"),
    "LSTM, input gate": (lstm(), "z_i", "δh ⊙ o ⊙ (1 − tanh(c)^2) ⊙ k ⊙ i ⊙ (1 − i)"),
    "LSTM, forget gate": (lstm(), "z_f", "δh ⊙ o ⊙ (1 − tanh(c)^2) ⊙ c0 ⊙ f ⊙ (1 − f)"),
    "LSTM, block input": (lstm(), "z_c", "δh ⊙ o ⊙ (1 − tanh(c)^2) ⊙ i ⊙ (1 − tanh(z_c)^2)"),
    "LSTM, cell": (lstm(), "c", "δh ⊙ o ⊙ (1 − tanh(c)^2)"),
}  # fmt: skip
ALL = N08 | CALCULUS | COOKBOOK | NETWORKS
LONGER = {  # of the same sources, how long ours is and theirs
    "(51) det AXB": (det(A @ X @ B), X, (14, 9), "det(A · X · B) · X⁻ᵀ"),
    "(99) tr X": (tr(X), X, (3, 1), "I"),
    "(121) tr(X³)": (tr(X @ X @ X), X, (7, 6), "3 · (X · X)ᵀ"),
}  # fmt: skip


def count(tree):
    """How many operators and leaves a tree has; X⁻ᵀ has one operator, and so has eˣ, which is exp(x)."""
    if tree.sign == "power" and tree.parts[0].word == "e":
        return 1 + count(tree.parts[1])
    if tree.sign == "transpose" and tree.parts[0].sign == "inverse":
        tree = tree.parts[0]
    return 1 + sum(count(part) for part in tree.parts if isinstance(part, Tree))


def inputs_of(graph):
    """Random inputs, positive where a power or a logarithm is taken of them."""
    found = {}
    for name, leaf in graph.inputs.items():
        shape = [N if str(size) == "N" else size for size in leaf.shape]
        drawn = RNG.integers(0, 3, shape) if leaf.dtype.kind == "i" else RNG.normal(size=shape)
        found[name] = abs(drawn) + 0.5 if name in "mnv" else drawn + 2 * np.eye(3) if name == "X" else drawn
        if name == "X" and np.linalg.det(found[name]) < 0:
            found[name] = found[name][::-1]
    return found


def written_out(step, derivation, given):
    """The trees that are displayed of a step, by the names that they define: its right side, and what is behind "with"."""
    defined = {
        TEXT.write(each.sides[0]): each.sides[-1] for each in derivation.steps if each.kind in ("definition", "gradient")
    }
    conditions = [parsed(TEXT.write(each)) for each in step.conditions]
    trees = {"": parsed(TEXT.write(step.sides[-1]))}
    pending = [*trees.values(), *conditions]
    for tree in pending:  # it grows while it is gone through
        for word in words_of(tree) - given - trees.keys():
            if word in defined:
                trees[word] = parsed(TEXT.write(defined[word]))
                pending.append(trees[word])
    return trees, conditions


def theirs_of(first, *beside):
    """What others write, in the same form: what is defined beside it, and conditions, which define nothing."""
    trees, conditions = {"": parsed(first)}, []
    for each in beside:
        name, defines, right = each.partition(" = ")
        if defines:
            trees[name] = parsed(right)
        else:
            conditions.append(parsed(each))
    return trees, conditions


def evaluated(trees, values, word=""):
    """What is displayed, as a number, by what is displayed for the names in it."""
    own = {each: evaluated(trees, values, each) for each in words_of(trees[word]) if each in trees}
    return np.asarray(value_of(trees[word], values | own))


def total(trees, conditions):
    """How much is written, footnotes included."""
    return sum(map(count, (*trees.values(), *conditions)))


def by_differences(graph, name, given):
    """The gradient for an input, by central differences of the loss."""
    found = np.zeros(np.shape(given[name]))
    for place in np.ndindex(found.shape):
        for step in (1e-6, -1e-6):
            moved = np.array(given[name], float)
            moved[place] += step
            found[place] += forward(graph, **given | {name: moved})["loss"] / (2 * step)
    return found


def lengths(loss, wrt, theirs):
    """How long ours is, and theirs, each of which has been evaluated as it is displayed."""
    graph = loss if isinstance(loss, mg.Graph) else mg.Graph(loss=loss)
    given = inputs_of(graph)
    derivation = graph.derive(wrt, **given)
    double = graph.astype(np.float64)
    run = forward(double, **given)
    gradients = run.backward("loss")
    values = {node.name: run[node.name] for node in graph.nodes if node.name} | {
        "N": N,
        "loss": run["loss"],
        "e": np.e,
        "I": np.eye(3),
    }
    values |= {f"δ{node}": gradient for node, gradient in gradients.items()}
    right = gradients[str(wrt)]
    if str(wrt) in given:
        np.testing.assert_allclose(right, by_differences(double, str(wrt), given), rtol=1e-6, atol=1e-8)

    def equals(found):
        np.testing.assert_allclose(np.broadcast_to(found.squeeze(), right.shape), right, rtol=1e-9, atol=1e-11)

    trees, conditions = theirs_of(*theirs)
    equals(evaluated(trees, values))
    known = {node.name for node in graph.nodes if node.name} | {"loss", "N"} | (words_of(trees[""]) - trees.keys())
    last = [step for step in derivation.steps if step.kind in ("gradient", "whole")][-2:]
    steps = [step for step in last if TEXT.write(step.sides[-2]) == TEXT.write(derivation.steps[-1].sides[-2])]
    ours = [written_out(step, derivation, known) for step in steps]
    for each, _ in ours:
        equals(evaluated(each, values))
    assert derivation.ok
    return min(total(*each) for each in ours), total(trees, conditions), derivation.text


@pytest.mark.parametrize("name", ALL)
def test_a_gradient_is_not_longer_than_on_paper(name):
    loss, wrt, *theirs = ALL[name]
    own, other, text = lengths(loss, wrt, theirs)
    assert own <= other, text


@pytest.mark.parametrize("name", LONGER)
def test_what_is_longer_is_known(name):
    loss, wrt, expected, *theirs = LONGER[name]
    assert lengths(loss, wrt, theirs)[:2] == expected


def test_a_footnote_and_what_stands_behind_with_are_counted():
    derivation = mg.Graph(loss=np.maximum(z, 0).sum()).derive(z)
    trees, conditions = written_out(derivation.steps[-1], derivation, {"z"})
    assert derivation.result.endswith("[z > 0], for z ≠ 0") and [*map(count, (trees[""], *conditions))] == [3, 3]
    derivation = layer_norm().derive("γ")
    trees, _ = written_out(derivation.steps[-1], derivation, {"g", "x", "γ", "β"})
    assert " with u1 = " in derivation.result and trees.keys() == {"", "u1"} and total(trees, ()) == 4 + 15
