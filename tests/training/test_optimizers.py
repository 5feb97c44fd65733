"""Optimizers on the article's model, against the same written by hand and against PyTorch's stored answers."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.optim.schedules import cosine, one_cycle, step_decay, warm_up
from models.two_layer import build


def test_a_thousand_steps_equal_those_written_by_hand():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(100, 2)), rng.integers(0, 2, 100)
    graph = build(hidden=20).astype(np.float64)
    W1, b1, W2, b2 = (graph[name].value.copy() for name in ("W1", "b1", "W2", "b2"))
    step = mg.compile(graph, updates=mg.SGD(0.01).minimize(graph["loss"]))
    for _ in range(1000):
        loss = step(x=X, y=Y)["loss"]
        a1 = np.tanh(X @ W1 + b1)
        z2 = a1 @ W2 + b2
        powers = np.exp(z2)
        probabilities = powers / powers.sum(1, keepdims=True)
        expected = -np.log(probabilities[np.arange(100), Y]).mean()
        difference = (probabilities - np.eye(2)[Y]) / 100
        hidden = difference @ W2.T * (1 - a1**2)
        W2 = W2 - 0.01 * a1.T @ difference
        b2 = b2 - 0.01 * difference.sum(0)
        W1 = W1 - 0.01 * X.T @ hidden
        b1 = b1 - 0.01 * hidden.sum(0)
        assert abs(loss - expected) < 1e-9
    for name, array in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
        assert np.abs(graph[name].value - array).max() < 1e-9


@pytest.mark.parametrize("rate", [0.5, 1, np.float64(0.5)])
def test_the_learning_rate_does_not_widen_the_parameters(rate):
    graph = build(hidden=4)
    updates = mg.SGD(rate).minimize(graph["loss"])
    assert {node.dtype for node in updates.values()} == {np.dtype(np.float32)}


def test_a_batch_without_rows_changes_no_parameter():
    graph = build(hidden=4)
    before = {name: p.value.copy() for name, p in graph.parameters.items()}
    step = mg.compile(graph, updates=mg.SGD(0.5).minimize(graph["loss"]))
    step(x=np.zeros((0, 2)), y=np.zeros(0, int))
    assert all(np.array_equal(p.value, before[name]) for name, p in graph.parameters.items())


@pytest.mark.parametrize("others, found", [([], "no parameters"), ([mg.Parameter("other", [1.0, 2.0])], "other")])
def test_what_the_loss_does_not_depend_on_is_refused(others, found):
    w = mg.Parameter("w", 3.0)
    with pytest.raises(mg.GraphError, match=found):
        mg.SGD(0.25).minimize(w * w, others and [w, *others])


def test_only_the_parameters_asked_for_change():
    a, b = mg.Parameter("a", 1.0), mg.Parameter("b", 2.0)
    loss = a * b
    assert list(mg.SGD(0.5).minimize(loss, [b])) == [b]
    assert list(mg.SGD(0.5).minimize(loss)) == [a, b]


@pytest.mark.parametrize("rate", [0, -0.1, float("nan"), float("inf"), "0.1", None])
def test_a_learning_rate_that_is_not_positive_is_refused(rate, wording):
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(rate)
    wording(caught.value)


def test_what_makes_a_schedule_is_no_schedule():
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(mg.schedules.cosine)
    assert str(caught.value).startswith("A schedule is a function of the step alone, and cosine takes (learning_rate: ")
    assert str(caught.value).endswith(": call it, as in mg.schedules.cosine(0.01, steps=1000), which gives a schedule.")


def test_only_a_node_can_be_minimized_and_only_a_list_of_variables_changed(wording):
    w = mg.Parameter("w", 1.0)
    for loss in ("loss", mg.Graph(loss=w * w)):
        with pytest.raises(mg.GraphError) as caught:
            mg.SGD(0.1).minimize(loss)
        wording(caught.value)
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(0.1).minimize(w * w, w)
    wording(caught.value)


def test_a_loss_without_parameters_cannot_be_minimized(wording):
    loss = mg.Input("x", ()) * 2
    loss.name = "loss"
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(0.1).minimize(loss)
    wording(caught.value)


def test_what_is_no_variable_cannot_be_updated(wording):
    x, w = mg.Input("x", ()), mg.Parameter("w", 1.0)
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(0.1).minimize(x * w, [x])
    wording(caught.value)


STORED = Path(__file__).parent.parent / "oracles" / "optimizers.npz"
PARAMETERS = ("W1", "b1", "W2", "b2")
OPTIMIZERS = {
    "sgd": mg.SGD(0.1),
    "momentum": mg.SGD(0.05, momentum=0.9),
    "nesterov": mg.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "decay by name": mg.SGD(0.1, weight_decay={"W1": 0.1}),
    "adagrad": mg.Adagrad(0.1, weight_decay=0.01),
    "rmsprop": mg.RMSProp(0.01),
    "rmsprop with momentum": mg.RMSProp(0.003, rho=0.9, momentum=0.9, weight_decay=0.01),
    "adam": mg.Adam(0.01),
    "adam with decay": mg.Adam(0.01, beta1=0.8, beta2=0.95, epsilon=1e-6, weight_decay=0.1),
    "adamw": mg.AdamW(0.01, weight_decay=0.1),
    "lion": mg.Lion(0.003, weight_decay=0.1),
    "muon": mg.Muon(0.02),
    "clipped by norm": mg.SGD(0.1, clip_norm=0.3),
    "clipped by value": mg.SGD(0.1, clip_value=0.05),
    "accumulated": mg.Adam(0.01, accumulate=4),
    "averaged": mg.Adam(0.01, average=0.9),
    "step decay": mg.SGD(step_decay(0.1, every=30, factor=0.5)),
    "cosine": mg.SGD(cosine(0.1, steps=100, end=0.01)),
    "warm-up": mg.SGD(warm_up(0.1, steps=20)),
    "one cycle": mg.SGD(one_cycle(0.5, steps=100)),
}


def trained(optimizer, stored, dtype=np.float64):
    """The losses of 100 steps on the stored batches, the graph and the variables of the updates by name."""
    graph = build(hidden=6).astype(dtype)
    for name in PARAMETERS:
        graph[name].value = stored[name].astype(dtype)
    updates = optimizer.minimize(graph["loss"])
    step = mg.compile(graph, updates=updates)
    losses = [step(x=x, y=y)["loss"] for x, y in zip(stored["x"], stored["y"], strict=True)]
    return np.array(losses), graph, {variable.name: variable for variable in updates}


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_a_hundred_steps_equal_pytorchs(case):
    with np.load(STORED) as stored:
        losses, _, variables = trained(OPTIMIZERS[case], stored)
        names = [f"{name}.average" if case == "averaged" else name for name in PARAMETERS]
        found = np.concatenate([variables[name].value.ravel() for name in names])
        assert np.abs(losses - stored[f"{case}: losses"]).max() < 1e-9
        assert np.abs(found - stored[f"{case}: parameters"]).max() < 1e-9


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_no_optimizer_widens_float32(case):
    with np.load(STORED) as stored:
        losses, _, variables = trained(OPTIMIZERS[case], stored, np.float32)
        kept = {v.dtype for name, v in variables.items() if not name.endswith((".steps", ".batches"))}
        assert kept == {losses.dtype} == {np.dtype(np.float32)}
        # the sign of a gradient near 0 differs between precisions, and so does Muon's direction of a small matrix
        assert np.allclose(losses, stored[f"{case}: losses"], rtol=0.02 if case in ("lion", "muon") else 1e-3)


@pytest.mark.parametrize("case", [case for case in OPTIMIZERS if case not in ("lion", "muon")])
def test_every_optimizer_computes_in_float32_for_parameters_of_half_precision(case):
    with np.load(STORED) as stored:
        losses, _, variables = trained(OPTIMIZERS[case], stored, np.float16)
        assert {variables[name].dtype for name in PARAMETERS} == {np.dtype(np.float16)}
        kept = {v.dtype for name, v in variables.items() if name not in PARAMETERS and v.dtype.kind == "f"}
        assert kept <= {np.dtype(np.float32)}
        assert np.allclose(losses, stored[f"{case}: losses"], rtol=0.02)


def test_epsilon_holds_in_half_precision():
    w = mg.Parameter("w", [1.0, 0.0], dtype=np.float16)
    loss = (w * w).sum()
    mg.compile(mg.Graph(loss=loss), updates=mg.Adam(0.1).minimize(loss))()
    assert w.value.tolist() == [np.float16(0.9), 0.0]  # 0 / (0 + ε), where 1e-8 of half precision is 0


def test_accumulated_batches_count_as_one_batch():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
    graphs = [build(hidden=4).astype(np.float64) for _ in range(2)]
    options = {"clip_norm": 0.1, "average": 0.5}
    whole, parts = (
        mg.compile(graph, updates=mg.AdamW(0.1, accumulate=k, **options).minimize(graph["loss"]))
        for graph, k in zip(graphs, (1, 4), strict=True)
    )
    for _ in range(3):
        whole(x=x, y=y)
        for start in range(0, 40, 10):
            parts(x=x[start : start + 10], y=y[start : start + 10])
    for (new, _), old in zip(whole.updates.items(), (v for v in parts.updates if v.name in names_of(whole)), strict=True):
        assert np.abs(new.value - old.value).max() < 1e-12, new.name


def names_of(program):
    return {variable.name for variable in program.updates}


def test_optimizers_of_different_parameters_fit_into_one_program():
    w, v = mg.Parameter("w", 3.0), mg.Parameter("v", 3.0)
    loss = w * w + v * v
    updates = mg.Adam(0.1).minimize(loss, [w]) | mg.Adam(0.2).minimize(loss, [v])
    mg.compile(mg.Graph(loss=loss), updates=updates)()
    assert (w.value, v.value) == (pytest.approx(2.9), pytest.approx(2.8))


def test_the_weight_decay_may_depend_on_the_parameter():
    W, b = mg.Parameter("W", [[2.0]]), mg.Parameter("b", [2.0])
    loss = (0 * (W + b)).sum()
    mg.compile(mg.Graph(loss=loss), updates=mg.AdamW(0.5, weight_decay=lambda p: 0.1 if p.ndim > 1 else 0).minimize(loss))()
    assert (W.value.item(), b.value.item()) == (pytest.approx(1.9), 2.0)


def test_muon_makes_a_step_about_orthogonal():
    W = mg.Parameter("W", np.zeros((3, 5)), np.float64)
    pull = np.random.default_rng(0).normal(size=(3, 5))
    loss = (W * pull).sum()
    mg.compile(mg.Graph(loss=loss), updates=mg.Muon(1.0).minimize(loss))()
    assert np.linalg.svd(W.value, compute_uv=False) == pytest.approx([1, 1, 1], abs=0.35)


OPTIONS = {
    "a negative weight decay": lambda: mg.SGD(0.1, weight_decay=-1),
    "a norm of 0": lambda: mg.SGD(0.1, clip_norm=0),
    "a beta of 1": lambda: mg.Adam(0.1, beta1=1.0),
    "no batches": lambda: mg.Adam(0.1, accumulate=0),
    "an average that is no fraction": lambda: mg.Adam(0.1, average=1),
    "no epsilon": lambda: mg.Adagrad(0.1, epsilon=float("nan")),
    "Nesterov without a momentum": lambda: mg.SGD(0.1, nesterov=True),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_makes_no_sense_is_refused_where_it_is_given(name, wording):
    with pytest.raises(mg.GraphError) as caught:
        OPTIONS[name]()
    wording(caught.value)


def test_a_weight_decay_of_no_parameter_is_refused(wording):
    w = mg.Parameter("weight", 1.0)
    with pytest.raises(mg.UnknownNameError) as caught:
        mg.SGD(0.1, weight_decay={"weights": 0.1}).minimize(w * w)
    wording(caught.value)


def test_a_schedule_that_gives_several_numbers_is_refused(wording):
    w, rates = mg.Parameter("w", 1.0), np.array([0.1, 0.2])
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(lambda step: step * rates).minimize(w * w)
    wording(caught.value)


@pytest.mark.parametrize("size", [1e25, 1e38, 1e-30])
def test_the_norm_for_clipping_neither_overflows_nor_underflows(size):
    w, b, none = mg.Parameter("w", [0.0, 0.0]), mg.Parameter("b", 0.0), mg.Parameter("none", np.zeros((0, 3)))
    slopes = mg.Input("slopes", (3,))
    loss = (w * slopes[:2]).sum() + b * slopes[2] + none.sum()
    limit = size / 2
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(1.0, clip_norm=limit).minimize(loss))
    step(slopes=[1 * size, 2 * size, -2 * size])
    assert w.value.tolist() == pytest.approx([-limit / 3, -limit * 2 / 3]) and b.value == pytest.approx(limit * 2 / 3)


def test_a_gradient_that_is_not_finite_is_not_clipped_to_0():
    w = mg.Parameter("w", [0.0, 0.0])
    loss = (w * mg.Input("slopes", (2,))).sum()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(1.0, clip_norm=1.0).minimize(loss))
    step(slopes=[np.inf, 1.0])
    assert np.isnan(w.value).all()
