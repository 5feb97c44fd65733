"""The page's layout in a browser: what stays in sight, the circuit in its frame, steps by block, the address, paper."""

import base64
from importlib import import_module

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build
from tests.explain.test_page_functions import given_to
from tests.explain.test_page_in_browser import KEYS, Visit, until

pytestmark = pytest.mark.needs("chromium", "chromedriver")

WINDOWS = [(1280, 800), (768, 1024), (390, 844)]
TAB, DOWN = "\ue004", "\ue015"
SEEN = """const frame = document.querySelector('[data-frame]').getBoundingClientRect(), seen = [];
    for (const [move, count] of [['next', arguments[0]], ['back', arguments[0] - 1]])
        for (let n = 0; n < count; n++) {
            document.querySelector(`[data-go=${move}]`).click();
            seen.push([...document.querySelectorAll('.now-forward, .now-back')].some((group) => {
                const box = group.getBoundingClientRect();
                return box.left > frame.left && box.top > frame.top && box.right < frame.right && box.bottom < frame.bottom;
            }));
        }
    return seen;"""


def cell():
    """A cell of a long short-term memory, whose circuit is far higher than a window."""
    rng = np.random.default_rng(0)
    x, h, c = mg.Input("x", ("N", 3)), mg.Input("h", ("N", 4)), mg.Input("c", ("N", 4))
    z = x @ mg.Parameter("Wx", rng.normal(size=(3, 16))) + h @ mg.Parameter("Wh", rng.normal(size=(4, 16)))
    f, i, g, o = (z[:, 4 * k : 4 * k + 4] for k in range(4))
    new = mg.Sigmoid(f, name="f") * c + mg.Sigmoid(i, name="i") * mg.Tanh(g, name="g")
    out = mg.Sigmoid(o, name="o") * np.tanh(new)
    return mg.Graph(loss=(out * out).mean()).forward(
        **{name: rng.normal(size=(5, n)) for name, n in (("x", 3), ("h", 4), ("c", 4))}
    )


def layers():
    """A chain of blocks with more steps than one goes through one by one."""
    y = mg.Input("x", ("N", 3))
    for k in range(8):
        with mg.blocks.block(f"layer{k}"):
            y = np.tanh(y @ mg.Parameter(f"W{k}", np.eye(3) * 0.5) + mg.Parameter(f"b{k}", np.ones(3)))
    return mg.Graph(loss=(y * y).mean()).forward(x=np.ones((2, 3)))


def nested():
    """Two layers of which each holds two blocks, and a block that holds none."""
    y = mg.Input("x", ("N", 3))
    for k in range(2):
        with mg.blocks.block(f"layer{k}"):
            for name in ("attention", "feed_forward"):
                with mg.blocks.block(name):
                    z = np.tanh(np.tanh(y @ mg.Parameter(f"W{name}{k}", np.eye(3) * 0.5)) * 2 + 1)
                y = y + z
    with mg.blocks.block("scores"):
        y = y @ mg.Parameter("W", np.eye(3)) + mg.Parameter("b", np.ones(3))
    return mg.Graph(loss=(y * y).mean()).forward(x=np.ones((2, 3)))


def page_of(name):
    """A page of the article's model, the cell, the layers, those that hold others, or one of models/."""
    if name == "article":
        run = build(hidden=5, seed=3).forward(x=np.random.default_rng(0).normal(size=(6, 2)), y=np.arange(6) % 2)
        return run.explain(snapshots={"epoch 0": {"b2": [1.0, -1.0]}})
    if name in ("cell", "layers", "nested"):
        return {"cell": cell, "layers": layers, "nested": nested}[name]().explain()
    graph = import_module(f"models.{name}").build()
    return graph.forward(**given_to(graph, 2)).explain()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The folder of the pages, each made when it is first opened."""
    return tmp_path_factory.mktemp("layout")


@pytest.fixture
def opened(driver, files):
    def opened(name, width=1280, height=800, state=""):
        driver.get("about:blank")
        file = files / f"{name}.html"
        if not file.exists():
            page_of(name).write(file)
        visit = Visit(driver, file)
        visit.emulate(width, "light", motion="reduce", height=height)
        driver.get("about:blank")
        driver.get(f"{visit.url}{state}")
        until(visit.step)
        return visit

    return opened


def boxes(visit, selector):
    """Where all elements of a selector that are shown are: left, top, right, bottom."""
    script = """return [...document.querySelectorAll(arguments[0])].map((each) => each.getBoundingClientRect())
        .filter((box) => box.width).map((box) => [box.left, box.top, box.right, box.bottom])"""
    return visit.driver.execute_script(script, selector)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", ["article", "cell"])
def test_the_controls_never_leave_the_window(opened, name, window):
    visit = opened(name, *window)
    before = boxes(visit, ".controls button")
    visit.press("end")
    for left, top, right, bottom in (found := boxes(visit, ".controls button")):
        assert left >= 0 and top >= 0 and right <= window[0] and bottom <= window[1]
    assert found == before
    assert visit.driver.execute_script("return document.documentElement.scrollHeight <= innerHeight")
    assert visit.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("window", WINDOWS)
def test_the_circuit_has_about_half_of_the_window(opened, window):
    [(left, top, right, bottom)] = boxes(opened("cell", *window), "[data-circuit]")
    assert 0.33 < (right - left) * (bottom - top) / (window[0] * window[1]) < 0.6


@pytest.mark.parametrize("window", WINDOWS)
def test_the_circuit_follows_the_steps_forward_and_back(opened, window):
    visit = opened("cell", *window)
    count = int(visit.step().split()[-1])
    assert visit.driver.execute_script(SEEN, count) == [True] * (2 * count - 1)


def test_no_panel_shifts_while_it_plays(opened):
    visit = opened("article")
    visit.driver.execute_script("""window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; }))
            .observe({ type: "layout-shift", buffered: false });""")
    step = """const done = arguments[0]; let n = 0;
        const next = document.querySelector('[data-go=next]');
        const step = () => n++ < 18 ? (next.click(), setTimeout(step, 40)) : done(window.shift);
        step();"""
    assert visit.driver.execute_async_script(step) < 0.1
    assert visit.step() == "Step 18 of 18"


SHIFT = """const [count, done] = arguments;
    let shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => { shift += entry.value; }))
        .observe({ type: "layout-shift", buffered: false });
    const next = document.querySelector("[data-go=next]");
    let n = 0;
    const step = () => n++ < count ? (next.click(), setTimeout(step, 40)) : done(shift);
    step();"""


LARGER = [
    pytest.param(name, window, marks=[pytest.mark.slow] * (window != WINDOWS[(name == "lenet") * 2]))
    for name in ("gpt", "lenet")
    for window in WINDOWS
]


@pytest.mark.parametrize(("name", "window"), LARGER)
def test_the_page_of_a_larger_model_keeps_its_layout(opened, name, window):
    visit = opened(name, *window)
    before = boxes(visit, ".controls button")
    assert visit.driver.execute_async_script(SHIFT, 12) < 0.1
    assert boxes(visit, ".controls button") == before
    for left, top, right, bottom in before:
        assert left >= 0 and top >= 0 and right <= window[0] and bottom <= window[1]
    root = visit.driver.execute_script("const r = document.documentElement; return [r.scrollWidth, r.scrollHeight]")
    assert root[0] <= window[0] and root[1] <= window[1]
    [(left, top, right, bottom)] = boxes(visit, "[data-circuit]")
    assert 0.33 < (right - left) * (bottom - top) / (window[0] * window[1]) < 0.6
    assert visit.findings() == [] and visit.errors() == [] and visit.requests() == []


def test_the_circuit_is_zoomed_fitted_and_moved(opened):
    visit = opened("cell")

    def wide():
        return visit.driver.execute_script("return document.querySelector('[data-frame] > svg').getBoundingClientRect().width")

    def at():
        return visit.driver.execute_script(
            "const { scrollLeft, scrollTop } = document.querySelector('[data-frame]'); return [scrollLeft, scrollTop]"
        )

    before = wide()
    visit.click("[data-zoom=in]")
    assert wide() == pytest.approx(1.25 * before, rel=1e-3)
    visit.click("[data-zoom=fit]")
    assert wide() == before
    start = at()
    drag = """const frame = document.querySelector('[data-frame]');
        frame.setPointerCapture = () => {};
        const on = (type, clientY, buttons) => frame.dispatchEvent(new PointerEvent(type, {
            pointerType: 'mouse', pointerId: 1, clientX: 200, clientY, button: 0, buttons, bubbles: true }));
        on('pointerdown', 500, 1); on('pointermove', 400, 1); on('pointerup', 400, 0);"""
    visit.driver.execute_script(drag)
    assert at()[1] == pytest.approx(start[1] + 100, abs=1)
    left, _, right, bottom = boxes(visit, ".map")[0]
    press = """document.querySelector('.map').dispatchEvent(
        new PointerEvent('pointerdown', { pointerId: 1, clientX: arguments[0], clientY: arguments[1] }))"""
    visit.driver.execute_script("SVGElement.prototype.setPointerCapture = () => {}")
    visit.driver.execute_script(press, (left + right) / 2, bottom - 2)
    assert at()[1] > start[1] + 200  # the foot of the map is the foot of the circuit
    assert visit.errors() == []


def test_there_is_no_map_of_a_circuit_that_is_in_sight(opened):
    assert boxes(opened("article", 1600, 1100), ".map") == []


def test_a_wire_is_as_thick_as_its_gradient_is_large(opened):
    visit = opened("article")
    thick = """return [...document.querySelectorAll('.edge.flow')].map((wire) =>
        [wire.id, parseFloat(getComputedStyle(wire.querySelector('path')).strokeWidth)])"""
    visit.press(*["right"] * 7)
    assert visit.driver.execute_script(thick) == []
    visit.press("end")
    widths = dict(visit.driver.execute_script(thick))
    assert widths["loss-to-output-0"] == max(widths.values()) == 6
    assert min(widths.values()) == 1 and len(set(widths.values())) > 3
    assert not any("Softmax1" in wire for wire in widths)  # no gradient returns from the probabilities


def test_a_closed_block_is_one_step_that_opens(opened):
    visit = opened("layers")
    every = len(visit.data()["steps"])
    count = int(visit.step().split()[-1])
    assert count < 0.5 * every
    visit.press("right")
    assert visit.text("[data-step] h2") == "Forward through layer0"
    visit.click("[data-inside]")
    assert visit.step() == f"Step 1 of {count + 2}" and visit.text("[data-step] h2").startswith("Forward: ")
    visit.press("right", "right")
    assert visit.step() == f"Step 3 of {count + 2}"
    visit.click(".within button")
    assert visit.step() == f"Step 1 of {count}"
    seen = 1
    while not visit.find("[data-go=next]").get_attribute("disabled") and seen < every:
        visit.press("right")
        seen += 1
    assert seen == count and visit.errors() == []


def test_blocks_that_hold_others_are_open_at_first_where_these_alone_are_few_enough(opened):
    visit = opened("nested")
    assert 20 < int(visit.step().split()[-1]) <= 45 < len(visit.data()["steps"])
    visit.press("right")
    assert visit.text("[data-step] h2") == "Forward through layer0 › attention"
    visit.press(*["right"] * 8)
    assert visit.text("[data-step] h2") == "Forward through scores" and visit.errors() == []


def test_the_keyboard_alone_reaches_everything(opened):
    visit = opened("article")

    def focused():
        return visit.driver.execute_script("const { dataset, id } = document.activeElement; return dataset.go ?? id")

    visit.press(TAB)
    assert focused() == "next"
    visit.press("enter")
    assert visit.step() == "Step 1 of 18"
    for _ in range(16):
        visit.press(TAB)
        if focused() == "x":
            break
    assert focused() == "x"
    visit.press(DOWN)
    first = focused()
    visit.press("enter")
    name = visit.text("[data-node] h2")
    assert first != "x" and name and visit.driver.execute_script("return document.activeElement.hasAttribute('data-node')")


def test_the_address_brings_back_what_was_shown(opened):
    visit = opened("article")
    visit.press(*["right"] * 10)
    visit.click("#W2")
    visit.find("[data-snapshot]").send_keys(KEYS["left"])
    wait = "const done = arguments[0]; setTimeout(() => done(location.hash), 400)"
    kept = visit.driver.execute_async_script(wait)
    assert kept == "#step=10&at=epoch+0&node=W2"
    shown = [visit.text(place) for place in ("[data-count]", "[data-step]", "[data-node]", "[data-snapshot-name]")]
    again = opened("article", state=kept)
    assert [again.text(place) for place in ("[data-count]", "[data-step]", "[data-node]", "[data-snapshot-name]")] == shown


def test_the_address_brings_back_values_and_the_score(opened):
    visit = opened("article", state="#step=7&values=b2+0+0.5,b2+1+-2&quiz=on+9r+10l")
    visit.click("#b2")
    assert "0.5" in visit.text("[data-node]") and "−2" in visit.text("[data-node]")
    assert visit.text("[data-score]") == "1 of 2 at the first try"
    assert visit.errors() == []


KEPT = "const done = arguments[0]; setTimeout(() => done(location.hash), 400)"


def test_the_address_keeps_what_was_trained_added_and_chosen(opened):
    visit = opened("article")
    visit.find("[data-rate]").clear()
    visit.find("[data-rate]").send_keys("0.3", KEYS["enter"])
    visit.click("[data-train='100']")
    until(lambda: visit.find("[data-trained]").get_attribute("data-trained") == "done")
    visit.click("[data-plane] canvas")
    visit.press("end")
    visit.click("#b2")
    visit.click("[data-node] [data-free='b2 1']")
    visit.find("[data-nudge]").clear()
    visit.find("[data-nudge]").send_keys("0.25", KEYS["enter"])
    kept = visit.driver.execute_async_script(KEPT)
    assert len(kept) < 1000 and "arrays=" in kept
    places = ("[data-step]", "[data-node]", "[data-changed]", "[data-predicted]", "[data-plane] figcaption")
    shown = [visit.text(place) for place in places]
    again = opened("article", state=kept)
    assert [again.text(place) for place in places] == shown and "of 7 rows" in shown[-1]
    assert again.find("[data-rate]").get_attribute("value") == "0.3" and again.errors() == []


def test_more_numbers_than_the_address_holds_are_said_not_to_be_kept(driver, tmp_path):
    run = build(hidden=2000, seed=3).forward(x=np.ones((4, 2)), y=[0, 1, 0, 1])
    run.explain(tmp_path / "page.html")
    visit = Visit(driver, tmp_path / "page.html")
    assert visit.text("[data-not-kept]") == "" or not visit.find("[data-not-kept]").is_displayed()
    visit.click("[data-train='1']")
    until(lambda: visit.find("[data-not-kept]").is_displayed())
    assert "arrays" not in visit.driver.execute_async_script(KEPT) and visit.errors() == []


def test_the_quiz_opens_the_blocks_that_it_comes_to(opened):
    visit = opened("layers")
    visit.click("[data-go=quiz]")
    assert "Backward: " in visit.text("[data-step] h2")
    asked = 0
    for _ in range(6):
        if visit.driver.find_elements("css selector", "[data-show]"):
            asked += 1
            visit.click("[data-show]")
        visit.click("[data-go=next]")
    assert asked >= 4 and visit.text(".within").startswith("layer") and visit.errors() == []


@pytest.mark.parametrize(
    "state",
    [
        "#step=1&arrays=x+3x2+AAAA,W1+2x5+!!,y+9+AAAAAAAA&rate=-1&chosen=W1+9.9+x",
        "#step=999&node=no&at=never&blocks=7+x&view=0+a&values=W1+99999+1,%E0%A4%A+&quiz=on+xr+",
        "#%%%",
        "#=&&=",
    ],
)
def test_an_address_that_says_nothing_opens_the_start(opened, state):
    visit = opened("article", state=state)
    assert visit.text("[data-step] h2") == ("Forward: x · W1" if "step=1&" in state else "What is given")
    assert visit.errors() == []


def test_a_sheet_is_printed_with_all_steps_and_gradients(opened):
    visit = opened("article")
    visit.driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    steps = visit.data()["steps"]
    rows = visit.driver.execute_script(
        "return [...document.querySelectorAll('[data-sheet] tbody tr')].map((row) => row.cells[1].textContent)"
    )
    assert rows == [step["name"] for step in steps]
    assert visit.driver.execute_script("return document.querySelectorAll('[data-sheet] math').length") == 4
    visit.driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert visit.step() == "Step 0 of 18"
    paper = base64.b64decode(visit.driver.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert paper.startswith(b"%PDF") and visit.errors() == []


def test_a_notebook_has_the_page_in_a_frame_and_its_state_to_copy(driver, tmp_path):
    page = build(hidden=5, seed=3).explain(x=np.ones((2, 2)), y=[0, 1])
    (tmp_path / "cell.html").write_text(f"<!doctype html><meta charset=utf-8>{page.at('step=3')._repr_html_()}")
    visit = Visit(driver, tmp_path / "cell.html", framed=True)
    visit.emulate(1280, "light")
    assert visit.step() == "Step 3 of 18"
    visit.find("[data-go=next]").click()
    visit.find("[data-copy]").click()
    until(lambda: visit.text("[data-copy]") in ("Copied", "Copy it:"))
    driver.switch_to.default_content()
    assert visit.errors() == []
