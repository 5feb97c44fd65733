"""What is said of functions that minigraph does not have is a line that gives the same value, or nothing."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.numpy_protocol import compose
from minigraph.ops.equivalents import EQUIVALENTS, WHY

rng = np.random.default_rng(0)
ARRAYS = {
    "x": np.array([0.5, 2.25, 1.75, 0.125, 3.0]),
    "y": np.array([1.5, 0.25, 2.0]),
    "A": rng.normal(size=(3, 3)),
    "B": rng.normal(size=(3, 3)),
    "b": np.array([True, False, True]),
    "c": np.array([True, True, False]),
}
METHODS = {
    "x.norm()": "np.linalg.norm(x)",
    "x.clamp(0, 1)": "np.clip(x, 0, 1)",
    "x.permute(1, 0)": "np.transpose(x)",
    "x.t()": "x.T",
    "x.mm(y)": "x @ y",
    "x.view(-1)": "x.reshape(-1)",
    "x.unsqueeze(0)": "x[None]",
    "x.abs()": "np.abs(x)",
    "x.relu()": "np.maximum(x, 0)",
    "x.sigmoid()": "1 / (1 + np.exp(-x))",
    "x.softmax(-1)": "np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)",
    "x.detach()": "x",
    "x.double()": "x",
    "x.float()": "x.astype(np.float32)",
    "x.fill(1)": "np.ones_like(x)",
}
"""What the methods of arrays and tensors give, in NumPy."""


def same(call, right, arrays):
    """Whether what is to be written gives, composed, what the right answer is of the arrays."""
    nodes = {name: mg.Input(name, array.shape, dtype=array.dtype) for name, array in arrays.items()}
    composed = eval(EQUIVALENTS[call], {"np": np, "mg": mg, **nodes})
    expected = np.asarray(eval(right, {"np": np, **arrays}))
    if not isinstance(composed, mg.Node):
        return composed == expected
    graph = mg.Graph(value=composed)
    value = graph.forward(**{name: arrays[name] for name in graph.inputs})["value"]
    return value.shape == expected.shape and np.allclose(value, expected, rtol=1e-6)


OF_NUMPY = [call for call in EQUIVALENTS if call.startswith("np.")]
"""Functions of NumPy; some are not in its older versions."""


@pytest.mark.parametrize("call", [call for call in OF_NUMPY if hasattr(np, call[3:].partition("(")[0].partition(".")[0])])
def test_what_to_write_for_a_function_of_numpys_has_its_value(call):
    assert same(call, call, ARRAYS | {"y": np.arange(1.0, 6.0)})


@pytest.mark.parametrize("call", METHODS)
def test_what_to_write_for_a_method_has_its_value(call):
    assert same(call, METHODS[call], {"x": rng.normal(size=(3, 3)), "y": rng.normal(size=(3, 3))})


def test_every_method_is_evaluated_or_reads_a_run():
    methods = {call for call in EQUIVALENTS if call.startswith("x.")}
    assert all("run" in EQUIVALENTS[call] for call in methods - METHODS.keys())


@pytest.mark.parametrize("call", [call for call in EQUIVALENTS if call.startswith("mg.")])
def test_what_others_call_it_has_a_name_here(call):
    x = mg.Input("x", (2,))
    scope = {"mg": mg, "graph": mg.Graph(x)}
    assert all(callable(eval(name, scope)) for name in EQUIVALENTS[call].replace(" or ", ", ").split(", "))
    with pytest.raises(mg.UnknownAttributeError, match=EQUIVALENTS[call].split(" or ")[0]):
        eval(call, scope)


@pytest.mark.parametrize("name", [name for name in WHY if hasattr(np, name[3:])])
def test_what_has_no_equal_says_why_and_suggests_nothing_for_its_spelling(name):
    with pytest.raises(mg.OperationError) as error:
        compose(getattr(np, name[3:]), mg.Input("x", (2,)))
    assert str(error.value) == f"{name} is not an operation of minigraph. {WHY[name]}."


def test_a_slip_of_spelling_is_still_helped():
    x = mg.Input("x", (2,))
    for slip, meant in (("shpe", "shape"), ("transposee", "transpose"), ("sun", "sum")):
        with pytest.raises(AttributeError, match=f"Did you mean '{meant}'"):
            getattr(x, slip)
    with pytest.raises(AttributeError, match="Did you mean 'Softmax'"):
        _ = mg.Sofmax
