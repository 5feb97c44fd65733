"""Backpropagation step by step: what the graph's order and the traversal back compute, one record for each.

The page and the text mode show the same records. Their numbers are those of the run, and their mathematics is read from the
rules that gave them. The chain rule is also worked out for one element of a gradient, as upstream gradients times local
derivatives.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node, NodeLike
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import node_vjp
from minigraph.core.run import Gradients, Run
from minigraph.core.vjp import is_scalar
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.circuit.naming import node_ids
from minigraph.explain.circuit.readout import Wire, asked_output, contributions_of
from minigraph.readings import definition, formula, local_derivative, names_of
from minigraph.readings.invented import first_alike
from minigraph.readings.letters import distinct_name, exact_number, in_letters

__all__ = ["Step", "Worked", "added_element", "blocks_of", "steps_of", "worked_element", "worked_step"]

LONGEST = 24
"""Up to how many letters of its formula an unnamed node is called by."""

MOST = 6
"""Up to how many terms are written one by one, those of the largest gradients; the others are added up."""

STEP = 0.01
"""How far an element is moved to see which elements of the value depend on it."""

Place = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a run, forward or back.

    Its `kind` is `given` for a leaf, `value` for what an operation computes, `cotangent` for the gradient that the traversal
    starts with, `contribution` for what an operation's rule returns on the wire to an operand, and `sum` for the gradient of a
    value to which several contributions return.
    """

    kind: str
    node: Node
    """Whose value or gradient it is; of a contribution, the operand that receives it."""
    name: str
    """What the result is called: `z1`, `∂loss/∂z1`."""
    rule: str
    """The mathematics that gives the result, read from the node's rule."""
    result: Any
    wire: Wire | None = None
    """Of a contribution: the operation whose rule gives it, and to which of its operands."""

    @property
    def forward(self) -> bool:
        """Whether it is a step of the forward pass."""
        return self.kind in ("given", "value")


def steps_of(run: Run, output: NodeLike | str | None = None) -> list[Step]:
    """Every step of a run and of the way back from an output: the first, unless given.

    A first output that is no scalar has no gradient of its own: the steps then end with the forward pass.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> run = mg.Graph(y=mg.Tanh(2 * x, name="a")).forward(x=0.5)
    >>> for step in steps_of(run):
    ...     print(f"{step.kind:12} {step.name} = {step.rule or step.result}")
    given        2 = 2.0
    given        x = 0.5
    value        2 · x = 2 · x
    value        a = tanh(2 · x)
    cotangent    ∂y/∂a = 1
    contribution ∂y/∂(2 · x) = ∂y/∂a ⊙ (1 − a²)
    contribution ∂y/∂x = ∂y/∂(2 · x) ⊙ 2
    """
    labels, names = _labels(run.graph), names_of(run.graph)
    steps = [Step("given", node, labels[node], "", run[node]) for node in run.graph.nodes if not node.operands]
    steps += [Step("value", node, labels[node], definition(node, names), run[node]) for node in run.graph.operations]
    name, target = asked_output(run, output)
    if output is None and not is_scalar(target):
        return steps
    return steps + _back(run, name, run.backward(target), labels)


def _back(run: Run, of: str, gradients: Gradients, labels: Mapping[Node, str]) -> list[Step]:
    """The steps back, in the order of the traversal: an operation's wires once all of its own gradient is there."""
    results, names = contributions_of(run, gradients), names_of(run.graph)
    called = {node: f"∂{of}/∂{label if label.isidentifier() else f'({label})'}" for node, label in labels.items()}
    counts = Counter(node.operands[i] for node, i in results)
    missing = dict(counts)
    target = gradients.output
    steps = [Step("cotangent", target, called[target], "1", gradients[target])]
    for node in reversed(topological_order([target])):
        for i, operand in enumerate(node.operands):
            if (node, i) not in results:
                continue
            count, rule = counts[operand], _filled(local_derivative(node, i, names) or "", called[node])
            several = f", by way of {labels[node]}" if count > 1 else ""
            steps.append(Step("contribution", operand, called[operand] + several, rule, results[node, i], (node, i)))
            missing[operand] -= 1
        for operand in dict.fromkeys(node.operands):
            if counts[operand] > 1 and not missing[operand]:
                rule = f"the sum of the {counts[operand]} contributions that return"
                steps.append(Step("sum", operand, called[operand], rule, gradients[operand]))
                del counts[operand]
    return steps


def _filled(local: str, upstream: str) -> str:
    """The local derivative with the gradient that returns in the place of its hole."""
    return re.sub("□(?=[ᵀ²³^[])", f"({upstream})", local).replace("□", upstream)


def _labels(graph: Graph) -> dict[Node, str]:
    """What each node is called: by its name, or an output's, or its formula; by its kind and number where that is long.

    What is computed again is called so: s, again.
    """
    outputs = {node: name for name, node in reversed(graph.outputs.items())}
    ids, names = node_ids(graph), names_of(graph)
    own = {node: str(node.name or outputs[node]) for node in graph.nodes if node.name or node in outputs}
    labels = {node: in_letters(distinct_name(name, names.values())) for node, name in own.items()}
    taken, first, times = set(labels.values()), first_alike(graph), Counter[Node]()
    for node in graph.nodes:
        if node not in labels and node.operands and first[node] is not node:
            times[first[node]] += 1
            more = f" ({times[first[node]]})" if times[first[node]] > 1 else ""
            labels[node] = f"{labels[first[node]]}, again{more}"
        elif node not in labels:
            short = _short(node, names)
            labels[node] = ids[node] if not short or (short in taken and node.operands) else short
        taken.add(labels[node])
    return labels


def _short(node: Node, names: Mapping[Any, str]) -> str:
    """The formula, number or name of a node that nobody named, or nothing where it is too long to be a name."""
    text = (
        exact_number(node.given, node.value)
        if isinstance(node, Constant) and node.value.size == 1
        else formula(node, names=names)
    )
    return text if len(text) <= LONGEST and "…" not in text else ""


def blocks_of(steps: Sequence[Step]) -> list[tuple[tuple[str, ...], int, int]]:
    """The blocks that a run passes through: each one's path, and the numbers of its first and its last step, from 1.

    A step belongs to the blocks of the operation whose rule gives it; a sum to those that all of its contributions come from.
    A block of one step is that step. The outer ones come first; what is given has no number.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> with mg.blocks.block("squares"):
    ...     squares = 2 * (x * x)
    >>> blocks_of(steps_of(mg.Graph(y=mg.Tanh(squares)).forward(x=0.5)))
    [(('squares',), 1, 2), (('squares',), 6, 9)]
    """
    by = [step for step in steps if step.wire]
    paths = [_path(step, by) for step in steps if step.kind != "given"]
    found = [block for level in range(1, max(map(len, paths), default=0) + 1) for block in _blocks_at(paths, level)]
    return sorted(found, key=lambda block: (block[1], -block[2], len(block[0])))


def _path(step: Step, contributions: Sequence[Step]) -> tuple[str, ...]:
    if step.kind == "sum":
        paths = zip(*(_path(each, ()) for each in contributions if each.node is step.node), strict=False)
        return tuple(names[0] for names in takewhile(lambda names: len({*names}) == 1, paths))
    if step.kind == "cotangent":
        return ()
    return step.wire[0].block if step.wire else step.node.block


def _blocks_at(paths: Sequence[tuple[str, ...]], level: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """The runs of two and more steps that are in one block of a level."""
    for path, group in groupby(enumerate(paths, 1), lambda each: each[1][:level]):
        numbers = [number for number, _ in group]
        if len(path) == level and len(numbers) > 1:
            yield path, numbers[0], numbers[-1]


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
        terms = [_factor(term.upstream) + ("" if self.added else f" × {_factor(term.local)}") for term in self.terms]
        if self.others:
            terms.append(f"{_factor(self.rest)} from {self.others} more")
        return f"{' + '.join(terms) or '0'} = {summary(self.result)}"


def _factor(number: float) -> str:
    """A number as a factor or a term, in parentheses where it has a sign of its own."""
    text = summary(number)
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
        largest = sorted(sorted(places, key=lambda p: -abs(upstream[p]))[:MOST])
        terms = tuple(Term(p, float(upstream[p]), _local(run, node, i, place, p)) for p in largest)
    if not np.isfinite([term.upstream * term.local for term in terms]).all():
        return None
    result, others = float(contribution[place]), len(places) - len(terms)
    rest = result - sum(term.upstream * term.local for term in terms) if others else 0.0
    return Worked(place, result, terms, others, rest)


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
