"""Blocks held against PyTorch's modules, whose answers are stored."""

from pathlib import Path

import numpy as np
import pytest

from tests.blocks.compared import BLOCKS

ANSWERS = Path(__file__).parent.parent / "oracles" / "blocks.npz"


@pytest.fixture(scope="module")
def answers():
    with np.load(ANSWERS) as stored:
        return dict(stored)


@pytest.mark.parametrize("name", BLOCKS)
def test_the_value_and_every_gradient_are_pytorchs(name, answers):
    graph = BLOCKS[name]()
    for key, parameter in graph.parameters.items():
        parameter.value = answers[f"{name}/given/{key}"]
    run = graph.forward(**{key: answers[f"{name}/given/{key}"] for key in graph.inputs})
    gradients = run.backward(cotangent=answers[f"{name}/seed"])
    assert np.abs(run["y"] - answers[f"{name}/value"]).max() < 1e-9
    far = {key: np.abs(gradients[key] - answers[f"{name}/gradient/{key}"]).max() for key in graph.inputs | graph.parameters}
    assert {key: distance for key, distance in far.items() if not distance < 1e-9} == {}


def test_every_stored_answer_is_held(answers):
    assert {key.partition("/")[0] for key in answers} == BLOCKS.keys()
