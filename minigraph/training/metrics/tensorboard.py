"""A run's figures as TensorBoard shows them."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import FileError
from minigraph.interop.extras import optional
from minigraph.training.loop.trainer import Callback, Trainer

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Event files in `folder`: `tensorboard --logdir FOLDER` shows the curves, also while the run is under way.

    Each figure of an epoch is a scalar, called `loss/training` and `loss/validation`; what Statistics measures stands under
    `statistics/`. A run that is resumed takes the place of what was written of the epochs that it does again. tensorboardX
    writes the files (`pip install 'minigraph[tensorboard]'`), TensorFlow is not needed.

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
