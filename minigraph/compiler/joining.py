"""Parts computed where they are joined: what only a concatenation reads is written into its place there, and not copied."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minigraph.compiler.classification import Classified
from minigraph.compiler.fusion import only_reshaped
from minigraph.compiler.primitives import INTO, elementwise
from minigraph.core.node import Node
from minigraph.core.sizes import Axis
from minigraph.ops.joining import Concat

__all__ = ["PlaceIn", "parts_in_place", "places_in"]


@dataclass(frozen=True)
class PlaceIn:
    """Where a part lies in what it is joined to: from `start` to `end` along an axis, or, without that axis, at `start`."""

    whole: Node
    axis: int
    start: Axis
    end: Axis | None = None


def parts_in_place(plan: Classified, whole: Sequence[Node]) -> dict[Node, PlaceIn]:
    """The operations that are computed where one of these concatenations has them.

    Each is computed element by element, and read by the concatenation alone, as it is or with an axis of size 1 there.
    """
    read = Counter(root for node in plan.operations for root in {plan.root(operand) for operand in node.operands})
    read.update(plan.root(node) for node in (*plan.outputs, *plan.updates.values()))
    own = set(plan.operations)
    found: dict[Node, PlaceIn] = {}
    for each in whole:
        roots = [plan.root(operand) for operand in each.operands]
        for root, operand, place in zip(roots, each.operands, places_in(each), strict=True):
            if root not in own or read[root] != 1 or roots.count(root) != 1 or not root.shape or root.dtype != each.dtype:
                continue
            call: Any = plan.calls[root]
            if not elementwise(call) and (call is None or call.function not in INTO):
                continue
            if operand is root:
                found[root] = place
            elif not only_reshaped(plan, operand):
                continue
            elif operand.shape[place.axis] == 1 and root.shape == operand.shape[: place.axis] + operand.shape[place.axis + 1 :]:
                found[root] = PlaceIn(each, place.axis, place.start)
    return found


def places_in(whole: Any) -> list[PlaceIn]:
    """Where each operand of a concatenation lies in it."""
    assert isinstance(whole, Concat)
    found: list[PlaceIn] = []
    start: Any = 0
    for operand in whole.operands:
        end = start + operand.shape[whole.axis]
        found.append(PlaceIn(whole, whole.axis, start, end))
        start = end
    return found
