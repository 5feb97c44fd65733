"""The geometry of circuits, read from their SVG: what people draw can go on a slide and a page as it is drawn."""

import itertools
import os
import re
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest

import minigraph as mg
from docs.graphs import GRAPHS, run_of
from minigraph.core.run import forward
from minigraph.core.shapes import sized
from minigraph.explain.circuit.render import _program, rendered
from minigraph.explain.circuit.style import BLUE, GREY, KINDS, RED
from tests.explain.drawn import circuits_of, graph_of, ran, three
from tests.explain.geometry import faults
from tests.explain.svg import Picture
from tests.explain.test_circuit_web import HOSTILE
from tests.random_graphs import RandomGraph

DOT = pytest.mark.needs("dot")
FAST = {("slide", "graphviz-pure"), ("screen", "dot")}
"""In which themes and by which renderers every graph is drawn in each run of the tests: in the others by `make property`."""

LARGE = "irregular"
"""The graph that takes long."""

PAGE, SLIDE = 660, (960, 540)
"""How wide 880 pixels are in points, and how large a slide is."""


@pytest.fixture
def engine(monkeypatch):
    """Choose a renderer; graphviz-pure is found beside Python, with an empty PATH."""
    path = os.environ["PATH"]

    def choose(name):
        monkeypatch.setenv("PATH", path if name == "dot" else "")
        assert _program().stem == name

    return choose


def pictures(circuits):
    return {name: Picture(rendered(circuit, "svg")) for name, circuit in circuits.items()}


def wrong(drawn, theme="screen"):
    """What is wrong with three pictures of one graph, which is to stand in the same places in them."""
    for name, picture in drawn.items():
        yield from (f"{fault} ({name})" for fault in faults(picture))
        if picture.width > 8000:
            yield f"size: {name} is {picture.width} pt wide"
        if theme == "slide":
            if picture.width > SLIDE[0] or picture.height > SLIDE[1]:
                yield f"size: {name} is {picture.width} × {picture.height} pt"
            if (size := picture.type_at(*SLIDE)) < 9.995:
                yield f"type: {size} pt in {name}"
    first, *others = (picture.centres for picture in drawn.values())
    for other in others:
        yield from (f"place: {id} is in one picture" for id in first.keys() ^ other.keys())
        for id in first.keys() & other.keys():
            if (off := np.abs(np.subtract(first[id], other[id])).max()) > 0.1 + 1e-6:
                yield f"place: {id} is moved by {off:.2f} pt"


def are_right(drawn, theme="screen"):
    """Whether nothing is wrong with three pictures of one graph."""
    assert list(wrong(drawn, theme)) == []


def marks(name, theme, renderer):
    """Of a graph in a theme by a renderer: when it is drawn, and with what."""
    now = (theme, renderer) in FAST and (name != LARGE or theme == "slide")
    due = (DOT, renderer == "dot"), (pytest.mark.property, not now), (pytest.mark.slow, name == LARGE)
    return [mark for mark, is_due in due if is_due]


@pytest.mark.parametrize(
    ("name", "theme", "renderer"),
    [
        pytest.param(*each, marks=marks(*each))
        for each in itertools.product(GRAPHS, ("screen", "slide"), ("graphviz-pure", "dot"))
    ],
)
def test_what_people_draw_can_be_shown(name, theme, renderer, engine):
    engine(renderer)
    are_right(pictures(circuits_of(name, theme)), theme)


SIZES = {"N": 3, "T": 2, "M": 2}


def at_random(seed):
    """A random graph: what is computed alone for an even seed, with gradients and what changes for an odd one."""
    made = RandomGraph(seed)
    outputs = {name: node for name, node in made.outputs.items() if not name.startswith("gradient")}
    graph = made.graph if seed % 2 else mg.Graph(outputs)
    with np.errstate(all="ignore"):
        given = made.given(SIZES, made.random)
        given = {name: given[name].reshape(sized(node.shape, SIZES)) for name, node in graph.inputs.items()}
        try:
            return graph, forward(graph, **given)
        except mg.InputError:  # an index that these sizes do not have
            return graph, None


@pytest.mark.parametrize("seed", [*range(4), 117])
def test_random_graphs_can_be_shown(seed, engine):
    engine("graphviz-pure")
    are_right(pictures(three(*at_random(seed))))


@pytest.mark.property
@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in range(0, 500, 10)], ids=str)
def test_five_hundred_random_graphs_can_be_shown(seeds, engine):
    engine("graphviz-pure")
    for seed in seeds:
        with np.errstate(all="ignore"):
            are_right(pictures(three(*at_random(seed))))


@pytest.mark.parametrize("theme", ["screen", "slide"])
def test_outputs_have_room_for_what_they_say(theme, engine):
    """What is computed elsewhere is not written again, but its name is; and of equal parts the last."""
    engine("graphviz-pure")
    x = mg.Input("the_name_of_an_input", ("N", 4))
    parts = [mg.blocks.dense(x, 4, rng=np.random.default_rng(0), name=f"layer{i}", activation=np.tanh) for i in range(3)]
    graph = mg.Graph({"x": x} | {f"y{i}": part for i, part in enumerate(parts)})
    for depth in (0, None):
        are_right(pictures(three(graph, forward(graph, the_name_of_an_input=np.ones((2, 4))), theme=theme, depth=depth)))


@pytest.mark.parametrize(("many", "theme"), [(1, "screen"), (14, "slide")])
def test_marks_have_room(many, theme, engine):
    """Whether there is as much room as there may be, or little."""
    engine("graphviz-pure")
    x, w = mg.Input("x", ()), mg.Input("w", ("N",))
    with mg.blocks.block("b"):
        z = np.tanh(x * 100.0)
    y = [mg.Exp(np.tanh(w * float(i))) for i in range(many)]
    graph = mg.Graph(z=np.tanh(np.tanh(x * 100.0) * z), loss=sum(y[1:], start=y[0]).sum())
    with np.errstate(invalid="ignore"):
        run = forward(graph, x=1.0, w=[np.nan, *range(40)])
    for depth in (None, 0):
        are_right(pictures(three(graph, run, theme=theme, depth=depth)))


@pytest.mark.parametrize("depth", [None, 0])
def test_hostile_names_can_be_shown(depth, engine):
    engine("graphviz-pure")
    x = mg.Input("x", ())
    for name in HOSTILE:
        with mg.blocks.block(name):
            x = mg.Add(np.tanh(x), mg.Parameter(name, 1.0), name=f"{name}+")
    graph = mg.Graph({f"out {name}": x for name in HOSTILE[:2]})
    for name, picture in pictures(three(graph, forward(graph, x=1.0), depth=depth)).items():
        assert not faults(picture), (name, faults(picture))


@pytest.mark.parametrize("name", ["attention", "lstm"])
def test_the_same_graph_gives_the_same_bytes(name):
    one, other = circuits_of(name, "slide"), three(graph := GRAPHS[name](), run_of(graph), theme="slide")
    assert {kind: circuit.source for kind, circuit in one.items()} == {kind: each.source for kind, each in other.items()}


@pytest.mark.parametrize("name", re.findall(r"docs/pictures/(\w+)\.svg", Path("README.md").read_text(encoding="utf-8")))
def test_the_type_of_the_readme_can_be_read(name):
    picture = Picture(Path(f"docs/pictures/{name}.svg").read_bytes())
    assert picture.type_at(PAGE) * 4 / 3 >= 11 and not faults(picture)


SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "no colour": [[0.2126, 0.7152, 0.0722]] * 3,
}
"""How light is seen by whom, in linear RGB. Source: G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", 2009."""


def light(colour, seen):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] if colour.startswith("#") else [1.0] * 3)
    linear = np.where(values <= 0.03928, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.clip(np.array(SEEN[seen]) @ linear, 0, 1)


@pytest.mark.parametrize("seen", SEEN)
def test_every_kind_of_colour_vision_reads_the_text(seen):
    fills = {style["fillcolor"] for style in KINDS.values()}
    for fill, letters in itertools.product(fills, (BLUE, RED, GREY)):
        one, other = (light(colour, seen) @ [0.2126, 0.7152, 0.0722] for colour in (fill, letters))
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4, (fill, letters)
    if seen != "no colour":  # to whom a value differs from a gradient by where it stands alone
        assert np.abs(light(BLUE, seen) ** (1 / 2.2) - light(RED, seen) ** (1 / 2.2)).max() > 0.2


def test_every_graph_runs():
    for name in set(GRAPHS) - {LARGE}:
        assert all(np.isfinite(ran(name)[output]).all() for output in graph_of(name).outputs), name


def test_the_neuron_of_cs231n_has_the_numbers_that_are_printed_there():
    """Source: A. Karpathy, CS231n, "Backpropagation, Intuitions", its circuit of a sigmoid neuron, to two places."""
    run = ran("sigmoid_neuron")
    gradients = run.backward()
    printed = {"w0": (2.0, -0.2), "x0": (-1.0, 0.39), "w1": (-3.0, -0.39), "x1": (-2.0, -0.59), "w2": (-3.0, 0.2)}
    behind = [(-2.0, 0.2), (6.0, 0.2), (4.0, 0.2), (1.0, 0.2), (-1.0, -0.2), (0.37, -0.53), (1.37, -0.53), (0.73, 1.0)]
    for node, numbers in [*printed.items(), *zip(run.graph.operations, behind, strict=True)]:
        assert tuple(round(float(each[node]), 2) for each in (run, gradients)) == numbers, node


def halved(measure):
    return lambda *given, **options: measure(*given, **options) / 2


def at_their_wishes(column, wishes, weights, distance):
    for slot, wish in zip(column, wishes, strict=True):
        slot.y = wish


def moved(anchored):
    return lambda svg, centres: anchored(svg, {key: centre + 5 for key, centre in centres.items()})


def without_widths(boxed):
    return lambda theme, kind, title, lines=(), widths=(), **options: boxed(theme, kind, title, lines, **options)


def of_what_is_shown(init):
    def changed(texts, *given):
        init(texts, *given)
        texts.known = texts.derivatives

    return changed


MISTAKES = {
    "text is taken for half as wide": ("clipped overlap", "two_layer_3", "theme:Theme.text", halved),
    "lines are taken for half as high": ("crossed overlap", "residual", "theme:Theme.high", halved),
    "things of a column are not kept apart": ("overlap", "two_layer_3", "layers.settle", lambda was: at_their_wishes),
    "labels are taken for short": ("overlap", "attention", "plot:Plot._reach", lambda was: lambda *a: (4.0, *was(*a)[1:])),
    "labels are taken for flat": ("crossed", "attention", "plot:Plot._reach", lambda was: lambda *a: (was(*a)[0], 1.0, 1.0)),
    "wires return without a gutter": (
        "crossed",
        "attention",
        "routing.cornered",
        lambda was: lambda way: was(way[:: len(way) - 1]),
    ),
    "wires end where a box has room": (
        "loose",
        "attention",
        "plot:Plot._reaching",
        lambda was: lambda self, points, *a: points,
    ),
    "texts stand beside their middle": ("off-centre", "attention", "render.anchored", moved),
    "any circuit fits on a slide": ("size type", "residual", "look:Look._factor", lambda was: lambda *a: 1.0),
    "a box has the room of what it shows": ("place", "attention", "drawing.boxed", without_widths),
    "a wire has the room of what it shows": ("place", "attention", "texts:Texts.__init__", of_what_is_shown),
}
"""A mistake in the layout: the kinds of what is then wrong, the graph on whose slide it is seen, and what is changed how."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_layout_is_found(mistake, monkeypatch, engine):
    engine("graphviz-pure")
    kinds, name, path, change = MISTAKES[mistake]
    owner, attribute = re.fullmatch(r"(.+)[:.](\w+)", path).groups()
    owner = resolve_name(f"minigraph.explain.circuit.{owner}")
    monkeypatch.setattr(owner, attribute, change(getattr(owner, attribute)))
    found = wrong(pictures(three(graph_of(name), ran(name), theme="slide")), "slide")
    assert {*kinds.split()} <= {fault.partition(":")[0].replace(" ", "-") for fault in found}
