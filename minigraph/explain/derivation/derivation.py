"""A derivation, as one reads it: numbered steps that a notebook shows, and that a file keeps."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import listing
from minigraph.explain.derivation.steps import DerivationStep, numbered
from minigraph.interop.files import FormatError, write_whole
from minigraph.readings.line_breaks import Piece, extent, filled, pieces
from minigraph.readings.notation import TEXT
from minigraph.readings.typesetting import LATEX, MATHML, latex_text, latex_words

__all__ = ["Derivation", "document"]

WIDTH = 110
"""Beyond this many letters, each side of an equation has a line of its own."""

STYLE = """
.minigraph-derivation { max-width: 60rem; margin: 0 auto; font-family: system-ui, sans-serif; line-height: 1.45; }
.minigraph-derivation h2 { font-size: 1.3rem; margin: 1.2rem 0 0.4rem; }
.minigraph-derivation h3 { font-size: 1rem; font-weight: 600; margin: 1.4rem 0 0.3rem; padding-top: 0.5rem;
  border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.minigraph-derivation ol { margin: 0; padding: 0; list-style: none; }
.minigraph-derivation li { display: grid; grid-template-columns: 2.2rem minmax(0, 1fr); align-items: baseline;
  padding: 0.3rem 0; }
.minigraph-derivation .number { opacity: 0.75; }
.minigraph-derivation .mathematics { overflow-x: auto; overflow-y: hidden; padding: 0.25rem 0; }
.minigraph-derivation math { font-size: 1.2rem;
  font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "TeX Gyre Termes Math", math; }
.minigraph-derivation .side { white-space: nowrap; }
.minigraph-derivation .about { grid-column: 2; opacity: 0.8; font-size: 0.875rem; overflow-wrap: anywhere; }
.minigraph-derivation pre { overflow-x: auto; padding: 0.6rem 0.8rem; border-radius: 0.4rem; font-size: 0.875rem;
  background: color-mix(in srgb, currentColor 7%, transparent); }
"""

LINE, SHAPE = 64, 18
"""How many letters a line of LaTeX holds, and a shape beside it; a page of A4 holds both, and a number."""

LEAST = 30
"""How many letters of a line stand behind the sign of equality at least."""

NEXT = r" \\ &\quad "
"""What begins a further line of an equation."""

RELATIONS = {"=": "=", "↦": r"\mapsto"}


@dataclass(frozen=True)
class Derivation:
    """How a gradient follows from the rules, step by step; `print` it, or let a notebook show it.

    `text`, `markdown`, `latex` and `html` are the same steps in four notations, and `program` the lines of NumPy that compute
    the gradient.
    """

    title: str
    steps: tuple[DerivationStep, ...]
    program: str
    """NumPy's lines from the inputs and parameters to the gradient; where a rule runs on numbers only, a comment says that."""
    constants: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict, compare=False)
    """The constants that those lines use, by the variables that stand for them: `exec(program, {**constants, …})`."""

    @property
    def ok(self) -> bool | None:
        """Whether every displayed expression, computed in double precision, agrees; None where no inputs were given.

        Each is compared with the values of the run and with reverse mode, to 1e-8 of the largest element, and with finite
        differences, to 1e-4. The text says both numbers where they disagree.
        """
        compared = [step for step in self.steps if step.checked or step.directional]
        return all(step.ok for step in compared) if compared else None

    @property
    def result(self) -> str:
        """The gradient on one line, written out where that can be read; behind it what it names that only steps define.

        `∂loss/∂W2 = a1ᵀ · δz2 with δz2 = (ŷ − y) / N`
        """
        last = self.steps[-1]
        beside = "; ".join(f"{_visible(TEXT.write(name))} = {_visible(TEXT.side(what))}" for name, what in last.beside)
        equation = f"{_equation(last)} with {beside}" if beside else _equation(last)
        return ", ".join((equation, *filter(None, [_conditions(last)])))

    @cached_property
    def text(self) -> str:
        """The steps on lines of text, for a terminal."""
        lines = [_visible(self.title)]
        for heading, found in numbered(self.steps):
            lines.append(heading)
            for number, step in found:
                lines.append(f"{number:>3}. {_equation(step, WIDTH)}")
                if step.conditions:
                    lines.append(f"       {_conditions(step)}")
                lines += [f"       {note}" for note in _notes(step)]
        if self.program:
            lines += ["In NumPy", *(f"     {line}" for line in self.program.splitlines())]
        return "\n".join(lines)

    @cached_property
    def markdown(self) -> str:
        """The steps as Markdown, their mathematics as LaTeX between dollar signs."""
        parts = [f"## {_plain(self.title)}"]
        for heading, found in numbered(self.steps):
            parts.append(f"### {heading}")
            for number, step in found:
                lines = [written for written, _ in _lines_of(step, max(LEAST, LINE - _width(step)))]
                equation = f"{_left(step)} {lines[0]}" if len(lines) == 1 else _aligned(_left(step), lines)
                parts.append(f"$$\n{equation} \\tag{{{number}}}\n$$")
                parts += map(_plain, _notes(step))
        if self.program:
            parts.append(f"### In NumPy\n\n```python\n{self.program.rstrip()}\n```")
        return "\n\n".join(parts) + "\n"

    @cached_property
    def latex(self) -> str:
        """The steps as one `align*` of amsmath, each tagged by its number, which MathJax reads too; none wider than a page."""
        limit = max(LEAST, LINE - max(map(_width, self.steps), default=0))
        lines = {id(step): _lines_of(step, limit) for step in self.steps}
        fits = max((width for found in lines.values() for _, width in found), default=0) <= limit
        rows = []
        for heading, found in numbered(self.steps):
            rows.append(rf"&{latex_words(heading)}")
            for number, step in found:
                shape = latex_words(f"({step.shape})") if step.shape else ""
                beside = fits and len(step.shape) <= SHAPE
                right = NEXT.join(
                    [*(written for written, _ in lines[id(step)]), *[rf"\qquad {shape}"] * (shape != "" and not beside)]
                )
                rows.append(rf"{_left(step)} &{right}{f' && {shape}' * (beside and shape != '')} \tag{{{number}}}")
                rows += [rf"&{latex_words(step.again)}"] if step.again else []
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"

    @cached_property
    def html(self) -> str:
        """The steps as a part of a page, their mathematics as MathML: it needs no network and no script."""
        parts = [f"<h2>{escape(self.title)}</h2>"]
        for heading, found in numbered(self.steps):
            rows = "\n".join(_row(number, step) for number, step in found)
            parts.append(f"<h3>{escape(heading)}</h3>\n<ol>\n{rows}\n</ol>")
        if self.program:
            parts.append(f'<h3>In NumPy</h3>\n<pre tabindex="0"><code>{escape(self.program.rstrip())}</code></pre>')
        return f'<section class="minigraph-derivation">\n<style>{STYLE}</style>\n{chr(10).join(parts)}\n</section>'

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the derivation to a file, whole or not at all, in the notation that its ending asks for.

        A `.html` or `.tex` file stands on its own.
        """
        forms = {
            ".html": lambda: _page(self.html, self.title),
            ".md": lambda: self.markdown,
            ".tex": lambda: document(self.latex, self.title),
            ".txt": lambda: f"{self.text}\n",
        }
        ending = Path(file).suffix.lower()
        if ending not in forms:
            raise FormatError(f"A derivation is saved as {listing(forms, 'or')}, not as {ending or Path(file).name}.")
        return write_whole(file, forms[ending]().encode(), "The derivation")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Derivation ({self.title}, {len(self.steps)} steps)"

    def _repr_html_(self) -> str:
        return self.html

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_latex_(self) -> str:
        return self.latex


def _equation(step: DerivationStep, width: float = math.inf) -> str:
    """What the step says, as text; beyond a width, each side has a line of its own, and each equation of a recurrence."""
    label = f"{_visible(TEXT.write(step.label))}: " if step.label else ""
    sides = [_visible(TEXT.side(side)) for side in step.sides]
    equations = step.sides[-1].meaning[1] if step.sides[-1].form == "recurrence" else ()
    if equations and len(sides[-1]) > width:
        sides[-1] = _visible(f"{TEXT.write(step.sides[-1].meaning[0])} where")
        below = [f"\n           {_visible(TEXT.write(each))}" for each in equations]
        return label + f" {step.relation} ".join(sides) + "".join(below)
    line = f" {step.relation} ".join(sides)
    return label + (line if len(line) <= width else f"\n       {step.relation} ".join(sides))


def _conditions(step: DerivationStep) -> str:
    """What the step holds for, as text; nothing for what holds for all numbers."""
    return f"for {' and '.join(_visible(TEXT.write(each)) for each in step.conditions)}" if step.conditions else ""


def _visible(words: str) -> str:
    """The words without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in words)


def _notes(step: DerivationStep) -> list[str]:
    return [note for note in (f"{step.shape}: {step.evidence}" if step.evidence else step.shape, step.again) if note]


def _plain(words: str) -> str:
    """Words that Markdown leaves as they are."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|$" else letter for letter in words).replace("\n", " ")


def _aligned(left: str, lines: list[str]) -> str:
    """An equation of several lines."""
    return rf"\begin{{aligned}} {left} &{NEXT.join(lines)} \end{{aligned}}"


def _left(step: DerivationStep) -> str:
    """What stands before a step's sign of equality."""
    return (rf"{LATEX.write(step.label)}:\quad " if step.label else "") + LATEX.side(step.sides[0])


def _lines_of(step: DerivationStep, limit: int) -> list[Piece]:
    """What stands behind it, on lines that hold so many letters each."""
    sign, parts = RELATIONS[step.relation], []
    for side in step.sides[1:]:
        whole = LATEX.row(side)[1].form == "relation"  # in Iverson's brackets
        (first, width), *others = [(LATEX.side(side), extent(side) + len("[]"))] if whole else pieces(side, limit)
        parts += [(f"{sign} {first}", width + 2), *others]
    if step.conditions:
        relations = r" \text{ and } ".join(map(LATEX.write, step.conditions))
        parts.append((rf"\quad \text{{for }} {relations}", sum(map(extent, step.conditions)) + len("for and")))
    return filled(parts, limit)


def _width(step: DerivationStep) -> int:
    """How many letters stand before a step's sign of equality."""
    return extent(step.sides[0]) + (extent(step.label) + len(":  ") if step.label else 0)


def document(latex: str, title: str) -> str:
    """A LaTeX file of its own."""
    return (
        "\\documentclass{article}\n\\usepackage{amsmath,amssymb}\n\\usepackage[margin=2cm]{geometry}\n\\allowdisplaybreaks\n"
        f"\\begin{{document}}\n\\section*{{{latex_text(title)}}}\n{latex}\n\\end{{document}}\n"
    )


def _row(number: int, step: DerivationStep) -> str:
    notes = "".join(f'<div class="about">{escape(note)}</div>' for note in _notes(step))
    return (
        f'<li id="step-{number}"><span class="number">{number}</span>'
        f'<div class="mathematics" tabindex="0">{_mathml_of(step)}</div>{notes}</li>'
    )


def _mathml_of(step: DerivationStep) -> str:
    first, *others = (MATHML.side(side) for side in step.sides)
    label = f'<math displaystyle="true">{MATHML.write(step.label)}<mo>:</mo><mspace width="1em"/></math>' if step.label else ""
    sides = [first, *(f'<mo form="infix">{step.relation}</mo>{side}' for side in others)]
    if step.conditions:
        relations = "<mtext>&#xA0;and&#xA0;</mtext>".join(map(MATHML.write, step.conditions))
        sides.append(f'<mspace width="1em"/><mtext>for&#xA0;</mtext>{relations}')
    return label + "".join(f'<span class="side"><math displaystyle="true">{each}</math></span>' for each in sides)


def _page(html: str, title: str) -> str:
    """An HTML file of its own."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>:root {{ color-scheme: light dark; }} body {{ margin: 1rem; }}</style>\n"
        f"</head>\n<body>\n{html}\n</body>\n</html>\n"
    )
