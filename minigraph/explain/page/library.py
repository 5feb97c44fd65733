"""The JavaScript of a page: the array library with those of NumPy's functions that a graph calls, and the interpreter."""

import re
from collections.abc import Iterable
from importlib import resources

__all__ = ["file_text", "library", "scripts"]


def scripts(names: Iterable[str] | None = None) -> str:
    """The array library with the functions of these names, or all, and the interpreter, in JavaScript."""
    return "\n".join([file_text("ndarray.js"), _functions() if names is None else library(names), file_text("interpreter.js")])


def file_text(name: str) -> str:
    """The text of a file that lies beside this one."""
    return resources.files(__package__ or "").joinpath(name).read_text("utf-8")


def library(names: Iterable[str]) -> str:
    """The functions of these names in JavaScript, with what they call, in the order in which the files have them.

    >>> "functions.matmul" in library(["matmul"]), "functions.sum" in library(["matmul"]), "functions.sum" in library(["mean"])
    (True, False, True)
    """
    text = _functions()
    blocks = [
        line for part in text.strip().split("\n\n") for line in (part.split("\n") if part.startswith("enter(") else [part])
    ]
    defined = {
        helper or f"functions.{one or other}": block for block in blocks for one, other, helper in DEFINED.findall(block)
    }
    wanted, found = [f"functions.{name}" for name in names], set()
    while wanted:
        if (block := defined.get(wanted.pop())) is not None and block not in found:
            found.add(block)
            wanted += WORD.findall(block)
    kept = [block for block in blocks if block in found or "const functions" in block]
    return "\n\n".join(kept)


def _functions() -> str:
    """All functions in JavaScript: NumPy's, and the operations without one; each rule for an element as a loop of its own.

    A browser's engine makes a rule fast that it finds in one place. One that a loop for all rules calls is ten times slower.
    """
    text = "\n".join(map(file_text, FILES))
    return FOLD.sub(_folded, LOOP.sub(_looped, text))


def _looped(found: re.Match[str]) -> str:
    """`loop((a, b) => …)` written out: the rule for elements of arrays that lie so far apart."""
    names, rule = found[1].split(", "), found[2]
    given = "".join(f", data{i}, at{i}, by{i}" for i in range(len(names)))
    steps = "".join(f", at{i} += by{i}" for i in range(len(names)))
    elements = ", ".join(f"{name} = data{i}[at{i}]" for i, name in enumerate(names))
    return f"(out, to, end{given}) => {{ for (; to < end; to++{steps}) {{ const {elements}; out[to] = {rule}; }} }}"


def _folded(found: re.Match[str]) -> str:
    """`fold((a, b) => …)` written out: the rule for what there is and the next element, which lie so far apart."""
    (sofar, each), rule = found[1].split(", "), found[2]
    elements = f"{sofar} = out[to], {each} = data[from]"
    loop = "for (; from < end; from++, to += by)"
    return f"(out, to, by, data, from, end) => {{ {loop} {{ const {elements}; out[to] = {rule}; }} }}"


FILES = ("elementwise.js", "functions.js", "operations.js", "linalg.js")
"""NumPy's functions, under its names, and the operations without one."""
NESTED = "[^()]"
for _ in range(6):
    NESTED = rf"(?:[^()]|\({NESTED}*\))"
LOOP, FOLD = (re.compile(rf"\b{kind}\(\(([\w, ]+)\) => ({NESTED}*)\)") for kind in ("loop", "fold"))
DEFINED = re.compile(
    r"""^(?:functions(?:\.|\["))([\w.]+)(?="?\]? = )|^enter\w*\("(\w+)"|^(?:function|const) (\w+)""", re.MULTILINE
)
WORD = re.compile(r"[\w.]+")
