"""A browser that tests drive: Chromium, without a window. Tests that need it are skipped where it is not.

They need Debian's packages chromium and chromium-driver.
"""

import os
import shutil

import pytest

from minigraph.explain.page.library import scripts

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip


def browser(profile, capabilities=None):
    """A browser that keeps what it must in that folder."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    for name, value in (capabilities or {}).items():
        options.set_capability(name, value)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver"), env={**os.environ}))


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    pytest.importorskip("selenium", reason="pages are driven by selenium: pip install 'minigraph[dev]'")
    started = browser(tmp_path_factory.mktemp("browser"), {"goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}})
    yield started
    started.quit()


@pytest.fixture(scope="module")
def library(driver, tmp_path_factory):
    """The browser with all functions that a page may have."""
    file = tmp_path_factory.mktemp("page") / "library.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><title>library</title><script>{scripts()}</script>", encoding="utf-8")
    driver.get(file.as_uri())
    return driver
