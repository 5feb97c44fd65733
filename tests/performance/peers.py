"""One training step (forward, backward, SGD; float32) of a few networks: minigraph beside what one would otherwise use.

    python -m tests.performance.peers --with torch=FOLDER jax=PYTHON

The options are those of tests.performance.networks.
"""

from itertools import pairwise

import numpy as np

from tests.performance.contest import Row, contest
from tests.performance.contestants import torch_of
from tests.performance.table import FASTEST

RATE = 0.01
ARTICLE, PERCEPTRON, DEEP = [2, 500, 2], [784, 256, 128, 10], [64] * 17 + [10]
CASES = {
    "article's model, batch 1": (ARTICLE, "tanh", 1),
    "batch 200": (ARTICLE, "tanh", 200),
    "batch 1024": (ARTICLE, "tanh", 1024),
    "batch 8192": (ARTICLE, "tanh", 8192),
    "784-256-128-10 relu, batch 128": (PERCEPTRON, "relu", 128),
    "same, batch 1024": (PERCEPTRON, "relu", 1024),
    "16 tanh layers of 64, batch 32": (DEEP, "tanh", 32),
}


def drawn(sizes, rows):
    """Parameters, rows and labels; the same for every contestant."""
    rng = np.random.default_rng(0)
    layers = [(rng.normal(0, a**-0.5, (a, b)).astype(np.float32), np.zeros(b, np.float32)) for a, b in pairwise(sizes)]
    return layers, rng.normal(size=(rows, sizes[0])).astype(np.float32), rng.integers(0, sizes[-1], rows)


def by_hand(layers, X, Y, kind, threads=None):
    """NumPy as a person writes it."""
    layers = [list(layer) for layer in layers]
    act = np.tanh if kind == "tanh" else lambda z: np.maximum(z, 0)
    slope = (lambda a: 1 - a * a) if kind == "tanh" else lambda a: a > 0
    each = np.arange(len(X))

    def step():
        values = [X]
        for W, b in layers[:-1]:
            values.append(act(values[-1] @ W + b))
        W, b = layers[-1]
        z = values[-1] @ W + b
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        loss = -np.log(probabilities[each, Y]).mean()
        dz = probabilities
        dz[each, Y] -= 1
        dz /= np.float32(len(X))
        for i in reversed(range(len(layers))):
            W, b = layers[i]
            dW, db = values[i].T @ dz, dz.sum(axis=0)
            if i:
                dz = dz @ W.T * slope(values[i])
            layers[i] = [W - np.float32(RATE) * dW, b - np.float32(RATE) * db]
        return loss

    return step


def planned(layers, X, Y, kind, threads=None):
    """NumPy with every buffer made ahead, by hand."""
    rows, rate, count = len(X), np.float32(RATE), len(layers)
    act = np.tanh if kind == "tanh" else lambda z, out: np.maximum(z, 0, out=out)
    a = [X, *(np.empty((rows, b.size), np.float32) for _, b in layers)]
    d = [np.empty_like(each) for each in a]
    dW = [np.empty_like(W) for W, _ in layers]
    db = [np.empty_like(b) for _, b in layers]
    column, each, scale = np.empty((rows, 1), np.float32), np.arange(rows), np.float32(1 / rows)

    def step():
        for i, (W, b) in enumerate(layers):
            np.matmul(a[i], W, out=a[i + 1])
            np.add(a[i + 1], b, out=a[i + 1])
            if i < count - 1:
                act(a[i + 1], out=a[i + 1])
        z = a[-1]
        np.maximum.reduce(z, axis=1, keepdims=True, out=column)
        np.subtract(z, column, out=z)
        np.exp(z, out=z)
        np.add.reduce(z, axis=1, keepdims=True, out=column)
        np.divide(z, column, out=z)
        loss = -np.log(z[each, Y]).mean()
        z[each, Y] -= 1
        np.multiply(z, scale, out=d[-1])
        for i in reversed(range(count)):
            W, b = layers[i]
            np.matmul(a[i].T, d[i + 1], out=dW[i])
            np.add.reduce(d[i + 1], axis=0, out=db[i])
            if i:
                np.matmul(d[i + 1], W.T, out=d[i])
                if kind == "tanh":
                    np.multiply(a[i], a[i], out=a[i])
                    np.subtract(1, a[i], out=a[i])
                else:
                    np.sign(a[i], out=a[i])
                np.multiply(d[i], a[i], out=d[i])
            np.multiply(dW[i], rate, out=dW[i])
            np.subtract(W, dW[i], out=W)
            np.multiply(db[i], rate, out=db[i])
            np.subtract(b, db[i], out=b)
        return loss

    return step


def graph_of(layers, rows, kind):
    """The network as a graph of minigraph."""
    import minigraph as mg

    x, y = mg.Input("x", ("N", len(layers[0][0]))), mg.Input("y", ("N",), dtype=np.int64)
    a = x
    for i, (W, b) in enumerate(layers, 1):
        z = a @ mg.Parameter(f"W{i}", W) + mg.Parameter(f"b{i}", b)
        a = (mg.Tanh if kind == "tanh" else mg.Relu)(z)
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y))


def plain(layers, X, Y, kind, threads=None):
    """minigraph's plain run, and the parameters set by hand."""
    graph = graph_of(layers, len(X), kind)

    def step():
        run = graph.forward(x=X, y=Y)
        slopes = run.backward()
        for parameter in graph.parameters.values():
            parameter.value = parameter.current_array - np.float32(RATE) * slopes[parameter]
        return run["loss"]

    return step


def compiled(layers, X, Y, kind, threads=None, engine="numpy"):
    """minigraph's program."""
    import minigraph as mg

    graph = graph_of(layers, len(X), kind)
    program = mg.compile(graph, updates=mg.SGD(RATE).minimize(graph["loss"]), threads=threads, engine=engine)
    return lambda: program(x=X, y=Y)["loss"]


def compiled_in_c(layers, X, Y, kind, threads=None):
    """minigraph's program, with loops in C."""
    return compiled(layers, X, Y, kind, threads, "c")


def torch_eager(layers, X, Y, kind, threads=None, compile=False):
    """PyTorch, with its own losses and gradients and parameters changed in place."""
    torch = torch_of(threads)
    parameters = [torch.tensor(array, requires_grad=True) for layer in layers for array in layer]
    x, y, act = torch.from_numpy(X), torch.from_numpy(Y), torch.tanh if kind == "tanh" else torch.relu

    def loss_of(x, y, *parameters):
        a = x
        for i in range(0, len(parameters) - 2, 2):
            a = act(torch.addmm(parameters[i + 1], a, parameters[i]))
        return torch.nn.functional.cross_entropy(torch.addmm(parameters[-1], a, parameters[-2]), y)

    wrapped = torch.compile(loss_of) if compile else loss_of

    def step():
        loss = wrapped(x, y, *parameters)
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes, strict=True):
                parameter.sub_(slope, alpha=RATE)
        return loss.item()

    return step


def torch_compiled(layers, X, Y, kind, threads=None):
    """PyTorch, its loss compiled."""
    return torch_eager(layers, X, Y, kind, threads, compile=True)


def jax_jit(layers, X, Y, kind, threads=None):
    """JAX, the whole step compiled, its parameters donated."""
    from functools import partial

    import jax
    import jax.numpy as jnp

    def loss_of(layers, x, y):
        a = x
        for W, b in layers[:-1]:
            a = (jnp.tanh if kind == "tanh" else jax.nn.relu)(a @ W + b)
        z = a @ layers[-1][0] + layers[-1][1]
        return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1).mean()

    @partial(jax.jit, donate_argnums=0)
    def stepped(layers, x, y):
        loss, slopes = jax.value_and_grad(loss_of)(layers, x, y)
        return loss, jax.tree_util.tree_map(lambda p, g: p - RATE * g, layers, slopes)

    held = [jax.tree_util.tree_map(jnp.asarray, [tuple(layer) for layer in layers])]
    x, y = jnp.asarray(X), jnp.asarray(Y)

    def step():
        loss, held[0] = stepped(held[0], x, y)
        return float(loss)

    return step


CONTESTANTS = {
    "minigraph": compiled,
    "minigraph c": compiled_in_c,
    "minigraph plain": plain,
    "hand NumPy": by_hand,
    "planned by hand": planned,
    "PyTorch": torch_eager,
    "PyTorch compiled": torch_compiled,
    "JAX": jax_jit,
}


def row(sizes, kind, rows):
    """The row of a network."""

    def data():
        layers, X, Y = drawn(sizes, rows)
        return {
            "x": X,
            "y": Y,
            **{f"{name}{i}": each for i, layer in enumerate(layers) for name, each in zip("Wb", layer, strict=True)},
        }

    def with_arrays(make):
        def made(arrays, threads):
            layers = [(arrays[f"W{i}"], arrays[f"b{i}"]) for i in range(len(sizes) - 1)]
            return make(layers, arrays["x"], arrays["y"], kind, threads)

        return made

    return Row(data, {name: with_arrays(make) for name, make in CONTESTANTS.items()})


ROWS = {name: row(*case) for name, case in CASES.items()}

if __name__ == "__main__":
    contest("tests.performance.peers", __doc__.splitlines()[0], ROWS, [("PyTorch", "minigraph"), (FASTEST, "minigraph")])
