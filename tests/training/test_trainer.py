"""Training a graph on rows."""

import itertools
import sys

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import moons
from minigraph.training.data.batches import Batches
from minigraph.training.loop import step as steps
from minigraph.training.loop.evaluation import evaluate
from models.two_layer import build

PARAMETERS = ("W1", "b1", "W2", "b2")


def values(graph):
    return {name: graph[name].value.copy() for name in PARAMETERS}


def line_fit(factor=1.0):
    """The mean square of factor·x·w − y, for one weight w that starts at 0."""
    x, y = mg.Input("x", ("N",)), mg.Input("y", ("N",))
    w = mg.Parameter("w", 0.0)
    return mg.Graph(loss=((x * w * factor - y) ** 2).mean(), names=locals())


def train(graph, data, **options):
    options = {"optimizer": mg.SGD(0.1), "epochs": 3, "progress": False} | options
    return mg.train(graph, data, **options)


def test_mini_batches_equal_those_written_by_hand():
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(50, 2)), rng.integers(0, 2, 50)
    graph = build(hidden=8).astype(np.float64)
    W1, b1, W2, b2 = values(graph).values()
    history = train(graph, {"x": X, "y": Y}, optimizer=mg.SGD(0.05), epochs=4, batch_size=16, seed=7)

    rng, losses, right = np.random.default_rng(7), [], []
    for _ in range(4):
        order, total, correct = rng.permutation(50), 0.0, 0
        for start in (0, 16, 32, 48):
            x, y = X[order[start : start + 16]], Y[order[start : start + 16]]
            n = len(x)
            a1 = np.tanh(x @ W1 + b1)
            z2 = a1 @ W2 + b2
            probabilities = np.exp(z2) / np.exp(z2).sum(1, keepdims=True)
            total -= np.log(probabilities[np.arange(n), y]).sum()
            correct += (z2.argmax(1) == y).sum()
            difference = (probabilities - np.eye(2)[y]) / n
            hidden = difference @ W2.T * (1 - a1**2)
            W1, b1 = W1 - 0.05 * x.T @ hidden, b1 - 0.05 * hidden.sum(0)
            W2, b2 = W2 - 0.05 * a1.T @ difference, b2 - 0.05 * difference.sum(0)
        losses.append(total / 50)
        right.append(correct / 50)
    assert np.allclose(history["loss"], losses, rtol=1e-12, atol=0)
    assert np.allclose(history["accuracy"], right, rtol=1e-12, atol=0)
    for name, array in zip(PARAMETERS, (W1, b1, W2, b2), strict=True):
        assert np.abs(graph[name].value - array).max() < 1e-13


def in_blocks():
    """Two blocks of a layer, dropout and tanh, whose state moves on in every step, and the scores."""
    rng, random = np.random.default_rng(0), mg.RandomState(1)
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    hidden = x
    for name in ("first", "second"):
        with mg.blocks.block(name):
            hidden = mg.blocks.dense(hidden, 8, rng=rng, name=f"{name} layer", activation=mg.Tanh)
            hidden = np.tanh(mg.Dropout(hidden, random, ratio=0.3))
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(mg.blocks.dense(hidden, 2, rng=rng, name="scores"), y))


@pytest.mark.parametrize("recompute", [True, "second", iter(["first", "second"])], ids=["all", "one", "some"])
def test_blocks_that_are_computed_again_change_no_number(recompute, tmp_path):
    data, callbacks = moons(90), [mg.Statistics()]
    plain = train(graph := in_blocks(), data, batch_size=40, validation=data, callbacks=callbacks)
    again = in_blocks()
    options = {"batch_size": 40, "validation": data, "recompute": recompute, "callbacks": callbacks, "checkpoint": tmp_path}
    first = train(again, data, epochs=1, **options)
    assert dict(first) == {name: figures[:1] for name, figures in plain.items()}
    if isinstance(recompute, str | bool):
        assert train(again, data, resume=True, **options).state() == plain.state()
        assert all(np.array_equal(again[name].value, graph[name].value) for name in graph.variables)


def test_a_step_computes_again_what_it_is_told_to():
    def count(**options):
        trainer = mg.Trainer(in_blocks(), moons(20), optimizer=mg.SGD(0.1), **options)
        trainer.run(1)
        return trainer._take._program.source.count("np.tanh(")

    assert (count(), count(recompute="first"), count(recompute=True)) == (4, 5, 6)


def test_a_block_to_compute_again_is_one_of_the_graph(wording):
    with pytest.raises(mg.GraphError) as caught:
        train(in_blocks(), moons(20), recompute="third")
    wording(caught.value)


def test_a_seed_gives_the_same_run_again_and_another_seed_another():
    runs = [train(build(hidden=4), moons(40), batch_size=8, seed=seed) for seed in (1, 1, 2)]
    assert dict(runs[0]) == dict(runs[1]) != dict(runs[2])


def test_float32_stays_float32():
    graph = build(hidden=4)
    train(graph, {"x": np.zeros((6, 2)), "y": np.arange(6) % 2})
    assert {array.dtype for array in values(graph).values()} == {np.dtype(np.float32)}


def test_the_data_is_left_as_it_was():
    data = moons(20)
    before = {name: array.copy() for name, array in data.items()}
    train(build(hidden=4), data, batch_size=7)
    assert all(np.array_equal(data[name], before[name]) for name in before)


def test_validation_figures_are_those_after_the_epoch():
    graph, validation = build(hidden=4), moons(30, seed=1)
    history = train(graph, moons(20), validation=validation, batch_size=8)
    run = graph.forward(**validation)
    right = run["probabilities"].argmax(axis=1) == validation["y"]
    assert history["validation loss"][-1] == pytest.approx(float(run["loss"]), rel=1e-6)
    assert history["validation accuracy"][-1] == pytest.approx(right.mean(), rel=1e-6)


def test_metrics_are_nodes_of_ones_own_computed_in_the_same_pass():
    passes = []

    class Counted(mg.Node):
        def forward(self, x, out=None):
            passes.append(len(x))
            return np.multiply(x, 1, out=out)

        def backward(self, gradient, y, x):
            return gradient

    x, w = mg.Input("x", ("N",)), mg.Parameter("w", 1.0)
    y = Counted(x) * w
    graph = mg.Graph(loss=(y * y).mean())
    history = train(graph, {"x": [1.0, 2.0, 3.0]}, metrics={"mean": y.mean()}, epochs=1, batch_size=2, seed=0)
    assert list(history) == ["loss", "mean"]
    assert sorted(passes) == [1, 2]


def test_a_loss_without_labels_has_no_accuracy():
    assert list(train(line_fit(), {"x": [1.0], "y": [1.0]})) == ["loss"]


def test_the_loss_is_the_output_of_that_name_else_the_first():
    w = mg.Parameter("w", 1.0)
    for graph in (mg.Graph(other=w * 3, loss=w * w), mg.Graph(square=w * w, other=w * 3)):
        w.value = 1.0
        with pytest.raises(mg.InputError):  # neither has inputs, and so no rows
            train(graph, {})
        x = mg.Input("x", ("N",))
        outputs = {name: node + 0 * x.sum() for name, node in graph.outputs.items()}
        assert train(mg.Graph(**outputs), {"x": [0.0]}, epochs=1)["loss"] == [1.0]


def test_an_array_for_an_input_that_the_loss_does_not_need_is_passed_over():
    x, other, w = mg.Input("x", ("N",)), mg.Input("other", ("N",)), mg.Parameter("w", 1.0)
    graph = mg.Graph(loss=(x * w).mean(), shown=other * 2)
    assert train(graph, {"x": [1.0, 2.0], "other": [0.0]}).epochs == 3


def test_an_interruption_on_any_line_of_a_step_leaves_it_done_whole_or_not_at_all():
    """A KeyboardInterrupt on each line of the program, and of the exchange of the new values for the old."""
    data = moons(20)
    step = steps.Step(*_step_of(graph := build(hidden=4), data), None, ())
    batch, before = dict(data), state(step)
    expected, after = _interrupted(step, batch, None), state(step)
    assert expected is None and all((before[v] != after[v]).any() for v in after)
    outcomes = []
    for line in range(1000):
        for variable, value in before.items():
            variable.value = value
        interrupted = _interrupted(step, batch, line)
        found = state(step)
        outcomes.append([np.array_equal(found[v], before[v]) for v in found])
        assert all(outcomes[-1]) or all(np.array_equal(found[v], after[v]) for v in found), f"half a step, at line {line}"
        if not interrupted:
            break
    assert 40 < line < 999 and all(outcomes[0]) and not any(outcomes[-1]) and graph["W1"].value.shape == (2, 4)


def _step_of(graph, data):
    updates = mg.Adam(0.1).minimize(graph["loss"])
    return mg.Graph(loss=graph["loss"]), updates, Batches("The data", data, mg.Graph(loss=graph["loss"]), {}, None)


def state(step):
    return {variable: variable.value for variable in step._updates}


def _interrupted(step, batch, line):
    """Take a step, interrupted at this line of those that may change a variable; the error, if there was one."""
    lines = itertools.count()

    def trace(frame, event, argument):
        code = frame.f_code
        if "<minigraph program>" not in code.co_filename and code.co_name not in ("take", "_exchange"):
            return None
        if event == "line" and next(lines) == line:
            raise KeyboardInterrupt
        return trace

    usual = sys.gettrace()
    sys.settrace(trace)
    try:
        step(batch, 1, 1)
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.settrace(usual)


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_node(wording):
    x, w = mg.Input("x", ("N",)), mg.Parameter("w", 2.0)
    powers = np.exp(x * w)
    powers.name = "powers"
    graph = mg.Graph(loss=powers.mean())
    with pytest.raises(mg.NonFiniteError) as caught:
        train(graph, {"x": [0.0, 0.0, 60.0]}, batch_size=1, seed=1)
    wording(caught.value)
    assert w.value == 2.0


def test_data_that_is_not_finite_is_found_with_its_row(wording):
    graph, x = build(hidden=4), np.zeros((20, 2))
    x[17, 1] = np.nan
    step, place = divmod(np.random.default_rng(2).permutation(20).tolist().index(17), 4)
    with pytest.raises(mg.NonFiniteError) as caught:
        train(graph, {"x": x, "y": np.arange(20) % 2}, batch_size=4, seed=2)
    assert f"epoch 1, step {step + 1}." in str(caught.value) and f"nan at [{place}, 1]" in str(caught.value)
    wording(caught.value)


def test_an_update_that_is_not_finite_is_undone(wording):
    graph = line_fit()
    with pytest.raises(mg.NonFiniteError) as caught:
        train(graph, {"x": [1e10], "y": [1e10]}, optimizer=mg.SGD(1e30))
    assert f"(scalar) was made at test_trainer.py:{train.__code__.co_firstlineno + 2}.\n" in str(caught.value)
    wording(caught.value)
    assert graph["w"].value == 0.0


@pytest.mark.parametrize("at", [-1.0, 0.0])
def test_a_gradient_that_a_choice_has_spoilt_is_mended_at_its_operand(at, wording):
    w = mg.Parameter("w", [1.0, at])
    choice = np.where(w > 0, np.sqrt(w), w)
    choice.name = "choice"
    graph = mg.Graph(loss=choice.sum() * mg.Input("b", ("N",)).mean())
    with pytest.raises(mg.NonFiniteError) as caught:
        train(graph, {"b": [1.0]}, optimizer=mg.SGD(0.1))
    assert f"  choice was made at {choice.line}.\n" in str(caught.value)
    wording(caught.value)
    assert w.value.tolist() == [1.0, at]


def test_masked_data_that_spoils_a_gradient_is_guarded_not_corrected():
    x, w = mg.Input("x", ("N",)), mg.Parameter("w", 1.0)
    graph = mg.Graph(loss=np.where(np.isnan(x), 0.0, (w * x - 1) ** 2).mean())
    with pytest.raises(mg.NonFiniteError, match="Guard the operand too"):
        train(graph, {"x": [1.0, np.nan]}, optimizer=mg.SGD(0.1))


MISTAKES = {
    "no rows": ({"x": np.zeros((0, 2)), "y": np.zeros(0, int)}, {}, mg.InputError),
    "unequal rows": ({"x": np.zeros((3, 2)), "y": [0, 1]}, {}, mg.InputError),
    "a number for an input": ({"x": np.zeros((3, 2)), "y": 1}, {}, mg.InputError),
    "a missing input": ({"x": np.zeros((3, 2))}, {}, mg.InputError),
    "a misspelt input": ({"x": np.zeros((3, 2)), "Y": [0, 1, 0]}, {}, mg.UnknownNameError),
    "an input of another width": ({"x": np.zeros((3, 5)), "y": [0, 1, 0]}, {}, mg.ShapeError),
    "text": ({"x": [["a", "b"]], "y": [0]}, {}, mg.DTypeError),
    "rows that have no names": ((np.zeros((3, 2)), [0, 1, 0]), {}, mg.InputError),
    "rows that are still to be read": ("moons", {}, mg.InputError),
    "a fraction to hold out": (moons(4), {"validation": 0.2}, mg.InputError),
    "an optimizer by its name": (moons(4), {"optimizer": "adam"}, mg.GraphError),
    "an optimizer without its numbers": (moons(4), {"optimizer": mg.SGD}, mg.GraphError),
    "metrics by their names": (moons(4), {"metrics": ["accuracy"]}, mg.OperationError),
    "updates without variables": (moons(4), {"updates": np.zeros(3)}, mg.GraphError),
    "a callback alone": (moons(4), {"callbacks": mg.Statistics()}, mg.GraphError),
    "a callback's class": (moons(4), {"callbacks": [mg.EarlyStopping]}, mg.GraphError),
    "a function for a callback": (moons(4), {"callbacks": [lambda trainer: None]}, mg.GraphError),
    "labels that are values": ({"x": np.zeros((3, 2)), "y": [0, 0.5, 1]}, {}, mg.DTypeError),
    "labels that are not known": ({"x": np.zeros((3, 2)), "y": [0, np.nan, 1]}, {}, mg.DTypeError),
    "labels that are names": ({"x": np.zeros((3, 2)), "y": ["cat", "dog", "cat"]}, {}, mg.DTypeError),
    "labels that are one-hot rows": ({"x": np.zeros((2, 2)), "y": np.eye(2)}, {}, mg.ShapeError),
    "labels that are a column": ({"x": np.zeros((2, 2)), "y": [[0], [1]]}, {}, mg.ShapeError),
    "a label out of range": ({"x": np.zeros((3, 2)), "y": [0, 1, 2]}, {}, mg.InputError),
    "a label out of range in the last row of the validation data": (
        moons(4),
        {"validation": {"x": np.zeros((3, 2)), "y": [0, 1, -1]}, "batch_size": 2},
        mg.InputError,
    ),
    "nothing to resume from": (moons(4), {"resume": True}, mg.GraphError),
    "validation without rows": (moons(4), {"validation": {"x": np.zeros((0, 2)), "y": np.zeros(0, int)}}, mg.InputError),
    "no epochs": (moons(4), {"epochs": 0}, mg.GraphError),
    "epochs as a fraction": (moons(4), {"epochs": 2.5}, mg.GraphError),
    "no rows in a batch": (moons(4), {"batch_size": 0}, mg.GraphError),
    "a negative seed": (moons(4), {"seed": -1}, mg.GraphError),
    "a metric that is no node": (moons(4), {"metrics": {"accuracy": 0.5}}, mg.OperationError),
    "a metric called as another figure": (moons(4), {"metrics": {"loss": mg.Constant(1.0)}}, mg.OperationError),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_and_no_parameter_changes(name, wording):
    data, options, kind = MISTAKES[name]
    graph = build(hidden=4)
    before = values(graph)
    with pytest.raises(kind) as caught:
        train(graph, data, **options)
    text = str(caught.value)
    told = [(name, node) for name, node in graph.names.items() if f"  {name} was made at" in text]
    assert all(f"  {name} was made at {node.line}." in text for name, node in told)
    wording(text)
    assert all(np.array_equal(before[key], array) for key, array in values(graph).items())


def test_what_is_trained_and_judged_is_a_graph(wording):
    loss = build(hidden=4)["loss"]
    for use in (lambda: train(loss, moons(4)), lambda: evaluate(loss, moons(4))):
        with pytest.raises(mg.GraphError) as caught:
            use()
        wording(caught.value)


def test_a_metric_that_is_not_a_scalar_is_told_how_to_be_reduced(wording):
    graph = build(hidden=4)
    with pytest.raises(mg.OperationError) as caught:
        train(graph, moons(4), metrics={"scores": graph["z2"]})
    wording(caught.value)


def test_a_batch_that_an_input_of_fixed_size_cannot_take_is_refused_before_the_first_step(wording):
    x, w = mg.Input("x", (4,)), mg.Parameter("w", 1.0)
    graph = mg.Graph(loss=(x * w).mean())
    assert train(graph, {"x": np.ones(8)}, batch_size=4).epochs == 3
    before = w.value
    with pytest.raises(mg.ShapeError) as caught:
        train(graph, {"x": np.ones(6)}, batch_size=4)
    wording(caught.value)
    assert w.value == before
