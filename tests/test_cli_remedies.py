"""What the command line says to who begins: remedies that work as printed, and of which rows and epoch the figures are."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

import minigraph as mg
from minigraph.cli import main
from minigraph.cli.columns import choices_of, typed_choices
from minigraph.training.runs.folder import moments, read_settings

MODELS = Path(__file__).parent.parent / "models"
QUICK = ["--epochs", "1", "--no-pictures"]


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def bikes():
    """A table with prices, kinds of defects, and a column that is neither, with blanks, behind them."""
    rows = [f"{900 + 7 * i},{i % 90 + 10} €;{i % 4};{'ja' if i % 3 else 'nein'};{('gut', 'alt', '')[i % 3]}" for i in range(80)]
    Path("bikes.csv").write_text("\n".join(["Preis;Alter;Defekt;Zustand", *rows]), encoding="utf-8")


def out_of(capsys, *arguments, code=0):
    capsys.readouterr()
    assert main(list(map(str, arguments))) == code
    return capsys.readouterr()


@pytest.mark.parametrize(("task", "label"), [("classification", "Preis"), ("regression", "Defekt")])
def test_a_label_of_the_other_kind_is_refused_with_a_command_that_helps(task, label, capsys):
    bikes()
    out_of(capsys, "new", "wrong.py", "--task", task)
    rows = ["--data", "bikes.csv", "--label", label]
    refused = out_of(capsys, "train", "wrong.py", *rows, code=2).err.splitlines()
    (command,) = [line.strip() for line in refused if line.startswith("  minigraph new")]
    assert f"({label})" in refused[0] and "--label" not in "".join(refused)
    assert main(shlex.split(command)[1:]) == 0
    assert f"{label} " in out_of(capsys, "train", "mymodel.py", *rows, *QUICK).out


def test_a_label_that_nobody_named_is_told_where_it_is_taken_and_where_it_is_refused(capsys):
    bikes()
    train = ["train", MODELS / "mlp.py", "--data", "bikes.csv", "--out", "run", "--overwrite", *QUICK]
    assert "label because it is the last (--label takes another), 2 classes: alt and gut" in out_of(capsys, *train).out
    assert "the last" not in out_of(capsys, *train, "--label", "Zustand").out
    out_of(capsys, "new", "values.py", "--task", "regression")
    refused = out_of(capsys, "train", "values.py", "--data", "bikes.csv", code=2).err
    assert "'Zustand' is taken for the label because it is the last column" in refused and "--label" in refused


@pytest.mark.parametrize("asked", ["--label Defekt", "--drop Alter --missing error", "--image-size 28"])
def test_what_is_asked_of_rows_that_nobody_gave_is_refused(asked, capsys):
    refused = out_of(capsys, "train", MODELS / "mlp.py", *asked.split(), code=2).err
    assert "there is no --data" in refused and all(word in refused for word in asked.split())


def test_a_training_that_was_given_no_rows_says_of_which_it_is(capsys):
    train = ["train", MODELS / "two_layer.py", "--out", "run", *QUICK]
    assert "Without --data it trains on an example, moons: 200 rows for training" in out_of(capsys, *train).err
    assert "Without" not in out_of(capsys, *train, "--data", "moons", "--overwrite").err


@pytest.mark.parametrize("options", [[], ["--label", "Defekt"]], ids=["a table", "a label"])
def test_a_model_of_texts_says_that_it_takes_no_table(options, capsys):
    bikes()
    refused = out_of(capsys, "train", MODELS / "gpt.py", "--data", "bikes.csv", *options, code=2).err
    assert "the characters of a text (.txt)" in refused and "\n  minigraph new mymodel.py\n" in refused


def trained(capsys, *options, label="Preis", task="regression", out="run"):
    """What the training of a table says."""
    bikes()
    if not Path(f"{task}_.py").exists():
        out_of(capsys, "new", f"{task}_.py", "--task", task)
    rows = ["--data", "bikes.csv", "--label", label, "--no-pictures", "--out", out]
    return out_of(capsys, "train", f"{task}_.py", *rows, *options).out


def validation_losses(run):
    return [json.loads(line)["validation loss"] for line in Path(run, "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("options", [["--early-stopping", "3"], ["--epochs", "12"]], ids=["the best", "the last"])
def test_what_is_compared_is_what_is_kept(options, capsys):
    told = trained(capsys, "--lr", "0.3", *options)
    losses = validation_losses("run")
    best, last = losses.index(min(losses)) + 1, len(losses)
    assert best < last, "else the test says nothing"
    compared = out_of(capsys, "compare", "run").out
    loss = [f"{mg.open('run').evaluate()['loss']:#.4g}"]
    for text in (told, compared):
        assert re.findall(r"^validation loss +(\S+)", text, re.MULTILINE) == loss
    assert re.search(rf"^epoch kept +{best if '--early-stopping' in options else last} *$", compared, re.MULTILINE)


@pytest.mark.parametrize("options", [["--early-stopping", "3"], ["--epochs", "12"]], ids=["the best", "the last"])
def test_a_sweep_chooses_among_what_is_kept(options, capsys):
    lines = trained(capsys, "--sweep", "lr=0.3,0.003", *options).splitlines()
    kept = {line.split()[-1]: line.split()[1] for line in lines[1:3]}
    assert kept == {run: f"{mg.open(run).evaluate()['loss']:#.4g}" for run in kept}
    assert [*kept.values()] == sorted(kept.values(), key=float)
    assert main([*shlex.split(lines[-1])[1:-1], "bikes.csv"]) == 0  # the command that it ends with


def test_a_moment_is_called_by_the_epoch_that_its_parameters_are_of(capsys):
    trained(capsys, "--lr", "0.3", "--early-stopping", "3")
    losses = validation_losses("run")
    _, found = moments(Path("run"), read_settings(Path("run")))
    assert [*found][-1] == f"kept at the end (epoch {losses.index(min(losses)) + 1})"


def test_figures_say_of_which_rows_they_are(capsys):
    trained(capsys, *QUICK)
    told = out_of(capsys, "evaluate", "run")
    assert told.out.startswith("The training's validation set, 20 rows of bikes.csv:\n") and not told.err
    told = out_of(capsys, "evaluate", "run", "--data", "bikes.csv")
    assert told.out.startswith("80 rows of bikes.csv:\n")
    assert "most of these rows are those that the model has learned from" in told.err
    Path("more.csv").write_text(Path("bikes.csv").read_text(encoding="utf-8"), encoding="utf-8")
    assert not out_of(capsys, "evaluate", "run", "--data", "more.csv").err
    trained(capsys, "--validation", "more.csv", "--overwrite", *QUICK)
    assert out_of(capsys, "evaluate", "run").out.startswith("The training's validation set, 80 rows of more.csv:\n")


def test_values_are_called_as_the_label_is(capsys):
    trained(capsys, *QUICK)
    assert out_of(capsys, "predict", "run", "bikes.csv").out.splitlines()[0] == "Preis"
    assert re.search("^RMSE .* of Preis$", out_of(capsys, "evaluate", "run").out, re.MULTILINE)
    found = mg.open("run").predict("bikes.csv")
    assert [*found.records()[0]] == ["Preis"] and repr(found).splitlines()[1] == "Preis"
    assert [*found.outputs] == ["value"]  # as the graph calls it


def test_of_several_tables_to_predict_the_command_for_one_is_told(capsys):
    trained(capsys, *QUICK)
    Path("more rows.csv").write_text(Path("bikes.csv").read_text(encoding="utf-8"), encoding="utf-8")
    refused = out_of(capsys, "predict", "run", "more rows.csv", "bikes.csv", code=2).err.splitlines()
    assert main(shlex.split(refused[1])[1:]) == 0 and Path("more rows_predicted.csv").is_file()


def test_several_images_are_predicted_as_a_shell_names_them(capsys):
    images = pytest.importorskip("PIL.Image")
    for kind in ("dark", "light"):
        Path("images", kind).mkdir(parents=True)
        for i in range(6):
            images.new("L", (4, 4), 40 * (kind == "light") + i).save(f"images/{kind}/{i}.png")
    out_of(capsys, "train", MODELS / "logistic_regression.py", "--data", "images", "--out", "run", *QUICK)
    files = [f"images/{kind}/3.png" for kind in ("dark", "light")]
    lines = out_of(capsys, "predict", "run", *files).out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["file", *files]


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("train mymodel.py --sweep hidden=8,16 lr=0.1,0.01", "--sweep lr=0.1,0.01"),
        ("train mymodel.py --set hidden=8 layers=2", "--set layers=2"),
        ("train --data bikes.csv", "minigraph new mymodel.py"),
        ("evaluate mymodel.py --data notes.csv", "Columns are chosen by minigraph train"),
        ("check mymodel.py --data notes.csv", "Columns are chosen by minigraph train"),
        ("plot runs", "give one, such as runs/a."),
        ("train mymodel.py --hidden 64", "--set hidden=VALUE"),
        ("export out/run", "minigraph export out/run model.onnx"),
    ],
)
def test_wrong_use_is_answered_with_what_helps(typed, remedy, capsys):
    bikes()
    Path("notes.csv").write_text("note,y\n" + "".join(f"text {i},{i % 2}\n" for i in range(80)))
    Path("runs/a").mkdir(parents=True)
    Path("runs/a/config.json").write_text("{}")
    out_of(capsys, "new", "mymodel.py")
    assert remedy in out_of(capsys, *typed.split(), code=2).err


def test_a_training_that_has_nothing_left_to_do_says_so(capsys):
    trained(capsys, "--lr", "0.3", "--early-stopping", "3")
    trained(capsys, "--lr", "0.3", "--out", "short", *QUICK)
    resumed = ["train", "regression_.py", "--data", "bikes.csv", "--label", "Preis", "--no-pictures", "--resume"]
    told = out_of(capsys, *resumed, "--out", "run").err
    assert "nothing was left to train: validation loss has not become smaller since epoch" in told
    told = out_of(capsys, *resumed, "--out", "short", "--epochs", "1").err
    assert "nothing was left to train: 1 epochs are done, and --epochs 1 asks for no more" in told


def test_what_is_to_be_known_of_rows_is_told_in_python_too(capsys):
    trained(capsys, *QUICK)
    row = {"Alter": 3, "Defekt": "ja", "Zustand": "neu"}
    found = mg.open("run").predict(row)
    assert found.notes == ("Zustand: 1 row has what no training row had, 'neu': taken for none of its values",)
    assert repr(found).splitlines()[-1] == f"Note: {found.notes[0]}."
    assert not mg.open("run").predict({**row, "Zustand": "gut"}).notes


def test_choices_are_told_as_they_are_typed(capsys):
    choices = {"label": "Miete CHF", "drop": ("a,b", "Größe", "x y"), "missing": "error"}
    typed = typed_choices(choices)
    assert shlex.split(typed) == ["--label", "Miete CHF", "--drop", '"a,b",Größe,x y', "--missing", "error"]
    assert choices_of(None, None, None, None, drop=shlex.split(typed)[3]).drop == choices["drop"]


def test_a_share_may_be_written_in_per_cent(capsys):
    trained(capsys, "--validation", "10%", *QUICK)
    assert out_of(capsys, "evaluate", "run").out.startswith("The training's validation set, 8 rows of bikes.csv:")
    refused = out_of(capsys, "train", "regression_.py", "--data", "bikes.csv", "--validation", "150%", code=2).err
    assert "a fraction of the rows lies between 0 and 1, such as 0.2" in refused


def test_a_model_that_is_exported_untrained_is_told_so(capsys):
    pytest.importorskip("onnx")
    out_of(capsys, "new", "mymodel.py")
    assert "those that training begins with" in out_of(capsys, "export", "mymodel.py", "model.onnx").err
    trained(capsys, *QUICK)
    assert not out_of(capsys, "export", "run", "model.onnx").err


def trained_bikes(capsys):
    """A run of a table with text and blanks, in out/bike; the command that trains it."""
    bikes()
    out_of(capsys, "new", "bike.py")
    train = ["train", "bike.py", "--data", "bikes.csv", "--label", "Defekt", *QUICK]
    out_of(capsys, *train, "--out", "out/bike")
    return train


def test_pictures_of_a_model_leave_those_of_its_training(capsys):
    trained_bikes(capsys)
    files = [Path("out/bike/circuit.svg"), Path("out/bike/derivatives.svg"), Path("out/bike/explain.html")]
    assert [main(each) for each in (["draw", "out/bike"], ["draw", "out/bike", "--derivatives"], ["explain", "out/bike"])] == [
        0
    ] * 3
    before = [file.read_bytes() for file in files]
    written = out_of(capsys, "draw", "bike.py").out + out_of(capsys, "draw", "bike.py", "--derivatives").out
    assert written + out_of(capsys, "explain", "bike.py").out == "".join(f"Written to out/bike-{file.name}\n" for file in files)
    assert [file.read_bytes() for file in files] == before and Path("out/bike-circuit.svg").read_bytes() != before[0]


def test_the_best_of_a_sweep_is_named_where_its_folder_is_given(capsys):
    train = trained_bikes(capsys)
    swept = out_of(capsys, *train, "--sweep", "hidden=2,16", "--sweep", "lr=0.001,0.1", "--out", "sweep").out
    (best,) = re.findall(r"^minigraph evaluate (\S+) ", swept, re.MULTILINE)
    assert f"such as {best}, which has the smallest" in out_of(capsys, "evaluate", "sweep", code=2).err
    Path("sweep/other").mkdir()
    Path("sweep/other/config.json").write_bytes(Path("out/bike/config.json").read_bytes())
    assert out_of(capsys, "evaluate", "sweep", code=2).err.endswith(": give one.\n")


def test_a_file_in_another_encoding_is_refused_with_the_command_that_converts_it(capsys):
    Path("my rows.csv").write_bytes("Höhe;y\n1;0\n2;1\n".encode("latin-1"))
    refused = out_of(capsys, "train", MODELS / "mlp.py", "--data", "my rows.csv", code=2).err
    command = shlex.split(refused[refused.index("iconv") :])
    assert command == ["iconv", "-f", "WINDOWS-1252", "-t", "UTF-8", "my rows.csv", ">", "my rows-utf8.csv"]


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        ("--data bikes.csv --label alugou rápido?", "--label 'alugou rápido?'"),
        ("--data=bikes.csv --label=alugou rápido?", "--label 'alugou rápido?'"),
        ("--label a b c", "--label 'a b c'"),
        ("--label a rows.csv", "--data"),
        ("--data my rows.csv", "--data 'my rows.csv'"),
        ("--lr 0,01", ": 0.01"),
        ("--lr=0,01", "--lr=0.01"),
    ],
)
def test_what_a_shell_or_a_comma_has_parted_is_told(typed, quoted, capsys):
    bikes()
    out_of(capsys, "new", "bike.py")
    assert quoted in out_of(capsys, "train", "bike.py", *typed.split(), code=2).err


def test_rows_without_labels_or_columns_are_told_what_is_missing(capsys):
    trained_bikes(capsys)
    Path("new.csv").write_text("Zustand\ngut\nalt\n")
    assert "'Preis' and 'Alter'" in out_of(capsys, "predict", "out/bike", "new.csv", code=2).err
    Path("new.csv").write_text("Preis;Alter;Zustand\n1 €;2;gut\n")
    assert "Of rows without labels, predict" in out_of(capsys, "evaluate", "out/bike", "--data", "new.csv", code=2).err
    assert out_of(capsys, "predict", "out/bike", "new.csv").out


def test_a_loss_in_which_classes_weigh_differently_is_called_so_wherever_it_stands(capsys):
    train = trained_bikes(capsys)
    told = out_of(capsys, *train, "--class-weights", "balanced", "--set", "hidden=4", "--out", "even").out
    weighted, plain = (re.findall(rf"^validation {name} (\S+)$", told, re.MULTILINE) for name in ("weighted loss", "loss"))
    assert re.findall(r"^loss (\S+)$", out_of(capsys, "evaluate", "even").out, re.MULTILINE) == plain != weighted
    table = [re.split(r"  +", line.rstrip()) for line in out_of(capsys, "compare", "even", "out/bike").out.splitlines()]
    rows = {first: more for first, *more in table}
    assert rows["validation weighted loss"] == [*weighted, "–"] and rows["validation loss"][0] == plain[0]
    assert rows["smallest validation loss"][0] == f"{weighted[0]} in epoch 1, weighted"
    assert rows["hidden"] == ["4", "32,16"] and rows["class weights"] == ["balanced", "none"]
    assert len(rows["validation AUC"]) == 2 and "–" not in rows["validation AUC"]
    Path("bike.py").unlink()
    assert "hidden  " in out_of(capsys, "compare", "even", "out/bike").out


def test_a_sweep_tells_a_weighted_loss_and_what_is_trained_anew_forgets_its_scores(capsys):
    train = trained_bikes(capsys)
    swept = out_of(capsys, *train, "--class-weights", "balanced", "--sweep", "hidden=2,16", "--out", "sweep").out
    assert "hidden  validation weighted loss" in swept
    assert "has the smallest validation weighted loss" in out_of(capsys, "evaluate", "sweep", code=2).err
    Path("out/bike/scores.json").write_text('{"loss": 7.0}')
    out_of(capsys, *train, "--out", "out/bike", code=2)
    assert "7.0" in Path("out/bike/scores.json").read_text()
    out_of(capsys, *train, "--out", "out/bike", "--overwrite")
    assert json.loads(Path("out/bike/scores.json").read_text())["loss"] < 7
