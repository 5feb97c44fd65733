"""Schedules of the learning rate, read with numbers and as nodes."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.optim.schedules import cosine, one_cycle, plateau, step_decay, tabulated, warm_up

SCHEDULES = {
    "a table": tabulated(lambda step: 1 / (1 + step), steps=5),
    "cosine": cosine(0.1, steps=7, end=0.02),
    "step decay": step_decay(0.3, every=3, factor=0.5),
    "warm-up": warm_up(0.2, steps=4),
    "warm-up and then cosine": warm_up(cosine(0.2, steps=5), steps=3),
    "one cycle": one_cycle(0.2, steps=9),
    "plateau": plateau(0.2),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_gives_the_same_rates_for_numbers_and_in_a_step(name):
    w = mg.Parameter("w", 0.0, np.float64)
    loss = -1.0 * w  # each step adds the learning rate
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(SCHEDULES[name]).minimize(loss))
    rates = []
    for _ in range(12):
        before = float(w.value)
        step()
        rates.append(float(w.value) - before)
    assert rates == pytest.approx([float(SCHEDULES[name](number)) for number in range(12)], abs=1e-15)
    assert len(set(rates)) > 2 or name == "plateau"


def test_the_schedule_after_a_warm_up_begins_at_its_own_start():
    rate = warm_up(cosine(0.2, steps=5), steps=3)
    assert [float(rate(step)) for step in (2, 3, 8, 9)] == pytest.approx([0.2, 0.2, 0, 0])


def test_the_rate_falls_when_a_figure_has_not_improved_for_longer_than_the_patience():
    schedule = plateau(0.1, factor=0.5, patience=2)
    figures = [3, 2, 2, 2.5, 2, 2, 2, 2, 1]
    assert [schedule.scale_after(figures[:n]) for n in range(10)] == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert plateau(0.1, patience=0, larger=True).scale_after([0.5, 0.6, 0.6]) == 0.1


def test_the_rate_falls_on_plateaus_as_pytorchs_does():
    with np.load(Path(__file__).parent.parent / "oracles" / "optimizers.npz") as stored:
        figures, rates = stored["plateau: figures"], stored["plateau: rates"]
    schedule = plateau(0.1, factor=0.5, patience=2)
    found = [0.1 * schedule.scale_after(figures[:epoch]) for epoch in range(1, len(figures) + 1)]
    assert found == pytest.approx(list(rates)) and len(set(rates)) > 5


MISTAKES = {
    "no rate": lambda: cosine(0, 10),
    "no steps": lambda: cosine(0.1, 0),
    "a factor above 1": lambda: plateau(0.1, factor=2),
    "a rate below 0": lambda: tabulated(lambda step: 1 - step, 3),
    "a warm-up to text": lambda: warm_up("0.1", 5),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_where_it_is_made(name, wording):
    with pytest.raises(mg.GraphError) as caught:
        MISTAKES[name]()
    wording(caught.value)


@pytest.mark.parametrize(
    "schedule",
    [SCHEDULES[name] for name in SCHEDULES if name != "a table"],
    ids=[name for name in SCHEDULES if name != "a table"],
)
def test_a_schedule_is_pickled_with_its_optimizer(schedule):
    """So a search that varies optimizers can be stored, and its trainings run in processes of their own."""
    histories = []
    for optimizer in (mg.SGD(schedule), pickle.loads(pickle.dumps(mg.SGD(schedule))), copy.deepcopy(mg.SGD(schedule))):
        x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
        graph, rows = mg.Graph(loss=((x - w) ** 2).mean()), {"x": [1.0, 3.0]}
        histories.append(mg.train(graph, rows, optimizer=optimizer, epochs=12, validation=rows, progress=False)["loss"])
    assert histories[0] == histories[1] == histories[2] and len(set(histories[0])) > 2
