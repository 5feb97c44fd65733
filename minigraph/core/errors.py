"""The errors a user can meet, one family; those of files are with what reads them, in interop/.

Each derives from `MinigraphError` and from the builtin that fits, so both `except mg.MinigraphError` and `except ValueError`
catch what they should. A message says what was asked, what was found, for which node and the line that made it, and what to do.
"""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "DTypeError", "GraphError", "InputError", "MinigraphError", "MissingPackageError", "NonFiniteError", "OperationError",
    "RuleError", "ShapeError", "UnknownAttributeError", "UnknownNameError", "UnreadableRuleError",
]  # fmt: skip


class MinigraphError(Exception):
    """The base of every error that minigraph raises on purpose."""

    def __str__(self) -> str:
        """The message itself, fit for a terminal; KeyError would show it quoted, on one line."""
        return printable("\n".join(map(str, self.args)))


class ShapeError(MinigraphError, ValueError):
    """Shapes that do not fit an operation, an input or a variable."""


class DTypeError(MinigraphError, TypeError):
    """An element type that an operation, an input or a variable does not take."""


class OperationError(MinigraphError, TypeError):
    """An operation composed with the wrong operands or attributes, or a node used where a value is needed."""


class GraphError(MinigraphError, ValueError):
    """A graph, an update or a derivative that was asked for in a way that has no answer."""


class InputError(MinigraphError, ValueError):
    """Inputs of a run that are missing, or whose values an operation cannot take."""


class UnknownNameError(MinigraphError, KeyError):
    """A name or a node that the graph does not hold."""


class UnknownAttributeError(MinigraphError, AttributeError):
    """An attribute or a method that a node, or minigraph itself, does not have."""


class MissingPackageError(MinigraphError, ImportError):
    """An optional package that is not installed; the message names the extra that brings it."""


class NonFiniteError(MinigraphError, ArithmeticError):
    """A value that stopped being finite."""


class RuleError(MinigraphError, RuntimeError):
    """A node's own `forward` or `backward` that failed, or that cannot be read the way it was asked to be."""


class UnreadableRuleError(RuleError):
    """A rule that runs on numbers alone, asked for what only nodes give: a second derivative, a formula."""


def printable(text: str) -> str:
    """The text without what would steer a terminal or hide in it: such characters as escapes; line ends and spaces stay.

    >>> print(printable("a label\\x1b[2J"))
    a label\\x1b[2J
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(c: str) -> str:
    return c if c.isprintable() or c == "\n" or unicodedata.category(c) == "Zs" else c.encode("unicode_escape").decode()


def nearest(name: str, known: Iterable[str]) -> str:
    """ " Did you mean 'labels'?" for the known name closest to `name`, or nothing when none is close."""
    names = list(known)
    small = {other.lower(): other for other in names}
    close = get_close_matches(name, names, n=1) or [small[each] for each in get_close_matches(name.lower(), small, n=1)]
    return f" Did you mean {close[0]!r}?" if close else ""


def listing(words: Iterable[object], last: str = "and") -> str:
    """The words as a sentence writes them: "x", "x and y", "x, y and z"."""
    *head, tail = [str(word) for word in words] or ["none"]
    return f"{', '.join(head)} {last} {tail}" if head else tail
