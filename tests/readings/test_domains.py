"""What identities hold for: each is evaluated at random points and at those that its conditions exclude, by their thousands.

A rule of the simplifier without a row here is refused, and so is a place that asks for a condition and that no row reaches.
"""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.run import forward
from minigraph.readings import Expression, algebra, formula
from minigraph.readings.algebra import Domain, Simplifier, identities, simplifier
from minigraph.readings.algebra.context import Algebra

x, y = (mg.Input(name, ("N", 3)) for name in "xy")
row, column, v, n = mg.Input("row", (3,)), mg.Input("column", ("N", 1)), mg.Input("v", (3,)), mg.Input("n", ())
A, B = (mg.Input(name, (3, 3)) for name in "AB")
four = mg.Input("four", (4, 3))
labels = mg.Input("labels", ("N",), np.int64)
inv, det, log = np.linalg.inv, np.linalg.det, np.log
p = mg.Softmax(x, name="p")
ROWS = 4


def gradient(loss, of):
    (found,) = mg.gradient(loss.sum(), [of])
    return found


def where_positive(of, value):
    """The value where something is above 0, written with a guard as rules have it."""
    guarded = np.where(of > 0, of, 1)
    return np.where(of > 0, value(guarded), 0)


def one_of_three(places):
    """Labels as rows of ones and zeros, and what gathers by them, so that they are within an axis of three."""
    hot = np.equal(labels[:, None], np.array(places)).astype(np.float32)
    return hot.sum(axis=1, keepdims=True), [np.take_along_axis(x, labels[:, None], axis=1)]


TRIED = {  # what is simplified; what has a value besides it; what its conditions are, where they may be assumed
    "numbers": (np.where(np.equal(mg.Constant(2.0), 0), 0, mg.Constant(2.0) - 1) * x, [], set()),
    "cancelled": (x * y / x, [], {"x ≠ 0"}),
    "cancelled, and all of it gone": (x / x * row, [], {"x ≠ 0"}),
    "cancelled in a term that is gone": (x * y / x - y + row, [], {"x ≠ 0"}),
    "0 of what is divided": (row - 0 * y / (x + y), [], {"x + y ≠ 0"}),
    "0 of a root": ((x - x) * np.sqrt(y) * row + row, [], {"y ≥ 0"}),
    "0 of a power": (0 * np.power(np.abs(y) * np.sign(y), -0.5) * x + row, [], {"y > 0"}),
    "cancelled on the domain of a power": (x * y / x, [x**-2.0], set()),
    "0 of a logarithm": (log(y) * row - log(y) * row + x, [], {"y > 0"}),
    "0 of what is divided, on the domain of that": (row - 0 * y / (x + y), [1 / (x + y)], set()),
    "a divisor of a divisor, shorter than with a footnote": (y / (row / x) * 2 * 3, [], set()),
    "a divisor of a guarded divisor": (y / np.where(np.equal(row / x, 0), 1, row / x), [], {"x ≠ 0"}),
    "cancelled on the domain of a quotient": (x * y / x, [1 / x], set()),
    "cancelled on the domain of a logarithm": (x * y / x, [log(x)], set()),
    "cancelled on the domain of a root": (x * y / x, [np.sqrt(x)], {"x ≠ 0"}),
    "cancelled on the domain of what divides": (x * y / x, [x / y], {"x ≠ 0"}),
    "cancelled, of what is never 0": (np.exp(x) * y / np.exp(x), [], set()),
    "roots": (np.sqrt(x) * y * np.sqrt(x), [], {"x ≥ 0"}),
    "roots on the domain of a root": (np.sqrt(x) * y * np.sqrt(x), [np.sqrt(x)], set()),
    "roots on the domain of a quotient": (np.sqrt(x) * y * np.sqrt(x), [1 / x], {"x ≥ 0"}),
    "roots of what is never below 0": (np.sqrt(mg.Relu(x)) * y * np.sqrt(mg.Relu(x)), [], set()),
    "square of a root": (np.sqrt(x) ** 2 - x + row, [], {"x ≥ 0"}),
    "square of a root, shorter than with a footnote": (np.sqrt(x) ** 4, [], set()),
    "square of a root on the domain of that": (np.sqrt(x) ** 2 * y, [np.sqrt(x)], set()),
    "root of a square": (np.sqrt(x * x) * 2 * 3, [], set()),
    "divided by 0": (y / (x * 0) * 2 * 3, [], set()),
    "divided by a difference that is 0": (y / (x - x) * 2 * 3, [], set()),
    "common factors above and below": (x * y + y / x, [], set()),
    "multiplied out": ((x + y) * row - x * row, [], set()),
    "unequal numbers": (x * np.array([1, 2, 3], np.float32) * 2, [], set()),
    "determinants": (det(A) * B / det(A), [], {"det(A) ≠ 0"}),
    "a matrix and its inverse": (B @ A @ inv(A), [], {"det(A) ≠ 0"}),
    "a matrix and its inverse, on the domain of that": (B @ A @ inv(A), [inv(A)], set()),
    "a matrix and its transposed inverse": (B @ A.T @ inv(A), [inv(A)], set()),
    "the inverse of an inverse, shorter than with a footnote": (inv(inv(A)), [], set()),
    "the inverse of an inverse, on the domain of that": (inv(inv(A)), [inv(A)], set()),
    "the inverse of an inverse beside": (B @ inv(inv(A)) @ inv(B) @ B, [inv(B)], {"det(A) ≠ 0"}),
    "a product by a diagonal": (A @ np.diag(v) @ B.T.T, [], set()),
    "a product by a diagonal of ones": (A @ mg.Diag(mg.Constant(np.ones(3))), [], set()),
    "a product by a diagonal beside": (A @ mg.Diag(mg.Constant(np.ones(2, np.float32)), k=1) @ B.T.T, [], set()),
    "transposed": ((v[:, None] * row).T, [], set()),
    "a vector that was a matrix": (np.squeeze(v[None, :] @ A, axis=0), [], set()),
    "a product with ones": (A @ (np.ones(3, np.float32) * n), [], set()),
    "the larger": (gradient(np.maximum(x, y), x), [], {"x ≠ y"}),
    "the smaller": (gradient(np.minimum(x, y), x), [], {"x ≠ y"}),
    "a power's base": (gradient(v**n, v), [], set()),
    "a power's exponent": (gradient(v**n, n), [], set()),
    "a guard": (where_positive(x, lambda of: of + y), [], {"x > 0"}),
    "a guard around a logarithm": (where_positive(x, lambda of: log(of) * y), [], set()),
    "a guard around another logarithm": (where_positive(x, lambda of: log(np.exp(y)) * of), [], {"x > 0"}),
    "a guard of what may be 0": (where_positive(mg.Relu(x), lambda of: of + y), [], {"relu(x) > 0"}),
    "a guard of what is above 0": (where_positive(np.exp(x), lambda of: of + y), [], set()),
    "a guard on the domain of a logarithm": (where_positive(x, lambda of: of + y), [log(x)], set()),
    "a guard on the domain of a root": (where_positive(x, lambda of: of + y), [np.sqrt(x)], {"x > 0"}),
    "a guarded divisor": (y / np.where(np.equal(x, 0), 1, x), [], set()),
    "another guarded divisor": (y / np.where(np.equal(x, 0), 1, row) * 2 * 3, [], set()),
    "sign and magnitude": (np.sign(x) * np.abs(x), [], set()),
    "sign and another's magnitude": (np.sign(x) * np.abs(y) * 2 * 3, [], set()),
    "a distribution": ((p * column).sum(axis=1, keepdims=True), [], set()),
    "a distribution along another axis": ((p * 2.0).sum(axis=0, keepdims=True), [], set()),
    "no distribution": ((p * p * 2.0).sum(axis=1, keepdims=True), [], set()),
    "labels": (*one_of_three([0, 1, 2]), {"labels ≥ 0"}),
    "labels at other places": (*one_of_three([0, 2, 4]), set()),
    "one in each row": (mg.ScatterElements(x * 0, labels[:, None], column, axis=1), [], {"labels ≥ 0"}),
    "side by side": (gradient(np.tanh(A[0]) * A[1] + A[2], A), [], set()),
    "over one another": (gradient((A[:2] * A[1:]).sum(axis=0), A), [], set()),
    "over one another, as many as there are": (gradient((four[1:3] * four[2:]).sum(axis=0), four), [], set()),
}  # fmt: skip
ELSEWHERE = {simplifier.in_each_step}  # tests/explain/test_recurrence.py
NUMBERS = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
KINDS = (NUMBERS, NUMBERS[NUMBERS != 0], NUMBERS[NUMBERS >= 0], NUMBERS[NUMBERS > 0])


def known(node):
    return Expression("name", word=node.name, meaning=node) if node.name else None


def simplified(name, assumed):
    """What a row is simplified to."""
    node, domain, _ = TRIED[name]
    options = {"assumed": lambda condition: True} if assumed else {}
    return Simplifier(known, domain=Domain(domain), **options)(node)


def told_of(found):
    return {f"{formula(each.left)} {each.sign} {formula(each.right)}" for each in found.conditions}


def points(graph, rng):
    """Values of its inputs: of a few numbers, so that some are 0 and some equal, with or without those, and random ones."""
    while True:
        given = {}
        for name, leaf in graph.inputs.items():
            shape = [ROWS if str(size) == "N" else size for size in leaf.shape]
            few = rng.choice(KINDS[rng.integers(4)], shape) if rng.random() < 0.7 else rng.normal(size=shape)
            given[name] = rng.integers(rng.choice([-3, 0]), 3, shape) if leaf.dtype.kind == "i" else few
        yield given


def at_points(name, found, count=80):
    """The values of a row's node and of what it is simplified to, where all else has a value and the conditions hold."""
    node, domain, _ = TRIED[name]
    sides = [side for each in found.conditions for side in (each.left, each.right)]
    outputs = {f"{what}{i}": each for what, nodes in (("domain", domain), ("side", sides)) for i, each in enumerate(nodes)}
    graph = mg.Graph(node=node, found=found.node, **outputs).astype(np.float64)
    drawn = points(graph, np.random.default_rng(0))
    for _ in range(count):
        try:
            with np.errstate(all="ignore"):
                run = forward(graph, **next(drawn))
        except mg.MinigraphError:  # a singular matrix has no inverse, and nothing is gathered beyond an axis
            continue
        values = {key: run[key] for key in graph.outputs}
        of = dict(zip(sides, (values[f"side{i}"] for i in range(len(sides))), strict=True))
        has_value = all(np.isfinite(values[f"domain{i}"]).all() for i in range(len(domain)))
        if has_value and all(each.holds(of.__getitem__) for each in found.conditions):
            yield values["node"], values["found"]


@pytest.mark.parametrize("name", TRIED)
def test_it_is_so_wherever_it_is_said_to_be(name):
    found = simplified(name, assumed=True)
    assert told_of(found) == TRIED[name][2]
    tried = 0
    for before, after in at_points(name, found):
        number = np.broadcast_to(np.isfinite(after), before.shape)  # what is written has no value elsewhere, as anyone sees
        np.testing.assert_allclose(before[number], np.broadcast_to(after, before.shape)[number], rtol=1e-6, atol=1e-9)
        tried += 1
    assert tried > 3


@pytest.mark.parametrize("name", TRIED)
def test_nothing_is_used_that_may_not_be_assumed(name):
    found = simplified(name, assumed=False)
    assert not found.conditions
    for before, after in at_points(name, found):
        number = np.isfinite(before)
        np.testing.assert_array_equal(number, np.isfinite(np.broadcast_to(after, before.shape)))
        np.testing.assert_allclose(before[number], np.broadcast_to(after, before.shape)[number], rtol=1e-6, atol=1e-9)


def test_every_rule_has_a_row(monkeypatch):
    used = set()

    def watched(rule):
        def watching(algebra, node):
            found = rule(algebra, node)
            used.update({rule} if found is not None and found.node is not node else ())
            return found

        return watching

    rules = {rule for table in (simplifier.IDENTITIES, simplifier.FAMILIES) for each in table.values() for rule in each}
    rules |= {simplifier.constant_folding, simplifier.in_each_step}
    for table in ("IDENTITIES", "FAMILIES"):
        watching = {what: tuple(map(watched, each)) for what, each in getattr(simplifier, table).items()}
        monkeypatch.setattr(simplifier, table, watching)
    monkeypatch.setattr(simplifier, "constant_folding", watched(simplifier.constant_folding))
    for name in TRIED:
        simplified(name, assumed=True)
    assert {rule.__name__ for rule in rules - used - ELSEWHERE} == set()
    assert identities.IDENTITIES.keys() <= set(mg.ops.OPERATIONS)


def test_every_place_that_asks_for_a_condition_has_a_row_on_both_sides(monkeypatch):
    asked = {}
    given = Algebra.given

    def watching(self, left, sign, *rest, **options):
        found = given(self, left, sign, *rest, **options)
        frames = [frame.function for frame in inspect.stack()[1:5]]
        asked.setdefault(next(each for each in frames if each[0] != "<" and each != "_needed"), set()).add(found is not None)
        return found

    monkeypatch.setattr(Algebra, "given", watching)
    for name in TRIED:
        for assumed in (True, False):
            simplified(name, assumed)
    places = set()
    for file in Path(algebra.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name != "_needed":
                called = {each.func for each in ast.walk(function) if isinstance(each, ast.Call)}
                names = {getattr(each, "attr", None) or getattr(each, "id", None) for each in called}
                places |= {function.name} if names & {"given", "_needed"} else set()
    assert asked == {place: {True, False} for place in places}
