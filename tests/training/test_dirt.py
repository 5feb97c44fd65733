"""What tables of people's own hold: every kind is read rightly and told, or refused with its place and what to do."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main
from minigraph.cli.fitting import fit_model
from minigraph.training.data.raw import read_raw
from minigraph.training.data.table import NO_LABELS
from minigraph.training.data.tabular import encoded
from minigraph.training.data.transformer import Choices, ColumnTransformer
from minigraph.training.runs.folder import COLUMNS, PARAMETERS, Settings
from models import logistic_regression
from tests.dirt import KINDS, LEARNED, NEXT, outcome

MODEL = str(Path(logistic_regression.__file__))
EVERY = [kind for kinds in KINDS.values() for kind in kinds]
OTHER_WORDS = {"a file that is not there", "a folder"}
"""What the command refuses in words of its own, as it takes the names of examples and folders."""


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def became(kind, read):
    """What a way of reading makes of a kind of dirt."""
    try:
        return outcome(read(kind.file), kind.only)
    except mg.MinigraphError as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.name)
def test_each_kind_of_dirt_is_read_and_told_or_refused(kind, wording):
    if kind.needs and find_spec(kind.needs.partition(".")[0]) is None:
        pytest.skip(f"needs {kind.needs}")
    kind.write(Path())
    if not kind.becomes:
        with pytest.raises((mg.DataError, mg.FileError)) as error:
            mg.data.read_tabular(kind.file, drop=kind.drop, decimal=kind.decimal)
        wording(error.value, kind.name)
    else:
        table = mg.data.read_tabular(kind.file, drop=kind.drop, decimal=kind.decimal)
        assert outcome(table, kind.only) == kind.becomes
        if kind.values is not None:
            x = table.columns.transform(read_raw(kind.file))[0][:, table.columns.features.index("c")]
            assert x[: len(kind.values)].tolist() == list(kind.values)
    # the command train reads it alike
    asked = {name: value for name, value in (("drop", kind.drop), ("decimal", kind.decimal)) if value}
    by_command = became(kind, lambda file: fit_model(MODEL, file, choices=asked).table)
    if kind.name in OTHER_WORDS:
        assert by_command.startswith((f"DataError: {kind.file}", f"FileError: {kind.file}"))
    else:
        assert by_command == became(kind, lambda file: mg.data.read_tabular(file, drop=kind.drop, decimal=kind.decimal))


def test_forty_kinds_are_there_and_each_has_its_name():
    names = [kind.name for kind in (*EVERY, *NEXT)]
    assert len(set(names)) == len(names) - 2  # two are kinds of a first table and of a next one
    assert len(names) > 100


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a training on the table that others come after."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "rows.csv").write_text(LEARNED, encoding="utf-8")
    rows = read_raw(folder / "rows.csv")
    columns = ColumnTransformer.fit(rows, Choices(), "bought")
    columns.save(folder / COLUMNS)
    known = {"classes": ["no", "yes"], "features": list(columns.features), "label": "bought"}
    settings = Settings(
        MODEL,
        str(folder / "rows.csv"),
        1,
        "sgd",
        0.1,
        None,
        0,
        **known,
        sizes={"features": len(columns.features), "classes": 2},
    )
    settings.write(folder)
    logistic_regression.build(features=len(columns.features)).save(folder / PARAMETERS)
    return folder


@pytest.mark.parametrize("kind", NEXT, ids=lambda kind: kind.name)
def test_each_kind_of_dirt_in_later_rows_is_told_or_refused(kind, run, wording, capsys):
    kind.write(Path())
    model = mg.open(run)
    code = main(["predict", str(run), kind.file, "-o", "out.csv"])
    told = capsys.readouterr().err
    if kind.becomes:
        notes = model.read(kind.file).notes
        assert ". Note: ".join(["predicted", *notes]) == kind.becomes
        assert code == 0 and all(f"Note: next.csv: {note}." in told.replace("\n", " ") for note in notes)
        assert len(model.predict(kind.file).values) == Path("out.csv").read_text().count("\n") - 1
    else:
        with pytest.raises(mg.MinigraphError) as error:
            model.predict(kind.file)
        wording(error.value, f"later, {kind.name}")
        assert (code, " ".join(told.split())) == (2, f"Error: {' '.join(str(error.value).split())}")


def test_an_array_of_days_is_read_as_days_and_a_frame_with_lists_as_far_as_it_can():
    days = np.array(["2024-01-31T10:00", "2024-02-01"], "datetime64[ns]")
    assert read_raw({"day": days}).cells == {"day": ["2024-01-31 10:00:00", "2024-02-01"]}
    rows = {"a": [1, 2, 3, 4], "b": [[1], [2], [], [3]], "y": ["u", "v"] * 2}
    assert mg.data.read_tabular(rows, drop=["b"]).columns.features == ("a",)
    with pytest.raises(mg.DataError, match=r"column 2 \(b\): it holds a list.*--drop b"):
        mg.data.read_tabular(rows)


def graph_of_values():
    x, y = mg.Input("x", ("N", 1)), mg.Input("y", ("N",))
    return mg.Graph(loss=mg.MeanSquaredError((x @ mg.Parameter("W", np.ones((1, 1)))).sum(axis=1), y))


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["$1,200,000", "$950,000.50", "$3", "$4"], [1200000, 950000.5, 3, 4]),
        (["1,5", "2,25", "3", "−4"], [1.5, 2.25, 3, -4]),
        (["10 %", "20 %", "30 %", "5 %"], [10, 20, 30, 5]),
    ],
    ids=str,
)
def test_values_to_predict_are_read_as_they_are_written_now_and_later(cells, values, tmp_path):
    table = mg.data.read_tabular({"a": [1, 2, 3, 4], "price": cells}, graph_of_values(), label="price")
    assert sorted([*table.training["y"], *table.validation["y"]]) == sorted(values)
    table.columns.save(tmp_path / "columns.json")
    columns = ColumnTransformer.load(tmp_path / "columns.json")
    assert columns == table.columns
    later = encoded(read_raw({"price": cells[::-1], "a": [1, 2, 3, 4]}), columns, "values")
    assert later["y"].tolist() == values[::-1]


@pytest.mark.parametrize("cells", [["1.200", "950", "3", "4"], ["1 kg", "2 kg", "3 g", "1"], ["$1", "2", "$3", "$4"]], ids=str)
def test_values_to_predict_that_may_be_others_are_refused(cells, refused):
    refused(mg.DataError, lambda: mg.data.read_tabular({"a": [1, 2, 3, 4], "price": cells}, graph_of_values()))


def test_whole_numbers_do_not_tell_how_later_ones_with_a_point_are_written(run):
    """In a row, a list, a table to predict or to measure on; numbers that are no text are what they are."""
    model = mg.open(run)
    row = {"city": "Rome", "price": "950,00 €", "day": "1.2.2024"}
    doubtful = r"\(age\): '1.200' may be 1200 or 1.200.*--decimal , for 1200, --decimal \. for 1.200"
    for ages in (["1.200"], ["31", "1.200"], ["950", "1.200", "2.500"], ["1500", "1.200"]):
        rows = [{**row, "age": age} for age in ages]
        with pytest.raises(mg.DataError, match=doubtful):
            model.predict(rows if len(rows) > 1 else rows[0])
    for ages in ([1.2], ["1.5", "1.200"]):
        x = model.read({name: [cell] * len(ages) for name, cell in row.items()} | {"age": ages})["x"]
        assert x[:, 0].tolist() == list(map(float, ages))
    Path("next.csv").write_text(LEARNED.replace("57,", "1.200,"), encoding="utf-8")
    with pytest.raises(mg.DataError, match=rf"next.csv, line 5, column 1 {doubtful}"):
        model.evaluate("next.csv")
    assert main(["evaluate", str(run), "--data", "next.csv"]) == 2


@pytest.mark.parametrize("learned", [["1.5", "2", "950", "3"], ["0.125", "3.75", "2.500", "1"]], ids=str)
def test_fractions_with_a_point_tell_that_later_ones_have_one(learned):
    table = mg.data.read_tabular({"a": learned, "y": ["u", "v"] * 2})
    assert table.read({"a": ["7.739", "115"]}).ravel().tolist() == [7.739, 115]


def test_a_whole_number_of_a_thousand_without_a_sign_tells_that_points_are_decimal():
    table = mg.data.read_tabular({"a": ["1", "2", "950", "3"], "y": ["u", "v"] * 2})
    assert table.read({"a": ["1500", "7.739"]}).ravel().tolist() == [1500, 7.739]
    with pytest.raises(mg.DataError, match=r"'7\.739' may be 7739 or 7\.739"):
        table.read({"a": ["950", "7.739"]})


def test_a_number_without_the_unit_of_its_column_is_told_how_it_is_written():
    table = mg.data.read_tabular({"a": ["70 %", "65 %", "80 %", "20 %"], "y": ["u", "v"] * 2})
    with pytest.raises(mg.DataError, match=r"'70' is not a number, in %, .* with its unit, as '70 %'"):
        table.read({"a": [70.0]})
    assert table.read({"a": ["70 %"]}).tolist() == [[70]]


@pytest.mark.parametrize("later", [["7.739 kg"], ["7.739 kg", "115 kg"]], ids=str)
def test_whole_numbers_with_a_unit_do_not_tell_it_either(later):
    table = mg.data.read_tabular({"a": ["12 kg", "7 kg", "5 kg", "9 kg"], "y": ["u", "v"] * 2})
    assert table.read({"a": ["7.5 kg", "7.739 kg"]}).ravel().tolist() == [7.5, 7.739]
    with pytest.raises(mg.DataError, match=r"'7.739 kg' may be 7739 or 7\.739"):
        table.read({"a": later})


def test_numbers_that_are_no_text_are_taken_in_the_unit_of_the_column_and_that_is_told():
    table = mg.data.read_tabular({"a": ["12,5 m²", "7 m²", "5 m²", "9 m²"], "y": ["u", "v"] * 2})
    later = encoded(read_raw({"a": [40.5]}), table.columns, NO_LABELS)
    assert later["x"].tolist() == [[40.5]] and later.notes == ("a: its numbers have no unit, and are taken in m²",)
    assert not encoded(read_raw({"a": ["40,5 m²"]}), table.columns, NO_LABELS).notes
    with pytest.raises(mg.DataError, match="'40,5' is not a number, written as 1234,5, in m²"):
        table.read({"a": ["40,5"]})


@pytest.mark.parametrize("values", [["100", "200", "150", "1500"], [100, 200, 150, 1500]], ids=str)
def test_whole_values_to_predict_do_not_tell_it_either(values):
    table = mg.data.read_tabular({"a": [1.5, 2, 3, 4], "price": values}, graph_of_values(), label="price")
    with pytest.raises(mg.DataError, match=r"\(price\): '7.739' may be 7739 or 7.739"):
        encoded(read_raw({"a": [1.5, 2], "price": ["7.739", "115"]}), table.columns, "values")
    assert encoded(read_raw({"a": [1.5], "price": [7.739]}), table.columns, "values")["y"].tolist() == [7.739]


@pytest.mark.parametrize(("decimal", "values"), [(",", [7739, 1.5]), (".", [7.739, 1500])])
def test_the_decimal_sign_that_is_said_holds_for_the_text_of_this_table_and_later_ones(decimal, values, tmp_path):
    other = {",": ".", ".": ","}[decimal]
    rows = {
        "a": [f"2{other}474", "617", "950", "1"],
        "b": ["1", "2", "3", "4"],
        "typed": [1.5, 1.234, 3, 4],
        "weight": [f"1{other}000", "1", f"1{decimal}5", "2"],
        "price": [f"1{other}200", "3", f"4{decimal}5", "5"],
    }
    asked = {"label": "price", "sample_weight": "weight", "decimal": decimal}
    table = mg.data.read_tabular(rows, graph_of_values(), **asked)
    x, y, weights = (np.concatenate([table.training[name], table.validation[name]]) for name in ("x", "y", "sample_weight"))
    assert sorted(x[:, 0]) == [1, 617, 950, 2474] and sorted(x[:, 2]) == [1.234, 1.5, 3, 4]
    assert sorted(y) == [3, 4.5, 5, 1200] and sorted(weights) == [1, 1.5, 2, 1000]
    table.columns.save(tmp_path / "columns.json")
    columns = ColumnTransformer.load(tmp_path / "columns.json")
    assert columns == table.columns
    cells = ["7.739", "1,5" if decimal == "," else "1,500"]
    later = encoded(read_raw({name: cells for name in ("a", "b", "typed", "price")}), columns, "values")
    assert [later["x"][:, i].tolist() for i in range(3)] == [values] * 3 and later["y"].tolist() == values


def test_a_number_among_texts_is_not_read_as_if_it_were_one():
    for number, cell in ((1.5, "1.5"), (1.234, "1.2340"), (-1.234, "-1.2340")):
        rows = {"a": ["2.474", 617, "950", number, "2", "1"], "y": ["u", "v"] * 3}
        with pytest.raises(mg.DataError, match=rf"'{cell}' is not a number, written as 1\.234,5"):
            mg.data.read_tabular(rows, decimal=",")


def test_values_to_predict_with_points_beside_decimal_commas_are_refused():
    rows = {"a": ["1,5", "2,5", "3,5", "4,5"], "price": ["1.200", "2.300", "1.250", "1.000"]}
    with pytest.raises(mg.DataError, match=r"\(price\): '1.200' may be 1200 or 1.200"):
        mg.data.read_tabular(rows, graph_of_values(), label="price")


def test_numbers_that_are_no_text_are_never_taken_for_thousands():
    table = mg.data.read_tabular({"a": [1.234, 950, 3.125, 7], "y": ["u", "v"] * 2})
    assert sorted(np.concatenate([table.training["x"], table.validation["x"]]).ravel()) == [1.234, 3.125, 7, 950]
    assert table.read({"a": [1.25]}).tolist() == [[1.25]] and table.read({"a": ["1.5"]}).tolist() == [[1.5]]
    with pytest.raises(mg.DataError, match=r"'1.250' may be 1250 or 1.250"):
        table.read({"a": ["1.250"]})  # they do not show how texts are written


def test_what_a_refusal_of_numbers_says_to_write_is_read():
    units = {"a": ["R$ 3.468", "R$ 950", "R$ 12", "R$ 4"], "y": ["u", "v"] * 2}
    with pytest.raises(mg.DataError, match=r"as R\$ 3468 or R\$ 3\.4680, or"):
        mg.data.read_tabular(units)
    assert mg.data.read_tabular({**units, "a": ["R$ 3468", *units["a"][1:]]}).columns.describe()[0][1] == "number, in R$"
    areas = {"a": ["85 m2", "52 m2", "40 m2", "61 m2"], "y": ["u", "v"] * 2}
    assert mg.data.read_tabular(areas).columns.describe()[0][1] == "number, in m2"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["50 m²", "n/d", "60 m²", "n/d"], r"row 1, .*'n/d' is not a number, as in 2 rows\. Correct it, or leave it blank"),
        (["60-70 m²", "60-70 m²", "60-70 m²", "1 m²"], r"row 0, .*'60-70 m²' is not a number, as in [23] rows\. Correct it"),
    ],
)
def test_a_column_that_is_to_be_numbers_names_the_cell_that_is_none(cells, told):
    with pytest.raises(mg.DataError, match=told):
        mg.data.read_tabular({"a": cells, "y": ["u", "v"] * 2}, numbers=["a"])


def test_a_decimal_sign_that_is_none_is_refused(refused):
    refused(mg.GraphError, lambda: mg.data.read_tabular({"a": [1, 2], "y": ["u", "v"]}, decimal="'"))


def test_names_of_classes_stay_as_they_are_written():
    table = mg.data.read_tabular({"a": [1, 2, 3, 4], "size": ["1 kg", "500 g", "1 kg", "500 g"]})
    assert table.training.classes == ("1 kg", "500 g")


@pytest.mark.parametrize("header", ["a;b;c\n", ""], ids=["header", "no header"])
def test_decimal_commas_part_no_cells_where_semicolons_do(header, tmp_path):
    rows = [f"{i},5;{i + 7},25;{'uv'[i % 2]}" for i in range(12)]
    (tmp_path / "rows.csv").write_text("\n".join(["a;b;c", *rows]))
    table = mg.data.read_tabular(tmp_path / "rows.csv")
    (tmp_path / "next.csv").write_text(header.removesuffix(";c\n") + "\n" * bool(header) + "1,5;2,25\n2,5;3,75")
    assert table.read(tmp_path / "next.csv").tolist() == [[1.5, 2.25], [2.5, 3.75]]


def test_whole_numbers_are_known_to_be_so_without_a_look_at_each_cell(tmp_path):
    for name, point in (("whole.csv", ""), ("points.csv", ".0")):
        (tmp_path / name).write_text("\n".join(["a,b", *(f"{1000 + i},{i}{point}" for i in range(9))]))
    whole, points = (read_raw(tmp_path / name) for name in ("whole.csv", "points.csv"))
    assert whole.digits == {"a", "b"} == set(whole.take([1, 2]).digits) and not points.digits
    for name, said in (("whole.csv", ","), ("whole.csv", ""), ("points.csv", "")):
        learned = mg.data.read_tabular(tmp_path / name, decimal=said, label="b").columns.kinds["a"]
        assert learned.notation == ((",", ".", "") if said else ("", "", "")), (name, said)


def test_a_name_that_begins_with_a_number_is_no_row(tmp_path):
    (tmp_path / "rows.csv").write_text("1stFloor,2ndFloor,y\n3,4,u\n5,6,v\n7,8,u\n9,1,v")
    assert [*mg.data.read_tabular(tmp_path / "rows.csv").columns.kinds] == ["1stFloor", "2ndFloor"]
