"""Data files read piece by piece, so that what a header promises never costs more memory than the file can fill.

Formats that are not read are recognised by what their files begin with.
"""

import gzip
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from shlex import quote
from typing import IO, Any, NoReturn, cast

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.core.shapes import show_shape
from minigraph.interop.files import DataError, fail_at, read_error

__all__ = [
    "check_format",
    "check_size",
    "check_unpacked",
    "exactly",
    "fail_archive",
    "fail_encoding",
    "opened",
    "unpacked_bytes",
]

PIECE = 1 << 20
"""How many bytes are read at once."""
SMALL = 1 << 26
"""Up to how many bytes may be unpacked, however small the file."""
RATIO = 100
"""How many bytes a compressed byte may stand for beyond that: images take about 5, and the format's most is 1 032."""


@contextmanager
def opened(file: str | os.PathLike[str], what: str = "data") -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked where its name ends in .gz; `what` says in an error what it was to hold."""
    path = Path(file)
    try:
        with path.open("rb") as stream:
            if path.suffix != ".gz":
                yield stream
                return
            with gzip.open(stream) as unpacked:
                yield cast(IO[bytes], unpacked)
    except MinigraphError:
        raise
    except EOFError:
        raise DataError(f"{path} is cut short: its compressed content ends too early. Fetch it again.") from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is damaged, or is no gzip file: {error}. Fetch it again.") from None
    except OSError as error:
        raise read_error(path, what, error) from None


def exactly(stream: IO[bytes], count: int) -> bytearray:
    """The next `count` bytes, or fewer where the stream ends before; memory grows with what is there, not with the count."""
    content = bytearray()
    while len(content) < count:
        piece = stream.read(min(PIECE, count - len(content)))
        if not piece:
            break
        content += piece
    return content


def unpacked_bytes(path: Path, what: str) -> bytes:
    """The whole content of a file, unpacked where its name ends in .gz."""
    with opened(path, what) as stream:
        if path.suffix != ".gz":
            return stream.read()
        stored = path.stat().st_size
        content = exactly(stream, max(SMALL, RATIO * stored) + 1)
        check_unpacked(str(path), len(content), stored)
        return bytes(content)


def check_unpacked(where: str, size: int, stored: int) -> None:
    """Raise where `stored` compressed bytes would be unpacked to a size that no honest file comes to."""
    if size > max(SMALL, RATIO * stored):
        raise DataError(
            f"{where} would unpack {stored} bytes to {size} or more, which no data is compressed by. It is damaged, or "
            "made to fill the memory."
        )


def check_size(where: str, shape: tuple[int, ...], dtype: np.dtype[Any], found: int) -> None:
    """Raise unless as many bytes are found as the header of an array says."""
    size = prod(shape) * dtype.itemsize
    if found != size:
        raise DataError(
            f"{where} is {'cut short' if found < size else 'damaged'}: its header says {show_shape(shape)} of {dtype.name}, "
            f"{size} bytes, and it holds {found if found < size else 'more'}. Fetch or save it again."
        )


def fail_encoding(path: Path, byte: int, line: int, column: int, cell: str = "") -> NoReturn:
    """Raise for a byte that is no UTF-8; in a table it is in a cell."""
    problem, remedy = f"the byte 0x{byte:02x} is not UTF-8 text", "Save the file as UTF-8"
    if not cell:
        fail_at(path, f"{problem}. {remedy}.", line, column)
    names = (str(path), str(path.with_name(f"{path.stem}-utf8{path.suffix}")))
    typed = " > ".join(map(quote, ("FILE", "NEW") if path.suffix == ".gz" else names))
    problem += f", and as Windows-1252 the cell is {cell.strip()!r}"
    fail_at(path, f"{problem}. {remedy}, as this does: iconv -f WINDOWS-1252 -t UTF-8 {typed}", line, column)


START = 32
"""From how many bytes of a file its format is known."""
UNPACK = "Unpack it, and give what it holds"
ARRAYS = "Save its arrays with np.savez('data.npz', x=…, y=…)"
TABLE = "Save it as CSV"
JSON_TABLE = "pandas.read_json(file).to_csv('data.csv', index=False) makes a table of it"
FOLDER = "Images are read from a folder that has a folder for each class"
FORMATS: Sequence[tuple[bytes, str, str]] = (
    (b"PAR1", "a Parquet file", "Under a name that ends in .parquet mg.data.read_tabular and `minigraph train` read it"),
    (b"ARROW1", "an Arrow file", "pandas.read_feather(file).to_csv('data.csv', index=False) makes a table of it"),
    (b"Obj\x01", "an Avro file", TABLE),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", TABLE),
    (b"%PDF-", "a PDF document", "Save its table as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "sqlite3 -csv -header FILE 'SELECT …' writes a table of it"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", ARRAYS),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", ARRAYS),
    *((bytes([0x80, version]), "a pickle, and reading one can run anything", ARRAYS) for version in range(2, 6)),
    (b"\x1f\x8b", "compressed by gzip", "Give it a name that ends in .gz"),
    (b"\xfd7zXZ\0", "compressed by xz", UNPACK),
    (b"(\xb5/\xfd", "compressed by Zstandard", UNPACK),
    *((b"BZh%d1AY&SY" % level, "compressed by bzip2", UNPACK) for level in range(1, 10)),
    (b"7z\xbc\xaf'\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"\xff\xfe", "text in UTF-16", "Save it as UTF-8: Excel calls that CSV UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "Save it as UTF-8: Excel calls that CSV UTF-8"),
    (b"\x93NUMPY", "an array that NumPy has saved", "mg.data.read(file) reads it"),
    (b"\x89PNG\r\n", "an image", FOLDER),
    (b"\xff\xd8\xff", "an image", FOLDER),
    (b"GIF8", "an image", FOLDER),
    (b"II*\0", "an image", FOLDER),
    (b"MM\0*", "an image", FOLDER),
    (b"<!doctype html", "a web page", "Fetch the file itself"),
    (b"<html", "a web page", "Fetch the file itself"),
    (b"version https://git-lfs", "a pointer of Git LFS", "git lfs pull fetches the file itself"),
)
"""What a file begins with, in small letters where those are letters alone; what it is; and the remedy."""
NO_TABLES: Sequence[tuple[bytes, str, str]] = (
    (b"{\\rtf", "a document in RTF", "Save its table as CSV, from a program for tables"),
    (b"<table", "a web page", "Fetch the file itself"),
    (b"<?xml", "an XML file", TABLE),
    (b'{"', "a JSON file", JSON_TABLE),
    (b'[{"', "a JSON file", JSON_TABLE),
)
"""The same of texts that are no tables."""
ARCHIVES = {
    "xl/": ("an Excel workbook", "Under a name that ends in .xlsx mg.data.read_tabular and `minigraph train` read it"),
    "word/": ("a Word document", "Save its table as CSV"),
    "mimetype": ("an OpenDocument file", TABLE),
    "data.pkl": ("a file of torch.save", ARRAYS),
}
"""What a zip archive is that holds an entry whose name begins or ends so."""
JSON = {".json", ".jsonl", ".ndjson"}


def check_format(path: Path, table: bool = True) -> None:
    """Raise where a file that is to be a table, or else a text, is of a known format which it is not.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".csv") as file:
    ...     _ = file.write(b"PAR1")
    ...     file.flush()
    ...     try:
    ...         check_format(Path(file.name))
    ...     except DataError as error:
    ...         print(str(error).partition("is ")[2])
    a Parquet file, which is not read. Under a name that ends in .parquet mg.data.read_tabular and `minigraph train` read it.
    """
    with opened(path) as stream:
        start = bytes(exactly(stream, START))
    if start.startswith(b"PK\3\4"):
        _fail_zip(path)
    begin = start.lstrip()
    for magic, what, remedy in (*FORMATS, *(NO_TABLES if table else ())):
        if begin.startswith(magic) or (magic.isascii() and magic.islower() and begin.lower().startswith(magic)):
            _fail(path, what, remedy)
    if path.suffix.lower() in JSON and start.lstrip()[:1] in (b"{", b"["):
        _fail(path, "a JSON file", JSON_TABLE)


def _fail_zip(path: Path) -> NoReturn:
    try:
        with opened(path) as stream, zipfile.ZipFile(stream) as archive:
            fail_archive(path, archive)
    except zipfile.BadZipFile:
        raise DataError(f"{path} is a zip archive that is cut short or damaged. Fetch it again.") from None


def fail_archive(path: Path, archive: zipfile.ZipFile) -> NoReturn:
    """Raise for a zip archive without arrays, named for what it is."""
    names = archive.namelist()
    for part, (what, remedy) in ARCHIVES.items():
        if any(name.startswith(part) or name.endswith(part) for name in names):
            _fail(path, what, remedy)
    if names:
        _fail(path, f"a zip archive of {names[0]!r}{' and more' * (len(names) > 1)}", UNPACK)
    raise DataError(f"{path} holds no arrays. np.savez(file, x=…, y=…) writes some.")


def _fail(path: Path, what: str, remedy: str) -> NoReturn:
    raise DataError(f"{path} is {what}, which is not read. {remedy}.")
