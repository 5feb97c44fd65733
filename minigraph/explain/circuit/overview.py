"""What a place has too little room for, in fewer and fewer parts: the blocks of a graph, and what leads to its named values."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.provenance import derivative_order
from minigraph.explain.circuit.opening import opened, paths_of
from minigraph.explain.circuit.repeats import Path, Stretch
from minigraph.explain.circuit.style import label_of, symbol
from minigraph.explain.circuit.view import View

__all__ = ["cones", "in_parts", "overviews"]

PARTS = 14, 10, 7, 5, 3, 2, 1
"""In how many equal parts a graph is shown that nothing else makes small enough."""

FEW = 3
"""Of how many parts an overview is at least, unless there is no room for so many."""

SIGNS = 3
"""By how many of its operations a part is called that gives no value with a name."""


def overviews(graph: Graph) -> Iterator[View]:
    """The views of a graph with ever fewer boxes: the parts that lead to its named values, to those that are used more than
    once, and equal parts of what is computed one after the other."""
    for named in (True, False):
        if len(set((parts := cones(graph, named)).values())) >= FEW:
            yield _closed(graph, parts)
    for count in PARTS:
        yield _closed(graph, in_parts(graph, count))


def cones(graph: Graph, named: bool) -> dict[Node, Path]:
    """For each operation the outermost block around it, or what it leads to and nothing else: a value that is an output, that
    is used in several such parts, or, if that is asked for, that has a name.

    Such a part takes what it takes and gives one value. Source: the maximum fanout-free cones of J. Cong, Y. Ding, "FlowMap",
    1994.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ()), mg.Parameter("w", 2.0)
    >>> a = mg.Tanh(x * w, name="a")
    >>> paths = cones(mg.Graph(y=np.exp(a) + np.sin(a)), named=True)
    >>> [path for node, path in paths.items()]
    [('a',), ('a',), ('y',), ('y',), ('y',)]
    """
    blocks = paths_of(graph)
    order = {node: derivative_order(node.block) for node in graph.operations}
    users: dict[Node, list[Node]] = defaultdict(list)
    for node in graph.operations:
        for operand in node.operands:
            if order.get(operand) == order[node]:
                users[operand].append(node)
    outputs = {*graph.outputs.values()}
    root: dict[Node, Node] = {}
    for node in reversed(graph.operations):
        if not blocks[node]:
            roots = {root.get(user) for user in users[node]}
            (only,) = roots if len(roots) == 1 else (None,)
            root[node] = node if only is None or node in outputs or (named and label_of(node.name)) else only
    parts: dict[Node, list[Node]] = defaultdict(list)
    for node in graph.operations:
        if node in root:
            parts[root[node]].append(node)
    called = _numbered({end: _called(graph, end, nodes) for end, nodes in parts.items()})
    return {
        node: blocks[node][:1] if node not in root else (called[root[node]],) if len(parts[root[node]]) > 1 else ()
        for node in graph.operations
    }


def _called(graph: Graph, end: Node, nodes: list[Node]) -> str:
    """What a part is called: as the value that it gives, or as some of its operations."""
    output = next((name for name, node in graph.outputs.items() if node is end), "")
    signs = list(dict.fromkeys(symbol(node).replace("\n", " ") for node in nodes))
    return (end.name if label_of(end.name) else "") or output or ", ".join(signs[:SIGNS]) + " …" * (len(signs) > SIGNS)


def _numbered(names: Mapping[Node, str]) -> dict[Node, Stretch]:
    """The names with a number where several are alike; boxes are known by them."""
    seen: dict[str, int] = defaultdict(int)
    numbered: dict[Node, Stretch] = {}
    for node, name in names.items():
        seen[name] += 1
        numbered[node] = Stretch(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return numbered


def in_parts(graph: Graph, count: int) -> dict[Node, Path]:
    """For each operation in which of about so many parts of like sizes it is, in the order of computing.

    Blocks, and what leads to a value with a name and is not more than such a part, stay whole; a part is called by the first
    and the last of these in it.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> graph = mg.Graph(y=np.tanh(np.exp(np.sin(np.cos(mg.Input("x", ()))))))
    >>> sorted(set(in_parts(graph, 2).values()))
    [('operations 1 to 2',), ('operations 3 to 4',)]
    """
    parts, place = cones(graph, True), {node: i for i, node in enumerate(graph.operations)}
    known = {*graph.outputs, *(node.name for node in graph.operations), *(path[0] for path in paths_of(graph).values() if path)}
    large = Counter(parts.values())
    units: dict[int, dict[object, list[Node]]] = defaultdict(lambda: defaultdict(list))
    for node in graph.operations:
        whole = parts[node] and (node.block or large[parts[node]] * count <= len(graph.operations))
        units[derivative_order(node.block)][parts[node] if whole else node].append(node)
    paths: dict[Node, Path] = {}
    for order in sorted(units):
        every = units[order]
        size, done = sum(map(len, every.values())) / count, 0
        stretches: dict[int, list[object]] = defaultdict(list)
        for unit, nodes in sorted(every.items(), key=lambda each: place[each[1][-1]]):
            stretches[int((done + len(nodes) / 2) / size)].append(unit)
            done += len(nodes)
        first = 1
        for some in stretches.values():
            last = first - 1 + sum(len(every[unit]) for unit in some)
            names = [str(unit[-1]) for unit in some if isinstance(unit, tuple) and unit[-1] in known]
            alone = names[0] if len(some) == 1 and names else ""
            title = alone or (f"{names[0]} … {names[-1]}" if len(names) > 1 else f"operations {first} to {last}")
            if last > first or names:
                paths |= dict.fromkeys((node for unit in some for node in every[unit]), (Stretch(title),))
            else:
                paths |= {node: () for unit in some for node in every[unit]}
            first = last + 1
    return paths


def _closed(graph: Graph, parts: Mapping[Node, Path]) -> View:
    """The view of a graph with each of these parts closed, and in it what it alone takes."""
    paths: dict[Node, Path] = {}
    for node, path in parts.items():
        for operand in node.operands:
            if isinstance(operand, Leaf) and not isinstance(operand, Input):
                paths[operand] = path if paths.get(operand, path) == path else ()
    return opened(graph, {node: parts.get(node, paths.get(node, ())) for node in graph.nodes}, 0)
