"""A derivation as lines of NumPy, each read from the rules."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigraph.core.rewriting import topological_order
from minigraph.explain.derivation.traced import Traced
from minigraph.explain.derivation.writer import Assigned, Unwritten, Writer

__all__ = ["program_of"]

WIDTH = 120
"""Up to how many letters a line has."""


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
        assigned = [writer.assigned(variables.value(each.name.word), each.sides[-1], each.node) for each in given]
        for gradient in traced.gradients:
            assigned += [writer.assigned(variables.value(e.name.word), e.sides[0], e.node) for e in gradient.auxiliary]
            variable = variables.gradient(traced.called(gradient.node).word)
            assigned.append(writer.assigned(variable, gradient.expression, gradient.node))
        assigned = _unshown(writer, assigned) + assigned
        while loops := [scan for scan in writer.loops if writer.mark(scan) not in {each.name for each in assigned}]:
            assigned = [*map(writer.loop, loops), *assigned]
            assigned = _unshown(writer, assigned) + assigned
    except Unwritten as reason:
        return f"# There are no lines of NumPy: {reason}.\n", {}
    lines = _numbered(writer, [line for each in _in_order(assigned) for line in each.lines])
    remarks = [line for variable, line in variables.remarks if _occurs(variable, lines)]
    constants = {name: array for name, array in variables.constants.items() if _occurs(name, lines)}
    sizes = [line for variable, line in writer.sizes() if _occurs(variable, lines)]
    return "".join(f"{line}\n" for line in remarks + sizes + list(map(_wrapped, lines))), constants


def _unshown(writer: Writer, assigned: list[Assigned]) -> list[Assigned]:
    """The lines of values that no step shows and that other lines use all the same, as for the shape of one."""
    done = {each.name for each in assigned}
    pending = [use for each in assigned for use in each.uses]
    found = []
    while pending:
        use = pending.pop()
        node = writer.nodes.get(use)
        if use not in done and node is not None and node.operands:
            done.add(use)
            found.append(writer.assigned(use, None, node))
            pending += found[-1].uses
    return found


def _numbered(writer: Writer, lines: list[str]) -> list[str]:
    """The lines with temporaries that are numbered as they come."""
    found = [name for line in lines for name in re.findall(r"(?<!\w)t\d+(?!\w)", line) if name in writer.temporaries]
    numbers = dict(zip(dict.fromkeys(found), sorted(writer.temporaries, key=lambda name: int(name[1:])), strict=False))
    return [re.sub(r"(?<!\w)t\d+(?!\w)", lambda name: numbers.get(name[0], name[0]), line) for line in lines]


def _wrapped(line: str, depth: int = 0) -> str:
    """The line, beyond its width broken behind a comma within brackets, of which so many are open before it."""
    places = []
    for i, letter in enumerate(line[:WIDTH]):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth > 0 and line[i + 1 : i + 2] == " " and line[:i].strip():
            places.append((i + 1, depth))
    if len(line) <= WIDTH or not places:
        return line
    end, open_there = places[-1]
    indent = line[: len(line) - len(line.lstrip())] or "    "
    return f"{line[:end]}\n{_wrapped(indent + line[end + 1 :], open_there)}"


def _occurs(variable: str, lines: list[str]) -> bool:
    return any(re.search(rf"(?<!\w){variable}(?!\w)", line) for line in lines)


def _in_order(assigned: list[Assigned]) -> list[Assigned]:
    """What the last one needs, as it stands, but each after all that it uses: a name from the way back may serve forward."""
    places = {each.name: place for place, each in enumerate(assigned)}

    def used(place: int) -> list[int]:
        return sorted(places[use] for use in assigned[place].uses if use in places)

    read = sorted(topological_order([len(assigned) - 1], operands=used))
    return [assigned[place] for place in topological_order(read, operands=used)]
