"""How a circuit is laid out for where it is shown: themes, widths, directions, titles; one layout for all its pictures."""

import math
import re

import numpy as np
import pytest

import minigraph as mg
from docs.graphs import GRAPHS
from minigraph.cli import main
from minigraph.explain.circuit.legend import Legend
from minigraph.explain.circuit.overview import overviews
from minigraph.explain.circuit.render import Circuit, _program, rendered
from minigraph.explain.circuit.theme import THEMES
from minigraph.explain.circuit.tooltips import block_lines
from minigraph.explain.circuit.view import Box
from models.two_layer import build
from tests.explain.drawn import circuits_of, ran
from tests.explain.geometry import faults
from tests.explain.svg import Picture
from tests.explain.test_circuit import ROOT, places, texts
from tests.explain.test_circuit_large import uneven

SLIDES = sorted(set(GRAPHS) - {"irregular", "transformer", "two_layer_3", "yolo"})
WHOLE = ["fan", "convolution", "parameters", "residual", "two_layer_500", "lstm_cell", "lstm", "gan", "gradient", "vae"]


@pytest.fixture(params=["graphviz-pure", pytest.param("dot", marks=pytest.mark.needs("dot"))])
def engine(request, monkeypatch):
    """Each renderer in turn."""
    if request.param != "dot":
        monkeypatch.setenv("PATH", "")
    assert _program().stem == request.param
    return request.param


def picture(circuit: Circuit) -> Picture:
    return Picture(rendered(circuit, "svg"))


def rows_of(circuit: Circuit, keys: list[str]) -> list[float]:
    """At which heights some nodes stand, from the highest."""
    return sorted({round(places(circuit)[key][1], 2) for key in keys}, reverse=True)


@pytest.mark.parametrize("name", SLIDES)
def test_a_slide_holds_it_with_type_that_can_be_read(name):
    shown = picture(ran(name).draw(theme="slide", derivatives=True, title="What a slide holds"))
    assert shown.width <= 960 and shown.height <= 540
    assert shown.type_at(960, 540) >= 10
    assert faults(shown) == []


def test_what_is_too_much_for_a_slide_is_closed_to_parts():
    graph = mg.Graph(y=uneven(700)["loss"])
    circuit = graph.draw(theme="slide")
    shown, said = picture(circuit), texts(circuit)
    assert shown.width <= 960 and shown.height <= 540 and shown.type_at(960, 540) >= 10
    assert "operations 1 to 50" in said and not any(
        "draw(" in text for text in said
    )  # which is for who draws, not for who sees


def parts_of(name):
    """The boxes of an overview of a graph on a slide, by their names, with how many operations are in each."""
    said = texts(circuits_of(name, "slide")["circuit"])
    return {said[i - 1]: text for i, text in enumerate(said) if re.fullmatch(r"\d+ operations?", text)}


def test_what_is_too_much_for_a_slide_is_closed_to_what_leads_to_a_named_value():
    gates = dict.fromkeys("ifog", "5 operations") | {"c": "3 operations", "h": "2 operations"}
    view = next(overviews(GRAPHS["lstm_cell"]()))
    assert {box.path[-1]: block_lines(box.nodes)[0] for box in view.items if isinstance(box, Box)} == gates


def test_an_overview_is_called_by_the_blocks_that_it_keeps_whole():
    assert any(name.startswith("conv0 … ") for name in parts_of("yolo"))


@pytest.mark.parametrize("name", WHOLE)
def test_what_there_is_room_for_is_shown_whole_on_a_slide(name):
    assert not parts_of(name)


def test_numbers_that_have_no_room_below_one_another_stand_in_one_line():
    said = texts(ran("fan").draw(theme="slide", derivatives=True))
    assert sum(text.startswith("a  N: ") for text in said) == 1 and sum("× cos(a)" in text for text in said) == 1


def test_what_is_too_long_goes_on_below_and_the_wire_returns_between_the_rows():
    keys = ["x", "MatMul1", "z1", "a1", "MatMul2", "z2", "loss"]
    assert len(rows_of(build().draw(width=1500), keys)) == 1
    wrapped = build().draw(width=660)
    _, *others = rows_of(wrapped, keys)
    assert len(others) == 2 and picture(wrapped).width <= 660
    assert picture(wrapped).type_at(660) >= 8.25  # 11 pixels, where 660 points are 880


def test_a_circuit_flows_down():
    at = places(build().draw(direction="down"))
    spine = [at[key] for key in ("x", "MatMul1", "z1", "a1", "MatMul2", "z2", "loss", "output-0")]
    assert [y for _, y in spine] == sorted((y for _, y in spine), reverse=True)
    assert max(x for x, _ in spine) - min(x for x, _ in spine) < 0.02
    for kind in ({}, {"derivatives": True}, {"theme": "slide"}):
        assert [fault for fault in faults(picture(build().draw(direction="down", **kind))) if "off centre" not in fault] == []


def test_a_legend_can_be_left_out_and_a_title_put_above():
    plain, titled = build().draw(legend=False), build().draw(title="One hidden layer")
    assert "parameter" not in texts(plain) and "parameter" in texts(titled)
    assert "One hidden layer" in texts(titled)
    assert picture(titled).nodes["legend-title"].texts[0].ink.bottom < picture(titled).nodes["W1"].box.top


SENTENCES = [f"sentence {i}: what stands on the wires of a circuit, and more of it" for i in range(30)]


def legend_of(count, width=944.0, high=54.0):
    """What a legend of so many sentences says on a slide, and its size."""
    legend = Legend(THEMES["slide"], {"input", "output"}, [("#000000", text) for text in SENTENCES[:count]], width, high)
    return " ".join(text for _, _, lines in legend.placed for _, text in lines), legend.size


def test_a_legend_that_has_no_room_for_columns_has_its_sentences_one_after_the_other():
    said, (wide, high) = legend_of(6)
    assert all(text in said for text in SENTENCES[:6]) and wide <= 944 and high <= 54


def test_a_legend_says_how_many_of_its_sentences_have_no_room():
    said, (wide, high) = legend_of(30)
    shown = sum(text in said for text in SENTENCES)
    assert 4 < shown < 30 and f"and {30 - shown} more, as on a screen" in said
    assert wide <= 944 and high <= 54


@pytest.mark.parametrize("width", [120, 300])
def test_nothing_below_or_above_a_circuit_is_wider_than_its_place(width):
    graph = mg.Graph(y=np.tanh(mg.Input("x", ())))
    shown = picture(graph.draw(derivatives=True, width=width, title="A title that is longer than so small a place is wide"))
    assert shown.width <= max(width, 190) and faults(shown) == []


def test_a_title_on_a_slide_goes_on_below():
    shown = picture(build().draw(theme="slide", title="One hidden layer, " * 12))
    assert shown.width <= 960 and shown.height <= 540 and len(shown.nodes["legend-title"].texts) > 1
    assert faults(shown) == []


def test_colours_of_numbers_have_their_key_without_a_legend():
    steps = ran("transformer")
    assert "images: means of parts; blue is minus the largest of an image, white 0, orange plus the largest" in texts(
        ran("attention").draw(images=True, legend=False)
    )
    for theme in ("screen", "slide"):
        said = texts(steps.draw(legend=False, theme=theme))
        assert any(text.startswith("how large the values of") for text in said) and "parameter" not in said
        at, without = (picture(drawn.draw(legend=False, theme=theme)).centres for drawn in (steps, steps.graph))
        assert max(np.abs(np.subtract(at[key], without[key])).max() for key in without) < 0.1


def test_numbers_have_as_many_digits_as_asked_for():
    x = mg.Input("x", (), dtype=np.float64)
    run = mg.Graph(y=np.tanh(x)).forward(x=1 / 3)
    assert {"0.333", "0.322"} <= set(texts(run.draw())) and {"0.33333", "0.32151"} <= set(texts(run.draw(digits=5)))


def test_a_png_has_so_many_pixels_for_each_point(engine):
    graph = mg.Graph(y=np.tanh(mg.Input("x", ())))
    one, three = (int.from_bytes(rendered(graph.draw(scale=scale), "png")[16:20], "big") for scale in (1, 3))
    assert abs(three - 3 * one) <= 3


def test_no_png_is_wider_than_a_screen_can_show_unless_asked_for():
    wide = uneven(60).draw(width=9000, depth=None)
    assert 6000 < int.from_bytes(rendered(wide, "png")[16:20], "big") <= 8000


@pytest.mark.parametrize("count", [80, 250])
def test_what_has_no_blocks_is_read_row_by_row(count):
    shown = picture(mg.Graph(y=uneven(count)["loss"]).draw())
    assert shown.width < 1000 < shown.height and shown.type_at(1000) >= 9
    assert [fault for fault in faults(shown) if not fault.startswith("loose")] == []


@pytest.mark.parametrize(
    "options",
    [
        {"theme": "sliide"},
        {"theme": None},
        {"theme": ["slide"]},
        {"direction": "up"},
        {"direction": "Down"},
        {"direction": None},
        {"width": 3},
        {"width": True},
        {"width": "660"},
        {"width": math.nan},
        {"scale": "2"},
        {"scale": 0},
        {"digits": 2.5},
        {"digits": 0},
        {"digits": None},
        {"legend": "no"},
        {"title": 3},
        {"file": 3},
        {"file": "a.tex"},
        {"path": ("W1",)},
        {"path": ("loss", "W1")},
        {"path": ("W1", "los")},
    ],
    ids=str,
)
def test_a_look_that_there_is_not_is_refused(options, wording):
    with pytest.raises(mg.MinigraphError) as error:
        build().draw(**options)
    wording(error.value)


def test_numbers_of_numpy_are_numbers():
    asked = build().draw(width=np.int64(700), digits=np.int32(4), scale=np.float32(2))
    assert asked.source == build().draw(width=700, digits=4, scale=2).source


def test_the_command_line_has_the_same_options(tmp_path, capsys):
    file = tmp_path / "circuit.dot"
    options = ["--theme", "slide", "--width", "700", "--direction", "down", "--no-legend", "--title", "Two"]
    options += ["--scale", "3", "--digits", "6"]
    assert not main(["draw", str(ROOT / "models/two_layer.py"), *options, "--out", str(file)])
    given = {"theme": "slide", "width": 700.0, "direction": "down", "legend": False, "title": "Two"}
    given |= {"scale": 3.0, "digits": 6}
    assert re.sub('made at [^"]*', "", file.read_text()) == re.sub('made at [^"]*', "", build().draw(**given).source)


def test_where_there_is_little_room_frames_of_frames_and_far_wires_of_inputs_are_left_out():
    said = texts(ran("vae").draw(theme="slide"))
    assert "decoder.hidden" in said and "decoder.image" in said and "decoder" not in said
    assert said.count("x  N × 12") == 2 and "dashed box: a value that comes from elsewhere" in said
    screen = texts(ran("vae").draw())
    assert "decoder" in screen and screen.count("x") == 1


@pytest.mark.parametrize("name", sorted(set(GRAPHS) - {"irregular"}))
def test_no_wire_shows_the_call_of_a_class(name):
    drawn = circuits_of(name, "slide" if name in SLIDES else "screen")["derivatives"]
    assert [text for text in texts(drawn) if re.search(r"\b[A-Z][a-z]\w*\(|\b(?:add|mul|sub|div|neg)\(", text)] == []


PICTURES = sorted((ROOT / "docs" / "pictures").rglob("*.svg"))


def test_no_type_of_a_picture_in_the_docs_is_smaller_than_eleven_pixels():
    """Where it is 880 pixels wide at most, of which 3 points are 4."""
    assert len(PICTURES) > 150
    small = {file.stem: Picture(file.read_bytes()).type_at(660) for file in PICTURES}
    assert {name: size for name, size in small.items() if size < 8.25} == {}
