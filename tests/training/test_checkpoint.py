"""Checkpoints of a training: a run that is broken off and resumed ends as one that was not, bit by bit."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import minigraph as mg
from minigraph.interop.safetensors import read_tensors, write_tensors
from minigraph.training.data import moons
from minigraph.training.loop import callbacks as callback_module
from minigraph.training.loop import checkpoint
from models.two_layer import build
from tests.training.kill import killed_and_resumed, two_at_once

ROOT = Path(__file__).parent.parent.parent


def trainer_of(graph=None, data=None, **options):
    """A run with all that is kept: moments, averages, accumulated gradients, a schedule, a plateau and statistics."""
    data = data or moons(30)
    schedule = mg.schedules.plateau(0.05, monitor="validation loss", patience=0, factor=0.5)
    optimizer = mg.Adam(schedule, average=0.9, accumulate=2, weight_decay=0.01, clip_norm=1.0)
    options = {"optimizer": optimizer, "batch_size": 7, "validation": moons(10, seed=1)} | options
    return mg.Trainer(graph or build(hidden=4), data, **{"callbacks": [mg.Statistics()]} | options)


def everything(trainer):
    """All that a run leaves, as bytes and exact numbers."""
    values = {name: (variable.value.dtype, variable.value.tobytes()) for name, variable in trainer.variables.items()}
    return values, dict(trainer.history), trainer.history.statistics


class StopsAt(mg.Callback):
    def __init__(self, epoch, step):
        self.at = epoch, step

    def on_step_end(self, trainer):
        if (trainer.epoch, trainer.step) == self.at:
            trainer.stop("asked to")


@pytest.mark.parametrize("epochs", [1, 4])
def test_a_run_that_is_resumed_after_an_epoch_ends_bit_by_bit_as_one_without_a_break(epochs, tmp_path):
    whole, first, second = trainer_of(), trainer_of(), trainer_of(build(hidden=4, seed=5), seed=9)
    whole.run(10)
    first.run(epochs)
    first.save(tmp_path)
    second.resume(tmp_path)
    second.run(10)
    assert everything(second) == everything(whole)


@pytest.mark.parametrize("epoch", [0, 3])
@pytest.mark.parametrize("step", [1, 3, 4])
def test_so_does_one_that_is_resumed_within_an_epoch(epoch, step, tmp_path):
    whole, second = trainer_of(), trainer_of(build(hidden=4, seed=5))
    whole.run(5)
    first = trainer_of(callbacks=[mg.Statistics(), StopsAt(epoch, step), mg.Checkpoint(tmp_path)])
    first.run(5)
    assert (first.epoch, first.step) == (epoch, step)
    second.resume(tmp_path)
    second.run(5)
    assert everything(second) == everything(whole)


def test_a_run_that_is_resumed_takes_as_many_threads_as_before(tmp_path):
    def run_of(threads):
        return mg.Trainer(build(hidden=300), moons(2000), optimizer=mg.Adam(0.01), metrics={}, threads=threads)

    whole, first, second, other = run_of(1), run_of(1), run_of(3), run_of(3)
    for trainer, epochs in ((whole, 9), (first, 3), (other, 9)):
        trainer.run(epochs)
    first.save(tmp_path)
    second.resume(tmp_path)
    second.run(9)
    assert everything(second) == everything(whole) != everything(other)


def test_mg_train_resumes_where_the_last_run_ended(tmp_path):
    options = {"optimizer": mg.Adam(0.01, average=0.5), "batch_size": 7, "progress": False}
    whole, parts = build(hidden=4), build(hidden=4)
    expected = mg.train(whole, moons(30), epochs=6, **options)
    for epochs in (2, 6, 6):
        history = mg.train(parts, moons(30), epochs=epochs, checkpoint=tmp_path, resume=True, **options)
    assert dict(history) == dict(expected)
    assert all(np.array_equal(parts[name].value, whole[name].value) for name in parts.parameters)


class PressesCtrlC(mg.Callback):
    def on_step_end(self, trainer):
        if (trainer.epoch, trainer.step) == (1, 2):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_run_that_ctrl_c_ended_is_resumed_where_it_stopped(tmp_path):
    options = {"optimizer": mg.Adam(0.01), "batch_size": 7, "progress": False, "epochs": 4}
    whole, parts = build(hidden=4), build(hidden=4)
    expected = mg.train(whole, moons(30), **options)
    stopped = mg.train(parts, moons(30), checkpoint=tmp_path, callbacks=[PressesCtrlC()], **options)
    assert (stopped.epochs, stopped.stopped) == (1, "Ctrl-C")
    assert dict(mg.train(parts, moons(30), checkpoint=tmp_path, resume=True, **options)) == dict(expected)
    assert all(np.array_equal(parts[name].value, whole[name].value) for name in parts.parameters)


def test_a_log_goes_on_where_the_run_is_resumed(tmp_path):
    log = tmp_path / "log.jsonl"
    first = trainer_of(callbacks=[mg.JSONLog(log)])
    first.run(2)
    first.save(tmp_path)
    first.run(4)  # two epochs that no checkpoint holds
    with log.open("a") as stream:
        stream.write('{"epoch": 5, "lo')  # and a line that was cut short
    second = trainer_of(callbacks=[mg.JSONLog(log)])
    second.resume(tmp_path)
    second.run(3)
    assert [json.loads(line)["epoch"] for line in log.read_text().splitlines()] == [1, 2, 3]


def test_lines_that_a_log_lacks_are_written_when_the_run_is_resumed(tmp_path):
    log = tmp_path / "log.jsonl"
    first = trainer_of(callbacks=[mg.Statistics(), mg.Checkpoint(tmp_path), mg.JSONLog(log)])
    first.run(3)
    whole = log.read_text().splitlines(keepends=True)
    log.write_text("".join(whole[:2]) + whole[2][:20])  # as one leaves it that is killed between the checkpoint and the line
    second = trainer_of(callbacks=[mg.Statistics(), mg.JSONLog(log)])
    second.resume(tmp_path)
    second.run(4)
    lines = [json.loads(line) | {"seconds": 0} for line in log.read_text().splitlines()]
    assert lines[:3] == [json.loads(line) | {"seconds": 0} for line in whole] and lines[3]["epoch"] == 4


def test_the_best_parameters_are_kept_as_graph_load_reads_them(tmp_path):
    graph, rows = build(hidden=4), moons(30, noise=0.4)
    checkpoint = mg.Checkpoint(tmp_path, best="validation loss")
    validation = moons(30, seed=1, noise=0.4)
    optimizer = mg.SGD(4.0, average=0.2)
    trainer = mg.Trainer(graph, rows, optimizer=optimizer, batch_size=5, validation=validation, callbacks=[checkpoint])
    history = trainer.run(12)
    graph.load(tmp_path / "best.safetensors")
    found = mg.Trainer(graph, rows, optimizer=mg.SGD(4.0), batch_size=5).evaluate(validation)
    assert found["loss"] == min(history["validation loss"]) < history["validation loss"][-1]


def milestones_of(folder):
    return {int(file.stem): file.read_bytes() for file in (folder / "epochs").iterdir()}


def test_the_parameters_after_1_2_4_8_epochs_are_kept_as_graph_load_reads_them(tmp_path):
    trainer = trainer_of(callbacks=[mg.Checkpoint(tmp_path, milestones=True)])
    trainer.run(9)
    assert sorted(milestones_of(tmp_path)) == [1, 2, 4, 8]
    trainer.graph.load(tmp_path / "epochs" / "4.safetensors")
    after = trainer_of()
    after.run(4)
    after.use_averages()
    assert all(np.array_equal(each.value, after.graph.variables[name].value) for name, each in trainer.graph.variables.items())


def test_milestones_go_on_where_a_training_is_resumed_and_end_with_it(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trainer_of(callbacks=[mg.Checkpoint(whole, milestones=True)]).run(9)
    trainer_of(callbacks=[mg.Checkpoint(parts, milestones=True, every=9)]).run(3)
    second = trainer_of(callbacks=[mg.Checkpoint(parts, milestones=True)])
    second.resume(parts)
    second.run(9)
    assert milestones_of(parts) == milestones_of(whole)
    (parts / "epochs" / "mine.safetensors").write_bytes(b"")  # what a training did not write it does not remove
    trainer_of(callbacks=[mg.Checkpoint(parts, overwrite=True)]).run(1)
    assert [file.name for file in (parts / "epochs").iterdir()] == ["mine.safetensors"]
    trainer_of(callbacks=[mg.Checkpoint(tmp_path / "none")]).run(2)
    assert not (tmp_path / "none" / "epochs").exists()


def test_the_best_parameters_reach_the_disk_with_a_checkpoint_and_not_in_every_epoch(tmp_path, monkeypatch):
    written, really = [], callback_module.write_tensors
    monkeypatch.setattr(callback_module, "write_tensors", lambda *given: (written.append(given), really(*given)))
    trainer = trainer_of(callbacks=[mg.Checkpoint(tmp_path, every=4, best="loss")])
    history = trainer.run(8)
    assert history["loss"] == sorted(history["loss"], reverse=True)
    assert len(written) == 2


def test_a_run_that_fails_leaves_the_best_parameters(tmp_path):
    x, w = mg.Input("x", ("N",)), mg.Parameter("w", 1.0)
    graph = mg.Graph(loss=(w * x).mean())
    falling = mg.SGD(mg.schedules.tabulated(lambda step: 1.0 if step < 2 else 1e39, steps=2))
    trainer = mg.Trainer(graph, {"x": [1.0]}, optimizer=falling, callbacks=[mg.Checkpoint(tmp_path, every=9, best="loss")])
    with pytest.raises(mg.NonFiniteError):
        trainer.run(9)
    graph.load(tmp_path / "best.safetensors")
    assert (trainer.epoch, w.value) == (2, -1)


def test_checkpoints_are_taken_every_so_many_epochs_and_steps_and_at_the_end(tmp_path, monkeypatch):
    saved, really = [], mg.Trainer.save
    monkeypatch.setattr(mg.Trainer, "save", lambda t, folder: (saved.append((t.epoch, t.step)), really(t, folder)))
    trainer_of(callbacks=[mg.Checkpoint(tmp_path, every=2, steps=3)]).run(3)
    assert saved == [(0, 0), (0, 3), (1, 3), (2, 0), (2, 3), (3, 0)]


def test_short_epochs_are_saved_no_more_often_than_is_asked_for(tmp_path, monkeypatch):
    saved, really, clock = [], mg.Trainer.save, iter(range(0, 10_000, 4))
    monkeypatch.setattr(mg.Trainer, "save", lambda t, folder: (saved.append(t.epoch), really(t, folder)))
    monkeypatch.setattr(callback_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    trainer = trainer_of(callbacks=[mg.Checkpoint(tmp_path, best="loss", seconds=10)])
    history = trainer.run(8)  # the clock is asked once an epoch, and once a checkpoint
    assert saved == [0, 3, 6, 8]
    trainer.graph.load(tmp_path / "best.safetensors")
    assert trainer.evaluate(moons(30))["loss"] < history["loss"][0]


def refused(trainer, folder):
    before = everything(trainer)
    with pytest.raises(mg.MinigraphError) as caught:
        trainer.resume(folder)
    assert everything(trainer) == before and (trainer.epoch, trainer.step) == (0, 0)
    return caught.value


@pytest.fixture
def folder(tmp_path):
    """A checkpoint in the middle of the second epoch."""
    trainer_of(callbacks=[StopsAt(1, 2), mg.Checkpoint(tmp_path)]).run(3)
    return tmp_path


def test_the_checkpoint_of_another_graph_is_refused_with_what_differs(folder):
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), np.int64)
    W1, W2 = mg.Parameter("W1", np.zeros((2, 3))), mg.Parameter("W2", np.zeros((3, 2)))
    other = mg.Graph(loss=mg.SoftmaxCrossEntropy(mg.Relu(x @ W1) @ W2, y))
    error = refused(trainer_of(other, optimizer=mg.SGD(0.1), callbacks=[]), folder)
    assert isinstance(error, mg.GraphError)
    lines = str(error).splitlines()
    assert lines[:3] == [
        f"{folder}/checkpoint.safetensors does not fit this training:",
        "  W1 is 2 × 3 of float32 in the graph, 2 × 4 of float32 there",
        "  W1.accumulated is not in the graph",
    ]
    assert lines[-1] == (
        "  Resume it with the graph, the optimizer and the data that it was written with; nothing was changed."
    )


def test_operations_that_differ_are_listed(folder):
    graph = build(hidden=4, penalty=0.5)
    assert str(refused(trainer_of(graph, callbacks=[]), folder)).splitlines()[1:-1] == [
        "  SoftmaxCrossEntropy loss (scalar, float32) axis=1 is in the file alone",
        "  SoftmaxCrossEntropy (scalar, float32) axis=1 is in the graph alone",
        "  Mul (2 × 4, float32) is in the graph alone",
        "  ReduceSum (scalar, float32) axes=(0, 1) keepdims=False is in the graph alone",
        "  Mul (4 × 2, float32) is in the graph alone",
        "  ReduceSum (scalar, float32) axes=(0, 1) keepdims=False is in the graph alone",
        "  Add (scalar, float32) is in the graph alone",
        "  Mul (scalar, float32) is in the graph alone",
        "  Add loss (scalar, float32) is in the graph alone",
    ]


def test_the_same_operations_joined_in_another_way_are_another_graph(tmp_path):
    def fit(turned):
        x, w, v = mg.Input("x", ("N",)), mg.Parameter("w", 1.0), mg.Parameter("v", 1.0)
        return mg.Graph(loss=((x * w - v) ** 2 if not turned else (v - x * w) ** 2).mean())

    options = {"data": {"x": [1.0, 2.0]}, "optimizer": mg.SGD(0.1), "validation": None, "callbacks": []}
    trainer_of(fit(False), **options).save(tmp_path)
    trainer_of(fit(False), **options).resume(tmp_path)
    lines = str(refused(trainer_of(fit(True), **options), tmp_path)).splitlines()
    assert lines[1:-1] == ["  the operations are joined in another way"]


def test_other_data_within_an_epoch_and_other_figures_are_refused(folder):
    trainer = trainer_of(data=moons(40), batch_size=5, metrics={}, callbacks=[])
    *lines, digests = str(refused(trainer, folder)).splitlines()[1:-1]
    assert lines == [
        "  'accuracy' was measured, and is not now",
        "  'validation accuracy' was measured, and is not now",
        "  rows: 40 now, 30 in the epoch that it was written in",
        "  batch size: 5 now, 7 in the epoch that it was written in",
    ]
    assert digests.startswith("  digest of the rows: ")
    other_numbers = trainer_of(data=moons(30, seed=1), callbacks=[])
    assert len(str(refused(other_numbers, folder)).splitlines()[1:-1]) == 1


def test_another_learning_rate_and_between_epochs_other_data_are_taken(tmp_path):
    first = trainer_of(optimizer=mg.Adam(0.1))
    first.run(1)
    first.save(tmp_path)
    second = trainer_of(optimizer=mg.Adam(0.01), data=moons(40), batch_size=5)
    second.resume(tmp_path)
    assert second.run(2).epochs == 2


def test_a_checkpoint_that_was_changed_or_cut_short_anywhere_is_refused(folder):
    file, trainer, rng = folder / "checkpoint.safetensors", trainer_of(callbacks=[]), np.random.default_rng(0)
    content = file.read_bytes()
    for place in rng.integers(0, len(content), 100).tolist():
        file.write_bytes(content[:place])
        assert isinstance(refused(trainer, folder), mg.FormatError)
        file.write_bytes(content[:place] + bytes([content[place] ^ 1 << int(rng.integers(8))]) + content[place + 1 :])
        assert isinstance(refused(trainer, folder), mg.FormatError)
    file.write_bytes(content)
    trainer.resume(folder)


def test_a_file_of_parameters_alone_is_no_training_to_resume(tmp_path, wording):
    build(hidden=4).save(tmp_path / "checkpoint.safetensors")
    wording(refused(trainer_of(), tmp_path))


def test_a_folder_without_a_checkpoint_is_told(tmp_path, wording):
    wording(refused(trainer_of(), tmp_path))


def test_a_run_does_not_overwrite_the_checkpoint_of_another(folder, wording):
    before = (folder / "checkpoint.safetensors").read_bytes()
    with pytest.raises(mg.GraphError) as caught:
        mg.train(build(hidden=4), moons(30), optimizer=mg.SGD(0.1), epochs=1, checkpoint=folder, progress=False)
    wording(caught.value)
    checkpoint = mg.Checkpoint(folder / "other")
    trainer_of(callbacks=[checkpoint]).run(1)
    for trainer in (trainer_of(callbacks=[checkpoint]), trainer_of(callbacks=[mg.Checkpoint(folder / "other")])):
        with pytest.raises(mg.GraphError):
            trainer.run(1)
    elsewhere = trainer_of(callbacks=[mg.Checkpoint(folder / "other")])
    trainer_of(callbacks=[]).save(folder / "third")
    elsewhere.resume(folder / "third")
    with pytest.raises(mg.GraphError):
        elsewhere.run(1)
    assert (folder / "checkpoint.safetensors").read_bytes() == before


def test_a_checkpoint_is_read_by_the_package_safetensors_too(folder):
    arrays, metadata = read_tensors(folder / "checkpoint.safetensors")
    assert {"W1", "W1.mean", "W1.squares", "W1.average", "W1.accumulated", "W1.steps"} <= arrays.keys()
    assert json.loads(metadata["minigraph training"])["epoch"] == 1


def test_a_checkpoint_of_another_version_is_refused(folder, wording):
    file = folder / "checkpoint.safetensors"
    arrays, metadata = read_tensors(file)
    state = json.loads(metadata["minigraph training"]) | {"format": 1}
    plain = {name: stored.array for name, stored in arrays.items()}
    text = json.dumps(state)
    digest = checkpoint._digest(text, plain)
    write_tensors(file, plain, {"minigraph training": text, "digest": digest})
    wording(refused(trainer_of(), folder))


FULL = """
import resource, sys
import minigraph as mg
from minigraph.training.data import moons
from models.two_layer import build

folder = sys.argv[1]

class Fills(mg.Callback):
    def on_step_end(self, trainer):
        if trainer.epoch == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

try:
    mg.train(build(hidden=100), moons(8), optimizer=mg.Adam(0.1), epochs=5, checkpoint=folder, progress=False,
             callbacks=[Fills()])
except mg.FileError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_leaves_the_old_checkpoint(tmp_path):
    script = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, cwd=ROOT, check=True)
    file = tmp_path / "checkpoint.safetensors"
    assert done.stdout == f"The checkpoint cannot be written to {file}: File too large.\n"
    trainer = mg.Trainer(build(hidden=100), moons(8), optimizer=mg.Adam(0.1))
    trainer.resume(tmp_path)
    assert trainer.epoch == 2 and os.listdir(tmp_path) == [file.name]


def test_a_folder_that_cannot_be_made_is_told_before_the_first_step(tmp_path, wording):
    (tmp_path / "file").write_bytes(b"")
    graph = build(hidden=4)
    before = graph["W1"].value.copy()
    with pytest.raises(mg.FileError) as caught:
        mg.train(graph, moons(8), optimizer=mg.SGD(0.1), epochs=1, checkpoint=tmp_path / "file", progress=False)
    wording(caught.value)
    assert np.array_equal(graph["W1"].value, before)


def test_what_a_killed_run_left_half_written_is_taken_away_when_it_is_resumed(folder):
    (folder / ".minigraph-0123456789abcdef").write_bytes(b"half")
    trainer = trainer_of(callbacks=[mg.Checkpoint(folder)])
    trainer.resume(folder)
    trainer.run(2)
    assert os.listdir(folder) == ["checkpoint.safetensors"]


@pytest.mark.slow
@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.property)])
def test_a_training_that_is_killed_or_started_twice_ends_as_one_that_was_not(kills, tmp_path):
    figures, whole = killed_and_resumed(tmp_path, kills)
    assert sum(figures["kills"].values()) >= kills and figures["not whole"] == figures["different"] == 0
    figures = two_at_once(tmp_path, times := max(kills // 5, 1), whole)
    # the second is refused, or comes when the first is done and has nothing left to do
    assert figures["refused"] + figures["as alone"] == 2 * times and figures["as alone"] >= times
    assert figures["different after"] == 0


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Trains(mg.Callback):
    """Starts another run while a first is under way."""

    def __init__(self, run):
        self.run = run

    def on_epoch_end(self, trainer):
        if trainer.epoch == 2:
            with pytest.raises(mg.FileError, match="under way"):
                self.run()


REFUSED = {
    "another's checkpoint": {},
    "a figure to stop by": {"callbacks": [mg.EarlyStopping("F1")]},
    "a figure of the best": {"best": "F1"},
    "the figure of a plateau": {"optimizer": mg.SGD(mg.schedules.plateau(0.1, monitor="F1"))},
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_run_that_is_refused_changes_nothing(name, fresh, tmp_path):
    def trainer(optimizer=None, best=None, callbacks=()):
        beside = [mg.JSONLog(tmp_path / "run/log.jsonl"), mg.Checkpoint(tmp_path / "run", best=best), *callbacks]
        return trainer_of(optimizer=optimizer or mg.Adam(0.1), callbacks=beside)

    if not fresh:
        trainer().run(2)
    elif not REFUSED[name]:
        return
    before, refused = content(tmp_path), trainer(**REFUSED[name])
    values = everything(refused)
    with pytest.raises(mg.MinigraphError):
        refused.run(3)
    assert content(tmp_path) == before and everything(refused) == values
    assert (tmp_path / "run").exists() != fresh


@pytest.mark.parametrize("resume", [False, True])
def test_a_second_training_into_the_folder_of_one_that_is_under_way_is_refused(resume, tmp_path):
    def second():
        graph = build(hidden=4)
        before = content(tmp_path), graph["W1"].value
        try:
            mg.train(graph, moons(30), optimizer=mg.SGD(0.1), epochs=4, checkpoint=tmp_path, resume=resume, progress=False)
        finally:
            assert content(tmp_path) == before[0] and np.array_equal(graph["W1"].value, before[1])

    log = tmp_path / "log.jsonl"
    options = {"optimizer": mg.SGD(0.1), "epochs": 4, "progress": False, "checkpoint": tmp_path}
    mg.train(build(hidden=4), moons(30), callbacks=[mg.JSONLog(log), Trains(second)], **options)
    assert [json.loads(line)["epoch"] for line in log.read_text().splitlines()] == [1, 2, 3, 4]


def test_a_checkpoint_that_another_run_has_gone_on_from_is_no_longer_one_s_own(tmp_path):
    first, second = (trainer_of(callbacks=[mg.Checkpoint(tmp_path)]) for _ in range(2))
    first.run(1)
    second.resume(tmp_path)
    first.run(2)
    before = content(tmp_path)
    with pytest.raises(mg.GraphError):
        second.run(2)
    assert content(tmp_path) == before


def test_a_training_is_written_over_where_that_is_asked_for(tmp_path):
    trainer_of(callbacks=[mg.Checkpoint(tmp_path, best="loss")]).run(3)
    trainer_of(callbacks=[mg.Checkpoint(tmp_path, overwrite=True)]).run(1)
    assert os.listdir(tmp_path) == ["checkpoint.safetensors"]
    trainer = trainer_of(callbacks=[])
    trainer.resume(tmp_path)
    assert trainer.epoch == 1


class Sizes(mg.Callback):
    def __init__(self, file):
        self.file, self.seen = file, []

    def on_epoch_end(self, trainer):
        self.seen.append(self.file.stat().st_size)


def line_fit():
    x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    return mg.Graph(loss=((x - w) ** 2).mean())


def test_what_a_checkpoint_holds_does_not_grow_with_the_epochs(tmp_path):
    def trainer(*callbacks):
        return mg.Trainer(line_fit(), {"x": [1.0, 3.0]}, optimizer=mg.SGD(0.001), callbacks=callbacks)

    sizes = Sizes(tmp_path / "checkpoint.safetensors")
    whole = trainer(mg.Checkpoint(tmp_path), sizes)
    whole.run(450)
    assert max(sizes.seen[300:]) <= max(sizes.seen[:150]) + 100
    second = trainer(mg.Checkpoint(tmp_path))
    second.resume(tmp_path)
    assert second.history.state() == whole.history.state()
    (earlier,) = tmp_path.glob("history-*")
    with earlier.open("ab") as stream:
        stream.write(b"what a run that was killed wrote beyond")
    second.run(600)
    third = trainer(mg.Checkpoint(tmp_path))
    third.resume(tmp_path)
    assert third.history.state() == second.history.state() and third.epoch == 600
    earlier.unlink()
    with pytest.raises(mg.FileError, match="to read earlier epochs from"):
        trainer().resume(tmp_path)


def test_a_checkpoint_that_is_written_over_another_s_takes_its_history_away(tmp_path):
    first, second = (
        mg.Trainer(line_fit(), {"x": [1.0]}, optimizer=mg.SGD(0.001), callbacks=[mg.Checkpoint(tmp_path / folder)])
        for folder in "ab"
    )
    first.run(150)
    second.run(150)
    first.save(tmp_path / "b")
    assert len(list((tmp_path / "b").glob("history-*"))) <= 1
    second.save(tmp_path / "b")
    third = mg.Trainer(line_fit(), {"x": [1.0]}, optimizer=mg.SGD(0.001))
    third.resume(tmp_path / "b")
    assert third.epoch == 150 and third.history.state() == second.history.state()


def places(state, at=()):
    """Every place in a state."""
    inner = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    for key, each in inner:
        yield (*at, key)
        yield from places(each, (*at, key))


WRONG = [None, True, -1, 0, 10**9, 10**30, 1.5, float("inf"), "", "x", [], {}, [[]], [None], {"a": 1}, "PCG64"]


def test_a_checkpoint_whose_state_is_none_is_refused_whole(folder):
    file, trainer = folder / "checkpoint.safetensors", trainer_of()
    trainer_of(callbacks=[mg.Statistics(), StopsAt(1, 2), mg.Checkpoint(folder, overwrite=True)]).run(3)
    found, state = checkpoint.read(file)
    arrays = {name: stored.array for name, stored in found.items()}
    rng, refusals, every = np.random.default_rng(0), 0, list(places(state))
    for i in rng.permutation(len(every) * len(WRONG))[:250]:
        (*way, last), wrong = every[i // len(WRONG)], WRONG[i % len(WRONG)]
        changed = inner = json.loads(json.dumps(state))
        for key in way:
            inner = inner[key]
        inner[last] = wrong
        text = json.dumps(changed)
        write_tensors(file, arrays, {checkpoint.STATE: text, checkpoint.DIGEST: checkpoint._digest(text, arrays)})
        before = everything(trainer), trainer.epoch, trainer.step, trainer._rng.bit_generator.state
        try:
            trainer.resume(folder)
        except mg.MinigraphError:
            refusals += 1
            assert before == (everything(trainer), trainer.epoch, trainer.step, trainer._rng.bit_generator.state)
        else:
            trainer.run(3)
            trainer = trainer_of()
    assert refusals > 150
