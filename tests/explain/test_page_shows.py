"""What a page shows of what was clicked: the very value, lit wherever it is, its numbers in their places and boxes."""

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build
from tests.explain.test_page_guides import press, trained
from tests.explain.test_page_in_browser import Visit, until
from tests.explain.test_page_layout import cell

pytestmark = pytest.mark.needs("chromium", "chromedriver")

X, Y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 2


def embedded():
    """Letters looked up in a table, and a block that the way back passes in two parts."""
    table, letters = mg.Parameter("table", np.arange(12.0).reshape(4, 3)), mg.Input("letters", ("N",), dtype=np.int64)
    rows = mg.Gather(table, letters, name="rows")
    with mg.blocks.block("mixed"):
        a = np.tanh(rows) * 0.5
    b = np.exp(rows * 0.1)
    with mg.blocks.block("mixed"):
        c = np.sin(b) * 2
    return mg.Graph(loss=(a * c).mean(), hidden=a).forward(letters=[0, 2, 2])


RUNS = {
    "article": lambda: build(hidden=40, seed=3).astype(np.float64).forward(x=X, y=Y),
    "halves": lambda: build(hidden=40, seed=3).forward(x=X * 2, y=X[:, 0] < 0),
    "cell": cell,
    "embedded": embedded,
}


@pytest.fixture(scope="module")
def opened(driver, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shows")
    for name, run in RUNS.items():
        run().explain(folder / f"{name}.html")

    def opened(name, state="", width=1280):
        visit = Visit(driver, folder / f"{name}.html", state=state)
        visit.emulate(width, "light", motion="reduce", height=800)
        return visit

    return opened


def lit(visit):
    return visit.driver.execute_script("return [...document.querySelectorAll('.open')].map((each) => each.id)")


def test_all_that_shows_the_value_that_was_clicked_is_lit(opened):
    visit = opened("article", "step=18")
    for part in ("#a1", "#a1-wire text"):
        press(visit, part)
        assert lit(visit) == ["a1", "a1-wire", "to-a1-wire", "a1-wire-to-MatMul2"]
    press(visit, "#output-0")
    assert lit(visit) == ["loss", "output-0", "loss-to-output-0"] and visit.text("[data-node] h2") == "loss"
    press(visit, "#W2")
    assert lit(visit) == ["W2", "W2-MatMul2-1", "to-W2-MatMul2-1", "W2-MatMul2-1-to-MatMul2"]
    assert visit.find("[data-node] .array").location["y"] < visit.find("[data-node] dl").location["y"] and visit.errors() == []


def test_a_value_that_is_not_there_yet_says_where_it_comes(opened):
    visit = opened("article")
    press(visit, "#a1")
    assert "Its value is not computed yet. Go to step 3" in visit.text("[data-node]") and not visit.text("[data-node] .array")
    visit.click("[data-later]")
    assert visit.text("[data-count]") == "Step 3 of 18" and visit.text("[data-node] h2") == "a1"
    assert visit.text("[data-node] .array h3") == "a1 (12 × 40)" and not visit.text("[data-later]") and visit.errors() == []


def test_the_names_in_a_rule_s_words_are_those_of_this_graph(opened):
    visit = opened("embedded", "step=1&node=rows")
    said = visit.text("[data-node]")
    assert "The elements of x at the indices along axis" in said
    assert "Here x is table (4 × 3) and indices is letters (N)." in said and visit.errors() == []


def test_each_part_of_a_block_that_is_passed_in_several_has_its_title(opened):
    visit = opened("embedded", "blocks=none")
    titles = []
    while visit.find("[data-go=next]").is_enabled():
        visit.click("[data-go=next]")
        titles.append(visit.text("[data-step] h2"))
    assert [title for title in titles if " through " in title] == [
        f"{way} through mixed, part {part} of 2" for way in ("Forward", "Backward") for part in (1, 2)
    ]
    assert visit.errors() == []


HEADS = """return [...document.querySelectorAll('[data-step] .array')].map((view) => [
    view.querySelector('h3').textContent, [...view.querySelectorAll('thead th')].map((each) => each.textContent).join(' ')])"""


def test_columns_that_are_more_than_a_few_have_heads(opened):
    visit = opened("article")
    until(lambda: len(visit.driver.execute_script(HEADS)) == 5 + 1)
    heads = dict(visit.driver.execute_script(HEADS))
    assert heads["W1 (2 × 40)"] == heads["b1 (40)"] == "0 1 2 3 4 5 …" and heads["W2 (40 × 2)"] == heads["b2 (2)"] == ""
    across = """const head = document.querySelector('[data-step] thead th:nth-child(3)').getBoundingClientRect();
        const cell = document.querySelector("[data-step] [data-free='W1 0,1']").closest('td').getBoundingClientRect();
        return [head.left - cell.left, head.right - cell.right, head.bottom - cell.top]"""
    assert np.allclose(visit.driver.execute_script(across), 0, atol=1)


BEYOND = """const found = [];
for (const text of document.querySelectorAll('[data-circuit] g.node[role=button] text')) {
  if (text.style.visibility === 'hidden' || !text.textContent.trim()) continue;
  const box = text.closest('g.node').querySelector('polygon, ellipse, path')?.getBoundingClientRect();
  const { left, right } = text.getBoundingClientRect();
  if (box && (left < box.left || right > box.right)) found.push(text.textContent);
}
return found;"""


@pytest.mark.parametrize(("name", "rate"), [("cell", 1e6), ("halves", 1e30), ("article", 1e30)])
def test_numbers_stay_in_their_boxes_however_large_or_small_they_are(opened, name, rate):
    visit = opened(name, "step=99")
    trained(visit, rate)
    assert visit.driver.execute_script(BEYOND) == []
    shown = visit.seen("Wx" if name == "cell" else "W1", "#1f5fa8")
    assert shown and "·10" in shown[0]
    trained(visit, 1e-9)
    assert visit.driver.execute_script("return document.querySelectorAll('[data-circuit] [textLength]').length") == 0
    assert visit.errors() == []


def test_fit_shows_first_what_can_be_read_then_all_and_says_where_it_has_nothing_to_do(opened):
    visit = opened("cell")
    fit = visit.find("[data-zoom=fit]")

    def seen():
        script = "const f = document.querySelector('[data-frame]'); return f.scrollHeight <= f.clientHeight"
        return visit.driver.execute_script(script)

    assert (fit.text, seen()) == ("All", False)
    fit.click()
    assert (fit.text, seen()) == ("Fit", True)
    until(lambda: "view=whole" in visit.driver.execute_script("return location.hash"))
    again = opened("cell", "view=whole")
    assert again.find("[data-zoom=fit]").text == "Fit"
    again.click("[data-zoom=fit]")
    assert (again.find("[data-zoom=fit]").text, seen()) == ("All", False)
    visit = opened("article")
    assert visit.find("[data-zoom=fit]").get_attribute("aria-disabled") == "true"
    visit.click("[data-zoom=in]")
    assert visit.find("[data-zoom=fit]").get_attribute("aria-disabled") == "false" and visit.errors() == []


def test_the_quiz_says_at_the_last_step_that_nothing_is_left_but_what_was_passed_over(opened):
    visit = opened("article", "step=18&quiz=on")
    assert visit.text("[data-question]") and not visit.text("[data-ends]")
    visit.click("[data-show]")
    said = visit.text("[data-ends]")
    assert said.startswith("The last step: there is nothing to predict after it. Right: 0 of 1 at the first try. 9 before ")
    visit.click("[data-rest]")
    assert visit.text("[data-question]").startswith("Gradient 1 of 10 ") and not visit.text("[data-ends]")
    answered = " ".join(["on", *(f"{step}r" for step in range(9, 19))])
    visit = opened("article", f"step=18&quiz={answered.replace(' ', '+')}")
    assert visit.text("[data-ends]").endswith("Every gradient is answered. Quiz closes it, and keeps the score.")
    assert visit.errors() == []


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (["0"] * 40, "every number is 0"),
        (["NaN"] * 20 + ["Infinity"] * 20, "no number is finite"),
        (["0"] * 39 + ["-Infinity"], "every finite number is 0; purple: not finite"),
        (["1"] * 39 + ["NaN"], "blue: down to −1; orange: up to 1; purple: not finite"),
    ],
)
def test_a_heat_map_of_numbers_that_are_not_finite_says_so(opened, numbers, said):
    values = ",".join(f"b1 {i} {number}" for i, number in enumerate(numbers)).replace(" ", "+")
    visit = opened("article", f"node=b1&values={values}")
    shown = visit.driver.execute_script(
        "return [...document.querySelectorAll('[data-node] .array p')].map((each) => each.textContent)"
    )
    assert said in shown and visit.errors() == []
