"""A small program of a user's, with an operation of its own, that strict type checking accepts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigraph as mg


class Scale(mg.Node):
    """x times a factor."""

    factor: float = 2.0

    def forward(self, x: Any, out: Any = None) -> Any:
        return np.multiply(x, self.factor, out=out)

    def backward(self, gradient: Any, y: Any, x: Any) -> Any:
        return gradient * self.factor


def build(seed: int = 0) -> mg.Graph:
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", 2))
    y = mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", rng.normal(0, 1, (2, 3)))
    z = Scale(np.tanh(x @ W + 1.0), factor=0.5)
    centred = 1 - z.T.T.reshape(-1, 3) + z.mean(axis=1, keepdims=True) / 2 - z[:, None, 0]
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(centred, y), probabilities=mg.Softmax(centred), names=locals())


def main() -> list[float]:
    graph = build()
    data: dict[str, NDArray[Any]] = {"x": np.eye(2), "y": np.array([0, 2])}
    gradients = graph.forward(**data).backward()
    (derivative,) = mg.gradient(graph["loss"], [graph["W"]])
    assert gradients["W"].shape == derivative.shape and graph.check_gradients(**data).ok
    step = graph.compile(updates=mg.SGD(0.1).minimize(graph["loss"]))
    losses = [float(step(**data)["loss"]) for _ in range(2)]
    history = mg.train(graph, data, optimizer=mg.SGD(0.1), epochs=2, progress=False)
    return losses + history["loss"]


def mistakes() -> None:
    """What the type checker finds before anything runs; a line that it accepted would be reported as needlessly ignored."""
    mg.Input(3, ("N", 2))  # type: ignore[arg-type]
    mg.Input("x", (2.5,))  # type: ignore[arg-type]
    mg.Graph(loss=3)  # type: ignore[arg-type]
    mg.gradient(build()["loss"], 5)  # type: ignore[arg-type]
    mg.SGD("fast")  # type: ignore[arg-type]
