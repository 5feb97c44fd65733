"""`minigraph check` also tells what the lints find in a model; `minigraph train` says in one line that there is something."""

from pathlib import Path

import pytest

from minigraph.cli import main

LOG_OF_SOFTMAX = """import numpy as np
import minigraph as mg


def build():
    z = mg.Input("z", ("N", 3))
    p = mg.Softmax(z)
    return mg.Graph(loss=-np.log(p).mean(), names=locals())
"""


def test_what_the_lints_find_is_told_before_the_verdict(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(LOG_OF_SOFTMAX)
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.endswith(
        "\nLog (N × 3), made at mine.py:8: log-of-softmax\n"
        "  A softmax is 0 where a score lies far below the largest, and the logarithm of 0 is −∞.\n"
        "  mg.LogSoftmax(z) is finite for every score.\n"
        "\nEvery rule is right.\n"
    )


def test_a_clean_model_is_told_nothing(capsys):
    assert main(["check", "models/two_layer.py"]) == 0
    assert "made at" not in capsys.readouterr().out


DOUBLED = """import numpy as np
import minigraph as mg


def build():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    W, V = mg.Parameter("W", np.eye(2)), mg.Parameter("V", np.eye(2))
    z = mg.Dropout(x @ W @ V, mg.RandomState(0))
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z), names=locals())
"""


def test_train_says_in_one_line_what_check_explains(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(DOUBLED)
    train = ["train", "mine.py", "--data", "moons", "--out", "run"]
    assert main([*train, "--epochs", "1"]) == 0
    line, *_ = capsys.readouterr().err.splitlines()
    assert (
        line == "Likely mistakes: linear-layers at mine.py:8 and dropout-on-scores at mine.py:9. Why: minigraph check mine.py"
    )
    assert main([*train, "--epochs", "2", "--resume"]) == 0
    assert "Likely" not in capsys.readouterr().err


@pytest.mark.parametrize("columns", [110, 90, 60])
def test_that_line_is_as_long_as_a_terminal_is_wide(tmp_path, capsys, monkeypatch, columns):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    Path("mine.py").write_text(DOUBLED)
    main(["train", "mine.py", "--data", "moons", "--out", "run", "--epochs", "1"])
    line, *_ = capsys.readouterr().err.splitlines()
    assert line.startswith("Likely mistakes: ") and line.endswith(". Why: minigraph check mine.py")
    assert len(line) <= columns


def test_train_says_nothing_of_a_clean_model(tmp_path, capsys):
    assert main(["train", "models/two_layer.py", "--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    assert "Likely" not in capsys.readouterr().err
