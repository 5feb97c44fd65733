"""What the command line says where a label or the rows are not what was meant: the remedy that it names works as printed."""

import shlex
import sys
from pathlib import Path

import pytest

from minigraph.cli import main

MODELS = Path(__file__).parent.parent / "models"
QUICK = ["--epochs", "1", "--no-pictures"]


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def bikes():
    """A table with prices, kinds of defects, and a column that is neither, with blanks, behind them."""
    rows = [f"{900 + 7 * i},{i % 90 + 10} €;{i % 4};{'ja' if i % 3 else 'nein'};{('gut', 'alt', '')[i % 3]}" for i in range(80)]
    Path("bikes.csv").write_text("\n".join(["Preis;Alter;Defekt;Zustand", *rows]), encoding="utf-8")


def out_of(capsys, *arguments, code=0):
    capsys.readouterr()
    assert main(list(map(str, arguments))) == code
    return capsys.readouterr()


@pytest.mark.parametrize(("task", "label"), [("classification", "Preis"), ("regression", "Defekt")])
def test_a_label_of_the_other_kind_is_refused_with_a_command_that_helps(task, label, capsys):
    bikes()
    out_of(capsys, "new", "wrong.py", "--task", task)
    rows = ["--data", "bikes.csv", "--label", label]
    refused = out_of(capsys, "train", "wrong.py", *rows, code=2).err.splitlines()
    (command,) = [line.strip() for line in refused if line.startswith("  minigraph new")]
    assert f"({label})" in refused[0] and "--label" not in "".join(refused)
    assert main(shlex.split(command)[1:]) == 0
    assert f"{label} " in out_of(capsys, "train", "mymodel.py", *rows, *QUICK).out


def test_a_label_that_nobody_named_is_told_where_it_is_taken_and_where_it_is_refused(capsys):
    bikes()
    train = ["train", MODELS / "mlp.py", "--data", "bikes.csv", "--out", "run", "--overwrite", *QUICK]
    assert "label because it is the last (--label takes another), 2 classes: alt and gut" in out_of(capsys, *train).out
    assert "the last" not in out_of(capsys, *train, "--label", "Zustand").out
    out_of(capsys, "new", "values.py", "--task", "regression")
    refused = out_of(capsys, "train", "values.py", "--data", "bikes.csv", code=2).err
    assert "'Zustand' is taken for the label because it is the last column" in refused and "--label" in refused


@pytest.mark.parametrize("asked", ["--label Defekt", "--drop Alter --missing error", "--image-size 28"])
def test_what_is_asked_of_rows_that_nobody_gave_is_refused(asked, capsys):
    refused = out_of(capsys, "train", MODELS / "mlp.py", *asked.split(), code=2).err
    assert "there is no --data" in refused and all(word in refused for word in asked.split())


def test_a_training_that_was_given_no_rows_says_of_which_it_is(capsys):
    train = ["train", MODELS / "two_layer.py", "--out", "run", *QUICK]
    assert "Without --data it trains on an example, moons: 200 rows for training" in out_of(capsys, *train).err
    assert "Without" not in out_of(capsys, *train, "--data", "moons", "--overwrite").err


@pytest.mark.parametrize("options", [[], ["--label", "Defekt"]], ids=["a table", "a label"])
def test_a_model_of_texts_says_that_it_takes_no_table(options, capsys):
    bikes()
    refused = out_of(capsys, "train", MODELS / "gpt.py", "--data", "bikes.csv", *options, code=2).err
    assert "the characters of a text (.txt)" in refused and "\n  minigraph new mymodel.py\n" in refused
