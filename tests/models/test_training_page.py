"""docs/training.md: its code prints what it shows, its pictures are there, and no model is left out."""

import doctest
import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "training.md").read_text(encoding="utf-8")


def test_the_code_prints_what_the_page_shows():
    results = doctest.testfile(str(DOCS / "training.md"), module_relative=False, encoding="utf-8")
    assert results.attempted > 15
    assert not results.failed


def test_the_pictures_are_there():
    pictures = re.findall(r"!\[.+\]\((.+)\)", PAGE)
    assert pictures and all((DOCS / picture).is_file() for picture in pictures)


def test_every_model_is_told():
    for model in DOCS.parent.glob("models/*.py"):
        assert f"| `{model.name}" in PAGE
