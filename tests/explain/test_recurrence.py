"""A scan explained: drawn as a frame, and derived as a recurrence, whose lines of NumPy are a loop."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import summary

RNG = np.random.default_rng(0)
X, H = RNG.normal(size=(4, 3, 2)), RNG.normal(size=(3, 3))


def elman(reverse=False):
    x, h0 = mg.Input("x", ("T", "N", 2)), mg.Input("h0", ("N", 3))
    W, R = mg.Parameter("W", RNG.normal(size=(2, 3))), mg.Parameter("R", RNG.normal(size=(3, 3)))

    def step(state, x):
        h = np.tanh(x @ W + state["h"] @ R)
        return {"h": h}, h

    last, states = mg.scan(step, {"h": h0}, x, reverse=reverse)
    return mg.Graph(loss=(last["h"] ** 2).sum() + np.sin(states).sum(), names=locals())


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("name", ["R", "W", "h0", "x"])
def test_it_is_derived_as_a_recurrence(name, reverse):
    graph = elman(reverse)
    derivation = graph.derive(name, x=X, h0=H)
    assert derivation.ok
    text = str(derivation)
    assert f"h[t] = tanh(x[t] · W + h[t{'+' if reverse else '−'}1] · R)" in text
    assert f"v1[t] = (dh[t{'−' if reverse else '+'}1] + dy[t]) ⊙ (1 − h[t]²), dh[t] = v1[t] · Rᵀ" in text
    assert "Body" not in text + derivation.latex + derivation.program and "U+" not in derivation.latex


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("name", ["R", "W", "h0", "x"])
def test_its_lines_of_numpy_run(name, reverse):
    graph = elman(reverse)
    run = graph.astype(np.float64).forward(x=X, h0=H)
    values = {"np": np, "x": X, "h0": H} | {each: run[each] for each in graph.parameters}
    program = graph.derive(name).program
    exec(program, values)
    assert "for " in program and "mg." not in program
    np.testing.assert_allclose(values[f"d{name}"], run.backward()[name], atol=1e-12)


def test_a_loop_in_a_loop_is_derived_too():
    x, W = mg.Input("x", ("T", 2)), mg.Parameter("W", RNG.normal(size=(2, 2)))

    def step(h, x):
        inner, _ = mg.scan(lambda g, w: (np.tanh(g * w + x), None), h, W)
        return inner, None

    last, _ = mg.scan(step, x.sum(axis=0), x)
    graph = mg.Graph(loss=(last * last).sum())
    given = RNG.normal(size=(3, 2))
    derivation = graph.derive("W", x=given)
    assert derivation.ok
    values = {"np": np, "x": given, "W": graph["W"].value.astype(float)}
    exec(derivation.program, values)
    np.testing.assert_allclose(values["dW"], graph.astype(float).forward(x=given).backward()["W"], atol=1e-12)


def titles(circuit):
    return re.findall(r"label=<(?:<b>)?([^<>]+)", circuit.source)


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_its_body_is_drawn_once_in_a_frame_with_a_wire_back(reverse):
    graph = elman(reverse)
    drawn = graph.draw()
    assert {"x[t]", f"h[t{'+' if reverse else '−'}1]", "h[1]" if reverse else "h[T]", "h[1…T]"} <= set(titles(drawn))
    assert titles(drawn).count("tanh") == 1 and not any("scan" in title for title in titles(drawn))
    assert "× T" + " backwards" * reverse in drawn.source
    back = [line for line in drawn.source.splitlines() if "dashed" in line]
    assert len(back) == 1 and back[0].split()[0].startswith("Tanh")
    assert drawn.source == elman(reverse).draw().source


def test_a_run_shows_what_enters_and_leaves_the_frame():
    graph = elman()
    run = graph.forward(x=X, h0=H)
    shown = run.draw().source
    gradients = run.backward()
    for value in (run["h0"], gradients["h0"], gradients["R"], run["states"], gradients["states"]):
        assert summary(value) in shown


def test_its_gradient_is_a_frame_of_its_own(tmp_path):
    graph = elman()
    (dR,) = mg.gradient(graph["loss"], [graph["R"]])
    both = mg.Graph(loss=graph["loss"], dR=dR)
    source = both.draw().source
    assert "× T backwards" in source and {"dh[t+1]", "dy[t]", "h[t]"} <= set(titles(both.draw()))
    assert source.count("style=dashed") == 2
    both.draw(tmp_path / "circuit.svg", depth=None)
    both.forward(x=X, h0=H).explain(tmp_path / "page.html")


def test_a_path_leads_through_the_frame():
    graph = elman()
    assert graph.draw(path=("R", "loss")).source != graph.draw().source
    assert graph.draw(path=(graph["R"], graph["loss"])).source == graph.draw(path=("R", "loss")).source
