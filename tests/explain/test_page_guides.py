"""What leads a newcomer through the page: Help, the quiz, what is chosen, the buttons of the panels, in a browser."""

import re
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
POINTS = np.random.default_rng(1).uniform(-2, 2, (20, 2))
RUNS = {
    "article": lambda: build(hidden=40, seed=3).astype(np.float64).forward(x=X, y=Y),
    "cell": cell,
    "halves": lambda: build(hidden=40, seed=3).forward(x=POINTS, y=POINTS[:, 0] < 0),
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


@pytest.mark.parametrize("close", ["Escape", "Quiz", "Change", "the circuit", "the title"])
def test_help_closes_by_escape_and_by_whatever_is_done_next(opened, close):
    visit = opened("article")
    visit.click(".help summary")
    assert visit.find(".help").get_attribute("open")
    closes = {
        "Escape": partial(visit.press, ESCAPE),
        "Quiz": partial(visit.click, "[data-go=quiz]"),
        "Change": partial(press, visit, "[data-jump=Change]"),
        "the circuit": partial(press, visit, "#W2"),
        "the title": partial(press, visit, "h1"),  # which takes no focus
    }
    closes[close]()
    assert not visit.find(".help").get_attribute("open") and visit.errors() == []


def test_the_quiz_begins_at_the_next_gradient_and_says_where(opened):
    visit = opened("cell")
    visit.click("[data-go=quiz]")
    assert visit.text("[data-question]").startswith("Gradient 1 of ")
    assert "it begins here, as the steps up to 18 are the way forward." in visit.text("[data-began]")
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
    until(lambda: current(visit) == (["Node"] if width == 1280 else ["Step"]))  # once the browser has laid the panels out
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


def nudged(visit, by):
    visit.find("[data-nudge]").clear()
    visit.find("[data-nudge]").send_keys(f"{by}", KEYS["enter"])


@pytest.mark.parametrize("name", ["article", "cell"])
def test_a_nudge_is_answered_in_words_one_click_away(opened, name):
    visit = opened(name)
    press(visit, "[data-jump=Change]")
    nudged(visit, "0.01")
    key = visit.text("[data-jump=Change]").removeprefix("Change ").removesuffix("[0, 0]")
    run = RUNS[name]()
    parameter = run.graph.variables[key]
    before, moved = run["loss"], parameter.value.copy()
    moved[0, 0] += 0.01
    parameter.value = moved
    after = run.graph.forward(**{each: run[each] for each in run.graph.inputs})["loss"]
    verb = "rises" if after > before else "falls"
    digits = next(n for n in range(3, 9) if summary(after, digits=n) != summary(before, digits=n))
    assert visit.text("[data-wiggled]") == f"loss {verb} by {summary(abs(after - before))}, to {summary(after, digits=digits)}"
    assert visit.find("[data-wiggled]").location["y"] < 760 and visit.errors() == []


def test_an_element_that_is_computed_is_wiggled_as_if_it_came_out_otherwise(opened):
    visit = opened("article")
    visit.press("end")
    press(visit, "#a1-wire text")
    visit.click("[data-node] .value .largest summary")
    until(lambda: visit.text("[data-node] .value [data-chip]"))
    visit.click("[data-node] .value [data-chip]")
    press(visit, "[data-jump=Change]")
    nudged(visit, "0.5")
    name = visit.text("[data-jump=Change]").removeprefix("Change ")
    run = RUNS["article"]()
    a1 = run["a1"].copy()
    a1[tuple(map(int, name.removeprefix("a1[").removesuffix("]").split(", ")))] += 0.5
    z2 = a1 @ run["W2"] + run["b2"]
    after = np.mean(np.log(np.exp(z2).sum(1)) - z2[np.arange(12), Y])
    verb = "rises" if after > run["loss"] else "falls"
    assert visit.text("[data-wiggled]") == f"loss {verb} by {summary(abs(after - run['loss']))}, to {summary(after)}"
    assert "it cannot be set" in visit.text("[data-changed]") and not visit.find("[data-value]").is_enabled()
    assert visit.errors() == []


@pytest.mark.parametrize("part", ["#a1-wire text", "#W2-MatMul2-1 text", "#to-z1-wire path", "#to-z2-loss-0 path"])
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


@pytest.mark.parametrize(
    ("panel", "field", "said"),
    [
        ("Change", "index", "W1 is 2 × 40: an index counts from 0 along each axis."),
        ("Change", "value", "Write a number, such as −0.12 or 3e-4."),
        ("Change", "nudge", "write a number, such as 0.01 or −3e-4"),
        ("Train", "rate", "A learning rate is a number above 0, such as 0.1."),
    ],
)
def test_what_is_no_number_is_told_and_stays_so_until_it_is_one(opened, panel, field, said):
    visit = opened("article")
    press(visit, f"[data-jump={panel}]")
    before = visit.seen("W1", "#1f5fa8")
    large = "1e400 is too large: the largest number of float64 is 1.7977·10³⁰⁸."
    for text, answer in (("rubbish", said), ("1e400", said if field == "index" else large), ("nan", said)):
        visit.find(f"[data-{field}]").clear()
        visit.find(f"[data-{field}]").send_keys(text, KEYS["enter"])
        told = visit.text(f"[data-{'training' if panel == 'Train' else 'change'}]")
        assert answer in told and ("It is 0.1 still." in told) == (panel == "Train"), text
    assert visit.seen("W1", "#1f5fa8") == before and visit.errors() == []


def test_a_quiz_without_anything_to_ask_says_so(opened):
    visit = opened("halves")
    trained(visit, 1e38)
    visit.click("[data-go=quiz]")
    assert visit.text("[data-nothing]").startswith("There is no gradient to ask for:")
    visit.click("[data-reset]")
    visit.click("[data-go=quiz]")
    visit.click("[data-go=quiz]")
    assert not visit.text("[data-nothing]") and visit.text("[data-question]") and visit.errors() == []


def trained(visit, rate):
    visit.driver.execute_script("document.querySelector('[data-reset]').click()")
    visit.find("[data-rate]").clear()
    visit.find("[data-rate]").send_keys(f"{rate}", KEYS["enter"])
    visit.click("[data-train='100']")
    until(lambda: visit.find("[data-trained]").get_attribute("data-trained") == "done")
    return visit.text("[data-diverges]"), visit.text("[data-curve] figcaption")


AXES = """const written = [], fill = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...at) { written.push(text); fill.call(this, text, ...at); };
    document.querySelector("[data-train='1']").click();
    setTimeout(() => { CanvasRenderingContext2D.prototype.fillText = fill; arguments[0](written); }, 300);"""


def test_a_loss_that_leaps_and_is_then_0_is_drawn_by_powers_of_ten_and_told(opened):
    visit = opened("halves")
    said, caption = trained(visit, 1e6)
    assert re.match(r"The loss leapt from 0\.\d+ to \S+ at step \d+: .* Since step \d+ the loss is exactly 0: ", said), said
    assert "every gradient is 0, and so no step moves anything." in said
    assert re.search(r"to 0, at most \S+ after step \d+; on a scale of powers of ten$", caption)
    written = visit.driver.execute_async_script(AXES)
    assert {"50", "100", "10⁴"} <= set(written) and "0" in written[: written.index("10⁴")]  # below the losses, not the steps
    assert visit.errors() == []


def test_the_verdict_is_of_what_is_drawn(opened):
    visit = opened("article")
    said, caption = trained(visit, 1e-3)
    assert said == "" and "powers" not in caption  # it falls, slowly
    said, _ = trained(visit, 1e-4)
    assert said.startswith("It moves slowly: the whole height of the curve is from 0.")
    assert "calm" in visit.find("[data-diverges]").get_attribute("class") and visit.errors() == []


def test_a_nudge_that_is_small_is_told_with_the_digits_that_it_changes(opened):
    visit = opened("article")
    press(visit, "[data-jump=Change]")
    nudged(visit, "1e-4")
    said = re.fullmatch(r"loss (rises|falls) by \S+, to (\S+)", visit.text("[data-wiggled]"))
    loss = summary(RUNS["article"]()["loss"])
    assert said and len(said[2]) > len(loss) and visit.errors() == []


def test_hints_end_and_cost_nothing_and_what_is_asked_for_stands_nowhere_else(opened):
    visit = opened("article")
    visit.click("[data-go=quiz]")
    visit.click("[data-hint]")
    visit.click("[data-hint]")
    last = visit.text("[data-reply]")
    assert visit.text("[data-hint]") == "No more hints" and visit.find("[data-hint]").get_attribute("aria-disabled") == "true"
    visit.click("[data-hint]")
    assert visit.text("[data-reply]") == last
    while not visit.text(".quiz h3").endswith("∂loss/∂W2 at [0, 0]?") and "∂loss/∂W2" not in visit.text(".quiz h3"):
        visit.click("[data-show]")
        visit.click("[data-go=next]")
    visit.find("[data-array]").send_keys("W2")
    assert "Its gradient is asked for." in visit.text("[data-changed]") and not visit.find("[data-wiggle]").is_displayed()
    visit.click("[data-show]")
    assert "The gradient there is" in visit.text("[data-changed]") and visit.find("[data-wiggle]").is_displayed()
    assert visit.errors() == []


def test_a_sum_is_hinted_as_a_sum(opened):
    visit = opened("article")
    visit.click("[data-go=quiz]")
    while not visit.text("[data-step] h2").endswith(" to b2"):
        visit.click("[data-show]")
        visit.click("[data-go=next]")
    visit.click("[data-hint]")
    assert visit.text("[data-reply]") == "The local derivative is 1: 12 elements of ∂loss/∂z2 are added up, each as it is."
    visit.click("[data-hint]")
    assert "roduct" not in visit.text("[data-reply]") and visit.errors() == []


def test_a_loss_that_leaps_is_told_by_where_it_ends(opened):
    visit = opened("halves")
    said, _ = trained(visit, 10)
    assert "come down" not in said or said.endswith("below where it began.")
    visit = opened("article")
    said, _ = trained(visit, 300)
    assert "has come down" not in said, said
    visit.click("[data-reset]")
    assert visit.find("[data-rate]").get_attribute("value") == "300" and visit.errors() == []
