"""CSV files: what is read, and what each broken one is told."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import read_csv


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_the_last_column_is_the_label_and_the_others_are_the_features(write):
    data = read_csv(write("1,2.5,0\n-3e2,4,1\n"))
    assert data["x"].tolist() == [[1.0, 2.5], [-300.0, 4.0]] and data["x"].dtype == np.float32
    assert data["y"].tolist() == [0, 1] and data["y"].dtype == np.int64
    assert data.classes == ("0", "1")


def test_a_header_names_the_features(write):
    data = read_csv(write("length,width,species\n1,2,a\n3,4,b\n"))
    assert data.features == ("length", "width")
    assert data["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_header_of_pandas_with_an_empty_first_cell_is_one(write):
    assert read_csv(write(",width,species\n1,2,a\n3,4,b\n")).features == ("", "width")


def test_classes_of_text_are_sorted_and_numbered_from_0(write):
    data = read_csv(write("1,setosa\n2,virginica\n3,setosa\n4,lily\n"))
    assert data["y"].tolist() == [1, 2, 1, 0]
    assert data.classes == ("lily", "setosa", "virginica")


def test_whole_numbers_are_sorted_as_numbers_and_numbered_from_0(write):
    data = read_csv(write("1,10\n2,-1\n3,9.0\n4,1e1\n"))
    assert data["y"].tolist() == [2, 0, 1, 2]
    assert data.classes == ("-1", "9", "10")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf1,2,a\n3,4,b\n",
        b"1,2,a\r\n3,4,b\r\n",
        b"1,2,a\r3,4,b",
        b"\n1,2,a\n\n   \n3,4,b\n\n",
        b' 1 , 2 , "a"\n"3","4","b"\n',
    ],
    ids=["byte order mark", "CRLF", "CR and no last line end", "blank lines", "spaces and quotes"],
)
def test_the_same_rows_are_read_however_they_are_written(write, content):
    data = read_csv(write(content))
    assert data["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert data.classes == ("a", "b")


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_other_separators_than_commas_are_recognised(write, separator):
    data = read_csv(write("length,width,species\n1,2,a\n3,4,b\n".replace(",", separator)))
    assert data.features == ("length", "width") and data["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_the_cells_of_a_tsv_file_may_hold_commas(tmp_path):
    (tmp_path / "data.tsv").write_text("1\t2\ta, b, c\n3\t4\td\n")
    assert read_csv(tmp_path / "data.tsv").classes == ("a, b, c", "d")


def test_a_quoted_class_name_may_hold_commas_and_line_ends(write):
    data = read_csv(write('1,"red, dark"\n2,"two\nlines"\n3,c\n'))
    assert data.classes == ("c", "red, dark", "two\nlines")


BROKEN = {
    "an empty file": ("", ": it is empty. It must hold rows of features and a label, separated by commas."),
    "blank lines alone": ("\n\n", ": it is empty. It must hold rows of features and a label, separated by commas."),
    "a header alone": ("a,b,label\n", ": it holds a header and no rows."),
    "a short row": ("1,2,0\n3,1\n", ", line 2: it has 2 columns, but line 1 has 3. Every row needs as many."),
    "a long row": ("\na,b,c\n1,2,0\n3,1,0,1\n", ", line 4: it has 4 columns, but line 2 has 3. Every row needs as many."),
    "text in a feature": (
        "1,2,0\n3,four,1\n",
        ", line 2, column 2: 'four' is not a number; only the last column, the label, may be text.",
    ),
    "text in a named feature": (
        "a,b,label\n1,2,0\n3,four,1\n",
        ", line 3, column 2 (b): 'four' is not a number; only the last column, the label, may be text.",
    ),
    "text below a cell of two lines": (
        '1,2,"two\nlines"\n3,four,c\n',
        ", line 3, column 2: 'four' is not a number; only the last column, the label, may be text.",
    ),
    "text in the first row beside a number": (
        "one,2,0\n3,4,1\n",
        ", line 1, column 1: 'one' is not a number; only the last column, the label, may be text.",
    ),
    "a decimal comma": (
        '"1,5",2,0\n1,2,1\n',
        ", line 1, column 1: '1,5' is not a number; only the last column, the label, may be text.",
    ),
    "digits grouped as Python's": (
        "1,2,0\n1_000,2,1\n",
        ", line 2, column 1: '1_000' is not a number; only the last column, the label, may be text.",
    ),
    "an empty feature": ("1,2,0\n3,,1\n", ", line 2, column 2: the feature is empty. Fill it in or remove the row."),
    "NaN": ("1,2,0\n3,nan,1\n", ", line 2, column 2: 'nan' is not a finite number. Correct it or remove the row."),
    "infinity": ("1,2,0\n-inf,4,1\n", ", line 2, column 1: '-inf' is not a finite number. Correct it or remove the row."),
    "a number beyond float32": (
        "1,2,0\n1e39,4,1\n",
        ", line 2, column 1: '1e39' is not a finite number in float32. Correct it or remove the row.",
    ),
    "an empty label": ("1,2,0\n3,4,\n", ", line 2, column 3: the label is empty. Fill it in or remove the row."),
    "a label that is NaN": ("1,2,a\n3,4,NaN\n", ", line 2, column 3: the label is 'NaN'. Fill it in or remove the row."),
    "one class": ("1,2,a\n3,4,a\n", ": it holds only one class, 'a'. There is nothing to tell apart."),
    "one column": ("1\n2\n", ", line 1: one column is too few. There must be a feature and a label."),
    "bytes that are not UTF-8": (
        b"1,2,a\n3,4,\xe9t\xe9\n",
        ", line 2, column 3: the byte 0xe9 is not UTF-8 text. Save the file as UTF-8.",
    ),
    "UTF-16": (
        "1,2,a\n3,4,b\n".encode("utf-16"),
        ", line 1, column 1: the byte 0xff is not UTF-8 text. Save the file as UTF-8.",
    ),
    "a quote that is not closed": (
        '1,2,"a\n3,4,b\n',
        ", line 1: a quoted cell that begins here is not closed before the file ends.",
    ),
    "text after a quote": (
        '1,2,"a"b\n3,4,b\n',
        ", line 1: a quoted cell goes on after its closing quote. Write a quote inside a cell twice.",
    ),
    "a null character": ("1,2,a\n3\0,4,b\n", ", line 2: it holds a null character, which is no text. Is it a CSV file?"),
    "a huge cell": (
        f"1,2,a\n3,4,{'b' * 200_000}\n",
        ", line 2: a cell is longer than 131072 characters. Is a quote left open?",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_where_and_what_to_do(write, name):
    content, message = BROKEN[name]
    path = write(content)
    with pytest.raises(mg.DataError) as caught:
        read_csv(path)
    assert str(caught.value) == f"{path}{message}"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(mg.FileError) as caught:
        read_csv(tmp_path / "no.csv")
    assert str(caught.value) == f"There is no file {tmp_path / 'no.csv'} to read data from."
