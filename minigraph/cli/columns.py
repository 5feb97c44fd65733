"""The columns of a table on the command line: what is asked for of them, and what they are taken for, in one table."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import minigraph as mg
from minigraph.cli.say import say, say_table
from minigraph.core.errors import listing
from minigraph.core.shapes import show_shape
from minigraph.training.data.columns import is_merely_last, typed_name
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.examples import EXAMPLES
from minigraph.training.data.raw import read_raw
from minigraph.training.data.sheets import SHEETS
from minigraph.training.data.source import table_of, takes_columns, takes_text
from minigraph.training.data.tabular import Tabular, fitted, kind_for
from minigraph.training.data.transformer import Choices
from minigraph.training.runs.folder import fraction_of

__all__ = [
    "TABLES",
    "CategoriesOption",
    "DatesOption",
    "DecimalOption",
    "DropOption",
    "FeaturesOption",
    "LabelOption",
    "MissingOption",
    "NumbersOption",
    "SampleWeightOption",
    "choices_of",
    "rows_of",
    "read_columns_of",
    "say_columns",
    "tell_label",
    "typed_choices",
]

SHOWN = 8
"""At most how many classes are named."""
NAMES = "A,B"
TABLES = {".csv", ".tsv", ".tab", *SHEETS}
"""What the name of a table ends in."""

LabelOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The column of a table's labels.  [default: class, label, target or y, else the last]"),
]
DropOption = Annotated[str | None, typer.Option(metavar=NAMES, help="The columns of a table to leave out.")]
FeaturesOption = Annotated[str | None, typer.Option(metavar=NAMES, help="The columns to take, and no others.")]
CategoriesOption = Annotated[
    str | None, typer.Option(metavar=NAMES, help="The columns that are categories, whatever they seem to be.")
]
NumbersOption = Annotated[str | None, typer.Option(metavar=NAMES, help="Those that are numbers.")]
DatesOption = Annotated[str | None, typer.Option(metavar=NAMES, help="Those that are dates.")]
MissingOption = Annotated[
    str | None,
    typer.Option(metavar="fill|error", help="What is done about blanks: filled, or refused.  [default: fill]"),
]
DecimalOption = Annotated[
    str | None,
    typer.Option(
        metavar=",|.",
        help="How a table writes fractions; the other sign is between thousands.  [default: as each column shows]",
    ),
]
SampleWeightOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The column of a table that says what each row weighs in the loss; it is no feature."),
]


def choices_of(
    label: str | None, missing: str | None, sample_weight: str | None, decimal: str | None, **names: str | None
) -> Choices:
    """What was asked for; a name with a comma in it is quoted as in a table."""
    if decimal not in (None, ",", "."):
        raise mg.GraphError(f"--decimal is , or ., not {decimal!r}.")
    if missing not in (None, "fill", "error"):
        raise mg.GraphError(f"--missing is fill or error, not {missing!r}.")
    asked = {option: tuple(_names(option, given)) for option, given in names.items() if given is not None}
    return Choices(
        label=label or "", missing=missing or "fill", sample_weight=sample_weight or "", decimal=decimal or "", **asked
    )


def _names(option: str, given: str) -> Sequence[str]:
    names = [name.strip() for name in next(iter(csv.reader([given], skipinitialspace=True)), [])]
    if not all(names) or not names:
        raise mg.GraphError(f"--{option} {given!r} is no list of columns: name them with commas between, --{option} A,B.")
    return names


def typed_choices(asked: Mapping[str, Any]) -> str:
    """Choices as they are typed."""
    parts = (
        f"--{option.replace('_', '-')} {typed_name(value) if isinstance(value, str) else ','.join(map(typed_name, value))}"
        for option, value in asked.items()
    )
    return " ".join(parts) or "no choice of columns"


def read_columns_of(data: str, graph: mg.Graph, choices: Choices, seed: int, validation: str = "") -> Tabular | None:
    """The table of a source with what its columns are; None for what is no table with a header."""
    table = table_of(data, graph)
    if table is not None:
        fraction = fraction_of(validation)
        drawn = read_raw(validation) if validation and fraction is None else fraction
        return fitted(table, choices, kind_for(graph), drawn, seed)
    if choices.asked:
        if data not in EXAMPLES and not os.path.exists(data):
            mg.data.read(data)  # which says that there is no such file, with the nearest name
        typed = typed_choices(choices.asked)
        if takes_columns(graph.inputs):
            raise mg.GraphError(f"{typed}: {data} is no table with a header, and has no columns to choose.")
        raise mg.DataError(f"{typed}: {_takes_others(graph.inputs)}")
    if takes_text(graph.inputs) and Path(data).suffix.lower() in TABLES:
        raise mg.DataError(f"{data} is a table: {_takes_others(graph.inputs)}")
    return None


def _takes_others(inputs: Mapping[str, mg.Input]) -> str:
    """What a model takes that is for no columns of any kind, and which model is."""
    shown = listing([f"{name} ({show_shape(node.shape)}, {node.dtype})" for name, node in inputs.items()])
    what = "the characters of a text (.txt)" if takes_text(inputs) else f"{shown} as they are"
    return f"the model takes {what}. One that takes the columns of any table is written by\n  minigraph new mymodel.py"


def rows_of(table: Tabular, graph: mg.Graph) -> tuple[Dataset, Dataset]:
    """The rows for training and validation, where the model takes as many features."""
    takes = graph.inputs["x"].shape[1]
    if takes != table.features:
        columns = f"{table.features} feature{'s' * (table.features != 1)} of {len(table.columns.kinds)} columns"
        remedy = "Give build() a parameter called features, which is handed their number, or choose columns with --features"
        raise mg.DataError(f"The table gives {columns}, and the model takes {takes}. {remedy} or --drop.")
    return table.training, table.validation


def tell_label(source: str, table: Tabular | None) -> None:
    """Say which column is taken for the label, where none is called so and nobody was asked."""
    label = table.columns.label if table else ""
    if is_merely_last(label):
        which = f"Note: {source}: the last column, {label!r}, is taken for the label."
        say(f"{which} To take another, give the folder of a training with --label, or call the column label.", stderr=True)


def say_columns(source: str, table: Tabular, standardized: bool, label: str = "") -> None:
    """Say what the columns are, the `label` as asked for or found, whether they are standardised, and what is to be known."""
    say(f"Columns of {source}, {table.training.rows} rows for training and {table.validation.rows} for validation:")
    rows = table.columns.describe()
    if table.columns.label:
        classes = table.training.classes
        named = f": {listing(classes)}" if len(classes) <= SHOWN else ""
        written = table.columns.label_notation or ""
        found = " because it is the last (--label takes another)" if is_merely_last(table.columns.label, label) else ""
        what = f"{len(classes)} classes{named}" if classes else f"values{written}"
        rows.append((table.columns.label, f"label{found}, {what}"))
    say_table(rows)
    y = table.training.get("y")
    values = " and the label" if y is not None and y.dtype.kind == "f" and not table.training.classes else ""
    what = "brought to mean 0 and deviation 1 (--no-standardize leaves them)" if standardized else "as they are"
    say(f"Numbers{values} are {what}.")
    for note in (*table.notes, *table.findings):
        say(f"Note: {note}.", stderr=True)
    say("")
