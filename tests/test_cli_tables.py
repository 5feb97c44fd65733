"""Somebody's table from the command line: its columns, found, chosen and told, in training and after it."""

import csv
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main

ROOT = Path(__file__).parent.parent
MODEL = str(ROOT / "models/logistic_regression.py")
TRAIN = ["--epochs", "30", "--optimizer", "adam", "--lr", "0.1", "--standardize"]


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])


def customers(path, rows, seed):
    """A table with its dirt: ids, categories, blanks, codes, dates, and the label in the middle."""
    rng = random.Random(seed)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer", "city", "age", "zip", "signup", "churned", "plan"])
        for i in range(rows):
            age = rng.choice(["", 20, 30, 40, 50])
            plan = rng.choice(["basic", "pro", ""])
            day = f"2024-0{rng.randint(1, 9)}-1{i % 9}"
            writer.writerow(
                [f"C{i}", rng.choice(["Rome", "Oslo"]), age, rng.choice(["02134", "10115"]), day, "yes" if plan else "no", plan]
            )


def out_of(capsys, *arguments, code=0):
    capsys.readouterr()
    assert main(list(map(str, arguments))) == code
    return capsys.readouterr()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("customers")
    customers(folder / "customers.csv", 120, seed=0)
    data, out = str(folder / "customers.csv"), str(folder / "run")
    assert main(["train", MODEL, "--data", data, "--label", "churned", "--drop", "customer", *TRAIN, "--out", out]) == 0
    return folder


def test_the_columns_are_told_in_one_table_before_the_training(capsys):
    customers("customers.csv", 120, seed=0)
    train = ["train", MODEL, "--data", "customers.csv", "--label", "churned", "--drop", "customer", *TRAIN]
    lines = [line.rstrip() for line in out_of(capsys, *train, "--out", "run").out.splitlines()]
    assert lines[:8] == [
        "Columns of customers.csv, 90 rows for training and 30 for validation:",
        "city      2 categories",
        "age       number; blanks → median 30, and a feature that tells them",
        "zip       2 categories",
        lines[4],
        "plan      2 categories, and one for blanks",
        "customer  left out, as asked",
        "churned   label, 2 classes: no and yes",
    ]
    assert lines[4].startswith("signup    date → 4 features: year, month, weekday, days since 2024-01-1")


def test_a_table_is_learned_by_the_plain_command(capsys):
    """Standardised, as numbers of years beside zeros and ones must be, in mini-batches, until the validation loss stays."""
    customers("customers.csv", 200, seed=0)
    train = ["train", MODEL, "--data", "customers.csv", "--label", "churned", "--drop", "customer"]
    told = out_of(capsys, *train, "--out", "run").out
    assert "Numbers are brought to mean 0 and deviation 1 (--no-standardize leaves them)." in told
    assert "validation accuracy 100.0%" in told and "the best of " in told
    chosen = ("optimizer", "lr", "batch_size", "early_stopping", "standardize")
    assert [json.loads(Path("run/config.json").read_text())[name] for name in chosen] == ["adam", 0.001, 32, 20, True]
    assert mg.open("run").graph.variables["x.deviation"].value[0] == 1  # a category's
    told = out_of(capsys, *train, "--no-standardize", "--epochs", "3", "--out", "as they are").out
    assert "Numbers are as they are." in told and len(Path("as they are/log.jsonl").read_text().splitlines()) == 3
    assert "x.mean" not in mg.open("as they are").graph.variables
    assert main(["train", str(ROOT / "models/two_layer.py"), "--epochs", "1", "--out", "moons"]) == 0
    assert [json.loads(Path("moons/config.json").read_text())[name] for name in chosen] == ["sgd", 0.1, None, None, False]


def test_evaluate_and_predict_take_the_table_as_it_is(trained, capsys):
    log = [json.loads(line) for line in (trained / "run/log.jsonl").read_text().splitlines()]
    assert f"accuracy {log[-1]['validation accuracy']:.1%}" in out_of(capsys, "evaluate", trained / "run").out
    customers("new.csv", 9, seed=7)
    told = out_of(capsys, "evaluate", trained / "run", "--data", "new.csv")
    assert "accuracy 100.0%" in told.out and told.err == ""
    predicted = out_of(capsys, "predict", trained / "run", "new.csv")
    with open("new.csv", newline="") as file:
        labels = [[row["customer"], row["churned"]] for row in csv.DictReader(file)]
    assert predicted.out.splitlines()[0] == "customer,prediction,probability of no,probability of yes"
    assert [line.split(",")[:2] for line in predicted.out.splitlines()[1:]] == labels


def test_rows_of_a_table_of_numbers_alone_are_predicted_with_what_numbers_them(capsys):
    rows = "".join(f"{100 + i},{i % 7},{i % 3},{'ab'[i % 2]}\n" for i in range(40))
    Path("numbers.csv").write_text(f"id,u,v,label\n{rows}")
    assert main(["train", MODEL, "--data", "numbers.csv", "--epochs", "1", "--out", "run"]) == 0
    Path("new.csv").write_text("v,id,u\n1,7a,2\n2,8b,3\n")
    predicted = out_of(capsys, "predict", "run", "new.csv").out.splitlines()
    assert predicted[0] == "id,prediction,probability of a,probability of b"
    assert [line.split(",")[0] for line in predicted[1:]] == ["7a", "8b"]
    assert mg.open("run").predict({"u": 2, "v": 1, "id": "9c"}).records()[0]["id"] == "9c"


def test_a_category_that_is_new_is_told_and_a_mistake_is_refused(trained, capsys):
    Path("new.csv").write_text("age,city,zip,signup,plan\n20,Bern,02134,2024-03-01,pro\n")
    told = out_of(capsys, "predict", trained / "run", "new.csv", "-o", "out.csv")
    assert told.err == "Note: new.csv: city: 1 row has what no training row had, 'Bern': taken for none of its values.\n"
    Path("new.csv").write_text("age,city,zip,signup,plan\nold,Rome,02134,2024-03-01,pro\n")
    wrong = out_of(capsys, "predict", trained / "run", "new.csv", code=2).err
    assert wrong == "Error: new.csv, line 2, column 1 (age): 'old' is not a number. Correct it, or leave it blank.\n"
    Path("new.csv").write_text("age,city,zip,signup\n20,Rome,02134,2024-03-01\n")
    assert (
        "there is no column 'plan', which the model was trained on"
        in out_of(capsys, "predict", trained / "run", "new.csv", code=2).err
    )


def test_the_folder_is_opened_in_python_with_rows_as_the_table_has_them(trained):
    model = mg.open(trained / "run")
    row = {"city": "Rome", "age": None, "zip": "02134", "signup": "2024-03-01", "plan": ""}
    assert model.predict([row, {**row, "plan": "pro"}]).values.tolist() == ["no", "yes"]
    assert model.predict(row).values.tolist() == ["no"]
    log = [json.loads(line) for line in (trained / "run/log.jsonl").read_text().splitlines()]
    np.testing.assert_allclose(model.evaluate()["loss"], log[-1]["validation loss"], rtol=1e-6)


def test_a_training_on_a_table_is_resumed_with_the_columns_it_has(capsys):
    customers("customers.csv", 120, seed=0)
    choose = ["--data", "customers.csv", "--label", "churned", "--drop", "customer"]
    assert main(["train", MODEL, *choose, *TRAIN, "--out", "whole"]) == 0
    assert main(["train", MODEL, *choose, *TRAIN, "--epochs", "1", "--out", "broken"]) == 0
    wrong = out_of(capsys, "train", MODEL, "--out", "broken", "--resume", "--drop", "customer,zip", code=2).err
    assert "was trained with --label churned --drop customer: leave --drop customer,zip out" in wrong
    assert main(["train", MODEL, "--out", "broken", "--resume", "--epochs", "30"]) == 0
    assert Path("whole/model.safetensors").read_bytes() == Path("broken/model.safetensors").read_bytes()
    assert "--label churned --drop customer" not in out_of(capsys, "compare", "whole", "broken").out


@pytest.mark.parametrize("header", ["a,b,y\n", ""], ids=["header", "no header"])
def test_rows_without_a_label_are_left_out_by_train_and_evaluate(header, capsys):
    """Of tables of numbers too, which are read by another way than those with text."""
    rows = [f"{i % 7}.5,{i % 5},{'no' if i % 2 else 'yes'}" for i in range(40)]
    Path("clean.csv").write_text(header + "\n".join(rows))
    Path("blank.csv").write_text(
        header + "\n".join(row if i % 10 else row[: row.rindex(",") + 1] for i, row in enumerate(rows))
    )
    note = f"4 rows without a label are left out, the first in line {1 + bool(header)}."
    trained = out_of(capsys, "train", MODEL, "--data", "blank.csv", "--epochs", "1", "--out", "run", "--no-pictures")
    assert f"{note}\n" in trained.err
    assert "loss" in out_of(capsys, "evaluate", "run").out
    out_of(capsys, "train", MODEL, "--data", "clean.csv", "--epochs", "1", "--out", "clean", "--no-pictures")
    told = out_of(capsys, "evaluate", "clean", "--data", "blank.csv")
    assert told.err.startswith(f"Note: blank.csv: {note}\n") and "loss" in told.out
    assert mg.data.read("blank.csv").rows == 36 and repr(mg.data.read("blank.csv")).endswith(f"; {note[:-1]}")


def test_a_model_that_takes_another_number_of_features_is_told_what_to_do(capsys):
    customers("customers.csv", 60, seed=0)
    fixed = ["train", f"{ROOT}/models/mlp.py:fashion", "--data", "customers.csv", "--label", "churned", "--drop", "customer"]
    assert "and the model takes 784. Give build() a parameter called features" in out_of(capsys, *fixed, code=2).err


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--label", "churn"], "there is no column 'churn' for --label: it has"),
        (["--label", "churned"], "--drop customer, or take it as a category all the same with --categories customer"),
        (["--label", "churned", "--drop", "customer", "--missing", "error"], "(age): the cell is empty. Fill it in"),
        (["--missing", "drop"], "--missing is fill or error, not 'drop'"),
        (["--drop", "a,,b"], "--drop 'a,,b' is no list of columns"),
        (["--drop", "plan", "--dates", "plan"], "is named by --drop and by --dates"),
    ],
    ids=str,
)
def test_a_choice_that_cannot_be_is_refused(capsys, options, what):
    customers("customers.csv", 60, seed=0)
    assert what in out_of(capsys, "train", MODEL, "--data", "customers.csv", *options, code=2).err


def test_columns_of_what_is_no_table_are_refused(capsys):
    assert (
        "--drop a: moons is no table with a header"
        in out_of(capsys, "train", MODEL, "--data", "moons", "--drop", "a", code=2).err
    )


def test_a_mistyped_file_is_told_with_the_nearest_name_though_columns_are_asked_for(capsys):
    customers("customers.csv", 60, seed=0)
    refused = out_of(capsys, "train", MODEL, "--data", "customer.csv", "--label", "bought", code=2).err
    assert "customer.csv is neither" in refused and "Did you mean 'customers.csv'?" in refused


def test_predict_tells_where_its_rows_are_given(capsys):
    assert "minigraph predict DIR FILE" in out_of(capsys, "predict", "out/x", "--data", "customers.csv", code=2).err


def test_all_columns_that_are_refused_are_told_a_line_each(capsys):
    rows = [f"{i},t{i},{'x' if i == 30 else i},{i % 2}" for i in range(60)]
    Path("rows.csv").write_text("n,note,size,y\n" + "\n".join(rows))
    told = out_of(capsys, "train", MODEL, "--data", "rows.csv", code=2).err.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "Error",
        "  rows.csv, column 2 (note)",
        "  rows.csv, line 32, column 3 (size)",
        "  All of them are left out with",
        "  --drop note,size",
    ]
    out_of(capsys, "train", MODEL, "--data", "rows.csv", *told[-1].split(), "--epochs", "1", "--no-pictures")


def test_a_training_over_another_leaves_no_columns_of_it():
    customers("customers.csv", 60, seed=0)
    choose = ["--data", "customers.csv", "--label", "churned", "--drop", "customer"]
    assert main(["train", MODEL, *choose, *TRAIN, "--out", "run"]) == 0 and Path("run/columns.json").is_file()
    assert main(["train", MODEL, "--epochs", "1", "--out", "run", "--overwrite"]) == 0
    assert not Path("run/columns.json").exists()


def test_the_other_commands_take_the_folder_too(trained, capsys):
    assert "loss.png" in out_of(capsys, "plot", trained / "run").out
    customers("customers.csv", 60, seed=0)
    choose = ["--data", "customers.csv", "--label", "churned", "--drop", "customer", "--standardize"]
    assert main(["train", MODEL, *choose, "--epochs", "2", "--out", "run"]) == 0
    assert "city" not in out_of(capsys, "explain", "run", "--text", "--rows", "2").err
    for data in ([], ["--data", "customers.csv"]):
        told = out_of(capsys, "check", "run", *data)
        assert told.out.endswith("Every rule is right.\n") and "taken for the label" not in told.err
        assert out_of(capsys, "explain", "run", "--text", "--rows", "2", *data).out
    assert out_of(capsys, "draw", "run", "--format", "dot").out == "Written to run/circuit.dot\n"
    assert "--set a=1" in out_of(capsys, "draw", "run", "--set", "a=1", code=2).err


@pytest.mark.parametrize("command", [["check"], ["explain", "--text"], ["evaluate"]], ids=lambda command: command[0])
def test_the_column_that_is_taken_for_the_label_unasked_is_told(command, capsys):
    """Where it is called label or y, it goes without saying."""
    name, *options = command
    for label, told in ("plan", True), ("y", False):
        Path("rows.csv").write_text(
            f"a,b,{label}\n" + "".join(f"{i % 7}.5,{i % 5},{'no' if i % 2 else 'yes'}\n" for i in range(40))
        )
        said = out_of(capsys, name, MODEL, "--data", "rows.csv", *options).err
        assert ("Note: rows.csv: the last column, 'plan', is taken for the label." in said) == told


def test_whole_numbers_of_a_table_of_numbers_are_kept_with_the_run_too(capsys):
    Path("rows.csv").write_text("\n".join(["km,size,y", *(f"{i % 9 + 100},{i % 7}.5,{i % 2}" for i in range(40)), ""]))
    out_of(capsys, "train", MODEL, "--data", "rows.csv", "--epochs", "1", "--no-pictures", "--out", "run")
    for cell in ("7.739", '"7,739"'):
        Path("next.csv").write_text(f"km,size\n{cell},1.5\n")
        said = out_of(capsys, "predict", "run", "next.csv", code=2).err.replace("\n", " ")
        assert f"'{cell.strip(chr(34))}' may be 7739 or 7.739" in said
    assert mg.open("run").read({"km": [7.739], "size": [1.0]})["x"].tolist() == [[7.739, 1]]
    Path("run/columns.json").unlink()
    assert "run holds no columns.json" in out_of(capsys, "predict", "run", "next.csv", code=2).err.replace("\n", " ")


def test_the_decimal_sign_that_train_is_told_is_kept_with_the_run(capsys):
    lines = [f"{i % 9 + 1}.474;{i % 7},5;{'yes' if i % 2 else 'no'}" for i in range(40)]
    Path("rows.csv").write_text("\n".join(["km;size;y", *lines, "617;1,5;no", ""]))
    Path("next.csv").write_text("km;size\n7.739;1,5\n")
    train = ["train", MODEL, "--data", "rows.csv", "--epochs", "1", "--no-pictures", "--out", "run"]
    assert "train with --decimal , for" in out_of(capsys, *train, code=2).err.replace("\n", " ")
    assert "--decimal is , or ., not ';'" in out_of(capsys, *train, "--decimal", ";", code=2).err
    assert "km and size  number, written as 1.234,5" in out_of(capsys, *train, "--decimal", ",").out
    assert mg.open("run").read("next.csv")["x"].tolist() == [[7739, 1.5]]
    assert json.loads(Path("run/config.json").read_text())["table"] == {"decimal": ","}
    out_of(capsys, "predict", "run", "next.csv")
