"""The lines of NumPy of a derivation, as a person writes them."""

import numpy as np
import pytest

import minigraph as mg

RNG = np.random.default_rng(0)
A, b, w = mg.Input("A", ("N", 3)), mg.Input("b", ("N",)), mg.Parameter("w", RNG.normal(size=3))
i = mg.Input("i", ("N",), dtype=np.int64)
E, W = mg.Parameter("E", RNG.normal(size=(7, 4))), mg.Parameter("W", RNG.normal(size=(3, 3)))
bias = mg.Parameter("bias", RNG.normal(size=3))
x = mg.Input("x", ("N", 2, 6, 6))
F = mg.Parameter("F", RNG.normal(size=(3, 2, 3, 3)))


def inputs(graph):
    rows, drawn = 5, {}
    for name, leaf in graph.inputs.items():
        shape = [rows if axis == "N" else axis for axis in leaf.shape]
        drawn[name] = RNG.integers(0, 7, shape) if leaf.dtype.kind == "i" else RNG.normal(size=shape)
    return drawn


def lines_of(output, wrt):
    """The lines, which are run, and give what reverse mode gives."""
    graph = mg.Graph(output).astype(np.float64)
    given = inputs(graph)
    derivation = graph.derive(wrt, **given)
    names = {"np": np, "mg": mg, **given, **{name: value.value for name, value in graph.parameters.items()}}
    exec(derivation.program, names | derivation.constants, names)
    lines = derivation.program.splitlines()
    right = graph.forward(**given).backward()[wrt]
    np.testing.assert_allclose(names[f"d{wrt}"], right, atol=1e-12 * np.abs(right).max())
    assert names[f"d{wrt}"].shape == right.shape
    assert max(map(len, lines)) <= 120
    assert not any(word in derivation.program for word in ("np.squeeze", "np.expand_dims", "np.add.reduce", "np.asarray"))
    return lines


AS_WRITTEN = [
    ("least squares", 0.5 * ((A @ w - b) ** 2).sum(), "w", "dw = A.T @ (A @ w - b)"),
    ("a sum over rows", (np.tanh(A @ W + bias) ** 2).sum(), "bias", ".sum(0)"),
    ("a product of columns and rows", np.tanh(w @ W @ w), "W", "dW = dz * np.outer(w, w)"),
    ("a hidden layer", (np.maximum(A @ W + bias, 0) ** 2).sum(), "W", "dW = A.T @ "),
    ("one of several classes", mg.SoftmaxCrossEntropy(A @ W, i % 3), "W", "[:, None] == np.arange(3))) / N"),
    ("rows of a table", (mg.Gather(E, i) ** 2).sum(), "E", "np.add.at(dE, i, "),
    ("a part of a table", (E[1:3, ::2] ** 2).sum(), "E", "dE[1:3, ::2] = "),
    ("a column of a table", (E[:, 2] ** 2).sum(), "E", "dE[:, 2] = "),
    ("a convolution", (mg.Conv(x, F, pads=(1, 1, 1, 1)) ** 2).sum(), "F", "mg.Conv.apply(x, F, pads=(1, 1, 1, 1))"),
    ("a softmax", (mg.Softmax(A @ W) ** 2).sum(), "W", ".sum(1, keepdims=True)"),
    ("where something holds", (np.where(A > 0, A, 2 * A) @ w).sum(), "w", "np.where(A > 0, A, 2 * A)"),
]


@pytest.mark.parametrize(("output", "wrt", "line"), [row[1:] for row in AS_WRITTEN], ids=[row[0] for row in AS_WRITTEN])
def test_the_lines_are_as_people_write_them(output, wrt, line):
    lines = lines_of(output, wrt)
    assert any(line in each for each in lines), lines


def test_truths_are_added_as_numbers():
    ties = mg.Max(w, mg.Parameter("v", w.value), name="m")  # where both are largest each takes half of the gradient
    lines = lines_of((ties**2).sum(), "w")
    assert any(".astype(float) + " in each for each in lines), lines


def test_a_loop_stands_once_and_lists_what_is_read():
    states, _ = mg.blocks.rnn(mg.Input("s", ("N", 5, 2)), 3, rng=np.random.default_rng(0))
    graph = mg.Graph(loss=(states * states).sum()).astype(np.float64)
    given = {"s": RNG.normal(size=(4, 5, 2))}
    derivation = graph.derive("rnn.forward.R", **given)
    names = {"np": np, **given} | {name.replace(".", "_"): value.value for name, value in graph.parameters.items()}
    exec(derivation.program, names)
    np.testing.assert_allclose(names["drnn_forward_R"], graph.forward(**given).backward()["rnn.forward.R"], atol=1e-12)
    assert derivation.program.count("for ") == 2  # one there, and one back


def test_a_long_rule_is_called_by_its_name_and_what_is_known_is_not_computed_again():
    z = mg.LayerNormalization(A @ W, bias, bias, name="z")
    lines = lines_of((mg.Gelu(z) ** 2).sum(), "W")
    assert any("mg.Erf.apply(" in each for each in lines) and not any("0.46875" in each for each in lines)
    assert sum("np.sqrt(" in each for each in lines) == 1, lines
