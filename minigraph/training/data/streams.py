"""Files read piece by piece, so that what a header promises never costs more memory than the file can fill."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from minigraph.core.errors import DataError, FileError, MinigraphError

__all__ = ["check_promise", "everything", "exactly", "opened"]

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
    if os.path.isdir(path):
        raise FileError(f"{path} is a folder, not a file with {what}.")
    try:
        with path.open("rb") as stream:
            if path.suffix != ".gz":
                yield stream
                return
            with gzip.open(stream) as unpacked:
                yield cast(IO[bytes], unpacked)
    except MinigraphError:
        raise
    except FileNotFoundError:
        raise FileError(f"There is no file {path} to read {what} from.") from None
    except EOFError:
        raise DataError(f"{path} is cut short: its compressed content ends too early. Fetch it again.") from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is damaged, or is no gzip file: {error}. Fetch it again.") from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from None


def exactly(stream: IO[bytes], count: int) -> bytearray:
    """The next `count` bytes, or fewer where the stream ends before; memory grows with what is there, not with the count."""
    content = bytearray()
    while len(content) < count:
        piece = stream.read(min(PIECE, count - len(content)))
        if not piece:
            break
        content += piece
    return content


def everything(file: str | os.PathLike[str], what: str = "data") -> bytes:
    """The whole content of a file, unpacked where its name ends in .gz."""
    path = Path(file)
    with opened(path, what) as stream:
        if path.suffix != ".gz":
            return stream.read()
        stored = path.stat().st_size
        content = exactly(stream, max(SMALL, RATIO * stored) + 1)
        check_promise(str(path), len(content), stored)
        return bytes(content)


def check_promise(where: str, promised: int, stored: int) -> None:
    """Raise where `stored` compressed bytes would have to become so many that no honest file holds them."""
    if promised > max(SMALL, RATIO * stored):
        raise DataError(
            f"{where} would unpack {stored} bytes to {promised} or more, which no data is compressed by. It is damaged, or "
            "made to fill the memory."
        )
