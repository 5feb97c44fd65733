"""Make docs/onnx.md, what ONNX's own node tests come to: `python -m docs.onnx_tests [FOLDER]`."""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import onnx

from tests.onnx.exported import exported_outcomes
from tests.onnx.node_tests import (
    DIFFERS,
    FAILED,
    NOT_APPLICABLE,
    PASSED,
    Outcome,
    all_tests,
    body_outcomes,
    composed_operators,
    node_tests,
    outcomes,
)

INTRODUCTION = """# ONNX's own tests

ONNX ships tests of its operators, each a model of one node with inputs and the outputs that it must give. minigraph reads
every one with `mg.from_onnx`, runs it and compares values, shapes and element types, within ONNX's own tolerance
(1e-3 relative, 1e-7 absolute). These are the tests of onnx {version}, whose operator set is {operators}; the page is
made by `make docs`, and a test holds that it is true.

- **passed**: the outputs are ONNX's.
- **differs**: minigraph has the operator and does something else, or refuses; the reason stands beside it.
- **not applicable**: the test asks for something that minigraph does not have at all, such as another kind of number.

| operator | tests | passed | differs | not applicable |
|---|---:|---:|---:|---:|
"""

BODIES = """
## Operators written with others

ONNX defines many operators as functions of others and ships each of their tests a second time with that function written
out, up to {most} nodes in one model. minigraph reads {passed} of these {all} models, and they give ONNX's numbers. The rest
need what it does not have:

"""

EXPORTED = """
## Models that PyTorch exported

ONNX also ships {all} small models that PyTorch exported, from single layers to expressions of many nodes, each with PyTorch's
own outputs. Brought to operator set 22 by ONNX's converter, {passed} of them are read and give these outputs.

"""

OTHERS = """
## Operators that minigraph does not have

Their tests are not run: {names}.
"""


def page() -> str:
    """The whole page."""
    operators = [name for name in composed_operators() if name in node_tests()]
    counts = {name: Counter(each.result for each in outcomes(name)) for name in operators}
    total = sum(counts.values(), Counter())
    rows = [_row(name, counts[name]) for name in operators] + [_row("**all**", total)]
    head = INTRODUCTION.format(version=onnx.__version__, operators=onnx.defs.onnx_opset_version())
    others = ", ".join(f"{name} ({len(tests)})" for name, tests in sorted(node_tests().items()) if name not in operators)
    found = [each for name in operators for each in outcomes(name)]
    sections = [
        "\n".join(rows) + "\n",
        "\n## What differs\n\n" + _reasons(found, DIFFERS),
        "\n## What is not applicable\n\n" + _reasons(found, NOT_APPLICABLE),
        _bodies(),
        _exported(),
        OTHERS.format(names=others),
    ]
    return head + "".join(sections)


def _row(name: str, count: Counter[str]) -> str:
    if count[FAILED]:
        raise SystemExit(f"{name} fails {count[FAILED]} tests: mend it, or explain them in tests/onnx/differences.py.")
    cells = [name, count.total(), *(count[result] or "" for result in (PASSED, DIFFERS, NOT_APPLICABLE))]
    return f"| {' | '.join(map(str, cells))} |"


def _reasons(found: list[Outcome], result: str) -> str:
    """Every reason for a result, with the tests that it explains."""
    tests: dict[str, list[str]] = defaultdict(list)
    for each in found:
        if each.result == result:
            tests[each.reason].append(f"`{each.test}`")
    return "".join(f"- **{reason}** ({len(names)}): {', '.join(names)}\n" for reason, names in tests.items())


def _bodies() -> str:
    found = body_outcomes()
    most = max(len(test.model.graph.node) for test in all_tests())
    passed = sum(each.result == PASSED for each in found)
    return BODIES.format(most=most, passed=passed, all=len(found)) + _reasons(found, NOT_APPLICABLE)


def _exported() -> str:
    found = exported_outcomes()
    passed = sum(each.result == PASSED for each in found)
    return EXPORTED.format(all=len(found), passed=passed) + _reasons(found, NOT_APPLICABLE)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "onnx.md").write_text(page(), encoding="utf-8")
