"""Random formulas, and gradients of some, equal what they are simplified to where its conditions hold and it has a value."""

import random

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.rewriting import topological_order
from minigraph.core.run import forward
from minigraph.readings import formula
from minigraph.readings.algebra import Domain, Simplifier
from tests.readings.test_domains import column, known, points, row, told_of, x, y

LARGEST = 1e6
"""Up to which values are compared, by their largest, as constants are in single precision and what cancels is lost."""
STEPS = (
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a / b,
    lambda a, b: -a, lambda a, b: np.sqrt(a), lambda a, b: np.log(a), lambda a, b: np.exp(a), lambda a, b: np.maximum(a, b),
    lambda a, b: a * a, lambda a, b: np.abs(a) * np.sign(a), lambda a, b: a / np.where(np.equal(b, 0), 1, b),
    lambda a, b: np.where(a > 0, np.log(np.where(a > 0, a, 1)) * b, 0),
    *(lambda a, b, power=power: a**power for power in (2.0, 3.0, -1.0, 0.5, 1.0, 0.0, 1.5)),
)  # fmt: skip


def composed(rng, depth):
    if not depth:
        return rng.choice([x, y, x, row, column, mg.Constant(rng.choice([0.0, 1.0, 2.0, -1.0, 0.5]))])
    return rng.choice(STEPS)(composed(rng, depth - 1), composed(rng, depth - 1))


def drawn(seed, count):
    """Nodes, each with those that have values besides it: what it is the gradient of."""
    rng = random.Random(seed)
    for _ in range(count):
        try:
            node, domain = composed(rng, rng.choice([2, 3, 3, 4])), []
            if rng.random() < 0.6 and node.operands:
                domain = [node]
                (node,) = mg.gradient(node.sum(), [x])
        except mg.MinigraphError:
            continue
        if node.operands:
            yield node, topological_order(domain)


def wrong(node, domain, found, told):
    """What is said of a node that is not so at one of some points, or nothing."""
    sides = [side for each in found.conditions for side in (each.left, each.right)]
    parts = {name: [each for each in topological_order([end]) if each.operands and each.dtype.kind == "f"]
             for name, end in (("before", node), ("after", found.node))}  # fmt: skip
    parts["domain"] = [each for each in domain if each.operands and each.dtype.kind == "f"]
    outputs = {f"{name}{i}": each for name, nodes in {**parts, "side": sides}.items() for i, each in enumerate(nodes)}
    graph = mg.Graph({**outputs, "node": node, "found": found.node}).astype(np.float64)
    given = points(graph, np.random.default_rng(0))
    for _ in range(20):
        with np.errstate(all="ignore"):
            run = forward(graph, **next(given))
        largest = {name: np.max([np.abs(run[f"{name}{i}"]).max() for i in range(len(nodes))], initial=0.0)
                   for name, nodes in parts.items()}  # fmt: skip
        of = dict(zip(sides, (run[f"side{i}"] for i in range(len(sides))), strict=True))
        if not np.isfinite(largest["domain"]) or not all(each.holds(of.__getitem__) for each in found.conditions):
            continue
        if not np.isfinite(largest["after"]):
            if not told and largest["before"] < LARGEST:
                return "has no value any more"
        elif not np.isfinite(largest["before"]):
            return "had no value"
        elif largest["before"] < LARGEST and not np.allclose(
            run["node"], run["found"], rtol=1e-5, atol=1e-6 * largest["before"]
        ):
            return "has another value"
    return ""


def check(seed, count):
    tried = 0
    for node, domain in drawn(seed, count):
        for told in (True, False):
            options = {"assumed": lambda condition: True} if told else {}
            found = Simplifier(known, domain=Domain(domain), **options)(node)
            if found.node is not node:
                problem = wrong(node, domain, found, told)
                assert not problem, f"{formula(node)} as {formula(found.node)} {problem}, for {told_of(found)}"
                tried += 1
    return tried


@pytest.mark.parametrize("seed", range(4))
def test_what_is_simplified_is_equal_where_it_is_said_to_be(seed):
    assert check(seed, 40) > 20


@pytest.mark.property
@pytest.mark.parametrize("seed", range(100, 140))
def test_it_is_so_for_many(seed):
    check(seed, 100)
