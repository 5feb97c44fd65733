"""Store scikit-learn's figures of predictions: `python tests/oracles/scikit_learn_metrics.py`.

The file holds what was predicted, what was true, and the answers. What is undefined, such as an AUC where a class has no row,
is not asked for.
"""

from pathlib import Path

import numpy as np
from sklearn import metrics

FILE = Path(__file__).parent / "scikit_learn_metrics.npz"


def probabilities_of(rng, labels, classes, dtype=np.float64, digits=2):
    """Probabilities that lean to the labels, rounded so that some are equal."""
    scores = rng.normal(size=(len(labels), classes)) + np.eye(classes)[labels]
    found = np.round(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), digits)
    return (found / found.sum(axis=1, keepdims=True)).astype(dtype)


def classifiers(rng):
    """Labels and probabilities."""
    two, three = rng.integers(0, 2, 200), rng.integers(0, 3, 150)
    rare = (rng.random(400) < 0.03).astype(int)
    yield "two classes", two, probabilities_of(rng, two, 2)
    yield "two classes in single precision", two, probabilities_of(rng, two, 2, np.float32, 6)
    yield "a rare class", rare, probabilities_of(rng, rare, 2)
    yield "one answer for all", rare, np.tile([0.9, 0.1], (400, 1))
    yield "certain and wrong", np.array([0, 1, 1, 0]), np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    yield "three classes", three, probabilities_of(rng, three, 3)
    yield "a class without a row", three[:60], probabilities_of(rng, three[:60], 4)
    yield "one class alone", np.zeros(9, int), probabilities_of(rng, np.zeros(9, int), 2)


def regressors(rng):
    """Targets and predictions."""
    y = rng.normal(1000, 300, 100)
    yield "values", y, y + rng.normal(0, 100, 100)
    yield "two values a row", np.stack([y, -y / 7], axis=1), np.stack([y + 3, y], axis=1)
    yield "the same target", np.full(5, 3.0), np.array([3.0, 3, 3, 4, 3])
    yield "the same target, met", np.full(5, 3.0), np.full(5, 3.0)


def figures_of_classes(labels, probabilities):
    """What scikit-learn says of a classifier."""
    classes, chosen = probabilities.shape[1], probabilities.argmax(axis=1)
    found = {
        "accuracy": metrics.accuracy_score(labels, chosen),
        "balanced accuracy": np.mean([(chosen[labels == each] == each).mean() for each in np.unique(labels)]),
        "log loss": metrics.log_loss(labels, probabilities, labels=range(classes)),
        "confusion": metrics.confusion_matrix(labels, chosen, labels=range(classes)),
    }
    if set(chosen) <= set(labels):
        assert np.isclose(found["balanced accuracy"], metrics.balanced_accuracy_score(labels, chosen))
    found |= (
        {"F1": metrics.f1_score(labels, chosen, zero_division=0)}
        if classes == 2
        else {"macro F1": metrics.f1_score(labels, chosen, average="macro")}
    )
    if len(set(labels)) == classes:
        of = probabilities[:, 1] if classes == 2 else probabilities
        found["AUC"] = metrics.roc_auc_score(labels, of, multi_class="ovr")
    return found


def figures_of_values(targets, predictions):
    """What scikit-learn says of a regressor."""
    return {
        "RMSE": metrics.root_mean_squared_error(targets, predictions),
        "MAE": metrics.mean_absolute_error(targets, predictions),
        "R²": metrics.r2_score(targets, predictions),
    }


if __name__ == "__main__":
    rng, stored = np.random.default_rng(0), {}
    for kind, cases, figures in (("classes", classifiers, figures_of_classes), ("values", regressors, figures_of_values)):
        for name, true, predicted in cases(rng):
            stored |= {f"{kind}/{name}/true": true, f"{kind}/{name}/predicted": predicted}
            stored |= {f"{kind}/{name}/right/{key}": np.asarray(each) for key, each in figures(true, predicted).items()}
    np.savez_compressed(FILE, **stored)
