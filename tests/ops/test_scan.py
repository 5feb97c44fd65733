"""mg.scan beside the same loop unrolled: values, gradients and second derivatives, in runs and in programs."""

import copy
import pickle

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops.scan import Scan

NORMAL = np.random.default_rng(0)


def unrolled(body, init, xs=None, length=None, *, reverse=False):
    """The loop that mg.scan stands for, of one sequence at most and one y."""
    carry, ys = init, {}
    length = xs.shape[0] if length is None else length
    for t in reversed(range(length)) if reverse else range(length):
        carry, ys[t] = body(carry, None if xs is None else xs[t])
    return carry, np.stack([ys[t] for t in range(length)])


class Model:
    """Leaves that bodies use, of double precision, with arrays for the inputs."""

    def __init__(self, length=4, rows=3, dtype=np.float64):
        rng = np.random.default_rng(1)
        self.inputs = {"x": (length, "N", 2), "h": ("N", 3), "c": ("N", 3)}
        self.arrays = {
            name: rng.normal(size=[4 if axis == "T" else rows if axis == "N" else axis for axis in shape])
            for name, shape in self.inputs.items()
        }
        for name, shape in self.inputs.items():
            setattr(self, name, mg.Input(name, shape, dtype))
        for name, shape in {"W": (2, 3), "R": (3, 3), "b": (3,), "s": (1, 3)}.items():
            setattr(self, name, mg.Parameter(name, np.random.default_rng(len(name + str(shape))).normal(size=shape), dtype))

    def graph(self, scan, make, **options):
        """A loss of a loop, with its first and second derivatives."""
        body, init, xs = make(self)
        last, ys = scan(body, init, xs, **options)
        last = last if isinstance(last, tuple) else (last,)
        loss = sum((each * each).sum() for each in last) + np.sin(ys).sum()
        wrt = [node for node in mg.Graph(loss).nodes if isinstance(node, mg.Input | mg.Parameter) and node.dtype.kind == "f"]
        wrt.sort(key=lambda node: node.name)
        first = mg.gradient(loss, wrt)
        second = mg.gradient(sum((each * each).sum() for each in first), wrt)
        outputs = {f"last{i}": each for i, each in enumerate(last)} | {"ys": ys, "loss": loss}
        outputs |= {f"d{node.name}": each for node, each in zip(wrt, first, strict=True)}
        return mg.Graph(outputs | {f"dd{node.name}": each for node, each in zip(wrt, second, strict=True)})

    def given(self, graph):
        """The arrays of a graph's inputs."""
        return {name: self.arrays[name] for name in graph.inputs if name in self.arrays}


def elman(m):
    def body(h, x):
        h = np.tanh(x @ m.W + h @ m.R + m.b)
        return h, 2 * h

    return body, m.h, m.x


def lstm(m):
    def body(state, x):
        h, c = state
        z = x @ m.W + h @ m.R
        c = mg.Sigmoid(z + m.b) * c + np.tanh(z)
        h = mg.Sigmoid(z[:, ::-1]) * np.tanh(c)
        return (h, c), h

    return body, (m.h, m.c), m.x


def column(m):
    """A matrix before a vector, as a textbook writes it, and one that is transposed."""

    def body(h, x):
        h = np.tanh(m.R @ h + m.R.T @ h + m.b * x.sum())
        return h, h * m.b

    return body, m.b * 1, m.x


def columns(m):
    """A matrix before several columns."""

    def body(h, x):
        h = np.tanh(m.R @ h) + x.sum()
        return h, h

    return body, m.R * 1, m.x


def anyhow(m):
    """Values from outside that are used in other ways: one that broadcasts, one that is used twice, one by a reduction."""

    def body(h, x):
        h = h * m.s + np.cos(m.b - h) / (2 + np.sin(m.b)) + np.maximum(m.s, h).sum() * (x @ m.W) + m.R[0] - m.s
        return np.tanh(h), h[:, 1:]

    return body, m.h, m.x


def sized(m):
    """Slices and shapes of axes whose sizes only a run tells."""

    def body(h, x):
        half = h[: h.shape[0] // 2]
        h = np.tanh(h - h[::-1] + half.sum() + np.broadcast_to(m.b, np.shape(h)))
        return h, np.concatenate([h[1:], h[:1]]) * h.shape[0]

    return body, m.h, m.x


def untouched(m):
    """A carry that no step changes, one that is a sequence's slice, and a y that depends on no step."""

    def body(state, x):
        a, b = state
        return (a, np.concatenate([x, x[:, :1]], axis=1)), a + b

    return body, (m.h, m.c), m.x


def crossed(m):
    def body(state, x):
        a, b = state
        return (b, a), x

    return body, (m.h, m.c), m.x


def constant(m):
    def body(h, x):
        return h + 1, m.b

    return body, m.h, m.x


def counted(m):
    """What is carried over takes no derivative; what a step gives does."""

    def body(i, x):
        return i + 1, np.sin(x @ m.W) * i.astype(m.W.dtype)

    return body, mg.Constant(2), m.x


def nested(m):
    """A loop in a loop, which uses the outer one's carry and slice."""

    def body(h, x):
        inner, states = mg.scan(lambda g, w: (np.tanh(g * w + h), g * x.sum()), h @ m.R, m.W)
        return inner, (states * states).sum(axis=0)

    return body, m.h, m.x


BODIES = [elman, lstm, column, columns, anyhow, sized, untouched, crossed, constant, counted, nested]


def same(found, expected, names, **tolerance):
    for name in names:
        np.testing.assert_allclose(found[name], expected[name], err_msg=name, **(tolerance or {"rtol": 1e-9, "atol": 1e-11}))


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("make", BODIES, ids=lambda make: make.__name__)
def test_values_gradients_and_second_derivatives_are_those_of_the_loop(make, reverse):
    m = Model()
    expected = m.graph(unrolled, make, reverse=reverse)
    run = expected.forward(**m.given(expected))
    slopes = run.backward("loss")
    for length in (4, "T"):
        graph = Model(length).graph(mg.scan, make, reverse=reverse)
        found = graph.forward(check=True, **m.given(graph))
        same(found, run, expected.outputs)
        same(found.backward("loss"), slopes, [*expected.inputs, *expected.parameters])
        same(mg.compile(graph)(**m.given(graph)), run, expected.outputs)
    # the gradient of what is used twice is one node, however long the loop is
    assert len(graph.nodes) < len(expected.nodes)


@pytest.mark.parametrize("make", [elman, lstm, nested], ids=lambda make: make.__name__)
def test_every_rule_agrees_with_differences(make):
    m = Model("T")
    graph = m.graph(mg.scan, make)
    report = mg.check_gradients(
        mg.Graph({name: graph[name] for name in ("loss", "dR", "dx")}),
        **m.arrays if make is lstm else {name: m.arrays[name] for name in graph.inputs},
    )
    assert report.ok
    assert sum(isinstance(row.node, Scan) for row in report.rows) > 4


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("length", [0, 1, 2])
def test_of_any_length_and_any_number_of_rows(length, rows):
    m = Model("T", rows)
    graph, step = m.graph(mg.scan, lstm), None
    arrays = m.arrays | {"x": m.arrays["x"][:length]}
    found = graph.forward(check=True, **arrays)
    step = mg.compile(graph)
    for given in (m.arrays, arrays, m.arrays, arrays):
        result = step(**given)
    same(result, found, graph.outputs)
    if not length:
        assert found["ys"].shape == (0, rows, 3)
        np.testing.assert_array_equal(found["last0"], m.arrays["h"])
        assert not found["dR"].any()
    else:
        expected = Model(length, rows).graph(unrolled, lstm).forward(**arrays)
        same(found, expected, graph.outputs)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_in_other_precisions_copied_and_pickled(dtype):
    m = Model("T")
    exact = m.graph(mg.scan, lstm)
    expected, names = exact.forward(**m.arrays), ["last0", "ys", "loss", "dR", "dh", "dx"]
    graph = Model("T", dtype=dtype).graph(mg.scan, lstm)
    tolerance = {"rtol": 50 * np.finfo(dtype).eps, "atol": 50 * np.finfo(dtype).eps}
    for each in (graph, exact.astype(dtype), copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        run, program = each.forward(**m.arrays), mg.compile(each)(**m.arrays)
        assert {run[name].dtype for name in names} == {program[name].dtype for name in names} == {np.dtype(dtype)}
        same(run, expected, names, **tolerance)
        same(program, expected, names, **tolerance)


def test_what_is_carried_may_be_whole_numbers_and_trees():
    x = mg.Input("x", ("T",))

    def body(carry, each):
        return {"count": carry["count"] + 1, "sums": [carry["sums"][0] + each["x"], carry["sums"][1] * 0.5]}, (
            carry["count"],
            None,
        )

    init = {"count": 0, "sums": [0.0, mg.Constant(8.0)]}
    last, (counts, nothing) = mg.scan(body, init, {"x": x})
    (dx,) = mg.gradient(last["sums"][0] * 3, [x])
    graph = mg.Graph(count=last["count"], total=last["sums"][0], half=last["sums"][1], counts=counts, dx=dx)
    for found in (graph.forward(x=[1, 2, 3]), mg.compile(graph)(x=[1, 2, 3])):
        assert (found["count"], found["total"], found["half"]) == (3, 6, 1)
        assert found["counts"].tolist() == [0, 1, 2] and found["dx"].tolist() == [3, 3, 3]
    assert nothing is None and found["count"].dtype == np.int64


def test_without_sequences_a_length_says_how_many_turns():
    w = mg.Parameter("w", 1.5)
    last, powers = mg.scan(lambda p, _: (p * w, p), 1.0, length=4)
    graph = mg.Graph(last=last, powers=powers, dw=mg.gradient(last, [w])[0])
    for found in (graph.forward(), mg.compile(graph)()):
        assert found["last"] == 1.5**4 and found["powers"].tolist() == [1, 1.5, 2.25, 3.375]
        assert found["dw"] == 4 * 1.5**3


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_beyond_its_length_a_row_keeps_its_state_and_gives_0(reverse):
    m = Model("T")
    lengths = mg.Input("lengths", ("N",), dtype=np.int64)
    graph = m.graph(mg.scan, lstm, lengths=lengths, reverse=reverse)
    found = graph.forward(lengths=[4, 0, 2], **m.arrays)
    same(mg.compile(graph)(lengths=[4, 0, 2], **m.arrays), found, graph.outputs)
    for row, length in enumerate([4, 0, 2]):
        given = {name: array[..., row : row + 1, :] for name, array in m.arrays.items()}
        alone = Model("T").graph(mg.scan, lstm, reverse=reverse).forward(**given | {"x": given["x"][:length]})
        np.testing.assert_allclose(found["last0"][row], alone["last0"][0], rtol=1e-12)
        np.testing.assert_allclose(found["ys"][:length, row], alone["ys"][:, 0], rtol=1e-12)
        assert not found["ys"][length:, row].any() and not found["dx"][length:, row].any()


def test_what_all_steps_use_is_computed_once():
    calls = []

    class Counted(mg.Node):
        def forward(self, x, out=None):
            calls.append(x)
            return 2 * x

        def backward(self, gradient, y, x):
            return 2 * gradient

    w, x = mg.Parameter("w", [1.0, 2.0]), mg.Input("x", ("T", 2))
    _, ys = mg.scan(lambda h, x: (h, x * Counted(w)), 0.0, x)
    assert mg.Graph(ys=ys).forward(x=np.ones((5, 2)))["ys"].tolist() == [[2, 4]] * 5
    assert len(calls) == 1


def test_a_rule_that_runs_on_numbers_alone_repeats_too():
    class Assigning(mg.Node):
        def forward(self, x, out=None):
            return np.maximum(x, 0)

        def backward(self, gradient, y, x):
            back = gradient.copy()
            back[x <= 0] = 0
            return back

    m = Model("T")
    loss = {}
    for kind in (Assigning, mg.Relu):
        last, _ = mg.scan(lambda h, x, kind=kind: (kind(h @ m.R + x @ m.W), None), m.h, m.x)
        loss[kind] = last.sum()
    names = {"x": m.arrays["x"], "h": m.arrays["h"]}
    graphs = [mg.Graph(loss=each, dR=mg.gradient(each, [m.R])[0]) for each in loss.values()]
    expected = graphs[1].forward(**names)["dR"]
    np.testing.assert_allclose(graphs[0].forward(**names)["dR"], expected)
    np.testing.assert_allclose(graphs[0].forward(**names).backward()["R"], expected)
    np.testing.assert_allclose(mg.compile(graphs[0])(**names)["dR"], expected)
    with pytest.raises(mg.UnreadableRuleError, match="Assigning has no second derivative"):
        mg.gradient(graphs[0]["dR"].sum(), [m.R])


# Misuse

m = Model("T")


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: mg.scan(lambda h, x: h, m.h, m.x), mg.OperationError, "gives a pair"),
        (lambda: mg.scan(lambda h, x: ((h, h), None), m.h, m.x), mg.OperationError, "one tree"),
        (lambda: mg.scan(lambda h, x: (h @ np.ones((3, 2)), None), m.h, m.x), mg.ShapeError, "a carry keeps its shape"),
        (lambda: mg.scan(lambda h, x: (h + x[:, :1], h), np.zeros((1, 3)), m.x), mg.ShapeError, "np.broadcast_to"),
        (lambda: mg.scan(lambda h, x: (h.astype(np.float32), None), m.h, m.x), mg.DTypeError, "a carry keeps its type"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, (m.x, m.h)), mg.ShapeError, "one length"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, np.ones((4, 2))), mg.OperationError, "sequences that are nodes"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, m.h.sum()), mg.ShapeError, "has none"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h), mg.OperationError, "length="),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, length="T"), mg.OperationError, "whole number"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, m.x, length=3), mg.ShapeError, "3 steps"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, m.x, lengths=[1, 2]), mg.ShapeError, "first axis"),
        (lambda: mg.scan(lambda h, x: (h, None), m.h, m.x, lengths=m.h), mg.ShapeError, "one for each row"),
        (lambda: mg.scan(lambda h, x: (h, None), "h", m.x), mg.DTypeError, "carry of mg.scan"),
        (lambda: mg.scan(lambda h, x: (h, "y"), m.h, m.x), mg.DTypeError, "y of mg.scan"),
        (lambda: mg.scan(None, m.h, m.x), mg.OperationError, "function"),
        (lambda: mg.scan(lambda h: (h, None), m.h, m.x), mg.OperationError, r"calls body\(carry, x\), .* is \(h\)"),
    ],
)  # fmt: skip
def test_a_loop_that_is_none_is_refused_in_words(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_a_value_of_one_step_is_refused_outside():
    leaked = []

    def body(h, x):
        leaked.append(h * 2)
        return h, None

    mg.scan(body, m.h, m.x)
    with pytest.raises(mg.OperationError, match="outside of its body"):
        mg.scan(lambda h, x: (h + leaked[0], None), m.h, m.x)
    with pytest.raises(mg.GraphError, match="outside of its body"):
        mg.Graph(y=leaked[0])


def test_running_statistics_are_refused_in_a_loop():
    with pytest.raises(mg.OperationError, match="running statistics"):
        mg.scan(lambda h, x: (mg.blocks.batch_normalization(h), None), m.h, m.x)


def test_dropout_in_a_loop_is_left_out_in_use():
    state = mg.RandomState(0)
    last, ys = mg.scan(lambda h, x: (mg.Dropout(h, state, ratio=0.5), x.sum()), m.h, m.x)
    arrays = {name: m.arrays[name] for name in ("h", "x")}
    graph = mg.Graph(last=last, total=ys.sum())
    assert (graph.forward(**arrays)["last"] != m.arrays["h"]).any()
    np.testing.assert_array_equal(mg.inference(graph).forward(**arrays)["last"], m.arrays["h"])
    assert list(mg.state_updates(last)) == [state]
