"""Threads that compute tiles side by side: NumPy's loops and BLAS let go of Python's lock while they run."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["cores", "spread"]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(work: Callable[[Any], None], crews: Sequence[Any]) -> Iterator[None]:
    """Call a function for each of some crews, the first on this thread and the others beside it.

    Meanwhile a matrix product takes one thread: the crews have the others.
    """
    with _controller().limit(limits=1, user_api="blas"):
        running = [_pool().submit(copy_context().run, work, crew) for crew in crews[1:]]
        work(crews[0])
        yield from (future.result() for future in running)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=64, thread_name_prefix="minigraph")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
