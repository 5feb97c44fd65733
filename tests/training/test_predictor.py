"""A Predictor: one program for all calls, in tiles, on the parameters as they are now."""

import copy
import pickle
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks
from minigraph.core.run import forward
from models import two_layer

ROWS = np.random.default_rng(0).normal(size=(5000, 2)).astype(np.float32)


def by_hand(graph, rows):
    return forward(mg.Graph(graph["ŷ"]), x=rows)[graph["ŷ"]]


@pytest.mark.parametrize("count", [0, 1, 3, 1000, 1001, 5000])
def test_a_prediction_is_what_a_plain_run_computes_for_any_number_of_rows(count):
    graph = two_layer.build()
    predictor = mg.Predictor(graph)
    np.testing.assert_allclose(predictor(ROWS[:count])["probabilities"], by_hand(graph, ROWS[:count]), atol=1e-6)
    assert predictor(ROWS[:count])["probabilities"].shape == (count, 2)


def test_parameters_that_are_trained_set_or_loaded_are_seen(tmp_path):
    graph = two_layer.build(hidden=8)
    predictor, labels = mg.Predictor(graph), np.arange(len(ROWS)) % 2
    graph.save(tmp_path / "first.safetensors")
    first = predictor(ROWS)["probabilities"]
    trainer = mg.Trainer(graph, {"x": ROWS, "y": labels}, optimizer=mg.SGD(0.5))
    for epochs in (1, 2):
        trainer.run(epochs)
        np.testing.assert_allclose(predictor(ROWS)["probabilities"], by_hand(graph, ROWS), atol=1e-6)
    assert not np.allclose(predictor(ROWS)["probabilities"], first, atol=1e-5)
    graph["b2"].value = [5.0, -5.0]
    assert predictor(ROWS[:1])["probabilities"][0, 0] > 0.9
    graph.load(tmp_path / "first.safetensors")
    assert np.array_equal(predictor(ROWS)["probabilities"], first)


def test_several_threads_may_predict_at_once_while_a_training_goes_on():
    graph = two_layer.build(hidden=16)
    predictor = mg.Predictor(graph)
    trainer = mg.Trainer(graph, {"x": ROWS, "y": np.arange(len(ROWS)) % 2}, optimizer=mg.SGD(0.1), batch_size=500)
    with ThreadPoolExecutor(3) as pool:
        training = pool.submit(trainer.run, 3)
        sums = [pool.submit(lambda i: predictor(ROWS[i : i + 7])["probabilities"].sum(axis=1), i) for i in range(200)]
        assert all(np.allclose(each.result(), 1, atol=1e-5) for each in sums)
        assert training.result().epochs == 3
    expected = predictor(ROWS)["probabilities"]
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda start: predictor(ROWS[start:])["probabilities"], range(20)):
            np.testing.assert_allclose(found, expected[len(expected) - len(found) :], atol=1e-6)


def test_the_memory_of_a_prediction_does_not_grow_with_the_values_between():
    predictor, rows = mg.Predictor(two_layer.build()), np.tile(ROWS, (10, 1))
    predictor(rows)
    tracemalloc.start()
    predictor(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * rows.nbytes  # 500 hidden units of these rows take 100 MB


def test_one_row_takes_no_compiling():
    predictor = mg.Predictor(two_layer.build())
    predictor(ROWS[:1])
    times = []
    for _ in range(100):
        start = time.perf_counter()
        predictor(ROWS[:1])
        times.append(time.perf_counter() - start)
    assert min(times) < 50e-6  # 8 µs, and 5 ms with a program compiled each time


def test_rows_in_pieces_are_the_rows_at_once(monkeypatch):
    graph = two_layer.build(hidden=8)
    whole = mg.Predictor(graph)(ROWS)["probabilities"]
    monkeypatch.setattr("minigraph.training.loop.evaluation.PIECE", 1 << 12)
    predictor = mg.Predictor(graph)
    assert predictor._at_once == 512
    np.testing.assert_allclose(predictor(ROWS.astype(np.float64))["probabilities"], whole, atol=1e-6)


def test_what_cannot_be_tiled_is_predicted_some_rows_at_a_time():
    x = mg.Input("x", ("N", 1, 6, 6))
    scores = blocks.dense(np.sort(x.reshape((-1, 36)), axis=1)[:, ::-1], 3, rng=np.random.default_rng(0))
    predictor = mg.Predictor(mg.Graph(scores=scores))
    rows = np.random.default_rng(1).normal(size=(2100, 36)).astype(np.float32)
    expected = mg.Graph(scores).forward(x=rows.reshape(-1, 1, 6, 6))[scores]
    np.testing.assert_allclose(predictor(rows)["scores"], expected, rtol=1e-4, atol=1e-4)


def test_rows_are_taken_as_the_input_has_them_or_flat(wording):
    x = mg.Input("x", ("N", 2, 3))
    predictor = mg.Predictor(mg.Graph(sums=x.sum(axis=(1, 2))))
    rows = np.arange(12.0).reshape(2, 6)
    assert [*predictor(rows)["sums"]] == [*predictor(rows.reshape(2, 2, 3))["sums"]] == [*predictor(rows.tolist())["sums"]]
    with pytest.raises(mg.ShapeError, match="6 features") as found:
        predictor(rows[0])
    wording(found.value)


def test_an_output_without_rows_is_no_prediction(wording):
    x = mg.Input("x", ("N", 2))
    assert [*mg.Predictor(mg.Graph(mean=x.mean(), value=x * 2))([[1, 2]])] == ["value"]
    with pytest.raises(mg.GraphError, match="a row for each") as found:
        mg.Predictor(mg.Graph(mean=x.mean()))
    wording(found.value)
    with pytest.raises(mg.GraphError, match="What predicts") as found:
        mg.Predictor(x)
    wording(found.value)


def test_a_copy_predicts_by_itself():
    x, w = mg.Input("x", ("N",)), mg.Parameter("w", 2.0)
    predictor = mg.Predictor(mg.Graph(y=x * w), threads=1)
    copies = [copy.deepcopy(predictor), pickle.loads(pickle.dumps(predictor))]
    w.value = 3.0
    assert [float(each([1.0])["y"][0]) for each in (predictor, *copies)] == [3.0, 2.0, 2.0]
    assert {(each._program.threads, each._program.engine) for each in (predictor, *copies)} == {(1, "numpy")}


def test_statistics_of_a_training_are_used_and_seen():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    hidden = blocks.batch_normalization(x, name="normalization")
    scores = blocks.dense(mg.Dropout(hidden, mg.RandomState(0)), 2, rng=np.random.default_rng(0))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(scores, y))
    predictor = mg.Predictor(graph)
    before = predictor(ROWS)["probabilities"]
    mg.train(graph, {"x": ROWS, "y": np.arange(5000) % 2}, optimizer=mg.Adam(0.01), epochs=1, batch_size=500, progress=False)
    after = predictor(ROWS)["probabilities"]
    assert not np.allclose(after, before, atol=1e-4)
    assert np.array_equal(after, mg.Predictor(graph)(ROWS)["probabilities"])


def test_half_precision_and_no_columns():
    x = mg.Input("x", ("N", 3), dtype=np.float16)
    predictor = mg.Predictor(mg.Graph(y=np.exp(x)))
    assert predictor(np.ones((2000, 3)))["y"].dtype == np.float16
    none = mg.Predictor(mg.Graph(y=mg.Input("x", ("N", 0)) * 2))
    assert none(np.zeros((5, 0)))["y"].shape == (5, 0)
