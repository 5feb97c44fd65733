"""Train each model of models/ as docs/training.md says, and draw what it comes to: `python -m docs.models [MODEL …]`.

The pictures go to docs/pictures/models; what a model comes to is printed. All of them take about ten minutes.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.training.data import Dataset, digits, moons, split
from minigraph.training.data.text import read_text
from minigraph.training.loop.evaluation import confusions, evaluate
from minigraph.training.metrics.plots import new_figure, plot_boundary, plot_confusions, plot_history, write_figure
from models import (
    autoencoder,
    character_lstm,
    gpt,
    lenet,
    logistic_regression,
    matrix_factorization,
    mlp,
    own_operation,
    physics_informed,
    two_layer,
)

PICTURES = Path(__file__).parent / "pictures" / "models"
BLUE, ORANGE = "#0072B2", "#D55E00"
LENGTH = 32
"""How many characters the language models are given."""


def on_moons(build: Callable[[], mg.Graph], rate: float, epochs: int, file: Path) -> str:
    """A classifier of points in the plane, and its boundary."""
    graph = build()
    history = trained(graph, moons(), mg.SGD(rate), epochs)
    plot_boundary(graph, moons(1000, seed=1), file)
    accuracy = evaluate(graph, moons(1000, seed=1))["accuracy"]
    return f"accuracy {history['accuracy'][-1]:.1%}, validation {accuracy:.1%}"


def on_digits(build: Callable[[], mg.Graph], epochs: int, file: Path) -> str:
    """A classifier of scikit-learn's digits, and which of them it mixes up."""
    graph = build()
    rows, validation = flat_digits()
    trained(graph, rows, mg.Adam(0.003), epochs, batch_size=64)
    counts = confusions(graph, validation)
    assert counts is not None
    plot_confusions(counts, validation.classes, file)
    return f"validation accuracy {counts.trace() / counts.sum():.1%}"


def on_text(build: Callable[..., mg.Graph], epochs: int, file: Path) -> str:
    """A language model, its curves, and some of what it writes."""
    rows, validation = python_topics()
    graph = build(len(rows.classes), length=LENGTH)
    schedule = mg.schedules.cosine(0.004, steps=epochs * -(-rows.rows // 64))
    loss = next(node for node in graph.nodes if isinstance(node, mg.SoftmaxCrossEntropy))
    (scores, labels), classes = loss.operands, mg.metrics.classes_of(loss)
    history = mg.train(
        graph,
        rows,
        optimizer=mg.Adam(schedule, clip_norm=1.0),
        epochs=epochs,
        batch_size=64,
        validation=validation,
        metrics={
            "accuracy": mg.accuracy(scores, labels, **classes),
            "perplexity": mg.metrics.perplexity(scores, labels, **classes),
        },
    )
    plot_history({name: figures for name, figures in history.items() if "perplexity" not in name}, file)
    print(written(graph, rows.classes, "The ", 200))
    figures = {name: history[f"validation {name}"][-1] for name in ("accuracy", "perplexity")}
    return f"validation accuracy {figures['accuracy']:.1%}, perplexity {figures['perplexity']:.2f} of {len(rows.classes)}"


def drawn_again(file: Path) -> str:
    """An autoencoder of digits: some of the validation set, and what it draws of them."""
    graph = autoencoder.build()
    rows, validation = flat_digits()
    trained(graph, {"x": rows["x"]}, mg.Adam(0.003), 30, batch_size=64)
    again = graph.forward(x=validation["x"])["image"]
    figure = new_figure(8, 2)
    for number, axes in enumerate(figure.subplots(2, 12).ravel()):
        image = (validation["x"] if number < 12 else again)[number % 12].reshape(8, 8)
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set_axis_off()
    figure.suptitle("validation digits, and as drawn again from 8 numbers each", x=0.02, ha="left", fontsize=10)
    write_figure(figure, file)
    error = np.mean((again - validation["x"]) ** 2) / np.var(validation["x"], axis=0).mean()
    return f"validation error {error:.1%} of the variance"


def rated(file: Path) -> str:
    """The ratings of the validation set, and what their factors give."""
    rng = np.random.default_rng(0)
    likes, what = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    user, item = np.divmod(np.arange(60 * 40), 40)
    y = (likes[user] * what[item]).sum(axis=1) + 0.1 * rng.normal(size=2400)
    rows, validation = split({"user": user, "item": item, "y": y})
    graph = matrix_factorization.build()
    trained(graph, rows, mg.Adam(0.03), 30, batch_size=64)
    run = graph.forward(**validation)
    figure = new_figure(4.5, 4)
    axes = figure.add_subplot()
    axes.scatter(validation["y"], run["rating"], s=8, color=BLUE, linewidth=0)
    axes.axline((0, 0), slope=1, color="#333333", linewidth=0.8)
    axes.set(xlabel="rating", ylabel="as the factors give it", aspect="equal")
    write_figure(figure, file)
    return f"validation error {run['error'] / np.var(validation['y']):.1%} of the variance"


def solved(file: Path) -> str:
    """A differential equation's solution and the network's, and how far they differ."""
    graph = physics_informed.build()
    trained(graph, {"x": np.linspace(0, 1, 41)[:, None]}, mg.Adam(0.01), 3000)
    x = np.linspace(0, 1, 401)
    u = graph.forward(x=x[:, None])["u"][:, 0]
    figure = new_figure(8, 3)
    left, right = figure.subplots(1, 2)
    curves(left, x, {"sin(πx)": np.sin(np.pi * x), "u": u})
    curves(right, x, {"u − sin(πx)": u - np.sin(np.pi * x)})
    write_figure(figure, file)
    return f"within {np.abs(u - np.sin(np.pi * x)).max():.1g} of sin(πx)"


def repeated(file: Path) -> str:
    """What repeats, learned between −3 and 3 and followed beyond."""
    graph = own_operation.build()
    x = np.linspace(-3, 3, 200)
    history = trained(graph, {"x": x[:, None], "y": np.sin(4 * x)}, mg.Adam(0.01), 1500)
    wide = np.linspace(-4, 4, 600)
    figure = new_figure(8, 3)
    axes = figure.add_subplot()
    value = mg.Graph(value=graph["value"]).forward(x=wide[:, None])["value"]
    curves(axes, wide, {"sin(4x)": np.sin(4 * wide), "the network": value})
    axes.axvspan(-3, 3, color="#eeeeee", zorder=0, label="where it was trained")
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
    write_figure(figure, file)
    return f"mean square {history['loss'][-1]:.1g} where it was trained"


MODELS: dict[str, Callable[[Path], str]] = {
    "two_layer": partial(on_moons, two_layer.build, 0.1, 4000),
    "logistic_regression": partial(on_moons, logistic_regression.build, 1.0, 200),
    "mlp": partial(on_digits, mlp.build, 20),
    "lenet": partial(on_digits, partial(lenet.build, (64,), filters=(8, 16), units=64), 6),
    "character_lstm": partial(on_text, character_lstm.build, 20),
    "gpt": partial(on_text, gpt.build, 20),
    "autoencoder": drawn_again,
    "matrix_factorization": rated,
    "physics_informed": solved,
    "own_operation": repeated,
}


def trained(
    graph: mg.Graph, rows: Mapping[str, Any], optimizer: mg.Optimizer, epochs: int, batch_size: int | None = None
) -> mg.History:
    return mg.train(graph, rows, optimizer=optimizer, epochs=epochs, batch_size=batch_size, progress=False)


def flat_digits() -> tuple[Dataset, Dataset]:
    """scikit-learn's digits as rows of 64 numbers, for training and validation."""
    data = digits()
    return split(Dataset({"x": data["x"].reshape(-1, 64), "y": data["y"]}, data.classes), seed=0)


def python_topics() -> tuple[Dataset, Dataset]:
    """The language reference that Python ships for help(): the last tenth is the validation set."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "topics.txt")
        file.write_text("\n".join(topics[name] for name in sorted(topics)), encoding="utf-8")
        data = read_text(file, LENGTH)
    end = data.rows * 9 // 10
    return data.take(slice(0, end)), data.take(slice(end, None))


def written(graph: mg.Graph, characters: tuple[str, ...], start: str, count: int) -> str:
    """What a language model goes on with, each character drawn by its probability, sharpened a little."""
    rng, text = np.random.default_rng(0), start.rjust(LENGTH)
    program = mg.compile(mg.Graph(probabilities=graph.outputs["probabilities"]))
    for _ in range(count):
        given = [[characters.index(character) for character in text[-LENGTH:]]]
        sharpened = program(x=given)["probabilities"][0, -1].astype(np.float64) ** 1.5
        text += characters[rng.choice(len(characters), p=sharpened / sharpened.sum())]
    return text.strip()


def curves(axes: Any, x: np.ndarray[Any, Any], values: Mapping[str, Any]) -> None:
    """Curves with their names, the second dashed over the first."""
    for (name, curve), colour, dashed in zip(values.items(), (BLUE, ORANGE), ("-", "--"), strict=False):
        axes.plot(x, curve, dashed, color=colour, label=name)
    axes.set_xlabel("x")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        print(f"{name}: {MODELS[name](PICTURES / f'{name}.png')}", flush=True)
