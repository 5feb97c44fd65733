"""Training on rows that come piece by piece: the graph is compiled once, and the optimizer goes on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.graph import Graph
from minigraph.training.loop.history import History
from minigraph.training.loop.resuming import copies
from minigraph.training.loop.trainer import Trainer
from minigraph.training.optim.updates import Average

__all__ = ["Incremental", "end_training"]


class Incremental:
    """A training that is handed its rows, each time some of them, for an epoch of their own.

    Parameters
    ----------
    graph, options
        As `mg.Trainer` takes them.
    seed : int
        The random seed of the order of the rows, where they are more than a mini-batch.
    state : mapping
        What `end_training` gave of the training before, by which the optimizer goes on.
    history : History, optional
        The figures of the epochs before.
    """

    def __init__(
        self, graph: Graph, *, seed: int, state: Mapping[str, NDArray[Any]], history: History | None = None, **options: Any
    ) -> None:
        self._batches: list[dict[str, NDArray[Any]]] = []
        self._seed = seed
        self.trainer = Trainer(graph, lambda: self._batches, seed=seed, **options)
        known = self.trainer.variables
        self.state = {name: array for name, array in state.items() if name in known and known[name].shape == array.shape}
        if history is not None and set(history) == set(self.trainer.names):
            self.trainer.history, self.trainer.epoch = history, history.epochs

    def learn(self, rows: Mapping[str, NDArray[Any]], batch_size: int | None = None) -> None:
        """Take each of the rows once, in mini-batches of so many, or all at once."""
        trainer, count = self.trainer, len(next(iter(rows.values())))
        size = min(batch_size or count, count)
        order = np.arange(count)
        if size < count:
            order = np.random.default_rng([self._seed, trainer.epoch]).permutation(count)
        starts = range(0, count, size)
        self._batches = [{name: array[order[start : start + size]] for name, array in rows.items()} for start in starts]
        for name, array in self.state.items():
            trainer.variables[name].value = array
        trainer.run(trainer.epoch + 1)
        self.state = end_training(trainer)


def end_training(trainer: Trainer) -> dict[str, NDArray[Any]]:
    """Let the parameters take their averages, where the optimizer has them; what the next step depends on, to go on from.

    It is the optimizer's state, and with averages also the parameters from before they took them.
    """
    now = copies(trainer.variables)
    trainer.use_averages()
    averaged = {each.parameter for each in trainer.variables.values() if isinstance(each, Average)}
    own = {name for name, variable in trainer.graph.variables.items() if variable not in averaged}
    return {name: array for name, array in now.items() if name not in own}
