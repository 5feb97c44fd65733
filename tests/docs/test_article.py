"""docs/article.md: its pictures are those of the running graph, and no line goes unjudged."""

import re
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
ARTICLE = (DOCS / "article.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    runpy.run_path(str(DOCS / "make.py"))["make"](folder)
    return folder


def test_every_picture_of_the_article_is_made_from_the_graph(drawn):
    shown = re.findall(r"!\[[^]]+\]\(pictures/([^)]+)\)", ARTICLE)
    assert sorted(shown) == sorted(file.name for file in drawn.iterdir())


def words(picture: Path) -> list[str]:
    return sorted(re.findall(r"<text[^>]*>([^<]+)</text>", picture.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["network", "circuit", "derivatives", "run", "by_hand"])
def test_a_picture_in_the_docs_says_what_the_graph_says_now(drawn, name):
    """The words are compared, not the bytes: another renderer places them elsewhere."""
    found = words(DOCS / "pictures" / f"{name}.svg")
    assert found and found == words(drawn / f"{name}.svg"), "run: python -m docs.make"


def test_every_line_is_quoted_once_and_has_its_row_in_the_table():
    lines = [f"[{number}]" for number in range(1, 20)]
    assert sorted(re.findall(r"^> \*\*(\[\d+\])\*\*", ARTICLE, re.MULTILINE), key=lines.index) == lines
    assert re.findall(r"^\| (\[\d+\]) \|", ARTICLE, re.MULTILINE) == lines


def test_the_article_counts_its_wrong_lines_right():
    verdicts = re.findall(r"^\| \[\d+\] \|.*\| ([^|]+) \|$", ARTICLE, re.MULTILINE)
    assert sum(verdict.startswith("wrong") for verdict in verdicts) == 8 and "Eight of nineteen are" in ARTICLE
