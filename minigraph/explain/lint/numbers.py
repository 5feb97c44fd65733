"""Lints of numbers: what overflows, divides by 0, or has an infinite derivative. Each looks at one node."""

from collections.abc import Iterator

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.explain.lint.facts import Facts, Reasons, code, scores_of, source
from minigraph.explain.lint.scores import score_in_logarithm
from minigraph.ops.activations import Sigmoid
from minigraph.ops.arithmetic import Add, Div, Mul, Neg, Reciprocal, StopGradient, Sub
from minigraph.ops.comparison import And, IsInf, IsNaN, Not, Or, Where, Xor
from minigraph.ops.elementary import Exp, Log, Pow, Sqrt
from minigraph.ops.reductions import ReduceLogSum, ReduceMean, ReduceSum
from minigraph.readings.sameness import moved_operand

__all__ = ["NUMBERS"]

SUMS = (Add, ReduceSum, ReduceMean)


def log_of_softmax(node: Node, facts: Facts) -> Reasons:
    """ln softmax(z) is −∞ where the softmax underflows, and ln sigmoid(z) where the sigmoid does."""
    if not isinstance(node, Log):
        return None
    scores = scores_of(source(node.operands[0]))
    if scores is not None:
        return (
            "A softmax is 0 where a score lies far below the largest, and the logarithm of 0 is −∞.",
            f"mg.LogSoftmax({code(scores, 'z')}) is finite for every score.",
        )
    if isinstance(source(node.operands[0]), Sigmoid):
        z = source(node.operands[0]).operands[0]
        return (
            "A sigmoid is 0 far below 0, and the logarithm of 0 is −∞.",
            f"mg.LogSigmoid({code(z, 'z')}) is finite everywhere.",
        )
    return None


def exp_overflow(node: Node, facts: Facts) -> Reasons:
    """A power that has no bound, in a sum that a quotient or a logarithm would bring back."""
    if not isinstance(node, Exp):
        return None
    if not _overflows(node, facts):
        return None
    limit = _limit(node)
    for summed, user in _brought_back(node, facts):
        divides, z = isinstance(user, Div), code(node.operands[0], "z")
        if isinstance(summed, Add):
            remedy = (
                "mg.Sigmoid is 1 / (1 + e⁻ˣ) without overflow, and mg.Softmax a power by the sum of several."
                if divides
                else "mg.Softplus is ln(1 + eˣ) without overflow, and mg.ReduceLogSumExp the logarithm of any sum of powers."
            )
        else:
            remedy = (
                f"{'mg.Softmax' if divides else 'mg.ReduceLogSumExp'}({z}) takes the largest off first; by hand that is "
                f"np.exp({z} - {z}.max(axis=…, keepdims=True))."
            )
        return (
            f"The exponential overflows where {node.operands[0]} is above {int(limit)}, and what is made of it is then "
            "not a number, or has no gradient.",
            remedy,
        )
    return None


def log_of_zero(node: Node, facts: Facts) -> Reasons:
    """ln x of what can be 0."""
    if not isinstance(node, Log | ReduceLogSum) or not facts.reaches_zero(node.operands[0]):
        return None
    if _guarded(node, node.operands[0], facts) or score_in_logarithm(node) is not None:
        return None  # the latter scores-as-probabilities says
    least = "0" if facts.bounds[node.operands[0]].low >= 0 else "0 or below"
    return (
        f"{node.operands[0]} can be {least}, where a logarithm is not finite.",
        f"Keep it above: np.log(np.maximum({code(node.operands[0], 'x')}, 1e-12)).",
    )


def division_by_zero(node: Node, facts: Facts) -> Reasons:
    """A divisor that can be 0."""
    divisor = _divisor(node)
    if divisor is None or not facts.reaches_zero(divisor) or _guarded(node, divisor, facts):
        return None
    b = code(divisor, "b")
    if facts.bounds[divisor].low >= 0:
        remedy = f"Keep the divisor above 0: {b} + 1e-12, or np.maximum({b}, 1e-12)."
    else:
        remedy = f"Divide by what keeps one sign, or by np.where(np.equal({b}, 0), 1, {b})."
    return f"It divides by {divisor}, which can be 0.", remedy


def sqrt_at_zero(node: Node, facts: Facts) -> Reasons:
    """A root of what can be 0, where its derivative is infinite, on the way of a gradient."""
    if not _is_root(node) or not facts.reaches_zero(node.operands[0]):
        return None
    if facts.loss is None or not facts.receives_gradient(node) or isinstance(node.operands[0], StopGradient):
        return None
    if node not in facts.learned:
        return None
    return (
        f"{node.operands[0]} can be 0, where the derivative of a root is infinite: the gradient is then not a number.",
        f"np.sqrt({code(node.operands[0], 'x')} + 1e-12) has a derivative there too.",
    )


def unguarded_branch(node: Node, facts: Facts) -> Reasons:
    """What np.where does not take has no finite derivative there: the gradient is then 0 times infinity."""
    if not isinstance(node, Where) or node.dtype.kind != "f" or facts.loss is None or not facts.receives_gradient(node):
        return None
    condition, *branches = node.operands
    for branch, guard in zip(branches, ("np.where({c}, {x}, 1)", "np.where({c}, 1, {x})"), strict=True):
        for each in _from_tested(branch, condition):
            operand = _at_risk(each, condition, facts)
            if operand is not None and operand in facts.learned and facts.receives_gradient(each):
                c, x = code(condition, "c"), code(operand, "x")
                guarded = _call(each, guard.format(c=c, x=x))
                choice = f"np.where({c}, {guarded}, …)" if branch is branches[0] else f"np.where({c}, …, {guarded})"
                return (
                    f"{each} can have no finite derivative where np.where does not take it, and 0 times infinity is not a "
                    "number: neither is the gradient then.",
                    f"Guard the operand too: {choice}.",
                )
    return None


def _guarded(node: Node, operand: Node, facts: Facts) -> bool:
    """Whether the value is only ever chosen by np.where, with a condition that asks about the operand."""
    users, asked = facts.users[node], source(operand)
    return bool(users) and all(
        isinstance(user, Where) and node in user.operands[1:] and asked in topological_order([user.operands[0]])
        for user in users
    )


def _from_tested(branch: Node, condition: Node) -> Iterator[Node]:
    """The operations, element by element, that lead from what the condition asks about to a branch; another where guards them.

    Of a condition that is given nothing is known but that it chooses the branch itself.
    """
    asked: set[Node] = set()
    pending = [condition]
    while pending:
        node = source(pending.pop())
        if isinstance(node, And | Or | Xor | Not):
            pending += node.operands
        asked.update(node.operands)
    if not asked:
        yield source(branch)
    for node in topological_order([branch]):
        within = type(node).infer is Node.infer or moved_operand(node) is not None
        if within and node not in asked and not isinstance(node, Where | StopGradient) and not asked.isdisjoint(node.operands):
            asked.add(node)
            yield node


def _at_risk(node: Node, condition: Node, facts: Facts) -> Node | None:
    """The operand for some of whose values an operation has no finite value or derivative, or None."""
    divisor = _divisor(node)
    if divisor is not None and facts.bounds[divisor].reaches_zero:
        return divisor
    if isinstance(node, Log) or _is_root(node):
        x = node.operands[0]
        return x if facts.bounds[x].low < 0 or facts.bounds[x].reaches_zero else None
    if isinstance(node, Exp) and _overflows(node, facts):
        return node.operands[0]
    asks = any(isinstance(each, IsNaN | IsInf) for each in (condition, *condition.operands))
    scaled = isinstance(node, Mul | Div) and any(isinstance(operand, Constant) for operand in node.operands)
    linear = scaled or isinstance(node, (*SUMS, Sub, Neg)) or moved_operand(node) is not None
    return node.operands[0] if asks and node.operands and not linear else None


def _call(node: Node, operand: str) -> str:
    """How an operation is written of an operand."""
    if isinstance(node, Sqrt | Log | Exp):
        return f"np.{type(node).__name__.lower()}({operand})"
    return f"… / {operand}" if isinstance(node, Div) else f"f({operand})"


def _overflows(power: Node, facts: Facts) -> bool:
    return facts.bounds[power.operands[0]].high > _limit(power)


def _limit(power: Node) -> float:
    """The largest operand of which a power is finite in its type."""
    return float(np.log(np.finfo(power.dtype).max))


def _brought_back(power: Node, facts: Facts) -> Iterator[tuple[Node, Node]]:
    """Each sum that the power is in, with the quotient or logarithm of that sum."""
    pending: list[tuple[Node, Node | None]] = [(power, None)]
    while pending:
        node, summed = pending.pop()
        for user in facts.users[node]:
            if summed is not None and (isinstance(user, Log) or _divisor(user) is node):
                yield summed, user
            elif isinstance(user, ReduceLogSum):
                yield user, user
            elif isinstance(user, SUMS):
                pending.append((user, user))
            elif (isinstance(user, Mul) and any(isinstance(o, Constant) for o in user.operands)) or moved_operand(user) is node:
                pending.append((user, summed))


def _divisor(node: Node) -> Node | None:
    if isinstance(node, Div):
        return node.operands[1]
    inverts = isinstance(node, Pow) and isinstance(node.operands[1], Constant) and bool((node.operands[1].value < 0).any())
    return node.operands[0] if inverts or isinstance(node, Reciprocal) else None


def _is_root(node: Node) -> bool:
    if isinstance(node, Pow) and isinstance(node.operands[1], Constant):
        exponent = node.operands[1].value
        return bool(((exponent > 0) & (exponent < 1)).any())
    return isinstance(node, Sqrt)


NUMBERS = (
    log_of_softmax, exp_overflow, log_of_zero, division_by_zero, sqrt_at_zero, unguarded_branch,
)  # fmt: skip
"""The lints, in the order in which they are asked."""
