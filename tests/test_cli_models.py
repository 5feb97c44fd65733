"""Models that fit the data: what build() is handed and what is set of it, every shipped model on new data, `minigraph new`."""

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigraph as mg
from minigraph.cli import main
from minigraph.cli.fitting import fit_model
from minigraph.training.data import Dataset
from minigraph.training.runs.building import Build, sizes_of

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "models"
QUICK = ["--epochs", "2", "--optimizer", "adam"]
ONES = "hiden=16 hidden=sixteen hidden=1.5 layers=3,x pair=3 bias=perhaps kind=elu limit=x act=relu hidden seed=3 =3"
SEVERAL = """from collections.abc import Callable
from typing import Literal
import numpy as np
import minigraph as mg

def build(features=2, classes=2, hidden: int = 3, layers: tuple[int, ...] = (), pair: tuple[int, int] = (1, 2), rate=0.5,
          bias=True, kind: Literal["relu", "tanh"] = "tanh", limit: float | None = None, act: Callable = np.tanh, bare=None,
          seed=0):
    x, y = mg.Input("x", ("N", features)), mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", np.zeros((features, classes)))
    told = (hidden, layers, pair, rate, bias, kind, limit, bare)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ W, y), probabilities=mg.Softmax(x @ W))
    graph.told = told
    return graph

def bare():
    return build()

def needing(features, units, classes):
    return build(features, classes)

def anything(**given):
    graph = build()
    graph.told = given
    return graph
"""


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])
    for what in ("_written", "write_plots"):  # pictures take most of the time, and are looked at elsewhere
        monkeypatch.setattr(f"minigraph.cli.training.{what}", lambda *given: [])
    Path("several.py").write_text(SEVERAL)


def table(path="flowers.csv", rows=60, seed=0, names=("a", "b", "c", "d")):
    """A table of as many columns of numbers, a category, and the label in the middle: which of two columns is larger."""
    rng = random.Random(seed)
    lines = [",".join([*names, "class", "town"])]
    for _ in range(rows):
        numbers = [rng.gauss(0, 1) for _ in names]
        kind = ["low", "mid", "high"][int(numbers[0] > 0) + int(numbers[1] > 0)]
        lines.append(",".join([*(f"{number:.3f}" for number in numbers), kind, rng.choice(["Rome", "Oslo"])]))
    Path(path).write_text("\n".join([*lines, ""]))
    return path


def values(path="prices.csv", rows=60):
    rng = random.Random(1)
    lines = [
        f"{size:.2f},{rng.choice(['Rome', 'Oslo'])},{3 * size + 1:.3f}" for size in (rng.uniform(-1, 1) for _ in range(rows))
    ]
    Path(path).write_text("\n".join(["size,town,price", *lines, ""]))
    return path


def told(capsys, *arguments):
    """The one line on the standard error that a wrong use gets, with exit code 2."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 2
    return capsys.readouterr().err.removesuffix("\n")


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        (["hidden=16"], {"hidden": 16}),
        (["layers=64,32", "pair=8, 16"], {"layers": (64, 32), "pair": (8, 16)}),
        (["layers=64"], {"layers": (64,)}),
        (["layers="], {"layers": ()}),
        (["rate=1e-3", "bias=no", "kind=relu"], {"rate": 0.001, "bias": False, "kind": "relu"}),
        (["limit=none"], {"limit": None}),
        (["limit=2"], {"limit": 2.0}),
        (["bare=3", "rate=1"], {"bare": 3, "rate": 1.0}),
        (["bare=b=c"], {"bare": "b=c"}),
    ],
    ids=str,
)
def test_what_is_set_has_the_type_of_its_parameter(pairs, found):
    build = Build("several.py")
    asked = build.read(pairs)
    assert asked == found and {name: type(value) for name, value in asked.items()} == {
        name: type(value) for name, value in found.items()
    }
    names = ("hidden", "layers", "pair", "rate", "bias", "kind", "limit", "bare")
    assert {**dict(zip(names, build({}, asked).told, strict=True)), **found} == dict(
        zip(names, build({}, asked).told, strict=True)
    )


def test_a_function_that_takes_any_name_is_given_what_is_set():
    build = Build("several.py:anything")
    assert build({"features": 3}, build.read(["depth=2", "name=a"])).told == {"depth": 2, "name": "a"}


@pytest.mark.parametrize(
    "pair",
    [*ONES.split()],
)
def test_a_setting_that_cannot_be_is_told(capsys, wording, pair):
    wording(told(capsys, "draw", "several.py", "--set", pair))


def test_a_function_without_parameters_and_a_setting_given_twice_are_told(capsys, wording):
    wording(told(capsys, "draw", "several.py:bare", "--set", "hidden=3"))
    wording(told(capsys, "draw", "several.py", "--set", "hidden=3", "--set", "hidden=4"))


def test_what_a_function_needs_comes_from_the_data_or_is_set(capsys, wording):
    wording(told(capsys, "draw", "several.py:needing"))
    assert main(["draw", "several.py:needing", *(f"--set={name}=3" for name in ("features", "units", "classes"))]) == 0
    wording(told(capsys, "train", "several.py:needing", "--data", table(), *QUICK))
    assert main(["train", "several.py:needing", "--data", table(), *QUICK, "--set", "units=3", "--out", "run"]) == 0
    assert mg.open("run").graph["x"].shape == ("N", 6)


def test_what_is_set_is_part_of_the_run(capsys, wording):
    model, data = str(SHIPPED / "mlp.py"), table()
    train = ["train", model, "--data", data, "--optimizer", "adam", "--set", "hidden=7,5"]
    assert main([*train, "--epochs", "3", "--out", "whole"]) == main([*train, "--epochs", "2", "--out", "run"]) == 0
    wording(told(capsys, "train", model, "--out", "run", "--resume", "--set", "hidden=7"))
    wording(told(capsys, "evaluate", "run", "--set", "hidden=7"))
    assert main(["train", model, "--out", "run", "--resume", "--epochs", "3", "--set", "hidden=7,5"]) == 0
    assert Path("whole/model.safetensors").read_bytes() == Path("run/model.safetensors").read_bytes()
    config = json.loads(Path("run/config.json").read_text())
    assert config["arguments"] == {"hidden": [7, 5]} and config["sizes"]["features"] == 6 and config["sizes"]["classes"] == 3
    opened = mg.open("run")
    assert opened.graph.parameters["hidden2.W"].shape == (7, 5) and len(opened.predict(data)) == 60
    assert main(["evaluate", "run"]) == main(["explain", "run", "--text"]) == 0
    Path("whole/config.json").write_text(json.dumps(config | {"arguments": {"hidden": [9]}}))
    capsys.readouterr()
    assert main(["compare", "run", "whole"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()][1] == ["hidden", "7,5", "9"]


@pytest.mark.parametrize("command", ["draw", "check", "explain --text", "export"])
def test_every_command_that_takes_a_model_takes_settings(command, capsys):
    verb, *options = command.split()
    file = ["model.onnx"] if verb == "export" else []
    assert main([verb, str(SHIPPED / "mlp.py"), *file, *options, "--set", "hidden=3", "--set", "features=2"]) == 0
    assert main([verb, "several.py", *file, *options, "--set", "x=3"]) == 2


def test_rows_that_are_given_to_check_and_explain_fit_the_model(capsys):
    for command in (["check"], ["explain", "--text"]):
        assert main([*command, str(SHIPPED / "mlp.py"), "--data", table(), "--set", "hidden=3"]) == 0


def images(folder, size, mode="L"):
    rng = np.random.default_rng(0)
    for kind in ("a", "b", "c"):
        Path(folder, kind).mkdir(parents=True)
        for i in range(3):
            shape = size if mode == "L" else (*size, 3)
            Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8), mode).save(Path(folder, kind, f"{i}.png"))


def arrays(**given):
    np.savez("rows.npz", **given)
    return "rows.npz"


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("model", "data", "shapes"),
    [
        ("two_layer.py", table, {"W1": (6, 500), "W2": (500, 3)}),
        ("logistic_regression.py", table, {"W": (6, 3)}),
        ("mlp.py", table, {"hidden1.W": (6, 128), "scores.W": (128, 3)}),
        ("mlp.py:regression", values, {"hidden1.W": (3, 64)}),
        ("own_operation.py", values, {"W1": (3, 32)}),
        ("autoencoder.py", table, {"encoder.W": (9, 64)}),
        ("lenet.py", lambda: "digits", {"W1": (16, 1, 5, 5), "hidden.W": (128, 128)}),
        (
            "lenet.py",
            lambda: arrays(x=RNG.uniform(size=(20, 3, 8, 12)), y=RNG.integers(0, 4, 20)),
            {"W1": (16, 3, 5, 5), "hidden.W": (192, 128), "scores.W": (128, 4)},
        ),
        ("lenet.py", lambda: arrays(x=RNG.uniform(size=(20, 64)), y=RNG.integers(0, 4, 20)), {"hidden.W": (128, 128)}),
        (
            "matrix_factorization.py",
            lambda: arrays(user=np.arange(30) % 9, item=np.arange(30) % 7, y=RNG.normal(size=30)),
            {"U": (9, 4), "V": (7, 4)},
        ),
        ("physics_informed.py", lambda: arrays(x=RNG.uniform(size=(20, 1))), {"W1": (1, 16)}),
    ],
)
def test_a_shipped_model_fits_new_data(model, data, shapes):
    fitted = fit_model(str(SHIPPED / model), data())
    found = fitted.graph.parameters
    assert {name: found[name].shape for name in shapes} == shapes
    options = {"optimizer": mg.SGD(1e-6), "epochs": 1, "progress": False}
    assert np.isfinite(mg.train(fitted.graph, fitted.rows, validation=fitted.validation, **options)["validation loss"][0])


@pytest.mark.parametrize("model", ["character_lstm.py", "gpt.py"])
def test_a_language_model_fits_the_characters_of_a_text(model):
    Path("text.txt").write_text("to be or not to be " * 20)
    fitted = fit_model(str(SHIPPED / model), "text.txt", asked={"length": 12})
    assert fitted.graph["x"].shape == ("N", 12) and fitted.graph["probabilities"].shape[-1] == 7
    assert fitted.rows["x"].shape[1] == 12 and fitted.rows["y"].max() == 6


def test_images_in_a_folder_have_the_size_that_is_set():
    images("pictures", (20, 30))
    grey, coloured = (fit_model(str(SHIPPED / "lenet.py"), "pictures", asked={"shape": s}) for s in ((8, 12), (3, 16, 16)))
    assert grey.rows["x"].shape[1:] == (8, 12) and coloured.rows["x"].shape[1:] == (3, 16, 16)
    assert coloured.graph.parameters["W1"].shape == (16, 3, 5, 5)


@pytest.mark.parametrize(
    ("model", "data"),
    [("physics_informed.py", table), ("lenet.py", table), ("mlp.py", values), ("mlp.py:fashion", table)],
    ids=["one place", "no square", "values for classes", "a size of its own"],
)
def test_a_shipped_model_says_what_it_takes(model, data, capsys, wording):
    wording(told(capsys, "train", SHIPPED / model, "--data", data(), *QUICK).replace(str(ROOT), "ROOT"))


def test_sizes_are_those_of_all_rows():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N", 1))
    graph = mg.Graph(loss=((x @ np.ones((2, 1)) - y) ** 2).mean())
    rows = Dataset({"x": np.zeros((5, 2, 3)), "y": np.zeros((5, 4))})
    assert sizes_of(rows, graph) == {"shape": (2, 3), "features": 6, "outputs": 4}
    fitted = fit_model("several.py", arrays(x=np.zeros((8, 2)), y=np.arange(8) % 5))
    assert fitted.sizes["classes"] == 5 and fitted.graph["probabilities"].shape == ("N", 5)


def test_a_table_without_a_header_is_fitted_too():
    Path("bare.csv").write_text("".join(f"{i / 7},{i % 3},{i % 4},{'ab'[i % 2]}\n" for i in range(20)))
    fitted = fit_model("several.py", "bare.csv")
    assert fitted.graph["x"].shape == ("N", 3) and fitted.rows["x"].shape == (15, 3)


@pytest.mark.parametrize(("task", "data", "figure"), [("classification", table, "accuracy"), ("regression", values, "R²")])
def test_a_new_model_trains_on_a_table_as_it_stands(task, data, figure, capsys):
    assert main(["new", "my model.py", "--task", task]) == 0
    assert "minigraph train 'my model.py' --data YOUR.csv --label NAME" in capsys.readouterr().out
    text = Path("my model.py").read_text(encoding="utf-8")
    assert "minigraph train 'my model.py'" in text and text.count("# ") >= 4
    command = ["train", "my model.py", "--data", data(), "--standardize", "--optimizer", "adam", "--lr", "0.01", "--out", "run"]
    label = ["--label", "class"] if task == "classification" else ["--label", "price"]
    assert main([*command, *label, "--epochs", "150", "--set", "hidden=16"]) == 0
    assert mg.open("run").evaluate()[figure] > 0.7
    assert main(["check", "my model.py"]) == main(["draw", "my model.py"]) == 0


@pytest.mark.parametrize(
    "given", ["mine.py", "numpy.py", "mine", "new.py --task regresion", "folder.py", "several.py/mine.py"], ids=str
)
def test_a_new_model_writes_over_nothing(given, capsys, wording):
    Path("mine.py").write_text("kept")
    Path("folder.py").mkdir()
    wording(told(capsys, "new", *given.split()))
    assert Path("mine.py").read_text() == "kept" and sorted(map(str, Path().iterdir())) == [
        "folder.py",
        "mine.py",
        "several.py",
    ]
