"""docs/playground.html: it is what its code makes now, and a browser chooses in it as a person would."""

import json
import re
import zlib
from base64 import b64decode
from collections import Counter
from html import unescape

import numpy as np
import pytest

from docs.gallery import examples
from docs.playground import PAGE, PLAYS, choices, page_of, text_of, unpacked
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.page import shown
from tests.explain.test_page_in_browser import KEYS, Visit, until

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


def test_it_has_every_graph_of_the_gallery_in_every_choice():
    assert sorted(PLAYS) == sorted(PACKS) == sorted(EXAMPLES)
    for name, example in EXAMPLES.items():
        offered = {", ".join(choice.options): choice.code for choice in choices(example)}
        held = {options: text.split("\f\n")[0] for options, text in unpacked(PACKS[name]).items()}
        assert {options: code.rsplit("\n", 2)[0] for options, code in held.items()} == offered, "run: python -m docs.playground"
        assert len(set(held.values())) == len(held) > 2  # no two choices are one


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_choice_is_what_its_code_makes_now(name):
    *_, last = choices(EXAMPLES[name])
    held = unpacked(PACKS[name])[", ".join(last.options)]
    assert plain(held) == plain(text_of(last)), "run: python -m docs.playground"


def test_its_scripts_and_its_shell_are_the_page_s():
    assert page_of({name: PACKS[name] for name in PLAYS}) == HELD, "run: python -m docs.playground"
    assert len(HELD) < 600_000


@pytest.fixture
def opened(driver):
    def opened(state="", width=1280, height=800, scheme="light"):
        driver.get("about:blank")
        visit = Visit(driver, PAGE)
        visit.emulate(width, scheme, motion="reduce", height=height)
        driver.get("about:blank")
        driver.get(f"{visit.url}{state}")
        until(visit.step)
        return visit

    return opened


def choose(visit, name, label):
    """Choose in a list, as a mouse does, and wait until the page has opened again."""
    script = """const list = document.querySelector(`[data-choose="${arguments[0]}"]`);
        window.before = true; list.value = arguments[1]; list.dispatchEvent(new Event('change'));"""
    visit.driver.execute_script(script, name, label)
    until(lambda: visit.driver.execute_script("return !window.before") and visit.step())


def address(visit):
    return visit.driver.execute_script("return Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")


pytestmark = pytest.mark.needs("chromium", "chromedriver")


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_gradients_and_circuit_are_those_of_the_code_that_it_shows(opened, name):
    *_, last = choices(EXAMPLES[name])
    visit = opened()
    if name != "fork":
        choose(visit, "graph", name)
    for option, label in zip(PLAYS[name].options, last.options, strict=True):
        choose(visit, option.name, label)
    visit.press("end")
    visit.click(".choices summary")
    assert visit.text(".choices pre").strip() == f'{last.code}\nrun.explain("page.html")'
    _, circuit = shown(last.run())
    script = """return [...document.querySelectorAll('.frame > svg text')].filter((each) => each.style.visibility !== 'hidden')
        .map((each) => each.textContent.replaceAll('\\u00a0', ' ').trim())"""
    seen, drawn = Counter(visit.driver.execute_script(script)), Counter(texts(circuit))
    assert not [text for text in seen - drawn if text and not ROUNDING.search(text)]
    assert not [
        text for text in drawn - seen if NUMBERS.fullmatch(text) and not ROUNDING.search(text)
    ]  # a rule may not be reached
    assert visit.errors() == [] and visit.requests() == []


def test_a_number_is_dragged_and_stays_where_another_function_is_swapped_in(opened):
    visit = opened()
    visit.driver.execute_script("document.querySelector('[data-step] [data-free]').focus()")
    visit.press("enter")
    field = visit.find("[data-change] [data-value]")
    field.clear()
    field.send_keys("0.5", KEYS["enter"])
    visit.click("[data-go=last]")
    assert visit.seen("x", "#b3402a") == [f"sum {summary(np.float32(np.sin(0.5) + 0.5 * np.cos(0.5)))}"]
    until(lambda: address(visit).get("values") == "x 0 0.5")
    choose(visit, "function", "cos")
    assert visit.seen("x", "#b3402a") == [f"sum {summary(np.float32(np.cos(0.5) - 0.5 * np.sin(0.5)))}"]
    assert address(visit) == {"graph": "fork", "function": "cos", "step": "7", "values": "x 0 0.5"}
    visit.driver.back()
    until(lambda: address(visit).get("function") == "sin" and visit.step())
    until(lambda: visit.driver.execute_script("return document.querySelector('[data-choose=function]').value") == "sin")


def test_another_size_has_numbers_of_its_own(opened):
    visit = opened("#graph=article&units=3&activation=relu&step=5&values=W1 0 9")
    assert visit.text("[data-choose=activation]") and address(visit)["values"] == "W1 0 9"
    choose(visit, "units", "8")
    chosen = {"graph": "article", "units": "8", "activation": "relu", "data": "quadrants"}
    assert address(visit) == chosen and visit.step() == "Step 0 of 18"


def test_what_the_address_does_not_know_is_as_at_first(opened):
    visit = opened("#graph=nothing&function=<script>&step=99&values=q 1 2")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [(1280, 800), (768, 1024), (390, 844)])
def test_it_fits_the_window_and_nobody_is_kept_out(opened, window, scheme):
    visit = opened("#graph=convolution&step=20", *window, scheme)
    assert visit.driver.execute_script("return document.documentElement.scrollHeight <= innerHeight")
    assert visit.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    for control in visit.driver.find_elements("css selector", ".choices select, .choices summary, .controls button"):
        box = control.rect
        assert not box["width"] or (box["x"] >= 0 and box["x"] + box["width"] <= window[0] and box["height"] >= 24)
    assert visit.findings() == []
