"""The measurements work; what they measure is told by running them, as each says at its top."""

import gc

import numpy as np
import pytest

from tests.performance import chain, overhead, peers, startup, tables
from tests.performance.dirty_tables import MAKERS


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


SMALL = {
    "churn": {"rows": 3000},
    "houses": {"rows": 300},
    "sensors": {"rows": 120, "steps": 6},
    "texts": {"rows": 200},
    "expression": {"rows": 60, "genes": 40},
}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("kind", MAKERS)
def test_a_dirty_table_becomes_predictions_by_python(kind):
    made = MAKERS[kind](**SMALL[kind])
    (figures,) = tables.contest(made, 0, ["Python"]).values()
    assert 0.6 < figures["score"] <= 1 and figures["lines"] <= 10


@pytest.mark.slow
def test_the_commands_predict_as_the_lines_of_python_do(monkeypatch):
    monkeypatch.setattr(tables, "COMMANDS", tables.COMMANDS.replace("--overwrite", "--overwrite --no-pictures"))
    figures = tables.contest(MAKERS["houses"](rows=300), 1, ["commands", "Python"])
    assert figures["commands"]["lines"] == 2
    assert figures["commands"]["score"] == pytest.approx(figures["Python"]["score"], abs=1e-6)
    assert tables.table({"houses": [figures, figures]}).count("| houses |") == 2


def test_the_dirt_of_the_tables_is_in_them():
    churn = MAKERS["churn"](rows=50_000)
    assert np.mean(np.array(churn.columns["churned"]) == "yes") == pytest.approx(0.026, abs=0.002)
    assert all("" in churn.columns[name] for name in ("age", "signup", "plan")) and churn.columns["zip"][0].startswith("0")
    assert list(churn.columns).index("churned") == 5
