"""The page's array library and its interpreter, in a browser, beside NumPy: on every row of tests/cases, and on all models."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.page.program import Program, array_data
from tests.cases import CASES
from tests.ops.test_every_operation import Composed

pytestmark = pytest.mark.needs("chromium", "chromedriver")

WITHIN = {np.float64: 1e-12, np.float32: 1e-5}
RECORDED = {"Bernoulli", "DropoutMask", "RandomNormal", "RandomUniform"}
"""The operations whose rules are not read as data: they draw numbers at random, by NumPy's generator."""
RUN = """
return arguments[0].map(({ data, leaves }) => {
  const arrays = Object.fromEntries(Object.entries(leaves).map(([name, array]) => [name, decoded(array)]));
  const run = new Interpreter(data, arrays);
  return Object.fromEntries(Object.keys(data.outputs).map((name) => {
    const { data: numbers, shape, dtype } = asArray(run.output(name));
    return [name, { numbers: Array.from(numbers, String), shape, dtype }];
  }));
});
"""


def computed(library, jobs):
    """The outputs of programs, as the browser computes them."""
    found = []
    for first in range(0, len(jobs), 100):
        found += library.execute_script(RUN, jobs[first : first + 100])
    return [
        {name: (np.array(each["numbers"]).astype(float).reshape(each["shape"]), each["dtype"]) for name, each in one.items()}
        for one in found
    ]


def job_of(outputs, given):
    """A program, what it is given, and what NumPy computes."""
    program, run = Program(outputs), mg.Graph(outputs).forward(**given)
    leaves = {value["leaf"]: None for value in program.data["values"] if "leaf" in value}
    variables = mg.Graph(outputs).variables
    arrays = {name: given[name] if name in given else variables[name].value for name in leaves}
    job = {"data": program.data, "leaves": {name: array_data(array) for name, array in arrays.items()}}
    return job, {name: np.asarray(run[node]) for name, node in outputs.items()}, program.recorded


def assert_alike(found, expected, within, what):
    for name, array in expected.items():
        numbers, dtype = found[name]
        assert (numbers.shape, dtype) == (array.shape, array.dtype.name), (what, name)
        plain = array.astype(float)
        size = max(1.0, np.abs(plain[np.isfinite(plain)]).max(initial=0))
        np.testing.assert_allclose(numbers, plain, rtol=within, atol=within * size, err_msg=f"{what}: {name}")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", WITHIN)
def test_every_case_is_computed_as_numpy_computes_it(library, dtype):
    jobs, expected, names, recorded = [], [], [], set()
    for case in CASES:
        composed = Composed(case, dtype)
        outputs = {"y": composed.y}
        if composed.differentiable:
            outputs |= {f"gradient{i}": node for i, node in enumerate(composed.symbolic())}
        given = {name: composed.given[name] for name in mg.Graph(outputs).inputs}
        job, arrays, unread = job_of(outputs, given)
        recorded |= {type(node).__name__ for node in unread}
        if not unread:
            jobs, expected, names = [*jobs, job], [*expected, arrays], [*names, str(case)]
    assert recorded == RECORDED
    assert len(jobs) > 1700
    for found, arrays, name in zip(computed(library, jobs), expected, names, strict=True):
        assert_alike(found, arrays, WITHIN[dtype], name)


MODELS = sorted(file.stem for file in (Path(__file__).parents[2] / "models").glob("*.py"))


def given_to(graph, rows):
    """Numbers for the inputs of a model."""
    rng = np.random.default_rng(0)
    shapes = {name: [size if isinstance(size, int) else rows for size in node.shape] for name, node in graph.inputs.items()}
    return {
        name: rng.integers(0, 2, shape).astype(node.dtype)
        if node.dtype.kind in "iu"
        else rng.normal(size=shape).astype(node.dtype)
        for (name, node), shape in zip(graph.inputs.items(), shapes.values(), strict=True)
    }


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_and_the_gradients_of_a_model_are_those_of_a_run(library, name):
    graph = import_module(f"models.{name}").build().astype(np.float64)
    given, parameters = given_to(graph, 3), list(graph.parameters.values())
    outputs = {"loss": graph["loss"]}
    outputs |= {f"gradient{i}": node for i, node in enumerate(mg.gradient(graph["loss"], parameters))}
    job, arrays, unread = job_of(outputs, given)
    assert not unread
    (found,) = computed(library, [job])
    back = graph.forward(**given).backward()
    arrays |= {f"gradient{i}": back[parameter] for i, parameter in enumerate(parameters)}
    assert_alike(found, arrays, 1e-9, name)
