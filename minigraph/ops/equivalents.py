"""What to write for what NumPy and PyTorch have and minigraph does not: each line is one way, with the same value.

A hint goes by meaning, and never by how a name is spelled. What has no short equal (a median, say) has no line.
"""

from collections.abc import Collection

import numpy as np

from minigraph.core.errors import nearest
from minigraph.core.numpy_protocol import COMPOSED_BY, HINTS

EQUIVALENTS = {
    # NumPy's functions, of nodes x and y, boolean nodes b and c, matrices A and B
    "np.all(b)": "np.min(b.astype(np.float32)) > 0",
    "np.amax(x)": "np.max(x)",
    "np.amin(x)": "np.min(x)",
    "np.any(b)": "np.max(b.astype(np.float32)) > 0",
    "np.around(x)": "np.round(x)",
    "np.average(x)": "np.mean(x)",
    "np.bitwise_and(b, c)": "np.logical_and(b, c)",
    "np.bitwise_or(b, c)": "np.logical_or(b, c)",
    "np.bitwise_xor(b, c)": "np.logical_xor(b, c)",
    "np.cbrt(x)": "np.sign(x) * abs(x) ** (1 / 3)",
    "np.column_stack((x, y))": "np.stack([x, y], axis=1)",
    "np.count_nonzero(x)": "np.not_equal(x, 0).astype(np.int64).sum()",
    "np.cumulative_prod(x)": "np.cumprod(x)",
    "np.cumulative_sum(x)": "np.cumsum(x)",
    "np.deg2rad(x)": "x * (np.pi / 180)",
    "np.degrees(x)": "x * (180 / np.pi)",
    "np.diff(x)": "x[1:] - x[:-1]",
    "np.exp2(x)": "2.0**x",
    "np.fabs(x)": "abs(x)",
    "np.float_power(x, y)": "x**y",
    "np.floor_divide(x, y)": "np.floor(x / y)",
    "np.hypot(x, y)": "np.sqrt(x * x + y * y)",
    "np.invert(b)": "np.logical_not(b)",
    "np.isfinite(x)": "np.logical_not(np.logical_or(np.isnan(x), np.isinf(x)))",
    "np.log10(x)": "np.log(x) / np.log(10)",
    "np.log2(x)": "np.log(x) / np.log(2)",
    "np.logaddexp(x, y)": "mg.ReduceLogSumExp(np.stack([x, y]), axes=(0,), keepdims=False)",
    "np.nansum(x)": "np.where(np.isnan(x), 0, x).sum()",
    "np.ndim(x)": "x.ndim",
    "np.ptp(x)": "np.max(x) - np.min(x)",
    "np.rad2deg(x)": "x * (180 / np.pi)",
    "np.radians(x)": "x * (np.pi / 180)",
    "np.rot90(A)": "np.flip(A.T, axis=0)",
    "np.std(x)": "np.sqrt(np.var(x))",
    "np.trapezoid(x)": "((x[1:] + x[:-1]) / 2).sum()",
    "np.trunc(x)": "np.sign(x) * np.floor(abs(x))",
    # what an array, or a tensor of PyTorch's, has as a method
    "x.abs()": "abs(x)",
    "x.all()": "np.min(x.astype(np.float32)) > 0",
    "x.any()": "np.max(x.astype(np.float32)) > 0",
    "x.clamp(0, 1)": "np.clip(x, 0, 1)",
    "x.copy()": "mg.Identity(x)",
    "x.detach()": "mg.StopGradient(x)",
    "x.double()": "x.astype(np.float64)",
    "x.fill(1)": "np.full_like(x, 1)",
    "x.float()": "x.astype(np.float32)",
    "x.grad": "run.backward()[x], where run = graph.forward(…)",
    "x.item()": "run[x].item(), where run = graph.forward(…)",
    "x.mm(y)": "x @ y",
    "x.norm()": "np.linalg.norm(x)",
    "x.numpy()": "run[x], where run = graph.forward(…)",
    "x.permute(1, 0)": "x.transpose(1, 0)",
    "x.prod()": "np.prod(x)",
    "x.relu()": "mg.Relu(x)",
    "x.sigmoid()": "mg.Sigmoid(x)",
    "x.softmax(-1)": "mg.Softmax(x, axis=-1)",
    "x.std()": "np.sqrt(np.var(x))",
    "x.t()": "x.T",
    "x.tolist()": "run[x].tolist(), where run = graph.forward(…)",
    "x.unsqueeze(0)": "np.expand_dims(x, 0)",
    "x.var()": "np.var(x)",
    "x.view(-1)": "x.reshape(-1)",
    "x.zero_grad()": "nothing: each run.backward() gives gradients of its own",
    # what other frameworks call an operation or a function
    "mg.BatchNorm": "mg.BatchNormalization",
    "mg.BatchNorm1d": "mg.BatchNormalization",
    "mg.BatchNorm2d": "mg.BatchNormalization",
    "mg.BCELoss": "mg.BinaryCrossEntropy",
    "mg.Conv1d": "mg.Conv",
    "mg.Conv2d": "mg.Conv",
    "mg.CrossEntropy": "mg.SoftmaxCrossEntropy",
    "mg.CrossEntropyLoss": "mg.SoftmaxCrossEntropy",
    "mg.Dense": "mg.blocks.dense",
    "mg.GRU": "mg.blocks.gru",
    "mg.L1Loss": "mg.MeanAbsoluteError",
    "mg.LayerNorm": "mg.LayerNormalization",
    "mg.Linear": "mg.blocks.dense",
    "mg.LSTM": "mg.blocks.lstm",
    "mg.MSE": "mg.MeanSquaredError",
    "mg.MSELoss": "mg.MeanSquaredError",
    "mg.NLLLoss": "mg.NegativeLogLikelihood",
    "mg.explain": "graph.explain",
    "mg.no_grad": "mg.StopGradient",
    "mg.placeholder": "mg.Input",
    "mg.tensor": "mg.Input, mg.Parameter or mg.Constant",
}
"""Each call, with what to write for it."""


def hint(name: str, known: Collection[str] = ()) -> str:
    """What to write for a name that there is not, such as `np.log2`, `x.flip` or `mg.tanh`: a sentence, or nothing.

    Among the `known` names it may be one that is written otherwise. What NumPy has under that name is no slip of spelling.

    >>> hint("np.log2"), hint("mg.tanh", ["Tanh"]), hint("x.flip"), hint("np.median")
    (' Write np.log2(x) as np.log(x) / np.log(2).', " Did you mean 'Tanh'?", ' Write it np.flip(…).', '')
    """
    written = [f" Write {call} as {other}." for call, other in EQUIVALENTS.items() if call.partition("(")[0] == name]
    last = name.rpartition(".")[2]
    own = [each for each in known if each.lower() == last.lower()]
    function = getattr(np, last.lower(), None)
    if written or own:
        return "".join(written) or f" Did you mean {own[0]!r}?"
    if function is None and not hasattr(np.ndarray, last):
        return nearest(last, known)
    return f" Write it np.{last.lower()}(…)." if callable(function) and function in COMPOSED_BY else ""


HINTS.append(hint)
