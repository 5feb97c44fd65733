"""What is read in the page: units ranked, cells of heat-maps, sizes by their names, numbers with names."""

import re
from collections import Counter

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains

import minigraph as mg
from minigraph.explain.page import SCRIPTS
from minigraph.explain.page.library import file_text, scripts
from models.two_layer import build
from tests.explain.test_page_in_browser import Visit, until

pytestmark = pytest.mark.needs("chromium", "chromedriver")

X = np.random.default_rng(1).uniform(-2, 2, (12, 2))
Y = X.prod(axis=1) < 0


def opened(driver, run, folder):
    """A page of a run, at its end."""
    run.explain(folder / "page.html")
    visit = Visit(driver, folder / "page.html")
    visit.emulate(1280, "light", motion="reduce", height=800)
    visit.press("end")
    return visit


def loss_of(graph, without=None):
    """The article's loss in NumPy, with a hidden unit that is 0."""
    W1, b1, W2, b2 = (graph.parameters[name].value for name in ("W1", "b1", "W2", "b2"))
    hidden = np.tanh(X @ W1 + b1)
    if without is not None:
        hidden[:, without] = 0
    z = hidden @ W2 + b2
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(X)), Y.astype(int)])


def test_units_are_ranked_by_what_the_loss_is_without_them(driver, tmp_path):
    graph = build(hidden=14, seed=3).astype(np.float64)
    visit = opened(driver, graph.forward(x=X, y=Y), tmp_path)
    visit.click("#a1")
    visit.click("[data-ablation] summary")
    until(lambda: visit.text("[data-ablation] tbody"))
    changes = np.array([loss_of(graph, unit) for unit in range(14)]) - loss_of(graph)
    order = np.argsort(-abs(changes))[:10]
    rows = [line.replace("−", "-").split("\t") for line in visit.text("[data-ablation] tbody").splitlines()]
    assert [name for name, *_ in rows] == [f"a1[:, {unit}]" for unit in order]
    for (_, loss, change, _), unit in zip(rows, order, strict=True):
        assert float(loss) == pytest.approx(loss_of(graph, unit), rel=5e-3)
        assert float(change) == pytest.approx(changes[unit], rel=5e-3)
    assert f"a1[:, {order[0]}] matters most" in visit.text("[data-ablation]")
    visit.click("[data-unit]")
    assert visit.find("[data-chain]").get_attribute("open") is not None and visit.errors() == []


def test_the_units_of_an_image_are_its_channels(driver, tmp_path):
    x = mg.Input("x", ("N", 2, 4, 4))
    W = mg.Parameter("W", np.random.default_rng(0).normal(size=(3, 2, 3, 3)))
    a = mg.Relu(mg.Conv(x, W), name="a")
    visit = opened(driver, mg.Graph(loss=(a * a).sum()).forward(x=np.ones((2, 2, 4, 4))), tmp_path)
    visit.click("#a")
    assert visit.text("[data-ablation] summary") == "Which of its 3 channels matters most?"
    visit.click("[data-ablation] summary")
    until(lambda: visit.text("[data-ablation] tbody"))
    assert re.match(r"a\[:, \d, :, :\]", visit.text("[data-ablation] tbody"))


def test_a_cell_of_a_heat_map_says_which_elements_it_is(driver, tmp_path):
    run = build(hidden=200, seed=3).forward(x=X, y=Y)
    visit = opened(driver, run, tmp_path)
    visit.click("#a1")
    visit.driver.execute_script("document.querySelector('[data-node] .heat-map').focus()")
    visit.press("\ue015", "\ue014", "\ue014")  # down, right, right
    first, last, mean, count = re.fullmatch(
        r"\[1, (\d+) to (\d+)\]: mean (.+) of (\d)", visit.text("[data-node] [data-cell]")
    ).groups()
    columns = run["a1"][1, int(first) : int(last) + 1]
    assert int(count) == columns.size == 3 and float(mean.replace("−", "-")) == pytest.approx(columns.mean(), rel=5e-3)
    assert visit.step().startswith("Step 18 ")
    visit.press("enter")
    largest = int(first) + abs(columns).argmax()
    until(lambda: f"∂loss/∂a1[1, {largest}] is the sum over all paths" in visit.text("[data-chain]"))
    box = visit.find("[data-node] .heat-map")
    visit.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)

    ActionChains(visit.driver).move_to_element(box).perform()
    assert re.match(r"\[[56], \d+ to \d+\]: mean ", visit.text("[data-node] [data-cell]"))
    assert visit.findings() == [] and visit.errors() == []


def test_a_formula_says_how_large_its_axes_are(driver, tmp_path):
    visit = opened(driver, build(hidden=5, seed=3).forward(x=X, y=Y), tmp_path)
    visit.press("home")
    assert "Sizes by their names: N = 12." in visit.text("[data-step]")
    visit.press(*["right"] * 9)
    assert visit.text("[data-step] .formula").endswith("/ N") and visit.text("[data-reading]") == "with N = 12"
    visit.click("#W1")
    assert visit.text("[data-gradient]").endswith("with N = 12")
    visit.click("#x")
    assert "N × 2, float32, with N = 12" in visit.text("[data-node]")


def test_what_is_put_into_zeros_is_explained(driver, tmp_path):
    x = mg.Parameter("x", np.arange(24.0).reshape(2, 12))
    z = mg.Tanh(x[:, 8:], name="z")
    visit = opened(driver, mg.Graph(loss=(z * z).sum()).forward(), tmp_path)
    assert visit.text("[data-step] .formula").endswith("= zeros(2, 12)[:, 8:12 ← ∂loss/∂(x[:, 8:12])]")
    assert "the array a, with x in its places i" in visit.text("[data-reading]")
    place = re.search(r"One element, at \[(\d, \d+)\]", visit.text("[data-step]"))
    assert place and place[1] == "0, 8"  # those that are shown are 0


def test_sums_of_sums_are_one_sum_whose_terms_have_names(driver, tmp_path):
    x = mg.Input("x", ("N", 4, 3))
    W = mg.Parameter("W", np.random.default_rng(0).normal(size=(3, 2)), dtype=np.float64)
    p = np.tanh(x.astype(np.float64) @ W)
    run = mg.Graph(loss=(p * p).sum(), names={"p": p}).forward(x=np.random.default_rng(1).normal(size=(5, 4, 3)))
    visit = opened(driver, run, tmp_path)
    while not visit.text("[data-step] h2").endswith(" to W"):
        visit.press("left")
    text = visit.text("[data-in-numbers]")
    assert " from 16 more = " in text and len(re.findall(r"\[\d, \d, \d\] = ", text)) == 8


def test_numbers_that_are_not_read_further_back_are_explained(driver, tmp_path):
    x, scale = mg.Parameter("x", np.random.default_rng(0).normal(size=(3, 6))), mg.Parameter("scale", np.ones(6))
    h = mg.LayerNormalization(x, scale, name="h")
    visit = opened(driver, mg.Graph(loss=(h * h * h).sum()).forward(), tmp_path)
    while not visit.text("[data-step] h2").startswith("Backward: from h to x"):
        visit.press("left")
    left, _, names = visit.text("[data-in-numbers]").partition(" with ")
    numbers = re.findall(r"\d[\d.]*(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", left.rpartition(" = ")[0].replace("1·10⁻⁵", ""))
    explained = [
        number for number in numbers if re.search(rf"(?<![\d.]){re.escape(number)} = | = −?{re.escape(number)}(?![\d.])", names)
    ]
    assert len(explained) >= len(numbers) - 1, visit.text("[data-in-numbers]")


def test_every_name_of_the_scripts_is_there_once():
    text = "\n".join([scripts(), *map(file_text, SCRIPTS)])
    names = Counter(re.findall(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", text, re.MULTILINE))
    assert [name for name, times in names.items() if times > 1] == []


def test_a_printed_sheet_breaks_no_number_and_no_formula(driver, tmp_path):
    x = mg.Input("x", ("N", 6))
    a = x
    for k in range(2):
        a = mg.Tanh(
            a
            @ mg.Parameter(f"encoder.self_attention.output_projection.weight{k}", np.eye(6))
            * (1 + a * a)
            / np.sqrt(a * a + 1)
        )
    visit = opened(driver, mg.Graph(loss=(a * a).sum()).forward(x=np.ones((3, 6))), tmp_path)
    visit.driver.execute_script("dispatchEvent(new Event('beforeprint'))")  # as a browser does, before it is of this medium
    visit.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    visit.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 700, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    )
    script = """const sheet = document.querySelector('.sheet'), wide = sheet.getBoundingClientRect().right + 1;
        const cells = [...sheet.querySelectorAll('tbody tr')].flatMap((row) => [row.children[0], row.children[4]]);
        const lines = cells.map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
        });
        const parts = [...sheet.querySelectorAll('math')].map((each) => each.getBoundingClientRect().right <= wide);
        return [Math.max(...lines), parts.length, parts.every(Boolean)]"""
    lines, formulas, whole = visit.driver.execute_script(script)
    visit.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert lines == 1 and formulas > 0 and whole and visit.errors() == []


POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def evaluated(text):
    """The number of arithmetic as the page writes it."""
    plain = re.sub(r" from \d+ more", "", text).replace("−", "-").replace("×", "*").replace("²", "**2")
    return eval(re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "e" + found[1].translate(POWERS), plain))


def test_what_is_shown_comes_to_what_is_shown_where_it_cancels(driver, tmp_path):
    x = mg.Parameter("x", [0.3, -1.7, 0.2])
    h = np.tanh(4 * x)
    visit = opened(driver, mg.Graph(loss=(0.0154 * h).sum(), names={"h": h}).forward(), tmp_path)
    seen = 0
    while "Backward" in visit.text("[data-step] h2"):
        if text := visit.text("[data-in-numbers]").partition(" with ")[0]:
            left, _, right = text.rpartition(" = ")
            assert evaluated(left) == pytest.approx(evaluated(right), rel=0.01), text
            seen += "²" in left
        visit.press("left")
    assert seen and visit.errors() == []


def test_a_sum_is_of_the_same_terms_in_both_lines_and_a_label_says_why_it_is_1(driver, tmp_path):
    visit = opened(driver, build(hidden=5, seed=3).forward(x=X, y=Y), tmp_path)
    both = 0
    while "Backward" in visit.text("[data-step] h2"):
        lines = [line for line in visit.text("[data-step]").splitlines() if " more = " in line]
        both += len(lines) == 2
        assert (
            len(
                {
                    re.search(r"\S+ from \d+ more", line.replace("(", "").replace(")", "").replace("− ", "−"))[0]
                    for line in lines
                }
            )
            < 2
        ), lines
        visit.press("left")
    visit.press("end")
    while not visit.text("[data-step] h2").endswith(" to z2"):
        visit.press("left")
    assert both and re.search(r"− 1\) / 12 .*1 because y\[\d+\] = \d", visit.text("[data-in-numbers]")), visit.text(
        "[data-in-numbers]"
    )


def saturated(c=50.0):
    """A run whose tanh is saturated: no gradient comes through it."""
    c = mg.Parameter("c", np.array([c, 60.0], np.float32))
    return mg.Graph(loss=(mg.Tanh(c, name="h") * np.float32(0.813)).sum()).forward()


@pytest.mark.parametrize("c", [50.0, 0.5])
def test_where_no_gradient_returns_the_chain_names_the_factor_that_is_0(driver, tmp_path, c):
    visit = opened(driver, saturated(c), tmp_path)
    visit.click("#c")
    visit.click("[data-chain] summary")
    until(lambda: visit.text("[data-chain-sum]"))
    assert "0.813" in visit.text("[data-path]")
    named = [each.text for each in visit.driver.find_elements("css selector", "[data-zero]")]
    assert named == (["The factor ∂h[0]/∂c[0] is 0, so nothing returns on this path."] if c == 50 else [])
    assert visit.errors() == []


def test_numbers_of_a_type_are_so_far_apart_as_numpy_says(driver, tmp_path):
    visit = opened(driver, saturated(), tmp_path)
    lines = (file_text("summaries.js") + file_text("wiggle.js")).splitlines()
    source = "\n".join(line for line in lines if line.startswith(("const EPSILON", "const spacingAt")))
    for dtype in (np.float16, np.float32, np.float64):
        for number in (0.813, 1.0, 3.7, 1000.0):
            got = visit.driver.execute_script(f"{source}\nreturn spacingAt({number}, '{np.dtype(dtype)}')")
            assert got == np.spacing(dtype(number))


def test_without_rows_in_a_plane_nothing_is_headed_so(driver, tmp_path):
    visit = opened(driver, saturated(), tmp_path)
    assert "rows in the plane" not in visit.text("body")


def test_the_rows_of_what_is_added_up_are_shown_and_a_clicked_cell_stays_read(driver, tmp_path):
    visit = opened(driver, build(hidden=14, seed=3).forward(x=X, y=Y), tmp_path)
    while not visit.text("[data-step] h2").endswith(" to W2"):
        visit.press("left")
    marked = "return document.querySelectorAll('[data-step] .array:nth-child(2) td.at').length"
    assert visit.driver.execute_script(marked) == 4
    visit.click("#a1")
    visit.driver.execute_script("document.querySelector('[data-node] .heat-map').focus()")
    visit.press("\ue015", "\ue014")
    said = visit.text("[data-node] [data-cell]")
    visit.press("enter")
    assert said.startswith("[1, 1] = ") and visit.text("[data-node] [data-cell]") == said and visit.errors() == []
