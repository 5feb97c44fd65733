"""Pictures of a trained model: which classes it mixes up, and its weights as images."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.graph import Graph
from minigraph.training.metrics.plots import new_figure, plain, write_figure

__all__ = ["plot_confusions", "plot_weights", "tiles"]

SIDE = 8
"""The least side of a square image that the rows of a matrix are taken for."""
TILES = 64
"""At most how many images are shown of one parameter."""
NUMBERED = 15
"""Up to how many classes the counts are written into their cells."""


def plot_confusions(counts: NDArray[Any], classes: Sequence[str], file: str | os.PathLike[str]) -> Path:
    """Draw how many rows of each label, down, were taken for each class, across, as `metrics.confusion_matrix` counts them."""
    names = [plain(name) for name in classes] or [str(i) for i in range(len(counts))]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.5 + 0.45 * len(names)
    figure = new_figure(side + 0.6, side)
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= NUMBERED:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if shares[row, column] > 0.5 else "#222222"
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour, fontsize=8)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    axes.set(xlabel="taken for", ylabel="is")
    right = counts.trace() / max(counts.sum(), 1)
    axes.set_title(f"{right:.1%} of {counts.sum():.0f} rows right", loc="left")
    figure.colorbar(image, format=lambda value, _: f"{value:.0%}", label="of the rows of a label", shrink=0.8)
    return write_figure(figure, file)


def plot_weights(graph: Graph, file: str | os.PathLike[str]) -> Path | None:
    """Draw each parameter with two axes or more as images, blue below 0 and red above; None where there is none."""
    images = {name: tiles(variable.value) for name, variable in graph.parameters.items() if variable.value.ndim > 1}
    if not images:
        return None
    figure = new_figure(6, 3.2 * len(images))
    for part, (name, shown) in zip(np.atleast_1d(figure.subfigures(len(images), 1)), images.items(), strict=True):
        shape = " × ".join(map(str, graph.parameters[name].value.shape))
        top = float(np.abs(shown).max()) or 1.0
        part.suptitle(f"{plain(name)} ({shape}), ±{top:.2g}", x=0.02, ha="left", fontsize=10)
        columns = math.ceil(math.sqrt(len(shown)))
        grid = part.subplots(math.ceil(len(shown) / columns), columns, squeeze=False).ravel()
        for axes in grid:
            axes.set_axis_off()
        for axes, image in zip(grid, shown, strict=False):
            aspect = "equal" if len(shown) > 1 else "auto"
            axes.imshow(image, cmap="RdBu_r", vmin=-top, vmax=top, aspect=aspect, interpolation="nearest")
    return write_figure(figure, file)


def tiles(weights: NDArray[Any]) -> NDArray[Any]:
    """The images that a parameter is shown as, at most 64.

    Filters (M × C × H × W) give one of H × W for each pair of M and C; a matrix whose rows are as many as the pixels of a
    square image gives that image for each column; any other matrix is an image itself.

    >>> tiles(np.zeros((784, 10))).shape, tiles(np.zeros((8, 3, 5, 5))).shape, tiles(np.zeros((2, 500))).shape
    ((10, 28, 28), (24, 5, 5), (1, 2, 500))
    """
    if weights.ndim > 2:
        return weights.reshape(-1, *weights.shape[-2:])[:TILES]
    side = math.isqrt(len(weights))
    if side >= SIDE and side * side == len(weights):
        return weights.T.reshape(-1, side, side)[:TILES]
    return weights[None]
