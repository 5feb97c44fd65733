"""Make docs/dirt.md of the list in tests/dirt.py: `python -m docs.dirt [FOLDER]`."""

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import minigraph as mg
from minigraph.training.data.raw import read_raw
from minigraph.training.data.tabular import encoded
from minigraph.training.data.transformer import Choices, ColumnTransformer
from tests.dirt import KINDS, LEARNED, NEXT, Dirt, outcome

INTRODUCTION = """# Dirt in tables

What `mg.data.read_tabular` and `minigraph train` make of {count} kinds of dirt, in files of a few rows that the tests read too.
Each is read as it is meant, and said in the table of columns or in a note, or it is refused with its place and what to do:
nothing is taken silently for what it is not. This page is made by `make docs` from what they say.
[Data](data.md) tells how tables are read.
"""
LATER = """## Later rows

`minigraph predict`, `minigraph evaluate` and `mg.open(folder)` read the rows that come after a training as its columns were
learned, here `age`, `city`, `price` in € with decimal commas, and `day` as 31.1.2024.
"""


@contextmanager
def a_folder():
    """An empty folder to work in, so that a message has the name of a file alone."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield Path()
        finally:
            os.chdir(before)


def page() -> str:
    """The page."""
    count = sum(map(len, KINDS.values())) + len(NEXT)
    parts = [INTRODUCTION.format(count=count)]
    with a_folder() as folder:
        for section, kinds in KINDS.items():
            rows = "\n".join(_row(kind, _read(kind, folder)) for kind in kinds)
            parts.append(f"## {section}\n\n{HEADER}\n{rows}\n")
        Path("rows.csv").write_text(LEARNED, encoding="utf-8")
        columns = ColumnTransformer.fit(read_raw("rows.csv"), Choices(), "bought")
        rows = "\n".join(_row(kind, _later(kind, folder, columns)) for kind in NEXT)
        parts.append(f"{LATER}\n{HEADER}\n{rows}\n")
    return "\n".join(parts)


HEADER = "| dirt | for example | what becomes of it |\n| --- | --- | --- |"


def _read(kind: Dirt, folder: Path) -> str:
    kind.write(folder)
    try:
        return outcome(mg.data.read_tabular(kind.file, drop=kind.drop, decimal=kind.decimal), kind.only)
    except mg.MinigraphError as error:
        return f"refused: {error}".replace("\n  ", " ")


def _later(kind: Dirt, folder: Path, columns: ColumnTransformer) -> str:
    kind.write(folder)
    try:
        notes = encoded(read_raw(kind.file), columns, "none").notes
    except mg.MinigraphError as error:
        return f"refused: {error}"
    return ". Note: ".join(["predicted", *notes])


def _row(kind: Dirt, becomes: str) -> str:
    cells = (kind.name, kind.shown, becomes)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """The text as a cell of a page shows it."""
    visible = "".join(SEEN.get(sign, sign) for sign in text)
    return visible.replace("|", "\\|")


SEEN = {"\n": "␤", "\u200b": "␣", "\ufeff": "␣", "\u00a0": "␣", "\u202f": "␣", "\u2003": "␣"}


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.joinpath("dirt.md").write_text(page(), encoding="utf-8")
