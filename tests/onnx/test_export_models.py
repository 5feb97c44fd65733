"""A training step of each model of models/, written as ONNX: its loss and new parameters are those of the plain run."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli.rows import random_rows
from minigraph.interop.onnx.export.model import model_of
from tests.onnx.exports import RUNTIMES, checked

MODELS = sorted(file.stem for file in (Path(__file__).parents[2] / "models").glob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_step_of_a_model_is_that_of_the_plain_run(name):
    graph = import_module(f"models.{name}").build()
    updates = mg.SGD(0.1).minimize(graph["loss"])
    model = checked(model_of(graph, updates=updates))
    given = {key: array.astype(graph.inputs[key].dtype) for key, array in random_rows(graph, 0, 4).items()}
    new = {f"{variable.name}_new": node for variable, node in updates.items()}
    run = mg.Graph(loss=graph["loss"], **new).forward(**given)
    for runtime in RUNTIMES:
        found = runtime(model, given)
        assert found["loss"] == pytest.approx(run["loss"], rel=1e-5), runtime.__name__
        for key in new:
            size = np.abs(run[key]).max()
            np.testing.assert_allclose(found[key], run[key], rtol=0, atol=1e-5 * size + 1e-8, err_msg=key)
