"""Threads that compute tiles side by side: NumPy's loops and BLAS let go of Python's lock while they run."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["cores", "one_blas_thread", "spread"]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Callable[[Any], None], crews: Iterable[Any]) -> Iterator[None]:
    """Call a function for each of some crews: the first on this thread, the others beside it."""
    first, *others = crews
    running = [_pool().submit(copy_context().run, work, crew) for crew in others]
    yield work(first)
    for future in running:
        yield future.result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=64, thread_name_prefix="minigraph")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> Any:
    """While it is entered, a matrix product uses one thread: the tiles have the others."""
    return _controller().limit(limits=1, user_api="blas")
