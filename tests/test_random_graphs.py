"""Graphs composed at random.

Of the smooth operations: the three ways to their gradient agree, and so does the program. `MINIGRAPH_EXAMPLES=5000 pytest
tests/test_random_graphs.py` tries more of them. Of the whole catalogue: the program gives what the plain run gives, for 300
graphs, and for 5000 by `pytest -m property`. `RandomGraph(seed)` makes any of them again.
"""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigraph as mg
from minigraph.compiler import emission as emit
from minigraph.compiler import program, tiles
from minigraph.core.shapes import broadcast
from minigraph.ops import OPERATIONS
from tests.random_graphs import RandomGraph

EXAMPLES = int(os.environ.get("MINIGRAPH_EXAMPLES", "200"))
ROWS = 3


def _scanned(x):
    """A loop along the first axis, from its last place: each place is the difference from what the ones behind it come to."""
    last, ys = mg.scan(lambda h, each: (np.tanh(h * 0.5 + each), each - h), np.tanh(x.sum(axis=0)), x, reverse=True)
    return ys + last


ONE = {
    "Neg": lambda x: -x,
    "Exp": lambda x: np.exp(np.tanh(x)),
    "Log": lambda x: np.log(x * x + 1),
    "Sqrt": lambda x: np.sqrt(x * x + 0.5),
    "Abs": lambda x: np.abs(x * x + 0.5),
    "Pow": lambda x: (x * x + 0.5) ** 1.5,
    "square": lambda x: np.tanh(x) ** 2,
    "Tanh": np.tanh,
    "Sigmoid": mg.Sigmoid,
    "Relu": lambda x: mg.Relu(x * x + 0.5),
    "Softmax": lambda x: mg.Softmax(_row(x)),
    "LogSoftmax": lambda x: mg.LogSoftmax(np.tanh(_row(x)), axis=0),
    "ReduceSum": lambda x: mg.ReduceSum(x, axes=-1) if x.ndim else x,
    "ReduceMean": lambda x: mg.ReduceMean(x, axes=0, keepdims=False) if x.ndim else x,
    "mean": lambda x: x.mean(),
    "scan": lambda x: _scanned(x) if x.ndim else x,
    "Transpose": lambda x: x.T,
    "Unsqueeze": lambda x: mg.Unsqueeze(x, axes=0) if x.ndim < 3 else x,
    "Squeeze": mg.Squeeze,
    "Reshape": lambda x: x.reshape(-1),
    "Expand": lambda x: mg.Expand(mg.Unsqueeze(x, axes=0), (2, *x.shape)) if x.ndim < 3 else x,
    "Gather": lambda x: x if _unknown(x) else np.take(x, [0, -1, 0], axis=-1),
    "Stack": lambda x: np.stack([x, np.tanh(x)], axis=-1) if x.ndim < 3 else x,
    "ReduceMax": lambda x: mg.ReduceMax(mg.Stack(x, x * x + x + 2), axes=0, keepdims=False),
    "SoftmaxCrossEntropy": lambda x: mg.SoftmaxCrossEntropy(_row(x), mg.Softmax(np.tanh(_row(x)))),
    "Slice": lambda x: x if _unknown(x) else x[..., ::-2],
    "padded": lambda x: x if _unknown(x) else mg.Pad(x, pads=(1, 0), axes=(-1,))[..., ::3],
    "Pad": lambda x: x if _unknown(x) else mg.Pad(x, pads=(1, 0), axes=(-1,), mode="edge"),
    "Concat": lambda x: x if _unknown(x) else np.concatenate([x, np.tanh(x)], axis=-1),
    "Tile": lambda x: np.tile(x, 2),
    "Flatten": lambda x: mg.Flatten(_row(x), axis=0),
    "Trilu": lambda x: np.tril(x) if x.ndim > 1 else x,
    "Sort": lambda x: x if _unknown(x) else np.sort(x),
    "TopK": lambda x: x if _unknown(x) else mg.TopK(x, k=1),
    "GatherND": lambda x: x if x.ndim != 2 or _unknown(x) else x[[0, 0], [0, -1]],
    "GatherElements": lambda x: x if _unknown(x) else np.take_along_axis(x, np.argsort(-x), axis=-1),
    "Einsum": lambda x: np.einsum("...i,...i->...", np.tanh(_row(x)), np.tanh(_row(x))),
    "Inverse": lambda x: np.linalg.inv(_definite(x)),
    "LogAbsDet": lambda x: mg.LogAbsDet(_definite(x)),
    "Det": lambda x: np.linalg.det(_definite(x)),
    "Cholesky": lambda x: np.linalg.cholesky(_definite(x)),
    "Solve": lambda x: np.linalg.solve(_definite(x), np.ones(3)),
    "PseudoInverse": lambda x: np.linalg.pinv(_definite(x)),
    "svd": lambda x: np.linalg.svdvals(_distinct(x)),
    "eigh": lambda x: np.linalg.eigh(_distinct(x)).eigenvectors ** 2,
    "qr": lambda x: np.linalg.qr(_definite(x)).R ** 2,
    "Diag": lambda x: np.diag(x) if x.ndim == 1 else x,
    "trace": lambda x: np.linalg.trace(_definite(x)),
    "cov": lambda x: np.cov(_three(x), bias=True) if x.ndim == 2 and not _unknown(x) else x,
    "rows": lambda x: x[1:] if x.shape[:1] == ("N",) else x,
    "Sin": np.sin,
    "Atan": np.arctan,
    "Log1p": lambda x: np.log1p(x * x),
    "Reciprocal": lambda x: mg.Reciprocal(x * x + 1),
    "Erf": mg.Erf,
    "Softplus": mg.Softplus,
    "Gelu": mg.Gelu,
    "Mish": mg.Mish,
    "CumSum": lambda x: np.cumsum(np.tanh(x), axis=-1) if x.ndim else x,
    "ReduceLogSumExp": lambda x: mg.ReduceLogSumExp(_row(x), axes=0),
    "ReduceVariance": lambda x: np.var(_row(x), axis=-1),
    "ReduceL2": lambda x: mg.ReduceL2(_row(x) ** 2 + 0.5, axes=-1),
    "ReduceLp": lambda x: np.linalg.norm(_row(x) ** 2 + 0.5, 3, axis=-1),
    "LayerNormalization": lambda x: mg.LayerNormalization(_row(x), np.full(1, 1.5), epsilon=0.5),
    "LpNormalization": lambda x: mg.LpNormalization(_row(x) ** 2 + 0.5),
    "Conv": lambda x: mg.Conv(_image(x), np.array([[[1.0, -0.5]], [[0.5, 2.0]]]), pads=(1, 0)),
    "ConvTranspose": lambda x: mg.ConvTranspose(_image(x), np.array([[[1.0, -0.5]]]), strides=(2,)),
    "AveragePool": lambda x: mg.AveragePool(_image(x), kernel_shape=(2,), pads=(1, 0)),
    "LpPool": lambda x: mg.LpPool(_image(x) ** 2 + 0.5, kernel_shape=(2,)),
    "Resize": lambda x: mg.Resize(_image(x), sizes=(4,), mode="linear"),
    "SpaceToDepth": lambda x: mg.SpaceToDepth(mg.Unsqueeze(_image(x), axes=2)[..., :2].repeat(2, axis=2), blocksize=2),
    "labels": lambda x: x if _unknown(x) or x.ndim != 1 else mg.SoftmaxCrossEntropy(x, 0),
}
TWO = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: np.tanh(a) * b,
    "Div": lambda a, b: a / (b * b + 1),
    "Where": lambda a, b: np.where(np.array([True, False, True]), _three(a), _three(b)),
    "Max": lambda a, b: np.maximum(np.tanh(a), np.tanh(b) * np.tanh(b) + 1.5),
    "Min": lambda a, b: np.minimum(np.tanh(a), np.tanh(b) * np.tanh(b) + 1.5),
    "power": lambda a, b: (a * a + 0.5) ** np.tanh(b),
    "MatMul": lambda a, b: np.tanh(_row(a)) @ np.tanh(_row(a)).T if a.ndim == 2 else np.tanh(a) * b,
    "Gemm": lambda a, b: mg.Gemm(np.tanh(a), np.tanh(a), alpha=0.5, transB=True) if a.ndim == 2 else a - b,
}


def _row(x):
    return x if x.ndim else mg.Unsqueeze(x, axes=0)


def _unknown(x):
    return not x.ndim or not isinstance(x.shape[-1], int) or x.shape[-1] == 0


def _image(x):
    """The value as a row of places of one channel for each row, two at least."""
    return mg.Resize(x.mean().reshape(1, 1, 1), sizes=(2,)) if _unknown(x) or x.shape[-1] < 2 else x.reshape(-1, 1, x.shape[-1])


def _definite(x):
    """A positive definite matrix of three rows, or a stack of them, far from singular."""
    t = np.tanh(_three(x)) * np.ones(3)
    return t[..., None] * t[..., None, :] + 2 * np.eye(3)


def _distinct(x):
    """One whose eigenvalues are far from each other."""
    return _definite(x) + np.diag([0.0, 3.0, 9.0])


def _three(x):
    return x if x.shape[-1:] == (3,) else x.mean()


steps = st.lists(st.tuples(st.sampled_from([*ONE, *TWO]), st.integers(0, 50), st.integers(0, 50)), min_size=5, max_size=30)


def composed(chosen):
    """The nodes of a recipe: each step applies an operation to nodes that are there already."""
    random = np.random.default_rng(len(chosen))
    x = mg.Input("x", ("N", 3), dtype=np.float64)
    W = mg.Parameter("W", random.normal(size=(3, 3)), dtype=np.float64)
    b = mg.Parameter("b", random.normal(size=3), dtype=np.float64)
    nodes = [x, W, b, x @ W + b]
    for operation, i, j in chosen:
        first, second = nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]
        if operation in ONE:
            nodes.append(ONE[operation](first))
        else:
            fits = broadcast(first.shape, second.shape) is not None
            nodes.append(TWO[operation](first, second if fits else second.mean()))
    loss = sum(np.tanh(node).mean() for node in nodes[3:])
    return x, W, b, loss


class Moved:
    """A graph at the leaves' own values moved a step along a direction."""

    def __init__(self, leaves):
        random = np.random.default_rng(0)
        self.leaves = leaves
        self.arrays = [random.normal(size=(ROWS, 3)), leaves[1].value, leaves[2].value]
        self.directions = [random.normal(size=array.shape) for array in self.arrays]

    def run(self, graph, step=0.0):
        x, *parameters = (a + step * v for a, v in zip(self.arrays, self.directions, strict=True))
        for leaf, value in zip(self.leaves[1:], parameters, strict=True):
            leaf.value = value
        given = {"x": x, "v": self.directions[0]}
        return graph.forward(**{name: given[name] for name in graph.inputs})

    def difference(self, graph, step):
        """The slope of the graph's first output along the direction, by central differences."""
        above, below = (self.run(graph, s)[next(iter(graph.outputs))] for s in (step, -step))
        self.run(graph)
        return (above - below) / (2 * step)

    def along(self, gradients):
        """The slope that the gradients promise along the direction."""
        return sum(np.sum(g * v) for g, v in zip(gradients, self.directions, strict=True))


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(steps)
def test_the_gradient_of_a_random_graph_is_the_same_in_every_way(chosen):
    *leaves, loss = composed(chosen)
    moved, graph = Moved(leaves), mg.Graph(loss=loss)
    run = moved.run(graph)
    gradients = run.backward()
    numeric = [gradients[leaf] for leaf in leaves]
    size = max(1.0, *(np.abs(array).max() for array in numeric))
    assert abs(moved.along(numeric) - moved.difference(graph, 1e-6)) <= 1e-6 * size

    slopes = mg.gradient(loss, leaves)
    everything = mg.Graph(loss=loss, **{f"d{leaf.name}": node for leaf, node in zip(leaves, slopes, strict=True)})
    plain, compiled = moved.run(everything), mg.compile(everything)(x=moved.arrays[0])
    assert abs(compiled["loss"] - run["loss"]) <= 1e-12 * size
    for leaf, expected in zip(leaves, numeric, strict=True):
        assert np.abs(plain[f"d{leaf.name}"] - expected).max() <= 1e-11 * size
        assert np.abs(compiled[f"d{leaf.name}"] - expected).max() <= 1e-11 * size


@settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=True, database=None)
@given(steps)
def test_the_second_derivative_of_a_random_graph_is_a_difference_of_the_first(chosen):
    *leaves, loss = composed(chosen)
    moved = Moved(leaves)
    directions = [mg.Input("v", ("N", 3), dtype=np.float64), *moved.directions[1:]]
    slopes = mg.gradient(loss, leaves)
    graph = mg.Graph(slope=sum((s * v).sum() for s, v in zip(slopes, directions, strict=True)))
    run = moved.run(graph)
    found = run.backward()
    curvature = moved.along([found[leaf] if leaf in found else np.zeros(1) for leaf in leaves])
    size = max(1.0, abs(run["slope"]), abs(curvature))
    assert abs(curvature - moved.difference(graph, 1e-5)) <= 1e-5 * size


WITHIN = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 2e-3, np.dtype(np.float16): 5e-2}
"""How far two values may be from each other, for a largest element of 1 or less, where the graph computes in this type."""
CHUNK, GRAPHS, EVERY_TIME = 50, 5000, 300
FIRST = [pytest.param(i, marks=[] if i < EVERY_TIME else pytest.mark.property) for i in range(0, GRAPHS, CHUNK)]
"""The first seed of each portion, of which a few are tried every time."""


def assert_same(found, expected, within, what):
    """The same shape, type, places of what is not finite, and numbers."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected, what)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(found[~finite], expected[~finite], what)
    size = max(1.0, np.abs(expected[finite]).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=0, atol=within * size, err_msg=what)


def outcome(call):
    """What a call gives, or the kind of its refusal."""
    try:
        return call(), None
    except mg.MinigraphError as refusal:
        return None, type(refusal)


def program_of(seed, **options):
    """A random graph, its program with its updates (or the kind of its refusal), and what draws the rest."""
    composition, random = RandomGraph(seed), np.random.RandomState([seed, 1])
    again = bool(random.randint(2))
    whole, threads = mg.Graph(composition.outputs), random.randint(1, 4)
    compiled = outcome(lambda: mg.compile(whole, composition.updates, threads=threads, recompute=again, **options))
    return composition, compiled, random


def try_sizes(seed, given=None):
    """One program of a random graph with its updates, called with batches of several sizes, each as the plain run."""
    composition, (step, never), random = given or program_of(seed)
    within = max(WITHIN.get(node.dtype, 0) for node in composition.graph.nodes)
    earlier = []
    for rows in random.choice([0, 1, 1, 2, 3, 5, 40], size=3):
        given = composition.given({"N": int(rows), "M": random.randint(4), "T": random.randint(5)}, random)
        before = {variable: variable.value.copy() for variable in composition.updates}
        (plain, refused), what = outcome(lambda given=given: composition.graph.forward(**given)), f"graph {seed}, N={rows}"
        results, refused_too = outcome(lambda given=given: step(**given)) if step else (None, never)
        assert (refused_too is None) == (refused is None), what  # where two things are wrong, either may be met first
        if plain and not all(np.isfinite(plain[filters]).all() for filters in filters_of(composition.graph)):
            break  # a program may multiply them by the zeros around an image, where the plain run does not
        for name, array in (results or {}).items():
            assert_same(array, plain[name], within, f"{what}: {name}")
        for variable, old in before.items():
            new = plain[f"new {variable.name}"] if plain else old
            assert_same(variable.value, new, within, f"{what}: new {variable.name}")
            variable.value = new
        for array, copy in earlier:
            np.testing.assert_array_equal(array, copy, f"{what}: a later call has changed a result")
        earlier += [(array, np.array(array)) for array in (results or {}).values()]
    return composition


def filters_of(graph):
    """The filters of its convolutions."""
    return [node.operands[1] for node in graph.nodes if isinstance(node, (mg.Conv, mg.ConvTranspose))]


def tile(monkeypatch):
    """Let a program compute rows in tiles of one, spread over threads, where rows do not mix."""
    for name, value in (("CACHE", 1), ("NS_PER_BYTE_ADDED", 0), ("LEAST_NS_PER_CALL", 1), ("LEAST_TILE", 1)):
        monkeypatch.setattr(tiles, name, value)
    monkeypatch.setattr(program, "LEAST_TILE", 1)


@pytest.mark.slow
@pytest.mark.parametrize("first", FIRST)
def test_the_program_of_any_graph_gives_what_the_plain_run_gives(first, monkeypatch):
    for seed in range(first, first + CHUNK):
        if seed == first + CHUNK // 2:
            tile(monkeypatch)
        try_sizes(seed)


def test_random_graphs_are_made_of_the_whole_catalogue():
    assert OPERATIONS.keys() <= {type(node).__name__ for seed in range(EVERY_TIME) for node in RandomGraph(seed).graph.nodes}


def test_constants_that_lose_their_shape_are_noticed(monkeypatch):
    monkeypatch.setattr(emit, "array_text", lambda array: f"np.array({array.tolist()}, np.{array.dtype.name})")
    with pytest.raises((AssertionError, ValueError, IndexError)) as noticed:
        for seed in range(EVERY_TIME):
            try_sizes(seed)
    assert not isinstance(noticed.value, mg.MinigraphError)
