"""A circuit's SVG for the web: titles, keyboard, dark pages; hostile names."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np

import minigraph as mg
from minigraph.explain.circuit.render import DARK
from minigraph.explain.circuit.style import WIRE
from models.two_layer import build

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    '<script>alert("1")</script>', "\"' onload=alert(1) x='", "]]><!--", "a\nb\x00", "\u202eright to left", "اسم", "&lt;b&gt;",
)  # fmt: skip


def written(tmp_path, graph: mg.Graph, **options) -> str:
    file = tmp_path / "circuit.svg"
    graph.draw(file, **options)
    return file.read_text()


def test_the_picture_says_what_it_is(tmp_path):
    svg = ElementTree.fromstring(written(tmp_path, build()))
    assert svg.attrib["role"] == "graphics-document document"
    assert svg.findtext(f"{SVG}title") == "circuit"
    assert svg.findtext(f"{SVG}desc") == repr(build())


def test_every_node_is_reached_by_keyboard_and_told(tmp_path):
    graph = build()
    svg = ElementTree.fromstring(written(tmp_path, graph))
    stops = [element for element in svg.iter(f"{SVG}g") if element.attrib.get("tabindex") == "0"]
    assert len(stops) == len(graph.nodes) + len(graph.outputs)
    told = {element.attrib["id"]: element.attrib["aria-label"] for element in stops}
    assert told["W1"] == "Parameter 'W1' (2 × 500, float32)"
    assert told["output-0"] == "output loss"
    described = {element.attrib["id"]: element.findtext(f"{SVG}desc") for element in stops}
    assert described["W1"].startswith("made at two_layer.py:")
    assert all(element.attrib["role"] == "graphics-symbol img" for element in stops)


def test_blocks_are_groups(tmp_path):
    y = mg.blocks.dense(mg.Input("x", ("N", 2)), 3, rng=np.random.default_rng(0), name="hidden")
    svg = written(tmp_path, mg.Graph(y=y)).replace("&#45;", "-")
    assert 'id="block-hidden" class="cluster" role="group" aria-label="block hidden"' in svg
    closed = written(tmp_path, mg.Graph(y=y), depth=0).replace("&#45;", "-")
    assert 'id="block-hidden" class="node" role="graphics-symbol img" tabindex="0" aria-label="block hidden"' in closed


def test_a_dark_page_has_its_own_colours_and_an_image_stays_white(tmp_path):
    svg = written(tmp_path, build())
    style = re.search("<style>(.*?)</style>", svg)[1]
    dark = style.partition("@media (prefers-color-scheme:dark){")[2]
    assert dark.startswith("svg.minigraph:not(:root){")
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "black", "transparent"}
    assert used - DARK.keys() == {WIRE}  # which is grey enough for both
    used.remove(WIRE)
    assert all(f'"{colour}"]' in dark for colour in used)


def test_the_colours_of_a_dark_page_can_be_read():
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    fills = [DARK[colour] for colour in ("white", "#e3effa", "#fdf0d0", "#f1eafa", "#f3f4f6", "#eceff3", "#e2f3ec", "#eef1f5")]
    letters = [DARK[colour] for colour in ("#1f5fa8", "#b3402a", "#5b6470", "#1f2937", "#8a1c7c")]
    for fill in fills:
        for letter in letters:
            assert (light(letter) + 0.05) / (light(fill) + 0.05) >= 4.5, (fill, letter)


def test_hostile_names_neither_break_nor_run(tmp_path):
    x = mg.Input("x", ())
    for name in HOSTILE:
        with mg.blocks.block(name):
            x = mg.Add(x, mg.Parameter(name, 1.0), name=f"{name}+")
    graph = mg.Graph({f"out {name}": x for name in HOSTILE})
    for depth in (None, 0):
        text = written(tmp_path, graph, depth=depth)
        svg = ElementTree.fromstring(text)
        assert not list(svg.iter(f"{SVG}script")) and not re.search(r"<[^>]* on\w+=", re.sub(r'"[^"]*"', "", text))
        shown = "".join(svg.itertext())
        assert all(part in shown for part in ("alert", "onload", "]]>", "right to left", "اسم", "&lt;b&gt;"))


def test_the_same_picture_gives_the_same_bytes(tmp_path):
    assert written(tmp_path, build()) == written(tmp_path, build())


def test_within_a_page_it_is_no_wider_than_its_place(tmp_path):
    style = re.search("<style>(.*?)</style>", written(tmp_path, build()))[1]
    assert "svg.minigraph:not(:root){max-width:100%;height:auto}" in style


def test_a_notebook_gets_the_same_picture(tmp_path):
    circuit = build().draw(tmp_path / "circuit.svg")
    assert circuit._repr_mimebundle_()["image/svg+xml"] == (tmp_path / "circuit.svg").read_text()
