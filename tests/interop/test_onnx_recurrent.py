"""ONNX's recurrent operators, read as blocks: what its own tests leave out."""

import numpy as np
import onnx
import pytest
from onnx import helper

import minigraph as mg

T, N, FEATURES, UNITS = 4, 3, 2, 5
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def arrays(rng, operator, directions=1):
    """Random weights, and what is given."""
    gates = GATES[operator] * UNITS
    shapes = {"X": (T, N, FEATURES), "W": (directions, gates, FEATURES)}
    shapes |= {"R": (directions, gates, UNITS), "B": (directions, 2 * gates)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def read(operator, given, **attributes):
    """The graph of a model of one node; X alone is an input, all else is stored."""
    formal = [each.name for each in onnx.defs.get_schema(operator).inputs]
    names = [name if name in given else "" for name in formal]
    outputs = ["Y", "Y_h", *(["Y_c"] if operator == "LSTM" else [])]
    node = helper.make_node(operator, names, outputs, name="layer", hidden_size=UNITS, **attributes)
    typed = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, given["X"].shape) for name in ("X", *outputs)]
    stored = [onnx.numpy_helper.from_array(array, name) for name, array in given.items() if name != "X"]
    graph = helper.make_graph([node], "recurrent", typed[:1], typed[1:], stored)
    return mg.from_onnx(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)]))


def values(operator, given, **attributes):
    graph = read(operator, given, **attributes)
    run = graph.forward(X=given["X"])
    return [run[name] for name in graph.outputs]


def states_of_a_block(operator, given, **attributes):
    """The same layer as minigraph's own block has it: one bias for both products, but for the GRU's new state."""
    x = mg.Input("x", (N, T, FEATURES))
    made = getattr(mg.blocks, operator.lower())(x, UNITS, rng=np.random.default_rng(1), name="layer", **attributes)
    graph = mg.Graph(states=made[0])
    for d, direction in enumerate(["forward", "reverse"] if attributes else ["forward"]):
        b, c = np.split(given["B"][d], 2)
        parts = {"W": given["W"][d].T, "R": given["R"][d].T, "b": b + c}
        if operator == "GRU":
            parts |= {"b": b + np.append(c[: 2 * UNITS], np.zeros(UNITS, np.float32)), "c": c[2 * UNITS :]}
        for name, array in parts.items():
            graph.parameters[f"layer.{direction}.{name}"].value = array
    return graph.forward(x=given["X"].transpose(1, 0, 2))["states"]


@pytest.mark.parametrize("operator", GATES)
@pytest.mark.parametrize("direction", [{}, {"direction": "bidirectional"}])
def test_a_model_and_a_block_of_the_same_weights_give_the_same(rng, operator, direction):
    given = arrays(rng, operator, 2 if direction else 1)
    before = {"linear_before_reset": 1} if operator == "GRU" else {}
    found = values(operator, given, **direction, **before)[0]
    expected = states_of_a_block(operator, given, **direction)
    np.testing.assert_allclose(found.transpose(2, 0, 1, 3).reshape(N, T, -1), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("operator", GATES)
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_shorter_sequence_is_as_if_there_were_no_more(rng, operator, direction):
    given = arrays(rng, operator)
    lengths = np.array([4, 2, 3], np.int32)
    states, *last = values(operator, given | {"sequence_lens": lengths}, direction=direction)
    for row, length in enumerate(lengths):
        own = given | {"X": given["X"][:length, row : row + 1]}
        expected, *ends = values(operator, own, direction=direction)
        np.testing.assert_allclose(states[:length, :, row], expected[:, :, 0], rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(states[length:, :, row], 0)
        for found, end in zip(last, ends, strict=True):
            np.testing.assert_allclose(found[:, row], end[:, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("operator", GATES)
def test_a_sequence_goes_on_from_the_states_that_it_is_given(rng, operator):
    given = arrays(rng, operator)
    whole = values(operator, given)
    first = values(operator, given | {"X": given["X"][:1]})
    begun = dict(zip(["initial_h", "initial_c"], first[1:], strict=False))
    rest = values(operator, given | {"X": given["X"][1:]} | begun)
    np.testing.assert_allclose(rest[0], whole[0][1:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("operator", GATES)
def test_with_the_batch_first_the_numbers_are_the_same(rng, operator):
    given = arrays(rng, operator, directions=2) | {"initial_h": rng.normal(size=(2, N, UNITS)).astype(np.float32)}
    states, *last = values(operator, given, direction="bidirectional")
    turned = given | {name: given[name].swapaxes(0, 1) for name in ("X", "initial_h")}
    own_states, *own_last = values(operator, turned, direction="bidirectional", layout=1)
    np.testing.assert_array_equal(own_states, states.transpose(2, 0, 1, 3))
    for found, expected in zip(own_last, last, strict=True):
        np.testing.assert_array_equal(found, expected.swapaxes(0, 1))


def test_activations_are_chosen_for_each_direction_and_take_what_is_clipped(rng):
    given = arrays(rng, "RNN", directions=2) | {"R": np.zeros((2, UNITS, UNITS), np.float32)}
    states, _ = values("RNN", given, direction="bidirectional", activations=["Relu", "Softsign"], clip=0.5)
    z = np.clip(given["X"][:, None] @ given["W"].swapaxes(1, 2) + given["B"].reshape(2, 1, 2, UNITS).sum(axis=2), -0.5, 0.5)
    np.testing.assert_allclose(states[:, 0], np.maximum(z[:, 0], 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(states[:, 1], z[:, 1] / (1 + abs(z[:, 1])), rtol=1e-5, atol=1e-6)


def test_each_is_a_block_whose_parts_are_its_directions(rng):
    graph = read("LSTM", arrays(rng, "LSTM", directions=2), direction="bidirectional")
    paths = {node.block for node in graph.nodes if node.block}
    assert paths == {("layer",), ("layer", "forward"), ("layer", "reverse")}
    assert graph.parameters.keys() == {"W", "R", "B"}


def test_what_minigraph_does_not_have_is_told(rng, refused):
    given = arrays(rng, "LSTM")
    refused(mg.OperationError, lambda: read("LSTM", given, input_forget=1))
    refused(mg.OperationError, lambda: read("LSTM", given, activations=["Sigmoid", "ScaledTanh", "Tanh"]))


@pytest.mark.parametrize("operator", GATES)
def test_sequences_may_be_of_any_length_and_of_none(rng, operator):
    given = arrays(rng, operator)
    graph = read(operator, given)
    longer = read(operator, given | {"X": np.concatenate([given["X"]] * 3)})
    assert len(graph.nodes) == len(longer.nodes)
    states, last, *_ = values(operator, given | {"X": given["X"][:0]})
    assert states.shape == (0, 1, N, UNITS) and not last.any()
