"""The trainer: what runs a training, step by step, and can save it and go on from there."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any

from numpy.typing import ArrayLike

from minigraph.compiler import Program, compile
from minigraph.compiler.mesh import Hosts, check_batch, checked_mesh
from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable, current_arrays
from minigraph.core.node import NodeLike
from minigraph.ops.modes import inference
from minigraph.training.checks import check_whole, quoted
from minigraph.training.data.batches import Batches, rows_in
from minigraph.training.data.loader import Data, Loader, batches_of, is_loader
from minigraph.training.data.weights import SAMPLE_WEIGHT, RowWeights
from minigraph.training.loop.class_weights import class_weighted
from minigraph.training.loop.evaluation import figures_over
from minigraph.training.loop.history import History
from minigraph.training.loop.interrupts import SIGNALS, deferred_signals
from minigraph.training.loop.objectives import Parameters, SupportsMinimize, losses_of, objectives
from minigraph.training.loop.resuming import Resumable, copies
from minigraph.training.loop.sample_weights import row_weighted, rows_weighed
from minigraph.training.loop.step import Blocks, Step
from minigraph.training.metrics.metrics import Metric
from minigraph.training.metrics.totals import (
    Figures,
    check_weighed,
    graph_of,
    loss_of,
    measured,
    over_batches,
    over_steps,
)
from minigraph.training.optim.schedules import FromHistory
from minigraph.training.optim.updates import Average, merged_updates, variables_of

__all__ = ["Callback", "Trainer", "checked_callbacks"]


class Callback:
    """What is done while a trainer trains: a subclass overrides the hooks that it needs, each of which is given the trainer.

    The hooks are listed in the order in which they are called. What a callback must remember over a break is in
    `trainer.history`. One that sets `keeps_best` calls `trainer.keep_best` after an epoch: a run then ends with the parameters
    of the best epoch.

    >>> import minigraph as mg
    >>> class Count(mg.Callback):
    ...     def on_epoch_end(self, trainer):
    ...         print(trainer.epoch, trainer.history["loss"][-1])
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    >>> graph = mg.Graph(loss=((x - w) ** 2).mean())
    >>> mg.train(graph, {"x": [1.0]}, optimizer=mg.SGD(0.5), epochs=2, callbacks=[Count()], progress=False)
    1 1.0
    2 0.0
    History of 2 epochs: loss 1 → 0
    """

    keeps_best = False
    everywhere = True
    """Whether it is called in each process of a training on several hosts, or in the first alone, as one that writes files."""

    def statistics(self, trainer: "Trainer") -> Figures:
        """More to measure in the training steps: scalar nodes by name, whose figures go into `history.statistics`."""
        return {}

    def check(self, trainer: "Trainer") -> None:
        """Refuse, before a run begins, what cannot be. Nothing is written here: a run that is refused changes nothing."""

    def locked(self, trainer: "Trainer") -> AbstractContextManager[None]:
        """What no other run may have meanwhile, from after all checks, before anything is written, to the end of the run."""
        return nullcontext()

    def on_train_begin(self, trainer: "Trainer") -> None:
        """Before the first step of a run; `trainer.epochs` is where it is to end."""

    def on_step_end(self, trainer: "Trainer") -> None:
        """After each step."""

    def on_epoch_end(self, trainer: "Trainer") -> None:
        """After each epoch, when its figures are in `trainer.history`."""

    def on_train_end(self, trainer: "Trainer") -> None:
        """When the run ends well, which a run that `trainer.stop` or a signal has ended early does."""

    def on_exit(self, trainer: "Trainer") -> None:
        """When the run ends, well or in an error."""


class Trainer(Resumable):
    """What `mg.train` runs: it can be run further, evaluated, saved and resumed.

    Parameters
    ----------
    graph, data, optimizer, parameters, batch_size, validation, test, metrics, class_weights, sample_weight, updates, seed,
    threads, recompute, engine, mesh, shard, callbacks
        As in `mg.train`.

    Raises
    ------
    MinigraphError
        For what does not fit: the data and the graph, a metric, an optimizer, two variables of one name.

    Attributes
    ----------
    epoch, step : int
        How many epochs are done, and how many steps of the one that is not.
    steps : int
        How many steps an epoch has; None for a loader that does not say it.
    history : History
        The figures of the epochs that are done.
    variables : dict
        Every variable that a step depends on, by name: parameters, the optimizer's state, running statistics.
    resumed : Path or None
        The folder of the checkpoint that it goes on from.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    >>> trainer = Trainer(mg.Graph(loss=((x - w) ** 2).mean()), {"x": [1.0, 3.0]}, optimizer=mg.SGD(0.25))
    >>> trainer.run(2)
    History of 2 epochs: loss 5 → 2
    >>> trainer.run(20)
    History of 20 epochs: loss 5 → 1
    >>> trainer.evaluate({"x": [2.0]})["loss"] < 1e-9
    True
    """

    def __init__(
        self,
        graph: Graph,
        data: Data,
        *,
        optimizer: SupportsMinimize | Mapping[str, SupportsMinimize],
        parameters: Parameters | Mapping[str, Parameters] | None = None,
        batch_size: int | None = None,
        validation: Data | None = None,
        test: Data | None = None,
        metrics: Mapping[str, NodeLike | Metric] | None = None,
        class_weights: str | Sequence[float] | None = None,
        sample_weight: ArrayLike | str | None = None,
        updates: Mapping[Variable, NodeLike] | None = None,
        seed: int = 0,
        threads: int | None = None,
        recompute: Blocks = (),
        engine: str = "numpy",
        mesh: Mapping[str, int] | None = None,
        shard: Mapping[str, Sequence[str | None]] | None = None,
        callbacks: Iterable[Callback] = (),
    ) -> None:
        check_whole("seed", seed, 0)
        if batch_size is not None:
            check_whole("batch_size", batch_size, 1)
        check_batch(checked_mesh(mesh, shard, engine), batch_size)
        named = sample_weight if isinstance(sample_weight, str) else SAMPLE_WEIGHT
        if sample_weight is not None and sample_weight is not named:
            data = rows_weighed(data, sample_weight)
        self._weights = None if sample_weight is None else RowWeights(named, needed=True)
        if class_weights is not None:
            known = data if isinstance(data, Mapping) else None
            graph = class_weighted(graph, class_weights, known, named, weighs_rows=self._weights is not None)
        elif self._weights is not None:
            graph = row_weighted(graph, named)
        self.graph, self.loss, self.callbacks = graph, loss_of(graph), checked_callbacks(callbacks)
        minimized = objectives(graph, optimizer, parameters)
        asked = measured(self.loss, metrics, losses_of(graph, optimizer) if isinstance(optimizer, Mapping) else {})
        trained, self._used_figures = (over_batches(asked, each) for each in (graph_of(asked), inference(graph_of(asked))))
        self._batch_size, self._used_graph = batch_size, graph_of(self._used_figures)
        self.updates = merged_updates(self.loss, minimized, {} if updates is None else updates)
        extra = over_steps({name: node for each in self.callbacks for name, node in each.statistics(self).items()}, self.loss)
        self._whole = graph_of({**trained, **extra})
        if batch_size is not None and is_loader(data):
            raise GraphError("batch_size is for arrays: a loader's batches are as large as it makes them.")
        rows = batches_of("The training data", data, self._whole, graph.inputs, batch_size, learned=True, weights=self._weights)
        check_weighed(trained, rows.count)
        self._features = rows.features
        self._validation = None if validation is None else self._batches("The validation data", validation)
        self._test = None if test is None else self._batches("The test data", test)
        self._recompute = recompute if isinstance(recompute, str | bool) else tuple(recompute)
        variables = variables_of(graph, self._whole, self.updates)
        super().__init__(self.loss, variables, rows, trained, extra, validation is not None, seed)
        self._engine, self._mesh, self._shard = engine, mesh, shard
        self._compile(threads)
        self.callbacks = tuple(each for each in self.callbacks if each.everywhere or self.hosts.first)

    @property
    def threads(self) -> int:
        """Over how many threads a step is spread."""
        return self._take.threads

    @property
    def hosts(self) -> Hosts:
        """The processes that train together; `trainer.hosts.first` is True in the one that writes files."""
        return self._take.hosts

    @property
    def keeps_best(self) -> bool:
        """Whether a callback lets a run end with the parameters of the best epoch."""
        return any(callback.keeps_best for callback in self.callbacks)

    def run(self, epochs: int) -> History:
        """Train until `epochs` epochs are done, those of earlier runs counted, or something stops it."""
        check_whole("epochs", epochs, 1)
        self.epochs, self.history.stopped, self._asked = epochs, "", ""
        with ExitStack() as closing:
            closing.enter_context(deferred_signals(self.stop))
            with self.hosts.agreed():
                self._check()
                for callback in self.callbacks:
                    closing.enter_context(callback.locked(self))
            self._undo_best()
            with self.hosts.agreed():
                for callback in self.callbacks:
                    closing.callback(callback.on_exit, self)
                    callback.on_train_begin(self)
            self._follow_history()
            self._agree()
            while self.epoch < epochs and not self.history.stopped:
                self._run_epoch()
            for callback in self.callbacks:
                callback.on_train_end(self)
            if self.keeps_best:
                self.use_best()
            if self._test is not None and self.history.stopped not in SIGNALS:
                self.history.test = self._evaluated(self._test)
            current_arrays(self.variables.values())  # from here on each process reads them by itself
        return self.history

    def stop(self, reason: str) -> None:
        """End the run when the step, or the epoch's evaluation, is done; the history says why."""
        if self.hosts.count == 1:
            self.history.stopped = self.history.stopped or reason
        else:  # all processes stop after the same step: they agree on it
            self._asked = self._asked or reason

    def evaluate(self, data: Data) -> dict[str, Any]:
        """The loss and the metrics by name over the rows of `data`; where weights are averaged, with the averages."""
        return self._evaluated(self._batches("The data", data))

    def keep_best(self) -> None:
        """Store what the variables of the graph, and the averages of its parameters, are now: this epoch is the best so far."""
        self.best = copies({n: v for n, v in self.variables.items() if n in self.graph.variables or isinstance(v, Average)})

    def _check(self) -> None:
        """Refuse what would fail on the way."""
        for variable in self.variables.values():
            if isinstance(variable, FromHistory):
                variable.follow(dict.fromkeys(self.names, ()))
        left = self.epochs - self.epoch
        for rows in (self._rows, self._validation, self._test):
            if isinstance(rows, Loader) and left > 0:
                rows.begin(1 if rows is self._test else left, self.step if rows is self._rows else 0)
        for callback in self.callbacks:
            callback.check(self)

    def _compile(self, threads: int | None) -> None:
        devices: dict[str, Any] = {"mesh": self._mesh, "shard": self._shard} if self._mesh else {}
        self._take = Step(self._whole, self.updates, self._rows, threads, self._recompute, self._engine, **devices)
        for batches in (self._rows, self._validation, self._test):
            if isinstance(batches, Batches):
                batches.part = self.hosts.rows
            elif isinstance(batches, Loader):
                batches.check_hosts(self.hosts.count)
        self.__dict__.pop("_evaluate", None)
        if self._validation is not None or self._test is not None:
            self._evaluate  # noqa: B018 - what cannot be compiled is refused now

    @cached_property
    def _evaluate(self) -> Program:
        """What computes the figures of other data than the training's."""
        known = self._used_graph.variables
        shard = self._shard and {name: spec for name, spec in self._shard.items() if name in known}
        return compile(self._used_graph, threads=self.threads, engine=self._engine, mesh=self._mesh, shard=shard)

    def _batches(self, what: str, data: Data) -> Batches | Loader:
        weights = self._weights and replace(self._weights, needed=False)
        graph, size = self._used_graph, self._batch_size
        batches = batches_of(what, data, graph, self.graph.inputs, size, features=self._features, weights=weights)
        check_weighed(self._used_figures, batches.count)
        return batches

    def _run_epoch(self) -> None:
        """The steps of an epoch that are left, and its evaluation, unless it is stopped on the way."""
        if self._rows.drawn:
            self._rng.bit_generator.state = self._rng_at_epoch_start
        after_step = [each for each in self.callbacks if type(each).on_step_end is not Callback.on_step_end]
        for batch in self._rows.shuffled(self._rng, self.step):
            outputs = self._take(batch, self.epoch + 1, self.step + 1)
            rows = rows_in(batch)
            self._totals.add(rows, outputs)
            self._statistics.add(rows, outputs)
            self.step += 1
            for callback in after_step:
                callback.on_step_end(self)
            self._agree()
            if self.history.stopped and (self.steps is None or self.step < self.steps):
                return
        figures = self._totals.figures()
        if self._validation is not None:
            figures |= {f"validation {name}": figure for name, figure in self._evaluated(self._validation).items()}
        self.history.add(figures, self._statistics.figures())
        self.epoch += 1
        self._start_epoch()
        self._follow_history()
        for callback in self.callbacks:
            callback.on_epoch_end(self)
        self._agree()

    def _agree(self) -> None:
        """Stop where any process was asked to: a signal comes to each at its own time, or to one alone."""
        if self.hosts.count > 1:
            reasons = ["", "another process stopped", *SIGNALS]
            found = self.hosts.largest(reasons.index(self._asked) if self._asked in reasons else 1)
            self.history.stopped = self._asked or reasons[found] if found else ""

    def _evaluated(self, rows: Batches | Loader) -> dict[str, Any]:
        with self.averages():
            return figures_over(rows, self._evaluate, self._used_figures)

    def _follow_history(self) -> None:
        for variable in self.variables.values():
            if isinstance(variable, FromHistory):
                variable.value = variable.follow(self.history)


def checked_callbacks(callbacks: Iterable[Callback]) -> tuple[Callback, ...]:
    """The callbacks, or an error where one of them, or all of it, is none."""
    found = tuple(callbacks) if isinstance(callbacks, Iterable) else (callbacks,)
    for each in found:
        if not isinstance(each, Callback) or not isinstance(callbacks, Iterable):
            raise GraphError(f"callbacks is a list of callbacks, such as [mg.EarlyStopping()], and not {quoted(each)}.")
    return found
