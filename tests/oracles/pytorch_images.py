"""What PyTorch calls the operations on images, for tests/oracles/pytorch.py."""

import itertools
import math
from fractions import Fraction

import torch
from torch.nn import functional


def margins(image, kernel, strides, dilations, auto_pad):
    """The padding that auto_pad asks for, by ONNX's formula."""
    before, after = [], []
    for size, k, s, d in zip(image, kernel, strides, dilations, strict=True):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0) if auto_pad.startswith("SAME") else 0
        small, large = total // 2, total - total // 2
        before.append(small if auto_pad == "SAME_UPPER" else large)
        after.append(large if auto_pad == "SAME_UPPER" else small)
    return before + after


def padded(x, pads, value=0.0):
    """ONNX names the beginnings and then the ends, PyTorch the pairs from the last axis on."""
    rank = x.ndim - 2
    pairs = [(pads[i], pads[i + rank]) for i in reversed(range(rank))]
    return functional.pad(x, tuple(itertools.chain(*pairs)), value=value)


def defaults(x, kernel, strides, dilations, pads, auto_pad):
    rank = x.ndim - 2
    strides, dilations, pads = strides or (1,) * rank, dilations or (1,) * rank, pads or (0,) * 2 * rank
    if auto_pad != "NOTSET":
        pads = margins(x.shape[2:], kernel, strides, dilations, auto_pad)
    return tuple(strides), tuple(dilations), tuple(pads)


def im2col(x, kernel_shape, strides=None, dilations=None, pads=None, fill=0.0, auto_pad="NOTSET", ceil_mode=False):
    """By indexing, since unfold takes images of two axes only; with ceil_mode as PyTorch's own pooling finds the places."""
    strides, dilations, pads = defaults(x, kernel_shape, strides, dilations, pads, auto_pad)
    if ceil_mode:
        pads = to_ceiling(x, kernel_shape, strides, dilations, pads)
    x = padded(x, pads, fill)
    columns = []
    for offset in itertools.product(*map(range, kernel_shape)):
        at = [slice(None), slice(None)]
        for o, k, d, s, size in zip(offset, kernel_shape, dilations, strides, x.shape[2:], strict=True):
            count = (size - (k - 1) * d - 1) // s + 1
            at.append(slice(o * d, o * d + s * (count - 1) + 1, s))
        columns.append(x[tuple(at)].flatten(2))
    return torch.stack(columns, 2).flatten(1, 2)


def to_ceiling(x, kernel_shape, strides, dilations, pads):
    """The padding with what lets in the last window of those that PyTorch's pooling has with ceil_mode."""
    shape = x.shape[2:]
    image = torch.zeros(1, 1, *shape, dtype=torch.float64)
    places = functional.max_pool2d(image, kernel_shape, strides, pads[:2], dilations, ceil_mode=True).shape[2:]
    axes = zip(shape, pads[:2], kernel_shape, strides, dilations, places, pads[2:], strict=True)
    return (*pads[:2], *(max(p, (n - 1) * s + (k - 1) * d + 1 - size - b) for size, b, k, s, d, n, p in axes))


def col2im(x, image_shape, block_shape, **window):
    """The transpose of im2col, by PyTorch's own differentiation."""
    image = torch.zeros(x.shape[0], x.shape[1] // math.prod(block_shape), *image_shape, dtype=x.dtype)
    if not x.is_floating_point():
        return col2im(x.double(), image_shape, block_shape, **window).to(x.dtype)
    return torch.func.vjp(lambda image: im2col(image, block_shape, **window), image)[1](x)[0]


CONVOLUTIONS = {3: functional.conv1d, 4: functional.conv2d, 5: functional.conv3d}
TRANSPOSED = {3: functional.conv_transpose1d, 4: functional.conv_transpose2d, 5: functional.conv_transpose3d}
MAXIMA = {3: functional.max_pool1d, 4: functional.max_pool2d, 5: functional.max_pool3d}
GLOBAL_MAXIMA = {3: functional.adaptive_max_pool1d, 4: functional.adaptive_max_pool2d, 5: functional.adaptive_max_pool3d}


def conv(x, w, b=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
    strides, dilations, pads = defaults(x, w.shape[2:], strides, dilations, pads, auto_pad)
    return CONVOLUTIONS[x.ndim](padded(x, pads), w, b, strides, 0, dilations, group)


def conv_transpose(
    x, w, b=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, output_padding=None, output_shape=None,
    pads=None, strides=None,
):  # fmt: skip
    """The whole image, of which the margins are then cut away or to which zeros, and the bias, are added."""
    rank = x.ndim - 2
    strides, dilations, pads = defaults(x, w.shape[2:], strides, dilations, pads, "NOTSET")
    whole = TRANSPOSED[x.ndim](x, w, None, strides, 0, 0, group, dilations)
    full = [size + more for size, more in zip(whole.shape[2:], output_padding or (0,) * rank, strict=True)]
    if output_shape is None and auto_pad.startswith("SAME"):
        output_shape = [size * stride for size, stride in zip(x.shape[2:], strides, strict=True)]
    if output_shape is not None:
        totals = [max(size - wanted, 0) for size, wanted in zip(full, output_shape, strict=True)]
        full = [max(size, wanted) for size, wanted in zip(full, output_shape, strict=True)]
        before = [total // 2 if auto_pad == "SAME_UPPER" else total - total // 2 for total in totals]
        pads = before + [total - less for total, less in zip(totals, before, strict=True)]
    whole = padded(whole, [0] * rank + [size - had for size, had in zip(full, whole.shape[2:], strict=True)])
    kept = padded(whole, [-pad for pad in pads])
    return kept if b is None else kept + b.reshape(-1, *(1,) * rank)


def pool(x, kernel_shape, auto_pad, ceil_mode, dilations, pads, strides, value=0.0):
    """The windows' elements, as N × C × K × the places."""
    strides, dilations, pads = defaults(x, kernel_shape, strides, dilations, pads, auto_pad)
    if ceil_mode:
        pads = to_ceiling(x, kernel_shape, strides, dilations, pads)
    columns = im2col(x, kernel_shape, strides, dilations, pads, value)
    places = im2col(torch.zeros(1, 1, *x.shape[2:]), kernel_shape, strides, dilations, pads).shape[2]
    return columns.reshape(x.shape[0], x.shape[1], math.prod(kernel_shape), places), pads, strides, dilations


def placed(pooled, x, kernel_shape, pads, strides, dilations):
    rank = x.ndim - 2
    axes = zip(x.shape[2:], pads[:rank], pads[rank:], kernel_shape, strides, dilations, strict=True)
    return pooled.reshape(*x.shape[:2], *((size + b + e - (k - 1) * d - 1) // s + 1 for size, b, e, k, s, d in axes))


def max_pool(x, kernel_shape, auto_pad="NOTSET", ceil_mode=False, dilations=None, pads=None, strides=None):
    strides, dilations, pads = defaults(x, kernel_shape, strides, dilations, pads, auto_pad)
    return MAXIMA[x.ndim](padded(x, pads, -math.inf), tuple(kernel_shape), strides, 0, dilations, ceil_mode)


def average_pool(
    x, kernel_shape, auto_pad="NOTSET", ceil_mode=False, count_include_pad=False, dilations=None, pads=None, strides=None
):
    """PyTorch's own where it has it, else the sums of the windows divided by those of an image of ones."""
    if x.ndim == 4 and auto_pad == "NOTSET" and not dilations and (not pads or pads[:2] == pads[2:]):
        strides, padding = strides or 1, pads[:2] if pads else 0
        return functional.avg_pool2d(x, kernel_shape, strides, padding, ceil_mode, count_include_pad)
    windows, whole, strides, dilations = pool(x, kernel_shape, auto_pad, ceil_mode, dilations, pads, strides)
    ones = torch.ones_like(x[:1, :1]) if len(x) else torch.ones(1, 1, *x.shape[2:], dtype=x.dtype)
    own = defaults(x, kernel_shape, strides, dilations, pads, auto_pad)[2]
    inside = padded(ones, own, float(count_include_pad))
    rest = [a - b for a, b in zip(whole, own, strict=True)]
    counts = im2col(padded(inside, rest), kernel_shape, strides, dilations).sum(1)
    return placed(windows.sum(2) / counts, x, kernel_shape, whole, strides, dilations)


def lp_pool(x, kernel_shape, auto_pad="NOTSET", ceil_mode=False, dilations=None, p=2, pads=None, strides=None):
    windows, whole, strides, dilations = pool(x, kernel_shape, auto_pad, ceil_mode, dilations, pads, strides)
    return placed(torch.linalg.vector_norm(windows, p, 2), x, kernel_shape, whole, strides, dilations)


LINEAR = {3: "linear", 4: "bilinear", 5: "trilinear"}


def resize(
    x, sizes=None, scales=None, mode="nearest", coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_floor",
    antialias=False, cubic_coeff_a=-0.75, exclude_outside=False, keep_aspect_ratio_policy="stretch",
):  # fmt: skip
    """PyTorch's own where it has it, else ONNX's formula element by element, in exact numbers."""
    coordinates = coordinate_transformation_mode
    given = {"scale_factor": scales} if sizes is None else {"size": sizes}
    own = coordinates == "half_pixel" or (coordinates == "align_corners" and sizes is not None)
    whole = own and keep_aspect_ratio_policy == "stretch" and antialias == exclude_outside and (mode == "linear" or x.ndim == 4)
    if whole and (mode, cubic_coeff_a) in (("linear", -0.75), ("cubic", -0.5 if antialias else -0.75)):
        name = LINEAR[x.ndim] if mode == "linear" else "bicubic"
        return functional.interpolate(x, mode=name, align_corners=coordinates == "align_corners", antialias=antialias, **given)
    if mode == "nearest" and (coordinates, nearest_mode) == ("asymmetric", "floor"):
        return functional.interpolate(x, mode="nearest", **given)
    if mode == "nearest" and (coordinates, nearest_mode) == ("half_pixel", "round_prefer_ceil"):
        return functional.interpolate(x, mode="nearest-exact", **given)
    lengths, made = resized(x.shape[2:], sizes, scales, keep_aspect_ratio_policy)
    for axis, (old, length, new) in enumerate(zip(x.shape[2:], lengths, made, strict=True), 2):
        found = [place(i, old, length, new, coordinates) for i in range(new)]
        if mode == "nearest":
            taken = [{rounded(at, nearest_mode): 1} for at in found]
        else:
            scale = min(length / old, 1) if antialias else 1
            taken = [around(at, scale, KERNELS[mode], Fraction(cubic_coeff_a)) for at in found]
        if exclude_outside:
            taken = [{at: share for at, share in each.items() if 0 <= at < old} for each in taken]
        x = torch.stack([mixed(x, axis, each) for each in taken], axis)
    return x


def resized(image, sizes, scales, policy):
    """Each size times its scale, and the size that is made of it."""
    if scales is not None:
        lengths = [Fraction(scale) * old for scale, old in zip(scales, image, strict=True)]
        return lengths, [math.floor(scale * old) for scale, old in zip(scales, image, strict=True)]
    scales = [Fraction(new, old) for new, old in zip(sizes, image, strict=True)]
    if policy != "stretch":
        scales = [min(scales) if policy == "not_larger" else max(scales)] * len(image)
    lengths = [scale * old for scale, old in zip(scales, image, strict=True)]
    return lengths, [math.floor(length + Fraction(1, 2)) for length in lengths]


def place(i, old, length, new, coordinates):
    half, scale = Fraction(1, 2), Fraction(length) / old
    if coordinates == "asymmetric":
        return i / scale
    if coordinates == "align_corners":
        return Fraction(i * (old - 1)) / (length - 1) if i else Fraction(0)
    if coordinates == "pytorch_half_pixel" and new == 1:
        return Fraction(0)
    shift = (1 - new / Fraction(length)) * old / 2 if coordinates == "half_pixel_symmetric" else 0
    return shift + (i + half) / scale - half


def rounded(at, nearest_mode):
    below = math.floor(at)
    rest = at - below
    up = {"floor": False, "ceil": rest > 0, "round_prefer_floor": 2 * rest > 1, "round_prefer_ceil": 2 * rest >= 1}
    return below + up[nearest_mode]


def linear_kernel(d, a):
    return max(1 - d, 0)


def cubic_kernel(d, a):
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0


KERNELS = {"linear": linear_kernel, "cubic": cubic_kernel}


def around(at, scale, kernel, a):
    """The share of each element within reach."""
    reach = math.ceil(2 / scale) + 1
    return {i: kernel(abs(i - at) * scale, a) for i in range(math.floor(at) - reach, math.floor(at) + reach + 1)}


def mixed(x, axis, shares):
    """The elements along an axis, each times its share; those beyond the border are as the border is."""
    total = sum(shares.values())
    parts = [float(share / total) * x.select(axis, min(max(at, 0), x.shape[axis] - 1)) for at, share in shares.items() if share]
    return sum(parts[1:], parts[0])


def depth_to_space(x, blocksize, mode="DCR"):
    """PyTorch has CRD, but no gradient of it for no rows; for DCR the channels are put into its order first."""
    if mode == "DCR":
        x = x.unflatten(1, (blocksize**2, -1)).transpose(1, 2).flatten(1, 2)
    if not len(x):
        return x.reshape(0, x.shape[1] // blocksize**2, x.shape[2] * blocksize, x.shape[3] * blocksize)
    return functional.pixel_shuffle(x, blocksize)


def space_to_depth(x, blocksize, mode="DCR"):
    if not len(x):
        return x.reshape(0, x.shape[1] * blocksize**2, x.shape[2] // blocksize, x.shape[3] // blocksize)
    x = functional.pixel_unshuffle(x, blocksize)
    return x if mode == "CRD" else x.unflatten(1, (-1, blocksize**2)).transpose(1, 2).flatten(1, 2)


ANSWERS = {
    "Im2Col": im2col,
    "Col2Im": col2im,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "LpPool": lp_pool,
    "GlobalAveragePool": lambda x: x.mean(tuple(range(2, x.ndim)), keepdim=True),
    "GlobalMaxPool": lambda x: GLOBAL_MAXIMA[x.ndim](x, 1) if len(x) else x.sum(tuple(range(2, x.ndim)), keepdim=True),
    "Resize": resize,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
}
