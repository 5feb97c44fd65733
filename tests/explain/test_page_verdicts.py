"""What the page says of a training: true of the curve in view, in the same words wherever in a swing it ends."""

import pytest

from minigraph.explain.page.library import file_text, scripts

pytestmark = pytest.mark.needs("chromium", "chromedriver")

STUBS = """
const data = { nodes: {}, training: { rate: "rate", updates: {}, loss: "value loss" } };
const FIRST_RATE = 0.1, leaves = {}, isKnown = () => false, within = (x, low, high) => Math.min(Math.max(x, low), high);
const parametersWithGradients = () => [], arrayOf = () => ({ dtype: "float32" });
"""
RISES = "Each step goes along the slope further than the slope holds"


@pytest.fixture(scope="module")
def verdict(driver, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "training.html"
    script = scripts() + STUBS + "".join(map(file_text, ("summaries.js", "plots.js", "training.js")))
    file.write_text(f"<!doctype html><meta charset=utf-8><script>{script}</script>", encoding="utf-8")
    driver.get(file.as_uri())

    def verdict(losses):
        ask = "Object.assign(training, { losses: arguments[0].map(Number), steps: arguments[1] }); return verdict().text"
        return driver.execute_script(ask, [str(loss) for loss in losses], len(losses) - 1)

    return verdict


FALLING = [0.9**i for i in range(60)]
CURVES = {
    "falls": (FALLING, ""),
    "one step up": ([1, 2], "The loss has grown from 1 to 2. Each step"),
    "grows": ([3.0**i for i in range(12)], "It diverges: the loss has grown from 1 to 1.77·10⁵. Each step"),
    "grows from below 0": ([-1, 0, 3, 9, 30], "It diverges: the loss has grown from −1 to 30. Each step"),
    "no number": ([1, 5, "nan"], "It diverges: after 2 steps the loss is no finite number."),
    "bounces far above": (
        [1, *[50, 20] * 20],
        "It has diverged: the loss leapt from 1 to 50 at step 1, and does not come back: "
        "over the last 20 steps it was between 20 and 50, far above where it began.",
    ),
    "stays far above": ([1, 200, 50, 9, *[8.01, 8] * 20], "It has diverged: the loss leapt from 1 to 200 at step 1"),
    "bounces above": (
        [1, *[5, 2] * 20],
        "The loss leapt from 1 to 5 at step 1, and does not settle: "
        "over the last 20 steps it was between 2 and 5, above where it began.",
    ),
    "bounces around": (
        [1, *[5, 0.5] * 20],
        "The loss leapt from 1 to 5 at step 1, and does not settle: over the last 20 steps it was between 0.5 and 5. Steps",
    ),
    "comes down": (
        [1, 9, 6, 3, *FALLING],
        "The loss leapt from 1 to 9 at step 1, and has come down since: to 0.002, below where it began.",
    ),
    "swings": ([1, *[0.8, 0.9] * 20], "The loss goes up and down: the steps are about as long as the valley is wide."),
    "hardly moves": (
        [1, *[0.5 - 1e-5 * i for i in range(40)]],
        "It hardly moves any more: over the last 20 steps the loss went from 0.49981 to 0.49961.",
    ),
    "stands": ([1, *[0.5] * 40], "Since step 1 the loss is 0.5 and does not change"),
    "leaps to 0": (
        [1, 30, *[0] * 20],
        "The loss leapt from 1 to 30 at step 1: steps so long land anywhere. Since step 2 the loss is exactly 0",
    ),
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_told_as_what_one_sees(verdict, name):
    losses, said = CURVES[name]
    found = verdict(losses)
    assert found == said if not said else found.startswith(said), found


@pytest.mark.parametrize("name", ["bounces far above", "bounces above", "bounces around", "swings", "stays far above"])
def test_a_swing_is_told_the_same_wherever_it_ends(verdict, name):
    losses, _ = CURVES[name]
    assert len({verdict(losses[: len(losses) - cut]) for cut in range(6)}) == 1
