"""Draw the pictures of docs/recipes.md and docs/own_operation.md: `python -m docs.recipes [FOLDER]`.

They show what the pages' own code comes to. A recipe is a section of its page, whose code runs by itself, in the tests as well.
"""

import doctest
import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.explain.circuit.render import rendered
from minigraph.training.metrics.plots import new_figure, write_figure

PAGE = Path(__file__).with_suffix(".md")
OWN = PAGE.with_name("own_operation.md")
FENCED = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"


def code_of(page: str, start: int = 0, end: int | None = None) -> str:
    """The code of a page, or of a part of it, at the lines where it stands in the page."""
    code, done = "", 0
    for block in FENCED.finditer(page, start, len(page) if end is None else end):
        code += "\n" * page.count("\n", done, block.start(1)) + block[1]
        done = block.end(1)
    return code


def recipes() -> dict[str, str]:
    """The code of each section of docs/recipes.md, by its heading."""
    page = PAGE.read_text(encoding="utf-8")
    headings = [*re.finditer(r"^## (.*)$", page, re.MULTILINE)]
    ends = [*(each.start() for each in headings[1:]), len(page)]
    return {each[1]: code_of(page, each.end(), end) for each, end in zip(headings, ends, strict=True)}


def run(code: str) -> dict[str, Any]:
    """The names that code of a page ends with; what it shows to be refused is left out, and what it prints."""
    names: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        for example in doctest.DocTestParser().get_examples(code):
            if example.exc_msg is None:
                exec(example.source, names)
    return names


def draw_gan(file: Path) -> None:
    """Points of the ring beside points that the generator made."""
    names = run(recipes()["A GAN: two losses in turn"])
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
    names = run(recipes()["MAML: learn where to start from"])
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


def draw_own_operation(circuit: Path, quantiles: Path) -> None:
    """The circuit of the quantile loss, and the band between quantiles that it learns."""
    names = run(code_of(OWN.read_text(encoding="utf-8")))
    circuit.write_bytes(rendered(names["circuit"], "svg"))
    rows, along = names["rows"](500), np.linspace(0, 3, 200)[:, None]
    low, middle, high = names["band"].forward(x=along, t=np.zeros(200))["bounds"].T
    figure = new_figure(8, 3)
    axes = figure.add_subplot()
    axes.fill_between(along[:, 0], low, high, color=BLUE, alpha=0.25, linewidth=0, label="between the quantiles 0.1 and 0.9")
    axes.plot(along[:, 0], middle, color=BLUE, label="the quantile 0.5, the median")
    axes.scatter(rows["x"][:, 0], rows["t"], s=5, color=GREY, linewidths=0, label="new rows")
    axes.set(xlabel="x")
    axes.legend(frameon=False, loc="lower left")
    write_figure(figure, quantiles)


def make(folder: Path) -> None:
    """Draw every picture into the folder."""
    for page in ("recipes", "own_operation"):
        (folder / page).mkdir(parents=True, exist_ok=True)
    draw_gan(folder / "recipes" / "gan.png")
    draw_maml(folder / "recipes" / "maml.png")
    draw_own_operation(folder / "own_operation" / "pinball.svg", folder / "own_operation" / "quantiles.png")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE.parent / "pictures")
