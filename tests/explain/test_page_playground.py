"""docs/playground.html: it is what its code makes now, and a browser chooses in it as a person would."""

import json
import re
import zlib
from base64 import b64decode
from collections import Counter
from functools import cache
from html import unescape
from urllib.parse import urlencode

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains

from docs.gallery import examples
from docs.playground import PAGE, PLAYS, choices, page_of, text_of, unpacked
from minigraph.explain.circuit.arrays import summary
from tests.explain.test_page_in_browser import RED, Visit, emulate, until

HELD = PAGE.read_text(encoding="utf-8")
EXAMPLES = {example.name: example for example in examples()}
PACKS = {
    name: zlib.decompress(b64decode(text)).decode()
    for name, text in re.findall(r'<script type="text/plain" id="ui--(\w+)">([^<]+)</script>', HELD)
    if name != "script"
}


NUMBERS = re.compile(r"(sum )?(−?[\d.]+(·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?( ± |  )?)+")
ROUNDING = re.compile("10⁻[¹⁷⁸⁹]")  # in float32 what is 0 in truth


def texts(svg):
    return [unescape(text).replace("\N{NO-BREAK SPACE}", " ").strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def plain(text):
    """A text of the page without what another machine rounds, or another renderer places, otherwise."""
    code, circuit, record = text.split("\f\n")
    known = json.loads(record)
    same = {key: known[key] for key in ("nodes", "code", "steps", "blocks", "outputs", "program", "training", "plane")}
    words = sorted(re.sub(r"[\d.⁻⁰¹²³⁴⁵⁶⁷⁸⁹−]+", "#", each) for each in texts(circuit))
    shapes = {name: array["shape"] for name, array in known["leaves"].items()}
    return code, words, same, shapes


@cache
def last_choice(name):
    """The last choice of a graph, and its text as it is made now."""
    *_, last = choices(EXAMPLES[name])
    return last, text_of(last)


def test_it_has_every_graph_of_the_gallery_in_every_choice():
    assert sorted(PLAYS) == sorted(PACKS) == sorted(EXAMPLES)
    for name, example in EXAMPLES.items():
        offered = {", ".join(choice.options): choice.code for choice in choices(example)}
        held = {options: text.split("\f\n")[0] for options, text in unpacked(PACKS[name]).items()}
        assert {options: code.rsplit("\n", 2)[0] for options, code in held.items()} == offered, "run: python -m docs.playground"
        assert len(set(held.values())) == len(held) > 2  # no two choices are one


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_choice_is_what_its_code_makes_now(name):
    last, text = last_choice(name)
    held = unpacked(PACKS[name])[", ".join(last.options)]
    assert plain(held) == plain(text), "run: python -m docs.playground"


def test_its_scripts_and_its_shell_are_the_page_s():
    assert page_of({name: PACKS[name] for name in PLAYS}) == HELD, "run: python -m docs.playground"
    assert len(HELD) < 600_000


@pytest.fixture
def opened(driver):
    def opened(state="", width=1280, height=800, scheme="light"):
        emulate(driver, width, scheme, motion="reduce", height=height)
        return Visit(driver, PAGE, state=state)

    return opened


def choose(visit, name, label):
    """Choose in a list, as a mouse does, and wait until the page has opened again."""
    script = """const list = document.querySelector(`[data-choose="${arguments[0]}"]`);
        window.before = true; list.value = arguments[1]; list.dispatchEvent(new Event('change'));"""
    visit.driver.execute_script(script, name, label)
    until(lambda: visit.driver.execute_script("return !window.before") and visit.step())


def lists(visit):
    """What each list of the page offers, by its name."""
    script = """const all = [...document.querySelectorAll("[data-choose]")];
        return Object.fromEntries(all.map((list) => [list.dataset.choose, [...list.options].map((each) => each.value)]))"""
    return visit.driver.execute_script(script)


def address(visit):
    return visit.driver.execute_script("return Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")


pytestmark = pytest.mark.needs("chromium", "chromedriver")


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_gradients_and_circuit_are_those_of_the_code_that_it_shows(opened, name):
    last, text = last_choice(name)
    chosen = dict(zip((each.name for each in PLAYS[name].options), last.options, strict=True))
    _, circuit, record = text.split("\f\n")
    visit = opened(urlencode({"graph": name, **chosen, "step": len(json.loads(record)["steps"])}))
    assert lists(visit) == {"graph": [*PLAYS], **{each.name: each.labels for each in PLAYS[name].options}}
    assert address(visit).items() >= {"graph": name, **chosen}.items()
    visit.click(".choices summary")
    assert visit.text(".choices pre").strip() == f'{last.code}\nrun.explain("page.html")'
    script = """return [...document.querySelectorAll('.frame > svg text')].filter((each) => each.style.visibility !== 'hidden')
        .map((each) => each.textContent.replaceAll('\\u00a0', ' ').trim())"""
    seen, drawn = Counter(visit.driver.execute_script(script)), Counter(texts(circuit))
    assert not [text for text in seen - drawn if text and not ROUNDING.search(text)]
    assert not [
        text for text in drawn - seen if NUMBERS.fullmatch(text) and not ROUNDING.search(text)
    ]  # a rule may not be reached
    assert visit.errors() == [] and visit.requests() == []


def test_each_of_the_lists_is_chosen_from(opened):
    visit = opened()
    assert lists(visit)["graph"] == [*PLAYS]
    *_, last = choices(EXAMPLES["article"])
    choose(visit, "graph", "article")
    for option, label in zip(PLAYS["article"].options, last.options, strict=True):
        choose(visit, option.name, label)
    assert visit.driver.execute_script("return document.querySelector('.choices pre').textContent").startswith(last.code)


def test_a_number_is_dragged_and_stays_where_another_function_is_swapped_in(opened):
    visit = opened("step=7")
    visit.click("#x")
    cell = visit.find("[data-node] [data-free='x ']")
    ActionChains(visit.driver, duration=20).click_and_hold(cell).move_by_offset(-90, 0).move_by_offset(
        -60, 0
    ).release().perform()
    until(lambda: visit.seen("x", RED) == [f"sum {summary(np.float32(np.sin(0.5) + 0.5 * np.cos(0.5)))}"])
    until(lambda: address(visit).get("values") == "x 0 0.5")
    choose(visit, "function", "cos")
    assert visit.seen("x", RED) == [f"sum {summary(np.float32(np.cos(0.5) - 0.5 * np.sin(0.5)))}"]
    assert address(visit) == {"graph": "fork", "function": "cos", "step": "7", "values": "x 0 0.5", "node": "x"}
    visit.driver.back()
    until(lambda: address(visit).get("function") == "sin" and visit.step())
    until(lambda: visit.driver.execute_script("return document.querySelector('[data-choose=function]').value") == "sin")


def test_another_size_has_numbers_of_its_own(opened):
    visit = opened("graph=article&units=3&activation=relu&step=5&values=W1 0 9")
    assert visit.text("[data-choose=activation]") and address(visit)["values"] == "W1 0 9"
    choose(visit, "units", "8")
    chosen = {"graph": "article", "units": "8", "activation": "relu", "data": "quadrants"}
    assert address(visit) == chosen and visit.step() == "Step 0 of 18"


def test_what_the_address_does_not_know_is_as_at_first(opened):
    visit = opened("graph=nothing&function=<script>&step=99&values=q 1 2")
    assert visit.driver.title == "Playground: A fork" and visit.step() == "Step 0 of 7"
    visit.driver.execute_script("location.hash = 'graph=attention&positions=5&features=3'")
    until(lambda: "Attention" in visit.driver.title and visit.step())
    until(lambda: address(visit) == {"graph": "attention", "positions": "5", "features": "2"})
    assert visit.errors() == []


def test_the_keyboard_stays_in_a_list(opened):
    visit = opened()
    visit.driver.execute_script("document.querySelector('[data-choose=function]').focus(); window.before = true")
    visit.press("\ue015")
    until(lambda: visit.driver.execute_script("return !window.before") and visit.step())
    assert (
        visit.driver.execute_script("return document.activeElement.dataset.choose + document.activeElement.value")
        == "functioncos"
    )


@pytest.mark.parametrize("window", [(1280, 800), (768, 1024), (390, 844)])
def test_it_fits_the_window_and_nobody_is_kept_out(opened, window):
    visit = opened("graph=convolution&step=20", *window)
    assert visit.driver.execute_script("return document.documentElement.scrollHeight <= innerHeight")
    assert visit.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    for control in visit.driver.find_elements("css selector", ".choices select, .choices summary, .controls button"):
        box = control.rect
        assert not box["width"] or (box["x"] >= 0 and box["x"] + box["width"] <= window[0] and box["height"] >= 24)
    for scheme in ("light", "dark"):
        visit.emulate(window[0], scheme, motion="reduce", height=window[1])
        assert visit.findings() == []
