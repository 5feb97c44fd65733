"""The chain rule for one number: one element of a gradient, as upstream gradients times local derivatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.explain.readout import Wire
from minigraph.node import Node
from minigraph.rules import as_shares, unbroadcast
from minigraph.run import Gradients, Run

__all__ = ["Term", "Worked", "worked_element"]

MOST = 6
"""Up to how many terms are told one by one; the others are told together."""

STEP = 0.01
"""How far an element is moved to see which elements of the value depend on it."""

Place = tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """The gradient of one element of an operation's value, and the local derivative of that element."""

    place: Place
    upstream: float
    local: float


@dataclass(frozen=True)
class Worked:
    """One element of a share: the sum of its terms, and of `others` more that make `rest` together."""

    place: Place
    result: float
    terms: tuple[Term, ...]
    others: int
    rest: float


def worked_element(run: Run, gradients: Gradients, wire: Wire, share: Any, window: Sequence[int] = ()) -> Worked | None:
    """The largest element of the share on a wire, worked out; of a large array, the largest that is in its first part.

    `window` says how many of the first places along each axis count. Which elements of the value depend on the element is
    seen by moving it a little; their local derivatives are what the operation's own `backward` makes of a gradient that is 1
    there and 0 elsewhere. None where there is no element, or where the rule does not take the moved value.

    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [[3.0], [4.0]])
    >>> z = mg.MatMul(x, w, name="z")
    >>> run = mg.Graph(loss=(z * z).sum()).forward(x=[[1.0, 2.0]])
    >>> gradients = run.backward()
    >>> worked_element(run, gradients, (z, 1), gradients[w])
    Worked(place=(1, 0), result=44.0, terms=(Term(place=(0, 0), upstream=22.0, local=2.0),), others=0, rest=0.0)
    """
    node, i = wire
    shown = share[tuple(slice(0, most) for most in window[: share.ndim])]
    if not shown.size or not np.isfinite(shown).all():
        return None
    place = tuple(map(int, np.unravel_index(np.abs(shown).argmax(), shown.shape)))
    with np.errstate(all="ignore"):
        places = _dependants(run, node, i, place)
        if places is None:
            return None
        upstream = gradients[node]
        terms = tuple(Term(p, float(upstream[p]), _local(run, node, i, place, p)) for p in places[:MOST])
    result, others = float(share[place]), len(places) - len(terms)
    rest = result - sum(term.upstream * term.local for term in terms) if others else 0.0
    return Worked(place, result, terms, others, rest)


def _dependants(run: Run, node: Node, i: int, place: Place) -> list[Place] | None:
    """Where the node's value depends on the element of its operand; that element's own place where it is seen nowhere."""
    operands = [run[operand] for operand in node.operands]
    moved = np.array(operands[i])
    moved[place] += STEP * max(1.0, abs(float(moved[place])))
    before = run[node]
    try:
        after = np.asarray(node.forward(*operands[:i], moved, *operands[i + 1 :]))
    except Exception:
        # A rule may refuse what no run has given it; then there is nothing to show.
        return None
    if after.shape != before.shape:
        return None
    places = [tuple(map(int, each)) for each in np.argwhere((before != after) & ~(np.isnan(before) & np.isnan(after)))]
    return places or ([place] if before.shape == moved.shape else [])


def _local(run: Run, node: Node, i: int, place: Place, at: Place) -> float:
    """The derivative of one element of the node's value with respect to one of its operand, from the node's own rule."""
    one = np.zeros_like(run[node])
    one[at] = 1
    returned = as_shares(node, node.backward(one, run[node], *(run[operand] for operand in node.operands)))[i]
    return float(np.asarray(unbroadcast(returned, run[node.operands[i]], node))[place])
