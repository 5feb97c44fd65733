"""A scan as lines of NumPy: a loop that carries values over, and lists what is read of every step."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from minigraph.core.rewriting import topological_order
from minigraph.ops.scan import Scan

__all__ = ["loop_of", "word_of"]


def loop_of(writer: Any, scan: Scan, parts: Mapping[int, str]) -> None:
    """Write the loop of a scan.

    Parameters
    ----------
    writer
        Writes the values of a step, and takes the lines.
    scan
        The scan.
    parts
        The variables of the parts that are read, by their numbers.
    """
    body, count = scan.body, len(scan.body.carry)
    fresh, canonical = writer.variables.fresh, writer.names.canonical
    first, sequences, captured = body.split([writer.operand(each) for each in scan.operands])
    carry = [parts.get(i) or fresh(_word(leaf.name)) for i, leaf in enumerate(body.carry)]
    slices = [fresh(_word(leaf.name)) for leaf in body.slices]
    captured = [text if text.isidentifier() else writer.assign(fresh("t"), text) for text in captured]
    before = dict(writer.local)
    for leaves, names in ((body.carry, carry), (body.slices, slices), (body.captured, captured)):
        writer.local |= {canonical(leaf): name for leaf, name in zip(leaves, names, strict=True)}
    stacks = {i: body.stacked[i - count] for i in parts if i >= count}
    for name, text in zip(carry, first, strict=True):
        writer.assign(name, text)
    for i in stacks:
        writer.assign(parts[i], "[]")
    along = [f"{text if text.isidentifier() else f'({text})'}[::-1]" if scan.reverse else text for text in sequences]
    over = f"zip({', '.join(along)})" if len(slices) > 1 else along[0]
    writer.add(f"for {', '.join(slices)} in {over}:")
    writer.indent += 1
    roots = [*body.new, *stacks.values()]
    order = topological_order(roots)
    uses = Counter([*(operand for node in order for operand in node.operands), *roots])
    for node in order:
        moved = node.moves_elements and all(canonical(each) in writer.local for each in node.operands if each.dtype.kind == "f")
        several = uses[node] > 1 and node.operands and node.dtype.kind == "f" and not moved
        if several and canonical(node) not in writer.local:
            writer.local[canonical(node)] = writer.assign(fresh("v"), writer.operand(node))
    for i, node in stacks.items():
        writer.add(f"{parts[i]}.append({writer.operand(node)})")
    if carry:
        writer.assign(", ".join(carry), ", ".join(writer.operand(node) for node in body.new))
    writer.indent -= 1
    writer.local = before
    for i in stacks:
        writer.assign(parts[i], f"np.stack({parts[i]}{'[::-1]' * scan.reverse})")


def word_of(scan: Any, i: int) -> str:
    """What a variable for a part of a scan is called: h for the last one, hs for all of them."""
    body, count = scan.body, len(scan.body.carry)
    if i < count:
        return _word(body.carry[i].name)
    node = body.stacked[i - count]
    carried = [leaf for leaf, new in zip(body.carry, body.new, strict=True) if new is node]
    return f"{_word((carried or [node])[0].name)}s"


def _word(name: str | None) -> str:
    return name if name and name.isidentifier() and name.isascii() else "d"
