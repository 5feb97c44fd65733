"""Rows of tests.performance.networks: a convolution and its gradients, LeNet, and a small ResNet."""

import numpy as np

from tests.performance.contestants import function, training

__all__ = ["ROWS"]


def convolution(batch, channels, size, filters=32, kernel=3, stride=1, group=1):
    """The value, and each gradient by itself."""
    pad = kernel // 2
    out = size // stride

    def data():
        rng = np.random.default_rng(0)
        shapes = {
            "x": (batch, channels, size, size),
            "w": (filters, channels // group, kernel, kernel),
            "slope": (batch, filters, out, out),
        }
        return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}

    def graphs(mg):
        x, slope = mg.Input("x", ("N", channels, size, size)), mg.Input("slope", ("N", filters, out, out))
        w = mg.Input("w", (filters, channels // group, kernel, kernel))
        y = mg.Conv(x, w, pads=(pad,) * 4, strides=(stride,) * 2, group=group)
        (dw,), (dx,) = (mg.gradient(y, [each], slope) for each in (w, x))
        return {"forward": mg.Graph(y=y), "dW": mg.Graph(dw=dw), "dx": mg.Graph(dx=dx)}

    def torch(torch, arrays):
        x, w, slope = arrays["x"], arrays["w"], arrays["slope"]
        options = {"padding": pad, "stride": stride, "groups": group}
        of_w, of_x = w.clone().requires_grad_(), x.clone().requires_grad_()
        by_w, by_x = (torch.nn.functional.conv2d(a, b, **options) for a, b in ((x, of_w), (of_x, w)))
        return {
            "forward": lambda: torch.nn.functional.conv2d(x, w, **options),
            "dW": lambda: torch.autograd.grad(by_w, of_w, slope, retain_graph=True)[0],
            "dx": lambda: torch.autograd.grad(by_x, of_x, slope, retain_graph=True)[0],
        }

    def jax(jax):
        def y(x, w):
            return jax.lax.conv_general_dilated(x, w, (stride,) * 2, [(pad, pad)] * 2, feature_group_count=group)

        return {
            "forward": lambda a: y(a["x"], a["w"]),
            "dW": lambda a: jax.vjp(lambda w: y(a["x"], w), a["w"])[1](a["slope"])[0],
            "dx": lambda a: jax.vjp(lambda x: y(x, a["w"]), a["x"])[1](a["slope"])[0],
        }

    found = function(data, graphs, torch, jax)
    del found.contestants["PyTorch compiled"]  # one call of one kernel
    return found


def images(batch, shape):
    def inputs():
        rng = np.random.default_rng(0)
        return rng.random((batch, *shape), np.float32), rng.integers(0, 10, batch)

    return inputs


def lenet():
    from models import lenet

    return lenet.build()


def torch_lenet(torch, arrays=None):
    nn = torch.nn
    module = nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(32 * 49, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    if arrays:
        names = ("W1", "b1", "W2", "b2", "hidden.W", "hidden.b", "scores.W", "scores.b")
        given = [arrays[name].T if "." in name else arrays[name] for name in names]
        module.load_state_dict({key: torch.from_numpy(a) for key, a in zip(module.state_dict(), given, strict=True)})
    return module


def jax_lenet(jax, weights, x):
    a = x.reshape(-1, 1, 28, 28)
    for number in (1, 2):
        a = jax.lax.conv_general_dilated(a, weights[f"W{number}"], (1, 1), "SAME") + weights[f"b{number}"][:, None, None]
        a = jax.lax.reduce_window(jax.nn.relu(a), -jax.numpy.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    a = jax.nn.relu(a.reshape(len(a), -1) @ weights["hidden.W"] + weights["hidden.b"])
    return a @ weights["scores.W"] + weights["scores.b"]


WIDTHS = (16, 32, 64)


def resnet():
    """A convolution, and for each width a block of two, with batch normalisation; the mean over the image, and scores."""
    import minigraph as mg

    rng = np.random.default_rng(0)

    def normalized(a, filters, kernel, stride, name):
        w = mg.Parameter(f"{name}.W", mg.initializers.he_normal(rng, (filters, a.shape[1], kernel, kernel)))
        a = mg.Conv(a, w, pads=(kernel // 2,) * 4, strides=(stride, stride))
        return mg.blocks.batch_normalization(a, name=name)

    a = mg.Relu(normalized(mg.Input("x", ("N", 3, 32, 32)), WIDTHS[0], 3, 1, "stem"))
    for number, width in enumerate(WIDTHS):
        stride = 2 if number else 1
        b = mg.Relu(normalized(a, width, 3, stride, f"first{number}"))
        beside = normalized(a, width, 1, stride, f"beside{number}") if number else a
        a = mg.Relu(normalized(b, width, 3, 1, f"second{number}") + beside)
    z = mg.blocks.dense(a.mean(axis=(2, 3)), 10, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, mg.Input("y", ("N",), dtype=np.int64)))


def torch_resnet(torch, arrays):
    nn = torch.nn

    class Normalized(nn.Module):
        def __init__(self, channels, filters, kernel, stride, name):
            super().__init__()
            self.conv = nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False)
            self.normalization = nn.BatchNorm2d(filters)
            self.conv.weight.data = torch.from_numpy(arrays[f"{name}.W"])

        def forward(self, a):
            return self.normalization(self.conv(a))

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.scores = Normalized(3, WIDTHS[0], 3, 1, "stem"), nn.Linear(WIDTHS[-1], 10)
            self.first, self.second, self.beside = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
            for number, (before, width) in enumerate(zip((WIDTHS[0], *WIDTHS), WIDTHS, strict=False)):
                stride = 2 if number else 1
                self.first.append(Normalized(before, width, 3, stride, f"first{number}"))
                self.second.append(Normalized(width, width, 3, 1, f"second{number}"))
                self.beside.append(Normalized(before, width, 1, stride, f"beside{number}") if number else nn.Identity())
            self.scores.weight.data = torch.from_numpy(arrays["scores.W"].T.copy())
            self.scores.bias.data.zero_()

        def forward(self, x):
            a = torch.relu(self.stem(x))
            for first, second, beside in zip(self.first, self.second, self.beside, strict=True):
                a = torch.relu(second(torch.relu(first(a))) + beside(a))
            return self.scores(a.mean((2, 3)))

    return ResNet()


def jax_resnet(jax, weights, x):
    def normalized(a, name, stride=1):
        W = weights[f"{name}.W"]
        a = jax.lax.conv_general_dilated(a, W, (stride,) * 2, [(W.shape[2] // 2,) * 2] * 2)
        mean, variance = a.mean((0, 2, 3), keepdims=True), a.var((0, 2, 3), keepdims=True)
        scale, bias = (weights[f"{name}.{word}"][:, None, None] for word in ("scale", "bias"))
        return (a - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + bias

    a = jax.nn.relu(normalized(x, "stem"))
    for number in range(len(WIDTHS)):
        stride = 2 if number else 1
        b = jax.nn.relu(normalized(a, f"first{number}", stride))
        beside = normalized(a, f"beside{number}", stride) if number else a
        a = jax.nn.relu(normalized(b, f"second{number}") + beside)
    return a.mean((2, 3)) @ weights["scores.W"] + weights["scores.b"]


ROWS = {
    "convolution 8 × 16 × 28², 32 of 3 × 3,": convolution(8, 16, 28),
    "convolution 32 × 16 × 28², 32 of 3 × 3,": convolution(32, 16, 28),
    "convolution 128 × 16 × 28², 32 of 3 × 3,": convolution(128, 16, 28),
    "convolution 32 × 64 × 56², 64 of 3 × 3,": convolution(32, 64, 56, 64),
    "the same, stride 2,": convolution(32, 64, 56, 64, stride=2),
    "the same, 1 × 1,": convolution(32, 64, 56, 64, kernel=1),
    "the same, depthwise,": convolution(32, 64, 56, 64, group=64),
    "lenet.py, 128 images": training(lenet, images(128, (784,)), torch_lenet, jax_lenet),
    "ResNet, 64 × 3 × 32²": training(resnet, images(64, (3, 32, 32)), torch_resnet, jax_resnet),
}
