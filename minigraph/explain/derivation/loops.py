"""A scan as lines of NumPy: a loop that fills lists."""

from collections.abc import Sequence
from typing import Any

from minigraph.core.rewriting import topological_order
from minigraph.ops.scan import Scan
from minigraph.readings import Source

__all__ = ["loop_of"]


def loop_of(writer: Any, scan: Scan, operands: Sequence[str], read: Sequence[int]) -> Source:
    """The variable that holds the parts of a scan that are read, by their numbers; the loop stands in front of the line.

    Parameters
    ----------
    writer
        Writes the values of a step, and takes the lines.
    scan
        The scan.
    operands
        How its operands are written.
    read
        The numbers of the parts.
    """
    body, count = scan.body, len(scan.body.carry)
    first, sequences, captured = body.split(operands)
    canonical, free = writer.names.canonical, writer.variables.free
    stacks = [body.stacked[i - count] for i in read if i >= count]
    lists = [free("s") for _ in stacks]
    carry, slices = ([free(_letter(leaf.name)) for leaf in leaves] for leaves in (body.carry, body.slices))
    before = dict(writer.local)
    for leaves, names in ((body.carry, carry), (body.slices, slices), (body.captured, captured)):
        writer.local |= {canonical(leaf): name for leaf, name in zip(leaves, names, strict=True)}
    lines = [f"{name} = {text}" for name, text in zip(carry, first, strict=True)]
    lines += [f"{name} = []" for name in lists]
    along = ", ".join(f"{text}{'[::-1]' * scan.reverse}" for text in sequences)
    lines.append(f"for {', '.join(slices)} in {f'zip({along})' if len(slices) > 1 else along}:")
    values: dict[Any, str] = {}
    wanted = {*body.new, *stacks}
    for node in topological_order([*body.new, *stacks]):
        if node in wanted:
            own = canonical(node)
            if own not in writer.local:
                *inner, text = writer.inside(node)
                value = free("v")
                lines += [f"    {line}" for line in (*inner, f"{value} = {text}")]
                writer.local[own] = value
            values[node] = writer.local[own]
    lines += [f"    {name}.append({values[node]})" for name, node in zip(lists, stacks, strict=True)]
    if carry:
        lines.append(f"    {', '.join(carry)} = {', '.join(values[node] for node in body.new)}")
    writer.local = before
    found = [f"{i}: {carry[i]}" for i in read if i < count]
    numbers = (i for i in read if i >= count)
    found += [f"{i}: np.stack({name}{'[::-1]' * scan.reverse})" for i, name in zip(numbers, lists, strict=True)]
    parts: str = free("t")
    writer.add([*lines, f"{parts} = {{{', '.join(found)}}}"])
    return Source(parts)


def _letter(name: str | None) -> str:
    return name if name and name.isidentifier() and name.isascii() else "d"
