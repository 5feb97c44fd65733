"""What leads a newcomer through the page: Help, the quiz, what is chosen, the buttons of the panels, in a browser."""

from functools import partial

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains

from minigraph.explain.circuit.arrays import summary
from models.two_layer import build
from tests.explain.test_page_in_browser import KEYS, Visit, until
from tests.explain.test_page_layout import cell

pytestmark = pytest.mark.needs("chromium", "chromedriver")

ESCAPE = "\ue00c"
X, Y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 2
RUNS = {
    "article": lambda: build(hidden=40, seed=3).astype(np.float64).forward(x=X, y=Y),
    "cell": cell,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guides")
    for name, run in RUNS.items():
        run().explain(folder / f"{name}.html")
    return folder


@pytest.fixture
def opened(driver, files):
    def opened(name, width=1280):
        driver.get("about:blank")
        visit = Visit(driver, files / f"{name}.html")
        visit.emulate(width, "light", motion="reduce", height=800)
        return visit

    return opened


def press(visit, selector):
    """Click in the middle of what is in sight, where it is."""
    ActionChains(visit.driver).move_to_element(visit.find(selector)).click().perform()


@pytest.mark.parametrize("close", ["Escape", "Quiz", "Change", "the circuit"])
def test_help_closes_by_escape_and_by_whatever_is_done_next(opened, close):
    visit = opened("article")
    visit.click(".help summary")
    assert visit.find(".help").get_attribute("open")
    closes = {
        "Escape": partial(visit.press, ESCAPE),
        "Quiz": partial(visit.click, "[data-go=quiz]"),
        "Change": partial(press, visit, "[data-jump=Change]"),
        "the circuit": partial(press, visit, "#W2"),
    }
    closes[close]()
    assert not visit.find(".help").get_attribute("open") and visit.errors() == []


def test_the_quiz_begins_at_the_next_gradient_and_says_where(opened):
    visit = opened("cell")
    visit.click("[data-go=quiz]")
    assert visit.text("[data-question]").startswith("Gradient 1 of ")
    assert visit.text("[data-began]").startswith("The quiz asks for gradients. They begin here, where the way back does: the ")
    visit.click("[data-go=quiz]")
    visit.press(*["right"] * 4)
    here = visit.text("[data-count]")
    visit.click("[data-go=quiz]")
    assert visit.text("[data-count]") == here and not visit.text("[data-began]")
    assert visit.text("[data-question]").startswith("Gradient 5 of ") and visit.errors() == []


def test_nothing_is_disabled_in_the_quiz_and_what_waits_says_so(opened):
    visit = opened("article")
    visit.click("[data-go=quiz]")
    here = visit.text("[data-count]")
    for move in ("next", "last", "play"):
        assert not visit.find(f"[data-go={move}]").get_attribute("disabled")
        visit.click(f"[data-go={move}]")
        assert visit.text("[data-count]") == here and visit.text("[data-reply]") == "Answer first, or choose Show me."
        visit.click("[data-hint]")
    visit.find("[data-position]").send_keys(KEYS["end"])
    assert visit.text("[data-count]") == here and visit.text("[data-reply]") == "Answer first, or choose Show me."
    visit.click("[data-show]")
    visit.find("[data-position]").send_keys(KEYS["end"])
    assert visit.text("[data-question]").startswith("Gradient 2 of ")  # as far as the next question
    visit.find("[data-position]").send_keys(KEYS["home"])
    assert visit.text("[data-step] h2") == "What is given" and visit.errors() == []


@pytest.mark.parametrize("name", ["article", "cell"])
def test_a_wrong_number_is_told_by_how_far_it_is_from_zero(opened, name):
    visit = opened(name)
    visit.click("[data-go=quiz]")
    for sign, (_, direction) in ((-1, ("Negative", "below")), (1, ("Positive", "above"))):
        while True:
            visit.click(f"[data-sign='{sign}']")
            if visit.driver.find_elements("css selector", "[data-answer]"):
                break
            visit.click("[data-show]")
            visit.click("[data-go=next]")
        assert "may be off by 2 %" in visit.text(".quiz")
        other = "above" if direction == "below" else "below"
        for answer, reply in (
            (sign * 7777, "That is too far from zero."),
            (sign * 7.7e-12, "That is too close to zero."),
            (-sign * 7777, f"That is {other} zero, and the gradient is {direction} it."),
        ):
            visit.find("[data-answer]").clear()
            visit.find("[data-answer]").send_keys(f"{answer}", KEYS["enter"])
            assert visit.text("[data-reply]") == reply
        visit.click("[data-show]")
        visit.click("[data-go=next]")
    assert visit.errors() == []


def current(visit):
    return visit.driver.execute_script(
        "return [...document.querySelectorAll('[data-jump][aria-current=true]')].map((each) => each.getAttribute('data-jump'))"
    )


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_the_button_of_the_panel_that_one_sees_is_marked(opened, width):
    visit = opened("article", width)
    assert current(visit) == (["Node"] if width == 1280 else ["Step"])
    for name in ("Change", "Train", "Node", "Step")[: 3 if width == 1280 else 4]:
        visit.click(f"[data-jump={name}]")
        until(lambda name=name: current(visit) == [name])
    visit.click("[data-jump=Change]")
    scroller = ".rest" if width == 1280 else ".panels"
    visit.driver.execute_script(f"document.querySelector('{scroller}').scrollTop += 4000")
    until(lambda: current(visit) == ["Train"])
    visit.click("#W2")
    until(lambda: current(visit) == ["Node"])
    assert visit.findings() == [] and visit.errors() == []


def test_what_is_chosen_is_said_where_it_is_chosen_and_the_list_stays_open(opened):
    visit = opened("article")
    visit.press("end")
    gradient = RUNS["article"]().backward()["W1"]
    first, second = np.argsort(-np.abs(gradient), axis=None, kind="stable")[:2]
    visit.click("[data-step] .gradient .largest summary")
    for number in (first, second, first):
        place = ", ".join(map(str, np.unravel_index(number, gradient.shape)))
        chip = f"[data-step] .gradient [data-chip='W1 {place.replace(' ', '')}']"
        until(lambda chip=chip: visit.driver.find_elements("css selector", chip))
        before = visit.driver.execute_script("return document.querySelector('[data-step]').scrollTop")
        press(visit, chip)
        assert visit.find(chip).get_attribute("aria-pressed") == "true" and visit.find(chip).is_displayed()
        assert visit.driver.execute_script("return document.querySelector('[data-step]').scrollTop") == before
        said = visit.text("[data-step] .gradient [data-said]")
        assert said.startswith(f"W1[{place}] is chosen: it is ") and summary(gradient.flat[number]) in said
        assert visit.text("[data-jump=Change]") == f"Change W1[{place}]"
        assert visit.text("[data-chain-sum]").endswith(f"= {summary(gradient.flat[number])}")
    assert visit.find("[data-jump=Change]").is_displayed() and visit.findings() == [] and visit.errors() == []


@pytest.mark.parametrize("part", ["#a1-wire text", "#W2-MatMul2-1 text", "#to-z1-wire path"])
def test_a_wire_and_its_label_open_the_node_that_runs_on_it(opened, part):
    visit = opened("article")
    visit.press("end")
    point = """const found = document.querySelector(arguments[0]), box = found.getBoundingClientRect();
        if (found.nodeName === "text") return [box.left + box.width / 2, box.top + box.height / 2];
        const { x, y } = found.getPointAtLength(found.getTotalLength() / 2).matrixTransform(found.getScreenCTM());
        return [x, y + 2];"""
    x, y = visit.driver.execute_script(point, part)
    clicks = ActionChains(visit.driver)
    clicks.w3c_actions.pointer_action.move_to_location(round(x), round(y))
    clicks.click().perform()
    key = part.removeprefix("#").removeprefix("to-").split("-")[0]
    assert visit.text("[data-node] h2") == key
    assert visit.find(f"[id='{key}']").get_attribute("class").split()[-1] == "open" and visit.errors() == []
