"""Ctrl-C (SIGINT, KeyboardInterrupt) and SIGTERM end a training after its step, with its history and its checkpoint."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import FrameType
from typing import Any

__all__ = ["CTRL_C", "SIGNALS", "SIGTERM", "TERMINATED", "deferred_signals"]

CTRL_C, SIGTERM = "Ctrl-C", "SIGTERM"
SIGNALS = (CTRL_C, SIGTERM)
"""`history.stopped` of a run that a signal has ended."""
TERMINATED = 128 + signal.SIGTERM
"""The exit code of a program that SIGTERM has ended, as a shell gives it."""


@contextmanager
def deferred_signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Within it, the first SIGINT and the first SIGTERM call `stop` with "Ctrl-C" or "SIGTERM".

    The second of a kind does what it does without this: SIGINT raises KeyboardInterrupt, SIGTERM ends the process. After a
    first SIGTERM the program ends when this does, by SystemExit with the code `TERMINATED`. Only the main thread can handle
    signals, and a handler that the program has set is left as it is.
    """
    received: list[str] = []

    def take(name: str) -> None:
        received.append(name)
        stop(name)

    with ExitStack() as restored:
        if threading.current_thread() is threading.main_thread():
            _handle(signal.SIGINT, signal.default_int_handler, partial(take, CTRL_C), restored)
            _handle(signal.SIGTERM, signal.SIG_DFL, partial(take, SIGTERM), restored)
        yield
    if SIGTERM in received:
        raise SystemExit(TERMINATED)


def _handle(number: int, usual: Any, then: Callable[[], None], restored: ExitStack) -> None:
    """Call `then` for the first signal of this number; from the second on, the usual handler."""
    if signal.getsignal(number) is not usual:
        return

    def handle(number: int, frame: FrameType | None) -> None:
        signal.signal(number, usual)
        then()

    signal.signal(number, handle)
    restored.callback(signal.signal, number, usual)
