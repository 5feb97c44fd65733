"""Mistakes in the rules of one's own operations: each message has the rule's line and the node's."""

import numpy as np
import pytest

import minigraph as mg


class Plus(mg.Node):
    """A sum whose backward gives one gradient for two operands."""

    def forward(self, a, b, out=None):
        return np.add(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient


class Twice(mg.Node):
    """A rule that is right, for others to spoil."""

    def forward(self, x, out=None):
        return 2 * x

    def backward(self, gradient, y, x):
        return 2 * gradient


class WrongShape(Twice):
    def backward(self, gradient, y, x):
        return np.ones((7, 7), np.float32)


class WrongType(Twice):
    def backward(self, gradient, y, x):
        return gradient * np.ones(3)


class NoArray(Twice):
    def backward(self, gradient, y, x):
        return 2.0


class Summed(Twice):
    def forward(self, x, out=None):
        return x.sum()


class Longer(Twice):
    def forward(self, x, out=None):
        return np.concatenate([x, x])


class Widened(Twice):
    def forward(self, x, out=None):
        return x.astype(np.float64)


class Forgotten(Twice):
    def forward(self, x, out=None):
        2 * x


class Text(Twice):
    def forward(self, x, out=None):
        return "text"


class Slip(Twice):
    def forward(self, x, out=None):
        return x.double()


class SlipBackwards(Twice):
    def backward(self, gradient, y, x):
        return gradient.double()


class Branching(Twice):
    def backward(self, gradient, y, x):
        if x.sum() > 0:
            return gradient
        return 2 * gradient


class Foreign(Twice):
    def backward(self, gradient, y, x):
        return gradient * np.i0(x)


class Indexed(Twice):
    def forward(self, x, out=None):
        return x[7]


class Uninferred(Twice):
    def infer(self, x):
        return x.shape[7], x.dtype


class NoForward(mg.Node):
    def backward(self, gradient, y, x):
        return gradient


class NoBackward(mg.Node):
    def forward(self, x, out=None):
        return 2 * x


x = mg.Input("x", (3,))


def run(node):
    return mg.Graph(node).forward(x=[1, 2, 3])


def backward(node):
    return run(node).backward(cotangent=[1, 1, 1])


def gradient(node):
    return mg.gradient(node.sum(), [x])


def second(node):
    (first,) = gradient(node)
    return gradient(first)


RULES = {
    "no forward": (lambda: NoForward(x), mg.RuleError),
    "an infer that fails": (lambda: Uninferred(x), mg.OperationError),
    "a forward that gives another shape": (lambda: run(Summed(x)), mg.RuleError),
    "a forward that gives another size, when it is checked": (
        lambda: mg.Graph(Longer(x)).forward(x=[1, 2, 3], check=True),
        mg.RuleError,
    ),
    "a forward that gives another type": (lambda: run(Widened(x)), mg.RuleError),
    "a forward that gives nothing": (lambda: run(Forgotten(x)), mg.RuleError),
    "a forward that gives text": (lambda: run(Text(x)), mg.RuleError),
    "a forward that fails": (lambda: run(Slip(x, name="slip")), mg.RuleError),
    "a forward that looks beyond the end": (lambda: run(Indexed(x)), mg.RuleError),
    "no backward": (lambda: backward(NoBackward(x)), mg.RuleError),
    "a backward that gives too few gradients": (lambda: backward(Plus(x, x)), mg.RuleError),
    "a gradient of another shape": (lambda: backward(WrongShape(x)), mg.RuleError),
    "a gradient of another type": (lambda: backward(WrongType(x)), mg.RuleError),
    "a gradient that is no array": (lambda: backward(NoArray(x)), mg.RuleError),
    "a backward that fails": (lambda: backward(SlipBackwards(x)), mg.RuleError),
    "a backward that branches on values, asked for its second derivative": (
        lambda: second(Branching(x)),
        mg.UnreadableRuleError,
    ),
    "a backward that calls what is no operation, asked for its second derivative": (
        lambda: second(Foreign(x)),
        mg.UnreadableRuleError,
    ),
    "a backward that fails on nodes, asked for its second derivative": (
        lambda: second(SlipBackwards(x)),
        mg.UnreadableRuleError,
    ),
    "too few gradients for the graph": (lambda: gradient(Plus(x, x)), mg.RuleError),
}


@pytest.mark.parametrize("mistake", RULES)
def test_the_mistake_is_refused_where_it_is_made(mistake, wording):
    make, kind = RULES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)


def test_the_line_told_is_where_the_rule_itself_failed():
    def helper(x):
        return x.double()

    class Helped(Twice):
        def forward(self, x, out=None):
            return helper(x)

    with pytest.raises(mg.RuleError, match=rf"test_misuse_of_rules\.py:{helper.__code__.co_firstlineno + 1}\)"):
        run(Helped(x))


def test_an_attribute_that_would_hide_a_method_is_refused(wording):
    with pytest.raises(mg.OperationError) as error:

        class Bounded(mg.Node):
            max: float = 1.0

    wording(error.value)
