"""Every operation, proven the same way: each check here is made on every row of the table in tests/cases."""

import inspect
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph import ops
from minigraph.compiler import program, tiles
from minigraph.core.shapes import sized, with_named_axes
from minigraph.ops import OPERATIONS
from tests.cases import CASES, FAMILIES, ROWS, WITHOUT_ANSWER
from tests.oracles import answer, stored

on_every_case = pytest.mark.parametrize("case", CASES, ids=str)
on_every_answered_case = pytest.mark.parametrize("case", [c for c in CASES if c.operation not in WITHOUT_ANSWER], ids=str)
on_every_smooth_case = pytest.mark.parametrize("case", [c for c in CASES if c.kink is None], ids=str)


class Composed:
    """A case composed as a graph: its operands as inputs, the operation as `y`, and what its derivatives need."""

    def __init__(self, case, dtype=np.float64, named=True):
        self.arrays = case.draw(dtype)
        self.given, self.inputs, operands = {}, {}, []
        for i, (operand, array) in enumerate(zip(case.operands, self.arrays, strict=True)):
            shape = operand.shape if named else array.shape
            operands.append(shape if operand.is_shape else self.input(f"x{i}", shape, array))
            if operand.is_shape and not named:
                operands[i] = tuple(map(int, array))
        self.y = OPERATIONS[case.operation](*operands, **case.attributes)
        self.floating = [node for node in operands if isinstance(node, mg.Node) and node.dtype.kind == "f"]
        self.differentiable = self.y.dtype.kind == "f" and bool(self.floating)
        shape = self.value(self.y).shape
        self.cotangent = self.input("cotangent", self.y.shape, case.normal("seed", shape, self.y.dtype))
        self.directions = [
            self.input(f"v{i}", x.shape, case.normal(f"direction {i}", self.given[x.name].shape, dtype))
            for i, x in enumerate(self.floating)
        ]

    def input(self, name, shape, array):
        """An input of this shape, which may have axes such as 2·N, that is given the array in every run."""
        node = mg.Input(name, (), array.dtype)
        node.shape, self.given[name] = with_named_axes(shape, "x"), array
        self.inputs |= {name: node} if name != "cotangent" else {}
        return node

    def value(self, node, given=None):
        """A node's value, in a run of nothing else."""
        graph, given = mg.Graph(value=node, **self.inputs), given or self.given  # the sizes are those of the inputs
        return graph.forward(**{name: given[name] for name in graph.inputs})["value"]

    def gradients(self, given=None, cotangent=None):
        """The gradient that a run carries back to each floating operand; zeros where none arrives."""
        given = given or self.given
        run = mg.Graph(self.y).forward(**{name: array for name, array in given.items() if name[0] == "x"})
        found = run.backward(self.y, cotangent=given["cotangent"] if cotangent is None else cotangent)
        return [found[x] if x in found else np.zeros_like(given[x.name]) for x in self.floating]

    def symbolic(self):
        """The same gradients as nodes."""
        return mg.gradient(self.y, self.floating, cotangent=self.cotangent)

    def second(self):
        """The second derivative of Σ s ⊙ y ⊙ (y + 1) along the directions, as nodes."""
        slopes = mg.gradient((self.cotangent * self.y * (self.y + 1)).sum(), self.floating)
        along = sum((s * v).sum() for s, v in zip(slopes, self.directions, strict=True))
        return mg.gradient(along, self.floating)


def assert_close(found, expected, within):
    """The same shape, and the same numbers up to `within` of the largest."""
    assert np.shape(found) == np.shape(expected)
    size = max(1e-300, np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=within, atol=within * size)


def difference(function, arrays, within=1e-6):
    """The gradient of a scalar function with respect to each array, by central differences."""
    slopes = [np.zeros_like(array) for array in arrays]
    for array, slope in zip(arrays, slopes, strict=True):
        for at in np.ndindex(array.shape):
            kept, step = array[at], within * max(1.0, abs(array[at]))
            array[at] = kept + step
            above = function()
            array[at] = kept - step
            slope[at] = (above - function()) / (2 * step)
            array[at] = kept
    return slopes


@on_every_answered_case
@pytest.mark.parametrize(("dtype", "within"), [("float64", 1e-9), ("float32", 1e-5)])
def test_the_value_and_the_gradients_are_those_of_pytorch(case, dtype, within):
    made = Composed(case, np.dtype(dtype))
    value, *rest = answer(case, dtype, made.arrays)
    assert_close(made.value(made.y), value, within)
    for found, expected in zip(made.gradients() if made.differentiable else [], rest, strict=False):
        assert_close(found, expected, within)


@on_every_answered_case
def test_the_second_derivative_is_that_of_pytorch(case):
    made = Composed(case)
    expected = answer(case, "float64", made.arrays)[1 + len(made.floating) :]
    for found, wanted in zip(made.second() if expected else [], expected, strict=True):
        assert_close(made.value(found), wanted, 1e-9)


@on_every_smooth_case
def test_the_gradients_are_finite_differences(case):
    made = Composed(case)
    if made.differentiable:
        operands = [made.given[x.name] for x in made.floating]
        slopes = difference(lambda: np.sum(made.given["cotangent"] * made.value(made.y)), operands)
        for found, expected in zip(made.gradients(), slopes, strict=True):
            assert_close(found, expected, 1e-6)


@on_every_smooth_case
def test_the_second_derivative_is_a_finite_difference_of_the_gradient(case):
    made, step = Composed(case), 1e-6

    def gradients(by):
        moved = {
            x.name: made.given[x.name] + by * made.given[v.name] for x, v in zip(made.floating, made.directions, strict=True)
        }
        given = made.given | moved
        return made.gradients(given, given["cotangent"] * (2 * made.value(made.y, given) + 1))

    if made.differentiable:
        for found, above, below in zip(made.second(), gradients(step), gradients(-step), strict=True):
            assert_close(made.value(found), (above - below) / (2 * step), 1e-5)


@on_every_case
def test_the_gradient_as_nodes_is_that_of_the_run(case):
    made = Composed(case)
    if made.differentiable:
        for node, expected in zip(made.symbolic(), made.gradients(), strict=True):
            assert_close(made.value(node), expected, 1e-12)


@on_every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_element_type_is_kept(case, dtype):
    made = Composed(case, dtype)
    assert made.value(made.y).dtype == made.y.dtype
    if made.differentiable:
        assert {array.dtype for array in made.gradients()} == {np.dtype(dtype)}
        for node in made.symbolic() + made.second():
            assert node.dtype == made.value(node).dtype == dtype


@on_every_case
def test_the_inferred_shape_is_that_of_the_value(case):
    for named in (True,) if case.rows == 0 else (True, False):  # -1 beside a 0 could be any size
        made = Composed(case, named=named)
        assert bound(made.y.shape, case.rows) == made.value(made.y).shape
        for node, x in zip(made.symbolic() if made.differentiable else [], made.floating, strict=False):
            assert bound(node.shape, case.rows) == made.value(node).shape == made.given[x.name].shape


@on_every_case
def test_inputs_are_left_alone_and_may_be_read_only_or_strided(case):
    made = Composed(case)
    results = [made.value(made.y), *(made.gradients() if made.differentiable else [])]
    for array, before in zip(made.arrays, case.draw(np.float64), strict=True):
        np.testing.assert_array_equal(array, before)
    graph = mg.Graph(y=made.y)
    run = graph.forward(**{name: made.given[name] for name in graph.inputs})
    if made.differentiable:
        run.backward(cotangent=made.given["cotangent"])
    for name, node in graph.inputs.items():  # the run has copies of its own
        np.testing.assert_array_equal(run.values[node], made.given[name])
    for array in made.given.values():
        array.flags.writeable = False
    for given in (made.given, {name: strided(array) for name, array in made.given.items()}):
        again = [made.value(made.y, given), *(made.gradients(given) if made.differentiable else [])]
        for found, expected in zip(again, results, strict=True):
            assert_close(found, expected, 1e-12)


@on_every_case
def test_the_compiled_program_agrees_with_the_plain_run(case):
    made = Composed(case)
    derivatives = made.symbolic() if made.differentiable else []
    graph = mg.Graph(y=made.y, **{f"d{i}": node for i, node in enumerate(derivatives)})
    given = {name: made.given[name] for name in graph.inputs}
    plain, program = graph.forward(**given), mg.compile(graph)
    for _ in range(2):
        for name, found in program(**given).items():
            assert found.dtype == plain[name].dtype
            assert_close(found, plain[name], 1e-12)


@on_every_case
def test_the_rows_of_a_batch_may_be_computed_one_at_a_time(case):
    """The program in tiles of one row each, where it is one, gives what the plain run gives."""
    made = Composed(case)
    derivatives = made.symbolic() if made.differentiable else []
    total = np.abs(mg.Cast(made.y, to=np.float64)).sum()
    graph = mg.Graph(y=made.y, total=total, **{f"d{i}": node for i, node in enumerate(derivatives)})
    given = {name: made.given[name] for name in graph.inputs}
    with pytest.MonkeyPatch.context() as smallest:
        smallest.setattr(tiles, "CACHE", 1)
        smallest.setattr(tiles, "NS_PER_BYTE_ADDED", 0)
        smallest.setattr(tiles, "LEAST_TILE", 1)
        smallest.setattr(program, "LEAST_TILE", 1)
        found = mg.compile(graph, threads=2)(**given)
    plain = graph.forward(**given)
    for name, value in found.items():
        assert_close(value, plain[name], 1e-12)


@on_every_case
def test_a_pickled_graph_and_one_in_another_precision_give_the_same(case):
    made = Composed(case, np.float32)
    graph, value = mg.Graph(y=made.y), made.value(made.y)
    given = {name: made.given[name] for name in graph.inputs}
    assert_close(pickle.loads(pickle.dumps(graph)).forward(**given)["y"], value, 0)
    double = graph.astype(np.float64).forward(**given)["y"]
    assert double.dtype == (np.float64 if value.dtype.kind == "f" else value.dtype)
    assert_close(double, value, 1e-5)


def strided(array):
    """The same numbers, not next to each other in memory."""
    return np.repeat(array, 2, axis=-1)[..., ::2] if array.ndim else array


def bound(shape, rows):
    """The shape with its named axis bound: "2·N" is 6 for 3 rows."""
    return sized(shape, {"N": rows})


def gaps(operation, rows):
    """What the table lacks for an operation, as sentences."""
    kind = OPERATIONS[operation]
    rows = [row for row in rows if row.operation == operation]
    counts = {len(row.operands) for row in rows}
    least, most = kind.arity
    optional = set(range(least, int(min(most, least + 1)) + 1))
    wanted = {
        "a row with the axis N, for batches of 0 and 1": any(row.names_an_axis for row in rows),
        "a row of sizes only": any(not row.names_an_axis for row in rows),
        "a row with two shapes that broadcast": not broadcasts(kind) or any(differ(row) for row in rows),
        "a row for each number of operands": optional <= counts,
    } | {
        f"a row with another {name} than its default": any(row.attributes.get(name, default) != default for row in rows)
        for name, default in kind.attributes.items()
    }
    return [f"{operation} lacks {what}" for what, there in wanted.items() if not there]


def broadcasts(kind):
    """Whether the operation infers its shape by broadcasting several operands."""
    return kind.arity[1] > 1 and kind.infer is mg.Node.infer


def differ(row):
    return len({operand.shape for operand in row.operands}) > 1


def stale(rows):
    """The stored answers for which there is no row any more."""
    ids = {f"{case} {dtype}" for row in rows for case in row.sizes for dtype in ("float64", "float32")}
    return sorted(stored().keys() - ids)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_the_rows_that_prove_it(operation):
    assert gaps(operation, ROWS) == []


def test_no_row_has_gone_since_the_answers_were_made():
    assert stale(ROWS) == []


@pytest.mark.parametrize("step", [25, pytest.param(1, marks=pytest.mark.property)])
def test_a_row_that_is_taken_out_is_missed(step):
    for i in range(0, len(ROWS), step):
        rest = ROWS[:i] + ROWS[i + 1 :]
        assert stale(rest) or gaps(ROWS[i].operation, rest), ROWS[i]


def test_every_operation_has_an_independent_answer_or_a_reason_for_none():
    answered = {key.partition("(")[0] for key in stored()}
    assert OPERATIONS.keys() - answered == WITHOUT_ANSWER.keys()
    assert all(WITHOUT_ANSWER.values())


def test_every_row_has_a_name_of_its_own():
    names = [str(row) for row in ROWS]
    assert len(set(names)) == len(names)
    assert {row.operation for row in ROWS} <= OPERATIONS.keys()
    assert all(inspect.getdoc(OPERATIONS[row.operation]) for row in ROWS)


def test_the_families_of_the_rows_are_those_of_the_operations():
    families = {family.__name__.rpartition(".")[2]: set(family.__all__) for family in ops.FAMILIES}
    assert {name: {row.operation for row in rows} for name, rows in FAMILIES.items()} == families
    starred = re.findall(
        r"^from minigraph\.ops\.(\w+) import \*$", Path(ops.__file__).read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(starred) == families.keys()  # by which an editor finds the docstrings
