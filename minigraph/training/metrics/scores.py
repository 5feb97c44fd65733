"""Figures of predictions, all of them at once, by the definitions of scikit-learn's metrics.

They are written out here, rather than asked of scikit-learn, because that is an extra, and takes a second to import;
`tests/oracles/scikit_learn_metrics.py` stores what it answers, and the tests compare.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["classification_scores", "regression_scores", "remarks"]

BINS = 15
"""Into how many bins confidences are put: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017."""


def classification_scores(labels: NDArray[Any], probabilities: NDArray[Any]) -> dict[str, Any]:
    """The figures of a classifier.

    Parameters
    ----------
    labels : ndarray
        The class of each row, N whole numbers from 0.
    probabilities : ndarray
        The probability of each class, N × classes.

    Returns
    -------
    dict
        accuracy; largest class, the part of the rows that it is, which an accuracy is to be compared with; balanced accuracy,
        the mean of the classes' recalls; F1, of class 1 where there are two, else macro F1, the mean over the classes that
        occur; AUC, of more than two classes the mean of each against the rest, where all of them occur; log loss;
        calibration error, how far the largest probability is from the accuracy, on average over 15 bins; and confusion, how
        many rows of each label, down, were predicted as each class, across.

    Examples
    --------
    >>> figures = classification_scores(np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]]))
    >>> [(name, round(float(figure), 3)) for name, figure in figures.items() if np.ndim(figure) == 0][:5]
    [('accuracy', 0.75), ('largest class', 0.75), ('balanced accuracy', 0.833), ('F1', 0.667), ('AUC', 1.0)]
    """
    rows, classes = probabilities.shape
    pairs = np.bincount(labels * classes + probabilities.argmax(axis=1), minlength=classes * classes)
    confusion = pairs.reshape(classes, classes)
    hits, occurring, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    each = 2 * hits / np.maximum(occurring + predicted, 1)
    f1 = {"F1": each[1]} if classes == 2 else {"macro F1": each[occurring + predicted > 0].mean()}
    figures: dict[str, Any] = {
        "accuracy": hits.sum() / rows,
        "largest class": occurring.max() / rows,
        "balanced accuracy": (hits[occurring > 0] / occurring[occurring > 0]).mean(),
        **f1,
    }
    finite = bool(np.isfinite(probabilities).all())
    if occurring.all() and classes > 1:
        of = [1] if classes == 2 else range(classes)
        figures["AUC"] = np.mean([_auc(labels == i, probabilities[:, i]) for i in of]) if finite else np.nan
    figures["log loss"] = _log_loss(labels, probabilities)
    figures["calibration error"] = _calibration_error(labels, probabilities) if finite else np.nan
    return {**{name: float(figure) for name, figure in figures.items()}, "confusion": confusion}


def _auc(positive: NDArray[np.bool_], scores: NDArray[Any]) -> float:
    """How likely a row of the class has a larger score than another row; as likely as not where they are equal."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))


def _log_loss(labels: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """The mean of −ln of each label's probability, which is kept as far from 0 and 1 as its type can tell."""
    least = float(np.finfo(probabilities.dtype).eps)
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(own, least, 1 - least)).mean())


def _calibration_error(labels: NDArray[Any], probabilities: NDArray[Any]) -> float:
    confidence = probabilities.max(axis=1).astype(np.float64)
    place = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    beyond = (probabilities.argmax(axis=1) == labels) - confidence
    return float(np.abs(np.bincount(place, beyond, minlength=BINS)).sum() / len(labels))


def regression_scores(targets: NDArray[Any], predictions: NDArray[Any]) -> dict[str, float]:
    """The figures of predicted values: RMSE, MAE and R²; of several values a row, the mean over these. One row has no R².

    Parameters
    ----------
    targets, predictions : ndarray
        N, or N × values.

    Examples
    --------
    >>> {name: round(figure, 3) for name, figure in regression_scores(np.array([1, 2, 3]), np.array([1, 2, 4])).items()}
    {'RMSE': 0.577, 'MAE': 0.333, 'R²': 0.5}
    """
    true = np.asarray(targets, np.float64).reshape(len(targets), -1)
    beyond = np.asarray(predictions, np.float64).reshape(true.shape) - true
    squares, spread = (beyond**2).sum(axis=0), ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    varying = spread > 0  # of values that are all the same R² is 1 where each is met, and else 0
    explained = np.where(varying, 1 - squares / np.where(varying, spread, 1), squares == 0)
    r2 = explained.mean() if len(true) > 1 else np.nan
    figures = {"RMSE": np.sqrt(squares / len(true)).mean(), "MAE": np.abs(beyond).mean(), "R²": r2}
    return {name: float(figure) for name, figure in figures.items()}


def remarks(figures: Mapping[str, Any], classes: Sequence[str] = ()) -> list[str]:
    """What the figures do not say by themselves: that a model answers the same for every row.

    >>> [remark.partition(":")[0] for remark in remarks({"confusion": np.array([[97, 0], [3, 0]])}, ["no", "yes"])]
    ["The model answers 'no' for every row"]
    """
    confusion = figures.get("confusion")
    if confusion is None or len(confusion) < 2 or np.count_nonzero(confusion.sum(axis=0)) != 1:
        return []
    if np.count_nonzero(confusion.sum(axis=1)) < 2:
        return []
    only = int(confusion.sum(axis=0).argmax())
    name = classes[only] if only < len(classes) else str(only)
    return [
        f"The model answers {name!r} for every row: its accuracy is how frequent that is, and shows nothing that it learned. "
        'Where a class is rare, let all weigh as much: --class-weights balanced, or class_weights="balanced" in mg.train.'
    ]
