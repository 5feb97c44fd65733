"""Make the playground, docs/playground.html: `python -m docs.playground [FILE]`.

It is the page of a run for each of the gallery's graphs, with sizes and activations to choose. A choice is a piece of the code
that makes a graph, and what may stand in its place; each run is that of its own code, which the page shows.
"""

import ast
import inspect
import json
import linecache
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import minigraph as mg
from docs.gallery import Example, examples
from minigraph.explain.circuit.render import dark
from minigraph.explain.page import embedded, page_html, shown
from minigraph.explain.page.program import called
from models import two_layer

PAGE = Path(__file__).parent / "playground.html"
SQUASHING = ("np.tanh", "mg.Sigmoid", "mg.Relu", "mg.Gelu")
"""Activations that stand for one another."""

QUADRANTS, SPIRAL = "x.prod(axis=1) < 0", "np.sin(2 * np.hypot(*x.T) + np.arctan2(*x.T)) > 0"
"""Which points of the plane are of class 1."""


@dataclass(frozen=True)
class Option:
    """A piece of a graph's code, and what may stand in its place; the first is what the page begins with."""

    name: str
    piece: str
    others: tuple[str, ...]
    called: tuple[str, ...] = ()

    @property
    def labels(self) -> list[str]:
        """What the page calls each of them: relu for mg.Relu, 16, 32 for (16, 32)."""
        return [*self.called] or [re.sub(r"^(np|mg)\.|[()]", "", each).lower() for each in self.others]


@dataclass(frozen=True)
class Play:
    """What the playground does with a graph of the gallery: the options, how it is run, and what its last line becomes."""

    options: tuple[Option, ...]
    run: str
    last: str = ""


PLAYS: Mapping[str, Play] = {
    "fork": Play(
        (Option("function", "np.sin", ("np.sin", "np.cos", "np.tanh", "np.exp", "np.square")),), "run = graph.forward(x=2.0)"
    ),
    "article": Play(
        (
            Option("units", "500", ("3", "8", "500")),
            Option("activation", "np.tanh", SQUASHING),
            Option("data", QUADRANTS, (QUADRANTS, "np.hypot(*x.T) < 1.2", SPIRAL), ("quadrants", "circle", "spiral")),
        ),
        f"x = np.random.default_rng(1).uniform(-2, 2, (80, 2))\nrun = graph.forward(x=x, y={QUADRANTS})",
    ),
    "logistic_regression": Play(
        (Option("features", "4", ("2", "4", "8")), Option("classes", "3", ("2", "3", "8"))),
        "y = np.arange(24) % 3\nrng = np.random.default_rng(1)\n"
        "x = rng.normal(0, 2, (3, 4))[y] + 0.7 * rng.normal(size=(24, 4))\n"
        "run = graph.forward(x=x, y=y)",
    ),
    "softmax": Play(
        (Option("classes", "3", ("3", "5", "10")),),
        "rng = np.random.default_rng(0)\nrun = graph.forward(z=rng.normal(0, 2, (2, 3)))",
        "import numpy as np\n\np = expand(mg.Softmax(z))\ngraph = mg.Graph(loss=-np.log(p[:, 0]).mean(), probabilities=p)",
    ),
    "recurrent": Play(
        (Option("units", "5", ("2", "5", "10")), Option("activation", "np.tanh", SQUASHING)),
        "run = graph.forward(h0=np.zeros((4, 5)), x1=rng.normal(size=(4, 3)), x2=rng.normal(size=(4, 3)))",
        "graph = mg.Graph(loss=(h2 * h2).mean(), names=locals())",
    ),
    "attention": Play(
        (Option("positions", "5", ("3", "5", "10")), Option("features", "8", ("2", "4", "8"))),
        "rng = np.random.default_rng(0)\nquery, key, value = rng.normal(size=(3, 2, 5, 8))\n"
        "run = graph.forward(query=query, key=key, value=value)",
        "graph = mg.Graph(loss=(taken * taken).mean(), names=locals())",
    ),
    "convolution": Play(
        (
            Option("filters", "(16, 32)", ("(2, 4)", "(4, 8)")),
            Option("activation", "mg.Relu", ("mg.Relu", "np.tanh", "mg.Gelu")),
        ),
        "y = np.arange(4)\nacross, down = np.arange(28), np.arange(28)[:, None]\n"
        "bars = [np.sin(across * np.cos(k) + down * np.sin(k)) > 0 for k in y]\n"
        "run = graph.forward(images=np.stack(bars)[:, None], y=y)",
    ),
    "gradient": Play(
        (
            Option("inputs", "2", ("1", "2", "5")),
            Option("activation", "mg.Tanh", ("mg.Tanh", "mg.Sigmoid", "mg.Softplus", "mg.Gelu")),
        ),
        "rng = np.random.default_rng(0)\nx = rng.normal(size=(6, 2))\nrun = graph.forward(x=x, t=x[:, :1] / 2)",
    ),
    "curvature": Play(
        (Option("function", "mg.Tanh", ("mg.Tanh", "mg.Sigmoid", "mg.Softplus", "mg.Exp", "mg.Sin")),),
        "run = graph.forward(x=0.5)",
    ),
    "own_operation": Play((Option("units", "8", ("3", "8", "20")),), "run = graph.forward(x=np.linspace(-2, 2, 5)[:, None])"),
}
"""By the names of the gallery's pictures, in the order of the page's list."""


@dataclass(frozen=True)
class Choice:
    """One graph with one of each of its options, and the code that makes it and runs it."""

    name: str
    options: tuple[str, ...]
    code: str

    def run(self) -> mg.Run:
        """The run that the code makes."""
        linecache.cache["code"] = (len(self.code), None, self.code.splitlines(keepends=True), "code")  # its rules have a source
        names: dict[str, Any] = {"__name__": "code"}
        exec(compile(self.code, "code", "exec"), names)
        run: mg.Run = names["run"]
        return run


def code_of(example: Example) -> str:
    """The code of the gallery that makes an example's graph, without its picture; for the article's, that of its model."""
    if example.name == "article":
        return f"import numpy as np\nimport minigraph as mg\n\n\n{inspect.getsource(two_layer.build)}\n\ngraph = build()"
    lines, (*_, graph, picture) = example.code.splitlines(), ast.parse(example.code).body
    last = PLAYS[example.name].last
    return "\n".join([*lines[: graph.lineno - 1], last] if last else lines[: picture.lineno - 1])


def choices(example: Example) -> Iterator[Choice]:
    """Every choice of an example's options."""
    play, code = PLAYS[example.name], code_of(example)
    pieces = {option.piece: i for i, option in enumerate(play.options)}
    found = re.compile("|".join(rf"(?<![\w.]){re.escape(piece)}(?![\w.])" for piece in pieces))
    for labels, chosen in zip(
        product(*(option.labels for option in play.options)), product(*(option.others for option in play.options)), strict=True
    ):
        code_now = found.sub(lambda piece, chosen=chosen: chosen[pieces[piece[0]]], f"{code}\n{play.run}")
        yield Choice(example.name, labels, code_now)


def packed(texts: Mapping[str, str]) -> str:
    """Texts that have most of their lines in common, as JSON: the lines, and for each text the runs of lines that it has."""
    numbers: dict[str, int] = {}
    found = {}
    for name, text in texts.items():
        runs: list[list[int]] = []
        for line in text.split("\n"):
            number = numbers.setdefault(line, len(numbers))
            if runs and sum(runs[-1]) == number:
                runs[-1][1] += 1
            else:
                runs.append([number, 1])
        found[name] = runs
    return json.dumps({"lines": [*numbers], "texts": found}, ensure_ascii=False, separators=(",", ":"))


def unpacked(pack: str) -> dict[str, str]:
    """The texts again."""
    held = json.loads(pack)
    return {
        name: "\n".join(line for first, count in runs for line in held["lines"][first : first + count])
        for name, runs in held["texts"].items()
    }


def made(name: str) -> str:
    """The texts of every choice of a graph, packed."""
    (example,) = (each for each in examples() if each.name == name)
    return packed({", ".join(choice.options): text_of(choice) for choice in choices(example)})


def text_of(choice: Choice) -> str:
    """What the page has of a choice: its code, its circuit and its record."""
    record, circuit = shown(choice.run())
    return "\f\n".join(
        [f'{choice.code}\nrun.explain("page.html")\n', circuit, json.dumps(record, ensure_ascii=False, indent=0)]
    )


def page_of(packs: Mapping[str, str]) -> str:
    """The page with these graphs, each with its choices as they are packed; without scripts it shows the first."""
    offered = [offer(example) for name in packs for example in examples() if example.name == name]
    texts = [text.split("\f\n") for pack in packs.values() for text in unpacked(pack).values()]
    circuits, records = [circuit for _, circuit, _ in texts], [json.loads(record) for *_, record in texts]
    functions = {name for record in records for name in called(record["program"])}
    style, prepare = ((Path(__file__).parent / f"playground.{kind}").read_text("utf-8") for kind in ("css", "js"))
    return page_html(
        "Playground", "", embedded(offered), functions, style + dark("".join(circuits), "[data-circuit]"),
        circuit=circuits[0], steps=records[0]["steps"], packed=packs, prepare=prepare,
    )  # fmt: skip


def offer(example: Example) -> dict[str, Any]:
    """What the lists of the page have of a graph."""
    words = re.sub(r"\[([^]]+)]\([^)]+\)", r"\1", example.words.replace("\n", " ")).replace("`", "")
    options = [{"name": option.name, "labels": option.labels} for option in PLAYS[example.name].options]
    return {"name": example.name, "title": example.title, "words": words, "options": options}


if __name__ == "__main__":
    file = Path(sys.argv[1] if len(sys.argv) > 1 else PAGE)
    file.write_text(page_of({name: made(name) for name in PLAYS}), encoding="utf-8")
