"""The steps as a table in a terminal, wide, narrow and in a pipe."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

import minigraph as mg
from minigraph.cli import main
from minigraph.explain.page.terminal import steps_table
from minigraph.training.runs.building import load_model
from models.two_layer import build

MODEL = "models/two_layer.py"


def printed(run, width):
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(steps_table(run, width=width))
    return stream.getvalue()


@pytest.fixture(scope="module")
def run():
    return build(hidden=4).forward(x=np.linspace(-1, 1, 6).reshape(3, 2), y=[0, 1, 1])


def test_a_wide_table_has_a_step_a_row(run):
    text = printed(run, 80)
    assert re.search(r"^ 3 a1 +=  ?tanh\(z1\) +3 × 4: ", text, re.MULTILINE)
    assert re.search(r"^14 ∂loss/∂z1 += ∂loss/∂a1 ⊙ \(1 − a1²\) +3 × 4: ", text, re.MULTILINE)
    assert re.search(r"at \[\d, \d\]: \S+ × \S+ = ", text)
    assert [text.index(phase) for phase in ("Given", "Forward", "Backward")] == sorted(
        text.index(phase) for phase in ("Given", "Forward", "Backward")
    )


def test_a_narrow_one_has_its_parts_below_one_another(run):
    text = printed(run, 40)
    assert re.search(r"^14 ∂loss/∂z1 *\n   = ∂loss/∂a1 ⊙ \(1 − a1²\) *\n   at \[", text, re.MULTILINE)


@pytest.mark.parametrize("width", [80, 40, 20])
def test_no_line_is_wider_than_the_terminal(run, width):
    assert max(map(len, printed(run, width).splitlines())) <= width


def test_names_do_not_steer_the_terminal():
    x = mg.Input("\x1b[31mred\n[bold]", ())
    text = printed(mg.Graph(y=mg.Tanh(x)).forward(**{"\x1b[31mred\n[bold]": 1.0}), 80)
    assert "\x1b" not in text
    assert r"\x1b[31mred\n[bold]" in text


def test_a_first_output_that_is_no_scalar_ends_with_the_forward_pass():
    text = printed(mg.Graph(y=mg.Tanh(mg.Input("x", ("N",)))).forward(x=[1.0, 2.0]), 80)
    assert "Forward" in text and "Backward" not in text


def test_the_command_prints_the_steps_without_control_codes(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["explain", MODEL, "--text", "--rows", "3"]) == 0
    text = capsys.readouterr().out
    assert "∂loss/∂z1" in text and "3 × 500" in text and "\x1b" not in text


def test_the_command_writes_the_page_with_a_slider_of_parameters(tmp_path, capsys):
    graph = load_model(MODEL)
    files = [str(tmp_path / f"{i}.safetensors") for i in (1, 2)]
    for file in files:
        graph.save(file)
    page = tmp_path / "page.html"
    assert main(["explain", MODEL, "--out", str(page), "--parameters", files[0], "--parameters", files[1]]) == 0
    assert capsys.readouterr().out == f"Written to {page}\n"
    assert page.read_text().count('"label":') == 2


def test_a_model_that_moons_do_not_fit_runs_on_rows_drawn_by_chance(tmp_path, capsys):
    model = tmp_path / "mine.py"
    model.write_text("import minigraph as mg\ndef build():\n    return mg.Graph(y=mg.ReduceSum(mg.Input('x', ('N', 3))))\n")
    assert main(["explain", str(model), "--text", "--rows", "7"]) == 0
    assert "7 × 3" in capsys.readouterr().out


def test_text_and_a_file_are_two_wishes(capsys, wording):
    assert main(["explain", MODEL, "--text", "--out", "page.html"]) == 2
    wording(capsys.readouterr().err)


def test_the_command_derives_a_gradient_in_numbers(tmp_path, capsys):
    assert main(["explain", MODEL, "--derive", "W1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("The gradient of loss with respect to W1\n") and "by finite differences" in text
    file = tmp_path / "W1.tex"
    assert main(["explain", MODEL, "--derive", "W1", "--out", str(file)]) == 0
    assert capsys.readouterr().out == f"Written to {file}\n"
    assert file.read_text().startswith("\\documentclass")


def test_a_derivation_of_what_is_not_there_is_refused(tmp_path, capsys, wording):
    assert main(["explain", MODEL, "--derive", "W9"]) == 2
    wording(capsys.readouterr().err)
    assert main(["explain", MODEL, "--derive", "W1", "--out", str(tmp_path / "W1.pdf")]) == 2
    wording(capsys.readouterr().err)
    assert main(["explain", MODEL, "--derive", "W1", "--text"]) == 2
    wording(capsys.readouterr().err)
