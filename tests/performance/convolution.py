"""Convolutions and their gradients, a small ResNet, an embedding and a Hessian-vector product, compiled, beside PyTorch.

    python -m tests.performance.convolution                    # the table, as Markdown
    taskset -c 0 python -m tests.performance.convolution       # the same on one thread

It wants PyTorch beside minigraph. Every figure is taken in a process of its own, the contestants take turns, round by round,
and the medians of the rounds are told, in milliseconds.
"""

import numpy as np

from tests.performance.contest import contest, row

SHAPES = {
    # images, channels, side, filters, side of the window, stride, groups
    "8 × 16 × 28², 32 of 3 × 3": (8, 16, 28, 32, 3, 1, 1),
    "32 × 16 × 28², 32 of 3 × 3": (32, 16, 28, 32, 3, 1, 1),
    "128 × 16 × 28², 32 of 3 × 3": (128, 16, 28, 32, 3, 1, 1),
    "32 × 64 × 56², 64 of 3 × 3": (32, 64, 56, 64, 3, 1, 1),
    "the same, stride 2": (32, 64, 56, 64, 3, 2, 1),
    "the same, 1 × 1": (32, 64, 56, 64, 1, 1, 1),
    "the same, depthwise": (32, 64, 56, 64, 3, 1, 64),
}
CONVOLUTIONS = {f"{shape}: {wanted}": (wanted, sizes) for shape, sizes in SHAPES.items() for wanted in ("y", "dW", "dx")}
CASES = {
    **CONVOLUTIONS,
    "ResNet, 64 × 3 × 32²": ("resnet", (64,)),
    "embedding, 4096 of 1 000 000 × 64": ("embedding", (64, 64, 1_000_000)),
    "Hessian · v of two_layer.py, 200 rows": ("hessian", (200,)),
}
RATE, MOMENTUM = 0.01, 0.9
STAGES = (16, 32, 64)
FEATURES = 64


def drawn(kind, sizes, seed=0):
    """The arrays of a case; the same for both contestants."""
    rng = np.random.default_rng(seed)
    if kind == "resnet":
        return rng.normal(size=(*sizes, 3, 32, 32)).astype(np.float32), rng.integers(0, 10, sizes)
    if kind == "embedding":
        rows, words, entries = sizes
        return rng.integers(0, entries, (rows, words)), rng.integers(0, 10, rows)
    if kind == "hessian":
        return rng.normal(size=(*sizes, 2)).astype(np.float32), rng.integers(0, 2, sizes)
    images, channels, side, filters, window, stride, groups = sizes
    shapes = (images, channels, side, side), (filters, channels // groups, window, window)
    places = (side + 2 * (window // 2) - window) // stride + 1
    return [rng.normal(size=shape).astype(np.float32) for shape in (*shapes, (images, filters, places, places))]


def minigraph(kind, sizes):
    """minigraph's program."""
    made = {"resnet": _resnet, "embedding": _embedding, "hessian": _hessian}.get(kind)
    return made(sizes) if made else _convolution(kind, sizes)


def _convolution(kind, sizes):
    import minigraph as mg

    X, W, G = drawn(kind, sizes)
    pads, (stride, groups) = (sizes[4] // 2,) * 4, sizes[5:]
    x, w, g = mg.Input("x", ("N", *X.shape[1:])), mg.Parameter("w", W), mg.Input("g", ("N", *G.shape[1:]))
    y = mg.Conv(x, w, pads=pads, strides=(stride, stride), group=groups)
    if kind == "y":
        program = mg.compile(mg.Graph(y=y))
        return lambda: program(x=X)["y"].flat[-1]
    (gradient,) = mg.gradient((y * g).sum(), [w if kind == "dW" else x])
    program = mg.compile(mg.Graph(gradient=gradient))
    given = {name: array for name, array in (("x", X), ("g", G)) if name in program.graph.inputs}
    return lambda: program(**given)["gradient"].flat[-1]


def _resnet(sizes):
    import minigraph as mg

    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 3, 32, 32)), mg.Input("y", ("N",), dtype=np.int64)

    def convolved(image, filters, window, stride, name):
        w = mg.Parameter(f"{name}.w", mg.initializers.he_normal(rng, (filters, image.shape[1], window, window)))
        image = mg.Conv(image, w, pads=(window // 2,) * 4, strides=(stride, stride))
        return mg.blocks.batch_normalization(image, name=f"{name}.norm")

    image = mg.Relu(convolved(x, STAGES[0], 3, 1, "stem"))
    for number, filters in enumerate(STAGES):
        stride = 1 if filters == image.shape[1] else 2
        inner = mg.Relu(convolved(image, filters, 3, stride, f"first{number}"))
        direct = image if stride == 1 else convolved(image, filters, 1, stride, f"direct{number}")
        image = mg.Relu(convolved(inner, filters, 3, 1, f"second{number}") + direct)
    pooled = mg.GlobalAveragePool(image).reshape(-1, STAGES[-1])
    loss = mg.SoftmaxCrossEntropy(mg.blocks.dense(pooled, 10, rng=rng, name="scores"), y)
    program = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(RATE, momentum=MOMENTUM).minimize(loss))
    X, Y = drawn("resnet", sizes)
    return lambda: program(x=X, y=Y)["loss"]


def _embedding(sizes):
    import minigraph as mg

    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", sizes[1]), dtype=np.int64), mg.Input("y", ("N",), dtype=np.int64)
    embedded = mg.blocks.embedding(x, sizes[2], FEATURES, rng=rng)
    loss = mg.SoftmaxCrossEntropy(mg.blocks.dense(embedded.mean(axis=1), 10, rng=rng, name="scores"), y)
    program = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(RATE).minimize(loss))
    X, Y = drawn("embedding", sizes)
    return lambda: program(x=X, y=Y)["loss"]


def _hessian(sizes):
    import minigraph as mg
    from models import two_layer

    graph, rng = two_layer.build(), np.random.default_rng(1)
    parameters = list(graph.parameters.values())
    tangents = [mg.Constant(rng.normal(size=each.shape).astype(np.float32)) for each in parameters]
    gradients = mg.gradient(graph["loss"], parameters)
    along = sum((gradient * tangent).sum() for gradient, tangent in zip(gradients, tangents, strict=True))
    products = mg.gradient(along, parameters)
    program = mg.compile(mg.Graph({f"product{i}": each for i, each in enumerate(products)}))
    X, Y = drawn("hessian", sizes)
    return lambda: program(x=X, y=Y)["product3"][0]


def pytorch(kind, sizes):
    """PyTorch, as a person writes it."""
    import torch

    made = {"resnet": _torch_resnet, "embedding": _torch_embedding, "hessian": _torch_hessian}.get(kind)
    return made(torch, sizes) if made else _torch_convolution(torch, kind, sizes)


def _torch_convolution(torch, kind, sizes):
    x, w, g = map(torch.from_numpy, drawn(kind, sizes))
    options = {"padding": sizes[4] // 2, "stride": sizes[5], "groups": sizes[6]}
    if kind == "y":
        return lambda: torch.nn.functional.conv2d(x, w, **options).numpy().flat[-1]
    wanted = (w if kind == "dW" else x).requires_grad_()
    y = torch.nn.functional.conv2d(x, w, **options)
    return lambda: torch.autograd.grad(y, wanted, g, retain_graph=True)[0].numpy().flat[-1]


def _trained(torch, network, x, y, **options):
    optimizer = torch.optim.SGD(network.parameters(), RATE, **options)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _torch_resnet(torch, sizes):
    nn = torch.nn

    def convolved(channels, filters, window, stride):
        return nn.Sequential(
            nn.Conv2d(channels, filters, window, stride, window // 2, bias=False), nn.BatchNorm2d(filters, momentum=0.1)
        )

    class Block(nn.Module):
        def __init__(self, channels, filters):
            super().__init__()
            stride = 1 if channels == filters else 2
            self.first, self.second = convolved(channels, filters, 3, stride), convolved(filters, filters, 3, 1)
            self.direct = nn.Identity() if stride == 1 else convolved(channels, filters, 1, stride)

        def forward(self, x):
            return torch.relu(self.second(torch.relu(self.first(x))) + self.direct(x))

    blocks = [Block(*each) for each in zip((STAGES[0], *STAGES), STAGES, strict=False)]
    ends = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(STAGES[-1], 10)
    network = nn.Sequential(convolved(3, STAGES[0], 3, 1), nn.ReLU(), *blocks, *ends)
    return _trained(torch, network, *map(torch.from_numpy, drawn("resnet", sizes)), momentum=MOMENTUM)


def _torch_embedding(torch, sizes, sparse=False):
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.scores = torch.nn.Embedding(sizes[2], FEATURES, sparse=sparse), torch.nn.Linear(FEATURES, 10)

        def forward(self, x):
            return self.scores(self.table(x).mean(1))

    return _trained(torch, Network(), *map(torch.from_numpy, drawn("embedding", sizes)))


def _torch_hessian(torch, sizes):
    x, y = map(torch.from_numpy, drawn("hessian", sizes))
    rng = np.random.default_rng(1)
    shapes = (2, 500), (500,), (500, 2), (2,)
    parameters = [torch.from_numpy(rng.normal(size=shape).astype(np.float32)).requires_grad_() for shape in shapes]
    tangents = [torch.from_numpy(rng.normal(size=shape).astype(np.float32)) for shape in shapes]

    def step():
        W1, b1, W2, b2 = parameters
        loss = torch.nn.functional.cross_entropy(torch.tanh(x @ W1 + b1) @ W2 + b2, y)
        gradients = torch.autograd.grad(loss, parameters, create_graph=True)
        return torch.autograd.grad(gradients, parameters, tangents)[3][0].item()

    return step


CONTESTANTS = {"minigraph compiled": minigraph, "PyTorch eager": pytorch}


def made(contestant, case):
    """The step of a contestant."""
    return CONTESTANTS[contestant](*CASES[case])


def table(figures):
    """The medians, a row a case."""
    lines = [row("case", *CONTESTANTS, "PyTorch ÷ minigraph"), "|---" * 4 + "|"]
    for case in CASES:
        took = [figures[name, case][0] / 1000 for name in CONTESTANTS]
        lines.append(row(case, *(f"{each:.2f}" for each in took), f"{took[1] / took[0]:.2f}"))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(contest("tests.performance.convolution", __doc__.splitlines()[0], CONTESTANTS, CASES, made)))
