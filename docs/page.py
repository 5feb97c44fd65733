"""Take the pictures of docs/page.md in Chromium: `python -m docs.page [FOLDER]`. Without Chromium it says so and makes none.

What can be read in a picture is written beside it, so that a test sees when a picture is of an older page.
"""

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


READ = """
const drawn = [...document.querySelectorAll("[data-frame] text")].filter((text) => text.style.visibility !== "hidden");
const seen = [...document.querySelectorAll("header, .controls, .panels > *")].map((each) => each.innerText);
return [...seen, ...drawn.map((text) => text.textContent)].join("\\n");
"""


def make(folder: Path) -> list[Path]:
    """Write a picture of each scene, and what can be read in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        driver = browser(Path(made) / "profile")
        try:
            return [_taken(driver, Path(made), folder, name) for name in SCENES]
        finally:
            driver.quit()


def opened(driver: Any, folder: Path, name: str) -> str:
    """Open a scene, whose page is written into the folder, and give what can be read there."""
    x = np.random.default_rng(1).uniform(-2, 2, (20, 2))
    page = folder / "page.html"
    build(hidden=8).forward(x=x, y=x.prod(axis=1) < 0).explain(page, title="Eight units")
    scheme, state, then = SCENES[name]
    size = {"width": 1080, "height": 680, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    driver.get("about:blank")
    driver.get(f"{page.as_uri()}#{state}" + ("&node=a1" if then else ""))
    driver.set_script_timeout(20)
    wait = """const done = arguments[0];
        (function look() { document.querySelector("[data-count]")?.textContent ? done() : setTimeout(look, 50); })()"""
    driver.execute_async_script(wait)
    if then:
        driver.execute_async_script(
            f"{then}; document.querySelector('[data-ablation]').scrollIntoView(); setTimeout(arguments[0], 500)"
        )
    return " ".join(driver.execute_script(READ).split()) + "\n"


def _taken(driver: Any, made: Path, folder: Path, name: str) -> Path:
    text, file = opened(driver, made, name), folder / f"{name}.png"
    file.with_suffix(".txt").write_text(text, encoding="utf-8")
    file.write_bytes(b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"]))
    return file


if __name__ == "__main__":
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        print("The pictures of docs/page.md are as they were: Chromium or its driver is not here.")
    else:
        make(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
