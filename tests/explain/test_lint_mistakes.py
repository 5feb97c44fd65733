"""Classic mistakes in networks, each caught once, and sound graphs, many of which look like them, that are left alone.

The mistakes are those of A. Karpathy's "most common neural net mistakes" and "A Recipe for Training Neural Networks", of
Stanford's CS231n, of Daniel Holden's "My neural network isn't working! What should I do?" and of PyTorch's and TensorFlow's
forums, as far as they can be made where a graph is composed.
"""

import numpy as np
import pytest

import minigraph as mg

MISTAKES = {}
SOUND = {}


def mistake(lint):
    """Note a function that composes a mistake, and what finds it."""
    return lambda compose: MISTAKES.setdefault(compose.__name__, (lint, compose))


def sound(compose):
    """Note a function that composes what is right."""
    return SOUND.setdefault(compose.__name__, compose)


class Parts:
    """What the graphs are composed of: x of 8 features, labels y of 4 classes, targets t and r, random weights."""

    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.x = mg.Input("x", ("N", 8))
        self.y = mg.Input("y", ("N",), dtype=np.int64)
        self.t = mg.Input("t", ("N", 4))
        self.r = mg.Input("r", ("N",))
        self.tokens = mg.Input("tokens", ("N", 5, 8))
        self.images = mg.Input("images", ("N", 3, 8, 8))
        self.random = mg.RandomState(0)
        self.count = 0

    def weights(self, *shape, scale=None):
        self.count += 1
        scale = shape[0] ** -0.5 if scale is None else scale
        return mg.Parameter(f"W{self.count}", self.rng.normal(0, scale, shape))

    def zeros(self, *shape):
        self.count += 1
        return mg.Parameter(f"b{self.count}", np.zeros(shape))

    def dense(self, x, units, scale=None):
        return x @ self.weights(x.shape[-1], units, scale=scale) + self.zeros(units)

    def hidden(self, units=16):
        return mg.Relu(self.dense(self.x, units))

    def scores(self, classes=4):
        return self.dense(self.hidden(), classes)

    def filters(self, *shape):
        self.count += 1
        return mg.Parameter(f"F{self.count}", self.rng.normal(0, 0.1, shape))


@mistake("softmax-before-loss")
def softmax_before_the_loss(g):
    return mg.SoftmaxCrossEntropy(mg.Softmax(g.scores()), g.y)


@mistake("softmax-before-loss")
def sigmoid_before_a_loss_with_logits(g):
    return mg.BinaryCrossEntropy(mg.Sigmoid(g.scores()), g.t, logits=True)


@mistake("softmax-before-loss")
def probabilities_into_the_likelihood_of_logarithms(g):
    return mg.NegativeLogLikelihood(mg.Softmax(g.scores()), g.y)


@mistake("log-of-softmax")
def logarithm_of_a_softmax(g):
    return -np.log(np.take_along_axis(mg.Softmax(g.scores()), g.y[:, None], axis=1)).mean()


@mistake("scores-as-probabilities")
def raw_scores_into_binary_cross_entropy(g):
    return mg.BinaryCrossEntropy(g.scores(), g.t)


@mistake("scores-as-probabilities")
def softmax_for_labels_that_do_not_exclude_each_other(g):
    return mg.BinaryCrossEntropy(mg.Softmax(g.scores()), g.t)


@mistake("bounded-scores")
def relu_on_the_scores(g):
    return mg.SoftmaxCrossEntropy(mg.Relu(g.scores()), g.y)


@mistake("bounded-scores")
def tanh_on_the_scores(g):
    return mg.SoftmaxCrossEntropy(np.tanh(g.scores()), g.y)


@mistake("softmax-over-batch")
def softmax_over_the_batch(g):
    return -(g.t * mg.LogSoftmax(g.scores(), axis=0)).mean()


@mistake("other-class-axis")
def labels_along_another_axis_than_the_softmax(g):
    scores = g.dense(g.tokens, 5)
    labels = mg.Input("labels", ("N", 5), dtype=np.int64)
    return -np.take_along_axis(mg.LogSoftmax(scores, axis=1), labels[:, :, None], axis=2).mean()


@mistake("single-element")
def softmax_of_one_output(g):
    p = mg.Softmax(g.scores(1))
    return mg.MeanSquaredError(p[:, 0], g.r)


@mistake("softmax-with-squared-error")
def squared_error_of_a_softmax(g):
    return mg.MeanSquaredError(mg.Softmax(g.scores()), g.t)


@mistake("rows-by-rows")
def column_less_row(g):
    return ((g.scores(1) - g.r) ** 2).mean()


@mistake("loss-without-minimum")
def likelihood_without_its_minus(g):
    p = mg.Sigmoid(g.scores())
    return (g.t * np.log(p + 1e-7) + (1 - g.t) * np.log(1 - p + 1e-7)).mean()


@mistake("loss-without-minimum")
def penalty_with_a_minus(g):
    W = g.weights(8, 4)
    return mg.SoftmaxCrossEntropy(g.x @ W, g.y) - 0.01 * (W * W).sum()


@mistake("linear-layers")
def two_layers_without_an_activation(g):
    return mg.SoftmaxCrossEntropy(g.dense(g.dense(g.x, 16), 4), g.y)


@mistake("never-trained")
def weights_that_start_at_zero(g):
    a = mg.Relu(g.x @ g.zeros(8, 16) + g.zeros(16))
    return mg.SoftmaxCrossEntropy(a @ g.zeros(16, 4) + g.zeros(4), g.y)


@mistake("equal-units")
def weights_that_all_start_at_one_number(g):
    W1, W2 = mg.Parameter("V1", np.full((8, 16), 0.1)), mg.Parameter("V2", np.full((16, 4), 0.1))
    return mg.SoftmaxCrossEntropy(mg.Sigmoid(g.x @ W1 + g.zeros(16)) @ W2, g.y)


@mistake("saturated-layer")
def weights_that_start_too_large(g):
    wide = mg.Input("wide", ("N", 64))
    return mg.SoftmaxCrossEntropy(g.dense(np.tanh(g.dense(wide, 32, scale=1)), 4), g.y)


@mistake("unscaled-attention")
def attention_without_its_scale(g):
    q, k, v = (g.dense(g.tokens, 32) for _ in range(3))
    taken = mg.Softmax(q @ k.mT) @ v
    return mg.SoftmaxCrossEntropy(g.dense(taken.mean(axis=1), 4), g.y)


@mistake("multiplied-mask")
def scores_hidden_by_zeros(g):
    q, k, v = (g.dense(g.tokens, 32) for _ in range(3))
    weights = mg.Softmax(q @ k.mT / 32**0.5 * np.tril(np.ones((5, 5), np.float32)))
    return mg.SoftmaxCrossEntropy(g.dense((weights @ v).mean(axis=1), 4), g.y)


@mistake("dropout-on-scores")
def dropout_behind_the_last_layer(g):
    return mg.SoftmaxCrossEntropy(mg.Dropout(g.scores(), g.random), g.y)


@mistake("bias-before-normalization")
def bias_before_batch_normalization(g):
    z = mg.blocks.batch_normalization(g.dense(g.x, 16))
    return mg.SoftmaxCrossEntropy(g.dense(mg.Relu(z), 4), g.y)


@mistake("reshape-for-transpose")
def reshape_in_the_place_of_a_transpose(g):
    last = mg.Input("last", ("N", 8, 8, 3)).reshape(-1, 3, 8, 8)
    a = mg.Relu(mg.Conv(last, g.filters(4, 3, 3, 3)))
    return mg.SoftmaxCrossEntropy(g.dense(a.mean(axis=(2, 3)), 4), g.y)


@mistake("parameter-without-gradient")
def accuracy_as_the_loss(g):
    W = g.weights(8, 4)
    right = np.equal(np.argmax(g.x @ W, axis=1), g.y)
    return 1 - right.astype(np.float32).mean()


@mistake("clipped-before-loss")
def error_that_is_clipped(g):
    return (np.clip(g.scores(1)[:, 0] - g.r, -1, 1) ** 2).mean()


@mistake("exchanged-operands")
def targets_before_scores(g):
    return mg.SoftmaxCrossEntropy(g.t, g.scores())


@mistake("mixed-reduction")
def sum_beside_a_mean(g):
    a = g.hidden()
    return mg.SoftmaxCrossEntropy(g.dense(a, 4), g.y) + 0.001 * np.abs(a).sum()


@mistake("sqrt-at-zero")
def norm_without_an_epsilon(g):
    z = g.scores()
    return np.sqrt(((z - g.t) ** 2).sum(axis=1)).mean()


# What is right, and looks like one of these.


@sound
def softmax_then_logarithm_kept_above_0_of_what_labels_pick(g):
    p = mg.Softmax(g.scores())
    return -np.log(np.take_along_axis(p, g.y[:, None], axis=1) + 1e-9).mean()


@sound
def logarithm_of_softmax_times_one_hot_rows(g):
    z = g.scores()
    return -(mg.OneHot(g.y, depth=4).astype(np.float32) * mg.LogSoftmax(z)).sum(axis=1).mean()


@sound
def sigmoid_into_a_loss_of_probabilities_that_is_no_parameter_of_it(g):
    z = g.scores()
    return mg.Graph(loss=mg.BinaryCrossEntropy(z, g.t, logits=True), probabilities=mg.Sigmoid(z))


@sound
def probabilities_of_a_noisy_or(g):
    return mg.BinaryCrossEntropy(1 - np.prod(1 - mg.Sigmoid(g.scores()), axis=1), g.r)


@sound
def mean_of_the_probabilities_of_an_ensemble(g):
    p = (mg.Sigmoid(g.scores()) + mg.Sigmoid(g.scores())) / 2
    return mg.BinaryCrossEntropy(p, g.t)


@sound
def mixture_of_experts_of_probabilities(g):
    gate, experts = mg.Softmax(g.scores(3)), np.stack([mg.Sigmoid(g.scores(1))[:, 0] for _ in range(3)], axis=1)
    return mg.BinaryCrossEntropy((gate * experts).sum(axis=1), g.r)


@sound
def clipped_probabilities(g):
    p = np.clip(mg.Softmax(g.scores())[:, 1], 1e-6, 1 - 1e-6)
    return mg.BinaryCrossEntropy(p, g.r)


@sound
def cosine_scores_with_a_temperature(g):
    a, b = mg.LpNormalization(g.scores(), p=2), mg.LpNormalization(g.dense(g.t, 4), p=2)
    return mg.SoftmaxCrossEntropy(a @ b.T / 0.07, g.y)


@sound
def scores_capped_softly(g):
    return mg.SoftmaxCrossEntropy(30 * np.tanh(g.scores() / 30), g.y)


@sound
def scores_by_distances_from_prototypes(g):
    embedded, prototypes = g.scores(6), g.weights(4, 6)
    distances = ((embedded[:, None, :] - prototypes) ** 2).sum(axis=2)
    return mg.SoftmaxCrossEntropy(-distances, g.y)


@sound
def relu_before_the_last_layer_alone(g):
    return mg.SoftmaxCrossEntropy(g.scores(), g.y)


@sound
def relu_for_targets_that_are_never_negative(g):
    return mg.MeanSquaredError(mg.Relu(g.scores(1))[:, 0], g.r)


@sound
def attention_pool_over_the_rows_of_a_bag(g):
    h = g.hidden()
    weights = mg.Softmax(g.dense(np.tanh(h), 1), axis=0)
    return mg.MeanSquaredError((weights * h).sum(axis=0), np.zeros(16, np.float32))


@sound
def several_heads_pool_over_the_rows_of_a_bag(g):
    h = g.hidden()
    return (mg.Softmax(g.dense(np.tanh(h), 3), axis=0).T @ h).sum() ** 2


@sound
def contrast_along_both_axes(g):
    a, b = g.scores(6), g.dense(g.t, 6)
    s, place = a @ b.T / 6**0.5, mg.Input("place", ("N",), dtype=np.int64)
    return mg.SoftmaxCrossEntropy(s, place) + mg.SoftmaxCrossEntropy(s, place, axis=0)


@sound
def labels_along_the_axis_of_the_softmax(g):
    labels = mg.Input("labels", ("N", 5), dtype=np.int64)
    z = g.dense(g.tokens, 6)
    return -np.take_along_axis(mg.LogSoftmax(z), labels[:, :, None], axis=2).mean()


@sound
def two_models_agree_in_their_probabilities(g):
    teacher = mg.Softmax(g.x @ mg.Variable("teacher", g.rng.normal(0, 1, (8, 4))))
    z = g.scores()
    return mg.SoftmaxCrossEntropy(z, g.y) + mg.MeanSquaredError(mg.Softmax(z), teacher)


@sound
def pixels_by_a_sigmoid_and_squared_error(g):
    return mg.MeanSquaredError(mg.Sigmoid(g.dense(g.hidden(), 8)), g.x)


@sound
def columns_and_rows_that_are_meant(g):
    v = g.scores(1)[:, 0]
    return (np.maximum(0, 1 - (v[:, None] - v[None, :]) * np.sign(g.r[:, None] - g.r)) ** 2).mean()


@sound
def squares_of_distances_between_all_rows(g):
    a = g.scores(3)
    squares = (a * a).sum(axis=1, keepdims=True) + (a * a).sum(axis=1) - 2 * a @ a.T
    return np.exp(-np.maximum(squares, 0)).mean()


@sound
def policy_gradient_with_advantages(g):
    advantages, actions = mg.Input("advantages", ("N",)), g.y
    chosen = np.take_along_axis(mg.LogSoftmax(g.scores()), actions[:, None], axis=1)[:, 0]
    return -(advantages * chosen).mean()


@sound
def policy_gradient_with_costs(g):
    costs = mg.Input("costs", ("N",))
    chosen = np.take_along_axis(mg.LogSoftmax(g.scores()), g.y[:, None], axis=1)[:, 0]
    return (costs * chosen).mean()


@sound
def proximal_policy_optimization(g):
    advantages, before = mg.Input("advantages", ("N",)), mg.Input("before", ("N",))
    chosen = np.take_along_axis(mg.LogSoftmax(g.scores()), g.y[:, None], axis=1)[:, 0]
    ratio = np.exp(np.clip(chosen - before, -20, 20))
    return -np.minimum(ratio * advantages, np.clip(ratio, 0.8, 1.2) * advantages).mean()


@sound
def actor_and_critic_with_entropy(g):
    h = g.hidden()
    z, value = g.dense(h, 4), g.dense(h, 1)[:, 0]
    logarithms = mg.LogSoftmax(z)
    chosen = np.take_along_axis(logarithms, g.y[:, None], axis=1)[:, 0]
    entropy = -(mg.Softmax(z) * logarithms).sum(axis=1).mean()
    return -(mg.StopGradient(g.r - value) * chosen).mean() + 0.5 * mg.MeanSquaredError(value, g.r) - 0.01 * entropy


@sound
def value_of_the_next_state_as_a_target(g):
    later = mg.Input("later", ("N", 8))
    W, V = g.weights(8, 16), g.weights(16, 4)
    q = np.take_along_axis(mg.Relu(g.x @ W) @ V, g.y[:, None], axis=1)[:, 0]
    target = g.r + 0.99 * (mg.Relu(later @ W) @ V).max(axis=1)
    return mg.Huber(q, mg.StopGradient(target))


@sound
def critic_of_a_wasserstein_gan(g):
    W, V = g.weights(8, 16), g.weights(16, 1)
    generated = mg.Input("generated", ("N", 8))
    return (mg.Relu(generated @ W) @ V).mean() - (mg.Relu(g.x @ W) @ V).mean()


@sound
def generator_of_a_gan_that_minimizes(g):
    noise = mg.Input("noise", ("N", 4))
    images = g.dense(mg.Relu(g.dense(noise, 16)), 8)
    critic = g.dense(mg.Relu(g.dense(images, 16)), 1)
    return np.log(1 - mg.Sigmoid(critic) + 1e-6).mean()


@sound
def discriminator_of_a_gan(g):
    W, V = g.weights(8, 16), g.weights(16, 1)
    generated = mg.Input("generated", ("N", 8))
    real, made = mg.Relu(g.x @ W) @ V, mg.Relu(generated @ W) @ V
    ones, zeros = np.ones_like(real), np.zeros_like(made)
    return mg.BinaryCrossEntropy(real, ones, logits=True) + mg.BinaryCrossEntropy(made, zeros, logits=True)


@sound
def variational_autoencoder(g):
    h = g.hidden()
    mean, logarithm = g.dense(h, 3), g.dense(h, 3)
    code = mean + np.exp(0.5 * logarithm) * mg.RandomNormal(mean, g.random)
    z = g.dense(mg.Relu(g.dense(code, 16)), 8)
    divergence = -0.5 * (1 + logarithm - mean**2 - np.exp(logarithm)).sum(axis=1).mean()
    return mg.BinaryCrossEntropy(z, g.x, logits=True, reduction="sum") / g.x.shape[0] + divergence


@sound
def quantile_regression(g):
    error = g.r - g.scores(1)[:, 0]
    return np.maximum(0.9 * error, -0.1 * error).mean()


@sound
def gaussian_likelihood_with_a_learned_variance(g):
    mean, logarithm = g.scores(1)[:, 0], g.scores(1)[:, 0]
    return (0.5 * logarithm + 0.5 * (g.r - mean) ** 2 * np.exp(-logarithm)).mean()


@sound
def flow_with_the_logarithm_of_its_determinant(g):
    scale, shift = g.scores(4), g.scores(4)
    y = g.x[:, 4:] * np.exp(np.tanh(scale)) + shift
    return 0.5 * (y * y).sum(axis=1).mean() - np.tanh(scale).sum(axis=1).mean()


@sound
def similarity_as_a_loss(g):
    W, other = g.weights(8, 4), mg.Input("other", ("N", 8))
    return -mg.CosineSimilarity(np.tanh(g.x @ W) @ g.weights(4, 4), mg.StopGradient(np.tanh(other @ W))).mean()


@sound
def dice_taken_from_0(g):
    p = mg.Sigmoid(g.scores())
    return -((2 * (p * g.t).sum() + 1) / (p.sum() + np.abs(g.t).sum() + 1))


@sound
def focal_loss(g):
    z = g.scores()
    chosen = np.take_along_axis(mg.LogSoftmax(z), g.y[:, None], axis=1)
    return -((1 - np.exp(chosen)) ** 2 * chosen).mean()


@sound
def labels_smoothed(g):
    return mg.SoftmaxCrossEntropy(g.scores(), g.y, label_smoothing=0.1)


@sound
def decay_of_the_weights(g):
    W = g.weights(8, 4)
    return mg.SoftmaxCrossEntropy(g.x @ W, g.y) + 0.01 * (W * W).sum()


@sound
def low_rank_layer(g):
    return mg.SoftmaxCrossEntropy(mg.Relu(g.x @ g.weights(8, 2) @ g.weights(2, 16)) @ g.weights(16, 4), g.y)


@sound
def product_of_matrices_that_is_meant(g):
    return mg.SoftmaxCrossEntropy(g.x @ (g.weights(8, 16) @ g.weights(16, 4)), g.y)


@sound
def low_rank_adaptation_from_zero(g):
    frozen = mg.Constant(g.rng.normal(0, 0.3, (8, 4)).astype(np.float32))
    return mg.SoftmaxCrossEntropy(g.x @ frozen + g.x @ g.weights(8, 2) @ g.zeros(2, 4), g.y)


@sound
def bottleneck_without_an_activation(g):
    code = g.dense(g.hidden(32), 4)
    return mg.MeanSquaredError(g.dense(mg.Relu(g.dense(code, 32)), 8), g.x)


@sound
def embedding_and_a_layer(g):
    words = mg.Input("words", ("N",), dtype=np.int64)
    return mg.SoftmaxCrossEntropy(g.dense(mg.Gather(g.weights(50, 16), words), 4), g.y)


@sound
def tied_weights(g):
    W = g.weights(8, 4)
    return mg.MeanSquaredError(np.tanh(g.x @ W) @ W.T, g.x)


@sound
def last_layer_from_zero(g):
    return mg.SoftmaxCrossEntropy(g.hidden() @ g.zeros(16, 4) + g.zeros(4), g.y)


@sound
def residual_branch_from_zero(g):
    a = g.hidden(8)
    a = a + mg.Relu(g.dense(a, 16)) @ g.zeros(16, 8)
    return mg.SoftmaxCrossEntropy(g.dense(a, 4), g.y)


@sound
def gate_from_zero(g):
    a = g.hidden(8)
    return mg.SoftmaxCrossEntropy(g.dense(a + g.zeros() * np.tanh(g.dense(a, 8)), 4), g.y)


@sound
def logistic_regression_from_zero(g):
    return mg.SoftmaxCrossEntropy(g.x @ g.zeros(8, 4) + g.zeros(4), g.y)


@sound
def attention_scaled(g):
    q, k, v = (g.dense(g.tokens, 32) for _ in range(3))
    return mg.SoftmaxCrossEntropy(g.dense((mg.Softmax(q @ k.mT / 32**0.5) @ v).mean(axis=1), 4), g.y)


@sound
def attention_scaled_by_its_first_weights(g):
    q, k, v = g.tokens @ g.weights(8, 32, scale=1 / 16), g.dense(g.tokens, 32), g.dense(g.tokens, 32)
    return mg.SoftmaxCrossEntropy(g.dense((mg.Softmax(q @ k.mT) @ v).mean(axis=1), 4), g.y)


@sound
def attention_with_everything(g):
    a = mg.blocks.transformer_encoder_layer(
        mg.blocks.dense(g.tokens, 16, rng=g.rng, name="in"), heads=2, hidden=32, rng=g.rng, causal=True
    )
    return mg.SoftmaxCrossEntropy(g.dense(a.mean(axis=1), 4), g.y)


@sound
def mask_added_and_multiplied(g):
    q, k, v = (g.dense(g.tokens, 32) for _ in range(3))
    mask = np.tril(np.ones((5, 5), np.float32))
    weights = mg.Softmax(q @ k.mT / 32**0.5 * mask - 1e9 * (1 - mask))
    return mg.SoftmaxCrossEntropy(g.dense((weights @ v).mean(axis=1), 4), g.y)


@sound
def dropout_before_the_last_layer(g):
    return mg.SoftmaxCrossEntropy(g.dense(mg.Dropout(g.hidden(), g.random), 4), g.y)


@sound
def bias_behind_batch_normalization(g):
    z = mg.blocks.batch_normalization(g.x @ g.weights(8, 16))
    return mg.SoftmaxCrossEntropy(g.dense(mg.Relu(z), 4), g.y)


@sound
def transposed_to_channels_first(g):
    first = np.transpose(mg.Input("last", ("N", 8, 8, 3)), (0, 3, 1, 2))
    a = mg.Relu(mg.Conv(first, g.filters(4, 3, 3, 3)))
    return mg.SoftmaxCrossEntropy(g.dense(a.reshape("N", -1), 4), g.y)


@sound
def depthwise_and_pointwise(g):
    a = mg.Conv(mg.Conv(g.images, g.filters(3, 1, 3, 3), group=3), g.filters(16, 3, 1, 1))
    return mg.SoftmaxCrossEntropy(g.dense(mg.Relu(a).mean(axis=(2, 3)), 4), g.y)


@sound
def convolutions_of_one_row_and_one_column(g):
    a = mg.Conv(mg.Conv(g.images, g.filters(3, 3, 5, 1)), g.filters(3, 3, 1, 5))
    return mg.SoftmaxCrossEntropy(g.dense(mg.Relu(a).mean(axis=(2, 3)), 4), g.y)


@sound
def lateral_convolution_of_a_pyramid(g):
    a = mg.Relu(mg.Conv(g.images, g.filters(32, 3, 3, 3)))
    a = mg.Conv(mg.Conv(a, g.filters(8, 32, 1, 1)), g.filters(8, 8, 3, 3))
    return mg.SoftmaxCrossEntropy(g.dense(mg.Relu(a).mean(axis=(2, 3)), 4), g.y)


@sound
def targets_clipped(g):
    return mg.MeanSquaredError(g.scores(1)[:, 0], np.clip(g.r, -1, 1))


@sound
def huber_by_hand(g):
    error = g.scores(1)[:, 0] - g.r
    inside = np.clip(error, -1, 1)
    return (inside * (error - 0.5 * inside)).mean()


@sound
def logarithm_of_a_deviation_clipped(g):
    mean, logarithm = g.scores(1)[:, 0], np.clip(g.scores(1)[:, 0], -5, 2)
    return (logarithm + 0.5 * ((g.r - mean) * np.exp(-logarithm)) ** 2).mean()


@sound
def sine_layers_with_large_weights(g):
    place = mg.Input("place", ("N", 2))
    a = np.sin(30 * g.dense(place, 32))
    return mg.MeanSquaredError(g.dense(np.sin(30 * g.dense(a, 32, scale=0.01)), 1)[:, 0], g.r)


@sound
def fourier_features(g):
    place = mg.Input("place", ("N", 2)) @ mg.Constant(g.rng.normal(0, 10, (2, 16)).astype(np.float32))
    waves = np.concatenate([np.sin(place), np.cos(place)], axis=1)
    return mg.MeanSquaredError(g.dense(np.tanh(g.dense(waves, 16)), 1)[:, 0], g.r)


@sound
def weights_divided_as_in_the_kernel_limit(g):
    wide = mg.Input("wide", ("N", 64))
    a = np.tanh(wide @ g.weights(64, 256, scale=1) / 8)
    return mg.MeanSquaredError((a @ g.weights(256, 1, scale=1) / 16)[:, 0], g.r)


@sound
def long_short_term_memory(g):
    states, _ = mg.blocks.lstm(g.tokens, 12, rng=g.rng)
    return mg.SoftmaxCrossEntropy(g.dense(states[:, -1], 4), g.y)


@sound
def gradient_penalty(g):
    W, V = g.weights(8, 16), g.weights(16, 1)
    value = (np.tanh(g.x @ W) @ V).sum()
    (slope,) = mg.gradient(value, [g.x])
    return value / g.x.shape[0] + 10 * ((np.sqrt((slope * slope).sum(axis=1) + 1e-12) - 1) ** 2).mean()


@sound
def hinge_of_one_against_all(g):
    return mg.Hinge(g.scores(), g.t)


@sound
def triplets(g):
    W = g.weights(8, 4)
    other, far = mg.Input("other", ("N", 8)), mg.Input("far", ("N", 8))
    return mg.TripletMargin(g.x @ W, other @ W, far @ W)


@sound
def distillation_by_divergence(g):
    teacher = mg.Input("teacher", ("N", 4))
    return 4 * mg.KLDivergence(mg.LogSoftmax(g.scores() / 2), mg.Softmax(teacher / 2), reduction="sum") / g.y.size


@sound
def counts_by_poisson(g):
    logarithm = g.scores(1)[:, 0]
    return (np.exp(logarithm) - g.r * logarithm).mean()


@sound
def an_inference_graph_from_zeros(g):
    return mg.Graph(probabilities=mg.Softmax(mg.Relu(g.x @ g.zeros(8, 16)) @ g.zeros(16, 4)))


@sound
def slots_that_attend_with_learned_queries(g):
    slots, k, v = g.weights(3, 8), g.dense(g.tokens, 8), g.dense(g.tokens, 8)
    a = mg.Softmax(k @ slots.T / 8**0.5)
    a = a / (a.sum(axis=1, keepdims=True) + 1e-8)
    return mg.SoftmaxCrossEntropy(g.dense((a.mT @ v).mean(axis=1), 4), g.y)


@sound
def policy_squashed_by_tanh(g):
    z = g.scores(2)
    mean, logarithm, noise = z[:, 0], np.clip(z[:, 1], -5, 2), mg.RandomNormal(g.r, g.random)
    action = np.tanh(mean + np.exp(logarithm) * noise)
    return (0.2 * (-0.5 * noise**2 - logarithm - np.log(1 - action**2 + 1e-6)) - action * g.r).mean()


@sound
def proportional_hazards(g):
    h = g.scores(1)[:, 0]
    largest = h.max()
    return -(g.r * (h - largest - np.log(np.cumsum(np.exp(h - largest)) + 1e-9))).mean()


@sound
def probit(g):
    return mg.BinaryCrossEntropy(0.5 * (1 + mg.Erf(g.scores(1)[:, 0] / 2**0.5)), g.r)


@sound
def noise_of_a_given_size(g):
    noise, size = mg.Input("noise", ("N", 8)), mg.Input("size", ("N", 1))
    seen = np.sqrt(size) * g.x + np.sqrt(1 - size) * noise
    return mg.MeanSquaredError(g.dense(mg.Relu(g.dense(seen, 32)), 8), noise)


@sound
def probabilities_averaged_over_an_image(g):
    p = mg.Sigmoid(mg.Conv(g.images, g.filters(1, 3, 3, 3), pads=(1, 1, 1, 1)))
    pooled = mg.AveragePool(p, kernel_shape=(2, 2), strides=(2, 2))
    return mg.BinaryCrossEntropy(pooled, mg.Input("mask", ("N", 1, 4, 4)))


@sound
def words_beside_words_that_are_not(g):
    words, contexts = g.weights(30, 8), g.weights(30, 8)
    word, near, far = (mg.Input(name, ("N",), dtype=np.int64) for name in ("word", "near", "far"))
    u = mg.Gather(words, word)
    right, wrong = ((u * mg.Gather(contexts, each)).sum(axis=1) for each in (near, far))
    return -(mg.LogSigmoid(right) + mg.LogSigmoid(-wrong)).mean()


@sound
def domain_that_is_not_to_be_told(g):
    h, domain = g.hidden(), mg.Input("domain", ("N",), dtype=np.int64)
    return mg.SoftmaxCrossEntropy(g.dense(h, 4), g.y) - 0.1 * mg.SoftmaxCrossEntropy(g.dense(h, 2), domain)


@sound
def most_entropy(g):
    z = g.scores()
    return (mg.Softmax(z) * mg.LogSoftmax(z)).sum(axis=1).mean()


@sound
def mixture_density(g):
    z = g.scores(9)
    logarithms = mg.LogSoftmax(z[:, :3]) - z[:, 6:] - 0.5 * ((g.r[:, None] - z[:, 3:6]) * np.exp(-z[:, 6:])) ** 2
    return -mg.ReduceLogSumExp(logarithms, axes=1).mean()


@sound
def codes_from_a_book(g):
    z, book = g.hidden(4), g.weights(6, 4)
    nearest = mg.Gather(book, np.argmin(((z[:, None, :] - book) ** 2).sum(axis=2), axis=1))
    image = g.dense(z + mg.StopGradient(nearest - z), 8)
    return mg.MeanSquaredError(image, g.x) + mg.MeanSquaredError(nearest, mg.StopGradient(z))


@sound
def neighbours_attended_to_in_a_graph(g):
    near, h = mg.Input("near", ("N", "N"), dtype=bool), g.x @ g.weights(8, 6)
    scores = mg.LeakyRelu(h @ g.weights(6, 1) + (h @ g.weights(6, 1)).T)
    return mg.SoftmaxCrossEntropy(mg.Softmax(np.where(near, scores, -1e9)) @ h, g.y)


WRITTEN_OTHERWISE = [
    ("bounded-scores", lambda g: mg.SoftmaxCrossEntropy(np.maximum(g.scores(), 0), g.y)),
    ("bounded-scores", lambda g: mg.SoftmaxCrossEntropy(mg.Sigmoid(g.scores()), g.y)),
    ("bounded-scores", lambda g: mg.BinaryCrossEntropy(mg.Relu(g.scores()), g.t, logits=True)),
    ("bounded-scores", lambda g: mg.BinaryCrossEntropy(-(g.scores() ** 2), g.t, logits=True)),
    ("scores-as-probabilities", lambda g: mg.BinaryCrossEntropy(mg.Relu(g.scores()), g.t)),
    ("scores-as-probabilities", lambda g: mg.BinaryCrossEntropy(np.tanh(g.scores()), g.t)),
    ("scores-as-probabilities", lambda g: mg.BinaryCrossEntropy(g.scores(1)[:, 0], g.r)),
    ("softmax-before-loss", lambda g: -np.log(mg.Softmax(mg.Softmax(g.scores()))[:, 0] + 1e-9).mean()),
    ("softmax-with-squared-error", lambda g: ((mg.Softmax(g.scores()) - g.t) ** 2).mean()),
    ("softmax-with-squared-error", lambda g: mg.MeanSquaredError(
        mg.Softmax(g.scores()), mg.OneHot(g.y, depth=4).astype(np.float32))),
    ("softmax-over-batch", lambda g: (p := np.exp((z := g.scores()) - z.max(axis=0, keepdims=True))).mean() * 0
        - (g.t * np.log(p / p.sum(axis=0, keepdims=True) + 1e-9)).mean()),
    ("softmax-over-batch", lambda g: mg.SoftmaxCrossEntropy(mg.LayerNormalization(g.scores(), np.ones(4), axis=0), g.y)),
    ("other-class-axis", lambda g: mg.NegativeLogLikelihood(mg.LogSoftmax(g.scores(), axis=0), g.y)),
    ("single-element", lambda g: mg.SoftmaxCrossEntropy(g.scores(1), g.y)),
    ("single-element", lambda g: mg.MeanSquaredError(mg.LayerNormalization(g.scores(1), np.ones(1))[:, 0], g.r)),
    ("rows-by-rows", lambda g: np.abs(g.r - mg.Sigmoid(g.scores(1))).mean()),
    ("rows-by-rows", lambda g: (g.r * (g.scores(1) - 1) ** 2).mean()),
    ("loss-without-minimum", lambda g: -mg.MeanSquaredError(g.scores(), g.t)),
    ("loss-without-minimum", lambda g: -((g.scores() - g.t) ** 2).mean()),
    ("loss-without-minimum", lambda g: -mg.SoftmaxCrossEntropy(g.scores(), g.y)),
    ("loss-without-minimum", lambda g: (g.t * mg.LogSoftmax(g.scores())).sum(axis=1).mean()),
    ("loss-without-minimum", lambda g: np.take_along_axis(mg.LogSoftmax(g.scores()), g.y[:, None], axis=1).mean()),
    ("loss-without-minimum", lambda g: mg.MeanSquaredError(g.x @ (W := g.weights(8, 4)), g.t) + -0.1 * np.abs(W).sum()),
    ("linear-layers", lambda g: mg.SoftmaxCrossEntropy(g.dense(mg.Dropout(g.dense(g.x, 16), g.random), 4), g.y)),
    ("linear-layers", lambda g: mg.SoftmaxCrossEntropy(g.dense(mg.Relu(
        mg.Conv(mg.Conv(g.images, g.filters(16, 3, 3, 3)), g.filters(16, 16, 3, 3))).mean(axis=(2, 3)), 4), g.y)),
    ("linear-layers", lambda g: mg.SoftmaxCrossEntropy(
        mg.Gemm(mg.Gemm(g.x, g.weights(16, 8), g.zeros(16), transB=True), g.weights(4, 16), g.zeros(4), transB=True), g.y)),
    ("unscaled-attention", lambda g: mg.SoftmaxCrossEntropy(np.einsum("nqk,nkd->nqd", mg.Softmax(np.einsum(
        "nqd,nkd->nqk", g.dense(g.tokens, 32), g.dense(g.tokens, 32))), g.dense(g.tokens, 4)).mean(axis=1), g.y)),
    ("clipped-before-loss", lambda g: mg.MeanSquaredError(np.clip(g.scores(1)[:, 0], 0, 1), g.r)),
    ("dropout-on-scores", lambda g: mg.NegativeLogLikelihood(mg.LogSoftmax(mg.Dropout(g.scores(), g.random)), g.y)),
]  # fmt: skip


@pytest.mark.parametrize(("lint", "compose"), WRITTEN_OTHERWISE)
def test_a_mistake_is_also_caught_written_otherwise(lint, compose):
    assert [finding.lint for finding in mg.Graph(loss=compose(Parts())).lint()] == [lint]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_classic_mistake_is_caught_once(name, wording):
    lint, compose = MISTAKES[name]
    found = mg.Graph(loss=compose(Parts())).lint()
    assert [finding.lint for finding in found] == [lint]
    wording(found[0], name.replace("_", " "))


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_graph_is_left_alone(name):
    composed = SOUND[name](Parts())
    graph = composed if isinstance(composed, mg.Graph) else mg.Graph(loss=composed)
    assert graph.lint().ok, graph.lint()
