"""A graph's variables, saved to a file, and set to what a file or other arrays hold: other people's weights too."""

import math
import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable, current_arrays
from minigraph.core.shapes import show_shape
from minigraph.core.values import as_array, numeric
from minigraph.interop.files import FileError, FormatError, read_bytes
from minigraph.interop.safetensors import Stored, differences, read_tensors, refuse, write_tensors

__all__ = ["Loaded", "dlpack", "dlpack_device", "load", "save"]

Array = NDArray[Any]
Function = Callable[..., Any]
Source = str | tuple[Any, ...] | None
"""What a variable is made of: a name of the file, or (name, …, function of those arrays), or None: nothing."""
Names = Mapping[str, Source] | Callable[[str], Source]

SHOWN = 10
"""How many names a message lists."""
REMEDY = (
    "Load it into a graph composed as the one that saved it was; names, cast and strict of graph.load take what others saved"
)
CODE = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib"}
"""Endings of files whose reading runs code that is in them."""

DAMAGE = (zipfile.BadZipFile, zlib.error, tokenize.TokenError, SyntaxError, ValueError, TypeError, EOFError, RuntimeError)
"""What reading an archive that is none of NumPy's, or is damaged, raises."""


@dataclass(frozen=True)
class Loaded:
    """What `graph.load` did: the variables it has set, those that stayed as they were, and names of the file not used."""

    set: tuple[str, ...]
    stayed: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{len(self.set)} of {len(self.set) + len(self.stayed)} variables were set."]
        for what, names in (("stayed as they were", self.stayed), ("there, not used", self.unused)):
            if names:
                more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
                lines.append(f"{what}: {', '.join(names[:SHOWN])}{more}")
        return "\n".join(lines)

    __repr__ = __str__


def save(graph: Graph, file: str | os.PathLike[str]) -> None:
    """Write the graph's variables, by name, to a safetensors file; the file is written whole or not at all.

    >>> import tempfile
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [1.0, 2.0])
    >>> graph = mg.Graph(total=w.sum())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     graph.save(f"{folder}/model.safetensors")
    ...     w.value = [0.0, 0.0]
    ...     graph.load(f"{folder}/model.safetensors")
    1 of 1 variables were set.
    >>> w.value
    array([1., 2.], dtype=float32)
    """
    if Path(file).suffix not in ("", ".safetensors"):
        raise FileError(f"graph.save writes the safetensors format: name the file {Path(file).with_suffix('.safetensors')}.")
    write_tensors(file, dict(zip(graph.variables, current_arrays(graph.variables.values()), strict=True)))


def load(
    graph: Graph,
    source: str | os.PathLike[str] | Mapping[str, Any],
    names: Names | None = None,
    *,
    strict: bool = True,
    cast: bool = False,
) -> Loaded:
    """Set the graph's variables to arrays of a file, or of a mapping from names to arrays.

    All is read and checked before the first variable is set: after an error every one is as it was.

    Parameters
    ----------
    source
        A safetensors file, which `graph.save` and others write, an .npz file of NumPy's, or a mapping, such as the state
        dict of a PyTorch model. Files whose reading runs code (.pt, .pkl) are refused.
    names
        Where a variable's numbers are: by its name the name in the source, or (name, function), whose result is taken, or
        (name, name, …, function of those arrays), or None, which leaves the variable as it is. Or a function that gives one
        of these for a variable's name. A variable that `names` does not have is looked for by its own name.
    strict
        Whether every variable must be found, but those left by None, and every array of the source be used. Otherwise what
        is not there stays as it is, and the result says what that was. Shapes must fit in any case.
    cast
        Whether numbers of another floating-point type (float16, bfloat16, float64) are converted to the variable's. A number
        that the variable's type cannot hold is refused. Otherwise the types must be the same.

    Returns
    -------
    Loaded
        What was set, what stayed, and what of the source was not used.

    Raises
    ------
    GraphError
        Where the source is not as the variables are, with what differs.
    FormatError, FileError
        For a file of another format, or damaged, or one that cannot be read.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> graph = mg.Graph(scores=mg.Input("x", ("N", 2)) @ mg.Parameter("W", np.zeros((2, 3))))
    >>> entries = {"fc.weight": np.arange(6, dtype=np.float32).reshape(3, 2), "fc.bias": np.zeros(3, np.float32)}
    >>> graph.load(entries, names={"W": ("fc.weight", np.transpose)}, strict=False)
    1 of 1 variables were set.
    there, not used: fc.bias
    >>> graph["W"].value
    array([[0., 2., 4.],
           [1., 3., 5.]], dtype=float32)
    """
    for option, value in (("strict", strict), ("cast", cast)):
        if not isinstance(value, bool):
            raise GraphError(f"{option} is True or False, not {value!r}.")
    found, where = _arrays(source)
    wanted, lines, used = _wanted(graph, found, _sources(graph, names), cast)
    unused = [name for name in found if name not in used]
    lines = [*lines, *(f"{name} is not in the graph" for name in unused)] if strict else []
    lines += differences({name: graph.variables[name] for name in wanted}, wanted)
    refuse(where, "this graph", sorted(lines), REMEDY)
    for name, stored in wanted.items():
        graph.variables[name].value = stored.array
    return Loaded(tuple(wanted), tuple(name for name in graph.variables if name not in wanted), tuple(unused))


def _wanted(
    graph: Graph, found: Mapping[str, Stored], sources: Mapping[str, tuple[list[str], Function | None]], cast: bool
) -> tuple[dict[str, Stored], list[str], set[str]]:
    """The array for each variable that has one, what is missing from the source, and the names of it that are used."""
    wanted, missing, used = {}, [], set[str]()
    for name, (entries, function) in sources.items():
        absent = [entry for entry in entries if entry not in found]
        missing += [f"{name} is missing there" + (f", as {entry}" if entry != name else "") for entry in absent]
        if absent or not entries:
            continue
        used.update(entries)
        arrays = [_readable(found[entry]) if cast else found[entry] for entry in entries]
        stored = arrays[0] if function is None else _computed(name, entries, function, arrays)
        wanted[name] = _converted(name, stored, graph.variables[name].dtype) if cast else stored
    return wanted, missing, used


def _sources(graph: Graph, names: Names | None) -> dict[str, tuple[list[str], Function | None]]:
    """For each variable the names that it is made of, and by which function, as `names` has them."""
    if isinstance(names, Mapping):
        for name in names:
            if name not in graph.variables:
                known = ", ".join(list(graph.variables)[:SHOWN])
                raise GraphError(f"names has {name!r}, which is no variable of the graph. Its variables are {known}.")
        chosen = {name: names.get(name, name) for name in graph.variables}
    elif names is None or callable(names):
        chosen = {name: _named(names, name) if names else name for name in graph.variables}
    else:
        raise GraphError(f"names is a mapping from the graph's names, or a function of one, not {type(names).__name__}.")
    return {name: _source(name, source) for name, source in chosen.items()}


def _named(names: Callable[[str], Source], name: str) -> Source:
    try:
        return names(name)
    except Exception as error:
        raise GraphError(f"names, a function, could not say where {name} is: {error!r}; nothing was changed.") from error


def _source(name: str, source: Source) -> tuple[list[str], Function | None]:
    parts = source if isinstance(source, tuple) else () if source is None else (source,)
    *entries, last = parts if parts and callable(parts[-1]) else (*parts, None)
    named = all(isinstance(entry, str) for entry in entries)
    if not named or (source is not None and not entries) or (len(entries) > 1 and last is None):
        raise GraphError(
            f"names has {source!r} for {name}: give a name, (name, function), (name, …, function of those arrays) or None."
        )
    return entries, last


def _computed(name: str, entries: list[str], function: Function, arrays: list[Stored]) -> Stored:
    for entry, stored in zip(entries, arrays, strict=True):
        if isinstance(stored.dtype, str):
            raise GraphError(f"{name} is made of {entry}, which is of {stored.dtype}: cast=True reads it as numbers.")
    try:
        array = numeric(function(*(stored.array for stored in arrays)), "The array")
    except Exception as error:
        called = getattr(function, "__name__", repr(function))
        shapes = ", ".join(f"{entry} ({show_shape(stored.shape)})" for entry, stored in zip(entries, arrays, strict=True))
        raise GraphError(f"{called} could not make {name} of {shapes}: {error}; nothing was changed.") from error
    return _of(array)


def _readable(stored: Stored) -> Stored:
    """bfloat16, which NumPy lacks, as float32: the same numbers, as it is the first half of one."""
    if stored.dtype != "BF16":
        return stored
    halves = np.frombuffer(stored.content, np.uint16).astype(np.uint32)
    return _of((halves << 16).view(np.float32).reshape(stored.shape))


def _converted(name: str, stored: Stored, dtype: np.dtype[Any]) -> Stored:
    """An array of floating-point numbers as those of another type; any other as it is, to be refused."""
    if isinstance(stored.dtype, str) or stored.dtype.kind != "f" or dtype.kind != "f" or stored.dtype == dtype:
        return stored
    return _of(as_array(stored.array, dtype, name))


def _arrays(source: Any) -> tuple[dict[str, Stored], str]:
    """The arrays of a file or a mapping, by name, and what to call it in an error."""
    if isinstance(source, Mapping):
        return {str(name): _given(str(name), array) for name, array in source.items()}, "The mapping"
    if not isinstance(source, str | os.PathLike):
        raise FileError(f"graph.load takes the name of a file or a mapping from names to arrays, not {type(source).__name__}.")
    path = Path(source)
    if path.suffix.lower() in CODE:
        raise FormatError(
            f"{path} is not read: reading such a file runs code that is in it. Where it came from, in PyTorch, say, write\n"
            f"  safetensors.torch.save_file(model.state_dict(), {path.with_suffix('.safetensors').name!r})"
        )
    return _npz(path) if path.suffix.lower() == ".npz" else read_tensors(path)[0], str(path)


def _given(name: str, array: Any) -> Stored:
    """An array of NumPy's, or of another library by DLPack."""
    if isinstance(array, np.ndarray | np.generic) or not hasattr(array, "__dlpack__"):
        return _of(numeric(array, name))
    try:
        return _of(np.from_dlpack(array))
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise GraphError(
            f"{name} cannot be read as an array: {str(error).rstrip('.')}.\n"
            "  A tensor of PyTorch's: tensor.detach().cpu(), and .float() if it is of bfloat16; nothing was changed."
        ) from error


def _of(array: Array) -> Stored:
    whole = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
    return Stored(whole.shape, whole.dtype, whole.data)


def _npz(path: Path) -> dict[str, Stored]:
    """The arrays of a file of `np.savez`. Each says how long it is before memory is taken for it."""
    try:
        with zipfile.ZipFile(BytesIO(read_bytes(path, "arrays"))) as archive:
            entries = archive.infolist()
            names = [entry.filename.removesuffix(".npy") for entry in entries]
            if len(set(names)) < len(names):
                raise ValueError("two of its arrays have the same name")
            return {name: _npy(archive, entry) for name, entry in zip(names, entries, strict=True)}
    except DAMAGE as error:
        python = isinstance(error, tokenize.TokenError | SyntaxError | TypeError)  # whose words are its own
        reason = "the header of an array is none" if python else error
        raise FormatError(f"{path} is no .npz file of numbers, or damaged: {reason}; nothing was changed.") from error


def _npy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Stored:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{entry.filename} is compressed as np.savez_compressed does not")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"{entry.filename} is of the unknown version {version}")
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = read_header(file)
        if any(size < 0 for size in shape):
            raise ValueError(f"{entry.filename} has a size below 0")
        if dtype.hasobject:
            raise ValueError(f"{entry.filename} holds objects, which only code can read")
        if entry.file_size - file.tell() != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{entry.filename} is not as long as it says")
        array = np.frombuffer(file.read(), dtype).reshape(shape, order="F" if by_columns else "C")
    return _of(array)


def dlpack(variable: Variable, **how: Any) -> Any:
    """The numbers that a variable holds now, a copy, for another library: `torch.from_dlpack(W)`."""
    return variable.value.__dlpack__(**how)


def dlpack_device(variable: Variable) -> tuple[int, int]:
    """Where they lie: in the memory of the processor."""
    return variable.current_array.__dlpack_device__()
