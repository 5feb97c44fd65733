"""How a model learns, asked for on the command line: it is what mg.train does, is kept with the run, and may be swept."""

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.cli import main
from minigraph.cli.settings import asked_settings, optimizer_of
from minigraph.training.data import moons
from minigraph.training.loop.targets import standardized_rows
from models import logistic_regression

ROOT = Path(__file__).parent.parent
MODEL = str(ROOT / "models/logistic_regression.py")


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])
    for what in ("_written", "write_plots"):  # pictures take most of the time, and are looked at elsewhere
        monkeypatch.setattr(f"minigraph.cli.training.{what}", lambda *given: [])


def table(path, rows=60, seed=0, rare=0.5):
    rng = random.Random(seed)
    lines = ["age,town,bought"]
    for _ in range(rows):
        age = rng.randint(20, 60)
        lines.append(f"{age},{rng.choice(['Rome', 'Oslo'])},{'yes' if rng.random() < rare * age / 40 else 'no'}")
    Path(path).write_text("\n".join([*lines, ""]))
    return path


def told(capsys, *arguments):
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 2
    return capsys.readouterr().err.removesuffix("\n").splitlines()[-1]


def log(folder):
    return [json.loads(line) for line in Path(folder, "log.jsonl").read_text().splitlines()]


def test_a_training_learns_as_it_does_in_python():
    options = "--batch-size 50 --weight-decay 0.01 --clip-norm 0.5 --schedule cosine --class-weights 1,3 --early-stopping 5"
    assert main(["train", MODEL, "--optimizer", "adam", "--lr", "0.1", "--epochs", "30", *options.split(), "--out", "run"]) == 0
    graph, rows = logistic_regression.build(), moons(seed=0)
    history = mg.train(
        graph,
        rows,
        optimizer=mg.Adam(mg.schedules.cosine(0.1, steps=30 * 4), weight_decay=0.01, clip_norm=0.5),
        epochs=30,
        batch_size=50,
        class_weights=[1, 3],
        validation=moons(seed=1),
        callbacks=[mg.EarlyStopping(patience=5)],
        progress=False,
    )
    assert np.array_equal(mg.open("run").graph["W"].value, graph["W"].value)
    assert [line["validation loss"] for line in log("run")] == history["validation loss"]


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("cosine", mg.schedules.cosine(0.2, 60)),
        ("one-cycle", mg.schedules.one_cycle(0.2, 60)),
        ("step-decay", mg.schedules.step_decay(0.2, 20)),
        ("warm-up", mg.schedules.warm_up(0.2, 6)),
        ("plateau", mg.schedules.plateau(0.2)),
        ("", lambda step: 0.2),
    ],
)
def test_a_schedule_goes_over_all_steps_of_the_epochs(schedule, rates):
    asked = {"epochs": 20, "schedule": schedule, "lr": 0.2, "batch_size": 30}
    rate = optimizer_of(asked_settings(MODEL, Path("run"), asked, resume=False), 80).learning_rate
    rate = rate if callable(rate) else lambda step: 0.2
    assert [float(rate(step)) for step in range(0, 70, 3)] == [float(rates(step)) for step in range(0, 70, 3)]


def test_a_resumed_training_goes_on_with_its_schedule():
    train = ["train", MODEL, "--lr", "0.5", "--schedule", "cosine", "--epochs", "4", "--out", "run"]
    assert main(train) == main(["train", MODEL, "--out", "run", "--resume", "--epochs", "6"]) == 0
    assert json.loads(Path("run/config.json").read_text())["scheduled"] == 4
    assert log("run")[-1]["loss"] == log("run")[-2]["loss"]  # its rate has come to 0


def test_early_stopping_leaves_the_best_parameters(capsys):
    train = ["train", MODEL, "--data", table("a.csv"), "--optimizer", "adam", "--lr", "0.3", "--standardize", "--epochs", "400"]
    assert main([*train, "--early-stopping", "4", "--out", "run"]) == 0
    losses = [line["validation loss"] for line in log("run")]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 4 < 400
    assert f"Of epoch {best + 1}, the best of {len(losses)}:" in capsys.readouterr().out
    assert mg.open("run").evaluate()["loss"] == pytest.approx(losses[best], rel=1e-6)


def test_the_validation_set_is_a_share_or_a_file_and_is_kept_with_the_run(capsys):
    train = ["train", MODEL, "--data", table("a.csv", 60), "--epochs", "2", "--lr", "0.1", "--out"]
    assert (
        main([*train, "fraction", "--validation", "0.1"]) == main([*train, "file", "--validation", table("b.csv", 17, 1)]) == 0
    )
    for run, sizes in (("fraction", (54, 6)), ("file", (60, 17))):
        model = mg.open(run)
        assert tuple(rows.rows for rows in model.rows()) == sizes
        assert model.evaluate()["loss"] == pytest.approx(log(run)[-1]["validation loss"], rel=1e-6)
    assert json.loads(Path("file/config.json").read_text())["validation"] == "../b.csv"
    assert main(["train", MODEL, "--resume", "--out", "file", "--epochs", "3"]) == main(["evaluate", "file"]) == 0
    assert main(["plot", "file"]) == 0


def test_the_validation_set_of_rows_without_a_header_is_a_file_too():
    rng = np.random.default_rng(0)
    for file, rows in (("a.csv", 20), ("b.csv", 9)):
        Path(file).write_text("".join(f"{a:.3f},{b:.3f},{'yes' if a > 0 else 'no'}\n" for a, b in rng.normal(size=(rows, 2))))
    assert main(["train", MODEL, "--data", "a.csv", "--validation", "b.csv", "--epochs", "2", "--out", "run"]) == 0
    assert tuple(rows.rows for rows in mg.open("run").rows()) == (20, 9)


def test_a_rare_class_is_found_with_balanced_weights():
    rows = table("a.csv", 300, rare=0.08)
    train = ["train", MODEL, "--data", rows, "--optimizer", "adam", "--lr", "0.1", "--batch-size", "300"]
    for out, option in (("plain", []), ("weighted", ["--class-weights", "balanced"])):
        assert main([*train, "--epochs", "60", *option, "--out", out]) == 0
    graphs = [mg.open(run) for run in ("plain", "weighted")]
    found = [(model.predict("a.csv").values == "yes").mean() for model in graphs]
    assert found[1] > found[0] + 0.1


def weighed(path, weights, rows=60, seed=0):
    """A table with a column of weights in the middle, which all other lines are the same without."""
    plain = Path(table(path, rows, seed)).read_text().splitlines()
    weights = ["w", *map(str, weights)]
    lines = (f"{age},{w},{rest}" for w, (age, _, rest) in zip(weights, (each.partition(",") for each in plain), strict=True))
    Path(path).write_text("\n".join([*lines, ""]))
    return path


def test_a_column_weighs_the_rows_of_training_and_validation(capsys):
    weights = [row % 4 / 2 for row in range(60)]
    train = ["train", MODEL, "--data", weighed("a.csv", weights), "--epochs", "3", "--class-weights", "balanced"]
    assert main([*train, "--sample-weight", "w", "--out", "run"]) == 0
    assert "the weight of each row, and no feature" in capsys.readouterr().out
    found = mg.data.read_tabular("a.csv", logistic_regression.build(), sample_weight="w")
    graph = standardized_rows(logistic_regression.build(features=3), found.training)
    history = mg.train(
        graph,
        found.training,
        validation=found.validation,
        optimizer=mg.Adam(0.001),
        epochs=3,
        batch_size=32,
        class_weights="balanced",
        sample_weight="sample_weight",
        progress=False,
    )
    assert [line["validation loss"] for line in log("run")] == history["validation loss"]
    model = mg.open("run")
    assert model.settings.features == ["age", "town=Oslo", "town=Rome"]
    np.testing.assert_array_equal(model.graph["W"].value, graph["W"].value)
    table("plain.csv", 9)  # rows to predict, and to measure the model on, need no weights
    assert len(model.predict("plain.csv").values) == 9 and model.evaluate("plain.csv")["loss"] > 0
    assert model.evaluate("a.csv")["loss"] == pytest.approx(model.evaluate(table("b.csv"))["loss"])


@pytest.mark.parametrize("kind", ["with weights", "without"])
def test_rows_for_validation_of_their_own_weigh_what_they_say(kind):
    (weighed if kind == "with weights" else lambda path, *_: table(path, 60, 1))("later.csv", [1, 3] * 30, 60, 1)
    train = ["train", MODEL, "--data", weighed("a.csv", [2, 1] * 30), "--standardize", "--epochs", "1", "--optimizer", "adam"]
    assert main([*train, "--sample-weight", "w", "--validation", "later.csv", "--out", "run"]) == 0
    model = mg.open("run")
    p = model.predict("later.csv").probabilities
    losses = -np.log(p[np.arange(60), model.read("later.csv", labelled=True)["y"]])
    weights = [1, 3] * 30 if kind == "with weights" else None
    assert log("run")[0]["validation loss"] == pytest.approx(np.average(losses, weights=weights), rel=1e-5)


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("-1", "--sample-weight w"),
        ("", "--sample-weight w"),
        ("two", "--sample-weight w"),
        ("nan", "--sample-weight w"),
        ("1", "--sample-weight weight"),
        ("1", "--sample-weight w --features w,age"),
        ("1", "--sample-weight w --label w"),
        ("0", "--sample-weight w"),
    ],
)
def test_weights_of_rows_that_cannot_be_are_told_with_their_line(cell, options, capsys, wording):
    data = weighed("a.csv", ["0", cell] * 30 if cell == "0" else ["1", cell, "1"] * 20)
    wording(told(capsys, "train", MODEL, "--data", data, *options.split(), "--out", "run"))
    assert not Path("run").exists()


def test_the_last_column_is_no_label_where_it_weighs_the_rows():
    lines = Path(table("a.csv")).read_text().splitlines()
    Path("a.csv").write_text("\n".join([f"{lines[0]},w", *(f"{line},2" for line in lines[1:]), ""]))
    found = mg.data.read_tabular("a.csv", sample_weight="w")
    assert found.columns.label == "bought" and found.training["sample_weight"].tolist() == [2.0] * 45


@pytest.mark.parametrize(
    "options",
    [
        "--validation 2",
        "--sample-weight w --data moons",
        "--validation nope.csv",
        "--schedule cosin",
        "--class-weights blanced",
        "--class-weights 1,2,3",
        "--clip-norm 0",
    ],
)
def test_a_way_of_learning_that_cannot_be_is_told(options, capsys, wording):
    wording(told(capsys, "train", MODEL, "--data", table("a.csv"), *options.split(), "--out", "run"))
    assert not Path("run").exists()


@pytest.mark.parametrize("option", ["--early-stopping 0", "--weight-decay -1"])
def test_a_number_out_of_its_range_is_refused_by_name(option, capsys):
    assert f"'{option.split()[0]}'" in told(capsys, "train", MODEL, "--data", table("a.csv"), *option.split(), "--out", "run")
    assert not Path("run").exists()


def test_a_training_is_resumed_as_it_learned(capsys, wording):
    assert main(["train", MODEL, "--epochs", "2", "--class-weights", "balanced", "--out", "run"]) == 0
    for options in (["--class-weights", "1,2"], ["--early-stopping", "3"], ["--schedule", "cosine"], ["--validation", "0.5"]):
        wording(told(capsys, "train", MODEL, "--out", "run", "--resume", *options))


def test_a_sweep_tries_all_combinations_and_the_validation_loss_chooses(capsys):
    model = str(ROOT / "models/mlp.py")
    train = [
        "train",
        model,
        "--data",
        table("a.csv"),
        "--standardize",
        "--epochs",
        "3",
        "--optimizer",
        "adam",
        "--out",
        "sweep",
    ]
    assert main([*train, "--sweep", "hidden=3,4+2 lr=0.1,0.001"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["hidden", "lr", "validation", "loss", "epoch", "kept", "folder"]
    runs = {folder: log(folder)[-1]["validation loss"] for folder in Path("sweep").iterdir()}  # of the epoch that is kept
    assert len(runs) == 4 and [line.split()[-1] for line in out[1:5]] == sorted(map(str, runs), key=lambda run: runs[Path(run)])
    assert f"The best by the validation set: {min(runs, key=runs.get)}." in out[6]
    assert main(["compare", "sweep"]) == 0
    assert capsys.readouterr().out.split()[:4] == sorted(map(str, runs))
    drawn = [run for run in runs if (run / "circuit.svg").exists() and (run / "loss.png").exists()]
    assert drawn == [min(runs, key=runs.get)] == [run for run in runs if list(run.glob("*.png"))]
    assert mg.open("sweep/hidden=4+2_lr=0.1").graph.parameters["hidden2.W"].shape == (4, 2)
    assert json.loads(Path("sweep/hidden=3_lr=0.001/config.json").read_text())["lr"] == 0.001


def test_a_sweep_goes_on_where_a_loss_is_not_finite(capsys):
    assert main(["train", str(ROOT / "models/two_layer.py"), "--epochs", "20", "--sweep", "lr=1e30,0.1", "--out", "sweep"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[2].split() == ["1e30", "not", "finite", "–", "sweep/lr=1e30"] and "sweep/lr=0.1." in out[4]


@pytest.mark.parametrize(
    "swept", ["hiden=1,2", "lr=a,2", "lr=2", "lr=1,1", "hidden=2,a", "lr", "lr=1,2 lr=3,4", "features=2,3"]
)
def test_a_sweep_that_cannot_be_is_told(swept, capsys, wording):
    wording(told(capsys, "train", ROOT / "models/mlp.py", "--set", "features=2", "--sweep", swept).replace(str(ROOT), "ROOT"))
    assert not Path("out").exists()
