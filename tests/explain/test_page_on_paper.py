"""The page on paper: nothing is cut through or runs out of a sheet, on A4 and on Letter.

Where each thing stands on which sheet is read from the browser's own layout: columns as large as the sheets, which it fills as
it fills sheets. The PDF that it prints then has as many.
"""

import base64
import re
from functools import cache
from importlib import import_module

import pytest

from tests.explain.test_page_functions import given_to
from tests.explain.test_page_in_browser import Visit
from tests.explain.test_page_layout import page_of

pytestmark = pytest.mark.needs("chromium", "chromedriver")

INCH, MARGIN = 25.4, 12
PAPER = {"A4": (210, 297), "Letter": (8.5 * INCH, 11 * INCH)}
"""The width and height of each paper in millimetres."""
SHEETS = {
    "two_layer": (2, 2), "cell": (4, 4), "character_lstm": (5, 5),
    "lenet": (4, 5), "gpt of one layer": (14, 15), "gpt": (17, 18),
}  # fmt: skip
"""On how many sheets of each paper a page is printed, at most."""
ON_SHEETS = """
const [width, height] = arguments[0].map((length) => (length * 96) / 25.4);
const style = document.createElement("style");
style.textContent = `body {
  width: ${width}px; height: ${height}px; columns: ${width}px 1; column-fill: auto; column-gap: 100px; margin: 0;
}`;
document.head.append(style);
const boxes = (each) => (each.matches("g") ? [each.getBoundingClientRect()] : [...each.getClientRects()]);
const placed = (selector) => [...document.querySelectorAll(selector)].flatMap((each) =>
  boxes(each).filter((box) => box.width && box.height).map((box) => {
    const sheet = Math.floor((box.left + scrollX + 1) / (width + 100));
    const [left, top] = [box.left + scrollX - sheet * (width + 100), box.top + scrollY];
    const what = `${each.localName} ${each.textContent.trim().slice(0, 40)}`;
    return { what, sheet, left, top, right: left + box.width, bottom: top + box.height };
  }));
const letters = [...document.querySelectorAll("svg text")].filter((text) => text.getClientRects().length);
return {
  width, height,
  nodes: document.querySelector("[data-frame] svg").querySelectorAll("g.node").length,
  drawn: placed("g.node"),
  whole: placed("svg .node text, tr, math, h1, h2, h2 + *, figcaption"),
  starts: placed("h1, h2, tr.block"),
  rows: placed("tbody tr"),
  small: Math.min(...letters.map((text) => (text.getAttribute("font-size") * text.getScreenCTM().a * 72) / 96)),
};
"""


def printed_page(name):
    """A page as test_page_layout has it, or of a model."""
    if name in ("cell", "article"):
        return page_of(name)
    model, _, one = name.partition(" of ")
    graph = import_module(f"models.{model}").build(**({"layers": 1} if one else {}))
    return graph.forward(**given_to(graph, 2)).explain()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The file of a page by its name, written when it is first asked for."""
    folder = tmp_path_factory.mktemp("paper")
    return cache(lambda name: printed_page(name).write(folder / f"{name}.html"))


@pytest.fixture
def paper_media(driver):
    yield lambda: driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("paper", PAPER)
@pytest.mark.parametrize("name", [name if name != "gpt" else pytest.param(name, marks=pytest.mark.slow) for name in SHEETS])
def test_nothing_is_cut_through_or_runs_out_of_a_sheet(driver, files, paper_media, name, paper):
    visit = Visit(driver, files(name))
    width, height = PAPER[paper]
    printed = sheets_of(visit, width, height)
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    paper_media()
    found = visit.driver.execute_script(ON_SHEETS, [width - 2 * MARGIN, height - 2 * MARGIN])
    for each in found["drawn"] + found["whole"]:
        assert each["left"] > -1 and each["right"] < found["width"] + 1, each
        assert each["top"] > -1 and each["bottom"] < found["height"] + 1, each
    assert len(found["drawn"]) == found["nodes"] > 5
    assert found["small"] > 5.9
    for start in found["starts"]:  # what a heading stands above is on its sheet
        below = [
            each for each in found["rows"] + found["whole"] if each["sheet"] == start["sheet"] and each["top"] > start["top"]
        ]
        assert below, start
    sheets = 1 + max(each["sheet"] for each in found["whole"])
    assert printed == sheets <= SHEETS[name][[*PAPER].index(paper)] and visit.errors() == []


def sheets_of(visit, width, height):
    """How many sheets the PDF has that the browser prints."""
    size = {"paperWidth": width / INCH, "paperHeight": height / INCH}
    paper = base64.b64decode(visit.driver.execute_cdp_cmd("Page.printToPDF", size)["data"])
    return len(re.findall(rb"/Type /Page\b(?!s)", paper))
