"""Rows from other packages: frames, data sets and loaders, by stand-ins for what those offer, and by themselves."""

import importlib
import importlib.util
import itertools

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data.frames import is_frame
from minigraph.training.estimator import GraphClassifier
from minigraph.training.loop.evaluation import evaluate
from models.two_layer import build

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)
ARRAYS = {"x": X, "y": Y}
COLUMNS = {"a": X[:, 0], "b": X[:, 1], "y": Y}
STARTS = range(0, 40, 16)


class Column:
    """As a Series of pandas or polars, or a chunked array of Arrow: its slices make arrays."""

    def __init__(self, cells):
        self.cells = cells

    def __len__(self):
        return len(self.cells)

    def __getitem__(self, rows):
        return Column(self.cells[rows])

    def __array__(self, dtype=None, copy=None):
        return np.array(self.cells, dtype)


class Pandas:
    """As a DataFrame of pandas, with an Index of names; iterated, it gives them."""

    def __init__(self, columns):
        self.found = columns

    @property
    def columns(self):
        return np.array(list(self.found), object)

    def keys(self):
        return self.columns

    def __iter__(self):
        return iter(self.columns)

    def __len__(self):
        return len(next(iter(self.found.values()), ()))

    def __getitem__(self, name):
        return Column(self.found[name])

    def __array__(self, dtype=None, copy=None):
        return np.stack(list(map(np.asarray, self.found.values())), axis=1)


class Polars(Pandas):
    """As a DataFrame of polars: a list of names; iterated, it gives columns."""

    keys = None

    @property
    def columns(self):
        return list(self.found)

    def __iter__(self):
        return map(Column, self.found.values())


class Arrow:
    """As a Table of Arrow: its columns are no names, and it is not iterated."""

    def __init__(self, columns):
        self.found = columns

    @property
    def column_names(self):
        return list(self.found)

    @property
    def columns(self):
        return list(map(Column, self.found.values()))

    def __len__(self):
        return len(next(iter(self.found.values())))

    def __getitem__(self, name):
        return Column(self.found[name])


class HuggingFace:
    """As a Dataset of Hugging Face's: a column is a list; iterated, it gives rows."""

    def __init__(self, columns):
        self.found = {name: np.asarray(cells).tolist() for name, cells in columns.items()}

    @property
    def column_names(self):
        return list(self.found)

    def __len__(self):
        return len(next(iter(self.found.values())))

    def __getitem__(self, name):
        return self.found[name]

    def __iter__(self):
        return (dict(zip(self.found, row, strict=True)) for row in zip(*self.found.values(), strict=True))


FRAMES = [Pandas, Polars, Arrow, HuggingFace]


class Tensor:
    """As a tensor of PyTorch's: it is iterated, makes an array by itself, and says what is against it."""

    def __init__(self, array, wrong=""):
        self.array, self.wrong, self.shape = array, wrong, array.shape

    def __iter__(self):
        return iter(self.array)

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        if self.wrong:
            raise TypeError(self.wrong)
        return np.asarray(self.array, dtype)


class Loader:
    """As a DataLoader of a TensorDataset of PyTorch's: lists of tensors, anew each time."""

    def __init__(self, x=X, y=Y, order=None, size=16, change=lambda number, x, y: [x, y]):
        self.x, self.y, self.size, self.change, self.iterated = x, y, size, change, 0
        self.order = order or (lambda epoch: np.arange(len(x)))

    def __len__(self):
        return -(-len(self.x) // self.size)

    def __iter__(self):
        self.iterated += 1
        order = self.order(self.iterated)
        for number, start in enumerate(range(0, len(order), self.size), 1):
            rows = order[start : start + self.size]
            yield self.change(number, Tensor(self.x[rows]), Tensor(self.y[rows]))


def train(data, **options):
    graph = options.pop("graph", None) or build()
    return mg.train(graph, data, **{"optimizer": mg.SGD(0.1), "epochs": 3, "progress": False} | options)


def by_hand(order=lambda epoch: np.arange(40), epochs=3, size=16):
    """The losses of steps over these rows: each epoch a training of its own, of batches that are one data set each."""
    graph, losses = build(), []
    for epoch in range(1, epochs + 1):
        rows, total = order(epoch), 0.0
        for start in range(0, 40, size):
            part = rows[start : start + size]
            total += train({"x": X[part], "y": Y[part]}, graph=graph, epochs=1)["loss"][0] * len(part)
        losses.append(total / 40)
    return losses


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_trains_as_its_arrays_do(frame):
    arrays = train(ARRAYS, validation=ARRAYS, batch_size=16)
    assert train(frame(COLUMNS), validation=frame(COLUMNS), batch_size=16) == arrays
    assert train(frame(ARRAYS), batch_size=16)["loss"] == arrays["loss"]  # a column of arrays
    assert evaluate(build(), frame(COLUMNS)) == evaluate(build(), ARRAYS)
    assert np.array_equal(mg.data.read(frame(COLUMNS), build())["x"], X)


@pytest.mark.parametrize("frame", FRAMES)
def test_the_label_is_found_as_in_a_file_and_the_features_by_their_names(frame):
    turned = {"target": Y, "b": X[:, 1], "a": X[:, 0]}
    assert train(frame(COLUMNS), validation=frame(turned)) == train(ARRAYS, validation=ARRAYS)
    data = mg.data.read(frame({**turned, "id": np.arange(40)}), build(), features=["a", "b"])
    assert (data.features, data.label, data.left_out) == (("a", "b"), "target", ("id",))
    assert np.array_equal(data["x"], X) and np.array_equal(data["y"], Y)
    assert mg.data.read(frame({**COLUMNS, "id": np.arange(40)}), build()).left_out == ("id",)


@pytest.mark.parametrize("frame", FRAMES)
def test_names_of_classes_are_numbered_by_read_and_alike_in_later_rows(frame):
    names = np.array(["blue", "red"])[Y].astype(object)
    data = mg.data.read(frame({**COLUMNS, "y": names}), build())
    assert data.classes == ("blue", "red") and np.array_equal(data["y"], Y)
    later = {name: cells[:1] for name, cells in {**COLUMNS, "y": np.array(["red"], object)}.items()}
    assert mg.data.read(frame(later), build(), classes=data.classes)["y"].tolist() == [1]


def test_whole_numbers_stay_the_labels_that_they_are_and_values_are_values():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",))
    fit = mg.Graph(loss=((x.sum(axis=1) * mg.Parameter("w", 1.0) - y) ** 2).mean())
    frame = Polars({**COLUMNS, "y": Y - 5})
    assert train(frame, graph=fit, epochs=1)["loss"][0] == pytest.approx(float(((X.sum(1) - (Y - 5)) ** 2).mean()))
    assert mg.data.read(Pandas({**COLUMNS, "y": Y + 1}), build())["y"].max() == 2


def test_columns_are_inputs_by_their_names_where_there_is_no_x():
    p, q, y = mg.Input("p", ("N",)), mg.Input("q", ("N",)), mg.Input("y", ("N",))
    graph = mg.Graph(loss=((p * mg.Parameter("w", 1.0) + q - y) ** 2).mean())
    columns = {"y": X[:, 0], "q": X[:, 1], "p": X[:, 0]}
    assert train(Arrow(columns), graph=graph, epochs=1)["loss"][0] == pytest.approx(float((X[:, 1] ** 2).mean()))


def test_a_frame_is_predicted_and_taken_by_the_estimator():
    predict = mg.Predictor(build())
    right = predict(X)["probabilities"]
    features = {"a": X[:, 0], "b": X[:, 1]}
    for frame in FRAMES:
        assert np.array_equal(predict(frame(features))["probabilities"], right)
        assert np.array_equal(predict(frame({"x": X}))["probabilities"], right)
    assert np.array_equal(predict(Tensor(X))["probabilities"], right)
    for batches in (Loader(), (X[start : start + 16] for start in STARTS), lambda: [Polars(features)]):
        assert np.allclose(predict(batches)["probabilities"], right, rtol=0, atol=1e-6)
    model = GraphClassifier(epochs=2, random_state=0)
    assert np.array_equal(model.fit(Tensor(X), Tensor(Y)).predict(X), model.fit(X, Y).predict(Tensor(X)))


def test_frames_that_do_not_fit_are_refused(wording):
    def given(**columns):
        return lambda: train(Pandas({**COLUMNS, **columns}))

    for name, mistake in {
        "a column more": given(c=Y),
        "a column that numbers the rows": given(id=np.arange(40)),
        "text labels": given(y=np.array(["a"] * 40)),
        "a text feature": given(a=np.array(["a"] * 40)),
        "None": given(a=np.array([None, *[1.0] * 39], object)),
        "not a number": given(a=np.where(Y, X[:, 0], np.nan)),
        "an identifier": given(a=np.arange(40) + 2**60),
        "a label too many": given(y=Y + 1),
        "a feature too few": lambda: train(Polars({"a": X[:, 0], "y": Y})),
        "a column alone": lambda: train(Polars({"y": Y})),
        "no rows": lambda: train(Polars({name: cells[:0] for name, cells in COLUMNS.items()})),
        "arrays in a feature": lambda: mg.data.read(Polars({"images": X, "y": Y})),
        "a missing name": lambda: mg.data.read(Polars({**COLUMNS, "y": np.array(["a", None] * 20, object)})),
        "the label of rows to predict": lambda: mg.Predictor(build())(Polars(COLUMNS)),
        "a frame as a data set": lambda: mg.data.split(Polars(COLUMNS)),
    }.items():
        with pytest.raises(mg.MinigraphError) as raised:
            mistake()
        wording(raised.value, name)


def test_two_columns_of_one_name_are_refused(wording):
    class Twice(Pandas):
        columns = ("a", "a", "y")

    with pytest.raises(mg.MinigraphError) as raised:
        train(Twice(COLUMNS))
    wording(raised.value)


@pytest.mark.parametrize("order", [None, lambda epoch: np.random.default_rng(epoch).permutation(40)])
def test_a_loader_trains_as_its_batches_do_in_its_own_order(order):
    loader = Loader(order=order)
    history = train(loader, validation=Loader())
    assert history["loss"] == pytest.approx(by_hand(order or (lambda epoch: np.arange(40))), rel=1e-6)
    assert loader.iterated == 3
    graph = build()
    train(Loader(order=order), graph=graph)
    assert history["validation loss"][-1] == pytest.approx(evaluate(graph, ARRAYS)["loss"], rel=1e-6)


def test_batches_may_be_arrays_by_name_pairs_or_frames_from_whatever_gives_them():
    parts = [{name: array[start : start + 16] for name, array in ARRAYS.items()} for start in STARTS]
    right = train(Loader())
    for data in (
        parts,
        lambda: iter(parts),
        lambda: ((part["x"], part["y"].tolist()) for part in parts),
        lambda: (HuggingFace({name: array[start : start + 16] for name, array in COLUMNS.items()}) for start in STARTS),
    ):
        assert train(data) == right
    assert train(iter(parts), epochs=1)["loss"] == right["loss"][:1]
    x = mg.Input("x", ("N", 2))
    mean = mg.Graph(loss=((x - mg.Parameter("m", [0.0, 0.0])) ** 2).mean())
    assert train(lambda: [X[:16], X[16:]], graph=mean, epochs=1).epochs == 1


def test_steps_are_known_where_the_loader_says_how_many():
    options = {"optimizer": mg.SGD(0.1)}
    assert mg.Trainer(build(), Loader(), **options).steps == 3
    assert mg.Trainer(build(), lambda: Loader(), **options).steps is None


def test_loaders_that_do_not_fit_are_refused_with_the_number_of_the_batch(wording):
    def changed(change):
        return lambda: train(Loader(change=lambda number, x, y: change(x, y) if number == 2 else [x, y]))

    def none():
        yield from ()

    for name, mistake in {
        "a label too many in a batch": changed(lambda x, y: [x, y.array + 2]),
        "a fraction": changed(lambda x, y: [x, y.array + 0.5]),
        "not finite": changed(lambda x, y: [x.array * np.nan, y]),
        "another shape": changed(lambda x, y: [x.array[:, :1], y]),
        "rows that do not pair": changed(lambda x, y: [x, y.array[1:]]),
        "three parts": changed(lambda x, y: [x, y, y]),
        "another name": changed(lambda x, y: {"x": x, "label": y}),
        "no label": changed(lambda x, y: {"x": x}),
        "an array alone": changed(lambda x, y: x),
        "no rows in it": changed(lambda x, y: [x.array[:0], y.array[:0]]),
        "another device": changed(lambda x, y: [Tensor(x.array, "can't convert cuda:0 device type tensor to numpy."), y]),
        "a generator for two epochs": lambda: train(iter([[X, Y]]), epochs=2),
        "a generator for the validation of two": lambda: train(ARRAYS, validation=iter([[X, Y]]), epochs=2),
        "no batches": lambda: train(none),
        "a function of something else": lambda: train(lambda: 3),
        "a function with an argument": lambda: train(lambda epoch: Loader()),
        "a size for its batches": lambda: train(Loader(), batch_size=3),
        "one row after the other": lambda: train(
            type("Rows", (), {"__getitem__": lambda self, i: X[i], "__len__": lambda self: 40})()
        ),
        "x without its batches": lambda: mg.Predictor(build())(iter([{"z": X}])),
        "no batches to predict": lambda: mg.Predictor(build())(none),
    }.items():
        with pytest.raises(mg.MinigraphError) as raised:
            mistake()
        wording(raised.value, name)


def test_a_generator_that_is_used_up_has_no_second_run(wording):
    trainer = mg.Trainer(build(), iter([[X, Y]]), optimizer=mg.SGD(0.1))
    assert trainer.run(1).epochs == 1
    with pytest.raises(mg.MinigraphError) as raised:
        trainer.run(2)
    wording(raised.value)
    assert trainer.epoch == 1


def test_what_is_wrong_with_the_first_batch_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(mg.MinigraphError, match="Batch 1 of the training data"):
        train(lambda: [[X, Y + 2]], checkpoint=tmp_path / "run")
    with pytest.raises(mg.MinigraphError, match="Batch 1 of the validation data"):
        train(Loader(), validation=lambda: [[X, Y + 2]], checkpoint=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_batch_that_is_refused_leaves_the_steps_before_it_done_and_the_epoch_broken():
    def batches():
        yield X[:16], Y[:16]
        yield X[16:], Y[16:] + 2

    graph, right = build(), build()
    trainer = mg.Trainer(graph, batches, optimizer=mg.SGD(0.1))
    with pytest.raises(mg.MinigraphError, match="Batch 2"):
        trainer.run(1)
    train({"x": X[:16], "y": Y[:16]}, graph=right, epochs=1)
    assert np.array_equal(graph["W1"].value, right["W1"].value) and trainer.step == 1
    with pytest.raises(mg.MinigraphError, match="cannot be gone on with"):
        trainer.run(1)


class StopAfter(mg.Callback):
    def __init__(self, steps):
        self.steps = steps

    def on_step_end(self, trainer):
        self.steps -= 1
        if not self.steps:
            trainer.stop("enough")


def of(loader, *callbacks):
    return mg.Trainer(build(), loader, optimizer=mg.Adam(0.01), callbacks=callbacks)


@pytest.mark.parametrize("steps", [1, 2, 4, 5, 6])
def test_a_run_that_is_stopped_within_an_epoch_goes_on_to_the_same_end(tmp_path, steps):
    whole, stopped, resumed = of(Loader()), of(Loader(), StopAfter(steps)), of(Loader())
    right = whole.run(3)
    stopped.run(3)
    stopped.save(tmp_path)
    resumed.resume(tmp_path)
    assert (resumed.epoch, resumed.step) == (stopped.epoch, stopped.step)
    for trainer in (stopped, resumed):
        assert trainer.run(3) == right
        assert np.array_equal(trainer.graph["W1"].value, whole.graph["W1"].value)


def test_within_an_epoch_only_a_loader_of_the_same_batches_is_resumed(tmp_path, wording):
    def other(epoch):
        return np.arange(40)[::-1]

    stopped = of(Loader(), StopAfter(2))
    stopped.run(1)
    stopped.save(tmp_path)
    trainer = of(Loader(order=other))
    before = trainer.graph["W1"].value
    with pytest.raises(mg.GraphError) as raised:
        trainer.resume(tmp_path)
    assert "digest of the rows" in str(raised.value) and "in the same order" in str(raised.value)
    assert np.array_equal(trainer.graph["W1"].value, before) and trainer.step == 0
    with pytest.raises(mg.GraphError):
        of(Loader(size=40)).resume(tmp_path)  # it has fewer batches
    with pytest.raises(mg.GraphError, match="batch size: 40 now, 0"):
        of(ARRAYS).resume(tmp_path)
    between = of(Loader())
    between.run(1)
    between.save(tmp_path / "between")
    of(Loader(order=other)).resume(tmp_path / "between")


@pytest.mark.parametrize("steps", [3, 4])
def test_a_trainer_that_has_gone_further_or_failed_is_resumed(tmp_path, steps):
    right = of(Loader())
    right.run(3)
    saved = of(Loader(), StopAfter(steps))
    saved.run(3)
    saved.save(tmp_path)
    further = of(Loader(), StopAfter(5))
    further.run(3)
    calls = itertools.count(1)
    failing = of(Loader(change=lambda number, x, y: [x, y] if next(calls) != 5 else [x, Tensor(y.array + 2)]))
    with pytest.raises(mg.InputError):
        failing.run(3)
    for trainer in (further, failing):
        trainer.resume(tmp_path)
        trainer.run(3)
        assert np.array_equal(trainer.graph["W1"].value, right.graph["W1"].value)


def test_an_epoch_is_not_gone_on_with_after_a_checkpoint_was_refused(tmp_path):
    saved = of(Loader(), StopAfter(2))
    saved.run(1)
    saved.save(tmp_path)
    other = of(Loader(order=lambda epoch: np.arange(40)[::-1]), StopAfter(1))
    other.run(1)
    with pytest.raises(mg.GraphError):
        other.resume(tmp_path)
    with pytest.raises(mg.InputError, match="cannot be gone on with"):
        other.run(1)


def test_several_processes_take_arrays_alone(wording, monkeypatch):
    trainer = of(Loader())
    monkeypatch.setattr(type(trainer.hosts), "count", 2)
    with pytest.raises(mg.InputError) as raised:
        of(Loader())
    wording(raised.value)


def test_what_is_no_frame():
    assert not any(
        map(is_frame, ({"columns": [1]}, [1], "columns", X, np.zeros(2, [("a", int)]), Pandas, Tensor(X), Column([1])))
    )


def test_a_lazy_frame_is_to_be_collected():
    class Lazy:
        columns = ("a", "y")

        def collect(self):
            return Polars(COLUMNS)

    with pytest.raises(mg.InputError, match=r"collect\(\) gives its rows"):
        train(Lazy())


def at_hand(*packages):
    return [package for package in packages if importlib.util.find_spec(package)]


@pytest.mark.parametrize("package", at_hand("pandas", "polars", "pyarrow", "datasets"))
def test_the_packages_themselves(package):
    module = importlib.import_module(package)
    make = {
        "pandas": lambda columns: module.DataFrame(columns),
        "polars": lambda columns: module.DataFrame(columns),
        "pyarrow": lambda columns: module.table(columns),
        "datasets": lambda columns: module.Dataset.from_dict({name: cells.tolist() for name, cells in columns.items()}),
    }[package]
    assert train(make(COLUMNS), batch_size=16) == train(ARRAYS, batch_size=16)
    names = np.array(["blue", "red"])[Y].astype(object)
    data = mg.data.read(make({**COLUMNS, "species": names}), features=["a", "b"], label="species")
    assert data.classes == ("blue", "red") and np.array_equal(data["y"], Y) and data.left_out == ("y",)
    features = {"a": X[:, 0], "b": X[:, 1]}
    assert np.array_equal(mg.Predictor(build())(make(features))["probabilities"], mg.Predictor(build())(X)["probabilities"])


@pytest.mark.parametrize("package", at_hand("torch") or [None])
def test_pytorch_itself(package):
    if package is None:
        return
    torch = importlib.import_module(package)
    tensors = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    assert train(torch.utils.data.DataLoader(tensors, 16)) == train(Loader())
    with pytest.raises(mg.DTypeError, match="detach"):
        train({"x": torch.tensor(X, requires_grad=True), "y": Y})
    with pytest.raises(mg.InputError, match="DataLoader"):
        train(tensors)
