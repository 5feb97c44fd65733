"""What type checkers and editors see: two strict checkers on a user's program and on the whole face, and true signatures."""

import inspect
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.node import Node
from tests import stubs, typed_program

ROOT = Path(__file__).parent.parent
PROGRAM, FACE = "tests/typed_program.py", "tests/typed_face.py"
COMMENTS = [re.search(r"  # (.+)$", line) for line in (ROOT / FACE).read_text().splitlines()]
EXPECTED = {number: comment[1] for number, comment in enumerate(COMMENTS, 1) if comment}
REFUSED = {number for number, comment in EXPECTED.items() if comment == "refused"}
REVEALED = {number: comment for number, comment in EXPECTED.items() if number not in REFUSED}


def with_mypy(folder):
    """What mypy says of the programs: (file, line, whether it is an error, message)."""
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder), "--no-pretty", PROGRAM, FACE]
    lines = subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    return [(m[1], int(m[2]), m[3] == "error", m[4]) for m in (re.match(r"(\S+):(\d+): (\w+): (.*)", x) for x in lines) if m]


def with_pyright(folder):
    """The same of pyright, in its strict mode but for what NumPy's own functions leave unknown."""
    if not find_spec("basedpyright"):
        pytest.skip("basedpyright is not installed")
    unknown = ["Argument", "Lambda", "Member", "Parameter", "Variable"]
    settings = {f"reportUnknown{kind}Type": False for kind in unknown} | {"reportUnnecessaryTypeIgnoreComment": "error"}
    given = {"typeCheckingMode": "strict", "include": [str(ROOT / PROGRAM), str(ROOT / FACE)], "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps({**given, **settings}))
    command = ["basedpyright", "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    found = json.loads(subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT).stdout)
    return [
        (str(Path(d["file"]).relative_to(ROOT)), d["range"]["start"]["line"] + 1, d["severity"] == "error", d["message"])
        for d in found["generalDiagnostics"]
    ]


@pytest.fixture(scope="module", params=[with_mypy, with_pyright], ids=["mypy", "pyright"])
def said(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("checker"))


@pytest.mark.slow
def test_a_program_with_an_operation_of_its_own_is_checked_in_strict_mode(said):
    assert [each for each in said if each[0] == PROGRAM and each[2]] == []


def test_the_same_program_runs():
    losses = typed_program.main()
    assert losses == sorted(losses, reverse=True)


def test_each_call_has_the_type_that_it_gives(said):
    texts = {line: re.search(r' is "(.+)"$', text)[1] for file, line, _, text in said if file == FACE and ' is "' in text}
    short = {line: re.sub(r"\b[a-z_]+\.", "", text) for line, text in texts.items() if line in REVEALED}
    assert short == REVEALED


def test_what_would_be_refused_as_it_runs_is_refused_before(said):
    assert {line for file, line, wrong, _ in said if file == FACE and wrong} == REFUSED


@pytest.mark.parametrize("stub", stubs.STUBS, ids=lambda file: file.parent.name)
def test_the_stubs_are_what_the_rules_and_tables_give(stub):
    assert stub.read_text() == stubs.written(stub), "run python -m tests.stubs"


def parameters_of(function):
    """The public functions' parameters that take a node, as far as their annotations say so."""
    for parameter in inspect.signature(function).parameters.values():
        text = str(parameter.annotation)
        if "Node" in text and not re.search("ndarray|Operand|ArrayLike|_SupportsArray", text):
            yield parameter.name


def test_what_numpy_gives_for_a_node_is_taken_wherever_a_node_is():
    results = {mg.Finding, mg.Gradients, mg.GradientReport, mg.Program, mg.RuleCheck, mg.Run}
    results |= {getattr(mg, name) for name in mg.__all__ if name.endswith("Error")}
    functions = {name: getattr(mg, name) for name in mg.__all__ if getattr(mg, name) not in results}
    functions |= {f"{m}.{name}": getattr(getattr(mg, m), name) for m in mg._MODULES for name in getattr(mg, m).__all__}
    functions |= {f"Graph.{name}": getattr(mg.Graph, name) for name in mg._METHODS[mg.Graph]}
    functions |= {f"Run.{name}": getattr(mg.Run, name) for name in ("__getitem__", "backward", *mg._METHODS[mg.Run])}
    functions["Optimizer.minimize"] = mg.Optimizer.minimize
    known = {name: each for name, each in functions.items() if inspect.isclass(each) or inspect.isroutine(each)}
    taken = {name: found for name, each in known.items() if (found := list(parameters_of(each)))}
    assert taken == {"metrics.Metric": ["sums"]}  # made by the functions beside them


class Mixed(Node):
    """An operation with all that a signature can have."""

    sides: tuple[int, ...]
    scale: float = 1.0

    def __init__(self, *operands, **options):
        super().__init__(*operands, **options)
        self.made = True

    def forward(self, x, y=None, out=None):
        return x * self.scale


@pytest.mark.parametrize("kind", [*mg.ops.OPERATIONS.values(), Mixed], ids=lambda kind: kind.__name__)
def test_a_signature_takes_what_composing_takes(kind):
    signature = inspect.signature(kind)
    keywords = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY and p.name != "name"]
    needed = {p.name: 1 for p in keywords if p.default is p.empty}
    assert [*kind.attributes] == [p.name for p in keywords] and "name" in signature.parameters
    some = [needed, {}, {**needed, "wrong": 1}, {**needed, **{p.name: p.default for p in keywords if p.name not in needed}}]
    for count, attributes in product(range(7), some):
        operands = [mg.Input(f"x{i}", (2, 3)) for i in range(count)]
        assert bound(signature, operands, attributes) == composed(kind, operands, attributes), (count, attributes)


def bound(signature, operands, attributes):
    try:
        signature.bind(*operands, name="y", **attributes)
    except TypeError:
        return False
    return True


def composed(kind, operands, attributes):
    """Whether composing goes further than to count the operands and to look for the attributes by name."""
    refusal = r"takes \d+.* operands?|takes .* operands? \(|has no attribute '|needs its attribute|positional arg|unexpected"
    try:
        kind(*operands, name="y", **attributes)
    except TypeError as error:
        return not re.search(refusal, str(error))
    except Exception:
        return True
    return True


def test_an_attribute_of_a_users_own_is_in_its_signature():
    expected = "(x, y=None, /, *, sides: tuple[int, ...], scale: float = 1.0, name: str | None = None)"
    assert str(inspect.signature(Mixed)) == expected
    assert Mixed(mg.Input("x", (2,)), sides=(1, np.int64(2))).made
