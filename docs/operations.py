"""Make docs/operations.md and its pictures from the operations themselves: `python -m docs.operations [FOLDER]`.

Every word of the page comes from a class (its docstring, its attributes, its rules read as mathematics) or from the table of
cases by which it is proven. Nothing about an operation is written here.
"""

import inspect
import math
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx

import minigraph as mg
from minigraph.core.errors import listing
from minigraph.core.numpy_protocol import COMPOSED_BY, numpy_name
from minigraph.core.provenance import composed_at
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.render import Circuit, render
from minigraph.interop.onnx.call import CALLED
from minigraph.interop.onnx.composed import COMPOSED
from minigraph.ops import FAMILIES, OPERATIONS
from minigraph.readings import expand, formula, local_derivative
from tests.cases import ROWS
from tests.cases.making import Case

INTRODUCTION = """# The operations

This page is made from the operations themselves by `make docs`. The local rules are read from each one's `backward`, the
mathematics from its `forward`, the examples are run by the tests, and the shapes are those of one of the cases by which the
operation is proven.

**How to read a rule.** y is the operation's value. □ is the gradient that arrives there: the derivative of some number,
usually a loss, by each element of y. Beside each operand stands what its rule sends back: the gradient for that operand.
⊙ multiplies element by element, · multiplies matrices (or by a single number), ᵀ transposes, Σ adds up (over everything,
or over what is said, as max columns (x) is the largest of each row), [a > b] is 1 where that holds, else 0, and k counts the
places along an axis, from 0. A softmax goes over the last axis unless another is said. What is nested too deeply to be read is
left out, as (…). An operand that is not listed takes no derivative. Where an operand was broadcast, the sum over the repeated
axes is taken afterwards, for all operations in the same way.

In the circuits what stands below a wire is what becomes of the gradient on its way back: × (1 − y²) multiplies it; where the
gradient stands in the middle of a formula, it is written δ.

The examples follow on

```pycon
>>> import numpy as np
>>> import minigraph as mg
>>> from minigraph import *
```

## Every local rule, side by side

"""

OTHERS = """## What is composed of others

Many functions of NumPy's are no operation of their own: called on nodes, they compose several, as [numpy.md](numpy.md) says.

So are these operators of ONNX's, where `mg.from_onnx` reads a model: {onnx}.
"""

EXAMPLE = re.compile(r"((?:^>>> .*\n(?:.+\n)*)+)", re.MULTILINE)
"""The example of a docstring, up to a blank line."""

SECTION = re.compile(r"^(Attributes|Raises)\n-+\n((?:.+\n)+)", re.MULTILINE)
"""A list in NumPy's form."""
ITEM = re.compile(r"^(\w.*?)(?: : .*)?\n((?: {4}.*\n)+)", re.MULTILINE)

BAR = "\\|"
"""A bar that does not end the cell of a table."""


@dataclass(frozen=True)
class Entry:
    """All that the page says of one operation."""

    kind: type[mg.Node]
    cases: list[Case]

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.kind.__name__

    @cached_property
    def case(self) -> Case:
        """The case that is shown: the first of those with the most operands and a named axis, away from kinks."""
        return max(self.cases, key=lambda case: (not case.kink, len(case.operands), case.names_an_axis))

    @cached_property
    def node(self) -> mg.Node:
        """The operation composed on that case."""
        with composed_at(""):
            operands = []
            for i, operand in enumerate(self.case.operands):
                array = operand.draw(np.random.RandomState(0), 3)
                dtype = np.float32 if array.dtype.kind == "f" else array.dtype
                given = operand.shape if operand.is_shape else mg.Input(self._operand(i), operand.shape, dtype)
                operands.append(given)
            return self.kind(*operands, **self.case.attributes)

    def _operand(self, i: int) -> str:
        many = self.kind.arity[1] == math.inf and i >= len(self.kind.operand_names) - 1
        return f"x{i + 1}" if many else self.kind.operand_names[i]

    @property
    def value(self) -> str:
        """What y is: the rule for the value, read as mathematics; where that only arranges elements, how it arranges them."""
        self.node.name = None
        written = formula(expand(self.node))
        names = [str(operand) for operand in self.node.operands]
        if written not in names:
            return written
        x = self.node.operands[names.index(written)]
        if x.shape != self.node.shape:
            return f"{written}, as {show_shape(self.node.shape)}"
        return written if x.dtype == self.node.dtype else f"{written}, as {self.node.dtype}"

    @property
    def derivatives(self) -> list[tuple[str, str]]:
        """Each operand's name with the gradient for it, or nothing where it takes none."""
        self.node.name = "y"
        told = [local_derivative(self.node, i) for i in range(len(self.node.operands))]
        names = [operand.name or self._operand(i) for i, operand in enumerate(self.node.operands)]
        return [(name, derivative or "") for name, derivative in zip(names, told, strict=True)]

    def check(self) -> None:
        """Raise unless the gradient for each operand, computed as it is written, is what runs."""
        arrays = [operand.draw(np.random.RandomState(0), 3) for operand in self.case.operands]
        graph = mg.Graph(y=self.node)
        given = zip(self.node.operands, arrays, strict=True)
        inputs = {str(node): array for node, array in given if isinstance(node, mg.Input)}
        for name in graph.inputs if self.node.dtype.kind == "f" else ():
            try:
                derivation = graph.derive(name, **inputs)
            except (mg.GraphError, mg.DTypeError):  # it takes no derivative
                continue
            if not derivation.ok:
                raise AssertionError(f"What the page would say of {self.name} is not so:\n{derivation}")

    @property
    def circuit(self) -> Circuit:
        """The operation on its own, with its local derivatives; the page tells what the legend would."""
        self.node.name = "y"
        circuit: Circuit = mg.Graph(y=self.node).draw(derivatives=True, legend=False)
        return circuit

    def row(self) -> str:
        """Its line in the table of all rules."""
        rules = [f"{name}: `{derivative}`" for name, derivative in self.derivatives if derivative]
        cells = [f"[{self.name}](#{self.name.lower()})", f"`{self.value}`", "<br>".join(rules) or "—"]
        return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"

    def section(self) -> str:
        """Its section of the page."""
        facts = "".join(f"- {name}: {what}\n" for name, what in self._facts() if what)
        prose = SECTION.sub(_as_list, EXAMPLE.sub(r"```pycon\n\1```\n", f"{inspect.getdoc(self.kind)}\n"))
        picture = f"![{self.name}, with its local derivatives](pictures/operations/{self.name}.svg)"
        return f"### {self.name}\n\n{prose}\n{facts}\n{picture}\n"

    def _facts(self) -> list[tuple[str, str]]:
        kinks = dict.fromkeys(case.kink for case in self.cases if case.kink)
        return [
            ("y", f"`{self.value}`"),
            *((f"gradient for {name}", f"`{derivative}`" if derivative else "none") for name, derivative in self.derivatives),
            ("shapes", f"{', '.join(map(self._shown, self.node.operands))} → y ({show_shape(self.node.shape)})"),
            ("attributes", ", ".join(_attribute(*each) for each in self.kind.attributes.items())),
            ("at its kinks", "; ".join(map(str, kinks))),
            ("in NumPy", ", ".join(f"`{name}`" for name in _spellings(self.kind))),
            ("in ONNX", _onnx_name(self.name)),
        ]

    def _shown(self, operand: mg.Node) -> str:
        i = self.node.operands.index(operand)
        return f"{operand.name or self._operand(i)} ({show_shape(operand.shape)})"


def entries() -> list[Entry]:
    """Every operation, in the order of the families."""
    return [Entry(kind, [case for case in ROWS if case.operation == name]) for name, kind in OPERATIONS.items()]


def page() -> str:
    """The whole page."""
    known = {entry.name: entry for entry in entries()}
    table = ["| operation | y | gradient for each operand |", "|---|---|---|"]
    for entry in known.values():
        entry.check()
    table += [entry.row() for entry in known.values()]
    families = [_family(family, [known[name] for name in family.__all__]) for family in FAMILIES]
    return f"{INTRODUCTION}{chr(10).join(table)}\n\n{others()}\n" + "\n".join(families)


def others() -> str:
    """What is no operation of its own."""
    return OTHERS.format(onnx=listing(sorted(name for name in COMPOSED if not hasattr(mg, name))))


def _family(family: ModuleType, members: list[Entry]) -> str:
    file = family.__name__.partition(".")[2].replace(".", "/")
    return f"## {file}.py\n\n{inspect.getdoc(family)}\n\n" + "\n".join(entry.section() for entry in members)


def _attribute(name: str, default: object) -> str:
    shown = default.__name__ if isinstance(default, type) else repr(default)
    return f"`{name}` (required)" if default is ... else f"`{name}={shown}`"


def _as_list(section: re.Match[str]) -> str:
    """A list of a docstring as one of the page."""
    items = [f"- {names}: {' '.join(text.split())}\n" for names, text in ITEM.findall(section[2])]
    return f"{section[1]}:\n\n{''.join(items)}"


def _spellings(kind: type[mg.Node]) -> list[str]:
    return [numpy_name(function) for function, compose in COMPOSED_BY.items() if getattr(compose, "__self__", None) is kind]


def _onnx_name(name: str) -> str:
    called = next((theirs for theirs, ours in CALLED.items() if ours == name), name)
    return f"`{called}`" if onnx.defs.has(called) else "no operator of its own"


def words(dot: Circuit) -> list[str]:
    """The words that a circuit shows."""
    labels = re.findall(r"label=<(.*?)> (?=\w+=)", dot.source)
    texts = [text for label in labels for text in re.findall(r"(?:^|>)([^<>]+)(?:$|<)", label)]
    return sorted(unescape(text) for text in texts)


def make(folder: Path) -> None:
    """Write the page into the folder, and the pictures below it."""
    (folder / "operations.md").write_text(page(), encoding="utf-8")
    pictures = folder / "pictures" / "operations"
    for old in pictures.glob("*.svg"):
        old.unlink()
    for entry in entries():
        render(entry.circuit, pictures / f"{entry.name}.svg")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
