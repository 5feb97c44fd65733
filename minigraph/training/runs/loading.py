"""Models found by name: a Python file with `build()`, or a dotted name; and the line of it where something went wrong."""

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from minigraph.core.errors import MinigraphError, UnknownNameError, nearest
from minigraph.interop.files import FileError, FormatError

__all__ = ["NOT_A_MODEL", "imported", "is_file", "line_in_model", "model_name", "parts"]

THIRD_PARTIES = {"graphviz", "matplotlib", "minigraph", "numpy", "rich", "safetensors", "sklearn", "typer"}
NOT_A_MODEL = sys.stdlib_module_names | THIRD_PARTIES
"""The packages in whose files an error is on no line of a model's own."""


def parts(model: str) -> tuple[str, str]:
    """The file or module of a MODEL, and the name of its function.

    >>> parts("models/two_layer.py"), parts("models.two_layer:build")
    (('models/two_layer.py', 'build'), ('models.two_layer', 'build'))
    """
    place, colon, function = model.rpartition(":")
    return (place, function) if colon and function.isidentifier() else (model, "build")


def model_name(model: str) -> str:
    """The name of a model's results: that of its file or module, or of its function if that isn't `build`."""
    place, function = parts(model)
    return function if function != "build" else Path(place).stem if is_file(place) else place.rpartition(".")[2]


def is_file(place: str) -> bool:
    """Whether a MODEL is meant as a file rather than as a dotted name."""
    path = Path(place)
    package = (path / "__init__.py").is_file()
    return place.endswith(".py") or len(path.parts) != 1 or (path.exists() and not package)


def imported(place: str) -> ModuleType:
    """The module of a MODEL; what stops it outside its own lines is reported with its name."""
    try:
        return import_file(Path(place)) if is_file(place) else import_dotted(place)
    except Exception as error:
        if isinstance(error, MinigraphError) or line_in_model(error):
            raise
        raise FormatError(f"{place} cannot be imported: {error}.") from error


def import_file(file: Path) -> ModuleType:
    """The module in a Python file, which can import what lies beside it."""
    if not file.is_file():
        found = "is a folder: give the Python file with build()" if file.is_dir() else "does not exist"
        kinds = (".py", file.suffix)  # a training's folder is one without a suffix
        beside = [str(other) for other in file.parent.glob("*") if other.suffix in kinds and other != file]
        raise FileError(f"The model {file} {found}.{nearest(str(file), beside)}")
    spec = importlib.util.spec_from_file_location(f"model_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise FormatError(f"The model {file} is not a Python file: its name must end in .py.")
    sys.path.insert(0, str(file.parent.resolve()))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def import_dotted(name: str) -> ModuleType:
    """The module of a dotted name, looked for in the current folder first."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
    package, dot, _ = name.rpartition(".")
    beside = [f"{package}{dot}{file.stem}" for file in Path(*package.split(".")).glob("*.py")]
    raise UnknownNameError(
        f"There is no module {name}, nor a file: give a Python file with build(), or a dotted name.{nearest(name, beside)}"
    )


def line_in_model(error: BaseException) -> str:
    """`models/two_layer.py:12`, the innermost line that is neither minigraph's nor that of what it stands on."""
    if error.__cause__ and (line := line_in_model(error.__cause__)):
        return line
    if isinstance(error, SyntaxError) and error.filename:
        return f"{from_here(error.filename)}:{error.lineno}"
    for frame, line_number in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_globals.get("__name__", "").partition(".")[0] not in NOT_A_MODEL:
            return f"{from_here(frame.f_code.co_filename)}:{line_number}"
    return ""


def from_here(file: str) -> str:
    """A file's path as seen from the current folder."""
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
