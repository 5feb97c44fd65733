"""Ctrl-C, taken when a step is whole."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["taken_later"]


@contextmanager
def taken_later(stop: Callable[[], None]) -> Iterator[None]:
    """Within it, Ctrl-C calls `stop`; a second Ctrl-C interrupts at once, as ever.

    Python gives signals to the main thread alone, and only a program that has not set a handler of its own is served.
    """
    ours = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if ours else None
    if before is not signal.default_int_handler:
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
