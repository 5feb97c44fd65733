"""The time that compiling takes grows with the graph, and no faster."""

import gc
import random
import time

import numpy as np
import pytest

import minigraph as mg
from minigraph.compiler.engine import collector_paused
from minigraph.core.numpy_protocol import NumPyProtocol


def chain(length):
    y = mg.Input("x", ("N", 4))
    for _ in range(length // 2):
        y = np.tanh(y) * 1.01
    return y.sum()


def irregular(length):
    """Each node on two of those before it, some near, some far."""
    choose, x = random.Random(0), mg.Input("x", ("N", 4))
    nodes = [x, *(mg.Parameter(f"p{i}", np.full(4, 0.5)) for i in range(9))]
    for _ in range(length):
        one, other = choose.choice(nodes[-20:]), choose.choice(nodes if choose.random() < 0.3 else nodes[-5:])
        nodes.append(choose.choice([np.add, np.multiply, np.subtract, np.maximum])(np.sin(one), other))
    return nodes[-1].sum()


def seconds(compose, length):
    loss = compose(length)
    graph = mg.Graph(loss=loss)
    (slope,) = mg.gradient(loss, [graph.inputs["x"]])
    start = time.process_time()
    mg.compile(mg.Graph(loss=loss, slope=slope))(x=np.zeros((3, 4)))
    return time.process_time() - start


@pytest.mark.parametrize("compose", [chain, irregular])
def test_ten_times_as_many_nodes_take_about_ten_times_as_long(compose):
    few = min(seconds(compose, 300) for _ in range(3))
    assert seconds(compose, 3000) < 20 * few


def test_no_node_is_asked_for_what_it_does_not_have(monkeypatch):
    asked = []
    really = NumPyProtocol.__getattr__
    monkeypatch.setattr(NumPyProtocol, "__getattr__", lambda self, name: asked.append(name) or really(self, name))
    seconds(chain, 20)
    assert asked == []  # each time the nearest of all names would be looked for


@pytest.mark.parametrize(("length", "branches"), [(20, 0), (3000, 1)])
def test_a_long_program_begins_with_a_branch(length, branches):
    loss = chain(length)
    (slope,) = mg.gradient(loss, [mg.Graph(loss).inputs["x"]])
    lines = mg.compile(mg.Graph(loss=loss, slope=slope)).source.splitlines()
    before = lines[lines.index("def program(N, empty=np.empty):") + 1 :]
    assert before[0].startswith("    assert callable(empty)") == bool(branches)
    assert sum("assert" in line for line in lines) == branches


def test_the_garbage_collector_goes_on_as_it_was():
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()
