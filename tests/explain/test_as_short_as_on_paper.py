"""Gradients beside those of others: equal as numbers, and not longer, counted as operators and leaves, conditions included."""

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
A, B, C, X, Y = (mg.Input(name, (3, 3)) for name in "ABCXY")
a, b, s, u, v = (mg.Input(name, (3,)) for name in "absuv")
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


def layer_norm():
    x, γ, g = mg.Input("x", ("N", 3)), mg.Input("γ", (3,)), mg.Input("g", ("N", 3))
    d = x - x.mean(axis=1, keepdims=True)
    r = 1 / np.sqrt((d**2).mean(axis=1, keepdims=True) + 1e-5)
    x̂ = d * r
    return mg.Graph(loss=(g * (γ * x̂)).sum(), names={"d": d, "r": r, "x̂": x̂})


def lstm():
    z_i, z_f, z_o, z_c, c0 = (mg.Input(name, ("N", 3)) for name in ("z_i", "z_f", "z_o", "z_c", "c0"))
    g = mg.Input("g", ("N", 3))
    i, f, o, k = mg.Sigmoid(z_i), mg.Sigmoid(z_f), mg.Sigmoid(z_o), np.tanh(z_c)
    c = f * c0 + i * k
    h = o * np.tanh(c)
    return mg.Graph(loss=(g * h).sum(), names={"i": i, "f": f, "o": o, "k": k, "c": c, "h": h})


CALCULUS = {  # matrixcalculus.org/documentation, the examples of valid input; what it says of their derivatives
    "½ xᵀAx": (0.5 * (v @ A @ v), v, "0.5 · (A · v + Aᵀ · v)"),
    "A exp(x)": ((A @ np.exp(v)).sum(), v, "exp(v) ⊙ (Aᵀ · ones(3))"),
    "(y ⊙ v)ᵀ x": ((u * v) @ w, v, "u ⊙ w"),
    "aᵇ": (m**n, m, "n · m^(n − 1)"),
    "aᵇ, by b": (m**n, n, "m^n · ln(m)"),
    "‖Ax − y‖₁": (np.abs(A @ v - u).sum(), v, "Aᵀ · sign(A · v − u)"),
    "‖Ax − y‖²": (((A @ v - u) ** 2).sum(), v, "2 · Aᵀ · (A · v − u)"),
    "Σ log(1 + exp(−y ⊙ Xw))": (
        np.log(np.exp(-t * (x @ w)) + 1).sum(), w,
        "−xᵀ · (exp(−t ⊙ (x · w)) ⊙ t / (1 + exp(−t ⊙ (x · w))))",
    ),
    "tr(AXᵀBXC)": (tr(A @ X.T @ B @ X @ C), X, "Bᵀ · X · Aᵀ · Cᵀ + B · X · C · A"),
    "log det X⁻¹": (np.log(det(inv(X))), X, "−X⁻ᵀ"),
}  # fmt: skip
COOKBOOK = {  # K. Petersen, M. Pedersen, The Matrix Cookbook, 15 November 2012, by the numbers of its equations
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
    "(81) xᵀBx": (v @ B @ v, v, "(B + Bᵀ) · v"),
    "(100) tr(XA)": (tr(X @ A), X, "Aᵀ"),
    "(101) tr(AXB)": (tr(A @ X @ B), X, "Aᵀ · Bᵀ"),
    "(102) tr(AXᵀB)": (tr(A @ X.T @ B), X, "B · A"),
    "(103) tr(XᵀA)": (tr(X.T @ A), X, "A"),
    "(106) tr(X²)": (tr(X @ X), X, "2 · Xᵀ"),
    "(107) tr(X²B)": (tr(X @ X @ B), X, "(X · B + B · X)ᵀ"),
    "(108) tr(XᵀBX)": (tr(X.T @ B @ X), X, "B · X + Bᵀ · X"),
    "(115) tr(XᵀX)": (tr(X.T @ X), X, "2 · X"),
}
NETWORKS = {
    "least squares": (0.5 * ((x @ w - t) ** 2).mean(), w, "xᵀ · (x · w − t) / N"),
    "weight decay": (0.5 * (w * w).sum(), w, "w"),
    "a sum": ((x @ w).sum() * 2, w, "2 · (xᵀ · ones(N))"),
    "logistic regression": (two_classes(), "w", "xᵀ · (p − t) / N"),
    "soft targets": (soft_targets(), "z", "(p ⊙ Σ columns (y) − y) / N"),
    "labels": (labels(), "z", "p − y"),
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
    # J. Ba and others, Layer Normalization, 2016; the gradient as K. Xu and others, 2019, equation 4 of "Understanding and …"
    "layer norm, γ": (layer_norm(), "γ", "Σ rows (g ⊙ x̂)"),
    "layer norm, x": (layer_norm(), "x", "r ⊙ (δx̂ − mean columns (δx̂) − x̂ ⊙ mean columns (δx̂ ⊙ x̂))"),
    # K. Greff and others, LSTM: A Search Space Odyssey, 2015, appendix A, without peepholes
    "LSTM, output gate": (lstm(), "z_o", "δh ⊙ tanh(c) ⊙ o ⊙ (1 − o)"),
    "LSTM, input gate": (lstm(), "z_i", "δc ⊙ k ⊙ i ⊙ (1 − i)"),
    "LSTM, forget gate": (lstm(), "z_f", "δc ⊙ c0 ⊙ f ⊙ (1 − f)"),
    "LSTM, block input": (lstm(), "z_c", "δc ⊙ i ⊙ (1 − k^2)"),
    "LSTM, cell": (lstm(), "c", "δh ⊙ o ⊙ (1 − tanh(c)^2)"),
}
ALL = CALCULUS | COOKBOOK | NETWORKS


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
        found[name] = abs(drawn) + 0.5 if name in "mn" else drawn + 2 * np.eye(3) if name == "X" else drawn
        if name == "X" and np.linalg.det(found[name]) < 0:
            found[name] = found[name][::-1]
    return found


def length(step, derivation, given):
    """How long the right side of a step is, with its conditions, and with what defines the names in it that nobody gave."""
    defined = {
        TEXT.write(each.sides[0]): each.sides[-1] for each in derivation.steps if each.kind in ("definition", "gradient")
    }
    pending, done = [step.sides[-1], *step.conditions], set()
    total = 0
    while pending:
        tree = parsed(TEXT.write(pending.pop()))
        total += count(tree)
        for word in words_of(tree) - given - done:
            done.add(word)
            if word in defined:
                pending.append(defined[word])
    return total


@pytest.mark.parametrize("name", ALL)
def test_a_gradient_is_not_longer_than_on_paper(name):
    loss, wrt, theirs = ALL[name]
    graph = loss if isinstance(loss, mg.Graph) else mg.Graph(loss=loss)
    given = inputs_of(graph)
    derivation = graph.derive(wrt, **given)
    run = forward(graph.astype(np.float64), **given)
    gradients = run.backward("loss")
    values = {node.name: run[node.name] for node in graph.nodes if node.name} | {"N": N}
    values |= {f"δ{node}": gradient for node, gradient in gradients.items()}
    right = gradients[str(wrt)]
    found = np.asarray(value_of(parsed(theirs), values))
    np.testing.assert_allclose(np.broadcast_to(found.squeeze(), right.shape), right, rtol=1e-9, atol=1e-11)
    last = [step for step in derivation.steps if step.kind in ("gradient", "whole")][-2:]
    steps = [step for step in last if TEXT.write(step.sides[-2]) == TEXT.write(derivation.steps[-1].sides[-2])]
    names = {name for node in graph.nodes if node.name for name in (node.name, f"δ{node.name}")} | {"loss", "N"}
    ours = min(length(step, derivation, names) for step in steps)
    assert derivation.ok
    assert ours <= count(parsed(theirs)), derivation.text
