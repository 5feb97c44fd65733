"""The page: one file, offline, that steps through backpropagation in a browser."""

import json
import os
import re
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike

from minigraph.core.errors import InputError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import NodeLike
from minigraph.core.run import Run, forward
from minigraph.explain.circuit.circuit import drawn
from minigraph.explain.circuit.look import Look
from minigraph.explain.circuit.opening import view_of
from minigraph.explain.circuit.readout import read
from minigraph.explain.circuit.render import dark, rendered
from minigraph.explain.page.library import file_text, scripts
from minigraph.explain.page.program import called
from minigraph.explain.page.record import page_record, page_updates, with_parameters
from minigraph.interop.extras import optional
from minigraph.interop.files import write_whole
from minigraph.readings.names import numbered_together

__all__ = ["Page", "explain_graph", "explain_run"]

Snapshots = Mapping[str, Mapping[str, ArrayLike]] | Sequence[Mapping[str, ArrayLike]]
"""Values of a graph's variables at several moments of a training, by label or one after the other."""


WIDE = 590
"""For how many points the circuit is laid out: half of a window."""

SCRIPTS = (
    *("summaries.js", "reading.js", "arrays.js", "heat.js", "worked.js", "model.js", "training.js", "numbers.js"),
    *("expression.js", "plots.js", "marks.js", "circuit.js", "view.js", "blocks.js", "units.js", "ablation.js"),
    *("panels.js", "quiz.js", "pieces.js", "sheet.js", "change.js", "wiggle.js", "chain.js", "train.js", "jumps.js"),
    *("address.js", "page.js"),
)
"""The page's own scripts: first what it says of arrays and what it computes, then what it shows."""


class Page:
    """A page as text, in `html`. A notebook shows it, in a frame of its own."""

    def __init__(self, html: str) -> None:
        self.html = html

    def write(self, file: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all."""
        return write_whole(file, self.html.encode(), "The page")

    def at(self, state: str) -> "Page":
        """The page as it opens in a state: what its address has after the `#`, or its button "Copy state" gives.

        >>> import minigraph as mg
        >>> page = mg.Graph(y=mg.Tanh(mg.Input("x", ()), name="a")).explain(x=0.5)
        >>> 'data-state="step=1"' in page.at("step=1").html
        True
        """
        return Page(
            re.sub('<html lang="en"[^>]*>', lambda _: f'<html lang="en" data-state="{escape(state)}">', self.html, count=1)
        )

    def _repr_html_(self) -> str:
        return f'<iframe style="width:100%;height:46rem;border:0" srcdoc="{escape(self.html)}"></iframe>'


def explain_graph(graph: Graph, file: str | os.PathLike[str] | None = None, /, **inputs: Any) -> Page:
    """The page of a run on these inputs, as `graph.forward(**inputs).explain(file)` gives it.

    Parameters
    ----------
    graph : Graph
        The graph to run.
    file : str or path, optional
        Where the page is also written.
    **inputs : array_like
        A value for each of the graph's inputs, by name, as `graph.forward` takes them.

    Returns
    -------
    Page
        The page, as text in `html`.

    Raises
    ------
    InputError
        Where the inputs are not what the graph takes, and what `run.explain` raises.

    Examples
    --------
    >>> import minigraph as mg
    >>> graph = mg.Graph(y=mg.Tanh(mg.Input("x", ()), name="a"))
    >>> "× (1 − a²)" in graph.explain(x=0.5).html
    True
    """
    return explain_run(forward(graph, **inputs), file)


def explain_run(
    run: Run,
    file: str | os.PathLike[str] | None = None,
    *,
    output: NodeLike | str | None = None,
    snapshots: Snapshots = (),
    updates: Mapping[Variable, NodeLike] | None = None,
    title: str = "Backpropagation, step by step",
) -> Page:
    """A page that steps through the run and back from an output.

    It shows the circuit, and at each step the value or gradient with the rule that gives it; a click on a node shows all about
    it, and a quiz hides each gradient until it is answered. Every number of an input or a parameter can be dragged or typed,
    and what follows is computed anew; one that is nudged shows what the gradient predicts beside what happens; and the model
    trains in the page. The page is one file that needs no network: it holds the graph as a program, its inputs and its
    parameters, and computes all else. What it cannot compute, the value of a rule that is not read as data, it shows as it was
    in the run, and what that follows from stays as it is. The same run gives the same page.

    Parameters
    ----------
    run : Run
        The run to explain.
    file : str or path, optional
        Where the page is also written.
    output : Node or str, optional
        The output whose gradient is explained: the first, unless given.
    snapshots : mapping or sequence, optional
        Values of the graph's variables at several moments of a training, each by name: by label, or one after the other. A
        slider goes through them, to the run itself.
    updates : mapping, optional
        What a step of training in the page does: the new value of each variable, as an optimizer's `minimize(loss)` gives them.
        Unless given, it is gradient descent on all rows, with a learning rate that one chooses in the page.
    title : str
        What stands above the page.

    Returns
    -------
    Page
        The page, as text in `html`.

    Raises
    ------
    InputError, UnknownNameError
        Where a snapshot is no mapping of the graph's variables, or is labelled "now".
    GraphError, ShapeError, DTypeError
        Where updates are not new values of variables, each of its shape and type, from the graph's own inputs.
    MissingPackageError
        Where Jinja2 is not installed.

    Examples
    --------
    >>> import minigraph as mg
    >>> run = mg.Graph(y=mg.Tanh(mg.Input("x", ()), name="a")).forward(x=0.5)
    >>> run.explain(title="One tanh").html.startswith("<!doctype html>")
    True
    """
    named = snapshots if isinstance(snapshots, Mapping) else {f"moment {i}": each for i, each in enumerate(snapshots, 1)}
    runs = {label: with_parameters(run, label, values) for label, values in named.items()}
    if "now" in runs:
        raise InputError("A snapshot cannot be labelled 'now': that is the run itself, which the page shows last.")
    record, circuit = shown(run, output, runs, updates)
    functions, style = called(record["program"]), dark(circuit, "[data-circuit]")
    page = Page(page_html(title, repr(run.graph), embedded(record), functions, style, circuit=circuit, steps=record["steps"]))
    if file is not None:
        page.write(file)
    return page


def shown(
    run: Run,
    output: NodeLike | str | None = None,
    snapshots: Mapping[str, Run] = MappingProxyType({}),
    updates: Mapping[Variable, NodeLike] | None = None,
) -> tuple[dict[str, Any], str]:
    """What a page shows of a run: its record, and its circuit as an element of the page."""
    with numbered_together():
        record = page_record(run, output, {**snapshots, "now": run}, page_updates(run.graph, updates))
        read_out, look = read(run, output), Look(width=WIDE, narrow=False, legend=False)
        circuit = drawn(partial(view_of, run.graph), read_out, bool(record["of"]), depth=None, look=look)
    return record, _inline(rendered(circuit, "svg").decode())


def page_html(
    title: str,
    graph: str,
    data: str,
    functions: Iterable[str],
    style: str,
    *,
    circuit: str = "",
    steps: Sequence[Mapping[str, Any]] = (),
    packed: Mapping[str, str] = MappingProxyType({}),
    prepare: str = "",
) -> str:
    """The page as text, with its data as JSON, NumPy's functions of these names, and a style beside its own.

    A page that shows one of several runs has a script to `prepare` it, which unpacks what is `packed`.
    """
    jinja = optional("jinja2", "Jinja2", "page")
    script, loader = _script(functions), f'"use strict";\n{prepare}{file_text("loader.js")}'
    environment = jinja.Environment(autoescape=True, undefined=jinja.StrictUndefined, keep_trailing_newline=True)
    text: str = environment.from_string(file_text("page.html")).render(
        title=title,
        graph=graph,
        steps=steps,
        style=_squeezed(file_text("page.css") + file_text("controls.css")) + style,
        packed={name: _packed(text) for name, text in {**packed, "script": script}.items()},
        loader=loader,
        hashes=[_hash(loader), _hash(script)],
        circuit=circuit,
        data=data,
    )
    return text


def _script(names: Iterable[str]) -> str:
    """The page's script, in a scope of its own, with NumPy's functions of these names."""
    parts = COMMENTS.sub("", "\n".join([scripts(names), *map(file_text, SCRIPTS)]))
    return f'"use strict";\n(() => {{\nconst data = JSON.parse(document.getElementById("ui--data").textContent);\n{parts}}})();'


COMMENTS = re.compile(r"^ *(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
"""The lines of comments, which a page does without."""


def _squeezed(style: str) -> str:
    """A style without its comments and the space that only people need."""
    plain = re.sub(r"/\*.*?\*/|\s+", " ", style, flags=re.DOTALL)
    return re.sub(r" *([{};,]) *|: ", lambda found: found[1] or ":", plain).replace(";}", "}")


def _packed(text: str) -> str:
    """A text compressed, which is a third of it, for the loader to unpack."""
    return b64encode(zlib.compress(text.encode(), 9)).decode()


def _hash(script: str) -> str:
    """A script as the page's content security policy names it: a browser runs no other, and fetches nothing."""
    return f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"


def _inline(svg: str) -> str:
    """An SVG file as a part of a page: without its head, its comments, DOT's names of its parts, and its fixed size.

    Its fonts the page names once; its tooltips have numbers that the page changes, and shows itself.
    """
    left_out = r'<!--.*?-->\n?|<title>.*?</title>\n?| (?:font-family|xlink:title)="[^"]*"'
    body = re.sub(left_out, "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return re.sub(r'^<svg width="[^"]*" height="[^"]*"', "<svg", body)


def embedded(record: Any) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element or begins another."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
