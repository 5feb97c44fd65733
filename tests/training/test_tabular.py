"""Somebody's table: what its columns are taken for, learned from training rows only, and what of its dirt is refused."""

import csv
import datetime
import json
import shlex
import sys
import zipfile

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data.kinds import MOST, Category, Date, Number
from minigraph.training.data.raw import read_raw
from minigraph.training.data.tabular import encoded, fitted, kind_for, read_tabular
from minigraph.training.data.transformer import Choices, ColumnTransformer

CHURN = """age,city,zip,signup,plan,bought
31,Rome,02134,2024-01-05,a,yes
42,Oslo,10115,2024-02-01,b,no
,Rome,02134,2024-03-31,,yes
25,Oslo,10115,,a,no
"""


@pytest.fixture
def write(tmp_path):
    def write(content, name="rows.csv"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def fit(write, content, **choices):
    table = read_raw(write(content))
    return ColumnTransformer.fit(table, Choices(**choices), table.names[-1]), table


def one(*cells, **choices):
    """A column fitted on its cells."""
    return ColumnTransformer.fit(read_raw({"c": list(cells)}), Choices(**choices))


def test_each_column_becomes_the_features_of_what_it_holds(write):
    columns, table = fit(write, CHURN)
    x, notes = columns.transform(table)
    assert columns.features == (
        *("age", "age is blank", "city=Oslo", "city=Rome", "zip=02134", "zip=10115"),
        *("signup year", "signup month", "signup weekday", "signup days", "signup is blank"),
        *("plan is blank", "plan=a", "plan=b"),
    )
    friday, thursday, sunday = 4, 3, 6
    assert x.tolist() == [
        [31, 0, 0, 1, 1, 0, 2024, 1, friday, 0, 0, 0, 1, 0],
        [42, 0, 1, 0, 0, 1, 2024, 2, thursday, 27, 0, 0, 0, 1],
        [31, 1, 0, 1, 1, 0, 2024, 3, sunday, 86, 0, 1, 0, 0],
        [25, 0, 1, 0, 0, 1, 2024, 2, friday, 27, 1, 0, 1, 0],
    ]
    assert notes == []


def test_what_it_holds_is_said_in_words(write):
    assert fit(write, CHURN)[0].describe() == [
        ("age", "number; blanks → median 31, and a feature that tells them"),
        ("city and zip", "2 categories"),
        (
            "signup",
            "date → 5 features: year, month, weekday, days since 2024-01-05; blanks → medians, and a feature that tells them",
        ),
        ("plan", "2 categories, and one for blanks"),
    ]


def test_many_numbers_are_said_in_a_line():
    columns = ColumnTransformer.fit(read_raw({f"gene{i}": [1, 2] for i in range(300)}), Choices())
    assert columns.describe() == [("gene0, gene1, … gene299 (300)", "number")]


def test_all_is_learned_from_the_training_rows_only():
    rows = {"n": [1.0, 2.0, 1000.0, 4.0], "c": ["a", "b", "only here", "b"], "y": [0, 1, 0, 1]}
    for seed in range(20):
        table = read_tabular(rows, seed=seed)
        row = [rows["n"].index(n) for n in table.validation["x"][:, 0]]
        expected = sorted({c for i, c in enumerate(rows["c"]) if i not in row})
        assert table.columns.kinds["c"].values == tuple(expected)
        assert table.columns.kinds["n"].median == np.median([n for i, n in enumerate(rows["n"]) if i not in row])
        assert bool(table.notes) == (row[0] in (0, 2))
    assert any("only here" in note for seed in range(20) for note in read_tabular(rows, seed=seed).notes)


def test_the_split_is_that_of_any_other_data_set():
    rows = {"x": np.arange(40.0), "y": np.arange(40) % 2}
    training, validation = mg.data.split(rows, seed=3)
    table = read_tabular(rows, seed=3)
    assert table.training["x"][:, 0].tolist() == training["x"].tolist()
    assert table.validation["x"][:, 0].tolist() == validation["x"].tolist()


def test_what_it_learned_is_json_that_gives_it_back(write, tmp_path):
    columns, table = fit(write, CHURN, drop=("city",))
    columns.save(tmp_path / "columns.json")
    assert json.loads((tmp_path / "columns.json").read_text())["label"] == "bought"
    assert ColumnTransformer.load(tmp_path / "columns.json") == columns
    again = ColumnTransformer.load(tmp_path / "columns.json").transform(table)
    np.testing.assert_array_equal(again[0], columns.transform(table)[0])


@pytest.mark.parametrize(
    ("old", "new"),
    [('"kind": "number"', '"kind": "code"'), ('"median": 31.0', '"median": "31"'), ('"label"', '"lable"'), ("}", "")],
)
def test_a_damaged_file_of_columns_is_refused(write, tmp_path, old, new):
    columns, _ = fit(write, CHURN)
    columns.save(tmp_path / "columns.json")
    text = (tmp_path / "columns.json").read_text()
    assert old in text
    (tmp_path / "columns.json").write_text(text.replace(old, new))
    with pytest.raises(mg.FormatError, match="is not what a training writes"):
        ColumnTransformer.load(tmp_path / "columns.json")


def test_later_rows_are_taken_by_name_and_what_is_new_is_said(write):
    columns, _ = fit(write, CHURN)
    later = read_raw(write("extra,plan,signup,zip,city,age\n9,,2024-01-05,02134,Bern,50\n", "later.csv"))
    data = encoded(later, columns, "none")
    assert data["x"].tolist() == [[50, 0, 0, 0, 1, 0, 2024, 1, 4, 0, 0, 1, 0, 0]]
    assert (data.left_out, list(data.notes)) == (
        ("extra",),
        ["city: 1 row has what no training row had, 'Bern': taken for none of its values"],
    )


def test_a_blank_that_no_training_row_had_is_filled_and_said():
    columns = one(1, 2, 6)
    x, notes = columns.transform(read_raw({"c": [None, 3]}))
    assert (x.tolist(), notes) == ([[2], [3]], ["c: 1 blank, as in no training row: filled by the median"])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e2"], Number),
        (["1", "n/a", "?", "3"], Number),
        (["007", "7", "12"], Category),
        (["yes", "no", "NA"], Category),
        (["true", "false", "true"], Category),
        ([str(i) for i in range(1000)], Number),
        ([f"t{i % MOST}" for i in range(1000)], Category),
        (["2024-01-31", "2023-1-2", ""], Date),
        (["2024-01-31 12:30", "2024-01-31T13:00:00Z"], Date),
        (["31.12.2024", "1.2.2024"], Date),
        (["31/12/2024 8:05", "01/02/2024 23:59"], Date),
        (["12/31/2024", "01/02/2024"], Date),
        (["2024/12/31"], Date),
    ],
    ids=lambda cells: str(cells)[:30],
)
def test_the_kind_of_a_column_is_what_all_its_cells_are(cells, kind):
    assert type(one(*cells).kinds["c"]) is kind


def test_a_column_is_what_is_asked_for():
    assert type(one("1", "2", categories=("c",)).kinds["c"]) is Category
    assert one("02134", "10115", numbers=("c",)).transform(read_raw({"c": ["02134"]}))[0].tolist() == [[2134]]
    assert one("20240131", "20230101", dates=("c",)).kinds["c"].first == "2023-01-01T00:00:00"
    assert len(one(*map(str, range(60)), categories=("c",)).features) == 60


def test_text_that_is_missing_is_a_category_of_its_own():
    assert one("none", "", "a").features == ("c is blank", "c=a", "c=none")


def test_a_time_with_a_zone_is_taken_in_that_of_the_world():
    columns = one("2024-01-01T00:00:00+02:00", "2024-01-01T12:00:00Z")
    assert columns.transform(read_raw({"c": ["2024-01-01T12:00:00Z"]}))[0][0].tolist() == [2024, 1, 0, 14 / 24]


REFUSED = {
    "text of many values": ("c", [f"t{i}" for i in range(51)], {}),
    "an identifier of few rows": ("c", [f"t{i}" for i in range(11)], {}),
    "codes of many values": ("c", [f"0{i}" for i in range(51)], {}),
    "text among numbers": ("width", ["1", "2", "three"], {}),
    "a number with commas": ("price", ["1500", "2", "1,234"], {}),
    "a decimal comma": ("price", ["1.5", "2", "3,5"], {}),
    "a number with a unit": ("price", ["1.5", "2", "3 kg"], {}),
    "a number that is infinite": ("c", ["1", "inf"], {}),
    "an identifier": ("c", ["1", "12345678901234567891"], {}),
    "text among dates": ("day", ["2024-01-01", "2024-01-02", "soon"], {}),
    "a day that there is not": ("day", ["2024-01-01", "2024-01-02", "2024-02-30"], {}),
    "dates in two ways": ("day", ["2024-01-01", "2024-01-02", "31.12.2024"], {}),
    "the day or the month first": ("day", ["03/04/2024", "05/06/2024"], {}),
    "a blank number": ("c", ["1", "n/a"], {"missing": "error"}),
    "a blank category": ("c", ["a", ""], {"missing": "error"}),
    "a blank date": ("c", ["2024-01-01", ""], {"missing": "error"}),
    "no numbers where they are asked for": ("c", ["1", "red"], {"numbers": ("c",)}),
    "no dates where they are asked for": ("c", ["red", "blue"], {"dates": ("c",)}),
    "only blank dates": ("c", ["", ""], {"dates": ("c",)}),
    "nothing but blanks": ("c", ["", ""], {}),
    "all dropped": ("c", ["1", "2"], {"drop": ("c",)}),
    "an unknown name": ("city", ["a", "b"], {"drop": ("cty",)}),
    "a name asked for twice": ("c", ["a", "b"], {"drop": ("c",), "dates": ("c",)}),
    "an unknown way with blanks": ("c", ["a", "b"], {"missing": "drop"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_refused(case, wording):
    name, cells, choices = REFUSED[case]
    with pytest.raises(mg.MinigraphError) as error:
        ColumnTransformer.fit(read_raw({name: cells}), Choices(**choices))
    wording(error.value)


TROUBLE = {
    "n": [1, 2, 3, 4] * 15,
    "note": [f"t{i}" for i in range(60)],
    "when": [f"2024-01-0{i % 9 + 1}" for i in range(59)] + ["soon"],
    "size": ["1", "2", "3", "red"] * 15,
    "a, b": [[1]] * 60,
    "label": ["yes", "no"] * 30,
}


def test_all_columns_that_are_refused_are_told_at_once_with_what_to_type(wording):
    with pytest.raises(mg.DataError) as error:
        read_tabular({**TROUBLE, "old": [1] * 60}, label="label", drop=["old"])
    wording(error.value)
    dropped = next(csv.reader([shlex.split(str(error.value).splitlines()[-1])[1]]))
    assert dropped == ["old", "note", "when", "size", "a, b"]
    assert list(read_tabular({**TROUBLE, "old": [1] * 60}, label="label", drop=dropped).columns.kinds) == ["n"]


def test_of_many_columns_that_are_refused_some_are_told(wording):
    with pytest.raises(mg.DataError) as error:
        read_tabular({"n": [1, 2], **{f"c{i}": [[1], [2]] for i in range(13)}, "label": ["a", "b"]})
    wording(error.value)


def test_columns_that_were_asked_for_or_are_all_there_is_are_not_to_be_dropped():
    for asked in ({"numbers": ["size"]}, {"drop": ["n"]}):
        with pytest.raises(mg.DataError) as error:
            read_tabular(TROUBLE, label="label", **asked)
        assert "4 columns" in str(error.value) and "left out with" not in str(error.value)


def test_all_columns_of_later_rows_that_are_refused_are_told_at_once(wording):
    columns = ColumnTransformer.fit(read_raw({"age": ["1", "2"], "city": ["a", "b"], "size": ["3", "4"]}), Choices())
    with pytest.raises(mg.DataError) as error:
        columns.transform(read_raw({"age": ["1", "old"], "city": ["a", "c"], "size": ["big", "4"]}))
    wording(error.value)


LATER = {
    "a column is missing": {"ctiy": ["Rome"], "age": ["1"]},
    "a number is text": {"city": ["Rome", "Rome"], "age": ["1", "old"]},
    "a number is a code": {"city": ["Rome", "Rome"], "age": ["1", "02"]},
}


@pytest.mark.parametrize("case", LATER)
def test_later_rows_that_do_not_fit_are_refused(case, wording):
    columns = ColumnTransformer.fit(read_raw({"city": ["Rome", "Oslo"], "age": ["1", "2"]}), Choices())
    with pytest.raises(mg.DataError) as error:
        columns.transform(read_raw(LATER[case]))
    wording(error.value)


def graph_for(loss):
    x, y = mg.Input("x", ("N", 1)), mg.Input("y", ("N",), dtype=np.int64 if loss is mg.SoftmaxCrossEntropy else np.float32)
    W = mg.Parameter("W", np.ones((1, 2)))
    z = x @ W
    return mg.Graph(loss=loss(z if loss is mg.SoftmaxCrossEntropy else z.sum(axis=1), y))


LABELS = {
    "names for values": (mg.MeanSquaredError, ["red", "blue"] * 4),
    "a name among values": (mg.MeanSquaredError, ["1", "2", "3", "red"] * 2),
    "names among prices": (mg.MeanSquaredError, ["$1,200", "on request", "$950", "$80", "sold", "$1"]),
    "fractions for classes": (mg.SoftmaxCrossEntropy, ["1.5", "2"] * 4),
    "as many classes as rows": (mg.SoftmaxCrossEntropy, [str(i * 1000) for i in range(80)]),
    "as many names as rows": (mg.SoftmaxCrossEntropy, [f"n{i}" for i in range(80)]),
    "only empty labels": (mg.SoftmaxCrossEntropy, ["", "", ""]),
    "one class beside empty labels": (mg.SoftmaxCrossEntropy, ["a", "", "a", ""]),
    "one class": (mg.SoftmaxCrossEntropy, ["a", "a", "a", "a"]),
    "three classes for two": (mg.BinaryCrossEntropy, ["a", "b", "c", "a"]),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_that_do_not_fit_the_loss_are_refused(case, wording):
    loss, labels = LABELS[case]
    with pytest.raises(mg.DataError) as error:
        read_tabular({"a": list(range(len(labels))), "label": labels}, graph_for(loss))
    wording(error.value)


LEFT_OUT = {
    "one": (mg.SoftmaxCrossEntropy, ["a", "b", "", "a"], [0, 1, 3], "1 row without a label is left out, in row 2"),
    "several": (
        mg.SoftmaxCrossEntropy,
        ["a", "", "b", None, "a"],
        [0, 2, 4],
        "2 rows without a label are left out, the first in row 1",
    ),
    "values": (
        mg.MeanSquaredError,
        ["$1", "NA", "", "$3"],
        [0, 3],
        "2 rows without a label are left out, the first in row 1",
    ),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_rows_without_a_label_are_left_out_and_told(case):
    """Their features and weights too, in the rows for training and in those for validation."""
    loss, labels, rows, note = LEFT_OUT[case]
    table = {"a": list(range(len(labels))), "weight": [i + 1 for i in range(len(labels))], "label": labels}
    graph = graph_for(loss)
    known = read_tabular(table, graph, label="label", sample_weight="weight", validation=0.5)
    assert list(known.notes) == [note]
    kept = [
        pair for each in (known.training, known.validation) for pair in zip(each["x"][:, 0], each["sample_weight"], strict=True)
    ]
    assert sorted(kept) == [(row, row + 1) for row in rows]
    raw, choices = read_raw(table), Choices("label", sample_weight="weight")
    both = fitted(raw, choices, kind_for(graph), raw)
    assert list(both.notes) == [note, note] and both.validation["sample_weight"].tolist() == [row + 1 for row in rows]
    with pytest.raises(mg.DataError, match=f"row {next(i for i in range(9) if i not in rows)}, .* label"):
        read_tabular(table, graph, label="label", missing="error")


def test_two_names_are_0_and_1_of_a_binary_cross_entropy():
    table = read_tabular({"a": [1, 2, 3, 4], "label": ["yes", "no", "no", "yes"]}, graph_for(mg.BinaryCrossEntropy))
    assert table.training.classes == ("no", "yes") and table.training["y"].dtype == np.float64
    rows = [*zip(table.training["x"][:, 0], table.training["y"], strict=True)]
    assert {(1, 1), (2, 0), (3, 0), (4, 1)} >= set(rows)


def test_the_label_stands_anywhere(write):
    path = write("a,kind,b\n1,x,2\n3,z,4\n5,x,6\n7,z,8\n")
    table = read_tabular(path, label="kind")
    assert (table.training.label, table.training.classes, table.training.features) == ("kind", ("x", "z"), ("a", "b"))
    assert read_tabular(path, label="b", drop=["a"]).training.features == ("kind=x", "kind=z")
    assert read_tabular(path, label="kind", features=["b"]).training.features == ("b",)


def test_columns_of_a_table_without_a_header_are_called_by_their_numbers(write):
    table = read_tabular(write("1,2.5,a\n3,4,b\n5,6,a\n7,8,b\n"))
    assert list(table.columns.kinds) == ["column 1", "column 2"] and table.training.classes == ("a", "b")
    assert table.read(write("9,10\n", "later.csv")).tolist() == [[9, 10]]
    assert read_tabular(write("1,2.5,a\n2,4,b\n3,6,a\n4,8,b\n")).columns.ids == ["id"]
    for other in ("9,10,11\n", "9,10,11,12\n"):
        with pytest.raises(mg.DataError, match="columns, but the model takes 2 features"):
            table.read(write(other, "later.csv"))
    with pytest.raises(mg.DataError, match="a header whose names are numbers"):
        read_tabular(write("2020,2021,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n"))


def test_a_text_file_is_read_alike_plain_or_quoted(write):
    plain = read_raw(write("a;b\n1; x \n2;y\n"))
    quoted = read_raw(write('a;b\n"1"; x \n\n2;"y"\n'))
    assert dict(plain.cells) == dict(quoted.cells) == {"a": ["1", "2"], "b": ["x", "y"]}
    assert (plain.numbers, quoted.numbers) == ([2, 3], [2, 4])
    with pytest.raises(mg.DataError, match=r"line 3: it has 3 columns, but line 1 has 2"):
        read_raw(write("a,b\n1,2\n1,2,3\n"))
    with pytest.raises(mg.DataError, match=r"two of its columns, 1 and 2, are called 'a'"):
        read_raw(write("a,a\n1,2\n"))


def test_a_mistake_in_a_file_names_its_line_and_column(write):
    with pytest.raises(mg.DataError, match=r"rows.csv, line 4, column 2 \(width\): 'three' is not a number"):
        read_tabular(write("a,width,y\nx,1,0\nx,2,1\ny,three,1\nx,4,1\nx,5,0\nx,6,0\n"), validation=0.01, seed=1)


DAY = datetime.date(2024, 1, 31)


def test_a_parquet_file_is_read_as_a_text_file_is(write, tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {"n": [1.5, None, 3.0], "code": ["02134", "1", None], "day": [DAY, None, DAY], "on": [True, False, None]}
    parquet.write_table(arrow.table(columns), tmp_path / "rows.parquet")
    text = read_raw(write("n,code,day,on\n1.5,02134,2024-01-31,true\n,1,,false\n3,,2024-01-31,\n"))
    assert (
        read_raw(tmp_path / "rows.parquet").cells
        == text.cells
        == read_raw(columns).cells
        == read_raw(arrow.table(columns)).cells
    )
    (tmp_path / "bad.parquet").write_text("PAR1")
    with pytest.raises(mg.DataError, match="cannot be read as a Parquet file"):
        read_raw(tmp_path / "bad.parquet")


def workbook(path, **sheets):
    """An Excel workbook of rows of text, numbers and days."""
    main, rel = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006",
    )
    kinds, package = f"{rel}/relationships", "http://schemas.openxmlformats.org/package/2006"

    def cell(value):
        if isinstance(value, datetime.date):
            return f'<c s="1"><v>{(value - datetime.date(1899, 12, 30)).days}</v></c>'
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value}</v></c>"

    with zipfile.ZipFile(path, "w") as archive:
        names = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
        root = f'<Relationship Id="w" Type="{kinds}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{root}</Relationships>')
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets>{names}</sheets></workbook>')
        links = "".join(
            f'<Relationship Id="r{i}" Type="{kinds}/worksheet" Target="worksheets/{i}.xml"/>' for i in range(1, len(sheets) + 1)
        )
        links += f'<Relationship Id="s" Type="{kinds}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}">{styles}</styleSheet>')
        for i, rows in enumerate(sheets.values(), 1):
            lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            archive.writestr(f"xl/worksheets/{i}.xml", f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>')
    return path


def test_a_workbook_is_read_as_a_text_file_is(write, tmp_path):
    pytest.importorskip("python_calamine")
    rows = [["n", "code", "day"], [1.5, "02134", DAY], ["", "1", ""], [3, "", DAY]]
    text = read_raw(write("n,code,day\n1.5,02134,2024-01-31\n,1,\n3,,2024-01-31\n"))
    assert read_raw(workbook(tmp_path / "rows.xlsx", Rows=rows, Empty=[])).cells == text.cells
    with pytest.raises(mg.DataError, match="the sheets A and B hold rows, and one must"):
        read_raw(workbook(tmp_path / "two.xlsx", A=rows, B=rows))
    (tmp_path / "bad.xlsx").write_text("no workbook")
    with pytest.raises(mg.DataError, match="cannot be read as an Excel workbook"):
        read_raw(tmp_path / "bad.xlsx")


@pytest.mark.parametrize(("name", "module"), [("rows.parquet", "pyarrow.parquet"), ("rows.xlsx", "python_calamine")])
def test_a_reader_that_is_missing_is_named_with_its_extra(write, monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(mg.MissingPackageError, match=r"pip install 'minigraph\[tables\]'"):
        read_raw(write("", name))


def test_rows_in_memory_are_taken_as_a_frame_or_a_list_of_mappings():
    assert read_raw([{"a": 1, "b": "x"}, {"a": 2}]).cells == {"a": ["1", "2"], "b": ["x", ""]}
    assert read_raw({"a": np.array([1.0, np.nan]), "b": np.array(["2024-01-31", "NaT"], "datetime64[D]")}).cells == {
        "a": ["1", ""],
        "b": ["2024-01-31", ""],
    }
    with pytest.raises(mg.DataError, match="holds a list, and a cell is"):
        one([1, 2])
    with pytest.raises(mg.DataError, match="columns of 1 and 2 rows"):
        read_raw({"a": [1], "b": [1, 2]})
