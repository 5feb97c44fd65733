"""Worker threads, each with a queue, that compute tiles in parallel: NumPy's loops and BLAS release Python's lock."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from functools import cache, wraps
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["cores", "on_one_thread", "one_thread", "faster_kernels", "spread"]

Work = Callable[[Any], None]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Work, ranges: Sequence[Any]) -> None:
    """Call a function for each of some ranges of rows, the first on this thread and the others on theirs, and wait for all.

    Meanwhile a matrix product takes one thread: the ranges have the others.
    """
    with one_thread():
        calls = [_Call(work, rows) for rows in ranges[1:]]
        for i, call in enumerate(calls):
            _queue(i).put(call)
        try:
            work(ranges[0])
        finally:  # the memory of the others is in use until they are done
            failures = [failure for call in calls if (failure := call.end())]
        if failures:
            raise failures[0]


class _Call:
    """A call for another thread."""

    def __init__(self, work: Work, rows: Any) -> None:
        self._context: Context = copy_context()
        self._work, self._rows = work, rows
        self._failure: BaseException | None = None
        self._running = Lock()
        self._running.acquire()

    def do(self) -> None:
        try:
            self._context.run(self._work, self._rows)
        except BaseException as failure:  # it is raised where the work was asked for
            self._failure = failure
        del self._work, self._rows  # nothing here has the arrays any longer once the step is over
        self._running.release()

    def end(self) -> BaseException | None:
        """Wait until it is done; what it failed with, if it did."""
        self._running.acquire()
        return self._failure


@cache
def _queue(number: int) -> "SimpleQueue[_Call]":
    """Where a thread of this number waits for calls: a queue wakes it in half the time that the library's executor takes."""
    calls: SimpleQueue[_Call] = SimpleQueue()

    def serve() -> None:
        while True:
            calls.get().do()

    Thread(target=serve, name=f"minigraph {number}", daemon=True).start()
    return calls


class _OneThread:
    """While anyone is within, the BLAS libraries compute each product on one thread; then on as many as before."""

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._lock, self._within = Lock(), 0
        self._before: list[int] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._within:
                self._before = [library.get_num_threads() for library in self._libraries]
                self._set([1] * len(self._before))
            self._within += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self._set(self._before)

    def _set(self, threads: Sequence[int]) -> None:
        for library, number in zip(self._libraries, threads, strict=True):
            library.set_num_threads(number)


@cache
def one_thread() -> _OneThread:
    """Within it, a matrix product takes one thread."""
    return _OneThread()


def faster_kernels(
    libraries: Iterable[Mapping[str, Any]] | None = None, abilities: str | None = None, setting: str | None = None
) -> str:
    """What makes products faster where OpenBLAS takes a processor for an older one, by itself or by a setting; else nothing.

    It has kernels for AVX-512, which multiply up to twice as fast as those for Haswell.

    Parameters
    ----------
    libraries
        What threadpoolctl says of the libraries that are loaded; asked where it is not given.
    abilities
        What the processor can do, as Linux lists it; read where it is not given.
    setting
        What OPENBLAS_CORETYPE has OpenBLAS take the processor for, "" where it asks the processor; read where it is not given.

    >>> loaded = [{"internal_api": "openblas", "architecture": "Haswell"}]
    >>> faster_kernels(loaded, "avx512f avx512dq avx512bw avx512vl", "").partition(". ")[0]
    'OpenBLAS takes this processor, which has AVX-512, for a Haswell'
    >>> faster_kernels(loaded, "avx512f avx512dq avx512bw avx512vl", "Haswell").partition(". ")[2]
    'Without OPENBLAS_CORETYPE=Haswell in the environment, before Python starts, it multiplies faster.'
    >>> faster_kernels(loaded, "sse avx2")
    ''
    """
    libraries = ThreadpoolController().info() if libraries is None else libraries
    kernels = [str(each.get("architecture")) for each in libraries if each.get("internal_api") == "openblas"]
    older = [name for name in kernels if name in ("Haswell", "Zen")]
    abilities = _abilities() if abilities is None else abilities
    if not older or not {"avx512f", "avx512dq", "avx512bw", "avx512vl"} <= set(abilities.split()):
        return ""
    setting = os.environ.get("OPENBLAS_CORETYPE", "") if setting is None else setting
    remedy = f"Without OPENBLAS_CORETYPE={setting}" if setting else "With OPENBLAS_CORETYPE=SkylakeX"
    return (
        f"OpenBLAS takes this processor, which has AVX-512, for a {older[0]}. {remedy} in the environment, before Python "
        "starts, it multiplies faster."
    )


def _abilities() -> str:
    """The processor's flags, or nothing where the system does not list them."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next((line.partition(":")[2] for line in file if line.startswith("flags")), "")
    except OSError:
        return ""


def on_one_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, within which a matrix product takes one thread."""

    @wraps(function)
    def alone(*arguments: Any) -> Any:
        with one_thread():
            return function(*arguments)

    return alone


def _forget() -> None:
    """A process that was forked has none of the threads."""
    _queue.cache_clear()
    one_thread.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
