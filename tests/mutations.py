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

from minigraph.core.node import Node
from minigraph.ops import OPERATIONS
from tests.ops import test_every_operation as table

CHECKS = [
    check for check in vars(table).values() if hasattr(check, "pytestmark") and "case" in inspect.signature(check).parameters
]
WORDS = {"remedy", "infer", "validate", "complete", "from_numpy", "__init__"}
"""Methods that refuse and explain; tests/messages.txt holds what they say. So do those with an underscore."""
OPPOSITE = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Lt: ast.Gt, ast.LtE: ast.GtE,
    ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
ELSEWHERE = {
    "BatchNormalization.running": "tests/blocks/test_batch_normalization.py",
    "Dropout.dropped": "tests/ops/test_random_numbers.py",
    "DropoutMask.forward": "tests/ops/test_random_numbers.py",
}
"""Rules of state and of random numbers, and the tests that hold them."""
EQUIVALENT: dict[str, str] = {}
"""Changes that no value shows, each with the reason."""


@dataclass(frozen=True)
class Mutant:
    """An operation with one expression of one method changed."""

    operation: str
    method: str
    before: str
    after: str
    function: Any

    def __str__(self) -> str:
        return f"{self.operation}.{self.method}: {self.before}  →  {self.after}"


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


def rules_of(kind: type[Node]) -> dict[str, Any]:
    """The methods that compute: an operation's own, and those of a class that it shares with its family alone."""
    bases = [base for base in reversed(kind.__mro__) if base.__module__.startswith("minigraph.ops")]
    shared = [base for base in bases if base is kind or base.__name__ not in OPERATIONS]
    methods = {name: each for base in shared for name, each in vars(base).items() if name not in WORDS and name[0] != "_"}
    return {name: each for name, each in methods.items() if inspect.isfunction(each)}


def mutants(operation: str) -> Iterator[Mutant]:
    """Every way in which one expression of the operation's rules is changed."""
    for method, rule in rules_of(OPERATIONS[operation]).items():
        function = inspect.unwrap(rule)
        if not function.__code__.co_filename.endswith(".py") or "/ops/" not in function.__code__.co_filename.replace("\\", "/"):
            continue  # it is derived from the class line
        source = textwrap.dedent(inspect.getsource(function))
        for i, old in enumerate(ast.walk(ast.parse(source))):
            for k in range(len(list(changed(old)))):
                tree = ast.parse(source)
                here = next(itertools.islice(ast.walk(tree), i, None))
                new = next(itertools.islice(changed(here), k, None))
                before, after = ast.unparse(here), ast.unparse(ast.fix_missing_locations(new))
                yield Mutant(operation, method, before, after, compiled(Replaced(here, new).visit(tree), function, method))


def compiled(tree: ast.Module, function: Any, method: str) -> Any:
    """The function of a parsed rule, within one that knows the class, so that super() works."""
    module = ast.parse(f"def make(__class__):\n    pass\n    return {method}")
    module.body[0].body[0:1] = tree.body  # type: ignore[attr-defined]
    scope: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(module), "<mutant>", "exec"), function.__globals__, scope)
    return scope["make"]


def is_caught(mutant: Mutant) -> bool:
    """Whether a check of the table goes red with the wrong rule in place."""
    kind = OPERATIONS[mutant.operation]
    own = vars(kind).get(mutant.method)
    setattr(kind, mutant.method, mutant.function(kind))
    try:
        return any(fails(check, values) for check in CHECKS for values in trials(check, mutant.operation))
    finally:
        if own is None:
            delattr(kind, mutant.method)
        else:
            setattr(kind, mutant.method, own)


def trials(check: Any, operation: str) -> Iterator[dict[str, Any]]:
    """Every combination of the parameters that a check is made with, for one operation's cases."""
    names = [mark.args[0] for mark in check.pytestmark]
    for combination in itertools.product(*(mark.args[1] for mark in check.pytestmark)):
        values: dict[str, Any] = {}
        for name, value in zip(names, combination, strict=True):
            values.update({name: value} if isinstance(name, str) else dict(zip(name, value, strict=True)))
        if values["case"].operation == operation:
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
            if f"{operation}.{mutant.method}" not in ELSEWHERE and not is_caught(mutant):
                unused.discard(str(mutant))
                missed += str(mutant) not in EQUIVALENT
                print(mutant, EQUIVALENT.get(str(mutant), "NOT CAUGHT"), sep="  # ", flush=True)
    print(f"{count - missed} of {count} wrong rules are caught, or change no value")
    if not operations and unused:
        print("EQUIVALENT explains what is caught, or no longer there:", *unused, sep="\n  ")
    return int(missed > 0 or (not operations and bool(unused)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
