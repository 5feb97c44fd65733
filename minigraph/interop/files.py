"""Files, read and written so that errors say what to do, and nothing is left half done."""

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakSet

from minigraph.core.errors import MinigraphError, nearest

try:
    import fcntl
except ImportError:  # on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "AppendedFile",
    "DataError",
    "FileError",
    "FolderLock",
    "FormatError",
    "append",
    "fail_at",
    "read_bytes",
    "read_error",
    "remove",
    "remove_parts",
    "write_error",
    "write_together",
    "write_whole",
]


class DataError(MinigraphError, ValueError):
    """A data file that cannot be read as it stands."""


class FormatError(MinigraphError, ValueError):
    """A file format that is unknown, or a file that is not of its format."""


class FileError(MinigraphError, OSError):
    """A file or folder that cannot be read or written."""


PART = ".minigraph-"
"""How the names of files that are not yet whole begin."""


def read_bytes(file: str | os.PathLike[str], what: str) -> bytes:
    """The content of a file; `what` says in an error what it was to be, "data" or "a checkpoint"."""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise read_error(file, what, error) from None
    except ValueError as error:  # a name that no file can have
        raise FileError(f"{str(file)!r} cannot be read: {error}.") from None


def read_error(file: str | os.PathLike[str], what: str, error: OSError) -> FileError:
    """The error that says why a file cannot be read; `what` it was to hold: "data" or "a checkpoint"."""
    path = Path(file)
    if os.path.isdir(path):  # unlike Path.is_dir, it takes names that no file can have
        return FileError(f"{path} is a folder, not a file with {what}.")
    if isinstance(error, FileNotFoundError):
        beside = [str(path.with_name(name)) for name in os.listdir(path.parent)] if path.parent.is_dir() else []
        return FileError(f"There is no file {path} to read {what} from.{nearest(str(path), beside)}")
    return FileError(f"{path} cannot be read: {error.strerror}.")


def write_error(file: str | os.PathLike[str], what: str, error: OSError) -> FileError:
    """The error that says why a file or folder cannot be written; `what` begins it: "The circuit"."""
    reason = error.strerror
    if isinstance(error, IsADirectoryError):
        reason = "it is a folder"
    elif isinstance(error, FileExistsError | NotADirectoryError):
        reason = f"{Path(file).parent} is not a folder"
    return FileError(f"{what} cannot be written to {file}: {reason}.")


def fail_at(
    file: str | os.PathLike[str], problem: str, line: int | None = None, column: int | None = None, name: str = ""
) -> NoReturn:
    """Raise the DataError that names a file and, counted from 1, a line of it and a column, with its name if it has one.

    Line 0 is what has no lines.
    """
    place = f", line {line}" if line else ""
    if column is not None:
        place += f", column {column}{f' ({name})' if name else ''}"
    raise DataError(f"{file}{place}: {problem}")


def write_whole(file: str | os.PathLike[str], content: bytes, what: str) -> Path:
    """Write a file whole or not at all, with the folder that it lies in; `what` begins an error: "The circuit".

    The content goes to a temporary file beside it, reaches the disk, and only then takes the file's name: whoever reads
    that name meanwhile, or after a crash, finds the old content or the new. Through a symbolic link, the file that it leads
    to is written.
    """
    return write_together({file: [content]}, what)[0]


def write_together(files: Mapping[str | os.PathLike[str], Iterable[Any]], what: str) -> list[Path]:
    """Write files that belong together, each given piece by piece: the first takes its name when all have reached the disk.

    Where one cannot be written, all stay as they were. They take their names one after the other: a crash in between leaves the
    first ones new and the last as they were.
    """
    paths = list(map(Path, files))
    for path in paths:
        if not path.name or "\0" in str(path):
            raise FileError(f"{what} cannot be written to {str(path)!r}: no file can have that name.")
    targets = [Path(os.path.realpath(path)) if path.is_symlink() else path for path in paths]
    parts = [target.with_name(f"{PART}{secrets.token_hex(8)}") for target in targets]
    path = paths[0]
    try:
        for number, (target, part, pieces) in enumerate(zip(targets, parts, files.values(), strict=True)):
            path = paths[number]
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(part, pieces, os.O_EXCL)
        for number, (target, part) in enumerate(zip(targets, parts, strict=True)):
            path = paths[number]
            os.replace(part, target)
            _sync_folder(target.parent)
    except BaseException as error:
        for part in parts:
            with suppress(OSError):
                part.unlink()
        if not isinstance(error, OSError):
            raise
        raise write_error(path, what, error) from None
    return paths


def append(file: str | os.PathLike[str], content: bytes, what: str, start: int) -> None:
    """Write into a file after so many of its bytes, and let it reach the disk; what is before stays as it is."""
    try:
        _write(Path(file), [content], os.O_APPEND, start)
    except OSError as error:
        raise write_error(file, what, error) from None


def _write(path: Path, pieces: Iterable[Any], how: int, start: int = 0) -> None:
    descriptor = _opened(path, how)
    try:
        if os.fstat(descriptor).st_size > start:
            os.ftruncate(descriptor, start)
        for piece in pieces:
            _write_all(descriptor, piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path, how: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | how | getattr(os, "O_BINARY", 0), 0o666)


def _write_all(descriptor: int, content: Any) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


class AppendedFile:
    """A file that stays open to be written at its end, without waiting for the disk; `what` begins an error: "The log"."""

    def __init__(self, file: str | os.PathLike[str], what: str) -> None:
        self.file, self.what = file, what
        try:
            self._descriptor = _opened(Path(file), os.O_APPEND)
        except OSError as error:
            raise write_error(file, what, error) from None

    def write(self, content: bytes) -> None:
        """Write at the end; what is before stays as it is."""
        try:
            _write_all(self._descriptor, content)
        except OSError as error:
            raise write_error(self.file, self.what, error) from None

    def close(self) -> None:
        """Have the file no longer open."""
        os.close(self._descriptor)


def remove(file: str | os.PathLike[str]) -> None:
    """Remove a file, if it is there."""
    try:
        os.unlink(file)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise FileError(f"{file} cannot be removed: {error.strerror}.") from None


def remove_parts(folder: str | os.PathLike[str]) -> None:
    """Remove what programs that were killed left half written in a folder; nothing else may be writing there."""
    for part in Path(folder).glob(f"{PART}*"):
        with suppress(OSError):
            part.unlink()


class FolderLock:
    """Within it a folder is this object's alone: another one of it is refused, in this process and in any other.

    The folder is made where it is missing. The lock is the system's, on the folder itself: it ends with the process, however
    that ends, and leaves no file. Where folders cannot be locked (on Windows, on some network drives) it refuses nobody.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._descriptor: int | None = None
        self._within = 0
        _LOCKS.add(self)

    def __enter__(self) -> None:
        if not self._within:
            self._take()
        self._within += 1

    def __exit__(self, *exception: object) -> None:
        self._within -= 1
        if not self._within and self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # for a process that is being forked too, which has the descriptor yet
            self.leave()

    def leave(self) -> None:
        """Have the lock no longer, in this process: a child that was forked leaves it to its parent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def _take(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder, os.O_RDONLY) if fcntl else None
        except OSError as error:
            in_a_file = isinstance(error, FileExistsError | NotADirectoryError)
            reason = "it is not a folder" if in_a_file else error.strerror
            raise FileError(f"{self.folder} cannot be written: {reason}.") from None
        if descriptor is not None:
            self._lock(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FileError(
                f"{self.folder} belongs to a training that is under way: wait until it has ended, or choose another folder."
            ) from None
        except OSError:  # a file system without locks
            os.close(descriptor)
        else:
            self._descriptor = descriptor


_LOCKS: WeakSet[FolderLock] = WeakSet()


def _leave_all() -> None:
    for lock in _LOCKS:
        lock.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all)


def _sync_folder(folder: Path) -> None:
    """Let the folder's new entry reach the disk, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
