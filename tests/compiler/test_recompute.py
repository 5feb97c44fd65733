"""Blocks that are computed again for their gradient: the same numbers, from less memory."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.blocks import block, transformer_encoder_layer

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(500, 16)).astype(np.float32), RNG.integers(0, 3, 500)


def deep(layers=6, inner=4, width=16):
    """Layers of several products each, every layer a block."""
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", width)), mg.Input("y", ("N",), dtype=np.int64)
    a = x
    for i in range(layers):
        with block(f"layer{i}"):
            for j in range(inner):
                a = mg.Tanh(a @ mg.Parameter(f"W{i}.{j}", rng.normal(0, width**-0.5, (width, width))))
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(a[:, :3], y))


def trained(graph, steps=3, **options):
    """The losses of some steps, and the parameters after them."""
    step = mg.compile(graph, updates=mg.SGD(0.5).minimize(graph["loss"]), **options)
    losses = [step(x=X, y=Y)["loss"] for _ in range(steps)]
    return losses, [parameter.value for parameter in graph.parameters.values()]


def buffers(step, **inputs):
    """The bytes of memory that a step's profile tells, of all rows at once."""
    text = step.profile(calls=1, **inputs)
    size, unit = text.split(" buffers of ")[1].split("B ")[0].rstrip("kMG"), text.split(" buffers of ")[1].split("B ")[0][-1]
    return float(size) * {"k": 1e3, "M": 1e6}[unit]


@pytest.mark.parametrize("recompute", [True, "layer0", ["layer1", "layer4"]])
@pytest.mark.parametrize("threads", [1, 2])
def test_the_numbers_are_the_same_to_the_last_bit(recompute, threads):
    plain, again = trained(deep(), threads=threads), trained(deep(), threads=threads, recompute=recompute)
    assert again[0] == plain[0]
    assert all(np.array_equal(a, b) for a, b in zip(again[1], plain[1], strict=True))


def test_only_what_enters_and_leaves_a_block_is_kept():
    x = mg.Input("x", (64, 16))
    a, made = x, {}
    for i in range(8):
        with block(f"layer{i}"):
            for j in range(8):
                a = mg.Tanh(a @ mg.Parameter(f"W{i}.{j}", np.eye(16)))
    loss = (a * a).sum()
    for recompute in (False, True):
        step = mg.compile(mg.Graph(loss=loss, **dict(gradients(loss, x))), recompute=recompute)
        made[recompute] = buffers(step, x=X[:64])
    assert made[True] < 0.45 * made[False]


def gradients(loss, x):
    (gradient,) = mg.gradient(loss, [x])
    yield "gradient", gradient


def test_a_copy_waits_for_the_gradient():
    graph = deep(layers=2, inner=2)
    source = mg.compile(graph, updates=mg.SGD(0.5).minimize(graph["loss"]), recompute=["layer0"]).source
    lines = [line.strip() for line in source.splitlines() if "np.tanh" in line or "np.exp" in line]
    assert [line[:7] for line in lines] == ["np.tanh"] * 4 + ["np.exp("] + ["np.tanh"]


def test_transformer_layers_and_what_is_drawn_at_random_are_computed_again_alike():
    def model():
        rng = np.random.default_rng(0)
        x = mg.Input("x", ("N", 5, 8))
        state = mg.RandomState(7)
        a = x
        for i in range(2):
            with block(f"layer{i}"):
                a = mg.Dropout(transformer_encoder_layer(a, heads=2, hidden=16, rng=rng), state, ratio=0.5)
        return mg.Graph(loss=(a * a).mean())

    rows, found = RNG.normal(size=(6, 5, 8)).astype(np.float32), []
    for recompute in (False, True):
        graph = model()
        updates = mg.SGD(0.1).minimize(graph["loss"])
        step = mg.compile(graph, updates={**updates, **mg.state_updates(graph["loss"])}, recompute=recompute)
        found.append([step(x=rows)["loss"] for _ in range(3)])
    assert found[0] == found[1]


def test_second_derivatives_and_single_rows_go_on_working():
    x = mg.Input("x", ("N", 2))
    with block("cube"):
        y = x * x * x
    (gradient,) = mg.gradient(y.sum(), [x])
    (curvature,) = mg.gradient((gradient * gradient).sum(), [x])
    graph = mg.Graph(curvature=curvature)
    for rows in (1, 3):
        given = {"x": np.arange(2.0 * rows).reshape(rows, 2)}
        np.testing.assert_allclose(mg.compile(graph, recompute=True)(**given)["curvature"], graph.forward(**given)["curvature"])


def test_a_block_that_is_none_is_refused(wording):
    with pytest.raises(mg.GraphError) as error:
        mg.compile(deep(layers=2), recompute=["layer7"])
    wording(error.value)
    x = mg.Input("x", ())
    with pytest.raises(mg.GraphError) as error:
        mg.compile(mg.Graph(y=x * x), recompute=["encoder"])
    wording(error.value)


def test_the_copies_of_recurrent_layers_wait_for_the_gradient_too():
    x = mg.Input("x", (64, 12, 16))
    states = x
    for name in ("first", "second", "third"):
        states, _ = mg.blocks.lstm(states, 32, rng=np.random.default_rng(0), name=name)
    loss = (states * states).mean()
    parameters = list(mg.Graph(loss).parameters.values())
    rows = RNG.normal(size=(64, 12, 16)).astype(np.float32)
    needed = {}
    for recompute in (False, True):
        step = mg.compile(
            mg.Graph(loss=loss),
            {w: w - g for w, g in zip(parameters, mg.gradient(loss, parameters), strict=True)},
            recompute=recompute,
        )
        needed[recompute] = buffers(step, x=rows)
    assert needed[True] < 0.7 * needed[False]
