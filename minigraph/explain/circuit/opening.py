"""How the contents of a circuit are found: what is opened, what is equal and shown once, what is folded, what leads where."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.provenance import derivative_order
from minigraph.explain.circuit.branches import Users, beside, in_branches
from minigraph.explain.circuit.folding import folds_of
from minigraph.explain.circuit.repeats import Path, Step, chains, common, in_steps
from minigraph.explain.circuit.style import Port
from minigraph.explain.circuit.view import LIMIT, PAGE, WHOLE, Box, Depth, Item, Output, View, Wire
from minigraph.ops.multi_output import Part

__all__ = ["opened", "paths_of", "view_of", "with_fewer_frames", "with_inside"]

MANY = 2
"""How many values go from one closed block to another on wires of their own."""

PARAMETERS = 8
"""Up to how many parameters are drawn beside the operations that take them."""

FORWARD = "forward"
"""What the nodes that no differentiation made are called beside those that one made."""


def view_of(graph: Graph, depth: Depth, returning: Sequence[tuple[Node, Node]] = ()) -> View:
    """The view of a graph with its blocks opened so many levels deep, and equal parts shown once.

    With "fit", everything where that can be read; else blocks are closed, and steps that nobody gave a block shown once, until
    it can.
    """
    if depth != "fit" and depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        raise GraphError(f"The depth of a circuit is a number of levels from 0, 'fit' or None for every node, not {depth!r}.")
    paths = paths_of(graph)
    if depth is None:
        return opened(graph, paths, None, returning, whole=True)
    if depth == "fit":
        view = opened(graph, paths, None, returning)
        if view.size <= WHOLE:
            return view
        for level in range(max(map(len, paths.values())), -1, -1):
            view = opened(graph, paths, level, returning)
            if view.size <= PAGE:
                return view
    return _shortened(graph, paths, 0 if depth == "fit" else depth, returning)


def paths_of(graph: Graph) -> dict[Node, Path]:
    """The blocks around each node, without the row of its derivative: an input is in none, another leaf where it is used."""
    paths = {node: () if isinstance(node, Input) else node.block[derivative_order(node.block) > 0 :] for node in graph.nodes}
    around: dict[Node, Path] = {}
    for node in graph.operations:
        for leaf in (operand for operand in node.operands if isinstance(operand, Leaf) and not isinstance(operand, Input)):
            around[leaf] = common(around.get(leaf, paths[node]), paths[node])
    return paths | {leaf: path for leaf, path in around.items() if path[: len(paths[leaf])] == paths[leaf]}


def _shortened(graph: Graph, paths: Mapping[Node, Path], depth: int, returning: Sequence[tuple[Node, Node]]) -> View:
    """The view of that depth; where it is more than can be laid out, with runs of equal steps shown once if that is enough."""
    view = opened(graph, paths, depth, returning)
    if view.size <= PAGE:
        return view
    open_ = [node for node in graph.operations if view.representative[node] is node and not isinstance(view.item[node], Box)]
    shorter = opened(graph, in_steps(open_, paths), depth, returning)
    return shorter if shorter.size <= view.size / 2 and shorter.size <= LIMIT else view


def opened(
    graph: Graph,
    paths: Mapping[Node, Path],
    depth: int | None,
    returning: Sequence[tuple[Node, Node]] = (),
    whole: bool = False,
) -> View:
    """The view with blocks opened so deep, by the paths given; with None all of them. As a `whole` nothing is folded."""
    orders = {node: derivative_order(node.block) for node in graph.nodes}
    if any(orders.values()):
        paths = {node: (node.block[0] if orders[node] else FORWARD, *paths[node]) for node in graph.nodes}
        depth = None if depth is None else depth + 1
    view = View(graph, _each_part_once(graph), {}, returning=returning)
    parts: dict[Node, dict[int, int]] = {}
    if not whole:
        kept = [*graph.outputs.values(), *(node for pair in returning for node in pair)]
        summed = folds_of(graph, paths, {*kept}).summed
        paths = in_branches(graph, paths, summed)
        parts = _merge(view, paths, Users(graph, summed), depth is not None)
        view.folds = folds_of(graph, paths, {view.representative[node] for node in kept})
    _place(view, paths, depth)
    _wire(view, parts)
    if not whole:
        put_inside(view, PARAMETERS)
    _bundle(view)
    view.outputs = _outputs(view)
    return view


def _each_part_once(graph: Graph) -> dict[Node, Node]:
    """Each node as its own representative; of what reads the same part, the first that has a name, or else the first."""
    first: dict[object, Node] = {}
    for node in sorted(graph.nodes, key=lambda node: node.name is None):
        first.setdefault((node.operands, node.i) if isinstance(node, Part) else node, node)
    return {node: first[(node.operands, node.i) if isinstance(node, Part) else node] for node in graph.nodes}


def _merge(view: View, paths: Mapping[Node, Path], users: Users, chained: bool) -> dict[Node, dict[int, int]]:
    """Give the nodes of equal parts their representatives. For each node: of which chains it is in which part.

    Parts are equal side by side, and, if that is asked for, in a chain.
    """
    parts: dict[Node, dict[int, int]] = defaultdict(dict)
    numbers = count()
    for level in range(1, max(map(len, paths.values())) + 1):
        blocks: dict[Path, list[Node]] = defaultdict(list)
        for node in view.graph.nodes:
            if len(paths[node]) >= level and view.representative[node] is node:
                blocks[paths[node][:level]].append(node)
        aside = beside(blocks, users)
        view.aside |= {chain[0] for chain in aside}
        rest = {path: nodes for path, nodes in blocks.items() if not any(path in chain for chain in aside)}
        for chain in [*aside, *(chains(rest) if chained else ())]:
            number = next(numbers)
            _merge_inputs(view, [blocks[path] for path in chain], users)
            view.times[chain[0]] = len(chain), chain[-1][-1]
            if chain not in aside:
                view.carried[chain[0]] = _carried([blocks[path] for path in chain], users)
            for part, path in enumerate(chain):
                for node, first in zip(blocks[path], blocks[chain[0]], strict=True):
                    view.representative[node] = first
                    if chain not in aside:
                        parts[node][number] = part
                    elif part:
                        view.hidden.add(node)
                    if isinstance(node, Variable) and isinstance(path[-1], Step) and node is not first:
                        view.last[first] = str(node.name)
    for node in view.graph.nodes:
        while view.representative[view.representative[node]] is not view.representative[node]:
            view.representative[node] = view.representative[view.representative[node]]
    return parts


def _carried(parts: Sequence[Sequence[Node]], users: Users) -> list[Node]:
    """What each of several equal parts hands to the next: of several values the last."""
    following = {*parts[1]}
    handed = [i for i, node in enumerate(parts[0]) if not following.isdisjoint(users.of[node])]
    place = max(handed, default=len(parts[0]) - 1)
    return [part[place] for part in parts]


def _merge_inputs(view: View, parts: Sequence[Sequence[Node]], users: Users) -> None:
    """Let one input stand for those that each of several equal parts has for itself."""
    for part in parts[1:]:
        for node, first in zip(part, parts[0], strict=True):
            for own, like in zip(node.operands, first.operands, strict=True):
                alone = users.only(own, {*part}) and users.only(like, {*parts[0]})
                if isinstance(own, Input) and isinstance(like, Input) and own is not like and alone:
                    view.representative[own], view.last[like] = like, str(own.name)


def _place(view: View, paths: Mapping[Node, Path], depth: int | None) -> None:
    """Say for each node what shows it, and where that stands."""
    boxes: dict[Path, Box] = {}
    folded: list[Node] = []
    parts: list[Part] = []
    for node in view.graph.nodes:
        path = paths[node]
        named = [i for i, name in enumerate(path) if not isinstance(name, Step)]
        closed = path[: named[depth] + 1] if depth is not None and len(named) > depth else ()
        if view.representative[node] is not node:
            if closed in boxes:
                boxes[closed].nodes.append(node)
            continue
        if isinstance(node, Part):  # a rule that is called as it is stands there once, whatever it gives
            parts.append(node)
            continue
        if closed:
            box = boxes.setdefault(closed, Box(closed))
            box.nodes.append(node)
            view.item[node] = box
            view.cluster[box] = closed[:-1]
        elif node in view.folds:
            folded.append(node)
        else:
            view.item[node] = node
            alone = path and isinstance(path[-1], Step) and path not in view.times
            view.cluster[node] = path[:-1] if alone else path
    view.folds = view.folds.among(folded)
    users = {view.representative[operand]: view.representative[node] for node in view.graph.nodes for operand in node.operands}
    for node in folded:
        shown = node
        while shown not in view.item:
            following = users if shown in view.folds.fixed else view.folds.summed if shown in view.folds.summed else {}
            shown = view.representative[following[shown] if shown in following else shown.operands[0]]
        view.item[node] = view.item[shown]
        view.within.setdefault(view.item[node], []).append(node)
    for node in parts:
        view.item[node] = view.item[view.origin(node.operands[0])]


def _wire(view: View, parts: Mapping[Node, Mapping[int, int]]) -> None:
    """Say where each value goes. What one of several equal parts hands to the next is not shown."""
    entering: dict[Item, dict[object, Wire]] = defaultdict(dict)
    leaving: dict[Node, dict[Wire, None]] = defaultdict(dict)
    ends = {*view.folds.summed.values()}
    for node in view.graph.nodes:
        user = view.representative[node]
        target = view.item[user]
        if user in view.folds.fixed or view.is_moved(user):
            continue
        for i, operand in enumerate(node.operands):
            value = view.origin(operand)
            if value in view.folds.fixed:
                if user is node and not isinstance(target, Box):
                    view.inlined.setdefault(target, []).append((i, value))
                continue
            if view.item[value] is target or operand in view.hidden or _hands_on(parts.get(operand, {}), parts.get(node, {})):
                continue
            wires = entering[target]
            wire = target, i
            if isinstance(target, Box):
                wire = wires.setdefault(value, (target, len(wires)))
            elif target in ends:
                wire = wires.setdefault((user, i), (target, len(wires)))
            leaving[value][wire] = None
            if user is node:
                view.operands.setdefault(wire, []).append((node, i))
                view.handed_on.setdefault((value, wire), operand)
    view.wires = {value: list(wires) for value, wires in leaving.items()}


def with_inside(view: View) -> View:
    """The same with every parameter in the operations that take it."""
    closer = replace(view, item=dict(view.item), cluster=dict(view.cluster), wires=dict(view.wires), inside=dict(view.inside))
    put_inside(closer, 0, shared=True)
    return closer


def with_fewer_frames(view: View) -> View:
    """The same without frames that hold nothing but frames: the names of these begin with theirs, as in encoder.query."""
    within: dict[Path, list[str]] = defaultdict(list)
    for path in view.cluster.values():
        for level, name in enumerate(path):
            within[path[:level]].append(name)
    inside = {*view.cluster.values(), *view.times}
    bare = {
        path for path, names in within.items()
        if path and path not in inside and not derivative_order(path) and not any(isinstance(name, Step) for name in names)
    }  # fmt: skip

    def shorter(path: Path) -> Path:
        found, before = list[str](), ""
        for level, name in enumerate(path):
            if path[: level + 1] in bare:
                before += f"{name}."
            else:
                found.append(f"{before}{name}" if before else name)
                before = ""
        return tuple(found)

    cluster = {item: shorter(path) for item, path in view.cluster.items()}
    return replace(view, cluster=cluster, times={shorter(path): each for path, each in view.times.items()})


def put_inside(view: View, most: int, shared: bool = False) -> None:
    """Let parameters that one operation alone takes stand in it, where they are more than that; each keeps another operand.

    Those that are `shared` stand in each operation that takes them.
    """
    leaves = [item for item in view.items if isinstance(item, Variable) or (isinstance(item, Constant) and item.name)]
    entering = Counter(target for wires in view.wires.values() for target, _ in wires)
    kept = {view.representative[node] for node in view.graph.outputs.values()}
    for leaf in leaves if len(leaves) > most else ():
        wires = view.wires.get(leaf, []) if leaf not in kept else []
        alike = shared and all(view.handed_on.get((leaf, wire), leaf) is leaf for wire in wires)
        if (alike or len(wires) == 1) and wires and all(_may_hold(target, entering) for target, _ in wires):
            for target, i in wires:
                entering[target] -= 1
                view.inside[target] = [*view.inside.get(target, ()), ((target, i), leaf)]
            view.item[leaf] = wires[0][0]
            del view.wires[leaf], view.cluster[leaf]


def _may_hold(target: Item, entering: Mapping[Item, int]) -> bool:
    """Whether a parameter may stand in an item: in an operation that takes something else, too."""
    return isinstance(target, Node) and bool(target.operands) and not isinstance(target, Port) and entering[target] > 1


def _bundle(view: View) -> None:
    """Let many values that go from one item to another, at least one of them a closed block, go as one."""
    between: dict[tuple[Item, Item], list[Node]] = defaultdict(list)
    for value, wires in view.wires.items():
        for target in dict.fromkeys(target for target, _ in wires):
            between[view.item[value], target].append(value)
    for (source, target), values in between.items():
        if len(values) > MANY and (isinstance(source, Box) or isinstance(target, Box)):
            view.bundles[source, target] = values
            for value in values:
                view.wires[value] = [wire for wire in view.wires[value] if wire[0] is not target]


def _outputs(view: View) -> list[Output]:
    """The outputs, one for what equal parts give and one for a closed block that gives many."""
    names: dict[Node, list[tuple[int, str]]] = defaultdict(list)
    for i, (name, node) in enumerate(view.graph.outputs.items()):
        names[view.representative[node]].append((i, name))
    sources: dict[object, list[Node]] = defaultdict(list)
    for value in names:
        sources[view.item[value]].append(value)
    found: list[Output] = []
    for source, values in sources.items():
        together = isinstance(source, Box) and len(values) > MANY
        for some in [values] if together else [[value] for value in values]:
            called = sorted(pair for value in some for pair in names[value])
            nodes = [view.graph.outputs[name] for _, name in called]
            merged = together or any(view.representative[node] is not node for node in nodes)
            parts = [called] if merged else [[pair] for pair in called]
            found += [Output(f"output-{part[0][0]}", tuple(name for _, name in part), tuple(some)) for part in parts]
    return sorted(found, key=lambda output: int(output.id.partition("-")[2]))


def _hands_on(one: Mapping[int, int], other: Mapping[int, int]) -> bool:
    """Whether two nodes are in different parts of one chain."""
    return any(other.get(number, part) != part for number, part in one.items())
