"""What composing an operation takes: operands by their places, as its rule has them, and its attributes by keyword."""

import inspect
import math
from collections.abc import Callable
from typing import Any

__all__ = ["CallSignature", "operands_of"]


def operands_of(forward: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[int, float]]:
    """The names of a rule's operands, and the least and the most of them."""
    positional, several = _operands(forward)
    least = sum(operand.default is operand.empty for operand in positional)
    names = tuple(operand.name for operand in positional + several)
    return names, (max(least, 1), math.inf) if several else (least, len(positional))


def _operands(forward: Callable[..., Any]) -> tuple[list[inspect.Parameter], list[inspect.Parameter]]:
    """The parameters that take one operand each, and the one that takes several."""
    parameters = [each for each in list(inspect.signature(forward).parameters.values())[1:] if each.name != "out"]
    return (
        [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD],
        [each for each in parameters if each.kind is each.VAR_POSITIONAL],
    )


class CallSignature:
    """A class's `__signature__`, which `inspect.signature` and `help` show: true of an `__init__` of the class's own as well.

    >>> import minigraph as mg
    >>> inspect.signature(mg.Gemm)
    <Signature (a, b, c=None, /, *, alpha: float = 1.0, beta: float = 1.0, transA: bool = False, transB: bool = False, \
name: str | None = None)>
    """

    def __get__(self, node: Any, kind: type) -> inspect.Signature:
        positional, keywords = list[inspect.Parameter](), list[inspect.Parameter]()
        given = list(inspect.signature(kind.__init__).parameters.values())[1:]  # type: ignore[misc]
        names = {each.name for each in given}
        for each in given:
            if each.kind is each.VAR_POSITIONAL:
                positional += _by_place(kind)
            elif each.kind is each.VAR_KEYWORD:
                keywords = [attribute for attribute in _by_keyword(kind) if attribute.name not in names] + keywords
            else:
                (keywords if each.kind is each.KEYWORD_ONLY else positional).append(each)
        return inspect.Signature([*positional, *keywords])


def _by_place(kind: Any) -> list[inspect.Parameter]:
    positional, several = _operands(kind.forward)
    if several and not positional:  # at least one
        positional = [several[0].replace(name="first")]
    placed = [each.replace(kind=each.POSITIONAL_ONLY, annotation=each.empty) for each in positional]
    return placed + [each.replace(annotation=each.empty) for each in several]


def _by_keyword(kind: Any) -> list[inspect.Parameter]:
    types = {"name": str | None}
    for base in kind.__mro__:
        types = {**inspect.get_annotations(base), **types}
    defaults = {**kind.attributes, "name": None}
    keyword, empty = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    return [
        inspect.Parameter(key, keyword, default=empty if default is ... else default, annotation=types[key])
        for key, default in defaults.items()
    ]
