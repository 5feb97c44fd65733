"""One transformer of a table's columns: fitted on the training rows, kept with the model, applied to every table after.

What it learned is JSON, and reading it runs nothing.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import GraphError, UnknownNameError, listing, nearest
from minigraph.interop.files import FormatError, fail_at, read_bytes, write_whole
from minigraph.training.data.columns import NUMBERING, Wanted, absent, numbers_rows, placed_columns, typed_name
from minigraph.training.data.infer import check_thousands, has_decimal_commas, infer_kind, notation_in
from minigraph.training.data.kinds import KINDS, MOST, Kind, Number
from minigraph.training.data.notation import THOUSANDS, Notation
from minigraph.training.data.raw import RawTable
from minigraph.training.data.refusals import Refusals

__all__ = ["Choices", "ColumnTransformer", "some_names"]

MISSING = ("fill", "error")
AS_ASKED = "left out, as asked"
NUMBERS_ROWS = "left out: it numbers the rows (called otherwise, it is a feature)"
RUN = 3
"""From how many columns in a row that are alike one line is said of them."""


@dataclass(frozen=True)
class Choices:
    """What was asked for of a table's columns, by their names; the rest is found.

    Parameters
    ----------
    label : str
        The column of the labels. Unless given, it is the one called class, label, target or y, else the last.
    drop, features : names
        The columns that are left out, or those alone that are taken.
    categories, numbers, dates : names
        The columns that are such, whatever they seem to be.
    missing : str
        "fill" blanks, or take one for an "error".
    sample_weight : str
        The column that says what each row weighs in the loss, and is no feature, if there is one.
    decimal : str
        How fractions are written in all text of the table, "," or ".": the other sign stands between thousands. Unless given,
        each column shows it, or is refused.
    """

    label: str = ""
    drop: Sequence[str] = ()
    features: Sequence[str] = ()
    categories: Sequence[str] = ()
    numbers: Sequence[str] = ()
    dates: Sequence[str] = ()
    missing: str = "fill"
    sample_weight: str = ""
    decimal: str = ""

    def __post_init__(self) -> None:
        if self.decimal and self.decimal not in THOUSANDS:
            raise GraphError(f"decimal is {listing(map(repr, THOUSANDS), 'or')}, not {self.decimal!r}.")
        if self.missing not in MISSING:
            raise GraphError(f"missing is {listing(map(repr, MISSING), 'or')}, not {self.missing!r}.")
        seen: dict[str, str] = {}
        for option in ("drop", "categories", "numbers", "dates"):
            for name in getattr(self, option):
                if seen.setdefault(name, option) != option:
                    raise GraphError(f"The column {name!r} is named by --{seen[name]} and by --{option}: leave one out.")

    @property
    def asked(self) -> dict[str, Any]:
        """Those that are not as they are by default, as JSON has them."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        chosen = {name: value for name, value in given.items() if value not in ((), [], "", "fill")}
        return {name: value if isinstance(value, str) else list(value) for name, value in chosen.items()}

    def check(self, table: RawTable) -> None:
        """Raise where the table has no column of a name that was asked for."""
        for option in ("label", "drop", "features", "categories", "numbers", "dates", "sample_weight"):
            asked = getattr(self, option)
            for name in [asked] if isinstance(asked, str) else asked:
                if name and name not in table.cells:
                    has = f"it has {listing(table.names)}" if len(table.names) <= MOST else f"it has {len(table.names)} others"
                    raise UnknownNameError(
                        f"{table.where}: there is no column {name!r} for --{option.replace('_', '-')}: {has}."
                        f"{nearest(name, table.names)}"
                    )
        if self.label and self.label == self.sample_weight:
            raise GraphError(f"The column {self.label!r} is named by --label and by --sample-weight: it cannot be both.")
        for name, what in ((self.label, "the label"), (self.sample_weight, "the weight of the rows")):
            named = [option for option in ("drop", "features") if name and name in getattr(self, option)]
            if named:
                raise GraphError(f"The column {name!r} is {what}: leave it out of --{named[0]}.")


@dataclass(frozen=True)
class ColumnTransformer:
    """What the columns of a table are, and how they become the features of a model.

    Attributes
    ----------
    kinds : mapping
        The columns that are features, each with what was learned of it.
    label : str
        The column of the labels, or an empty text where there is none.
    missing : str
        Whether blanks are filled, "fill", or an "error".
    left_out : mapping
        The columns that are no features, each with the reason.
    label_notation : Notation or None
        How labels that are values are written.
    """

    kinds: Mapping[str, Kind]
    label: str = ""
    missing: str = "fill"
    left_out: Mapping[str, str] = field(default_factory=dict)
    label_notation: Notation | None = None

    @classmethod
    def fit(
        cls, table: RawTable, choices: Choices, label: str = "", label_notation: Notation | None = None
    ) -> "ColumnTransformer":
        """Learn from training rows what each column but the label holds.

        Raises
        ------
        DataError
            Where a column cannot be taken as it stands, with the line, the column and what to do.
        """
        choices.check(table)
        kinds: dict[str, Kind] = {}
        left: dict[str, str] = {}
        refusals = Refusals(table.where)
        named = {*choices.features, *choices.categories, *choices.numbers, *choices.dates}
        wanted = {*named, *table.unread}
        for name, cells in table.cells.items():
            if name == label:
                continue
            if name == choices.sample_weight:
                left[name] = "the weight of each row, and no feature"
            elif name in choices.drop:
                left[name] = AS_ASKED
            elif choices.features and name not in choices.features:
                left[name] = "left out: not among --features"
            elif name not in wanted and _numbers_rows(table, name):
                left[name] = NUMBERS_ROWS
            elif name not in wanted and table.plain[name] is None and not any(cells):
                left[name] = "left out: no training row has a value"
            else:
                kind = refusals.tried(name, _learned, table, name, cells, choices)
                if kind is not None:
                    kinds[name] = kind
        for name in kinds if not choices.decimal and has_decimal_commas(table, kinds.values()) else ():
            if isinstance(kinds[name], Number):
                refusals.tried(name, check_thousands, table, name)
        refused = refusals.errors.keys()
        refusals.check(choices.drop if kinds.keys() - refused and not named & refused else None)
        if not kinds:
            reasons = "; ".join(f"{name}: {why}" for name, why in left.items())
            fail_at(table.where, f"no column is left to be a feature{f' ({reasons})' if reasons else ''}.")
        return cls(kinds, label, choices.missing, left, label_notation)

    @property
    def ids(self) -> list[str]:
        """The columns that may tell which row is which: those that number the rows, or were asked to be left out."""
        return [name for name, why in self.left_out.items() if why in (NUMBERS_ROWS, AS_ASKED)]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(feature for name, kind in self.kinds.items() for feature in kind.features(name))

    def named(self, table: RawTable, labelled: bool) -> RawTable:
        """A later table with its columns called as the training's: by their order where all have other names, or none."""
        header, count = table.names if table.header else [], len(table.names)
        where, line = Path(table.where), (table.numbers[0] - table.header) * (table.unit == "line")
        if set(map(str.casefold, self.kinds)) & set(map(str.casefold, table.names)):
            if not header:  # as in the training, with as many columns
                placed_columns(where, line, header, count, Wanted(None, labelled, width=len(self.kinds) + len(self.left_out)))
            return table
        wanted = Wanted(None, labelled, [*self.kinds], known_label=self.label)
        columns = placed_columns(where, line, header, count, wanted)
        columns = columns.without([i for i in columns.numbering if _numbers_rows(table, table.names[i])])
        known = dict(zip(columns.features, self.kinds, strict=True))
        if columns.label is not None:
            known[columns.label] = self.label
        called = {name: known.get(i, name) for i, name in enumerate(table.names)}
        others = [f"{old!r} for {new!r}" for old, new in called.items() if old != new and new != self.label and table.header]
        more = f" and {len(others) - RUN} more" if len(others) > RUN else ""
        which = f", {', '.join(others[:RUN])}{more}" if others else ", for the table has no header"
        note = [f"columns are taken in their order{which}"]
        return table.renamed(called, note)

    def transform(self, table: RawTable) -> tuple[NDArray[np.float64], list[str]]:
        """The features of a table's rows, N × features, and what is to be said of them.

        The columns are found by their names, in any order and among others.
        """
        encoded, notes, refusals = [], [], Refusals(table.where)
        commas = has_decimal_commas(table, self.kinds.values())
        missing = [name for name in self.kinds if name not in table.cells]
        if missing:
            beside = nearest(missing[0], [other for other in table.names if other not in self.kinds])
            fail_at(table.where, f"{absent(missing)}, which the model was trained on.{beside}")
        for name, kind in self.kinds.items():
            if isinstance(kind, Number):
                written = refusals.tried(name, notation_in, table, name, kind.notation, commas)
                if written and kind.notation.unit and not written.unit and any(table.cells[name]):
                    notes.append(f"{name}: its numbers have no unit, and are taken in {kind.notation.unit}")
                plain = table.plain[name] if written and written.plain else None
                if plain is not None:
                    encoded.append(kind.encode_plain(plain))
                if plain is not None or written is None:
                    continue
                kind = replace(kind, notation=written)
            cells = table.cells[name]
            found = refusals.tried(name, kind.encode, cells, partial(table.fail, name), self.missing == "fill")
            values, note = found or (np.empty(0), "")
            encoded.append(values)
            if note:
                notes.append(f"{name}: {note}")
        refusals.check()
        return np.concatenate(encoded, axis=1), notes

    def describe(self) -> list[tuple[str, str]]:
        """What each column is, in words; columns in a row that are alike share a line."""
        found = [(name, str(kind)) for name, kind in self.kinds.items()] + list(self.left_out.items())
        rows: list[tuple[list[str], str]] = []
        for name, what in found:
            if rows and rows[-1][1] == what:
                rows[-1][0].append(name)
            else:
                rows.append(([name], what))
        return [(some_names(names), what) for names, what in rows]

    def to_json(self) -> bytes:
        """What it learned, as JSON."""
        kinds = {name: {"kind": kind.kind, **asdict(kind)} for name, kind in self.kinds.items()}
        state: dict[str, Any] = {"columns": kinds, "label": self.label, "missing": self.missing, "left out": self.left_out}
        state["label notation"] = self.label_notation
        return f"{json.dumps(state, indent=1, ensure_ascii=False)}\n".encode(errors="surrogateescape")

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write it, whole or not at all."""
        write_whole(file, self.to_json(), "The columns")

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> "ColumnTransformer":
        """Read what `save` wrote."""
        try:
            state = json.loads(read_bytes(file, "columns"))
            kinds = {str(name): _kind(each) for name, each in state["columns"].items()}
            notation = state["label notation"] and Notation(*map(str, state["label notation"]))
            return cls(kinds, str(state["label"]), str(state["missing"]), dict(state["left out"]), notation)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"{file} is not what a training writes ({type(error).__name__}: {error}). Train again.") from None


def _kind(state: Mapping[str, Any]) -> Any:
    """A kind from its state, in which tuples are lists; what it cannot be is no kind."""
    of: Any = KINDS[state["kind"]]
    wanted = {each.name: each.type for each in fields(of)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in state.items() if name != "kind"}
    if "notation" in values:
        values["notation"] = Notation(*map(str, values["notation"]))
    wrong = [name for name, value in values.items() if type(value) not in TYPES[wanted[name]]]
    if wrong:
        raise ValueError(f"{wrong[0]} is {values[wrong[0]]!r}")
    return of(**values)


TYPES: dict[Any, tuple[type, ...]] = {
    float: (float, int),
    bool: (bool,),
    str: (str,),
    tuple[str, ...]: (tuple,),
    Notation: (Notation,),
    tuple[float, ...]: (tuple,),
}
"""What a field of a kind may be in JSON."""


def some_names(names: Sequence[str]) -> str:
    """The names, of many the first ones, the last one and how many they are."""
    return listing(names) if len(names) <= RUN else f"{names[0]}, {names[1]}, … {names[-1]} ({len(names)})"


def _numbers_rows(table: RawTable, name: str) -> bool:
    unnamed = name == "column 1" and table.header
    return (name.lower() in NUMBERING or unnamed) and numbers_rows(name, table.cells[name])


def _learned(table: RawTable, name: str, cells: Sequence[str], choices: Choices) -> Kind:
    """What a column holds: what was asked for, else what all its cells that are not blank are."""
    if name in table.unread:
        table.fail(name, f"{table.unread[name]} Leave it out with --drop {typed_name(name)}.")
    fail = partial(table.fail, name)
    asked = next((kind for kind in KINDS.values() if name in getattr(choices, PLURAL[kind.kind])), None)
    typed, blank = name in table.typed or name in table.digits, choices.missing == "fill"  # neither shows a sign
    plain = table.plain[name] if asked in (None, Number) and (typed or not choices.decimal) else None
    if plain is not None:
        return Number.learn_plain(cells, plain, fail, choices.decimal, typed)
    kind = asked or infer_kind(table, name, cells, choices.decimal)
    if kind is Number:
        return Number.learn(cells, fail, blank, choices.decimal, typed)
    return kind.learn(cells, fail, blank)


PLURAL = {"number": "numbers", "category": "categories", "date": "dates"}
