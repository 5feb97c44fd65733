"""`minigraph draw`: how deep blocks are opened, and paths."""

import pytest

from minigraph.cli import main
from tests.explain.test_circuit import ROOT

GPT, TWO_LAYER = str(ROOT / "models/gpt.py"), str(ROOT / "models/two_layer.py")


def drawn(tmp_path, *arguments: str) -> str:
    file = tmp_path / "circuit.dot"
    assert not main(["draw", *arguments, "--out", str(file)])
    return file.read_text()


def test_blocks_are_opened_as_deep_as_asked(tmp_path, capsys):
    closed, whole = drawn(tmp_path, GPT, "--depth", "0"), drawn(tmp_path, GPT, "--depth", "all")
    assert '"block-layer1" [' in closed and "× 2" in closed
    assert whole.count("softmax>") == 3 and "× 2" not in whole
    assert drawn(tmp_path, GPT) == drawn(tmp_path, GPT, "--depth", "2")


def test_a_path_stands_out(tmp_path, capsys):
    assert "penwidth=2.4" in drawn(tmp_path, TWO_LAYER, "--path", "W1", "loss")


@pytest.mark.parametrize("depth", ["-1", "two", "1.5", "fit"])
def test_another_depth_is_refused(depth, capsys, wording):
    assert main(["draw", TWO_LAYER, "--depth", depth]) == 2
    wording(capsys.readouterr().err)
