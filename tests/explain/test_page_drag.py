"""A drag in the page: it shows what it shows when it opens with these numbers, and leaves alone what they do not change."""

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains

from models.two_layer import build
from tests.explain.test_page_in_browser import Visit, emulate, until

pytestmark = pytest.mark.needs("chromium", "chromedriver")


X, Y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 2


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    build(hidden=6, seed=3).forward(x=X, y=Y).explain(file)
    return file


@pytest.fixture
def opened(driver, file):
    emulate(driver, 1280, "light", motion="reduce")
    return lambda state: Visit(driver, file, state=state)


SHOWN = """
const shown = (panel) => [panel.innerHTML, ...[...panel.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL())];
const panels = [...document.querySelectorAll("[data-step], [data-node], [data-training] > :not([data-train-panel])")];
const texts = [...document.querySelectorAll("[data-circuit] text")].filter((text) => text.style.visibility !== "hidden");
return [...panels.flatMap(shown), ...texts.map((text) => text.textContent)];
"""


def drag(visit, cell, *distances):
    """Drag a number by a mouse, and wait for the address that says what it is now."""
    moves = ActionChains(visit.driver, duration=20).click_and_hold(visit.find(cell))
    for distance in distances:
        moves.move_by_offset(distance, 0)
    moves.release().perform()
    until(lambda: "values" in visit.driver.execute_script("return location.hash"))
    return visit.driver.execute_script("return location.hash.slice(1)")


@pytest.mark.parametrize(
    ("state", "cell"),
    [
        ("", "[data-step] [data-free='W1 0,1']"),
        ("step=9&node=W1", "[data-node] [data-free='W1 1,2']"),
        ("step=18&node=b2", "[data-node] [data-free='b2 0']"),
    ],
)
def test_a_page_after_a_drag_is_that_which_opens_with_its_numbers(opened, state, cell):
    visit = opened(state)
    before = visit.driver.execute_script(SHOWN)
    now = drag(visit, cell, 20, 30, -15)
    after = visit.driver.execute_script(SHOWN)
    assert after != before and visit.errors() == []
    visit = opened(now)
    assert visit.driver.execute_script(SHOWN) == after


def test_what_a_drag_does_not_change_stays_as_it_is(opened):
    """With it stays what one has selected, unfolded, scrolled to or is dragging."""
    visit = opened("node=W1&step=18")
    mark = """window.marked = new Map([...document.querySelectorAll(arguments[0])].map((each) => [each, each.innerHTML]));
        document.querySelector("[data-node] [data-derivation]").open = true;
        document.querySelector("[data-node] [data-free='W1 0,0']").focus()"""
    visit.driver.execute_script(mark, "[data-step] .array, [data-node] .array, [data-node] p, [data-node] [data-free]")
    drag(visit, "[data-node] [data-free='W1 0,0']", 40)
    counts = """const all = [...window.marked], count = (rule) => all.filter(rule).length;
        return [count(([each, html]) => each.innerHTML !== html), count(([each]) => !each.isConnected)]"""
    changed, gone = visit.driver.execute_script(counts)
    assert changed > 3 and gone == 0
    assert visit.driver.execute_script("return document.activeElement.getAttribute('data-free')") == "W1 0,0"
    assert visit.driver.execute_script("return document.querySelector('[data-node] [data-derivation]').open")


def test_what_is_out_of_sight_waits_until_the_number_is_let_go(opened):
    visit = opened("step=18&node=W1")
    visit.emulate(1280, "light", motion="reduce", height=520)
    mark = """window.marked = [...document.querySelectorAll("[data-step] .array, [data-node] .array")]
        .map((each) => [each, each.innerHTML]);"""
    visit.driver.execute_script(mark)
    changed = """return window.marked.map(([each, html]) => [each.unseen, each.innerHTML !== html])"""
    ActionChains(visit.driver, duration=20).click_and_hold(visit.find("[data-node] [data-free='W1 0,0']")).perform()
    ActionChains(visit.driver, duration=20).move_by_offset(30, 0).move_by_offset(10, 0).perform()
    until(lambda: [False, True] in visit.driver.execute_script(changed))
    held = visit.driver.execute_script(changed)
    assert [True, False] in held and [True, True] not in held
    ActionChains(visit.driver).release().perform()
    until(lambda: sum(new for _, new in visit.driver.execute_script(changed)) > sum(new for _, new in held))
    assert visit.errors() == []
