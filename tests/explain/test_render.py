"""Circuits as files: four formats, by Graphviz's dot or without it, written whole or not at all."""

import json
import shutil
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.render import _program, _run, in_order, render, rendered
from models.two_layer import build

DOT = shutil.which("dot")
RENDERERS = ["graphviz-pure", pytest.param("dot", marks=pytest.mark.needs("dot"))]
BEGINS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


@pytest.fixture(params=RENDERERS)
def renderer(request, monkeypatch):
    """Each renderer of this machine in turn; graphviz-pure is found beside Python, with an empty PATH."""
    if request.param != "dot":
        monkeypatch.setenv("PATH", "")
    assert _program().stem == request.param
    return request.param


def test_dot_is_preferred_where_it_is():
    assert _program().stem == ("dot" if DOT else "graphviz-pure")


@pytest.mark.parametrize("suffix", BEGINS)
def test_every_picture_is_written_in_every_format(renderer, suffix, tmp_path):
    graph = build(hidden=5)
    run = graph.forward(x=np.ones((3, 2)), y=[0, 1, 1])
    graph.draw(tmp_path / f"circuit.{suffix}")
    graph.draw(tmp_path / f"derivatives.{suffix}", derivatives=True)
    run.draw(tmp_path / f"run.{suffix}", derivatives=True)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert content.startswith(BEGINS[suffix]) and len(content) > 2000


@pytest.mark.slow
def test_the_same_circuit_gives_the_same_file(renderer, tmp_path):
    for suffix in BEGINS:
        files = [tmp_path / f"{i}.{suffix}" for i in range(2)]
        for file in files:
            build(hidden=5).draw(file)
        if suffix != "pdf" or renderer != "dot":  # dot writes the time into a PDF
            assert files[0].read_bytes() == files[1].read_bytes()


def test_names_of_any_letters_are_drawn(renderer, tmp_path):
    x = mg.Input('<b>"α"\n\\ {a|b}', ("N", 2))
    circuit = mg.Graph(**{"out <&>\x1b": np.tanh(x @ mg.Parameter("权重 وزن $", np.ones((2, 2))))}).draw()
    for format in ("png", "pdf"):
        assert rendered(circuit, format).startswith(BEGINS[format])
    svg = "".join(ElementTree.fromstring(rendered(circuit, "svg")).itertext())
    for line in ('<b>"α"', "\\ {a|b}", "权重 وزن $", "out <&>\\x1b"):
        assert line in svg.replace("\N{NO-BREAK SPACE}", " ")


def test_a_notebook_shows_the_circuit(renderer):
    shown = build(hidden=5).draw()._repr_mimebundle_()
    assert set(shown) == {"image/svg+xml"} and "</svg>" in shown["image/svg+xml"]


def test_a_notebook_shows_the_circuit_of_a_bare_graph_and_of_a_run(renderer):
    graph = build(hidden=5)
    run = graph.forward(x=np.ones((2, 2)), y=[0, 1])
    for each in (graph, run):
        assert each._repr_mimebundle_() == {**each.draw()._repr_mimebundle_(), "text/plain": repr(each)}
    assert "prefers-color-scheme:dark" in graph._repr_mimebundle_()["image/svg+xml"]


def test_a_notebook_without_a_renderer_shows_a_graph_in_words(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda program, path=None: None)
    assert build(hidden=5)._repr_mimebundle_() == {"text/plain": repr(build(hidden=5))}


def test_an_svg_is_titled_and_has_a_white_background(renderer):
    svg = rendered(build(hidden=5).draw(), "svg").decode()
    assert "<title>circuit</title>" in svg and "<title>W1</title>" in svg
    assert '<polygon fill="white"' in svg
    assert 'xlink:title="Parameter &#39;W1&#39; (2 × 5, float32)&#10;made at two_layer.py:' in svg


def test_a_suffix_is_read_in_any_case(tmp_path):
    build(hidden=5).draw(tmp_path / "FIG.SVG")
    assert (tmp_path / "FIG.SVG").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("name", ["fig.pgn", "fig", "fig.jpeg", "fig.sgv"])
def test_an_unknown_format_is_refused(name, tmp_path, wording):
    with pytest.raises(mg.FormatError) as error:
        build(hidden=5).draw(tmp_path / name)
    wording(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_place_for_a_picture(tmp_path, wording):
    folder = tmp_path / "fig.svg"
    folder.mkdir()
    with pytest.raises(mg.FileError) as error:
        build(hidden=5).draw(folder)
    wording(error.value)


def test_a_path_through_a_file_is_refused(tmp_path, wording):
    (tmp_path / "file").write_text("")
    with pytest.raises(mg.FileError) as error:
        build(hidden=5).draw(tmp_path / "file" / "fig.svg")
    wording(error.value)


def test_a_machine_without_a_renderer_says_what_to_install(monkeypatch, tmp_path, wording):
    monkeypatch.setattr("shutil.which", lambda program, path=None: None)
    with pytest.raises(mg.MissingPackageError) as error:
        build(hidden=5).draw(tmp_path / "fig.svg")
    wording(error.value)
    assert build(hidden=5).draw(tmp_path / "fig.dot").source == (tmp_path / "fig.dot").read_text()


def test_a_pdf_without_dot_or_matplotlib_says_what_to_install(monkeypatch, tmp_path, wording):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(mg.MissingPackageError) as error:
        build(hidden=5).draw(tmp_path / "fig.pdf")
    wording(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_graphviz_cannot_draw_leaves_the_old_one(monkeypatch, tmp_path):
    (tmp_path / "fig.svg").write_text("old")
    circuit = build(hidden=5).draw()
    circuit.body.append("\tx -> \n")
    with pytest.raises(mg.FormatError, match=r"Graphviz could not draw the circuit: .*syntax error"):
        render(circuit, tmp_path / "fig.svg")
    assert (tmp_path / "fig.svg").read_text() == "old"


def test_a_dot_that_crashes_leaves_the_work_to_graphviz_pure(tmp_path, monkeypatch):
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\nkill -SEGV $$\n")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for format in ("svg", "png", "pdf"):
        assert rendered(build(hidden=5).draw(), format).startswith(BEGINS[format])


def test_a_pdf_has_wires_over_clusters_and_under_nodes(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with mg.blocks.block("outer"), mg.blocks.block("inner"):
        circuit = mg.Graph(y=np.tanh(mg.Input("x", ()))).draw()
    drawn = in_order(json.loads(_run(_program(), circuit.source, "json")))
    kinds = ["wire" if "tail" in part else "cluster" if part["name"].startswith("cluster") else "node" for part in drawn[1:]]
    assert kinds == sorted(kinds, key=("cluster", "wire", "node").index)
    assert [part["name"] for part in drawn[1:3]] == ["cluster_block-outer", "cluster_block-outer.inner"]
