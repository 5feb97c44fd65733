"""Every operation derives: its formula and its line of NumPy are the gradient, and every notation is well formed."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

import minigraph as mg
from minigraph.ops import OPERATIONS
from minigraph.readings.typesetting import LATEX
from tests.cases import ROWS

BEFORE_2_4 = np.lib.NumpyVersion(np.__version__) < "2.4.0"


def derivations(operation):
    """A derivation for each operand that takes a gradient, in each row of the table, with what it is of and a run of it."""
    for row in ROWS:
        if row.operation != operation:
            continue
        case = row.sizes[0]
        operands, inputs = [], {}
        for i, (operand, array) in enumerate(zip(case.operands, case.draw(np.float64), strict=True), 1):
            given = operand.shape if operand.is_shape else mg.Input(f"x{i}", operand.shape, array.dtype)
            operands.append(given)
            inputs |= {} if operand.is_shape else {f"x{i}": array}
        node = OPERATIONS[operation](*operands, **case.attributes, name="y")
        if node.dtype.kind != "f":
            continue
        graph = mg.Graph(y=node)
        run = graph.astype(np.float64).forward(**inputs)
        cotangent = np.random.default_rng(0).normal(size=run["y"].shape)
        cotangent = np.ones_like(cotangent) if all(axis == 1 for axis in node.shape) else cotangent
        reached = run.backward(cotangent=cotangent)
        for name, operand in graph.inputs.items():
            if graph[name] in reached or run.graph[name] in reached:
                yield row, graph.derive(operand, **inputs), reached[name], {**inputs, "y": run["y"], "cotangent": cotangent}


DIFFERENTIABLE = [name for name in OPERATIONS if next(derivations(name), None)]


def test_all_but_choices_and_roundings_have_a_derivation():
    without = set(OPERATIONS) - set(DIFFERENTIABLE)
    floating = {row.operation for row in ROWS} & without
    assert {"Add", "Softmax", "Conv", "LayerNormalization"} <= set(DIFFERENTIABLE)
    assert {"Floor", "ArgMax", "Greater", "StopGradient"} <= floating
    assert len(DIFFERENTIABLE) > 100


@pytest.mark.parametrize("operation", DIFFERENTIABLE)
def test_the_expression_that_is_written_is_the_gradient(operation):
    for row, derivation, _, _ in derivations(operation):
        assert derivation.ok, f"{row}\n{derivation}"


@pytest.mark.parametrize("operation", DIFFERENTIABLE)
def test_the_lines_of_numpy_compute_the_gradient(operation):
    for row, derivation, gradient, values in derivations(operation):
        if BEFORE_2_4 and re.search(r"np\.size\(.*axis=\(\d+, ", derivation.program):
            continue  # NumPy gives the size along several axes from its version 2.4 on
        names = {"np": np, "mg": mg, **values, **derivation.constants}
        with np.errstate(all="ignore"):
            exec(derivation.program, names)
        found = names[re.findall(r"^(\w+) = ", derivation.program, re.MULTILINE)[-1]]
        assert max(map(len, derivation.program.splitlines())) <= 120
        np.testing.assert_allclose(np.broadcast_to(found, gradient.shape), gradient, atol=1e-6, err_msg=str(row))


@pytest.mark.parametrize("operation", DIFFERENTIABLE)
def test_every_notation_is_well_formed(operation):
    _, derivation, _, _ = next(derivations(operation))
    ElementTree.fromstring(re.sub("<style>.*?</style>", "", derivation.html, flags=re.DOTALL))
    assert derivation.text.count("\n") > 4
    assert derivation.markdown.count("$$") == 2 * len(derivation.steps)
    for side in (side for step in derivation.steps for side in step.sides):
        latex = LATEX.write(side)
        assert_balanced(latex)
        if "cases" not in latex:  # which Matplotlib's reader of LaTeX does not know
            MathTextParser("path").parse(f"${latex}$".replace(r"\square", r"\Delta"))


def assert_balanced(latex):
    """Braces, environments and growing brackets all end in the order in which they began."""
    opened = []
    pairs = {"}": "{", r"\right": r"\left", r"\end": r"\begin"}
    for token in re.findall(r"\\(?:left|right|begin|end)(?![a-z])|\\[{}]|[{}]", latex):
        if token in pairs:
            assert opened and opened.pop() == pairs[token], latex
        elif token not in (r"\{", r"\}"):
            opened.append(token)
    assert not opened, latex
