"""A scan explained: drawn as a frame, and derived as a recurrence, whose lines of NumPy are a loop."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import summary
from tests.displayed import text
from tests.displayed.tree import value_of

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
    said = str(derivation).replace("\n" + " " * 11, ", ")
    assert f"h[t] = tanh(x[t] · W + h[t{'+' if reverse else '−'}1] · R)" in said
    back = f"δh[t{'−' if reverse else '+'}1]"
    if name != "h0":
        assert f"v1[t] = ({back} + δstates[t]) ⊙ (1 − states[t]²), δh[t] = v1[t] · Rᵀ" in said
    else:
        assert f"δh[t] = (({back} + δstates[t]) ⊙ (1 − states[t]²)) · Rᵀ" in said
    assert (f"h[{'T+1' if reverse else '0'}] = h0" in said and "Σₙ (" in said) or name not in "RW"
    assert "Body" not in said + derivation.latex + derivation.program and "U+" not in derivation.latex


def computed(line, values, steps):
    """What stands before "where", from the equations behind it, place by place as they are displayed."""
    which, _, equations = line.partition(" where ")
    sides = [text.split(each) for each in re.split(r", (?=\S+\[\S+\] = )", equations)]
    begin = [(left, right) for left, right in sides if not left.endswith("[t]")]
    step = [(left.removesuffix("[t]"), text.parsed(right)) for left, right in sides if left.endswith("[t]")]
    known = {name: np.concatenate([x[:1] * np.nan, x]) if np.ndim(x) == 3 else x for name, x in values.items()}
    backwards = "T+1" in equations
    for left, right in begin:
        first = np.asarray(value_of(text.parsed(right), known))
        known[left.partition("[")[0]] = np.full((steps + 2, *np.broadcast_shapes(first.shape, H.shape)), np.nan)
        known[left.partition("[")[0]][steps + 1 if backwards else 0] = first
    for t in range(steps, 0, -1) if backwards else range(1, steps + 1):
        for name, right in step:
            found = np.asarray(value_of(right, known | {"t": np.asarray(t)}))
            known.setdefault(name, np.full((steps + 2, *found.shape), np.nan))[t] = found
    return known[which.partition("[")[0]][1 : steps + 1]


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_its_equations_are_so_place_by_place(reverse):
    graph = elman(reverse)
    run = graph.astype(np.float64).forward(x=X, h0=H)
    derivation = graph.derive("R", x=X, h0=H)
    joined = derivation.text.replace(" where\n" + " " * 11, " where ").replace("\n" + " " * 11, ", ")
    lines = [line.partition(" = ")[2] for line in re.sub(r"\n +=", " =", joined).splitlines() if " where " in line]
    lines = [line for line in lines if "□" not in line]  # which local derivatives have
    values = {name: run[name] for name in ("x", "h0", "W", "R", "states")}
    np.testing.assert_allclose(computed(lines[0], values, len(X)), run["states"], atol=1e-12)
    states, gradients = run["states"], run.backward()
    values |= {"δstates": np.cos(states), "δu1": 2 * states[0 if reverse else -1]}
    previous = np.concatenate([states[1:], H[None]] if reverse else [H[None], states[:-1]])
    assert len(lines) == 3  # of the states, and of the last one
    found = sum((previous.mT @ computed(line, values, len(X))).sum(0) for line in lines[1:])
    np.testing.assert_allclose(found, gradients["R"], atol=1e-12)


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


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("layer", ["lstm", "gru", "rnn"])
def test_a_recurrent_layer_goes_back_by_its_gates(layer, direction):
    x = mg.Input("x", ("N", "T", 3))
    states, _ = getattr(mg.blocks, layer)(x, 4, rng=np.random.default_rng(0), name="l", direction=direction)
    graph, given = mg.Graph(loss=(states * states).sum()), RNG.normal(size=(2, 5, 3))
    for name in graph.parameters:
        derivation = graph.derive(name, x=given)
        assert derivation.ok
        assert "scatter" not in derivation.text and "np.zeros((3," not in derivation.program
        values = {"np": np, "x": given} | {each.replace(".", "_"): graph[each].value.astype(float) for each in graph.parameters}
        exec(derivation.program, values)
        gradient = graph.astype(float).forward(x=given).backward()[name]
        np.testing.assert_allclose(values["d" + name.replace(".", "_")], gradient, atol=1e-12)
    said = graph.derive(f"l.{direction}.R").text
    if layer == "lstm":
        assert "c[t] = f[t] ⊙ c[t" in said and "+ i[t] ⊙ g[t]\n" in said and "δc[t] = v2[t] ⊙ f[t]" in said
    assert "for dhs_t, " in graph.derive(f"l.{direction}.R").program


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
