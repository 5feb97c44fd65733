"""Numbers changed in the page, as a person does it: dragged, typed, nudged, trained, in a browser, beside NumPy."""

import re
from functools import cache

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import minigraph as mg
from minigraph.explain.circuit.arrays import summary
from models.two_layer import build
from tests.explain.test_page_in_browser import BLUE, KEYS, RED, Visit, until

pytestmark = pytest.mark.needs("chromium", "chromedriver")

X, Y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 2


@cache
def model():
    return build(hidden=6, seed=3).astype(np.float64)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    model().forward(x=X, y=Y).explain(file)
    return file


@pytest.fixture
def visit(driver, file):
    visit = Visit(driver, file)
    visit.emulate(1280, "light", motion="reduce")
    return visit


def run_with(**values):
    """The model on the rows with other values for some of its leaves."""
    graph = build(hidden=6, seed=3).astype(np.float64)
    for name, value in values.items():
        if name in graph.variables:
            graph.variables[name].value = value
    return graph.forward(x=values.get("x", X), y=values.get("y", Y))


def typed(visit, array, index, text):
    """Write a number into the panel."""
    visit.driver.execute_script(
        "const s = document.querySelector('[data-array]'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", array
    )
    for name, written in (("index", index), ("value", text)):
        field = visit.find(f"[data-{name}]")
        field.clear()
        field.send_keys(written, KEYS["enter"])


def changed(name, place, number):
    array = np.array(model().variables[name].value)
    array[place] = number
    return array


def test_a_number_that_is_typed_changes_all_that_follows(visit):
    visit.press("end")
    typed(visit, "W1", "0, 1", "1.5")
    run = run_with(W1=changed("W1", (0, 1), 1.5))
    gradients = run.backward()
    assert visit.seen("W1", BLUE) == [summary(run["W1"])] and visit.seen("a1-wire", BLUE) == [summary(run["a1"])]
    assert summary(gradients["W1"]) in visit.seen("W1", RED) and summary(gradients["z2"]) in visit.seen("z2-wire", RED)
    assert visit.text("[data-changed]") == f"W1[0, 1] is 1.5. The gradient there is {summary(gradients['W1'][0, 1])}."
    assert visit.errors() == [] and visit.requests() == []


@pytest.mark.parametrize(
    ("index", "text", "reply"), [("9, 9", "1", "W1 is 2 × 6: an index"), ("0, 0", "one", "Write a number")]
)
def test_what_is_no_element_or_no_number_is_told(visit, index, text, reply):
    before = visit.seen("W1", BLUE)
    typed(visit, "W1", index, text)
    assert visit.text("[data-changed]").startswith(reply) or index == "9, 9"
    if index != "9, 9":
        assert visit.seen("W1", BLUE) == before


def test_a_number_is_dragged(visit):
    visit.press("end", "left")
    visit.click("#b2")
    cell = visit.find("[data-node] [data-free='b2 0']")
    assert cell.text == "0"
    ActionChains(visit.driver).click_and_hold(cell).move_by_offset(30, 0).move_by_offset(20, 0).release().perform()
    until(lambda: visit.text("[data-changed]").startswith("b2[0] is 0.5."))
    run = run_with(b2=[0.5, 0.0])
    assert visit.seen("b2", BLUE) == ["0.5  0"] and visit.seen("output-0", BLUE) == [summary(run["loss"])]
    assert visit.text("[data-node] [data-free='b2 0']") == "0.5"
    assert visit.errors() == [] and visit.requests() == []


def test_a_number_is_changed_by_the_keyboard_alone(visit):
    visit.driver.execute_script("document.querySelector(\"[data-step] [data-free='b2 0']\").focus()")
    visit.press("right")
    for _ in range(2):
        ActionChains(visit.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_UP).key_up(Keys.SHIFT).perform()
    assert visit.driver.execute_script("return document.activeElement.getAttribute('data-free')") == "b2 1"
    until(lambda: visit.text("[data-changed]").startswith("b2[1] is 0.02."))
    visit.press("enter", "3", "enter")
    assert visit.text("[data-changed]").startswith("b2[1] is 3.") and visit.seen("b2", BLUE) == ["0  3"]


def test_a_nudge_is_predicted_and_then_seen(visit):
    typed(visit, "W2", "2, 1", "0.25")
    nudge = visit.find("[data-nudge]")
    nudge.clear()
    nudge.send_keys("0.3", KEYS["enter"])
    before, after = (run_with(W2=changed("W2", (2, 1), number)) for number in (0.25, 0.55))
    slope, true = before.backward()["W2"][2, 1], float(after["loss"] - before["loss"])
    factor = summary(slope) if slope > 0 else f"({summary(slope)})"
    assert (
        visit.text("[data-predicted]")
        == f"predicted Δloss = {factor} × 0.3 = {summary(slope * 0.3)}; true Δloss = {summary(true)}"
    )
    assert "tangent" in visit.find("[data-wiggle] canvas").get_attribute("aria-label")


def exactly(visit, array, index):
    """All digits of an element."""
    visit.driver.execute_script(
        "const s = document.querySelector('[data-array]'); s.value = arguments[0]; s.dispatchEvent(new Event('change'));"
        "const i = document.querySelector('[data-index]'); i.value = arguments[1]; i.dispatchEvent(new Event('change'))",
        array, index,
    )  # fmt: skip
    return float(visit.find("[data-value]").get_attribute("value"))


def trained(visit, steps):
    visit.click(f"[data-train='{steps}']")
    until(lambda: visit.find("[data-trained]").get_attribute("data-trained") == "done")


def test_a_hundred_steps_end_where_mg_train_ends(visit):
    rate = visit.find("[data-rate]")
    rate.clear()
    rate.send_keys("0.5", KEYS["enter"])
    trained(visit, 100)
    graph = build(hidden=6, seed=3).astype(np.float64)
    mg.train(graph, {"x": X, "y": Y}, optimizer=mg.SGD(0.5), epochs=100, progress=False)
    assert visit.text("[data-trained]").startswith("100 steps taken; the loss is ")
    for name, parameter in graph.parameters.items():
        for place in np.ndindex(parameter.value.shape):
            found = exactly(visit, name, ", ".join(map(str, place)))
            assert found == pytest.approx(parameter.value[place], rel=1e-9, abs=1e-12), (name, place)
    assert visit.errors() == [] and visit.requests() == []


def test_a_rate_that_is_too_large_is_seen_to_diverge(visit):
    rate = visit.find("[data-rate]")
    rate.clear()
    rate.send_keys("1e6", KEYS["enter"])
    trained(visit, 100)
    assert visit.text("[data-diverges]").startswith("It has diverged: the loss leapt from ")
    assert visit.text("[data-diverges]").endswith("Choose a smaller learning rate, and reset.")
    buttons = "return document.querySelector('[data-reset]').getBoundingClientRect().top"
    before = visit.driver.execute_script(buttons)
    rate.clear()
    rate.send_keys("ten", KEYS["enter"])
    assert visit.text("[data-rate-note]") and visit.driver.execute_script(buttons) == before  # where one is about to click
    rate.clear()
    rate.send_keys("0.5", KEYS["enter"])
    visit.click("[data-reset]")
    assert rate.get_attribute("value") == "0.5"
    assert visit.text("[data-diverges]") == "" and visit.text("[data-trained]").startswith("0 steps taken; ")
    assert visit.seen("W1", BLUE) == [summary(run_with()["W1"])] and visit.errors() == []


def test_a_click_into_the_plane_is_a_new_row(visit):
    visit.press("end")
    plane = visit.find("[data-plane] canvas")
    visit.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plane)
    visit.driver.execute_script("document.querySelector('[data-new-label]').value = '1'")
    ActionChains(visit.driver).move_to_element_with_offset(plane, 60, -40).click().perform()
    x, y = ([exactly(visit, "x", f"12, {k}") for k in (0, 1)], 1)
    run = run_with(x=np.vstack([X, x]), y=np.append(Y, y))
    assert visit.seen("output-0", BLUE) == [summary(run["loss"])] and visit.seen("x", BLUE) == [summary(run["x"])]
    right = np.count_nonzero(run["probabilities"].argmax(1) == np.append(Y, y))
    assert visit.text("[data-plane] figcaption").startswith(f"{right} of 13 rows are in their class")
    assert visit.errors() == []


def test_a_click_with_ctrl_takes_the_nearest_row_away(visit):
    visit.press("end")
    plane = visit.find("[data-plane] canvas")
    visit.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plane)
    (low, high), count = (X.min(0), X.max(0)), len(X)
    margin = 0.15 * (high - low) + 1e-3
    across, up = (X[4] - low + margin) / (high - low + 2 * margin) - 0.5
    size = plane.size["width"]
    held = ActionChains(visit.driver).key_down("\ue009")
    held.move_to_element_with_offset(plane, round(across * size) + 2, round(-up * size)).click().key_up("\ue009").perform()
    run = run_with(x=np.delete(X, 4, 0), y=np.delete(Y, 4))
    assert visit.seen("output-0", BLUE) == [summary(run["loss"])] and visit.seen("x", BLUE) == [summary(run["x"])]
    assert f" of {count - 1} rows " in visit.text("[data-plane] figcaption") and visit.errors() == []


def test_each_unit_of_an_opened_layer_is_shown_over_the_plane(visit):
    visit.press("end")
    visit.click("#a1")
    script = """return [...document.querySelectorAll('[data-units] canvas')].map((unit) => {
        const { data } = unit.getContext('2d').getImageData(0, 0, unit.width, unit.height);
        const sign = (x, y) => Math.sign(data[4 * (y * unit.width + x)] - data[4 * (y * unit.width + x) + 2]);
        const last = unit.width - 1;
        return [sign(0, 0), sign(last, 0), sign(0, last), sign(last, last)];
    })"""
    margin = 0.15 * (X.max(0) - X.min(0)) + 1e-3
    (left, bottom), (right, top) = X.min(0) - margin, X.max(0) + margin
    corners = run_with(x=[[left, top], [right, top], [left, bottom], [right, bottom]], y=[0, 0, 0, 0])["a1"]
    assert visit.driver.execute_script(script) == np.sign(np.round(corners, 2)).T.tolist()  # nearly 0 is no colour
    visit.click("#output-1")
    assert visit.find("[data-units]").get_attribute("data-units") == "2"
    visit.click("#loss")  # not of the points alone
    assert not visit.driver.find_elements("css selector", "[data-units]") and visit.errors() == []


def test_another_optimizer_s_updates_are_those_of_a_program(driver, tmp_path):
    graph = build(hidden=6, seed=3).astype(np.float64)
    updates = mg.Adam(0.01, weight_decay=0.1).minimize(graph["loss"])
    graph.forward(x=X, y=Y).explain(tmp_path / "adam.html", updates=updates)
    visit = Visit(driver, tmp_path / "adam.html")
    assert visit.driver.find_elements("css selector", "[data-rate]") == []
    trained(visit, 100)
    step = mg.compile(graph, updates=updates)
    for _ in range(100):
        step(x=X, y=Y)
    for name in ("W1", "b2"):
        for place in np.ndindex(graph.variables[name].value.shape):
            found = exactly(visit, name, ", ".join(map(str, place)))
            assert found == pytest.approx(graph.variables[name].value[place], rel=1e-9, abs=1e-12), (name, place)
    assert visit.errors() == []


def test_what_the_page_cannot_compute_is_not_trained(driver, tmp_path):
    x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [1.0, 2.0])
    graph = mg.Graph(loss=(mg.Dropout(x * w, mg.RandomState(0)) ** 2).sum())
    graph.forward(x=X).explain(tmp_path / "dropout.html")
    visit = Visit(driver, tmp_path / "dropout.html")
    assert visit.text("[data-train-panel]").endswith("what the page cannot compute follows from its parameters.")
    assert visit.errors() == []


@pytest.mark.parametrize("width", [390, 1280])
def test_an_audit_of_what_changes_numbers_has_no_serious_finding(visit, width):
    visit.emulate(width, "dark", motion="reduce")
    trained(visit, 1)
    visit.press("end")
    assert visit.findings() == []
    assert visit.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("updates", "kind"),
    [
        (lambda graph: [1], mg.GraphError),
        (lambda graph: {graph["W1"]: graph["b1"]}, mg.ShapeError),
        (lambda graph: {graph["b1"]: graph["b1"] * mg.Input("more", (), np.float64)}, mg.InputError),
    ],
    ids=["no mapping", "another shape", "another input"],
)
def test_wrong_updates_are_refused(updates, kind, wording):
    with pytest.raises(kind) as error:
        run = run_with()
        run.explain(updates=updates(run.graph))
    wording(error.value)


def number_of(text):
    """The number of an arithmetic expression as the page writes it."""
    plain = re.sub(r" from \d+ more", "", text).replace("−", "-").replace("×", "*").replace("²", "**2")
    powers = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "e" + found[1].translate(POWERS), plain)
    assert re.fullmatch(r"[-+*/()\d.e ]+", powers), text
    return eval(powers)


POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_a_local_derivative_is_written_out_in_numbers_with_their_names(visit):
    visit.press("end")
    written = {}
    while not visit.text("[data-step] h2").startswith("Backward: from loss to z2"):
        visit.press("left")
        if text := visit.text("[data-in-numbers]"):
            equation, _, names = text.partition(" with ")
            left, _, right = equation.rpartition(" = ")
            assert number_of(left) == pytest.approx(number_of(right), rel=0.03), text
            written[visit.text("[data-step] h2")] = names
    own = r"1\) / 12 = −?0\.0\d+ with N = 12, ŷ\[\d+, (\d)\] = 0\.\d+, 1 because y\[\d+\] = \1"
    other = r"0\) / 12 = −?0\.0\d+ with N = 12, ŷ\[\d+, (\d)\] = 0\.\d+, 0 because y\[\d+\] = (?!\2)\d, not \2"
    assert re.fullmatch(rf"\(0\.\d+ − (?:{own}|{other})", visit.text("[data-in-numbers]"))
    assert re.search(r"∂loss/∂a1\[.*, a1\[", written["Backward: from a1 to z1"])


def test_the_chain_rule_is_a_sum_over_paths_of_products(visit):
    visit.press("end")
    visit.click("#b2")
    visit.click("[data-chain] summary")
    until(lambda: visit.text("[data-chain-sum]"))
    gradient = run_with().backward()["b2"]
    largest = gradient[np.abs(gradient).argmax()]
    paths, _, total = visit.text("[data-chain-sum]").rpartition(" = ")
    assert abs(number_of(total)) == pytest.approx(abs(largest), rel=0.01)
    assert number_of(paths.replace(" along other paths", "")) == pytest.approx(number_of(total), rel=0.03)
    for path in visit.driver.execute_script(
        "return [...document.querySelectorAll('[data-product]')].map((each) => each.innerText)"
    ):
        product, _, result = path.rpartition(" = ")
        assert number_of(product) == pytest.approx(number_of(result), rel=0.03)
    visit.click("[data-path] button:last-of-type")
    assert visit.text("[data-step] h2") == "Backward: from loss to z2"
    until(lambda: visit.text("[data-chain-sum]"))  # it is open still
    assert visit.errors() == []


def edges(visit, selector):
    """The top and the foot of an element."""
    script = "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.top, box.bottom]"
    return visit.driver.execute_script(script, selector)


def test_the_panels_are_a_click_away(visit):
    visit.emulate(1280, "light", motion="reduce", height=800)
    for name, place in (("Node", "[data-node]"), ("Train", "[data-training]"), ("Change", "[data-change]")):
        visit.click(f"[data-jump={name}]")
        assert edges(visit, place)[0] == pytest.approx(edges(visit, ".rest")[0], abs=2), name
    assert edges(visit, "[data-nudge]")[1] < 800 and edges(visit, "[data-predicted]")[1] < 800


def test_the_largest_elements_are_listed_and_lead_to_their_chain_rule(driver, tmp_path):
    run = build(hidden=40, seed=3).astype(np.float64).forward(x=X, y=Y)
    run.explain(tmp_path / "page.html")
    visit = Visit(driver, tmp_path / "page.html")
    visit.emulate(1280, "light", motion="reduce", height=800)
    visit.press("end")
    visit.click("#a1")
    visit.click("[data-node] .gradient .largest summary")
    until(lambda: visit.text("[data-node] .gradient .largest button"))
    gradient = run.backward()["a1"]
    lines = visit.text("[data-node] .gradient .largest").replace(" ", "").splitlines()
    for row, line in ((0, "Row0:"), (3, "Row3:")):
        expected = np.argsort(-np.abs(gradient[row]), kind="stable")[0]
        assert next(each for each in lines if each.startswith(line)).startswith(f"{line}[{row},{expected}]=")
    place = np.argsort(-np.abs(gradient[0]), kind="stable")[0]
    press = """[...document.querySelectorAll('[data-node] .gradient .largest button')]
        .find((each) => each.textContent.startsWith(arguments[0])).click()"""
    visit.driver.execute_script(press, f"[0, {place}]")
    until(lambda: visit.text("[data-chain-sum]").endswith(f"= {summary(gradient[0, place])}"))
    assert f"∂loss/∂a1[0, {place}]" in visit.text("[data-chain]") and visit.findings() == [] and visit.errors() == []


def test_the_gradients_of_the_parameters_are_ranked_and_follow_a_training(visit):
    visit.click("[data-gradients] summary")
    buttons = "return [...document.querySelectorAll('[data-gradients] button')].map((each) => each.textContent)"

    def ranked(gradients):
        size = {name: float(np.sqrt(np.mean(gradients[name] ** 2))) for name in ("W1", "b1", "W2", "b2")}
        return [f"{name}: {summary(np.array(size[name]))}" for name in sorted(size, key=size.get, reverse=True)]

    run = run_with()
    gradients = run.backward()
    until(lambda: visit.driver.execute_script(buttons) == ranked(gradients))
    visit.click("[data-train='1']")
    stepped = {name: variable.value - 0.1 * gradients[name] for name, variable in run.graph.variables.items()}
    after = run_with(**stepped).backward()
    assert ranked(after) != ranked(gradients)
    until(lambda: visit.driver.execute_script(buttons) == ranked(after))
