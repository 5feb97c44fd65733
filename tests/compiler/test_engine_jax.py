"""Programs that JAX compiles, beside those of NumPy, and what is said of a rule that JAX cannot run."""

import json
import threading
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main
from models.two_layer import build
from tests.ops.test_every_operation import assert_close
from tests.test_random_graphs import program_of, try_sizes

jax = pytest.importorskip("jax", reason="engine='jax' runs where JAX is installed: pip install 'minigraph[jax]'")
MODELS = (
    "autoencoder", "character_lstm", "gpt", "lenet", "logistic_regression", "matrix_factorization", "mlp", "own_operation",
    "physics_informed", "two_layer",
)  # fmt: skip


def given(graph, rows=16, seed=0):
    """An array for each input of a model."""
    rng = np.random.default_rng(seed)
    shapes = {name: [axis if isinstance(axis, int) else rows for axis in node.shape] for name, node in graph.inputs.items()}
    return {
        name: rng.random(shapes[name]).astype(node.dtype) if node.dtype.kind == "f" else rng.integers(0, 2, shapes[name])
        for name, node in graph.inputs.items()
    }


def steps(graph, engine, inputs, count=20):
    """The losses of some steps of Adam."""
    loss = next(iter(graph.outputs.values()))
    step = mg.compile(mg.Graph(loss=loss), updates=mg.Adam(0.001).minimize(loss), engine=engine)
    return [float(step(**inputs)["loss"]) for _ in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_a_model_trains_as_with_numpy(name):
    build = import_module(f"models.{name}").build
    graphs = build(), build()
    inputs = given(graphs[0])
    losses = [steps(graph, engine, inputs) for graph, engine in zip(graphs, ("jax", "numpy"), strict=True)]
    assert np.allclose(*losses, rtol=1e-4)
    assert losses[0][-1] < losses[0][0]


def linear(seed=0):
    """A parameter, its loss and its updates."""
    w = mg.Parameter("w", np.random.default_rng(seed).normal(size=(3, 2)))
    x = mg.Input("x", ("N", 3))
    loss = ((x @ w) ** 2).sum()
    return w, mg.Graph(loss=loss), mg.SGD(0.01).minimize(loss)


ROWS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def test_the_value_of_a_variable_is_an_array_of_the_callers_own():
    w, graph, updates = linear()
    step, before = mg.compile(graph, updates=updates, engine="jax"), w.value
    step(x=ROWS)
    value = w.value
    assert type(value) is np.ndarray and value.flags.writeable and not np.array_equal(value, before)
    value[:] = 0
    step(x=ROWS)
    assert np.abs(w.value).max() > 0


def test_a_variable_that_is_set_between_two_steps_is_taken():
    w, graph, updates = linear()
    step = mg.compile(graph, updates=updates, engine="jax")
    step(x=ROWS)
    w.value = np.zeros((3, 2))
    assert step(x=ROWS)["loss"] == 0 and not w.value.any()


def test_programs_of_both_engines_take_turns():
    (w, graph, updates), (other, *alone) = linear(), linear()
    both = [mg.compile(graph, updates=updates, engine=engine) for engine in ("numpy", "jax")]
    only = mg.compile(alone[0], updates=alone[1])
    reading = [mg.compile(graph, engine=engine) for engine in ("numpy", "jax")]
    for i in (0, 1, 1, 0, 1, 0, 0, 1):
        assert_close(both[i](x=ROWS)["loss"], only(x=ROWS)["loss"], 1e-5)
        assert_close(w.value, other.value, 1e-5)
        for program in reading:
            assert_close(program(x=ROWS)["loss"], graph.forward(x=ROWS)["loss"], 1e-5)


def test_a_program_of_numpy_goes_on_from_numbers_that_nobody_has_read():
    w = mg.Parameter("w", [1.0])
    more, twice = (mg.compile(mg.Graph(w=w), updates={w: new}, engine="jax") for new in (w + 1, w * 2))
    less = mg.compile(mg.Graph(w=w), updates={w: w - 1})
    taken = mg.compile(mg.Graph(w=w), updates={w: w - 1}, accept=lambda outputs, new: None)
    more(), twice(), less(), more(), taken(), twice()
    assert w.value == [6.0]
    w.value = [0.0]
    twice(), more(), less()
    assert w.value == [0.0]


def test_the_buffers_of_variables_are_donated():
    w, graph, updates = linear()
    step = mg.compile(graph, updates=updates, engine="jax")
    step(x=ROWS)
    placed = import_module("minigraph.compiler.jax.placement").PLACED
    array = placed[w].array
    step(x=ROWS)
    assert array.is_deleted() and not placed[w].array.is_deleted()


def test_numbers_of_64_bits_are_switched_on_within_a_call_alone():
    x = mg.Input("x", ("N",), dtype=np.float64)
    program = mg.compile(mg.Graph(y=np.exp(x)), engine="jax")
    found = program(x=[1.0])["y"]
    assert found.dtype == np.float64 and abs(found[0] - np.exp(1.0)) < 1e-15
    assert jax.numpy.ones(1).dtype == np.float32 and not jax.config.jax_enable_x64


def test_labels_that_are_no_classes_are_refused_and_change_nothing(wording):
    graph = build()
    step = mg.compile(graph, updates=mg.Adam(0.1).minimize(graph["loss"]), engine="jax")
    step(x=np.ones((4, 2)), y=[0, 1, 1, 0])
    before = {name: variable.value for name, variable in graph.variables.items()}
    with pytest.raises(mg.InputError) as caught:
        step(x=np.ones((4, 2)), y=[0, 1, 2, 0])
    wording(caught.value)
    assert all(np.array_equal(before[name], variable.value) for name, variable in graph.variables.items())


def chosen(start=0):
    """A step that looks up, in a table, a place that it computes of its own count."""
    table, count = mg.Parameter("table", [1.0, 2.0, 4.0]), mg.Variable("count", start, dtype=np.int64)
    loss = mg.Gather(table, count + 1).sum()
    updates = {count: count + 1, table: table - 0.5 * mg.gradient(loss, [table])[0]}
    return table, count, mg.Graph(loss=loss), updates


def test_an_index_that_a_step_computes_is_refused_within_it(wording):
    table, count, graph, updates = chosen()
    step = mg.compile(graph, updates=updates, engine="jax")
    assert [float(step()["loss"]) for _ in range(2)] == [2.0, 4.0]
    before = table.value
    for _ in range(2):
        with pytest.raises(mg.InputError) as caught:
            step()
    wording(caught.value)
    assert np.array_equal(table.value, before) and count.value == 2
    count.value = -3
    assert float(step()["loss"]) == before[-2]


def test_an_index_within_a_loop_is_refused():
    table = mg.Parameter("table", [1.0, 2.0, 4.0])
    places = mg.Input("places", ("T",), dtype=np.int64)
    total, _ = mg.scan(lambda total, place: (total + mg.Gather(table, place + 1), total), np.float32(0), places)
    program = mg.compile(mg.Graph(total=total), engine="jax")
    assert float(program(places=[0, 1])["total"]) == 6
    with pytest.raises(mg.InputError, match="indices"):
        program(places=[0, 2])


def test_a_matrix_without_an_inverse_is_refused(wording):
    x = mg.Input("x", ("N", 2))
    total = mg.Variable("total", np.ones((2, 2)))
    step = mg.compile(mg.Graph(y=np.linalg.inv(x.T @ x)), updates={total: total + 1}, engine="jax")
    assert np.isfinite(step(x=[[1.0, 0.0], [0.0, 1.0]])["y"]).all()
    with pytest.raises(mg.InputError) as caught:
        step(x=[[1.0, 2.0], [2.0, 4.0]])
    wording(caught.value)
    assert np.array_equal(total.value, np.full((2, 2), 2.0))


def test_random_draws_are_those_of_numpy():
    def graph():
        random = mg.RandomState(3)
        x = mg.Input("x", ("N", 40))
        drawn = mg.Graph(
            normal=mg.RandomNormal(x, random),
            uniform=mg.RandomUniform((3, 4), random, low=-1.0),
            coins=mg.Bernoulli(mg.Sigmoid(x), random),
            dropped=mg.Dropout(x, random, ratio=0.3),
        )
        return drawn, random.advance()

    programs = [mg.compile(*graph(), engine=engine) for engine in ("numpy", "jax")]
    x = np.random.default_rng(0).normal(size=(7, 40))
    for _ in range(3):
        found, expected = (program(x=x) for program in reversed(programs))
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)


def test_random_numbers_of_the_device_are_others_of_the_same_distributions():
    random, x = mg.RandomState(3), mg.Input("x", ("N", 200))
    drawn = mg.Graph(
        normal=mg.RandomNormal(x, random, loc=2.0, scale=0.5),
        uniform=mg.RandomUniform(x, random, low=-1.0),
        coins=mg.Bernoulli(x, random),
        kept=mg.DropoutMask((100, 200), random, ratio=0.3),
    )
    there, here = (mg.compile(drawn, random.advance(), engine="jax", random=where) for where in ("device", "host"))
    x = np.full((100, 200), 0.25)
    first, second, third = there(x=x), there(x=x), here(x=x)
    moments = {"normal": (2, 0.5), "uniform": (0, 3**-0.5), "coins": (0.25, 0.433), "kept": (0.7, 0.458)}
    for name, (mean, deviation) in moments.items():
        values = first[name].astype(float)
        assert abs(values.mean() - mean) < 0.02 and abs(values.std() - deviation) < 0.02
        assert not np.array_equal(first[name], second[name]) and not np.array_equal(second[name], third[name])
    random.value = [3, 0]
    assert np.array_equal(there(x=x)["normal"], first["normal"])


def test_random_numbers_of_a_state_that_a_loop_changes_are_drawn_on_the_device_alone():
    state = mg.Input("state", (2,), dtype=np.uint64)
    x = mg.Input("x", ("T", 3))

    def body(state, each):
        return state + np.array([0, 1], np.uint64), mg.RandomUniform((3,), state, stream=0) + each

    _, ys = mg.scan(body, state, x)
    given = {"state": np.array([1, 0], np.uint64), "x": np.zeros((4, 3))}
    found = mg.compile(mg.Graph(ys=ys), engine="jax", random="device")(**given)["ys"]
    assert len({*found[:, 0].tolist()}) == 4
    with pytest.raises(mg.OperationError, match="draws from a state"):
        mg.compile(mg.Graph(ys=ys), engine="jax")(**given)


class Halved(mg.Node):
    """A rule that writes into an array."""

    def forward(self, x, out=None):
        y = np.array(x)
        y[:1] *= 0.5
        return y


class Added(mg.Node):
    """A rule that writes by a function of NumPy's."""

    def forward(self, x, out=None):
        y = x * 2
        return np.add(y, x, out=y)


class Sorted(mg.Node):
    """A rule that decides by a value."""

    def forward(self, x, out=None):
        return x if (x[0] < x[1]).all() else -x


@pytest.mark.parametrize("kind", [Halved, Added, Sorted])
def test_a_rule_that_jax_cannot_run_is_told_by_node_and_reason(kind, wording):
    x = mg.Input("x", (2,))
    with pytest.raises(mg.OperationError) as caught:
        mg.compile(mg.Graph(y=kind(x, name="y")), engine="jax")(x=[1.0, 2.0])
    wording(caught.value, kind.__name__)


def test_a_program_of_jax_has_a_source_and_no_lines_to_be_timed(wording):
    _, graph, updates = linear()
    step = mg.compile(graph, updates=updates, engine="jax")
    assert step.source == "" and not step.tiled and step.engine == "jax"
    step(x=ROWS)
    assert step.source.startswith("HloModule")
    with pytest.raises(mg.OperationError) as caught:
        step.profile(x=ROWS)
    wording(caught.value)


@pytest.mark.parametrize("inputs", [{}, {"y": ROWS}, {"x": ROWS[:, :2]}])
def test_inputs_that_do_not_fit_are_refused_as_numpy_refuses_them(inputs):
    _, graph, updates = linear()
    raised = []
    for engine in ("numpy", "jax"):
        with pytest.raises(mg.MinigraphError) as caught:
            mg.compile(graph, updates=updates, engine=engine)(**inputs)
        raised.append((type(caught.value), str(caught.value)))
    assert raised[0] == raised[1]


@pytest.mark.slow
def test_a_training_gives_the_same_checkpoint_and_either_engine_goes_on_from_it(tmp_path):
    def trained(folder, engine, epochs, resume=False):
        graph, rows = build(), mg.data.split(mg.data.read("moons"), seed=0)[0]
        callbacks = [mg.Checkpoint(tmp_path / folder, every=2)]
        trainer = mg.Trainer(graph, rows, optimizer=mg.Adam(0.01), engine=engine, callbacks=callbacks)
        if resume:
            trainer.resume(tmp_path / folder)
        trainer.run(epochs)
        return graph

    whole = trained("numpy", "numpy", 8)
    trained("jax", "jax", 4)
    parts = trained("jax", "numpy", 8, resume=True)
    for name, parameter in whole.parameters.items():
        assert_close(parts.parameters[name].value, parameter.value, 1e-4)


@pytest.mark.slow
def test_the_command_line_trains_with_jax(tmp_path):
    assert main(["train", "models/two_layer.py", "--engine", "jax", "--epochs", "3", "--out", str(tmp_path / "run")]) == 0
    assert json.loads(Path(tmp_path, "run", "config.json").read_text())["engine"] == "jax"


def test_labels_that_a_step_computes_are_refused_within_it():
    z, y = mg.Input("z", ("N", 3)), mg.Input("y", ("N",), dtype=np.int64)
    program = mg.compile(mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y - 1)), engine="jax")
    assert float(program(z=np.zeros((2, 3)), y=[1, 3])["loss"]) == pytest.approx(np.log(3))
    with pytest.raises(mg.InputError, match="labels from 0 to 2"):
        program(z=np.zeros((2, 3)), y=[0, 1])  # -1 would count from the end


def test_a_matrix_that_is_not_symmetric_is_refused():
    x = mg.Input("x", (2, 2))
    program = mg.compile(mg.Graph(w=np.linalg.eigvalsh(x * 2)), engine="jax")
    assert np.allclose(program(x=np.eye(2))["w"], 2)
    with pytest.raises(mg.InputError, match="symmetric"):
        program(x=[[1.0, 2.0], [0.0, 1.0]])


def test_new_values_that_are_not_accepted_are_not_taken():
    w = mg.Parameter("w", [1.0])
    seen = []

    def accept(outputs, new):
        seen.append((new.is_finite(), new.arrays[0].tolist()))
        if not new.is_finite():
            raise mg.NonFiniteError("no")

    factor = mg.Input("factor", ())
    step = mg.compile(mg.Graph(w=w), updates={w: w * factor}, engine="jax", accept=accept)
    step(factor=2.0)
    with pytest.raises(mg.NonFiniteError):
        step(factor=np.inf)
    assert w.value == [2.0] and seen[0] == (True, [2.0]) and not seen[1][0]


def test_variables_may_exchange_their_values():
    a, b = mg.Variable("a", [1.0, 2.0]), mg.Variable("b", [3.0, 4.0])
    step = mg.compile(mg.Graph(a=a), updates={a: b, b: a}, engine="jax")
    step(), step(), step()
    assert a.value.tolist() == [3.0, 4.0] and b.value.tolist() == [1.0, 2.0]


def test_readers_see_what_is_between_two_steps():
    w, v = mg.Parameter("w", np.zeros(50)), mg.Parameter("v", np.zeros(50))
    total = mg.Graph(total=(w + v).sum())
    step = mg.compile(total, updates={w: w + 1, v: v - 1}, engine="jax")
    programs = [step, step, mg.compile(total, engine="jax"), mg.compile(total)]
    found = []
    threads = [
        threading.Thread(target=lambda each=each: found.extend(float(each()["total"]) for _ in range(50))) for each in programs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0.0] * 200 and w.value[0] == 100


def test_a_scan_within_a_scan_agrees_also_in_half_precision_and_without_a_step():
    for dtype, within in ((np.float32, 1e-5), (np.float16, 5e-3)):
        x, w = mg.Input("x", ("T", "S"), dtype=dtype), mg.Parameter("w", 0.5, dtype=dtype)

        def body(h, row, w=w):
            inner, _ = mg.scan(lambda c, each: (c * w + each, c), h, row)
            return np.tanh(inner), inner

        last, ys = mg.scan(body, dtype(0), x)
        graph = mg.Graph(last=last, ys=ys, dw=mg.gradient(last + ys.sum(), [w])[0])
        program = mg.compile(graph, engine="jax")
        for steps in (3, 0):
            x = np.random.default_rng(0).normal(size=(steps, 4)).astype(dtype)
            plain = graph.forward(x=x)
            for name, value in program(x=x).items():
                assert value.dtype == dtype
                assert_close(value.astype(float), plain[name].astype(float), within)


def test_blocks_that_are_computed_again_give_the_same():
    losses = []
    for options in ({}, {"engine": "jax", "recompute": True}):
        graph = import_module("models.gpt").build(16, 8, 8, 2, 2)
        step = mg.compile(mg.Graph(loss=graph["loss"]), updates=mg.Adam(0.01).minimize(graph["loss"]), **options)
        x = np.random.default_rng(0).integers(0, 16, (2, 8))
        losses.append([float(step(x=x, y=x)["loss"]) for _ in range(3)])
    assert np.allclose(*losses, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_give_and_refuse_what_plain_runs_do(seed):
    try_sizes(seed, program_of(seed, engine="jax"))


@pytest.mark.slow
def test_the_estimator_takes_the_engine():
    estimator = pytest.importorskip("minigraph.training.estimator", exc_type=mg.MissingPackageError)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    found = [
        estimator.GraphClassifier(build, epochs=3, random_state=0, engine=engine).fit(x, y).predict_proba(x)
        for engine in ("jax", "numpy")
    ]
    assert np.allclose(*found, atol=1e-4)
