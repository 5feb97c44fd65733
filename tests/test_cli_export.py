"""`minigraph export`: the model of a file, or of a training's folder, as an ONNX file."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import minigraph as mg
from minigraph.cli import main

MODEL = str(Path(__file__).parent.parent / "models" / "two_layer.py")
OTHER = """
import numpy as np
import minigraph as mg

def build():
    user, item = (mg.Input(name, ("N",), dtype=np.int64) for name in ("user", "item"))
    table = mg.Parameter("table", np.eye(3))
    return mg.Graph(score=(np.take(table, user, axis=0) * np.take(table, item, axis=0)).sum(axis=1))
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def test_what_a_model_predicts_is_written(capsys):
    assert main(["export", MODEL, "model.onnx"]) == 0
    assert capsys.readouterr().out == "Written to model.onnx: takes x (N × 2), gives probabilities (N × 2)\n"
    graph = mg.from_onnx("model.onnx")
    assert (list(graph.inputs), list(graph.outputs)) == (["x"], ["probabilities"])


def test_other_outputs_and_operator_sets_can_be_asked_for(capsys):
    assert main(["export", MODEL, "model.onnx", "--output", "loss", "--output", "z2", "--opset", "19"]) == 0
    assert "takes x (N × 2) and y (N), gives loss (scalar) and z2 (N × 2)" in capsys.readouterr().out
    assert onnx.load("model.onnx").opset_import[0].version == 19


def test_a_model_that_predicts_no_rows_of_x_is_written_whole(capsys):
    Path("other.py").write_text(OTHER)
    assert main(["export", "other.py", "model.onnx"]) == 0
    assert "takes user (N) and item (N), gives score (N)" in capsys.readouterr().out


def test_a_training_is_written_with_its_parameters_and_what_standardises_its_rows(capsys):
    assert main(["train", MODEL, "--epochs", "2", "--out", "run", "--standardize"]) == 0
    assert main(["export", "run", "model.onnx"]) == 0
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.savetxt("rows.csv", x, delimiter=",", header="x1,x2", comments="")
    assert main(["predict", "run", "rows.csv", "-o", "predicted.csv"]) == 0
    predicted = np.genfromtxt("predicted.csv", delimiter=",", skip_header=1)[:, -2:]
    found = mg.from_onnx("model.onnx").forward(x=x)["probabilities"]
    np.testing.assert_allclose(found, predicted, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([MODEL, "."], ". is a folder"),
        ([MODEL, "model.onnx", "--output", "z3"], "no node named 'z3'"),
        ([MODEL, "model.onnx", "--opset", "3"], "from 18 to"),
        (["nowhere", "model.onnx"], "nowhere"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_a_line(arguments, words, capsys, tmp_path):
    assert main(["export", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not Path("model.onnx").exists()


def test_a_model_named_as_a_training_without_one_says_so(capsys):
    assert main(["train", MODEL, "--epochs", "1", "--out", "run"]) == 0
    for file in Path("run").glob("*.safetensors"):
        file.unlink()
    assert main(["export", "run", "model.onnx"]) == 2
    assert "holds no parameters yet" in capsys.readouterr().err
