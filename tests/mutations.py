"""Wrong rules, made from the right ones: each must turn a check of the table of cases red.

`python -m tests.mutations [OPERATION …]` tries them.

A rule is parsed, one expression of it is changed (a sign, an operand left out, branches exchanged), and the operation is
checked with that in place, in memory only. A change that no check notices is a gap in the table, unless it changes no value:
then `EQUIVALENT` says why. Source: R. DeMillo, R. Lipton and F. Sayward, "Hints on test data selection", 1978.
"""

import ast
import inspect
import itertools
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.ops import OPERATIONS as CATALOGUE
from minigraph.ops.factors import Eigh, Qr, Svd
from minigraph.ops.multi_output import Part
from minigraph.ops.scan import Scan
from tests.ops import test_every_operation as table
from tests.ops import test_matrix_functions, test_scan

FACTORS = {"Eigh": (Eigh, "np.linalg.eigh"), "Qr": (Qr, "np.linalg.qr"), "Svd": (Svd, "np.linalg.svd")}
"""The operations of several values, which only functions of NumPy's compose: those of which the name begins so."""
LOOPS = {"Scan": Scan, "Part": Part}
"""What `mg.scan` composes."""
OPERATIONS = CATALOGUE | {name: kind for name, (kind, _) in FACTORS.items()} | LOOPS
CHECKS = [
    check for check in vars(table).values() if hasattr(check, "pytestmark") and "case" in inspect.signature(check).parameters
]
CHECKS_OF_LOOPS = [
    test_scan.test_values_gradients_and_second_derivatives_are_those_of_the_loop,
    test_scan.test_of_any_length_and_any_number_of_rows,
]
CHECKS_OF_FACTORS = [check for check in vars(test_matrix_functions).values() if hasattr(check, "pytestmark")]
WORDS = {"remedy", "infer", "validate", "complete", "check", "checked", "from_numpy", "parts"}
"""Methods that refuse and explain; tests/messages.txt holds what they say. So do those with an underscore."""
OPPOSITE = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Lt: ast.Gt, ast.LtE: ast.GtE,
    ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
ELSEWHERE = {
    "Bernoulli.forward": "tests/ops/test_random_numbers.py",
    "BatchNormalization.running": "tests/blocks/test_batch_normalization.py",
    "Dropout.dropped": "tests/ops/test_random_numbers.py",
    "DropoutMask.forward": "tests/ops/test_random_numbers.py",
    "ConvTranspose.target": "tests/ops/test_named_axes.py",
    "InSizes.numbers": "tests/ops/test_named_axes.py",
    "Pad.left": "tests/ops/test_named_axes.py",
    "PseudoInverse.forward": "tests/ops/test_linear_algebra.py",
    "Resize.scaled": "tests/ops/test_named_axes.py",
}
"""Rules of state, of random numbers and of named sizes, and the tests that hold them."""
EQUIVALENT = {
    "Einsum.forward: len(operands) > 1  →  len(operands) < 1": "in which order products are taken",
    "Eigh.forward: x.mT  →  x": "of a matrix that is symmetric; tests/ops/test_linear_algebra.py has one that is not quite",
    "Factors.reciprocals: differences + identity  →  differences - identity": "what zeros are divided by",
    "ReduceLogSum.backward: self.restore(gradient / self.summed(x)) * np.ones_like(x)  →  "
    "self.restore(gradient / self.summed(x)) / np.ones_like(x)": "by ones",
    "Conv.backward: not any((isinstance(size, SymbolicSize) for size in pads))  →  "
    "any((isinstance(size, SymbolicSize) for size in pads))": "how pads are written",
    "Conv.backward: {'pads': pads if any(pads) else None, 'auto_pad': 'NOTSET'} if fixed else {}  →  "
    "{} if fixed else {'pads': pads if any(pads) else None, 'auto_pad': 'NOTSET'}": "how pads are written",
    "_Sliced.at: x.ndim if min(axes, default=0) < 0 else max(axes, default=-1) + 1  →  "
    "max(axes, default=-1) + 1 if min(axes, default=0) < 0 else x.ndim": "axes that are not sliced may be written or not",
    "_Sliced.at: min(axes, default=0) < 0  →  min(axes, default=0) > 0": "axes that are not sliced may be written or not",
    "KLDivergence.derivatives: -x  →  x": "what is taken for the derivative at t = 0, where there is none",
    "Size.forward: self.axes[0] if self.axes and len(self.axes) == 1 else self.axes  →  "
    "self.axes if self.axes and len(self.axes) == 1 else self.axes[0]": "how a line is written; the size is known before",
    "Size.forward: len(self.axes) == 1  →  len(self.axes) != 1": "how a line is written; the size is known before",
    "CosineSimilarity.paired: a.shape == b.shape  →  a.shape != b.shape": "what has the shape already is broadcast to it",
    "CosineSimilarity.paired: a * b  →  a / b": "its shape alone is read",
}
"""Changes that no value shows, each with the reason."""


@dataclass(frozen=True)
class Mutant:
    """A class of operations with one expression of one method changed."""

    owner: type
    method: str
    before: str
    after: str
    function: Any

    @property
    def rule(self) -> str:
        """The method, by the name of its class."""
        return f"{self.owner.__name__}.{self.method}"

    def __str__(self) -> str:
        return f"{self.rule}: {self.before}  →  {self.after}"


def changed(expression: ast.AST) -> Iterator[ast.AST]:
    """What is put in an expression's place."""
    match expression:
        case ast.Return(value=ast.Tuple(elts=parts)):
            for i, part in enumerate(parts):
                if not isinstance(part, ast.Constant | ast.Starred):
                    negative = [ast.UnaryOp(ast.USub(), each) if k == i else each for k, each in enumerate(parts)]
                    yield ast.Return(ast.Tuple(negative, ast.Load()))
        case ast.BinOp(ast.Tuple() | ast.List()):
            return  # it is no number that is repeated here
        case ast.BinOp(left, operator, right):
            if type(operator) in OPPOSITE:
                yield ast.BinOp(left, OPPOSITE[type(operator)](), right)
                yield left
            elif isinstance(operator, ast.MatMult):
                yield ast.BinOp(right, operator, left)
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand
        case ast.Compare(left, [operator], [right]) if type(operator) in OPPOSITE:
            yield ast.Compare(left, [OPPOSITE[type(operator)]()], [right])
        case ast.Attribute(value, "T" | "mT"):
            yield value
        case ast.IfExp(test, first, second):
            yield ast.IfExp(test, second, first)
        case ast.Call(ast.Attribute(attr="where"), [condition, first, second], keywords):
            yield ast.Call(expression.func, [condition, second, first], keywords)


class Replaced(ast.NodeTransformer):
    """A tree with one node put in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def owners(operation: str) -> list[type]:
    """The classes that an operation's rules come from: its own, and what it shares with its family."""
    return [base for base in OPERATIONS[operation].__mro__ if base.__module__.startswith("minigraph.ops")]


def rules_of(owner: type) -> dict[str, Any]:
    """The methods of a class that compute."""
    found = {name: inspect.unwrap(each) for name, each in vars(owner).items() if inspect.isfunction(each)}
    computing = {name: each for name, each in found.items() if name not in WORDS and not name.startswith("_")}
    return {name: each for name, each in computing.items() if each.__module__.startswith("minigraph.ops")}


def mutants(operation: str) -> Iterator[Mutant]:
    """Every way in which one expression is changed in the rules that the operation is the first to have."""
    earlier = {owner for other in itertools.takewhile(lambda each: each != operation, OPERATIONS) for owner in owners(other)}
    for owner in owners(operation):
        for method, rule in {} if owner in earlier else rules_of(owner).items():
            source = textwrap.dedent(inspect.getsource(rule))
            for i, old in enumerate(ast.walk(ast.parse(source))):
                for k in range(len(list(changed(old)))):
                    tree = ast.parse(source)
                    here = next(itertools.islice(ast.walk(tree), i, None))
                    new = next(itertools.islice(changed(here), k, None))
                    before, after = ast.unparse(here), ast.unparse(ast.fix_missing_locations(new))
                    yield Mutant(owner, method, before, after, compiled(Replaced(here, new).visit(tree), rule, method))


def compiled(tree: ast.Module, function: Any, method: str) -> Any:
    """The function of a parsed rule, within one that knows the class, so that super() works."""
    module = ast.parse(f"def make(__class__):\n    pass\n    return {method}")
    module.body[0].body[0:1] = tree.body  # type: ignore[attr-defined]
    scope: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(module), "<mutant>", "exec"), function.__globals__, scope)
    return scope["make"]


def is_caught(mutant: Mutant) -> bool:
    """Whether a check of the table goes red, for any operation that has the rule, with the wrong one in its place."""
    right = vars(mutant.owner)[mutant.method]
    wrong = {mutant.method: mutant.function(mutant.owner)}
    setattr(
        mutant.owner, mutant.method, vars(type("Wrong", (mutant.owner,), wrong))[mutant.method]
    )  # as a class keeps its rules
    try:
        users = [operation for operation in OPERATIONS if mutant.owner in owners(operation)]
        return any(fails(check, values) for each in users for check in checks_of(each) for values in trials(check, each))
    finally:
        setattr(mutant.owner, mutant.method, right)


def checks_of(operation: str) -> list[Any]:
    """The checks that are made of an operation."""
    return CHECKS_OF_FACTORS if operation in FACTORS else CHECKS_OF_LOOPS if operation in LOOPS else CHECKS


def trials(check: Any, operation: str) -> Iterator[dict[str, Any]]:
    """Every combination of the parameters that a check is made with, for one operation's cases."""
    names = [mark.args[0] for mark in check.pytestmark]
    for combination in itertools.product(*(mark.args[1] for mark in check.pytestmark)):
        values: dict[str, Any] = {}
        for name, value in zip(names, combination, strict=True):
            values.update({name: value} if isinstance(name, str) else dict(zip(name, value, strict=True)))
        own = FACTORS[operation][1] in values["expression"] if operation in FACTORS else operation in LOOPS
        if own or ("case" in values and values["case"].operation == operation):
            yield values


def fails(check: Any, values: dict[str, Any]) -> bool:
    try:
        with np.errstate(all="ignore"):
            check(**values)
    except Exception:
        return True
    return False


def main(operations: list[str]) -> int:
    """Print every wrong rule that no check notices; 1 if there is one that `EQUIVALENT` does not explain."""
    count, missed, unused = 0, 0, set(EQUIVALENT)
    for operation in operations or OPERATIONS:
        for mutant in mutants(operation):
            count += 1
            if mutant.rule not in ELSEWHERE and not is_caught(mutant):
                unused.discard(str(mutant))
                missed += str(mutant) not in EQUIVALENT
                print(mutant, EQUIVALENT.get(str(mutant), "NOT CAUGHT"), sep="  # ", flush=True)
    print(f"{count - missed} of {count} wrong rules are caught, or change no value")
    if not operations and unused:
        print("EQUIVALENT explains what is caught, or no longer there:", *unused, sep="\n  ")
    return int(missed > 0 or (not operations and bool(unused)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
