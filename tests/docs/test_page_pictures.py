"""The pictures of docs/page.md: each is shown there, is small, and is one that docs/page.py takes."""

import re
from pathlib import Path

from docs.page import PICTURES, SCENES

PAGE = (Path(__file__).parents[2] / "docs" / "page.md").read_text(encoding="utf-8")


def test_every_scene_has_a_small_picture_that_is_shown():
    assert {file.stem for file in PICTURES.iterdir()} == {*SCENES} == {*re.findall(r"pictures/page/(\w+)\.png", PAGE)}
    assert all(file.stat().st_size < 150_000 for file in PICTURES.iterdir())
