"""Columns of plain numbers are read at once, as the floats that Python reads; any doubt leaves them to be looked at."""

import numpy as np
import pytest

from minigraph.training.data import cells
from minigraph.training.data.plain_numbers import plain_numbers
from minigraph.training.data.raw import read_raw


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table in several blocks, with numbers of all lengths beside text and blanks."""
    monkeypatch.setattr(cells, "PIECE", 500)
    rng = np.random.default_rng(0)
    numbers = [repr(float(x)) if i % 3 else f"{x:.2e}" for i, x in enumerate(rng.normal(0, 10.0 ** rng.integers(-9, 9, 200)))]
    columns = {"a": numbers, "town": ["Köln, east" if i == 99 else "Oslo" for i in range(200)], "b": numbers[::-1]}
    columns["some"] = ["" if i == 50 else str(i) for i in range(200)]

    def write(quoted):
        rows = [[f'"{cell}"' if "," in cell else cell for cell in row] for row in zip(*columns.values(), strict=True)]
        rows = rows if quoted else [row for row in rows if not row[1].startswith('"') and row[3]]
        file = tmp_path / "table.csv"
        file.write_text("\n".join(map(",".join, [columns, *rows])), encoding="utf-8")
        return read_raw(file)

    return write


@pytest.mark.parametrize("quoted", [False, True])
def test_numbers_of_many_lines_are_those_of_each_cell(table, quoted):
    raw = table(quoted)
    for name in ("a", "b"):
        np.testing.assert_array_equal(raw.plain[name], [float(cell) for cell in raw.cells[name]])
    assert raw.plain["town"] is None and (raw.plain["some"] is None) is quoted
    chosen = raw.take([7, 3, 150])
    assert list(chosen.cells["b"]) == [raw.cells["b"][i] for i in (7, 3, 150)]
    np.testing.assert_array_equal(chosen.plain["b"], raw.plain["b"][[7, 3, 150]])


@pytest.mark.parametrize("cell", ["007", "+4912345678", "1_0", "inf", "٣", "1,5", "-", "0x1", "9007199254740993", "1e16"])
def test_what_needs_a_closer_look_is_no_plain_number(cell, tmp_path):
    assert plain_numbers(["1", cell, "2"]) is None
    file = tmp_path / "table.csv"
    file.write_text("\n".join(["n;y", "1;a", f"{cell};b", "2;a"]), encoding="utf-8")
    assert read_raw(file).plain["n"] is None
