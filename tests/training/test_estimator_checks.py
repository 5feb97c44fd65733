"""Which configurations of the estimators do not pass which of scikit-learn's checks, as docs/training.md lists them."""

import warnings

import pytest
from sklearn.base import is_classifier
from sklearn.utils import estimator_checks

import minigraph as mg
from minigraph.core.errors import MinigraphError
from minigraph.training.estimator import GraphClassifier, GraphRegressor

PARTIAL = {"check_fit_score_takes_y", "check_n_features_in_after_fitting", "check_estimators_partial_fit_n_features"}
"""The checks that call partial_fit."""
WEIGHTS, COLUMN = "check_sample_weight_equivalence_on_dense_data", "check_supervised_y_2d"
FEW_ROWS = "check_methods_subset_invariance"
"""Twenty rows of three classes: too few to hold out one row in ten of each."""
CHECKS = [*PARTIAL, WEIGHTS, COLUMN, FEW_ROWS]


@pytest.mark.parametrize(
    ("estimator", "fail"),
    [
        (GraphRegressor(batch_size=None), set()),
        (GraphClassifier(optimizer=mg.SGD, learning_rate=0.1, hidden=(8, 4)), set()),
        (GraphClassifier(schedule="cosine"), PARTIAL),
        (GraphClassifier(class_weight="balanced"), PARTIAL),
        (GraphRegressor(early_stopping=True), {*PARTIAL, WEIGHTS}),
        (GraphClassifier(early_stopping=True), {*PARTIAL, WEIGHTS, FEW_ROWS}),
        (GraphRegressor(batch_size=4), {WEIGHTS}),
        (GraphRegressor(warm_start=True), {COLUMN}),
    ],
    ids=lambda given: None if isinstance(given, set) else repr(given),
)
def test_the_checks_that_fail_are_those_that_are_listed(estimator, fail):
    found, told = set(), []
    for name in CHECKS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                getattr(estimator_checks, name)(type(estimator).__name__, estimator.set_params(epochs=8))
            except (AssertionError, MinigraphError) as error:
                found.add(name)
                told.append(str(error))
    assert found == fail, told
    assert not fail & PARTIAL or any("partial_fit does not know" in each for each in told)
    assert FEW_ROWS not in fail or any("early_stopping holds out 0.1 of 20 rows of each class" in each for each in told)


def test_a_classifier_that_learns_too_little_does_not_heed_its_class_weights():
    for learned, epochs in ((False, 1), (True, 60)):
        model = GraphClassifier(epochs=epochs)
        assert is_classifier(model)
        try:
            estimator_checks.check_class_weight_classifiers("GraphClassifier", model)
            passed = True
        except AssertionError:
            passed = False
        assert passed == learned
