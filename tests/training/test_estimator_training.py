"""How estimators learn: build arguments, sample weights, rows that come piece by piece, early stopping, and grid searches."""

import pickle
from functools import partial

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import minigraph as mg
from minigraph.training.estimator import GraphClassifier, GraphRegressor
from models import logistic_regression, mlp, two_layer

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 3))
NUMBERS = (X[:, 0] + RNG.normal(size=N) > 0).astype(int) + (X[:, 1] + RNG.normal(size=N) > 1)
NAMES = np.array(["ant", "bee", "cat"])[NUMBERS]
VALUES = X[:, 0] * X[:, 1]
WEIGHTS = RNG.integers(0, 4, N)
IRIS, SPECIES = load_iris(return_X_y=True)


def values_of(estimator):
    return [np.array(each.value) for each in estimator.graph_.parameters.values()]


def assert_alike(one, other, **tolerance):
    for a, b in zip(values_of(one), values_of(other), strict=True):
        np.testing.assert_allclose(a, b, **{"rtol": 1e-9, "atol": 1e-12, **tolerance})


def linear(features, classes):
    return logistic_regression.build(features, classes).astype(np.float64)


def test_weighted_logistic_regression_is_scikit_learns():
    """The same convex loss, so the same probabilities: Σ w l / Σ w at its minimum."""
    right = LogisticRegression(C=np.inf, solver="newton-cg", tol=1e-10, max_iter=1000).fit(X, NAMES, sample_weight=WEIGHTS)
    optimizer = mg.SGD(1.0, momentum=0.9)
    model = GraphClassifier(linear, optimizer=optimizer, batch_size=None, epochs=600).fit(X, NAMES, sample_weight=WEIGHTS)
    np.testing.assert_allclose(model.predict_proba(X), right.predict_proba(X), atol=1e-5)
    plain = LogisticRegression(C=np.inf, solver="newton-cg", tol=1e-10, max_iter=1000).fit(X, NAMES)
    assert abs(plain.predict_proba(X) - right.predict_proba(X)).max() > 0.05


@pytest.mark.parametrize("balanced", [None, "balanced"])
def test_a_row_of_weight_2_counts_as_two(balanced):
    again = np.repeat(np.arange(N), WEIGHTS)
    options = {"batch_size": None, "epochs": 20, "random_state": 0, "class_weight": balanced}
    weighed = GraphClassifier(**options).fit(X, NAMES, sample_weight=WEIGHTS)
    assert_alike(weighed, GraphClassifier(**options).fit(X[again], NAMES[again]), rtol=1e-6, atol=1e-9)


class Look(mg.Callback):
    """Sees the rows that are learned from, and those that are not."""

    def on_train_begin(self, trainer):
        self.learned, self.validated = trainer._rows.arrays, trainer._validation.arrays


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighed"])
def test_rows_held_out_weigh_what_they_weigh(weights):
    look = Look()
    model = GraphClassifier(early_stopping=True, validation_fraction=0.5, epochs=1, callbacks=[look])
    model.fit(X, NAMES, sample_weight=weights)
    p = model.predict_proba(look.validated["x"])[np.arange(30), look.validated["y"]]
    right = np.average(-np.log(p), weights=look.validated.get("sample_weight"))
    assert model.history_["validation loss"][0] == pytest.approx(right)
    if weights is not None:
        both = np.concatenate([look.learned["sample_weight"], look.validated["sample_weight"]])
        assert sorted(both) == sorted(weights) and len(set(look.validated["sample_weight"])) > 1


OPTIMIZERS = {
    "momentum": mg.SGD(0.1, momentum=0.9),
    "adam": mg.Adam(0.01),
    "average": mg.Adam(0.01, average=0.9),
    "accumulate": mg.SGD(0.1, accumulate=2),
    "schedule": mg.SGD(mg.schedules.warm_up(mg.schedules.cosine(0.1, steps=10), 2)),
}
PIECES = [slice(6 * i, 6 * i + 6) for i in range(10)]


@pytest.mark.parametrize("copied", [False, True], ids=["", "pickled between"])
@pytest.mark.parametrize("weights", [None, WEIGHTS + 1.0], ids=["plain", "weighed"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_ten_pieces_are_one_training_over_the_same_batches(optimizer, weights, copied):
    model = GraphClassifier(optimizer=OPTIMIZERS[optimizer], random_state=0, batch_size=None)
    for piece in PIECES:
        model.partial_fit(X[piece], NAMES[piece], ["cat", "bee", "ant"], None if weights is None else weights[piece])
        model = pickle.loads(pickle.dumps(model)) if copied else model
    other = GraphClassifier(random_state=0, learning_rate=1e-30, optimizer=mg.SGD, epochs=1).fit(X, NAMES)  # as it begins
    batches = [{"x": X[p], "y": NUMBERS[p], "w": np.ones(6) if weights is None else weights[p]} for p in PIECES]
    mg.train(other.graph_, lambda: batches, optimizer=OPTIMIZERS[optimizer], epochs=1, sample_weight="w", progress=False)
    assert_alike(model, other)
    assert (model.n_iter_, len(model.loss_curve_), list(model.classes_)) == (10, 10, ["ant", "bee", "cat"])


@pytest.mark.parametrize("optimizer", [each for each in OPTIMIZERS if each != "accumulate"])
def test_partial_fit_goes_on_where_fit_ended(optimizer):
    options = {"optimizer": OPTIMIZERS[optimizer], "random_state": 0, "batch_size": None}
    model = GraphRegressor(epochs=4, **options).fit(X, VALUES)
    model.partial_fit(X, VALUES).partial_fit(X, VALUES)
    whole = GraphRegressor(epochs=6, **options).fit(X, VALUES)
    assert_alike(model, whole)
    assert model.n_iter_ == 6 and model.loss_curve_ == pytest.approx(whole.loss_curve_)


def test_partial_fit_takes_more_rows_than_a_batch_in_an_order_drawn_anew():
    model = GraphRegressor(batch_size=25, random_state=0, verbose=False)
    assert model.partial_fit(X, VALUES).graph_ is model.partial_fit(X, VALUES).graph_
    again = clone(model).partial_fit(X, VALUES).partial_fit(X, VALUES)
    assert_alike(model, again)
    assert not np.array_equal(clone(model).set_params(batch_size=20).partial_fit(X, VALUES).predict(X), again.predict(X))


def test_partial_fit_takes_up_what_is_set_between():
    model = GraphRegressor(random_state=0, optimizer=mg.SGD, learning_rate=0.1, batch_size=None).partial_fit(X, VALUES)
    before = values_of(model)
    model.set_params(learning_rate=1e-30).partial_fit(X, VALUES)
    for one, other in zip(before, values_of(model), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-20)
    model.set_params(optimizer=mg.Adam(0.1), learning_rate=None).partial_fit(X, VALUES, sample_weight=WEIGHTS)
    assert model.n_iter_ == 3 and not np.allclose(before[0], values_of(model)[0])


def test_warm_start_goes_on_with_the_parameters():
    options = {"optimizer": mg.SGD(0.1), "batch_size": None, "random_state": 0}
    model = GraphClassifier(warm_start=True, epochs=3, **options).fit(X, NAMES).fit(X, NAMES)
    assert_alike(model, GraphClassifier(epochs=6, **options).fit(X, NAMES))
    assert model.n_iter_ == 3
    assert_alike(
        GraphClassifier(epochs=3, **options).fit(X, NAMES).fit(X, NAMES), GraphClassifier(epochs=3, **options).fit(X, NAMES)
    )


def test_early_stopping_leaves_the_best_parameters():
    model = GraphClassifier(early_stopping=True, validation_fraction=0.4, n_iter_no_change=4, learning_rate=0.1, random_state=1)
    model.fit(X, NAMES)
    losses = model.history_["validation loss"]
    assert model.n_iter_ == len(losses) < 200 and int(np.argmin(losses)) == model.n_iter_ - 5
    again = clone(model).set_params(epochs=model.n_iter_ - 4, n_iter_no_change=1000).fit(X, NAMES)
    assert_alike(model, again)


@pytest.mark.parametrize("seed", range(3))
def test_early_stopping_holds_out_each_class(seed):
    look = Look()
    model = GraphClassifier(early_stopping=True, validation_fraction=0.4, epochs=1, callbacks=[look], random_state=seed)
    model.fit(X[:50], np.repeat([0, 1], [45, 5]))
    assert [np.bincount(each["y"]).tolist() for each in (look.learned, look.validated)] == [[27, 3], [18, 2]]


def test_a_grid_search_varies_arguments_of_build_and_the_learning_rate():
    model = GraphClassifier(two_layer.build, penalty=0.001, optimizer=mg.Adam, epochs=20, random_state=0)
    grid = {"graphclassifier__hidden": [1, 8], "graphclassifier__learning_rate": [1e-6, 0.05]}
    search = GridSearchCV(make_pipeline(StandardScaler(), model), grid, cv=3, n_jobs=2)
    with joblib.parallel_config(backend="threading"):
        search.fit(IRIS, SPECIES)
    assert search.best_params_ == {"graphclassifier__hidden": 8, "graphclassifier__learning_rate": 0.05}
    assert search.best_score_ > 0.93
    best = search.best_estimator_[-1]
    assert best.graph_.parameters["W1"].shape == (4, 8) and best.get_params()["penalty"] == 0.001
    assert pickle.loads(pickle.dumps(search)).predict(IRIS).tolist() == search.predict(IRIS).tolist()


def test_arguments_of_build_are_parameters_as_all_others():
    model = GraphClassifier(mlp.build, hidden=(8, 4), epochs=3)
    assert model.get_params()["hidden"] == (8, 4) and clone(model).get_params() == model.get_params()
    assert clone(model).set_params(hidden=(2,)).fit(X, NAMES).graph_.parameters["hidden1.W"].shape == (3, 2)
    assert model.get_params()["hidden"] == (8, 4) and "hidden=(8, 4)" in repr(model)
    assert GraphRegressor(hidden=(5, 2), epochs=1).fit(X, VALUES).graph_.parameters["W2"].shape == (5, 2)
    model = GraphClassifier().set_params(build=two_layer.build, hidden=7, epochs=1).fit(X, NAMES)
    assert model.graph_.parameters["W1"].shape == (3, 7)


def test_any_argument_goes_to_a_build_that_takes_any():
    def build(features, outputs, **options):
        assert options == {"anything": 3}
        return mlp.regression(features)

    assert GraphRegressor(build, anything=3, epochs=1).fit(X, VALUES).n_outputs_ == 1
    wrapped = partial(two_layer.build, hidden=4)
    assert GraphClassifier(wrapped, penalty=0.1, epochs=1).fit(X, NAMES).graph_.parameters["W1"].shape == (3, 4)


def test_rows_have_the_shape_that_the_graph_takes():
    def build(features, shape, classes):
        assert (features, shape, classes) == (4, (4,), 3)
        x, y = mg.Input("x", ("N", 2, 2)), mg.Input("y", ("N",), dtype=np.int64)
        W = mg.Parameter("W", np.zeros((4, classes)))
        return mg.Graph(loss=mg.SoftmaxCrossEntropy(x.reshape(-1, 4) @ W, y))

    assert (GraphClassifier(build, epochs=50).fit(IRIS, SPECIES).predict(IRIS) == SPECIES).mean() > 0.8


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, int, bool])
def test_the_graph_that_is_not_given_computes_in_the_type_of_the_rows(dtype):
    model = GraphClassifier(epochs=2).fit(IRIS.astype(dtype), SPECIES).partial_fit(IRIS.astype(dtype), SPECIES)
    assert model.graph_["loss"].dtype == (np.float64 if dtype in (int, np.float64) else np.float32)


def test_several_values_a_row_are_learned_at_once():
    rows = np.random.default_rng(1).uniform(-1, 1, (300, 2))
    values = np.stack([rows[:, 0] * rows[:, 1], rows.sum(axis=1)], axis=1)
    model = GraphRegressor(epochs=60, random_state=0).fit(rows[:200], values[:200])
    assert model.predict(rows).shape == (300, 2) and model.score(rows[200:], values[200:]) > 0.9
    weighed = GraphRegressor(epochs=2, random_state=0).fit(X, X[:, :2], sample_weight=WEIGHTS)
    assert weighed.predict(X).shape == (N, 2)


def test_a_column_of_values_is_one_value_a_row():
    with pytest.warns(DataConversionWarning):
        model = GraphRegressor(epochs=1).fit(X, X[:, :1])
    assert model.predict(X).shape == (N,)


def test_estimators_work_within_others():
    fast = GraphClassifier(hidden=8, epochs=10, learning_rate=0.03, random_state=0)
    found = CalibratedClassifierCV(fast, cv=2).fit(IRIS, SPECIES, sample_weight=np.ones(150))
    assert found.score(IRIS, SPECIES) > 0.9
    voting = VotingClassifier([("graph", fast), ("normal", GaussianNB())], voting="soft")
    assert voting.fit(IRIS, np.array(["a", "b", "c"])[SPECIES]).score(IRIS, np.array(["a", "b", "c"])[SPECIES]) > 0.9
    both = MultiOutputClassifier(fast).fit(IRIS, np.stack([SPECIES, SPECIES > 0], axis=1))
    assert both.predict(IRIS).shape == (150, 2)
    scores = cross_val_score(fast, IRIS, SPECIES, params={"sample_weight": (SPECIES < 1) + 1e-6}, cv=3)
    assert scores.mean() < 0.4  # it learns of one class alone


def test_frames_have_names_in_a_pipeline_that_keeps_them():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    model = make_pipeline(StandardScaler(), GraphClassifier(epochs=2)).set_output(transform="pandas").fit(frame, NAMES)
    assert model[-1].feature_names_in_.tolist() == ["a", "b", "c"] and model.predict(frame).shape == (N,)


def test_callbacks_see_the_training_and_may_end_it():
    class Stop(mg.Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 3:
                trainer.stop("Ctrl-C")

    with pytest.warns(UserWarning, match="Ctrl-C ended the training after 3 epochs"):
        model = GraphRegressor(callbacks=[Stop()]).fit(X, VALUES)
    assert (model.n_iter_, model.history_.stopped) == (3, "Ctrl-C")


def test_progress_is_shown_where_asked_for(capsys):
    GraphRegressor(epochs=2, verbose=True).fit(X, VALUES)
    assert "epoch 2/2" in capsys.readouterr().err
    GraphRegressor(epochs=2).fit(X, VALUES)
    assert not capsys.readouterr().err


def test_a_schedule_goes_over_all_steps():
    rates = []

    class Look(mg.Callback):
        def on_step_end(self, trainer):
            rates.append(trainer.step)

    model = GraphRegressor(mlp.regression, optimizer=mg.SGD, learning_rate=0.1, schedule="cosine", epochs=4, batch_size=20)
    model.set_params(callbacks=[Look()], random_state=0).fit(X, VALUES)
    other = GraphRegressor(
        mlp.regression, optimizer=mg.SGD(mg.schedules.cosine(0.1, steps=len(rates))), epochs=4, batch_size=20
    )
    assert_alike(model, other.set_params(random_state=0).fit(X, VALUES))


def test_a_lambda_is_named_where_it_cannot_be_pickled():
    model = GraphClassifier(lambda features, classes: logistic_regression.build(features, classes), epochs=1).fit(X, NAMES)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(model)


def build_without_classes(features):
    return two_layer.build(hidden=3, features=features)


def build_with_width(features, classes, width):
    return two_layer.build(hidden=width, features=features, classes=classes)


def build_with_epochs(features, classes, epochs=3):
    return logistic_regression.build(features, classes)


def build_of_other_names(features, classes):
    rows, labels = mg.Input("rows", ("N", features)), mg.Input("labels", ("N",), dtype=np.int64)
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(rows @ mg.Parameter("W", np.zeros((features, classes))), labels))


def classifier(*arguments, **options):
    return GraphClassifier(*arguments, **{"epochs": 1, **options})


MISTAKES = {
    "too few weights": lambda: classifier().fit(X, NAMES, sample_weight=np.ones(3)),
    "a negative weight": lambda: classifier().fit(X, NAMES, sample_weight=np.arange(N) - 1),
    "a weight that is no number": lambda: classifier().fit(X, NAMES, sample_weight=np.full(N, np.nan)),
    "weights in a column": lambda: classifier().fit(X, NAMES, sample_weight=np.ones((N, 1))),
    "a weight for all": lambda: classifier().fit(X, NAMES, sample_weight=2.0),
    "weights of zero": lambda: classifier().fit(X, NAMES, sample_weight=np.zeros(N)),
    "no classes": lambda: classifier().partial_fit(X, NAMES),
    "other classes": lambda: classifier().partial_fit(X, NAMES, ["ant", "bee", "cat"]).partial_fit(X, NAMES, ["ant", "dog"]),
    "a label that is no class": lambda: classifier().partial_fit(X, NUMBERS, range(3)).partial_fit(X, NUMBERS + 1),
    "one class": lambda: classifier().fit(X, NAMES == "dog"),
    "several columns of labels": lambda: classifier().fit(X, np.eye(3)[NUMBERS]),
    "an unknown argument": lambda: classifier(two_layer.build, hiden=3),
    "an unknown parameter": lambda: GraphRegressor(epoch=3),
    "the random seed": lambda: classifier(seed=3),
    "what the data says": lambda: classifier(two_layer.build, classes=5),
    "as in other wrappers": lambda: classifier(two_layer.build).set_params(build__hidden=3),
    "an argument in a grid": lambda: GridSearchCV(classifier(linear), {"hidden": [3, 4]}, cv=2).fit(X, NUMBERS > 0),
    "an argument without a value": lambda: classifier(build_with_width).fit(X, NAMES),
    "an argument of a name that is taken": lambda: classifier(build_with_epochs).fit(X, NAMES),
    "no function": lambda: classifier("two_layer").fit(X, NAMES),
    "a graph": lambda: classifier(logistic_regression.build()).fit(X, NAMES),
    "no graph": lambda: classifier(lambda features: None).fit(X, NAMES),
    "other inputs": lambda: classifier(build_of_other_names).fit(X, NAMES),
    "other features": lambda: classifier(lambda classes: linear(2, classes)).fit(X, NAMES),
    "too few scores": lambda: classifier(build_without_classes).fit(X, NAMES),
    "a regression's graph": lambda: classifier(mlp.regression).fit(X, NAMES),
    "a classifier's graph": lambda: GraphRegressor(two_layer.build, hidden=3).fit(X, VALUES),
    "one value for two": lambda: GraphRegressor(mlp.regression).fit(X, X[:, :2]),
    "another number of values": lambda: GraphRegressor(epochs=1).partial_fit(X, X).partial_fit(X, VALUES),
    "text in X": lambda: classifier().fit(np.array([["1", "Rome"]] * N), NAMES),
    "names for values": lambda: GraphRegressor().fit(X, NAMES),
    "no epochs": lambda: classifier(epochs=0).fit(X, NAMES),
    "a batch of text": lambda: classifier(batch_size="auto").fit(X, NAMES),
    "an optimizer's name": lambda: classifier(optimizer="adam").fit(X, NAMES),
    "an optimizer without a rate": lambda: classifier(optimizer=mg.SGD).fit(X, NAMES),
    "two learning rates": lambda: classifier(optimizer=mg.SGD(0.1), learning_rate=0.1).fit(X, NAMES),
    "an unknown schedule": lambda: classifier(schedule="cosin").fit(X, NAMES),
    "a schedule of a schedule": lambda: classifier(schedule="cosine", learning_rate=mg.schedules.cosine(1, 5)).fit(X, NAMES),
    "a schedule over steps unknown": lambda: classifier(schedule="cosine").partial_fit(X, NAMES, NAMES),
    "early stopping of pieces": lambda: classifier(early_stopping=True).partial_fit(X, NAMES, NAMES),
    "a callback that needs rows held out": lambda: classifier(callbacks=[mg.EarlyStopping()]).fit(X, NAMES),
    "a fraction above 1": lambda: classifier(early_stopping=True, validation_fraction=2).fit(X, NAMES),
    "no patience": lambda: classifier(early_stopping=True, n_iter_no_change=0).fit(X, NAMES),
    "balanced pieces": lambda: classifier(class_weight="balanced").partial_fit(X, NAMES, NAMES),
    "layers of no units": lambda: classifier(hidden=0).fit(X, NAMES),
    "half a unit": lambda: classifier(hidden=16.5).fit(X, NAMES),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_what_to_do(mistake, wording):
    with pytest.raises(mg.MinigraphError) as caught:
        MISTAKES[mistake]()
    wording(caught.value, mistake)
