"""What in a graph is likely to be a mistake, although it runs: each with its line, why, and the remedy."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from minigraph.core.errors import GraphError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.node import Node, described
from minigraph.core.provenance import derivative_order
from minigraph.explain.lint.axes import AXES
from minigraph.explain.lint.facts import Facts, Reasons
from minigraph.explain.lint.layers import LAYERS
from minigraph.explain.lint.losses import LOSSES
from minigraph.explain.lint.numbers import NUMBERS
from minigraph.explain.lint.scores import SCORES
from minigraph.explain.lint.starts import STARTS
from minigraph.explain.lint.training import TRAINING, unused

__all__ = ["LINTS", "Finding", "LintReport", "lint"]

Lint = Callable[[Node, Facts], Reasons]
"""What a lint finds at one node: why it is a mistake and the remedy, or None."""

FAMILIES = SCORES, AXES, NUMBERS, LAYERS, STARTS, LOSSES, TRAINING

LINTS: dict[str, Lint] = {each.__name__.replace("_", "-"): each for family in FAMILIES for each in family}


@dataclass(frozen=True)
class Finding:
    """One likely mistake: the lint that found it, the node, why it is one, and what to do."""

    lint: str
    node: Node
    why: str
    remedy: str
    others: tuple[Node, ...] = ()
    """Further nodes, made by the same line, with which it is the same."""

    def __str__(self) -> str:
        line = f", made at {self.node.line}" if self.node.line else ""
        more = f", and {len(self.others)} more like it" if self.others else ""
        return f"{described(self.node)}{line}{more}: {self.lint}\n  {self.why}\n  {self.remedy}"


class LintReport(tuple[Finding, ...]):
    """What was found, in the order in which the graph computes it. An empty report is a clean graph."""

    __slots__ = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self

    def __repr__(self) -> str:
        count = f"{len(self)} finding{'s' * (len(self) != 1)}." if self else f"Nothing found by {len(LINTS)} lints."
        return "\n".join([*map(str, self), count])


def lint(graph: Graph, ignore: Collection[str] = ()) -> LintReport:
    """Look for what is likely to be a mistake, although it runs, in what the graph composes; nothing is run.

    Whether a value can be 0 or overflow is read from the rules, by the bounds of their values, so what is kept away from 0 is
    not reported: `np.sqrt(x + 1e-12)`, `a / np.maximum(b, 1)`, an exponential less its largest. Numbers that an input or a
    variable brings are not reported either, only what is computed of them, and what `mg.gradient` composed is as good as what
    it was composed of.

    Parameters
    ----------
    graph : Graph
        The graph to look at.
    ignore : str or collection of str
        Names of lints not to ask, such as `"log-of-zero"`.

    Returns
    -------
    LintReport
        A tuple of findings. Each has the name of its `lint`, its `node`, which knows the line that composed it, `why` it is
        likely a mistake, a `remedy`, and the `others` that the same line composed in the same way. `.ok` says whether there are
        none.

    Raises
    ------
    GraphError
        Where `ignore` has a name that no lint has.

    Examples
    --------
    >>> import numpy as np
    >>> import minigraph as mg
    >>> z, t = mg.Input("z", ("N", 3)), mg.Input("t", ("N", 3))
    >>> mg.Graph(loss=-(t * np.log(mg.Softmax(z))).mean()).lint()  # doctest: +ELLIPSIS
    Log (N × 3), made at ...: log-of-softmax
      A softmax is 0 where a score lies far below the largest, and the logarithm of 0 is −∞.
      mg.LogSoftmax(z) is finite for every score.
    1 finding.
    >>> mg.Graph(loss=-(t * mg.LogSoftmax(z)).mean()).lint()
    Nothing found by 32 lints.
    """
    names = {ignore} if isinstance(ignore, str) else set(ignore)
    for name in sorted(names - LINTS.keys()):
        raise GraphError(f"There is no lint named {name!r}; there are {listing(LINTS)}.{nearest(name, LINTS)}")
    facts = Facts(graph)
    nodes = [node for node in dict.fromkeys((*graph.nodes, *graph.unreached)) if not derivative_order(node.block)]
    asked = [(name, find) for name, find in LINTS.items() if name not in names]
    found = ((name, node, find(node, facts)) for node in nodes for name, find in asked if node in facts.users or find is unused)
    by_line: dict[tuple[str, object], list[tuple[Node, tuple[str, str]]]] = {}
    for name, node, reasons in found:
        if reasons:
            by_line.setdefault((name, node.line or node), []).append((node, reasons))
    return LintReport(
        Finding(name, node, *reasons, others=tuple(other for other, _ in others))
        for (name, _), ((node, reasons), *others) in by_line.items()
    )
