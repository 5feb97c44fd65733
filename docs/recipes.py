"""Draw the pictures of docs/recipes.md from what its own code comes to: `python -m docs.recipes [FOLDER]`.

They go to docs/pictures/recipes. A recipe is a section of the page, whose code runs by itself; the tests run it as well.
"""

import doctest
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.training.metrics.plots import new_figure, write_figure

PAGE = Path(__file__).with_suffix(".md")
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"


def recipes() -> dict[str, str]:
    """The code of each section of the page that has some, by its heading, at the lines where it stands in the page."""
    found, page = {}, PAGE.read_text(encoding="utf-8")
    for section in re.finditer(r"^## (.*)\n((?:(?!## ).*\n)*)", page, re.MULTILINE):
        code, end = "\n" * page.count("\n", 0, section.start()), section.start()
        for block in re.finditer(r"^```pycon\n(.*?)^```$", section[0], re.MULTILINE | re.DOTALL):
            start = section.start() + block.start(1)
            code += "\n" * page.count("\n", end, start) + block[1]
            end = section.start() + block.end(1)
        if end > section.start():
            found[section[1]] = code
    return found


def run(heading: str) -> dict[str, Any]:
    """The names that a recipe's code ends with."""
    names: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(recipes()[heading]):
        exec(example.source, names)
    return names


def draw_gan(file: Path) -> None:
    """Points of the ring beside points that the generator made."""
    names = run("A GAN: two losses in turn")
    figure = new_figure(8, 4.3)
    for place, title, points, color in (
        (1, "Points of the ring", names["ring"](1000), GREY),
        (2, "Points that the generator made", names["points"], BLUE),
    ):
        axes = figure.add_subplot(1, 2, place)
        axes.scatter(*points.T, s=4, color=color, linewidths=0)
        axes.set(title=title, xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
    write_figure(figure, file)


def draw_maml(file: Path) -> None:
    """Two tasks that were never seen: ten points of each, and the curve before and after the step."""
    names = run("MAML: learn where to start from")
    rows, along = names["draw"](2), np.linspace(-5, 5, 200)
    heights, places = np.array([1.5, 4.0]), np.array([0.5, 2.0])
    rows["y"] = heights[:, None, None] * np.sin(rows["x"] - places[:, None, None])
    before, after = (names["network"](names["new_x"], *names[which]) for which in ("parameters", "adapted"))
    everywhere = np.broadcast_to(along[:, None], (2, 200, 1))
    found = mg.Graph(before=before, after=after).forward(x=rows["x"], y=rows["y"], new_x=everywhere)
    figure = new_figure(8, 3)
    for task in range(2):
        axes = figure.add_subplot(1, 2, task + 1)
        axes.plot(along, heights[task] * np.sin(along - places[task]), color=GREY, linewidth=1, label="the curve")
        axes.plot(
            along, np.broadcast_to(found["before"], (2, 200, 1))[task, :, 0], color=ORANGE, ls="--", label="before the step"
        )
        axes.plot(along, found["after"][task, :, 0], color=BLUE, label="after the step")
        axes.scatter(rows["x"][task, :, 0], rows["y"][task, :, 0], s=20, color="black", zorder=3, label="known")
        axes.set(ylim=(-5, 5), xlabel="x")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    write_figure(figure, file)


PICTURES = {"gan.png": draw_gan, "maml.png": draw_maml}


def make(folder: Path) -> None:
    """Draw every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        draw(folder / name)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE.parent / "pictures" / "recipes")
