"""The chain rule for one number: one element of a gradient, as upstream gradients times local derivatives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.rules import node_vjp
from minigraph.core.run import Run
from minigraph.explain.circuit.readout import Wire
from minigraph.explain.circuit.summary import summary

__all__ = ["Term", "Worked", "added_element", "worked_element"]

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
    """One element of a gradient: the sum of its terms, and of `others` more that make `rest` together.

    Where shares are only `added`, the local derivative of each is 1 and goes without saying.
    """

    place: Place
    result: float
    terms: tuple[Term, ...]
    others: int
    rest: float
    added: bool = False

    def __str__(self) -> str:
        """The equation, as one writes it out: `0.2 × 3 + 0.1 × 4 = 1`."""
        terms = [_factor(term.upstream) + ("" if self.added else f" × {_factor(term.local)}") for term in self.terms]
        if self.others:
            terms.append(f"{_factor(self.rest)} from {self.others} more")
        return f"{' + '.join(terms) or '0'} = {summary(self.result)}"


def _factor(number: float) -> str:
    """A number as a factor or a term, in parentheses where it has a sign of its own."""
    text = summary(number)
    return f"({text})" if text.startswith("−") else text


def worked_element(
    run: Run, gradients: Mapping[Node, Any], wire: Wire, share: Any, window: Sequence[int] = ()
) -> Worked | None:
    """The largest element of the share on a wire, worked out; of a large array, the largest that is in its first part.

    `window` says how many of the first places along each axis count. Which elements of the value depend on the element is
    seen by moving it a little; their local derivatives are what the operation's own `backward` makes of a gradient that is 1
    there and 0 elsewhere. None where there is no element, or one that is not finite, or where the rule does not take the moved
    value, or rounding hides what the move changes.

    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [[3.0], [4.0]])
    >>> z = mg.MatMul(x, w, name="z")
    >>> run = mg.Graph(loss=(z * z).sum()).forward(x=[[1.0, 2.0]])
    >>> gradients = run.backward()
    >>> worked = worked_element(run, gradients, (z, 1), gradients[w])
    >>> print(worked.place, worked)
    (1, 0) 22 × 2 = 44
    """
    node, i = wire
    shown = share[tuple(slice(0, most) for most in window[: share.ndim])]
    if not shown.size or not np.isfinite(shown).all():
        return None
    place = tuple(map(int, np.unravel_index(np.abs(shown).argmax(), shown.shape)))
    with np.errstate(all="ignore"):
        places = _dependants(run, node, i, place)
        if places is None or (not places and share[place]):
            return None
        upstream = gradients[node]
        terms = tuple(Term(p, float(upstream[p]), _local(run, node, i, place, p)) for p in places[:MOST])
    if not np.isfinite([term.upstream * term.local for term in terms]).all():
        return None
    result, others = float(share[place]), len(places) - len(terms)
    rest = result - sum(term.upstream * term.local for term in terms) if others else 0.0
    return Worked(place, result, terms, others, rest)


def added_element(total: Any, shares: Sequence[Any], window: Sequence[int] = ()) -> Worked | None:
    """The largest element of a sum of shares, in the same first part, worked out: each share is passed on as it is."""
    shown = total[tuple(slice(0, most) for most in window[: total.ndim])]
    if not shown.size or not np.isfinite(shown).all():
        return None
    place = tuple(map(int, np.unravel_index(np.abs(shown).argmax(), shown.shape)))
    terms = tuple(Term(place, float(share[place]), 1.0) for share in shares)
    return Worked(place, float(total[place]), terms, 0, 0.0, added=True)


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
    contribution = node_vjp(node, one, run[node], [run[operand] for operand in node.operands])[i]
    return float(np.asarray(contribution)[place])
