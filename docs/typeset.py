"""Typeset derivations by KaTeX, MathJax and LaTeX: `python -m docs.typeset [FOLDER]`, or `make typeset`.

They are those of the gallery, all of them, and one of each operation. It asks each of the three that it finds: KaTeX, which is
told to be strict, and MathJax need Node.js and their packages from npm, LaTeX a `pdflatex` with amsmath. It says which it
did not find, and ends with an error where one of them refuses something, which includes a line that is wider than the page, or
where none is found. The PDF, and a picture of each of its pages, are in the folder to be looked at.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.gallery import examples
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Parameter
from minigraph.core.node import Node
from minigraph.explain.derivation import Derivation
from minigraph.explain.derivation.derivation import document
from tests.explain.test_derivation_of_every_operation import DIFFERENTIABLE
from tests.explain.test_derivation_of_every_operation import derivations as derivations_of

PACKAGES = {"katex": "katex", "mathjax": "mathjax-full"}
"""What npm has each of the two in JavaScript under."""

KATEX = """
const katex = require("katex"), found = [];
for (const [name, latex] of JSON.parse(require("fs").readFileSync(0)))
  try { katex.renderToString(latex, {displayMode: true, strict: "error", throwOnError: true}); }
  catch (error) { found.push(`${name}: ${error.message}`); }
console.log(JSON.stringify(found));
"""

MATHJAX = """
const {mathjax} = require("mathjax-full/js/mathjax.js"), {TeX} = require("mathjax-full/js/input/tex.js");
const {SVG} = require("mathjax-full/js/output/svg.js"), {liteAdaptor} = require("mathjax-full/js/adaptors/liteAdaptor.js");
const {RegisterHTMLHandler} = require("mathjax-full/js/handlers/html.js");
require("mathjax-full/js/input/tex/ams/AmsConfiguration.js");
const adaptor = liteAdaptor(), found = [];
RegisterHTMLHandler(adaptor);
const tex = new TeX({packages: ["base", "ams"], formatError: (jax, error) => { throw error; }});
const page = mathjax.document("", {InputJax: tex, OutputJax: new SVG({fontCache: "none"})});
for (const [name, latex] of JSON.parse(require("fs").readFileSync(0)))
  try {
    const drawn = adaptor.outerHTML(page.convert(latex, {display: true}));
    const missing = drawn.match(/<text [^>]*>[^<]+<\\/text>/g);
    if (missing) found.push(`${name}: no glyph for ${missing.join(" ")}`);
  } catch (error) { found.push(`${name}: ${error.message}`); }
console.log(JSON.stringify(found));
"""


def derivations() -> Iterator[tuple[str, Derivation]]:
    """The derivation of each gradient of each graph of the gallery, by what it is of."""
    for example in examples():
        for graph in graphs_in(example.run()[1]):
            for name in graph.parameters or graph.inputs:
                try:
                    yield f"{example.name}: {name}", graph.derive(name)
                except Exception as error:
                    if not type(error).__module__.startswith("minigraph"):
                        raise


def of_operations() -> Iterator[tuple[str, Derivation]]:
    """A derivation for each operation that has a derivative."""
    for operation in DIFFERENTIABLE:
        yield operation, next(derivations_of(operation))[1]


def graphs_in(names: dict[str, Any]) -> list[Graph]:
    """The graphs that an example names, or that of what it composes last."""
    graphs = [each for each in names.values() if isinstance(each, Graph)]
    nodes = [each for each in names.values() if isinstance(each, Node) and not isinstance(each, Input | Parameter)]
    return graphs or [Graph(each) for each in nodes[-1:] if each.dtype.kind == "f"]


def refused_by_node(script: str, package: str, written: list[tuple[str, str]], modules: Path) -> list[str] | None:
    """What a package in JavaScript does not typeset, or None where it is not found."""
    node = shutil.which("node")
    if node is None or not (modules / package).is_dir():
        return None
    environment = os.environ | {"NODE_PATH": str(modules)}
    done = subprocess.run(
        [node, "-e", script], input=json.dumps(written), text=True, capture_output=True, env=environment, check=False
    )
    if done.returncode:
        return [done.stderr.strip()]
    found: list[str] = json.loads(done.stdout)
    return found


def refused_by_latex(written: list[tuple[str, str]], folder: Path) -> list[str] | None:
    """What LaTeX complains of, or None where there is none; the document is in the folder."""
    if shutil.which("pdflatex") is None:
        return None
    body = "\n".join(f"\\subsection*{{{re.sub('_', ' ', name)}}}\n{latex}" for name, latex in written)
    (folder / "derivations.tex").write_text(
        document(body, "The derivations of the gallery and of the operations"), encoding="utf-8"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "derivations.tex"],
        cwd=folder, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    log = (folder / "derivations.log").read_text(errors="replace").replace("\n", " ")
    missing = re.findall(r"Missing character: .*?!", log)
    wide = re.findall(r"Overfull \\hbox.*?lines? [\d-]+", log)
    errors = re.findall(r"^! .*(?:\n.*){0,6}", done.stdout, re.MULTILINE) if done.returncode else []
    return [*errors, *missing, *wide]


def make(folder: Path, modules: Path) -> bool:
    """Typeset all; whether something was typeset and nothing refused."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [(name, derivation.latex) for name, derivation in (*derivations(), *of_operations())]
    print(f"{len(written)} derivations")
    # KaTeX takes no numbers of lines beside one another, so it is given each line on its own, as Markdown has them.
    lines = [(name, line) for name, latex in written for line in lines_of(latex)]
    found = {
        "KaTeX": refused_by_node(KATEX, PACKAGES["katex"], lines, modules),
        "MathJax": refused_by_node(MATHJAX, PACKAGES["mathjax"], written, modules),
        "LaTeX": refused_by_latex(written, folder),
    }
    for name, refused in found.items():
        if refused is None:
            print(f"{name}: NOT FOUND, nothing was typeset by it")
        else:
            print(f"{name}: {len(refused)} refused", *refused, sep="\n  ")
    drawing = {
        "pdftoppm": ["-r", "80", "-png", "derivations.pdf", "page"],
        "mutool": ["draw", "-q", "-r", "80", "-o", "page-%d.png", "derivations.pdf"],
    }
    drawers = [[program, *words] for program, words in drawing.items() if shutil.which(program)]
    for old in folder.glob("page*.png"):
        old.unlink()
    if drawers and found["LaTeX"] is not None and (folder / "derivations.pdf").is_file():
        subprocess.run(drawers[0], cwd=folder, check=True)
    return any(refused is not None for refused in found.values()) and not any(found.values())


def lines_of(latex: str) -> list[str]:
    """The lines of an alignment, each as an equation of its own."""
    inner = latex.removeprefix("\\begin{align*}\n").removesuffix("\n\\end{align*}")
    rows = [re.sub(r"\s*\\tag\{\d+\}$", "", row) for row in inner.split(" \\\\\n")]
    return [rf"\begin{{aligned}} {row} \end{{aligned}}" for row in rows]


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out/typeset")
    sys.exit(not make(place, Path(os.environ.get("NODE_PATH", place / "node_modules"))))
