"""Rows of tests.performance.networks: language models of characters with an LSTM, and a GRU of both directions."""

import numpy as np

from tests.performance.contestants import training

__all__ = ["ROWS"]

CHARACTERS = 64


def texts(rows, length):
    def inputs():
        rng = np.random.default_rng(0)
        return tuple(rng.integers(0, CHARACTERS, (rows, length)) for _ in range(2))

    return inputs


def lstm(length, units):
    def graph():
        from models import character_lstm

        return character_lstm.build(CHARACTERS, length, units)

    def network(torch, arrays):
        class CharacterLSTM(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = torch.nn.Embedding(CHARACTERS, units // 2)
                self.lstm = torch.nn.LSTM(units // 2, units, batch_first=True)
                self.scores = torch.nn.Linear(units, CHARACTERS)

            def forward(self, x):
                return self.scores(self.lstm(self.embedding(x))[0])

        def ordered(array):  # the gates i, o, f, g as i, f, g, o
            i, o, f, g = np.split(array, 4, axis=-1)
            return np.concatenate([i, f, g, o], axis=-1).T

        module, b = CharacterLSTM(), arrays["lstm.forward.b"]
        layer = [*(ordered(arrays[f"lstm.forward.{name}"]) for name in "WRb"), np.zeros_like(b)]
        given = [arrays["embedding.W"], *layer, arrays["scores.W"].T, arrays["scores.b"]]
        module.load_state_dict({key: torch.from_numpy(a) for key, a in zip(module.state_dict(), given, strict=True)})
        return module

    def scores(jax, weights, x):
        W, R, b = (weights[f"lstm.forward.{name}"] for name in "WRb")

        def step(state, given):
            h, c = state
            i, o, f, g = jax.numpy.split(given + h @ R, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jax.numpy.tanh(g)
            h = jax.nn.sigmoid(o) * jax.numpy.tanh(c)
            return (h, c), h

        zeros = jax.numpy.zeros((len(x), units))
        _, states = jax.lax.scan(step, (zeros, zeros), (weights["embedding.W"][x] @ W + b).swapaxes(0, 1))
        return states.swapaxes(0, 1) @ weights["scores.W"] + weights["scores.b"]

    return graph, network, scores


FEATURES, UNITS, CLASSES = 32, 64, 10


def gru(length):
    def graph():
        import minigraph as mg

        rng = np.random.default_rng(0)
        x, y = mg.Input("x", ("N", length, FEATURES)), mg.Input("y", ("N",), dtype=np.int64)
        _, last = mg.blocks.gru(x, UNITS, rng=rng, direction="bidirectional")
        return mg.Graph(loss=mg.SoftmaxCrossEntropy(mg.blocks.dense(last, CLASSES, rng=rng, name="scores"), y))

    def network(torch, arrays):
        class Classifier(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = torch.nn.GRU(FEATURES, UNITS, batch_first=True, bidirectional=True)
                self.scores = torch.nn.Linear(2 * UNITS, CLASSES)

            def forward(self, x):
                return self.scores(torch.cat([*self.gru(x)[1]], dim=1))

        def ordered(array):  # the gates z, r, n as r, z, n
            z, r, n = np.split(array, 3, axis=-1)
            return np.concatenate([r, z, n], axis=-1).T

        module, given = Classifier(), []
        for direction in ("forward", "reverse"):
            W, R, b, c = (arrays[f"gru.{direction}.{name}"] for name in "WRbc")
            given += [ordered(W), ordered(R), ordered(b), np.concatenate([np.zeros(2 * UNITS, np.float32), c])]
        given += [arrays["scores.W"].T, arrays["scores.b"]]
        module.load_state_dict({key: torch.from_numpy(a) for key, a in zip(module.state_dict(), given, strict=True)})
        return module

    def scores(jax, weights, x):
        def last(direction):
            W, R, b, c = (weights[f"gru.{direction}.{name}"] for name in "WRbc")

            def step(h, given):
                (z, r, n), (own_z, own_r, own_n) = (jax.numpy.split(each, 3, axis=-1) for each in (given, h @ R))
                z, r = jax.nn.sigmoid(z + own_z), jax.nn.sigmoid(r + own_r)
                return (1 - z) * jax.numpy.tanh(n + r * (own_n + c)) + z * h, None

            given = (x @ W + b).swapaxes(0, 1)
            return jax.lax.scan(step, jax.numpy.zeros((len(x), UNITS)), given, reverse=direction == "reverse")[0]

        both = jax.numpy.concatenate([last("forward"), last("reverse")], axis=-1)
        return both @ weights["scores.W"] + weights["scores.b"]

    return graph, network, scores


def sequences(rows, length):
    def inputs():
        rng = np.random.default_rng(0)
        return rng.normal(size=(rows, length, FEATURES)).astype(np.float32), rng.integers(0, CLASSES, rows)

    return inputs


def row(made, inputs):
    graph, network, scores = made
    return training(graph, inputs, network, scores)


ROWS = {
    "character_lstm.py, 32 × 32 × 96": row(lstm(32, 96), texts(32, 32)),
    "character_lstm.py, 32 × 128 × 256": row(lstm(128, 256), texts(32, 128)),
    "GRU of both directions, 32 × 64 × 64": row(gru(64), sequences(32, 64)),
}
