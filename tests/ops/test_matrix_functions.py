"""Functions of matrices and vectors: the value is NumPy's, the gradient and the second derivative are JAX's."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from tests.oracles import matrix_functions
from tests.oracles.matrix_functions import EXPRESSIONS, NAMESPACE, direction, used, weights

STORED = np.load(Path(matrix_functions.__file__).with_suffix(".npz"))
on_every_expression = pytest.mark.parametrize("expression", EXPRESSIONS)


def parts_of(expression, **given):
    value = eval(expression, {"np": np, **NAMESPACE, **given})
    return [*value] if isinstance(value, tuple) else [value]


def answers(expression):
    keys = [key for key in STORED.files if key.rpartition(" ")[0] == expression]
    return [STORED[f"{expression} {i}"] for i in range(len(keys))]


def close(found, expected):
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * max(1, np.abs(expected).max(initial=0)))


@on_every_expression
def test_a_function_of_matrices_is_numpys_and_its_derivatives_are_jaxs(expression):
    arrays = used(expression)
    nodes = {name: mg.Input(name, array.shape, np.float64) for name, array in arrays.items()}
    parts = parts_of(expression, **nodes)
    assert [y.shape for y in parts] == [np.shape(y) for y in parts_of(expression, **arrays)]
    counted = [y.astype(np.float64) for y in parts]
    s = sum((weights(expression, i, y.shape) * y * (y + 1)).sum() for i, y in enumerate(counted))
    slopes = mg.gradient(s, list(nodes.values()))
    along = sum((slope * direction(name)).sum() for name, slope in zip(nodes, slopes, strict=True))
    second = mg.gradient(along, list(nodes.values()))
    outputs = dict(enumerate([*parts, *slopes, *second]))
    graph = mg.Graph(**{f"y{i}": node for i, node in outputs.items()})
    run, program = graph.forward(**arrays), mg.compile(graph)(**arrays)
    for i, expected in enumerate(parts_of(expression, **arrays)):
        close(run[f"y{i}"], expected)
    stored = answers(expression)
    assert len(stored) == len(outputs)
    for i, expected in enumerate(stored):
        close(run[f"y{i}"], expected)
        close(program[f"y{i}"], expected)
    numeric = mg.Graph(s).forward(**arrays).backward()
    for (name, node), expected in zip(nodes.items(), stored[len(parts) :], strict=False):
        close(numeric[name] if node in numeric else np.zeros_like(arrays[name]), expected)
