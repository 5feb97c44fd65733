"""A graph as data that the page's interpreter runs: every rule as the calls of NumPy's functions that it makes.

The data is a list of values. A value is `{"leaf": name}`, which the page holds; `{"array": …}`, a constant; `{"sizes": […]}`,
which follow from the named axes; `{"call": name, "of": […], "options": {…}}`, a function that `library.py` has,
called on values before it; `{"scan": {…}, "of": […]}`, a body repeated, and `{"part": i, "of": number}`, one of the arrays that
it gives. Where a rule is not read so, what the operation composes of others is, if anything; the value of a rule that no data
says is `{"recorded": true}`.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.ops.cumulative import CumProd, CumSum, Recurrence, Shift
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.linalg import Cholesky, LogAbsDet, PseudoInverse, SignDet
from minigraph.ops.multi_output import Part
from minigraph.ops.pooling import Counts
from minigraph.ops.scan import Scan
from minigraph.ops.scatter import GatherElements, GatherND, ScatterElements, ScatterND
from minigraph.ops.windows import Col2Im, Im2Col, window_of
from minigraph.readings import expand
from minigraph.readings.recorded import Recorded, Recording, size_data

__all__ = ["Program", "array_data", "called"]


class Program:
    """Some outputs of a graph, and all that they follow from, as data.

    Attributes
    ----------
    data
        The values, with the number of each output's.
    recorded
        The nodes whose rules no data says: the page has their values as they were in the run.
    numbers
        The number of each node's value. Values that are computed alike are one, but for nodes that are to stay `separate`.
    leaves
        The inputs and variables.
    """

    def __init__(self, outputs: Mapping[str, Node], separate: Iterable[Node] = ()) -> None:
        self.recording, self.recorded = Recording(), list[Node]()
        self.numbers: dict[Node, int] = {}
        self._enter_all(topological_order(outputs.values()))
        values = [_plain(value) for value in self.recording.values]
        values, merged = _merged(values, {self.numbers[node] for node in separate})
        self.numbers = {node: merged[number] for node, number in self.numbers.items()}
        self.leaves = [node for node in self.numbers if "leaf" in values[self.numbers[node]]]
        self.data: dict[str, Any] = {"values": values, "outputs": {name: self.numbers[node] for name, node in outputs.items()}}

    def unread(self, name: str) -> int:
        """The number of one more output, of which nothing is known but that it follows from the leaves."""
        number = self.data["outputs"][name] = len(self.data["values"])
        self.data["values"].append({"recorded": True, "of": [{"value": self.numbers[leaf]} for leaf in self.leaves]})
        return number

    def _enter_all(self, order: Iterable[Node]) -> None:
        for node in order:
            if node not in self.numbers:
                self.numbers[node] = self._entered(node).number

    def _entered(self, node: Node) -> Recorded:
        """A node's value."""
        recording, operands = self.recording, [Recorded(self.recording, self.numbers[each]) for each in node.operands]
        if isinstance(node, Constant):
            return recording.add(array=node.value)
        if node.known is not None:
            return recording.add(sizes=[*map(size_data, node.known)], scalar=not node.shape, dtype=node.dtype.name)
        if isinstance(node, Leaf):
            return recording.add(leaf=node.name, shape=[*map(size_data, node.shape)], dtype=node.dtype.name)
        if isinstance(node, Scan):
            body, given = self._body(node), [{"value": each.number} for each in operands]
            return self._unread(node) if body is None else recording.add(scan=body, reverse=node.reverse, of=given)
        if isinstance(node, Part):
            return recording.add(part=node.i, of=operands[0].number)
        return self._ruled(node, operands)

    def _ruled(self, node: Node, operands: list[Recorded]) -> Recorded:
        """The value that a node's rule gives, in its own type; in half precision the rule computes in float32."""
        recording, half = self.recording, node.dtype.char == "e"
        given = operands
        if half:
            types = [each.dtype.char for each in node.operands]
            given = [x.astype(np.float32) if char == "e" else x for x, char in zip(operands, types, strict=True)]
        before = len(recording.values)
        found = self._special(node, given)
        if found is None:
            found = recording.rule(node, given)
        if found is None:
            return self._composed(node)
        if found.number < before:
            same = found.number in (
                each.number for each, of in zip(operands, node.operands, strict=True) if of.dtype == node.dtype
            )
            return found if same else found.astype(node.dtype)
        recording.values[found.number]["dtype"] = node.dtype.name
        return found

    def _special(self, node: Node, operands: list[Recorded]) -> Recorded | None:
        """The value of an operation for which NumPy has no one function."""
        if type(node) not in WITHOUT_NUMPY:
            return None
        options, count = WITHOUT_NUMPY[type(node)](node)
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(node).__name__).lower()
        return self.recording.call(name, [*operands[:count]], options)

    def _composed(self, node: Node) -> Recorded:
        """The value of what an operation composes of others, where its own rule is not read."""
        parts = node if isinstance(node, Leaf) else expand(node)
        order = topological_order([parts], known=set(node.operands))
        if parts is node or any((type(each), each.operands) == (type(node), node.operands) for each in order):
            return self._unread(node)
        self._enter_all(order)
        return Recorded(self.recording, self.numbers[parts])

    def _unread(self, node: Node) -> Recorded:
        """A value that no data says how to compute."""
        self.recorded.append(node)
        return self.recording.add(recorded=True, of=[{"value": self.numbers[each]} for each in node.operands])

    def _body(self, scan: Scan) -> dict[str, Any] | None:
        """The body of a scan, as values of its own; None where one of its rules is not read."""
        body = scan.body
        inside = Program({})
        leaves = {"carry": body.carry, "slices": body.slices, "captured": body.captured}
        for kind, nodes in leaves.items():
            for i, leaf in enumerate(nodes):
                value = inside.recording.add(leaf=f"{kind}{i}", shape=[*map(size_data, leaf.shape)], dtype=leaf.dtype.name)
                inside.numbers[leaf] = value.number
        inside._enter_all(topological_order([*body.new, *body.stacked]))
        if inside.recorded:
            return None
        return {
            **{kind: [f"{kind}{i}" for i in range(len(nodes))] for kind, nodes in leaves.items()},
            "values": [_plain(value) for value in inside.recording.values],
            "new": [inside.numbers[node] for node in body.new],
            "stacked": [inside.numbers[node] for node in body.stacked],
            "kinds": [{"shape": [*map(size_data, node.shape)], "dtype": node.dtype.name} for node in body.stacked],
        }


def _windows(node: Any, image: Sequence[Any], kernel: tuple[int, ...]) -> dict[str, Any]:
    window = window_of(node, tuple(image), kernel)
    found = {key: getattr(window, key) for key in ("kernel_shape", "strides", "dilations")}
    return {**found, "margins": window.margins(tuple(image))}


def _im2col(node: Any) -> tuple[dict[str, Any], int]:
    return {**_windows(node, node.operands[0].shape[2:], node.kernel_shape), "fill": node.fill}, 1


def _col2im(node: Any) -> tuple[dict[str, Any], int]:
    return {**_windows(node, node.shape[2:], node.block_shape), "image_shape": node.shape[2:]}, 1


def _counts(node: Any) -> tuple[dict[str, Any], int]:
    image = node.operands[0].known
    found = {**_windows(node, image, node.kernel_shape), "image_shape": image}
    found["places"] = window_of(node, image, node.kernel_shape).places(image)
    if node.count_include_pad:  # the padding counts, but not what ceil_mode adds
        pads = window_of(node, image, node.kernel_shape)._replace(ceil_mode=False).margins(image)
        found["image_shape"] = tuple(before + size + after for size, (before, after) in zip(image, pads, strict=True))
        found["margins"] = tuple(
            (first - before, last - after) for (first, last), (before, after) in zip(found["margins"], pads, strict=True)
        )
    return found, 0


def _attributes(*names: str) -> Callable[[Any], tuple[dict[str, Any], int]]:
    return lambda node: ({name: getattr(node, name) for name in names}, len(node.operands))


def _slice(node: Any) -> tuple[dict[str, Any], int]:
    return {"at": [*node.at(node)]}, 2


WITHOUT_NUMPY: dict[type[Node], Callable[[Any], tuple[dict[str, Any], int]]] = {
    Im2Col: _im2col,
    Col2Im: _col2im,
    Counts: _counts,
    GatherND: _attributes("batch_dims"),
    ScatterND: _attributes("batch_dims", "reduction"),
    Cholesky: _attributes(),
    PseudoInverse: _attributes("rcond"),
    LogAbsDet: _attributes(),
    SignDet: _attributes(),
    ScatterSlice: _slice,
    ScatterAdd: _attributes("axis"),
    GatherElements: _attributes("axis"),
    ScatterElements: _attributes("axis", "reduction"),
    Shift: _attributes("axis", "reverse", "first"),
    CumSum: _attributes("axis", "reverse", "exclusive"),
    CumProd: _attributes("axis", "reverse", "exclusive"),
    Recurrence: _attributes("axis", "reverse"),
}
"""The operations without one function of NumPy's: what those of the page are given of them, and how many operands."""


def array_data(array: Any) -> dict[str, Any]:
    """An array as data: its elements in base64, in the order of memory and with the lowest byte first."""
    found = np.asarray(array)
    plain = found.astype(found.dtype.newbyteorder("<"), order="C")
    return {"data": b64encode(plain.tobytes()).decode(), "shape": list(found.shape), "dtype": found.dtype.name}


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "array": array_data(value["array"])} if "array" in value else value


def _merged(values: Sequence[dict[str, Any]], separate: Container[int]) -> tuple[list[dict[str, Any]], dict[int, int]]:
    """The values, each once where several are computed alike, and the number among them of each that there was."""
    numbers, known, found = dict[int, int](), dict[str, int](), list[dict[str, Any]]()
    for number, value in enumerate(values):
        new = {key: _renumbered(each, numbers) if key in ("of", "options") else each for key, each in value.items()}
        if "part" in value:
            new["of"] = numbers[value["of"]]
        key = str(number) if number in separate or "recorded" in value else json.dumps(new)
        if key not in known:
            known[key] = len(found)
            found.append(new)
        numbers[number] = known[key]
    return found, numbers


def _renumbered(data: Any, numbers: Mapping[int, int]) -> Any:
    """What a call is given, of values with other numbers."""
    if isinstance(data, list):
        return [_renumbered(each, numbers) for each in data]
    if isinstance(data, dict):
        return {key: numbers[each] if key == "value" else _renumbered(each, numbers) for key, each in data.items()}
    return data


def called(data: Mapping[str, Any]) -> set[str]:
    """The names of the functions that a program calls, in the bodies of its scans too."""
    names = {value["call"] for value in data["values"] if "call" in value}
    return names.union(*(called(value["scan"]) for value in data["values"] if "scan" in value))
