"""Data sets and their splits."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.interop import extras
from minigraph.training.data import Dataset, moons, split, standardized
from minigraph.training.estimator import GraphClassifier, GraphRegressor
from minigraph.training.loop.evaluation import Predictor, evaluate


def test_moons_are_scikit_learns():
    from sklearn.datasets import make_moons

    x, y = make_moons(50, noise=0.1, random_state=3)
    data = moons(50, noise=0.1, seed=3)
    assert np.array_equal(data["x"], x.astype(np.float32)) and data["x"].dtype == np.float32
    assert np.array_equal(data["y"], y) and data["y"].dtype == np.int64


def test_moons_without_scikit_learn_name_the_extra_that_brings_it(monkeypatch, wording):
    def missing(module):
        raise ModuleNotFoundError(f"No module named {module!r}")

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(mg.MissingPackageError) as caught:
        moons()
    wording(caught.value)


MOONS = {
    "one row": {"rows": 1},
    "rows as a fraction": {"rows": 10.5},
    "a negative seed": {"seed": -1},
    "negative noise": {"noise": -0.1},
    "noise that is no number": {"noise": float("nan")},
}


@pytest.mark.parametrize("name", MOONS)
def test_moons_that_cannot_be_drawn_are_refused(name, wording):
    with pytest.raises(mg.GraphError) as caught:
        moons(**MOONS[name])
    wording(caught.value)


def test_a_split_holds_each_row_once_with_its_label():
    data = Dataset({"x": np.arange(20).reshape(10, 2), "y": np.arange(10)}, classes="abcdefghij", features=("a", "b"))
    training, validation = split(data, validation=0.3, seed=5)
    assert (training.rows, validation.rows) == (7, 3)
    assert sorted([*training["y"], *validation["y"]]) == list(range(10))
    for part in (training, validation):
        assert np.array_equal(part["x"][:, 0], 2 * part["y"])
        assert (part.classes, part.features) == (data.classes, data.features)


def test_a_split_is_the_same_for_a_seed():
    parts = [split(moons(40), seed=seed)[1]["x"].tolist() for seed in (1, 1, 2)]
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize(("fraction", "count"), [(0.001, 1), (0.5, 2), (0.999, 3)])
def test_a_split_leaves_a_row_on_either_side(fraction, count):
    assert split({"x": np.arange(4)}, validation=fraction)[1].rows == count


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 25, float("nan")])
def test_a_fraction_outside_of_0_to_1_is_refused(fraction, wording):
    with pytest.raises(mg.GraphError) as caught:
        split(moons(4), validation=fraction)
    wording(caught.value)


def test_one_row_cannot_be_split(wording):
    with pytest.raises(mg.InputError) as caught:
        split({"x": [1.0]})
    wording(caught.value)


MASKED = np.ma.array([[1.0, 2.0], [3.0, 1e6]], mask=[[False, False], [False, True]])
x = mg.Input("x", ("N", 2))
GRAPH = mg.Graph(z=x * mg.Parameter("w", 1.0))


@pytest.mark.parametrize(
    "use",
    [
        lambda: Dataset({"x": MASKED}),
        lambda: GRAPH.forward(x=MASKED),
        lambda: mg.compile(GRAPH)(x=MASKED),
        lambda: Predictor(GRAPH)(MASKED),
        lambda: standardized(GRAPH, {"x": MASKED}),
        lambda: mg.Parameter("w", MASKED),
        lambda: setattr(GRAPH["w"], "value", MASKED[1, 1]),
        lambda: evaluate(mg.Graph(loss=x.mean()), {"x": MASKED}),
        lambda: GraphClassifier().fit(MASKED, [0, 1]),
        lambda: GraphRegressor().fit(MASKED.data, MASKED[:, 1]),
        lambda: Dataset({"x": [MASKED[0], MASKED[1]]}),
    ],
)
def test_what_a_mask_hides_is_never_used(use):
    with pytest.raises(mg.DTypeError, match="masked array"):
        use()


def test_a_mask_that_hides_nothing_is_none():
    assert GRAPH.forward(x=MASKED[:1])["z"].tolist() == [[1, 2]]
