"""C compiled by the machine's compiler, once: what comes of it lies in the user's cache folder.

A shared object is code. So it is loaded only from a folder and a file of this user's that nobody else can write; where there is
no such folder, it is compiled anew for each process, in a temporary folder. The environment says which compiler (CC) and where
(XDG_CACHE_HOME).
"""

import ctypes
import hashlib
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import warnings
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CompilerError", "Table", "compiled", "compiler", "functions_of", "warn_once"]

FLAGS = (
    "-O3",
    "-std=gnu11",
    "-shared",
    "-fPIC",
    "-fopenmp-simd",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-fwrapv",
    "-fno-thread-jumps",
)
"""No flag that would change a result: not -ffast-math, nor a product and a sum rounded once. The first two that begin with -fno
say that nobody asks for C's errno and signals. Jump threading, in GCC 12, loses elements of a sum that `omp simd` spreads over
lanes, where the loop has conditions."""
OWN_PROCESSOR = "-march=native"
SECONDS = 300
"""How long a compiler may take."""


class CompilerError(Exception):
    """Why there is no shared object."""


@cache
def compiler() -> tuple[str, ...]:
    """The compiler's command and its flags, after a first use of it; a CompilerError says that there is none."""
    asked = shlex.split(os.environ.get("CC", ""))
    found = asked if asked and shutil.which(asked[0]) else [*filter(None, map(shutil.which, ("cc", "gcc", "clang")))][:1]
    if not found:
        raise CompilerError("no C compiler (cc, gcc or clang) is found")
    for flags in ((*FLAGS, OWN_PROCESSOR), FLAGS):
        try:
            with tempfile.TemporaryDirectory() as folder:
                _run((*found, *flags), "int answer(void) { return 42; }\n", Path(folder) / "answer.so")
            return (*found, *flags)
        except CompilerError as failure:
            reason = failure
    raise reason


@cache
def _version() -> str:
    command = compiler()[: -len(FLAGS)]
    answer = subprocess.run([command[0], "--version"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return answer.stdout.partition("\n")[0]


@cache
def _processor() -> str:
    """What tells this machine's processor from others that may share the folder."""
    try:
        described = Path("/proc/cpuinfo").read_text(errors="replace").partition("\n\n")[0].splitlines()
    except OSError:
        described = []
    lines = [line for line in described if line.startswith(("model name", "flags", "Features", "CPU part", "isa"))]
    return "\n".join([platform.machine(), platform.processor(), sys.platform, *lines])


def compiled(source: str) -> ctypes.CDLL:
    """The functions of a source in C."""
    key = "\0".join([source, *compiler(), _version(), _processor()])
    name = f"{hashlib.sha256(key.encode()).hexdigest()}.so"
    folder = _folder()
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="minigraph-") as own:
            return _loaded(_run(compiler(), source, Path(own) / name))
    file = folder / name
    if _is_private(file):
        try:
            return ctypes.CDLL(str(file))
        except OSError:  # it is damaged
            pass
    file.unlink(missing_ok=True)
    return _loaded(_run(compiler(), source, file))


def functions_of(source: str) -> dict[str, Any]:
    """The functions of a source in C, compiled, by name: each takes the cells of a table, and gives nothing."""
    library, functions = compiled(source), {}
    for name in re.findall(r"^void (\w+)\(", source, re.MULTILINE):
        functions[name] = getattr(library, name)
        functions[name].argtypes, functions[name].restype = [ctypes.c_void_p], None
    return functions


def _loaded(file: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(file))
    except OSError as error:
        raise CompilerError(f"what the compiler wrote cannot be loaded: {error}") from None


def _run(command: Sequence[str], source: str, file: Path) -> Path:
    """Compile into a file, which is there whole or not at all."""
    try:
        handle, name = tempfile.mkstemp(".so", "making-", file.parent)  # of mode 0600, whatever the umask
        os.close(handle)
        try:
            call = [*command, "-x", "c", "-", "-o", name, "-lm"]
            done = subprocess.run(call, input=source.encode(), capture_output=True, check=False, timeout=SECONDS)
            if done.returncode:
                why = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
                raise CompilerError(f"{command[0]} failed: {why}")
            os.chmod(name, stat.S_IRUSR | stat.S_IWUSR | stat.S_IXUSR)
            with open(name, "rb") as written:
                os.fsync(written.fileno())  # on the disk before it has its name
            os.replace(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise CompilerError(f"{command[0]} could not be run: {error}") from None
    return file


def _folder() -> Path | None:
    """The folder in the user's cache, created where it is missing; None where there is none that is the user's alone."""
    try:
        asked = Path(os.environ.get("XDG_CACHE_HOME", ""))
        usual = "Library/Caches" if sys.platform == "darwin" else ".cache"
        own = (asked if asked.is_absolute() else Path.home() / usual) / "minigraph"
        folder = own / "loops"
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, RuntimeError):  # no home, or no permission
        return None
    return folder if _is_private(own) and _is_private(folder) and os.access(folder, os.W_OK) else None


def _is_private(path: Path) -> bool:
    """Whether something is there, belongs to this user, is no link, and nobody else can write it."""
    try:
        found = path.lstat()
    except OSError:
        return False
    mine = hasattr(os, "getuid") and found.st_uid == os.getuid()
    return mine and not stat.S_ISLNK(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@cache
def warn_once(reason: str) -> None:
    """Say that NumPy runs, and why."""
    warnings.warn(f'engine="c" is not to be had, and NumPy runs: {reason}.', RuntimeWarning, stacklevel=2)


class Table:
    """The sizes and addresses that the loops of a program are given; it has the arrays, whose memory is read and written.

    Attributes
    ----------
    cells
        The table itself, as C is given it.
    seen
        For each place, a weak reference to the array whose address was entered last. That of a variable, whose memory never
        moves, need not be entered again.
    """

    def __init__(self, sizes: Sequence[int], arrays: Sequence[Any]) -> None:
        count = len(sizes) + len(arrays)
        self._arrays = arrays
        self._copies: dict[int, Any] = {}
        self.cells: Any = (ctypes.c_void_p * count)(*sizes, *(0 if array is None else array.ctypes.data for array in arrays))
        self.seen: list[Callable[[], Any]] = [_nothing] * count

    def put(self, place: int, array: Any) -> None:
        """Enter the address of an array that the step is given or makes anew; of a copy where it does not lie in order."""
        try:
            if not array.flags.aligned:
                raise ValueError
            self.cells[place] = _address(_of(array))
        except (TypeError, ValueError, BufferError):  # it is read-only, empty, or out of order
            self._copies[place] = array = np.require(array, requirements=["C", "A"])
            self.cells[place] = array.ctypes.data
        self.seen[place] = weakref.ref(array)


def _nothing() -> None:
    """What no array is."""


_address: Callable[[Any], int] = ctypes.addressof
_of = ctypes.c_char.from_buffer
