"""docs/circuits.md: its pictures are those that its code makes now."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from docs.circuits import PICTURES, make
from docs.graphs import GRAPHS
from tests.performance.pictures import measured

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "circuits.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\w+) \| (\d+) \| (\S+) \| (\S+ × \S+) \| (\S+) \| (\S+ × \S+) \| \S+ \|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    make(folder)
    return folder


def words(file: Path) -> list[str]:
    """The words of a picture, which no renderer changes; numbers are rounded differently by other machines."""
    svg = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    shown = [
        "".join(text.itertext()).replace("\N{NO-BREAK SPACE}", " ") for text in svg.iter("{http://www.w3.org/2000/svg}text")
    ]
    return sorted(re.sub(r"[\d.⁻⁰¹²³⁴⁵⁶⁷⁸⁹−]+", "#", text) for text in shown)


def test_the_page_shows_every_picture():
    shown = re.findall(r"!\[[^]]+\]\(pictures/circuits/(\w+)\.svg\)", PAGE)
    assert shown == [picture.__name__ for picture in PICTURES]
    assert len(ROWS) == 7


@pytest.mark.parametrize("name", [picture.__name__ for picture in PICTURES])
def test_the_pictures_are_made_by_the_code_as_it_is(name, made):
    assert words(DOCS / "pictures" / "circuits" / f"{name}.svg") == words(made / f"{name}.svg")


@pytest.mark.parametrize(
    ("name", "count", "slide_type", "slide", "page_type", "page"), [row for row in ROWS if int(row[1]) < 400]
)
def test_the_sizes_in_the_table_are_those_of_the_pictures(name, count, slide_type, slide, page_type, page):
    graph = GRAPHS[name]()
    assert int(count) == len(graph.operations)
    for theme, smallest, sides in (("slide", slide_type, slide), ("screen", page_type, page)):
        types, (wide, tall), _, wrong = measured(graph, theme)
        assert (f"{min(types):g}", f"{wide:.0f} × {tall:.0f}", wrong) == (smallest, sides, 0)
