"""What a star between filters and an image means, element by element: docs/operations.md says it of Conv and its transposes."""

from itertools import product

import numpy as np

__all__ = ["correlated"]


def correlated(star, slide, filters, image):
    """W ⋆ x; W ⋆ᵀ δ, which lays windows down; or δ ⋆ₙ x, added up over the images, where δ is what slides."""
    filters, image = (
        np.reshape(each, (1,) * max(map(np.ndim, (filters, image)))) if np.ndim(each) == 0 else each
        for each in (filters, image)
    )
    rank = np.ndim(image) - 2
    slide = {key: (value,) * rank if isinstance(value, int) and key != "group" else value for key, value in slide.items()}
    pads, strides, dilations = (
        slide.get(key, (default,) * rank) for key, default in (("pads", 0), ("strides", 1), ("dilations", 1))
    )
    pads, group = pads * (2 if len(pads) == rank else 1), slide.get("group", 1)
    before, after = np.array(pads[:rank]), np.array(pads[rank:])
    kernel = np.array(filters.shape[2:])
    extents = (kernel - 1) * dilations + 1
    if slide.get("auto_pad", "").startswith("SAME"):
        sizes = np.array(image.shape[2:]) * (strides if star == "⋆ᵀ" else 1)
        slides = np.array(strides)
        total = np.maximum(0, (-(-sizes // slides) - 1) * slides + extents - sizes)
        before = total // 2 if slide["auto_pad"] == "SAME_UPPER" else total - total // 2
        after = total - before
    if star == "⋆ᵀ":
        return laid_down(slide, filters, image, before, after, strides, dilations, extents, group)
    sizes = np.array(image.shape[2:])
    padded = np.pad(image, ((0, 0), (0, 0), *zip(before, after, strict=True)))
    places = slide.get("kernel_shape") or tuple((sizes + before + after - extents) // strides + 1)
    found = np.zeros(
        (image.shape[0], filters.shape[0], *places) if star == "⋆" else (filters.shape[1], image.shape[1] // group, *places)
    )
    for place in product(*map(range, places)):
        there = tuple(slice(p * s, p * s + e, d) for p, s, e, d in zip(place, strides, extents, dilations, strict=True))
        found[:, :, *place] = of_groups(star, filters, padded[:, :, *there], group)
    return found


def of_groups(star, filters, window, group):
    """What the filters make of one window, or the sum over images of each channel of δ times each of the window."""
    axes = "".join("hwd"[i] for i in range(window.ndim - 2))
    parts = []
    for w, x in zip(np.split(filters, group, axis=0 if star == "⋆" else 1), np.split(window, group, axis=1), strict=True):
        parts.append(np.einsum(f"fc{axes},nc{axes}->nf" if star == "⋆" else f"nf{axes},nc{axes}->fc", w, x))
    return np.concatenate(parts, axis=1 if star == "⋆" else 0)


def laid_down(slide, filters, image, before, after, strides, dilations, extents, group):
    """Each number of the image times the filters' window, laid down there and added up; what is padding is cut off."""
    places = np.array(image.shape[2:])
    spans = (places - 1) * strides + extents
    sizes = np.array(slide.get("image_shape") or spans - before - after + slide.get("output_padding", 0))
    if "output_shape" in slide:
        sizes = np.array(slide["output_shape"])
        cut = np.maximum(0, spans + slide.get("output_padding", 0) - sizes)
        before = cut // 2 if slide.get("auto_pad") == "SAME_UPPER" else cut - cut // 2
    found = np.zeros((image.shape[0], filters.shape[1] * group, *np.maximum(spans, sizes + before)))
    for place in product(*map(range, places)):
        there = tuple(slice(p * s, p * s + e, d) for p, s, e, d in zip(place, strides, extents, dilations, strict=True))
        for g, w in enumerate(np.split(filters, group, axis=0)):
            x = np.split(image, group, axis=1)[g][:, :, *place]
            found[:, g * filters.shape[1] : (g + 1) * filters.shape[1], *there] += np.tensordot(x, w, axes=(1, 0))
    return found[:, :, *(slice(b, b + size) for b, size in zip(before, sizes, strict=True))]
