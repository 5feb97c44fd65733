"""Which values a derivation names, so that each formula stays short enough to be read."""

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import chain, count
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, show_shape
from minigraph.ops.scan import Scan
from minigraph.readings import Expression, free_name, is_array, size_among
from minigraph.readings.invented import written_length
from minigraph.readings.names import named, numbered, numbered_among
from minigraph.readings.sameness import computed, operation

__all__ = ["LONGEST", "Names", "Variables", "is_read_of_scan"]


LONGEST = 10
"""Up to how many operations one formula writes out."""


OFTEN = 3
"""How often one formula writes a single operation at least, for that to be named."""


SHARED = ("name", "gradient", "number")
"""As what a value is written that is the same in all derivations: arrays alone are numbered anew in each."""


Lookup = Callable[[Node], Expression | None]


class Names:
    """The name of each value: its own, its `short` one, or an invented one, u1, u2, …, or c1, c2, … for arrays.

    Two nodes that compute the same have one name, so what a rule composes anew is recognised: softmax(z2) as ŷ. One that
    is `separate` has a name that no other node has.
    """

    def __init__(
        self,
        nodes: Iterable[Node],
        outputs: Mapping[str, Node],
        separate: Node,
        taken: Iterable[str] = (),
        short: Mapping[Node, str] | None = None,
    ) -> None:
        self._separate = separate
        self._first: dict[Hashable, Node] = {}
        self._canonical: dict[Node, Node] = {}
        self._leaves: dict[Node, Expression] = {}
        self._invented: set[Node] = set()
        called = {node: name for name, node in outputs.items()}
        own = [(node, node.name or called.get(node)) for node in nodes]
        self._given = {name for _, name in own if name}
        self._beside = self._given | {axis for node, _ in own for axis in names_of(node.shape)}
        self.taken = self._beside | set(taken)
        for node, name in own:
            self.canonical(node)
            if name:
                self.name(node, name)
        for node, name in (short or {}).items():
            self.taken.add(name)
            self.name(node, name)
            self._invented.add(self.canonical(node))

    def is_given(self, name: str) -> bool:
        """Whether it is a name that the graph itself has."""
        return name in self._given

    def name(self, node: Node, name: str) -> None:
        """Call a node, and whatever computes the same, by a name."""
        self._leaves.setdefault(self.canonical(node), named(node, name, self._beside))

    def invent(self, node: Node) -> str:
        """Call a node by the first of u1, u2, … that is free; a sequence that a scan gives by what a step calls it."""
        own = called_in_steps(node)
        name = own if own and own not in self.taken else numbered_among("u", self._computed(node), self.taken)
        self.taken.add(name)
        self.name(node, name)
        self._invented.add(self.canonical(node))
        return name

    def _computed(self, node: Node) -> Hashable:
        """What a node computes of values of the graph, of gradients and of what was given names, which derivations share."""

        def shared(each: Node) -> Hashable:
            leaf = None if is_array(each) else self.known(each)
            return (leaf.form, leaf.word, each.shape) if leaf and leaf.form in SHARED else None

        return computed(node, shared)

    def known_given(self, node: Node) -> Expression | None:
        """The leaf by which a node is written, if that is not a name which was invented."""
        return self.known(node) if self.canonical(node) not in self._invented else None

    def written_given(self, node: Node) -> Expression | None:
        """The same, as a node is written."""
        return self.written(node) if self.canonical(node) not in self._invented else None

    def but(self, lookup: Lookup, nodes: Iterable[Node]) -> Lookup:
        """A look-up such as `known`, for which these nodes, and what computes the same, have no name."""
        without = {self.canonical(node) for node in nodes}
        return lambda node: None if self.canonical(node) in without else lookup(node)

    def stand_for(self, leaf: Node, expression: Expression) -> None:
        """Write a leaf as an expression."""
        self._leaves[leaf] = expression
        self._canonical[leaf] = leaf

    def stands_for(self, leaf: Node) -> Expression:
        """The expression as which a leaf is written."""
        return self._leaves[leaf]

    def known(self, node: Node) -> Expression | None:
        """The leaf by which a node is written, if it has a name."""
        return self._leaves.get(node) or self._leaves.get(self.canonical(node))

    def written(self, node: Node) -> Expression | None:
        """The same, as a node is written: an array that nobody named is given a name then."""
        if not node.name and (size := size_among(node, self._given)):
            return Expression("name", word=size, meaning=node)
        if is_array(node) and self.known(node) is None:
            name = free_name(node, self.taken)
            self.taken.add(name)
            self.name(node, name)
        return self.known(node)

    def canonical(self, node: Node) -> Node:
        """The first node met that computes the same."""
        if node not in self._canonical:
            for each in topological_order([node], self._canonical):
                self._canonical[each] = self._first.setdefault(self._key(each), each)
        return self._canonical[node]

    def _key(self, node: Node) -> Hashable:
        if node is self._separate or (isinstance(node, Constant) and node.name):
            return node
        return operation(node), tuple(self._canonical[operand] for operand in node.operands)

    def shorten(self, root: Node) -> list[Node]:
        """Name what the formula of a node would write more than once, or at too great a length: those nodes, in order."""
        order = [each for each in self._below(root) if self.canonical(each) is each or each is root]
        uses = Counter(self.canonical(operand) for each in order for operand in each.operands)
        length: dict[Node, int] = {}
        named = []
        for each in order:
            known = each is not root and self.known(each) is not None
            length[each] = 0 if known else self._length(each, length)
            long = length[each] > LONGEST or (uses[each] > 1 and length[each] > 2) or is_read_of_scan(each)
            if each is not root and long and each.dtype.kind == "f" and each.operands:
                self.invent(each)
                named.append(each)
                length[each] = 0
        return named

    def repeated(self, root: Node) -> list[Node]:
        """Name what the formula of a node writes three times or more, though it is short: δ for g ⊙ γ; those nodes."""
        order = [self.canonical(each) for each in self._below(root)]
        uses = Counter(self.canonical(operand) for each in self._below(root) for operand in each.operands)
        short = [each for each in dict.fromkeys(order) if each.dtype.kind == "f" and self.known(each) is None]
        found = [each for each in short if uses[each] >= OFTEN and len(each.operands) > 1 and self.length(each) == 1]
        for each in found:
            self.invent(each)
        return found

    def length(self, root: Node, known: Callable[[Node], Expression | None] | None = None) -> int:
        """How many operations the formula of a node writes out, those that it writes several times counted each time."""
        length: dict[Node, int] = {}
        known = known or self.known
        for node in self._below(root, known):
            length[node] = 0 if node is not root and known(node) is not None else self._length(node, length)
        return length[root]

    def _below(self, root: Node, known: Callable[[Node], Expression | None] | None = None) -> list[Node]:
        """What a node is composed of, itself last, down to what has a name."""
        known = known or self.known
        return topological_order([root], operands=lambda node: node.operands if node is root or known(node) is None else ())

    def _length(self, node: Node, length: Mapping[Node, int]) -> int:
        return written_length(
            node, sum(length.get(operand, length.get(self.canonical(operand), 0)) for operand in node.operands)
        )


def is_read_of_scan(node: Node) -> bool:
    """Whether it is a part of a scan, which shows a recurrence that is written once."""
    return len(node.operands) == 1 and isinstance(node.operands[0], Scan)


def called_in_steps(node: Any) -> str:
    """What a part of a scan is called by the names that a step has: g, hs for what is carried over, h_prev for those before."""
    if not is_read_of_scan(node) or node.i < len(node.operands[0].body.carry):
        return ""
    body = node.operands[0].body
    value = body.stacked[node.i - len(body.carry)]
    if value in body.carry:
        return f"{value.name}_prev"
    carried = [leaf for leaf, new in zip(body.carry, body.new, strict=True) if new is value]
    return f"{carried[0].name}s" if carried else str(value.name or "")


RESERVED = ("np", "mg", "cotangent", "inf", "nan", "dtype")
"""Names that mean something else in a line."""

LETTERS = 40
"""How many letters of a name a variable has."""


class Variables:
    """One variable of Python's for each value, whatever that is called.

    >>> variables = Variables(["W", "encoder.W", "encoder W", "lambda"])
    >>> [variables.value(name) for name in ("W", "encoder.W", "encoder W", "lambda")], variables.gradient("W")
    (['W', 'encoder_W', 'encoder_W_2', 'lambda_2'], 'dW')
    >>> [line for _, line in variables.remarks]
    ["# lambda_2 stands for 'lambda'", "# encoder_W_2 stands for 'encoder W'"]
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.constants: dict[str, np.ndarray[Any, Any]] = {}
        """The constants that the lines are given, by the variable that stands for each."""
        self._used = set(RESERVED)
        self._called: dict[Hashable, str] = {}
        self._rules: dict[str, type] = {}
        for name in sorted(names):
            if name.isidentifier():
                self.value(name)

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What must be known of some variables, and the line that says it: where a rule is from, or a comment."""
        rules = [(name, _origin(name, kind)) for name, kind in self._rules.items()]
        other = [
            (variable, f"# {variable} stands for {key[1]!r}") for key, variable in self._called.items()
            if isinstance(key, tuple) and key[0] == "value" and variable != key[1].replace(".", "_")
        ]  # fmt: skip
        large = [
            (name, f"# {name} is a constant, {show_shape(array.shape)}, {array.dtype}: constants[{name!r}] of the derivation")
            for name, array in self.constants.items()
        ]
        return rules + other + large

    def value(self, name: str) -> str:
        """The variable of a named value: encoder_W for encoder.W."""
        return self._variable(("value", name), name)

    def gradient(self, name: str) -> str:
        """The variable of the gradient with respect to a value: dW1 for W1, or d_W1 where something else is called dW1."""
        return self._variable(("gradient", name), f"d{name}", f"d_{name}")

    def axis(self, name: str, taken: bool) -> str:
        """The variable of the size of a named axis, whose name may be taken by a value."""
        return self._variable(("axis", name), name) if taken else self.value(name)

    def constant(self, node: Constant) -> str:
        """The variable of a constant that is too large to be written out."""
        variable = self._called[node] if node in self._called else self.free("c")
        self._called[node] = variable
        self.constants[variable] = node.value
        return variable

    def rule(self, kind: type) -> str:
        """What a class is called whose rule the lines call: by its own name."""
        name = self._variable(("rule", kind), kind.__name__)
        self._rules[name] = kind
        return name

    def fresh(self, word: str) -> str:
        """A word, or the first of it with a number, that nothing is called."""
        if word in self._used or keyword.iskeyword(word):
            return self.free(word)
        self._used.add(word)
        return word

    def release(self, names: Iterable[str]) -> None:
        """Names that no line will read any more may be taken again."""
        self._used.difference_update(names)

    def free(self, letter: str) -> str:
        """The first of t1, t2, … that nothing is called."""
        name = numbered(letter, self._used)
        self._used.add(name)
        return name

    def _variable(self, key: Hashable, *wanted: str) -> str:
        if key not in self._called:
            tidy = [_tidied(each) for each in wanted]
            names = chain(tidy, (f"{tidy[0]}_{i}" for i in count(2)))
            self._called[key] = next(name for name in names if name not in self._used and not keyword.iskeyword(name))
            self._used.add(self._called[key])
        return self._called[key]


def _tidied(name: str) -> str:
    """A name as Python reads it, with an underscore for what it does not take; what is long is cut."""
    tidy = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name))[:LETTERS]
    return tidy if tidy.isidentifier() else f"_{tidy}"


def _origin(name: str, kind: type) -> str:
    """The import of a class, or a comment where it cannot be imported."""
    if kind.__module__ == "__main__" or kind.__qualname__ != kind.__name__:
        return f"# {name} is the class {kind.__qualname__} of {kind.__module__}"
    return f"from {kind.__module__} import {kind.__name__}" + (f" as {name}" if name != kind.__name__ else "")
