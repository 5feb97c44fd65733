"""docs/training.md: its code prints what it shows, its pictures are there, and no model is left out."""

import doctest
import re
from pathlib import Path

import pytest

from docs import models
from models import gpt

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "training.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_code_prints_what_the_page_shows():
    results = doctest.testfile(str(DOCS / "training.md"), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS)
    assert results.attempted > 15
    assert not results.failed


def test_the_pictures_are_there():
    pictures = re.findall(r"!\[.+\]\((.+)\)", PAGE)
    assert pictures and all((DOCS / picture).is_file() for picture in pictures)


def test_every_model_is_told_trained_and_shown():
    for model in DOCS.parent.glob("models/*.py"):
        assert f"| `{model.name}" in PAGE
        assert f"(pictures/models/{model.stem}.png)" in PAGE
        assert model.stem in models.MODELS


def test_the_pictures_are_drawn_by_the_docs_themselves(tmp_path):
    file = tmp_path / "line.png"
    assert re.fullmatch(r"accuracy 8\d\.\d%, validation 8\d\.\d%", models.MODELS["logistic_regression"](file))
    assert file.stat().st_size > 1000


def test_a_language_model_goes_on_with_characters_of_its_text():
    rows, validation = models.python_topics()
    assert rows.rows > 5 * validation.rows
    text = models.written(gpt.build(len(rows.classes)), rows.classes, "The ", 5)
    assert len(text) <= 9 and text.startswith("The") and set(text) <= set(rows.classes)
