"""Graphs composed at random from the table of cases: operations with their attributes, fed by leaves or by each other."""

import operator
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import count

import numpy as np

import minigraph as mg
from minigraph.core.shapes import broadcast
from minigraph.ops import OPERATIONS
from tests.cases import ROWS

__all__ = ["USABLE", "Composed", "alone", "composed"]

NAMES = (
    "a",
    "h",
    "p",
    "W_2",
    "ŷ",
    "θ",
    "z̃",
    "layer.out",
    "u1",
    "gate",
    "m",
    "score",
    "β2",
    "q_in",
    "f",
    "two words",
    "δa",
    "x_hat",
    "gamma",
    "sigma2",
)
"""What some of the nodes are called: letters with indices and hats, Greek ones, words, and the first name that is made up."""

LARGEST = 50.0


def usable(row):
    """Whether a row has a derivative everywhere (or is told to take none), elements, and numbers of ordinary size."""
    if (row.kink and row.operation != "StopGradient") or any(0 in operand.shape for operand in row.operands):
        return False
    drawn = [operand.draw(np.random.RandomState(0), 2) for operand in row.operands if not operand.is_shape]
    return all(array.size and (array.dtype.kind != "f" or np.abs(array).max() < LARGEST) for array in drawn)


USABLE = {name: [row for row in ROWS if row.operation == name and usable(row)] for name in OPERATIONS}
"""The rows of each operation that graphs are composed of."""


@dataclass
class Composed:
    """A graph, and what its inputs are given."""

    graph: mg.Graph
    inputs: dict
    rows: int
    """The size of the axis N."""
    seed: int
    leaves: list = field(default_factory=list)
    """The inputs and parameters that take a gradient."""

    def __str__(self):
        return f"graph {self.seed}: {', '.join(str(node) for node in self.graph.operations)}"


class Composer:
    """It draws one graph."""

    def __init__(self, seed, attempt):
        self.random, self.seed = np.random.default_rng((seed, attempt)), seed
        self.rows = int(self.random.integers(1, 6))
        self.inputs, self.leaves, self.pool = {}, [], []
        self.names = list(self.random.permutation(NAMES))
        self.named = self.random.random() * 0.8
        """How likely a node is named."""

    def chance(self, likely):
        return self.random.random() < likely

    def one_of(self, items):
        return items[self.random.integers(len(items))]

    def whole(self, **outputs):
        """The graph of an output."""
        graph = mg.Graph(**outputs)
        inputs = {name: self.inputs[name] for name in graph.inputs}
        return Composed(graph, inputs, self.rows, self.seed, [leaf for leaf in self.leaves if leaf in graph.nodes])

    def graph(self):
        operations = [name for name, rows in USABLE.items() if rows]
        for _ in range(self.random.integers(1, 5)):
            self.add(self.applied(self.one_of(USABLE[self.one_of(operations)])))
            if self.chance(0.5):
                self.add(self.glue())
        if self.chance(0.2):
            self.add(self.product(self.fitting((self.one_of((2, 3, 4)),))))
        output = self.output()
        return self.whole(**{self.one_of(("loss", "L", "E")): output})

    def add(self, node):
        self.pool.append(node)

    def name(self):
        return self.names.pop() if self.names and self.chance(self.named) else None

    def applied(self, row):
        """The operation of a row, on nodes that there are or on leaves; what is no number is made one."""
        row = replace(row, rows=self.rows if row.names_an_axis else None)
        operands = [operand.shape if operand.is_shape else self.operand(operand) for operand in row.operands]
        operation, attributes = OPERATIONS[row.operation], dict(row.attributes)
        if (operation.attributes | attributes).get("to") is np.float32:
            attributes["to"] = np.float64
        node = operation(*operands, **attributes, name=self.name())
        return node if node.dtype == np.float64 else self.weighed(node)

    def operand(self, operand):
        kind = operand.text.partition("(")[0]
        fitting = [node for node in self.pool if node.shape == operand.shape and node.dtype == np.float64]
        if fitting and kind in ("randn", "distinct", "positive") and self.chance(0.7):
            node = self.one_of(fitting)
            return np.exp(np.tanh(node)) if kind == "positive" else node
        array = operand.draw(np.random.RandomState(self.random.integers(2**31)), self.rows)
        return self.leaf(operand.shape, array)

    def leaf(self, shape, array):
        if array.dtype.kind != "f":
            return self.input("i", shape, array)
        array = array.astype(np.float64)
        if "N" not in shape and self.chance(0.1):
            return mg.Constant(array, dtype=np.float64)
        if "N" in shape or self.chance(0.5):
            leaf = self.input("x", shape, array)
        else:
            leaf = mg.Parameter(f"w{len(self.leaves) + 1}", array, dtype=np.float64)
        self.leaves.append(leaf)
        return leaf

    def input(self, letter, shape, array):
        name = f"{letter}{len(self.inputs) + 1}"
        self.inputs[name] = array
        return mg.Input(name, shape, array.dtype)

    def weighed(self, node):
        """A choice, a count or a truth among numbers."""
        other = self.fitting(node.shape)
        if node.dtype == bool and self.chance(0.5):
            return np.where(node, other, np.tanh(other))
        return mg.Cast(node, to=np.float64) * other

    def fitting(self, shape):
        """A node or a leaf of that shape, where it can be given one."""
        found = [node for node in self.pool if node.shape == shape and node.dtype == np.float64]
        if found:
            return self.one_of(found)
        if not all(isinstance(axis, int) or axis == "N" for axis in shape):
            return mg.Constant(1.5, dtype=np.float64)
        return self.leaf(shape, self.random.normal(size=[self.rows if axis == "N" else axis for axis in shape]).round(3))

    def glue(self):
        """Arithmetic with what there is."""
        x = self.one_of(self.pool)
        others = [node for node in self.pool if broadcast(x.shape, node.shape) is not None]
        y = self.one_of(others)
        made = self.one_of(
            (
                lambda: np.tanh(x),
                lambda: x * y,
                lambda: x - y,
                lambda: x / (1.5 + np.tanh(y)),
                lambda: np.tanh(x) ** 2 + y,
                lambda: 2.5 * x,
                lambda: x + self.fitting((1, *x.shape[1:])) if x.ndim else x + y,
                lambda: x - x.mean(axis=-1, keepdims=True) if x.ndim else -x,
                lambda: self.product(x) if x.ndim == 1 else np.exp(np.tanh(x)),
                lambda: x.mean(axis=0) * y.mean() if x.ndim else 1 / (1.5 + np.tanh(x)),
            )
        )()
        return self.called(made)

    def product(self, x):
        """A vector times itself, as a number, a matrix, or around one."""
        square = self.fitting((x.shape[0], x.shape[0]))
        around = (lambda: x @ square @ x) if square.ndim else (lambda: x * x)
        return self.one_of((lambda: x @ x, lambda: np.expand_dims(x, 1) * x, around))()

    def called(self, node):
        """The node with a name, perhaps."""
        if node.name or not node.operands:
            return node
        name = self.name()
        return type(node)(*node.operands, **{key: getattr(node, key) for key in node.attributes}, name=name) if name else node

    def output(self):
        """All that nothing reads yet, put together; or the last node as it is."""
        read = {operand for node in mg.Graph(*self.pool).nodes for operand in node.operands}
        ends = [node for node in self.pool if node not in read] or self.pool[-1:]
        if len(ends) == 1 and self.chance(0.3):
            return ends[0]
        return reduce(operator.add, [self.weight(node) for node in dict.fromkeys(ends)])

    def weight(self, node):
        return self.one_of(
            (
                lambda: node.sum(),
                lambda: node.mean(),
                lambda: (node * node).sum(),
                lambda: np.tanh(node).mean(),
                lambda: (node * self.fitting(node.shape)).sum(),
            )
        )()


def composed(seed):
    """The graph of a seed with a run of it: the first drawn whose values are finite, and none of them empty."""
    drawn = (Composer(seed, attempt).graph() for attempt in count())
    return next((each, run) for each in drawn if (run := finite(each)))


def alone(row, weighed):
    """The graph of one row of the table, or of something that it weighs, with a run of it."""
    composer = Composer(0, 0)
    composer.rows, composer.named = 3, 0.0
    node = composer.applied(row)
    drawn = composer.whole(y=composer.weighed(node) if weighed else node)
    return drawn, drawn.graph.forward(**drawn.inputs)


def finite(drawn):
    """A run of a graph, if all of its values are finite and none empty, and it has something to derive for."""
    with np.errstate(all="ignore"):
        run = drawn.graph.forward(**drawn.inputs)
    return run if drawn.leaves and all(run[node].size and np.isfinite(run[node]).all() for node in drawn.graph.nodes) else None
