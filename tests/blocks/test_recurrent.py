"""Recurrent layers beside PyTorch's: initial states, lengths, directions; of 5, 200 and any number of places."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks
from tests.blocks.recurrent_cases import CASES, arrays, composed

ANSWERS = np.load(Path(__file__).parent.parent / "oracles" / "recurrent.npz")


@pytest.mark.parametrize("named", [False, True], ids=["known", "named"])
@pytest.mark.parametrize("case", CASES)
def test_values_gradients_and_second_derivatives_are_pytorchs(case, named):
    given, own = arrays(case)
    graph = composed(case, "T" if named else CASES[case][2])
    for name, parameter in graph.parameters.items():
        parameter.value = own[name]
    answers = {name: ANSWERS[f"{case}/{name}"] for name in graph.outputs}
    for found in (graph.forward(**given), mg.compile(graph)(**given)):
        for name, expected in answers.items():
            np.testing.assert_allclose(found[name], expected, rtol=1e-8, atol=1e-10 * np.abs(expected).max(), err_msg=name)


def test_a_graph_does_not_grow_with_the_length():
    assert len(composed("lstm_long", 200).nodes) == len(composed("lstm_long", 5).nodes)


def test_one_layer_takes_sequences_of_any_length():
    states, last = blocks.gru(mg.Input("x", ("N", "T", 2)), 3, rng=np.random.default_rng(0), direction="bidirectional")
    step = mg.compile(mg.Graph(states=states, last=last))
    x = np.random.default_rng(0).normal(size=(2, 7, 2))
    whole = step(x=x)
    assert step(x=x[:, :0])["states"].shape == (2, 0, 6) and not step(x=x[:, :0])["last"].any()
    np.testing.assert_allclose(step(x=x[:, :4])["states"][..., :3], whole["states"][:, :4, :3], rtol=1e-5)


@pytest.mark.parametrize("block", [blocks.rnn, blocks.gru, blocks.lstm], ids=lambda block: block.__name__)
def test_a_state_or_lengths_that_do_not_fit_are_refused(block):
    x, rng = mg.Input("x", ("N", 4, 2)), np.random.default_rng(0)
    wrong = mg.Input("h", ("N", 4))
    with pytest.raises(mg.ShapeError, match=r"initial states .* N × 3, float32, not h \(N × 4\)"):
        block(x, 3, rng=rng, initial=(wrong, wrong) if block is blocks.lstm else wrong)
    with pytest.raises(mg.ShapeError, match="N × 6, float32"):
        good = mg.Input("h", ("N", 3))
        block(x, 3, rng=rng, direction="bidirectional", initial=(good, good) if block is blocks.lstm else good)
    with pytest.raises(mg.ShapeError, match="first axis"):
        block(x, 3, rng=rng, lengths=mg.Input("lengths", ("M",), dtype=np.int64))
    with pytest.raises(mg.ShapeError, match="N × T × features"):
        block(wrong, 3, rng=rng)


def test_an_lstm_takes_two_states():
    h = mg.Input("h", ("N", 3))
    for initial in (h, (h,)):
        with pytest.raises(mg.ShapeError, match=r"initial states \(h, c\)"):
            blocks.lstm(mg.Input("x", ("N", 4, 2)), 3, rng=np.random.default_rng(0), initial=initial)
