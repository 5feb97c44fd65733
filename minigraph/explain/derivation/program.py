"""A derivation as lines of NumPy, each read from the rules."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of
from minigraph.core.sizes import named_axis, substitute
from minigraph.explain.derivation.loops import loop_of
from minigraph.explain.derivation.naming import Variables
from minigraph.explain.derivation.trace import Traced
from minigraph.ops import OPERATIONS
from minigraph.ops.arithmetic import Cast
from minigraph.ops.multi_output import Part
from minigraph.ops.scan import Scan
from minigraph.ops.shape import Expand
from minigraph.ops.sizes import in_axes
from minigraph.readings import Expression, Source, expand, is_array, line_of, literal, type_name
from minigraph.readings.calls import transposed
from minigraph.readings.formula import renamed
from minigraph.readings.precedence import PRODUCT

__all__ = ["program_of"]

SMALL = 64
"""Up to how many elements a constant is written out with."""

SHORT = 12
"""Up to how many letters an expression is written again rather than assigned to a variable."""

ELEMENTWISE = ("product", "scaled", "plus", "minus", "quotient")


@dataclass(frozen=True)
class Assigned:
    """The lines that give one variable its value, and the variables that they use."""

    name: str
    lines: tuple[str, ...]
    uses: frozenset[str]


class Unwritten(Exception):
    """A value that no line of NumPy gives, and why."""


def program_of(traced: Traced) -> tuple[str, Mapping[str, np.ndarray[Any, Any]]]:
    """Every line from the inputs and parameters to the gradient, and the constants they use that are too large to write out.

    Gradients are called dW1, and the one given for an output that is no scalar, cotangent. A dot in a name becomes an
    underscore. A comment says what a variable stands for where Python takes no such name, and where a rule runs on numbers
    only, it says that in place of the lines.
    """
    writer = Writer(traced)
    variables = writer.variables
    try:
        given = [each for each in traced.definitions if not writer.is_given(each.node)]
        assigned = [writer.assigned(variables.value(each.name.word), each.node) for each in given]
        for gradient in traced.gradients:
            assigned += [writer.assigned(variables.value(each.name.word), each.node) for each in gradient.auxiliary]
            variable = variables.gradient(traced.called(gradient.node).word)
            assigned.append(writer.assigned(variable, gradient.expression))
        assigned = _unshown(writer, assigned) + assigned
    except Unwritten as reason:
        return f"# There are no lines of NumPy: {reason}.\n", {}
    lines = [line for each in _in_order(assigned) for line in each.lines]
    remarks = [line for variable, line in variables.remarks if _occurs(variable, lines)]
    constants = {name: array for name, array in variables.constants.items() if _occurs(name, lines)}
    sizes = [line for variable, line in writer.sizes() if _occurs(variable, lines)]
    return "".join(f"{line}\n" for line in remarks + sizes + lines), constants


def _unshown(writer: "Writer", assigned: list[Assigned]) -> list[Assigned]:
    """The lines of values that no step shows and that other lines use all the same, as for the shape of one."""
    done = {each.name for each in assigned}
    pending = [use for each in assigned for use in each.uses]
    found = []
    while pending:
        use = pending.pop()
        node = writer.nodes.get(use)
        if use not in done and node is not None and node.operands:
            done.add(use)
            found.append(writer.assigned(use, node))
            pending += found[-1].uses
    return found


def _occurs(variable: str, lines: list[str]) -> bool:
    return any(re.search(rf"(?<!\w){variable}(?!\w)", line) for line in lines)


def _in_order(assigned: list[Assigned]) -> list[Assigned]:
    """What the last one needs, as it stands, but each after all that it uses: a name from the way back may serve forward."""
    places = {each.name: place for place, each in enumerate(assigned)}

    def used(place: int) -> list[int]:
        return sorted(places[use] for use in assigned[place].uses if use in places)

    read = sorted(topological_order([len(assigned) - 1], operands=used))
    return [assigned[place] for place in topological_order(read, operands=used)]


class Writer:
    """Writes values as expressions of the variables that a derivation names."""

    def __init__(self, traced: Traced) -> None:
        self.names, self.cotangent = traced.names, traced.cotangent
        self.variables = Variables(traced.names.taken)
        self._parts: dict[Node, list[Node]] = {}
        self.nodes: dict[str, Node] = {}
        """What each variable stands for."""
        self._lines: list[str] = []
        """The lines in front of the one that is being written."""
        self._uses: set[str] = set()
        """The variables that those lines use."""
        self._read: dict[Node, set[int]] = {}
        """Which parts are read of an operation of several values."""
        self.local: dict[Node, str] = {}
        """The variables of the loop that is being written."""
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

    def assigned(self, variable: str, value: Node | Expression) -> Assigned:
        """The lines that give a variable the value of a node, or that of an expression as it is displayed."""
        self._lines, self._uses = [], set()
        text = literal(self._computed(value, whole=True) if isinstance(value, Node) else self._line(value))
        if isinstance(value, Expression) and not (self._uses or self._lines or "np." in text):
            text = f"np.float64({text})"
        return Assigned(variable, (*self._lines, f"{variable} = {text}"), frozenset(self._uses))

    def is_given(self, node: Node) -> TypeGuard[Constant]:
        """Whether the node is a constant that the lines are given."""
        return isinstance(node, Constant) and (bool(node.name) or (node.value.size > SMALL and not _large(node.value)))

    def _line(self, e: Expression) -> Any:
        """An expression as it is displayed; what is more than a call of NumPy is written by its parts."""
        rule = getattr(e.function, "__self__", None)
        node = rule if isinstance(rule, Node) else e.meaning if isinstance(e.meaning, Node) else None
        if node is not None:
            return self._computed(node, whole=e.function is not None)
        if e.function is None:
            return _number(e.meaning) if e.form == "number" else e.meaning
        exact = e.form == "same" and isinstance(e.parts[0].meaning, Constant)
        first = [self._constant(e.parts[0].meaning, whole=False)] if exact else []
        parts = first + [self._line(_bare(part) if e.form in ELEMENTWISE else part) for part in e.parts[len(first) :]]
        number = e.form in ("transpose", "same") and re.fullmatch(r"-?[\d.e+-]+", getattr(parts[0], "text", ""))
        if _converts_size(e) or (number and e.function in (np.transpose, transposed)):
            return parts[0]
        options = e.options
        if "index" in options:
            options = {"index": renamed(options["index"], lambda size: substitute(size, self.axes))}
        try:
            return e.function(*parts, **options)
        except Exception as error:  # whatever a rule does with text that it cannot handle, it runs on numbers only
            raise Unwritten(f"{e.word or e.form} runs on numbers only") from error

    def _computed(self, node: Node, whole: bool) -> Source:
        """A node as an expression of variables, with a line in front for each part that occurs more than once.

        With `whole` it is written out even if it has a name.
        """

        def below(each: Node) -> list[Node]:
            return self._below(each, whole and each is node)

        order = topological_order([node], operands=below)
        uses = Counter(operand for each in order for operand in below(each))
        texts: dict[Node, Source] = {}
        read = [(self.names.canonical(each.operands[0]), each.i) for each in order if isinstance(each, Part)]
        self._read |= {whole: {i for other, i in read if other is whole} for whole, _ in read}
        for each in order:
            written_out = whole and each is node
            variable = None if written_out else self._variable(each)
            written = Source(variable) if variable else self._written(each, texts, written_out)
            if variable:
                self._uses.add(variable)
            elif uses[each] > 1 and len(written.text) > SHORT:
                temporary = self.variables.free("t")
                self._lines.append(f"{temporary} = {written.text}")
                written = Source(temporary)
            texts[each] = written
        return texts[node]

    def _below(self, node: Node, whole: bool) -> list[Node]:
        """What a node is written with: its parts where it is a composite, else its operands; `whole` even if it has a name."""
        if not node.operands or _fixed(node) or (not whole and self._variable(node)):
            return []
        return self._composed_of(node) or [self.names.canonical(operand) for operand in node.operands]

    def _composed_of(self, node: Node) -> list[Node]:
        """What a composite is composed of, as a node; nothing for a primitive."""
        if node not in self._parts:
            sized = isinstance(node, Cast) and node.operands[0].known is not None  # NumPy makes what it needs of a size
            parts = node.operands[0] if sized else expand(node)
            primitive = parts is node or (type(parts) is type(node) and len(parts.operands) == len(node.operands))
            self._parts[node] = [] if primitive else [self.names.canonical(parts)]
        return self._parts[node]

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

    def _written(self, node: Node, texts: dict[Node, Source], whole: bool) -> Source:
        if isinstance(node, Sizes):
            sizes = tuple(substitute(size, self.axes) for size in node.sizes)
            return Source(literal(sizes)) if node.ndim else Source(literal(sizes[0]), PRODUCT)
        if isinstance(node, Constant) or _fixed(node):
            return self._constant(node)
        operands = self._below(node, whole)
        below = [texts[each] for each in operands]
        if self._composed_of(node):
            return below[0]
        exact = [self._constant(each, False) if isinstance(each, Constant) else texts[each] for each in operands]
        if isinstance(node, Scan):
            return loop_of(self, node, [each.text for each in exact], sorted(self._read[node]))
        node = in_axes(node, self.axes)
        written = line_of(node, exact if isinstance(node, Expand) else below)
        return self._rule_call(node, exact) if written is None else written

    def inside(self, node: Node) -> list[str]:
        """The lines of a value in a loop, the last of which is the value alone."""
        before, self._lines = self._lines, []
        text = self._computed(self.names.canonical(node), whole=True).text
        lines, self._lines = [*self._lines, text], before
        return lines

    def add(self, lines: Sequence[str]) -> None:
        """Put lines in front of the one that is being written."""
        self._lines += lines

    def _rule_call(self, node: Node, operands: list[Source]) -> Source:
        """A call of the rule itself, where that is more than calls of NumPy."""
        kind = type(node)
        attributes = {key: getattr(node, key) for key in node.attributes}
        given = [*(operand.text for operand in operands), *(f"{key}={_attribute(each)}" for key, each in attributes.items())]
        if OPERATIONS.get(kind.__name__) is kind:
            name = f"mg.{kind.__name__}"
        elif kind.__module__.startswith("minigraph."):
            name = f"mg.{kind.__module__.removeprefix('minigraph.')}.{kind.__name__}"
        else:
            name = self.variables.rule(kind)
        return Source(f"{name}.apply({', '.join(given)})")

    def _constant(self, node: Node, whole: bool = True) -> Source:
        """A constant, or a size that is known; with `whole`, floating-point numbers without a fraction as whole ones."""
        if not isinstance(node, Constant):
            assert node.known is not None
            return Source(str(node.known[0]))
        if node.value.ndim == 0:
            number = node.value.item()
            exact = whole and isinstance(number, float) and number.is_integer() and abs(number) < 1e15
            return Source(literal(int(number) if exact else number))
        if node.value.size <= SMALL:
            return Source(literal(node.value))
        return Source(_large(node.value) or self.variables.constant(node))


def _bare(e: Expression) -> Expression:
    """One number that was repeated to an array, as the number: arithmetic repeats it anyway."""
    inner = e
    while inner.form == "same" and inner.function is not np.multiply:
        inner = inner.parts[0]
    return inner if isinstance(inner.meaning, Constant) and inner.meaning.value.size == 1 else e


def _converts_size(e: Expression) -> bool:
    """Whether it is a size as a floating-point number, which NumPy makes of it anyway."""
    return e.form == "same" and isinstance(e.parts[0].meaning, Node) and e.parts[0].meaning.known is not None


def _fixed(node: Node) -> bool:
    """Whether the node is one size that is known before any run."""
    return node.known is not None and len(node.known) == 1 and isinstance(node.known[0], int) and node.ndim == 0


def _large(array: np.ndarray[Any, Any]) -> str:
    """The call that makes a large constant: of a single number, or of ones on and below a diagonal, as masks. Else nothing."""
    kind = type_name(array.dtype)
    if (array == array.flat[0]).all():
        return f"np.full({array.shape}, {literal(array.flat[0].item())}, {kind})"
    if array.ndim == 2:
        rows, columns = array.shape
        below = int(array[0].astype(bool).sum()) - 1
        if np.array_equal(array, np.tri(rows, columns, below, dtype=array.dtype)):
            return f"np.tri({rows}, {columns}, {below}, {kind})"
    return ""


def _number(value: Any) -> Source:
    """A number of a formula's own: what an output's gradient starts from, or one that was worked out."""
    if np.ndim(value):
        return Source(f"np.ones({np.shape(value)})")
    number = np.asarray(value).item()
    return Source(literal(int(number) if float(number).is_integer() else number))


def _attribute(value: Any) -> str:
    return literal(np.dtype(value) if isinstance(value, type) else value)
