"""The measurements work; what they measure is told by running them, as each says at its top."""

import gc

import numpy as np
import pytest

from tests.performance import chain, overhead, peers, startup


def test_both_sides_of_the_overhead_compute_the_same():
    by_hand, plain = overhead.cases(rows=3)
    for found, expected in zip(plain(), by_hand(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert all(microseconds > 0 for microseconds in overhead.measure(by_hand, plain, rounds=1, calls=1))


def test_the_table_of_the_chain_has_a_line_for_each_phase():
    gc.freeze()  # the table collects garbage often, and what the other tests hold is none
    for compose in (chain.tanh_chain, chain.fan):
        lines = chain.table(compose, 20, 40, repeats=1)
        assert [line.split("  ")[0] for line in lines][-2:] == ["differentiated numerically", "differentiated symbolically"]
    gc.unfreeze()


@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_the_contestants_that_need_numpy_alone_train_alike(kind):
    layers, X, Y = peers.drawn([3, 5, 4, 2], 20)
    steps = [
        contestant([(W.copy(), b.copy()) for W, b in layers], X, Y, kind)
        for contestant in (peers.by_hand, peers.planned, peers.plain, peers.compiled)
    ]
    losses = [[float(step()) for _ in range(5)] for step in steps]
    np.testing.assert_allclose(losses, [losses[0]] * 4, rtol=1e-5)


def test_starting_is_measured_beside_numpy():
    assert list(startup.measured(rounds=1)) == ["import numpy", "import minigraph", "minigraph --help"]
