"""What PyTorch calls the operations on single elements, on reductions of them, and on losses; one line each."""

import torch
from torch.nn import functional


def axes_of(x, axes):
    return tuple(range(x.ndim)) if axes is None else tuple(axes) if isinstance(axes, tuple | list) else (axes,)


def reduced(function):
    return lambda x, axes=None, keepdims=True, **options: function(x, dim=axes_of(x, axes), keepdim=keepdims, **options)


def product(x, axes=None, keepdims=True):
    for axis in sorted((axis % x.ndim for axis in axes_of(x, axes)), reverse=True):
        x = x.prod(axis, keepdim=keepdims)
    return x


def accumulated(function, first):
    def along(x, axis=0, exclusive=False, reverse=False):
        turned = x.flip(axis) if reverse else x
        if exclusive:
            before = torch.full_like(turned.narrow(axis, 0, min(1, turned.shape[axis])), first)
            turned = torch.cat([before, turned], axis).narrow(axis, 0, turned.shape[axis])
        total = function(turned, axis)
        return total.flip(axis) if reverse else total

    return along


def at_the_origin(function):
    """As PyTorch does, but with slopes of 0 where both operands are 0."""

    def away(a, b):
        a, b = torch.broadcast_tensors(a, b)
        origin = (a == 0) & (b == 0)
        return torch.where(origin, function(a, b).detach(), function(torch.where(origin, 1, a), torch.where(origin, 1, b)))

    return away


def place(function):
    def found(x, axis=0, keepdims=True, select_last_index=False):
        if not select_last_index:
            return function(x, axis, keepdim=keepdims)
        return x.shape[axis] - 1 - function(x.flip(axis), axis, keepdim=keepdims)

    return found


def hardmax(x, axis=-1):
    return functional.one_hot(x.argmax(axis), x.shape[axis]).movedim(-1, axis).to(x.dtype)


def hard_sigmoid(x, alpha=0.2, beta=0.5):
    return (alpha * x + beta).clamp(0, 1)


def clip(x, minimum=None, maximum=None):
    return x.clone() if minimum is None and maximum is None else x.clamp(minimum, maximum)


def cross_entropy(z, targets, reduction="mean", axis=1, class_weights=None, ignore_index=None, label_smoothing=0.0):
    if z.ndim == 1:
        return cross_entropy(z[None], targets[None], "sum")
    soft = targets.is_floating_point()
    weights = None if class_weights is None else torch.tensor(class_weights, dtype=z.dtype)
    ignored = -100 if ignore_index is None else ignore_index
    return functional.cross_entropy(
        z.movedim(axis, 1),
        targets.movedim(axis, 1) if soft else targets,
        weight=weights,
        reduction=reduction,
        ignore_index=ignored,
        label_smoothing=label_smoothing,
    )


def negative_log_likelihood(x, targets, reduction="mean", axis=1, class_weights=None, ignore_index=None):
    if x.ndim == 1:
        return negative_log_likelihood(x[None], targets[None], "sum")
    weights = None if class_weights is None else torch.tensor(class_weights, dtype=x.dtype)
    if not targets.is_floating_point():
        ignored = -100 if ignore_index is None else ignore_index
        return functional.nll_loss(x.movedim(axis, 1), targets, weight=weights, reduction=reduction, ignore_index=ignored)
    losses = -((1 if weights is None else weights) * targets * x).sum(axis)
    return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]


def triplet(a, p, n, margin=1.0, reduction="mean"):
    return functional.triplet_margin_loss(a, p, n, margin=margin, reduction=reduction)


def hinge(x, t, margin=1.0, reduction="mean"):
    losses = (margin - t * x).clamp(min=0)
    return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]


def binary(x, t, logits=False, reduction="mean"):
    function = functional.binary_cross_entropy_with_logits if logits else functional.binary_cross_entropy
    return function(x, t, reduction=reduction)


def divergence(x, t, log_target=False, reduction="mean"):
    return functional.kl_div(x, t, log_target=log_target, reduction=reduction)


ANSWERS = {
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Tan": torch.tan,
    "Asin": torch.asin,
    "Acos": torch.acos,
    "Atan": torch.atan,
    "Sinh": torch.sinh,
    "Cosh": torch.cosh,
    "Asinh": torch.asinh,
    "Acosh": torch.acosh,
    "Atanh": torch.atanh,
    "Reciprocal": torch.reciprocal,
    "Expm1": torch.expm1,
    "Log1p": torch.log1p,
    "Log2": torch.log2,
    "Log10": torch.log10,
    "Cbrt": lambda x: x.sign() * x.abs().pow(1 / 3),
    "Hypot": at_the_origin(torch.hypot),
    "Atan2": at_the_origin(torch.atan2),
    "LogAddExp": lambda *xs: torch.stack(torch.broadcast_tensors(*xs)).logsumexp(0),
    "FloorDivide": lambda a, b: torch.floor_divide(a.detach(), b.detach()),
    "SignBit": torch.signbit,
    "SearchSorted": lambda a, v, right=False: torch.searchsorted(a.detach(), v.detach(), right=right),
    "Erf": torch.erf,
    "Floor": torch.floor,
    "Ceil": torch.ceil,
    "Round": torch.round,
    "Mod": lambda a, b, fmod=False: torch.fmod(a, b) if fmod else torch.remainder(a, b),
    "Clip": clip,
    "Identity": torch.clone,
    "StopGradient": lambda x: x.detach().clone(),
    "And": torch.logical_and,
    "Or": torch.logical_or,
    "Xor": torch.logical_xor,
    "Not": torch.logical_not,
    "IsNaN": torch.isnan,
    "IsInf": torch.isinf,
    "ReduceMin": reduced(torch.amin),
    "ArgMax": place(torch.argmax),
    "ArgMin": place(torch.argmin),
    "ReduceL1": reduced(lambda x, dim, keepdim: x.abs().sum(dim, keepdim)),
    "ReduceL2": reduced(lambda x, dim, keepdim: torch.linalg.vector_norm(x, dim=dim, keepdim=keepdim)),
    "ReduceLp": reduced(lambda x, p, dim, keepdim: torch.linalg.vector_norm(x, p, dim=dim, keepdim=keepdim)),
    "ReduceSumSquare": reduced(lambda x, dim, keepdim: (x * x).sum(dim, keepdim)),
    "ReduceLogSum": reduced(lambda x, dim, keepdim: x.sum(dim, keepdim).log()),
    "ReduceLogSumExp": reduced(torch.logsumexp),
    "ReduceVariance": reduced(lambda x, dim, keepdim, ddof=0: torch.var(x, dim=dim, keepdim=keepdim, correction=ddof)),
    "ReduceProd": product,
    "CumSum": accumulated(torch.cumsum, 0),
    "CumProd": accumulated(torch.cumprod, 1),
    "LeakyRelu": lambda x, alpha=0.01: functional.leaky_relu(x, alpha),
    "PRelu": lambda x, slope: torch.where(x > 0, x, slope * x),
    "Elu": lambda x, alpha=1.0: functional.elu(x, alpha),
    "Celu": lambda x, alpha=1.0: functional.celu(x, alpha),
    "Selu": lambda x, alpha=1.6732632423543772, gamma=1.0507009873554805: gamma * functional.elu(x, alpha),
    "HardSigmoid": hard_sigmoid,
    "HardSwish": functional.hardswish,
    "ThresholdedRelu": lambda x, alpha=1.0: functional.threshold(x, alpha, 0.0),
    "Softplus": lambda x: -functional.logsigmoid(-x),
    "LogSigmoid": functional.logsigmoid,
    "Softsign": functional.softsign,
    "Gelu": lambda x, approximate="none": functional.gelu(x, approximate=approximate),
    "Swish": lambda x, alpha=1.0: x * torch.sigmoid(alpha * x),
    "Mish": lambda x: x * torch.tanh(-functional.logsigmoid(-x)),
    "Hardmax": hardmax,
    "SoftmaxCrossEntropy": cross_entropy,
    "NegativeLogLikelihood": negative_log_likelihood,
    "MeanSquaredError": lambda x, t, reduction="mean": functional.mse_loss(x, t, reduction=reduction),
    "MeanAbsoluteError": lambda x, t, reduction="mean": functional.l1_loss(x, t, reduction=reduction),
    "Huber": lambda x, t, delta=1.0, reduction="mean": functional.huber_loss(x, t, delta=delta, reduction=reduction),
    "BinaryCrossEntropy": binary,
    "KLDivergence": divergence,
    "Hinge": hinge,
    "CosineSimilarity": lambda a, b, axis=-1: functional.cosine_similarity(a, b, dim=axis, eps=0),
    "TripletMargin": triplet,
}
