"""docs/recipes.md: each recipe runs by itself and prints what it shows, and does what its paper says."""

import doctest
import re
from functools import cache

import numpy as np
import pytest

import minigraph as mg
from docs.recipes import PAGE, recipes

TEXT = PAGE.read_text(encoding="utf-8")


@cache
def ran(heading):
    """What a recipe's examples report that print something else, and the names that it ends with."""
    test = doctest.DocTestParser().get_doctest(recipes()[heading], {}, heading, str(PAGE), 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
    return report, test.globs


@pytest.mark.parametrize("heading", recipes())
def test_a_recipe_runs_by_itself_and_prints_what_it_shows(heading):
    report, names = ran(heading)
    assert not report, "".join(report)
    assert names["mg"] is mg


def test_the_page_lists_its_recipes():
    listed = re.findall(r"^- \[(.*)\]\(#(.*)\)$", TEXT, re.MULTILINE)
    assert [heading for heading, _ in listed] == [*recipes()]
    assert [anchor for _, anchor in listed] == [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in recipes()]


def test_each_recipe_says_where_it_is_from():
    sections = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
    assert all(re.search(r"\b(19|20)\d\d\b[^`]*$", section) for section in sections)


@pytest.mark.parametrize("page", ["recipes", "own_operation"])
def test_the_pictures_of_a_page_are_there(page):
    text = PAGE.with_name(f"{page}.md").read_text(encoding="utf-8")
    shown = re.findall(rf"^!\[.+\]\(pictures/{page}/(.*?)\)$", text, re.MULTILINE)
    made = [file.name for file in (PAGE.parent / "pictures" / page).iterdir()]
    assert sorted(shown) == sorted(made), "run: python -m docs.recipes"


def test_a_gradient_through_a_step_is_what_differences_give():
    """MAML: of the loss after the step, with respect to what all tasks begin with, in double precision."""
    names = ran("MAML: learn where to start from")[1]
    graph, rows = mg.Graph(loss=names["loss"]).astype(np.float64), names["draw"](3)
    found, rng = graph.forward(**rows).backward("loss"), np.random.default_rng(0)
    for parameter in graph.parameters.values():
        start, direction = parameter.value, rng.normal(size=parameter.shape)
        losses = []
        for step in (1e-5, -1e-5):
            parameter.value = start + step * direction
            losses.append(float(graph.forward(**rows)["loss"]))
        parameter.value = start
        assert np.sum(found[parameter] * direction) == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-5, abs=1e-7)


def test_each_task_has_a_step_of_its_own():
    """MAML: side by side the tasks come to the same as one after the other."""
    names = ran("MAML: learn where to start from")[1]
    graph, rows = mg.Graph(names["loss"]), names["draw"](4)
    each = [graph.forward(**{name: array[i : i + 1] for name, array in rows.items()})[names["loss"]] for i in range(4)]
    assert graph.forward(**rows)[names["loss"]] == pytest.approx(np.mean(each), rel=1e-5)


@pytest.mark.parametrize("cosine", [-1.0, -0.6, 0.0, 0.6])
def test_what_is_left_of_a_gradient_points_against_no_other(cosine):
    """PCGrad: g − (g · h) h / ‖h‖² where g · h < 0, over all parameters as one vector; else g as it is."""
    rng = np.random.default_rng(3)
    h = rng.normal(size=5)
    across = rng.normal(size=5)
    across -= across @ h / (h @ h) * h
    g = 2 * (cosine * h / np.linalg.norm(h) + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across))
    split = [[mg.Constant(part, dtype=np.float64) for part in np.split(vector, [2])] for vector in (g, h)]
    without = ran("PCGrad: two tasks that disagree")[1]["without"]
    both = [without(split[0], [split[1]]), without(split[1], [split[0]])]
    run = mg.Graph(*both[0], *both[1]).forward()
    of_g, of_h = (np.concatenate([run[part] for part in left]) for left in both)
    np.testing.assert_allclose(of_g, g - min(g @ h, 0) / (h @ h) * h, atol=1e-12)
    assert min(of_g @ h, of_h @ g, (of_g + of_h) @ g, (of_g + of_h) @ h) >= -1e-12


def test_a_task_without_a_gradient_changes_nothing():
    names = ran("PCGrad: two tasks that disagree")[1]
    w = mg.Parameter("w", [1.0, 2.0])
    tasks = [(w * w).sum(), (0 * w).sum()]
    step = mg.compile(
        mg.Graph(loss=tasks[0] + tasks[1]), updates=names["PCGrad"](mg.SGD(0.1), tasks).minimize(tasks[0] + tasks[1])
    )
    step()
    np.testing.assert_allclose(w.value, [0.8, 1.6], rtol=1e-6)


def test_the_distance_of_a_pair_has_the_right_gradient():
    names = ran("A Siamese network: learn a distance")[1]
    rows = {name: array[:5] for name, array in names["unseen"].items()}
    assert names["graph"].check_gradients(**rows).ok


def test_no_window_of_the_earlier_piece_sees_the_later_one():
    names = ran("Windows of a time series")[1]
    rows, mean, deviation = names["rows"], names["mean"], names["deviation"]
    np.testing.assert_allclose(rows["y"] * deviation + mean, names["series"][48:2400])
    np.testing.assert_allclose(rows["x"][-1] * deviation + mean, names["series"][2351:2399])
    np.testing.assert_allclose(names["test"]["x"][0] * deviation + mean, names["series"][2400:2448])
