"""How long a frame takes while a number is dragged in a page, and how large the page is.

    python -m tests.performance.page [FILE.html#STATE …] [--repeats 3] [--profile]
    python -m tests.performance.page --write FOLDER

The pages are of two_layer (500 hidden units, 20 rows) and of a GPT of three layers, each as it opens and at its end, where
it shows all numbers; of LeNet; and the playground with the article's graph; or files. `--write` only makes the pages. A row
has for each repeat the median of forty frames, in milliseconds: of the script, and until the frame is laid out and painted.
The mouse is Chromium's own. `--profile` says how many milliseconds of a frame each function takes by itself; it slows all.
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np

from docs.playground import PAGE
from tests.explain.conftest import browser

FRAMES, WARMING = 40, 5
MODELS = {"two_layer": ({}, 20, ("", "end")), "gpt": ({"layers": 3}, 1, ("", "end")), "lenet": ({}, 20, ("",))}
"""The options of each model, how many rows it is given, and how its page is opened: `end` is after all steps."""
OPEN_PARAMETER = """
const nodes = [...document.querySelectorAll("[data-circuit] g.node[role=button]")];
const parameter = nodes.find((each) => each.getAttribute("aria-label").includes("parameter"));
parameter?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
"""
WATCH = """
window.frames_ = [];
const { port1, port2 } = new MessageChannel();
port1.onmessage = ({ data: [start, end] }) => window.frames_.push([end - start, performance.now() - start]);
const own = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (rule) => own((at) => {
  const start = performance.now();
  rule(at);
  port2.postMessage([start, performance.now()]); // it arrives when the frame is painted
});
const cells = [...document.querySelectorAll(".panel:not([hidden]) [data-free]")];
const cell = cells.find((each) => each.getAttribute("data-free").includes("W")) ?? cells[0];
cell.scrollIntoView({ block: "center", behavior: "instant" });
const { left, top, width, height } = cell.getBoundingClientRect();
return [left + width / 2, top + height / 2, cell.getAttribute("data-free")];
"""


def given(graph, rows):
    """Numbers for the inputs of a model, and labels of two classes."""
    rng = np.random.default_rng(0)
    shapes = {name: [size if isinstance(size, int) else rows for size in node.shape] for name, node in graph.inputs.items()}
    labels = {name for name, node in graph.inputs.items() if node.dtype.kind in "iu"}
    return {name: rng.integers(0, 2, shape) if name in labels else rng.normal(size=shape) for name, shape in shapes.items()}


def written(folder):
    """The pages, written into a folder, each with its states."""
    for name, (options, rows, states) in MODELS.items():
        graph, file = import_module(f"models.{name}").build(**options), folder / f"{name}.html"
        graph.forward(**given(graph, rows)).explain(file)
        yield from (f"{file}#{state}" for state in states)
    yield f"{PAGE}#graph=article&units=500"


def mouse(driver, kind, x, y):
    held = {"button": "left", "buttons": int(kind != "mouseReleased"), "clickCount": 1}
    driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **held})


def opened(driver, page):
    """Open a page in its state; at its end with a parameter, so that there is a number to drag."""
    file, _, state = page.partition("#")
    driver.get("about:blank")
    driver.get(f"{Path(file).absolute().as_uri()}#{'' if state == 'end' else state}")
    while not driver.execute_script("return document.querySelector('[data-count]')?.innerText"):
        time.sleep(0.02)
    if state == "end":
        driver.execute_script("document.querySelector('[data-go=last]').click()")
    if state == "end" or "step" in state:
        driver.execute_script(OPEN_PARAMETER)
    time.sleep(0.3)


def dragged(driver):
    """What was dragged, and the milliseconds of each frame: of its script, and of all."""
    x, y, name = driver.execute_script(WATCH)
    mouse(driver, "mousePressed", x, y)
    for n in range(WARMING + FRAMES):
        mouse(driver, "mouseMoved", x + 3 + n % 30, y)
        driver.execute_async_script("setTimeout(arguments[0], 20)")
    mouse(driver, "mouseReleased", x, y)
    time.sleep(0.2)
    return name, driver.execute_script("return window.frames_")[WARMING:]


def profiled(driver, rule):
    """What a rule gives, and the milliseconds of each function meanwhile."""
    for command, options in (("enable", {}), ("setSamplingInterval", {"interval": 200}), ("start", {})):
        driver.execute_cdp_cmd(f"Profiler.{command}", options)
    found, spent = rule(), Counter()
    profile = driver.execute_cdp_cmd("Profiler.stop", {})["profile"]
    frames = {node["id"]: node["callFrame"] for node in profile["nodes"]}
    for node, microseconds in zip(profile["samples"], profile["timeDeltas"], strict=True):
        spent[f"{frames[node]['functionName'] or '(anonymous)'}, line {frames[node]['lineNumber'] + 1}"] += microseconds / 1000
    return found, spent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as held:
        if asked.write:
            asked.write.mkdir(exist_ok=True, parents=True)
        pages = asked.files or [*written(asked.write or Path(held))]
        if asked.write:
            return print(*pages, sep="\n")
        driver = browser(Path(held) / "browser")
        try:
            driver.set_window_size(1280, 800)
            for page in pages:
                report(driver, page, asked.repeats, asked.profile)
        finally:
            driver.quit()


def report(driver, page, repeats, profile):
    medians = []
    for _ in range(repeats):
        opened(driver, page)
        if profile:
            (name, frames), spent = profiled(driver, lambda: dragged(driver))
            for function, milliseconds in spent.most_common(25):
                print(f"{milliseconds / len(frames):9.2f}  {function}")
        else:
            name, frames = dragged(driver)
        medians.append([statistics.median(each) for each in zip(*frames, strict=True)])
    size = Path(page.partition("#")[0]).stat().st_size / 1000
    script, whole = (", ".join(f"{each:.1f}" for each in times) for times in zip(*medians, strict=True))
    print(f"{Path(page).name:38} {size:6.0f} kB, {name}: script {script} ms, with layout and paint {whole} ms")


if __name__ == "__main__":
    main()
