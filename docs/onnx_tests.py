"""Make docs/onnx.md, what ONNX's own node tests come to: `python -m docs.onnx_tests [FOLDER]`."""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import onnx

from tests.onnx.node_tests import DIFFERS, FAILED, NOT_APPLICABLE, PASSED, composed_operators, node_tests, outcomes

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
    reasons = _reasons("What differs", DIFFERS, operators) + _reasons("What is not applicable", NOT_APPLICABLE, operators)
    return head + "\n".join(rows) + "\n" + reasons + OTHERS.format(names=others)


def _row(name: str, count: Counter[str]) -> str:
    if count[FAILED]:
        raise SystemExit(f"{name} fails {count[FAILED]} tests: mend it, or explain them in tests/onnx/differences.py.")
    cells = [name, count.total(), *(count[result] or "" for result in (PASSED, DIFFERS, NOT_APPLICABLE))]
    return f"| {' | '.join(map(str, cells))} |"


def _reasons(title: str, result: str, operators: list[str]) -> str:
    """Every reason with the tests that it explains, by operator."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in operators:
        for each in outcomes(name):
            if each.result == result:
                found[each.reason].append(f"`{each.test}`")
    told = "".join(f"- **{reason}** ({len(tests)}): {', '.join(tests)}\n" for reason, tests in found.items())
    return f"\n## {title}\n\n{told}" if told else ""


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "onnx.md").write_text(page(), encoding="utf-8")
