"""docs/numpy.md says what of NumPy there is now, and why the rest is not."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from minigraph.core.numpy_protocol import COMPOSED_BY

DOCS = Path(__file__).parents[2] / "docs"
MAKING = runpy.run_path(str(DOCS / "numpy.py"))
VERSION = MAKING["OTHERS"]["versions"]["numpy"].rpartition(".")[0]
of_this_numpy = pytest.mark.skipif(not np.__version__.startswith(f"{VERSION}."), reason=f"the page is about NumPy {VERSION}")


@pytest.fixture(scope="module")
def page():
    return (DOCS / "numpy.md").read_text(encoding="utf-8")


@of_this_numpy
def test_the_page_is_what_there_is_now(page):
    assert page == MAKING["page"](), "run: python -m docs.numpy"


@of_this_numpy
def test_every_public_function_is_there_or_the_page_says_why_not(page):
    assert re.findall(r"^\| .*\|  \|$", page, re.MULTILINE) == []  # a row without a reason
    named = set(re.findall(r"`((?:np\.)?[\w.]+)`", page))
    names = {name for names in MAKING["functions"]().values() for name in names}
    assert {name for name in names if name not in named and name.rpartition(".")[2] not in named} == set()


def test_what_is_said_to_be_of_no_arrays_composes_nothing():
    names = [name for names in MAKING["ELSEWHERE"].values() for name in names.split()]
    assert {name for name in names if getattr(np, name, None) in COMPOSED_BY} == set()
