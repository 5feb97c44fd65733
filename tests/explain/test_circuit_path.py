"""How one node reaches another, marked in the circuit."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.circuit import nodes_between
from models.two_layer import build
from tests.explain.test_circuit import texts
from tests.explain.test_circuit_large import uneven


def test_the_path_is_what_leads_from_one_end_to_the_other():
    graph = build()
    between = nodes_between(graph, (graph["W2"], "loss"))
    assert between == {graph["W2"], graph["z2"], graph["loss"], graph["z2"].operands[0]}


def test_a_path_ends_at_itself():
    graph = build()
    assert nodes_between(graph, ("z1", "z1")) == {graph["z1"]}


def test_what_is_not_on_the_path_is_pale():
    circuit = build().draw(path=("W1", "loss"))
    lines = {key: line for line in circuit.source.splitlines() for key in re.findall(r'^\t"?([\w-]+)"? \[', line)}
    assert all('color="#b9c0ca"' in lines[key] for key in ("x", "b1", "W2", "b2", "y", "output-1"))
    assert all('color="#b9c0ca"' not in lines[key] for key in ("W1", "MatMul1", "z1", "a1", "MatMul2", "z2", "output-0"))
    assert "strong lines: the paths that were asked for; all else is pale" in texts(circuit)


def test_the_wires_of_the_path_are_strong():
    source = build().draw(path=("W1", "loss")).source
    strong = re.findall(r'^\t"?([\w-]+)"?[:\w]* -> .*penwidth=2.4', source, re.M)
    assert {"W1", "MatMul1", "z1-wire", "a1-wire", "z2"} <= set(strong) and "b1" not in strong


def test_no_path_is_told():
    graph = build()
    with pytest.raises(mg.GraphError, match=r"^No path leads from b2 to z1\.\n  b2 was made at two_layer\.py:\d+, z1 at"):
        graph.draw(path=("b2", "z1"))


@pytest.mark.parametrize("path", ["W1", ("W1",), ("x", "z1", "loss")])
def test_a_path_has_two_ends(path, wording):
    with pytest.raises(mg.GraphError) as error:
        build().draw(path=path)
    wording(error.value)


def test_an_unknown_end_is_told():
    with pytest.raises(mg.UnknownNameError, match="Did you mean 'W2'"):
        build().draw(path=("W", "loss"))


def test_a_run_and_a_plain_picture_show_paths_too():
    assert "penwidth=2.4" in build(hidden=5).forward(x=np.ones((3, 2)), y=[0, 1, 1]).draw(path=("W1", "loss")).source
    graph = uneven(500)
    last = graph["loss"].operands[0]
    source = mg.Graph(loss=graph["loss"], other=np.tanh(last)).draw(path=(last, "loss"), depth=None).source
    assert source.count('fontcolor="#5b6470"') > 450
