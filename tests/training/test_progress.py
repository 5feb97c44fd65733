"""What a person sees while a model trains."""

import io
import os
import pty
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from rich.console import Console

import minigraph as mg
from minigraph.training.data import moons
from minigraph.training.loop.progress import progress_bar
from models.two_layer import build

FIGURES = ["loss 0.04000", "accuracy 50.0%, validation 25.0%"]
CODES = re.compile(r"\x1b\[[^A-Za-z]*[A-Za-z]")


def shown_by(console, epochs=25):
    with progress_bar(epochs, console) as bar:
        for epoch in range(1, epochs + 1):
            bar.show(epoch, {"loss": 1 / epoch, "accuracy": 0.5, "validation loss": 2.0, "validation accuracy": 0.25})
    return console.file.getvalue()


def test_a_pipe_gets_ten_lines_without_control_codes():
    text = shown_by(Console(file=io.StringIO(), width=20))
    assert "\x1b" not in text and "\r" not in text
    lines = text.splitlines()
    assert len(lines) == 10
    assert lines[-1] == "epoch 25/25  loss 0.04000  accuracy 50.0%, validation 25.0%"


def test_a_short_run_in_a_pipe_gets_a_line_an_epoch():
    assert len(shown_by(Console(file=io.StringIO()), epochs=3).splitlines()) == 3


@pytest.mark.parametrize("width", [120, 80, 60, 40])
def test_a_terminal_of_any_width_shows_a_bar_and_all_figures_whole(width):
    text = shown_by(Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None))
    bar, *below = CODES.sub("", text[text.rindex("epoch") :]).split("\n")
    assert re.fullmatch(r"epoch 25/25 ━+ in 0:00 *(loss 0.04000  accuracy 50.0%, validation 25.0%)? *", bar)
    assert all(len(line) <= width for line in (bar, *below))
    assert [*filter(None, map(str.strip, below))] == {40: FIGURES, 60: ["  ".join(FIGURES)]}.get(width, [])


@pytest.mark.parametrize("columns", [40, 120])
def test_a_terminal_shows_the_time_that_is_left_and_then_what_it_took(columns, monkeypatch):
    now = iter([0.0, *[30.0] * 100])
    monkeypatch.setattr("minigraph.training.loop.progress.time.monotonic", lambda: next(now))
    console = Console(file=io.StringIO(), width=columns, force_terminal=True, color_system=None)
    with progress_bar(400, console) as bar:
        bar.within(100, 0)  # resumed there
        bar.show(101, {"loss": 1.0})
        bar._live.refresh()
    shown = CODES.sub("", console.file.getvalue())
    assert "2:29:30 left" in shown
    assert "in 0:30" in shown[shown.rindex("epoch") :]


def test_the_validation_loss_stands_beside_a_loss_that_has_nothing_else_to_be_measured_by():
    console = Console(file=io.StringIO())
    with progress_bar(1, console) as bar:
        bar.show(1, {"loss": 0.5, "validation loss": 0.75})
    assert console.file.getvalue() == "epoch 1/1  loss 0.5000, validation 0.7500\n"


def test_a_terminal_also_shows_how_far_an_epoch_is():
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    with progress_bar(20, console) as bar:
        bar.show(2, {"loss": 1.0})
        bar.within(2, 0.44)
    text = CODES.sub("", console.file.getvalue())
    assert text[text.rindex("epoch") :].split()[:2] == ["epoch", "2.4/20"]


TRAINING = """
import minigraph as mg
w = mg.Parameter("w", 1.0)
mg.train(mg.Graph(loss=w * w * mg.Input("x", ("N",)).mean()), {"x": [1.0]}, optimizer=mg.SGD(0.1), epochs=40)
"""
PLAIN = {name: value for name, value in os.environ.items() if name not in ("CI", "TERM", "FORCE_COLOR", "TTY_COMPATIBLE")}


@pytest.mark.parametrize("asked", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_a_pipe_stays_a_pipe_where_colours_are_asked_for(asked):
    environment = {**PLAIN, asked: "1"}
    done = subprocess.run([sys.executable, "-c", TRAINING], env=environment, stderr=subprocess.PIPE, text=True, check=True)
    assert len(done.stderr.splitlines()) == 10 and "\x1b" not in done.stderr and "\r" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "redrawn"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "CI": "true"}, False), ({"TERM": "dumb"}, False)],
)
def test_only_a_terminal_that_can_redraw_gets_a_bar(environment, redrawn):
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", TRAINING], env={**PLAIN, **environment}, stderr=theirs, check=True)
    os.close(theirs)
    text = ""
    while part := _read(ours):
        text += part
    os.close(ours)
    assert ("\x1b" in text) == redrawn
    assert redrawn or len(text.splitlines()) == 10


def _read(terminal):
    try:
        return os.read(terminal, 65536).decode()
    except OSError:  # Linux: everything that was written has been read
        return ""


def test_a_notebook_gets_one_output_that_is_replaced(monkeypatch):
    sent = []
    display = SimpleNamespace(
        display=lambda bundle, raw, display_id: sent.append(("new", bundle, display_id)),
        update_display=lambda bundle, raw, display_id: sent.append(("again", bundle, display_id)),
    )
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    with progress_bar(2, Console(file=io.StringIO(), force_jupyter=True)) as bar:
        bar.show(1, {"loss": 1.0, "a < b": 0.5})
        bar.show(2, {"loss": 0.5, "a < b": 0.5})
    assert [kind for kind, _, _ in sent][:2] == ["new", "again"] and len({place for _, _, place in sent}) == 1
    assert sent[-1][1] == {
        "text/plain": "epoch 2/2  in 0:00  loss 0.5000  a < b 0.5000",
        "text/html": '<progress value="2" max="2"></progress> epoch 2/2  in 0:00  loss 0.5000  a &lt; b 0.5000',
    }


def test_a_notebook_shows_the_time_that_is_left(monkeypatch):
    sent = []
    display = SimpleNamespace(
        display=lambda bundle, raw, display_id: None,
        update_display=lambda bundle, raw, display_id: sent.append(bundle["text/plain"]),
    )
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    with progress_bar(40, Console(file=io.StringIO(), force_jupyter=True)) as bar:
        bar.within(0, 0)
        bar._began -= 10
        bar._sent = 0.0
        bar.show(10, {"loss": 1.0})
    assert sent[-2:] == ["epoch 10/40  0:30 left  loss 1.000", "epoch 10/40  in 0:10  loss 1.000"]


def test_training_shows_its_progress_on_standard_error_and_only_when_asked(capsys):
    for progress, lines in ((True, 2), (False, 0)):
        mg.train(build(hidden=2), moons(8), optimizer=mg.SGD(0.1), epochs=2, progress=progress)
        captured = capsys.readouterr()
        assert captured.out == "" and len(captured.err.splitlines()) == lines
