"""What a training may be asked beyond its loss: weights of rows and classes, parameters that stay, several losses at once."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import Dataset
from minigraph.training.loop.class_weights import class_weighted
from minigraph.training.loop.sample_weights import row_weighted
from models import logistic_regression, two_layer

RNG = np.random.default_rng(0)
N = 24
X = RNG.normal(size=(N, 2))
LABELS = RNG.integers(0, 2, N)
WEIGHTS = RNG.integers(0, 4, N)
ROWS = {"x": X, "y": LABELS}
IGNORED = np.where(np.arange(N) % 5, LABELS, -1)


def softmax(**options):
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    return mg.SoftmaxCrossEntropy(x @ mg.Parameter("W", RNG.normal(size=(2, 2))), y, **options)


def of_values(loss, shape=("N",), **options):
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", shape)
    value = x @ mg.Parameter("W", RNG.normal(size=(2, 3)))
    return loss(value if len(shape) > 1 else value.sum(axis=1), y, **options)


LOSSES = {
    "labels": (softmax, LABELS),
    "class weights": (lambda: softmax(class_weights=(1, 3)), LABELS),
    "ignored": (lambda: softmax(ignore_index=-1, class_weights=(2, 1), label_smoothing=0.1), IGNORED),
    "values": (lambda: of_values(mg.MeanSquaredError), RNG.normal(size=N)),
    "rows of values": (lambda: of_values(mg.Huber, ("N", 3)), RNG.normal(size=(N, 3))),
    "binary": (lambda: of_values(mg.BinaryCrossEntropy, logits=True), LABELS),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_weight_counts_as_so_many_rows(name):
    """Σ w l / Σ w: with whole weights, the loss and the gradient are those of each row written down so many times."""
    build, y = LOSSES[name]
    graph = mg.Graph(loss=build()).astype(np.float64)
    again = np.repeat(np.arange(N), WEIGHTS)
    plain = graph.forward(x=X[again], y=y[again])
    weighted = row_weighted(graph).forward(x=X, y=y, sample_weight=WEIGHTS)
    assert weighted["loss"] == pytest.approx(plain["loss"], rel=1e-5)
    parameter = graph.parameters["W"]
    np.testing.assert_allclose(weighted.backward("loss")[parameter], plain.backward("loss")[parameter], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", [dict, Dataset])
def test_rows_are_weighed_in_training_and_weigh_1_in_validation(kind):
    again, graphs = np.repeat(np.arange(N), WEIGHTS), [logistic_regression.build() for _ in range(2)]
    options = {"optimizer": mg.SGD(0.1), "epochs": 20, "progress": False, "validation": ROWS, "test": ROWS}
    weighted = mg.train(graphs[0], kind(ROWS), sample_weight=WEIGHTS, **options)
    plain = mg.train(graphs[1], {"x": X[again], "y": LABELS[again]}, **options)
    np.testing.assert_allclose(graphs[0]["W"].value, graphs[1]["W"].value, atol=1e-5)
    for figure in ("loss", "validation loss", "validation accuracy"):
        np.testing.assert_allclose(weighted[figure], plain[figure], rtol=1e-5)
    assert weighted.test["loss"] == pytest.approx(plain.test["loss"])


def test_the_figure_of_weighed_rows_does_not_depend_on_the_batches():
    weights = np.where(np.arange(N) < 8, 0, WEIGHTS)  # some batches may weigh nothing
    losses = [
        mg.train(
            softmax_graph(), ROWS, optimizer=mg.SGD(1e-12), epochs=1, batch_size=size, sample_weight=weights, progress=False
        )["loss"][0]
        for size in (1, 7, N)
    ]
    assert losses == pytest.approx([losses[-1]] * 3, rel=1e-5)


def softmax_graph():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ mg.Parameter("W", [[1.0, 2.0], [0.5, -1.0]]), y))


def test_a_trainer_with_weighed_rows_evaluates_others():
    graph = logistic_regression.build()
    trainer = mg.Trainer(graph, ROWS, optimizer=mg.SGD(0.1), sample_weight=WEIGHTS)
    trainer.run(2)
    assert trainer.evaluate(ROWS)["loss"] == pytest.approx(float(graph.forward(**ROWS)["loss"]), rel=1e-6)


@pytest.mark.parametrize("weights", ["balanced", [1, 5]], ids=str)
def test_class_weights_are_those_of_the_weighted_graph(weights):
    graphs = [logistic_regression.build() for _ in range(2)]
    options = {"optimizer": mg.SGD(0.1), "epochs": 5, "progress": False}
    one = mg.train(graphs[0], ROWS, class_weights=weights, validation=ROWS, **options)
    other = mg.train(class_weighted(graphs[1], weights, ROWS), ROWS, **options)
    assert one["loss"] == other["loss"] and np.array_equal(graphs[0]["W"].value, graphs[1]["W"].value)


def test_a_binary_cross_entropy_weighs_its_two_classes():
    graph = mg.Graph(loss=LOSSES["binary"][0]()).astype(np.float64)
    z = X @ graph.parameters["W"].value @ np.ones(3)
    losses, w = np.logaddexp(0, z) - LABELS * z, np.where(LABELS, 5.0, 0.5)
    found = class_weighted(graph, [0.5, 5]).forward(x=X, y=LABELS)["loss"]
    assert found == pytest.approx((w * losses).sum() / w.sum(), rel=1e-6)
    counts = np.bincount(LABELS)
    w = (N / (2 * counts))[LABELS]
    found = class_weighted(graph, "balanced", ROWS).forward(x=X, y=LABELS)["loss"]
    assert found == pytest.approx((w * losses).sum() / w.sum(), rel=1e-6)


def test_weights_that_cannot_be_are_refused(refused):
    def train(graph, **options):
        mg.train(graph, ROWS, optimizer=mg.SGD(0.1), epochs=1, progress=False, **options)

    composed = mg.Graph(loss=(mg.Input("x", ("N", 2)) * mg.Parameter("w", 1.0)).mean())
    graph = logistic_regression.build()
    for weights in (np.ones((N, 2)), -WEIGHTS, np.full(N, np.nan), np.zeros(N), np.ones(3)):
        refused(mg.InputError, lambda weights=weights: train(graph, sample_weight=weights))
    refused(mg.GraphError, lambda: train(composed, sample_weight=WEIGHTS))
    refused(mg.GraphError, lambda: train(graph, class_weights="blanced"))
    refused(mg.InputError, lambda: mg.train(graph, iter([ROWS]), optimizer=mg.SGD(0.1), epochs=1, sample_weight=WEIGHTS))
    assert not graph["W"].value.any()


@pytest.mark.parametrize("names", [False, True], ids=["parameters", "names"])
def test_only_the_parameters_that_are_asked_for_change(names):
    graph = two_layer.build(hidden=3)
    before = {name: parameter.value for name, parameter in graph.parameters.items()}
    chosen = ["W2", "b2"] if names else [graph["W2"], graph["b2"]]
    trainer = mg.Trainer(graph, ROWS, optimizer=mg.Adam(0.1), parameters=chosen)
    trainer.run(3)
    changed = {name for name, parameter in graph.parameters.items() if not np.array_equal(parameter.value, before[name])}
    assert changed == {"W2", "b2"} and not any(name.startswith("W1.") for name in trainer.variables)
    trainer = mg.Trainer(graph, ROWS, optimizer=mg.Adam(0.1))  # and then all of them, to fine-tune
    trainer.run(4)
    assert not np.array_equal(graph["W1"].value, before["W1"])


@pytest.mark.parametrize(
    ("given", "factors"),
    [({"W1": 0.1}, (0.1, 1)), (0.5, (0.5, 0.5)), (lambda p: 2.0 if p.name == "W2" else 0.25, (0.25, 2))],
    ids=["names", "all", "function"],
)
@pytest.mark.parametrize("rate", [0.1, mg.schedules.step_decay(0.1, every=1)], ids=["number", "schedule"])
def test_a_learning_rate_is_multiplied_for_each_parameter(given, factors, rate):
    steps = []
    for multiplier in (1.0, given):
        graph = two_layer.build(hidden=3).astype(np.float64)
        before = {name: graph[name].value for name in ("W1", "W2")}
        mg.train(graph, ROWS, optimizer=mg.SGD(rate, rate_multiplier=multiplier), epochs=1, progress=False)
        steps.append({name: graph[name].value - before[name] for name in before})
    for name, factor in zip(("W1", "W2"), factors, strict=True):
        np.testing.assert_allclose(steps[1][name], factor * steps[0][name], rtol=1e-6)


def gan(noise):
    """A generator of numbers b + z, against a discriminator that sees what is larger than what."""
    x, z = mg.Input("x", ("N",)), mg.Input("z", ("N",))
    b, w, c = mg.Parameter("b", 0.0), mg.Parameter("w", 0.1), mg.Parameter("c", 0.0)
    made = z + b
    real, fake = (w * each + c for each in (x, made))
    one, zero = real * 0 + 1, real * 0
    losses = [mg.BinaryCrossEntropy(score, is_real, logits=True) for score, is_real in ((real, one), (fake, zero), (fake, one))]
    return mg.Graph(discriminator=losses[0] + losses[1], generator=losses[2], names={"b": b, "w": w, "c": c})


def test_several_losses_step_at_once_each_with_its_optimizer():
    rows = {"x": RNG.normal(3, 1, 200), "z": RNG.normal(0, 1, 200)}
    graph = gan(rows)
    optimizer = {"discriminator": mg.SGD(0.1, weight_decay=0.1), "generator": mg.SGD(0.1)}
    changes = {"discriminator": ["w", "c"], "generator": ["b"]}
    gradients = graph.forward(**rows)
    by_d, by_g = gradients.backward("discriminator"), gradients.backward("generator")
    history = mg.train(graph, rows, optimizer=optimizer, parameters=changes, epochs=1, progress=False)
    assert graph["b"].value == pytest.approx(-0.1 * by_g[graph["b"]], rel=1e-5)
    assert graph["w"].value == pytest.approx(0.1 - 0.1 * (by_d[graph["w"]] + 0.1 * 0.1), rel=1e-5)
    assert list(history) == ["loss", "generator"]
    mg.train(graph, rows, optimizer=optimizer, parameters=changes, epochs=600, progress=False)
    assert float(graph["b"].value) == pytest.approx(3, abs=0.3)


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def in_turn_by_hand(values, rounds, rate=0.05, momentum=0.9):
    """The parameters of `gan` after these rounds, each two batches for the discriminator and then one for the generator."""
    values, moved = dict(values), dict.fromkeys("bwc", 0.0)

    def step(gradients):
        for name, gradient in gradients.items():
            moved[name] = momentum * moved[name] + gradient
            values[name] -= rate * moved[name]

    for for_d, for_g in rounds:
        for rows in for_d:
            x, made = rows["x"], rows["z"] + values["b"]
            real, fake = sigmoid(values["w"] * x + values["c"]) - 1, sigmoid(values["w"] * made + values["c"])
            step({"w": np.mean(real * x) + np.mean(fake * made), "c": np.mean(real) + np.mean(fake)})
        fake = sigmoid(values["w"] * (for_g["z"] + values["b"]) + values["c"]) - 1
        step({"b": np.mean(fake * values["w"])})
    return values


@pytest.mark.parametrize("by", ["steps", "trainers"])
def test_losses_in_turn_are_two_steps_on_shared_parameters(by):
    """Two steps for the discriminator, then one for the generator, which meets what the discriminator has just learned."""
    rng = np.random.default_rng(1)

    def rows():
        return {"x": rng.normal(3, 1, 20), "z": rng.normal(0, 1, 20)}

    rounds = [([rows(), rows()], rows()) for _ in range(30)]
    graph = gan(None).astype(np.float64)
    sgd, of_d, of_g = mg.SGD(0.05, momentum=0.9), [graph["w"], graph["c"]], [graph["b"]]
    losses = {name: mg.Graph(loss=graph[name]) for name in ("discriminator", "generator")}
    expected = in_turn_by_hand({name: float(graph[name].value) for name in "bwc"}, rounds)
    given = [{name: batch[name] for name in losses["generator"].inputs} for _, batch in rounds]
    if by == "steps":
        d, g = (
            mg.compile(each, updates=sgd.minimize(each["loss"], chosen))
            for each, chosen in zip(losses.values(), (of_d, of_g), strict=True)
        )
        for (for_d, _), for_g in zip(rounds, given, strict=True):
            for batch in for_d:
                d(**batch)
            g(**for_g)
    else:
        left = iter(rounds), iter(given)
        d = mg.Trainer(losses["discriminator"], lambda: iter(next(left[0])[0]), optimizer=sgd, parameters=of_d)
        g = mg.Trainer(losses["generator"], lambda: iter([next(left[1])]), optimizer=sgd, parameters=of_g)
        for epoch in range(1, 31):
            d.run(epoch)
            g.run(epoch)
    for name, value in expected.items():
        assert float(graph[name].value) == pytest.approx(value, rel=1e-9), name
    assert float(graph["b"].value) != pytest.approx(0, abs=0.1)


def test_losses_that_draw_from_one_random_state_move_it_on_once(tmp_path):
    random, w, v = mg.RandomState(3), mg.Parameter("w", 1.0), mg.Parameter("v", 1.0)
    x = mg.Input("x", ("N",))
    graph = mg.Graph(a=(mg.Dropout(x * w, random) ** 2).mean(), b=(mg.Dropout(x * v, random) ** 2).mean())
    trainer = mg.Trainer(
        graph, {"x": np.arange(1.0, 7)}, optimizer={"a": mg.SGD(0.01), "b": mg.Adam(0.01)}, callbacks=[mg.Checkpoint(tmp_path)]
    )
    trainer.run(3)
    assert random.value.tolist()[1] == 3 and w.value != 1 != v.value


def test_running_statistics_that_two_losses_share_follow_both():
    """As a GAN's discriminator normalises what is real and what is made: both batches count, one after the other."""
    real, made, w, v = mg.Input("real", ("N", 1)), mg.Input("made", ("N", 1)), mg.Parameter("w", 1.0), mg.Parameter("v", 1.0)
    scale, bias = mg.Constant(np.ones(1, np.float32)), mg.Constant(np.zeros(1, np.float32))
    mean, variance = mg.Variable("mean", np.zeros(1), np.float32), mg.Variable("variance", np.ones(1), np.float32)
    of_real, of_made = (
        mg.BatchNormalization(each, scale, bias, mean, variance, momentum=0.5, training_mode=True) for each in (real, made)
    )
    graph = mg.Graph(a=(w * of_real).mean() ** 2, b=(v * of_made).mean() ** 2)
    rows = {"real": np.array([[9.0], [7.0], [9.0], [7.0]]), "made": np.array([[3.0], [1.0], [3.0], [1.0]])}
    mg.train(graph, rows, optimizer={"a": mg.SGD(0.1), "b": mg.SGD(0.1)}, epochs=1, progress=False)
    assert mean.value == pytest.approx([(0.5 * (0.5 * 0 + 0.5 * 8) + 0.5 * 2)])


def test_losses_and_parameters_that_cannot_be_are_refused(refused):
    graph = gan(None)
    rows = {"x": np.zeros(3), "z": np.zeros(3)}
    both = {"discriminator": mg.SGD(0.1), "generator": mg.SGD(0.1)}

    def train(optimizer, parameters=None):
        mg.train(graph, rows, optimizer=optimizer, parameters=parameters, epochs=1, progress=False)

    refused(mg.GraphError, lambda: train(both))
    refused(mg.GraphError, lambda: train({}))
    refused(mg.UnknownNameError, lambda: train({"generater": mg.SGD(0.1)}))
    refused(mg.UnknownNameError, lambda: train(both, {"generator": ["b"], "critic": ["w"]}))
    refused(mg.GraphError, lambda: train(both, ["b"]))
    refused(mg.GraphError, lambda: train(mg.SGD(0.1), {"generator": ["b"]}))
    refused(mg.GraphError, lambda: train({"generator": mg.SGD}))
    refused(mg.UnknownNameError, lambda: train(mg.SGD(0.1), ["W"]))
    refused(mg.GraphError, lambda: train(mg.SGD(0.1), graph["b"]))
    refused(mg.GraphError, lambda: train(mg.SGD(0.1), [3]))
    refused(mg.GraphError, lambda: train(mg.SGD(0.1), []))
    refused(mg.GraphError, lambda: mg.SGD(0.1, rate_multiplier=0))
    refused(mg.UnknownNameError, lambda: train(mg.SGD(0.1, rate_multiplier={"W": 2.0})))
