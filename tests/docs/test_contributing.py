"""What CONTRIBUTING.md says is so: its operation is the one in the code, and its commands and files are there."""

import re
from pathlib import Path

import numpy as np

import minigraph as mg

ROOT = Path(__file__).parents[2]
PACKAGES = Path(mg.__file__).parents[1]
"""The folder of the package, which is not the repository where it is installed."""
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_operation_is_right_and_the_one_of_the_library():
    (code,) = re.findall(r"^   ```python\n(.*?)^   ```", PAGE, re.MULTILINE | re.DOTALL)
    scope = {"Node": mg.Node, "np": np}
    composed = dict(mg.core.numpy_protocol.COMPOSED_BY)
    exec("\n".join(line[3:] for line in code.splitlines()), scope)
    mg.core.numpy_protocol.COMPOSED_BY.update(composed)
    graph = mg.Graph(y=scope["Asinh"](mg.Input("x", (3,))))
    assert mg.check_gradients(graph, x=[-2, 0.5, 3]).ok
    assert np.array_equal(graph.forward(x=[-2, 0.5, 3])["y"], mg.Asinh.apply(np.float32([-2, 0.5, 3])))
    assert (re.search(r"return .*", code) or [""])[0] in (PACKAGES / "minigraph/ops/elementary.py").read_text(encoding="utf-8")


def test_the_mistake_is_one_that_sed_makes():
    ((before, after, file),) = re.findall(r"^sed -i 's/(.*)(?<!\\)/(.*)/' (\S+)$", PAGE, re.MULTILINE)
    text = (PACKAGES / file).read_text(encoding="utf-8")
    assert len(re.findall(re.sub(r"([+()])", r"\\\1", before), text)) == 1 and after not in text


def test_its_targets_and_files_are_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in re.findall(r"make (\w+)", PAGE) if f"\n{target}:" not in makefile} == set()
    files = [*re.findall(r"`((?:minigraph|tests|docs)/[\w/.]+)`", PAGE), *re.findall(r"\]\(([\w/.]+)\)", PAGE)]
    assert [file for file in files if not (ROOT / file).exists() and not (PACKAGES / file).exists()] == []
