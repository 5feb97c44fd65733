"""Callbacks of a trainer, evaluation, averages of the weights, and Ctrl-C."""

import json
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest

import minigraph as mg
from minigraph.interop import files
from minigraph.training.data import moons
from models.two_layer import build


def line_fit():
    """The mean square of x·w − y, for one weight w that starts at 0."""
    x, y = mg.Input("x", ("N",), np.float64), mg.Input("y", ("N",), np.float64)
    w = mg.Parameter("w", 0.0, np.float64)
    return mg.Graph(loss=((x * w - y) ** 2).mean(), names=locals())


ROWS = {"x": np.array([1.0, 2.0, 3.0]), "y": np.array([2.0, 4.0, 6.0])}


def trainer_of(graph=None, data=ROWS, **options):
    return mg.Trainer(graph or line_fit(), data, **{"optimizer": mg.SGD(0.01)} | options)


class Calls(mg.Callback):
    """Every hook that was called, with where the run was."""

    def __init__(self):
        self.seen = []

    def on_train_begin(self, trainer):
        self.seen.append(("on_train_begin", trainer.epoch, trainer.step))

    def on_step_end(self, trainer):
        self.seen.append(("on_step_end", trainer.epoch, trainer.step))

    def on_epoch_end(self, trainer):
        self.seen.append(("on_epoch_end", trainer.epoch, trainer.step))

    def on_train_end(self, trainer):
        self.seen.append(("on_train_end", trainer.epoch, trainer.step))

    def on_exit(self, trainer):
        self.seen.append(("on_exit", trainer.epoch, trainer.step))


def test_a_callback_is_called_at_each_stage_of_a_run():
    calls = Calls()
    trainer_of(batch_size=2, callbacks=[calls]).run(1)
    assert calls.seen == [
        ("on_train_begin", 0, 0),
        ("on_step_end", 0, 1),
        ("on_step_end", 0, 2),
        ("on_epoch_end", 1, 0),
        ("on_train_end", 1, 0),
        ("on_exit", 1, 0),
    ]


def test_a_run_that_fails_is_closed_and_not_ended():
    calls = Calls()
    with pytest.raises(mg.NonFiniteError):
        trainer_of(optimizer=mg.SGD(1e308), callbacks=[calls]).run(3)
    assert [stage for stage, *_ in calls.seen] == ["on_train_begin", "on_exit"]


def test_a_trainer_that_is_run_further_equals_one_that_ran_at_once():
    at_once, in_parts = (trainer_of(build(hidden=4), moons(20), batch_size=8, optimizer=mg.Adam(0.1)) for _ in range(2))
    for epochs in (1, 3, 4):
        in_parts.run(epochs)
    assert dict(at_once.run(4)) == dict(in_parts.history)


class StopsAt(mg.Callback):
    def __init__(self, epoch, step):
        self.at = epoch, step

    def on_step_end(self, trainer):
        if (trainer.epoch, trainer.step) == self.at:
            trainer.stop("asked to")


def test_a_run_that_was_stopped_within_an_epoch_goes_on_there():
    at_once = trainer_of(build(hidden=4), moons(20), batch_size=4)
    stopped = trainer_of(build(hidden=4), moons(20), batch_size=4, callbacks=[StopsAt(1, 2)])
    history = stopped.run(3)
    assert (history.epochs, history.stopped, stopped.step) == (1, "asked to", 2)
    assert dict(stopped.run(3)) == dict(at_once.run(3))
    assert history.stopped == ""


class PressesCtrlC(mg.Callback):
    def __init__(self, times=1):
        self.times = times

    def on_step_end(self, trainer):
        if trainer.epoch == 1:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_the_run_after_the_step_and_gives_the_history_so_far():
    graph = build(hidden=4)
    history = mg.train(
        graph, moons(20), optimizer=mg.SGD(0.1), epochs=9, batch_size=4, progress=False, callbacks=[PressesCtrlC()]
    )
    assert (history.epochs, history.stopped) == (1, "Ctrl-C")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt):
        trainer_of(callbacks=[PressesCtrlC(times=2)]).run(9)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_programs_own_handler_of_ctrl_c_is_left_alone():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        history = trainer_of(callbacks=[PressesCtrlC()]).run(2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [True] and history.epochs == 2


def test_early_stopping_ends_the_run_when_a_figure_gets_no_better():
    stopping = mg.EarlyStopping(patience=2)
    trainer = trainer_of(optimizer=mg.SGD(0.02), validation=AWAY, callbacks=[stopping])
    history = trainer.run(50)
    best = int(np.argmin(history["validation loss"])) + 1
    assert history.epochs == best + 2 < 50
    assert history.stopped == f"validation loss has not become smaller since epoch {best}"
    assert trainer.run(50).epochs == best + 2  # it has stopped, and stays so


AWAY = {"x": np.array([1.0]), "y": np.array([1.0])}  # the weight goes to 2, and passes 1 on the way


def stops_early(folder=None, graph=None, patience=3, **options):
    """A run that is stopped, with averages by which it is evaluated."""
    callbacks = [mg.EarlyStopping(patience=patience, **options)] + ([mg.Checkpoint(folder)] if folder else [])
    return trainer_of(graph, optimizer=mg.Adam(0.2, average=0.3), validation=AWAY, batch_size=2, callbacks=callbacks, test=AWAY)


def test_early_stopping_leaves_the_parameters_of_the_best_epoch():
    trainer = stops_early()
    history = trainer.run(50)
    assert trainer.evaluate(AWAY)["loss"] == min(history["validation loss"]) == history.test["loss"]
    assert min(history["validation loss"]) < history["validation loss"][-1]


def test_early_stopping_leaves_the_last_where_that_is_asked_for():
    trainer = stops_early(restore_best=False)
    history = trainer.run(50)
    assert trainer.evaluate(AWAY)["loss"] == history["validation loss"][-1]


@pytest.mark.parametrize("epochs", [50, 7])
def test_mg_train_leaves_the_best_also_where_the_epochs_run_out(epochs):
    graph = line_fit()
    options = {"optimizer": mg.SGD(0.02), "validation": AWAY, "progress": False}
    history = mg.train(graph, ROWS, epochs=epochs, callbacks=[mg.EarlyStopping(patience=4)], **options)
    assert (history.epochs < epochs) == (epochs == 50)
    assert float(graph.forward(**AWAY)["loss"]) == min(history["validation loss"]) < history["validation loss"][-1]


def everything(trainer):
    return {name: variable.value.tolist() for name, variable in trainer.variables.items()}, dict(trainer.history)


@pytest.mark.parametrize("epochs", [1, 3, 5, 6])
@pytest.mark.parametrize("step", [0, 1])
def test_a_run_that_restores_the_best_is_resumed_bit_by_bit(epochs, step, tmp_path):
    whole, first = stops_early(), stops_early(tmp_path)
    whole.run(50)
    first.callbacks = (*first.callbacks[:1], StopsAt(epochs, step), *first.callbacks[1:])
    first.run(epochs if not step else 50)
    second = stops_early(tmp_path)
    second.resume(tmp_path)
    second.run(50)
    assert everything(second) == everything(whole)
    first.callbacks = (first.callbacks[0],)
    first.run(50)
    assert everything(first) == everything(whole)


def test_a_run_that_had_stopped_goes_on_with_more_patience_as_if_it_had_not(tmp_path):
    whole, first, second = stops_early(patience=9), stops_early(tmp_path), stops_early(tmp_path, patience=9)
    whole.run(50)
    first.run(50)
    second.resume(tmp_path)
    second.run(50)
    assert first.epoch < second.epoch and everything(second) == everything(whole)


def test_a_variable_that_is_set_after_a_run_stays_as_it_was_set():
    trainer = stops_early()
    trainer.run(4)
    trainer.graph["w"].value = 7.0
    trainer.run(5)
    assert trainer.history["loss"][-1] > 10


def test_the_best_epoch_of_a_checkpoint_without_its_parameters_cannot_be_restored(tmp_path):
    stops_early(tmp_path, restore_best=False).run(50)
    trainer = stops_early()
    trainer.resume(tmp_path)
    with pytest.raises(mg.GraphError, match=r"restore_best=False"):
        trainer.run(50)


class GetsTerminated(mg.Callback):
    def on_step_end(self, trainer):
        if trainer.epoch == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_ends_the_run_after_the_step_saves_it_and_ends_the_program(tmp_path):
    options = {"optimizer": mg.SGD(0.1), "epochs": 9, "batch_size": 4, "progress": False, "checkpoint": tmp_path}
    with pytest.raises(SystemExit) as caught:
        mg.train(build(hidden=4), moons(20), callbacks=[GetsTerminated()], **options)
    assert caught.value.code == 143 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    trainer = mg.Trainer(build(hidden=4), moons(20), optimizer=mg.SGD(0.1), batch_size=4)
    trainer.resume(tmp_path)
    assert (trainer.epoch, trainer.step) == (1, 1)


def test_the_learning_rate_falls_on_a_plateau():
    schedule = mg.schedules.plateau(0.01, monitor="loss", factor=0.5, patience=0)
    data = {"x": np.array([0.0, 0.0]), "y": np.array([1.0, 1.0])}  # nothing can be learned
    trainer_of(data=data, optimizer=mg.SGD(schedule)).run(4)
    assert schedule.scale.value == 0.125


def test_a_plateau_of_an_unknown_figure_is_told(wording):
    with pytest.raises(mg.UnknownNameError) as caught:
        trainer_of(optimizer=mg.SGD(mg.schedules.plateau(0.01))).run(2)
    wording(caught.value)


@pytest.mark.parametrize("make", [mg.EarlyStopping, lambda: mg.Checkpoint("never made", best="validation loss")])
def test_a_callback_that_looks_at_an_unknown_figure_is_told_before_the_first_step(make, wording):
    callback = make()
    with pytest.raises(mg.UnknownNameError) as caught:
        trainer_of(callbacks=[callback]).run(2)
    wording(caught.value)


def test_statistics_of_gradients_and_nodes_are_kept_beside_the_figures():
    graph = build(hidden=4)
    trainer = trainer_of(graph, moons(20), callbacks=[mg.Statistics([graph["a1"]])])
    start = graph.forward(**moons(20))
    slopes = start.backward()
    statistics = trainer.run(2).statistics
    assert list(trainer.history) == ["loss", "accuracy"]
    for name in ("W1", "b1", "W2", "b2"):
        assert statistics[f"gradient norm of {name}"][0] == pytest.approx(np.linalg.norm(slopes[name]), rel=1e-5)
    assert statistics["mean of a1"][0] == pytest.approx(start["a1"].mean(), rel=1e-5)
    assert statistics["deviation of a1"][0] == pytest.approx(start["a1"].std(), rel=1e-5)
    assert {len(figures) for figures in statistics.values()} == {2}


def test_a_metric_of_sums_is_that_of_all_rows_and_not_the_mean_over_batches():
    graph, rows = build(hidden=4), moons(50)
    scores, labels = graph["z2"], graph["y"]
    measured = {"F1": mg.metrics.f1(scores, labels), "confusions": mg.metrics.confusion_matrix(scores, labels)}
    trainer = trainer_of(graph, rows, batch_size=7, validation=rows, metrics=measured)
    history = trainer.run(3)
    whole = graph.forward(**rows)
    chosen = whole["z2"].argmax(1)
    confusions = [[np.sum((rows["y"] == i) & (chosen == j)) for j in (0, 1)] for i in (0, 1)]
    assert np.array_equal(history["validation confusions"][-1], confusions)
    hits, both = np.diag(confusions), np.sum(confusions, 0) + np.sum(confusions, 1)
    assert history["validation F1"][-1] == pytest.approx((2 * hits / both).mean())
    assert repr(history).startswith("History of 3 epochs: loss ") and "confusions" not in repr(history)


def test_figures_that_are_arrays_are_left_out_of_progress_and_plots(tmp_path, capsys):
    graph = build(hidden=4)
    confusions = {"confusions": mg.metrics.confusion_matrix(graph["z2"], graph["y"])}
    history = mg.train(graph, moons(8), optimizer=mg.SGD(0.1), epochs=2, metrics=confusions)
    assert "loss" in capsys.readouterr().err
    assert history.plot(tmp_path / "curves.png").stat().st_size > 1000


def test_test_data_is_evaluated_once_at_the_end():
    graph, validation = build(hidden=4), moons(30, seed=1)
    history = mg.train(graph, moons(20), optimizer=mg.SGD(0.1), epochs=3, test=validation, progress=False)
    right = graph.forward(**validation)["probabilities"].argmax(axis=1) == validation["y"]
    assert history.test["accuracy"] == pytest.approx(right.mean(), rel=1e-6)


def test_averages_of_the_weights_are_used_for_validation_and_at_the_end():
    graph = line_fit()
    optimizer = mg.SGD(0.01, average=0.5)
    trainer = trainer_of(graph, optimizer=optimizer, validation=ROWS)
    raw = [0.0]
    average = 0.0
    for _ in range(3):
        trainer.run(trainer.epoch + 1)
        raw.append(float(graph["w"].value))
        average = 0.5 * average + 0.5 * raw[-1]
        loss = np.mean((ROWS["x"] * average - ROWS["y"]) ** 2)
        assert trainer.history["validation loss"][-1] == pytest.approx(loss)
        assert trainer.evaluate(ROWS)["loss"] == pytest.approx(loss)
    assert raw == sorted(set(raw))
    again = line_fit()
    mg.train(again, ROWS, optimizer=optimizer, epochs=3, progress=False)
    assert again["w"].value == pytest.approx(average)


def test_more_variables_can_be_updated_than_the_optimizer_does():
    graph = line_fit()
    steps, x = mg.Variable("steps", 0, np.int64), mg.Variable("mean of x", 0.0, np.float64)
    trainer = trainer_of(graph, updates={steps: steps + 1, x: 0.5 * x + 0.5 * graph["x"].mean()})
    trainer.run(3)
    assert steps.value == 3 and x.value == pytest.approx(2 * (1 - 0.5**3))


def test_a_variable_cannot_have_two_new_values(wording):
    graph = line_fit()
    with pytest.raises(mg.GraphError) as caught:
        trainer_of(graph, updates={graph["w"]: graph["w"] * 0.5})
    wording(caught.value)


def test_who_moves_a_state_on_beside_the_optimizer_is_told_that_minimize_does_it(wording):
    x, w, random = mg.Input("x", ("N",)), mg.Parameter("w", 2.0), mg.RandomState(0)
    graph = mg.Graph(loss=mg.Dropout(x * w, random).mean())
    with pytest.raises(mg.GraphError) as caught:
        trainer_of(graph, {"x": ROWS["x"]}, updates=random.advance())
    wording(caught.value)
    trainer_of(graph, {"x": ROWS["x"]}).run(3)
    assert random.value.tolist() == [0, 3]


def test_variables_of_a_training_need_different_names(wording):
    graph = line_fit()
    other = mg.Variable("w.mean", 0.0)
    with pytest.raises(mg.GraphError) as caught:
        trainer_of(graph, optimizer=mg.Adam(0.1), updates={other: other * 0.5})
    wording(caught.value)


def test_the_log_has_a_line_of_json_for_each_epoch(tmp_path):
    log = tmp_path / "log.jsonl"
    history = trainer_of(callbacks=[mg.JSONLog(log)]).run(3)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert [line["loss"] for line in lines] == history["loss"]
    assert all(line["seconds"] >= 0 for line in lines)


def test_the_log_is_json_where_a_figure_is_not_finite(tmp_path):
    log, graph = tmp_path / "log.jsonl", line_fit()
    trainer_of(graph, metrics={"ratio": 0.0 * graph["w"] / graph["w"]}, callbacks=[mg.JSONLog(log)]).run(1)
    line = json.loads(log.read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert line["ratio"] is None


def test_statistics_of_two_nodes_need_two_names(wording):
    graph = build(hidden=4)
    same = [np.tanh(graph["z1"]), np.tanh(graph["z1"])]
    with pytest.raises(mg.GraphError) as caught:
        trainer_of(graph, moons(8), callbacks=[mg.Statistics(same)])
    wording(caught.value)


def test_a_log_that_cannot_be_written_is_told_before_the_first_step(tmp_path, wording):
    with pytest.raises(mg.FileError) as caught:
        trainer_of(callbacks=[mg.JSONLog(tmp_path)]).run(1)
    wording(caught.value)


def test_a_log_is_opened_once_and_closed_also_where_the_run_fails(tmp_path, monkeypatch):
    log, opened, closed = tmp_path / "log.jsonl", [], []
    seen = SimpleNamespace(**vars(os))
    seen.open = lambda path, *how: opened.append((path, os.open(path, *how))) or opened[-1][1]
    seen.close = lambda descriptor: closed.append(descriptor) or os.close(descriptor)
    monkeypatch.setattr(files, "os", seen)

    class Fails(mg.Callback):
        def on_epoch_end(self, trainer):
            assert len(log.read_text().splitlines()) == trainer.epoch  # it does not wait for more
            if trainer.epoch == 5:
                raise KeyError

    with pytest.raises(KeyError):
        trainer_of(callbacks=[mg.JSONLog(log), Fails()]).run(9)
    assert [path for path, _ in opened].count(log) == 1
    assert sorted(closed) == sorted(descriptor for _, descriptor in opened)
