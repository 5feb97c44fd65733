"""Trainings from the command line: stopped, resumed, evaluated, used and compared."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main
from minigraph.cli.rows import rows_to_evaluate
from minigraph.interop.files import FolderLock
from minigraph.training.data import digits, moons
from minigraph.training.loop.evaluation import confusions, evaluate
from minigraph.training.metrics import plots
from minigraph.training.runs.building import load_model

ROOT = Path(__file__).parent.parent
MODEL = str(ROOT / "models/two_layer.py")
REGRESSION = """import numpy as np
import minigraph as mg

def build():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", np.zeros((2, 1)))
    value = (x @ W).reshape(-1)
    return mg.Graph(loss=((value - y) ** 2).mean(), value=value)
"""


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """A training on a table of one's own: its folder, run/, and its table, flowers.csv."""
    folder = tmp_path_factory.mktemp("flowers")
    rng = np.random.default_rng(0)
    rows = [f"{x:.3f},{y:.3f},{'rose' if x > 0 else 'tulip'}" for x, y in rng.normal(size=(60, 2))]
    (folder / "flowers.csv").write_text("\n".join(["length,width,kind", *rows, ""]))
    out, data = str(folder / "run"), str(folder / "flowers.csv")
    assert main(["train", MODEL, "--data", data, "--epochs", "40", "--optimizer", "adam", "--lr", "0.01", "--out", out]) == 0
    return folder


def told(capsys, *arguments):
    """The one line on the standard error that a wrong use gets, with exit code 2."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err.removesuffix("\n")


def said(capsys, *arguments):
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 0
    return capsys.readouterr().out


@pytest.mark.needs("cc")
def test_a_training_takes_an_engine_and_its_folder_remembers_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    train = ["train", MODEL, "--epochs", "3", "--out"]
    assert main([*train, "c", "--engine", "c"]) == 0 and main([*train, "numpy"]) == 0
    assert [json.loads(Path(out, "config.json").read_text())["engine"] for out in ("c", "numpy")] == ["c", "numpy"]
    assert len(list((tmp_path / "cache/minigraph/loops").iterdir())) > 0
    losses = [[json.loads(line)["loss"] for line in Path(out, "log.jsonl").read_text().splitlines()] for out in ("c", "numpy")]
    assert np.allclose(*losses, rtol=1e-5)


def test_an_engine_that_there_is_not_is_told(capsys, wording):
    wording(told(capsys, "train", MODEL, "--engine", "C"))


@pytest.mark.slow
def test_the_folder_holds_what_was_asked_for_and_how_it_went(flowers):
    config = json.loads((flowers / "run/config.json").read_text())
    asked = {"data": "../flowers.csv", "epochs": 40, "optimizer": "adam", "lr": 0.01, "batch_size": 32, "seed": 0}
    assert asked.items() <= config.items()
    assert config["classes"] == ["rose", "tulip"] and config["features"] == ["length", "width"]
    log = [json.loads(line) for line in (flowers / "run/log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in log] == list(range(1, 41))
    assert log[-1]["validation loss"] < log[0]["validation loss"]


@pytest.mark.slow
def test_a_training_that_is_resumed_ends_as_one_without_a_break():
    short = ["train", MODEL, "--batch-size", "64", "--optimizer", "adam", "--out"]
    assert main([*short, "whole", "--epochs", "6"]) == 0
    assert main([*short, "broken", "--epochs", "3"]) == 0
    assert main(["train", MODEL, "--out", "broken", "--resume", "--epochs", "6"]) == 0
    assert Path("whole/model.safetensors").read_bytes() == Path("broken/model.safetensors").read_bytes()
    assert Path("broken/log.jsonl").read_text().count("\n") == 6


@pytest.mark.slow
def test_a_training_is_not_overwritten_unless_asked(capsys, wording):
    train = ["train", MODEL, "--epochs", "2", "--out", "run"]
    assert main(train) == 0
    before = Path("run/checkpoint.safetensors").read_bytes()
    wording(told(capsys, *train))
    assert Path("run/checkpoint.safetensors").read_bytes() == before
    assert main([*train, "--overwrite"]) == 0


def test_a_training_that_cannot_start_leaves_the_one_before(flowers, capsys):
    assert main(["train", MODEL, "--epochs", "2", "--out", "run"]) == 0
    before = Path("run/checkpoint.safetensors").read_bytes()
    Path("wide.csv").write_text("1,2,inf,0\n4,5,6,1\n" * 40)
    assert "'inf' is not a finite number" in told(capsys, "train", MODEL, "--data", "wide.csv", "--out", "run", "--overwrite")
    assert Path("run/checkpoint.safetensors").read_bytes() == before
    told(capsys, "train", MODEL, "--data", "wide.csv", "--out", "other")
    assert not Path("other").exists()


@pytest.mark.parametrize(
    ("option", "value", "was"),
    [("seed", "4", "--seed 0"), ("optimizer", "sgd", "--optimizer adam"), ("data", "moons", "--data {data}")],
    ids=["seed", "optimizer", "data"],
)
def test_a_training_is_resumed_with_the_settings_it_has(flowers, capsys, option, value, was, wording):
    run = flowers / "run"
    message = told(capsys, "train", MODEL, "--out", run, "--resume", f"--{option}", value)
    before = json.loads((run / "config.json").read_text())["data"]
    data = Path(re.search(r"--data (\S+):", message)[1]).resolve() if option == "data" else before
    assert option != "data" or data == (flowers / "flowers.csv").resolve()
    found = was if option != "data" else re.search(r"(--data \S+):", message)[1]
    assert message.startswith(f"Error: {run} was trained with {found}: leave --{option} {value} out")
    wording(message.replace(str(flowers), "FLOWERS").replace(found, "WAS"))


@pytest.mark.slow
def test_a_column_that_numbers_the_rows_is_left_out_and_told(capsys):
    rows = [f"{i},{i * 3 % 7},{i * 5 % 11},{'early' if i < 20 else 'late'}" for i in range(40)]
    Path("numbered.csv").write_text("\n".join([",x1,x2,kind", *rows, ""]))
    assert main(["train", MODEL, "--data", "numbered.csv", "--epochs", "2", "--out", "run"]) == 0
    assert "column 1   left out: it numbers the rows (called otherwise, it is a feature)" in capsys.readouterr().out
    assert json.loads(Path("run/config.json").read_text())["features"] == ["x1", "x2"]
    assert main(["evaluate", "run", "--data", "numbered.csv"]) == 0
    assert "left out" not in capsys.readouterr().err
    Path("new.csv").write_text("x2,x1\n1,2\n")
    assert main(["predict", "run", "new.csv"]) == 0 and capsys.readouterr().err == ""


@pytest.mark.slow
def test_times_are_learned_from_and_predicted_with_all_their_digits(capsys):
    rows = [f"{1_700_000_000 + i},{i * 7 % 10},{'early' if i < 50 else 'late'}" for i in range(100)]
    Path("times.csv").write_text("\n".join(["time,other,kind", *rows, ""]))
    train = ["train", MODEL, "--data", "times.csv", "--epochs", "300", "--optimizer", "adam", "--lr", "0.05", "--out", "run"]
    assert "mg.data.standardized(graph, data), or --standardize" in told(capsys, *train, "--no-standardize")
    assert not Path("run").exists() and main(train) == 0
    Path("later.csv").write_text("\n".join(["other,time", "3,1700000010", "3,1700000040", "3,1700000060", "3,1700000090"]))
    said(capsys, "predict", "run", "later.csv", "-o", "predicted.csv")
    assert re.findall("^(early|late)", Path("predicted.csv").read_text(), re.MULTILINE) == ["early", "early", "late", "late"]
    assert float(re.search(r"accuracy (\S+)%", said(capsys, "evaluate", "run", "--data", "times.csv"))[1]) >= 98
    assert main(["plot", "run"]) == 0


@pytest.mark.slow
def test_features_are_standardised_by_statistics_that_are_kept_with_the_model(capsys, wording):
    rng = np.random.default_rng(0)
    rows = [f"{1000 + x:.3f},{y / 1000:.6f},{'rose' if x > 0 else 'tulip'}" for x, y in rng.normal(size=(80, 2))]
    Path("flowers.csv").write_text("\n".join(["length,width,kind", *rows, ""]))
    train = ["train", MODEL, "--data", "flowers.csv", "--epochs", "60", "--optimizer", "adam", "--lr", "0.01", "--out"]
    assert main([*train, "run"]) == 0
    assert float(re.search(r"validation accuracy ([\d.]+)%", capsys.readouterr().out)[1]) > 90
    Path("new.csv").write_text("length,width\n1001,0\n999,0\n")
    assert re.findall("^(rose|tulip)", said(capsys, "predict", "run", "new.csv"), re.MULTILINE) == ["rose", "tulip"]
    assert main(["train", MODEL, "--out", "run", "--resume", "--epochs", "61"]) == 0
    assert main([*train, "plain", "--no-standardize"]) == 0
    wording(told(capsys, "train", MODEL, "--out", "plain", "--resume", "--standardize"))
    wording(told(capsys, "train", MODEL, "--out", "run", "--resume", "--no-standardize"))


@pytest.mark.slow
def test_event_files_are_written_where_they_are_asked_for(capsys):
    text = said(capsys, "train", MODEL, "--epochs", "2", "--out", "run", "--tensorboard")
    assert "events " in text and len(list(Path("run/events").iterdir())) == 1
    assert main(["train", MODEL, "--out", "run", "--resume", "--epochs", "3"]) == 0
    assert len(list(Path("run/events").iterdir())) == 2


def content(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("option", [(), ("--resume",), ("--overwrite",)], ids=["anew", "--resume", "--overwrite"])
def test_a_folder_that_is_trained_into_is_read_and_not_trained_into_again(option, capsys, wording):
    assert main(["train", MODEL, "--epochs", "2", "--out", "run"]) == 0
    before = content("run")
    with FolderLock("run"):
        message = told(capsys, "train", MODEL, "--epochs", "3", "--lr", "0.2", "--out", "run", *option)
        wording(message)
        assert content("run") == before
        for command in ("plot", "evaluate", "compare"):
            said(capsys, command, "run")


@pytest.mark.slow
def test_a_training_that_is_written_over_leaves_nothing_of_itself():
    assert main(["train", MODEL, "--epochs", "3", "--out", "run"]) == 0
    assert main(["train", MODEL, "--epochs", "2", "--lr", "0.2", "--out", "run", "--overwrite"]) == 0
    assert main(["train", MODEL, "--epochs", "2", "--lr", "0.2", "--out", "new"]) == 0
    for name in ("checkpoint", "best", "model"):
        assert Path(f"run/{name}.safetensors").read_bytes() == Path(f"new/{name}.safetensors").read_bytes()
    assert json.loads(Path("run/config.json").read_text())["lr"] == 0.2
    assert Path("run/log.jsonl").read_text().count("\n") == 2


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_training_and_says_how_to_go_on(number, code):
    command = [sys.executable, "-m", "minigraph", "train", MODEL, "--epochs", "1000000", "--out", "a run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while not (Path("a run/log.jsonl").is_file() and Path("a run/log.jsonl").stat().st_size):
            assert time.monotonic() < deadline and running.poll() is None
            time.sleep(0.05)
        running.send_signal(number)
        out, error = running.communicate(timeout=60)
    assert running.returncode == code
    assert out == ""
    assert re.search(r"^Saved in a run, with \d+ of 1000000 epochs done. To go on:$", error, re.MULTILINE)
    assert error.endswith(f"\nminigraph train {MODEL} --out 'a run' --resume\nStopped.\n")
    done = int(re.search(r"with (\d+) of", error)[1])
    assert main(["train", MODEL, "--out", "a run", "--resume", "--epochs", str(done + 1)]) == 0


def test_a_run_is_evaluated_on_its_validation_set(flowers, capsys):
    last = json.loads((flowers / "run/log.jsonl").read_text().splitlines()[-1])
    text = said(capsys, "evaluate", flowers / "run")
    assert f"accuracy {last['validation accuracy']:.1%}" in text
    assert re.search(r"^labels down, taken for across\n +rose +tulip *$", text, re.MULTILINE)
    counts = [int(count) for line in text.splitlines()[-2:] for count in line.split()[1:]]
    assert sum(counts) == 15


def test_a_model_that_answers_the_same_for_every_row_is_told(flowers, capsys, wording):
    Path("more.csv").write_text("length,width,kind\n2,0,rose\n3,1,rose\n4,1,tulip\n")
    capsys.readouterr()
    assert main(["evaluate", str(flowers / "run"), "--data", "more.csv"]) == 0
    output = capsys.readouterr()
    assert "\nlargest class 66.7%, rose\nbalanced accuracy 50.0%\nF1 0.000 of tulip\n" in output.out
    wording(output.err.strip())


@pytest.mark.slow
def test_prices_are_learned_standardised_and_told_in_their_own_unit(capsys):
    Path("houses.py").write_text(REGRESSION.replace(", dtype=np.int64", ""))
    rng = np.random.default_rng(0)
    lines = [f"{x},{z},{200_000 + 50_000 * x + 9_000 * z:.0f}" for x, z in rng.normal(size=(80, 2)).round(3)]
    Path("houses.csv").write_text("\n".join(["size,rooms,price", *lines, ""]))
    train = ["train", "houses.py", "--data", "houses.csv", "--optimizer", "adam", "--lr", "0.1", "--epochs", "200"]
    text = said(capsys, *train, "--standardize", "--out", "run")
    figures = dict(re.findall(r"^validation (RMSE|MAE|R²) (\S+)(?: of price)?$", text, re.MULTILINE))
    assert 0.0 < float(figures["MAE"]) <= float(figures["RMSE"]) < 1000 and float(figures["R²"]) > 0.999
    again = said(capsys, "evaluate", "run")
    assert all(f"\n{name} {figure}" in again for name, figure in figures.items())
    Path("new.csv").write_text("size,rooms\n1,1\n")
    assert np.isclose(float(said(capsys, "predict", "run", "new.csv").split()[1]), 259_000, rtol=0.01)
    assert np.isclose(mg.open("run").evaluate()["RMSE"], float(figures["RMSE"]), rtol=1e-3)


def test_the_labels_of_other_rows_are_numbered_as_in_training(flowers, capsys, wording):
    Path("more.csv").write_text("length,width,kind\n2,0,rose\n-2,0,tulip\n3,1,rose\n")
    assert "accuracy 100.0%" in said(capsys, "evaluate", flowers / "run", "--data", "more.csv")
    model = mg.open(flowers / "run")
    model = mg.TrainedModel(flowers / "run", model.graph, replace(model.settings, classes=["iris", "rose", "tulip"]))
    rows = rows_to_evaluate("more.csv", model.graph, model)
    assert list(rows["y"]) == [1, 2, 1] and rows.classes == ("iris", "rose", "tulip")
    Path("more.csv").write_text("length,width,kind\n2,0,rose\n-2,0,tulipp\n")
    wording(told(capsys, "evaluate", flowers / "run", "--data", "more.csv"))


def test_a_model_is_judged_with_parameters_of_ones_choice(flowers, capsys, wording):
    best = flowers / "run/best.safetensors"
    untrained = said(capsys, "evaluate", MODEL, "--data", "moons")
    assert said(capsys, "evaluate", MODEL, "--data", "moons", "--parameters", best) != untrained
    wording(told(capsys, "evaluate", MODEL))


def test_the_classes_of_new_rows_are_predicted_into_a_table(flowers, capsys):
    Path("new.csv").write_text("length,width\n2,0\n-2,0.5\n")
    assert said(capsys, "predict", flowers / "run", "new.csv", "-o", "out.csv") == "Written to out.csv: 2 rows\n"
    with open("out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["prediction"] for row in rows] == ["rose", "tulip"]
    assert all(np.isclose(float(row["probability of rose"]) + float(row["probability of tulip"]), 1) for row in rows)
    assert said(capsys, "predict", flowers / "run", "new.csv") == Path("out.csv").read_text()
    Path("new.csv").write_text("kind,width,length\nrose,0,2\ntulip,0.5,-2\n")
    assert said(capsys, "predict", flowers / "run", "new.csv") == Path("out.csv").read_text()


def noted(capsys, *arguments):
    """What a command that went well said on the standard error."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 0
    return capsys.readouterr().err


def test_columns_that_the_model_does_not_know_are_told(flowers, capsys):
    Path("new.csv").write_text("id,kind,width,length\n1,rose,0,2\n")
    assert noted(capsys, "predict", flowers / "run", "new.csv", "-o", "out.csv") == (
        "Note: new.csv: the column 'id' is no feature of the model and was left out.\n"
    )
    Path("more.csv").write_text("width,length,kind,id,heigth\n0,2,rose,1,5\n0,-2,tulip,2,6\n")
    assert noted(capsys, "evaluate", flowers / "run", "--data", "more.csv") == (
        "Note: more.csv: the columns 'id' and 'heigth' are no features of the model and were left out. The label is 'kind'.\n"
    )


def test_columns_of_other_names_are_told_to_be_taken_in_their_order(flowers, capsys):
    Path("new.csv").write_text("long,wide\n2,0\n")
    assert noted(capsys, "predict", flowers / "run", "new.csv", "-o", "out.csv") == (
        "Note: new.csv: columns are taken in their order, 'long' for 'length', 'wide' for 'width'.\n"
    )


def test_rows_given_before_the_training_are_told_to_come_after_it(flowers, capsys, monkeypatch, wording):
    monkeypatch.chdir(flowers)
    wording(told(capsys, "predict", "flowers.csv", "run"))


@pytest.mark.parametrize("header", ["length,width,kind", "Label,width,length", "target,length,width"])
def test_labels_that_come_with_rows_to_predict_go_without_saying(flowers, capsys, header):
    Path("new.csv").write_text(f"{header}\n2,2,2\n")
    assert noted(capsys, "predict", flowers / "run", "new.csv") == ""


TABLES = {
    "a label": "1,2,3\n",
    "a column too few": "1,2\n1\n",
    "text in a feature": "length,width\n1,two\n",
    "an empty file": "",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_does_not_fit_is_told_and_nothing_is_written(flowers, capsys, name, wording):
    Path("new.csv").write_text(TABLES[name])
    Path("out.csv").write_text("before")
    wording(told(capsys, "predict", flowers / "run", "new.csv", "-o", "out.csv"))
    assert Path("out.csv").read_text() == "before"


def figure(text, name="accuracy"):
    """A figure as a command says it."""
    return re.findall(rf"^{name} (\S+)", text, re.MULTILINE)[0]


@pytest.mark.slow
def test_data_of_any_kind_is_learned_from_judged_and_predicted(capsys):
    perceptron = str(ROOT / "models/mlp.py")
    assert main(["train", perceptron, "--data", "digits", "--epochs", "2", "--batch-size", "64", "--out", "run"]) == 0
    x, y = (digits()[name] for name in "xy")
    np.savez("more.npz", x=x[:50], y=y[:50])
    accuracies = {kind: figure(said(capsys, "evaluate", "run", "--data", kind)) for kind in ("more.npz", "digits")}
    assert len(set(accuracies.values())) == 2
    lines = ["\t".join([*map(str, row.ravel()), str(label)]) for row, label in zip(x[:50], y[:50], strict=True)]
    Path("more.tsv").write_text("\n".join(lines))
    assert figure(said(capsys, "evaluate", "run", "--data", "more.tsv")) == accuracies["more.npz"]
    Path("new-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8]) + bytes(128))
    np.savez("new.npz", x=np.zeros((2, 8, 8)))
    assert said(capsys, "predict", "run", "new-images-idx3-ubyte") == said(capsys, "predict", "run", "new.npz")


def test_values_are_written_in_all_their_digits():
    x = mg.Input("x", ("N",))
    rows = np.array([1_700_000_060, 0.1, 2, 1 / 3, 1e-30, 123456.78], np.float32)
    title, *lines = mg.Predictions(mg.Predictor(mg.Graph(z=x * 1))(rows)).csv().splitlines()
    assert title == "z" and lines[1:3] == ["0.1", "2"]
    assert np.array_equal(np.array(lines, np.float32), rows)


def test_values_are_predicted_where_there_are_no_classes(capsys):
    Path("line.py").write_text(REGRESSION)
    Path("data.csv").write_text("1,0,0\n0,1,1\n1,1,1\n0,2,2\n" * 4)
    assert (
        main(["train", "line.py", "--data", "data.csv", "--epochs", "500", "--lr", "0.01", "--no-standardize", "--out", "run"])
        == 0
    )
    Path("new.csv").write_text("3,4\n0,0\n")
    title, first, second = said(capsys, "predict", "run", "new.csv").splitlines()
    assert title == "column 3"
    assert np.isclose(float(first), 4, atol=0.01) and np.isclose(float(second), 0, atol=0.01)
    assert not Path("run/confusion.png").exists()
    assert "taken for" not in said(capsys, "evaluate", "run")


def test_a_run_is_plotted_also_while_it_is_under_way(flowers, capsys, tmp_path):
    for name in ("config.json", "best.safetensors"):
        Path("run").mkdir(exist_ok=True)
        (Path("run") / name).write_bytes((flowers / "run" / name).read_bytes())
    Path("run/config.json").write_text(
        Path("run/config.json").read_text().replace("../flowers.csv", str(flowers / "flowers.csv"))
    )
    text = Path(flowers / "run/log.jsonl").read_text()
    Path("run/log.jsonl").write_text(text[:-20])
    config = json.loads(Path("run/config.json").read_text()) | {"model": MODEL}
    Path("run/config.json").write_text(json.dumps(config))
    shown = said(capsys, "plot", "run")
    for name in ("loss", "boundary", "confusion", "weights"):
        assert f"{name}.png" in shown and Path(f"run/{name}.png").stat().st_size > 1000


@pytest.mark.slow
def test_runs_are_set_side_by_side(flowers, capsys):
    assert main(["train", MODEL, "--epochs", "2", "--out", "short"]) == 0
    text = said(capsys, "compare", flowers / "run", "short")
    assert re.search(r"^optimizer +adam +sgd *$", text, re.MULTILINE)
    assert re.search(r"^epochs done +40 +2 *$", text, re.MULTILINE)
    assert re.search(r"^validation accuracy +[\d.]+% +[\d.]+% *$", text, re.MULTILINE)
    assert "seed" not in text


@pytest.mark.parametrize("command", ["plot nowhere", "evaluate nowhere", "compare brokn", "compare .", "plot broken"])
def test_what_is_no_run_is_told(capsys, command, wording):
    Path("broken").mkdir()
    Path("broken/config.json").write_text("{}")
    wording(told(capsys, *command.split()))


def test_a_model_is_judged_the_same_in_any_batches():
    graph, rows = load_model(MODEL), moons(50)
    whole, parts = evaluate(graph, rows), evaluate(graph, rows, batch_size=7)
    assert np.isclose(whole["loss"], parts["loss"]) and np.isclose(whole["accuracy"], parts["accuracy"])
    counts = confusions(graph, rows)
    assert counts.sum() == 50 and np.isclose(counts.trace() / 50, whole["accuracy"])


def test_a_column_of_pixels_is_shown_as_its_image():
    weights = np.arange(64 * 3).reshape(64, 3)
    assert np.array_equal(plots.tiles(weights)[1], weights[:, 1].reshape(8, 8))
