"""Graphs in scikit-learn's hands."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import minigraph as mg
from minigraph.training.estimator import GraphClassifier, GraphRegressor


@parametrize_with_checks([GraphClassifier(epochs=60), GraphRegressor(epochs=60)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
def test_scikit_learns_own_check(estimator, check):
    check(estimator)


def logistic(features, classes, seed):
    x, y = mg.Input("x", ("N", features)), mg.Input("y", ("N",), dtype=np.int64)
    W, b = mg.Parameter("W", np.zeros((features, classes))), mg.Parameter("b", np.zeros(classes))
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ W + b, y))


def test_the_learning_rate_of_ones_own_graph_is_searched_within_a_pipeline():
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), GraphClassifier(logistic, epochs=30, random_state=0))
    search = GridSearchCV(pipeline, {"graphclassifier__optimizer": [mg.SGD(1e-6), mg.Adam(0.05)]}, cv=3)
    search.fit(x, np.array(["setosa", "versicolor", "virginica"])[y])
    assert search.best_index_ == 1
    assert search.best_score_ > 0.93
    assert set(search.predict(x)) == {"setosa", "versicolor", "virginica"}


def test_a_graph_without_classes_is_no_classifier(wording):
    def build(features, classes, seed):
        x, y = mg.Input("x", ("N", features)), mg.Input("y", ("N",), dtype=np.int64)
        W = mg.Parameter("W", np.zeros((features, 1)))
        return mg.Graph(loss=((x @ W).reshape(-1) - y).mean(), value=x @ W)

    with pytest.raises(mg.GraphError) as caught:
        GraphClassifier(build, epochs=1).fit([[0.0], [1.0]], [0, 1])
    wording(caught.value)


def test_two_predictions_are_no_regression(wording):
    def build(features, outputs, seed):
        x, y = mg.Input("x", ("N", features)), mg.Input("y", ("N",))
        value = (x @ mg.Parameter("W", np.zeros((features, 1)))).reshape(-1)
        return mg.Graph(loss=((value - y) ** 2).mean(), value=value, twice=2 * value)

    with pytest.raises(mg.GraphError) as caught:
        GraphRegressor(build, epochs=1).fit([[0.0], [1.0]], [0, 1]).predict([[1.0]])
    wording(caught.value)


def test_without_scikit_learn_the_extra_is_named():
    script = "import sys; sys.modules['sklearn.base'] = None; import minigraph.training.estimator"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.endswith("MissingPackageError: scikit-learn is not installed: pip install 'minigraph[train]'.\n")
