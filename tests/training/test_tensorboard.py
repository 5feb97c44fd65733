"""Event files for TensorBoard, read back as it reads them: records of a length, its checksum, an event and its checksum."""

import struct

import pytest
from tensorboardX.proto import event_pb2

import minigraph as mg
from minigraph.training.data import moons
from models.two_layer import build


def events(folder):
    """The events of the folder's files, in the order of their names."""
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])
            yield event_pb2.Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]


def scalars(folder):
    """Each scalar, by its tag, epoch by epoch; a file says from which epoch on it takes the place of those before."""
    found = {}
    for event in events(folder):
        if event.session_log.status == event_pb2.SessionLog.START:
            found = {tag: {e: v for e, v in each.items() if e < event.step} for tag, each in found.items()}
        for value in event.summary.value:
            found.setdefault(value.tag, {})[event.step] = value.simple_value
    return {tag: list(each.values()) for tag, each in found.items()}


def trainer_of(folder):
    graph = build(hidden=4)
    confusions = mg.metrics.confusion_matrix(graph["z2"], graph["y"])
    return mg.Trainer(
        graph,
        moons(20),
        optimizer=mg.SGD(0.1),
        validation=moons(20, seed=1),
        metrics={"confusions": confusions},
        callbacks=[mg.TensorBoard(folder / "events"), mg.Statistics()],
    )


def test_every_number_of_an_epoch_is_a_scalar(tmp_path):
    history = trainer_of(tmp_path).run(3)
    found = scalars(tmp_path / "events")
    assert found["loss/training"] == pytest.approx(history["loss"], rel=1e-6)
    assert found["loss/validation"] == pytest.approx(history["validation loss"], rel=1e-6)
    assert found["statistics/gradient_norm_of_W1"] == pytest.approx(history.statistics["gradient norm of W1"], rel=1e-6)
    assert not any("confusions" in tag for tag in found)


def test_a_run_that_is_resumed_takes_the_place_of_what_it_does_again(tmp_path):
    first = trainer_of(tmp_path)
    first.run(2)
    first.save(tmp_path)
    first.run(4)  # two epochs that no checkpoint holds
    second = trainer_of(tmp_path)
    second.resume(tmp_path)
    history = second.run(3)
    assert scalars(tmp_path / "events")["loss/training"] == pytest.approx(history["loss"], rel=1e-6)


def test_events_that_cannot_be_written_are_told_before_the_first_step(tmp_path, wording):
    (tmp_path / "events").write_text("")
    with pytest.raises(mg.FileError) as caught:
        trainer_of(tmp_path).run(1)
    wording(caught.value)
