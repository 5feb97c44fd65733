"""The mistakes that a lint is for, as they are written by hand, and what is right and looks like them."""

import numpy as np
import pytest

import minigraph as mg
from tests.explain.test_lint_mistakes import Parts


def by_hand(z, axis=1):
    """A softmax as it is written by hand."""
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def fixed(*shape, name="x"):
    return mg.Input(name, shape)


def heads(g, units=32):
    """Queries, keys and values of 5 tokens."""
    tokens = mg.Input("words", ("N", 5, units))
    return [tokens @ g.weights(units, units) for _ in range(3)]


def traced(f, **given):
    return mg.trace(f, **given)


MISTAKES = [
    ("scores-as-probabilities", lambda g: -(g.t * np.log(z := g.scores()) + (1 - g.t) * np.log(1 - z)).mean()),
    ("scores-as-probabilities", lambda g: -np.take_along_axis(np.log(g.scores()), g.y[:, None], axis=1).mean()),
    ("scores-as-probabilities", lambda g: mg.BinaryCrossEntropy(mg.Relu(g.scores(1)).reshape(-1), g.r)),
    ("scores-as-probabilities", lambda g: mg.BinaryCrossEntropy(np.tanh(g.scores()), g.t)),
    ("rows-by-rows", lambda g: ((fixed(32, 8) @ g.weights(8, 1) + g.zeros(1) - fixed(32, name="t")) ** 2).mean()),
    ("rows-by-rows", lambda g: np.abs(np.tanh(g.scores(1)) - g.r).mean()),
    ("rows-by-rows", lambda g: traced(lambda x, t, w: np.mean((x @ w - t) ** 2), x=("N", 8), t=("N",), w=g.weights(8, 1))),
    ("rows-by-rows", lambda g: -(g.r * np.log(mg.Sigmoid(g.scores(1)) + 1e-9)).mean()),
    ("softmax-before-loss", lambda g: mg.SoftmaxCrossEntropy(by_hand(g.scores()), g.y)),
    ("softmax-before-loss", lambda g: mg.SoftmaxCrossEntropy(mg.Softmax(g.dense(g.tokens[:, 0], 4)).reshape(-1, 4), g.y)),
    ("softmax-before-loss", lambda g: mg.NegativeLogLikelihood(mg.LogSoftmax(mg.Softmax(g.scores())), g.y)),
    ("bounded-scores", lambda g: mg.SoftmaxCrossEntropy(mg.Sigmoid(g.scores()), g.y)),
    ("bounded-scores", lambda g: mg.SoftmaxCrossEntropy(np.maximum(g.scores(), 0), g.y)),
    ("softmax-over-batch", lambda g: -(g.t * np.log(by_hand(g.scores(), axis=0) + 1e-9)).sum(axis=1).mean()),
    ("softmax-over-batch", lambda g: -(
        fixed(32, 4, name="t") * np.log(mg.Softmax(fixed(32, 8) @ g.weights(8, 4), axis=0) + 1e-9)).sum(axis=1).mean()),
    ("softmax-over-batch", lambda g: -np.log(
        np.take_along_axis(mg.Softmax(g.scores(), axis=0), g.y[:, None], axis=1) + 1e-9).mean()),
    ("linear-layers", lambda g: mg.SoftmaxCrossEntropy(g.dense(mg.Dropout(g.dense(g.x, 16), g.random), 4), g.y)),
    ("linear-layers", lambda g: mg.SoftmaxCrossEntropy(g.dense(g.dense(g.x, 16).reshape(-1, 16), 4), g.y)),
    ("linear-layers", lambda g: traced(
        lambda x, t, a, b: np.mean((x @ a @ b - t) ** 2), x=("N", 8), t=("N", 4), a=g.weights(8, 16), b=g.weights(16, 4))),
    ("loss-without-minimum", lambda g: np.take_along_axis(mg.LogSoftmax(g.scores()), g.y[:, None], axis=1).mean()),
    ("loss-without-minimum", lambda g: (mg.OneHot(g.y, depth=4) * mg.LogSoftmax(g.scores())).sum(axis=1).mean()),
    ("loss-without-minimum", lambda g: -mg.SoftmaxCrossEntropy(g.scores(), g.y)),
    ("unscaled-attention", lambda g: (by_hand((h := heads(g))[0] @ np.swapaxes(h[1], 1, 2), axis=-1) @ h[2]).mean()),
    ("unscaled-attention", lambda g: (mg.Softmax((h := heads(g))[0] @ h[1].mT * np.sqrt(32)) @ h[2]).mean()),
    ("unscaled-attention", lambda g: (mg.Softmax((h := heads(g))[0] @ h[1].mT / 2 + np.zeros((5, 5), "f4")) @ h[2]).mean()),
    ("unscaled-attention", lambda g: (
        mg.Softmax(np.where(np.tril(np.ones((5, 5), bool)), (h := heads(g))[0] @ h[1].mT, -1e9)) @ h[2]).mean()),
    ("softmax-with-squared-error", lambda g: np.square(g.t - by_hand(g.scores())).mean()),
    ("softmax-with-squared-error", lambda g: ((mg.Softmax(g.scores()) - mg.OneHot(g.y, depth=4)) ** 2).sum(axis=1).mean()),
    ("dropout-on-scores", lambda g: mg.SoftmaxCrossEntropy(
        mg.Dropout(g.hidden() @ g.weights(16, 4), g.random) + g.zeros(4), g.y)),
    ("dropout-on-scores", lambda g: -np.take_along_axis(
        mg.LogSoftmax(mg.Dropout(g.scores(), g.random)), g.y[:, None], axis=1).mean()),
    ("other-class-axis", lambda g: -(mg.OneHot(mg.Input("labels", ("N", 5), np.int64), depth=4)
        * mg.LogSoftmax(g.dense(g.tokens, 4), axis=1)).sum(axis=-1).mean()),
]  # fmt: skip
SOUND = [
    lambda g: (mg.Softmax((h := heads(g))[0] @ h[1].mT * mg.Parameter("temperature", 32**-0.5)) @ h[2]).mean(),
    lambda g: (mg.Softmax((h := heads(g))[0] @ h[1].mT * np.exp(mg.Parameter("temperature", -1.7))) @ h[2]).mean(),
    lambda g: (mg.Softmax((h := heads(g))[0] * 32**-0.25 @ (h[1] * 32**-0.25).mT) @ h[2]).mean(),
    lambda g: (by_hand((h := heads(g))[0] @ h[1].mT / np.sqrt(32), axis=-1) @ h[2]).mean(),
    lambda g: (mg.Softmax(10 * mg.LpNormalization((h := heads(g))[0], p=2) @ mg.LpNormalization(h[1], p=2).mT) @ h[2]).mean(),
    lambda g: -(fixed(4, "N", name="t") * np.log(mg.Softmax(g.weights(4, 8) @ fixed(8, "N"), axis=0) + 1e-9)).sum(0).mean(),
    lambda g: mg.MeanSquaredError(g.dense(g.dense(g.x, 2), 8), g.x),
    lambda g: mg.MeanSquaredError(g.x @ (W := g.weights(8, 3)) @ W.T, g.x),
    lambda g: mg.SoftmaxCrossEntropy(
        g.dense((h := g.dense(g.x, 16)) + mg.Parameter("gate", 0.0) * mg.Relu(g.dense(h, 16)), 4), g.y),
    lambda g: mg.SoftmaxCrossEntropy(g.dense((h := g.dense(g.x, 16)) + mg.Relu(g.dense(h, 16)) @ g.zeros(16, 16), 4), g.y),
    lambda g: mg.SoftmaxCrossEntropy(g.dense((h := g.dense(g.x, 16)) + mg.LayerNormalization(
        mg.Relu(g.dense(h, 16)), g.zeros(16), g.zeros(16)), 4), g.y),
    lambda g: np.exp(-((z := fixed(32, 8) @ g.weights(8, 3)) * z).sum(1, keepdims=True) - (z * z).sum(1) + 2 * z @ z.T).mean(),
    lambda g: ((fixed(32, 8) @ g.weights(8, 1) - fixed(32, 1, name="t")) ** 2).mean(),
    lambda g: (((fixed(8, 8) @ g.weights(8, 1))[:, 0] - fixed(8, name="t")) ** 2).mean(),
    lambda g: mg.MeanSquaredError(
        (mg.Softmax(np.tanh(h := g.dense(fixed(32, 8), 16)) @ g.weights(16, 1), axis=0) * h).sum(0), fixed(16, name="t")),
    lambda g: mg.MeanSquaredError(mg.Softmax((x := fixed(32, 8)) @ (M := g.weights(32, 8)).T / 8**0.5) @ M, x),
    lambda g: ((rate := np.logaddexp(0, g.scores(1)[:, 0])) - g.r * np.log(rate + 1e-6)).mean(),
    lambda g: (np.exp(logarithm := np.clip(g.scores(1)[:, 0], -20, 20)) - g.r * logarithm).mean(),
    lambda g: -(mg.Softmax(fixed("N", 4, name="teacher")) * mg.LogSoftmax(g.scores() / 2)).sum(axis=1).mean(),
    lambda g: mg.SoftmaxCrossEntropy(g.dense(
        (mg.Dropout(mg.Softmax((h := heads(g))[0] @ h[1].mT / 32**0.5), g.random) @ h[2]).mean(axis=1), 4), g.y),
    lambda g: mg.SoftmaxCrossEntropy(mg.Dropout(g.hidden(), g.random) @ g.weights(16, 4) + g.zeros(4), g.y),
]  # fmt: skip


def found(compose):
    loss = compose(Parts())
    return [finding.lint for finding in (loss if isinstance(loss, mg.Graph) else mg.Graph(loss=loss)).lint()]


@pytest.mark.parametrize(("lint", "compose"), MISTAKES)
def test_a_mistake_written_in_another_way_is_found(lint, compose):
    assert found(compose) == [lint] or (lint == "softmax-over-batch" and lint in found(compose))


@pytest.mark.parametrize("compose", SOUND)
def test_what_looks_like_it_is_left_alone(compose):
    assert found(compose) == []


def test_the_logarithm_of_a_score_is_told_how_to_be_one_of_a_probability():
    z, t = mg.Input("x", ("N", 8)) @ mg.Parameter("W", np.ones((8, 1)) / 8), mg.Input("t", ("N", 1))
    z.name = "z"
    (finding, *_) = mg.Graph(loss=-(t * np.log(z)).mean()).lint()
    assert "z (N × 1) is a score" in finding.why or "z is a score" in finding.why
    assert "mg.BinaryCrossEntropy(z, …, logits=True)" in finding.remedy and "maximum" not in finding.remedy
