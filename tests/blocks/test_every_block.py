"""Every block, held the same way: its program agrees with its run, float32 stays, and batches may have one row, or none."""

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks

FLOAT, WHOLE = np.float32, np.int64


def rng():
    return np.random.default_rng(0)


def sequence(name="x", length=5):
    return mg.Input(name, ("N", length, 8))


def rows():
    return mg.Input("x", ("N", 8))


def penalised(penalty):
    """A penalty is one number, whatever the rows; it is added to a value that has some."""
    W = mg.Parameter("W", rng().normal(size=(8, 3)))
    return rows() @ W + penalty([W], 0.1)


def positioned():
    x = sequence()
    return x + blocks.sinusoidal(5, 8)


def within():
    with blocks.block("outer"):
        return blocks.dense(rows(), 3, rng=rng())


def indices():
    return mg.Input("words", ("N", 4), dtype=WHOLE)


def both(block, **options):
    states, last = block(sequence(), 3, rng=rng(), **options)
    return mg.Concat(states[:, -1], *(last if isinstance(last, tuple) else (last,)), axis=1)


BLOCKS = {
    "attention": [lambda: blocks.attention(sequence("q"), sequence("k", 7), sequence("v", 7))],
    "batch_normalization": [
        lambda: blocks.batch_normalization(rows()),
        lambda: blocks.batch_normalization(mg.Input("x", ("N", 3, 4, 4)), momentum=0.5, epsilon=0.1),
    ],
    "block": [within],
    "dense": [
        lambda: blocks.dense(rows(), 3, rng=rng(), activation=mg.Tanh),
        lambda: blocks.dense(sequence(), 3, rng=rng(), bias=False),
    ],
    "embedding": [lambda: blocks.embedding(indices(), 6, 3, rng=rng())],
    "gru": [lambda: both(blocks.gru), lambda: both(blocks.gru, direction="bidirectional")],
    "l1_penalty": [lambda: penalised(blocks.l1_penalty)],
    "l2_penalty": [lambda: penalised(blocks.l2_penalty)],
    "layer_normalization": [lambda: blocks.layer_normalization(sequence())],
    "lstm": [lambda: both(blocks.lstm), lambda: both(blocks.lstm, direction="bidirectional")],
    "multi_head_attention": [
        lambda: blocks.multi_head_attention(sequence(), heads=2, rng=rng(), causal=True),
        lambda: blocks.multi_head_attention(sequence(), heads=4, key_heads=2, rng=rng(), rotary=True, bias=False),
    ],
    "residual": [lambda: blocks.residual(rows(), mg.Tanh)],
    "rnn": [lambda: both(blocks.rnn), lambda: both(blocks.rnn, direction="reverse")],
    "rotary": [lambda: blocks.rotary(sequence())],
    "sinusoidal": [positioned],
    "transformer_decoder_layer": [
        lambda: blocks.transformer_decoder_layer(sequence(), sequence("memory", 7), heads=2, hidden=6, rng=rng()),
    ],
    "transformer_encoder_layer": [
        lambda: blocks.transformer_encoder_layer(sequence(), heads=2, hidden=6, rng=rng()),
        lambda: blocks.transformer_encoder_layer(sequence(), heads=2, hidden=6, rng=rng(), norm_first=True, causal=True),
    ],
}
CASES = [pytest.param(compose, id=f"{name} {i}") for name, each in BLOCKS.items() for i, compose in enumerate(each)]
on_every_block = pytest.mark.parametrize("compose", CASES)


def given(graph, count):
    """A batch for the inputs; its numbers do not depend on how many rows there are."""
    random, batch = rng(), {}
    for name, node in sorted(graph.inputs.items()):
        shape = (3, *node.shape[1:])
        drawn = random.normal(size=shape) if node.dtype.kind == "f" else random.integers(0, 6, shape)
        batch[name] = drawn[:count].astype(node.dtype)
    return batch


@pytest.fixture
def made(compose):
    """A block's value, a weighted sum of its squares, and the gradient for every parameter and input that takes one."""
    y = compose()
    loss = (y * y * np.linspace(1, 2, y.shape[-1])).sum()  # of the squares alone a normalisation would have no slope
    wrt = [node for node in mg.Graph(y).nodes if isinstance(node, mg.Input | mg.Parameter) and node.dtype.kind == "f"]
    slopes = mg.gradient(loss, wrt)
    return mg.Graph({"y": y, "loss": loss} | {f"for {node.name}": slope for node, slope in zip(wrt, slopes, strict=True)})


@on_every_block
@pytest.mark.parametrize("count", [3, 1, 0])
def test_the_program_agrees_with_the_run(made, count):
    double = made.astype(np.float64)
    batch = given(double, count)
    run, program = double.forward(**batch), mg.compile(double)
    for _ in range(2):
        for name, found in program(**batch).items():
            np.testing.assert_allclose(found, run[name], rtol=1e-9, atol=1e-9, err_msg=name)


@on_every_block
@pytest.mark.parametrize("count", [3, 1, 0])
def test_float32_stays_and_every_row_has_its_value(made, count):
    batch = given(made, count)
    run, compiled = made.forward(**batch), mg.compile(made)(**batch)
    for name in made.outputs:
        assert made[name].dtype == run[name].dtype == compiled[name].dtype == FLOAT, name
        assert run[name].shape == compiled[name].shape, name
    assert len(run["y"]) == count


@on_every_block
def test_a_batch_of_one_is_the_row_of_a_larger_one(made):
    used = mg.inference(made)
    one, three = (used.forward(**given(used, count))["y"] for count in (1, 3))
    assert np.allclose(one, three[:1], rtol=1e-5, atol=1e-6)


@on_every_block
def test_a_run_back_gives_what_the_graph_of_the_gradient_gives(made):
    double = made.astype(np.float64)
    run = double.forward(**given(double, 3))
    gradients = run.backward("loss")
    for name in made.outputs:
        if name.startswith("for "):
            expected = gradients[name.removeprefix("for ")]
            np.testing.assert_allclose(run[name], expected, rtol=1e-6, atol=1e-6, err_msg=name)  # 0.1 was once in float32


@on_every_block
def test_parameters_are_of_the_type_of_what_is_given(made):
    assert {variable.dtype for variable in made.variables.values()} <= {np.dtype(FLOAT)}


def test_every_block_is_held():
    assert BLOCKS.keys() == set(blocks.__all__)
