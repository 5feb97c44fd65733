"""docs/dirt.md says of each kind of dirt in tables what becomes of it now."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_becomes_of_it_now():
    pytest.importorskip("pyarrow")
    pytest.importorskip("python_calamine")
    page = runpy.run_path(str(DOCS / "dirt.py"))["page"]()
    assert (DOCS / "dirt.md").read_text(encoding="utf-8") == page, "run: python -m docs.dirt"
