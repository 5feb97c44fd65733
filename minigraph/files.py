"""Files, read and written so that what can go wrong is told, and nothing is left half done."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from minigraph.errors import FileError

__all__ = ["read_bytes", "remove_parts", "write_whole"]

PART = ".minigraph-"
"""How the names of files that are not yet whole begin."""


def read_bytes(file: str | os.PathLike[str], what: str) -> bytes:
    """The content of a file; `what` says in an error what it was to be, "data" or "a checkpoint"."""
    path = Path(file)
    if os.path.isdir(path):
        raise FileError(f"{path} is a folder, not a file with {what}.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"There is no file {path} to read {what} from.") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from None


def write_whole(file: str | os.PathLike[str], content: bytes, what: str) -> Path:
    """Write a file whole or not at all, with the folder that it lies in; `what` begins an error: "The circuit".

    The content goes to a temporary file beside it, reaches the disk, and only then takes the file's name: whoever reads
    that name meanwhile, or after a crash, finds the old content or the new. Through a symbolic link, the file that it leads
    to is written.
    """
    path = Path(file)
    if os.path.isdir(path):
        raise FileError(f"{what} cannot be written to {path}: it is a folder.")
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    part = target.with_name(f"{PART}{secrets.token_hex(8)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if not isinstance(error, OSError):
            raise
        in_a_file = isinstance(error, FileExistsError | NotADirectoryError)
        reason = f"{target.parent} is not a folder" if in_a_file else error.strerror
        raise FileError(f"{what} cannot be written to {path}: {reason}.") from None
    return path


def remove_parts(folder: str | os.PathLike[str]) -> None:
    """Remove what programs that were killed left half written in a folder; nothing else may be writing there."""
    for part in Path(folder).glob(f"{PART}*"):
        with suppress(OSError):
            part.unlink()


def _sync_folder(folder: Path) -> None:
    """Let the folder's new entry reach the disk, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
