"""A run's folder opened in Python: rows of every kind are predicted alike, and figures are the commands'."""

import csv
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import minigraph as mg
from minigraph.cli import main
from minigraph.training.runs.folder import Settings
from models import logistic_regression, matrix_factorization

TEXT = (Path(__file__).parents[2] / "docs/your_own_table.md").read_text(encoding="utf-8")
ROWS = [[2.0, 0.0], [-2.0, 0.5], [0.5, 3.0]]
SETTINGS = Settings("models.logistic_regression", "moons", 1, "sgd", 0.1, None, 0, ["rose", "tulip"], ["length", "width"])


def saved(folder, graph, settings):
    """A folder as a training leaves it."""
    folder.mkdir()
    settings.write(folder)
    graph.save(folder / "model.safetensors")
    return folder


@pytest.fixture
def flowers(tmp_path):
    graph = logistic_regression.build()
    graph["W"].value = [[1.0, -1.0], [0.5, 0.25]]
    return saved(tmp_path / "run", graph, SETTINGS)


class Frame:
    """The least that is a frame."""

    def __init__(self, **columns):
        self._columns, self.columns = columns, list(columns)

    def __len__(self):
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name):
        return self._columns[name]


def test_rows_of_every_kind_are_predicted_alike(flowers, tmp_path):
    model = mg.open(flowers)
    lengths, widths = (list(column) for column in zip(*ROWS, strict=True))
    (tmp_path / "new.csv").write_text("width,length\n" + "".join(f"{width},{length}\n" for length, width in ROWS))
    kinds = {
        "lists": ROWS,
        "array": np.array(ROWS),
        "input": {"x": ROWS},
        "columns": {"width": widths, "length": lengths},
        "records": [{"width": width, "length": length} for length, width in ROWS],
        "frame": Frame(width=widths, length=lengths),
        "file": str(tmp_path / "new.csv"),
        "path": tmp_path / "new.csv",
        "data set": mg.data.read_csv(tmp_path / "new.csv", labels="none", features=["length", "width"]),
        "loader": iter([np.array(ROWS[:2]), np.array(ROWS[2:])]),
    }
    scores = np.array(ROWS) @ [[1.0, -1.0], [0.5, 0.25]]
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    for kind, rows in kinds.items():
        found = model.predict(rows)
        np.testing.assert_allclose(found.probabilities, expected, rtol=1e-5, err_msg=kind)
        assert found.values.tolist() == ["rose", "tulip", "rose"], kind
    one = model.predict({"length": 2.0, "width": 0.0})
    assert len(one) == 1 and one.values.tolist() == ["rose"]


@pytest.mark.parametrize(
    "rows",
    [[], (), np.empty((0, 2)), {"length": [], "width": []}, {"x": np.empty((0, 2))}, Frame(length=[], width=[])],
    ids=repr,
)
def test_no_rows_are_predicted_as_none(flowers, rows):
    found = mg.open(flowers).predict(rows)
    assert len(found) == 0 and found.records() == [] and found.values.tolist() == []
    assert found.probabilities.shape == (0, 2)
    assert found.csv() == "prediction,probability of rose,probability of tulip\n"
    assert repr(found).startswith("Predictions of 0 rows")


def test_no_rows_of_a_model_of_values_are_predicted_as_none(tmp_path):
    graph = matrix_factorization.build()
    model = mg.open(
        saved(tmp_path / "run", graph, replace(SETTINGS, model="models.matrix_factorization", classes=[], features=[]))
    )
    found = model.predict([])
    assert len(found) == 0 and found.records() == [] and len(found.csv().splitlines()) == 1


def test_an_opened_model_holds_the_graph_with_its_parameters(flowers):
    model = mg.open(flowers)
    assert model.graph["W"].value.tolist() == [[1.0, -1.0], [0.5, 0.25]] and model.classes == ("rose", "tulip")
    other = logistic_regression.build()
    other.save(flowers / "best.safetensors")
    assert not mg.open(flowers, flowers / "best.safetensors").graph["W"].value.any()
    assert "run" in repr(model) and isinstance(model, mg.TrainedModel)


def test_records_are_what_json_has(flowers):
    found = mg.open(flowers).predict(ROWS[:1]).records()
    assert json.loads(json.dumps(found)) == found
    assert found[0]["prediction"] == "rose" and sum(found[0]["probabilities"].values()) == pytest.approx(1)


class FastAPI:
    """As much of FastAPI as the example in the documentation uses."""

    def __init__(self):
        self.routes = {}

    def post(self, path):
        return lambda function: self.routes.setdefault(path, function)


def test_the_service_of_the_documentation_answers_as_the_command_does(flowers, tmp_path, capsys, monkeypatch):
    (tmp_path / "out").mkdir()
    flowers = flowers.rename(tmp_path / "out" / "churn")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "fastapi", SimpleNamespace(FastAPI=FastAPI, HTTPException=Exception))
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "FastAPI()" in block)
    service = {}
    exec(code, service)
    predict = service["app"].routes["/predict"]
    answers = predict([{"length": 2.0, "width": 0.0}, {"length": -2.0, "width": 0.5}])
    (tmp_path / "new.csv").write_text("length,width\n2,0\n-2,0.5\n")
    assert main(["predict", str(flowers), str(tmp_path / "new.csv")]) == 0
    lines = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [line["prediction"] for line in lines] == [answer["prediction"] for answer in answers]
    for line, answer in zip(lines, answers, strict=True):
        assert float(line["probability of rose"]) == pytest.approx(answer["probabilities"]["rose"], rel=1e-5)


@pytest.mark.parametrize(
    "rows",
    [
        {"length": 1.0, "wdth": 2.0},
        {"length": [1.0, 2.0], "width": [1.0]},
        {"length": [[1.0]], "width": [[1.0]]},
        [{"length": 1.0, "width": 2.0}, {"length": 1.0}],
        {"length": "long", "width": 2.0},
        [1.0, 2.0, 3.0],
        None,
    ],
    ids=str,
)
def test_rows_that_do_not_fit_are_refused(flowers, rows, wording):
    with pytest.raises(mg.MinigraphError) as found:
        mg.open(flowers).predict(rows)
    wording(found.value)


def test_what_is_no_run_is_refused(tmp_path, monkeypatch, wording):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mg.FileError) as found:
        mg.open("nowhere")
    wording(found.value)
    Path("empty").mkdir()
    SETTINGS.write(Path("empty"))
    with pytest.raises(mg.FileError, match="no parameters yet") as found:
        mg.open("empty")
    wording(found.value)


def test_a_model_of_several_inputs_takes_each_by_its_name(tmp_path, capsys, wording):
    graph = matrix_factorization.build(users=3, items=2, seed=1)
    run = saved(tmp_path / "run", graph, replace(SETTINGS, model="models.matrix_factorization", classes=[], features=[]))
    graph.save(run / "model.safetensors")
    model = mg.TrainedModel(run, graph, replace(SETTINGS, classes=[], features=[]))
    rows = {"user": [0, 2, 1], "item": [1, 0, 0]}
    expected = mg.Graph(graph["rating"]).forward(**rows)[graph["rating"]]
    found = model.predict(rows)
    assert list(found.outputs) == ["rating"] and model.classes == ()
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict({"user": 2, "item": 0}).values, expected[1:2], rtol=1e-5)
    records = [{"user": user, "item": item} for user, item in zip(rows["user"], rows["item"], strict=True)]
    np.testing.assert_allclose(model.predict(records).values, expected, rtol=1e-5)
    assert model.predict(rows).records()[0] == {"rating": pytest.approx(float(expected[0]))}
    (tmp_path / "new.csv").write_text("item,user\n1,0\n0,2\n0,1\n")
    np.testing.assert_allclose(model.predict(tmp_path / "new.csv").values, expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(iter([rows, rows])).values, [*expected, *expected], rtol=1e-5)
    with pytest.raises(mg.GraphError, match="no probabilities") as refused:
        _ = found.probabilities
    wording(refused.value)
    for wrong in ([[0, 1]], {"user": [0]}, {"user": [0, 1], "item": [1]}, iter([{"user": [0]}])):
        with pytest.raises(mg.InputError) as refused:
            model.predict(wrong)
        wording(refused.value)


def test_many_rows_of_several_inputs_are_predicted_in_pieces(monkeypatch):
    graph = matrix_factorization.build()
    rng = np.random.default_rng(0)
    rows = {"user": rng.integers(0, 60, 3000), "item": rng.integers(0, 40, 3000)}
    expected = mg.Graph(graph["rating"]).forward(**rows)[graph["rating"]]
    monkeypatch.setattr("minigraph.training.loop.evaluation.PIECE", 1 << 12)
    monkeypatch.setattr("minigraph.training.loop.evaluation.BATCH", 256)
    np.testing.assert_allclose(mg.Predictor(graph)(rows)["rating"], expected, rtol=1e-5)


def test_images_to_predict_are_called_by_their_files(tmp_path, capsys):
    x, y = mg.Input("x", ("N", 4, 4)), mg.Input("y", ("N",), dtype=np.int64)
    light = x.mean(axis=(1, 2))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(np.stack([0.5 - light, light - 0.5], axis=1), y))
    folder = saved(tmp_path / "run", graph, replace(SETTINGS, features=[], classes=["dark", "light"]))
    model = mg.TrainedModel(folder, graph, replace(SETTINGS, features=[], classes=["dark", "light"]))
    (tmp_path / "new" / "more").mkdir(parents=True)
    for name, shade in [("b.png", 255), ("more/a.png", 0)]:
        Image.new("L", (4, 4), shade).save(tmp_path / "new" / name)
    found = model.predict(tmp_path / "new")
    assert [[row["file"], row["prediction"]] for row in found.records()] == [["b.png", "light"], ["more/a.png", "dark"]]
    assert found.csv().splitlines()[0] == "file,prediction,probability of dark,probability of light"
    assert model.predict(model.read(tmp_path / "new")).csv() == found.csv()  # as `minigraph predict` does
    assert repr(found) == f"Predictions of 2 rows\n{found.csv().rstrip()}"


def test_the_figures_are_those_of_the_command(flowers, tmp_path, capsys):
    model = mg.open(flowers)
    figures = model.evaluate()
    assert main(["evaluate", str(flowers)]) == 0
    assert f"accuracy {figures['accuracy']:.1%}" in capsys.readouterr().out
    (tmp_path / "more.csv").write_text("width,length,kind\n0,2,rose\n0.5,-2,tulip\n")
    arrays = {"x": ROWS[:2], "y": [0, 1]}
    assert model.evaluate(tmp_path / "more.csv")["accuracy"] == model.evaluate(arrays)["accuracy"] == 1.0
