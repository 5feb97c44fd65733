"""Texts for models of characters: pieces of a text, and the same pieces one character on."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import listing
from minigraph.interop.files import DataError, fail_at
from minigraph.training.checks import check_whole
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.files import check_format, fail_encoding, unpacked_bytes

__all__ = ["LENGTH", "read_text"]

LENGTH = 32
"""How many characters a piece has."""
SHOWN = 80


def read_text(
    file: str | os.PathLike[str], length: int = LENGTH, *, step: int | None = None, classes: Sequence[str] = ()
) -> Dataset:
    """Pieces of a text of UTF-8, for models of characters. Line ends are read as "\\n".

    Parameters
    ----------
    file : str or path
        A path.
    length : int
        How many characters a piece has.
    step : int, optional
        A piece begins so many characters after the one before: `length` unless given, so that no character is in two.
    classes : sequence of str
        The characters that a trained model knows. Unless given, they are those of the text, sorted.

    Returns
    -------
    Dataset
        x, the numbers of `length` characters in a row, and y, those of the characters after each: both N × length, int64.

    Raises
    ------
    DataError, FileError
        With the file, the line and the column, and what to do.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
    ...     _ = file.write("to be or not to be")
    ...     file.flush()
    ...     data = read_text(file.name, length=5)
    >>> data.rows, "".join(data.classes)
    (3, ' benort')
    >>> "".join(data.classes[i] for i in data["x"][0]), "".join(data.classes[i] for i in data["y"][0])
    ('to be', 'o be ')
    """
    check_whole("length", length, 1)
    step = length if step is None else step
    check_whole("step", step, 1)
    path = Path(file)
    check_format(path, table=False)
    numbers, known = _numbered(path, _characters(path), classes)
    if len(numbers) <= length:
        raise DataError(f"{path} has {len(numbers)} characters, and a piece takes {length} and the one after them.")
    pieces = np.lib.stride_tricks.sliding_window_view(numbers, length)
    return Dataset({"x": pieces[:-1:step].copy(), "y": pieces[1::step].copy()}, known)


def _characters(path: Path) -> NDArray[np.uint32]:
    """The text, a number of Unicode for each character."""
    try:
        text = unpacked_bytes(path, "text").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        fail_encoding(path, error.object[error.start], line, column)
    return np.frombuffer(text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-32-le"), np.uint32)


def _numbered(path: Path, characters: NDArray[np.uint32], classes: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The characters as numbers of classes, and the classes."""
    found, numbers = np.unique(characters, return_inverse=True)
    if not classes:
        return numbers.astype(np.int64), tuple(map(chr, found))
    place = {name: i for i, name in enumerate(classes)}
    for code in found:
        if chr(code) not in place:
            before = characters[: np.flatnonzero(characters == code)[0]]
            ends = np.flatnonzero(before == ord("\n"))
            line, column = len(ends) + 1, len(before) - (ends[-1] if len(ends) else -1)
            known = listing(map(repr, classes)) if len(classes) <= SHOWN else f"{len(classes)} others"
            fail_at(path, f"the character {chr(code)!r} is none that the model was trained on: it knows {known}.", line, column)
    return np.array([place[chr(code)] for code in found], np.int64)[numbers], tuple(classes)
