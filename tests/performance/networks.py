"""minigraph beside PyTorch, JAX, onnxruntime and scikit-learn: training steps, convolutions, recurrence, attention, prediction.

    python -m tests.performance.networks --with torch=FOLDER onnxruntime=FOLDER jax=PYTHON

FOLDER is one that the packages were installed into, by `pip install --target`, and PYTHON one that has them; what is in
minigraph's own environment need not be named, and what is nowhere says so in its cells. Everything is in float32, from the same
data and weights. `--rows`, `--engines`, `--threads` and `--rounds` choose a part; figures are added to the file of `--results`,
and `--table` writes what it has. Of what a process times, the median counts, and of the rounds the median is shown, and between
what they lie; PyTorch compiled takes part in one round. A process of fewer threads than there are processors gets as many
processors.
"""

import numpy as np

from tests.performance import convolution, prediction, recurrent, transformers
from tests.performance.contest import contest
from tests.performance.contestants import function, training

WORDS, FEATURES = 1_000_000, 64


def words():
    rng = np.random.default_rng(0)
    return rng.integers(0, WORDS, (64, 64)), rng.integers(0, 10, 64)


def bag_of_words():
    """The mean of the embeddings of 64 words, and scores."""
    import minigraph as mg

    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 64), dtype=np.int64), mg.Input("y", ("N",), dtype=np.int64)
    embedded = mg.blocks.embedding(x, WORDS, FEATURES, rng=rng)
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(mg.blocks.dense(embedded.mean(axis=1), 10, rng=rng, name="scores"), y))


def torch_bag_of_words(sparse):
    def network(torch, arrays):
        class Bag(torch.nn.Module):
            def __init__(self):
                super().__init__()
                weights = torch.from_numpy(arrays["embedding.W"])
                self.embedding = torch.nn.Embedding(WORDS, FEATURES, _weight=weights, sparse=sparse)
                self.scores = torch.nn.Linear(FEATURES, 10)
                self.scores.weight.data = torch.from_numpy(arrays["scores.W"].T.copy())
                self.scores.bias.data.zero_()

            def forward(self, x):
                return self.scores(self.embedding(x).mean(1))

        return Bag()

    return network


def jax_bag_of_words(jax, weights, x):
    return weights["embedding.W"][x].mean(1) @ weights["scores.W"] + weights["scores.b"]


def embedding(sparse):
    return training(bag_of_words, words, torch_bag_of_words(sparse), jax_bag_of_words, "SGD")


SHAPES = {"W1": (2, 500), "b1": (500,), "W2": (500, 2), "b2": (2,)}


def article_data(rows=200):
    """Rows, labels, the article's weights, and a direction for each of them."""
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(0, 0.1, shape) for name, shape in SHAPES.items()}
    arrays |= {f"d{name}": rng.normal(size=shape) for name, shape in SHAPES.items()} | {"x": rng.normal(size=(rows, 2))}
    return {name: array.astype(np.float32) for name, array in arrays.items()} | {"y": rng.integers(0, 2, rows)}


def hessian_graphs(mg):
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    weights, directions = ([mg.Input(f"{d}{name}", shape) for name, shape in SHAPES.items()] for d in ("", "d"))
    W1, b1, W2, b2 = weights
    loss = mg.SoftmaxCrossEntropy(np.tanh(x @ W1 + b1) @ W2 + b2, y)
    along = sum((slope * d).sum() for slope, d in zip(mg.gradient(loss, weights), directions, strict=True))
    products = mg.gradient(along, weights)
    return {"": mg.Graph(**{f"H{name}": each for name, each in zip(SHAPES, products, strict=True)})}


def torch_hessian(torch, arrays):
    weights, directions = ([arrays[f"{d}{name}"] for name in SHAPES] for d in ("", "d"))
    weights = [each.requires_grad_() for each in weights]

    def step():
        W1, b1, W2, b2 = weights
        scores = torch.addmm(b2, torch.tanh(torch.addmm(b1, arrays["x"], W1)), W2)
        loss = torch.nn.functional.cross_entropy(scores, arrays["y"])
        slopes = torch.autograd.grad(loss, weights, create_graph=True)
        along = sum((slope * d).sum() for slope, d in zip(slopes, directions, strict=True))
        return torch.autograd.grad(along, weights)

    return {"": step}


def jax_hessian(jax):
    def step(arrays):
        def loss_of(weights):
            W1, b1, W2, b2 = weights
            z = jax.nn.log_softmax(jax.numpy.tanh(arrays["x"] @ W1 + b1) @ W2 + b2)
            return -jax.numpy.take_along_axis(z, arrays["y"][:, None], axis=1).mean()

        weights, directions = ([arrays[f"{d}{name}"] for name in SHAPES] for d in ("", "d"))
        return jax.jvp(jax.grad(loss_of), (weights,), (directions,))[1]

    return {"": step}


ROWS = {
    **convolution.ROWS,
    **recurrent.ROWS,
    **transformers.ROWS,
    "embedding of 1 000 000 × 64, 4096 words": embedding(sparse=False),
    "the same, sparse=True in PyTorch": embedding(sparse=True),
    "Hessian · vector of two_layer.py, 200 rows": function(article_data, hessian_graphs, torch_hessian, jax_hessian),
    **prediction.ROWS,
}


def main():
    ratios = [("PyTorch", "minigraph"), ("PyTorch", "minigraph c")]
    contest("tests.performance.networks", __doc__.splitlines()[0], ROWS, ratios)


if __name__ == "__main__":
    main()
