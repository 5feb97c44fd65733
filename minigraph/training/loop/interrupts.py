"""Signals that end a program, taken when a step is whole: Ctrl-C, and SIGTERM, which a system sends that shuts down."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import FrameType
from typing import Any

__all__ = ["CTRL_C", "SIGNALS", "TERMINATED", "taken_later"]

CTRL_C, SIGTERM = "Ctrl-C", "SIGTERM"
SIGNALS = (CTRL_C, SIGTERM)
"""`history.stopped` of a run that a signal has ended."""
TERMINATED = 128 + signal.SIGTERM
"""The exit code of a program that SIGTERM has ended, as a shell gives it."""


@contextmanager
def taken_later(stop: Callable[[str], None]) -> Iterator[None]:
    """Within it, Ctrl-C and SIGTERM call `stop` with their name; the second of either kind ends the program at once, as ever.

    After SIGTERM the program ends when this does, by SystemExit. Python gives signals to the main thread alone, and only a
    program that has not set a handler of its own is served.
    """
    came: list[str] = []

    def take(name: str) -> None:
        came.append(name)
        stop(name)

    with ExitStack() as restored:
        if threading.current_thread() is threading.main_thread():
            _handle(signal.SIGINT, signal.default_int_handler, partial(take, CTRL_C), restored)
            _handle(signal.SIGTERM, signal.SIG_DFL, partial(take, SIGTERM), restored)
        yield
    if SIGTERM in came:
        raise SystemExit(TERMINATED)


def _handle(number: int, usual: Any, then: Callable[[], None], restored: ExitStack) -> None:
    """Do something else than usual, once."""
    if signal.getsignal(number) is not usual:
        return

    def handle(number: int, frame: FrameType | None) -> None:
        signal.signal(number, usual)
        then()

    signal.signal(number, handle)
    restored.callback(signal.signal, number, usual)
