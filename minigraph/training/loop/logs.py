"""Callbacks that write the figures of a run, epoch by epoch, into files: JSON lines, and TensorBoard's events."""

import json
import math
import os
import time
from contextlib import ExitStack
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.interop.extras import optional
from minigraph.interop.files import AppendedFile, FileError, read_bytes, write_whole
from minigraph.training.loop.trainer import Callback, Trainer

__all__ = ["JSONLog", "TensorBoard"]


class JSONLog(Callback):
    """Writes a log of JSON lines, one an epoch: `{"epoch": 1, "seconds": 0.8, "loss": 0.69, …}`.

    A run that is resumed goes on in its log: lines of epochs done again are taken out, and those that it lacks are written.

    Parameters
    ----------
    file : str or path
        The path of the log.
    """

    everywhere = False

    def __init__(self, file: str | os.PathLike[str]) -> None:
        self.file = Path(file)
        self._open = ExitStack()

    def check(self, trainer: Trainer) -> None:
        """Refuse what can be no log."""
        if self.file.is_dir():
            raise FileError(f"The log cannot be written to {self.file}: it is a folder.")

    def on_train_begin(self, trainer: Trainer) -> None:
        """Keep the lines of the epochs done before."""
        content = read_bytes(self.file, "the log") if trainer.epoch and self.file.exists() else b""
        before = {_epoch_of(line): line for line in content.splitlines(keepends=True)}
        lines = [before.get(epoch) or _line(trainer, epoch, 0.0) for epoch in range(1, trainer.epoch + 1)]
        write_whole(self.file, b"".join(lines), "The log")
        self._log = AppendedFile(self.file, "The log")
        self._open.callback(self._log.close)
        self._since = time.monotonic()

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the line of the epoch."""
        now = time.monotonic()
        self._log.write(_line(trainer, trainer.epoch, now - self._since))
        self._since = now

    def on_exit(self, trainer: Trainer) -> None:
        """Close the file."""
        self._open.close()


def _line(trainer: Trainer, epoch: int, seconds: float) -> bytes:
    """The line of an epoch that is done."""
    measured = chain(trainer.history.items(), trainer.history.statistics.items())
    figures = ", ".join([f"{_quoted(name)}: {_as_json(each[epoch - 1])}" for name, each in measured])
    return f'{{"epoch": {epoch}, "seconds": {round(seconds, 3)}, {figures}}}\n'.encode()


_quoted = cache(json.dumps)


def _as_json(figure: Any) -> str:
    """The figure, a number or an array, as JSON has it: null where it is not finite. A number is written as Python has it."""
    if type(figure) is float:
        return repr(figure) if math.isfinite(figure) else "null"
    missing: Any = None
    return json.dumps(np.where(np.isfinite(figure), np.asarray(figure, object), missing).tolist())


def _epoch_of(line: bytes) -> int:
    """The epoch of a line of a log; 0 for one that was cut short."""
    try:
        return int(json.loads(line)["epoch"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return 0


class TensorBoard(Callback):
    """Writes event files: `tensorboard --logdir FOLDER` shows the curves, also while the run is under way.

    Each figure of an epoch is a scalar, called `loss/training` and `loss/validation`; what Statistics measures stands under
    `statistics/`. A run that is resumed takes the place of what was written of the epochs that it does again. tensorboardX
    writes the files (`pip install 'minigraph[tensorboard]'`), TensorFlow is not needed.

    Parameters
    ----------
    folder : str or path
        Where the files go.

    Examples
    --------
    >>> import tempfile
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    >>> graph = mg.Graph(loss=((x - w) ** 2).mean())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trainer = mg.Trainer(graph, {"x": [1.0]}, optimizer=mg.SGD(0.1), callbacks=[mg.TensorBoard(folder)])
    ...     trainer.run(3)
    ...     len(os.listdir(folder))
    History of 3 epochs: loss 1 → 0.4096
    1
    """

    everywhere = False

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._writers = optional("tensorboardX", "tensorboardX", "tensorboard")
        self._open = ExitStack()

    def on_train_begin(self, trainer: Trainer) -> None:
        """Open a file for what this run adds."""
        try:
            self._writer = self._writers.SummaryWriter(
                str(self.folder), purge_step=trainer.epoch + 1, filename_suffix=f".{trainer.epoch}"
            )
        except OSError as error:
            raise FileError(f"The events cannot be written to {self.folder}: {error.strerror}.") from None
        self._open.callback(self._writer.close)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the figures of the epoch."""
        for name, figures in trainer.history.items():
            kind = "validation" if name.startswith("validation ") else "training"
            self._write(f"{name.removeprefix('validation ')}/{kind}", figures[-1], trainer.epoch)
        for name, figures in trainer.history.statistics.items():
            self._write(f"statistics/{name}", figures[-1], trainer.epoch)

    def _write(self, tag: str, figure: Any, epoch: int) -> None:
        if np.ndim(figure) == 0:
            self._writer.add_scalar(tag, figure, epoch)

    def on_exit(self, trainer: Trainer) -> None:
        """Let the file reach the disk."""
        self._open.close()
