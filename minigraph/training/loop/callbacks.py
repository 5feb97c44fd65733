"""Callbacks: checkpoints, early stopping, and statistics of the gradients."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import GraphError
from minigraph.core.leaves import Parameter
from minigraph.core.node import Node, NodeLike
from minigraph.core.values import widened
from minigraph.core.vjp import gradient
from minigraph.interop.files import FolderLock, remove, remove_parts
from minigraph.interop.safetensors import write_tensors
from minigraph.ops.norms import ReduceL2
from minigraph.training.checks import check_figure, check_number, check_whole, quoted
from minigraph.training.loop.checkpoint import FILE
from minigraph.training.loop.history import Best
from minigraph.training.loop.resuming import copies
from minigraph.training.loop.trainer import Callback, Trainer
from minigraph.training.metrics.totals import Figures

__all__ = ["BEST", "MILESTONES", "Checkpoint", "EarlyStopping", "Statistics", "milestones"]

BEST = "best.safetensors"
"""The file in a run's folder with the parameters of the best epoch."""
MILESTONES = "epochs"
"""The folder in a run's folder with the parameters after some epochs, a file each that has its epoch's number for its name."""


class Checkpoint(Callback):
    """Saves the run in a folder, so that it can be resumed.

    `trainer.resume(folder)` goes on from it, bit by bit as if there had been no break. The checkpoint is one file,
    checkpoint.safetensors, replaced whole, and, after a hundred checkpoints, another with the earlier figures: what is in the
    folder can be resumed, whenever the power fails. While it trains, the folder is locked: another run into it is refused, and
    so is one into a folder with the checkpoint of another run.

    Parameters
    ----------
    folder : str or path
        Where the files go.
    every : int
        After how many epochs each it is written; it is also written when the run ends.
    steps : int, optional
        After how many steps each it is written within an epoch, if at all.
    best : str, optional
        The name of a figure. Given, best.safetensors, written with each checkpoint, holds the parameters after the epoch in
        which the figure was best; `graph.load` reads it.
    larger : bool
        Whether the largest figure is the best, rather than the smallest.
    overwrite : bool
        Whether to start anew in a folder with the checkpoint of another run.
    seconds : float
        How many seconds after the last one it is written at the earliest: one that falls due before is left out, unless the run
        ends.
    milestones : bool
        Whether the parameters after 1, 2, 4, 8, … epochs are kept as well, in epochs/1.safetensors, epochs/2.safetensors and so
        on: of a thousand epochs ten files. `graph.load` reads one, and `minigraph explain` goes through all.

    Examples
    --------
    >>> import tempfile
    >>> import minigraph as mg
    >>> def trainer(folder):
    ...     x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    ...     graph = mg.Graph(loss=((x - w) ** 2).mean())
    ...     return mg.Trainer(graph, {"x": [1.0, 3.0]}, optimizer=mg.Adam(0.1), callbacks=[Checkpoint(folder)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = trainer(folder).run(2)
    ...     second = trainer(folder)
    ...     second.resume(folder)
    ...     second.run(5)
    History of 5 epochs: loss 5 → 3.565
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        every: int = 1,
        steps: int | None = None,
        best: str | None = None,
        larger: bool = False,
        overwrite: bool = False,
        seconds: float = 0,
        milestones: bool = False,
    ) -> None:
        check_whole("every", every, 1)
        check_number("seconds", seconds, least=0)
        if steps is not None:
            check_whole("steps", steps, 1)
        self.folder, self.every, self.steps, self.best, self.overwrite = Path(folder), every, steps, best, overwrite
        self.milestones = milestones
        self.lock = FolderLock(self.folder)
        self._best_epoch = Best(best or "", larger)
        self.seconds, self._since = seconds, 0.0
        self._saved: tuple[Trainer, int, int] | None = None
        self._best: dict[str, np.ndarray[Any, Any]] = {}

    def check(self, trainer: Trainer) -> None:
        """Refuse a figure that is not measured."""
        if self.best is not None:
            check_figure(self.best, trainer.names, "Checkpoint")

    @contextmanager
    def locked(self, trainer: Trainer) -> Iterator[None]:
        """Lock the folder, or refuse where it is locked or holds what is not this run's."""
        if not trainer.hosts.first:
            yield
            return
        with self.lock:
            if not (self.overwrite or trainer.owns(self.folder)):
                raise GraphError(
                    f"{self.folder} holds the checkpoint of another run: resume it (resume=True), choose another folder, or "
                    f"delete {FILE} there to start anew."
                )
            yield

    def on_train_begin(self, trainer: Trainer) -> None:
        """Write the first checkpoint: whether the folder can be written is known before any work is done."""
        if trainer.hosts.first:
            self._begin(trainer)
        self._save(trainer)

    def _begin(self, trainer: Trainer) -> None:
        remove_parts(self.folder)
        if not trainer.owns(self.folder):
            self.clear()

    def clear(self) -> None:
        """Remove the checkpoint that is in the folder, the best parameters, and those of milestones."""
        remove(self.folder / FILE)
        remove(self.folder / BEST)
        for _, file in milestones(self.folder):
            remove(file)

    def on_step_end(self, trainer: Trainer) -> None:
        """Write a checkpoint within the epoch when it is time."""
        within = trainer.steps is None or trainer.step < trainer.steps
        if self.steps is not None and trainer.step % self.steps == 0 and within:
            self._save_in_time(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write a checkpoint when it is time, and store the parameters when they are the best so far."""
        if self.best is not None and self._best_epoch.epoch(trainer.history) == trainer.epoch:
            with trainer.averages():
                self._best = copies(trainer.graph.variables)
        if self.milestones and trainer.epoch.bit_count() == 1:
            self._write_milestone(trainer)
        if trainer.epoch % self.every == 0:
            self._save_in_time(trainer)

    def on_train_end(self, trainer: Trainer) -> None:
        """Write where the run ended."""
        self._save(trainer)

    def on_exit(self, trainer: Trainer) -> None:
        """Write the best parameters, also of a run that ends in an error."""
        self._write_best(trainer)

    def _save_in_time(self, trainer: Trainer) -> None:
        due = time.monotonic() - self._since >= self.seconds
        if trainer.hosts.largest(due and trainer.hosts.first):
            self._save(trainer)

    def _save(self, trainer: Trainer) -> None:
        self._write_best(trainer)
        if self._saved != (trainer, trainer.epoch, trainer.step):
            trainer.save(self.folder)
            self._saved = trainer, trainer.epoch, trainer.step
        self._since = time.monotonic()

    def _write_milestone(self, trainer: Trainer) -> None:
        with trainer.averages():
            found = copies(trainer.graph.variables)
        if trainer.hosts.first:
            write_tensors(self.folder / MILESTONES / f"{trainer.epoch}.safetensors", found)

    def _write_best(self, trainer: Trainer) -> None:
        """Write the parameters stored since the last time. A run killed before has no checkpoint of that epoch either."""
        best, self._best = self._best, {}
        if best and trainer.hosts.first:
            write_tensors(self.folder / BEST, best)


def milestones(folder: Path) -> list[tuple[int, Path]]:
    """The files of milestones in a run's folder, by their epochs."""
    files = (folder / MILESTONES).glob("*.safetensors")
    return sorted((int(file.stem), file) for file in files if re.fullmatch("[1-9][0-9]*", file.stem))


class EarlyStopping(Callback):
    """Stops a run whose figure of the history gets no better.

    The last parameters are in a checkpoint all the same, with the best, so that a run that is resumed or run further goes on as
    if it had not ended.

    Parameters
    ----------
    monitor : str
        The name of the figure.
    patience : int
        For how many epochs it may get no better.
    larger : bool
        Whether a larger figure is better than a smaller one.
    restore_best : bool
        Whether the parameters at the end, stopped or not, are those of the best epoch, rather than the last.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    >>> graph = mg.Graph(loss=((x - w) ** 2).mean())
    >>> away = {"x": [0.5]}
    >>> trainer = mg.Trainer(
    ...     graph, {"x": [1.0]}, optimizer=mg.SGD(0.1), validation=away, callbacks=[EarlyStopping(patience=2)]
    ... )
    >>> trainer.run(100).stopped
    'validation loss has not become smaller since epoch 3'
    >>> trainer.evaluate(away)["loss"] == min(trainer.history["validation loss"])
    True
    """

    def __init__(
        self, monitor: str = "validation loss", patience: int = 10, larger: bool = False, restore_best: bool = True
    ) -> None:
        check_whole("patience", patience, 1)
        self.monitor, self.patience, self.larger, self.keeps_best = monitor, patience, larger, restore_best
        self._best_epoch = Best(monitor, larger)

    def check(self, trainer: Trainer) -> None:
        """Know the figure before the first epoch is over, and that the parameters of the best epoch so far are there."""
        check_figure(self.monitor, trainer.names, "EarlyStopping")
        best = self._best_epoch.epoch(trainer.history)
        if self.keeps_best and trainer.epoch and not trainer.best:
            if best != trainer.epoch or trainer.step:
                raise GraphError(
                    f"EarlyStopping restores the parameters of the best epoch, so far {best}, which the checkpoint does not "
                    "hold: it was written without it. Say restore_best=False."
                )
            trainer.keep_best()

    def on_train_begin(self, trainer: Trainer) -> None:
        """Know whether a run that is resumed had stopped."""
        if trainer.epoch:
            self._compare(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Compare the epoch with the best before."""
        if self._compare(trainer) == trainer.epoch and self.keeps_best:
            trainer.keep_best()

    def _compare(self, trainer: Trainer) -> int:
        best = self._best_epoch.epoch(trainer.history)
        if trainer.epoch - best >= self.patience:
            word = "larger" if self.larger else "smaller"
            trainer.stop(f"{self.monitor} has not become {word} since epoch {best}")
        return best


class Statistics(Callback):
    """Measures the norm of each parameter's gradient, and the mean and the standard deviation of nodes, epoch by epoch.

    They are measured in the training steps themselves, and `history.statistics` holds them.

    Parameters
    ----------
    nodes : list of Node
        Nodes of the graph, such as `[graph["a1"]]`.
    """

    def __init__(self, nodes: Iterable[NodeLike] = ()) -> None:
        self.nodes = list(nodes) if isinstance(nodes, Iterable) and not isinstance(nodes, Node) else [nodes]
        if self.nodes and (isinstance(nodes, Node) or not all(isinstance(node, Node) for node in self.nodes)):
            raise GraphError(f"Statistics takes a list of nodes, such as [graph['a1']], not {quoted(self.nodes[0])}.")

    def statistics(self, trainer: Trainer) -> Figures:
        """The nodes that measure."""
        parameters = [node for node in trainer.updates if isinstance(node, Parameter)]
        figures: dict[str, Any] = {}
        for parameter, derivative in zip(parameters, gradient(trainer.loss, parameters), strict=True):
            figures[f"gradient norm of {parameter}"] = ReduceL2(derivative, keepdims=False)
        for node in self.nodes:
            if f"mean of {node}" in figures:
                raise GraphError(f"Statistics takes two nodes called {node}: give each a name of its own, node.name = ….")
            values = widened(node)
            mean: Any = values.mean()
            figures[f"mean of {node}"] = mean
            figures[f"deviation of {node}"] = np.sqrt(((values - mean) ** 2).mean())
        return figures
