"""One training step (forward, backward, Adam; float32) of models of models/, compiled, beside the same networks in PyTorch.

    python -m tests.performance.networks        # the table, as Markdown

It wants PyTorch beside minigraph. Every figure is taken in a process of its own, the contestants take turns, round by round,
and the medians of the rounds are told, in milliseconds.
"""

import numpy as np

from tests.performance.contest import contest, row

RATE = 0.001
LENGTH, CHARACTERS = 32, 64
CASES = {"lenet.py, 128 images": ("lenet", 128), "character_lstm.py, 32 texts": ("lstm", 32), "gpt.py, 32 texts": ("gpt", 32)}


def drawn(kind, rows):
    """Rows and labels; the same for both contestants."""
    rng = np.random.default_rng(0)
    if kind == "lenet":
        return rng.random((rows, 784), np.float32), rng.integers(0, 10, rows)
    return rng.integers(0, CHARACTERS, (rows, LENGTH)), rng.integers(0, CHARACTERS, (rows, LENGTH))


def minigraph(kind, X, Y):
    """minigraph's program."""
    import minigraph as mg
    from models import character_lstm, gpt, lenet

    graph = {"lenet": lenet, "lstm": character_lstm, "gpt": gpt}[kind].build()
    program = mg.compile(mg.Graph(loss=graph["loss"]), updates=mg.Adam(RATE).minimize(graph["loss"]))
    return lambda: program(x=X, y=Y)["loss"]


def pytorch(kind, X, Y):
    """PyTorch, as a person writes it."""
    import torch

    network = {"lenet": _lenet, "lstm": _lstm, "gpt": _gpt}[kind](torch)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    x, y = torch.from_numpy(X), torch.from_numpy(Y).reshape(-1)

    def step():
        optimizer.zero_grad()
        scores = network(x)
        loss = torch.nn.functional.cross_entropy(scores.reshape(len(y), -1), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _lenet(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(32 * 49, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def _lstm(torch):
    class CharacterLSTM(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(CHARACTERS, 48)
            self.lstm = torch.nn.LSTM(48, 96, batch_first=True)
            self.scores = torch.nn.Linear(96, CHARACTERS)

        def forward(self, x):
            return self.scores(self.lstm(self.embedding(x))[0])

    return CharacterLSTM()


def _gpt(torch):
    class GPT(torch.nn.Module):
        def __init__(self, features=48, heads=4, layers=2):
            super().__init__()
            self.embedding = torch.nn.Embedding(CHARACTERS, features)
            self.places = torch.nn.Parameter(0.1 * torch.randn(LENGTH, features))
            options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
            self.layers = torch.nn.ModuleList(
                torch.nn.TransformerEncoderLayer(features, heads, 4 * features, **options) for _ in range(layers)
            )
            self.last, self.scores = torch.nn.LayerNorm(features), torch.nn.Linear(features, CHARACTERS)
            self.mask = torch.nn.Transformer.generate_square_subsequent_mask(LENGTH)

        def forward(self, x):
            a = self.embedding(x) + self.places
            for layer in self.layers:
                a = layer(a, src_mask=self.mask, is_causal=True)
            return self.scores(self.last(a))

    return GPT()


CONTESTANTS = {"minigraph compiled": minigraph, "PyTorch eager": pytorch}


def made(contestant, case):
    """The step of a contestant."""
    kind, rows = CASES[case]
    return CONTESTANTS[contestant](kind, *drawn(kind, rows))


def table(figures):
    """The medians, a row a case."""
    lines = [row("model", *CONTESTANTS, "PyTorch ÷ minigraph"), "|---" * 4 + "|"]
    for case in CASES:
        took = [figures[name, case][0] / 1000 for name in CONTESTANTS]
        lines.append(row(case, *(f"{each:.1f}" for each in took), f"{took[1] / took[0]:.2f}"))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(contest("tests.performance.networks", __doc__.splitlines()[0], CONTESTANTS, CASES, made)))
