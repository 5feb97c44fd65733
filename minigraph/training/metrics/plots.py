"""Plots of a training: its curves, the boundary between classes, which classes are confused, and weights as images."""

import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import GraphError, listing, nearest, printable
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.interop.extras import optional
from minigraph.interop.files import FormatError, write_whole
from minigraph.ops.softmax import Softmax
from minigraph.training.checks import classification_losses
from minigraph.training.data.batches import Batches
from minigraph.training.metrics.scores import regression_scores

__all__ = [
    "new_figure",
    "escaped",
    "plot_boundary",
    "plot_confusions",
    "plot_history",
    "plot_values",
    "plot_weights",
    "tiles",
    "write_figure",
]

FORMATS = ("png", "svg", "pdf")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
"""Okabe and Ito's palette, distinguished with any colour vision (https://jfly.uni-koeln.de/color)."""
MARKERS = "o^sDvP*X"
GRID = 300
"""Points along each side of the grid on which the boundary is computed."""


def plot_history(history: Mapping[str, Sequence[float]], file: str | os.PathLike[str], kept: int | None = None) -> Path:
    """Draw each figure's curve by epoch, a panel a figure, validation thin beside training, and the epoch that was `kept`."""
    names = [name for name in history if not name.startswith("validation ")]
    if not names:
        raise GraphError("The history has no epochs to plot.")
    figure = new_figure(5 * len(names), 3.6)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _curves(axes, name, history[name], history.get(f"validation {name}"), kept)
    return write_figure(figure, file)


def _curves(
    axes: Any, name: str, training: Sequence[float], validation: Sequence[float] | None, kept: int | None = None
) -> None:
    """One figure by epoch: accuracies in per cent, a loss that is always positive on a logarithmic axis."""
    curves = {"training": training} if validation is None else {"training": training, "validation": validation}
    percent = name.endswith("accuracy")
    epoch = kept or len(training)
    when = "at the end" if epoch == len(training) else f"in epoch {epoch}, kept"
    for (label, values), colour, width in zip(curves.items(), COLOURS, (2.2, 1.2), strict=False):
        figure = f"{values[epoch - 1]:.1%}" if percent else f"{values[epoch - 1]:.4g}"
        axes.plot(range(1, len(values) + 1), values, color=colour, label=f"{label}: {figure} {when}", linewidth=width)
    if epoch < len(training):
        axes.axvline(epoch, color="#999999", linewidth=0.8, linestyle="--", zorder=0)
    if percent:
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
    elif min(map(min, curves.values())) > 0:
        _logarithmic(axes)
    axes.set_title(escaped(name), loc="left")
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(color="#e5e5e5", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _logarithmic(axes: Any) -> None:
    """A logarithmic y-axis labelled with escaped numbers: 1, 2 and 5 in each decade while there are few."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < 1000 * low:
        axes.yaxis.set_major_locator(optional("matplotlib.ticker", "matplotlib", "train").LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")


def plot_boundary(graph: Graph, data: Mapping[str, ArrayLike], file: str | os.PathLike[str]) -> Path:
    """Draw what a classifier of points in the plane gives each place, with the rows of `data` as points.

    The graph must hold one SoftmaxCrossEntropy with labels, and its scores depend on one input of two features.
    """
    found = [loss for loss in classification_losses(graph.nodes) if loss.axis == 1]
    if len(found) != 1:
        raise GraphError(
            "A boundary is drawn for a graph with one SoftmaxCrossEntropy of scores (N × classes) and labels; this one has "
            f"{len(found)}."
        )
    scores, labels = found[0].operands
    probabilities = Graph(probabilities=Softmax(scores, axis=found[0].axis))
    points = _plane(probabilities)
    if not isinstance(labels, Input):
        raise GraphError(f"A boundary needs the labels as an input of the graph, but {labels} is computed from others.")
    rows = Batches("The data set", data, Graph(scores, labels), graph.inputs, None).arrays
    x, y = rows[str(points)], rows[str(labels)]
    return write_figure(_boundary(probabilities, str(points), x, y, getattr(data, "classes", ())), file)


def _plane(graph: Graph) -> Input:
    """The input whose rows are points in the plane."""
    inputs = list(graph.inputs.values())
    if len(inputs) != 1 or inputs[0].shape[1:] != (2,):
        raise GraphError(
            "A boundary is drawn for scores that depend on one input of two features, such as (N × 2); these depend on "
            f"{listing(map(repr, inputs))}."
        )
    return inputs[0]


def _boundary(graph: Graph, name: str, x: NDArray[Any], y: NDArray[Any], classes: Sequence[str]) -> Any:
    margin = 0.1 * np.ptp(x, axis=0) + 1e-3
    (left, bottom), (right, top) = x.min(axis=0) - margin, x.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    on_grid = graph.forward(**{name: np.column_stack([across.ravel(), up.ravel()])})["probabilities"]
    chosen = graph.forward(**{name: x})["probabilities"].argmax(axis=1)
    names = classes or [str(i) for i in range(on_grid.shape[1])]

    figure = new_figure(7, 5)
    axes = figure.add_subplot()
    blended = _blended(on_grid).reshape(GRID, GRID, 3)
    axes.imshow(blended, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear")
    if on_grid.shape[1] == 2:
        _contours(axes, across, up, on_grid[:, 1].reshape(GRID, GRID))
    for label, class_name in enumerate(names):
        at = y == label
        style = {"marker": MARKERS[label % len(MARKERS)], "color": COLOURS[label % len(COLOURS)], "edgecolor": "white"}
        axes.scatter(x[at, 0], x[at, 1], s=26, linewidth=0.7, label=escaped(class_name), **style)
    wrong = chosen != y
    if wrong.any():
        axes.scatter(x[wrong, 0], x[wrong, 1], s=95, facecolor="none", edgecolor="black", linewidth=1.1, label="misclassified")
    axes.set_title(f"accuracy {np.mean(~wrong):.1%} on {len(y)} rows", loc="left")
    axes.set(xlabel="x₁", ylabel="x₂", xlim=(left, right), ylim=(bottom, top))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, borderaxespad=0)
    return figure


def _contours(axes: Any, across: NDArray[Any], up: NDArray[Any], probability: NDArray[Any]) -> None:
    """Lines of equal probability; where two classes are equally likely, the boundary."""
    levels = [level for level in (0.1, 0.5, 0.9) if probability.min() < level < probability.max()]
    if levels:
        widths = [1.8 if level == 0.5 else 0.8 for level in levels]
        lines = axes.contour(across, up, probability, levels, colors="#333333", linewidths=widths)
        axes.clabel(lines, fmt=lambda level: f"{level:.0%}", fontsize=8)


def _blended(probabilities: NDArray[Any]) -> NDArray[Any]:
    """The classes' colours, lightened, blended by their probabilities."""
    count = probabilities.shape[1]
    pure = np.array([[int(COLOURS[i % len(COLOURS)][k : k + 2], 16) / 255 for k in (1, 3, 5)] for i in range(count)])
    light = 1 - 0.45 * (1 - pure)
    return np.clip(probabilities @ light, 0, 1)


def new_figure(width: float, height: float) -> Any:
    """A figure of matplotlib's, of that many inches, that no window shows."""
    return optional("matplotlib.figure", "matplotlib", "train").Figure(figsize=(width, height), layout="constrained")


def escaped(text: str) -> str:
    """The text as it is written: matplotlib reads what dollar signs enclose as mathematics, and warns of control codes."""
    return printable(text).replace("$", r"\$")


def write_figure(figure: Any, file: str | os.PathLike[str]) -> Path:
    """Write it whole or not at all, in the format that the file's suffix says."""
    format = Path(file).suffix[1:].lower()
    if format not in FORMATS:
        raise FormatError(
            f"A plot cannot be written as {Path(file).name!r}: the suffix must be one of "
            f"{listing((f'.{known}' for known in FORMATS), 'or')}.{nearest(format, FORMATS)}"
        )
    content = io.BytesIO()
    figure.savefig(content, format=format, dpi=150, facecolor="white")
    return write_whole(file, content.getvalue(), "The plot")


SIDE = 8
"""The least side of a square image that the rows of a matrix are taken for."""
TILES = 64
"""At most how many images are shown of one parameter."""
NUMBERED = 15
"""Up to how many classes the counts are written into their cells."""


def plot_confusions(counts: NDArray[Any], classes: Sequence[str], file: str | os.PathLike[str]) -> Path:
    """Draw how many rows of each label, down, were taken for each class, across, as `metrics.confusion_matrix` counts them."""
    names = [escaped(name) for name in classes] or [str(i) for i in range(len(counts))]
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.5 + 0.45 * len(names)
    figure = new_figure(side + 0.6, side)
    axes = figure.add_subplot()
    image = axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= NUMBERED:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if fractions[row, column] > 0.5 else "#222222"
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour, fontsize=8)
    places = range(len(names))
    axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    axes.set(xlabel="taken for", ylabel="is")
    right = counts.trace() / max(counts.sum(), 1)
    axes.set_title(f"{right:.1%} of {counts.sum():.0f} rows right", loc="left")
    figure.colorbar(image, format=lambda value, _: f"{value:.0%}", label="of the rows of a label", shrink=0.8)
    return write_figure(figure, file)


def plot_values(targets: NDArray[Any], predictions: NDArray[Any], file: str | os.PathLike[str], name: str = "y") -> Path:
    """Draw what was predicted by what is true, beside the line on which both are equal, and what the predictions leave by it.

    A model without fault has its points on the line; a curve, or residuals that fan out, show what it has not learned.
    """
    true, predicted = (np.asarray(values, np.float64).reshape(-1) for values in (targets, predictions))
    finite = np.isfinite(true) & np.isfinite(predicted)
    if not finite.any():
        raise GraphError("No row has a finite target and prediction: there is nothing to plot.")
    true, predicted = true[finite], predicted[finite]
    figure = new_figure(10, 4.4)
    first, second = figure.subplots(1, 2)
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    style = {"s": 14, "color": COLOURS[0], "alpha": max(0.15, min(1.0, 300 / len(true))), "linewidth": 0}
    first.plot([low, high], [low, high], color="#333333", linewidth=1)
    first.scatter(true, predicted, **style)
    first.set(xlabel=f"{escaped(name)}, true", ylabel=f"{escaped(name)}, predicted")
    second.axhline(0, color="#333333", linewidth=1)
    second.scatter(predicted, true - predicted, **style)
    second.set(xlabel=f"{escaped(name)}, predicted", ylabel="residual: true − predicted")
    figures = regression_scores(true, predicted)
    first.set_title(f"R² {figures['R²']:.3f} on {len(targets)} rows", loc="left")
    second.set_title(f"RMSE {figures['RMSE']:.4g}, MAE {figures['MAE']:.4g}", loc="left")
    for axes in (first, second):
        axes.set_axisbelow(True)
        axes.grid(color="#e5e5e5", linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
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
        part.suptitle(f"{escaped(name)} ({shape}), ±{top:.2g}", x=0.02, ha="left", fontsize=10)
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
