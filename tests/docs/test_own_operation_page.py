"""docs/own_operation.md: the losses that it writes as operations, against torchvision's and scikit-learn's."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

import minigraph as mg
from docs.recipes import OWN, code_of, run

FOCAL = dict(np.load(Path(__file__).parents[1] / "oracles" / "focal_loss.npz"))


@cache
def names():
    """What the page ends with."""
    return run(code_of(OWN.read_text(encoding="utf-8")))


@pytest.mark.parametrize("gamma", FOCAL["gammas"])
@pytest.mark.parametrize("kind", ["class", "function"])
def test_the_focal_loss_is_torchvisions(kind, gamma):
    """The loss of each row, its gradient and its second derivative, as a class and as a function of nodes."""
    z, label = mg.Input("z", ("N",), dtype=np.float64), mg.Input("label", ("N",), dtype=np.int64)
    focal = names()["Focal" if kind == "class" else "focal_loss"](z, label, gamma=float(gamma))
    (slope,) = mg.gradient(focal.sum(), [z])
    (curvature,) = mg.gradient(slope.sum(), [z])
    run = mg.Graph(focal, slope, curvature).forward(z=FOCAL["z"], label=FOCAL["labels"])
    expected = FOCAL["answers"][FOCAL["gammas"].tolist().index(gamma)]
    for found, answer in zip((focal, slope, curvature), expected, strict=True):
        np.testing.assert_allclose(run[found], answer, rtol=1e-9, atol=1e-12)
    by_rule = mg.Graph(focal.sum()).forward(z=FOCAL["z"], label=FOCAL["labels"]).backward()[z]
    np.testing.assert_allclose(by_rule, expected[1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_quantile_loss_is_scikit_learns(quantile):
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=50), "t": rng.normal(size=50)}
    given["x"][:5] = given["t"][:5]
    x, t = (mg.Input(name, ("N",), dtype=np.float64) for name in "xt")
    graph = mg.Graph(loss=names()["Pinball"](x, t, quantile=quantile).mean())
    run = graph.forward(**given)
    assert run["loss"] == pytest.approx(mean_pinball_loss(given["t"], given["x"], alpha=quantile), rel=1e-12)
    slope = np.where(given["x"] > given["t"], 1 - quantile, -quantile) / 50
    np.testing.assert_allclose(run.backward()["x"], slope, rtol=1e-12)
    np.testing.assert_allclose(run.backward()["t"], -slope, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_both_are_trained_in_each_precision_and_for_each_batch(dtype, rows):
    rng = np.random.default_rng(1)
    w = mg.Parameter("w", 0.5, dtype=dtype)
    x, label = mg.Input("x", ("N",), dtype=dtype), mg.Input("label", ("N",), dtype=np.int64)
    loss = names()["Focal"](w * x, label).sum() + names()["Pinball"](w * x, x, quantile=0.9).sum()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.01).minimize(loss))
    given = {"x": rng.normal(size=rows), "label": rng.integers(0, 2, rows)}
    losses = [float(step(**given)["loss"]) for _ in range(20)]
    assert np.isfinite(losses).all() and (losses[-1] < losses[0] or not rows)
    assert w.value.dtype == dtype


def test_they_leave_as_onnx_as_the_parts_of_their_rules(tmp_path):
    pytest.importorskip("onnx")
    z, t, label = mg.Input("z", ("N",)), mg.Input("t", ("N",)), mg.Input("label", ("N",), dtype=np.int64)
    graph = mg.Graph(focal=names()["Focal"](z, label), pinball=names()["Pinball"](z, t, quantile=0.9))
    graph.to_onnx(tmp_path / "losses.onnx")
    given = {"z": [-2.0, 0.5, 3.0], "label": [1, 0, 1], "t": [0.0, 1.0, 2.0]}
    again = mg.from_onnx(tmp_path / "losses.onnx").forward(**given)
    here = graph.forward(**given)
    for name in graph.outputs:
        np.testing.assert_allclose(again[name], here[name], rtol=1e-6)
