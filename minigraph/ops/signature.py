"""What composing an operation takes, for `inspect.signature`, `help` and editors."""

import inspect
import math
from typing import Any

from minigraph.core.node import Node

__all__ = ["CallSignature"]


class CallSignature:
    """An operation's `__signature__`: operands by their places, as its rule names them, and its attributes by keyword.

    Where the class has an `__init__` of its own, it is true of that.

    >>> import minigraph as mg
    >>> inspect.signature(mg.Gather)
    <Signature (x, indices, /, *, axis: int = 0, name: str | None = None)>
    """

    def __get__(self, node: Node | None, kind: type[Node]) -> inspect.Signature:
        positional, keywords = list[inspect.Parameter](), list[inspect.Parameter]()
        _, *given = inspect.signature(kind.__init__).parameters.values()
        names = {each.name for each in given}
        for each in given:
            if each.kind is each.VAR_POSITIONAL:
                positional += _operands(kind)
            elif each.kind is each.VAR_KEYWORD:
                keywords = [attribute for attribute in _attributes(kind) if attribute.name not in names] + keywords
            else:
                (keywords if each.kind is each.KEYWORD_ONLY else positional).append(each)
        return inspect.Signature([*positional, *keywords])


def _operands(kind: type[Node]) -> list[inspect.Parameter]:
    parameters = inspect.signature(kind.forward).parameters
    given = kind.operand_names[: int(kind.arity[1])] if kind.arity[1] < math.inf else kind.operand_names
    plain = [parameters[name].replace(annotation=inspect.Parameter.empty) for name in given]
    if len(plain) == 1 and plain[0].kind is plain[0].VAR_POSITIONAL:  # at least one
        plain = [plain[0].replace(name="first", kind=plain[0].POSITIONAL_ONLY), *plain]
    return [each if each.kind is each.VAR_POSITIONAL else each.replace(kind=each.POSITIONAL_ONLY) for each in plain]


def _attributes(kind: type[Node]) -> list[inspect.Parameter]:
    types: dict[str, Any] = {}
    for base in kind.__mro__:
        types = {**inspect.get_annotations(base), **types}
    empty = inspect.Parameter.empty
    defaults = {key: empty if default is ... else default for key, default in kind.attributes.items()}
    return [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=types[key])
        for key, default in {**defaults, "name": None}.items()
    ]
