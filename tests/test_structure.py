"""How the package is built: who may import whom, what the public face holds, and how long a file may grow."""

import ast
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module, resources
from pathlib import Path

import minigraph as mg
from minigraph.ops import OPERATIONS

ROOT = Path(__file__).parent.parent
PACKAGE = Path(mg.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
FLOORS = (
    {"core"},
    {"ops", "readings"},
    {"blocks", "compiler", "interop"},
    {"explain", "functions", "training"},
    {"__init__"},
    {"cli"},
    {"__main__"},
)
"""A file imports from the floors before its own, and from its own room; rooms that share a floor do not know each other."""
EXPLAIN = ("numeric", "check", "lint", "circuit", "derivation", "page")
"""The parts of explain, each after those that it may use."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOKING_UP = {"core/graph.py", "core/numpy_protocol.py", "core/run.py", "ops/methods.py"}
"""The files that may import from above, for types alone and under `if TYPE_CHECKING:`: from there their classes get methods."""
WHOLE = {"minigraph.core.errors", "minigraph.ops", "minigraph.training.optim.optimizers"}
"""The modules of which every public name is one of minigraph's."""
EXTRAS = ("PIL", "jax", "jinja2", "matplotlib", "onnx", "pyarrow", "python_calamine", "safetensors", "sklearn", "tensorboardX")


@cache
def parsed(file):
    """The file's code, without what is only for type checkers in the files that may look up."""
    tree = ast.parse(file.read_text())
    if file.relative_to(PACKAGE).as_posix() in LOOKING_UP:
        for part in ast.walk(tree):
            if isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING":
                part.body = [ast.Pass()]
    return tree


def imports_of(tree):
    """Every module that a file imports, by its whole name."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            yield part.module


def room_of(file):
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def floor_of(room):
    return next((number for number, rooms in enumerate(FLOORS) if room in rooms), None)


def strays(file):
    """The imports that a file must not make."""
    own = room_of(file)
    for module in imports_of(parsed(file)):
        package, _, rest = module.partition(".")
        room = rest.partition(".")[0] or "__init__"
        if package == "minigraph" and room != own and not floor_of(room) < floor_of(own):
            yield module


def test_every_room_has_its_floor():
    assert {room_of(file) for file in FILES if floor_of(room_of(file)) is None} == set()


def test_a_file_imports_only_from_the_floors_above_it():
    assert {file.name: found for file in FILES if (found := list(strays(file)))} == {}


def test_a_part_of_explain_uses_only_those_before_it():
    for file in (PACKAGE / "explain").rglob("*/*.py"):
        own = file.relative_to(PACKAGE / "explain").parts[0]
        parts = {module.split(".")[2] for module in imports_of(parsed(file)) if module.startswith("minigraph.explain.")}
        assert parts <= set(EXPLAIN[: EXPLAIN.index(own) + 1]), file


def test_no_files_import_each_other():
    modules = {
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): file for file in FILES
    }
    imports = {name: modules.keys() & set(_imported(file)) - {name} for name, file in modules.items()}
    tuple(TopologicalSorter(imports).static_order())  # it names the circle, if there is one


def _imported(file):
    """The modules that a file imports, but not the packages that they are in."""
    for part in ast.walk(parsed(file)):
        if isinstance(part, ast.ImportFrom):
            yield part.module
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


def test_no_import_hides_in_a_function():
    functions = [part for file in FILES for part in ast.walk(parsed(file)) if isinstance(part, FUNCTIONS)]
    assert {function.name: found for function in functions if (found := list(imports_of(function)))} == {}


def test_what_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {requirement.partition(">=")[0] for requirement in project["dependencies"]}
    imported = {name.partition(".")[0] for file in FILES for name in imports_of(parsed(file))}
    assert imported - sys.stdlib_module_names - {"minigraph"} <= declared


def test_minigraph_works_without_its_extras(tmp_path):
    script = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRAS!r}))
from minigraph.cli import main
main(["draw", "models/two_layer.py", "--out", {str(tmp_path / "circuit.svg")!r}])
sys.exit(main(["train", "models/two_layer.py"]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (tmp_path / "circuit.svg").is_file()
    assert done.stderr == "Error: scikit-learn is not installed: pip install 'minigraph[train]'.\n"
    assert done.returncode == 2


def test_the_public_face_is_sorted_and_complete():
    assert mg.__all__ == sorted(set(mg.__all__))
    assert {name for name in dir(mg) if not name.startswith("_")} == {*mg.__all__, *mg._MODULES}
    assert all(getattr(mg, name) is not None for name in dir(mg))


def test_the_face_holds_public_names_of_its_families():
    for module, names in mg._NAMES.items():
        public = set(import_module(module).__all__)
        assert public >= set(names) - {"RandomState"}, module  # it is no operation, and a family lists its operations
        assert public == set(names) or module not in WHOLE, module


def test_the_operations_stand_together():
    assert dir(mg.ops) == mg.ops.__all__ == sorted(OPERATIONS)
    assert all(getattr(mg.ops, name) is getattr(mg, name) is OPERATIONS[name] for name in OPERATIONS)


def loaded(script):
    """The modules that a fresh process has imported once it ran the script."""
    command = [sys.executable, "-c", f"{script}\nimport sys; print(); print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()[-1].split())


def test_what_costs_start_up_time_waits_until_it_is_used():
    found = loaded("import minigraph") - loaded("import numpy")
    packages = {name.split(".")[1] for name in found if name.startswith("minigraph.")}
    assert packages == {"core", "ops", "explain"} and {name for name in found if "explain." in name} == set()
    assert {name.partition(".")[0] for name in found} <= {*sys.stdlib_module_names, "minigraph", "numpy"}


def test_a_model_is_compiled_without_masked_arrays():
    script = "from models import two_layer; import minigraph as mg; mg.compile(two_layer.build())(x=[[1, 2]], y=[0])"
    assert "minigraph.compiler.program" in (found := loaded(script)) and "numpy.ma" not in found


def test_the_help_needs_no_command():
    found = loaded("from minigraph.cli import main; main(['--help'])") - loaded("import minigraph")
    own = {name for name in found if name.startswith("minigraph.") and not name.startswith("minigraph.cli")}
    assert own == set()
    assert not {name.partition(".")[0] for name in found} & {"graphviz", "jinja2", "matplotlib", "rich", "threadpoolctl"}


def test_the_package_says_that_it_is_typed():
    assert (resources.files(mg) / "py.typed").is_file()


def test_a_file_holds_one_idea():
    lines = {str(file.relative_to(PACKAGE)): len(file.read_text().splitlines()) for file in FILES}
    assert {file: count for file, count in lines.items() if count > 360} == {}


def test_the_core_is_read_in_one_sitting():
    """All that importing it reads, docstrings included."""
    read, pending = set(), sorted((PACKAGE / "core").glob("*.py"))
    while pending:
        file = pending.pop()
        if file not in read:
            read.add(file)
            found = imports_of(parsed(file))
            names = [module for module in found if module.startswith("minigraph.")]
            pending += [each for each in (PACKAGE.parent / f"{name.replace('.', '/')}.py" for name in names) if each.is_file()]
    assert sum(len(file.read_text().splitlines()) for file in read) <= 1850
