"""docs/operations.md says what the operations say now, and its pictures are theirs."""

import doctest
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from minigraph.ops import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures" / "operations"
MAKING = runpy.run_path(str(DOCS / "operations.py"))
STALE = "run: python -m docs.operations"


@pytest.fixture(scope="module")
def page():
    return (DOCS / "operations.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="older versions of NumPy have fewer functions")
def test_the_page_is_what_the_operations_say_now(page):
    assert page == MAKING["page"](), STALE


def test_every_operation_has_its_row_and_its_section(page):
    assert re.findall(r"^\| \[(\w+)\]", page, re.MULTILINE) == list(OPERATIONS)
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == list(OPERATIONS)


@pytest.mark.parametrize("name", ["Split", "np.split", "np.flip", "L1 loss"])
def test_what_is_called_otherwise_is_found(page, name):
    assert re.search(rf"\b{name}\b", page + (DOCS / "numpy.md").read_text(encoding="utf-8"))


def test_every_operation_has_its_picture(page):
    shown = re.findall(r"\]\(pictures/operations/(\w+)\.svg\)", page)
    assert shown == list(OPERATIONS), STALE
    assert sorted(shown) == sorted(file.stem for file in PICTURES.iterdir()), STALE


@pytest.mark.parametrize("entry", MAKING["entries"](), ids=lambda entry: entry.name)
def test_a_picture_shows_the_rules_as_they_are_now(entry):
    """The words are compared, not the bytes: another renderer places them elsewhere."""
    picture = (PICTURES / f"{entry.name}.svg").read_text(encoding="utf-8")
    found = sorted(MAKING["unescape"](text) for text in re.findall(r"<text[^>]*>([^<]+)</text>", picture))
    assert found and found == MAKING["words"](entry.circuit), STALE


def test_the_examples_print_what_they_show(page):
    code = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    report: list[str] = []
    test = doctest.DocTestParser().get_doctest(code, {}, "operations.md", None, 0)
    results = doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert results.attempted > len(OPERATIONS)
    assert not results.failed, "".join(report)


def test_the_pictures_are_small():
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < 1_500_000
