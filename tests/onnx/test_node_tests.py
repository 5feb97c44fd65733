"""ONNX is the outside judge: its own node tests, and the page that tells what they came to."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import onnx
import pytest

from docs.onnx_tests import page
from minigraph.interop.onnx.call import CALLED
from minigraph.interop.onnx.composed import COMPOSED
from minigraph.interop.onnx.operators import ADAPTED
from minigraph.interop.onnx.parts import FOREIGN, ML
from minigraph.ops import OPERATIONS
from tests.onnx.differences import DIFFERENCES
from tests.onnx.exported import exported_outcomes
from tests.onnx.node_tests import (
    FAILED,
    GIVEN,
    PASSED,
    body_outcomes,
    composed_operators,
    difference,
    mistake,
    node_tests,
    outcomes,
)
from tests.onnx.versions import outcomes_of, versions

PAGE = Path(__file__).parents[2] / "docs" / "onnx.md"
VERSION = (re.search(r"the tests of onnx\s+(\S+),", PAGE.read_text(encoding="utf-8")) or [""])[1]
of_the_page = pytest.mark.skipif(
    onnx.__version__ != VERSION,
    reason=f"the page tells of onnx {VERSION}, and here is {onnx.__version__}, whose tests are others",
)


@pytest.mark.slow
@pytest.mark.parametrize("operator", composed_operators())
def test_the_node_tests_of_an_operator_pass_or_are_explained(operator):
    assert {each.test: each.reason for each in outcomes(operator) if each.result == FAILED} == {}


@of_the_page
def test_the_operators_that_onnx_writes_with_others_give_its_numbers_where_they_are_read():
    found = body_outcomes()
    assert {each.test: each.reason for each in found if each.result == FAILED} == {}
    assert sum(each.result in (PASSED, GIVEN) for each in found) > 370


def test_models_that_pytorch_exported_give_its_outputs():
    found = exported_outcomes()
    assert {each.test: each.reason for each in found if each.result == FAILED} == {}
    assert sum(each.result == PASSED for each in found) >= 114


@of_the_page
def test_what_is_explained_still_differs():
    """An explanation of a test that passes, or of none, is stale."""
    explained = [each.test for name in composed_operators() for each in outcomes(name) if each.reason in reasons()]
    assert [pattern for pattern in DIFFERENCES if not any(fnmatchcase(test, pattern) for test in explained)] == []
    passed = [each.test for name in composed_operators() for each in outcomes(name) if each.result in (PASSED, GIVEN)]
    assert [test for test in passed if any(fnmatchcase(test, pattern) for pattern in DIFFERENCES)] == []


def reasons():
    return set(DIFFERENCES.values())


def test_what_has_a_word_of_its_own_is_an_operator_of_onnx():
    foreign = {name for _, name in FOREIGN} | {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ML}
    own = [name for name in CALLED | ADAPTED | COMPOSED if name not in OPERATIONS and name not in foreign]
    assert [name for name in own if not onnx.defs.has(name)] == []
    assert [ours for ours in CALLED.values() if ours not in OPERATIONS] == []


def test_a_wrong_value_type_or_shape_is_seen():
    one = np.ones(2, np.float32)
    assert difference(one, one, 1e-3, 1e-7) == ""
    assert difference(one * 1.01, one, 1e-3, 1e-7) == "differs from ONNX's by 0.01"
    assert difference(one.astype(np.float64), one, 1e-3, 1e-7) == "holds float64 where ONNX has float32"
    assert difference(one[:, None], one, 1e-3, 1e-7) == "is of shape (2, 1) where ONNX has (2,)"


def test_a_wrong_rule_is_caught_by_the_tests_of_its_operator(monkeypatch):
    monkeypatch.setattr(OPERATIONS["Tanh"], "forward", lambda self, x, out=None: np.sin(x))
    assert all("differs from ONNX's by" in mistake(test) for test in node_tests()["Tanh"])


@of_the_page
def test_the_page_is_what_the_tests_come_to_now():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m docs.onnx_tests"


@of_the_page
def test_an_operator_of_an_older_operator_set_gives_what_onnx_computes_of_it():
    found = [(schema.since_version, each) for schema in versions() for each in outcomes_of(schema)]
    wrong = [(each.operator, version, each.test, each.reason) for version, each in found if each.result == FAILED]
    assert wrong == []
    assert len({(each.operator, version) for version, each in found if each.result == PASSED}) > 300
