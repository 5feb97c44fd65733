"""What PyTorch calls the normalisations, for tests/oracles/pytorch.py."""

import torch
from torch.nn import functional


def layer_norm(x, scale, bias=None, axis=-1, epsilon=1e-5):
    return functional.layer_norm(x, x.shape[axis % x.ndim :], None, None, epsilon) * scale + (0 if bias is None else bias)


def rms_norm(x, scale, axis=-1, epsilon=1e-5):
    return functional.rms_norm(x, x.shape[axis % x.ndim :], None, epsilon) * scale


def instance_norm(x, scale, bias, epsilon=1e-5):
    """PyTorch's group norm with a group for each channel: its instance norm takes no batch of none."""
    return functional.group_norm(x, x.shape[1], scale, bias, epsilon) if len(x) else x * scale[:, None] + bias[:, None]


def batch_norm(x, scale, bias, mean, variance, epsilon=1e-5, training_mode=False, momentum=0.9):
    """For given statistics by its formula: PyTorch's own gives those no gradient."""
    if training_mode and len(x):
        return functional.batch_norm(x, None, None, scale, bias, training=True, eps=epsilon)
    shape = (1, -1, *(1,) * (x.ndim - 2))
    scale, bias, mean, deviation = (each.reshape(shape) for each in (scale, bias, mean, (variance + epsilon).sqrt()))
    return (x - mean) / deviation * scale + bias


def group_norm(x, scale, bias, num_groups, epsilon=1e-5):
    """PyTorch's takes no batch of none: there the value is as empty as x."""
    if len(x):
        return functional.group_norm(x, num_groups, scale, bias, epsilon)
    shape = (1, -1, *(1,) * (x.ndim - 2))
    return x * scale.reshape(shape) + bias.reshape(shape)


def lp_norm(x, axis=-1, p=2):
    """By its formula; PyTorch's own divides by a norm of at least 1e-12."""
    norm = torch.linalg.vector_norm(x, p, axis, keepdim=True)
    return torch.where(norm == 0, 0, x / torch.where(norm == 0, 1, norm))


ANSWERS = {
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "InstanceNormalization": instance_norm,
    "BatchNormalization": batch_norm,
    "GroupNormalization": group_norm,
    "LpNormalization": lp_norm,
}
