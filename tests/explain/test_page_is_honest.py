"""What the page cannot do, it says: values as they were recorded, warnings that follow, a browser that is too old."""

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build
from tests.explain.test_page_computes import Positive
from tests.explain.test_page_in_browser import BLUE, RED, Visit, until
from tests.explain.test_page_trains import typed

pytestmark = pytest.mark.needs("chromium", "chromedriver")

X = np.linspace(-1, 1, 15).reshape(5, 3)


class Known(Positive):
    """x where it is positive: of which only the gradient is read."""

    def backward(self, gradient, y, x):
        return gradient * np.greater(x, 0)


def graph_of(rule):
    x, w, b = mg.Input("x", ("N", 3)), mg.Parameter("w", np.eye(3)), mg.Parameter("b", np.ones(3))
    return mg.Graph(loss=((rule(mg.MatMul(x, w, name="z"), name="p") + b) ** 2).mean())


@pytest.fixture(scope="module")
def opaque(tmp_path_factory):
    """A page of a rule that is not read, between two parameters."""
    file = tmp_path_factory.mktemp("page") / "opaque.html"
    graph_of(Known).forward(x=X).explain(file)
    return file


def classes(visit, id):
    return visit.find(f"[id='{id}']").get_attribute("class").split()


def test_a_recorded_value_is_marked_in_the_circuit_and_in_words(driver, opaque):
    visit = Visit(driver, opaque)
    visit.emulate(1280, "light", motion="reduce", height=800)
    assert visit.text("[data-recorded]") == "Dotted: as recorded in the run, not computed here: the value of p (Known)."
    assert "recorded" in classes(visit, "p") and "recorded" not in classes(visit, "z-wire")
    visit.press("end")
    visit.click("#p")
    assert visit.text("[data-as-recorded]").startswith("Its value is shown as it was in the run")
    assert "as recorded in the run" in visit.text("[data-node] .value h3")
    assert visit.findings() == [] and visit.errors() == []


def test_what_a_recorded_value_follows_from_cannot_be_changed_and_says_why(driver, opaque):
    visit = Visit(driver, opaque)
    visit.click("#w")
    why = "Its numbers cannot be changed here: p, shown as recorded, follows from w, and the page cannot compute it."
    assert visit.text("[data-as-recorded]") == why
    assert visit.driver.find_elements("css selector", "[data-node] [data-free]") == []
    assert "x and w cannot be changed" in visit.text("[data-change]")
    visit.press("end")
    before = visit.seen("output-0", BLUE)
    typed(visit, "b", "0", "3")  # what no recorded value follows from can be
    assert visit.text("[data-changed]").startswith("b[0] is 3.") and visit.errors() == []
    assert visit.seen("output-0", BLUE) != before


def test_gradients_that_are_not_computed_are_said_to_be_recorded(driver, tmp_path):
    graph_of(Positive).forward(x=X).explain(tmp_path / "opaque.html")
    visit = Visit(driver, tmp_path / "opaque.html")
    assert "x, w and b cannot be changed" in visit.text("section[aria-label='Change a number']")
    visit.press("end")
    visit.click("#b")
    assert "as recorded, follows from b" in visit.text("[data-as-recorded]") and visit.errors() == []


def test_a_dropout_s_mask_is_marked_as_a_part_of_it(driver, tmp_path):
    x, w = mg.Input("x", ("N", 3)), mg.Parameter("w", np.ones(3))
    graph = mg.Graph(loss=(mg.Dropout(x * w, mg.RandomState(0), name="dropped") ** 2).sum())
    graph.forward(x=X).explain(tmp_path / "dropout.html")
    visit = Visit(driver, tmp_path / "dropout.html")
    assert visit.text("[data-recorded]").endswith("not computed here: a part of dropped (Dropout).")
    assert "recorded" in classes(visit, "dropped")


def test_a_graph_that_is_computed_has_no_such_mark(driver, tmp_path):
    build(hidden=4).forward(x=X[:, :2], y=[0, 1, 0, 1, 0]).explain(tmp_path / "page.html")
    visit = Visit(driver, tmp_path / "page.html")
    assert visit.text("[data-recorded]") == "" and "cannot be changed" not in visit.text("[data-change]")


WARNED = "#8a1c7c"


def test_warnings_follow_the_numbers(driver, tmp_path):
    w = mg.Parameter("w", [3.0, 3.0, -0.1], dtype=np.float64)
    graph = mg.Graph(loss=(mg.Tanh(w, name="a") * mg.Parameter("v", 1.0, dtype=np.float64)).sum())
    graph.forward().explain(tmp_path / "page.html")
    visit = Visit(driver, tmp_path / "page.html")
    assert [text for text in visit.seen("a-wire", WARNED) if text] == []  # nothing is wrong with what is not yet computed
    visit.press("end")
    assert visit.seen("a-wire", WARNED) == ["! 67 % saturated"]
    for index in "01":
        typed(visit, "w", index, "0.5")
    assert [text for text in visit.seen("a-wire", WARNED) if text] == []
    typed(visit, "v", "", "1e6")
    assert visit.seen("w", RED)[0].endswith(" !")  # there is no line for it in the drawing
    visit.click("#w")
    assert "! gradient explodes" in visit.text("[data-node]")


@pytest.fixture
def without_streams(driver):
    """A browser of before 2020."""
    given = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.DecompressionStream"})
    yield driver
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", given)


def test_a_browser_that_is_too_old_is_told_so(without_streams, opaque):
    driver = without_streams
    driver.get(opaque.as_uri())
    until(lambda: "cannot unpack" in driver.find_element("css selector", "[data-trouble]").text)
    assert (
        driver.find_element("css selector", ".steps").is_displayed()
        and driver.find_element("css selector", ".frame svg").is_displayed()
    )
    assert not driver.find_element("css selector", ".controls").is_displayed()


def test_a_script_that_fails_is_told(driver, opaque):
    given = driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete Array.prototype.toReversed; delete window.ResizeObserver"}
    )
    driver.get(opaque.as_uri())
    until(lambda: "does not run in this browser" in driver.find_element("css selector", "[data-trouble]").text)
    driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", given)


def test_without_scripts_the_circuit_and_the_steps_are_there(driver, opaque):
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.get(opaque.as_uri())
        assert "need JavaScript" in driver.find_element("css selector", "[data-trouble]").text
        assert driver.find_element("css selector", ".steps").text.startswith("z = x · w")
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
