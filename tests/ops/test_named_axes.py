"""Every operation on axes whose size is known only in a run: what it gives is what it gives of numbers in their place."""

import zlib
from collections import defaultdict

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.shapes import sized, with_named_axes
from minigraph.ops import OPERATIONS
from tests.cases import ROWS

ROWS_OF = defaultdict(list)
for row in ROWS:
    ROWS_OF[row.operation].append(row)
OTHER = 2
"""By how much longer the axes of the second run are."""


REFUSED = {
    "Conv": {"each a window of known sizes", "cannot split the channels", "the filters take"},
    "ConvTranspose": {"each a window of known sizes", "cannot split the channels", "adds a bias to each of"},
    "DepthToSpace": {"cannot lay out the channels"},
    "SpaceToDepth": {"cannot split the image"},
    "GroupNormalization": {"cannot split the channels"},
    "Resize": {"how that is rounded depends on the size", "chooses one scale"},
    "SoftmaxCrossEntropy": {"needs to know the number of classes"},
    "NegativeLogLikelihood": {"needs to know the number of classes"},
    "GatherElements": {"or smaller"},
    "ScatterElements": {"or smaller"},
    "GatherND": {"indices whose last axis"},
    "ScatterND": {"indices whose last axis"},
    "Reshape": {"cannot lay out the", "has no axis named"},
    "Expand": {"has no axis named"},
    "ScatterAdd": {"was given the text"},
    "ScatterSlice": {"needs updates of", "has no axis named"},
    "Col2Im": {"columns, not from"},
    **{key: {"a shape of whole numbers", "from a random state"} for key in ("RandomNormal", "RandomUniform", "DropoutMask")},
    **{key: {"from a random state"} for key in ("Bernoulli", "Dropout")},
}
"""What refuses a name for an axis of a row, and the words in which it does.

A window is known; a size that only a run knows is not divided, rounded or compared while composing; and where the attributes,
or another operand, say a number, a name does not equal it.
"""


def known_axes(row):
    """The axes of the operands that have a known size other than 1, by their size: equal axes have one name."""
    found = defaultdict(list)
    for i, operand in enumerate(row.operands):
        for j, size in enumerate(operand.shape):
            if isinstance(size, int) and size > 1:
                found[size].append((i, j))
    return found


def as_many_as_possible(row):
    """Axes that can have names at once, as (operand, axis), and the first line of why those of one size cannot all have one."""
    named, why = set(), []
    for axes in known_axes(row).values():
        error = refusal(row, named | set(axes))
        why += [] if error is None else [str(error).splitlines()[0]]
        for more in [axes] if error is None else [[axis] for axis in axes]:
            named |= set(more) if refusal(row, named | set(more)) is None else set()
    return named, why


def refusal(row, named):
    """The error by which the operation refuses these names, or None."""
    try:
        composed(row, renamed(row, named))
    except mg.MinigraphError as error:
        return error
    return None


def renamed(row, named):
    """The operands' shapes with a name, `A5` for 5, for each of these axes."""
    return [
        tuple(f"A{size}" if (i, j) in named else size for j, size in enumerate(operand.shape))
        for i, operand in enumerate(row.operands)
    ]


def composed(row, shapes):
    """The row's operation on inputs of these shapes, and the inputs."""
    operands = []
    for i, (operand, shape) in enumerate(zip(row.operands, shapes, strict=True)):
        dtype = drawn(row, i, sized(with_named_axes(operand.shape, "x"), {"N": 3})).dtype
        operands.append(shape if operand.is_shape else mg.Input(f"x{i}", shape, dtype))
    return OPERATIONS[row.operation](*operands, **row.attributes), [each for each in operands if isinstance(each, mg.Node)]


class Composed:
    """A row composed with these shapes: its value, and the first and second derivatives of Σ y sin y."""

    def __init__(self, row, shapes):
        self.y, inputs = composed(row, shapes)
        self.floating = [node for node in inputs if node.dtype.kind == "f"] if self.y.dtype.kind == "f" else []
        outputs = {"y": self.y} | {str(node.name): node for node in inputs}
        if self.floating:
            outputs["loss"] = (np.sin(self.y) * self.y).sum()
            gradients = mg.gradient(outputs["loss"], self.floating)
            outputs |= {f"d{x}": g for x, g in zip(self.floating, gradients, strict=True)}
            if row.kink is None:
                along = sum((g * np.cos(x)).sum() for g, x in zip(gradients, self.floating, strict=True))
                outputs |= {f"dd{x}": g for x, g in zip(self.floating, mg.gradient(along, self.floating), strict=True)}
        self.graph = mg.Graph(outputs)
        self.program = None

    @property
    def opaque(self):
        """The operations whose rule was not read with nodes."""
        return {type(node).__name__ for node in self.graph.nodes} & {"OpaqueGradient"}

    def run(self, given):
        """The outputs of a run, and what it carries back."""
        run = self.graph.forward(**given)
        found = {name: run[name] for name in self.graph.outputs}
        if self.floating:
            back = run.backward("loss")
            found |= {f"back {x}": back[x] if x in back else np.zeros_like(given[x.name]) for x in self.floating}
        return found

    def step(self, given):
        """The outputs of its program."""
        self.program = self.program or mg.compile(self.graph)
        return self.program(**given)


def drawn(row, i, shape):
    """An operand's array of this shape, in double precision."""
    random = np.random.RandomState(zlib.crc32(f"{row} {i} {shape}".encode()))
    array = np.asarray(row.operands[i].sample(random, shape))
    return np.asarray(np.round(array, 3), np.float64) if array.dtype.kind == "f" else array


def check(row, named):
    """The row with these axes named, compared in runs of two sizes with the row composed for each of them."""
    made = Composed(row, renamed(row, named))
    for more in (0, OTHER):
        sizes = {f"A{row.operands[i].shape[j]}": row.operands[i].shape[j] + more for i, j in named} | {"N": 3}
        shapes = [sized(with_named_axes(shape, "x"), sizes) for shape in renamed(row, named)]
        try:
            given = {f"x{i}": drawn(row, i, shape) for i, shape in enumerate(shapes) if not row.operands[i].is_shape}
        except ValueError:  # matrices that are no longer square
            continue
        if any(array.shape != shapes[int(name[1:])] for name, array in given.items()):
            continue  # the row has numbers of its own
        try:
            static = Composed(row, shapes)
            expected = static.run(given)
        except mg.MinigraphError:  # these sizes do not go with the attributes
            for way in (made.run, made.step):
                with pytest.raises(mg.MinigraphError):
                    way(given)
            continue
        assert made.opaque == static.opaque
        for found in (made.run(given), made.step(given)):
            for name, array in found.items():
                assert array.shape == expected[name].shape, name
                np.testing.assert_allclose(array, expected[name], rtol=1e-8, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("operation", ROWS_OF)
def test_an_operation_gives_on_named_axes_what_it_gives_on_known_ones(operation):
    refusals, by_element = [], OPERATIONS[operation].infer is mg.Node.infer
    for row in ROWS_OF[operation][: 2 if by_element else None]:
        named, why = as_many_as_possible(row)
        refusals += why
        if named:
            check(row, named)
    words = REFUSED.get(operation, set())
    assert [why for why in refusals if not any(each in why for each in words)] == []
    assert {each for each in words if not any(each in why for why in refusals)} == set()


@pytest.mark.property
@pytest.mark.parametrize("operation", ROWS_OF)
def test_an_operation_gives_the_same_whichever_of_its_axes_have_names(operation):
    for row in ROWS_OF[operation]:
        axes = known_axes(row)
        each = [{axis} for group in axes.values() for axis in group]
        for named in [*each, *map(set, axes.values())]:
            if refusal(row, named) is None:
                check(row, named)


@pytest.mark.property
@pytest.mark.parametrize("operation", ROWS_OF)
def test_the_derivation_of_a_gradient_over_named_axes_is_right(operation):
    for row in ROWS_OF[operation]:
        named, _ = as_many_as_possible(row)
        if not named or row.kink or any("values" in operand.text for operand in row.operands):
            continue
        made = Composed(row, renamed(row, named))
        sizes = {f"A{row.operands[i].shape[j]}": row.operands[i].shape[j] for i, j in named} | {"N": 3}
        shapes = [sized(with_named_axes(shape, "x"), sizes) for shape in renamed(row, named)]
        given = {f"x{i}": drawn(row, i, shape) for i, shape in enumerate(shapes) if not row.operands[i].is_shape}
        loss = made.graph["loss"] if made.floating else None
        for x in made.floating:
            needed = {name: given[name] for name in mg.Graph(loss=loss).inputs}
            if x in mg.Graph(loss=loss).forward(**needed).backward():
                assert mg.derive(loss, x, **needed).ok, row
