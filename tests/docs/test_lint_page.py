"""docs/lint.md: every lint has its row, and what stands in the row is found, and is no more when written the other way."""

import re
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.lint.lint import LINTS

PAGE = (Path(__file__).parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w-]+)` \| `(.+)` \| `(.+)` \|$", PAGE, re.MULTILINE)


class Assigned(mg.Node):
    """max(x, 0), by a rule that assigns."""

    def forward(self, x, out=None):
        return np.maximum(x, 0, out=out)

    def backward(self, gradient, y, x):
        gradient = gradient.copy()
        gradient[x <= 0] = 0
        return gradient


class Chosen(Assigned):
    """The same, by a rule that can be read."""

    def backward(self, gradient, y, x):
        return np.where(x > 0, gradient, 0)


def found_in(code):
    """The lints that find something in the code, composed of what the page says that its names are."""
    W, b, x = mg.Parameter("W", np.ones((3, 2))), mg.Parameter("b", np.ones(2)), mg.Input("x", ("N", 3))
    z = x @ W
    names = {"np": np, "mg": mg, "W": W, "b": b, "x": x, "z": z, "s": z[:, 0], "random": mg.RandomState(0)}
    names |= {"t": mg.Input("t", ("N", 2)), "y": mg.Input("y", ("N",), dtype=np.int64), "r": mg.Input("r", ("N",))}
    names |= {
        "U": mg.Parameter("U", np.eye(2)),
        "E": mg.Parameter("E", np.ones((2, 2))),
        "O": mg.Parameter("O", np.zeros((3, 2))),
    }
    rng, tokens = np.random.default_rng(0), mg.Input("tokens", ("N", 4, 8))
    names |= {name: tokens @ mg.Parameter(f"W{name}", rng.normal(0, 8**-0.5, (8, 8))) for name in "qkv"}
    names |= {"wide": mg.Input("wide", ("N", 64)), "L": mg.Parameter("L", rng.normal(0, 1, (64, 2)))}
    names |= {"mask": np.tri(4, dtype=bool)}
    composed = eval(code, names | {"Assigned": Assigned, "Chosen": Chosen})
    return [finding.lint for finding in (composed if isinstance(composed, mg.Graph) else mg.Graph(composed)).lint()]


def test_every_lint_has_its_row_and_is_explained():
    assert [name for name, _, _ in ROWS] == list(LINTS)
    explained = re.findall(r"\*\*([\w-]+)\*\*", PAGE[PAGE.index("What each is about") :])
    assert explained == list(LINTS)


@pytest.mark.parametrize(("name", "code", "instead"), ROWS, ids=[name for name, _, _ in ROWS])
def test_what_is_found_is_not_found_when_written_the_other_way(name, code, instead):
    assert name in found_in(code)
    assert found_in(instead) == []
