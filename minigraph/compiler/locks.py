"""The locks of programs: a step writes into the arrays of its variables, and nobody reads them meanwhile.

A process that forks waits for the steps too: its child finds none half done, and locks that nobody has.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from sys import getrefcount
from threading import Lock
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import numpy as np

from minigraph.core.leaves import Variable

__all__ = ["INSIDE", "locks_of", "settle", "writable_arrays", "writing"]

ALONE = next(getrefcount(each._array) for each in [SimpleNamespace(_array=np.empty(0))])
"""What `getrefcount` gives for the array that only its variable has, asked as it is below: it differs by Python's version."""


class StepLock:
    """What a step of a program holds while it writes into the arrays of variables. The copy of a variable has none.

    A step waits for `waiting`, lets it go, and takes `writing`; a reader takes both, so that no step overtakes it.
    """

    def __init__(self) -> None:
        self.renew()
        self.away: dict[Variable, Callable[[Variable], None]] = {}
        """The variables whose numbers a step left elsewhere, on an accelerator, each with what brings them back."""

    def renew(self) -> None:
        """Let it be free, in a process where those who had it or waited for it do not exist."""
        self.waiting, self.writing = Lock(), Lock()

    def __reduce__(self) -> Any:
        return type(None), ()

    def __enter__(self) -> None:
        """Read: no step that takes this lock runs until `__exit__`."""
        self.waiting.acquire()
        try:
            self.writing.acquire()
            try:
                self.settle()
            except BaseException:
                self.writing.release()
                raise
        except BaseException:
            self.waiting.release()
            raise

    def __exit__(self, *exception: object) -> None:
        self.writing.release()
        self.waiting.release()

    def settle(self) -> None:
        """Bring back the numbers of variables that are elsewhere."""
        while self.away:
            variable, bring_back = self.away.popitem()
            bring_back(variable)

    @staticmethod
    def between_steps(locks: Set["StepLock"]) -> AbstractContextManager[None]:
        """Within what is returned no step runs that takes one of these locks, but for the one that asks.

        All take locks in one order, so that no two wait for each other. Training reads by one lock, twice a step.
        """
        others = locks - INSIDE.get()
        return next(iter(others)) if len(others) == 1 else _all(sorted(others, key=id))


@contextmanager
def _all(locks: Iterable[AbstractContextManager[Any]]) -> Iterator[None]:
    """Take locks one after the other."""
    with ExitStack() as taken:
        for lock in locks:
            taken.enter_context(lock)
        yield


INSIDE: ContextVar[frozenset[StepLock]] = ContextVar("INSIDE", default=frozenset())
"""The locks of the step that this code is part of, on whichever of its threads: it need not wait for them."""


def locks_of(variables: Iterable[Variable]) -> frozenset[StepLock]:
    """The locks of a program that changes these variables: its own, and those of other programs that change some of them."""
    own = StepLock()
    with _REGISTRY:
        _ALL.add(own)
        for variable in variables:
            variable._lock = variable._lock or own
    return frozenset([own, *(variable._lock for variable in variables if variable._lock)])


def writing(locks: Sequence[StepLock]) -> AbstractContextManager[Any]:
    """Within what is returned a step may write: those who wait to read come first, and nobody begins to."""
    for lock in locks:
        with lock.waiting:
            pass
    return locks[0].writing if len(locks) == 1 else _all(lock.writing for lock in locks)


def settle(variables: Iterable[Variable]) -> None:
    """Bring back the numbers of variables that are elsewhere, for a step that has their locks."""
    for variable in variables:
        if variable._lock is not None and variable._lock.away:
            variable._lock.settle()


def writable_arrays(variables: Collection[Variable]) -> list[np.ndarray[Any, Any]]:
    """The array of each variable, for the program whose step writes into it: a copy where anyone else has it."""
    settle(variables)
    for variable in variables:
        if getrefcount(variable._array) > ALONE:
            variable._array = variable._array.copy()
    return [variable._array for variable in variables]


_REGISTRY = Lock()
_ALL: WeakSet[StepLock] = WeakSet()
_forking = ExitStack()


def _before() -> None:
    """Wait for the steps of all programs, and let none begin."""
    _forking.enter_context(_REGISTRY)
    _forking.enter_context(StepLock.between_steps({*_ALL}))


def _after_in_child() -> None:
    _forking.close()
    for lock in _ALL:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_forking.close, after_in_child=_after_in_child)
