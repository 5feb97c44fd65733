"""The data sets that need no file: scikit-learn's moons and digits."""

from collections.abc import Callable

import numpy as np

from minigraph.core.errors import GraphError
from minigraph.interop.extras import optional
from minigraph.training.checks import check_whole
from minigraph.training.data.dataset import Dataset

__all__ = ["EXAMPLES", "digits", "moons"]

EXAMPLES: dict[str, Callable[[int], Dataset]] = {
    "moons": lambda seed: moons(seed=seed).with_validation(moons(seed=seed + 1)),
    "digits": lambda seed: digits(),
}
"""The data sets that need no file, each from a random seed, where it is drawn at random."""


def moons(rows: int = 200, noise: float = 0.20, seed: int = 0) -> Dataset:
    """Two interleaving half circles with Gaussian noise: scikit-learn's make_moons.

    Parameters
    ----------
    rows : int
        How many points there are, at least 2.
    noise : float
        The standard deviation of the noise.
    seed : int
        The random seed of the points and the noise.

    Returns
    -------
    Dataset
        x (rows × 2, float32), and y, the number of the half circle.

    Examples
    --------
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
    """Images of handwritten digits: scikit-learn's load_digits, x (1797 × 8 × 8, float32, from 0 to 1) and y (1797).

    E. Alpaydin, C. Kaynak, Optical recognition of handwritten digits, UCI Machine Learning Repository, 1998.

    >>> digits()["x"].shape
    (1797, 8, 8)
    """
    found = optional("sklearn.datasets", "scikit-learn", "train").load_digits()
    arrays = {"x": (found.images / 16).astype(np.float32), "y": found.target.astype(np.int64)}
    return Dataset(arrays, classes=tuple(map(str, found.target_names)))
