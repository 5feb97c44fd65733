"""What of a circuit is not drawn for itself: constants, values that only move elements, chains of additions."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.circuit.opening import view_of
from models import two_layer
from tests.explain.test_circuit import texts


def tooltip_of(circuit, key: str) -> str:
    return re.search(rf'^\t+"?{key}"? \[.*tooltip="((?:\\.|[^"\\])*)"', circuit.source, re.M)[1]


def test_a_constant_stands_in_the_operation_that_takes_it():
    x = mg.Input("x", ("N", 3))
    circuit = mg.Graph(y=1 / (1 + np.exp(x * -0.5)) + np.array([1.0, 2, 3])).draw()
    assert {"× −0.5", "1 +", "1 ÷", "+ c1"} <= set(texts(circuit))
    assert "constant" not in texts(circuit)


def test_a_constant_that_has_a_name_is_drawn():
    x = mg.Input("x", ())
    assert {"two", "×"} <= set(texts(mg.Graph(y=x * mg.Constant(2.0, "two")).draw()))


def test_what_follows_from_sizes_alone_is_not_drawn():
    x = mg.Input("x", ("N", 4))
    graph = mg.Graph(y=np.tanh(x.reshape(x.shape[0] * 2, 2) / mg.Shape(x)[0].astype(np.float32)))
    assert [type(item).__name__ for item in view_of(graph, "fit").items] == ["Input", "Div", "Tanh"]
    assert set(view_of(graph, None).items) == set(graph.nodes)


def test_a_value_that_only_moves_elements_is_a_wire_that_says_so():
    x, W = mg.Input("x", ("N", 4)), mg.Parameter("W", np.ones((2, 4)))
    z = x * x
    graph = mg.Graph(y=np.tanh(z[:, :2]) + np.exp(x @ W.T), names={"z": z})
    shown = texts(graph.draw(derivatives=True))
    assert {"z[:, 0:2]  N × 2", "Wᵀ  4 × 2", "xᵀ ·"} <= set(shown) and not {"slice", "transpose"} & set(shown)
    assert "[:, 0:2]" in texts(graph.draw(depth=None)) and any(
        "[:, 0:2 ← δ]" in each for each in texts(graph.draw(depth=None, derivatives=True))
    )
    assert "with Slice (N × 2, float32)" in tooltip_of(graph.draw(), "z")


def test_each_wire_of_a_run_shows_the_part_that_it_carries():
    x = mg.Input("x", (6,))
    z = x * 2.0
    first, last = z[:3], z[3:]
    graph = mg.Graph(loss=(np.tanh(first) * np.sin(last)).sum())
    run = graph.forward(x=np.arange(6.0))
    gradients = run.backward()
    shown = texts(run.draw())
    for node in (z, first, last):
        assert summary(run[node]) in shown
        assert any(summary(gradients[node]) in text for text in shown)


@pytest.mark.parametrize("count", [2, 3, 4, 40])
def test_a_chain_of_additions_is_one_sum(count):
    leaves = [mg.Parameter(f"w{i}", float(i)) for i in range(count + 1)]
    total = sum(leaves[1:], leaves[0])
    view = view_of(mg.Graph(y=total), "fit")
    shown = texts(mg.Graph(y=total).draw(derivatives=True))
    assert shown.count("Σ") == (count > 2) and shown.count("+") == (0 if count > 2 else count)
    assert shown.count("× 1") >= len(view.items) - count


def test_a_sum_adds_up_only_what_has_its_shape_and_no_name():
    a, b = mg.Parameter("a", np.ones((2, 3))), mg.Parameter("b", np.ones(3))
    narrow = ((b + b * 2) + b * 3) + b * 4
    named = mg.Add(a, a * 2, name="part")
    graph = mg.Graph(y=narrow + a * 5, z=((named + a * 3) + a * 4) + a * 6)
    shown = texts(graph.draw(derivatives=True))
    assert shown.count("Σ") == 2 and shown.count("+") == 2
    assert "Σ rows" in shown and "part  2 × 3" in shown


def test_a_sum_of_which_a_part_is_an_output_is_drawn_in_parts():
    x = mg.Input("x", ())
    parts = [x * 2.0]
    for i in range(3, 6):
        parts.append(parts[-1] + x * float(i))
    shown = texts(mg.Graph({f"y{i}": part for i, part in enumerate(parts)}).draw())
    assert "Σ" not in shown and shown.count("+") == 3


def test_attention_shows_no_plumbing():
    x = mg.Input("x", ("N", 5, 8))
    y = mg.blocks.multi_head_attention(x, heads=2, rng=np.random.default_rng(0), causal=True)
    kinds = {type(item).__name__ for item in view_of(mg.Graph(y=y), "fit").items}
    assert kinds == {"Input", "Parameter", "MatMul", "Add", "Mul", "Where", "Softmax"}


def test_a_closed_block_counts_what_is_folded_in_it():
    x = mg.Input("x", ("N", 4))
    with mg.blocks.block("part"):
        y = np.tanh(x.T * 2.0)
    assert "3 operations" in texts(mg.Graph(y=y).draw(depth=0))


def weighted(count: int, own: bool = False) -> mg.Graph:
    """The sum of a value's products with many parameters, or with inputs."""
    a = np.tanh(mg.Input("x", ()))
    leaves = [mg.Input(f"w{i}", ()) if own else mg.Parameter(f"w{i}", i / 8) for i in range(count)]
    return mg.Graph(y=sum((np.sin(a * leaf) for leaf in leaves[1:]), np.sin(a * leaves[0])), names={"a": a})


@pytest.mark.parametrize("own", [False, True])
def test_many_equal_branches_side_by_side_are_one(own):
    graph = weighted(39, own)
    view, shown = view_of(graph, "fit"), texts(graph.draw())
    assert [count for count, _ in view.times.values()] == [39] and len(view.wires[graph["a"]]) == 1
    assert {"× 39", "Σ", "w0 … w38"} <= set(shown) and shown.count("sin") == 1
    assert "× with a number: so many equal parts; the first is shown" in shown
    assert texts(weighted(7).draw()).count("sin") == 7


def test_the_gradient_of_what_equal_branches_take_is_that_of_all():
    graph = weighted(12)
    run = graph.forward(x=0.5)
    shown = texts(run.draw(derivatives=True))
    assert summary(run.backward()[graph["a"]]) in shown and "× w0" in shown


@pytest.mark.parametrize(
    "other", [lambda a: np.cos(a * 2.0), lambda a: np.sin(a * a), lambda a: np.sin(a * mg.Parameter("v", np.ones(2))).sum()]
)
def test_a_branch_that_differs_is_drawn(other):
    a = np.tanh(mg.Input("x", ()))
    equal = [np.sin(a * mg.Parameter(f"w{i}", 1.0)) for i in range(9)]
    view = view_of(mg.Graph(y=sum([*equal[1:], other(a)], equal[0])), "fit")
    assert [count for count, _ in view.times.values()] == [9]


def test_branches_of_which_one_is_used_elsewhere_are_drawn():
    a = np.tanh(mg.Input("x", ()))
    parts = [np.sin(a * mg.Parameter(f"w{i}", 1.0)) for i in range(8)]
    assert view_of(mg.Graph(y=sum(parts[1:], parts[0]), z=parts[3]), "fit").times == {}


def test_equal_blocks_side_by_side_are_one():
    rng, places = np.random.default_rng(0), [mg.Input(f"place{i}", ("N",), np.int64) for i in range(26)]
    features = [mg.blocks.embedding(place, 10, 4, rng=rng, name=f"feature{i}") for i, place in enumerate(places)]
    graph = mg.Graph(y=mg.Concat(*features, axis=1))
    for depth in ("fit", 0):
        shown = [re.sub(" +", " ", text) for text in texts(graph.draw(depth=depth))]
        assert {"feature0 … feature25 × 26", "place0 … place25"} <= set(shown)
    assert texts(graph.draw(depth=None)).count("gather") == 26


def test_the_inputs_of_an_unrolled_network_are_one():
    h, W, R = mg.Input("h", ("N", 2)), mg.Parameter("W", np.ones((3, 2))), mg.Parameter("R", np.ones((2, 2)))
    for t in range(30):
        with mg.blocks.block(f"step{t}"):
            h = np.tanh(mg.Input(f"x{t}", ("N", 3)) @ W + h @ R)
    shown = texts(mg.Graph(last=h).draw())
    assert {"x0 … x29", "h", "W", "R"} <= set(shown) and shown.count("tanh") == 1


def test_names_in_a_frame_are_short():
    x = mg.Input("x", ("N", 5, 8))
    y = mg.blocks.multi_head_attention(x, heads=2, rng=np.random.default_rng(0), bias=False)
    shown = texts(mg.Graph(y=y).draw(derivatives=True))
    assert shown.count("W") == 4 and shown.count("· Wᵀ") == 4 and "attention.query.W" not in shown


def test_a_name_that_another_has_is_short_in_no_formula():
    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.eye(2))
    y = mg.blocks.dense(x @ W, 2, rng=np.random.default_rng(0), name="layer", bias=False)
    assert {"· Wᵀ", "· layer.Wᵀ"} <= set(texts(mg.Graph(y=y).draw(derivatives=True)))


def test_the_gates_of_recurrent_layers_have_their_names():
    rng, x = np.random.default_rng(0), mg.Input("x", ("N", 8, 3))
    first, _ = mg.blocks.lstm(x, 4, rng=rng, name="first")
    states, (h, _) = mg.blocks.lstm(first, 4, rng=rng, name="second")
    shown = texts(mg.Graph(h=h.sum(), all=states.sum()).draw(depth=3))
    for gate in "iof":
        assert sum(bool(re.fullmatch(rf"{gate} = \w+\[\d\]  N × 4", text)) for text in shown) == 2
    assert shown.count("× 8") == shown.count("g  N × 4") == 2 and {"h[8]", "h[1…8]"} <= set(shown)
    shown = texts(mg.Graph(h=mg.blocks.gru(x, 4, rng=rng)[1].sum()).draw(derivatives=True))
    assert {"n  N × 4", "× r"} <= set(shown) and any(re.fullmatch(r"z = \w+\[0\]  N × 4", text) for text in shown)
    assert any("h[t−1]" in text for text in shown if text != "h[t−1]")


def test_a_strip_of_cells_shows_how_gradients_vanish_along_equal_parts():
    x = mg.Input("x", ("N", 4))
    for i in range(40):
        x = np.tanh(x @ mg.Parameter(f"W{i}", np.eye(4) / 1.5))
    run = mg.Graph(loss=(x * x).sum()).forward(x=np.ones((2, 4)))
    circuit = run.draw()
    (values,) = [text for text in texts(circuit) if text.startswith("how large the values of the 40 equal parts are: ")]
    (gradients,) = [text for text in texts(circuit) if text.startswith("how large the gradients of the 40 equal parts are: ")]
    found = run.backward()
    sizes = [np.sqrt(np.mean(found[node].astype(float) ** 2)) for node in run.graph.operations if isinstance(node, mg.Tanh)]
    assert gradients.endswith(f"{summary(np.float64(min(sizes)))} to {summary(np.float64(max(sizes)))}")
    assert values.partition(": ")[2] and circuit.source.count('<table align="left"') == 2
    assert not any(text.startswith("how large") for text in texts(run.graph.draw()))


def test_a_strip_of_cells_shows_the_steps_of_a_scan():
    states, _ = mg.blocks.rnn(mg.Input("x", ("N", 20, 3)), 4, rng=np.random.default_rng(0))
    shown = texts(mg.Graph(loss=(states * states).mean()).forward(x=np.ones((2, 20, 3))).draw())
    assert any(text.startswith("how large the gradients of h[1…20] are: ") for text in shown)


def layers(count: int) -> mg.Graph:
    """Dense layers that are all different, each with two parameters."""
    rng, x = np.random.default_rng(0), mg.Input("x", ("N", 2))
    for i in range(count):
        x = np.tanh(mg.blocks.dense(x, i + 3, rng=rng, name=f"layer{i}"))
    return mg.Graph(loss=(x * x).mean())


def test_many_parameters_stand_in_the_operations_that_take_them():
    few, many = layers(3), layers(6)
    assert not view_of(few, "fit").inside and "parameter" in texts(few.draw())
    view = view_of(many, "fit")
    assert {leaf for leaves in view.inside.values() for _, leaf in leaves} == set(many.parameters.values())
    run = many.forward(x=np.ones((4, 2)))
    shown = texts(run.draw(derivatives=True))
    assert {"W  2 × 3", "b  3", "Σ rows", "xᵀ ·", "in an operation: its parameters"} <= set(shown)
    for name, parameter in many.parameters.items():
        assert summary(run[name]) in shown and summary(run.backward()[parameter]) in shown
    assert texts(many.draw(depth=None)).count("7 × 8") == 1


def test_a_parameter_that_is_used_twice_or_alone_is_drawn():
    leaves = [mg.Parameter(f"w{i}", float(i)) for i in range(12)]
    x = mg.Input("x", ())
    y = np.exp(leaves[0]) + leaves[1] * x + np.sin(leaves[1])
    for i, leaf in enumerate(leaves[2:]):
        y = np.tanh(y) * leaf if i % 2 else np.sin(y) + leaf
    view = view_of(mg.Graph(y=y, last=leaves[11]), "fit")
    assert [item.name for item in view.items if isinstance(item, mg.Parameter)] == ["w0", "w1", "w11"]


def test_a_parameter_that_is_made_elsewhere_stands_where_it_is_used():
    x, W = mg.Input("x", ("N", 2)), [mg.Parameter(f"W{i}", np.eye(2) * i) for i in range(30)]
    both = mg.Parameter("both", np.ones(2))
    for i, each in enumerate(W):
        with mg.blocks.block(f"layer{i}" if i < 15 else f"other{i}"):
            x = np.tanh(x @ each + both) if i < 15 else np.sin(x @ each + both)
    view = view_of(mg.Graph(y=x), 0)
    assert [item.name for item in view.items if isinstance(item, mg.Parameter)] == ["both"]
    assert [count for count, _ in view.times.values()] == [15, 15]


@pytest.mark.parametrize("options", [{}, {"derivatives": True}])
def test_no_wire_of_second_derivatives_ends_in_mid_air(options):
    graph = two_layer.build(hidden=3)
    (dW1,) = mg.gradient(graph["loss"], [graph["W1"]])
    (second,) = mg.gradient((dW1 * dW1).sum(), [graph["W1"]])
    source = mg.Graph(loss=graph["loss"], dW1=dW1, second=second).draw(**options).source
    drawn = [(start.strip('"'), end.strip('"')) for start, end in re.findall(r"^\t+(\S+) -> (\S+) \[", source, re.M)]
    starts, ends = {start for start, _ in drawn}, {end for _, end in drawn}
    pieces = {each for each in starts | ends if re.search(r"-wire$|-\d+$", each) and not each.startswith("output-")}
    assert len(pieces) > 10 and pieces <= starts & ends


def test_a_part_of_a_factorisation_that_is_only_moved_is_drawn():
    x = mg.Input("x", (3, 3))
    U, s, V = np.linalg.svd(x)
    q, r = np.linalg.qr(x)
    graph = mg.Graph(y=np.tanh(U.T) @ (V[:2].T * s[:2]) + np.exp(q.T @ r)[:, :2])
    for depth in ("fit", 0, None):
        assert {"svd", "qr"} <= {text.lower() for text in texts(graph.draw(depth=depth, derivatives=True))}
    graph.forward(x=np.eye(3) + 0.1).draw()
    states, _ = mg.blocks.rnn(mg.Input("s", ("N", 20, 3)), 4, rng=np.random.default_rng(0))
    assert view_of(mg.Graph(y=states.sum()), "fit").size
