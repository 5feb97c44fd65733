"""What a block tells its nodes, and what it refuses."""

import copy
import pickle

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks


def rng():
    return np.random.default_rng(0)


def test_a_node_keeps_its_block_in_copies_of_the_graph():
    x = mg.Input("x", ("N", 2))
    with blocks.block("encoder"):
        y = blocks.dense(x, 3, rng=rng(), name="hidden")
    graph = mg.Graph(y=y)
    assert list(graph.parameters) == ["encoder.hidden.W", "encoder.hidden.b"]
    for each in (graph, graph.astype(np.float64), pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph)):
        assert each["y"].block == each["encoder.hidden.W"].block == ("encoder", "hidden")
        assert each["x"].block == ()


def test_a_block_ends_where_an_error_leaves_it():
    with pytest.raises(mg.ShapeError), blocks.block("odd"):
        mg.Input("x", (3,)) @ np.ones((2, 2))
    assert mg.Input("x", ()).block == ()


def test_a_causal_place_takes_nothing_from_later_ones():
    x = mg.Input("x", ("N", 4, 8))
    graph = mg.Graph(y=blocks.multi_head_attention(x, heads=4, key_heads=2, rng=rng(), causal=True, rotary=True))
    cotangent = np.zeros((1, 4, 8))
    cotangent[:, 1] = rng().normal(size=8)
    gradient = graph.forward(x=rng().normal(size=(1, 4, 8))).backward(cotangent=cotangent)["x"]
    assert (gradient[:, :2] != 0).all()
    assert (gradient[:, 2:] == 0).all()


def test_a_place_that_may_look_nowhere_takes_nothing():
    v, mask = mg.Input("v", (2, 2)), mg.Constant(np.array([[False, False], [False, True]]))
    found = mg.Graph(y=blocks.attention(v, v, v, mask=mask)).forward(v=[[2, 0], [0, 4]])["y"]
    assert found.tolist() == [[0, 0], [0, 4]]


def test_rotary_products_depend_on_the_distance_alone():
    x = mg.Input("x", (5, 6), dtype=np.float64)
    y = mg.Graph(y=blocks.rotary(x)).forward(x=np.tile(rng().normal(size=6), (5, 1)))["y"]
    products = y @ y.T
    assert np.allclose(np.diag(products, 2), products[0, 2])
    assert not np.isclose(products[0, 1], products[0, 2])


def test_features_are_split_evenly_between_heads():
    with pytest.raises(mg.ShapeError, match=r"The 8 features of x \(N × 5 × 8\) cannot be split into 3 heads\."):
        blocks.multi_head_attention(mg.Input("x", ("N", 5, 8)), heads=3, rng=rng())


def test_a_transformer_layer_drops_from_each_of_its_parts_in_training_alone():
    def composed(**dropout):
        rng, x = np.random.default_rng(0), mg.Input("x", ("N", 5, 8))
        return mg.Graph(y=mg.blocks.transformer_decoder_layer(x, x, heads=2, hidden=16, rng=rng, **dropout))

    plain, dropping = composed(), composed(dropout=0.3, state=mg.RandomState(0))
    assert sum(isinstance(node, mg.Dropout) for node in dropping.nodes) == 3
    given = np.random.default_rng(1).normal(size=(2, 5, 8))
    assert not np.allclose(dropping.forward(x=given)["y"], plain.forward(x=given)["y"])
    np.testing.assert_array_equal(mg.inference(dropping).forward(x=given)["y"], plain.forward(x=given)["y"])


def test_dropout_without_a_state_is_refused(wording):
    x = mg.Input("x", ("N", 5, 8))
    with pytest.raises(mg.OperationError) as told:
        mg.blocks.transformer_encoder_layer(x, heads=2, hidden=16, rng=np.random.default_rng(0), dropout=0.1)
    wording(told.value)


X = mg.Input("x", ("N", 5, 8))
MISTAKES = {
    "units that are no number of them": lambda: blocks.dense(X, 3.0, rng=rng()),
    "units where the value belongs": lambda: blocks.dense(3, X, rng=rng()),
    "a value that is no node": lambda: blocks.dense(3, 3, rng=rng()),
    "an activation by its name": lambda: blocks.dense(X, 3, rng=rng(), activation="relu"),
    "a table without rows": lambda: blocks.embedding(X, 0, 3, rng=rng()),
    "a seed in place of a generator": lambda: blocks.embedding(X, 5, 3, rng=0),
    "no units": lambda: blocks.gru(X, 0, rng=rng()),
    "a sequence that is no node": lambda: blocks.lstm([1, 2], 3, rng=rng()),
    "half a head": lambda: blocks.multi_head_attention(X, heads=0.5, rng=rng()),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_a_block_cannot_be_made_of_is_refused(name, wording):
    with pytest.raises(mg.OperationError) as error:
        MISTAKES[name]()
    wording(error.value)
