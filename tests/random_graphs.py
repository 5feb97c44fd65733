"""Graphs composed at random from the table of cases: `RandomGraph(seed)`.

Every operation of the catalogue comes in its turn, by one of its rows, with other sizes than the row's: none, one, many, and
sizes that are known only in a run. Its operands are what is there already, seen in the shape that the row asks for: turned
round, transposed, sliced, repeated, added up. What jumps (an order, a comparison, a kink) is only given numbers that every way
of computing gives to the last bit: inputs, and elements of these in other places.
"""

from contextlib import nullcontext

import numpy as np

import minigraph as mg
from minigraph.core.shapes import names_of, sized, with_named_axes
from minigraph.ops import OPERATIONS
from tests.cases import FAMILIES, ROWS

NAMES = sorted(OPERATIONS)
ROWS_OF = {name: [row for row in ROWS if row.operation == name] for name in NAMES}
JUMPS = {row.operation for row in ROWS if row.kink or any("distinct" in operand.text for operand in row.operands)}
JUMPS |= {"CosineSimilarity", "TripletMargin", "ReduceVariance", "Resize", "SignDet"}
MOVES = {"Concat", "DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "Pad", "Reshape"}
MOVES |= {"Slice", "SpaceToDepth", "Squeeze", "Stack", "StopGradient", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where"}
MOVES |= {"Max", "Min", "ReduceMax", "ReduceMin", "Relu", "Abs", "Neg", "Sort", "TopK", "ScatterSlice", "Clip"}
"""Operations whose value is, to the last bit, made of the elements of exact operands."""
UNSTEADY = {row.operation for row in FAMILIES["normalization"]} | {"ReduceVariance"}
"""What divides by how much its operand varies: in less than double precision it is only given what varies for sure."""
SIZES = (0, 1, 1, 2, 3, 4, "N", "N", "N", "T", "T")
WITHIN = {
    "randn": lambda x: x,
    "positive": lambda x: np.tanh(x) ** 2 + 0.5,
    "inside": lambda x: 0.9 * np.tanh(x),
    "above_one": lambda x: np.tanh(x) ** 2 + 1.1,
    "likely": lambda x: 0.1 + 0.8 * mg.Sigmoid(x),
}
"""How any number becomes one of those that a row draws."""


class RandomGraph:
    """A graph, its updates, and the arrays that it is given.

    `outputs` and `updates` are what `mg.Graph` and `mg.compile` take; `refused` holds what the catalogue did not take.
    """

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)  # as the samples of the table expect
        self.dtype = np.dtype(self.pick((np.float64, np.float64, np.float32, np.float16)))
        self.samples, self.refused, self.exact, self.level = {}, [], set(), {}
        self.variables = {}
        last = self.pick((1, 2, 3, 3, "M"))
        shapes = ("N", last), ("N", 3), ("T", 2)
        self.nodes = [self.input(shape, "randn", self.normal) for shape in shapes]
        for kind, name, shapes in (
            (mg.Parameter, "p", ((3,), (1,), (3, 2))),
            (mg.Parameter, "q", ((0, 3), (1, 3), (2, 3), ())),
            (mg.Variable, "average", ((1, 3), (3,), (2, 0))),
        ):
            self.nodes.append(self.known(kind(name, self.normal(self.random, self.pick(shapes)), self.dtype)))
        for i in range(int(self.random.randint(3, 9))):
            self.step(NAMES[(seed * 7 + i * 31) % len(NAMES)])
        self.finish()

    def pick(self, choices):
        return choices[int(self.random.randint(len(choices)))]

    def chance(self, of):
        return self.random.random_sample() < of

    @staticmethod
    def normal(random, shape):
        return np.round(random.normal(size=shape), 3)

    # Leaves

    def known(self, node):
        self.exact.add(node)
        self.level[node] = 0
        return node

    def input(self, shape, kind, sample):
        """An input of any shape, such as (2·N, 3), or a constant where all sizes are known."""
        shape = with_named_axes(shape, "x")
        array = np.asarray(sample(self.random, sized(shape, {"N": 1, "M": 1, "T": 1})))
        dtype = self.dtype if array.dtype.kind == "f" else array.dtype
        if not names_of(shape) and self.chance(0.3):
            return self.known(mg.Constant(sample(self.random, shape), dtype=dtype))
        node = mg.Input(f"{kind}{len(self.samples)}", (), dtype)
        node.shape, self.samples[node.name] = shape, sample
        return self.known(node)

    def given(self, sizes, random):
        """What the inputs are given in a run, for sizes of the named axes."""
        given = {}
        for name, node in self.graph.inputs.items():
            with np.errstate(over="ignore"):  # 1e300 is infinite in single precision
                array = np.array(self.samples[name](random, sized(node.shape, sizes)), node.dtype)
            if name.startswith("randn") and array.size and random.random_sample() < 0.03:
                array.flat[random.randint(array.size)] = (np.nan, np.inf, -np.inf)[random.randint(3)]
            given[name] = laid_out(array, random)
        return given

    # One operation

    def step(self, operation):
        """The operation by one of its rows, at other sizes if it takes them."""
        row = self.pick(ROWS_OF[operation])
        for sizes in ({}, None)[not self.chance(0.6) :]:
            try:
                with mg.blocks.block(self.pick("ab")) if self.chance(0.3) else nullcontext():
                    self.nodes.append(self.composed(row, self.resized(row) if sizes is not None else {}))
                return
            except mg.MinigraphError as refusal:
                self.refused.append((operation, refusal))

    def resized(self, row):
        """Other sizes for some of a row's."""
        sizes = {size for operand in row.operands for size in operand.shape}
        beyond = [axis for node in self.nodes for axis in node.shape if not isinstance(axis, int)]  # such as max(N−1,0)
        return {size: self.pick((*SIZES, self.pick(beyond))) for size in sorted(sizes, key=str) if self.chance(0.4)}

    def composed(self, row, sizes):
        jumps = row.operation in JUMPS
        whole = self.pick((np.int64, np.int32, np.uint8, bool)) if self.chance(0.12) else None
        operands = []
        for operand in row.operands:
            shape = tuple(sizes.get(size, size) for size in operand.shape)
            if whole is not None and operand.text.startswith(("randn", "distinct", "positive", "labels", "booleans")):
                operands.append(self.of_type(shape, whole))
            else:
                steady = row.operation not in UNSTEADY
                operands.append(shape if operand.is_shape else self.operand(operand, shape, jumps, steady))
        if any(operand.is_shape for operand in row.operands) and row.operation in ("Reshape", "Expand"):
            operands[0] = operands[0] if isinstance(operands[0], mg.Node) else self.input(operands[0], "randn", self.normal)
        y = OPERATIONS[row.operation](*operands, **row.attributes)
        nodes = [operand for operand in operands if isinstance(operand, mg.Node)]
        if all(node in self.exact for node in nodes) and (y.dtype.kind != "f" or row.operation in MOVES):
            self.exact.add(y)
        self.level[y] = 1 + max((self.level.get(node, 0) for node in nodes), default=0)
        return y

    def operand(self, operand, shape, exact, steady):
        """A value for an operand of a row: one that is there, in this shape, or a new input of the row's own numbers."""
        kind = operand.text.partition("(")[0].partition("[")[0]
        kinds = "b" if kind == "booleans" else "f"
        new = not steady and self.dtype != np.float64
        if kind in (*WITHIN, "distinct", "booleans") and not new and self.chance(0.8):
            source = self.source(kinds, exact or kind in ("distinct", "booleans"))
            seen = None if source is None else self.seen(source, shape, source in self.exact and exact)
            if seen is not None and seen.shape == shape and (not exact or kind in ("randn", "distinct", "booleans")):
                return WITHIN.get(kind, lambda x: x)(self.tamed(seen, exact))
        fixed = kind in ("values", "state") or kind.startswith("state")
        return self.input(operand.shape if fixed else shape, kind.partition("[")[0], operand.sample)

    def of_type(self, shape, dtype):
        """A value of small whole numbers, or booleans: one that is there, or a new input."""
        found = [node for node in self.nodes if node.dtype == dtype and node in self.exact]
        seen = self.seen(self.pick(found), shape, True) if found and self.chance(0.7) else None
        fits = seen is not None and seen.shape == shape
        return seen if fits else self.input(shape, "few", lambda random, size: random.randint(0, 2, size).astype(dtype))

    def source(self, kinds, exact):
        """A node that is there, of this kind of numbers."""
        found = [node for node in self.nodes if node.dtype.kind in kinds and (not exact or node in self.exact)]
        if not found:
            return None
        node = found[-1 - min(int(self.random.geometric(0.3)) - 1, len(found) - 1)]
        return node if node.dtype == self.dtype or kinds != "f" else self.like(node, node.astype(self.dtype))

    def tamed(self, node, exact):
        """What went through two operations is brought back between −1 and 1, so that rounding stays small."""
        if exact or self.level.get(node, 0) < 2:
            return node
        self.level[tamed := np.tanh(node)] = 0
        return tamed

    def like(self, node, other):
        self.level[other] = self.level.get(node, 0)
        if node in self.exact:
            self.exact.add(other)
        return other

    def seen(self, node, shape, exact):
        """The node in another shape; None where there is no exact one."""
        turned = len(shape) > 1 and self.chance(0.2)
        target = shape[::-1] if turned else shape
        found = node
        while found.ndim > len(target):
            found = self.without_first(found, exact)
            if found is None:
                return None
        for axis, wanted in enumerate(target[len(target) - found.ndim :]):
            found = self.along(found, axis, wanted, exact)
            if found is None:
                return None
        if found.shape != target:
            found = mg.Expand(found, tuple(map(self.size, target)))
        found = found.T if turned else found
        if shape and self.chance(0.15):
            found = np.flip(found, axis=int(self.random.randint(len(shape))))
        return self.like(node, found)

    def without_first(self, node, exact):
        first = node.shape[0]
        if isinstance(first, int) and first and (exact or self.chance(0.5)):
            return node[int(self.random.randint(first))]
        return None if exact else node.sum(axis=0)

    def along(self, node, axis, wanted, exact):
        """The node with the wanted size along an axis, or with size 1."""
        size = node.shape[axis]
        if size in (wanted, 1):
            return node
        before = (slice(None),) * axis
        if isinstance(size, int) and isinstance(wanted, int) and size:
            if size > wanted:
                start = int(self.random.randint(size - wanted + 1))
                return node[(*before, slice(start, start + wanted))]
            return np.take(node, self.random.randint(size, size=wanted), axis=axis)
        if isinstance(size, int) and size and (exact or self.chance(0.5)):
            return node[(*before, slice(0, 1))]
        return None if exact else node.sum(axis=axis, keepdims=True)

    def size(self, axis):
        """A size as Expand takes it: a number, or that of an axis of a node that is there."""
        if isinstance(axis, int):
            return axis
        node = next(node for node in self.nodes if axis in node.shape)
        return np.size(node, axis=node.shape.index(axis))

    # The whole

    def finish(self):
        """The outputs: some values, a loss of all of them, its gradients; and the new values of the variables."""
        floats = [node for node in self.nodes if node.dtype.kind == "f"]
        terms = [self.weighed(node) for node in floats[2:]]
        self.loss = sum(terms[1:], start=terms[0])
        leaves = [node for node in floats if not isinstance(node, mg.Constant) and (not node.operands or self.chance(0.3))]
        gradients = dict(zip(leaves, mg.gradient(self.loss, leaves), strict=True))
        if self.chance(0.15):
            curved = sum((np.tanh(each.astype(self.dtype)).sum() for each in gradients.values()), start=self.loss)
            gradients = dict(zip(leaves, mg.gradient(curved, leaves), strict=True))
        chosen = [node for node in self.nodes if self.chance(0.4)]
        self.outputs = {f"value{i}": node for i, node in enumerate(chosen)} | {"loss": self.loss}
        self.outputs |= {f"gradient{i}": gradients[leaf] for i, leaf in enumerate(leaves) if self.chance(0.8)}
        steps = mg.Variable("steps", 0, dtype=np.int64)
        self.updates = {leaf: leaf - 0.1 * gradients[leaf] for leaf in leaves if isinstance(leaf, mg.Parameter)}
        self.updates[steps] = steps + 1
        state = next(leaf for leaf in self.nodes if leaf.name == "average")
        source = self.pick([node for node in (state, *floats[-3:], *self.updates)])
        self.updates[state] = 0.9 * state + self.seen(np.tanh(source.astype(self.dtype)), state.shape, False)
        self.graph = mg.Graph(self.outputs, {f"new {leaf.name}": node for leaf, node in self.updates.items()})

    def weighed(self, node):
        """A number that depends on every element of a value."""
        bounded = np.tanh(node.astype(self.dtype))
        return bounded.mean() if self.chance(0.2) and 0 not in node.shape else bounded.sum() * float(self.pick((0.5, 1, -2)))


def laid_out(array, random):
    """The same numbers in memory of their own, in another order, or with gaps; or read-only."""
    how = random.randint(5)
    if how == 1:
        return np.asfortranarray(array)
    if how == 2 and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if how == 3 and array.ndim:
        return array[::-1].copy()[::-1]
    array.flags.writeable = how != 4
    return array
