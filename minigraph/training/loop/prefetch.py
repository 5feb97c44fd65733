"""Work done ahead in a thread, so that the next batch is ready when a step ends."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["prefetched"]

Item = TypeVar("Item")
END: Any = object()
AHEAD = 2


def prefetched(items: Iterable[Item], ahead: int = AHEAD) -> Iterator[Item]:
    """The items in their order, so many of them made in a background thread before they are asked for.

    What goes wrong there is raised where the item is asked for. When the one who asks stops, so does the thread.

    >>> list(prefetched(range(5)))
    [0, 1, 2, 3, 4]
    """
    source = iter(items)
    made: deque[Future[Item]] = deque()
    pool = ThreadPoolExecutor(1, "prefetch")
    try:
        for _ in range(ahead):
            made.append(pool.submit(next, source, END))
        while (item := made.popleft().result()) is not END:
            made.append(pool.submit(next, source, END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
