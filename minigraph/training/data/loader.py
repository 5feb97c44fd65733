"""Batches that something else makes, one by one: PyTorch's DataLoader, a function that gives them, any iterable of them."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from minigraph.core.errors import InputError, MinigraphError, listing
from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.training.checks import quoted
from minigraph.training.data.batches import Batch, Batches, rows_in
from minigraph.training.data.frames import Frame, is_frame
from minigraph.training.data.weights import RowWeights

__all__ = ["Data", "Loader", "batches_of", "inputs_of", "is_loader"]

END: Any = object()
NO_BATCHES = (
    "gives no batches, and there must be one at least. What gives them once is used up then: give the function that makes it."
)

Data = Mapping[str, Any] | Frame | Iterable[Any] | Callable[[], Iterable[Any]]
"""What has rows: arrays by name, a frame, batches of these, or a function that gives such batches for an epoch."""
SAMPLE, BYTES = 8, 1 << 16
"""Of how many rows of a batch, at most, its fingerprint is; where they are large, of fewer, but of one at least."""


def is_loader(data: Any) -> bool:
    """Whether it gives batches: an iterable of anything but numbers, or a function.

    >>> is_loader(iter([{"x": [1.0]}])), is_loader({"x": [1.0]}), is_loader(np.zeros(3))
    (True, False, False)
    """
    if isinstance(data, Mapping | str | bytes | type | Node) or hasattr(data, "__array__") or is_frame(data):
        return False
    if isinstance(data, list | tuple):
        return bool(data) and all(isinstance(each, Mapping) for each in data)
    return isinstance(data, Iterable) or callable(data)


def batches_of(
    what: str,
    data: Any,
    graph: Graph,
    unused: Mapping[str, Node],
    size: int | None,
    learned: bool = False,
    features: Sequence[str] = (),
    weights: RowWeights | None = None,
) -> "Batches | Loader":
    """The mini-batches of what has rows; see `Batches`. Those of a loader are as large as it makes them."""
    if is_loader(data):
        return Loader(what, data, graph, unused, weights)
    return Batches(what, data, graph, unused, size, learned, features, weights)


def inputs_of(what: str, source: Any, names: Collection[str]) -> Iterator[Any]:
    """What each batch of a loader gives for the inputs of these names; of one also the first of its parts, or all of it."""
    number = 0
    for number, batch in enumerate(_iterated(what, source), 1):
        if isinstance(batch, Mapping):
            missing = [name for name in names if name not in batch]
            if missing:
                raise InputError(
                    f"Batch {number} of {_within(what)} gives no {listing(missing, 'or')}, which the model needs; it gives "
                    f"{listing(batch)}."
                )
        elif isinstance(batch, list | tuple) and batch and len(names) == 1:
            batch = batch[0]
        yield batch
    if not number:
        raise InputError(f"{what} {NO_BATCHES}")


def _iterated(what: str, source: Any) -> Iterator[Any]:
    """The batches of a source for an epoch."""
    found = _called(what, source) if callable(source) and not isinstance(source, Iterable) else source
    if isinstance(found, Mapping) or not isinstance(found, Iterable):
        raise InputError(
            f"{what} is a function that gave {quoted(found)}, and must give an iterable of batches: a generator function "
            "yields them."
        )
    return iter(found)


def _called(what: str, function: Callable[..., Any]) -> Any:
    try:
        takes = signature(function)
    except ValueError:  # it does not say what it takes
        return function()
    try:
        takes.bind()
    except TypeError:
        raise InputError(f"{what} is a function that needs arguments, and is called without: lambda: function(…).") from None
    return function()


def _within(what: str) -> str:
    """`The training data` within a sentence."""
    return f"{what[0].lower()}{what[1:]}"


class Loader:
    """The inputs of `graph`, by name, in the batches that `source` gives, each checked as `Batches` checks a data set.

    `source` is iterated anew for each epoch; a function is called for it. Its order is its own. `what` begins an error: "The
    training data".
    """

    drawn = False
    features: Sequence[str] = ()

    def __init__(
        self, what: str, source: Any, graph: Graph, unused: Mapping[str, Node], weights: RowWeights | None = None
    ) -> None:
        self.what, self._source, self._graph, self._unused, self._weights = what, source, graph, unused, weights
        self._names = [name for name in {**graph.inputs, **unused} if not weights or name != weights.name]
        self.restart()

    @property
    def count(self) -> int | None:
        """How many batches an epoch has, where the source says it."""
        return len(self._source) if hasattr(self._source, "__len__") else None

    def restart(self) -> None:
        """Begin an epoch: the next batch is its first."""
        self._batches: Iterator[Any] | None = None
        self._last: Batch = {}
        self._broken = False
        self._given, self._digest = 0, hashlib.blake2b(digest_size=8)
        self._before = {0: (0, self._digest.hexdigest())}
        """After how many batches, the last two of them: how many rows, and the fingerprint, of all."""

    def begin(self, epochs: int, step: int) -> None:
        """Take the first batch, unless one was taken: what is wrong with it is said before a run of so many epochs begins.

        `step` is the place in the first of these epochs.
        """
        if epochs > 1 and isinstance(self._source, Iterator):
            raise InputError(
                f"{self.what} is {quoted(self._source)}, which gives its batches once, and {epochs} epochs are to take them.\n"
                "  Give the function that makes it, which is called for each epoch; or something that can be iterated again."
            )
        if not self._given and not step:
            self.restart()
            self._next()

    def check_hosts(self, count: int) -> None:
        """Raise where several processes train together: each takes its rows of a batch, which must be the same in all."""
        if count > 1:
            raise InputError(
                f"{self.what} is a loader, whose order is its own, and {count} processes train on it: give arrays."
            )

    def in_order(self) -> Iterator[Batch]:
        """The batches of an epoch."""
        if self._given > 1 or self._broken:  # else by `begin`
            self.restart()
        yield from self._from(0)
        self.restart()

    def shuffled(self, rng: np.random.Generator, first: int = 0) -> Iterator[Batch]:
        """The batches from number `first`, in the order of the source: the one that was taken last, or what follows it."""
        return self._from(first)

    def _from(self, first: int) -> Iterator[Batch]:
        if self._broken or first not in self._before:
            raise InputError(
                f"{self.what} was broken off in the middle of an epoch, which cannot be gone on with: resume from a "
                "checkpoint, or train anew."
            )
        if first < self._given:
            yield self._last
        while self._next():
            yield self._last

    def place(self, step: int) -> dict[str, Any]:
        """What must stay within an epoch, for the next step to take the rows that it would have taken.

        It is a fingerprint of the batches that were taken; where `step` is not the place in this epoch, they are taken anew.
        """
        if step not in self._before:
            self.restart()
            while self._given < step and self._next():
                pass
        rows, digest = self._before.get(step, self._before[self._given])
        return {"rows": rows, "batch size": 0, "digest of the rows": digest}

    def rows_before(self, step: int) -> int:
        """How many rows that number of an epoch's steps took, or a ValueError where it has fewer."""
        if step not in self._before:
            raise ValueError("its step is none of the epoch")
        return self._before[step][0]

    def first_not_finite(self) -> str:
        """`x[17]`, the first row of the batch that was taken last which holds a number that is not finite, or nothing."""
        for name, array in self._last.items():
            bad = ~np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
            if bad.any():
                return f"{name}[{bad.argmax()}] of batch {self._given}"
        return ""

    def _next(self) -> bool:
        """Take the next batch, or say that there is none."""
        try:
            self._batches = _iterated(self.what, self._source) if self._batches is None else self._batches
            given = next(self._batches, END)
            batch = {} if given is END else self._checked(given, self._given + 1)
        except BaseException:
            self._broken = True
            raise
        if given is END:
            if not self._given:
                raise InputError(f"{self.what} {NO_BATCHES}")
            return False
        self._given, self._last = self._given + 1, batch
        for name, array in sorted(batch.items()):
            rows = min(SAMPLE, BYTES // max(array[:1].nbytes, 1)) or 1
            sample = np.ascontiguousarray(array[:: -(-len(array) // rows)])
            self._digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
            self._digest.update(sample.data)
        so_far = self._before[self._given - 1][0] + rows_in(batch)
        self._before = {
            self._given - 1: self._before[self._given - 1],
            self._given: (so_far, self._digest.hexdigest()),
        }
        return True

    def _checked(self, given: Any, number: int) -> Batch:
        """The batch as arrays for the inputs, or the error that says what is wrong with which batch."""
        which = f"atch {number} of {_within(self.what)}"
        try:
            named = self._named(given, f"B{which}")
            return Batches(f"B{which}", named, self._graph, self._unused, None, weights=self._weights).whole
        except MinigraphError as error:
            if which in str(error):
                raise
            raise type(error)(f"{error}\n  It is in b{which}.") from None

    def _named(self, given: Any, what: str) -> Any:
        """The batch by the names of the inputs: a pair is x and y, a third the weights, and an array is the only input."""
        names = self._names if len(self._names) == 1 else ["x", "y"]
        if isinstance(given, list | tuple):
            weighed = [*names, self._weights.name] if self._weights else names
            if set(names) == set(self._names) and len(given) in (len(names), len(weighed)):
                return dict(zip(weighed, given, strict=False))
            raise InputError(
                f"{what} has {len(given)} parts, and the graph takes {listing(self._names)}. Give arrays by these names: "
                f"{{{', '.join(f'{name!r}: …' for name in self._names)}}}."
            )
        only = hasattr(given, "__array__") and not is_frame(given) and len(self._names) == 1
        return {self._names[0]: given} if only else given
