"""The pictures of docs/page.md: each is shown there, is small, is one that docs/page.py takes, and says what the page says."""

import re
from pathlib import Path

import pytest

from docs.page import PICTURES, SCENES, opened
from tests.explain.conftest import browser

PAGE = (Path(__file__).parents[2] / "docs" / "page.md").read_text(encoding="utf-8")


def test_every_scene_has_a_small_picture_that_is_shown():
    assert {file.stem for file in PICTURES.glob("*.png")} == {*SCENES} == {*re.findall(r"pictures/page/(\w+)\.png", PAGE)}
    assert all(file.stat().st_size < 150_000 for file in PICTURES.iterdir())


@pytest.mark.needs("chromium", "chromedriver")
def test_the_pictures_are_of_the_page_as_it_is(tmp_path):
    pytest.importorskip("selenium")
    driver = browser(tmp_path / "profile")
    try:
        for name in SCENES:
            stored = (PICTURES / f"{name}.txt").read_text(encoding="utf-8")
            assert opened(driver, tmp_path, name) == stored, "The page says something else now: run python -m docs.page"
    finally:
        driver.quit()
