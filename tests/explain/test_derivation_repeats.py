"""Layers that are alike are derived once, "× 12"."""

import numpy as np

import minigraph as mg

RNG = np.random.default_rng(0)


def derivation(layers):
    """That of a deep network for its first parameter, of functions of a value and a layer's two parameters."""
    a = x = mg.Input("x", ("N", 4))
    for i, layer in enumerate(layers):
        a = layer(a, mg.Parameter(f"W{i}", RNG.normal(size=(4, 4))), mg.Parameter(f"V{i}", RNG.normal(size=(4, 4))))
    return mg.derive((a**2).mean(), a_parameter(a), x=RNG.normal(size=(3, 4))), x


def a_parameter(a):
    return mg.Graph(a)["W0"]


def tanh(a, W, V):
    return np.tanh(a @ W) @ V


def other_way_round(a, W, V):
    return np.tanh(a @ V) @ W


def relu(a, W, V):
    return np.maximum(a @ W, 0) @ V


def times(found, kind):
    return [step.again.partition(":")[0] for step in found.steps if step.kind == kind and step.again]


def test_equal_layers_are_shown_once():
    found, _ = derivation([tanh] * 12)
    assert found.ok
    assert len(found.steps) < 25
    for kind in ("definition", "local", "gradient"):
        (said,) = times(found, kind)
        assert said in ("× 8", "× 9", "× 10", "× 11", "× 12")
    again = next(step.again for step in found.steps if step.again)
    assert "…" in again
    for text in (found.text, found.markdown, found.html, found.latex):
        assert "×" in text or r"\times" in text


def test_layers_that_differ_are_shown():
    mixed, _ = derivation([tanh, relu] * 2)
    assert not any(step.again for step in mixed.steps)
    three, _ = derivation([tanh] * 3)
    assert not any(step.again for step in three.steps)


def test_names_stand_where_others_stood():
    """tanh(a · W) · W is another layer than tanh(a · W) · V, though each alone is written alike."""
    found, _ = derivation([tanh] * 6 + [lambda a, W, V: np.tanh(a @ W) @ W] * 6)
    assert {said for kind in ("definition", "local", "gradient") for said in times(found, kind)} <= {"× 4", "× 5", "× 6"}
    assert found.ok


def test_a_step_that_does_not_agree_is_shown():
    class Wrong(mg.Node):
        """A square root whose derivative is wrong."""

        def forward(self, x, out=None):
            return np.sqrt(x, out=out)

        def backward(self, gradient, y, x):
            return gradient / y

    x = mg.Parameter("x", np.array([3.0, 5.0]))
    a = x
    for i in range(6):
        a = Wrong(a + 1, name=f"a{i}")
    found = mg.derive(a.sum(), x)
    assert found.ok is False
    assert sum(not step.ok for step in found.steps if step.kind == "gradient") > 5
