"""A function called with inputs in the place of its arguments, and what is derived of it: composed, or computed."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, OperationError
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.values import numeric
from minigraph.functions.programs import Argument, Derive, Structure
from minigraph.functions.tracing import checked, name_of, parameter_names, traced
from minigraph.ops.trees import labelled_leaves, leaves, with_leaves

__all__ = ["Argnum", "Call", "Differentiated"]

Place = int | str
"""Where an argument is in a call: its number, or its name where it is given by name."""
Argnum = Place | tuple[Place, ...]
"""By which arguments a function is differentiated: the number or the name of one, or a tuple of them."""


class Differentiated:
    """A function, and by which of its arguments it is differentiated.

    Parameters
    ----------
    transformation
        What differentiates it, such as "grad", for messages.
    function
        The function.
    argnum
        The number or the name of an argument, or a tuple of them.
    """

    def __init__(self, transformation: str, function: Callable[..., Any], argnum: Argnum) -> None:
        checked(transformation, function)
        self.owner, self.function, self.name = f"mg.{transformation}", function, name_of(function, "the function")
        self.several = isinstance(argnum, tuple | list)
        self.argnums = tuple(argnum) if isinstance(argnum, tuple | list) else (argnum,)
        if not self.argnums or not all(isinstance(each, int | str) and not isinstance(each, bool) for each in self.argnums):
            raise OperationError(
                f"{self.owner} takes as argnum the number or the name of an argument, or a tuple of them, not {argnum!r}."
            )
        self.names = parameter_names(function)

    def place(self, argnum: Place, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Place:
        """Where an argument is in a call."""
        number = self.names.index(argnum) if argnum in self.names else argnum
        if isinstance(number, int) and -len(args) <= number < len(args):
            return number % len(args)
        name = self.names[number] if isinstance(number, int) and 0 <= number < len(self.names) else number
        if isinstance(name, str) and name in kwargs:
            return name
        given = f"{len(args)} argument{'s' * (len(args) != 1)} by place" + f" and {', '.join(kwargs)} by name" * bool(kwargs)
        raise OperationError(
            f"{self.owner} differentiates {self.name} by its argument {argnum!r}, which it is not called with: it "
            f"is given {given}."
        )

    def label(self, place: Place) -> str:
        """What an argument is called."""
        return place if isinstance(place, str) else self.names[place] if place < len(self.names) else f"x{place}"


class Call:
    """One call of a function. What it gave is `result`, a tree of nodes and numbers.

    Where an argument is a node, or what the function gives depends on inputs of a graph around it, a derivative is composed;
    otherwise it is computed, by a program that is kept for the next call of this structure.
    """

    def __init__(self, of: Differentiated, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.of = of
        everything: dict[Place, Any] = dict([*enumerate(args), *kwargs.items()])
        chosen = [of.place(argnum, args, kwargs) for argnum in of.argnums]
        if len(set(chosen)) < len(chosen):
            raise OperationError(f"{of.owner} differentiates {of.name} by one argument twice: {of.argnums}.")
        self.trees = [everything[place] for place in chosen]
        """What it is differentiated by, as it was given."""
        labelled = [
            each for place, tree in zip(chosen, self.trees, strict=True) for each in labelled_leaves(tree, of.label(place))
        ]
        self.given = self._numbers(labelled)
        self.arguments = [Argument(name, each.shape, each.dtype) for (name, _), each in zip(labelled, self.given, strict=True)]
        inputs = iter(self.arguments)
        everything |= {place: with_leaves(tree, inputs) for place, tree in zip(chosen, self.trees, strict=True)}
        self.result = traced(of.function, [everything[i] for i in range(len(args))], {key: everything[key] for key in kwargs})
        self.outputs = [self._output(leaf) for leaf in leaves(self.result)]
        """The leaves of what it gave as nodes."""
        if not self.outputs:
            raise OperationError(
                f"{of.name} gives {self.result!r}, and {of.owner} differentiates numbers: does it return its value?"
            )
        self._order = topological_order(self.outputs)
        own = set(self.arguments)
        self.composes = any(isinstance(each, Node) for each in self.given) or any(
            isinstance(node, Input) and node not in own for node in self._order
        )

    def _numbers(self, labelled: Sequence[tuple[str, Any]]) -> list[Any]:
        """The leaves as nodes or arrays. A float of Python's has the type of the arrays beside it, or else float64."""
        found = [leaf if isinstance(leaf, Node) else numeric(leaf, f"{name} of {self.of.name}") for name, leaf in labelled]
        for (name, leaf), number in zip(labelled, found, strict=True):
            if number.dtype.kind != "f":
                whole = f"{leaf!r}" if number.ndim == 0 and not isinstance(leaf, Node) else f"{number.dtype}"
                raise DTypeError(
                    f"{self.of.owner} differentiates {self.of.name} by {name}, which is of whole numbers, {whole}: they take "
                    "no derivative.\n  Give floating-point numbers, such as 2.0 or x.astype(float)."
                )
        types = {number.dtype for (_, leaf), number in zip(labelled, found, strict=True) if type(leaf) is not float}
        weak = np.result_type(*types, *([] if types else [np.float64]))
        kinds = [weak if type(leaf) is float else each.dtype for (_, leaf), each in zip(labelled, found, strict=True)]
        return [
            number if isinstance(number, Node) else number.astype(kind.newbyteorder("="), copy=False)
            for number, kind in zip(found, kinds, strict=True)
        ]

    def _output(self, leaf: Any) -> Node:
        """What the function gave as a node: a number that depends on no argument is a constant of the arguments' type."""
        if isinstance(leaf, Node):
            return leaf
        types = {each.dtype for each in self.given}
        return Constant(numeric(leaf, f"The value of {self.of.name}"), dtype=np.result_type(*types) if types else np.float64)

    def derived(
        self, kind: Hashable, derive: Derive, like: Sequence[Node] = (), seeds: Sequence[Sequence[Any]] = ((),)
    ) -> list[Any]:
        """What `derive` composes of the outputs, the arguments and further nodes, for each of the seeds, the arrays for these.

        Parameters
        ----------
        kind
            The name under which its program is kept.
        derive
            What composes nodes of the outputs, the arguments and the further nodes.
        like
            Nodes of the shape and type of the further ones.
        seeds
            Arrays for them, any number of times.

        Returns
        -------
        For each of the seeds a list: of nodes, where they are composed, or of arrays.
        """
        if self.composes:
            found = [
                derive(self.outputs, self.arguments, [Constant(each, dtype=each.dtype) for each in every]) for every in seeds
            ]
            return self._composed(found)
        structure = Structure(self.outputs, self._order, self.arguments)
        program = structure.compiled(kind, derive, like)
        values = [*self.given, *structure.numbers]
        return [program([*values, *each]) for each in seeds]

    def _composed(self, found: Sequence[Sequence[Node]]) -> list[list[Node]]:
        """What was composed of the arguments, of what these stand for. Nobody else has the nodes that read them."""
        known: dict[Node, Node] = {
            argument: each if isinstance(each, Node) else Constant(each, dtype=each.dtype)
            for argument, each in zip(self.arguments, self.given, strict=True)
        }
        for node in topological_order([*self.outputs, *(node for nodes in found for node in nodes)]):
            if not known.keys().isdisjoint(node.operands):
                node.operands = tuple(known.get(operand, operand) for operand in node.operands)
        return [[known.get(node, node) for node in nodes] for nodes in found]

    def in_form(self, found: Iterator[Any]) -> Any:
        """Leaves in the form of what the function is differentiated by: one tree, or a tuple where argnum is one."""
        trees = tuple(with_leaves(tree, found) for tree in self.trees)
        return trees if self.of.several else trees[0]
