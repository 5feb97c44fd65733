"""Identities: each is evaluated where it holds, and is not used where it may fail."""

from functools import reduce
from importlib import import_module
from operator import add

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.run import forward
from minigraph.readings import Expression, formula
from minigraph.readings.algebra import Domain, Simplifier, matrices, sums
from tests.displayed.test_displayed import checked

RNG = np.random.default_rng(0)
identities = import_module("minigraph.readings.algebra.identities")
x, y, t = (mg.Input(name, ("N", 3)) for name in "xyt")
r, c = mg.Input("r", (3,)), mg.Input("c", ("N", 1))
v, n = mg.Input("v", (3,)), mg.Input("n", ())
A, B, C = (mg.Input(name, (3, 3)) for name in "ABC")
labels = mg.Input("labels", ("N",), np.int64)
p = mg.Softmax(x, name="p")
h = mg.OneHot(labels, depth=3, name="h")
s = mg.Sigmoid(x, name="s")
SIZES = {"N": 4}


def known(node):
    return Expression("name", word=node.name, meaning=node) if node.name else None


def simplified(node, assumed=True, domain=()):
    """The node as it is simplified, its text, and what it holds for."""
    options = {"assumed": lambda condition: True} if assumed else {}
    found = Simplifier(known, domain=Domain(domain), **options)(node)
    told = {f"{formula(each.left)} {each.sign} {formula(each.right)}" for each in found.conditions}
    return found, formula(found.node), told


def values(*nodes, **given):
    """The values of some nodes, in double precision, on random inputs but for those that are given."""
    double = mg.Graph({str(i): node for i, node in enumerate(nodes)}).astype(np.float64)
    inputs = {}
    for name, leaf in double.inputs.items():
        shape = [SIZES.get(str(size), size) for size in leaf.shape]
        drawn = RNG.integers(0, 3, shape) if leaf.dtype.kind == "i" else RNG.normal(size=shape)
        inputs[name] = np.broadcast_to(given.get(name, drawn), shape)
    with np.errstate(all="ignore"):
        run = forward(double, **inputs)
    return [run[str(i)] for i in range(len(nodes))]


def keep(axis, of, keepdims=True):
    return of.sum(axis=axis, keepdims=keepdims)


ALWAYS = {
    "constants": (0.5 * (x * 2), "x"),
    "negatives": (np.negative(-x), "x"),
    "negatives of a difference": (-(x - y), "y − x"),
    "quotient of constants": (2 * x / 2, "x"),
    "equal terms": (x * y + y * x, "2 · x ⊙ y"),
    "terms that cancel": (x - x + r, "r"),
    "a row that remains of a matrix": ((x - x) * r, "0"),
    "common factor": (x * r + y * r, "r ⊙ (x + y)"),
    "a factor multiplied out": ((x + y) * r - x * r, "r ⊙ y"),
    "powers": (x * x * x, "x³"),
    "a positive factor cancelled": (np.exp(x) * y / np.exp(x), "y"),
    "sum of a multiple": (keep(1, 3 * x * c), "3 · c ⊙ Σ columns x"),
    "sum of what is repeated": (keep(1, c * np.ones((1, 3), np.float32) * n), None),
    "sum of labels": (keep(1, h * 1.0), "1"),
    "sum of a softmax": (keep(1, p * c), "c"),
    "sum of a softmax over its other axis": (keep(0, p * 2.0), "2 · Σ rows p"),
    "transpose of a product": ((A.T @ B.T).T, "B · A"),
    "transpose of a transpose": ((A.T).T, "A"),
    "number out of a product": (A @ (2 * B), "2 · A · B"),
    "sum of products of matrices": (A @ B + A @ C, "A · (B + C)"),
    "sum of products of vectors": (v @ A + A @ v, "(Aᵀ + A) · v"),
    "product with ones": (A @ (np.ones(3, np.float32) * n), None),
    "outer product of a row": ((v @ A)[:, None] * r, "Aᵀ · v · rᵀ"),
    "sum of outer products": ((A @ v)[:, None] * r + (A @ r)[:, None] * v, "A · (v · rᵀ + r · vᵀ)"),
    "outer product between matrices": (A @ ((B @ v)[:, None] * r) @ C + A @ C, "(A · B · v · rᵀ + A) · C"),
    "array of ones": (x * np.ones(3, np.float32) + np.zeros(3, np.float32), "x"),
    "two classes": (-(t / s - (1 - t) / (1 - s)) * s * (1 - s), "s − t"),
    "sign and magnitude": (np.sign(x) * np.abs(x), "x"),
}
"""What holds for all numbers, and how it is written."""


@pytest.mark.parametrize("name", ALWAYS)
def test_an_identity_that_always_holds(name):
    node, text = ALWAYS[name]
    domain = [1 / (1 - s)] if name == "two classes" else ()
    found, written, told = simplified(node, assumed=False, domain=domain)
    assert text is None or written == text
    assert not told and found.node is not node
    before, after = values(node, found.node)
    np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-12)
    assert found.node.shape == node.shape and found.node.dtype == node.dtype


def tie(a, b, extreme):
    m = extreme(a, b)
    (gradient,) = mg.gradient(m.sum(), [a])
    return gradient


FOR_SOME = {
    "cancelled": (x * y / x, "y", "x ≠ 0", {"x": 0.0}),
    "a root made whole": (np.sqrt(x) * y * np.sqrt(x), "y ⊙ x", "x ≥ 0", {"x": -1.0}),
    "determinants": (np.linalg.det(A) * B / np.linalg.det(A), "B", "det(A) ≠ 0", {"A": 0.0}),
    "the larger": (tie(x, y, np.maximum), "x > y", "x ≠ y", {"x": 1.0, "y": 1.0}),
    "the smaller": (tie(x, y, np.minimum), "x < y", "x ≠ y", {"x": 1.0, "y": 1.0}),
    "a power": (mg.gradient((v**n).sum(), [v])[0], "n · v^(n − 1)", "", {"v": 0.0, "n": 0.0}),
    "a power's exponent": (mg.gradient((v**n).sum(), [n])[0], "Σ (v^n ⊙ ln(v))", "", {"v": 0.0, "n": 2.0}),
}
"""What holds for some numbers alone: what for, if that is told, and where it fails."""


@pytest.mark.parametrize("name", FOR_SOME)
def test_an_identity_that_holds_for_some_numbers(name):
    node, text, condition, excluded = FOR_SOME[name]
    found, written, told = simplified(node)
    assert (written, told) == (text, {condition} - {""})
    inside = {name: np.abs(RNG.normal(size=3)) + 0.5 for name in excluded if name in ("v", "x") and "≠ y" not in condition}
    before, after = values(node, found.node, **inside, **({"n": 1.5} if "v" in excluded else {}))
    np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-12)
    before, after = values(node, found.node, **excluded)
    assert not np.allclose(after, before)
    assert simplified(node, assumed=False)[1] != text


def test_a_matrix_times_its_inverse():
    node = B @ A @ np.linalg.inv(A)
    found, written, told = simplified(node)
    assert (written, told) == ("B", {"det(A) ≠ 0"})
    np.testing.assert_allclose(*values(node, found.node), rtol=1e-6, atol=1e-9)
    with pytest.raises(mg.InputError):
        values(node, A=0.0)
    assert simplified(node, assumed=False)[1] != "B"


def test_the_inverse_of_an_inverse_that_the_loss_needs():
    node = np.linalg.inv(np.linalg.inv(A))
    assert simplified(node, assumed=False)[1] == "(A⁻¹)⁻¹"
    found, written, told = simplified(node, domain=[np.linalg.inv(A)])
    assert (written, told) == ("A", set())
    np.testing.assert_allclose(*values(node, found.node), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "node",
    [keep(1, y * 1.0), keep(1, x * x), np.sqrt(x * x), keep(1, mg.Softmax(x, axis=0) * 1.0), A @ B - B @ A, x / y,
     keep(1, p * p), mg.StopGradient(x) - x],
)  # fmt: skip
def test_what_is_not_known_to_be_equal_is_not_merged(node):
    found, _, told = simplified(node)
    before, after = values(node, found.node)
    np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-12)
    assert not told


class Softmax(mg.Node):
    """An operation of the user's that has the name of one of minigraph's, and gives other numbers."""

    axis: int = -1

    def forward(self, x, out=None):
        return np.multiply(x, 3, out=out)

    def backward(self, gradient, y, x):
        return gradient * 3


def test_an_operation_is_not_known_by_its_name():
    node = keep(1, Softmax(x) * 2.0)
    found = simplified(node)[0].node
    np.testing.assert_allclose(*values(node, found))


def test_a_condition_that_the_values_break_is_not_assumed():
    z = mg.Input("z", ("N", 2))
    loss = np.maximum(z, 0).sum()
    beside, at = (mg.derive(loss, z, z=[[value, 1.0]]) for value in (0.5, 0.0))
    assert beside.result == "∂output/∂z = [z > 0], for z ≠ 0" and beside.ok
    assert at.result.startswith("∂output/∂z = [z = max(z, 0)] / (") and at.ok
    assert r"z > 0 \right] \quad \text{for } z \neq 0" in beside.latex and "<mtext>for" in beside.html
    assert "\n       for z ≠ 0\n" in mg.derive(loss, z).text


def test_what_the_loss_itself_needs_is_not_told():
    assert mg.derive(np.log(np.linalg.det(A)), A).result == mg.derive(np.log(np.linalg.det(A)), A).result.partition(", for")[0]


@pytest.mark.slow
def test_a_wrong_identity_is_found(monkeypatch):
    """Σ p = 1 for any p: what a random graph displays is then not so."""

    def of_anything(algebra, inside, axes, x):
        ((node, exponent),) = inside.values() if len(inside) == 1 else ((x, 0),)
        return identities.Found(node) if exponent == 1 and node.shape == x.shape else None

    monkeypatch.setattr(identities, "_sums_to_one", of_anything)
    assert any(checked([seed]).false for seed in range(60))


@pytest.mark.parametrize("number", [np.nan, -np.inf, 0.0, 1e200])
@pytest.mark.parametrize(
    "loss", [lambda z: np.maximum(z, 0), lambda z: z * z / z, lambda z: np.sqrt(z) * np.sqrt(z), mg.Softmax, lambda z: z - z]
)
def test_nothing_is_simplified_of_what_is_no_number(loss, number):
    z = mg.Input("z", ("N", 3))
    with np.errstate(all="ignore"):
        derivation = mg.derive(loss(z).sum(), z, z=np.full((2, 3), number))
    assert derivation.ok or (number == 1e200 and "not finite" in derivation.text)


def of_gathered(y, scores):
    return -np.take_along_axis(np.log(mg.Softmax(scores)), y[:, None], axis=1).sum()


@pytest.mark.parametrize(("labels", "counts"), [([0, 2, 2], True), ([0, -2, 2], False)])
def test_labels_that_gather_are_compared(labels, counts):
    z, y = mg.Parameter("z", np.arange(12.0).reshape(3, 4) % 5), mg.Input("y", (3,), np.int64)
    derivation = mg.derive(of_gathered(y, z), z, y=labels)
    assert derivation.ok
    assert ("softmax(z) − [y[:, None] = k] with k = (0, 1, 2, 3), for y ≥ 0" in derivation.result) == counts
    values = {"np": np, "mg": mg, "z": z.value.astype(float), "y": np.array(labels)}
    exec(derivation.program, values)
    expected = np.array(mg.Softmax.apply(values["z"]))
    expected[np.arange(3), labels] -= 1
    np.testing.assert_allclose(values["dz"], expected, atol=1e-7)


PIECES = {  # what is read of x, and whether its gradient takes every place of x
    "all rows": (lambda x: np.tanh(x[0]) * x[1] + x[2] * np.sin(x[3]), True),
    "rows and a slice": (lambda x: (np.tanh(x[:2]) * x[3]).sum(axis=0) + x[2], True),
    "columns": (lambda x: np.tanh(x[:, 0]) * x[:, 1] + x[:, 2] ** 2, True),
    "one twice": (lambda x: x[0] * x[1] + np.exp(x[0]) + x[2] - x[3], True),
    "from the end": (lambda x: x[-1] * x[0] + x[1] * x[-2], True),
    "one is left out": (lambda x: x[0] * x[1] + x[3], False),
    "slices that overlap": (lambda x: (x[:3] * x[1:]).sum(axis=0), False),
    "rows of both axes": (lambda x: x[0] + x[1] + x[2] + x[3] + x[:, 0].sum(), False),
}


@pytest.mark.parametrize("name", PIECES)
def test_pieces_are_put_side_by_side(name):
    read, whole = PIECES[name]
    x = mg.Parameter("x", np.random.default_rng(0).normal(size=(4, 3)))
    derivation = mg.derive(read(x).sum(), x)
    assert derivation.ok
    assert ("←" not in derivation.steps[-1].sides[-1].word + derivation.result) == whole
    values = {"np": np, "x": x.value.astype(float)}
    exec(derivation.program, values)
    np.testing.assert_allclose(values["dx"], mg.Graph(read(x).sum()).astype(float).forward().backward()["x"], atol=1e-12)


def test_a_sum_of_many_terms_is_not_written_anew_for_each(monkeypatch):
    """The work grows with the terms, not with their square."""

    def work(count):
        calls = []
        for module in (matrices, sums):
            built = module.built
            monkeypatch.setattr(module, "built", lambda *given, built=built: calls.append(1) or built(*given))
        factors = [mg.Input(f"{letter}{i}", (3, 3)) for i in range(count) for letter in "ab"]
        total = reduce(add, (a.T @ b for a, b in zip(factors[::2], factors[1::2], strict=True)))
        assert Simplifier(known)(total).node is total
        monkeypatch.undo()
        return len(calls)

    fewer, more = work(60), work(120)
    assert more < 2.5 * fewer
