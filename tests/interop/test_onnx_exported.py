"""Models that today's PyTorch exported, for batches of any size, give what PyTorch gives."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import minigraph as mg

FILE = Path(__file__).parents[1] / "oracles" / "exported.npz"
MODELS = sorted({key.partition("/")[0] for key in np.load(FILE).files})


def stored(name):
    """A model, what it is given, and PyTorch's output."""
    with np.load(FILE) as file:
        return onnx.load_model_from_string(file[f"{name}/model"].tobytes()), file[f"{name}/x"], file[f"{name}/y"]


@pytest.mark.parametrize("name", MODELS)
def test_an_exported_model_gives_what_it_gave(name):
    model, x, expected = stored(name)
    graph = mg.from_onnx(model)
    assert graph.inputs["x"].shape[0] == "N"
    for found in (graph.forward(x=x)["y"], mg.compile(graph)(x=x)["y"]):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["language model", "lstm", "mobile", "normalised"])
def test_an_exported_model_can_be_trained_on(name):
    model, x, _ = stored(name)
    graph = mg.from_onnx(model)
    loss = (graph["y"] * graph["y"]).mean()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.01).minimize(loss))
    first = step(x=x)["loss"]
    for _ in range(5):
        last = step(x=x)["loss"]
    assert last < first
