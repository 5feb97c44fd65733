"""The graphs that circuits are judged by: what people draw, from one neuron to a model that was read from ONNX.

The tests read the geometry of their pictures; `python -m docs.graphs [FOLDER]` writes them, and a table of how large their
type is.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.core.run import forward
from minigraph.ops.block import within_block
from models import gpt, two_layer

__all__ = ["GRAPHS", "neuron_values", "run_of"]

SIZES = {"N": 4, "T": 8}
"""How large the named axes are in a run."""


def neuron() -> mg.Graph:
    """One neuron: the tanh of a weighted input and a bias."""
    x, w, b = mg.Input("x", ()), mg.Parameter("w", 0.5), mg.Parameter("b", -0.2)
    a = np.tanh(x * w + b)
    return mg.Graph(a=a, names=locals())


def sigmoid_neuron() -> mg.Graph:
    """The sigmoid neuron of Stanford's course CS231n, written out in its primitives."""
    w0, w1, w2 = (mg.Parameter(f"w{i}", value) for i, value in enumerate((2.0, -3.0, -3.0)))
    x0, x1 = mg.Input("x0", ()), mg.Input("x1", ())
    return mg.Graph(f=1 / (1 + np.exp(-(w0 * x0 + w1 * x1 + w2))))


def neuron_values() -> dict[str, float]:
    """What the course gives its neuron, for which it prints the value 0.73 and the gradients of w and x."""
    return {"x0": -1.0, "x1": -2.0}


def small_two_layer() -> mg.Graph:
    """The article's network with three hidden units."""
    return two_layer.build(hidden=3)


def residual() -> mg.Graph:
    """A residual block: two dense layers, and the input added to what they give."""
    rng = np.random.default_rng(0)
    x, t = mg.Input("x", ("N", 16)), mg.Input("t", ("N", 16))

    def inner(y: mg.Node) -> mg.Node:
        hidden = mg.blocks.dense(y, 32, rng=rng, name="hidden", activation=mg.Relu)
        return mg.blocks.dense(hidden, 16, rng=rng, name="back")

    y = mg.Relu(mg.blocks.residual(x, inner))
    return mg.Graph(loss=mg.MeanSquaredError(y, t), names={"y": y})


def lstm_cell() -> mg.Graph:
    """One step of an LSTM, its four gates by their names."""
    rng = np.random.default_rng(0)
    x, h0, c0 = mg.Input("x", ("N", 3)), mg.Input("h0", ("N", 5)), mg.Input("c0", ("N", 5))
    z = {}
    for gate in "ifog":
        W, R = mg.Parameter(f"W{gate}", rng.normal(size=(3, 5))), mg.Parameter(f"R{gate}", rng.normal(size=(5, 5)))
        z[gate] = x @ W + h0 @ R + mg.Parameter(f"b{gate}", np.zeros(5))
    i, f, o, g = mg.Sigmoid(z["i"]), mg.Sigmoid(z["f"]), mg.Sigmoid(z["o"]), np.tanh(z["g"])
    c = f * c0 + i * g
    h = o * np.tanh(c)
    return mg.Graph(h=h, c=c, names={"i": i, "f": f, "o": o, "g": g})


def lstm() -> mg.Graph:
    """An LSTM over eight steps, and the error of what it predicts."""
    rng = np.random.default_rng(0)
    x, t = mg.Input("x", ("N", 8, 3)), mg.Input("t", ("N", 8, 1))
    states, _ = mg.blocks.lstm(x, 5, rng=rng)
    return mg.Graph(loss=mg.MeanSquaredError(mg.blocks.dense(states, 1, rng=rng, name="prediction"), t))


def attention() -> mg.Graph:
    """Scaled dot-product attention, and the mean square of what is taken."""
    query, key, value = (mg.Input(name, ("N", 5, 8)) for name in ("query", "key", "value"))
    scores = query @ key.mT / np.sqrt(8)
    weights = mg.Softmax(scores)
    taken = weights @ value
    loss = (taken * taken).mean()
    return mg.Graph(loss=loss, names=locals())


def convolution() -> mg.Graph:
    """A convolution, batch normalisation, relu, pooling and a classifier."""
    rng = np.random.default_rng(0)
    images, y = mg.Input("images", ("N", 1, 12, 12)), mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", rng.normal(size=(4, 1, 3, 3)))
    normalized = mg.blocks.batch_normalization(mg.Conv(images, W, pads=(1, 1, 1, 1)))
    pooled = mg.MaxPool(mg.Relu(normalized), kernel_shape=(2, 2), strides=(2, 2), name="pooled")
    scores = mg.blocks.dense(mg.Flatten(pooled), 10, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(scores, y))


def vae() -> mg.Graph:
    """A variational autoencoder: a code drawn at random, the error of what is decoded, and the divergence of the code."""
    rng = np.random.default_rng(0)
    x, noise = mg.Input("x", ("N", 12)), mg.Input("ε", ("N", 2))
    hidden = mg.blocks.dense(x, 8, rng=rng, name="encoder", activation=np.tanh)
    mean = mg.blocks.dense(hidden, 2, rng=rng, name="mean")
    log_variance = mg.blocks.dense(hidden, 2, rng=rng, name="log_variance")
    z = mean + np.exp(log_variance / 2) * noise
    with mg.blocks.block("decoder"):
        again = mg.blocks.dense(mg.blocks.dense(z, 8, rng=rng, name="hidden", activation=np.tanh), 12, rng=rng, name="image")
    error = mg.MeanSquaredError(again, x, name="error")
    divergence = -0.5 * (1 + log_variance - mean * mean - np.exp(log_variance)).mean()
    return mg.Graph(loss=error + divergence, names={"z": z, "divergence": divergence})


def gan() -> mg.Graph:
    """A generative adversarial network: one discriminator, of the data and of what is generated, and two losses."""
    rng = np.random.default_rng(0)
    x, z = mg.Input("x", ("N", 2)), mg.Input("z", ("N", 3))
    with mg.blocks.block("generator"):
        generated = mg.blocks.dense(mg.blocks.dense(z, 8, rng=rng, name="hidden", activation=mg.Relu), 2, rng=rng, name="point")
    W1, b1 = mg.Parameter("W1", rng.normal(size=(2, 8))), mg.Parameter("b1", np.zeros(8))
    W2, b2 = mg.Parameter("W2", rng.normal(size=(8, 1))), mg.Parameter("b2", np.zeros(1))

    def discriminator(points: mg.Node, name: str) -> mg.Node:
        with mg.blocks.block(name):
            return mg.Relu(points @ W1 + b1) @ W2 + b2

    true, false = discriminator(x, "of_data"), discriminator(generated, "of_generated")
    of_discriminator = (mg.Softplus(-true) + mg.Softplus(false)).mean()
    of_generator = mg.Softplus(-false).mean()
    return mg.Graph({"discriminator loss": of_discriminator, "generator loss": of_generator})


def fan() -> mg.Graph:
    """One value that twelve operations use."""
    x = mg.Input("x", ("N",))
    a = np.tanh(x)
    uses: Sequence[Callable[[Any], mg.Node]] = (
        np.sin, np.cos, np.exp, np.abs, np.square, np.arctan, mg.Relu, mg.Sigmoid, mg.Softplus, mg.Elu, mg.Gelu, mg.Erf,
    )  # fmt: skip
    first, *others = (use(a) for use in uses)
    return mg.Graph(loss=sum(others, start=first).mean(), names={"a": a})


def parameters() -> mg.Graph:
    """Twenty dense layers in a row, with forty parameters."""
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 8)), mg.Input("y", ("N",), dtype=np.int64)
    a: mg.Node = x
    for layer in range(1, 21):
        W, b = mg.Parameter(f"W{layer}", rng.normal(0, 0.5, (8, 8))), mg.Parameter(f"b{layer}", np.zeros(8))
        a = (mg.Relu, np.tanh, mg.Sigmoid)[layer % 3](a @ W + b)
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(a, y))


def transformer() -> mg.Graph:
    """A language model of twelve equal layers."""
    return gpt.build(characters=16, length=8, features=8, heads=2, layers=12)


def irregular() -> mg.Graph:
    """Three thousand operations that never repeat: half of them read one of the last nine values, too."""
    return uneven(3000)


def uneven(count: int, reach: int = 9) -> mg.Graph:
    """A graph of so many operations in which no step repeats: each may take a value from further back, too."""
    random = np.random.default_rng(0)
    kinds: Sequence[Callable[[Any], mg.Node]] = (mg.Tanh, mg.Relu, mg.Sigmoid, np.abs)
    values: list[mg.Node] = [mg.Input("x", ("N", 2))]
    while len(values) < count:
        far = values[-int(random.integers(1, min(len(values), reach) + 1))]
        values.append(kinds[int(random.integers(4))](values[-1]) if random.random() < 0.5 else values[-1] + far)
    return mg.Graph(loss=values[-1].sum())


def gradient() -> mg.Graph:
    """The article's network with the gradient of its loss for every parameter."""
    graph = two_layer.build(hidden=3)
    gradients = mg.gradient(graph["loss"], list(graph.parameters.values()))
    return mg.Graph({f"∂{name}": each for name, each in zip(graph.parameters, gradients, strict=True)}, loss=graph["loss"])


def second_derivative() -> mg.Graph:
    """And how the square of one of these changes with the first weights: a derivative of a derivative."""
    graph = two_layer.build(hidden=3)
    W1 = graph.parameters["W1"]
    (slope,) = mg.gradient(graph["loss"], [W1])
    (curvature,) = mg.gradient((slope * slope).sum(), [W1])
    return mg.Graph(loss=graph["loss"], slope=slope, curvature=curvature)


def through_onnx(graph: mg.Graph) -> mg.Graph:
    """The graph as it is read from the ONNX file that it is written to."""
    with tempfile.TemporaryDirectory() as folder:
        return mg.from_onnx(mg.inference(graph).to_onnx(Path(folder, "model.onnx")))


class Convolutions:
    """What image models repeat: a convolution with weights of its own, without a change of size unless by its stride."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __call__(self, x: mg.Node, filters: int, size: int = 1, stride: int = 1, name: str = "conv") -> mg.Node:
        shape = (filters, x.shape[1], size, size)
        with mg.blocks.block(name):
            W = mg.Parameter(within_block("W"), mg.initializers.he_normal(self.rng, shape))  # type: ignore[arg-type]
            b = mg.Parameter(within_block("b"), np.zeros(filters))
            return mg.Conv(x, W, b, pads=(size // 2,) * 4, strides=(stride, stride))


def resnet() -> mg.Graph:
    """ResNet-50, with an eighth of its filters, read from ONNX: sixteen bottlenecks of three convolutions."""
    conv = Convolutions()
    images = mg.Input("images", (1, 3, 64, 64))
    a = mg.MaxPool(mg.Relu(conv(images, 8, 7, 2, "stem")), kernel_shape=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    for stage, count in enumerate((3, 4, 6, 3), 1):
        filters = 8 * 2 ** (stage - 1)
        for number in range(count):
            with mg.blocks.block(f"layer{stage}"), mg.blocks.block(f"layer{stage}.{number}"):
                stride = 2 if stage > 1 and number == 0 else 1
                inner = mg.Relu(conv(a, filters, 1, 1, "conv1"))
                inner = mg.Relu(conv(inner, filters, 3, stride, "conv2"))
                inner = conv(inner, 4 * filters, 1, 1, "conv3")
                a = mg.Relu(inner + (a if number else conv(a, 4 * filters, 1, stride, "downsample")))
    scores = mg.blocks.dense(a.mean(axis=(2, 3)), 10, rng=conv.rng, name="fc")
    return through_onnx(mg.Graph(scores=scores))


def yolo() -> mg.Graph:
    """A detector in the manner of YOLOv8, small, read from ONNX: a backbone, a pyramid of features, and three heads."""
    conv = Convolutions()

    def silu(x: mg.Node, filters: int, size: int = 1, stride: int = 1, name: str = "conv") -> mg.Node:
        z = conv(x, filters, size, stride, name)
        return z * mg.Sigmoid(z)

    def c2f(x: mg.Node, filters: int, name: str, count: int = 1) -> mg.Node:
        with mg.blocks.block(name):
            half = filters // 2
            both = silu(x, filters, name="cv1")
            parts = [both[:, :half], both[:, half:]]
            for number in range(count):
                with mg.blocks.block(f"m{number}"):
                    parts.append(parts[-1] + silu(silu(parts[-1], half, 3, name="cv1"), half, 3, name="cv2"))
            return silu(np.concatenate(parts, axis=1), filters, name="cv2")

    def pooled(x: mg.Node) -> mg.Node:
        with mg.blocks.block("sppf"):
            parts = [silu(x, 16, name="cv1")]
            for _ in range(3):
                parts.append(mg.MaxPool(parts[-1], kernel_shape=(5, 5), strides=(1, 1), pads=(2, 2, 2, 2)))
            return silu(np.concatenate(parts, axis=1), 32, name="cv2")

    def doubled(x: mg.Node) -> mg.Node:
        return np.repeat(np.repeat(x, 2, axis=2), 2, axis=3)

    images = mg.Input("images", (1, 3, 64, 64))
    x = silu(silu(images, 4, 3, 2, "conv0"), 8, 3, 2, "conv1")
    third = c2f(silu(c2f(x, 8, "c2f2"), 16, 3, 2, "conv3"), 16, "c2f4", 2)
    fourth = c2f(silu(third, 32, 3, 2, "conv5"), 32, "c2f6", 2)
    fifth = pooled(c2f(silu(fourth, 32, 3, 2, "conv7"), 32, "c2f8"))
    middle = c2f(np.concatenate([doubled(fifth), fourth], axis=1), 32, "c2f12")
    fine = c2f(np.concatenate([doubled(middle), third], axis=1), 16, "c2f15")
    middle = c2f(np.concatenate([silu(fine, 16, 3, 2, "conv16"), middle], axis=1), 32, "c2f18")
    coarse = c2f(np.concatenate([silu(middle, 32, 3, 2, "conv19"), fifth], axis=1), 32, "c2f21")
    found = []
    for number, level in enumerate((fine, middle, coarse)):
        with mg.blocks.block("detect"):
            box = conv(silu(silu(level, 16, 3, name=f"box{number}a"), 16, 3, name=f"box{number}b"), 16, name=f"box{number}c")
            kind = conv(silu(silu(level, 8, 3, name=f"kind{number}a"), 8, 3, name=f"kind{number}b"), 4, name=f"kind{number}c")
            side = level.shape[2]
            assert isinstance(side, int)
            found.append(mg.Reshape(np.concatenate([box, kind], axis=1), (1, 20, side * side)))
    every = np.concatenate(found, axis=2)
    corners = mg.Softmax(mg.Reshape(every[:, :16], (1, 4, 4, 84)), axis=2)
    boxes = (corners * np.arange(4, dtype=np.float32)[:, None]).sum(axis=2)
    return through_onnx(mg.Graph(boxes=boxes, scores=mg.Sigmoid(every[:, 16:])))


GRAPHS: dict[str, Callable[[], mg.Graph]] = {
    "neuron": neuron,
    "sigmoid_neuron": sigmoid_neuron,
    "two_layer_3": small_two_layer,
    "two_layer_500": two_layer.build,
    "residual": residual,
    "lstm_cell": lstm_cell,
    "lstm": lstm,
    "attention": attention,
    "convolution": convolution,
    "vae": vae,
    "gan": gan,
    "fan": fan,
    "parameters": parameters,
    "transformer": transformer,
    "irregular": irregular,
    "gradient": gradient,
    "second_derivative": second_derivative,
    "resnet": resnet,
    "yolo": yolo,
}
"""Each by its name."""


def run_of(graph: mg.Graph) -> mg.Run:
    """A run of one of them: small random numbers, the labels 0 and 1, and for the neuron of CS231n what the course gives it."""
    rng = np.random.default_rng(1)
    given: dict[str, Any] = {}
    for name, node in graph.inputs.items():
        shape = tuple(SIZES[str(axis)] if not isinstance(axis, int) else axis for axis in node.shape)
        given[name] = rng.integers(0, 2, shape) if node.dtype.kind in "iu" else rng.normal(size=shape)
    if set(graph.inputs) == set(neuron_values()):
        given = neuron_values()
    return forward(graph, **given)
