"""Lints of axes: along which a softmax goes and labels lie, and which of them meet."""

from minigraph.core.node import Constant, Node
from minigraph.core.sizes import SymbolicSize
from minigraph.explain.lint.facts import Facts, Reasons, code, elementwise, scores_of, source
from minigraph.ops.arithmetic import Mul
from minigraph.ops.comparison import Where
from minigraph.ops.cross_entropy import NegativeLogLikelihood, OverClasses, SoftmaxCrossEntropy
from minigraph.ops.elementary import Log
from minigraph.ops.gather import OneHot
from minigraph.ops.normalization import InstanceNormalization, LayerNormalization
from minigraph.ops.reductions import ReduceSum, Reduction
from minigraph.ops.scatter import GatherElements
from minigraph.ops.shape import Reshape
from minigraph.ops.softmax import LogSoftmax, Softmax
from minigraph.readings.sameness import moved_operand

__all__ = ["AXES"]


def other_class_axis(node: Node, facts: Facts) -> Reasons:
    """Probabilities along another axis than the one along which a loss of the same scores has its classes."""
    if isinstance(node, OverClasses):
        return _other_axis_of_loss(node, facts)
    distribution, axis = _chosen_along(node)
    if distribution is None or distribution.axis == axis:
        return None
    kind = type(distribution).__name__
    z = code(distribution.operands[0], "z")
    return (
        f"It takes one of each row along axis {axis}, and the {kind} it is taken of goes along axis {distribution.axis}.",
        f"Give both one axis: mg.{kind}({z}, axis={axis}).",
    )


def _other_axis_of_loss(node: OverClasses, facts: Facts) -> Reasons:
    z = node.operands[0]
    distributions = [user for user in facts.users[z] if isinstance(user, Softmax | LogSoftmax)]
    if isinstance(z, LogSoftmax) and isinstance(node, NegativeLogLikelihood):
        distributions.append(z)
    others = {user.axis % z.ndim for user in distributions} - {node.axis}
    if not others:
        return None
    axis, kind = others.pop(), type(node).__name__
    return (
        f"The classes of {kind} lie along axis {node.axis}, and a softmax of the same scores goes along axis {axis}.",
        f"Give both one axis: {kind}({code(z, 'z')}, …, axis={axis}), or a softmax along axis {node.axis}.",
    )


def _chosen_along(node: Node) -> tuple[Softmax | LogSoftmax | None, int]:
    """The distribution of which a node takes what labels say, by places or one-hot rows, and the axis of the labels."""
    if isinstance(node, GatherElements) and not isinstance(source(node.operands[1]), Constant):
        return _distribution(node.operands[0]), node.axis % node.ndim
    if isinstance(node, Mul):
        for hot, other in (node.operands, node.operands[::-1]):
            labels = hot.operands[0] if hot.moves_elements and isinstance(hot.operands[0], OneHot) else hot
            if isinstance(labels, OneHot) and labels.shape == other.shape == node.shape:
                return _distribution(other), labels.axis % labels.ndim
    return None, 0


def _distribution(node: Node) -> Softmax | LogSoftmax | None:
    """The softmax, or the logarithm of one, that a node is."""
    inner = node.operands[0] if isinstance(node, Log) else node
    return inner if isinstance(inner, Softmax | LogSoftmax) else None


def softmax_over_batch(node: Node, facts: Facts) -> Reasons:
    """A softmax, or a layer's normalisation, along the rows of a batch, so that what one row gives depends on the others."""
    axis, shape = _axis_of(node), node.shape
    if axis is None or node.operands[0] not in facts.learned_values:
        return None
    rows, others = shape[axis], shape[:axis] + shape[axis + 1 :]
    if rows not in _batch_axes(facts) or all(size in (1, rows) for size in others):
        return None
    if rows in others or _taken_together(node, axis, facts):
        return None
    scores = scores_of(node)
    z = node.operands[0] if scores is None else scores
    users = [user for user in (*facts.users[z], *facts.users[node]) if isinstance(user, OverClasses)]
    if any(_other_axis_of_loss(user, facts) for user in users):
        return None  # other-class-axis says so
    layer = isinstance(node, LayerNormalization)
    what = "normalises the rows of a batch together" if layer else "makes a distribution of the rows"
    instead = "LogSoftmax" if isinstance(node, LogSoftmax) else "Softmax"
    return (
        f"It {what}, along axis {axis} ({rows}): what it gives for a row depends on the others, and changes with the batch.",
        f"Give the axis of the features: mg.LayerNormalization({code(z, 'z')}, …, axis=-1)."
        if layer
        else f"Give the axis of the classes: mg.{instead}({code(z, 'z')}, axis=-1).",
    )


def _axis_of(node: Node) -> int | None:
    """The axis of a softmax, also of one by hand, or from which a layer's normalisation goes."""
    if isinstance(node, Softmax | LogSoftmax | LayerNormalization):
        return node.axis % node.ndim
    if scores_of(node) is not None:
        summed = source(node.operands[1])
        axes = summed.axes if isinstance(summed, ReduceSum) else None
        return axes[0] if isinstance(axes, tuple) and len(axes) == 1 else None
    return None


def _batch_axes(facts: Facts) -> set[object]:
    """The names of the first axes of the graph's inputs; or the one size that all of them have, where there are several."""
    first = [each.shape[0] for each in facts.graph.inputs.values() if each.ndim]
    fixed = len(first) > 1 and len(set(first)) == 1 and first[0] != 1
    return set(first) if fixed else {each for each in first if isinstance(each, SymbolicSize)}


def _taken_together(node: Node, axis: int, facts: Facts) -> bool:
    """Whether something sums over that axis alone, as a pool that weighs rows does, or a product with the transpose."""
    pending, seen = [node], {node}
    while pending:
        for user in facts.users[pending.pop()]:
            if user in seen:
                continue
            seen.add(user)
            if isinstance(user, Reduction):
                if isinstance(user.axes, tuple) and axis in user.axes and len(user.axes) < user.operands[0].ndim:
                    return True
            elif elementwise(user):
                pending.append(user)
            elif user not in facts.graph.outputs.values() and not isinstance(user, OverClasses | GatherElements):
                return True  # a product, or a move, after which that axis may be any: nothing is known
    return False


def single_element(node: Node, facts: Facts) -> Reasons:
    """A softmax or a normalisation over one element, which gives the same whatever it is given."""
    if not isinstance(node, Softmax | LogSoftmax | SoftmaxCrossEntropy | LayerNormalization | InstanceNormalization):
        return None
    x = node.operands[0]
    if x not in facts.learned_values:
        return None
    if isinstance(node, LayerNormalization | InstanceNormalization):
        axes = range(node.axis % x.ndim if isinstance(node, LayerNormalization) else 2, x.ndim)
        if any(x.shape[axis] != 1 for axis in axes):
            return None
        return (
            "It takes the mean off one element, which is that element: nothing of it is left but the bias.",
            "Normalise over an axis of several, or leave it out.",
        )
    if node.axis is None or x.shape[node.axis] != 1:
        return None
    value = 1 if isinstance(node, Softmax) else 0
    return (
        f"The only class has the probability 1, so that this is {value} whatever {x} is, and nothing is learned.",
        "For yes or no: mg.Sigmoid, and mg.BinaryCrossEntropy(…, logits=True); for classes: a score for each of them.",
    )


def reshape_for_transpose(node: Node, facts: Facts) -> Reasons:
    """A reshape to the same sizes in another order, which mixes what belongs together."""
    if not isinstance(node, Reshape) or node.operands[0] not in facts.given_values:
        return None
    before = [size for size in node.operands[0].shape if size != 1]
    after = [size for size in node.shape if size != 1]
    if before == after or sorted(map(str, before)) != sorted(map(str, after)):
        return None
    x = node.operands[0]
    axes = _exchanged(x.shape, node.shape)
    return (
        f"It lays the elements of {x} out anew, row by row, in the sizes of a transposed value: they end up among others.",
        f"Exchange the axes: np.transpose({code(x, 'x')}, {axes}).",
    )


def _exchanged(before: tuple[object, ...], after: tuple[object, ...]) -> tuple[int, ...] | str:
    """The order of axes that leads from one shape to the other, or where it adds or drops some of size 1, no numbers."""
    if len(before) != len(after):
        return "…"
    left = list(range(len(before)))
    order = []
    for size in after:
        order.append(next(axis for axis in left if before[axis] == size))
        left.remove(order[-1])
    return tuple(order)


def rows_by_rows(node: Node, facts: Facts) -> Reasons:
    """A column of N × 1 met with a row of N, which gives N × N: each row of a batch with every other."""
    if not (elementwise(node) or isinstance(node, Where)) or node.ndim < 2:
        return None
    *_, before, last = node.shape
    if before != last or not (isinstance(last, SymbolicSize) or last in _batch_axes(facts)):
        return None
    columns = [each for each in node.operands if each.ndim == node.ndim and each.shape[-1] == 1 and each.shape[-2] == last]
    rows = [each for each in node.operands if each.ndim == node.ndim - 1 and each.shape[-1] == last]
    if not columns or not rows or any(map(_column_on_purpose, columns)):
        return None
    column, row = columns[0], rows[0]
    return (
        f"{column} is a column and {row} is none, so that they are spread to {last} × {last}: each row of the batch meets all "
        "the others.",
        f"Give both one shape: {code(column, 'z')}[..., 0] beside {code(row, 'y')}; where all pairs are meant, "
        f"{code(row, 'y')}[None, :].",
    )


def _column_on_purpose(node: Node) -> bool:
    """Whether the axis of size 1 was put there for that: a new axis, or one that a sum has kept."""
    pending = [node]
    while pending:
        each = pending.pop()
        moved = moved_operand(each)
        if isinstance(each, Reduction) or (moved is not None and moved.ndim < each.ndim):
            return True
        if moved is not None or elementwise(each):
            pending += [operand for operand in each.operands if operand.ndim == each.ndim and operand.shape[-1] == 1]
    return False


AXES = (
    other_class_axis, softmax_over_batch, single_element, reshape_for_transpose, rows_by_rows,
)  # fmt: skip
"""The lints, in the order in which they are asked."""
