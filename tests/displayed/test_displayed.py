"""All that is displayed of random graphs of the whole catalogue is so: labels, lines of derivations, in text and in LaTeX.

`pytest -m property tests/displayed -rP` reads what 3 000 graphs display, and says how much of each operation.
"""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from minigraph.core.errors import GraphError
from minigraph.ops import OPERATIONS
from minigraph.readings import definition
from minigraph.readings.notation import TEXT
from minigraph.readings.typesetting import LATEX
from tests.displayed.derivations import check_derivation
from tests.displayed.findings import Findings
from tests.displayed.graphs import USABLE, alone, composed
from tests.displayed.labels import check_labels, check_picture

SOME, ALL = 120, 3000
"""How many graphs are composed in each run of the tests, and how many where the property is asked for."""

LEAVES = 3
"""For how many leaves of a graph the gradient is derived."""

WITHOUT_DERIVATIVE = {
    "And", "ArgMax", "ArgMin", "ArgSort", "ArgTopK", "Bernoulli", "Ceil", "DropoutMask", "Equal", "EyeLike", "Floor",
    "FloorDivide", "Greater", "GreaterOrEqual", "Hardmax", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "OneHot",
    "Or", "RandomNormal", "RandomUniform", "Round", "SearchSorted", "Shape", "Sign", "SignBit", "SignDet", "Size",
    "StopGradient", "Xor",
}  # fmt: skip
"""What passes no gradient, so that its wires have no label."""


TOO_LONG = set()


def check(composed, run, findings):
    """Set all that a graph displays beside what is right."""
    with np.errstate(all="ignore"):
        check_labels(composed, run, findings)
        check_picture(composed, run, findings)
        for leaf in composed.leaves[:LEAVES]:
            try:
                check_derivation(composed, run, leaf, findings)
            except GraphError:
                findings.words["derivation", "", "no derivative leads there"] += 1


def checked(seeds):
    """What the graphs of the seeds display, beside what is right."""
    findings = Findings()
    for seed in seeds:
        check(*composed(seed), findings)
    return findings


def assert_true(findings):
    """All that was read is right."""
    assert not findings.false, f"{len(findings.false)} false:\n" + "\n\n".join(findings.false[:5])


def test_the_reader_shares_nothing_with_the_notation():
    for file in ("tree", "text", "latex", "functions", "correlation", "evidence", "derivations"):
        source = (Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8")
        assert not re.search(r"minigraph\.(readings|explain)", source), file


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_each_operation_displays_is_so(operation):
    findings = Findings()
    for row in USABLE[operation]:
        check(*alone(row, operation in WITHOUT_DERIVATIVE), findings)
    assert_true(findings)
    assert findings.derived[operation]
    assert bool(findings.count("label")[operation]) == (operation not in WITHOUT_DERIVATIVE | TOO_LONG)


@pytest.mark.slow
def test_what_some_random_graphs_display_is_so():
    findings = checked(range(SOME))
    assert_true(findings)
    for kind in ("text", "latex"):
        for what in ("definition", "local", "chain", "gradient", "gradient by differences", "whole"):
            assert findings.right[f"{kind} {what}", ""] > 50, (kind, what)
    assert findings.right["evidence", ""] > 500


SEEDS = {
    "an infinity": 252,
    "nothing is left of a convolution": 308,
    "nor of a choice": 1529,
    "nor of a sum of quotients": 2294,
    "some of what is left is nothing": 1132,
    "the sum of a matrix with a diagonal": 2239,
    "its mean": 2725,
    "the shape of what is computed": 1310,
    "what is held back from the gradient": 1991,
    "the square of a shape": 1478,
}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_what_a_rare_graph_displays_is_so(seed):
    assert_true(checked([seed]))


@pytest.mark.property
def test_what_three_thousand_random_graphs_display_is_so():
    findings = checked(range(ALL))
    print(*findings.report(), sep="\n")
    assert_true(findings)
    labels, words = findings.count("label"), Counter()
    for (kind, operation, _), count in findings.words.items():
        words[kind if kind != "label" else operation] += count
    assert set(OPERATIONS) - set(labels) <= WITHOUT_DERIVATIVE | TOO_LONG
    assert set(OPERATIONS) == set(findings.derived)
    assert sum(words[operation] for operation in OPERATIONS) < 0.1 * labels.total()


def equal_as_text(a, b):
    """Two expressions taken for one because they are written alike."""
    return TEXT.write(a) == TEXT.write(b)


def first_path(gradients):
    """The first of some gradients in the place of their sum."""
    return next(iter(gradients))


def of_the_operand(node, names):
    """The mathematics of another value than that of a name."""
    return definition(node.operands[0] if node.operands[0].operands else node, names)


def all_alike(naming):
    """One name for all values that get one."""
    return dict.fromkeys(naming.chosen, "u")


MUTATIONS = {
    "a name that stands for another value": (import_module("minigraph.explain.circuit.called"), "definition", of_the_operand),
    "one name for two values": (import_module("minigraph.readings.invented")._Naming, "_called", all_alike),
    "text equality": (import_module("minigraph.readings.calls"), "same", equal_as_text),
    "a path dropped": (import_module("minigraph.explain.derivation.trace"), "_added", first_path),
    "brackets dropped in text": (TEXT, "brackets", lambda written: written),
    "brackets dropped in LaTeX": (LATEX, "brackets", lambda written: written),
}


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_is_made_false_is_found(mutation, monkeypatch):
    monkeypatch.setattr(*MUTATIONS[mutation])
    assert any(checked([seed]).false for seed in range(60))
