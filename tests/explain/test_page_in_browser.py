"""The page in a browser, used as a person would: by keyboard, by mouse, right and wrong, on a phone, in the dark.

It needs Chromium and its driver (Debian's packages chromium and chromium-driver), and is skipped where they are not.
axe.min.js is axe-core, by Deque Systems, under the Mozilla Public License 2.0 that lies beside it.
"""

import json
from functools import cache
from pathlib import Path
from time import sleep

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.page.record import with_parameters
from minigraph.explain.page.steps import steps_of
from minigraph.explain.page.worked import worked_step
from models.two_layer import build

pytestmark = pytest.mark.needs("chromium", "chromedriver")

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
KEYS = {"right": "\ue014", "left": "\ue012", "home": "\ue011", "end": "\ue010", "enter": "\ue007"}
RUNS = "document.title='run'"
HOSTILE = f'<!-- <script </script x></script><script>{RUNS}</script>\n"\'&<img src=x onerror="{RUNS}">\u202eRTL'


class Visit:
    """One page open in the browser, in a state."""

    def __init__(self, driver, file, framed=False, state=""):
        self.driver = driver
        self.url = file.as_uri()
        driver.get("about:blank")  # a page opens anew that is left in another state
        driver.get_log("browser"), driver.get_log("performance")
        driver.get(f"{self.url}#{state}" if state else self.url)
        if framed:
            driver.switch_to.frame(0)
        until(self.step)  # its script is unpacked first

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(KEYS.get(key, key))

    def click(self, selector):
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", self.find(selector))
        self.find(selector).click()

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        return self.driver.execute_script(
            r"return document.querySelector(arguments[0])?.innerText.replaceAll('\u00a0', ' ') ?? ''", selector
        )

    def seen(self, id, colour):
        """What the drawing shows of a colour in one of its groups."""
        script = """return [...document.getElementById(arguments[0]).querySelectorAll('text')]
            .filter((text) => text.getAttribute('fill') === arguments[1] && text.style.visibility !== 'hidden')
            .map((text) => text.textContent)"""
        return self.driver.execute_script(script, id, colour)

    def step(self):
        return self.text("[data-count]")

    def data(self):
        return self.driver.execute_script("return JSON.parse(document.getElementById('ui--data').textContent)")

    # The browser opens a page of its own at its start, whose messages and requests arrive when they like.

    def errors(self):
        """What the page wrote to the console."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in messages if not message.startswith("chrome:")]

    def requests(self):
        """The addresses the page asked for, other than its own."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
        asked = [each["request"]["url"] for each in sent if each["documentURL"].startswith(self.url)]
        return [url for url in asked if not url.startswith(("file:", "data:"))]

    def findings(self):
        """What axe-core finds that keeps some people from using the page."""
        if not self.driver.execute_script("return 'axe' in window"):
            self.driver.execute_script(AXE)
        found = self.driver.execute_async_script("axe.run(document).then((r) => arguments[0](r.violations))")
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        return [(each["id"], each["nodes"][0]["html"]) for each in serious]

    def emulate(self, *args, **options):
        emulate(self.driver, *args, **options)


def emulate(driver, width, scheme, motion="no-preference", height=844):
    """Give the browser a window of this size, and its user these preferences."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": motion},
            ]
        },
    )


MOMENTS = {"epoch 0": {"b2": [1.0, -1.0]}, "epoch 10": {"b2": [0.5, -0.5]}}


@cache
def article():
    """A run of the article's model."""
    return build(seed=3).forward(x=np.random.default_rng(0).normal(size=(12, 2)), y=np.arange(12) % 2)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The article's model, with two moments of a training before the last."""
    file = tmp_path_factory.mktemp("page") / "page.html"
    article().explain(file, snapshots=MOMENTS)
    return file


@pytest.fixture
def visit(driver, file):
    visit = Visit(driver, file)
    visit.emulate(1280, "light")
    return visit


BLUE, RED = "#1f5fa8", "#b3402a"


def test_the_keyboard_goes_forward_and_back_to_the_end(visit):
    steps = visit.data()["steps"]
    assert visit.step() == f"Step 0 of {len(steps)}"
    for number, step in enumerate(steps, 1):
        visit.press("right")
        assert visit.step() == f"Step {number} of {len(steps)}"
        shown = visit.text("[data-step] .formula")
        assert shown == step["name"] if step["name"] == step["rule"] else shown == f"{step['name']} = {step['rule']}"
    assert visit.find("[data-go=next]").get_attribute("disabled")
    visit.press("home")
    assert visit.step().startswith("Step 0 ")
    visit.press("end", "left")
    assert visit.step() == f"Step {len(steps) - 1} of {len(steps)}"
    assert visit.errors() == [] and visit.requests() == []


def test_the_drawing_shows_each_number_when_it_is_computed(visit):
    steps = visit.data()["steps"]
    value = next(i for i, step in enumerate(steps, 1) if step["kind"] == "value" and step["node"] == "a1")
    contribution = next(i for i, step in enumerate(steps, 1) if step["kind"] == "contribution" and step["node"] == "a1")
    visit.press(*["right"] * (value - 1))
    assert visit.seen("a1-wire", BLUE) == []
    visit.press("right")
    assert visit.seen("a1-wire", BLUE) == [summary(article()["a1"])]
    visit.press(*["right"] * (contribution - value - 1))
    assert visit.seen("a1-wire", RED) == []
    visit.press("right")
    assert visit.seen("a1-wire", RED) == [summary(article().backward()["a1"]), "· W2ᵀ"]


def test_the_step_is_spoken(visit):
    visit.press("right", "right")
    assert visit.text("[data-status]").startswith("Step 2 of 18, forward: z1 is x · W1 + b1.")


def test_a_click_on_a_node_tells_all_about_it(visit):
    visit.press("end")
    visit.click("#a1")
    shown = visit.text("[data-node]")
    for part in ("a1", "tanh(z1)", "N × 500, float32", "two_layer.py:", "∂loss/∂a1", "return gradient * (1 - y * y)"):
        assert part in shown
    assert visit.driver.execute_script("return document.activeElement === document.querySelector('[data-node]')")


def test_an_opened_node_has_the_derivation_of_its_gradient(visit):
    visit.click("#W1")
    visit.click("[data-derivation] summary")
    on_the_way = ("loss", "z2", "MatMul2", "a1", "z1", "MatMul1", "W1")
    back = [step for step in visit.data()["steps"] if step["kind"] != "value" and step["node"] in on_the_way]
    shown = [line for line in visit.text("[data-derivation]").splitlines()[1:] if line]
    assert shown == [f"{step['name']} = {step['rule']}" for step in back] and len(shown) == 7


def test_an_opened_node_has_its_gradient_written_out_as_mathematics(visit):
    visit.click("#W1")
    shown = visit.driver.execute_script("return document.querySelector('[data-gradient] math').textContent")
    assert shown.startswith("∂loss∂W1=xT") and "tanh2" in shown and "⊙" in shown


def test_a_node_opens_by_the_keyboard(visit):
    visit.driver.execute_script("document.getElementById('W2').focus()")
    visit.press("enter")
    assert visit.text("[data-node] h2") == "W2"


def test_play_goes_on_by_itself_and_stops(visit):
    visit.click("[data-go=play]")
    assert visit.text("[data-go=play]") == "Pause"
    until(lambda: visit.step().startswith("Step 1 "))
    visit.click("[data-go=play]")
    assert visit.text("[data-go=play]") == "Play"


def until(holds):
    """Wait until it holds: ten seconds at most, of those in which the machine has time for it."""
    for _ in range(200):
        if holds():
            return
        sleep(0.05)
    raise AssertionError("It did not come to hold in time.")


def question(visit):
    """The step that the quiz asks about, and its worked element."""
    steps = [step for step in steps_of(article()) if step.kind != "given"]
    step = steps[int(visit.step().split()[1]) - 1]
    return step, worked_step(article(), article().backward(), step, steps, (5, 6))


def asked(visit):
    """The number that the quiz asks for; of two that are as large, that which the page has taken."""
    place = visit.text(".quiz h3").rpartition("[")[2].rstrip("]?")
    return question(visit)[0].result[tuple(int(i) for i in place.split(", "))]


def predict(visit, rightly=1):
    """Answer the first question of a step, the sign, rightly or with the opposite."""
    visit.click(f"[data-sign='{rightly * np.sign(asked(visit)):.0f}']")


def answer(visit, text):
    field = visit.find("[data-answer]")
    field.clear()
    field.send_keys(text, KEYS["enter"])


def test_the_quiz_hides_a_gradient_until_it_is_answered(visit):
    visit.click("[data-go=quiz]")
    step, worked = question(visit)
    assert step.node.name == "z2"
    assert visit.seen("z2-wire", RED) == []
    predict(visit)
    assert visit.seen("z2-wire", RED) == []
    answer(visit, f"{worked.result:.3g}")
    assert visit.text("[data-verdict]").strip() == "Right."
    assert str(worked) in visit.text("[data-step]") and visit.text("[data-score]") == "1 of 1 at the first try"
    assert len(visit.seen("z2-wire", RED)) == 1


def test_the_quiz_asks_for_the_sign_first(visit):
    visit.click("[data-go=quiz]")
    assert not visit.driver.find_elements("css selector", "[data-answer]")
    predict(visit, rightly=-1)
    assert "Equal signs give a positive product" in visit.text("[data-reply]")
    predict(visit)
    answer(visit, str(asked(visit)))
    assert visit.text("[data-score]") == "0 of 1 at the first try"


def test_the_quiz_waits_for_an_answer(visit):
    visit.click("[data-go=quiz]")
    before = visit.step()
    visit.click("[data-go=next]")
    assert visit.step() == before
    assert visit.text("[data-status]") == "Answer first, or choose Show me."


def test_the_quiz_explains_a_mistake(visit):
    visit.click("[data-go=quiz]")
    _, worked = question(visit)
    predict(visit)
    replies = {
        "a word": "Write a number, such as −0.12 or 3e-4.",
        f"{-worked.result:.3g}": "The size is right, but the sign is not: multiply the signs too.",
        f"{worked.terms[0].upstream:.3g}":
            "That is the gradient that arrives. It must still be multiplied by the local derivative.",
        f"{10 * worked.result:.3g}": "The digits are right, but the decimal point is not where it belongs.",
        f"{np.sign(worked.result) * 1234.5}".replace(".", ","): "That is too far from zero.",
    }  # fmt: skip
    for text, reply in replies.items():
        answer(visit, text)
        assert visit.text("[data-reply]").startswith(reply)
    answer(visit, f"{worked.result:.4f}".replace(".", ",").replace("-", "−"))
    assert visit.text("[data-verdict]").strip() == "Right, in the end."


def test_hints_lead_and_do_not_tell(visit):
    visit.click("[data-go=quiz]")
    step, worked = question(visit)
    said = []
    for stage in ("sign", "number"):
        for _ in range(3):
            visit.click("[data-hint]")
            said.append(visit.text("[data-reply]"))
        if stage == "sign":
            predict(visit)
    assert step.rule in said[3] and said[5].startswith("Its size is between ")
    numbers = [summary(term.local) for term in worked.terms] + [summary(abs(worked.result))]
    assert not any(number in text for text in said for number in numbers)
    visit.click("[data-show]")
    assert visit.text("[data-verdict]").strip() == "This is how:"


def test_the_quiz_goes_through_to_the_end_and_keeps_its_score(visit):
    visit.click("[data-go=quiz]")
    for _ in visit.data()["steps"]:
        if visit.driver.find_elements("css selector", "[data-sign]"):
            predict(visit)
            if visit.driver.find_elements("css selector", "[data-answer]"):
                answer(visit, str(asked(visit)))
        if not visit.find("[data-go=next]").get_attribute("disabled"):
            visit.click("[data-go=next]")
    assert visit.text("[data-score]") == "10 of 10 at the first try"
    visit.click("[data-go=quiz]")
    visit.click("[data-go=quiz]")
    assert visit.text("[data-score]") == "10 of 10 at the first try"
    assert visit.errors() == []


def test_the_slider_goes_through_the_training(visit):
    visit.press("end")
    assert "now" in visit.text("[data-snapshot-name]")
    visit.find("[data-snapshot]").send_keys(KEYS["left"])
    assert "epoch 10" in visit.text("[data-snapshot-name]")
    assert visit.seen("b2", BLUE) == ["0.5  −0.5"]
    assert visit.seen("z2-wire", BLUE) == [summary(with_parameters(article(), "", MOMENTS["epoch 10"])["z2"])]


def test_the_circuit_glides_unless_motion_is_not_wanted(visit):
    behaviour = "return getComputedStyle(document.querySelector('[data-frame]')).scrollBehavior"
    assert visit.driver.execute_script(behaviour) == "smooth"
    visit.emulate(1280, "light", motion="reduce")
    assert visit.driver.execute_script(behaviour) == "auto"


def test_the_circuit_is_dark_where_the_page_is(visit):
    style = "const found = document.querySelector(arguments[0]); return getComputedStyle(found)[arguments[1]]"
    colours = {}
    for scheme in ("light", "dark"):
        visit.emulate(1280, scheme, motion="reduce")
        visit.press("end")
        wanted = (("[data-circuit]", "backgroundColor"), ("#W1 polygon", "fill"), (".now-back polygon", "stroke"))
        colours[scheme] = [visit.driver.execute_script(style, *each) for each in wanted]
    assert colours["light"] == ["rgb(255, 255, 255)", "rgb(253, 240, 208)", "rgb(166, 58, 37)"]
    assert colours["dark"] == ["rgb(17, 24, 39)", "rgb(74, 58, 18)", "rgb(242, 162, 140)"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_an_audit_has_no_serious_finding(visit, width, scheme):
    visit.emulate(width, scheme, motion="reduce")  # a circuit that glides along shows half of a label while it is audited
    findings = visit.findings()
    visit.press(*["right"] * 13)
    findings += visit.findings()
    visit.click("[data-go=quiz]")
    findings += visit.findings()
    visit.click("#W2")
    assert findings + visit.findings() == []
    assert visit.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_a_fork_shows_its_contributions_and_their_sum(driver, tmp_path):
    x = mg.Parameter("x", 3.0)
    mg.Graph(loss=mg.Exp(x, name="a") * mg.Tanh(x, name="b")).explain(tmp_path / "fork.html")
    visit = Visit(driver, tmp_path / "fork.html")
    visit.press("end")
    assert "the sum for x" in visit.text("[data-step] h2")
    assert "by way of a" in visit.text("[data-step]") and "by way of b" in visit.text("[data-step]")
    assert len(visit.seen("x", RED)) == 1 and visit.errors() == []


def test_hostile_names_neither_break_nor_run(driver, tmp_path):
    x = mg.Input(HOSTILE, ("N", 2))
    graph = mg.Graph(**{"loss" + HOSTILE: mg.ReduceSum(mg.Tanh(x, name="a" + HOSTILE))})
    graph.forward(**{HOSTILE: [[1.0, 2.0]]}).explain(tmp_path / "hostile.html", title=HOSTILE)
    visit = Visit(driver, tmp_path / "hostile.html")
    visit.press("end")
    visit.click("g.node[role=button]")
    assert HOSTILE.split("\n")[0] in visit.text("[data-node]")
    assert visit.driver.title != "run" and not visit.driver.find_elements("css selector", "img")
    assert visit.errors() == [] and visit.requests() == []


def test_the_quiz_asks_for_the_sum_at_a_fork(driver, tmp_path):
    x = mg.Parameter("x", 3.0)
    mg.Graph(loss=mg.Mul(2.0, x, name="a") + mg.Mul(5.0, x, name="b")).explain(tmp_path / "fork.html")
    visit = Visit(driver, tmp_path / "fork.html")
    visit.press("end")
    visit.click("[data-go=quiz]")
    assert visit.text(".quiz h3") == "Predict: which sign has ∂loss/∂x?"
    visit.click("[data-sign='1']")
    assert visit.text(".quiz h3") == "What is ∂loss/∂x?" and visit.seen("x", RED) == []
    answer(visit, "5")
    assert visit.text("[data-reply]").startswith("That is one of the contributions.")
    answer(visit, "7")
    assert visit.text("[data-verdict]").strip() == "Right, in the end." and visit.seen("x", RED) == ["sum 7"]
