"""Where rows come from: data sets drawn or read."""

import numpy as np

from minigraph.errors import GraphError
from minigraph.extras import optional
from minigraph.training.checks import check_whole
from minigraph.training.dataset import Dataset, split
from minigraph.training.tables import read_csv

__all__ = ["Dataset", "moons", "read_csv", "split"]


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
