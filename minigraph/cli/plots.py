"""The plots of a run: those that its model and its data allow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.training.data.dataset import Dataset
from minigraph.training.loop.evaluation import confusions
from minigraph.training.metrics.plots import plot_boundary, plot_confusions, plot_history, plot_weights

__all__ = ["write_plots"]


def write_plots(
    graph: mg.Graph, history: Mapping[str, list[Any]], validation: Dataset, rows: Dataset, folder: Path
) -> list[tuple[str, ...]]:
    """Write them; each file with what it shows."""
    plot_history({name: figures for name, figures in history.items() if np.ndim(figures[0]) == 0}, folder / "loss.png")
    written: list[tuple[str, ...]] = [("loss.png", "the loss and the accuracy, epoch by epoch")]
    try:
        plot_boundary(graph, rows, folder / "boundary.png")
        written.append(("boundary.png", "where the classes part"))
    except mg.GraphError:
        pass  # it does not put points of the plane into classes
    counts = confusions(graph, validation)
    if counts is not None:
        plot_confusions(counts, validation.classes, folder / "confusion.png")
        written.append(("confusion.png", "which validation rows are taken for which class"))
    if plot_weights(graph, folder / "weights.png"):
        written.append(("weights.png", "the weights as images"))
    return written
