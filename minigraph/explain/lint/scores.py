"""Lints of scores and probabilities: what a loss, or a softmax, is given."""

import math
from collections.abc import Iterator

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node
from minigraph.explain.lint.facts import Facts, Reasons, code, elementwise, is_relu, scores_of, source
from minigraph.explain.lint.layer import is_layer, without_bias
from minigraph.ops.activations import Sigmoid
from minigraph.ops.arithmetic import Mul, Sub
from minigraph.ops.cross_entropy import (
    BinaryCrossEntropy,
    KLDivergence,
    NegativeLogLikelihood,
    OverClasses,
    SoftmaxCrossEntropy,
)
from minigraph.ops.elementary import Log
from minigraph.ops.gather import OneHot
from minigraph.ops.losses import MeanSquaredError
from minigraph.ops.random import Dropout
from minigraph.ops.softmax import LogSoftmax, Softmax

__all__ = ["SCORES", "score_in_logarithm"]

NARROW = 2.2
"""How far scores must lie apart for a loss of two classes to come below 0.1: ln(1 + e⁻²·²) is 0.105."""


def softmax_before_loss(node: Node, facts: Facts) -> Reasons:
    """A loss that takes scores, or logarithms, is given probabilities; or a softmax is."""
    kind = type(node).__name__
    given = source(node.operands[0]) if node.operands else node
    scores = scores_of(given)
    if isinstance(node, SoftmaxCrossEntropy) and scores is not None:
        return (
            "SoftmaxCrossEntropy takes scores and makes them probabilities itself: a second softmax flattens the first, and "
            "the loss cannot come near 0.",
            f"Give it the scores: mg.SoftmaxCrossEntropy({code(scores, 'z')}, …).",
        )
    if isinstance(node, NegativeLogLikelihood | KLDivergence) and scores is not None:
        return (
            f"{kind} takes the logarithms of probabilities, and is given the probabilities.",
            f"Give it mg.LogSoftmax({code(scores, 'z')}).",
        )
    if isinstance(node, BinaryCrossEntropy) and isinstance(given, Sigmoid):
        z = code(given.operands[0], "z")
        if node.logits:
            return f"{kind}(logits=True) makes probabilities itself: a second sigmoid flattens the first.", f"Give it {z}."
        return (
            "The sigmoid rounds to 0 or 1 far from 0, where the loss is cut off and its gradient vanishes.",
            f"Give it the scores: mg.BinaryCrossEntropy({z}, …, logits=True).",
        )
    if isinstance(node, Softmax | LogSoftmax) and isinstance(given, Softmax) and node.axis == given.axis:
        return (
            "Probabilities lie between 0 and 1: a second softmax flattens them, so that none is more than e times another.",
            f"Give it the scores: mg.{kind}({code(given.operands[0], 'z')}).",
        )
    return None


def scores_as_probabilities(node: Node, facts: Facts) -> Reasons:
    """A loss of probabilities is given what can be below 0, or is a softmax over classes of which each is asked about alone."""
    score = score_in_logarithm(node)
    if score is not None:
        z = code(score, "z")
        return (
            f"{score} is a score, of any size and either sign; a logarithm is taken of what is above 0, as a probability is.",
            f"For yes or no: mg.BinaryCrossEntropy({z}, …, logits=True); for classes: mg.LogSoftmax({z}).",
        )
    if not isinstance(node, BinaryCrossEntropy) or node.logits:
        return None
    x = node.operands[0]
    given, bounds = source(x), facts.bounds[x]
    if given not in facts.learned_values:
        return None
    if isinstance(given, Softmax) and given.shape == x.shape and x.shape[given.axis] != 1:
        z = code(given.operands[0], "z")
        return (
            f"BinaryCrossEntropy asks about each class alone, and a softmax makes them sum to 1: {x} cannot say yes twice.",
            f"For classes of which one holds: mg.SoftmaxCrossEntropy({z}, …); for any number of them: "
            f"mg.BinaryCrossEntropy({z}, …, logits=True).",
        )
    if -math.inf < bounds.low < 0 or is_layer(given) or is_relu(given):
        return (
            f"BinaryCrossEntropy takes probabilities, and {x} can be {'below 0' if bounds.low < 0 else 'above 1'}, where its "
            "logarithm is not a number.",
            f"Say that these are scores: mg.BinaryCrossEntropy({code(x, 'z')}, …, logits=True).",
        )
    return None


def score_in_logarithm(node: Node) -> Node | None:
    """The raw score of which, or of 1 less which, a logarithm is taken."""
    if not isinstance(node, Log):
        return None
    x = node.operands[0]
    while isinstance(x, Sub) and isinstance(source(x.operands[0]), Constant):
        x = x.operands[1]
    return x if is_layer(x) else None


def bounded_scores(node: Node, facts: Facts) -> Reasons:
    """Scores that cannot lie far apart, or that are cut at 0, so that no probability comes near 1."""
    binary = isinstance(node, BinaryCrossEntropy) and node.logits
    if not (isinstance(node, SoftmaxCrossEntropy) or binary) or node.operands[0] not in facts.learned_values:
        return None
    given, kind = source(node.operands[0]), type(node).__name__
    if scores_of(given) is not None or (isinstance(given, Sigmoid) and binary):
        return None  # softmax-before-loss says so
    bounds, remedy = facts.bounds[given], f"Give {kind} what {given} is made of."
    if elementwise(given) and len(given.operands) == 1:
        remedy = (
            f"Leave out the {type(given).__name__}: mg.{kind}({code(given.operands[0], 'z')}, …{', logits=True' * binary})."
        )
    if is_relu(given):
        why = "no probability is below ½" if binary else "where all scores are cut, all classes are equally likely"
        return f"A score below 0 says no, and relu cuts it off, with its gradient: {why}.", remedy
    if binary and (bounds.low >= 0 or bounds.high <= 0):
        side, half = ("at least", "below") if bounds.low >= 0 else ("at most", "above")
        return f"The scores are {side} 0, so that no probability is {half} ½.", remedy
    width = bounds.high - bounds.low
    if width > NARROW:
        return None
    classes = node.operands[0].shape[node.axis or 0] if isinstance(node, SoftmaxCrossEntropy) else 2
    others = classes - 1 if isinstance(classes, int) else 1
    most = 1 / (1 + math.exp(-max(-bounds.low, bounds.high) if binary else -width) * others)
    return (
        f"The scores lie between {bounds.low:g} and {bounds.high:g}: no probability is ever above {most:.2f}.",
        remedy,
    )


def dropout_on_scores(node: Node, facts: Facts) -> Reasons:
    """What the loss compares with the targets is dropped out itself."""
    if not isinstance(node, OverClasses | BinaryCrossEntropy | LogSoftmax):
        return None
    given = without_bias(source(node.operands[0]))
    if isinstance(given, Softmax | Sigmoid):
        given = without_bias(source(given.operands[0]))
    if not isinstance(given, Dropout) or len(given.operands) < 2:
        return None
    return (
        f"A part of the scores, {given.ratio:g} of them, is set to 0 in each step, whatever the network says of these classes: "
        "the loss is noise there.",
        "Put the dropout before the last layer.",
    )


def softmax_with_squared_error(node: Node, facts: Facts) -> Reasons:
    """The squared error of a softmax from given targets, whose gradient vanishes where it is wrong for sure."""
    pair = _squared_difference(node)
    for p, target in () if pair is None else (pair, pair[::-1]):
        scores = scores_of(source(p))
        given = isinstance(source(target), Input | OneHot)
        if scores is not None and scores in facts.learned_values and given and scores.shape[-1] != 1:
            return (
                "The gradient of a squared error through a softmax vanishes where it is sure of a wrong class: just where "
                "there is most to learn.",
                f"mg.SoftmaxCrossEntropy({code(scores, 'z')}, …) has the gradient ŷ − y for the scores.",
            )
    return None


def _squared_difference(node: Node) -> tuple[Node, Node] | None:
    """The two of which a node is the squared error, by name or written out."""
    if isinstance(node, MeanSquaredError):
        return node.operands[0], node.operands[1]
    return next(_differences(node), None)


def _differences(node: Node) -> Iterator[tuple[Node, Node]]:
    squared = node.operands[0] if node.operands else node
    twice = isinstance(node, Mul) and node.operands[0] is node.operands[1]
    power = type(node).__name__ == "Pow"
    if (twice or power) and isinstance(squared, Sub):
        yield squared.operands[0], squared.operands[1]


def exchanged_operands(node: Node, facts: Facts) -> Reasons:
    """The targets stand first, and what is learned second."""
    if not isinstance(node, OverClasses | BinaryCrossEntropy):
        return None
    first, second = node.operands[:2]
    if not isinstance(source(first), Input) or second not in facts.learned_values:
        return None
    kind = type(node).__name__
    return (
        f"{kind} takes predictions and then targets: {first} is given and {second} learned: they stand the wrong way round.",
        f"Exchange them: mg.{kind}({code(second, 'z')}, {code(first, 't')}).",
    )


SCORES = (
    softmax_before_loss, scores_as_probabilities, bounded_scores, dropout_on_scores, softmax_with_squared_error,
    exchanged_operands,
)  # fmt: skip
"""The lints, in the order in which they are asked."""
