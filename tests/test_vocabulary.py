"""The code speaks the field's words: none of those that a reader would have to guess, and each term where the thing is done."""

import ast
import re
from pathlib import Path

import pytest

import minigraph

PACKAGE = Path(minigraph.__file__).parent
RETIRED = {
    "apart", "arrival", "arriving", "bringing", "crew", "crews", "fallible", "held", "lent", "made", "ours", "parted",
    "passage", "passages", "room", "said", "share", "shares", "slope", "slopes", "strange", "theirs", "told", "turns",
    "twin", "twins", "unshared",
}  # fmt: skip
"""Words that meant something in this code alone."""
ALLOWED = {("ops/activations.py", "slope"), ("interop/onnx/versions.py", "slope")}
"""Where such a word is the field's own: PRelu's operand in ONNX."""
TERMS = {
    "vector-Jacobian product": "core/vjp.py",
    "cotangent": "core/vjp.py",
    "common-subexpression elimination": "compiler/lowering.py",
    "constant folding": "compiler/simplification.py",
    "lowering": "compiler/lowering.py",
    "liveness": "compiler/plan.py",
    "in-place": "compiler/plan.py",
    "gradient checkpointing": "compiler/checkpointing.py",
    "callback": "training/loop/callbacks.py",
    "mini-batch": "training/data/batches.py",
}
"""What the field calls a thing, and the file in which it is done."""


def words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def names_of(file: Path) -> set[str]:
    """What a file defines or assigns: modules, classes, functions, arguments, variables and attributes."""
    found = {file.stem}
    for part in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match part:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(asname=str(name)):
                found.add(name)
    return found


def test_no_name_has_a_retired_word():
    names = {(str(file.relative_to(PACKAGE)), name) for file in PACKAGE.rglob("*.py") for name in names_of(file)}
    assert sorted(each for each in names - ALLOWED if words_of(each[1]) & RETIRED) == []


@pytest.mark.parametrize("term", TERMS)
def test_a_term_of_the_field_is_found_where_it_is_done(term):
    tree = ast.parse((PACKAGE / TERMS[term]).read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    texts = [ast.get_docstring(part) or "" for part in ast.walk(tree) if isinstance(part, documented)]
    assert any(term.lower() in re.sub(r"\s+", " ", text).lower() for text in texts)
