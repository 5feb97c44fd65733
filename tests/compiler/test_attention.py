"""What the programs of transformers are made of."""

import numpy as np

import minigraph as mg
from minigraph.compiler import engine as engine_module


def attention(length=6, features=8, heads=2):
    """The loss of one layer of attention, and its weights' gradients."""
    x = mg.Input("x", ("N", length, features))
    y = mg.blocks.multi_head_attention(x, heads=heads, causal=True, rng=np.random.default_rng(0), name="attention")
    loss = (y * y).mean()
    weights = mg.Graph(loss=loss).variables.values()
    gradients = {f"d{i}": each for i, each in enumerate(mg.gradient(loss, [*weights]))}
    return mg.Graph(loss=loss, **gradients)


def lines(step):
    return [line.strip() for line in step.source.splitlines()]


def test_each_gradient_of_attentions_weights_and_biases_is_one_product_of_all_rows():
    graph = attention()
    step = mg.compile(graph)
    given = {"x": np.random.default_rng(1).normal(size=(5, 6, 8)).astype(np.float32)}
    plain = graph.forward(**given)
    for name, value in step(**given).items():
        np.testing.assert_allclose(value, plain[name], rtol=1e-4, atol=1e-6)
    assert not [line for line in lines(step) if line.startswith("np.add.reduce") and "axis=(0, 1, 2)" not in line]


def test_a_graph_without_windows_is_lowered_once(monkeypatch):
    calls, lowered = [], engine_module.lowered
    monkeypatch.setattr(engine_module, "lowered", lambda *given, **named: calls.append(1) or lowered(*given, **named))
    mg.compile(np.tanh(mg.Input("x", ("N", 2))))
    assert len(calls) == 1
    mg.compile(mg.MaxPool(mg.Input("x", ("N", 1, 8, 8)), kernel_shape=(2, 2), strides=(2, 2)))
    assert len(calls) == 3


def test_numbers_that_scale_the_same_are_multiplied_in_their_own_type():
    x, number = mg.Input("x", ("N",)), np.float32(0.999)
    assert number * number != np.float32(0.999 * 0.999)
    step = mg.compile(mg.Graph(y=(x * number).reshape("N", 1) * number))
    assert step(x=np.ones(3, np.float32))["y"].ravel().tolist() == [number * number] * 3
