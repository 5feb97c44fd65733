"""Take the pictures of docs/page.md in Chromium: `python -m docs.page [FOLDER]`. Without Chromium it says so and makes none."""

import shutil
import sys
import tempfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np

from models.two_layer import build
from tests.explain.conftest import browser

PICTURES = Path(__file__).parent / "pictures" / "page"
SCENES = {
    "step": ("light", "step=9", ""),
    "units": ("dark", "step=18", "document.querySelector('[data-ablation] summary').click()"),
}
"""By name: whether it is light or dark, the address, and what is done then."""


def make(folder: Path) -> list[Path]:
    """Write a picture of each scene."""
    x = np.random.default_rng(1).uniform(-2, 2, (20, 2))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        page = build(hidden=8).forward(x=x, y=x.prod(axis=1) < 0).explain(Path(made) / "page.html", title="Eight units")
        assert page
        driver = browser(Path(made) / "profile")
        try:
            return [_taken(driver, f"{made}/page.html", folder, name) for name in SCENES]
        finally:
            driver.quit()


def _taken(driver: Any, page: str, folder: Path, name: str) -> Path:
    scheme, state, then = SCENES[name]
    size = {"width": 1080, "height": 680, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    driver.get("about:blank")
    driver.get(f"file://{page}#{state}" + ("&node=a1" if then else ""))
    driver.set_script_timeout(20)
    wait = """const done = arguments[0];
        (function look() { document.querySelector("[data-count]")?.textContent ? done() : setTimeout(look, 50); })()"""
    driver.execute_async_script(wait)
    if then:
        driver.execute_async_script(
            f"{then}; document.querySelector('[data-ablation]').scrollIntoView(); setTimeout(arguments[0], 500)"
        )
    file = folder / f"{name}.png"
    file.write_bytes(b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"]))
    return file


if __name__ == "__main__":
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        print("The pictures of docs/page.md are as they were: Chromium or its driver is not here.")
    else:
        make(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
