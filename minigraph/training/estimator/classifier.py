"""A graph as scikit-learn's classifier."""

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import GraphError, InputError, listing
from minigraph.core.graph import Graph
from minigraph.core.values import whole_array
from minigraph.interop.extras import optional
from minigraph.training.checks import row_classification_loss
from minigraph.training.estimator.base import GraphEstimator
from minigraph.training.estimator.graphs import tanh_classifier
from minigraph.training.loop.class_weights import BALANCED, balanced_weights, class_weighted
from minigraph.training.loop.evaluation import Predictor
from minigraph.training.loop.objectives import SupportsMinimize
from minigraph.training.loop.trainer import Callback
from minigraph.training.optim.schedules import Schedule

__all__ = ["GraphClassifier"]

multiclass = optional("sklearn.utils.multiclass", "scikit-learn", "train")
class_weight = optional("sklearn.utils.class_weight", "scikit-learn", "train")
ClassifierMixin: Any = optional("sklearn.base", "scikit-learn", "train").ClassifierMixin
SHOWN = 5
"""How many labels a message lists."""


class GraphClassifier(ClassifierMixin, GraphEstimator):  # type: ignore[misc]
    """A classifier in scikit-learn's manner.

    Parameters
    ----------
    build : callable, optional
        A function that gives the graph. It is handed what it asks for by the names of its parameters: `features`, `classes`,
        `shape` (of a row of x, (features,)) and `seed`. The graph's inputs are x, a row of numbers each, and y (N, int64), and
        it holds one SoftmaxCrossEntropy of scores with y. Unless given, it has one layer of 64 tanh units, or as many as
        `hidden` says, and computes in the type of X, as scikit-learn does.
    optimizer : optional
        Such as `mg.SGD(0.1)`; or its class, of which `learning_rate` makes one: `mg.SGD`. Adam unless given.
    learning_rate : float or Schedule, optional
        The learning rate of an optimizer that is given as a class: 0.01 unless given, for Adam.
    schedule : str, optional
        How the learning rate goes over all epochs: "cosine", "one-cycle", "step-decay", "warm-up" or "plateau".
    epochs : int
        How many times every row is learned from.
    batch_size : int, optional
        How many rows make a step; None for all at once.
    early_stopping : bool
        Whether `validation_fraction` of the rows is held out, and the training ends when their loss has not become smaller for
        `n_iter_no_change` epochs, with the parameters of the best.
    validation_fraction : float
        The fraction of the rows, of each class alike, that is held out for it.
    n_iter_no_change : int
        For how many epochs their loss may get no better.
    warm_start : bool
        Whether `fit` goes on from the parameters that there are. The optimizer begins anew; `partial_fit` lets it go on.
    callbacks : list of Callback
        What else is done while it trains, as in `mg.train`.
    verbose : bool
        Whether the epoch and its figures are shown on standard error.
    random_state : int, RandomState or None
        The random seed of the parameters, of the rows that are held out and of their order, as scikit-learn takes it.
    engine : str
        What computes the training, as in `mg.train`.
    class_weight : "balanced" or mapping, optional
        By what the loss of each class's rows is multiplied: {label: weight}, 1 for others, or "balanced", by which all classes
        come to the same.
    **arguments
        What is set of the other parameters of `build`, such as hidden=16. A grid search varies them as all others.

    Attributes
    ----------
    graph_ : Graph
        The trained graph.
    history_ : History
        The figures of its training by epoch; `history_["validation loss"]` those of the rows held out.
    n_iter_ : int
        How many epochs it took.
    loss_curve_ : list of float
        The loss of each epoch.
    classes_ : ndarray
        The labels.
    n_features_in_ : int
        How many columns X has.
    feature_names_in_ : ndarray
        Their names, where X is a frame.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> model = make_pipeline(StandardScaler(), GraphClassifier(hidden=16, epochs=20, random_state=0))
    >>> bool(cross_val_score(model, *load_iris(return_X_y=True), cv=3).mean() > 0.9)
    True
    """

    _default = staticmethod(tanh_classifier)

    def __init__(
        self,
        build: Callable[..., Graph] | None = None,
        *,
        optimizer: SupportsMinimize | Callable[[Any], SupportsMinimize] | None = None,
        learning_rate: float | Schedule | None = None,
        schedule: str | None = None,
        epochs: int = 200,
        batch_size: int | None = 32,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        callbacks: Iterable[Callback] = (),
        verbose: bool = False,
        random_state: Any = None,
        engine: str = "numpy",
        class_weight: Any = None,
        **arguments: Any,
    ) -> None:
        super().__init__(
            build,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            epochs=epochs,
            batch_size=batch_size,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            warm_start=warm_start,
            callbacks=callbacks,
            verbose=verbose,
            random_state=random_state,
            engine=engine,
            **arguments,
        )
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Build the graph and train it.

        Parameters
        ----------
        X : array_like or frame
            The rows, N × features.
        y : array_like
            Their labels, N numbers or names.
        sample_weight : array_like, optional
            What each row weighs in the loss, 0 or more: one of weight 2 counts as two rows.

        Returns
        -------
        GraphClassifier
            Itself, trained.
        """
        again = self.warm_start and hasattr(self, "graph_")
        rows, labels = self._labelled(X, y, reset=not again)
        weights = self._weights(sample_weight, len(rows))
        if not again:
            self.classes_ = np.unique(labels)
            self._build_classifier(rows)
        numbers = self._numbers(labels)
        return self._train(rows, numbers, weights, numbers)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from more rows, each taken once, and let the optimizer go on: for rows that come piece by piece.

        Parameters
        ----------
        X, y, sample_weight : array_like
            As in `fit`.
        classes : array_like
            All labels that may come: what the first call needs, and later ones need not say.

        Returns
        -------
        GraphClassifier
            Itself, trained.
        """
        first = not hasattr(self, "graph_")
        if first and classes is None:
            raise InputError("The first partial_fit needs all classes that may come, classes=np.unique(all_labels).")
        rows, labels = self._labelled(X, y, reset=first)
        weights = self._weights(sample_weight, len(rows))
        if isinstance(self.class_weight, str):
            raise GraphError(
                "partial_fit does not know how frequent the classes will be: say what each weighs, "
                f"class_weight={{label: weight}}, and not {self.class_weight!r}."
            )
        known = self.classes_ if classes is None else np.unique(np.asarray(classes))
        if first:
            self.classes_ = known
            self._build_classifier(rows)
        elif not np.array_equal(known, self.classes_):
            raise InputError(f"classes was {_some(self.classes_)}, and is {_some(known)} now: the graph has a score for each.")
        return self._train_further(rows, self._numbers(labels), weights)

    def _labelled(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        """The rows and their labels."""
        if (shape := whole_array(y, "y").shape)[1:] > (1,):
            raise InputError(
                f"y has {shape[1]} columns, and GraphClassifier tells the classes of one apart: MultiOutputClassifier of "
                "sklearn.multioutput learns one for each."
            )
        rows, labels = self._validated(X, y, reset=reset)
        multiclass.check_classification_targets(labels)
        return rows, labels

    def _build_classifier(self, rows: NDArray[Any]) -> None:
        if len(self.classes_) < 2:
            raise GraphError(f"The labels are all of one class, {_some(self.classes_)}: there is nothing to tell apart.")
        self._build_graph(rows, {"classes": len(self.classes_), "outputs": len(self.classes_)})

    def _numbers(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """The number of each label, or an error for one that is no class."""
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise InputError(f"y has the label {_some(unknown[:1])}, which is none of the classes {_some(self.classes_)}.")
        return np.searchsorted(self.classes_, labels).astype(np.int64)

    def _check_graph(self, graph: Graph, predictor: Predictor, called: str) -> None:
        loss = row_classification_loss(graph.nodes)
        if loss is None:
            raise GraphError(
                f"{called} must give a graph with one SoftmaxCrossEntropy of scores (N × classes) and labels y (N)."
            )
        scores = loss.operands[0].shape[1]
        if scores != len(self.classes_):
            raise GraphError(
                f"The graph of {called} has {scores} scores a row, and y has {len(self.classes_)} classes: give the function a "
                "parameter called classes, which is handed their number."
            )

    def _weighted(self, graph: Graph, y: NDArray[Any], weights: NDArray[Any] | None) -> Graph:
        if self.class_weight is None:
            return graph
        if isinstance(self.class_weight, str) and self.class_weight == BALANCED:
            return class_weighted(graph, balanced_weights(y, len(self.classes_), weights))
        numbers = class_weight.compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)
        return class_weighted(graph, numbers.tolist())

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """The probability of each class, in the order of `classes_`: N × classes."""
        return self._outputs(X)["probabilities"]

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each row."""
        chosen = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[chosen]
        return labels


def _some(labels: NDArray[Any]) -> str:
    """Labels as a message lists them, the first of many."""
    shown = [repr(label) for label in labels[:SHOWN].tolist()]
    return listing(shown) if len(labels) <= SHOWN else f"{', '.join(shown)}, …"
