"""docs/article.md: its code prints what it shows, its pictures are those of the running graph, and no line goes unjudged."""

import doctest
import re
import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
ARTICLE = (DOCS / "article.md").read_text(encoding="utf-8")


def test_the_code_prints_what_the_article_shows():
    """All blocks run in order in one namespace; prose is blanked, so that a failure tells the line of the article."""
    fenced = r"^```pycon\n(.*?)^```$"
    code = [False] * (ARTICLE.count("\n") + 1)
    for block in re.finditer(fenced, ARTICLE, re.MULTILINE | re.DOTALL):
        first = ARTICLE.count("\n", 0, block.start(1))
        code[first : first + block[1].count("\n")] = [True] * block[1].count("\n")
    session = "\n".join(line if kept else "" for line, kept in zip(ARTICLE.split("\n"), code, strict=True))
    test = doctest.DocTestParser().get_doctest(session, {}, "article.md", str(DOCS / "article.md"), 0)
    report: list[str] = []
    results = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert results.attempted > 50
    assert not results.failed, "".join(report)


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
