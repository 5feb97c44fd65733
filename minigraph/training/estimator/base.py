"""What both estimators of scikit-learn's kind do: their parameters, the graph that they build, its training and its outputs."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import GraphError, InputError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.shapes import show_shape
from minigraph.core.values import whole_array
from minigraph.interop.extras import optional
from minigraph.training.checks import check_number, check_whole, quoted, row_shape
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.labels import is_number
from minigraph.training.data.source import shaped
from minigraph.training.data.weights import SAMPLE_WEIGHT, learned_weights
from minigraph.training.estimator.graphs import in_double
from minigraph.training.estimator.optimizer import chosen_optimizer
from minigraph.training.loop.callbacks import EarlyStopping
from minigraph.training.loop.evaluation import Predictor
from minigraph.training.loop.history import History
from minigraph.training.loop.incremental import Incremental, end_training
from minigraph.training.loop.interrupts import SIGNALS
from minigraph.training.loop.objectives import SupportsMinimize
from minigraph.training.loop.progress import Progress
from minigraph.training.loop.trainer import Callback, Trainer, checked_callbacks
from minigraph.training.optim.schedules import Schedule
from minigraph.training.runs.building import HANDED, Build

__all__ = ["GraphEstimator"]

base = optional("sklearn.base", "scikit-learn", "train")
model_selection = optional("sklearn.model_selection", "scikit-learn", "train")
validation = optional("sklearn.utils.validation", "scikit-learn", "train")
BaseEstimator: Any = base.BaseEstimator

NOTHING: Mapping[str, Any] = MappingProxyType({})
OF_ALL_ROWS = {
    "early_stopping": "rows are held out of all that there are",
    "schedule": "it goes over all steps; give learning_rate a schedule, mg.schedules.cosine(0.1, steps=…)",
}
"""What asks for all rows at once, and why."""
PREDICTORS: WeakKeyDictionary[Graph, Predictor] = WeakKeyDictionary()
"""What computes the graphs of estimators that have predicted: by scikit-learn's rules nothing in an estimator changes then."""


class GraphEstimator(BaseEstimator):  # type: ignore[misc]
    """A graph that is built for its data, trained, and predicts; `GraphClassifier` tells the parameters."""

    _default: Callable[..., Graph]
    """The function that builds the graph where none is given."""
    _arguments: Mapping[str, Any] = NOTHING
    """What was set of the parameters of `build`."""
    _state: Mapping[str, NDArray[Any]]
    """What `end_training` gave of the training before."""
    _incremental: tuple[Any, Incremental] | None = None
    """The training that `partial_fit` goes on with, after what it was made for; none after `fit`."""

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
        **arguments: Any,
    ) -> None:
        self.build = build
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.verbose = verbose
        self.random_state = random_state
        self.engine = engine
        self._set_arguments(arguments)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name, those that were set of `build` among them."""
        return {**super().get_params(deep), **self._arguments}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, the estimator's own and those of `build`."""
        own = {name: value for name, value in params.items() if self._owns(name)}
        super().set_params(**own)
        self._set_arguments({**self._arguments, **{name: value for name, value in params.items() if name not in own}})
        return self

    def _owns(self, name: str) -> bool:
        first, nested, _ = name.partition("__")
        return first in self._get_param_names() and (not nested or hasattr(getattr(self, first), "set_params"))

    def _set_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Store what is set of the parameters of `build`, or raise where it has no such parameter."""
        if not arguments:
            return
        if self.build is None or callable(self.build):
            build = self._builder()
            takes, own = [name for name in build.settable if name not in HANDED], self._get_param_names()
            for name in arguments:
                if name in HANDED or not build.takes(name):
                    known = f"takes {listing(takes)}" if takes else "takes nothing that can be set"
                    hint = nearest(name, [*takes, *own])
                    if name in HANDED:
                        hint = " The random seed is random_state." if name == "seed" else f" The data says {name}."
                    kind = type(self).__name__
                    raise UnknownNameError(f"{kind} has no parameter {name!r}, and its build, {build.called}, {known}.{hint}")
        self._arguments = dict(arguments)

    def _builder(self) -> Build:
        return Build(self._default if self.build is None else self.build, "{}=…")

    def __getstate__(self) -> dict[str, Any]:
        """All of it but the compiled training, which `partial_fit` makes anew."""
        return {name: value for name, value in super().__getstate__().items() if name != "_incremental"}

    def _validated(self, X: Any, *y: Any, **options: Any) -> Any:
        """X, and y, as scikit-learn validates them; a column of text is refused with what to do about it."""
        for name, array in zip("Xy", (X, *y), strict=False):
            whole_array(array, name)  # scikit-learn takes what a mask hides for numbers
        try:
            return validation.validate_data(self, X, *y, **options)
        except ValueError as error:
            cells = np.asarray(X, object)
            text = next((cell for cell in cells.flat if isinstance(cell, str) and not is_number(cell)), None)
            if text is None:
                raise
            place = int(np.argmax([any(isinstance(cell, str) and cell == text for cell in column) for column in cells.T]))
            raise InputError(
                f"X holds text, such as {text!r} in column {place}, and {type(self).__name__} takes numbers: encode it before, "
                "make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown='ignore'), ['city']), "
                "remainder=StandardScaler()), …)."
            ) from error

    def _weights(self, sample_weight: ArrayLike | None, rows: int) -> NDArray[np.float64] | None:
        """What the rows weigh, or an error where that does not fit them."""
        if sample_weight is None:
            return None
        weights = learned_weights(sample_weight)
        if len(weights) != rows:
            raise InputError(f"sample_weight has {len(weights)} number{'s' * (len(weights) != 1)}, and X has {rows} rows.")
        return weights

    def _build_graph(self, x: NDArray[Any], sizes: Mapping[str, Any]) -> None:
        """Build the graph for rows like these, and draw the random seed."""
        if self.build is not None and not callable(self.build):
            raise GraphError(f"build is a function that gives a graph, and is {quoted(self.build)}.")
        self._seed = int(validation.check_random_state(self.random_state).randint(2**31))
        build, features = self._builder(), x.shape[1]
        both = [name for name in build.settable if name in self._get_param_names()]
        if both:
            raise GraphError(f"{build.called} has a parameter {both[0]}, as {type(self).__name__} has: call it otherwise.")
        graph = build({**sizes, "features": features, "shape": (features,), "seed": self._seed}, self._arguments)
        if self.build is None and np.result_type(x, np.float32) == np.float64:
            graph = graph.astype(np.float64)
        if graph.inputs.keys() != {"x", "y"}:
            raise GraphError(f"The graph of {build.called} takes {listing(graph.inputs)}, and the data gives x and y.")
        size = row_shape(graph.inputs["x"])
        if size is not None and prod(size) != features:
            raise GraphError(
                f"The graph of {build.called} takes x ({show_shape(graph.inputs['x'].shape)}), and X has {features} features: "
                "give the function a parameter called features, which is handed their number."
            )
        PREDICTORS[graph] = Predictor(in_double(graph))
        self._check_graph(graph, PREDICTORS[graph], build.called)
        self.graph_, self._state, self._incremental = graph, {}, None

    def _check_graph(self, graph: Graph, predictor: Predictor, called: str) -> None:
        """Raise where the graph is none that the estimator can train, or what it predicts is not what y has."""
        raise NotImplementedError

    def _weighted(self, graph: Graph, y: NDArray[Any], weights: NDArray[Any] | None) -> Graph:
        """The graph that is trained in place of another."""
        return graph

    def _rows(self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None) -> Mapping[str, Any]:
        """The arrays for the graph's inputs, in their shapes."""
        data = shaped(Dataset({"x": x, "y": y}), "The data", self.graph_)
        return data if weights is None else data.with_arrays({**data, SAMPLE_WEIGHT: weights})

    def _divided(self, count: int, labels: Any) -> Sequence[NDArray[np.int64]]:
        """The places of the rows to learn from, and of those that are held out."""
        asked: dict[str, Any] = {"test_size": self.validation_fraction, "random_state": self._seed, "stratify": labels}
        try:
            split: Sequence[NDArray[np.int64]] = model_selection.train_test_split(np.arange(count), **asked)
        except ValueError as error:
            what = (
                f"early_stopping holds out {self.validation_fraction} of {count} rows{' of each class' * (labels is not None)}"
            )
            remedy = "Give more rows or a larger validation_fraction, or leave early_stopping out"
            raise GraphError(f"{what}, which these are too few for. {remedy}. scikit-learn: {error}") from None
        return split

    def _train(self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None, labels: Any = None) -> Self:
        """Train for all epochs, or until the held-out rows, drawn by their labels, say enough."""
        validated, callbacks = None, list(checked_callbacks(self.callbacks))
        if self.early_stopping:
            check_number("validation_fraction", self.validation_fraction, above=0, below=1)
            check_whole("n_iter_no_change", self.n_iter_no_change, 1)
            learned, rest = self._divided(len(x), labels)
            validated = self._rows(x[rest], y[rest], None if weights is None else weights[rest])
            x, y, weights = x[learned], y[learned], None if weights is None else weights[learned]
            callbacks.append(EarlyStopping(patience=self.n_iter_no_change))
        for each in callbacks if not self.early_stopping else ():
            if (figure := str(getattr(each, "monitor", ""))).startswith("validation "):
                raise GraphError(
                    f"{type(each).__name__} looks at {figure!r}, and no rows are held out: early_stopping=True holds out "
                    "validation_fraction of them, and stops by itself."
                )
        check_whole("epochs", self.epochs, 1)
        steps = self.epochs * -(-len(x) // self._batch(len(x)))
        trainer = Trainer(
            self._weighted(self.graph_, y, weights),
            self._rows(x, y, weights),
            optimizer=self._chosen_optimizer(steps),
            batch_size=self.batch_size,
            validation=validated,
            sample_weight=None if weights is None else SAMPLE_WEIGHT,
            seed=self._seed,
            engine=self.engine,
            callbacks=[*callbacks, *([Progress()] if self.verbose else [])],
        )
        trainer.run(self.epochs)
        self._state, self._incremental = end_training(trainer), None
        return self._tell(trainer.history)

    def _train_further(self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None) -> Self:
        """Take each row once, with the optimizer's state of before."""
        for name, why in OF_ALL_ROWS.items():
            if getattr(self, name):
                raise GraphError(f"partial_fit does not know what rows are to come, and takes no {name}: {why}.")
        own = ("optimizer", "learning_rate", "engine", "verbose", "callbacks", "class_weight")
        kind = (weights is None, *(getattr(self, name, None) for name in own))
        if self._incremental is None or self._incremental[0] != kind:
            options: dict[str, Any] = {
                "optimizer": self._chosen_optimizer(1),
                "sample_weight": None if weights is None else SAMPLE_WEIGHT,
                "engine": self.engine,
                "callbacks": [*checked_callbacks(self.callbacks), *([Progress()] if self.verbose else [])],
            }
            graph = self._weighted(self.graph_, y, weights)
            history = getattr(self, "history_", None)
            self._incremental = kind, Incremental(graph, seed=self._seed, state=self._state, history=history, **options)
        training = self._incremental[1]
        training.learn(self._rows(x, y, weights), self._batch(len(x)))
        self._state = training.state
        return self._tell(training.trainer.history)

    def _batch(self, rows: int) -> int:
        """How many rows make a step."""
        if self.batch_size is None:
            return rows
        check_whole("batch_size", self.batch_size, 1)
        return self.batch_size

    def _chosen_optimizer(self, steps: int) -> Any:
        return chosen_optimizer(self.optimizer, self.learning_rate, self.schedule, steps)

    def _tell(self, history: History) -> Self:
        """Say how the training went."""
        self.history_, self.n_iter_, self.loss_curve_ = history, history.epochs, history["loss"] if history else []
        if history.stopped in SIGNALS:
            warnings.warn(f"{history.stopped} ended the training after {history.epochs} epochs.", stacklevel=4)
        return self

    def _outputs(self, x: ArrayLike) -> dict[str, NDArray[Any]]:
        validation.check_is_fitted(self)
        rows = self._validated(x, reset=False)
        if self.graph_ not in PREDICTORS:
            PREDICTORS[self.graph_] = Predictor(in_double(self.graph_))
        return PREDICTORS[self.graph_](rows)
