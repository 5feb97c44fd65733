"""Graphs as scikit-learn's estimators: for pipelines, cross-validation and grid search.

It needs scikit-learn (`pip install 'minigraph[train]'`), and is imported on its own: `from minigraph.training.estimator import
GraphClassifier`.
"""

from collections.abc import Callable
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Parameter
from minigraph.core.node import Node
from minigraph.core.values import whole_array
from minigraph.interop.extras import optional
from minigraph.ops.activations import Tanh
from minigraph.ops.copies import substituted
from minigraph.ops.cross_entropy import SoftmaxCrossEntropy
from minigraph.ops.losses import MeanSquaredError
from minigraph.training.checks import quoted
from minigraph.training.loop.class_weights import class_weighted
from minigraph.training.loop.evaluation import Predictor
from minigraph.training.loop.objectives import SupportsMinimize
from minigraph.training.loop.train import train
from minigraph.training.optim.optimizers import Adam

__all__ = ["GraphClassifier", "GraphRegressor"]

base = optional("sklearn.base", "scikit-learn", "train")
validation = optional("sklearn.utils.validation", "scikit-learn", "train")
multiclass = optional("sklearn.utils.multiclass", "scikit-learn", "train")
class_weight = optional("sklearn.utils.class_weight", "scikit-learn", "train")
BaseEstimator: Any = base.BaseEstimator
ClassifierMixin: Any = base.ClassifierMixin
RegressorMixin: Any = base.RegressorMixin

Build = Callable[[int, int, int], Graph]
"""A function that gives the graph for a number of features, a number of outputs and a seed."""
HIDDEN = 64
PREDICTORS: WeakKeyDictionary[Graph, Predictor] = WeakKeyDictionary()
"""What computes the graphs of estimators that have predicted: by scikit-learn's rules nothing in an estimator changes then."""


def _hidden_layer(features: int, outputs: int, seed: int) -> Node:
    """A tanh layer of 64 units on an input x, and an affine layer after it."""
    rng = np.random.default_rng(seed)
    x = Input("x", ("N", features))
    W1 = Parameter("W1", rng.normal(0, features**-0.5, (features, HIDDEN)))
    b1 = Parameter("b1", np.zeros(HIDDEN))
    W2 = Parameter("W2", rng.normal(0, HIDDEN**-0.5, (HIDDEN, outputs)))
    b2 = Parameter("b2", np.zeros(outputs))
    scores: Node = Tanh(x @ W1 + b1) @ W2 + b2
    return scores


def _classifier(features: int, classes: int, seed: int) -> Graph:
    return Graph(loss=SoftmaxCrossEntropy(_hidden_layer(features, classes, seed), Input("y", ("N",), dtype=np.int64)))


def _regressor(features: int, outputs: int, seed: int) -> Graph:
    value = _hidden_layer(features, outputs, seed).reshape(-1)
    return Graph(loss=MeanSquaredError(value, Input("y", ("N",))), value=value)


class _GraphEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators do: build a graph for the data, train it, and compute its outputs."""

    def __init__(
        self,
        build: Build | None = None,
        *,
        optimizer: SupportsMinimize | None = None,
        epochs: int = 200,
        batch_size: int | None = 32,
        random_state: Any = None,
        engine: str = "numpy",
    ) -> None:
        self.build = build
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.engine = engine

    def _weighted(self, graph: Graph, y: NDArray[Any]) -> Graph:
        """The graph that is trained in place of another."""
        return graph

    def _train(self, build: Build, x: NDArray[Any], y: NDArray[Any], outputs: int) -> None:
        if not callable(build):
            raise GraphError(f"build is a function that gives a graph, build(features, outputs, seed), not {quoted(build)}.")
        seed = int(validation.check_random_state(self.random_state).randint(2**31))
        self.graph_ = build(x.shape[1], outputs, seed)
        optimizer = Adam(0.01) if self.optimizer is None else self.optimizer
        self.history_ = train(
            self._weighted(self.graph_, y),
            {"x": x, "y": y},
            optimizer=optimizer,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=seed,
            engine=self.engine,
            progress=False,
        )

    def _outputs(self, x: ArrayLike) -> dict[str, NDArray[Any]]:
        validation.check_is_fitted(self)
        whole_array(x, "X")
        rows = validation.validate_data(self, x, reset=False)
        if self.graph_ not in PREDICTORS:
            PREDICTORS[self.graph_] = Predictor(in_double(self.graph_))
        return PREDICTORS[self.graph_](rows)


def in_double(graph: Graph) -> Graph:
    """The graph in double precision, on its own variables: a row's prediction hardly depends on the rows beside it.

    >>> w = Parameter("w", 1.0)
    >>> graph = in_double(Graph(y=w * 2))
    >>> w.value = 3.0
    >>> graph.forward()["y"]
    np.float64(6.0)
    """
    double = graph.astype(np.float64)
    own = {double.variables[name]: variable for name, variable in graph.variables.items()}
    cast: dict[Node, Node] = {copy: variable.astype(copy.dtype) for copy, variable in own.items()}
    found = substituted(double.outputs.values(), cast)
    return Graph({name: found[node] for name, node in double.outputs.items()})


class GraphClassifier(ClassifierMixin, _GraphEstimator):  # type: ignore[misc]
    """A classifier in scikit-learn's manner.

    Parameters
    ----------
    build : callable, optional
        `build(features, classes, seed)` gives the graph: its inputs are x (N × features) and y (N, int64), and it holds one
        SoftmaxCrossEntropy of scores with y. Unless given, it has one hidden layer of 64 tanh units.
    optimizer : optional
        Adam(0.01) unless given.
    epochs, batch_size : int
        As in `mg.train`.
    random_state : int, RandomState or None
        The random seed of the parameters and of the order of the rows, as scikit-learn takes it.
    engine : str
        What computes the training, as in `mg.train`.
    class_weight : "balanced" or mapping, optional
        By what the loss of each class's rows is multiplied: {label: weight}, 1 for others, or "balanced", by which all classes
        come to the same.

    Attributes
    ----------
    graph_ : Graph
        The trained graph.
    history_ : History
        Its training.
    classes_ : ndarray
        The labels.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> model = make_pipeline(StandardScaler(), GraphClassifier(epochs=20, random_state=0))
    >>> bool(cross_val_score(model, *load_iris(return_X_y=True), cv=3).mean() > 0.9)
    True
    """

    def __init__(
        self,
        build: Build | None = None,
        *,
        optimizer: SupportsMinimize | None = None,
        epochs: int = 200,
        batch_size: int | None = 32,
        random_state: Any = None,
        engine: str = "numpy",
        class_weight: Any = None,
    ) -> None:
        super().__init__(
            build, optimizer=optimizer, epochs=epochs, batch_size=batch_size, random_state=random_state, engine=engine
        )
        self.class_weight = class_weight

    def _weighted(self, graph: Graph, y: NDArray[Any]) -> Graph:
        if self.class_weight is None:
            return graph
        weights = class_weight.compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[y])
        return class_weighted(graph, weights.tolist())

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Build the graph and train it on the rows of X and their labels."""
        whole_array(X, "X"), whole_array(y, "y")  # scikit-learn takes what a mask hides for numbers
        rows, labels = validation.validate_data(self, X, y)
        multiclass.check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise GraphError(f"The labels are all of one class, {self.classes_[0]!r}: there is nothing to tell apart.")
        self._train(self.build or _classifier, rows, numbers.astype(np.int64), len(self.classes_))
        if not Predictor(self.graph_).classifies:
            raise GraphError("build must give a graph with one SoftmaxCrossEntropy of scores (N × classes) and labels y (N).")
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """The probability of each class, in the order of `classes_`: N × classes."""
        return self._outputs(X)["probabilities"]

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of each row."""
        chosen = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[chosen]
        return labels


class GraphRegressor(RegressorMixin, _GraphEstimator):  # type: ignore[misc]
    """A regressor in scikit-learn's manner.

    Parameters
    ----------
    build : callable, optional
        `build(features, 1, seed)` gives the graph: its inputs are x (N × features) and y (N), and apart from the loss it has an
        output that depends on x alone, one number a row, which is the prediction. Unless given, it has one hidden layer of 64
        tanh units.
    optimizer, epochs, batch_size, random_state, engine
        As in GraphClassifier.

    Attributes
    ----------
    graph_, history_
        As in GraphClassifier.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(-1, 1, (200, 2))
    >>> model = GraphRegressor(epochs=100, random_state=0).fit(x[:150], x[:150, 0] * x[:150, 1])
    >>> model.score(x[150:], x[150:, 0] * x[150:, 1]) > 0.9
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Build the graph and train it on the rows of X and their values."""
        whole_array(X, "X"), whole_array(y, "y")
        rows, values = validation.validate_data(self, X, y, y_numeric=True)
        self._train(self.build or _regressor, rows, validation.column_or_1d(values, warn=True), 1)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The value of each row."""
        outputs = self._outputs(X)
        (name, *more) = outputs
        if more:
            raise GraphError(
                f"build must give a graph with one output that depends on x alone, not {name} and {len(more)} more."
            )
        return outputs[name].reshape(-1)
