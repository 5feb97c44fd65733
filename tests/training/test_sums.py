"""What evaluate and the history tell does not depend on the batch size; a batch that weighs nothing is no step."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.loop.evaluation import confusions, evaluate
from minigraph.training.metrics.sums import over_all_rows

ROWS, POSITIONS, CLASSES = 11, 2, 3
RNG = np.random.default_rng(0)
DATA = {
    "x": RNG.normal(size=(ROWS, CLASSES)),
    "t": RNG.uniform(0.1, 0.9, size=(ROWS, CLASSES)),
    "z": RNG.normal(size=(ROWS, CLASSES, POSITIONS)),
    "y": np.array([0, 2, 2, 2, 1, 0, 2, 2, 0, 1, 1]),
    "labels": RNG.integers(0, CLASSES, (ROWS, POSITIONS)),
}
W = mg.Parameter("W", RNG.normal(size=(CLASSES, CLASSES)), np.float64)


def inputs():
    """The inputs for DATA, in double precision."""
    return {
        name: mg.Input(name, ("N", *rows.shape[1:]), np.float64 if rows.dtype.kind == "f" else np.int64)
        for name, rows in DATA.items()
    }


def mask(n):
    """1 for the rows that a loss written by hand counts."""
    return np.not_equal(n["y"], 2).astype(np.float64)


WEIGHING = [
    {},
    {"ignore_index": 2},
    {"class_weights": (1.0, 9.0, 0.0)},
    {"ignore_index": 0, "class_weights": (1.0, 9.0, 0.5)},
]
REDUCED = [{"reduction": "mean"}, {"reduction": "sum"}]
OVER_CLASSES = {
    f"{kind} {at} {options} {reduced}": lambda n, k=kind, at=at, o=options | reduced: getattr(mg, k)(*operands(n, at), **o)
    for kind in ("SoftmaxCrossEntropy", "NegativeLogLikelihood")
    for at in ("rows", "positions", "soft")
    for options in WEIGHING
    for reduced in REDUCED
    if not (at == "soft" and "ignore_index" in options)
}


def operands(n, where):
    """Scores and targets of one of the kinds that a loss over classes takes."""
    return {"rows": (n["x"] @ W, n["y"]), "positions": (n["z"], n["labels"]), "soft": (n["x"], n["t"])}[where]


BETWEEN = {
    f"{name} {reduced}": lambda n, make=make, r=reduced["reduction"]: make(n, r)
    for name, make in {
        "MeanSquaredError": lambda n, r: mg.MeanSquaredError(n["x"] @ W, n["t"], reduction=r),
        "MeanAbsoluteError": lambda n, r: mg.MeanAbsoluteError(n["x"], n["t"], reduction=r),
        "Huber": lambda n, r: mg.Huber(n["x"], n["t"], delta=0.5, reduction=r),
        "BinaryCrossEntropy": lambda n, r: mg.BinaryCrossEntropy(n["t"], n["t"] * n["t"], reduction=r),
        "BinaryCrossEntropy of logits": lambda n, r: mg.BinaryCrossEntropy(n["x"], n["t"], logits=True, reduction=r),
        "KLDivergence": lambda n, r: mg.KLDivergence(n["x"], n["t"], reduction=r),
        "KLDivergence of logarithms": lambda n, r: mg.KLDivergence(n["x"], n["t"], log_target=True, reduction=r),
        "Hinge": lambda n, r: mg.Hinge(n["x"], np.sign(n["t"] - 0.5), reduction=r),
        "TripletMargin": lambda n, r: mg.TripletMargin(n["x"], n["t"], n["x"] @ W, reduction=r),
        "smoothed": lambda n, r: mg.SoftmaxCrossEntropy(n["x"], n["y"], label_smoothing=0.1, ignore_index=1, reduction=r),
    }.items()
    for reduced in REDUCED
}
COMPOSED = {
    "a loss and a penalty": lambda n: mg.SoftmaxCrossEntropy(n["x"] @ W, n["y"], ignore_index=2) + 0.1 * (W * W).sum(),
    "a plain loss and a penalty": lambda n: mg.SoftmaxCrossEntropy(n["x"] @ W, n["y"]) + 0.1 * (W * W).sum(),
    "two losses": lambda n: mg.SoftmaxCrossEntropy(n["x"], n["y"], ignore_index=2) - 2 * mg.Huber(n["x"], n["t"]) / 3,
    "two weighed losses": lambda n: (
        mg.SoftmaxCrossEntropy(n["x"], n["y"], ignore_index=2)
        + mg.SoftmaxCrossEntropy(n["z"], n["labels"], class_weights=(0.5, 1, 4))
    ),
    "a sum and a mean": lambda n: n["x"].sum() + mg.MeanSquaredError(n["x"], n["t"]),
    "a mean written by hand": lambda n: ((n["x"] - n["t"]) ** 2).sum() / np.size(n["x"], axis=0),
    "a masked mean": lambda n: (mask(n) * (n["x"] ** 2).sum(axis=1)).sum() / mask(n).sum(),
    "a mean of means": lambda n: (n["x"] ** 2).mean(axis=0).mean(),
    "a root": lambda n: np.sqrt(mg.MeanSquaredError(n["x"], n["t"])),
    "an unbiased variance": lambda n: (n["t"] ** 2).sum() / (np.size(n["t"], axis=0) - 1),
    "an unbiased variance, of a size": lambda n: (n["t"] ** 2).sum() / (n["t"].shape[0] - 1),
    "half of the rows": lambda n: (n["t"] ** 2).sum() / (n["t"].shape[0] // 2 + 1),
    "a sum of what is divided by the number of rows": lambda n: (n["x"] / n["x"].size).sum(),
    "a norm": lambda n: mg.ReduceL2(n["x"], keepdims=False),
    "a product of matrices": lambda n: (n["x"].T @ n["t"]).sum() / n["x"].size,
    "a quotient of means": lambda n: (n["x"] ** 2).mean() / (n["t"] ** 2).mean(),
    "a number of rows": lambda n: np.size(n["x"], axis=0).astype(np.float64) * 2,
    "accuracy": lambda n: mg.accuracy(n["x"], n["y"]),
    "accuracy of positions": lambda n: mg.accuracy(n["z"], n["labels"], ignore_index=1),
    "top-k accuracy": lambda n: mg.metrics.top_k_accuracy(n["x"], n["y"], k=2, ignore_index=0),
}
METRICS = {
    f"{name} {where} {ignored}": lambda n, make=make, at=where, i=ignored: make(*operands(n, at), ignore_index=i)
    for name, make in {
        "perplexity": mg.metrics.perplexity,
        "confusions": mg.metrics.confusion_matrix,
        "F1": mg.metrics.f1,
        "calibration": mg.metrics.calibration_error,
    }.items()
    for where in ("rows", "positions")
    for ignored in (None, 2)
}
FIGURES = {**OVER_CLASSES, **BETWEEN, **COMPOSED, **METRICS}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_all_rows_does_not_depend_on_the_batch_size(name):
    figure = FIGURES[name](inputs())
    node = figure.node if isinstance(figure, mg.metrics.Metric) else figure
    given = {each: DATA[each] for each in mg.Graph(node).inputs}
    expected = mg.Graph(node).forward(**given)[node]
    scalar = node if node.shape == () else node.sum()
    for size in (1, 2, 3, 7, ROWS):
        found = evaluate(mg.Graph(loss=scalar), given, metrics={"the figure": figure}, batch_size=size)["the figure"]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13, err_msg=f"batch size {size}")


@pytest.mark.parametrize("name", ["a loss and a penalty", "a root", "a sum and a mean", *list(OVER_CLASSES)[:8]])
def test_the_history_tells_the_loss_of_all_rows(name):
    loss = FIGURES[name](inputs()) + 0 * (W * W).sum()
    given = {each: DATA[each] for each in mg.Graph(loss).inputs}
    expected = mg.Graph(loss=loss).forward(**given)["loss"]
    for size in (1, 3, ROWS):
        still = mg.SGD(1e-300)
        history = mg.train(
            mg.Graph(loss=loss), given, optimizer=still, epochs=1, batch_size=size, validation=given, metrics={}, progress=False
        )
        assert history["loss"] == pytest.approx([expected], rel=1e-12)
        assert history["validation loss"] == pytest.approx([expected], rel=1e-12)


def test_what_is_not_computed_from_sums_is_the_mean_over_the_batches():
    n = inputs()
    by_hand = (DATA["x"][:8].max() * 8 + DATA["x"][8:].max() * 3) / 11
    assert evaluate(mg.Graph(loss=n["x"].max()), {"x": DATA["x"]}, batch_size=8)["loss"] == pytest.approx(by_hand)
    pairs = [float((DATA["x"][rows] @ DATA["x"][rows].T).sum()) for rows in (slice(8), slice(8, None))]
    of_pairs = evaluate(mg.Graph(loss=(n["x"] @ n["x"].T).sum()), {"x": DATA["x"]}, batch_size=8)["loss"]
    assert of_pairs == pytest.approx((pairs[0] * 8 + pairs[1] * 3) / 11)
    entropy = mg.SoftmaxCrossEntropy(n["x"], n["y"], ignore_index=2)
    rows = {"x": DATA["x"], "y": DATA["y"]}
    expected = float(mg.Graph(loss=entropy).forward(**rows)["loss"]) + by_hand
    assert evaluate(mg.Graph(loss=entropy + n["x"].max()), rows, batch_size=8)["loss"] == pytest.approx(expected)


def test_a_weighed_mean_over_batches_of_a_static_size_is_refused_and_over_one_is_told():
    x, y, w = mg.Input("x", (4, 2)), mg.Input("y", (4,), dtype=np.int64), mg.Parameter("w", np.eye(2))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ w, y, ignore_index=-1))
    rows = {"x": np.zeros((8, 2)), "y": [0, 1, -1, 0, 1, -1, -1, -1]}
    for run in (
        lambda: evaluate(graph, rows, batch_size=4),
        lambda: mg.train(graph, rows, optimizer=mg.SGD(0.1), epochs=1, batch_size=4, progress=False),
    ):
        with pytest.raises(mg.OperationError, match=r"'loss'(.|\n)*2 batches(.|\n)*Name the axis of the rows"):
            run()
    first = {name: array[:4] for name, array in rows.items()}
    assert evaluate(graph, first)["loss"] == pytest.approx(np.log(2))
    assert evaluate(mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y * y)), rows, batch_size=4)["loss"] == pytest.approx(np.log(2))


def test_rows_that_are_ignored_count_in_no_accuracy():
    n = inputs()
    loss = mg.SoftmaxCrossEntropy(n["x"], n["y"], ignore_index=2)
    rows, chosen = {"x": DATA["x"], "y": DATA["y"]}, DATA["x"].argmax(axis=1)
    kept = DATA["y"] != 2
    assert evaluate(mg.Graph(loss=loss), rows, batch_size=2)["accuracy"] == pytest.approx((chosen == DATA["y"])[kept].mean())
    counts = confusions(mg.Graph(loss=loss), rows)
    assert counts.sum() == kept.sum() and not counts[2].any()


@pytest.mark.parametrize("at", ["rows", "positions"])
@pytest.mark.parametrize("name", ["accuracy", "top_k_accuracy", "perplexity", "confusion_matrix", "f1", "calibration_error"])
def test_a_metric_is_that_of_the_rows_which_are_not_ignored(name, at):
    make = getattr(mg.metrics, name)
    given = {**DATA, "x": mg.Softmax.apply(DATA["x"]), "z": mg.Softmax.apply(DATA["z"], axis=1)}
    scores, labels = ("x", "y") if at == "rows" else ("z", "labels")
    n = inputs()
    options = {"k": 1} if name == "top_k_accuracy" else {}
    figure = make(n[scores], n[labels], ignore_index=2, **options)
    flat, kept = np.moveaxis(given[scores], 1, -1).reshape(-1, CLASSES), given[labels].reshape(-1) != 2
    plain = make(n["x"], n["y"], **options)
    nodes = [each.node if isinstance(each, mg.metrics.Metric) else each for each in (figure, plain)]
    found = mg.Graph(nodes[0]).forward(**{name: given[name] for name in (scores, labels)})[nodes[0]]
    expected = mg.Graph(nodes[1]).forward(x=flat[kept], y=given[labels].reshape(-1)[kept])[nodes[1]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_accuracy_takes_the_axis_of_the_classes_from_the_loss():
    n = inputs()
    rows, chosen = {"z": DATA["z"], "labels": DATA["labels"]}, DATA["z"].argmax(axis=1)
    expected = (chosen == DATA["labels"]).mean()
    for scores, axis in ((n["z"], None), (n["z"].transpose(0, 2, 1), -1)):
        loss = mg.SoftmaxCrossEntropy(scores, n["labels"], axis=axis)
        assert evaluate(mg.Graph(loss=loss), rows)["accuracy"] == pytest.approx(expected)


OPTIMIZERS = [
    mg.SGD(0.1, momentum=0.9, weight_decay=0.1),
    mg.Adam(0.1, average=0.9),
    mg.AdamW(mg.schedules.cosine(0.1, steps=10), weight_decay=0.1, clip_norm=1.0),
    mg.RMSProp(0.1, accumulate=2, clip_value=0.1),
]


def model(**options):
    """A network with dropout, running statistics and a penalty."""
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), dtype=np.int64)
    hidden = mg.blocks.batch_normalization(mg.blocks.dense(x, 5, rng=rng, name="hidden"), name="norm")
    scores = mg.blocks.dense(mg.Dropout(hidden, mg.RandomState(1), ratio=0.2), 3, rng=rng, name="scores")
    w = mg.Graph(scores)["hidden.W"]
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(scores, y, **options) + 0.01 * (w * w).sum())


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_that_weighs_nothing_changes_no_variable(optimizer, threads):
    graph, rng = model(ignore_index=-1), np.random.default_rng(0)
    updates = optimizer.minimize(graph["loss"])
    step = mg.compile(graph, updates=updates, threads=threads)
    for rows in (8, 5000):
        counted = {"x": rng.normal(size=(rows, 4)), "y": rng.integers(0, 3, rows)}
        step(**counted)
        before = {variable: variable.value for variable in updates}
        assert np.isnan(step(x=rng.normal(size=(rows, 4)), y=np.full(rows, -1))["loss"])
        assert all(np.array_equal(variable.value, value) for variable, value in before.items())
        step(**counted)
        assert all(not np.array_equal(graph[name].value, before[graph[name]]) for name in ("hidden.W", "norm.running_mean"))


@pytest.mark.parametrize(("options", "nothing"), [({"ignore_index": -1}, -1), ({"class_weights": [1.0, 1.0, 0.0]}, 2)])
def test_batches_that_weigh_nothing_are_no_steps_of_a_training(options, nothing):
    rng = np.random.default_rng(0)
    rows = {"x": rng.normal(size=(20, 4)), "y": rng.integers(0, 2, 20)}
    padded = {name: np.concatenate([array, array]) for name, array in rows.items()}
    padded["y"][20:] = nothing
    x, y, w = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), dtype=np.int64), mg.Parameter("w", np.zeros((4, 3)))
    n = mg.Variable("n", 0, dtype=np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ w, y, **options))
    trainer = mg.Trainer(
        graph, padded, optimizer=mg.SGD(1e-30, momentum=0.9), batch_size=1, updates={n: n + 1}, validation=padded
    )
    history = trainer.run(1)
    expected = float(graph.forward(**rows)["loss"])
    assert history["loss"] == pytest.approx([expected], rel=1e-6)
    assert history["validation loss"] == pytest.approx([expected], rel=1e-6)
    assert n.value == 20


def test_batches_that_weigh_nothing_count_in_no_statistic():
    rng = np.random.default_rng(0)
    rows = {"x": rng.normal(size=(8, 4)), "y": rng.integers(0, 3, 8)}
    padded = {"x": np.concatenate([rows["x"], rows["x"]]), "y": np.concatenate([rows["y"], np.full(8, -1)])}
    x, y, w = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), dtype=np.int64), mg.Parameter("w", rng.normal(size=(4, 3)))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ w, y, ignore_index=-1))
    options = {"optimizer": mg.SGD(1e-30), "epochs": 1, "batch_size": 1, "progress": False}
    histories = [mg.train(graph, data, callbacks=[mg.Statistics()], **options) for data in (rows, padded)]
    norms, with_ignored = (history.statistics["gradient norm of w"] for history in histories)
    assert norms == pytest.approx(with_ignored, rel=1e-5)


def test_an_epoch_that_is_resumed_in_its_middle_tells_the_same_figures(tmp_path):
    class Stop(mg.Callback):
        def on_step_end(self, trainer):
            if trainer.step == 3:
                trainer.stop("to be resumed")

    rng = np.random.default_rng(0)
    rows = {"x": rng.normal(size=(14, 4)), "y": np.array([0, -1] * 7)}

    def trainer(*more):
        graph, callbacks = model(ignore_index=-1), [mg.Statistics(), *more]
        return mg.Trainer(graph, rows, optimizer=mg.Adam(0.1), batch_size=2, threads=1, callbacks=callbacks)

    undisturbed, stopped, resumed = trainer(), trainer(Stop()), trainer()
    expected = undisturbed.run(2)
    stopped.run(2)
    stopped.save(tmp_path)
    resumed.resume(tmp_path)
    assert resumed.run(2) == expected
    for name, variable in undisturbed.variables.items():
        assert np.array_equal(variable.value, resumed.variables[name].value)


def test_a_loss_that_is_not_finite_still_ends_a_training():
    x, y, w = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), dtype=np.int64), mg.Parameter("w", np.full((4, 3), 1e38))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ w * w.sum(), y, ignore_index=-1))
    with pytest.raises(mg.NonFiniteError, match="The loss is not finite in epoch 1, step 1"):
        mg.train(graph, {"x": np.ones((4, 4)), "y": [0, -1, 1, 2]}, optimizer=mg.SGD(0.1), epochs=1, progress=False)


def test_what_depends_on_the_other_rows_of_a_batch_does_not_add_up():
    x = mg.Input("x", ("N", 2), np.float64)
    variance, centred = np.var(x), ((x - x.mean(axis=0)) ** 2).mean()
    assert over_all_rows(variance) is variance and over_all_rows(centred) is centred
    of_rows = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum()
    assert over_all_rows(of_rows) is not of_rows
