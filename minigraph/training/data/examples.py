"""Data sets that come with scikit-learn, and need no download."""

import numpy as np

from minigraph.core.errors import GraphError
from minigraph.interop.extras import optional
from minigraph.training.data.dataset import Dataset
from minigraph.training.loop.checks import check_whole

__all__ = ["digits", "moons"]


def moons(rows: int = 200, noise: float = 0.20, seed: int = 0) -> Dataset:
    """Two interleaving half circles with Gaussian noise of that standard deviation: scikit-learn's make_moons.

    >>> moons(200)
    Dataset of 200 rows: x (200 × 2, float32), y (200, int64); classes upper moon and lower moon
    """
    check_whole("rows", rows, 2)
    check_whole("seed", seed, 0)
    if not 0 <= noise < float("inf"):
        raise GraphError(f"The noise of the moons is 0 or more, not {noise!r}.")
    datasets = optional("sklearn.datasets", "scikit-learn", "train")
    x, y = datasets.make_moons(rows, noise=noise, random_state=seed)
    arrays = {"x": x.astype(np.float32), "y": y.astype(np.int64)}
    return Dataset(arrays, classes=("upper moon", "lower moon"), features=("x₁", "x₂"))


def digits() -> Dataset:
    """Images of 8 × 8 pixels, from 0 to 1, of handwritten digits: scikit-learn's load_digits.

    E. Alpaydin, C. Kaynak, Optical recognition of handwritten digits, UCI Machine Learning Repository, 1998.

    >>> digits()["x"].shape
    (1797, 8, 8)
    """
    found = optional("sklearn.datasets", "scikit-learn", "train").load_digits()
    arrays = {"x": (found.images / 16).astype(np.float32), "y": found.target.astype(np.int64)}
    return Dataset(arrays, classes=tuple(map(str, found.target_names)))
