"""Make docs/numpy.md: `python -m docs.numpy [FOLDER]`.

What minigraph does is asked of minigraph, and held by the tests that make the same calls; why something is not there is what
the error says. What autograd and JAX do is stored by docs/numpy_others.py.
"""

import json
import sys
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.core.numpy_protocol import COMPOSED_BY, compose
from minigraph.ops import FAMILIES, OPERATIONS
from minigraph.ops.fourier import COMPLEX
from tests.numpy_calls import ABSENT, ARRAYS, CALLS
from tests.oracles import matrix_functions

INTRODUCTION = """# NumPy's functions

This page is made by `make docs` from NumPy's public names and from calls of them. minigraph gives the value and the gradient of
every call: tests compare them with NumPy's own values and with finite differences, or with JAX's gradients. For the others it
says of how many of these calls the value is NumPy's and a gradient is computed: ✓ is all of them, — none.

{summary}

Where NumPy and minigraph differ:

- A float32 graph stays one: Python's numbers never widen it, and two floating types are mixed only by `.astype`. Whole numbers
  and booleans take part where a function chooses, compares, counts or adds up; a mean, a root or a quotient of whole numbers is
  refused until they are cast, where NumPy would go over to float64.
- Shapes are known while composing, up to the sizes of named axes. So what would depend on values is refused, as in
  `np.nonzero(x)` or `x[x > 0]`.
- A node is never written into, so `out=` is refused, as is a ufunc's `where=`, which leaves the rest as it was: `np.where`
  chooses.
- `np.asarray(x)` is refused, as it would lose the gradient, and so is what calls it: `np.array([x, y])` is `np.stack([x, y])`,
  `np.r_[x, y]` is `np.concatenate([x, y])`, `np.c_[x, y]` is `np.column_stack([x, y])`, `np.int64(x)` is `x.astype(np.int64)`.
- `x == y` asks whether two nodes are the same one; `np.equal(x, y)` compares.
- NumPy leaves the order within the parts of `np.partition` open; here they are sorted.

At a kink the derivative is that on which PyTorch, JAX and autograd agree; where they do not it is finite: elements that tie
share it evenly, and that of `np.hypot` and `np.arctan2` at (0, 0), and of `np.std` where all elements are the same, is 0.
"""

ELSEWHERE = {
    "Making arrays of numbers": (
        "array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix bartlett blackman bmat "
        "diag_indices empty eye fftfreq from_dlpack frombuffer fromfile fromfunction fromiter frompyfunc fromregex fromstring "
        "full genfromtxt hamming hanning identity indices ix_ kaiser load loadtxt mask_indices ones require rfftfreq tri "
        "tril_indices triu_indices zeros"
    ),
    "Types, shapes and plans": (
        "broadcast_shapes einsum_path isdtype isfortran isscalar issubdtype iterable mintypecode nested_iters promote_types "
        "typename"
    ),
    "Text, dates, settings and help": (
        "base_repr binary_repr busday_count busday_offset datetime_as_string datetime_data format_float_positional "
        "format_float_scientific get_include get_printoptions getbufsize geterr geterrcall info is_busday isnat printoptions "
        "set_printoptions setbufsize seterr seterrcall show_config show_runtime test"
    ),
    "Old names": "row_stack",
}
"""NumPy's public functions that are not of arrays of real numbers."""
OTHERS = json.loads(Path(__file__).with_name("numpy_others.json").read_text())
TABLES = [
    ([*CALLS, *ABSENT], ARRAYS, {}),
    (matrix_functions.EXPRESSIONS, matrix_functions.ARRAYS, matrix_functions.NAMESPACE),
]


def functions() -> dict[Any, list[str]]:
    """NumPy's public functions, each with all its names."""
    found: dict[Any, list[str]] = {}
    for module, prefix in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        for name in sorted(module.__all__):
            function = getattr(module, name, None)
            if callable(function) and not isinstance(function, type):
                found.setdefault(function, []).append(f"{prefix}.{name}")
    for function in COMPOSED_BY:  # the methods of ufuncs
        if isinstance(getattr(function, "__self__", None), np.ufunc) and getattr(function, "__name__", "") != "outer":
            found[function] = [f"np.{function.__self__.__name__}.{function.__name__}"]
    return found


def called() -> dict[Any, dict[str, list[int]]]:
    """For each function of how many calls the others give value and gradient, and of how many: `{np.std: {"JAX": [5, 5]}}`."""
    found: dict[Any, dict[str, list[int]]] = {}
    for other, calls in OTHERS["calls"].items():
        for name, (works, of) in calls.items():
            tally = found.setdefault(resolved(name), {}).setdefault(other, [0, 0])
            tally[0] += works
            tally[1] += of
    return found


def resolved(name: str) -> Any:
    """The function of a name such as np.linalg.norm, or the name itself where this NumPy does not have it."""
    found: Any = np
    for part in name.split(".")[1:]:
        found = getattr(found, part, name)
    return found


def family_of(function: Any) -> str:
    """The file of minigraph/ops that composes it."""
    compose = COMPOSED_BY[function]
    owner = getattr(compose, "__self__", None)
    of = owner if isinstance(owner, type) else getattr(compose, "func", compose)
    if of in COMPOSED_BY:  # it stands for another of NumPy's
        return family_of(of)
    return str(of.__module__).rpartition(".")[2]


def composed(function: Any) -> str:
    """The operations that its first call composes."""
    for calls, arrays, given in TABLES:
        nodes = {name: mg.Input(name, np.shape(x), np.asarray(x).dtype) for name, x in arrays.items()}
        for call in calls:
            if call.startswith("np.") and resolved(call.partition("(")[0]) == function:
                found = eval(call, {"np": np} | given | nodes)
                parts = [each for each in (found if isinstance(found, tuple | list) else [found]) if isinstance(each, mg.Node)]
                kinds = dict.fromkeys(type(node).__name__ for node in mg.Graph(*parts).operations) if parts else {}
                return ", ".join(map(linked, kinds)) or "known while composing"
    raise AssertionError(f"No call of {function} is in the table.")


def linked(kind: str) -> str:
    """An operation's name, with a link to its section where it has one."""
    return f"[{kind}](operations.md#{kind.lower()})" if kind in OPERATIONS else kind


def mark(tally: list[int] | None) -> str:
    """✓, —, or how many of how many."""
    works, of = tally or (0, 1)
    return "✓" if works == of else f"{works} of {of}" if works else "—"


def why(function: Any, names: list[str]) -> str:
    """Why there is none, or what to write, as the error says; nothing where it does not say."""
    try:
        compose(function, mg.Input("x", (2,)))
    except mg.OperationError as error:
        said = str(error).partition("\n")[0]
        if function in COMPLEX:
            return f"It{said.removeprefix(names[0])}"
        return said.partition(" is not an operation of minigraph. ")[2]
    raise AssertionError(f"{names} is there after all.")


def page() -> str:
    """The whole page."""
    known, tallies = functions(), called()
    elsewhere = {name for names in ELSEWHERE.values() for name in names.split()}
    ours = {f: names for f, names in known.items() if f in COMPOSED_BY and f not in COMPLEX}
    absent = {f: names for f, names in known.items() if f not in ours and names[0].rpartition(".")[2] not in elsewhere}
    sections = []
    for family in sorted({family_of(f) for f in ours}, key=order):
        rows = [row(names, composed(f), tallies.get(f, {})) for f, names in ours.items() if family_of(f) == family]
        title = (getdoc(import_module(f"minigraph.ops.{family}")) or "").partition("\n")[0].rstrip(".")
        sections.append(f"## {title}\n\n{table('composes', rows)}")
    rows = [row(names, why(f, names), tallies.get(f, {})) for f, names in absent.items()]
    sections.append(f"## What is not there\n\n{table('why, or what to write', rows)}")
    lines = [f"- {title}: {', '.join(f'`{name}`' for name in names.split())}." for title, names in ELSEWHERE.items()]
    sections.append("## What is not of arrays of real numbers\n\n" + "\n".join(lines) + "\n")
    return INTRODUCTION.format(summary=summary(ours, absent, tallies)) + "\n" + "\n".join(sections)


def order(family: str) -> tuple[int, str]:
    """Families of operations come in the order of the catalogue, those of functions alone behind them."""
    names = [each.__name__.rpartition(".")[2] for each in FAMILIES]
    return (names.index(family) if family in names else len(names)), family


def row(names: list[str], what: str, tally: dict[str, list[int]]) -> str:
    """A function's line in a table."""
    shown = ", ".join(f"`{name}`" for name in names)
    return f"| {shown} | {mark(tally.get('autograd'))} | {mark(tally.get('JAX'))} | {what} |"


def table(last: str, rows: list[str]) -> str:
    """A table of rows."""
    return "\n".join([f"| function | autograd | JAX | {last} |", "|---|---|---|---|", *rows, ""])


def summary(ours: dict[Any, Any], absent: dict[Any, Any], tallies: Any) -> str:
    """How many functions each has, of those of arrays of real numbers."""
    versions = OTHERS["versions"]
    whole = {other: sum(mark(tallies.get(f, {}).get(other)) == "✓" for f in [*ours, *absent]) for other in OTHERS["calls"]}
    part = {other: sum("of" in mark(tallies.get(f, {}).get(other)) for f in [*ours, *absent]) for other in OTHERS["calls"]}
    lines = [f"| minigraph | {len(ours)} | |"]
    lines += [f"| {other} {versions[other.lower()]} | {whole[other]} | {part[other]} |" for other in ("autograd", "JAX")]
    head = f"| of {len(ours) + len(absent)} functions of NumPy {versions['numpy']} | all calls | some calls |\n|---|---|---|\n"
    return head + "\n".join(lines)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "numpy.md").write_text(page(), encoding="utf-8")
