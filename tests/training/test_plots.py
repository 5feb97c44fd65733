"""The pictures of a training run."""

import io

import numpy as np
import pytest
from PIL import Image

import minigraph as mg
from minigraph.interop import extras
from minigraph.training.data import moons
from minigraph.training.loop.scoring import targets_and_predictions
from minigraph.training.metrics.plots import plot_boundary, plot_values
from models.two_layer import build


@pytest.fixture
def history():
    history = mg.History()
    for epoch in range(5):
        history.add({"loss": 1 / (epoch + 1), "accuracy": epoch / 5, "validation loss": 1.0, "validation accuracy": 0.5})
    return history


def test_the_curves_are_written_with_those_of_validation(history, tmp_path):
    history.plot(tmp_path / "loss.svg")
    history.plot(tmp_path / "loss.png")
    assert Image.open(io.BytesIO((tmp_path / "loss.png").read_bytes())).size == (1500, 540)
    assert b"<svg" in (tmp_path / "loss.svg").read_bytes()


def test_the_same_history_gives_the_same_png(history, tmp_path):
    first, second = history.plot(tmp_path / "a.png"), history.plot(tmp_path / "b.png")
    assert first.read_bytes() == second.read_bytes()


def test_a_loss_that_goes_below_0_is_drawn_too(tmp_path):
    history = mg.History()
    history.add({"loss": -1.0, "price in $^$": 2.0})
    assert history.plot(tmp_path / "loss.png").exists()


def test_the_boundary_shows_each_class_in_its_colour(tmp_path):
    graph, data = build(hidden=8), moons(40)
    mg.train(graph, data, optimizer=mg.SGD(0.5), epochs=100, progress=False)
    content = plot_boundary(graph, data, tmp_path / "boundary.png").read_bytes()
    pixels = np.array(Image.open(io.BytesIO(content)).convert("RGB")).reshape(-1, 3)
    for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)):
        assert (pixels == colour).all(axis=1).sum() > 200


def test_a_boundary_among_three_classes_is_drawn(tmp_path):
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    W = mg.Parameter("W", rng.normal(size=(2, 3)))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x @ W, y))
    data = {"x": rng.normal(size=(30, 2)), "labels": rng.integers(0, 3, 30)}
    assert plot_boundary(graph, data, tmp_path / "boundary.png").exists()


def test_a_model_that_gives_every_place_one_class_is_drawn(tmp_path):
    graph = build(hidden=2)
    graph["b2"].value = [100.0, 0.0]
    assert plot_boundary(graph, moons(4), tmp_path / "boundary.png").exists()


def test_points_that_all_lie_in_one_place_are_drawn(tmp_path):
    data = {"x": np.ones((3, 2)), "y": [0, 1, 0]}
    assert plot_boundary(build(hidden=2), data, tmp_path / "boundary.png").exists()


def test_the_suffix_says_the_format(history, tmp_path, wording):
    with pytest.raises(mg.FormatError) as caught:
        history.plot(tmp_path / "loss.pgn")
    wording(caught.value)


def test_a_plot_that_cannot_be_written_is_told(history, tmp_path, wording):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(mg.FileError) as caught:
        history.plot(tmp_path / "file" / "loss.png")
    wording(caught.value)


def test_plots_without_matplotlib_name_the_extra_that_brings_it(history, tmp_path, monkeypatch, wording):
    def missing(module):
        raise ModuleNotFoundError(f"No module named {module!r}")

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(mg.MissingPackageError) as caught:
        history.plot(tmp_path / "loss.png")
    wording(caught.value)


def test_a_history_without_epochs_has_nothing_to_plot(tmp_path, wording):
    with pytest.raises(mg.GraphError) as caught:
        mg.History().plot(tmp_path / "loss.png")
    wording(caught.value)


def test_a_figure_that_was_not_kept_is_told(history, wording):
    with pytest.raises(mg.UnknownNameError) as caught:
        history["acuracy"]
    wording(caught.value)


def test_a_graph_without_classes_has_no_boundary(tmp_path, wording):
    w = mg.Parameter("w", 1.0)
    with pytest.raises(mg.GraphError) as caught:
        plot_boundary(mg.Graph(loss=w * w), {}, tmp_path / "boundary.png")
    wording(caught.value)


def test_points_in_space_have_no_boundary_in_the_plane(tmp_path, wording):
    x, y = mg.Input("x", ("N", 3)), mg.Input("y", ("N",), dtype=np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y))
    with pytest.raises(mg.GraphError) as caught:
        plot_boundary(graph, {"x": np.ones((1, 3)), "y": [0]}, tmp_path / "boundary.png")
    wording(caught.value)


def test_labels_that_the_data_lacks_are_told(tmp_path, wording):
    graph = build(hidden=2)
    with pytest.raises(mg.InputError) as caught:
        plot_boundary(graph, {"x": np.ones((1, 2))}, tmp_path / "boundary.png")
    wording(caught.value)


@pytest.mark.parametrize("count", [1, 2, 5000])
def test_predicted_values_are_drawn_against_true_ones(tmp_path, count):
    true = np.linspace(-1e5, 1e5, count)
    assert plot_values(true, true * 0.9, tmp_path / "predicted.png", "$price_").stat().st_size > 1000


def test_what_is_not_finite_is_not_drawn(tmp_path, wording):
    assert plot_values(np.arange(3), np.array([0.0, np.nan, 3.0]), tmp_path / "predicted.png").exists()
    with pytest.raises(mg.GraphError) as caught:
        plot_values(np.ones(1), np.array([np.inf]), tmp_path / "predicted.png")
    wording(caught.value)


def test_only_a_regression_has_values_to_draw():
    x, y, w = mg.Input("x", ("N",)), mg.Input("y", ("N",)), mg.Parameter("w", 2.0)
    found = targets_and_predictions(mg.Graph(loss=mg.MeanSquaredError(x * w, y)), {"x": [1.0, 2.0], "y": [3.0, 4.0]})
    assert [values.tolist() for values in found] == [[[3.0], [4.0]], [[2.0], [4.0]]]
    assert targets_and_predictions(build(hidden=2), moons(4)) is None
