"""The circuit of the article's model: its wires, its bytes, its files."""

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build


def test_the_local_derivatives_stand_on_the_wires():
    source = build().draw(derivatives=True).source
    for derivative in ("□ ⊙ (1 − a1²)", "□ · W2ᵀ", "a1ᵀ · □", "xᵀ · □", "Σ □", "(softmax(z2) − onehot(y))"):
        assert derivative in source


def test_the_same_graph_gives_the_same_bytes():
    assert build().draw(derivatives=True).source == build().draw(derivatives=True).source


def test_hostile_names_are_escaped(tmp_path):
    x = mg.Input('<b>"α"\n\\', ("N",))
    source = mg.Graph(x * 2, names={}).draw(tmp_path / "odd.svg").source
    assert "&lt;b&gt;&quot;α&quot;<br/>" in source
    assert "α" in (tmp_path / "odd.svg").read_text()


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "dot"])
def test_a_run_is_written_in_every_format(tmp_path, suffix):
    run = build(hidden=5).forward(x=np.ones((3, 2)), y=[0, 1, 1])
    run.draw(tmp_path / f"run.{suffix}")
    assert (tmp_path / f"run.{suffix}").stat().st_size > 1000


def test_an_unknown_format_is_refused():
    with pytest.raises(mg.FormatError) as error:
        build().draw("fig.jpeg2")
    assert str(error.value).startswith("A circuit cannot be written as 'fig.jpeg2': the suffix must be one of .svg, .png, .pdf or .dot.")
