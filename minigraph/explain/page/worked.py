"""One element of a gradient worked out: upstream gradients times local derivatives, the largest terms one by one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.rules import node_vjp
from minigraph.core.run import Run
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.circuit.readout import Wire
from minigraph.explain.page.steps import Step

__all__ = ["Worked", "added_element", "worked_element", "worked_step"]

MOST = 4
"""Up to how many terms are written one by one, the largest; the others are added up, where there are more than one."""

CANDIDATES = 24
"""Of so many of the largest gradients the products are found."""

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

    Where contributions are only `added`, the local derivative of each is 1 and goes without saying.
    """

    place: Place
    result: float
    terms: tuple[Term, ...]
    others: int = 0
    rest: float = 0.0
    added: bool = False

    def __str__(self) -> str:
        """The equation, as one writes it out: `0.2 × 3 + 0.1 × 4 = 1`."""
        digits = next(filter(self._agrees, range(3, 10)), 3)
        terms = [
            _factor(term.upstream, digits) + ("" if self.added else f" × {_factor(term.local, digits)}") for term in self.terms
        ]
        if self.others:
            terms.append(f"{_factor(self.rest, digits)} from {self.others} more")
        return f"{' + '.join(terms) or '0'} = {summary(self.result)}"

    def _agrees(self, digits: int) -> bool:
        """Whether so many digits of the terms come to the result: terms that cancel need more."""
        rest, *factors = (
            float(f"{x:.{digits}g}") for x in (self.rest, *(x for term in self.terms for x in (term.upstream, term.local)))
        )
        return math.isclose(rest + sum(map(mul, factors[::2], factors[1::2])), self.result, rel_tol=0.005)


def _factor(number: float, digits: int) -> str:
    """A number as a factor or a term, in parentheses where it has a sign of its own."""
    text = summary(number, digits=digits)
    return f"({text})" if text.startswith("−") else text


def worked_step(run: Run, gradients: Mapping[Node, Any], step: Step, steps: Sequence[Step], most: Place) -> Worked | None:
    """One element of a step back, worked out: the largest among the first `most` rows and columns; None where there is none.

    `steps` are all steps of the run, or those back, and `gradients` what they lead to.
    """
    shape = step.result.shape
    window = (1,) * (len(shape) - 2) + most[-len(shape) :] if shape else ()
    if step.wire:
        return worked_element(run, gradients, step.wire, step.result, window)
    if step.kind == "sum":
        parts = [other.result for other in steps if other.kind == "contribution" and other.node is step.node]
        return added_element(step.result, parts, window)
    return None


def worked_element(run: Run, gradients: Mapping[Node, Any], wire: Wire, contribution: Any, window: Place = ()) -> Worked | None:
    """The largest element of what returns on a wire, worked out by the chain rule.

    Which elements of the value depend on the element is seen by moving it a little; their local derivatives are what the
    operation's own `backward` makes of a gradient that is 1 there and 0 elsewhere.

    Parameters
    ----------
    run, gradients
        The run, and its gradients by node.
    wire
        The operation, and to which of its operands the gradient returns.
    contribution
        What returns there, as an array.
    window
        How many of the first places along each axis the element may be among; all, where it is empty.

    Returns
    -------
    Worked or None
        None where there is no element, or one that is not finite, or where the operation has several values, or where the rule
        does not take the moved value, or rounding hides what the move changes.

    Examples
    --------
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
    place = _largest(contribution, window)
    if place is None or node.dtype.kind != "f":
        return None
    with np.errstate(all="ignore"):
        places = _dependants(run, node, i, place)
        if places is None or (not places and contribution[place]):
            return None
        upstream = gradients[node]
        candidates = sorted(places, key=lambda p: -abs(upstream[p]))[:CANDIDATES]
        found = [Term(p, float(upstream[p]), _local(run, node, i, place, p)) for p in candidates]
    if not np.isfinite([term.upstream * term.local for term in found]).all():
        return None
    terms, others = _largest_terms(found, len(places) - len(candidates))
    result = float(contribution[place])
    rest = result - sum(term.upstream * term.local for term in terms) if others else 0.0
    return Worked(place, result, terms, others, rest)


def _largest_terms(found: Sequence[Term], more: int) -> tuple[tuple[Term, ...], int]:
    """The largest terms, in their order, and how many others are not 0; `more` were not found."""
    kept = sorted((t for t in found if t.upstream * t.local), key=lambda t: -abs(t.upstream * t.local))
    if not kept and not more:
        return tuple(sorted(found[:MOST], key=lambda term: term.place)), 0
    shown = kept[: MOST if len(kept) + more > MOST + 1 else MOST + 1]
    return tuple(sorted(shown, key=lambda term: term.place)), len(kept) + more - len(shown)


def added_element(total: Any, contributions: Sequence[Any], window: Place = ()) -> Worked | None:
    """The largest element of a sum of contributions, in the same window, worked out: each is passed on as it is."""
    place = _largest(total, window)
    if place is None:
        return None
    terms = tuple(Term(place, float(each[place]), 1.0) for each in contributions)
    return Worked(place, float(total[place]), terms, added=True)


def _largest(array: Any, window: Place) -> Place | None:
    """Where the largest of the first elements is, of all where those are 0; None where there are none, or one is not finite."""
    first = array[tuple(slice(0, most) for most in window[: array.ndim])]
    if not first.size or not np.isfinite(first).all():
        return None
    if not first.any() and np.isfinite(array).all():
        first = array
    return tuple(map(int, np.unravel_index(np.abs(first).argmax(), first.shape)))


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
