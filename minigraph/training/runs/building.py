"""A model's function build(): what it is handed by the names of its parameters, from the data, and what a user sets of them."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import prod
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from minigraph.core.errors import GraphError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.training.data.dataset import Dataset
from minigraph.training.runs.loading import imported, parts

__all__ = ["HANDED", "Build", "load_model", "sizes_of"]

HANDED = {
    "features": "how many numbers make a row of x",
    "shape": "the shape of a row of x, such as (28, 28)",
    "classes": "how many classes the labels have",
    "outputs": "how many numbers a row of y has, or how many classes",
    "characters": "how many kinds of characters a text has",
    "seed": "the random seed",
}
"""What a parameter of build() is handed, by its name. One called as an input of whole numbers, and an s, is handed how many
there are: `users` for an input user."""
STAND_IN = 4
"""What stands for a size without a default until the data is read."""
KINDS: dict[Any, str] = {int: "whole number", float: "number", bool: "true or false", str: "text"}
"""What a value that is set may be, as a message calls it."""
SEQUENCES = (tuple, list, Sequence, Iterable, Collection)
TRUTHS = {"true": True, "false": False, "yes": True, "no": False}
NOTHING: Mapping[str, Any] = MappingProxyType({})
PARAMETER = inspect.Parameter


class Build:
    """The function of a model that gives its graph.

    Parameters
    ----------
    model : str or callable
        A Python file with `build()`, or a dotted name; `file.py:function` names another function. Or the function itself.
    setting : str
        How a parameter is set, as an error says it.

    Raises
    ------
    MinigraphError
        Where there is none.

    Examples
    --------
    >>> build = Build("models/two_layer.py")
    >>> build.read(["hidden=16", "penalty=0.01"])
    {'hidden': 16, 'penalty': 0.01}
    >>> build({"seed": 1}, {"hidden": 16})
    Graph (7 operations, 82 parameter elements): x (N × 2), y (N) → loss (scalar), probabilities (N × 2)
    """

    def __init__(self, model: str | Callable[..., Graph], setting: str = "--set {}=…") -> None:
        self._build, self.called = (model, _called(model)) if callable(model) else _found(model)
        self._setting = setting
        try:
            found = inspect.signature(self._build).parameters.values()
        except (ValueError, TypeError):
            raise GraphError(f"{self.called} does not say what parameters it has: write a function around it.") from None
        self._any = any(each.kind is PARAMETER.VAR_KEYWORD for each in found)
        self.parameters = {p.name: p for p in found if p.kind in (PARAMETER.POSITIONAL_OR_KEYWORD, PARAMETER.KEYWORD_ONLY)}

    def __call__(self, handed: Mapping[str, Any] = NOTHING, asked: Mapping[str, Any] = NOTHING) -> Graph:
        """The graph, of what is asked for, and of what it is handed where it has a parameter of that name."""
        given = {**{name: value for name, value in handed.items() if name in self.parameters}, **asked}
        missing = [name for name in self._must if name not in given]
        if missing:
            raise GraphError(
                f"{self.called} needs {listing(missing)}: give every argument a default, or set it, "
                f"{self._setting.format(missing[0])}. The data gives {listing(HANDED)}."
            )
        graph = self._build(**given)
        if not isinstance(graph, Graph):
            raise GraphError(f"{self.called} must give a Graph, but gave {type(graph).__name__}.")
        return graph

    def before_data(self, seed: int, asked: Mapping[str, Any] = NOTHING) -> Graph:
        """The graph by its defaults: what kinds of inputs it has is known before its data is read."""
        sizes: dict[str, Any] = {name: STAND_IN for name in self._must if name in HANDED and name != "shape"}
        if "shape" in self._must:
            sizes["shape"] = (STAND_IN, STAND_IN)
        return self({**sizes, "seed": seed}, asked)

    @property
    def _must(self) -> list[str]:
        return [name for name, each in self.parameters.items() if each.default is each.empty]

    @property
    def settable(self) -> list[str]:
        """The parameters that are set by their names; the random seed has a name of its own everywhere."""
        return [name for name in self.parameters if name != "seed"]

    def takes(self, name: str) -> bool:
        """Whether it has a parameter of that name, or takes any."""
        return name in self.settable or self._any

    def read(self, pairs: Iterable[str]) -> dict[str, Any]:
        """The values of `NAME=VALUE`, each as the parameter's annotation says, or else as its default is."""
        found: dict[str, Any] = {}
        for pair in pairs:
            name, sign, text = pair.partition("=")
            name = name.strip()
            if not sign or not name or name in found:
                why = "sets it twice" if name in found else "is no setting"
                raise GraphError(f"--set {pair} {why}: it is given as in --set hidden=16, once for each name.")
            found[name] = self.read_value(name, text.strip())
        return found

    def read_value(self, name: str, text: str) -> Any:
        """The value of a parameter that a text stands for."""
        if name == "seed":
            raise GraphError(f"--set seed={text}: the random seed is set by --seed {text}.")
        if not self.takes(name):
            known = f"it takes {listing(self.settable)}" if self.settable else "it takes nothing that can be set"
            hint = nearest(name, self.settable)
            raise UnknownNameError(f"--set {name}: {self.called} has no parameter {name}; {known}.{hint}")
        kind = self._kind(name)
        try:
            return _typed(text, kind)
        except ValueError:
            raise GraphError(f"--set {name}={text}: {name} of {self.called} takes {_described(kind)}, not {text!r}.") from None
        except TypeError:
            shown = getattr(kind, "__name__", kind)
            raise GraphError(
                f"--set {name}={text}: {name} of {self.called} takes {shown}, for which no text stands. Annotate it as int, "
                "float, bool, str or a tuple of these, or set it in the file."
            ) from None

    def _kind(self, name: str) -> Any:
        """The annotation of a parameter, or else the type of its default; Any where neither says it."""
        if name not in self.parameters:
            return Any
        parameter = self.parameters[name]
        if parameter.annotation is not parameter.empty:
            try:
                return get_type_hints(self._build).get(name, Any)
            except (NameError, TypeError):
                return Any
        default = parameter.default
        if isinstance(default, tuple | list) and default:
            return tuple[type(default[0]), ...]  # type: ignore[misc]
        return Any if default is None or default is parameter.empty else type(default)


def _found(model: str) -> tuple[Callable[..., Graph], str]:
    """The function of a file or a module, and how an error calls it."""
    place, function = parts(model)
    module = imported(place)
    build = getattr(module, function, None)
    if not callable(build):
        known = [name for name, value in vars(module).items() if inspect.isfunction(value)]
        raise UnknownNameError(f"{place} has no function {function}() that gives a Graph.{nearest(function, known)}")
    return build, f"{function}() of {place}"


def _called(build: Callable[..., Graph]) -> str:
    """How an error calls a function."""
    return f"{getattr(build, '__name__', type(build).__name__)}()"


def _typed(text: str, kind: Any) -> Any:
    """The value of a kind that a text stands for; a ValueError where it stands for none, a TypeError where none can."""
    origin, of = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return _first(text, of)
    if origin is Literal and text in map(str, of):
        return next(each for each in of if str(each) == text)
    if origin in SEQUENCES:
        cells = [cell.strip() for cell in text.strip("()[]").split(",") if cell.strip()]
        kinds = [of[0] if of else Any] * len(cells) if len(of) < 2 or of[-1] is ... else list(of)
        return tuple(_typed(cell, each) for cell, each in zip(cells, kinds, strict=True))
    if kind is Any:
        return _first(text, (int, float, bool, str))
    if kind is NoneType and text.lower() == "none":
        return None
    if kind is bool and text.lower() in TRUTHS:
        return TRUTHS[text.lower()]
    if kind in (bool, NoneType) or origin is Literal:
        raise ValueError(text)
    if kind not in KINDS:
        raise TypeError(kind)
    return kind(text)


def _first(text: str, kinds: Sequence[Any]) -> Any:
    """The value of the first kind that a text stands for."""
    refused: Exception = ValueError(text)
    for kind in kinds:
        try:
            return _typed(text, kind)
        except (ValueError, TypeError) as error:
            refused = error
    raise refused


def _described(kind: Any) -> str:
    """What a value is to be, in words.

    >>> _described(int), _described(tuple[int, int]), _described(float | None)
    ('a whole number', '2 values with a comma between, a whole number each', 'a number or none')
    """
    origin, of = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return listing((_described(each) for each in of), "or")
    if origin is Literal:
        return listing(map(str, of), "or")
    if origin in SEQUENCES:
        count = f"{len(of)} values" if len(of) > 1 and of[-1] is not ... else "values"
        each = f", {_described(of[0])} each" if of else ""
        return f"{count} with a comma between{each}"
    word = KINDS.get(kind, "none")
    return f"a {word}" if "number" in word else word


def load_model(model: str, seed: int = 0, sizes: Mapping[str, Any] = NOTHING, asked: Mapping[str, Any] = NOTHING) -> Graph:
    """The graph that a model's function gives: handed the seed and those of the sizes that it takes, and all that is asked for.

    >>> load_model("models/two_layer.py")
    Graph (7 operations, 2502 parameter elements): x (N × 2), y (N) → loss (scalar), probabilities (N × 2)
    """
    return Build(model)({**sizes, "seed": seed}, asked)


def sizes_of(data: Dataset, graph: Graph, validation: Dataset | None = None) -> dict[str, Any]:
    """What build() is handed to fit data that is read for a graph with such inputs, by the names in `HANDED`.

    >>> from models import two_layer
    >>> sizes_of(Dataset({"x": np.zeros((5, 3)), "y": [0, 1, 2, 1, 0]}), two_layer.build())
    {'shape': (3,), 'features': 3, 'classes': 3, 'outputs': 3}
    """
    found: dict[str, Any] = {}
    known_arrays = {
        name: [data[name], *([validation[name]] if validation is not None and name in validation else [])] for name in data
    }
    for name, node in graph.inputs.items():
        if name not in known_arrays:
            continue
        shape, whole = tuple(known_arrays[name][0].shape[1:]), node.dtype.kind in "iu"
        if name == "x":
            if whole:
                known = known_arrays["x"] + [each for each in known_arrays.get("y", []) if each.dtype.kind in "iu"]
                found["characters"] = len(data.classes) or _most(known)
            else:
                found |= {"shape": shape, "features": prod(shape)}
        elif name == "y" and "characters" not in found:
            if whole or data.classes:
                found["classes"] = len(data.classes) or _most(known_arrays["y"])
            found["outputs"] = found["classes"] if whole else prod(shape)
        elif whole:
            found[f"{name}s"] = _most(known_arrays[name])
    return found


def _most(arrays: Sequence[Any]) -> int:
    """How many whole numbers there are from 0 to the largest."""
    return 1 + max((int(np.max(array)) for array in arrays if np.size(array)), default=0)
