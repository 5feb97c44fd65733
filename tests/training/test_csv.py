"""CSV files: what is read, and what each broken one is told."""

import gzip
import random
import time

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import cells, read_csv
from minigraph.training.data.cells import Block
from models import matrix_factorization


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_the_last_column_is_the_label_and_the_others_are_the_features(write):
    data = read_csv(write("1,2.5,0\n-3e2,4,1\n"))
    assert data["x"].tolist() == [[1.0, 2.5], [-300.0, 4.0]] and data["x"].dtype == np.float64
    assert data["y"].tolist() == [0, 1] and data["y"].dtype == np.int64
    assert data.classes == ("0", "1")


def test_a_header_names_the_features(write):
    data = read_csv(write("length,width,species\n1,2,a\n3,4,b\n"))
    assert data.features == ("length", "width")
    assert data["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("name", ["", "id", "Index", "Unnamed: 0"])
@pytest.mark.parametrize("numbers", [(0, 1, 2), (1, 2, 3), (812, 7, 30)], ids=str)
def test_a_column_that_numbers_the_rows_is_left_out(write, name, numbers):
    rows = "".join(f"{number},{number}.5,1,{kind}\n" for number, kind in zip(numbers, "aba", strict=True))
    data = read_csv(write(f"{name},length,width,species\n{rows}"))
    assert (data.features, data.left_out) == (("length", "width"), (name or "column 1",))
    assert data["x"].tolist() == [[number + 0.5, 1] for number in numbers]


@pytest.mark.parametrize("start", [0, 1])
def test_a_first_column_of_consecutive_numbers_in_a_table_without_a_header_is_left_out(write, start):
    rows = "".join(f"{i + start},{i % 7}.5,{i % 2}\n" for i in range(2000))
    data = read_csv(write(rows))
    assert data["x"].shape == (2000, 1) and data.left_out == ("column 1",)


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ("id,width,kind\n1,2,a\n2,4,b\n", {"features": ["id", "width"]}),
        ("time,width,kind\n1,2,a\n2,4,b\n", {}),
        ("id,width,kind\n1,2,a\n1,4,b\n", {}),
        ("id,width,kind\n1.5,2,a\n2,4,b\n", {}),
        ("0,2,a\n2,4,b\n1,5,a\n", {}),
        ("1,2\n2,3\n3,4\n", {"labels": "none"}),
        ("x,id,kind\n1,2,a\n3,2,b\n", {}),
    ],
    ids=["asked for", "another name", "twice the same", "a fraction", "no order", "rows to predict", "not the first"],
)
def test_other_columns_of_numbers_are_features(write, table, options):
    data = read_csv(write(table), **options)
    assert data["x"].shape[1] == 2 and data.left_out == ()


def test_the_only_feature_is_one_although_it_numbers_the_rows(write):
    assert read_csv(write("id,kind\n1,a\n2,b\n3,a\n")).features == ("id",)


def test_a_column_that_numbers_the_rows_is_no_feature_of_a_model_that_takes_as_many(write):
    file = write(",length,kind\n0,2,a\n1,4,b\n")
    with pytest.raises(mg.DataError, match=r"'column 1' numbers the rows.*takes 2.*call it otherwise in a header"):
        read_csv(file, width=2)
    assert read_csv(file, width=1).features == ("length",)
    with pytest.raises(mg.DataError, match=r"it has 3 columns, but the model takes 1 feature.*The first, without a name"):
        read_csv(write(",length,kind\n0,2,a\n0,4,b\n"), width=1)


@pytest.mark.parametrize(
    "table",
    [
        "0,1,2,label\n5,6,7,a\n8,9,10,b\n",
        ",0,1,label\n0,6,7,a\n1,9,10,b\n",
        "2019,2020,Class\n5,6,a\n7,8,b\n",
        "0,1,2,3\n.5,.6,.7,0\n.8,.9,.1,1\n",
        "2019,2020,price\n5,6,1\n7,8,2\n9,9,1\n",
    ],
    ids=["numbers and label", "an index", "years", "numbers alone", "a name above numbers"],
)
def test_a_header_of_numbers_is_no_row(write, table):
    with pytest.raises(mg.DataError, match=r"line 1: it seems to be a header whose names are numbers\..* write a header"):
        read_csv(write(table))


def test_a_first_row_that_may_be_a_header_is_one_below_a_header(write):
    assert read_csv(write("a,b,kind\n0,1,2\n.5,.6,0\n"))["x"].tolist() == [[0, 1], [0.5, 0.6]]


def test_classes_of_text_are_sorted_and_numbered_from_0(write):
    data = read_csv(write("1,setosa\n2,virginica\n3,setosa\n4,lily\n"))
    assert data["y"].tolist() == [1, 2, 1, 0]
    assert data.classes == ("lily", "setosa", "virginica")


def test_whole_numbers_are_sorted_as_numbers_and_numbered_from_0(write):
    data = read_csv(write("1,10\n2,-1\n3,9\n4,10\n"))
    assert data["y"].tolist() == [2, 0, 1, 2]
    assert data.classes == ("-1", "9", "10")


@pytest.mark.parametrize(
    "names",
    [
        ("02134", "10001"),
        ("007", "7", "8"),
        ("1.0", "2.0"),
        ("5", "100", "1e2"),
        ("+1", "-1", "1"),
        ("1", "1_000", "1000"),
        ("0x10", "16"),
        ("1.", "1"),
        ("٣", "3"),
        ("true", "True", "1"),
        ("9007199254740992", "9007199254740993"),
        ("9" * 400, "9" * 399 + "8"),
        ("00.5", "0.5"),
        ("01.10", "01.20"),
        ("1e999", "1e998"),
        ("½", "0.5"),
        ("-0", "0"),
    ],
    ids=str,
)
def test_two_labels_that_are_written_differently_are_two_classes_named_as_they_are_written(write, names):
    file = write("".join(f"{i % 5}.5,{name}\n" for i, name in enumerate(names * 2)))
    data = read_csv(file, labels="classes")
    assert sorted(data.classes) == sorted(names)
    assert [data.classes[number] for number in data["y"]] == [*names, *names]
    again = read_csv(file, classes=data.classes)
    assert again["y"].tolist() == data["y"].tolist()


def test_numbers_with_a_zero_in_front_are_names_where_it_is_not_said_that_they_are_values(write):
    assert read_csv(write("1,01.10\n2,01.20\n")).classes == ("01.10", "01.20")
    assert read_csv(write("1,01.10\n2,01.20\n"), labels="values")["y"].tolist() == [1.1, 1.2]


def test_a_name_that_the_training_wrote_otherwise_is_refused_with_it(write):
    for label, known in (("7", "007"), ("2.0", "2"), ("1e2", "100")):
        with pytest.raises(mg.DataError, match=f"the label '{label}' is none .*: write '{known}' where it is meant"):
            read_csv(write(f"1,{label}\n"), classes=[known, "a"])


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


def test_labels_of_which_one_has_a_fraction_are_values(write):
    data = read_csv(write("1,2,3\n4,5,0.5\n"))
    assert data["y"].tolist() == [3, 0.5] and data["y"].dtype == np.float64 and data.classes == ()


def test_labels_are_what_they_are_said_to_be(write):
    file = write("1,2,3\n4,5,7\n")
    assert read_csv(file, labels="values")["y"].tolist() == [3, 7]
    assert read_csv(file, labels="classes")["y"].tolist() == [0, 1]
    assert read_csv(file, labels="none")["x"].tolist() == [[1, 2, 3], [4, 5, 7]]


def test_classes_are_numbered_as_the_training_numbered_them(write):
    assert read_csv(write("1,2\n2,2\n"), classes=["1", "2", "3"])["y"].tolist() == [1, 1]
    assert read_csv(write("1,b\n"), classes=["a", "b"]).classes == ("a", "b")
    assert read_csv(write("1,2.5\n"), classes=["2.5", "a"])["y"].tolist() == [0]


@pytest.mark.parametrize("name", ["label", "Class", "target", "Y"])
def test_the_label_is_found_by_its_name(write, name):
    data = read_csv(write(f"{name},length,width\na,1,2\nb,3,4\n"))
    assert data.features == ("length", "width") and data.classes == ("a", "b")


@pytest.mark.parametrize("label", ["kind", 1, -2])
def test_the_label_is_the_column_that_is_asked_for(write, label):
    data = read_csv(write("length,kind,width\n1,a,2\n3,b,4\n"), label=label)
    assert data.features == ("length", "width") and data["x"].tolist() == [[1, 2], [3, 4]]


def test_columns_that_are_neither_features_nor_the_label_are_told(write):
    data = read_csv(write("id,width,kind,,length\n7,2,a,9,1\n8,4,b,9,3\n"), features=["length", "width"], label="kind")
    assert (data.features, data.label, data.left_out) == (("length", "width"), "kind", ("id", "column 4"))
    assert repr(data).endswith("; classes a and b; left out id and column 4")
    assert data.take([0]).left_out == data.left_out
    assert read_csv(write("length,kind\n7,a\n8,b\n")).left_out == ()


def test_a_table_of_features_alone_is_told_where_labels_are_needed(write, wording):
    with pytest.raises(mg.DataError) as caught:
        read_csv(write("length,width\n1,2\n"), features=["length", "width"])
    wording(caught.value)


def test_a_column_whose_name_is_that_of_two_is_refused_where_the_model_needs_it(write, wording):
    file = write("width,length,width,note,note\n1,2,3,4,5\n")
    data = read_csv(file, labels="none", features=["length"])
    assert data["x"].tolist() == [[2]] and data.left_out == ("width", "width", "note", "note")
    with pytest.raises(mg.DataError) as caught:
        read_csv(file, labels="none", features=["length", "width"])
    wording(caught.value)
    twice = read_csv(write("a,a\n1,2\n"), labels="none", features=["a", "a"])
    assert twice["x"].tolist() == [[1, 2]]


def test_columns_are_found_by_the_names_that_the_training_knew(write):
    data = read_csv(write("id,width,kind,length\n7,2,a,1\n8,4,b,3\n"), features=["length", "width"], label="kind")
    assert data["x"].tolist() == [[1, 2], [3, 4]] and data.features == ("length", "width")


def test_the_column_that_is_no_feature_of_the_training_is_the_label(write):
    data = read_csv(write("width,kind,length\n2,a,1\n4,b,3\n"), features=["length", "width"])
    assert data["x"].tolist() == [[1, 2], [3, 4]] and data.classes == ("a", "b")


def test_columns_of_other_names_altogether_are_taken_in_their_order(write):
    assert read_csv(write("x1,x2,y\n1,2,a\n3,4,b\n"), features=["x₁", "x₂"])["x"].tolist() == [[1, 2], [3, 4]]


def test_whole_numbers_are_kept_as_they_are_where_the_type_is_whole(write):
    data = read_csv(write("9007199254740993,1e3,0\n2.0,-4,1\n"), dtype=np.int64)
    assert data["x"].tolist() == [[9007199254740993, 1000], [2, -4]] and data["x"].dtype == np.int64


def test_texts_where_a_model_takes_whole_numbers_are_to_be_numbered(write, wording):
    table = write("user,item,rating\nanna,Alien,4.5\nbob,Brazil,3.0\n")
    with pytest.raises(mg.DataError) as caught:
        mg.data.read(table, matrix_factorization.build())
    wording(caught.value)


def test_features_keep_the_digits_of_double_precision(write):
    times = [1_700_000_000 + i for i in range(50)]
    data = read_csv(write("time,kind\n" + "".join(f"{t},{t % 2}\n" for t in times)))
    assert data["x"][:, 0].tolist() == times


@pytest.mark.parametrize("digits", ["9007199254740993", "-123456789012345678901"])
def test_a_number_of_more_digits_than_a_feature_keeps_is_refused(write, digits):
    with pytest.raises(mg.DataError, match=f"line 2, column 1: '{digits}' has more digits .* leave the column out"):
        read_csv(write(f"2,a\n{digits},b\n"))
    assert read_csv(write("9007199254740994,a\n1e300,b\n"))["x"].tolist() == [[9007199254740994], [1e300]]


class Counted(str):
    """A name that counts how often it is compared with another."""

    comparisons = 0

    def __eq__(self, other):
        Counted.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_columns_whose_names_differ_in_capitals_are_not_taken_in_their_order(write):
    with pytest.raises(mg.DataError, match=r"there are no columns 'length' and 'width', .* Did you mean 'Length'\?"):
        read_csv(write("Width,Length,kind\n1,2,a\n3,4,b\n"), features=["length", "width"], label="kind")


def test_many_columns_are_compared_a_few_times_each(write):
    names = [f"f{i}" for i in range(1000)]
    file = write(",".join([*reversed(names), "label"]) + "\n" + "1," * 999 + "2,a\n")
    data = read_csv(file, features=[*map(Counted, names)], classes=["a", "b"])
    assert data["x"][0, 0] == 2 and Counted.comparisons < 20 * len(names)


def test_many_rows_are_read(write):
    data = read_csv(write("".join(f"{i},{i % 3}\n" for i in range(5000))))
    assert data["x"][:, 0].tolist() == list(range(5000)) and data["y"].tolist() == [i % 3 for i in range(5000)]


def test_a_compressed_table_is_read(tmp_path):
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(b"1,2,a\n3,4,b\n"))
    assert read_csv(tmp_path / "data.csv.gz").classes == ("a", "b")


def test_a_compressed_table_made_to_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress((b" " * 4_000_000 + b"\n") * 17, 1))
    with pytest.raises(mg.DataError, match=r"data\.csv\.gz would unpack \d+ bytes to 68000017 or more, which no data is"):
        read_csv(path)


BROKEN = {
    "an empty file": "",
    "blank lines alone": "\n\n",
    "a header alone": "a,b,label\n",
    "a short row": "1,2,0\n3,1\n",
    "a long row": "\na,b,c\n1,2,0\n3,1,0,1\n",
    "text in a feature": "1,2,0\n3,four,1\n",
    "text in a named feature": "a,b,label\n1,2,0\n3,four,1\n",
    "text below a cell of two lines": '1,2,"two\nlines"\n3,four,c\n',
    "text in the first row beside a number": "one,2,0\n3,4,1\n",
    "a decimal comma": '"1,5",2,0\n1,2,1\n',
    "thousands set apart by commas": '"1,234,567.5",2,0\n1,2,1\n',
    "a label that is not the last column": "species,length,width\nrose,1,2\ntulip,3,4\n",
    "digits grouped as Python's": "1,2,0\n1_000,2,1\n",
    "digits of another script": "1,2,0\n٣,2,1\n",
    "an empty feature": "1,2,0\n3,,1\n",
    "a value that is missing": "1,2,0\n3,NA,1\n",
    "NaN": "1,2,0\n3,nan,1\n",
    "infinity": "1,2,0\n-inf,4,1\n",
    "a number beyond float64": "1,2,0\n1e309,4,1\n",
    "only empty labels": "1,2,\n3,4,\n",
    "a label that is NaN": "1,2,a\n3,4,NaN\n",
    "one class": "1,2,a\n3,4,a\n",
    "one column": "1\n2\n",
    "bytes that are not UTF-8": b"1,2,a\n3,4,\xe9t\xe9\n",
    "UTF-16": "1,2,a\n3,4,b\n".encode("utf-16"),
    "a quote that is not closed": '1,2,"a\n3,4,b\n',
    "text after a quote": '1,2,"a"b\n3,4,b\n',
    "a null character": "1,2,a\n3\0,4,b\n",
    "a huge line": "1,2,a\n" + "3," * 3_000_000,
    "a number beyond float64 in the first row of many": "1e309,0\n" + "1,1\n" * 2000,
    "text in a row after many": "1,0\n" * 3000 + "one,1\n",
    "a huge cell": f"1,2,a\n3,4,{'b' * 200_000}\n",
}


MISFITS = {
    "a fraction among classes": ("1,2,0\n3,4,0.5\n", {"labels": "classes"}),
    "a fraction where the classes are known": ("1,2,0\n3,4,0.5\n", {"classes": ["0", "1"]}),
    "text among values": ("1,2,0\n3,4,low\n", {"labels": "values"}),
    "a value beyond float64": ("1,2,0\n3,4,1e309\n", {"labels": "values"}),
    "a feature beyond the type that is asked for": ("1,2,0\n3,1e39,1\n", {"dtype": np.float32}),
    "a label that the training did not know": ("1,2,rose\n3,4,tulipp\n", {"classes": ["rose", "tulip"]}),
    "a label of many that the training did not know": ("1,2,x\n", {"classes": [str(i) for i in range(12)]}),
    "a column too many to predict": ("1,2,a\n", {"labels": "none", "width": 2}),
    "a column too few to predict": ("1,2\n1\n", {"labels": "none", "features": ["length", "width"]}),
    "a column too few to judge": ("1,a\n", {"width": 2}),
    "text in a feature to predict": ("1,2\n1,two\n", {"labels": "none"}),
    "a file that is empty, to predict": ("", {"labels": "none"}),
    "a name that the training knew and the header does not": ("length,witdh,kind\n1,2,a\n", {"features": ["length", "width"]}),
    "no column of the label's name": ("length,kind\n1,a\n", {"label": "kid"}),
    "a label's name and no header": ("1,a\n", {"label": "kind"}),
    "no column of the label's number": ("1,a\n", {"label": 2}),
    "text beside a label in the first column": ("a,1,2\nb,3,four\n", {"label": 0}),
    "a fraction among whole features": ("1,2,0\n3,4.5,1\n", {"dtype": np.int64}),
    "a whole feature that its type cannot hold": ("1,2,0\n3,300,1\n", {"dtype": np.int8}),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_file_that_is_not_what_was_asked_for_is_told_where_and_what_to_do(write, name, wording):
    content, options = MISFITS[name]
    with pytest.raises(mg.DataError) as caught:
        read_csv(write(content), **options)
    wording(caught.value)


def test_labels_that_are_not_of_a_kind_are_refused(write, wording):
    with pytest.raises(mg.GraphError) as caught:
        read_csv(write("1,2\n"), labels="value")
    wording(caught.value)


def test_a_tsv_file_with_commas_is_told(tmp_path, wording):
    (tmp_path / "data.tsv").write_text("1,2,a\n")
    with pytest.raises(mg.DataError) as caught:
        read_csv(tmp_path / "data.tsv")
    wording(caught.value)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_where_and_what_to_do(write, name, wording):
    with pytest.raises(mg.DataError) as caught:
        read_csv(write(BROKEN[name]))
    wording(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path, wording):
    with pytest.raises(mg.FileError) as caught:
        read_csv(tmp_path / "no.csv")
    wording(caught.value)


CELLS = ["1", "-2.5", "3e2", "0.1", "12345.678901234567", "7", ".5", "+4", "1.", " 8 ", "9\t", "1e308", "0.30000000000000004"]
ODD = [
    "",
    "nan",
    "1_0",
    "٣",
    "x",
    '"5"',
    '"a\nb"',
    "9007199254740993",
    "1e999",
    "-inf",
    "0x1",
    "\0",
    "007",
    "1,5",
    "\u2003",
    "1 2",
]
ENDS = ["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n \n"]


def table_of(rng):
    """A table of a few columns, nearly all of it sound."""
    width, odd = rng.randint(2, 5), rng.choice([0, 0, 0.01, 0.1])
    labels = rng.choice([["a", "b c", "ŷ", '"d, e"'], ["0", "1", "2"], ["1.5", "-2", "1e3"]])
    end = rng.choice(ENDS)
    lines = [",".join(f"c{i}" for i in range(width))] if rng.random() < 0.6 else []
    for _ in range(rng.randint(1, 30)):
        row = [rng.choice(ODD if rng.random() < odd else CELLS) for _ in range(width - 1)] + [rng.choice(labels)]
        lines.append(",".join(row[: rng.choice([width] * 60 + [1, width + 1])]))
    return rng.choice(["", "\ufeff", "\n", " \n"]) + end.join(lines) + rng.choice([end, ""])


def read_or_refused(path, **options):
    try:
        data = read_csv(path, **options)
    except mg.MinigraphError as error:
        return str(error)
    arrays = {name: (array.dtype, array.shape, array.tobytes()) for name, array in data.items()}
    return arrays, data.classes, data.features, data.left_out, data.label


def test_lines_that_are_read_at_once_are_what_they_are_one_by_one(tmp_path, monkeypatch):
    path, rng, plain = tmp_path / "data.csv", random.Random(0), Block.plain_lines
    found = {"read": 0, "at once": 0}

    def counted(block):
        lines = plain(block)
        found["at once"] += lines is not None
        return lines

    for i in range(400):
        path.write_text(table_of(rng), encoding="utf-8", newline="")
        options = rng.choice([{}, {}, {"labels": "none"}, {"labels": "classes"}, {"dtype": np.int64}, {"dtype": np.float16}])
        monkeypatch.setattr(Block, "plain_lines", lambda block: None)
        monkeypatch.setattr(cells, "PIECE", 1 << 19)
        expected = read_or_refused(path, **options)
        monkeypatch.setattr(Block, "plain_lines", counted)
        for piece in (1, 40, 1 << 19):
            monkeypatch.setattr(cells, "PIECE", piece)
            assert read_or_refused(path, **options) == expected, (i, path.read_text(), options)
        found["read"] += not isinstance(expected, str)
    assert found["read"] > 80 and found["at once"] > 400


def test_a_wide_table_is_read_in_time_that_grows_with_its_columns(write):
    def seconds(columns):
        path = write(
            ",".join(f"c{i}" for i in range(columns))
            + "\n"
            + 20 * (",".join(["1.5"] * (columns - 1)) + ",a\n")
            + "1," * (columns - 1)
            + "b\n"
        )
        times = []
        for _ in range(2):
            start = time.process_time()
            read_csv(path)
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(16_000) < 10 * seconds(4_000)
