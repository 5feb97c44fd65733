"""Programs kept for functions that are traced anew at each call: by the structure of what was traced, not by its numbers.

What a traced graph captures, the arrays and numbers that are its constants, is passed to the program as inputs, so that a
call with other numbers runs the same program. What is structure stays a constant: a shape, or the 2 of x².
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any

from minigraph.compiler.program import compile
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.shapes import Shape
from minigraph.core.values import DType
from minigraph.ops.copies import substituted
from minigraph.readings.sameness import frozen, structure

__all__ = ["Argument", "Compiled", "Structure"]

KEPT = 256
"""How many programs are kept: the ones that were last called."""
LITERAL = 4
"""Up to here a half or a whole number is structure, as in x², x / 2 and x[0], where a program is shorter that knows it."""


class Argument(Input):
    """An input that stands for what a function is called with: of any name, shape and element type, and of no line."""

    def __init__(self, name: str, shape: Shape, dtype: DType) -> None:
        Leaf.__init__(self, name, shape, dtype)
        self.line = ""  # a program may be called from other lines than the first


class Structure:
    """A traced graph as a key that is the same whenever the same is traced, and the numbers that are not part of it.

    Parameters
    ----------
    outputs
        What was composed.
    order
        All nodes that they depend on.
    arguments
        The inputs that they were composed of.
    """

    def __init__(self, outputs: Sequence[Node], order: Sequence[Node], arguments: Sequence[Argument]) -> None:
        self.outputs, self.arguments = outputs, arguments
        numbers: dict[Hashable, Constant] = {}
        self.captured = {node: numbers.setdefault(_number(node), node) for node in _captured(order)}
        """The constants that are passed as inputs, each with the first that is the same number: these are the inputs."""
        place = {node: i for i, node in enumerate(numbers.values())}
        self.numbers = [node.value for node in numbers.values()]
        """What is passed for them."""
        known: dict[Node, Hashable] = {node: (node.shape, node.dtype, place[first]) for node, first in self.captured.items()}
        known |= {node: (i, node.shape, node.dtype) for i, node in enumerate(arguments)}
        takes = tuple([(node.name, node.shape, node.dtype) for node in arguments])
        places = tuple([(node.name, node.line) for node in order])  # what messages say
        self.key: Hashable = (takes, places, structure(order, outputs, known))

    def compiled(self, kind: Hashable, derive: "Derive", like: Sequence[Node] = ()) -> "Compiled":
        """The program for what `derive` composes, kept under this structure and the kind of what is derived.

        It takes the arguments, the captured numbers, and a value for each of the nodes that the further ones are `like`.
        """
        key = kind, self.key
        with _LOCK:
            if key in _PROGRAMS:
                _PROGRAMS.move_to_end(key)
                return _PROGRAMS[key]
        program = Compiled(self, derive, like)
        with _LOCK:
            _PROGRAMS[key] = program
            if len(_PROGRAMS) > KEPT:
                _PROGRAMS.popitem(last=False)
        return program


Derive = Callable[[Sequence[Node], Sequence[Argument], Sequence[Node]], Sequence[Node]]
"""What is composed of a function's outputs, its arguments, and further nodes, such as a cotangent."""


class Compiled:
    """A program that is given values by their places."""

    def __init__(self, of: Structure, derive: Derive, like: Sequence[Node]) -> None:
        taken = {node.name for node in topological_order(of.outputs) if not isinstance(node, Argument)}
        names = [str(node.name) for node in of.arguments]
        names = [name if name not in taken else f"argument {i}" for i, name in enumerate(names)]
        names += [f"captured {i}" for i in range(len(of.numbers))]
        leaves = [*of.arguments, *dict.fromkeys(of.captured.values())]
        inputs = [Argument(name, leaf.shape, leaf.dtype) for name, leaf in zip(names, leaves, strict=True)]
        known: dict[Node, Node] = dict(zip(leaves, inputs, strict=True))
        new = substituted(of.outputs, known | {node: known[first] for node, first in of.captured.items()})
        further = [Argument(f"further {i}", node.shape, node.dtype) for i, node in enumerate(like)]
        results = derive([new[node] for node in of.outputs], inputs[: len(of.arguments)], further)
        graph = Graph({f"result {i}": node for i, node in enumerate(results)})
        self.step = compile(graph)
        self.names = [str(node.name) if node.name in graph.inputs else None for node in (*inputs, *further)]
        """The name of each thing that it takes, or None where the results do not depend on it."""

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        given = {name: value for name, value in zip(self.names, values, strict=True) if name is not None}
        return [value if value.shape else value[()] for value in self.step(**given).values()]


def _captured(order: Sequence[Node]) -> list[Constant]:
    """The constants that nothing needs to know while the graph is composed: not shapes, nor the numbers that formulas have."""
    readers: dict[Node, list[Node]] = {node: [] for node in order if isinstance(node, Constant) and not _is_literal(node)}
    for node in order:
        for operand in node.operands:
            if operand in readers:
                readers[operand].append(node)
    fixed = {operand for node in {each for found in readers.values() for each in found} for operand in _needed(node)}
    return [node for node in readers if isinstance(node, Constant) and node not in fixed]


def _number(node: Constant) -> Hashable:
    """The same for constants that are the same number; an array is itself alone, as to compare it takes a while."""
    return node if node.shape else frozen(node.value)


def _is_literal(node: Constant) -> bool:
    return not node.shape and bool(abs(node.value) <= LITERAL and 2 * node.value == 2 * node.value // 1)


def _needed(node: Node) -> Sequence[Node]:
    """The constants among the operands that a node must know to tell its shape, or the sizes that are its value."""
    constants: list[Node] = [operand for operand in node.operands if isinstance(operand, Constant)]
    if node.known is not None:
        return constants
    chosen = [each for i, each in enumerate(node.operands) if each in constants and node.selectors and node._selects(i)]
    if not chosen:
        return []
    blank: dict[Node, Node] = {each: Argument("", each.shape, each.dtype) for each in chosen}
    operands = tuple(blank.get(each, each) for each in node.operands)
    try:
        found = altered(node, operands=operands).infer(*operands)
    except Exception:  # whatever keeps it from telling
        return chosen
    return [] if tuple(found[0]) == node.shape and found[1] == node.dtype else chosen


_PROGRAMS: OrderedDict[Hashable, Compiled] = OrderedDict()
_LOCK = Lock()
