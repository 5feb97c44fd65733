"""What to write for what NumPy and PyTorch have and minigraph does not, in a line with the same value, or why there is none.

A hint goes by meaning, and never by how a name is spelled.
"""

from collections.abc import Collection

import numpy as np

from minigraph.core.errors import nearest
from minigraph.core.numpy_protocol import COMPOSED_BY, HINTS

EQUIVALENTS = {
    # NumPy's functions, of vectors x and y and a matrix A
    "np.apply_along_axis(np.sum, 0, A)": "np.sum(A, axis=0)",
    "np.apply_over_axes(np.sum, A, (0, 1))": "np.sum(A, axis=(0, 1), keepdims=True)",
    "np.array_equiv(x, y)": "np.all(np.equal(x, y))",
    "np.piecewise(x, [x > 1], [np.cos, np.sin])": "np.select([x > 1], [np.cos(x)], np.sin(x))",
    # what an array, or a tensor of PyTorch's, has as a method
    "x.abs()": "abs(x)",
    "x.clamp(0, 1)": "np.clip(x, 0, 1)",
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
    "x.relu()": "mg.Relu(x)",
    "x.sigmoid()": "mg.Sigmoid(x)",
    "x.softmax(-1)": "mg.Softmax(x, axis=-1)",
    "x.t()": "x.T",
    "x.tolist()": "run[x].tolist(), where run = graph.forward(…)",
    "x.unsqueeze(0)": "np.expand_dims(x, 0)",
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

REASONS = {
    "How many elements it gives is known only in a run": (
        "argwhere bincount flatnonzero intersect1d nonzero polydiv "
        "setdiff1d setxor1d trim_zeros union1d unique unique_all unique_counts unique_inverse unique_values"
    ),
    "It counts along several axes at once; mg.ScatterAdd adds up by indices": "histogram2d histogramdd",
    "It writes into an array, and a node is composed anew: np.where(condition, a, b) chooses between two": (
        "fill_diagonal place put put_along_axis putmask"
    ),
    "It writes into an array, as np.full does: np.broadcast_to(x, shape) repeats a node": "copyto",
    "It is of whole numbers alone": ("bitwise_count gcd lcm left_shift packbits right_shift unpackbits"),
    "It is about how a number is stored, and has no derivative": "frexp nextafter spacing",
    "It gives complex numbers, and a node holds real ones": "roots sort_complex",
    "A node has no value until the graph runs: use run = graph.forward(…), then run[node]": (
        "array2string array_repr array_str save savetxt savez savez_compressed"
    ),
    "A node has no memory of its own": "may_share_memory shares_memory",
    "What it asks about is node.dtype": "can_cast common_type min_scalar_type",
    "Its derivative is the Bessel function I₁, which NumPy does not have": "i0",
}
"""Why a function of NumPy's is no operation of minigraph, where nothing short has its value."""
WHY = {f"np.{name}": reason for reason, names in REASONS.items() for name in names.split()}


def hint(name: str, known: Collection[str] = ()) -> str:
    """What to write for a name that there is not, such as `np.log2`, `x.flip` or `mg.tanh`: a sentence, or nothing.

    Among the `known` names it may be one that is written otherwise. What NumPy has under that name is no slip of spelling.

    >>> hint("np.array_equiv"), hint("mg.tanh", ["Tanh"]), hint("np.gcd")
    (' Write np.array_equiv(x, y) as np.all(np.equal(x, y)).', " Did you mean 'Tanh'?", ' It is of whole numbers alone.')
    """
    written = [f" Write {call} as {other}." for call, other in EQUIVALENTS.items() if call.partition("(")[0] == name]
    last = name.rpartition(".")[2]
    own = [each for each in known if each.lower() == last.lower()]
    function = getattr(np, last.lower(), None)
    if written or own:
        return "".join(written) or f" Did you mean {own[0]!r}?"
    if function is None and not hasattr(np.ndarray, last):
        return nearest(last, known)
    if callable(function) and function in COMPOSED_BY:
        return f" Write it np.{last.lower()}(…)."
    return f" {WHY[f'np.{last}']}." if f"np.{last}" in WHY else ""


HINTS.append(hint)
