"""graph.lint(): each lint has graphs that it finds something in, and graphs, close to them, that it leaves alone."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.lint.facts import Facts
from minigraph.explain.lint.lint import LINTS
from minigraph.training.runs.building import load_model
from tests.explain.test_lint_mistakes import MISTAKES

MODELS = sorted(Path(__file__).parents[2].glob("models/*.py"))


class Composed:
    """What the graphs below are composed of: scores z and scores of one class s, a target t, labels y, and parameters."""

    def __init__(self):
        self.x, self.t = mg.Input("x", ("N", 3)), mg.Input("t", ("N", 2))
        self.y = mg.Input("y", ("N",), dtype=np.int64)
        self.W, self.b = mg.Parameter("W", np.ones((3, 2))), mg.Parameter("b", np.zeros(2))
        self.z = self.x @ self.W
        self.images = mg.Input("images", ("N", 3, 8, 8))
        self.filters = mg.Parameter("filters", np.ones((4, 3, 3, 3)))
        self.channels = mg.Parameter("channels", np.zeros(4))
        self.scale, self.shift = mg.Parameter("scale", np.ones(2)), mg.Parameter("shift", np.zeros(2))

    def batch_statistics(self, z):
        """The mean and the variance of each feature, over the rows."""
        return z.mean(axis=0), np.var(z, axis=0)

    def normalized(self, z):
        """Batch normalisation by the batch's own statistics."""
        return mg.BatchNormalization(z, self.scale, self.shift, *self.batch_statistics(z))


class Rows(mg.Node):
    """A reshape of one's own, which says of itself no more than its rules."""

    def forward(self, x, out=None):
        return np.reshape(x, (x.shape[0], -1))

    def infer(self, x):
        return (x.shape[0], 2), x.dtype

    def backward(self, gradient, y, x):
        return np.reshape(gradient, x.shape)


def softmax_by_hand(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def overflowing_softmax(z):
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


FOUND = [
    ("log-of-softmax", lambda g: -(g.t * np.log(mg.Softmax(g.z))).mean()),
    ("log-of-softmax", lambda g: -np.log(mg.Softmax(g.z)[:, 0]).mean()),
    ("log-of-softmax", lambda g: -np.log(mg.GatherElements(mg.Softmax(g.z), g.y[:, None], axis=1)).mean()),
    ("log-of-softmax", lambda g: -(g.t * np.log(softmax_by_hand(g.z))).mean()),
    ("log-of-softmax", lambda g: -(g.t * np.log(Rows(mg.Softmax(g.z)))).mean()),
    ("log-of-softmax", lambda g: -(g.t * np.log(mg.Sigmoid(g.z))).mean()),
    ("softmax-before-loss", lambda g: mg.SoftmaxCrossEntropy(mg.Softmax(g.z), g.y)),
    ("softmax-before-loss", lambda g: mg.NegativeLogLikelihood(mg.Softmax(g.z), g.y)),
    ("softmax-before-loss", lambda g: mg.KLDivergence(mg.Softmax(g.z), g.t)),
    ("softmax-before-loss", lambda g: mg.SoftmaxCrossEntropy(Rows(mg.Softmax(g.z)), g.y)),
    ("softmax-before-loss", lambda g: mg.BinaryCrossEntropy(mg.Sigmoid(g.z), g.t)),
    ("softmax-before-loss", lambda g: mg.BinaryCrossEntropy(mg.Sigmoid(g.z), g.t, logits=True)),
    ("other-class-axis", lambda g: mg.SoftmaxCrossEntropy(g.z, g.y) + mg.Softmax(g.z, axis=0).mean()),
    ("other-class-axis", lambda g: (z := np.stack([g.z] * 2, axis=2)).sum() * 0
        + mg.SoftmaxCrossEntropy(z, np.stack([g.y] * 2, axis=1)) + mg.Softmax(z).mean()),
    ("other-class-axis", lambda g: mg.NegativeLogLikelihood(mg.LogSoftmax(g.z, axis=0), g.y)),
    ("exp-overflow", lambda g: (g.t * overflowing_softmax(g.z)).mean()),
    ("exp-overflow", lambda g: np.log(np.exp(g.z).sum(axis=1)).mean()),
    ("exp-overflow", lambda g: (1 / (1 + np.exp(-g.z))).mean()),
    ("exp-overflow", lambda g: np.log(1 + np.exp(g.z)).mean()),
    ("exp-overflow", lambda g: np.log(1 + Rows(np.exp(g.z))).mean()),
    ("exp-overflow", lambda g: mg.ReduceLogSum(np.exp(g.z), axes=1).mean()),
    ("log-of-zero", lambda g: np.log(mg.Relu(g.z)).mean()),
    ("log-of-zero", lambda g: np.log(1 - mg.Softmax(g.z)).mean()),
    ("division-by-zero", lambda g: (g.x / mg.Relu(g.z).sum()).mean()),
    ("division-by-zero", lambda g: (g.t / g.z).mean()),
    ("division-by-zero", lambda g: np.reciprocal(g.z).mean()),
    ("division-by-zero", lambda g: (g.z**-1).mean()),
    ("division-by-zero", lambda g: (g.z / mg.ReduceL2(g.z, axes=1)).mean()),
    ("division-by-zero", lambda g: (g.x / (g.x - g.x.mean())).mean()),
    ("sqrt-at-zero", lambda g: np.sqrt((g.z * g.z).sum(axis=1)).mean()),
    ("sqrt-at-zero", lambda g: np.sqrt(np.var(g.z, axis=0)).mean()),
    ("sqrt-at-zero", lambda g: np.sqrt(mg.MeanSquaredError(g.z, g.t))),
    ("sqrt-at-zero", lambda g: (mg.Relu(g.z) ** 0.5).mean()),
    ("unguarded-branch", lambda g: np.where(g.z > 0, np.sqrt(g.z), g.z).sum()),
    ("unguarded-branch", lambda g: np.where(g.z <= 0, np.exp(g.z), 1 + g.z).sum()),
    ("unguarded-branch", lambda g: np.where(g.z < 2, 2 * g.z, np.log(g.z)).sum()),
    ("unguarded-branch", lambda g: np.where(np.equal(g.z, 0), 0.0, g.t / g.z).sum()),
    ("unguarded-branch", lambda g: np.where(np.logical_and(g.z > 0, g.t > 0), (2 * g.z) ** 0.5, 0.0).sum()),
    ("unguarded-branch", lambda g: np.where(g.z > 0, 3 + g.z**-2, 0.0).sum()),
    ("unguarded-branch", lambda g: np.where(np.isnan(g.z), 0.0, (g.z - 1) ** 2).mean()),
    ("unguarded-branch", lambda g: np.where(np.logical_not(np.isnan(g.z)), g.z * g.z, 0.0).mean()),
    ("unguarded-branch", lambda g: np.where(mg.Input("mask", ("N", 2), dtype=bool), np.log(g.z), 0.0).mean()),
    ("parameter-without-gradient", lambda g: (g.z + mg.StopGradient(g.b)).sum()),
    ("parameter-without-gradient", lambda g: (g.z * np.rint(g.b)).sum()),
    ("bias-before-normalization", lambda g: g.normalized(g.z + g.b).sum()),
    ("bias-before-normalization", lambda g: g.normalized(mg.Gemm(g.x, g.W, g.b)).sum()),
    ("bias-before-normalization", lambda g: mg.BatchNormalization(
        g.z + g.b, g.scale, g.shift, np.zeros(2), np.ones(2), training_mode=True).sum()),
    ("bias-before-normalization", lambda g: mg.blocks.batch_normalization(g.z + g.b).sum()),
    ("bias-before-normalization", lambda g: ((q := g.z + g.b) - q.mean(axis=0)).sum()),
    ("bias-before-normalization", lambda g: mg.InstanceNormalization(
        mg.Conv(g.images, g.filters, g.channels), np.ones(4), np.zeros(4)).sum()),
    ("mixed-reduction", lambda g: mg.SoftmaxCrossEntropy(g.z, g.y) + 0.1 * np.abs(g.z).sum()),
    ("mixed-reduction", lambda g: mg.MeanSquaredError(g.z, g.t) + mg.Huber(g.z, g.t, reduction="sum")),
    ("mixed-reduction", lambda g: (g.z * g.z).sum() / g.y.size - (g.z * g.t).sum()),
    ("state-never-advanced", lambda g: mg.BatchNormalization(
        g.z, g.scale, g.shift, np.zeros(2), np.ones(2), training_mode=True).sum()),
    ("state-never-advanced", lambda g: mg.Dropout(g.z, mg.Constant(np.array([0, 0], np.uint64)), stream=0).sum()),
    ("same-seed", lambda g: (mg.Dropout(g.z, mg.RandomState(0)) + mg.Dropout(g.z, mg.RandomState(0, name="other"))).sum()),
]  # fmt: skip

LEFT_ALONE = [
    ("log-of-softmax", lambda g: -(g.t * mg.LogSoftmax(g.z)).mean()),
    ("log-of-softmax", lambda g: -(g.t * np.log(mg.Softmax(g.z) + 1e-12)).mean()),
    ("softmax-before-loss", lambda g: mg.SoftmaxCrossEntropy(g.z, g.y) + 0 * mg.Softmax(g.z).mean()),
    ("softmax-before-loss", lambda g: mg.NegativeLogLikelihood(mg.LogSoftmax(g.z), g.y)),
    ("other-class-axis", lambda g: mg.SoftmaxCrossEntropy(g.z, g.y) + mg.Softmax(g.z).mean() + mg.Softmax(g.t, axis=0).mean()),
    ("other-class-axis", lambda g: mg.NegativeLogLikelihood(mg.LogSoftmax(g.z), g.y)),
    ("softmax-before-loss", lambda g: mg.KLDivergence(mg.LogSoftmax(g.z), g.t)),
    ("softmax-before-loss", lambda g: mg.BinaryCrossEntropy(g.z, g.t, logits=True)),
    ("softmax-before-loss", lambda g: mg.MeanSquaredError(mg.Softmax(g.z), g.t)),
    ("exp-overflow", lambda g: (g.t * softmax_by_hand(g.z)).mean()),
    ("exp-overflow", lambda g: np.exp(-g.z * g.z).mean() / np.exp(np.tanh(g.z)).sum()),
    ("exp-overflow", lambda g: (g.t * np.exp(g.z)).mean()),
    ("log-of-zero", lambda g: np.log(mg.Relu(g.z) + 1e-12).mean()),
    ("log-of-zero", lambda g: np.log(np.maximum(g.z, 1e-6)).mean()),
    ("log-of-zero", lambda g: np.log(np.exp(-abs(g.z)).sum()).mean()),
    ("log-of-zero", lambda g: (g.z * np.log(g.x[:, :2])).mean()),
    ("log-of-zero", lambda g: (g.z * np.log(Rows(g.t))).mean()),
    ("division-by-zero", lambda g: (g.z / 3).mean()),
    ("division-by-zero", lambda g: g.z.sum() / g.y.size),
    ("division-by-zero", lambda g: (g.z / (2 * g.t)).mean()),
    ("division-by-zero", lambda g: (g.z / g.scale).mean()),
    ("division-by-zero", lambda g: (g.z / mg.Softplus(g.z).sum()).mean()),
    ("division-by-zero", lambda g: (g.z / np.where(np.equal(g.z, 0), 1, g.z)).mean()),
    ("division-by-zero", lambda g: (g.z / (np.abs(g.z) + 1)).mean()),
    ("division-by-zero", lambda g: (g.z / np.sqrt(np.var(g.z, axis=0) + 1e-5)).mean()),
    ("division-by-zero", lambda g: (g.x @ (g.W / np.sqrt((g.W * g.W).sum()))).mean()),
    ("sqrt-at-zero", lambda g: np.sqrt((g.z * g.z).sum(axis=1) + 1e-12).mean()),
    ("sqrt-at-zero", lambda g: (g.z * mg.StopGradient(np.sqrt(mg.Relu(g.z)))).mean()),
    ("sqrt-at-zero", lambda g: (g.z * np.sqrt(mg.StopGradient(mg.Relu(g.z)))).mean()),
    ("sqrt-at-zero", lambda g: (g.z.sum() / np.sqrt(g.y.size.astype(np.float32)))),
    ("sqrt-at-zero", lambda g: (mg.Relu(g.z) ** 1.5).mean()),
    ("unguarded-branch", lambda g: np.where(g.z > 0, np.sqrt(np.where(g.z > 0, g.z, 1)), g.z).sum()),
    ("unguarded-branch", lambda g: np.where(g.z <= 0, np.exp(np.where(g.z <= 0, g.z, 1)), 1 + g.z).sum()),
    ("unguarded-branch", lambda g: np.where(g.z <= 0, np.exp(np.minimum(g.z, 0)), 1 + g.z).sum()),
    ("unguarded-branch", lambda g: np.where(g.z > 0, g.t * np.log(mg.Softplus(g.z) + 1e-6), 0.0).sum()),
    ("unguarded-branch", lambda g: (g.z * np.where(g.t > 0, np.log(g.t), 0.0)).sum()),
    ("unguarded-branch", lambda g: np.where(np.isnan(g.z), 0.0, 2 * g.z - 1).mean()),
    ("unguarded-branch", lambda g: np.where(np.isnan(g.z), 0.0, (np.where(np.isnan(g.z), 1, g.z) - 1) ** 2).mean()),
    ("unguarded-branch", lambda g: np.where(g.t > 0, g.z * g.z, -g.z).sum()),
    ("unguarded-branch", lambda g: (np.where(g.z > 0, mg.StopGradient(np.sqrt(g.z)), g.z)).sum()),
    ("parameter-without-gradient", lambda g: (g.z + g.b).sum()),
    ("bias-before-normalization", lambda g: (g.normalized(g.z) + g.b).sum()),
    ("bias-before-normalization", lambda g: g.normalized(mg.Relu(g.z + g.b)).sum()),
    ("bias-before-normalization", lambda g: ((q := g.z + g.b) - q.mean(axis=1, keepdims=True)).sum()),
    ("bias-before-normalization", lambda g: mg.LayerNormalization(g.z + g.b, g.scale, g.shift).sum()),
    ("bias-before-normalization", lambda g: mg.BatchNormalization(
        g.z + g.b, g.scale, g.shift, np.zeros(2), np.ones(2)).sum()),
    ("bias-before-normalization", lambda g: mg.MeanSquaredError(g.z + g.b, g.t) + (g.z + g.b).mean()),
    ("mixed-reduction", lambda g: mg.SoftmaxCrossEntropy(g.z, g.y) + 0.1 * (g.W * g.W).sum()),
    ("mixed-reduction", lambda g: mg.MeanSquaredError(g.z, g.t) + 0.1 * (g.z * g.z).sum(axis=1).mean()),
    ("mixed-reduction", lambda g: mg.MeanSquaredError(g.z, g.t) + (g.z * g.z).sum() / g.y.size),
    ("mixed-reduction", lambda g: np.abs(g.z).sum() + mg.Huber(g.z, g.t, reduction="sum")),
    ("state-never-advanced", lambda g: mg.blocks.batch_normalization(g.z).sum()),
    ("state-never-advanced", lambda g: mg.Dropout(g.z, mg.RandomState(0)).sum() + mg.Dropout(g.z).sum()),
    ("state-never-advanced", lambda g: g.normalized(g.z).sum()),
    ("same-seed", lambda g: (mg.Dropout(g.z, mg.RandomState(0)) + mg.Dropout(g.z, mg.RandomState(1, name="other"))).sum()),
]  # fmt: skip


def found(compose):
    return [finding.lint for finding in mg.Graph(loss=compose(Composed())).lint()]


@pytest.mark.parametrize(("name", "compose"), FOUND)
def test_a_lint_finds_what_it_is_for(name, compose):
    assert name in found(compose)


@pytest.mark.parametrize(("name", "compose"), LEFT_ALONE)
def test_a_lint_leaves_alone_what_is_careful(name, compose):
    assert name not in found(compose)


def test_every_lint_is_shown_both_ways():
    elsewhere = {"opaque-gradient", "unused", *(lint for lint, _ in MISTAKES.values())}  # below, and beside it
    assert {name for name, _ in FOUND} | elsewhere == {name for name, _ in LEFT_ALONE} | elsewhere == set(LINTS)


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_every_model_is_clean(file):
    report = load_model(str(file)).lint()
    assert report.ok, report


def test_a_finding_tells_the_node_its_line_why_and_the_remedy():
    z, t = mg.Input("z", ("N", 3)), mg.Input("t", ("N", 3))
    p = mg.Softmax(z)
    logarithm = np.log(p)
    (finding,) = mg.Graph(loss=-(t * logarithm).mean(), names=locals()).lint()
    assert finding.node is logarithm and finding.lint == "log-of-softmax"
    line = logarithm.line
    assert line.startswith("test_lint.py:")
    assert str(finding) == (
        f"logarithm (N × 3), made at {line}: log-of-softmax\n"
        "  A softmax is 0 where a score lies far below the largest, and the logarithm of 0 is −∞.\n"
        "  mg.LogSoftmax(z) is finite for every score."
    )


WORDS = {
    "log-of-softmax": (
        "A softmax is 0 where a score lies far below the largest, and the logarithm of 0 is −∞.",
        "mg.LogSoftmax(z) is finite for every score.",
    ),
    "softmax-before-loss": (
        "SoftmaxCrossEntropy takes scores and makes them probabilities itself: a second softmax flattens the first, and the "
        "loss cannot come near 0.",
        "Give it the scores: mg.SoftmaxCrossEntropy(z, …).",
    ),
    "exp-overflow": (
        "The exponential overflows where z is above 88, and what is made of it is then not a number, or has no gradient.",
        "mg.Softmax(z) takes the largest off first; by hand that is np.exp(z - z.max(axis=…, keepdims=True)).",
    ),
    "log-of-zero": (
        "Relu (N × 2) can be 0, where a logarithm is not finite.",
        "Keep it above: np.log(np.maximum(x, 1e-12)).",
    ),
    "division-by-zero": (
        "It divides by ReduceSum (scalar), which can be 0.",
        "Keep the divisor above 0: b + 1e-12, or np.maximum(b, 1e-12).",
    ),
    "sqrt-at-zero": (
        "ReduceSum (N) can be 0, where the derivative of a root is infinite: the gradient is then not a number.",
        "np.sqrt(x + 1e-12) has a derivative there too.",
    ),
    "unguarded-branch": (
        "Sqrt (N × 2) can have no finite derivative where np.where does not take it, and 0 times infinity is not a number: "
        "neither is the gradient then.",
        "Guard the operand too: np.where(c, np.sqrt(np.where(c, z, 1)), …).",
    ),
    "parameter-without-gradient": (
        "Training does not change it: the loss depends on it only through what takes no derivative, such as rounding, "
        "comparing or StopGradient.",
        "Lead a differentiable path to the loss, or make it a Variable.",
    ),
    "bias-before-normalization": (
        "It is added, and taken off again with the mean by the normalisation that follows: it changes nothing, and its "
        "gradient is 0 but for rounding.",
        "Leave it out, and shift what the normalisation gives.",
    ),
    "mixed-reduction": (
        "It adds a sum over the rows, ReduceSum (scalar) of Abs (N × 2), to a mean, SoftmaxCrossEntropy (scalar) of z: how "
        "much each counts depends on the batch size.",
        "Give all of them the same reduction, and weights of your own.",
    ),
    "state-never-advanced": (
        "Its running statistics are no variables, so training leaves them as they are, and inference normalises by them.",
        "Make them Variables, or compose it by mg.blocks.batch_normalization.",
    ),
    "same-seed": (
        "It has the seed of random, 0, so what is drawn from one is drawn from the other too.",
        "Give it another seed, or draw from one state: each operation has its own stream of it.",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_lint_tells_why_and_what_to_do(name):
    compose = next(compose for each, compose in FOUND if each == name)
    g = Composed()
    g.z.name = "z"
    told = {finding.lint: (finding.why, finding.remedy) for finding in mg.Graph({"loss": compose(g)}).lint()}
    assert told[name] == WORDS[name]


def layers(forgotten):
    """Two layers; the second one's value may be forgotten."""
    x, W1, W2 = mg.Input("x", ("N", 2)), mg.Parameter("W1", np.eye(2)), mg.Parameter("W2", np.eye(2))
    a1 = np.tanh(x @ W1)
    a2 = np.tanh(a1 @ W2)
    loss = ((a1 if forgotten else a2) ** 2).mean()
    return mg.Graph(loss=loss, names=locals())


def test_a_layer_whose_value_is_forgotten_is_unused():
    (finding,) = layers(forgotten=True).lint()
    assert (finding.lint, finding.node.name) == ("unused", "W2")
    assert (finding.why, finding.remedy) == (
        "It is among the names given to the graph, but no output depends on it (loss).",
        "Use it, or leave it out; perhaps a layer was given another's value.",
    )
    assert layers(forgotten=False).lint().ok


def test_an_input_that_nothing_uses_is_unused():
    x, mask = mg.Input("x", ("N", 2)), mg.Input("mask", ("N", 2))
    report = mg.Graph(loss=x.sum(), names={"x": x, "mask": mask, "again": mask}).lint()
    assert [(finding.lint, finding.node) for finding in report] == [("unused", mask)]


def test_the_parameters_of_another_model_in_the_same_notebook_are_its_own():
    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 2)))
    u, V = mg.Input("u", ("N", 2)), mg.Parameter("V", np.ones((2, 2)))
    other = u @ V
    assert mg.Graph(loss=(x @ W).sum(), names=locals()).lint().ok and other.operands == (u, V)


def test_a_parameter_of_another_output_alone_is_not_trained():
    x, W, V = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 2))), mg.Parameter("V", np.ones((2, 2)))
    (finding,) = mg.Graph(loss=(x @ W).sum(), other=x @ V).lint()
    assert (finding.node, finding.why) == (V, "Training does not change it: only other outputs than the loss depend on it.")
    assert mg.Graph(first=x @ W, other=x @ V).lint().ok  # nothing to train by


def test_a_root_that_only_another_output_shows_has_no_gradient_to_spoil():
    g = Composed()
    error = mg.MeanSquaredError(g.z, g.t)
    assert mg.Graph(loss=error, root_mean_square=np.sqrt(error)).lint().ok


def test_a_rule_that_runs_on_numbers_alone_is_found_and_else_given_the_benefit_of_the_doubt():
    class Looks(mg.Node):
        def forward(self, x, out=None):
            return np.abs(x)

        def backward(self, gradient, y, x):
            return gradient if x.sum() > 0 else -gradient

    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 2)))
    assert [f.lint for f in mg.Graph(loss=Looks(x @ W).sum()).lint()] == ["opaque-gradient"]
    assert [f.lint for f in mg.Graph(loss=np.sqrt(Looks(x @ W)).sum()).lint(ignore="opaque-gradient")] == ["sqrt-at-zero"]


def test_double_precision_overflows_later():
    z = mg.Input("z", ("N", 2), dtype=np.float64)
    powers = np.exp(np.clip(z, -100, 100))
    assert mg.Graph(loss=np.log(powers.sum())).lint().ok
    assert not mg.Graph(loss=np.log(np.exp(np.clip(z, -1000, 1000)).sum())).lint().ok


def test_a_report_is_a_list_that_prints_itself():
    g = Composed()
    graph = mg.Graph(loss=np.log(mg.Relu(g.z)).sum() / mg.Relu(g.t).sum())
    report = graph.lint()
    assert len(report) == 2 and report[0].lint == "log-of-zero" and report[:1] == (report[0],) and not report.ok
    assert repr(report) == f"{report[0]}\n{report[1]}\n2 findings."
    assert report[1] in report and list(report) == [report[0], report[1]]
    assert repr(graph.lint(ignore=["log-of-zero", "division-by-zero"])) == "Nothing found by 32 lints."
    assert [finding.lint for finding in graph.lint(ignore="log-of-zero")] == ["division-by-zero"]


def test_an_unknown_lint_is_told(refused):
    refused(mg.GraphError, lambda: layers(forgotten=False).lint(ignore=["log-of-softmx"]))


def test_what_gradient_composes_is_not_told_beside_its_cause():
    g = Composed()
    loss = np.log(mg.Relu(g.z)).sum()
    (slope,) = mg.gradient(loss, [g.W])
    (curvature,) = mg.gradient(slope.sum(), [g.W])
    assert [finding.node for finding in mg.Graph(loss=loss, curvature=curvature).lint()] == [loss.operands[0]]


def test_a_deep_graph_is_linted_without_recursion():
    y = mg.Input("x", ("N", 2))
    for _ in range(5000):
        y = np.tanh(y)
    assert mg.Graph(y=y.sum()).lint().ok


def test_the_size_of_an_axis_is_what_a_run_is_given():
    x = mg.Input("x", ("N", 3))
    graph = mg.Graph(mean=x.sum() / x.shape[0], root=np.sqrt(x.shape[0]) * x, logarithm=np.log(x.shape[0] + 1) * x)
    assert not list(graph.lint())


STARTS = {
    "zeros before and behind a relu": lambda x, w: mg.Relu(x @ w(4, 6, zero=True)) @ w(6, 3, zero=True),
    "zeros before and behind a tanh": lambda x, w: np.tanh(x @ w(4, 6, zero=True)) @ w(6, 3, zero=True),
    "zeros before a relu": lambda x, w: mg.Relu(x @ w(4, 6, zero=True)) @ w(6, 3),
    "zeros before a tanh": lambda x, w: np.tanh(x @ w(4, 6, zero=True)) @ w(6, 3),
    "zeros behind a relu": lambda x, w: mg.Relu(x @ w(4, 6)) @ w(6, 3, zero=True),
    "zeros around a sigmoid": lambda x, w: mg.Sigmoid(x @ w(4, 6, zero=True)) @ w(6, 3, zero=True),
    "zeros in the middle of three": lambda x, w: np.tanh(np.tanh(x @ w(4, 6)) @ w(6, 6, zero=True)) @ w(6, 3, zero=True),
    "one factor of two": lambda x, w: x @ w(4, 2) @ w(2, 3, zero=True),
    "both factors": lambda x, w: x @ w(4, 2, zero=True) @ w(2, 3, zero=True),
    "a branch beside": lambda x, w: x @ w(4, 3) + mg.Relu(x @ w(4, 6, zero=True)) @ w(6, 3, zero=True),
    "a gate": lambda x, w: x @ w(4, 3) + w(zero=True) * np.tanh(x @ w(4, 3)),
    "a gate before zeros": lambda x, w: x @ w(4, 3) + w(zero=True) * (x @ w(4, 3, zero=True)),
}


@pytest.mark.parametrize("name", STARTS)
def test_what_is_never_trained_stays_what_it_is_and_all_else_moves(name):
    rng, parameters = np.random.default_rng(0), []

    def weights(*shape, zero=False):
        value = np.zeros(shape) if zero else rng.normal(0, 0.5, shape)
        parameters.append(mg.Parameter(f"W{len(parameters)}", value))
        return parameters[-1]

    x, y = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(STARTS[name](x, weights), y))
    stuck = Facts(graph).stuck
    before = [each.value for each in parameters]
    step = mg.compile(graph, updates=mg.SGD(0.5).minimize(graph["loss"]))
    for _ in range(4):
        step(x=rng.normal(size=(20, 4)), y=rng.integers(0, 3, 20))
    stayed = [each for each, value in zip(parameters, before, strict=True) if (each.value == value).all()]
    assert stayed == list(stuck)


def test_what_one_line_composes_in_a_loop_is_said_once():
    a, rng = mg.Input("x", ("N", 4)), np.random.default_rng(0)
    for i in range(6):
        a = a @ mg.Parameter(f"W{i}", rng.normal(0, 0.5, (4, 4)))
    (finding,) = mg.Graph(loss=mg.MeanSquaredError(a, mg.Input("t", ("N", 4)))).lint()
    assert len(finding.others) == 4 and ", and 4 more like it: linear-layers" in str(finding)


def test_an_output_of_one_element_is_no_loss():
    x = mg.Input("x", (1, 1))
    assert mg.Graph(y=np.sqrt(x * x) * mg.Parameter("w", 1.0)).lint().ok


def test_a_quotient_that_where_alone_takes_does_not_divide_by_0():
    a, b = mg.Input("a", ("N", 2)), mg.Input("b", ("N", 2))
    graph = mg.Graph(y=np.where(np.equal(a, b), 0, a / (a - b)), z=np.where(a > b, np.log(a - b), 0))
    assert [finding.lint for finding in graph.lint()] == ["division-by-zero", "log-of-zero"]
    d = a - b
    assert mg.Graph(y=np.where(np.equal(d, 0), 0, a / d), z=np.where(d > 0, np.log(d), 0)).lint().ok


ALIKE = {
    "a sigmoid": (lambda x, w: mg.Sigmoid(x @ w((4, 6), 0.2) + w((6,), 0)) @ w((6, 3), 0.1), True),
    "a relu": (lambda x, w: mg.Relu(x @ w((4, 6), 0.2)) @ w((6, 3), 0.1), True),
    "others behind": (lambda x, w: mg.Sigmoid(x @ w((4, 6), 0.2)) @ w((6, 3)), False),
    "others before": (lambda x, w: mg.Sigmoid(x @ w((4, 6))) @ w((6, 3), 0.1), False),
    "other biases": (lambda x, w: mg.Sigmoid(x @ w((4, 6), 0.2) + w((6,))) @ w((6, 3), 0.1), False),
    "a factor for each": (lambda x, w: (mg.Sigmoid(x @ w((4, 6), 0.2)) * w((6,))) @ w((6, 3), 0.1), False),
    "dropout": (lambda x, w: mg.Dropout(mg.Sigmoid(x @ w((4, 6), 0.2)), mg.RandomState(0)) @ w((6, 3), 0.1), False),
}


@pytest.mark.parametrize("name", ALIKE)
def test_units_that_are_found_alike_stay_alike_and_others_do_not(name):
    rng, parameters = np.random.default_rng(0), []

    def weights(shape, value=None):
        parameters.append(
            mg.Parameter(f"W{len(parameters)}", rng.normal(0, 0.5, shape) if value is None else np.full(shape, value))
        )
        return parameters[-1]

    compose, alike = ALIKE[name]
    x, y = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(compose(x, weights), y))
    assert [finding.lint for finding in graph.lint()] == ["equal-units"] * alike
    step = mg.compile(graph, updates=mg.SGD(0.5).minimize(graph["loss"]))
    for _ in range(4):
        step(x=rng.normal(size=(20, 4)), y=rng.integers(0, 3, 20))
    assert np.allclose(parameters[0].value, parameters[0].value[:, :1], atol=1e-6) == alike
