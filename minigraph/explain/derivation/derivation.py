"""A derivation, as one reads it: numbered steps that a notebook shows, and that a file keeps."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import FormatError, listing
from minigraph.explain.derivation.render import as_html, as_latex, as_markdown, as_text, document, equation, page
from minigraph.explain.derivation.steps import DerivationStep
from minigraph.interop.files import write_whole

__all__ = ["Derivation"]


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
        """The gradient on one line: `∂loss/∂W2 = a1ᵀ · δz2`, written out where that can be read."""
        return equation(self.steps[-1])

    @cached_property
    def text(self) -> str:
        """The steps on lines of text."""
        return as_text(self.title, self.steps, self.program)

    @cached_property
    def markdown(self) -> str:
        """The steps as Markdown, their mathematics as LaTeX between dollar signs."""
        return as_markdown(self.title, self.steps, self.program)

    @cached_property
    def latex(self) -> str:
        """The steps as one `align*` of amsmath, which MathJax reads too."""
        return as_latex(self.steps)

    @cached_property
    def html(self) -> str:
        """The steps as a part of a page, their mathematics as MathML: it needs no network and no script."""
        return as_html(self.title, self.steps, self.program)

    def save(self, file: str | os.PathLike[str]) -> Path:
        """Write the derivation to a file, whole or not at all, in the notation that its ending asks for.

        A `.html` or `.tex` file stands on its own.
        """
        forms = {
            ".html": lambda: page(self.html, self.title),
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
