"""What a trainer saves in a checkpoint, and goes on from as if there had been no break."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.compiler.mesh import Hosts
from minigraph.core.leaves import Variable, current_arrays
from minigraph.core.node import Node
from minigraph.interop.safetensors import refuse
from minigraph.training.data.batches import Batches
from minigraph.training.data.loader import Loader
from minigraph.training.loop import checkpoint as stored
from minigraph.training.loop.history import History
from minigraph.training.metrics.totals import Figures, Totals, graph_of, shape_of
from minigraph.training.optim.updates import Average

__all__ = ["Resumable", "copies"]

Arrays = dict[str, np.ndarray[Any, Any]]
BEST = "{} in the best epoch"
"""How a checkpoint names the array that a variable had after the best epoch."""


def copies(variables: Mapping[str, Variable]) -> Arrays:
    """What the variables hold now, in arrays that do not keep memory from the steps to come."""
    return {name: array.copy() for name, array in zip(variables, current_arrays(variables.values()), strict=True)}


class Resumable:
    """The part of a trainer that is saved in a checkpoint, and resumed from one."""

    def __init__(
        self,
        loss: Node,
        variables: dict[str, Variable],
        rows: Batches | Loader,
        measured: Figures,
        extra: Figures,
        validated: bool,
        seed: int,
    ) -> None:
        self.loss, self.variables, self.history = loss, variables, History()
        self.epoch, self.step, self.epochs = 0, 0, 0
        self.resumed: Path | None = None
        self.best: Arrays = {}
        self.names = [*measured, *(f"validation {name}" for name in measured if validated)]
        """The names of the figures that the history holds."""
        self._rows, self._measured, self._extra = rows, measured, extra
        self._before_best: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
        """After `use_best`, for each variable the best array, which it has now, and the one that it had before."""
        self._averages = [variable for variable in variables.values() if isinstance(variable, Average)]
        self._checkpoints = stored.Checkpoints()
        self._rng = np.random.default_rng(seed)
        self._rng_at_epoch_start = self._rng.bit_generator.state
        self._start_epoch()

    @property
    def steps(self) -> int | None:
        """How many steps an epoch has, or None for a loader that does not say it."""
        return self._rows.count

    @property
    def threads(self) -> int:
        """Over how many threads a step is spread."""
        raise NotImplementedError

    @property
    def hosts(self) -> Hosts:
        """The processes that train together."""
        raise NotImplementedError

    @property
    def keeps_best(self) -> bool:
        """Whether a run ends with the parameters of the best epoch."""
        raise NotImplementedError

    def _compile(self, threads: int | None) -> None:
        raise NotImplementedError

    def averages(self) -> AbstractContextManager[None]:
        """Within it the parameters hold their moving averages, where the optimizer has them."""
        return self._with_averages() if self._averages else nullcontext()

    @contextmanager
    def _with_averages(self) -> Iterator[None]:
        before = {average.parameter: average.parameter.current_array for average in self._averages}
        self.use_averages()
        try:
            yield
        finally:
            for parameter, value in before.items():
                parameter.value = value

    def use_averages(self) -> None:
        """Let the parameters take their moving averages, where the optimizer has them."""
        for average in self._averages:
            average.parameter.value = average.current_array

    def _start_epoch(self) -> None:
        self.step, self._totals, self._statistics = 0, Totals(self._measured), Totals(self._extra)
        if isinstance(self._rows, Loader):
            self._rows.restart()
        if self._rows.drawn:
            self._rng_at_epoch_start = self._rng.bit_generator.state

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a checkpoint into the folder: all that the next step depends on, whole or not at all."""
        arrays = dict(zip(self.variables, current_arrays(self.variables.values()), strict=True))
        arrays |= {name: before for name, (now, before) in self._before_best.items() if np.array_equal(arrays[name], now)}
        arrays |= {BEST.format(name): array for name, array in self.best.items()}
        if self.hosts.first:
            self._checkpoints.write(Path(folder), arrays, self._state(), self.history)

    def resume(self, folder: str | os.PathLike[str]) -> None:
        """Go on from the folder's checkpoint, as if there had been no break.

        On a machine of the same kind every number is then the same, bit by bit: the computation takes as many threads as that
        of the run that was saved, and random numbers go on as in it, whatever the seed.

        Raises
        ------
        GraphError
            For a checkpoint of another graph or optimizer, or in the middle of an epoch over other data, with what differs.
        FormatError, FileError
            For a file that is damaged, or is no checkpoint, or cannot be read. Nothing is changed then.
        """
        with self.hosts.agreed():  # and no process goes on, and writes, before all have read
            self._resume(Path(folder))

    def _resume(self, folder: Path) -> None:
        file = folder / stored.FILE
        stamp, (found, state) = stored.stamp(file), stored.read(file)
        best = {BEST.format(name): self.variables[name] for name in state["best"] if name in self.variables}
        differing = stored.changes({**self.variables, **best}, found, self._identity, state)
        remedy = "Resume it with the graph, the optimizer and the data that it was written with"
        if isinstance(self._rows, Loader):
            self._rows.restart()  # for its first batches to be compared
        if isinstance(self._rows, Loader) and state["step"]:
            remedy += ", in the same order: an epoch is gone on with where a loader gives its batches as before"
        differing += self._differences(state)
        if isinstance(self._rows, Loader) and differing:
            self._rows.restart()
        refuse(file, "this training", differing, remedy)
        totals, statistics, earlier = Totals(self._measured), Totals(self._extra), stored.EarlierEpochs(folder.resolve())
        with stored.refusing_damage(file):
            history = History.of([*earlier.resume(state["earlier"]), state["history"]])
            totals.resume(state["totals"])
            statistics.resume(state["statistics"])
            rng = stored.generator(state["order"])
            self._check_place(state, history, (totals.rows, statistics.rows))
        if state["threads"] != self.threads:
            self._compile(state["threads"])
        for name, variable in self.variables.items():
            variable.value = found[name].array
        self.best = {name: found[BEST.format(name)].array for name in state["best"]} if self.keeps_best else {}
        self.history, self.resumed, self._before_best = history, earlier.folder, {}
        self._checkpoints.continue_from(earlier, stamp)
        self.epoch, self.step, self._rng, self._rng_at_epoch_start = state["epoch"], state["step"], rng, state["order"]
        self._totals, self._statistics = totals, statistics

    def use_best(self) -> None:
        """Let the variables take the values that they had after the best epoch; the next run goes on with those of now."""
        self._undo_best()
        for name, array in self.best.items():
            variable, before = self.variables[name], self.variables[name].current_array
            variable.value = array
            self._before_best[name] = array, before

    def _undo_best(self) -> None:
        """Undo `use_best`, but for a variable that was set since."""
        for name, (now, before) in self._before_best.items():
            if np.array_equal(self.variables[name].current_array, now):
                self.variables[name].value = before
        self._before_best = {}

    def owns(self, folder: str | os.PathLike[str]) -> bool:
        """Whether the folder holds no checkpoint, or the one that this trainer has written or gone on from, as it was then."""
        return self._checkpoints.owns(Path(folder))

    @cached_property
    def _identity(self) -> dict[str, Any]:
        return stored.identity(graph_of({"loss": self.loss}))

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each figure, as far as it is known beforehand."""
        shapes = {name: shape for name, measure in self._measured.items() if (shape := shape_of(measure)) is not None}
        return shapes | {f"validation {name}": shape for name, shape in shapes.items()}

    def _state(self) -> dict[str, Any]:
        return {
            **self._identity,
            "names": [*self.names, *self._extra],
            **self._rows.place(self.step),
            "threads": self.threads,
            "epoch": self.epoch,
            "step": self.step,
            "order": self._rng_at_epoch_start,
            "totals": self._totals.state(),
            "statistics": self._statistics.state(),
            "best": list(self.best),
        }

    def _check_place(self, state: Mapping[str, Any], history: History, rows: tuple[int, int]) -> None:
        """Raise a ValueError where the place in the training, and the history of the way there, do not fit together."""
        if state["epoch"] != history.epochs or history.keys() != (set(self.names) if history.epochs else set()):
            raise ValueError("its history is not that of its epochs")
        if any(shape != found for name, shape in self._shapes.items() for found in map(np.shape, history.get(name, ()))):
            raise ValueError("its figures are of other shapes")
        if history.statistics.keys() != (self._extra.keys() if history.epochs else set()):
            raise ValueError("its statistics are not those that are measured")
        if set(rows) != {self._rows.rows_before(state["step"])}:
            raise ValueError("its step is none of the epoch")
        if not {*state["best"]} <= self.variables.keys() or len({*state["best"]}) != len(state["best"]):
            raise ValueError("its best epoch is one of other variables")

    def _differences(self, state: Mapping[str, Any]) -> list[str]:
        """What differs from a checkpoint, apart from its graph and its variables."""
        current, saved = [*self.names, *self._extra], state["names"]
        lines = [f"{name!r} is measured now, and was not" for name in current if name not in saved]
        lines += [f"{name!r} was measured, and is not now" for name in saved if name not in current]
        if state["step"]:
            now = ((what, value) for what, value in self._rows.place(state["step"]).items() if value != state[what])
            lines += [f"{what}: {value} now, {state[what]} in the epoch that it was written in" for what, value in now]
        return lines
