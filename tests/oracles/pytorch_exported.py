"""Store models as today's PyTorch exports them, with its own outputs: `python tests/oracles/pytorch_exported.py`.

It needs torch and onnx. Every model is of a few kilobytes, and its batch, the axis "N", may be of any size. The file holds each
model as bytes, what it was given, and what PyTorch made of it.
"""

import io
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

FILE = Path(__file__).parent / "exported.npz"


class Called(nn.Module):
    """A function of an input, and of the modules that it is given."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x):
        return self.function(self, x)


def language_model():
    """Embeddings, an encoder whose places see those before them, and scores."""

    def scores(own, tokens):
        length = tokens.shape[1]
        mask = torch.triu(torch.full((length, length), float("-inf")), 1)
        return own.out(own.encoder(own.token(tokens) + own.place(torch.arange(length)), mask=mask))

    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True, dropout=0.0)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return Called(scores, token=nn.Embedding(9, 8), place=nn.Embedding(8, 8), encoder=encoder, out=nn.Linear(8, 9))


def attention(own, x):
    """Causal attention in two heads, over a length that a run tells, of which the last place is taken."""
    rows, length, features = x.shape
    q, k, v = (each.view(rows, length, 2, features // 2).transpose(1, 2) for each in own.qkv(x).split(features, dim=2))
    taken = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return taken.transpose(1, 2).reshape(rows, length, features)[:, -1:]


def patches(own, x):
    """An image in patches, as places of a sequence, behind a token that is the same for all images."""
    parts = own.patch(x).flatten(2).transpose(1, 2)
    return torch.cat([own.token.expand(x.shape[0], -1, -1), parts], 1) + own.place


def masked(own, x):
    """Places, of a number that a run tells, each the mean of those before it, with what stands for a place added."""
    length = x.shape[1]
    later = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
    scores = (x @ x.transpose(1, 2)).masked_fill(later, -1e9)
    return scores.softmax(-1) @ x + own.place[:, :length]


def recurrent(kind):
    layer = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    return Called(lambda own, x: own.out(own.layer(x)[0][:, -1]), layer=layer, out=nn.Linear(8, 2))


def thirds(own, x):
    first, second, third = x.chunk(3, -1)
    return first * second + third


def numbers(*shape):
    return nn.Parameter(torch.randn(*shape))


def image(channels, size):
    return torch.randn(2, channels, size, size)


def models():
    """Each model, what it is given, and the operator set that it is exported with."""
    torch.manual_seed(0)
    convolutions = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), nn.MaxPool2d(2))
    mobile = nn.Sequential(convolutions, nn.Conv2d(8, 8, 3, groups=8, padding=1), nn.Hardswish(), nn.AdaptiveAvgPool2d(1))
    u_net = Called(
        lambda own, x: own.up(F.relu(own.down(x))) + x,
        down=nn.Conv2d(3, 4, 3, stride=2, padding=1),
        up=nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1),
    )
    pooled = Called(lambda own, x: F.avg_pool2d(x, 3, 2, 1) + F.max_pool2d(x, 3, 2, 1) + F.adaptive_avg_pool2d(x, (3, 3)))
    resized = Called(
        lambda own, x: (
            F.interpolate(x, scale_factor=2, mode="nearest")
            + F.interpolate(x, size=(8, 8), mode="bilinear", align_corners=True)
            + F.interpolate(x, size=(8, 8), mode="bicubic", align_corners=False)
        )
    )
    as_before = Called(lambda own, x: F.interpolate(x[:, :, ::2, ::2], size=x.shape[2:], mode="nearest") + x)
    padded = Called(lambda own, x: F.pad(x, (1, 1, 2, 0), mode="reflect") + F.pad(x, (1, 1, 2, 0), value=3.0))
    shuffled = Called(lambda own, x: F.pixel_shuffle(F.pixel_unshuffle(x, 2), 2))
    normalised = nn.Sequential(nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4), nn.SiLU(), nn.InstanceNorm2d(4, affine=True))
    activations = Called(lambda own, x: F.mish(x) + F.celu(x) + F.logsigmoid(x) + F.glu(x.repeat(1, 2)) + F.hardsigmoid(x))
    indexed = Called(lambda own, x: torch.cat([x[:, 1:], x[:, :1]], 1)[:, ::2].flip(1) + x.roll(1, 1)[:, ::2] + x[:, [0, 2, 1]])
    reduced = Called(lambda own, x: x.norm(dim=1) + x.std(1) + x.logsumexp(1) + x.prod(1) + x.amax(1))
    laid_out = Called(lambda own, x: x.view(x.size(0), -1).unsqueeze(1).expand(-1, 2, -1).reshape(x.size(0) * 2, -1))
    ordered = Called(lambda own, x: x.topk(2, 1)[0] + x.sort(1)[0][:, :2] + x.gather(1, x.argsort(1))[:, 1:3])
    vision = {"token": numbers(1, 1, 4), "patch": nn.Conv2d(3, 4, 4, stride=4), "place": numbers(1, 5, 4)}
    return {
        "language model": (language_model(), torch.randint(0, 9, (2, 6)), 17),
        "attention": (Called(attention, qkv=nn.Linear(8, 24)), torch.randn(2, 5, 8), 17),
        "patches": (Called(patches, **vision), image(3, 8), 17),
        "masked": (Called(masked, place=numbers(1, 9, 4)), torch.randn(2, 5, 4), 17),
        "rnn": (recurrent(nn.RNN), torch.randn(2, 4, 3), 17),
        "gru": (recurrent(nn.GRU), torch.randn(2, 4, 3), 13),
        "lstm": (recurrent(nn.LSTM), torch.randn(2, 4, 3), 11),
        "mobile": (nn.Sequential(mobile, nn.Flatten(), nn.Linear(8, 3), nn.Softmax(1)), image(3, 8), 11),
        "u-net": (u_net, image(3, 8), 13),
        "pooled": (pooled, image(2, 6), 17),
        "resized": (resized, image(2, 4), 13),
        "as large as before": (as_before, image(2, 4), 17),
        "padded": (padded, image(2, 4), 17),
        "shuffled": (shuffled, image(1, 4), 17),
        "normalised": (normalised, image(3, 5), 20),
        "feed forward": (nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 6), nn.GELU("tanh")), torch.randn(2, 3, 6), 17),
        "activations": (activations, torch.randn(2, 6), 20),
        "thirds": (Called(thirds), torch.randn(2, 3, 6), 20),
        "indexed": (indexed, torch.randn(2, 5, 3), 11),
        "reduced": (reduced, torch.randn(2, 5, 3), 13),
        "laid out": (laid_out, torch.randn(3, 4, 2), 17),
        "ordered": (ordered, torch.randn(3, 5), 17),
    }


def exported(model, x, version, axes):
    file = io.BytesIO()
    options = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": {"x": axes}}
    torch.onnx.export(model.eval(), (x,), file, opset_version=version, dynamo=False, **options)
    return np.frombuffer(file.getvalue(), np.uint8)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of the exporter, about sizes that it takes for constant
    arrays = {}
    for name, (model, x, version) in models().items():
        axes = {0: "N", 1: "T"} if name in ("attention", "masked") else {0: "N"}
        arrays[f"{name}/model"], arrays[f"{name}/x"] = exported(model, x, version, axes), x.numpy()
        arrays[f"{name}/y"] = model(x).detach().numpy()
    np.savez_compressed(FILE, **arrays)
    print(f"{len(arrays) // 3} models")
