"""What the page computes, in a browser, beside NumPy: arrays in words, elements worked out, moments of a training, updates."""

import json
from importlib import import_module
from importlib.resources import files

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import details, gradient_warning, summary, value_warning
from minigraph.explain.circuit.naming import node_ids
from minigraph.explain.page.library import scripts
from minigraph.explain.page.program import array_data
from minigraph.explain.page.record import page_record, with_parameters
from minigraph.explain.page.steps import steps_of
from minigraph.explain.page.worked import worked_step
from tests.explain.test_page_functions import given_to

pytestmark = pytest.mark.needs("chromium", "chromedriver")

X, Y = np.linspace(-1, 1, 12).reshape(6, 2), [0, 1, 1, 0, 1, 0]


@pytest.fixture(scope="module")
def page(driver, tmp_path_factory):
    """A browser with all that a page computes with; `pageOf(data)` is a page without anything to see."""
    outside, inside = (
        "\n".join(files("minigraph.explain.page").joinpath(f"{name}.js").read_text() for name in names)
        for names in (("summaries", "worked", "numbers"), ("model", "expression"))
    )
    kept = "return { now, program, leaves, setLeaf, isFree, arrayOf, recordOf, inNumbers, numberOfWire, localInNumbers };"
    script = f"{scripts()}\n{outside}\nfunction pageOf(data) {{\n{inside}\n{kept}\n}}"
    file = tmp_path_factory.mktemp("page") / "library.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><title>library</title><script>{script}</script>", encoding="utf-8")
    driver.get(file.as_uri())
    return driver


def plain(record):
    return json.loads(json.dumps(record))


ARRAYS = [
    *[np.ones(shape) for shape in [(), (0,), (0, 3), (3, 0), (2, 3), (2, 3, 4), (30, 200), (1, 1, 1, 1)]],
    *[np.random.default_rng(n + 7).normal(0, 10.0**n, (3, n + 8)) for n in range(-7, 8)],
    *[np.random.default_rng(n).normal(size=n).astype(kind) for n in range(1, 6) for kind in ("f2", "f4", "f8")],
    *[np.array(numbers) for numbers in ([1.125, -1.125, 0.0625], [2.675, 1.115], [1e-100, 1e100], [123456.0, 0.5], 99999.0)],
    *[np.array(numbers) for numbers in ([0.5, 1e-18], [1.0, np.nan, 3, 4, 5], [np.inf, -np.inf], [np.nan], -0.0)],
    *[np.array([0.00012345, 0.000012345]), np.full((4, 4), 1 / 3, "f4"), np.array([999.5, 9995, 0.9995])],
    *[np.array([True, False]), np.array([True, False, True, True, True, False]), np.array([], np.bool_)],
    *[np.full(6, size) * [1, 1, 1, 1, 1, -1] for size in (1e300, 1.7e308, 1e-200)],
    *[np.arange(-3, 10), np.array([[7, -8]]), np.array([1e5, 1e-5, 2.0], "f4")],
]


def test_arrays_are_told_in_the_words_of_the_circuit(page):
    script = """return arguments[0].map((each) => {
      const record = new ArrayRecord(decoded(each), 0);
      return [record.summary, record.details, record.table];
    })"""
    found = page.execute_script(script, [*map(array_data, ARRAYS)])
    for array, (short, long, table) in zip(ARRAYS, found, strict=True):
        assert (short, long) == (summary(array), details(array)), array
        rows = (
            array.reshape(1, -1) if array.ndim < 2 else array.reshape(-1, array.shape[-1]) if array.size else np.zeros((0, 0))
        )
        largest = np.abs(array[np.isfinite(array)]).max(initial=0) if array.dtype.kind == "f" else 0.0
        assert table == [[summary(x, float(largest)) for x in row[:6]] for row in rows[:5]]


@pytest.mark.parametrize("operation", [mg.Tanh, mg.Sigmoid, mg.Relu])
def test_what_may_be_wrong_is_told_in_the_words_of_the_circuit(page, operation):
    arrays = [each for each in ARRAYS if each.dtype.kind == "f"]
    rng = np.random.default_rng(1)
    arrays += [np.maximum(rng.normal(-1.5, 1, (30, 8)), 0), np.zeros((2, 15, 3)), rng.uniform(0, 1.01, (9, 9))]
    arrays += [np.full((2, 2), size) for size in (1e-9, 1e-8, 1e4, 1e5)]
    script = """return arguments[0].map((each) => {
      const record = Object.assign(new ArrayRecord(decoded(each), 0), { operation: arguments[1] });
      return [valueWarning(record), gradientWarning(record)];
    })"""
    found = page.execute_script(script, [*map(array_data, arrays)], operation.__name__)
    node = operation(mg.Input("x", ("N", 2)))
    assert found == [[value_warning(node, array), gradient_warning(array)] for array in arrays]
    assert len({value for value, _ in found}) > 2


def test_what_is_only_rounding_is_0(page):
    script = "return summaryOf(decoded(arguments[0]), 0.7)"
    assert page.execute_script(script, array_data(np.array(-7.9e-18))) == "0"


def test_an_array_of_any_shape_has_rows(page):
    script = "const r = new ArrayRecord(decoded(arguments[0]), 0); return [r.rows, r.left]"
    assert page.execute_script(script, array_data(np.ones((2, 3, 4)))) == [["0, 0", "0, 1", "0, 2", "1, 0", "1, 1"], [1, 0]]
    assert page.execute_script(script, array_data(np.ones(9))) == [[""], [0, 3]]


def test_a_heat_map_s_cells_are_means(page):
    script = "const { heat } = new ArrayRecord(decoded(arguments[0]), 0); return { ...heat, cells: [...heat.cells] }"
    heat = page.execute_script(script, array_data(np.repeat([[-1.0], [1.0]], 500, axis=1)))
    assert heat["means"] and (heat["rows"], heat["columns"]) == (2, 64)
    assert heat["cells"] == [0] * 64 + [254] * 64


def results_of(run, record):
    """The arrays of a run by the names of a page's outputs."""
    steps = [step for step in steps_of(run) if step.kind != "given"]
    names = node_ids(run.graph)
    found = {f"value {names[node]}": run[node] for node in run.graph.nodes if node.dtype.kind != "O"}
    for step in steps:
        if step.wire and f"contribution {names[step.wire[0]]} {step.wire[1]}" in record["drawn"]:
            found[f"contribution {names[step.wire[0]]} {step.wire[1]}"] = step.result
        elif not step.forward and step.result.dtype.kind != "O":
            found[f"gradient {names[step.node]}"] = step.result
    assert found.keys() == record["drawn"].keys()
    return found


MODELS = ["two_layer", "logistic_regression", "gpt", "character_lstm", "lenet"]


@pytest.mark.parametrize("name", MODELS)
def test_every_array_and_every_worked_element_is_that_of_the_run(page, name):
    graph = import_module(f"models.{name}").build().astype(np.float64)
    run = graph.forward(**given_to(graph, 2))
    record = page_record(run, None, {"now": run}, {})
    script = """const { now, recordOf } = pageOf(arguments[0]);
    const moments = (key) => [recordOf(key).moments.mean, recordOf(key).moments.deviation];
    const worked = (step) => now.worked[step.kind === "sum" ? `${step.node} sum` : `${step.by} ${step.operand}`] ?? null;
    const { drawn, steps } = arguments[0];
    return [Object.fromEntries(Object.keys(drawn).map((key) => [key, moments(key)])), steps.map(worked)]"""
    moments, worked = page.execute_script(script, plain(record))
    for key, array in results_of(run, record).items():
        assert moments[key] == pytest.approx((array.mean(), array.std()), rel=1e-9, abs=1e-15), key
    steps, gradients = [step for step in steps_of(run) if step.kind != "given"], run.backward()
    for step, found in zip(steps, worked, strict=True):
        expected = None if step.forward else worked_step(run, gradients, step, steps, (5, 6))
        if expected is None or found is None:
            assert expected is None and found is None, step.name
        elif (place := tuple(found["at"])) == expected.place:  # of two that are as large either may be taken
            assert found["result"] == pytest.approx(expected.result, rel=1e-9, abs=1e-15)
            assert [each["at"] for each in found["terms"]] == [list(term.place) for term in expected.terms]
            for each, term in zip(found["terms"], expected.terms, strict=True):
                assert (each["upstream"], each["local"]) == pytest.approx((term.upstream, term.local), rel=1e-9, abs=1e-15)
            assert found["text"] == str(expected) or expected.others  # of which the rest may be rounding alone
        else:
            assert abs(step.result[place]) == pytest.approx(abs(expected.result), rel=1e-9)


@pytest.mark.parametrize("name", [*MODELS, "physics_informed", "matrix_factorization"])
def test_an_expression_in_numbers_has_the_value_of_its_element(page, name):
    graph = import_module(f"models.{name}").build().astype(np.float64)
    run = graph.forward(**given_to(graph, 2))
    record = page_record(run, None, {"now": run}, {})
    script = """const { now, program, numberOfWire, inNumbers, localInNumbers } = pageOf(arguments[0]);
    return arguments[0].steps.filter((step) => step.kind === "contribution").map((step) => {
      const worked = now.worked[`${step.by} ${step.operand}`];
      if (!worked) return null;
      const whole = inNumbers(program.values, numberOfWire(step), worked.at, { by: step.by });
      const [term] = worked.terms;
      const local = term && localInNumbers(step, worked.at, term.at);
      const values = [[whole?.value, worked.result], term ? [local?.value, term.local] : [null, 0]];
      return [step.name, ...values, whole?.text, local?.text];
    })"""
    found = [each for each in page.execute_script(script, plain(record)) if each]
    said = 0
    for step, whole, local, *texts in found:
        for (value, expected), text in zip((whole, local), texts, strict=True):
            if value is not None:
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-12), (step, text)
                said += 1
    assert said >= len(found)


def test_a_moment_of_a_training_is_computed_from_its_parameters(page):
    run = import_module("models.two_layer").build(hidden=8).astype(np.float64).forward(x=X, y=Y)
    moments = {"early": with_parameters(run, "early", {"b2": [5.0, -5.0]}), "now": run}
    script = """const page = pageOf(arguments[0]);
    return [0, 1].map((i) => {
      page.now.choose(i);
      return [page.now.values.loss.summary, page.now.label, page.now.plane.right];
    })"""
    found = page.execute_script(script, plain(page_record(run, None, moments, {})))
    for (loss, label, right), (name, each) in zip(found, moments.items(), strict=True):
        assert (loss, label) == (summary(each["loss"]), name)
        assert right == np.count_nonzero(each["probabilities"].argmax(1) == Y)


def test_what_is_not_read_as_data_is_shown_as_it_was_and_keeps_its_leaves(page):
    x, w = mg.Input("x", ("N", 3)), mg.Parameter("w", [1.0, 2.0, 3.0], dtype=np.float64)
    dropped = mg.Dropout(x.astype(np.float64) * w, mg.RandomState(0), ratio=0.5, name="dropped")
    b = mg.Parameter("b", 1.0, dtype=np.float64)
    run = mg.Graph(loss=((dropped + b) ** 2).sum()).forward(x=X[:, :1] * [[1.0, 2, 3]])
    record = plain(page_record(run, None, {"now": run}, {}))
    script = """const page = pageOf(arguments[0]);
    return [page.now.gradients.w.summary, page.now.values.dropped.summary, ["w", "b", "x", "random"].map(page.isFree)]"""
    gradient, value, free = page.execute_script(script, record)
    assert (gradient, value) == (summary(run.backward()["w"]), summary(run["dropped"]))
    assert free == [True, True, True, False]


@pytest.mark.parametrize("name", ["character_lstm", "two_layer", "matrix_factorization"])
def test_everything_of_a_graph_of_plain_rules_is_computed(name):
    graph = import_module(f"models.{name}").build()
    run = graph.forward(**given_to(graph, 2))
    record = page_record(run, None, {"now": run}, {})
    assert not any(value.get("recorded") for value in record["program"]["values"])
    assert record["snapshots"][0]["recorded"] == {}


class Positive(mg.Node):
    """x where it is positive: a rule that is not read."""

    def forward(self, x):
        y = x.copy()
        y[y < 0] = 0
        return y

    def backward(self, gradient, y, x):
        passed = gradient.copy()
        passed[x < 0] = 0
        return passed

    def infer(self, x):
        return x.shape, x.dtype


def test_an_opaque_rule_is_shown_as_recorded(page):
    w, b = mg.Parameter("w", [1.0, -2.0, 3.0]), mg.Parameter("b", [1.0, 2.0, 3.0])
    run = mg.Graph(loss=((Positive(w * 2, name="p") + b) ** 2).sum()).forward()
    script = """const { now, isFree } = pageOf(arguments[0]);
    return [now.values.p.summary, now.gradients.w.summary, isFree("w"), now.worked["p 0"] ?? null]"""
    found = page.execute_script(script, plain(page_record(run, None, {"now": run}, {})))
    assert found == [summary(run["p"]), summary(run.backward()["w"]), False, None]
