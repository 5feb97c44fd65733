"""Ways to attend that are compared with PyTorch: the shapes of query, key and value, the mask, and what else is said."""

from dataclasses import dataclass

import numpy as np

INF = np.inf


@dataclass(frozen=True)
class Case:
    """One of them; a mask of numbers is added to the scores."""

    query: tuple[int, ...] = (2, 3, 4)
    key: tuple[int, ...] = (2, 5, 4)
    value: tuple[int, ...] = (2, 5, 6)
    mask: np.ndarray | None = None
    causal: bool = False
    scale: float | None = None
    softcap: float | None = None


def hidden(number, rows=(1,)):
    """A mask of random numbers, with a number at two places and in whole rows."""
    mask = np.random.default_rng(3).normal(size=(3, 5))
    mask[0, 1] = mask[2, 4] = number
    mask[list(rows)] = number
    return mask


BOOLEANS = hidden(-INF) > -INF
HEADS = {"query": (2, 2, 3, 4), "key": (2, 2, 5, 4), "value": (2, 2, 5, 6)}
CASES = {
    "plain": Case(),
    "scaled": Case(scale=0.7),
    "scaled_below_zero": Case(scale=-0.7),
    "causal": Case(causal=True),
    "causal_of_fewer_keys": Case(key=(2, 2, 4), value=(2, 2, 6), causal=True),
    "booleans": Case(mask=hidden(-INF, ()) > -INF),
    "booleans_that_hide_a_row": Case(mask=BOOLEANS),
    "booleans_that_hide_all": Case(mask=np.zeros((3, 5), bool)),
    "booleans_of_each_row_and_head": Case(**HEADS, mask=np.random.default_rng(5).normal(size=(2, 2, 3, 5)) > 0.5),
    "booleans_of_keys": Case(**HEADS, mask=np.array([True, True, False, True, False])),
    "added": Case(mask=hidden(0.5)),
    "added_infinity": Case(mask=hidden(-INF, ())),
    "added_infinity_that_hides_a_row": Case(mask=hidden(-INF)),
    "added_infinity_that_hides_all": Case(mask=np.full((3, 5), -INF)),
    "added_large": Case(mask=hidden(-1e9)),
    "added_least": Case(mask=hidden(float(np.finfo(np.float32).min))),
    "added_to_each_row": Case(**HEADS, mask=np.random.default_rng(6).normal(size=(2, 1, 3, 5))),
    "causal_and_booleans": Case(mask=BOOLEANS, causal=True),
    "causal_and_added_least": Case(mask=hidden(float(np.finfo(np.float32).min), (0,)), causal=True),
    "causal_and_added_infinity": Case(mask=hidden(-INF, (0,)), causal=True, scale=0.3),
    "softcap": Case(softcap=1.5),
    "softcap_causal_booleans": Case(softcap=0.5, scale=2.0, mask=BOOLEANS, causal=True),
    "softcap_added_infinity": Case(softcap=0.5, mask=hidden(-INF)),
}


def made(case):
    """Numbers for the query, the key, the value and the cotangent of a case."""
    rng = np.random.default_rng(0)
    result = (*np.broadcast_shapes(case.query[:-2], case.value[:-2]), case.query[-2], case.value[-1])
    return [rng.normal(size=shape) for shape in (case.query, case.key, case.value, result)]
