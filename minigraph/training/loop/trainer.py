"""The trainer: what runs a training, step by step, and can save it and go on from there."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from minigraph.compiler import compile
from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable, current_arrays
from minigraph.core.node import Node, NodeLike
from minigraph.ops.modes import inference
from minigraph.training.checks import check_whole, quoted
from minigraph.training.data.batches import Batch, Batches
from minigraph.training.loop.checkpoint import Checkpoints
from minigraph.training.loop.history import History
from minigraph.training.loop.resuming import Resumable
from minigraph.training.loop.step import SIGNALS, Blocks, Step, taken_later
from minigraph.training.metrics.metrics import Metric
from minigraph.training.metrics.totals import (
    Figures,
    Totals,
    check_weighed,
    graph_of,
    loss_of,
    measured,
    over_batches,
    over_steps,
)
from minigraph.training.optim.schedules import FromHistory
from minigraph.training.optim.updates import Average, joined, variables_of

__all__ = ["Arrays", "Callback", "Minimizes", "Trainer", "checked_callbacks"]

Arrays = Mapping[str, ArrayLike]


class Minimizes(Protocol):
    """What makes a loss smaller: it gives the new value of each variable, as nodes."""

    def minimize(self, loss: Node) -> dict[Variable, Node]:
        """The variables that a step changes, each with the node for its new value."""


class Callback:
    """The hooks, in the order in which a trainer calls them. What a callback must remember is in the trainer's history.

    One that sets `keeps_best` calls `trainer.keep_best` after an epoch: a run then ends with the parameters of the best epoch.
    """

    keeps_best = False

    def statistics(self, trainer: "Trainer") -> Figures:
        """More to measure in the training steps: scalar nodes by name. They go into `history.statistics`."""
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
    """What `mg.train` runs: it can be run further, evaluated, saved and resumed, and takes callbacks.

    `epoch` counts the epochs that are done and `step` the steps of the one that is not, of `steps`; `resumed` is the folder of
    the checkpoint that it goes on from, or None. `updates` are new values of more variables, such as running statistics, to go
    with those of the optimizer. All else is as in `train`.

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
        data: Arrays,
        *,
        optimizer: Minimizes,
        batch_size: int | None = None,
        validation: Arrays | None = None,
        test: Arrays | None = None,
        metrics: Mapping[str, NodeLike | Metric] | None = None,
        updates: Mapping[Variable, NodeLike] | None = None,
        seed: int = 0,
        threads: int | None = None,
        recompute: Blocks = (),
        callbacks: Iterable[Callback] = (),
    ) -> None:
        check_whole("seed", seed, 0)
        if batch_size is not None:
            check_whole("batch_size", batch_size, 1)
        self.graph, self.history, self.loss = graph, History(), loss_of(graph)
        self.callbacks = checked_callbacks(callbacks)
        if isinstance(optimizer, type) or not hasattr(optimizer, "minimize"):
            raise GraphError(f"optimizer is one with its learning rate, such as mg.Adam(0.001), not {quoted(optimizer)}.")
        self.epoch, self.step, self.epochs = 0, 0, 0
        self.resumed: Path | None = None
        self.best: dict[str, np.ndarray[Any, Any]] = {}
        self._last: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
        self._checkpoints = Checkpoints()
        asked = measured(self.loss, metrics)
        trained, used = graph_of(asked), inference(graph_of(asked))
        self._measured, self._used_figures = over_batches(asked, trained), over_batches(asked, used)
        self._batch_size, self._used_graph = batch_size, graph_of(self._used_figures)
        self._validation = None if validation is None else self._batches("The validation data", validation)
        self._test = None if test is None else self._batches("The test data", test)
        self.updates = joined(self.loss, optimizer.minimize(self.loss), {} if updates is None else updates)
        watched = {name: node for each in self.callbacks for name, node in each.statistics(self).items()}
        self._watched = over_steps(watched, self.loss)
        whole = graph_of({**self._measured, **self._watched})
        self._rows = Batches("The training data", data, whole, graph.inputs, batch_size, learned=True)
        check_weighed(self._measured, len(self._rows))
        self._whole, self._recompute = whole, recompute if isinstance(recompute, str | bool) else tuple(recompute)
        self._compile(threads)
        self.variables = variables_of(graph, whole, self.updates)
        self._rng = np.random.default_rng(seed)
        self._start_epoch()

    @property
    def steps(self) -> int:
        """How many steps an epoch has."""
        return len(self._rows)

    @property
    def names(self) -> list[str]:
        """The names of the figures that the history holds."""
        validation = [f"validation {name}" for name in self._measured] if self._validation is not None else []
        return [*self._measured, *validation]

    def run(self, epochs: int) -> History:
        """Train until `epochs` epochs are done, those of earlier runs counted, or something stops it."""
        check_whole("epochs", epochs, 1)
        self.epochs, self.history.stopped = epochs, ""
        with ExitStack() as closing:
            closing.enter_context(taken_later(self.stop))
            self._check()
            for callback in self.callbacks:
                closing.enter_context(callback.locked(self))
            self._use_last()
            for callback in self.callbacks:
                closing.callback(callback.on_exit, self)
                callback.on_train_begin(self)
            self._follow_history()
            while self.epoch < epochs and not self.history.stopped:
                self._run_epoch()
            for callback in self.callbacks:
                callback.on_train_end(self)
            if any(callback.keeps_best for callback in self.callbacks):
                self.use_best()
            if self._test is not None and self.history.stopped not in SIGNALS:
                self.history.test = self._evaluated(self._test)
        return self.history

    def stop(self, reason: str) -> None:
        """End the run when the step, or the epoch's evaluation, is done; the history says why."""
        self.history.stopped = self.history.stopped or reason

    def evaluate(self, data: Arrays) -> dict[str, Any]:
        """The loss and the metrics over the rows of `data`; where weights are averaged, with the averages."""
        return self._evaluated(self._batches("The data", data))

    @contextmanager
    def averages(self) -> Iterator[None]:
        """Within it the parameters hold their moving averages, where the optimizer keeps them."""
        averaged = [variable for variable in self.updates if isinstance(variable, Average)]
        before = {average.parameter: average.parameter.current_array for average in averaged}
        self.use_averages()
        try:
            yield
        finally:
            for parameter, value in before.items():
                parameter.value = value

    def use_averages(self) -> None:
        """Let the parameters take their moving averages, where the optimizer keeps them."""
        for variable in self.updates:
            if isinstance(variable, Average):
                variable.parameter.value = variable.current_array

    def keep_best(self) -> None:
        """Keep what the variables of the graph, and the averages of its parameters, hold now: this epoch is the best so far."""
        kept = {n: v for n, v in self.variables.items() if n in self.graph.variables or isinstance(v, Average)}
        self.best = dict(zip(kept, current_arrays(kept.values()), strict=True))

    def use_best(self) -> None:
        """Let the variables take the values that they had after the best epoch; the next run goes on with those of now."""
        self._use_last()
        for name, array in self.best.items():
            variable, before = self.variables[name], self.variables[name].current_array
            variable.value = array
            self._last[name] = array, before

    def _use_last(self) -> None:
        """Undo `use_best`, but for a variable that was set since."""
        for name, (now, before) in self._last.items():
            if np.array_equal(self.variables[name].current_array, now):
                self.variables[name].value = before
        self._last = {}

    def _check(self) -> None:
        """Refuse what would fail on the way."""
        for variable in self.variables.values():
            if isinstance(variable, FromHistory):
                variable.follow(dict.fromkeys(self.names, ()))
        for callback in self.callbacks:
            callback.check(self)

    def _compile(self, threads: int | None) -> None:
        self._take = Step(self._whole, self.updates, self._rows, threads, self._recompute)
        self._evaluate = compile(self._used_graph, threads=threads)

    def _batches(self, what: str, data: Arrays) -> Batches:
        batches = Batches(what, data, self._used_graph, self.graph.inputs, self._batch_size)
        check_weighed(self._used_figures, len(batches))
        return batches

    def _start_epoch(self) -> None:
        self.step, self._totals, self._statistics = 0, Totals(self._measured), Totals(self._watched)
        self._order = self._rng.bit_generator.state

    def _run_epoch(self) -> None:
        """The steps of an epoch that are left, and its evaluation, unless it is stopped on the way."""
        self._rng.bit_generator.state = self._order
        for batch in self._rows.shuffled(self._rng, self.step):
            outputs = self._take(batch, self.epoch + 1, self.step + 1)
            rows = _rows_of(batch)
            self._totals.add(rows, outputs)
            self._statistics.add(rows, outputs)
            self.step += 1
            for callback in self.callbacks:
                callback.on_step_end(self)
            if self.history.stopped and self.step < self.steps:
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

    def _evaluated(self, rows: Batches) -> dict[str, Any]:
        totals = Totals(self._used_figures)
        with self.averages():
            for batch in rows.in_order():
                totals.add(_rows_of(batch), self._evaluate(**batch))
        return totals.figures()

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


def _rows_of(batch: Batch) -> int:
    return len(next(iter(batch.values())))
