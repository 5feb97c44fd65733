"""Make the pictures of docs/gallery.md, each by the code that stands above it there: `python -m docs.gallery [FOLDER]`."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigraph.explain.circuit.render import Circuit, render

PAGE = Path(__file__).parent / "gallery.md"
SECTION = re.compile(
    r"^## (?P<title>.+)\n(?P<words>(?:(?!## |```).*\n)+)```python\n(?P<code>(?:(?!```).*\n)+)```\n\n"
    r"!\[(?P<description>[^]]+)\]\(pictures/gallery/(?P<name>\w+)\.svg\)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Example:
    """A section of the page that has a picture: what is said, the code, and the picture's name and description."""

    title: str
    words: str
    code: str
    description: str
    name: str

    def run(self) -> tuple[Circuit, dict[str, Any]]:
        """What the code's last expression gives, and everything that it named."""
        *before, last = ast.parse(self.code).body
        if not isinstance(last, ast.Expr):
            raise ValueError(f"The code of {self.title!r} must end in an expression that is a picture.")
        place = f"gallery.md: {self.title}"
        names: dict[str, Any] = {}
        exec(compile(ast.Module(before, []), place, "exec"), names)
        return eval(compile(ast.Expression(last.value), place, "eval"), names), names


def examples() -> Iterator[Example]:
    """The sections of the page that have a picture, in their order."""
    for found in SECTION.finditer(PAGE.read_text(encoding="utf-8")):
        yield Example(**{key: text.strip() for key, text in found.groupdict().items()})


def make(folder: Path) -> None:
    """Write every picture of the gallery into the folder, as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for example in examples():
        render(example.run()[0], folder / f"{example.name}.svg")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE.parent / "pictures" / "gallery")
