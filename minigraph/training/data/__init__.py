"""Data sets: where a training's rows come from. `read` takes what there is: a file, a folder, or the name of an example."""

from minigraph.training.data.dataset import Dataset, split
from minigraph.training.data.examples import digits, moons
from minigraph.training.data.idx import read_idx
from minigraph.training.data.images import read_images
from minigraph.training.data.npz import read_npz
from minigraph.training.data.source import read
from minigraph.training.data.standardize import standardized
from minigraph.training.data.table import read_csv
from minigraph.training.data.tabular import Tabular, read_tabular
from minigraph.training.data.text import read_text
from minigraph.training.data.transformer import Choices, ColumnTransformer

__all__ = [
    "Choices",
    "ColumnTransformer",
    "Dataset",
    "Tabular",
    "digits",
    "moons",
    "read",
    "read_csv",
    "read_idx",
    "read_images",
    "read_npz",
    "read_tabular",
    "read_text",
    "split",
    "standardized",
]
