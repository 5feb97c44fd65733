"""Turns: a step of a program writes into the arrays of variables, and nobody reads them meanwhile.

A process that forks waits for its turn too: its child finds no step half done, and locks that nobody has.
"""

import os
from collections.abc import Iterable, Iterator, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from sys import getrefcount
from threading import Lock
from types import SimpleNamespace
from typing import Any, Protocol
from weakref import WeakSet

import numpy as np

__all__ = ["FREE", "WITHIN", "Turn", "held_arrays", "owned_arrays", "together", "turn_of"]

WITHIN: ContextVar[frozenset[Any]] = ContextVar("within", default=frozenset())
"""The turns of the step that this code is part of, on whichever of its threads: it need not wait for them."""
ALONE = next(getrefcount(each._array) for each in [SimpleNamespace(_array=np.empty(0))])
"""What `getrefcount` gives for the array that only its variable has, asked as it is below: it differs by Python's version."""


class Locks(Protocol):
    """A step waits for `waiting`, lets it go, and takes `lock`; a reader takes both, so that no step overtakes it."""

    @property
    def waiting(self) -> AbstractContextManager[Any]: ...

    @property
    def lock(self) -> AbstractContextManager[Any]: ...


class _Free:
    """The turn of what no program changes."""

    waiting = lock = nullcontext()

    def __reduce__(self) -> Any:
        return _free, ()


def _free() -> Locks:
    return FREE


class Turn(_Free):
    """The turn of a program. The copy of a variable that has it is nobody's yet."""

    def __init__(self) -> None:
        self.renew()
        with _REGISTRY:
            _ALL.add(self)

    def renew(self) -> None:
        """Let it be free, in a process where those who had it or waited for it do not exist."""
        self.waiting, self.lock = Lock(), Lock()  # type: ignore[assignment]


class _Several:
    """Several turns at once, taken in one order by everybody, so that no two wait for each other."""

    def __init__(self, turns: Iterable[Any]) -> None:
        self._turns = sorted(turns, key=id)

    @property
    def waiting(self) -> AbstractContextManager[None]:
        return _all([turn.waiting for turn in self._turns])

    @property
    def lock(self) -> AbstractContextManager[None]:
        return _all([turn.lock for turn in self._turns])


@contextmanager
def _all(locks: Iterable[AbstractContextManager[Any]]) -> Iterator[None]:
    with ExitStack() as taken:
        for lock in locks:
            taken.enter_context(lock)
        yield


FREE: Locks = _Free()
NOBODY = {FREE}


def together(turns: Set[Any]) -> Locks:
    """All of these turns, but for those of the step that asks."""
    wanted = turns - WITHIN.get() if WITHIN.get() else turns
    if len(wanted) == 1:
        (turn,) = wanted
        return turn  # type: ignore[no-any-return]
    return _Several(wanted) if wanted else FREE


def turn_of(variables: Iterable[Any]) -> frozenset[Any]:
    """The turns of a program that changes these variables: its own, and those of other programs that change some of them."""
    own = Turn()
    with _REGISTRY:
        for variable in variables:
            if variable._turn is FREE:
                variable._turn = own
    return frozenset({own, *(variable._turn for variable in variables)})


def held_arrays(variables: Iterable[Any]) -> list[np.ndarray[Any, Any]]:
    """The array that each variable holds, to be read: all from between the same two steps of whoever changes them."""
    turns = {variable._turn for variable in variables}
    if turns <= NOBODY:  # no program changes any of them
        return [variable._array for variable in variables]
    turn = together(turns)
    with turn.waiting, turn.lock:
        return [variable._array for variable in variables]


def owned_arrays(variables: Iterable[Any]) -> list[np.ndarray[Any, Any]]:
    """The array of each variable, for the program whose turn it is to write into it: a copy where anyone else has it."""
    for variable in variables:
        if getrefcount(variable._array) > ALONE:
            variable._array = variable._array.copy()
    return [variable._array for variable in variables]


_REGISTRY = Lock()
_ALL: WeakSet[Turn] = WeakSet()
_forking = ExitStack()


def _before() -> None:
    """Wait for the steps of all programs, and let none begin."""
    _forking.enter_context(_REGISTRY)
    turns = _Several({*_ALL} - WITHIN.get())
    _forking.enter_context(turns.waiting)
    _forking.enter_context(turns.lock)


def _after_in_child() -> None:
    _forking.close()
    for turn in _ALL:
        turn.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_forking.close, after_in_child=_after_in_child)
