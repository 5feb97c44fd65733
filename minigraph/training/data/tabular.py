"""`mg.data.read_tabular`: somebody's table, with its text, dates and blanks, as the rows that a model learns from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import listing, nearest, printable
from minigraph.core.graph import Graph
from minigraph.interop.files import DataError, fail_at
from minigraph.ops.cross_entropy import BinaryCrossEntropy
from minigraph.training.data.columns import Wanted, check_first_label, find_label, is_merely_last, may_be_label
from minigraph.training.data.dataset import Dataset, split
from minigraph.training.data.findings import KnownTable, findings
from minigraph.training.data.infer import check_thousands, has_decimal_commas, notation_in
from minigraph.training.data.kinds import learn_notation, rewritten
from minigraph.training.data.labels import (
    CLASSES,
    VALUES,
    is_number,
    labelled_rows,
    read_labels,
    to_learn_classes,
    to_learn_values,
)
from minigraph.training.data.notation import Notation, is_written_number
from minigraph.training.data.raw import RawTable, read_raw
from minigraph.training.data.table import NO_LABELS, kind_of_labels
from minigraph.training.data.transformer import Choices, ColumnTransformer
from minigraph.training.data.weights import SAMPLE_WEIGHT

__all__ = ["Tabular", "encoded", "fitted", "kind_for", "read_tabular"]

FEW = 10
"""Whole numbers are values rather than names of classes where there are more than so many of them, a class has on average fewer
rows than this."""
MANY_CLASSES, BINARY = 50, "binary"


@dataclass(frozen=True)
class Tabular:
    """A table's rows for training and for validation, and what was learned of its columns from those for training.

    Attributes
    ----------
    training, validation : Dataset
        x, N × features, and y.
    columns : ColumnTransformer
        What each column is; `columns.describe()` says it in words.
    notes : list of str
        What is to be known of rows that are taken, such as categories that no training row has.
    findings : list of str
        What is to be known of the table before a training on it is trusted, such as a column that tells every label.
    """

    training: Dataset
    validation: Dataset
    columns: ColumnTransformer
    notes: Sequence[str]
    findings: Sequence[str] = ()

    @property
    def features(self) -> int:
        """How many numbers make a row of x."""
        return int(self.training["x"].shape[1])

    def read(self, source: Any) -> NDArray[np.float64]:
        """The x of other rows: a file, a frame, a mapping of columns or a list of mappings, with the same columns."""
        return encoded(read_raw(source), self.columns, NO_LABELS)["x"]

    def __repr__(self) -> str:
        columns = "".join(f"\n  {name}: {what}" for name, what in self.columns.describe())
        rows = f"{self.training.rows} rows for training and {self.validation.rows} for validation"
        return printable(f"Tabular of {rows}, {self.features} features:{columns}")


def read_tabular(
    source: Any,
    graph: Graph | None = None,
    *,
    label: str = "",
    drop: Sequence[str] = (),
    features: Sequence[str] = (),
    categories: Sequence[str] = (),
    numbers: Sequence[str] = (),
    dates: Sequence[str] = (),
    missing: str = "fill",
    sample_weight: str = "",
    decimal: str = "",
    validation: float | None = None,
    seed: int = 0,
) -> Tabular:
    """A table with columns of text, dates and blanks, as rows of numbers for training and validation.

    Numbers are as they are, whether written by programs or by people: 1.234,5, $1,200, 12 kg. Text is a category, a feature for
    each value, up to 50 of them; numbers with a zero in front, such as 02134, are one too. A date is its year, month, weekday
    and the days since the first. A blank is filled with the median, and a feature tells that it was; in a category it is a
    value of its own. All of that is learned from the training rows only.

    Parameters
    ----------
    source : path, frame, mapping or list of mappings
        A text file with a header (.csv, .tsv), a Parquet file or an Excel workbook (.xlsx), or rows in memory.
    graph : Graph, optional
        Its labels are values where y is floating-point, else classes. Without one, numbers with a fraction are values.
    label : str
        The column of the labels: unless given, the one called class, label, target or y, else the last.
    drop, features : names
        The columns that are left out, or those alone that are taken.
    categories, numbers, dates : names
        The columns that are such, whatever they seem to be.
    missing : str
        "fill" blanks, or take one for an "error".
    sample_weight : str
        The column that says what each row weighs, and is no feature: the rows then have an array "sample_weight", as
        `mg.train(…, sample_weight="sample_weight")` takes it.
    decimal : str
        How fractions are written in all text of the table, "," or ".", as in pandas: the other sign stands between thousands.
        Unless given, each column shows it; one that does not, such as 2.474 beside 617, is refused.
    validation : float, optional
        The fraction of rows for validation: a quarter unless given.
    seed : int
        The random seed of the rows that are drawn for it, as in `split`.

    Returns
    -------
    Tabular
        The rows for training and for validation, and what the columns are.

    Raises
    ------
    DataError
        What cannot be taken as it stands, with the line, the column and what to do.

    Examples
    --------
    >>> rows = {"city": ["Rome", "Oslo", "Rome", "Oslo"], "age": [31, 42, None, 25], "buys": ["yes", "no", "yes", "no"]}
    >>> table = read_tabular(rows, seed=1)
    >>> table.columns.describe()
    [('city', '2 categories'), ('age', 'number; blanks → median 33.5, and a feature that tells them')]
    >>> table.read({"city": ["Oslo"], "age": [30]})
    array([[ 1.,  0., 30.,  0.]])
    """
    named = (tuple(drop), tuple(features), tuple(categories), tuple(numbers), tuple(dates))
    choices = Choices(label, *named, missing, sample_weight, decimal)
    kind = kind_for(graph) if graph is not None else None
    return fitted(read_raw(source), choices, kind, validation, seed)


def fitted(
    table: RawTable, choices: Choices, kind: str | None = None, validation: float | RawTable | None = None, seed: int = 0
) -> Tabular:
    """Split a table's rows as `split` does, learn from those for training what its columns are, and encode both.

    Where the rows for validation are a table of their own, all rows of the first are for training.
    """
    choices.check(table)
    if kind != NO_LABELS and len(table.names) == 1:
        hint = "In a text they are separated by commas, tabs, semicolons or bars"
        fail_at(table.where, f"it has one column, {table.names[0]!r}. There must be a feature and a label. {hint}.")
    label = "" if kind == NO_LABELS else _label(table, choices)
    try:
        table = _labelled(table, label, kind, choices.missing)
        notation = _label_notation(table, label, kind, choices.decimal) if label else None
        plain = _with_plain_label(table, label, notation)
        if label and not table.header:
            check_first_label(Path(table.where), table.numbers[0], table.cells[label])
        y, classes = labels_of(plain, label, kind) if label else (None, ())
    except DataError as error:
        if is_merely_last(label, choices.label):
            why = f"{label!r} is taken for the label because it is the last column: name the one that is meant with --label."
            raise DataError(f"{error}\n  {why}") from None
        raise
    if isinstance(validation, RawTable):
        validation = _labelled(validation, label, kind, choices.missing)
        columns = ColumnTransformer.fit(table, choices, label, notation)
        first = encoded(table, columns, kind or _kind_of(y), classes)
        second = encoded(validation, columns, kind or _kind_of(y), classes)
        notes, x = (*first.notes, *second.notes), first["x"]
        first, second = _weighed(first, table, choices), _weighed(second, validation, choices)
    else:
        training, drawn = split({"row": np.arange(table.rows)}, validation, seed)
        columns = ColumnTransformer.fit(table.take(training["row"]), choices, label, notation)
        x, noted = columns.transform(table)
        notes = (*table.notes, *noted)
        arrays = {"x": x} if y is None else {"x": x, "y": y}
        data = _weighed(Dataset(arrays, classes, columns.features, label, tuple(columns.left_out)), table, choices)
        first, second = data.take(training["row"]), data.take(drawn["row"])
    if not choices.decimal and _kind_of(y) == VALUES and has_decimal_commas(table, columns.kinds.values()):
        check_thousands(table, label)
    found = findings(KnownTable(plain, columns, x, y, classes), first, second)
    return Tabular(first, second, columns, notes, found)


def _weighed(data: Dataset, table: RawTable, choices: Choices) -> Dataset:
    """The rows with what each weighs, where a column of the table says it."""
    name = choices.sample_weight
    if name not in table.cells:
        return data
    cells = table.cells[name]
    if choices.decimal and name not in table.typed:
        cells = rewritten(cells, Notation.by(choices.decimal), partial(table.fail, name))
    for row, cell in enumerate(cells):
        if not is_number(cell) or not 0 <= float(cell) < np.inf:
            found = f"{cell!r} is no weight" if cell else "the weight is missing"
            table.fail(name, f"{found}: a row weighs 0 or more, 1 as any other. Correct it, or remove the row.", row)
    weights = np.array(cells, np.float64)
    if not weights.any():
        table.fail(name, "every row weighs 0: there is nothing to learn from.")
    return data.with_arrays({**data, SAMPLE_WEIGHT: weights})


def _kind_of(y: NDArray[Any] | None) -> str:
    """What labels are that were read as they come."""
    return NO_LABELS if y is None else VALUES if y.dtype.kind == "f" else CLASSES


def encoded(table: RawTable, columns: ColumnTransformer, kind: str | None, classes: Sequence[str] = ()) -> Dataset:
    """A table's rows as the columns of a training know them; its `notes` tell what is to be known of them.

    Rows to predict are called by the cells of the columns that the training left out.
    """
    labelled = kind != NO_LABELS and bool(columns.label)
    table = columns.named(table, labelled)
    table = _labelled(table, columns.label, kind, columns.missing) if labelled else table
    x, notes = columns.transform(table)
    known = {*columns.kinds, columns.label, *columns.left_out}
    left_out = tuple(name for name in table.names if name not in known)
    if not labelled:
        left_out = tuple(name for name in left_out if not may_be_label(name))  # which goes without saying
        data = Dataset({"x": x}, classes, columns.features, "", left_out)
    else:
        if columns.label not in table.cells:
            beside = nearest(columns.label, table.names) or " Of rows without labels, predict says what they are."
            fail_at(table.where, f"there is no column {columns.label!r}, the labels of the training.{beside}")
        commas = has_decimal_commas(table, columns.kinds.values())
        table = _with_plain_label(table, columns.label, columns.label_notation, commas)
        y, names = labels_of(table, columns.label, kind, classes)
        data = Dataset({"x": x, "y": y}, names, columns.features, columns.label, left_out)
    data.notes = (*table.notes, *notes)
    if kind == NO_LABELS:
        data.ids = {name: tuple(table.cells[name]) for name in columns.ids if name in table.cells}
    return data


def _label(table: RawTable, choices: Choices) -> str:
    """The name of the label's column."""
    if choices.label:
        return choices.label
    out = (*choices.drop, choices.sample_weight)
    header = [name for i, name in enumerate(table.names, 1) if name not in out and not _is_nothing(table, name, i)]
    if not header:
        fail_at(table.where, "no column is left: all are dropped.")
    wanted = Wanted(features=choices.features)
    return header[find_label(Path(table.where), 0, header, len(header), wanted)]


def _labelled(table: RawTable, label: str, kind: str | None, missing: str) -> RawTable:
    """The rows that have a label, and a note of the others; all of them where a blank is an error."""
    if missing == "error" or label not in table.cells:
        return table
    rows, note = labelled_rows(table.cells[label], kind, table.numbers, table.unit)
    return replace(table.take(rows), notes=[*table.notes, note]) if note else table


def _label_notation(table: RawTable, label: str, kind: str | None, decimal: str) -> Notation | None:
    """How labels that are values are written; None where they are classes."""
    cells, fail, typed = table.cells[label], partial(table.fail, label), label in table.typed
    if kind == VALUES:
        return learn_notation(cells, fail, decimal, typed)
    if kind is not None or all(map(str.isdecimal, cells)):
        return None
    try:
        notation = learn_notation(cells, fail, decimal, typed)
    except DataError:
        if all(map(is_number, cells)):
            raise
        return None  # they are names of classes
    return notation if typed or not all(map(str.isdecimal, rewritten(cells, notation, fail))) else None


def _with_plain_label(table: RawTable, label: str, notation: Notation | None, commas: bool = False) -> RawTable:
    """The table with labels that are values as programs write them; whether commas may be decimal in it is known."""
    if notation is None:
        return table
    notation = notation_in(table, label, notation, commas)
    plain = rewritten(table.cells[label], notation, partial(table.fail, label))
    return replace(table, cells={**table.cells, label: plain})


def _is_nothing(table: RawTable, name: str, number: int) -> bool:
    """Whether a column has neither a name nor a value, as separators at the end of each line make one."""
    return name == f"column {number}" and not any(table.cells[name])


def labels_of(
    table: RawTable, label: str, kind: str | None, classes: Sequence[str] = ()
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The labels as numbers, and the names of their classes; what does not fit the model's loss is refused.

    Two names are 0 and 1 of a model whose loss is the binary cross-entropy.
    """
    cells, fail = table.cells[label], partial(table.fail, label)
    name = next((cell for cell in cells if cell and not is_number(cell)), None)
    if kind == BINARY:
        y, found = read_labels(cells, VALUES if name is None else CLASSES, classes if name else (), fail)
        if len(found) > 2:
            fail(f"it has the classes {listing(found[:FEW])}, and the model's loss, the binary cross-entropy, takes two.", 0)
        return y.astype(np.float64), found
    others = [row for row, cell in enumerate(cells) if cell and not is_written_number(cell)] if kind == VALUES else []
    if 0 < 2 * len(others) < len(cells):
        many = f", the first of {len(others)} such," if len(others) > 1 else ""
        problem = f"the label {cells[others[0]]!r}{many} is not a number, and the labels are to be values."
        fail(f"{problem} Correct it or remove the row.", others[0])
    if others:
        table.fail(label, f"it holds names, such as {name!r}, and the model's loss takes values. {to_learn_classes()}")
    y, found = read_labels(cells, kind, classes, fail)
    if len(found) == 1 and not classes:
        notes = "".join(f"; {note}" for note in table.notes)
        table.fail(label, f"it holds only one class, {found[0]!r}{notes}. There is nothing to tell apart.")
    if not classes and len(found) > MANY_CLASSES and table.rows < FEW * len(found):
        numbers = all(map(is_written_number, found))
        counts = f"{len(found)} different {'numbers' if numbers else 'texts'} in {table.rows} rows"
        remedy = to_learn_values() if numbers else "Name another column with --label."
        table.fail(label, f"it has {counts}, too many for classes. {remedy}")
    return y, found


def kind_for(graph: Graph) -> str:
    """What the labels of a table are for a graph: classes, values, none, or, for the binary cross-entropy, two of either."""
    y = graph.inputs.get("y")
    if any(isinstance(node, BinaryCrossEntropy) and y in node.operands for node in graph.nodes):
        return BINARY
    return kind_of_labels(graph.inputs)
