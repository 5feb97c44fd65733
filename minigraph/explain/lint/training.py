"""Lints of training: what has no effect on the loss, or cancels, or is weighed differently than it seems."""

from collections.abc import Iterator

import numpy as np

from minigraph.core.errors import RuleError, UnreadableRuleError, listing
from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import node_vjp
from minigraph.core.sizes import SymbolicSize
from minigraph.explain.lint.facts import Facts, Reasons, source
from minigraph.ops.arithmetic import Add, Div, Mul, Neg, Sub
from minigraph.ops.convolution import Conv, ConvTranspose
from minigraph.ops.linear import Gemm
from minigraph.ops.normalization import BatchNormalization, InstanceNormalization
from minigraph.ops.norms import ReduceL1, ReduceSumSquare
from minigraph.ops.random import RandomState
from minigraph.ops.reductions import ReduceMean, ReduceSum, ReduceVariance
from minigraph.readings import placeholder_for

__all__ = ["TRAINING"]


def unused(node: Node, facts: Facts) -> Reasons:
    """An input or a variable among the graph's names that no output depends on."""
    if node not in facts.unreached_leaves:
        return None
    outputs = listing(facts.graph.outputs)
    return (
        f"It is among the names given to the graph, but no output depends on it ({outputs}).",
        "Use it, or leave it out; perhaps a layer was given another's value.",
    )


def parameter_without_gradient(node: Node, facts: Facts) -> Reasons:
    """A parameter to which no gradient of the loss returns."""
    if not isinstance(node, Parameter) or facts.loss is None or facts.receives_gradient(node) or node not in facts.graph:
        return None
    if node in topological_order([facts.loss]):
        why = "the loss depends on it only through what takes no derivative, such as rounding, comparing or StopGradient"
    else:
        why = "only other outputs than the loss depend on it"
    return f"Training does not change it: {why}.", "Lead a differentiable path to the loss, or make it a Variable."


def opaque_gradient(node: Node, facts: Facts) -> Reasons:
    """An operation of a user's whose backward rule runs on numbers alone."""
    if node.trusted or node.dtype.kind != "f":
        return None
    try:
        node_vjp(node, placeholder_for(node, "gradient"), node, node.operands)
    except UnreadableRuleError as error:
        reason = str(error).partition("\n")[0]
        return (
            f"It trains, but its gradient has no formula, no derivative of its own, and is not computed in tiles: {reason}",
            "Where one of these is wanted, write the rule with operators and functions that are operations, np.where for `if`.",
        )
    except RuleError:  # it has no rule, or a wrong one, as a run says
        return None
    return None


def bias_before_normalization(node: Node, facts: Facts) -> Reasons:
    """A bias that the mean takes off again."""
    if not isinstance(node, Parameter) or len(facts.users.get(node, ())) != 1:
        return None
    (z,) = facts.users[node]
    adds = isinstance(z, Add) or (isinstance(z, Conv | ConvTranspose | Gemm) and z.operands[2:] == (node,))
    if not adds or not facts.users[z] or not all(_takes_off(user, z, node) for user in facts.users[z]):
        return None
    if all(isinstance(user, ReduceMean | ReduceVariance) for user in facts.users[z]):
        return None
    return (
        "It is added, and taken off again with the mean by the normalisation that follows: it changes nothing, and its "
        "gradient is 0 but for rounding.",
        "Leave it out, and shift what the normalisation gives.",
    )


def mixed_reduction(node: Node, facts: Facts) -> Reasons:
    """Losses added up, some the sum over the rows and others the mean."""
    if not isinstance(node, Add | Sub) or any(isinstance(user, Add | Sub) for user in facts.users.get(node, ())):
        return None
    found: dict[str, list[Node]] = {"sum": [], "mean": []}
    for term in _terms(node):
        kind = _over_rows(term)
        if kind:
            found[kind].append(term)
    if not found["sum"] or not found["mean"]:
        return None
    summed, averaged = (listing(_described(term) for term in found[kind]) for kind in ("sum", "mean"))
    return (
        f"It adds a sum over the rows, {summed}, to a mean, {averaged}: how much each counts depends on the batch size.",
        "Give all of them the same reduction, and weights of your own.",
    )


def state_never_advanced(node: Node, facts: Facts) -> Reasons:
    """Random numbers, or running statistics, that are the same in every step."""
    if isinstance(node, BatchNormalization) and node.training_mode:
        if all(isinstance(running, Variable) for running in node.operands[3:]):
            return None
        return (
            "Its running statistics are no variables, so training leaves them as they are, and inference normalises by them.",
            "Make them Variables, or compose it by mg.blocks.batch_normalization.",
        )
    drawn_from = node.operands[-1:] if "stream" in node.attributes and "state" in node.selectors else ()
    if drawn_from and isinstance(drawn_from[0], Constant) and drawn_from[0].dtype == np.uint64:
        return "It draws from a constant: the same numbers in every step.", "Draw from mg.RandomState(seed)."
    return None


def same_seed(node: Node, facts: Facts) -> Reasons:
    """Two random states of one seed, whose draws are the same."""
    if not isinstance(node, RandomState):
        return None
    for other in facts.graph.variables.values():
        if other is node:
            return None
        if isinstance(other, RandomState) and other.value[0] == node.value[0]:
            return (
                f"It has the seed of {other}, {int(node.value[0])}, so what is drawn from one is drawn from the other too.",
                "Give it another seed, or draw from one state: each operation has its own stream of it.",
            )
    return None


def _takes_off(user: Node, z: Node, bias: Node) -> bool:
    """Whether a user of z takes off its mean over axes along which the bias is the same."""
    if isinstance(user, ReduceMean | ReduceVariance):
        return _same_along(bias, z, user.axes)
    if isinstance(user, BatchNormalization) and user.training_mode:
        return user.operands[0] is z and _same_along(bias, z, (0, *range(2, z.ndim)))
    if isinstance(user, Sub | BatchNormalization):
        mean = source(user.operands[1 if isinstance(user, Sub) else 3])
        of_z = user.operands[0] is z and isinstance(mean, ReduceMean) and mean.operands[0] is z
        return of_z and _takes_off(mean, z, bias)
    return isinstance(user, InstanceNormalization) and user.operands[0] is z and _same_along(bias, z, range(2, z.ndim))


def _same_along(bias: Node, z: Node, axes: object) -> bool:
    """Whether the bias, spread over z, does not vary along the axes."""
    if isinstance(z, Conv | ConvTranspose):
        varies = {1}
    else:
        new = z.ndim - bias.ndim
        varies = {new + i for i, axis in enumerate(bias.shape) if axis != 1}
    return varies.isdisjoint(axes) if isinstance(axes, tuple | range) else False


def _terms(node: Node) -> Iterator[Node]:
    """What is added up, each without the constant that it is scaled by."""
    pending = [node]
    while pending:
        term = pending.pop()
        factors = [operand for operand in term.operands if not isinstance(operand, Constant)]
        if isinstance(term, Add | Sub):
            pending.extend(reversed(term.operands))
        elif isinstance(term, Neg) or (isinstance(term, Mul) and len(factors) == 1):
            pending.append(factors[0])
        else:
            yield term


def _over_rows(term: Node) -> str | None:
    """How a term puts the rows of a batch together, an axis that has a name: by their "sum" or their "mean"."""
    if isinstance(term, Div):  # a sum divided by how many there are
        divisor = source(term.operands[1])
        counts = divisor.known is not None and not isinstance(divisor, Constant)
        return "mean" if counts and _over_rows(term.operands[0]) else None
    rows = {axis for operand in term.operands[:1] for axis in operand.shape if isinstance(axis, SymbolicSize)} - set(term.shape)
    if not rows:
        return None
    if isinstance(term, ReduceSum | ReduceSumSquare | ReduceL1):
        return "sum"
    if isinstance(term, ReduceMean):
        return "mean"
    reduction = getattr(term, "reduction", "none")
    return None if reduction == "none" else str(reduction)


def _described(term: Node) -> str:
    return f"{term} of {term.operands[0]}" if term.operands and not term.name else str(term)


TRAINING = (
    unused, parameter_without_gradient, opaque_gradient, bias_before_normalization, mixed_reduction, state_never_advanced,
    same_seed,
)  # fmt: skip
"""The lints, in the order in which they are asked."""
