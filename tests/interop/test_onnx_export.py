"""Graphs written as ONNX models: what the file says, and what is refused. tests/onnx/test_exports.py has every operation."""

import json
import os

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import minigraph as mg
from minigraph.interop.onnx.export.model import model_of
from tests.onnx.exports import RUNTIMES, by_reading_back, checked


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    W1, b1 = mg.Parameter("W1", rng.normal(size=(2, 5))), mg.Parameter("b1", np.zeros(5))
    W2 = mg.Parameter("W2", rng.normal(size=(5, 3)))
    with mg.blocks.block("hidden"):
        a1 = np.tanh(x @ W1 + b1)
    z2 = a1 @ W2
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z2, y), probabilities=mg.Softmax(z2), names=locals())


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    return {"x": rng.normal(size=(4, 2)).astype(np.float32), "y": rng.integers(0, 3, 4)}


def operators(model):
    return [node.op_type for node in model.graph.node]


def shape_of(value):
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def test_a_file_says_what_goes_in_and_out_and_how_it_was_made(network, tmp_path):
    path = network.to_onnx(tmp_path / "model.onnx")
    model = checked(onnx.load(path))
    assert {each.name: shape_of(each) for each in model.graph.input} == {"x": ["N", 2], "y": ["N"]}
    assert {each.name: shape_of(each) for each in model.graph.output} == {"loss": [], "probabilities": ["N", 3]}
    assert {"W1", "b1", "W2"} <= {each.name for each in model.graph.initializer}
    assert model.producer_name == "minigraph" and model.producer_version
    assert [each.version for each in model.opset_import] == [21]
    assert json.loads(next(each.value for each in model.metadata_props if each.key == "minigraph.parameters")) == [
        "W1",
        "b1",
        "W2",
    ]
    tanh = next(node for node in model.graph.node if node.op_type == "Tanh")
    assert (tanh.output[0], tanh.name) == ("a1", "/hidden/a1")
    assert tanh.doc_string.startswith("test_onnx_export.py:")


def test_a_model_read_back_is_the_graph_that_it_was_written_of(network, rows, tmp_path):
    again = mg.from_onnx(network.to_onnx(tmp_path / "model.onnx"))
    expected, found = network.forward(**rows), again.forward(**rows)
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-6)
    np.testing.assert_allclose(found["probabilities"], expected["probabilities"], rtol=1e-5)
    assert again["a1"].block == ("hidden",)
    assert (again["probabilities"].shape, set(again.parameters)) == (("N", 3), {"W1", "b1", "W2"})


def test_what_is_a_parameter_and_what_a_variable_is_read_back_as_it_was(tmp_path):
    x = mg.Input("x", ("N",))
    scale, steps, mean = mg.Parameter("scale", 2.0), mg.Variable("steps", 3, dtype=np.int64), mg.Variable("mean", [1.0])
    graph = mg.Graph(y=x * scale - mean + steps.astype(np.float32))
    again = mg.from_onnx(graph.to_onnx(tmp_path / "model.onnx"))
    assert list(again.parameters) == ["scale"]
    assert {name: each.dtype for name, each in again.variables.items()} == {n: v.dtype for n, v in graph.variables.items()}
    assert list(mg.from_onnx(tmp_path / "model.onnx", parameters=["mean"]).parameters) == ["mean"]


def test_the_same_graph_is_the_same_file(network, tmp_path):
    first, second = (network.to_onnx(tmp_path / f"{name}.onnx").read_bytes() for name in "ab")
    assert first == second


def test_a_step_takes_its_parameters_and_gives_their_next_values(network, rows, tmp_path):
    updates = mg.Adam(0.1).minimize(network["loss"])
    model = checked(model_of(network, updates=updates))
    names = [variable.name for variable in updates]
    assert [each.name for each in model.graph.input] == ["x", "y", *names]
    assert [each.name for each in model.graph.output] == ["loss", "probabilities", *(f"{name}_new" for name in names)]
    said = next(each.value for each in model.metadata_props if each.key == "minigraph.updates")
    assert json.loads(said) == {name: f"{name}_new" for name in names}
    assert set(names) <= {each.name for each in model.graph.initializer}, "the present values are the defaults"

    found = by_reading_back(model, rows)
    step = mg.compile(network, updates=updates)
    assert step(**rows)["loss"] == pytest.approx(found["loss"], rel=1e-6)
    for variable in updates:
        np.testing.assert_allclose(found[f"{variable.name}_new"], variable.value, rtol=1e-4, atol=1e-6, err_msg=variable.name)


def test_a_new_value_has_a_name_of_its_own():
    w, taken = mg.Parameter("w", 2.0), mg.Parameter("w_new", 3.0)
    model = model_of(mg.Graph(loss=w * taken), updates={w: w * 0.5})
    assert [each.name for each in model.graph.output] == ["loss", "w_new_2"]


def test_a_variable_that_nothing_reads_has_its_value_all_the_same():
    w, last = mg.Parameter("w", 2.0), mg.Variable("last", 7.0)
    model = checked(model_of(mg.Graph(loss=w * w), updates={last: w * 3}))
    assert [each.name for each in model.graph.input] == ["last"]
    assert {each.name for each in model.graph.initializer} == {"last", "w", "constant"}
    assert by_reading_back(model, {})["last_new"] == 6


def test_an_output_that_nothing_computes_or_that_is_two_has_an_identity():
    x, w = mg.Input("x", (2,)), mg.Parameter("w", [1.0, 2.0])
    y = x + w
    model = checked(model_of(mg.Graph({"same": x, "weights": w, "y": y, "again": y})))
    found = by_reading_back(model, {"x": np.ones(2, np.float32)})
    np.testing.assert_array_equal(found["again"], [2, 3])
    np.testing.assert_array_equal(found["weights"], [1, 2])
    assert operators(model).count("Identity") == 3


def test_what_is_computed_twice_is_written_once():
    x = mg.Input("x", ("N", 2))
    model = model_of(mg.Graph(y=np.tanh(x) * np.tanh(x) + mg.TopK(x, k=1).sum() + mg.ArgTopK(x, k=1).sum().astype(np.float32)))
    assert (operators(model).count("Tanh"), operators(model).count("TopK")) == (1, 1)


def test_sizes_of_named_axes_are_computed_from_the_inputs():
    x = mg.Input("x", ("H", "T"))
    h, t = x.shape
    values = {"half": (h + 1) // 2, "less": np.maximum(t - 3, 0), "area": h * t * 2 - t}
    graph = mg.Graph({name: mg.Expand(mg.Constant(1.0), (size,)) + x.sum() * 0 for name, size in values.items()})
    model = checked(model_of(graph))
    for H, T in ((5, 2), (4, 7)):
        found = ReferenceEvaluator(model).run(None, {"x": np.zeros((H, T), np.float32)})
        assert [len(each) for each in found] == [(H + 1) // 2, max(T - 3, 0), H * T * 2 - T]


def test_a_scan_is_a_scan_with_a_gradient_of_its_own():
    x, R = mg.Input("x", ("T", "N", 3)), mg.Parameter("R", np.random.default_rng(0).normal(size=(3, 3)) / 2)

    def step(h, each):
        h = np.tanh(each + h @ R)
        return h, h

    _, states = mg.scan(step, np.zeros_like(x[0]), x, reverse=True)
    loss = (states * states).sum()
    dR, dx = mg.gradient(loss, [R, x])
    graph = mg.Graph(loss=loss, dR=dR, dx=dx)
    model = checked(model_of(graph))
    assert operators(model).count("Scan") == 2
    given = {"x": np.random.default_rng(1).normal(size=(4, 2, 3)).astype(np.float32)}
    expected = graph.forward(**given)
    for run in RUNTIMES:
        found = run(model, given)
        for name in graph.outputs:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_half_precision_computes_in_single_and_rounds_once():
    x = mg.Input("x", ("N", 3), dtype=np.float16)
    graph = mg.Graph(y=np.exp(x).sum(axis=1), z=x.T)
    model = checked(model_of(graph))
    given = {"x": np.random.default_rng(0).normal(size=(2, 3)).astype(np.float16)}
    found = by_reading_back(model, given)
    for name, expected in ((name, graph.forward(**given)[name]) for name in graph.outputs):
        assert found[name].dtype == np.float16
        np.testing.assert_array_equal(found[name], expected)


def test_double_precision_keeps_its_constants_exact():
    x = mg.Input("x", ("N", 4), dtype=np.float64)
    graph = mg.Graph(a=mg.LeakyRelu(x, alpha=0.1), b=mg.LayerNormalization(x, np.ones(4)), c=x * 0.1)
    given = {"x": np.random.default_rng(0).normal(size=(3, 4))}
    found = by_reading_back(checked(model_of(graph)), given)
    for name in graph.outputs:
        np.testing.assert_allclose(found[name], graph.forward(**given)[name], rtol=1e-14, err_msg=name)


def test_attributes_are_numbers_of_the_kind_that_onnx_has():
    x = mg.Input("x", ("N", 4))
    graph = mg.Graph(a=mg.LeakyRelu(x, alpha=1), b=mg.LpNormalization(x, p=np.int64(2)), c=mg.Elu(x, alpha=np.float32(0.5)))
    given = {"x": np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)}
    found = by_reading_back(checked(model_of(graph)), given)
    for name in graph.outputs:
        np.testing.assert_allclose(found[name], graph.forward(**given)[name], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32, np.uint64, bool])
def test_whole_numbers_and_truths_compute_as_numpy_has_them(dtype):
    a, b = mg.Input("a", (4,), dtype=dtype), mg.Input("b", (4,), dtype=dtype)
    nodes = {
        "sum": a + b,
        "product": a * b,
        "total": a.sum(),
        "most": np.maximum(a, b),
        "same": np.equal(a, b),
        "sorted": np.sort(a),
    }
    graph = mg.Graph(nodes)
    given = {"a": np.array([1, 0, 1, 1]).astype(dtype), "b": np.array([0, 0, 1, 127]).astype(dtype)}
    found = by_reading_back(checked(model_of(graph)), given)
    for name in graph.outputs:
        expected = graph.forward(**given)[name]
        assert found[name].dtype == expected.dtype, name
        np.testing.assert_array_equal(found[name], expected, name)


@pytest.mark.parametrize("opset", [18, 19, 22, 23])
def test_other_operator_sets_are_written(opset, network, rows):
    x = network["z2"]
    graph = mg.Graph(a=mg.Gelu(x), b=mg.GroupNormalization(mg.Unsqueeze(x, axes=2), np.ones(3), np.zeros(3), num_groups=3))
    model = checked(model_of(graph, opset=opset))
    assert model.opset_import[0].version == opset
    assert ("Gelu" in operators(model)) == (opset >= 20)
    found = by_reading_back(model, {"x": rows["x"]})
    for name in graph.outputs:
        np.testing.assert_allclose(found[name], graph.forward(x=rows["x"])[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("opset", [17, 99, "21", True])
def test_an_operator_set_that_there_is_not_is_refused(opset, network, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(onnx.defs, "onnx_opset_version", lambda: 28)
    refused(mg.OperationError, lambda: network.to_onnx(tmp_path / "m.onnx", opset=opset))


class Cube(mg.Node):
    """A user's operation whose rule is composed."""

    def forward(self, x, out=None):
        return x**3

    def backward(self, gradient, y, x):
        return 3 * gradient * x * x


class Spiral(mg.Node):
    """One that runs on numbers alone."""

    def forward(self, x, out=None):
        return np.array([float(each) ** 2 for each in x.ravel()], x.dtype).reshape(x.shape)

    def backward(self, gradient, y, x):
        return gradient * np.array([2 * float(each) for each in x.ravel()], x.dtype).reshape(x.shape)


class Ping(mg.Node):
    """A rule that comes back to itself by another."""

    def forward(self, x, out=None):
        return Pong.apply(x) + 1


class Pong(mg.Node):
    def forward(self, x, out=None):
        return Ping.apply(x) * 2


def test_rules_that_come_back_to_themselves_are_refused(refused):
    x = mg.Input("x", ("N",))
    refused(mg.OperationError, lambda: model_of(mg.Graph(y=Ping(x))))


def test_an_operation_of_a_users_own_is_written_by_its_rule():
    x = mg.Input("x", ("N",))
    model = checked(model_of(mg.Graph(y=Cube(x))))
    assert operators(model) == ["Pow"]


def test_what_cannot_be_written_is_told_before_anything_is(tmp_path, refused):
    x = mg.Input("x", ("N", 2))
    spiral = Spiral(x, name="spiral")
    loss = np.sum(spiral + np.linalg.pinv(x).sum())
    for graph in (mg.Graph(loss=loss), mg.Graph(dx=mg.gradient(Spiral(x).sum(), [x])[0])):
        refused(mg.OperationError, lambda graph=graph: graph.to_onnx(tmp_path / "deep" / "m.onnx"))
    assert list(tmp_path.iterdir()) == []


def test_a_draw_is_refused_outside_of_a_step_and_an_input_of_one(refused):
    x, w = mg.Input("x", ("N", 4)), mg.Parameter("w", np.ones(4))
    random = mg.RandomState(0)
    loss = (mg.Dropout(x * w, random, ratio=0.25, name="drop") ** 2).sum()
    refused(mg.OperationError, lambda: model_of(mg.Graph(loss=loss)))
    assert by_reading_back(model_of(mg.inference(mg.Graph(loss=loss))), {"x": np.ones((1, 4), np.float32)})["loss"] == 4

    model = checked(model_of(mg.Graph(loss=loss), updates=mg.SGD(0.1).minimize(loss)))
    assert [(each.name, shape_of(each)) for each in model.graph.input] == [
        ("x", ["N", 4]),
        ("drop_mask", ["N", 4]),
        ("w", [4]),
    ]
    assert [each.name for each in model.graph.output] == ["loss", "w_new"], "the state has nothing to move on for"
    how = json.loads(next(each.value for each in model.metadata_props if each.key == "minigraph.draws"))
    assert how == {"drop_mask": {"operation": "DropoutMask", "ratio": 0.25}}
    mask = np.array([[True, False, True, True]])
    found = by_reading_back(model, {"x": np.ones((1, 4), np.float32), "drop_mask": mask})
    np.testing.assert_allclose(found["loss"], 3 / 0.75**2, rtol=1e-6)
    np.testing.assert_allclose(found["w_new"], 1 - 0.2 * mask[0] / 0.75**2, rtol=1e-6)


def test_updates_are_checked_as_those_of_a_program(network, refused):
    refused(mg.GraphError, lambda: model_of(network, updates={"W1": network["W1"]}))
    refused(mg.ShapeError, lambda: model_of(network, updates={network["W1"]: network["W2"]}))


def test_a_file_that_cannot_be_written_stays_as_it_was(network, tmp_path, monkeypatch, refused):
    path = network.to_onnx(tmp_path / "model.onnx")
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    refused(mg.FileError, lambda: network.to_onnx(path))
    refused(mg.FileError, lambda: network.to_onnx(3))
    refused(mg.FileError, lambda: network.to_onnx(tmp_path / "model.pt"))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_numbers_beyond_what_a_file_holds_go_to_one_beside_it(network, rows, tmp_path, monkeypatch):
    monkeypatch.setattr("minigraph.interop.onnx.export.model.LARGEST", 100)
    monkeypatch.setattr("minigraph.interop.onnx.export.model.SMALL", 30)
    path = network.to_onnx(tmp_path / "model.onnx")
    data = tmp_path / "model.onnx.data"
    assert sorted(tmp_path.iterdir()) == [path, data]
    assert data.stat().st_size == (2 * 5 + 5 * 3) * 4, "b1 is small, and stays"
    onnx.checker.check_model(path, full_check=True)
    again = mg.from_onnx(path)
    np.testing.assert_array_equal(again.parameters["W2"].value, network.parameters["W2"].value)
    np.testing.assert_allclose(again.forward(**rows)["loss"], network.forward(**rows)["loss"], rtol=1e-6)


def test_of_two_files_none_is_replaced_where_one_cannot_be_written(network, tmp_path, monkeypatch):
    monkeypatch.setattr("minigraph.interop.onnx.export.model.LARGEST", 0)
    monkeypatch.setattr("minigraph.interop.onnx.export.model.SMALL", 0)
    path = network.to_onnx(tmp_path / "model.onnx")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    network.parameters["W1"].value *= 2
    calls, sync = iter([True, False]), os.fsync

    def second_fails(descriptor):
        return sync(descriptor) if next(calls) else (_ for _ in ()).throw(OSError(28, "No space left on device"))

    monkeypatch.setattr("os.fsync", second_fails)
    with pytest.raises(mg.FileError):
        network.to_onnx(path)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_what_has_no_elements_in_any_run_is_stored():
    x = mg.Input("x", ("N", 0))
    graph = mg.Graph(a=mg.Expand(x, (3, x.shape[0], 0)), b=np.concatenate([x, x], axis=1), c=x.sum(axis=1))
    model = checked(model_of(graph))
    found = by_reading_back(model, {"x": np.zeros((2, 0), np.float32)})
    assert [found[name].shape for name in "abc"] == [(3, 2, 0), (2, 0), (2,)]
