"""`minigraph check` also tells what the lints find in a model."""

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
