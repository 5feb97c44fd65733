"""A graph as scikit-learn's regressor."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import GraphError, InputError, listing
from minigraph.core.graph import Graph
from minigraph.core.values import numeric
from minigraph.interop.extras import optional
from minigraph.training.checks import row_shape
from minigraph.training.estimator.base import GraphEstimator, validation
from minigraph.training.estimator.graphs import tanh_regressor
from minigraph.training.loop.evaluation import Predictor

__all__ = ["GraphRegressor"]

RegressorMixin: Any = optional("sklearn.base", "scikit-learn", "train").RegressorMixin


class GraphRegressor(RegressorMixin, GraphEstimator):  # type: ignore[misc]
    """A regressor in scikit-learn's manner, of one value a row or several.

    Parameters
    ----------
    build : callable, optional
        A function that gives the graph, handed what it asks for by the names of its parameters: `features`, `outputs`, which is
        how many values a row of y has, `shape` and `seed`. The graph's inputs are x and y (N, or N × outputs), and apart from
        the loss it has an output that depends on x alone, as many numbers a row, which is the prediction. Unless given, it has
        one layer of 64 tanh units, or as many as `hidden` says.
    optimizer, learning_rate, schedule, epochs, batch_size, early_stopping, validation_fraction, n_iter_no_change, warm_start
        As in GraphClassifier.
    callbacks, verbose, random_state, engine, **arguments
        As in GraphClassifier.

    Attributes
    ----------
    graph_, history_, n_iter_, loss_curve_, n_features_in_, feature_names_in_
        As in GraphClassifier.
    n_outputs_ : int
        How many values a row of y has.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(-1, 1, (200, 2))
    >>> model = GraphRegressor(epochs=100, random_state=0).fit(x[:150], x[:150, 0] * x[:150, 1])
    >>> model.score(x[150:], x[150:, 0] * x[150:, 1]) > 0.9
    True
    """

    _default = staticmethod(tanh_regressor)

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Build the graph and train it: X (N × features), y (N, or N × outputs), and what each row weighs, if that differs."""
        again = self.warm_start and hasattr(self, "graph_")
        rows, values = self._values(X, y, reset=not again)
        weights = self._weights(sample_weight, len(rows))
        if not again:
            self._build_graph(rows, {"outputs": self.n_outputs_})
        return self._train(rows, values, weights)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from more rows, each taken once, and let the optimizer go on: for rows that come piece by piece."""
        first = not hasattr(self, "graph_")
        rows, values = self._values(X, y, reset=first)
        weights = self._weights(sample_weight, len(rows))
        if first:
            self._build_graph(rows, {"outputs": self.n_outputs_})
        return self._train_further(rows, values, weights)

    def _values(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        """The rows, and the values of each: N where it is one, else N × outputs."""
        rows, values = self._validated(X, y, multi_output=True, y_numeric=True, reset=reset)
        if values.dtype.kind in "US":
            text = values.flat[0].item()
            raise InputError(
                f"y holds text, such as {text!r}, and GraphRegressor learns numbers: GraphClassifier learns classes."
            )
        values = numeric(values.toarray() if hasattr(values, "toarray") else values, "y")
        if values.ndim == 2 and values.shape[1] == 1:
            values = validation.column_or_1d(values, warn=True)
        outputs = 1 if values.ndim == 1 else int(values.shape[1])
        if reset:
            self.n_outputs_ = outputs
        elif outputs != self.n_outputs_:
            raise InputError(f"A row of y has {outputs} value{'s' * (outputs != 1)}, and had {self.n_outputs_} before.")
        return rows, values

    def _check_graph(self, graph: Graph, predictor: Predictor, called: str) -> None:
        name, *more = predictor.graph.outputs
        if more:
            raise GraphError(
                f"{called} must give a graph with one output that depends on x alone, not {listing([name, *more])}."
            )
        size = row_shape(predictor.graph[name])
        if size is None or int(np.prod(size)) != self.n_outputs_:
            raise GraphError(
                f"The prediction of {called}, {predictor.graph[name]!r}, is not {self.n_outputs_} "
                f"number{'s' * (self.n_outputs_ != 1)} a row, as y has: give the function a parameter called outputs."
            )

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The value of each row, N, or its values, N × outputs."""
        (values,) = self._outputs(X).values()
        return values.reshape(-1) if self.n_outputs_ == 1 else values.reshape(len(values), self.n_outputs_)

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may ask of it."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
