"""The code in the pages of docs/ prints what they show."""

import doctest
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import minigraph
from models import two_layer

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
    ("own_operation.md", 85),
    ("page.md", 5),
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


RECIPES = re.findall(
    r"^```python\n(import (\w+)\n.*?)^```$", (DOCS / "data.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def test_the_page_of_data_has_a_recipe_for_each_package():
    assert [package for _, package in RECIPES] == ["pandas", "polars", "datasets", "pyarrow", "torch"]


@pytest.mark.parametrize("recipe", [code for code, package in RECIPES if find_spec(package)])
def test_the_recipes_for_packages_at_hand_train(recipe):
    names = {"mg": minigraph, "two_layer": two_layer, "points": minigraph.data.moons()}
    exec(recipe, names)
    assert names["history"]["loss"][-1] < names["history"]["loss"][0] / 2
    if "later" in names:
        assert names["later"]["y"].tolist() == names["points"]["y"][:5].tolist()


def test_the_design_tells_every_room():
    table = "".join(re.findall(r"^\| `.*?\|", (DOCS / "design.md").read_text(encoding="utf-8"), re.MULTILINE))
    told = re.findall(r"`([a-z_]+)/`", table)
    rooms = {path.stem for path in Path(minigraph.__file__).parent.iterdir() if path.is_dir()}
    assert sorted(told) == sorted(room for room in rooms if not room.startswith("_"))
