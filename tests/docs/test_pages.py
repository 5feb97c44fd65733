"""The code in the pages of docs/ prints what they show."""

import doctest
import re
from pathlib import Path

import pytest

import minigraph

DOCS = Path(__file__).parents[2] / "docs"
FENCED = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def session(page: str) -> str:
    """The fenced code of a page, prose blanked, so that a failure tells the line of the page."""
    code, end = "", 0
    for block in FENCED.finditer(page):
        code += "\n" * page.count("\n", end, block.start(1)) + block[1]
        end = block.end(1)
    return code


PAGES = [
    ("article.md", 50),
    ("circuits.md", 10),
    ("data.md", 15),
    ("design.md", 5),
    ("functions.md", 25),
    ("lint.md", 7),
    ("onnx.md", 8),
    ("weights.md", 12),
]
"""Each page with executed examples, and how many there are at least."""


@pytest.mark.parametrize(("name", "examples"), PAGES)
def test_the_code_of_a_page_prints_what_it_shows(name, examples):
    """All blocks of a page run in order, in one namespace."""
    page = (DOCS / name).read_text(encoding="utf-8")
    test = doctest.DocTestParser().get_doctest(session(page), {}, name, str(DOCS / name), 0)
    report: list[str] = []
    results = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert results.attempted > examples
    assert not results.failed, "".join(report)


def test_the_design_tells_every_room():
    table = "".join(re.findall(r"^\| `.*?\|", (DOCS / "design.md").read_text(encoding="utf-8"), re.MULTILINE))
    told = re.findall(r"`([a-z_]+)/`", table)
    rooms = {path.stem for path in Path(minigraph.__file__).parent.iterdir() if path.is_dir()}
    assert sorted(told) == sorted(room for room in rooms if not room.startswith("_"))
