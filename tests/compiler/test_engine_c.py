"""Programs with loops in C beside those of NumPy alone, and beside the plain run."""

import os
import pickle
import threading
import warnings
from importlib import import_module

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.shapes import names_of, sized
from minigraph.training.estimator import GraphClassifier
from models.two_layer import build
from tests.cases import CASES
from tests.compiler.loops_together import together
from tests.ops.test_every_operation import Composed
from tests.test_random_graphs import program_of, tile, try_sizes

pytestmark = pytest.mark.needs("cc")

MODELS = (
    "autoencoder",
    "character_lstm",
    "gpt",
    "lenet",
    "logistic_regression",
    "matrix_factorization",
    "mlp",
    "physics_informed",
)
NAMES = ("W1", "b1", "W2", "b2")
SINGLE = 2e-6
"""How far apart the engines are in single precision, of the largest number: sums, e^x and tanh are rounded otherwise."""
DOUBLE = 1e-12
"""And in double precision, where only sums are."""


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory):
    """A cache folder of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def assert_near(found, expected, tolerance):
    assert found.dtype == expected.dtype and found.shape == expected.shape
    if expected.dtype.kind != "f":
        assert np.array_equal(found, expected)
        return
    largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=1.0))
    assert np.allclose(found, expected, rtol=tolerance, atol=tolerance * largest, equal_nan=True)


def article(rows, dtype=np.float32):
    rng = np.random.default_rng(0)
    return build().astype(dtype), rng.normal(size=(rows, 2)).astype(dtype), rng.integers(0, 2, rows)


def trained(rows, engine, steps=3, threads=1, dtype=np.float32):
    graph, X, Y = article(rows, dtype)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=threads, engine=engine)
    assert step.engine == engine
    results = [step(x=X, y=Y) for _ in range(steps)]
    return results, {name: graph[name].value for name in NAMES}, step


@pytest.mark.parametrize("rows", [0, 1, 7, 600, 3000])
def test_the_articles_network_trains_alike_on_both(rows):
    (mine, variables, step), (theirs, others, _) = trained(rows, "c"), trained(rows, "numpy")
    assert "kernel0(cells" in step.source
    for results, expected in zip(mine, theirs, strict=True):
        for name, value in expected.items():
            assert_near(np.asarray(results[name]), np.asarray(value), SINGLE)
    for name in NAMES:
        assert_near(variables[name], others[name], SINGLE)


@pytest.mark.slow
def test_every_model_trains_alike_on_both():
    graphs, given = {"numpy": [], "c": []}, []
    for name in MODELS:
        for each in graphs.values():
            each.append(import_module(f"models.{name}").build())
        rng, inputs = np.random.default_rng(0), graphs["c"][-1].inputs.values()
        shapes = [sized(node.shape, dict.fromkeys(names_of(node.shape), 5)) for node in inputs]
        drawn = [
            rng.normal(size=shape) if node.dtype.kind == "f" else rng.integers(0, 2, shape)
            for node, shape in zip(inputs, shapes, strict=True)
        ]
        given.append({node.name: array.astype(node.dtype) for node, array in zip(inputs, drawn, strict=True)})
    steps = {
        engine: [mg.compile(each, updates=mg.Adam(0.01).minimize(each["loss"]), engine=engine) for each in built]
        for engine, built in graphs.items()
    }
    together(steps["c"], batches_alone=True)
    for i, name in enumerate(MODELS):
        for _ in range(3):
            mine, theirs = (steps[engine][i](**given[i]) for engine in ("c", "numpy"))
        assert "kernel" in steps["c"][i].source, name
        for output in theirs:
            assert_near(np.asarray(mine[output]), np.asarray(theirs[output]), 1e-4)


@pytest.mark.parametrize("engine", ["numpy", "c"])
@pytest.mark.parametrize("threads", [1, 2])
def test_either_engine_gives_the_same_bits_from_run_to_run(threads, engine):
    (first, variables, _), (second, others, _) = (trained(3000, engine, threads=threads) for _ in range(2))
    assert [float(each["loss"]) for each in first] == [float(each["loss"]) for each in second]
    assert all(variables[name].tobytes() == others[name].tobytes() for name in NAMES)


def agree(cases, dtype, tolerance):
    composed = [Composed(case, dtype) for case in cases]
    graphs = []
    for each in composed:
        derivatives = each.symbolic() if each.differentiable else []
        graphs.append(mg.Graph(y=each.y, **{f"d{i}": node for i, node in enumerate(derivatives)}))
    failed = []
    programs = together([mg.compile(graph, engine="c") for graph in graphs])
    for case, each, graph, program in zip(cases, composed, graphs, programs, strict=True):
        given = {name: each.given[name] for name in graph.inputs}
        plain = graph.forward(**given)
        for _ in range(2):
            for name, found in program(**given).items():
                try:
                    assert_near(np.asarray(found), np.asarray(plain[name]), tolerance)
                except AssertionError:
                    failed.append((str(case), name))
    assert failed == []


def test_operations_of_each_kind_agree_with_the_plain_run():
    kinds = {case.operation: case for case in CASES}  # the largest of the last row of each
    agree([*kinds.values()][::4], np.float32, SINGLE)


@pytest.mark.property
@pytest.mark.parametrize("part", range(8))
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 10 * SINGLE), (np.float64, DOUBLE)])
def test_every_case_agrees_with_the_plain_run(part, dtype, tolerance):
    agree(CASES[part::8], dtype, tolerance)


EDGES = {
    np.float32: [0.0, -0.0, 1.0, -1.5, 2.5, 1e-40, -1e-40, 3e38, -3e38, 88.8, -104.5, 9.1, np.inf, -np.inf, np.nan],
    np.float64: [0.0, -0.0, 1.0, -1.5, 2.5, 5e-324, -5e-324, 1e308, -1e308, np.inf, -np.inf, np.nan],
    np.int64: [0, 1, -1, 7, 2**63 - 1, -(2**63)],
    np.int8: [0, 1, -1, 100, 127, -128],
    np.uint8: [0, 1, 200, 255],
    np.bool_: [False, True],
}
UNARY = [np.negative, np.absolute, np.sqrt, np.floor, np.ceil, np.sign, np.isnan, np.isinf, np.exp, np.tanh, np.logical_not]
UNARY += [np.square, np.reciprocal, np.rint, np.log]
BINARY = [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.equal, np.not_equal, np.less, np.less_equal]
BINARY += [np.greater, np.greater_equal, np.logical_and, np.logical_or, np.logical_xor]


def composed_of(functions, *operands):
    """A node for each function that takes such operands."""
    found = {}
    for function in functions:
        try:
            found[function.__name__] = function(*operands)
        except mg.MinigraphError:
            continue
    return found


def test_what_is_not_finite_is_as_numpy_has_it():
    """All pairs of edge cases: the same bits, but for the sign of a zero that is an extreme, and for e^x and tanh."""
    graphs, given = [], []
    for dtype, edges in EDGES.items():
        a, b = (array.ravel() for array in np.meshgrid(np.array(edges, dtype), np.array(edges, dtype)))
        x, y = (mg.Input(name, ("N",), dtype) for name in "xy")
        nodes = composed_of(UNARY, x) | composed_of(BINARY, x, y) | {"where": mg.Where(mg.Less(x, y), x, y)}
        nodes |= {f"as_{to.__name__}": mg.Cast(x, to=to) for to in (np.float32, np.float64, np.bool_)}
        graphs.append(mg.Graph(**nodes))
        given.append({"x": a, "y": b})
    for graph, arrays, program in zip(graphs, given, together([mg.compile(each, engine="c") for each in graphs]), strict=True):
        plain, found = graph.forward(**arrays), program(**arrays)
        for name, value in found.items():
            if name in ("exp", "tanh") and value.dtype == np.float32:
                assert np.allclose(value, plain[name], rtol=1e-6, atol=1e-44, equal_nan=True)
                assert np.array_equal(np.isnan(value), np.isnan(plain[name]))
            else:
                assert value.dtype == plain[name].dtype
                assert np.array_equal(value, plain[name], equal_nan=value.dtype.kind == "f"), (name, arrays["x"].dtype)
                if name not in ("maximum", "minimum") and value.dtype.kind == "f":
                    numbers = ~np.isnan(value)
                    assert np.array_equal(np.signbit(value)[numbers], np.signbit(plain[name])[numbers]), name


@pytest.mark.parametrize(("name", "most"), [("exp", 2), ("tanh", 5)])
def test_functions_are_exact_to_a_few_units_in_the_last_place(name, most):
    x = mg.Input("x", ("N",))
    step = mg.compile(getattr(np, name)(x) + 0, engine="c")
    numbers = np.arange(0, 2**32, 4001, dtype=np.uint64).astype(np.uint32).view(np.float32)
    numbers = numbers[np.isfinite(numbers) & (np.abs(numbers) < 88)]
    (found,) = step(x=numbers).values()
    exact = getattr(np, name)(numbers.astype(np.float64))
    unit = np.spacing(np.maximum(np.abs(exact), np.finfo(np.float32).tiny).astype(np.float32))
    assert (np.abs(found - exact) / unit).max() < most
    assert name != "tanh" or np.abs(found).max() == 1


def test_a_sum_on_the_way_has_every_element_whatever_else_the_loop_computes():
    x = mg.Input("x", ("N",))
    bent = np.tanh(x)
    step = mg.compile(mg.Graph(total=bent.sum(), other=np.tanh(0.5 * bent * bent)), engine="c")
    for count in (1, 7, 16, 31, 32, 33, 40, 63, 64, 100, 1001):
        numbers = np.random.default_rng(count).normal(size=count).astype(np.float32)
        found = step(x=numbers)
        np.testing.assert_allclose(found["total"], np.tanh(numbers.astype(np.float64)).sum(), rtol=1e-5, atol=1e-5)


def test_rows_without_elements_and_numbers_without_axes():
    x, s = mg.Input("x", ("N", "M")), mg.Input("s", ())
    graph = mg.Graph(y=mg.Softmax(x * s), total=(x * x).sum(), doubled=s + s, rows=(x + 1).sum(axis=1))
    step = mg.compile(graph, engine="c")
    for shape in ((0, 3), (3, 0), (0, 0), (1, 1), (1, 5), (5, 1), (40, 40)):
        given = {"x": np.random.default_rng(0).normal(size=shape).astype(np.float32), "s": np.float32(2)}
        if 0 in shape[1:]:
            given["s"] = np.float32(1)
        try:
            plain = graph.forward(**given)
        except mg.MinigraphError:  # the largest of no numbers
            with pytest.raises(mg.MinigraphError):
                step(**given)
            continue
        for name, value in step(**given).items():
            assert_near(np.asarray(value), np.asarray(plain[name]), SINGLE)


def test_inputs_may_lie_in_memory_as_they_like():
    x, w = mg.Input("x", ("N", 3)), mg.Parameter("w", np.ones(3))
    graph = mg.Graph(y=np.tanh(x * w) + x)
    step = mg.compile(graph, engine="c")
    whole = np.random.default_rng(0).normal(size=(12, 6)).astype(np.float32)
    locked = whole[:, :3].copy()
    locked.setflags(write=False)
    odd = np.frombuffer(b"\0" + whole[:, :3].tobytes(), np.uint8)[1:].view(np.float32).reshape(12, 3)
    assert not odd.flags.aligned
    for rows in (whole[:, ::2], whole[::-1, :3], whole[:3, :].T, np.asfortranarray(whole[:, :3]), locked, odd):
        (found,) = step(x=rows).values()
        assert_near(found, graph.forward(x=rows)["y"], SINGLE)


def test_a_variable_that_is_set_between_steps_is_read_anew():
    w = mg.Parameter("w", np.ones(4))
    step = mg.compile(mg.Graph(loss=(w * w).sum()), updates={w: w * 0.5}, engine="c")
    assert float(step()["loss"]) == 4
    w.value = np.full(4, 2.0)
    kept = w.current_array
    assert float(step()["loss"]) == 16
    assert np.array_equal(kept, np.full(4, 2.0)) and np.array_equal(w.value, np.ones(4))
    assert float(step()["loss"]) == 4


def test_new_values_are_computed_of_old_ones():
    a, b = mg.Parameter("a", np.arange(3.0)), mg.Parameter("b", np.full(3, 10.0))
    step = mg.compile(mg.Graph(loss=(a + b).sum()), updates={a: a + b, b: a - b}, engine="c")
    step()
    assert np.array_equal(a.value, [10, 11, 12]) and np.array_equal(b.value, [-10, -9, -8])


def test_rows_are_reduced_and_what_is_computed_of_them_is_one_loop():
    x, g = mg.Input("x", ("N", 40)), mg.Parameter("g", np.linspace(-1, 1, 40))
    y = mg.LayerNormalization(x, g)
    graph = mg.Graph(y=mg.Softmax(y), normal=y, loss=mg.LogSoftmax(y).sum())
    step = mg.compile(graph, engine="c")
    given = {"x": np.random.default_rng(0).normal(size=(70, 40)).astype(np.float32) * 50}
    plain = graph.forward(**given)
    for name, value in step(**given).items():
        assert_near(np.asarray(value), np.asarray(plain[name]), 5e-6)
    assert step.source.count("kernel0(cells") == 1 and "kernel1" not in step.source


def test_the_largest_of_a_row_that_is_not_a_number_is_not_a_number():
    for columns in (3, 40):  # a row that is written out, and one that is a loop
        x = mg.Input("x", ("N", columns))
        step = mg.compile(mg.Graph(high=x.max(axis=1), low=x.min(axis=1), y=mg.Softmax(x)), engine="c")
        rows = np.random.default_rng(0).normal(size=(70, columns)).astype(np.float32)
        rows[np.arange(0, 70, 2), np.arange(0, 70, 2) % columns] = np.nan
        rows[1] = -np.inf
        found = step(x=rows)
        assert np.array_equal(found["high"], rows.max(axis=1), equal_nan=True)
        assert np.array_equal(found["low"], rows.min(axis=1), equal_nan=True)
        assert np.isnan(found["y"][:2]).all() and np.isfinite(found["y"][3]).all()


def test_views_are_read_where_they_lie():
    x = mg.Input("x", (6, 8, 4))
    y = np.tanh(x)  # what is seen of it is no copy
    graph = mg.Graph(
        y=y,
        a=y[::2, 1:5] * y[1::2, :4],
        b=y.transpose(1, 0, 2) + 1,
        c=y[:, :4].transpose(2, 1, 0) * 2,
        d=y[:, ::-1] - y,
        e=y.reshape(12, 16)[:, 3:9] * mg.Parameter("w", np.arange(6.0)),
        f=(y[1:, :, :3] + y[:-1, :, 1:]).sum(axis=-1),
    )
    given = {"x": np.random.default_rng(0).normal(size=(6, 8, 4)).astype(np.float32)}
    plain = graph.forward(**given)
    for name, value in mg.compile(graph, engine="c")(**given).items():
        assert_near(value, plain[name], SINGLE)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_mask_chooses_and_counts_as_numpy_has_it(dtype):
    x, mask = mg.Input("x", ("N", 20), dtype), mg.Constant(np.arange(40).reshape(2, 20) % 3 > 0)
    rows = x.reshape("N", 1, 20)
    graph = mg.Graph(
        y=mg.Where(mask, rows, -1e32),
        total=mg.Where(mask, rows, 0).sum(axis=-1),
        count=(rows * mask.astype(dtype)).sum(axis=-1),
        either=np.logical_or(mask, rows > 1),
        differ=np.logical_xor(mask, rows > 1),
        inverse=np.logical_not(mask) & (rows > 0),
    )
    given = np.random.default_rng(0).normal(size=(6, 20)).astype(dtype)
    given[0, :6] = [np.nan, np.nan, np.inf, -np.inf, -0.0, np.inf]
    with np.errstate(invalid="ignore"):
        plain = graph.forward(x=given)
    step = mg.compile(graph, engine="c")
    for name, value in step(x=given).items():
        assert_near(value, plain[name], SINGLE if dtype == np.float32 else DOUBLE)
    assert "const int32_t *a" in step.source


def test_a_fraction_becomes_a_whole_number_as_numpy_has_it():
    x = mg.Input("x", ("N",))
    graph = mg.Graph(y=mg.Cast(x * 1.5, to=np.int32), z=mg.Cast(x * 1.5, to=np.uint8))
    numbers = np.array([1e20, -1e20, np.nan, -3.7, 300.2, np.inf] * 20, np.float32)
    with np.errstate(invalid="ignore"):
        plain = graph.forward(x=numbers)
    for name, value in mg.compile(graph, engine="c")(x=numbers).items():
        assert np.array_equal(value, plain[name])


def test_a_chain_of_thousands_is_loops_of_hundreds():
    y = mg.Input("x", ("N",))
    for i in range(1000):
        y = y * 0.999 + 0.001 * (i % 3)
    step = mg.compile(mg.Graph(y=y), engine="c")
    (found,) = step(x=np.ones(100, np.float32)).values()
    assert_near(found, mg.Graph(y=y).forward(x=np.ones(100, np.float32))["y"], SINGLE)
    assert 5 <= step.source.count("for (int64_t") < 50
    functions = step.source.split("void ")[1:]  # a compiler takes long for a long function
    assert len(functions) > 5 and max(function.count("for (int64_t") for function in functions) == 1


def test_the_source_has_the_lines_of_numpy_above_each_loop():
    x = mg.Input("x", ("N", 3))
    step = mg.compile(np.tanh(x * 2 + 1), engine="c")
    lines = step.source.splitlines()
    assert (
        "#     // v0 = 2.0 * a0" in [line.replace("a0 * 2.0", "2.0 * a0") for line in lines] or "v0 = a0 * 0x1" in step.source
    )
    assert any("np.tanh(v1)" in line for line in lines)
    compile(step.source, "source", "exec")
    assert "kernel0(cells0)" in step.profile(x=np.ones((4, 3), np.float32))


def test_threads_and_copies_of_a_graph_take_their_own_steps():
    graph, X, Y = article(600)
    copies = [pickle.loads(pickle.dumps(graph)) for _ in range(4)]
    steps = [mg.compile(each, updates=mg.SGD(0.1).minimize(each["loss"]), engine="c") for each in copies]
    losses = [[] for _ in steps]
    work = [
        threading.Thread(target=lambda step, found: found.extend(float(step(x=X, y=Y)["loss"]) for _ in range(20)), args=each)
        for each in zip(steps, losses, strict=True)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert all(each == losses[0] for each in losses)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_was_forked_takes_steps():
    graph, X, Y = article(600)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=1, engine="c")
    step(x=X, y=Y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a process with threads is forked
        child = os.fork()
    if not child:
        os._exit(0 if np.isfinite(step(x=X, y=Y)["loss"]) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


PORTION = 50
"""How many random graphs are compiled at once."""


@pytest.mark.parametrize("first", [0, *(pytest.param(i, marks=pytest.mark.property) for i in range(50, 1500, PORTION))])
def test_the_program_of_any_graph_gives_what_the_plain_run_gives(first, monkeypatch):
    if first % (2 * PORTION):
        tile(monkeypatch)
    count = PORTION if first else 12
    drawn = {seed: program_of(seed, engine="c") for seed in range(first, first + count)}
    together([step for _, (step, _), _ in drawn.values() if step])
    for seed, given in drawn.items():
        try_sizes(seed, given)


def test_training_and_an_estimator_take_an_engine():
    graph, X, Y = article(64)
    losses = {}
    for engine in ("numpy", "c"):
        model = GraphClassifier(epochs=2, random_state=0, engine=engine).fit(X, Y)
        assert model.history_["loss"][-1] < model.history_["loss"][0]
        fresh = pickle.loads(pickle.dumps(graph))
        history = mg.train(
            fresh, {"x": X, "y": Y}, optimizer=mg.SGD(0.1), epochs=3, batch_size=16, progress=False, engine=engine
        )
        losses[engine] = history["loss"]
    assert np.allclose(losses["c"], losses["numpy"], rtol=1e-5)


def test_an_engine_that_there_is_not_is_refused(wording):
    with pytest.raises(mg.UnknownNameError) as error:
        mg.compile(mg.Input("x", ()) + 1, engine="C")
    wording(error.value)
    with pytest.raises(mg.UnknownNameError):
        mg.compile(mg.Input("x", ()) + 1, engine=None)
