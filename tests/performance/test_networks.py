"""The rows that minigraph is timed in compute what they say; what they measure is told by running them."""

import json

import numpy as np
import pytest

from tests.performance import convolution, networks, recurrent, transformers
from tests.performance.table import FASTEST, markdown


def test_what_is_timed_is_a_convolution_and_its_gradients():
    row = convolution.convolution(2, 3, 4, filters=5)
    arrays = row.data()
    x, w, slope = (arrays[name] for name in ("x", "w", "slope"))
    (y,), (dw,), (dx,) = (step() for step in row.contestants["minigraph"](arrays, 1).values())
    window = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))[1, :, 2:5, 0:3]
    assert np.isclose(y[1, 4, 2, 0], np.sum(window * w[4]), rtol=1e-4)
    assert np.isclose(np.sum(dx * x), np.sum(slope * y), rtol=1e-3)
    assert np.isclose(np.sum(dw * w), np.sum(slope * y), rtol=1e-3)


def test_the_product_with_the_hessian_is_the_change_of_the_gradient():
    row = networks.ROWS["Hessian · vector of two_layer.py, 200 rows"]
    arrays = {name: array.astype(np.float64) if array.dtype.kind == "f" else array for name, array in row.data().items()}
    found = row.contestants["minigraph"](row.data(), 1)[""]()

    def slopes(step):
        W1, b1, W2, b2 = (arrays[name] + step * arrays[f"d{name}"] for name in networks.SHAPES)
        a = np.tanh(arrays["x"] @ W1 + b1)
        powers = np.exp(a @ W2 + b2)
        dz = (powers / powers.sum(1, keepdims=True) - np.eye(2)[arrays["y"]]) / len(a)
        d = dz @ W2.T * (1 - a * a)
        return arrays["x"].T @ d, d.sum(0), a.T @ dz, dz.sum(0)

    for each, above, below in zip(found, slopes(1e-5), slopes(-1e-5), strict=True):
        np.testing.assert_allclose(each, (above - below) / 2e-5, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "row",
    [
        recurrent.row(recurrent.lstm(5, 8), recurrent.texts(3, 5)),
        recurrent.row(recurrent.gru(4), recurrent.sequences(3, 4)),
        transformers.gpt(3, 5, 8, 2, 1),
    ],
    ids=["LSTM", "GRU", "GPT"],
)
def test_a_step_of_training_lowers_the_loss(row):
    arrays = dict(row.data())
    step = row.contestants["minigraph"](arrays, 1)
    losses = [float(step()) for _ in range(20)]
    assert losses[-1] < losses[0]


def test_what_fails_is_told_in_a_word_and_the_others_go_on(tmp_path, monkeypatch, capsys):
    results = tmp_path / "figures.jsonl"
    results.write_text('{"row": "not written to its e')
    options = ["--rows", "1 row", "--engines", "minigraph", "JAX", "--threads", "all", "--rounds", "1", "--seconds", "0.01"]
    monkeypatch.setattr("sys.argv", ["networks", *options, "--with", f"jax={tmp_path / 'nowhere'}", "--results", str(results)])
    networks.main()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| prediction")]
    cells = [cell.strip() for cell in line.split("|")]
    assert float(cells[2]) > 0
    assert cells[3] == "FileNotFoundError"


def figure(contestant, number, microseconds, numbers=(1.0, 0.5, 0.25), **others):
    parts = {"": {"µs": microseconds, "numbers": numbers}}
    return {"row": "net", "contestant": contestant, "threads": 1, "round": number, "parts": parts, **others}


def test_the_table_has_medians_and_spread_and_why_a_figure_is_missing():
    figures = [figure("minigraph", i, each) for i, each in enumerate((2000, 1000, 3000))]
    figures += [figure("PyTorch", 0, 5000), figure("JAX", 0, 4000, (1.0, 0.5, 0.26))]
    figures += [{"row": "net", "contestant": "onnxruntime", "threads": 1, "round": 0, "failure": "ImportError: none"}]
    names = ["minigraph", "PyTorch", "JAX", "onnxruntime"]
    table = markdown(figures, ["net"], names, [("PyTorch", "minigraph"), (FASTEST, "minigraph")])
    last = table.splitlines()[-2 if table.endswith("\n") else -3]
    assert last == "| net, ms | 2.00 (1.00–3.00) | 5.00 | 4.00 ≠ | ImportError | 2.50 | 2.00 |"


def test_a_contest_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    results = tmp_path / "figures.jsonl"
    options = ["--rows", "1 row", "--engines", "minigraph", "--threads", "all", "--seconds", "0.01", "--results", str(results)]
    for rounds in ("1", "2"):
        monkeypatch.setattr("sys.argv", ["networks", *options, "--rounds", rounds])
        networks.main()
    lines = results.read_text().strip().splitlines()
    assert [json.loads(line)["round"] for line in lines] == [0, 1]
    assert capsys.readouterr().err.count("prediction of 1 row, minigraph") == 2
    assert all(json.loads(line)["parts"][""]["µs"] > 0 for line in lines)
