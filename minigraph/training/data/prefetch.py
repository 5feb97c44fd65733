"""What comes next, computed in the background while what is there is used."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["prefetched"]

Item = TypeVar("Item")
END: Any = object()
AHEAD = 2


def prefetched(items: Iterable[Item], ahead: int = AHEAD) -> Iterator[Item]:
    """The items in their order, `ahead` of them computed in a background thread before they are asked for.

    What goes wrong there is raised where the item is asked for. When the one who asks stops, so does the thread.

    >>> list(prefetched(range(5)))
    [0, 1, 2, 3, 4]
    """
    source = iter(items)
    futures: deque[Future[Item]] = deque()
    pool = ThreadPoolExecutor(1, "prefetch")
    try:
        for _ in range(ahead):
            futures.append(pool.submit(next, source, END))
        while (item := futures.popleft().result()) is not END:
            futures.append(pool.submit(next, source, END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
