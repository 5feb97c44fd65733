"""What a derivation consists of: definitions, local derivatives, gradients, and what all of it comes to."""

from dataclasses import dataclass, field

from minigraph.core.node import Node
from minigraph.explain.derivation.naming import Names
from minigraph.readings import Expression, Placeholder

__all__ = ["INCOMING", "Definition", "LocalDerivative", "NamedGradient", "Traced"]

INCOMING = Expression("name", word="□")
"""The incoming gradient, in a local derivative."""


@dataclass(frozen=True)
class Definition:
    """A named value, with one or two ways to write it."""

    node: Node
    name: Expression
    sides: tuple[Expression, ...]


@dataclass(frozen=True)
class LocalDerivative:
    """What the gradient for one named value becomes on its way back to another: an expression of □, that gradient."""

    start: Node
    end: Node
    expression: Expression
    conditions: tuple[Expression, ...] = ()
    """What the expression holds for, as relations."""
    long: Expression | None = None
    """The expression before it was simplified, which shows of how large numbers it is what is left."""


@dataclass(frozen=True)
class NamedGradient:
    """The gradient for a named value, from the gradients for those that it acts on."""

    node: Node
    expression: Expression
    auxiliary: tuple[Definition, ...]
    """What the expression calls by a name that was invented for it."""
    leaf: Placeholder
    """What stands for it in the gradients that follow."""
    conditions: tuple[Expression, ...] = ()
    """What the expression holds for, as relations."""
    long: Expression | None = None
    """The expression before it was simplified."""


@dataclass
class Traced:
    """All that a derivation shows, in order."""

    names: Names
    output: Node
    wrt: Node
    cotangent: Placeholder | None
    """The gradient □ that comes in at an output that is no scalar."""
    definitions: list[Definition] = field(default_factory=list)
    local_derivatives: list[LocalDerivative] = field(default_factory=list)
    gradients: list[NamedGradient] = field(default_factory=list)
    whole: Expression | None = None
    """The gradient without names for the gradients on its way, where that is short enough to be read."""
    repeated: tuple[Definition, ...] = ()
    """What the whole calls by a name as it would write it again and again."""
    conditions: tuple[Expression, ...] = ()
    """What the whole holds for, as relations."""
    long: Expression | None = None
    """The whole before it was simplified."""

    def called(self, node: Node) -> Expression:
        """The name of a value that has one."""
        name = self.names.known(node)
        assert name is not None
        return name
