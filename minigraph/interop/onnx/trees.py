"""Ensembles of decision trees from ONNX-ML: all trees of all rows go down one step at a time, which is a loop that is one node.

Every comparison is read as x ≤ t: x < t is x ≤ the number before t, and the others are these with their branches exchanged.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Constant, Sizes
from minigraph.interop.files import FormatError
from minigraph.interop.onnx.call import Call
from minigraph.ops import OPERATIONS
from minigraph.ops.loops import scan

__all__ = ["Split", "Trees", "ensemble", "split_ensemble"]

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER")


@dataclass(frozen=True)
class Split:
    """A node that asks something of a feature; where it is not a number, `missing` says whether it goes on as if it held."""

    mode: str
    feature: int
    values: Sequence[float]
    true: int
    false: int
    missing: bool


class Trees:
    """The nodes of all trees, one after another; a leaf, None among those given, leads to itself.

    Raises a FormatError where they are no trees.
    """

    def __init__(self, call: Call, nodes: Sequence[Split | None], roots: Sequence[int], dtype: Any) -> None:
        self.call, self.dtype, self.roots = call, dtype, list(roots)
        self.features, self.thresholds = [0] * len(nodes), [0.0] * len(nodes)
        self.below, self.above, self.missing = ([*range(len(nodes))] for _ in range(3))
        """Where each node goes on if x ≤ t, if not, and if x is not a number."""
        for i, node in enumerate(nodes):
            if node is not None:
                self._add(i, node)
        self.depth = self._depth()

    def _add(self, i: int, node: Split) -> None:
        true, false, value = node.true, node.false, node.values[0] if len(node.values) else np.nan
        before = float(np.nextafter(self.dtype.type(value), self.dtype.type(-np.inf)))
        if node.mode not in MODES or not all(0 <= child < len(self.features) and child != i for child in (true, false)):
            raise FormatError(
                f"{self.call.owner} has a node of the mode {node.mode!r} with children {true} and {false}: one is not there, "
                "or is the node itself.\n  The file is damaged: export it anew."
            )
        missing = true if node.missing else false
        if node.mode in ("BRANCH_LEQ", "BRANCH_GT"):
            self._set(i, node.feature, value, *((true, false) if node.mode == "BRANCH_LEQ" else (false, true)), missing)
        elif node.mode in ("BRANCH_LT", "BRANCH_GTE"):
            self._set(i, node.feature, before, *((true, false) if node.mode == "BRANCH_LT" else (false, true)), missing)
        else:  # equal is at most t, and not at most the number before it; a member is equal to one of several
            yes, no = (false, true) if node.mode == "BRANCH_NEQ" else (true, false)
            rest = node.values[1:] if node.mode == "BRANCH_MEMBER" else ()
            second = self._new()
            other = self._new() if len(rest) else no
            self._set(i, node.feature, before, other, second, missing)
            self._set(second, node.feature, value, yes, other, missing)
            if len(rest):
                self._add(other, Split(node.mode, node.feature, rest, true, false, node.missing))

    def _new(self) -> int:
        self.features.append(0)
        self.thresholds.append(0.0)
        for each in (self.below, self.above, self.missing):
            each.append(len(self.features) - 1)
        return len(self.features) - 1

    def _set(self, i: int, feature: int, threshold: float, below: int, above: int, missing: int) -> None:
        self.features[i], self.thresholds[i] = feature, threshold
        self.below[i], self.above[i], self.missing[i] = below, above, missing

    def _depth(self) -> int:
        """How many steps lead to the deepest leaf, found in topological order; what leads back to itself has none."""
        after = [{*pair} - {i} for i, pair in enumerate(zip(self.below, self.above, self.missing, strict=True))]
        before = Counter(child for children in after for child in children)
        ready, depths, done = [i for i in range(len(after)) if not before[i]], [0] * len(after), 0
        while ready:
            i = ready.pop()
            done += 1
            for child in after[i]:
                depths[child] = max(depths[child], depths[i] + 1)
                before[child] -= 1
                if not before[child]:
                    ready.append(child)
        if done < len(after):
            raise FormatError(
                f"{self.call.owner} has nodes that lead back to themselves: these are no trees.\n  Export it anew."
            )
        return max(depths, default=0)

    def leaves(self, x: Any) -> Any:
        """The leaf of each tree that a row comes to, rows × trees."""
        if (
            x.ndim != 2
            or not isinstance(x.shape[1], int)
            or max(self.features, default=0) >= x.shape[1]
            or min(self.features) < 0
        ):
            raise OperationError(f"{self.call.owner} takes rows of at least {max(self.features) + 1} features, not {x}.")
        self.call.budget.write(self.call.owner, 20)
        x = x.astype(self.dtype)
        features, below, above, missing = (
            Constant(np.array(each)) for each in (self.features, self.below, self.above, self.missing)
        )
        thresholds = Constant(np.array(self.thresholds), dtype=self.dtype)
        start = OPERATIONS["Expand"](Constant(np.array(self.roots)), Sizes((x.shape[0], len(self.roots))))

        def step(at: Any, _: Any) -> tuple[Any, None]:
            value = np.take_along_axis(x, np.take(features, at), axis=1)
            after = np.where(np.less_equal(value, np.take(thresholds, at)), np.take(below, at), np.take(above, at))
            if self.missing != self.above:
                after = np.where(np.isnan(value), np.take(missing, at), after)
            return after, None

        return scan(step, start, None, self.depth)[0] if self.depth else start


def _parallel(call: Call, *names: str) -> list[np.ndarray[Any, Any]]:
    """Attributes of as many numbers each, or a FormatError."""
    found = [np.ravel(np.asarray(call.attributes.get(name, ()))) for name in names]
    if len({len(each) for each in found}) > 1:
        lengths = ", ".join(f"{name} {len(each)}" for name, each in zip(names, found, strict=True))
        raise FormatError(f"{call.owner} has of its nodes' numbers not as many each: {lengths}.\n  Export it anew.")
    return found


def _table(call: Call, count: int, targets: int, rows: Any, columns: Any, weights: Any, empty: float) -> Any:
    """What each leaf gives to each target; `empty` where it gives nothing."""
    call.budget.compute(call.owner, (count, targets))
    if len(columns) and not 0 <= columns.min() <= columns.max() < targets:
        raise FormatError(
            f"{call.owner} gives numbers to targets that it does not have: there are {targets}.\n  Export it anew."
        )
    table = np.full((count, targets), empty)
    table[rows, columns] = 0
    np.add.at(table, (rows, columns), weights)
    return table


EMPTY = {"SUM": 0.0, "AVERAGE": 0.0, "MIN": np.inf, "MAX": -np.inf}


def _total(call: Call, trees: Trees, x: Any, table: Any, kind: str, dtype: Any) -> Any:
    """What the leaves that a row comes to give together, rows × targets."""
    if kind not in EMPTY:
        raise OperationError(f"{call.owner} adds its trees up by {kind!r}, and not by one of {listing(EMPTY)}.")
    each = np.take(Constant(table, dtype=dtype), trees.leaves(x), axis=0)
    if kind in ("MIN", "MAX"):
        found = np.min(each, axis=1) if kind == "MIN" else np.max(each, axis=1)
        return np.where(np.isinf(found), 0, found)
    return np.sum(each, axis=1) if kind == "SUM" else np.sum(each, axis=1) / len(trees.roots)


def _named(call: Call, dtype: Any) -> tuple[Trees, dict[tuple[int, int], int]]:
    """The trees of a node whose children have names, the numbers of a tree and a node."""
    values = "nodes_values_as_tensor" if "nodes_values_as_tensor" in call.attributes else "nodes_values"
    names = (
        "nodes_treeids",
        "nodes_nodeids",
        "nodes_modes",
        "nodes_featureids",
        values,
        "nodes_truenodeids",
        "nodes_falsenodeids",
    )
    trees, own, modes, features, thresholds, true, false = _parallel(call, *names)
    missing = call.attributes.get("nodes_missing_value_tracks_true") or (0,) * len(own)
    places = {pair: i for i, pair in enumerate(zip(trees.tolist(), own.tolist(), strict=True))}
    if len(places) < len(own) or len(missing) != len(own):
        raise FormatError(f"{call.owner} has two nodes of one name, or not one number for each.\n  Export it anew.")
    nodes: list[Split | None] = []
    for i, tree in enumerate(trees.tolist()):
        children = [places.get((tree, int(each[i])), -1) for each in (true, false)]
        split = Split(str(modes[i]), int(features[i]), (float(thresholds[i]),), children[0], children[1], bool(missing[i]))
        nodes.append(None if modes[i] == "LEAF" else split)
    inner = {child for node in nodes if node is not None for child in (node.true, node.false)}
    return Trees(call, nodes, [i for i in range(len(nodes)) if i not in inner], dtype), places


def ensemble(call: Call, kind: str, targets: int) -> tuple[Any, frozenset[int], bool]:
    """The sums of TreeEnsembleRegressor or Classifier, which targets there are, and whether no number is less than 0."""
    x: Any = call.operands[0]
    dtype = np.dtype(np.float64 if x.dtype == np.float64 else np.float32)
    trees, places = _named(call, dtype)
    weights = f"{kind}_weights_as_tensor" if f"{kind}_weights_as_tensor" in call.attributes else f"{kind}_weights"
    of_tree, of_node, columns, numbers = _parallel(call, f"{kind}_treeids", f"{kind}_nodeids", f"{kind}_ids", weights)
    rows = [places.get(pair, -1) for pair in zip(of_tree.tolist(), of_node.tolist(), strict=True)]
    if -1 in rows:
        raise FormatError(f"{call.owner} has numbers for a leaf that there is not.\n  Export it anew.")
    how = call.attributes.get("aggregate_function", "SUM")
    table = _table(call, len(trees.features), targets, rows, columns.astype(int), numbers, EMPTY.get(how, 0.0))
    return _total(call, trees, x, table, how, dtype), frozenset(columns.tolist()), not (np.asarray(numbers) < 0).any()


AGGREGATED = ("AVERAGE", "SUM", "MIN", "MAX")


def split_ensemble(call: Call) -> Any:
    """The sums of TreeEnsemble, whose children are numbers of nodes or of leaves, before what is done to them."""
    x: Any = call.operands[0]
    names = ("nodes_featureids", "nodes_splits", "nodes_modes", "nodes_truenodeids", "nodes_trueleafs", "nodes_falsenodeids")
    features, values, modes, true, true_leaf, false, false_leaf = _parallel(call, *names, "nodes_falseleafs")
    columns, weights = _parallel(call, "leaf_targetids", "leaf_weights")
    missing = call.attributes.get("nodes_missing_value_tracks_true") or (0,) * len(features)
    sets, first = np.ravel(np.asarray(call.attributes.get("membership_values", ()))), 0
    nodes: list[Split | None] = []
    for i, mode in enumerate(modes.tolist()):
        members: Sequence[float] = (float(values[i]),)
        if mode == 6:  # the sets follow each other, with what is not a number between them
            end = next((j for j in range(first, len(sets)) if np.isnan(sets[j])), len(sets))
            members, first = sets[first:end].tolist(), end + 1
        ends = (true[i] + len(modes) * bool(true_leaf[i]), false[i] + len(modes) * bool(false_leaf[i]))
        children = tuple(int(end) if 0 <= end < len(modes) + len(columns) else -1 for end in ends)
        named = MODES[mode] if 0 <= mode < len(MODES) else str(mode)
        nodes.append(Split(named, int(features[i]), members, children[0], children[1], bool(missing[i])))
    whole = [*nodes, *[None] * len(columns)]
    roots = [int(root) for root in call.attributes["tree_roots"]]
    if not all(0 <= root < len(whole) for root in roots):
        raise FormatError(f"{call.owner} has a root that is none of its nodes.\n  Export it anew.")
    kind = call.attributes.get("aggregate_function", 1)
    how = AGGREGATED[kind] if 0 <= kind < len(AGGREGATED) else str(kind)
    trees, targets = Trees(call, whole, roots, x.dtype), int(call.attributes["n_targets"])
    rows = np.arange(len(modes), len(whole))
    table = _table(call, len(trees.features), targets, rows, columns.astype(int), weights, EMPTY.get(how, 0.0))
    return _total(call, trees, x, table, how, x.dtype)
