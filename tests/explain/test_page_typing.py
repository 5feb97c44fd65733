"""Numbers that are typed: into a cell that has the keyboard, and what is said of those that an array cannot have."""

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import minigraph as mg
from minigraph.explain.page.library import file_text, scripts
from tests.explain.test_page_in_browser import Visit

pytestmark = pytest.mark.needs("chromium", "chromedriver")

CELL = "[data-step] [data-free='W 1,2']"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("typing") / "page.html"
    x, W = mg.Input("x", ("N", 3)), mg.Parameter("W", np.arange(15.0).reshape(3, 5) / 8)
    mg.Graph(loss=(mg.Tanh(x @ W, name="h") ** 2).mean()).forward(x=np.ones((2, 3))).explain(file)
    return file


@pytest.fixture
def visit(driver, file):
    visit = Visit(driver, file)
    visit.emulate(1280, "light", motion="reduce", height=800)
    driver.execute_script("document.querySelector(arguments[0]).focus()", CELL)
    return visit


def focused(visit, name):
    return visit.driver.execute_script(
        "return document.activeElement[arguments[0]] ?? document.activeElement.getAttribute(arguments[0])", name
    )


@pytest.mark.parametrize(
    ("keys", "number"), [("42", "42"), ("-3,5", "−3.5"), (".5e2", "50"), ("-2·10⁻³", "−0.002"), ("1/8", "0.125")]
)
def test_what_is_typed_on_a_cell_is_its_number_once_enter_is_pressed(visit, keys, number):
    for key in keys:
        visit.driver.switch_to.active_element.send_keys(key)
    assert focused(visit, "value") == keys and visit.text("[data-changed]").startswith("W[1, 2] is 0.875.")
    visit.press("enter")
    assert focused(visit, "data-free") == "W 1,2" and visit.text(CELL) == number
    assert visit.text("[data-changed]").startswith(f"W[1, 2] is {number}.") and visit.errors() == []


def test_escape_leaves_a_cell_as_it_was_and_leaving_it_sets_it(visit):
    visit.press("4", "2", Keys.ESCAPE)
    assert focused(visit, "data-free") == "W 1,2" and visit.text(CELL) == "0.875"
    visit.press("enter")
    assert focused(visit, "value") == "0.875"  # all digits, to be changed
    visit.press("7", Keys.TAB)
    assert visit.text(CELL) == "7" and not visit.driver.find_elements("css selector", "[data-typing]")
    ActionChains(visit.driver).double_click(visit.find(CELL)).perform()
    visit.press("8", "enter")
    assert visit.text(CELL) == "8" and visit.errors() == []


def test_a_cell_that_is_typed_in_stays_while_the_page_trains(visit):
    before = visit.text(CELL)
    visit.press("4")
    visit.driver.execute_script("document.querySelector('[data-train=\"10\"]').click()")
    visit.driver.execute_async_script("setTimeout(arguments[0], 400)")
    assert focused(visit, "value") == "4" and visit.text("[data-trained]").startswith("10 steps taken")
    visit.press(Keys.ESCAPE)
    assert visit.text(CELL) not in ("4", before) and visit.errors() == []


def test_what_a_cell_cannot_have_is_said_where_it_is_typed(visit):
    visit.press(*"1e39", "enter")
    said = "1e39 is too large: the largest number of float32 is 3.4028·10³⁸."
    assert focused(visit, "validationMessage") == said and visit.text("[data-changed]") == said
    visit.press(Keys.BACKSPACE, "enter")
    assert focused(visit, "data-free") == "W 1,2" and visit.text(CELL) == "1·10³" and visit.errors() == []


NUMBERS = {
    "1,5": 1.5, "1.5": 1.5, "−3": -3.0, "– 3": -3.0, "+2": 2.0, ".5": 0.5, "5.": 5.0, "2e-5": 2e-5, "2·10⁻⁵": 2e-5, 
    "2 × 10^4": 2e4, "1/3": 1 / 3, "-1/20": -0.05, "0e-400": 0.0,
}  # fmt: skip
NONE = ["", " ", "one", "1.5.2", "1,234.5", "1/0", "1/2/3", "/", "0x10", "e5", "--1", "1 + 1"]
BOUNDS = {
    "float16": ("65504", "5.96·10⁻⁸"),
    "float32": ("3.4028·10³⁸", "1.4·10⁻⁴⁵"),
    "float64": ("1.7977·10³⁰⁸", "4.94·10⁻³²⁴"),
}


@pytest.fixture(scope="module")
def reading(driver, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "reading.html"
    scripts_of = scripts() + file_text("summaries.js") + file_text("reading.js")
    file.write_text(f"<!doctype html><meta charset=utf-8><script>{scripts_of}</script>", encoding="utf-8")
    driver.get(file.as_uri())
    return lambda text, dtype="float64": driver.execute_script("return numberIn(arguments[0], arguments[1])", text, dtype)


def test_numbers_are_read_as_people_write_them(reading):
    assert {text: reading(text).get("number") for text in NUMBERS} == NUMBERS
    for text in NONE:
        assert reading(text)["refused"] == "Write a number, such as −0.12 or 3e-4.", text
    for text in ("NaN", "inf", "-Infinity", "−∞"):
        assert reading(text)["refused"] == f"{text} is no finite number. Write a number, such as −0.12 or 3e-4."


@pytest.mark.parametrize("dtype", BOUNDS)
def test_a_number_beyond_those_of_a_type_is_refused_with_the_bound(reading, dtype):
    info, (largest, smallest) = np.finfo(dtype), BOUNDS[dtype]
    for text in ("1e400", "-1e400", "1e4000"):
        assert reading(text, dtype)["refused"] == f"{text} is too large: the largest number of {dtype} is {largest}."
    for text in ("1e-400", "−0.1e-400"):
        assert reading(text, dtype)["refused"] == f"{text} is too small: the smallest number above 0 of {dtype} is {smallest}."
    for bound in (info.max, info.smallest_subnormal):
        assert "refused" not in reading(str(bound), dtype)
    assert "refused" in reading(repr(float(info.max) * 1.01 if dtype != "float64" else 1e309), dtype)
