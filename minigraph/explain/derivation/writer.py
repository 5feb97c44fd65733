"""Values and displayed expressions as lines of NumPy, of the variables that a derivation names."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of
from minigraph.core.sizes import named_axis, substitute
from minigraph.explain.derivation.constants import bare, written_out
from minigraph.explain.derivation.loops import loop_of, word_of
from minigraph.explain.derivation.naming import Variables
from minigraph.explain.derivation.put import PUT, put_of, statement
from minigraph.explain.derivation.traced import Traced
from minigraph.ops import OPERATIONS
from minigraph.ops.multi_output import Part
from minigraph.ops.scan import Scan
from minigraph.ops.sizes import InSizes
from minigraph.readings import Expression, expand, is_array
from minigraph.readings.line_calls import repeated, reshaped, settled, shaped
from minigraph.readings.line_text import compose
from minigraph.readings.lines import Line, is_number, line, number, rule_call, sizes
from minigraph.readings.precedence import ATOM

__all__ = ["Assigned", "Unwritten", "Writer"]

SHORT = 12
"""Up to how many letters an expression is written again rather than assigned to a variable."""

WIDTH = 100
"""Up to how many letters a line has, without what it is assigned to."""

LONG_RULE = 20
"""Beyond how many calls of NumPy's functions an operation's rule is called by its name, as that of erf is."""


@dataclass(frozen=True)
class Assigned:
    """The lines that give one variable its value, and the variables that they use."""

    name: str
    lines: tuple[str, ...]
    uses: frozenset[str]


class Unwritten(Exception):
    """A value that no line of NumPy gives, and why."""


class Writer:
    """Writes values as expressions of the variables that a derivation names."""

    def __init__(self, traced: Traced) -> None:
        self.names, self.cotangent = traced.names, traced.cotangent
        self.variables = Variables(traced.names.taken)
        self.nodes: dict[str, Node] = {}
        """What each variable stands for."""
        self._lines: list[str] = []
        """The lines in front of the one that is being written."""
        self.temporaries: set[str] = set()
        """The variables for parts of lines."""
        self.indent = 0
        """In how many loops the lines stand that are being written."""
        self._uses: set[str] = set()
        """The variables that those lines use."""
        self.local: dict[Node, str] = {}
        """The variables of the loop that is being written."""
        self.loops: dict[Scan, dict[int, str]] = {}
        """The loops that are yet to be written, by their scans: the variables of the parts that are read."""
        self._marks: dict[Scan, str] = {}
        inputs = [node for node in topological_order([traced.output]) if isinstance(node, Input) and node.name]
        self._counted = {
            str(axis): (node, i) for node in inputs[::-1] for i, axis in enumerate(node.shape) if names_of((axis,))
        }
        """For each named axis, an input that has it, and which of its axes it is."""
        named = {node.name for node in topological_order([traced.output])}
        self.axes = {axis: named_axis(self.variables.axis(axis, axis in named)) for axis in self._counted}
        """What the size of each is called."""
        self._defined = {self.names.canonical(each.node) for each in traced.definitions}

    def sizes(self) -> Iterator[tuple[str, str]]:
        """The variable of each named axis, and the line that gives it its size."""
        for axis, (node, i) in self._counted.items():
            yield str(self.axes[axis]), f"{self.axes[axis]} = {self.variables.value(str(node.name))}.shape[{i}]"

    def assigned(self, variable: str, displayed: Expression | None, node: Node) -> Assigned:
        """The lines that give a variable the value of a node, as it is displayed where it is."""
        self._lines, self._uses = [], set()
        defines = displayed is None or getattr(displayed.function, "__self__", None) is node
        if defines and isinstance(node, Part) and isinstance(node.operands[0], Scan):  # the loop itself gives it
            self._part(node, variable)
            return Assigned(variable, (), frozenset(self._uses))
        written = self._line(displayed) if displayed is not None else self._computed(node, whole=True)
        written = reshaped(written, node.shape) if written.shape is None else shaped(written, node.shape)
        text = self.text(written)
        if text in self.temporaries:  # it needs no other name
            self._lines = [re.sub(rf"(?<!\w){text}(?!\w)", variable, line) for line in self._lines]
            return Assigned(variable, tuple(self._lines), frozenset(self._uses))
        if not written.operands and not written.shape and not self._uses:
            text = f"np.float64({text})"
        return Assigned(variable, (*self._lines, f"{variable} = {text}"), frozenset(self._uses))

    def is_given(self, node: Node) -> TypeGuard[Constant]:
        """Whether the node is a constant that the lines are given."""
        return isinstance(node, Constant) and (bool(node.name) or not written_out(node.value))

    def text(self, written: Line) -> str:
        """A line's text, with lines in front for what occurs more than once and for what would make it long."""
        order = topological_order([written], operands=lambda each: each.below)
        uses = Counter(below for each in order for below in each.below)
        texts: dict[Line, tuple[str, int]] = {}
        for each in order:
            texts[each] = self._put(each, texts) if each.function == PUT else self._composed(each, texts)
            if each is not written and uses[each] > 1 and len(texts[each][0]) > SHORT:
                texts[each] = self._named(texts[each][0])
        return texts[written][0]

    def _composed(self, each: Line, texts: dict[Line, tuple[str, int]]) -> tuple[str, int]:
        found = compose(each, texts.__getitem__, self._size)
        while len(found[0]) > WIDTH:
            longest = max((below for below in each.below), key=lambda below: len(texts[below][0]), default=None)
            if longest is None or len(texts[longest][0]) <= SHORT or not longest.operands:
                break
            texts[longest] = self._named(texts[longest][0])
            found = compose(each, texts.__getitem__, self._size)
        return found

    def _put(self, each: Line, texts: dict[Line, tuple[str, int]]) -> tuple[str, int]:
        """Zeros, to which something is added in some places: statements in front, as no one call gives it."""
        updates, *others = (texts[below][0] for below in each.below)
        found, tightly = self._named(compose(repeated(number(0), each.shape), lambda zero: (zero.text, ATOM), self._size)[0])
        self.add(statement(found, each, updates, *others))
        return found, tightly

    def _size(self, size: Any) -> Any:
        return substitute(size, self.axes)

    def _named(self, text: str) -> tuple[str, int]:
        temporary = self.variables.free("t")
        self.temporaries.add(temporary)
        return self.assign(temporary, text), ATOM

    def _line(self, e: Expression) -> Any:
        """An expression as it is displayed."""
        if e.form == "same":
            return self._line(e.parts[0])
        if e.form == "reshape":
            return reshaped(self._line(e.parts[0]), e.meaning)
        if e.function is None or e.form == "ones":
            return self._leaf(e)
        node = getattr(e.function, "__self__", None)
        if isinstance(node, Node):
            return self._call(node, e)
        parts = [self._line(part) for part in e.parts]
        options = {} if e.reading is not None else e.options
        try:
            found = (e.reading or e.function)(*parts, **options)
            return found if isinstance(found, tuple) else number(found)
        except Unwritten:
            raise
        except Exception as error:  # whatever a rule does with text that it cannot handle, it runs on numbers only
            raise Unwritten(f"{e.word or e.form} runs on numbers only") from error

    def _leaf(self, e: Expression) -> Any:
        """A value, or what else a function is given."""
        if isinstance(e.meaning, Node):
            return self._computed(e.meaning, whole=False)
        if isinstance(e.meaning, tuple):
            return repeated(number(1), e.meaning)
        array = np.asarray(e.meaning)
        return repeated(bare(array), array.shape) if array.dtype.kind in "fiub" else e.meaning

    def _call(self, node: Node, e: Expression) -> Line:
        """An operation on what is displayed, written with the axes that it is displayed with."""
        if isinstance(node, Part):
            return self._computed(node, whole=True)
        parts = [self._line(part) for part in e.parts]
        operands = [settled(part, each) for part, each in zip(parts, node.operands, strict=False)]
        found = self._rule(node, operands if len(parts) == len(node.operands) else [self._of(each) for each in node.operands])
        if e.reading is None:
            return found
        if e.form == "added rows":
            return found[(None,) * (node.operands[1].ndim - 1)]  # type: ignore[no-any-return]
        along = getattr(node, "along", ())
        if len(along) == node.operands[0].ndim:
            return found.reshape(())
        return found[tuple(None if i in along else slice(None) for i in range(node.operands[0].ndim))]  # type: ignore[no-any-return]

    def _of(self, node: Node) -> Line:
        return self._computed(node, whole=False)

    def _computed(self, node: Node, whole: bool) -> Line:
        """A node as a line of variables; with `whole` it is written out even if it has a name."""

        def below(each: Node) -> list[Node]:
            return self._below(each, whole and each is node)

        order = topological_order([node], operands=below)
        lines: dict[Node, Any] = {}
        for each in order:
            lines[each] = self._one(each, [lines[other] for other in below(each)], whole and each is node)
        return lines[node]  # type: ignore[no-any-return]

    def _below(self, node: Node, whole: bool) -> list[Node]:
        """What a node is written with: its operands, unless it has a name."""
        if not node.operands or node.known is not None or (not whole and self._variable(node)):
            return []
        if isinstance(node, Part) and isinstance(node.operands[0], Scan):
            return []
        return [self.names.canonical(operand) for operand in node.operands]

    def _part(self, node: Part, variable: str = "") -> Line:
        """What is read of a loop that stands in front, by a variable of that name."""
        scan: Any = self.names.canonical(node.operands[0])
        if self.local:  # in a step of another loop, and anew in each
            name = self.variables.fresh(word_of(scan, node.i))
            loop_of(self, scan, {node.i: name})
            return line(name, node.shape, node.dtype.kind)
        mark = self._marks.setdefault(scan, self.variables.free("loop"))
        parts = self.loops.setdefault(scan, {})
        if node.i not in parts:
            parts[node.i] = variable or self.variables.fresh(word_of(scan, node.i))
        self._uses.add(mark)
        return line(parts[node.i], node.shape, node.dtype.kind)

    def mark(self, scan: Scan) -> str:
        """What stands for the lines of a loop among the variables."""
        return self._marks[scan]

    def loop(self, scan: Scan) -> Assigned:
        """The lines of a loop, of the parts that are read."""
        self._lines, self._uses = [], set()
        loop_of(self, scan, self.loops[scan])
        return Assigned(self._marks[scan], tuple(self._lines), frozenset(self._uses))

    def _one(self, node: Node, operands: list[Any], whole: bool) -> Any:
        variable = None if whole else self._variable(node)
        if variable:
            self._uses.add(variable)
            return line(variable, node.shape, node.dtype.kind)
        if isinstance(node, Constant):
            return self._constant(node)
        if node.known is not None:
            return sizes(node.known if node.ndim else node.known[0])
        if isinstance(node, Part) and isinstance(node.operands[0], Scan):
            return self._part(node)
        return self._rule(node, operands)

    def _variable(self, node: Node) -> str | None:
        if node in self.local:
            return self.local[node]
        leaf = self.names.known(node)
        if leaf is None:
            return None
        if leaf.form == "number":
            return f"np.ones({np.shape(leaf.meaning)})"
        if leaf.form not in ("name", "gradient"):
            raise Unwritten(f"{leaf.word} runs on numbers only")
        if is_array(node) and not self.is_given(node) and self.names.canonical(node) not in self._defined:
            return None
        if self.is_given(node):
            self.variables.constants[self.variables.value(leaf.word)] = node.value
        called = self.variables.gradient if leaf.form == "gradient" else self.variables.value
        variable = "cotangent" if node is self.cotangent else called(leaf.word)
        self.nodes[variable] = node
        return variable

    def operand(self, node: Node) -> str:
        """The text of a value."""
        return self.text(self._computed(self.names.canonical(node), whole=False))

    def add(self, line: str) -> None:
        """Put a line in front of the one that is being written."""
        self._lines.append("    " * self.indent + line)

    def assign(self, variable: str, text: str) -> str:
        """Put a line in front that gives a variable its value; the variable is returned."""
        self.add(f"{variable} = {text}")
        return variable

    def _rule(self, node: Node, operands: list[Line]) -> Line:
        """What an operation's rule gives for lines: calls of NumPy's functions, or a call of the rule itself."""
        put = put_of(node, operands)
        if put is not None:
            return put
        try:
            found = self._called(node, operands)
        except TypeError:
            found = self._rule_call(node, operands)
        return settled(found, node)

    def _called(self, node: Any, operands: list[Line]) -> Line:
        """The calls of NumPy's functions that a rule, or what it is composed of, makes; a TypeError where it does more."""
        try:
            mean = type(node) is OPERATIONS["ReduceMean"]  # to its rule a sum by a number of elements
            found = np.mean(operands[0], axis=node.axes, keepdims=node.keepdims) if mean else node.forward(*operands)
        except Exception:  # whatever a rule cannot do with lines
            found = None
        if isinstance(found, Line):
            given = [each for each in operands if isinstance(each, Line)]
            calls = topological_order([found], operands=lambda each: [] if each in given else each.below)
            if sum(bool(each.below) for each in calls if each not in given) > LONG_RULE:
                raise TypeError(f"{type(node).__name__} is called by its name.")
            return found
        parts = expand(node)
        if parts is node or type(parts) is type(node):
            raise TypeError(f"{type(node).__name__} runs on numbers only.")
        lines = dict(zip(node.operands, operands, strict=True))
        for each in topological_order([parts], lines):
            if isinstance(each, Constant) or each.known is not None:
                lines[each] = self._one(each, [], whole=True)
            else:
                lines[each] = settled(self._called(each, [lines[other] for other in each.operands]), each)
        written: Line = lines[parts]
        return written

    def _rule_call(self, node: Node, operands: list[Line]) -> Line:
        """A call of the rule itself, where that is more than calls of NumPy."""
        kind = type(node)
        if isinstance(node, InSizes) and len(operands) == len(node.operand_names):
            operands = operands[:-1]  # the attributes say the sizes
        given = {key: getattr(node, key) for key, default in node.attributes.items() if not _same(getattr(node, key), default)}
        if OPERATIONS.get(kind.__name__) is kind:
            name = f"mg.{kind.__name__}"
        elif kind.__module__.startswith("minigraph."):
            name = f"mg.{kind.__module__.removeprefix('minigraph.')}.{kind.__name__}"
        else:
            name = self.variables.rule(kind)
        options = {key: np.dtype(value) if isinstance(value, type) else value for key, value in given.items()}
        pairs = zip(operands, node.operands, strict=False)
        exact = [line(f"np.float64({x.text})", ()) if is_number(x) and each.dtype.kind == "f" else x for x, each in pairs]
        return rule_call(f"{name}.apply", exact, options)

    def _constant(self, node: Constant) -> Line:
        if node.value.size == 1:
            return shaped(bare(node.value), node.shape)
        text = written_out(node.value)
        return line(text or self.variables.constant(node), node.shape, node.dtype.kind)


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default
