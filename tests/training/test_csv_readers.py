"""Plain lines are read by Arrow or by NumPy: what comes of either is what comes of Python's csv and float, line by line."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import plain, read_csv, table

CELLS = ["1", "-0", "+1", ".5", "1.", "1e5", "1E-5", "1e-400", "4.9e-324", "2.2250738585072011e-308", "9007199254740991"]
DOUBTFUL = [
    "",
    " 1.5 ",
    "1_0",
    "٣",
    "nan",
    "-inf",
    "1e400",
    "0x10",
    "9007199254740993",
    "true",
    "NA",
    "1 2",
    "1e",
    "--1",
    "1,5",
]
LABELS = ["007", " a ", "NA", "null", "1.0", "ä", "True", "", "nan", "-", "1;2"]


@pytest.fixture(params=["arrow", "numpy"])
def reader(request, monkeypatch):
    """One of the readers, asked of every block; the list of the blocks that it has read."""
    read = []
    if request.param == "arrow":
        pytest.importorskip("pyarrow")
        monkeypatch.setattr(plain, "MUCH", 1)
    else:
        monkeypatch.setattr(plain, "_arrow", lambda module: None)
    usual = getattr(plain, f"_by_{request.param}")

    def seen(*arguments):
        found = usual(*arguments)
        read.extend([1] if found is not None else [])
        return found

    monkeypatch.setattr(plain, f"_by_{request.param}", seen)
    return read


def outcome(path, monkeypatch=None):
    """What is read, or the message of the refusal; line by line where there is a monkeypatch to see to that."""
    try:
        if monkeypatch is None:
            data = read_csv(path)
        else:
            with monkeypatch.context() as patched:
                patched.setattr(table, "read_plain", lambda *arguments: None)
                data = read_csv(path)
    except mg.MinigraphError as error:
        return str(error)
    return data["x"].tobytes(), data["y"].tobytes(), data.classes, data.features


def written(path: Path, rows, end="\n"):
    path.write_text("".join(",".join(row) + end for row in [["a", "b", "label"], *rows]), "utf-8", newline="")
    return path


def test_numbers_are_the_nearest_to_what_is_written_bit_for_bit(reader, tmp_path):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**64, 3000, np.uint64).view(np.float64)
    small = rng.normal(size=3000)
    numbers = np.concatenate([bits[np.abs(bits) < 2**53], small])
    shown = [form(float(x)) for x in numbers for form in (repr, "{:.17e}".format, "{:.6g}".format)] + CELLS * 5
    path = written(tmp_path / "data.csv", [(cell, "2.5", "1") for cell in [*shown, "3"]] + [("3", "2.5", "0")])
    x = read_csv(path)["x"]
    expected = np.array([float(cell) for cell in [*shown, "3", "3"]])
    assert x[:, 0].tobytes() == expected.tobytes() and (x[:, 1] == 2.5).all() and len(reader) >= 1
    assert x.flags.c_contiguous  # a mini-batch is rows of it


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_labels_stay_as_they_are_written(reader, tmp_path, monkeypatch, end):
    for label in LABELS:
        path = written(tmp_path / "data.csv", [("1", "2", "b")] * 50 + [("3", "4", label)] + [("5", "6", "b")] * 50, end)
        assert outcome(path) == outcome(path, monkeypatch), label


@pytest.mark.parametrize("cell", [*CELLS, *DOUBTFUL])
def test_what_is_doubtful_is_read_or_refused_as_line_by_line(reader, tmp_path, monkeypatch, cell):
    path = written(tmp_path / "data.csv", [("1", "2", "b")] * 50 + [(cell, "4", "c")] + [("5", "6", "b")] * 50)
    assert outcome(path) == outcome(path, monkeypatch)


@pytest.mark.parametrize("line", ["", "1,2", "1,2,b,4", " ", ",,", "1,2,\0", '1,2,"b"', '1,2,"b\nc"', "1,2," + "b" * 140_000])
def test_lines_of_another_kind_are_read_or_refused_as_line_by_line(reader, tmp_path, monkeypatch, line):
    path = tmp_path / "data.csv"
    path.write_text("a,b,label\n" + "1,2,b\n" * 50 + f"{line}\n" + "3,4,c\n" * 50)
    assert outcome(path) == outcome(path, monkeypatch)


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_line_is_passed_over_also_where_there_is_one_column(reader, tmp_path, blank):
    path = tmp_path / "data.csv"
    path.write_text("a\n" + "1.5\n" * 50 + f"{blank}\n" + "2.5\n" * 50)
    assert read_csv(path, labels="none")["x"].sum() == 200


def test_a_small_table_does_not_wait_for_arrow(tmp_path, monkeypatch):
    monkeypatch.setattr(plain, "_arrow", None)
    assert read_csv(written(tmp_path / "data.csv", [("1", "2", "b"), ("3", "4", "c")])).rows == 2
