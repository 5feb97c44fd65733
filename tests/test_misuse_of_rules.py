"""Mistakes in the rules of one's own operations: each is told with the rule's line and the node's, in these words."""

import re

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
        return gradient * np.sinc(x)


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
    "no forward": (
        lambda: NoForward(x),
        mg.RuleError,
        "NoForward has no rule for its value: define forward(self, x, …, out=None).",
    ),
    "an infer that fails": (
        lambda: Uninferred(x),
        mg.OperationError,
        "Uninferred.infer (here) failed on x (3): tuple index out of range\n  x was made at here.",
    ),
    "a forward that gives another shape": (
        lambda: run(Summed(x)),
        mg.RuleError,
        "Summed.forward gave a value (scalar, float32) where its infer says (3, float32).\n"
        "  Summed (3) was made at here.\n"
        "  Mend the rule, or say in infer(self, x, …) what shape and type it gives.",
    ),
    "a forward that gives another size, when it is checked": (
        lambda: mg.Graph(Longer(x)).forward(x=[1, 2, 3], check=True),
        mg.RuleError,
        "Longer.forward gave a value (6, float32) where its infer says (3, float32).\n"
        "  Longer (3) was made at here.\n"
        "  Mend the rule, or say in infer(self, x, …) what shape and type it gives.",
    ),
    "a forward that gives another type": (
        lambda: run(Widened(x)),
        mg.RuleError,
        "Widened.forward gave a value (3, float64) where its infer says (3, float32).\n"
        "  Widened (3) was made at here.\n"
        "  Mend the rule, or say in infer(self, x, …) what shape and type it gives.",
    ),
    "a forward that gives nothing": (
        lambda: run(Forgotten(x)),
        mg.RuleError,
        "Forgotten.forward gave None: does it return its value?\n  Forgotten (3) was made at here.",
    ),
    "a forward that gives text": (
        lambda: run(Text(x)),
        mg.RuleError,
        "Text.forward failed on operands of 3: could not convert string to float: 'text'\n  Text (3) was made at here.",
    ),
    "a forward that fails": (
        lambda: run(Slip(x, name="slip")),
        mg.RuleError,
        "Slip.forward (here) failed on operands of 3: 'numpy.ndarray' object has no attribute 'double'\n"
        "  slip was made at here.",
    ),
    "a forward that looks beyond the end": (
        lambda: run(Indexed(x)),
        mg.RuleError,
        "Indexed.forward (here) failed on operands of 3: index 7 is out of bounds for axis 0 with size 3\n"
        "  Indexed (3) was made at here.",
    ),
    "no backward": (
        lambda: backward(NoBackward(x)),
        mg.RuleError,
        "NoBackward has no rule for its gradient: define backward(self, gradient, y, x, …).",
    ),
    "a backward that gives too few gradients": (
        lambda: backward(Plus(x, x)),
        mg.RuleError,
        "Plus.backward gave 1 gradient for 2 operands: it must give a tuple with one for each, None for one that "
        "takes none.\n"
        "  Plus (3) was made at here.",
    ),
    "a gradient of another shape": (
        lambda: backward(WrongShape(x)),
        mg.RuleError,
        "WrongShape.backward gave a gradient (7, float32) for an operand (3, float32): give an array of that type, "
        "and of that shape or one that broadcasting made of it.\n"
        "  WrongShape (3) was made at here.",
    ),
    "a gradient of another type": (
        lambda: backward(WrongType(x)),
        mg.RuleError,
        "WrongType.backward gave a gradient (3, float64) for an operand (3, float32): give an array of that type, "
        "and of that shape or one that broadcasting made of it.\n"
        "  WrongType (3) was made at here.",
    ),
    "a gradient that is no array": (
        lambda: backward(NoArray(x)),
        mg.RuleError,
        "NoArray.backward gave 2.0 for an operand (3, float32): give an array of that type, and of that shape or "
        "one that broadcasting made of it.\n"
        "  NoArray (3) was made at here.",
    ),
    "a backward that fails": (
        lambda: backward(SlipBackwards(x)),
        mg.RuleError,
        "SlipBackwards.backward (here) failed: 'numpy.ndarray' object has no attribute 'double'\n"
        "  SlipBackwards (3) was made at here.",
    ),
    "a backward that branches on values, asked for its second derivative": (
        lambda: second(Branching(x)),
        mg.UnreadableRuleError,
        "Branching has no second derivative.\n"
        "  Branching.backward (here) cannot be read with nodes: Greater (scalar) is a node and is neither true nor "
        "false until the graph runs. To choose between values use np.where(condition, a, b); to ask whether there "
        "is a node, `is not None`.\n"
        "  Branching (3) was made at here.\n"
        "  To be read with nodes a rule keeps to operators and functions that are operations, with np.where for "
        "`if`.",
    ),
    "a backward that calls what is no operation, asked for its second derivative": (
        lambda: second(Foreign(x)),
        mg.UnreadableRuleError,
        "Foreign has no second derivative.\n"
        "  Foreign.backward (here) cannot be read with nodes: np.sinc is not an operation of minigraph; "
        "minigraph.ops.OPERATIONS lists those there are.\n"
        "  Foreign (3) was made at here.\n"
        "  To be read with nodes a rule keeps to operators and functions that are operations, with np.where for "
        "`if`.",
    ),
    "a backward that fails on nodes, asked for its second derivative": (
        lambda: second(SlipBackwards(x)),
        mg.UnreadableRuleError,
        "SlipBackwards has no second derivative.\n"
        "  SlipBackwards.backward (here) cannot be read with nodes: Expand has no attribute 'double'. Write x.double() "
        "as x.astype(np.float64).\n"
        "  SlipBackwards (3) was made at here.\n"
        "  To be read with nodes a rule keeps to operators and functions that are operations, with np.where for "
        "`if`.",
    ),
    "too few gradients for the graph": (
        lambda: gradient(Plus(x, x)),
        mg.RuleError,
        "Plus.backward gave 1 gradient for 2 operands: it must give a tuple with one for each, None for one that "
        "takes none.\n"
        "  Plus (3) was made at here.",
    ),
}


@pytest.mark.parametrize("mistake", RULES)
def test_the_mistake_is_told_in_these_words(mistake):
    make, kind, message = RULES[mistake]
    with pytest.raises(kind) as told:
        make()
    assert re.sub(r"\btest_misuse_of_rules\.py:\d+", "here", str(told.value)) == message


def test_the_line_told_is_where_the_rule_itself_failed():
    def helper(x):
        return x.double()

    class Helped(Twice):
        def forward(self, x, out=None):
            return helper(x)

    with pytest.raises(mg.RuleError, match=rf"test_misuse_of_rules\.py:{helper.__code__.co_firstlineno + 1}\)"):
        run(Helped(x))


def test_an_attribute_that_would_hide_a_method_is_refused():
    with pytest.raises(mg.OperationError) as error:

        class Bounded(mg.Node):
            max: float = 1.0

    assert str(error.value) == "Bounded has an attribute 'max', which would hide node.max: rename it."
