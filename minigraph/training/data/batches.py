"""Mini-batches: the rows of a data set, checked against a graph's inputs and given out batch by batch, some of them ahead."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import DTypeError, InputError, ShapeError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph, check_shape
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import places
from minigraph.core.shapes import show_shape
from minigraph.core.values import as_array
from minigraph.training.checks import check_arrays, classification_losses
from minigraph.training.data.dataset import Augmentation, Dataset, is_on_disk, rows_of
from minigraph.training.data.frames import Frame, frame_arrays, is_frame
from minigraph.training.data.labels import to_learn_values
from minigraph.training.data.prefetch import prefetched
from minigraph.training.data.standardize import NOISE
from minigraph.training.data.weights import RowWeights

__all__ = ["Batch", "Batches", "rows_in"]

Batch = dict[str, NDArray[Any]]
SAMPLE = 1000
"""Of at most how many rows a digest is."""
DIGITS = 1000
"""Into how many parts the type of an input must divide the range of a feature."""
DRAWN = 1 << 18
"""For how many bytes of rows the next mini-batches are drawn at once: they are still in the cache when a step reads them."""
CLASSES_SHOWN = 10
"""At most how many classes a message lists."""


class Batches:
    """The inputs of `graph`, by name, in mini-batches of at most `size` rows (all rows, unless given).

    `what` begins an error: "The training data". Arrays for `unused` inputs are passed over. Arrays on the disk stay there,
    and each batch reads its rows while the step before is taken. Rows that are `learned` from must still differ in the types of
    the inputs. A frame has its columns in the order of `features` where these are known. `weights` says by which name the rows
    are weighed, where they are.
    """

    def __init__(
        self,
        what: str,
        data: Mapping[str, ArrayLike] | Frame,
        graph: Graph,
        unused: Mapping[str, Node],
        size: int | None,
        learned: bool = False,
        features: Sequence[str] = (),
        weights: RowWeights | None = None,
    ) -> None:
        known: dict[str, Node] = {**graph.inputs, **unused}
        if not isinstance(data, Mapping) and is_frame(data):
            data = frame_arrays(what, data, graph.inputs, features, weights.name if weights else "")
        check_arrays(what, data)
        assert isinstance(data, Mapping)
        data = weights.beside(what, data) if weights else data
        for name in data.keys() - known.keys():
            raise UnknownNameError(
                f"{what} gives {name!r}, and the graph has no input of that name; it takes {listing(known)}."
                f"{nearest(name, known)}"
            )
        missing = [node for name, node in graph.inputs.items() if name not in data]
        if missing:
            raise InputError(f"{what} gives no {listing(map(str, missing), 'or')}, which the graph needs.{places(*missing)}")
        self.part: Callable[[int], slice] = partial(slice, 0)
        """Which of so many rows this process reads from the disk; where rows are augmented, which may mix them, all."""
        self._types = {name: node.dtype for name, node in graph.inputs.items()}
        on_disk = {name: data[name] for name in graph.inputs if is_on_disk(data[name])}
        self.arrays: dict[str, Any] = {
            name: on_disk[name] if name in on_disk else _converted(graph, node, data[name])
            for name, node in graph.inputs.items()
        }
        self.features = data.features if isinstance(data, Dataset) else ()
        self._augment = data.augmentations if isinstance(data, Dataset) else ()
        self._slow = bool(on_disk or self._augment)
        self.rows = rows_of(self.arrays, what)
        self.size = min(size or self.rows, self.rows)
        for rows in {self.size, self.rows % self.size or self.size}:
            sizes: dict[str, tuple[int, str]] = {}
            for name, array in self.arrays.items():
                _check_rows(graph, name, (rows, *array.shape[1:]), sizes, data[name])
        for name, node in graph.inputs.items() if learned else ():
            _check_digits(what, node, data[name])
        self._all = [self._take(slice(None))] if self.size == self.rows and not self._slow else []
        try:
            _check_selectors(graph, {name: array for name, array in self.arrays.items() if name not in on_disk})
        except InputError as error:
            raise InputError(f"{what} cannot be used. {error}{_classes_line(data)}") from None

    @property
    def count(self) -> int:
        """How many batches there are."""
        return -(-self.rows // self.size)

    @property
    def drawn(self) -> bool:
        """Whether the batches of an epoch are drawn at random; a single one of all rows is not."""
        return not self._all

    def first_not_finite(self) -> str:
        """`x[17]`, the first row that holds a number which is not finite, or nothing."""
        for name, array in self.arrays.items():
            for start in range(0, self.rows, SAMPLE):
                bad = ~np.isfinite(array[start : start + SAMPLE]).all(axis=tuple(range(1, array.ndim)))
                if bad.any():
                    return f"{name}[{start + bad.argmax()}]"
        return ""

    @property
    def whole(self) -> Batch:
        """All rows as one batch, in their order."""
        return self._all[0] if self._all else self._take(slice(None))

    def rows_before(self, step: int) -> int:
        """How many rows that number of an epoch's steps take, or a ValueError where it has no step after them."""
        if step >= self.count:
            raise ValueError("its step is none of the epoch")
        return step * self.size

    def place(self, step: int) -> dict[str, Any]:
        """What must stay within an epoch, for the next step to take the rows that it would have taken."""
        return {"rows": self.rows, "batch size": self.size, "digest of the rows": self._digest}

    @cached_property
    def _digest(self) -> str:
        """A fingerprint of the rows in sixteen digits, by a sample of them: data may be larger than memory."""
        digest = hashlib.blake2b(digest_size=8)
        for name, array in sorted(self.arrays.items()):
            sample = np.ascontiguousarray(array[:: -(-self.rows // SAMPLE)])
            digest.update(f"{name} {array.shape} {array.dtype}".encode())
            digest.update(sample.data)
        return digest.hexdigest()

    def in_order(self) -> Iterator[Batch]:
        """The batches, the rows in their own order and as they are."""
        if self._all:
            return iter(self._all)
        batches = (self._take(slice(start, start + self.size)) for start in range(0, self.rows, self.size))
        return prefetched(batches) if self._slow else batches

    def shuffled(self, rng: np.random.Generator, first: int = 0) -> Iterator[Batch]:
        """The batches from number `first`, the rows in an order drawn from `rng` and augmented.

        A batch may lie in the memory of the one before. A single batch of all rows keeps their order. Each batch is augmented
        by a generator of its own, so that it comes out the same whichever batch is the first.
        """
        if self._all:
            return iter(self._all[first:])
        order = rng.permutation(self.rows) if self.size < self.rows else np.arange(self.rows)
        if not self._slow:
            return self._drawn(order, first)
        key = int(rng.integers(2**63)) if self._augment else 0
        return prefetched(self._training_batch(order, key, number) for number in range(first, self.count))

    def _drawn(self, order: NDArray[np.int64], first: int) -> Iterator[Batch]:
        """The batches of rows in memory: those of several are drawn at once, into memory that is used again."""
        row = sum(array[:1].nbytes for array in self.arrays.values())
        count = max(DRAWN // max(row * self.size, 1), 1) * self.size
        space = {name: np.empty((min(count, self.rows), *array.shape[1:]), array.dtype) for name, array in self.arrays.items()}
        for begin in range(first * self.size, self.rows, count):
            chosen = order[begin : begin + count]
            for name, array in self.arrays.items():
                if array.flags.c_contiguous:  # else np.take copies all of it
                    array.take(chosen, axis=0, out=space[name][: len(chosen)], mode="clip")  # "raise" would write a copy
                else:
                    space[name][: len(chosen)] = array[chosen]
            for start in range(0, len(chosen), self.size):
                stop = min(start + self.size, len(chosen))
                yield {name: rows[start:stop] for name, rows in space.items()}

    def _training_batch(self, order: NDArray[np.int64], key: int, number: int) -> Batch:
        if self.size == self.rows and not self._augment:
            return self._take(slice(None))
        batch = self._take(order[number * self.size : (number + 1) * self.size])
        if self._augment:
            rng = np.random.default_rng((key, number))
            for augmentation in self._augment:
                batch = self._augmented(batch, augmentation, rng)
        return batch

    def _take(self, rows: slice | NDArray[np.int64]) -> Batch:
        taken = {name: self._read(array, rows) if is_on_disk(array) else array[rows] for name, array in self.arrays.items()}
        return {name: as_array(array, self._types[name], f"Input {name!r}") for name, array in taken.items()}

    def _read(self, array: Any, rows: slice | NDArray[np.int64]) -> NDArray[Any]:
        """Rows from the disk; those that other processes read are 0 here."""
        chosen = np.arange(self.rows)[rows] if isinstance(rows, slice) else rows
        part = slice(0, len(chosen)) if self._augment else self.part(len(chosen))
        if part == slice(0, len(chosen)):
            return np.array(array[rows])
        found = np.zeros((len(chosen), *array.shape[1:]), array.dtype)
        found[part] = array[chosen[part]]
        return found

    def _augmented(self, batch: Batch, augmentation: Augmentation, rng: np.random.Generator) -> Batch:
        """The batch as the function gives it, checked to be of the same arrays."""
        name = getattr(augmentation, "__name__", type(augmentation).__name__)
        changed = augmentation(dict(batch), rng)
        if not isinstance(changed, Mapping):
            raise InputError(f"The augmentation {name} gave {type(changed).__name__}: it must return arrays by their names.")
        result = {**batch, **changed}
        for key, array in result.items():
            found = np.shape(array)
            if key not in batch or found != batch[key].shape:
                given = f"{key} ({show_shape(batch[key].shape)})" if key in batch else listing(batch)
                raise InputError(f"The augmentation {name} gave {key} ({show_shape(found)}) where it was given {given}.")
        return {key: as_array(array, self._types[key], f"Input {key!r}") for key, array in result.items()}


def rows_in(batch: Batch) -> int:
    """How many rows a batch has."""
    return len(next(iter(batch.values())))


def _converted(graph: Graph, node: Input, given: ArrayLike) -> NDArray[Any]:
    try:
        return as_array(given, node.dtype, f"Input {node.name!r}")
    except DTypeError as error:
        line = remedy(graph, node, given)
        raise DTypeError(f"{str(error).partition(chr(10))[0]}{line}" if line else str(error)) from None


def _check_rows(graph: Graph, name: str, found: tuple[int, ...], sizes: dict[str, tuple[int, str]], given: ArrayLike) -> None:
    try:
        check_shape(graph.inputs[name], found, sizes)
    except ShapeError as error:
        raise ShapeError(f"{error}{remedy(graph, graph.inputs[name], given)}") from None


def _check_digits(what: str, node: Input, given: ArrayLike) -> None:
    """Raise where the input's type rounds a feature by so much that rows which differ become the same: now, not in silence."""
    rows: Any = given if is_on_disk(given) else np.asarray(given)
    if node.dtype.kind != "f" or rows.dtype.kind == "b" or np.can_cast(rows.dtype, node.dtype):
        return
    sample = np.asarray(rows[:: -(-len(rows) // SAMPLE)], np.float64)
    with np.errstate(all="ignore"):
        lost = np.abs(sample - sample.astype(node.dtype)).max(axis=0)
        least, most = sample.min(axis=0), sample.max(axis=0)
        range_of = most - least
        bad = (lost * DIGITS > range_of) & (range_of > NOISE * np.abs(sample).max(axis=0))
    for place in np.argwhere(bad)[:1]:
        at = tuple(place)
        of = f"[:, {', '.join(map(str, at))}]" if at else ""
        raise InputError(
            f"{what} gives {node.name}{of} from {least[at]} to {most[at]}, which {node.dtype} rounds by up to {lost[at]:.3g}: "
            f"rows that differ would be the same.{places(node)}\n"
            "  Subtract an offset in double precision: mg.data.standardized(graph, data), or --standardize on the command line."
        )


def _classes_line(data: Mapping[str, ArrayLike]) -> str:
    """A line with the classes of the labels, where they are known."""
    classes = data.classes if isinstance(data, Dataset) else ()
    line = f", {listing(classes)}" if len(classes) <= CLASSES_SHOWN else ""
    return f"\n  The data has {len(classes)} classes{line}: the model needs a score for each." if classes else ""


def _check_selectors(graph: Graph, arrays: Batch) -> None:
    """Raise where a label or an index among the inputs is one that an operation cannot take: now, not in the last batch."""
    for node in graph.operations:
        if type(node).validate is Node.validate:
            continue
        last = len(node.operand_names) - 1
        chosen = {operand for i, operand in enumerate(node.operands) if node.operand_names[min(i, last)] in node.selectors}
        here = (isinstance(each, Constant) or (isinstance(each, Input) and each.name in arrays) for each in chosen)
        if chosen and all(here):
            values: dict[Node, Any] = {operand: arrays[str(operand.name)] for operand in chosen if isinstance(operand, Input)}
            values |= {operand: operand.value for operand in chosen if isinstance(operand, Constant)}
            node.validate(*(values.get(operand, operand) for operand in node.operands))


def remedy(graph: Graph, node: Input, given: Any) -> str:
    """A line to end a message that the input cannot take what was given, or nothing.

    >>> y = Input("y", ("N",))
    >>> remedy(Graph(y), y, np.zeros((3, 1)))
    '\\n  One number a row is y.reshape(-1).'
    """
    try:
        array, name = np.asarray(given), str(node.name)
    except Exception:  # another library's array, which says itself why it cannot be one
        return ""
    if array.ndim == 2 and array.shape[1] == 1 and node.ndim == 1:
        return f"\n  One number a row is {name}.reshape(-1)."
    if array.ndim == 1 and node.shape[1:] == (1,):
        return f"\n  A column of numbers is {name}.reshape(-1, 1)."
    if not any(loss.operands[1] is node for loss in classification_losses(graph.nodes)):
        return ""
    if array.dtype.kind in "UO":
        return f"\n  Number the names of the classes: names, {name} = np.unique({name}, return_inverse=True)."
    if array.ndim == node.ndim + 1:
        return f"\n  Labels are one whole number a row; those of one-hot rows are {name}.argmax(axis=-1)."
    if array.dtype.kind == "f" and (np.isfinite(array) & (array != np.trunc(array))).any():
        return f"\n  Labels of classes are whole numbers. {to_learn_values(name)}"
    return ""
