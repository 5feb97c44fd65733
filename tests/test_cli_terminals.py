"""What the command line says in terminals of any width, in pipes, and in encodings that lack its signs."""

import io
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console

from minigraph.cli.say import hand_over, say, say_table

RUNS = [("validation accuracy", "86.5%", "85.0%"), ("model", "models/two_layer.py", "models/logistic_regression.py")]
HEADER = ("", "out/first", "out/second")


@pytest.fixture
def shown(monkeypatch):
    """What a stream has been given, of a terminal of that many columns, or of none in that encoding."""

    def begin(columns=None, encoding="utf-8"):
        file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        console = Console(file=file, width=columns, force_terminal=bool(columns), color_system=None, markup=False, emoji=False)
        monkeypatch.setattr(sys.modules[say.__module__], "_console", lambda stderr=False: console)

        def text():
            file.flush()
            return file.buffer.getvalue().decode(encoding)

        return text

    return begin


def test_a_table_whose_words_have_no_room_is_a_list_for_each_row(shown):
    text = shown(40)
    say_table(RUNS, HEADER)
    assert [line.rstrip() for line in text().splitlines()] == [
        *("validation accuracy", "  out/first   86.5%", "  out/second  85.0%"),
        *("model", "  out/first   models/two_layer.py", "  out/second  models/logistic_regression", "              .py"),
    ]


@pytest.mark.parametrize("columns", [None, 80])
def test_the_same_table_stands_in_columns_where_there_is_room(shown, columns):
    text = shown(columns)
    say_table(RUNS, HEADER)
    lines = text().splitlines()
    assert [line.index("8") for line in lines[1:2]] == [lines[0].index("out/first")] == [lines[2].index("models")]
    assert lines == [line.rstrip() for line in lines]


def test_a_long_name_without_room_beside_it_stands_above_what_is_told_of_it(shown):
    text = shown(40)
    say_table([("satisfaction with the last call and more", "number"), ("n" * 38, "date → 4 features")])
    assert text().splitlines()[-2:] == ["n" * 38, "  date → 4 features"]


def test_a_table_without_rows_is_nothing(shown):
    text = shown(40)
    say_table([])
    assert text() == ""


@pytest.mark.parametrize(
    ("line", "wrapped"),
    [
        ("  4. a = softmax(z) = exp(z − max columns (z)) / 2", "  4. a = softmax(z) = exp(z −\n     max columns (z)) / 2\n"),
        ("       N × 2: 0.5 along a random direction", "       N × 2: 0.5 along a\n       random direction\n"),
        ("Error: what is not indented goes on below", "Error: what is not indented\ngoes on below\n"),
        ("", "\n"),
    ],
)
def test_a_line_goes_on_below_its_text(shown, line, wrapped):
    text = shown(30)
    say(line)
    assert text() == wrapped


def test_an_encoding_without_a_sign_gets_a_plain_one_and_columns_stay_aligned(shown):
    text = shown(encoding="cp1252")
    say_table([("blanks → 3", "a"), ("ŷ − 1 × 2", "b")])
    say("ŷ ⊙ xᵀ …")
    assert text() == "blanks -> 3     a\n\\u0177 - 1 × 2  b\n\\u0177 (*) x^T …\n"


def test_predictions_stand_in_columns_in_a_terminal(shown, monkeypatch):
    text = shown(40)
    monkeypatch.setattr("sys.stdout", io.StringIO())  # a stream without bytes below it, as of a notebook
    hand_over('name,value\r\n"Paris, 東京",1.5\r\nx,22\r\n')
    assert [cell_len(line) for line in text().splitlines()] == [18, 16, 15]
    assert text().splitlines()[1] == "Paris, 東京  1.5"
