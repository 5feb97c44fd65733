"""Batches that are made in the background: of arrays on the disk, and of rows that are augmented."""

import gc
import threading

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import Dataset
from minigraph.training.data.batches import Batches
from minigraph.training.data.dataset import Selection
from minigraph.training.data.prefetch import prefetched

x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
LOSS = mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y))
X = np.arange(20, dtype=np.uint8).reshape(10, 2)
Y = np.arange(10) % 2


def batches(data, size=4, rng=None, first=0):
    made = Batches("The training data", data, LOSS, {}, size)
    drawn = made.in_order() if rng is None else made.shuffled(np.random.default_rng(rng), first)
    return [{name: array.copy() for name, array in batch.items()} for batch in drawn]


def shaken(batch, rng):
    return {"x": batch["x"] + rng.normal(size=batch["x"].shape)}


@pytest.fixture
def on_disk(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    return mg.data.read(tmp_path)


def same(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert all(np.array_equal(ours[name], theirs[name]) and ours[name].dtype == theirs[name].dtype for name in theirs)


@pytest.mark.parametrize("classes", ["abc", range(12)], ids=["3 classes", "12 classes"])
def test_classes_that_a_model_does_not_know_are_told(classes, wording):
    with pytest.raises(mg.InputError) as caught:
        batches(Dataset({"x": X, "y": Y * 2}, [str(name) for name in classes]))
    assert f"y was made at {y.line}.\n  The data has {len(classes)} classes" in str(caught.value)
    wording(caught.value)


@pytest.mark.parametrize("size", [4, 10])
@pytest.mark.parametrize("rng", [None, 3])
def test_arrays_on_the_disk_give_the_batches_that_arrays_in_memory_give(on_disk, size, rng):
    same(batches(on_disk, size, rng), batches({"x": X, "y": Y}, size, rng))


def test_arrays_on_the_disk_stay_there(on_disk):
    made = Batches("The training data", on_disk, LOSS, {}, 4)
    assert made.arrays["x"].dtype == np.uint8 and isinstance(made.arrays["x"], np.memmap)


def test_rows_that_are_drawn_from_the_disk_stay_there_too(on_disk):
    ours, theirs = mg.data.split(on_disk), mg.data.split({"x": X, "y": Y})
    for part, expected in zip(ours, theirs, strict=True):
        assert isinstance(part["x"], Selection) and isinstance(part["x"].array, np.memmap)
        same(batches(part, 3, rng=1), batches(expected, 3, rng=1))
    again, expected = (mg.data.split(part, seed=4)[0] for part in (ours[0], theirs[0]))
    assert np.array_equal(again["x"], expected["x"]) and np.array_equal(again["x"][1:3], expected["x"][1:3])
    assert repr(again["x"]) == "Selection (6, 2) of uint8, on the disk"


def test_rows_on_the_disk_are_standardised_where_they_are(on_disk):
    graph = mg.data.standardized(LOSS, mg.data.split(on_disk)[0])
    assert np.allclose(graph["x.mean"].value, np.asarray(mg.data.split({"x": X, "y": Y})[0]["x"]).mean(axis=0))


def test_a_training_on_arrays_on_the_disk_is_the_one_on_arrays_in_memory(on_disk):
    def trained(data):
        W = mg.Parameter("W", np.eye(2))
        graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ W / 10, y))
        history = mg.train(graph, data, optimizer=mg.SGD(0.1), epochs=3, batch_size=4, progress=False)
        return history["loss"]

    assert trained(on_disk) == trained({"x": X, "y": Y})


def test_rows_are_augmented_anew_in_every_epoch_and_never_to_judge_by():
    data = Dataset({"x": X, "y": Y}).augmented(shaken)
    made = Batches("The training data", data, LOSS, {}, 10)
    rng = np.random.default_rng(0)
    first, second = (next(made.shuffled(rng))["x"] for _ in range(2))
    assert not np.isclose(first, second).any() and not np.isclose(first, X).any()
    assert np.array_equal(np.concatenate([batch["x"] for batch in made.in_order()]), X)
    assert np.array_equal(made.arrays["x"], X)


def test_rows_of_a_part_are_augmented_too():
    training, _ = mg.data.split(Dataset({"x": X, "y": Y}).augmented(shaken))
    assert not np.isclose(batches(training, training.rows, rng=0)[0]["x"], training["x"]).any()


@pytest.mark.parametrize("rng", [None, 3])
def test_batches_from_the_disk_are_made_in_the_background_and_those_in_memory_are_not(on_disk, rng):
    def threads(data):
        made = Batches("The training data", data, LOSS, {}, 4)
        source = made.in_order() if rng is None else made.shuffled(np.random.default_rng(rng))
        next(source)
        return [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]

    assert threads(on_disk) and not threads({"x": X, "y": Y})


def test_augmented_batches_are_the_same_whichever_is_the_first():
    data = Dataset({"x": X, "y": Y}).augmented(shaken, shaken)
    same(batches(data, rng=7, first=1), batches(data, rng=7)[1:])


def test_a_training_with_augmented_rows_resumes_as_if_there_had_been_no_break(tmp_path):
    data = Dataset({"x": X / 20, "y": Y}).augmented(shaken)

    def trainer():
        W = mg.Parameter("W", np.eye(2))
        return mg.Trainer(
            mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ W, y)), data, optimizer=mg.SGD(0.1), batch_size=4, callbacks=[Stop()]
        )

    class Stop(mg.Callback):
        def on_step_end(self, trainer):
            if stopping and trainer.epoch == 1 and trainer.step == 2:
                trainer.stop("in the middle")

    stopping = False
    whole = trainer().run(3)
    stopping, broken = True, trainer()
    broken.run(3)
    broken.save(tmp_path)
    stopping, resumed = False, trainer()
    resumed.resume(tmp_path)
    assert resumed.run(3)["loss"] == whole["loss"]


AUGMENTATIONS = {
    "another shape": lambda batch, rng: {"x": batch["x"][:, :1]},
    "another name": lambda batch, rng: {"z": batch["x"]},
    "nothing": lambda batch, rng: None,
}


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_augmentation_that_gives_something_else_is_told(name, wording):
    with pytest.raises(mg.InputError) as caught:
        batches(Dataset({"x": X, "y": Y}).augmented(AUGMENTATIONS[name]), rng=0)
    wording(caught.value)


def test_the_first_row_on_the_disk_that_is_not_finite_is_found(tmp_path):
    values = np.zeros((3000, 2))
    values[2500, 1] = np.nan
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "y.npy", np.zeros(3000, int))
    assert Batches("The data", mg.data.read(tmp_path), LOSS, {}, 4).first_not_finite() == "x[2500]"


def test_items_are_made_before_they_are_asked_for_in_another_thread():
    made = []

    def items():
        for i in range(10):
            made.append(threading.current_thread() is threading.main_thread())
            yield i

    source = prefetched(items(), ahead=3)
    assert next(source) == 0
    assert list(source) == list(range(1, 10))
    assert made == [False] * 10


def test_what_goes_wrong_in_the_background_is_raised_in_its_place():
    def items():
        yield 1
        raise mg.DataError("the second is broken")

    source = prefetched(items())
    assert next(source) == 1
    with pytest.raises(mg.DataError, match="the second is broken"):
        next(source)


def test_the_thread_ends_when_the_one_who_asks_stops():
    source = prefetched(iter(range(10**9)))
    next(source)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]
    del source
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]


def test_values_for_an_input_of_columns_are_told_how_to_become_one(wording):
    x = mg.Input("x", ("N", 1))
    graph = mg.Graph(loss=(x * mg.Parameter("w", 1.0)).mean())
    with pytest.raises(mg.ShapeError) as caught:
        mg.Trainer(graph, {"x": np.zeros(3)}, optimizer=mg.SGD(0.1))
    wording(caught.value)


TIMES = 1_700_000_000 + np.arange(100).reshape(50, 2)


@pytest.mark.parametrize(
    ("dtype", "rows"),
    [
        (np.float32, TIMES.astype(np.float64)),
        (np.float32, TIMES),
        (np.float32, TIMES.tolist()),
        (np.float16, 5000 + np.random.default_rng(0).random((50, 2))),
    ],
    ids=["times", "whole numbers", "a list", "half precision"],
)
def test_rows_that_the_type_of_the_input_makes_the_same_are_refused_with_the_remedy(dtype, rows, tmp_path):
    node = mg.Input("x", ("N", 2), dtype=dtype)
    with pytest.raises(mg.InputError, match=r"gives x\[:, 0\] from .* rounds by up to .*\n.*\n.*mg\.data\.standardized"):
        Batches("The data", {"x": rows}, mg.Graph(node * 2), {}, None, learned=True)
    np.save(tmp_path / "x.npy", np.asarray(rows))
    with pytest.raises(mg.InputError, match="rows that differ would be the same"):
        Batches("The data", mg.data.read(tmp_path), mg.Graph(node * 2), {}, 4, learned=True)


@pytest.mark.parametrize(
    "rows",
    [
        np.float32(TIMES),
        np.full((9, 2), 1e9 + 0.1),
        1e6 + np.random.default_rng(0).normal(0, 100, (50, 2)),
        0.3 + np.array([[0, 2.0**-54], [2.0**-54, 0]]),
        np.arange(2**24 - 50, 2**24).reshape(25, 2),
        [[True, False]],
    ],
    ids=["rounded already", "always the same", "far but wide", "noise", "exact", "booleans"],
)
def test_rows_that_keep_what_makes_them_differ_are_taken(rows):
    assert Batches("The data", {"x": rows}, mg.Graph(mg.Input("x", ("N", 2)) * 2), {}, None, learned=True).rows == len(rows)
