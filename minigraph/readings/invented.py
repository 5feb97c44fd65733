"""Short names for the values that nobody named: the same in a graph's pictures, its derivations and its page."""

from collections import Counter, defaultdict
from collections.abc import Hashable
from itertools import count, islice
from typing import Any

from minigraph.core.errors import MinigraphError
from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.provenance import composed_at
from minigraph.core.rules import node_vjp
from minigraph.core.shapes import names_of as axes_of
from minigraph.readings.expression import Expression
from minigraph.readings.letters import in_letters, letters
from minigraph.readings.mathematics import expression_of, placeholder_for
from minigraph.readings.names import free_name, is_array
from minigraph.readings.sameness import operation, signature

__all__ = ["first_alike", "names_of", "short_names", "written_length"]

MOST = 4000
"""Up to how many operations of a graph some get short names: what is larger is not read value by value."""

SHORT, LONG = 2, 6
"""How many operations are written out where a rule reads a value, and anywhere."""

UNWRITTEN = {"Expand", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Identity"}
"""Operations that no formula shows."""

LETTERS = {
    "matmul": "z", "plus": "sq", "minus": "d", "product": "u", "scaled": "u", "quotient": "q", "power": "v", "root": "r",
    "total": "t", "mean": "m", "softmax": "p", "sigmoid": "p",
}  # fmt: skip
"""What a value is called by the sign or word of its operation; where the letters are too few, by the first with a number."""

PROBABILITIES = ("Sigmoid", "Softmax")
"""What has a name as soon as a local derivative reads it twice, as p ⊙ (1 − p) does."""

OTHER = "h"
"""What any other value is called: that of a function, h = tanh(z)."""


def names_of(graph: Graph) -> dict[Any, str]:
    """The names of operations, by what they compute, and those of arrays that nobody named, by what they hold.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> sorted(names_of(mg.Graph(y=mg.Input("c1", (2,)) * np.array([3.0, 4.0]))).values())
    ['c1', 'c2', 'y']
    """
    named = {node: str(node.name) for node in graph.nodes if node.name}
    named |= {node: name for name, node in reversed(graph.outputs.items()) if node not in named}
    taken = {*named.values(), *graph.outputs, *(axis for node in graph.nodes for axis in axes_of(node.shape))}
    names: dict[Any, str] = {}
    for node in graph.nodes:
        if is_array(node) and operation(node) not in names:
            names[operation(node)] = name = free_name(node, taken)
            taken.add(name)
    short = short_names(graph)
    names |= {node: name for node, name in named.items() if not node.operands}
    return names | {signature(node): name for node, name in reversed((named | short).items()) if node.operands}


def short_names(graph: Graph) -> dict[Node, str]:
    """The names of values that nobody named and that a formula would write out at length: s, q = 1 + e⁻ˢ.

    A value has one that a local derivative reads, to which several contributions return, or that is long. They depend on the
    graph alone, and none is a name of the graph's own, nor one that looks like it.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ()), mg.Parameter("w", [2.0, 1.0])
    >>> list(short_names(mg.Graph(f=1 / (1 + np.exp(-(w[0] * x + w[1]))))).values())
    ['s', 'q']
    """
    if len(graph.operations) > MOST:
        return {}
    with composed_at(""):
        return _Naming(graph).names()


def first_alike(graph: Graph) -> dict[Node, Node]:
    """For each node the first one that computes the same."""
    first: dict[Node, Node] = {}
    found: dict[Hashable, Node] = {}
    for node in graph.nodes:
        own = node if isinstance(node, Constant) and node.name else operation(node)
        first[node] = found.setdefault((own, *(first[operand] for operand in node.operands)), node)
    return first


class _Naming:
    """The values of one graph: which are worth a name, and what they are called."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.first = first_alike(graph)
        self.values = [node for node in graph.operations if self.first[node] is node and node.dtype.kind == "f"]
        self.users: dict[Node, list[Node]] = defaultdict(list)
        for user in self.values:
            for operand in user.operands:
                self.users[self.first[operand]].append(user)
        self.named = {self.first[node] for node in graph.nodes if node.name} | {self.first[n] for n in graph.outputs.values()}
        """What has a name: the graph's own, or one that it gets."""
        self.fixed: set[Node] = set()
        """What follows from constants and sizes alone."""
        for node in graph.nodes:
            if isinstance(node, Constant | Sizes) or (node.operands and self.fixed.issuperset(node.operands)):
                self.fixed.add(node)
        self.chosen: dict[Node, None] = {}
        self.length: dict[Node, int] = {}
        """How many operations the formula of each value writes out."""

    def names(self) -> dict[Node, str]:
        """The names, for what computes the same too."""
        read = self._read()
        for node in self.values:
            self.length[node] = self._written(node)
            several = len(self.users[node]) > 1 or (read[node] > 1 and type(node).__name__ in PROBABILITIES)
            if (several or read[node]) and self.length[node] > SHORT:
                self._choose_argument(node)
            if (several and self.length[node]) or (read[node] and self.length[node] > SHORT):
                self._choose(node)
        for node in self.values:
            self.length[node] = self._written(node)
            if self.length[node] > LONG and not self._goes_on(node):
                self._choose(node)
        called = self._called()
        return {node: called[first] for node, first in self.first.items() if first in called}

    def _written(self, node: Node) -> int:
        operands = [self.first[operand] for operand in node.operands]
        return written_length(node, sum(self.length.get(each, 0) for each in operands if each not in self.named))

    def _choose(self, node: Node) -> None:
        if node not in self.named and node not in self.fixed and not node.moves_elements:
            self.named.add(node)
            self.chosen[node] = None

    def _choose_argument(self, node: Node) -> None:
        """Name what functions of one value are of, the s of e⁻ˢ, where that is several operations."""
        way = [node]
        while len(way[-1].operands) == 1 and way[-1].operands[0].operands:
            way.append(self.first[way[-1].operands[0]])
        if self.length.get(way[-1], 0) > 1:
            self._choose(way.pop())
            for each in reversed(way):
                self.length[each] = self._written(each)

    def _goes_on(self, node: Node) -> bool:
        """Whether a sum is only a part of a longer one."""
        users = self.users[node]
        return len(users) == 1 and {type(each).__name__ for each in (*users, node)} <= {"Add", "Sub"}

    def _read(self) -> Counter[Node]:
        """The values that a local derivative reads, each with how often one does that reads it most."""
        known = {signature(node): self.first[node] for node in reversed(self.graph.operations)}
        found: Counter[Node] = Counter()
        for node in self.graph.operations:
            try:
                gradients = node_vjp(node, placeholder_for(node, "□"), node, node.operands) if node.dtype.kind == "f" else []
            except MinigraphError:  # a rule that runs on numbers alone is called by its name
                continue
            for gradient in gradients:
                found |= self._read_by(gradient, known) if isinstance(gradient, Node) else Counter()
        return found

    def _read_by(self, gradient: Node, known: dict[Hashable, Node]) -> Counter[Node]:
        """How often a gradient contribution reads each value of the graph."""
        found: Counter[Node] = Counter()
        pending, seen = [gradient], set[Node]()
        while pending:
            each = pending.pop()
            if isinstance(each, Leaf) or each.dtype.kind in "iu":  # a size is no part of a formula
                continue
            same = self.first.get(each, known.get(signature(each)))
            if same is not None:
                found[same] += 1
            elif each not in seen:
                seen.add(each)
                pending += dict.fromkeys(each.operands)  # a square is written once
        return found

    def _called(self) -> dict[Node, str]:
        """What each of the chosen is called, by the sign or word of its operation."""
        forms, groups = self._forms(), defaultdict[str, list[Node]](list)
        for node in self.values:
            if node in self.chosen:
                groups[LETTERS.get(forms[node], OTHER)].append(node)
        names = {*self.graph.names, *self.graph.outputs, *(axis for node in self.graph.nodes for axis in axes_of(node.shape))}
        taken = {letters(each) for name in names for each in (name, in_letters(name))}

        called: dict[Node, str] = {}
        for group, nodes in groups.items():
            found = [letter for letter in group if letters(letter) not in taken]
            if len(found) < len(nodes):
                numbers = (f"{group[0]}{i}" for i in count(1))
                found = list(islice((name for name in numbers if letters(name) not in taken), len(nodes)))
            found = found[: len(nodes)]
            taken |= set(map(letters, found))
            called |= dict(zip(nodes, found, strict=True))
        return called

    def _forms(self) -> dict[Node, str]:
        """The sign or the word of each value's operation; a product of matrices is one with a bias, or scaled, too."""
        forms: dict[Node, str] = {}
        for node in self.values:
            tree = _one_operation(node)
            below = [self.first[each] for each in node.operands]
            scaled = tree.form in ("plus", "minus", "quotient", "scaled")
            of_matrices = scaled and any(forms.get(each) == "matmul" for each in below if each not in self.named)
            word = tree.word if tree.form == "call" else tree.form.removesuffix(" over")
            forms[node] = "matmul" if of_matrices else word
        return forms


def _one_operation(node: Node) -> Expression:
    """One operation as it is written, of operands that are called by their places."""

    def known(each: Node) -> Expression | None:
        return None if each is node else Expression("name", word="x", meaning=each)

    return expression_of(node, known, defined=True)


def written_length(node: Node, below: int) -> int:
    """How many operations a formula writes of a value whose operands take as many as `below`."""
    if not node.operands or node.known is not None:
        return 0
    if hasattr(node, "body"):  # a scan shows its recurrence
        return below + len(node.body.operations)
    return below + (type(node).__name__ not in UNWRITTEN and not _is_product_by_one(node))


def _is_product_by_one(node: Node) -> bool:
    """Whether it multiplies by a constant 1, or divides by one, which is not written."""
    factors = node.operands if type(node).__name__ == "Mul" else node.operands[1:] if type(node).__name__ == "Div" else ()
    return any(isinstance(each, Constant) and each.value.size == 1 and each.value.item() == 1 for each in factors)
