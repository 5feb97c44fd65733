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
    canonical, used = writer.names.canonical, set[str]()

    def fresh(word: str) -> str:
        name = str(writer.variables.fresh(word))
        used.add(name)
        return name

    stacks = {i: body.stacked[i - count] for i in parts if i >= count}
    roots = [*body.new, *stacks.values()]
    order = topological_order(roots, operands=lambda node: node.operands if node.known is None else ())
    first, given, outside = body.split(scan.operands)
    read = [i for i, leaf in enumerate(body.slices) if leaf in order] or [0]
    carry = [parts.get(i) or writer.variables.fresh(_word(leaf.name)) for i, leaf in enumerate(body.carry)]
    starts = [writer.operand(each) for each in first]
    sequences = [writer.operand(given[i]) for i in read]
    slices = [fresh(f"{text}_t" if text.isidentifier() else "x_t") for text in sequences]
    before = dict(writer.local)
    for leaf, name in (*zip(body.carry, carry, strict=True), *zip([body.slices[i] for i in read], slices, strict=True)):
        writer.local[canonical(leaf)] = name
    for leaf, node in zip(body.captured, outside, strict=True):
        if leaf in order:
            text = writer.operand(node)
            writer.local[canonical(leaf)] = text if text.isidentifier() else writer.assign(fresh("t"), text)
    for name, text in zip(carry, starts, strict=True):
        writer.assign(name, text)
    for i in stacks:
        writer.assign(parts[i], "[]")
    along = [f"{text if text.isidentifier() else f'({text})'}[::-1]" if scan.reverse else text for text in sequences]
    over = f"zip({', '.join(along)})" if len(slices) > 1 else along[0]
    writer.add(f"for {', '.join(slices)} in {over}:")
    writer.indent += 1
    called = {node: f"{_word(leaf.name)}_t" for leaf, node in zip(body.carry, body.new, strict=True)}
    called |= {node: f"{_word(node.name)}_t" for node in order if node.name}
    uses = Counter([*(operand for node in order for operand in node.operands), *roots])
    for node in order:
        moved = node.moves_elements and all(canonical(each) in writer.local for each in node.operands if each.dtype.kind == "f")
        several = uses[node] > 1 and node.operands and node.dtype.kind == "f" and not moved
        if (several or (node.name and node.operands)) and canonical(node) not in writer.local:
            writer.local[canonical(node)] = writer.assign(fresh(called.get(node, "v")), writer.operand(node))
    for i, node in stacks.items():
        writer.add(f"{parts[i]}.append({writer.operand(node)})")
    if carry:
        writer.assign(", ".join(carry), ", ".join(writer.operand(node) for node in body.new))
    writer.indent -= 1
    writer.local = before
    if not writer.indent:
        writer.variables.release(used)
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
