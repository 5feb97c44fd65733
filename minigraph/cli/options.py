"""The arguments and options that several commands share, and help of whole sentences in a terminal of any width."""

import re
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import minigraph as mg
from minigraph.core.errors import listing

__all__ = [
    "Commands",
    "ImageModeOption",
    "ImageSizeOption",
    "Later",
    "Model",
    "Parameters",
    "Run",
    "SETTINGS",
    "SOURCES",
    "SOURCES_HELP",
    "Seed",
    "SetOption",
    "folded",
    "images_as_asked",
]

SETTINGS = {"help_option_names": ["-h", "--help"]}
"""What holds of every command."""

NARROW = 60
"""Below so many columns, what an option does stands below it rather than beside it."""
WHOLE = 1000
"""A limit that no sentence of the help reaches."""


def folded(command: str, width: int, indent: str = "  ") -> str:
    """A command in lines of at most that width, where its words allow; a shell reads them as one.

    >>> print(folded("minigraph draw models/two_layer.py --format png", 40))
    minigraph draw models/two_layer.py \\
      --format png
    """
    parts: list[str] = []
    for part in re.findall(r"-\S+ [^-\s]\S*|\S+", command):  # an option stays with its value
        parts += [part] if len(indent) + len(part) + 2 <= width else part.split()
    lines = parts[:1]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 3 <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(f"{indent}{part}")
    return " \\\n".join(lines)


def images_as_asked(size: str, mode: str) -> dict[str, Any]:
    """What --image-size and --image-mode ask for, as `read` takes it.

    >>> images_as_asked("28", ""), images_as_asked("28x20", "RGB")
    ({'image_size': (28, 28)}, {'image_size': (28, 20), 'image_mode': 'RGB'})
    """
    found: dict[str, Any] = {"image_mode": mode} if mode else {}
    modes = import_module("minigraph.training.data.images").MODES if mode else ()  # help must not wait for it
    if mode and mode not in modes:
        raise mg.GraphError(f"--image-mode is {listing(modes, 'or')}, not {mode!r}.")
    if size:
        sides = [int(side) if side.isdecimal() else 0 for side in size.lower().replace("×", "x").split("x")]
        if len(sides) > 2 or not all(sides):
            raise mg.GraphError(f"--image-size is a side in pixels, 28, or HEIGHTxWIDTH, 28x20, not {size!r}.")
        found = {"image_size": (sides[0], sides[-1]), **found}
    return found


class _WithExamples:
    """What a command's epilog holds are examples, a line each."""

    epilog: str | None

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        lines = (self.epilog or "").splitlines()
        with formatter.section("Examples" if len(lines) > 1 else "Example"):
            indent = " " * formatter.current_indent
            for line in lines:
                formatter.write(f"{indent}{folded(line, formatter.width - len(indent), indent * 2)}\n")


class Command(_WithExamples, TyperCommand):
    """A command; the list of all commands tells the first sentence of its help, whole."""

    def get_short_help_str(self, limit: int = WHOLE) -> str:
        """The first sentence; a terminal that is narrow wraps it."""
        return super().get_short_help_str(WHOLE)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options."""
        if formatter.width < NARROW:
            formatter.write_dl = partial(formatter.write_dl, col_max=2)
        super().format_options(ctx, formatter)


class Later(Command):
    """A command whose module is imported when it is used; until then it has its name and the first sentence of its help."""

    def __init__(self, name: str, module: str, summary: str, examples: str) -> None:
        super().__init__(name, help=summary)
        self._module, self._examples = module, examples

    def make_context(self, *given: Any, **options: Any) -> Any:
        """That of the command itself, which takes the place of this one."""
        app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=SETTINGS)
        app.command(self.name, cls=Command, epilog=self._examples)(getattr(import_module(self._module), str(self.name)))
        return typer.main.get_command(app).make_context(*given, **options)


class Commands(_WithExamples, TyperGroup):
    """The commands together."""


SOURCES = "NAME|FILE|DIR"
"""What rows can come from."""
SOURCES_HELP = (
    "moons or digits, which need no file; a table (.csv, .tsv, .parquet, .xlsx): the label is for the input y, the other "
    "columns are for x; arrays by name (.npz, or .npy in a folder); IDX files such as MNIST's; images in a folder for each "
    "class; a text (.txt)."
)
"""The same in a sentence."""

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A Python file with a function build() that gives a Graph, or a dotted name: package.module, or "
        "package.module:function for another function than build.",
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="The random seed of the rows; build() is given it too, if it takes one.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a parameter of build(): --set hidden=16. Once for each; what has several takes commas, --set filters=8,16.",
    ),
]
ImageSizeOption = Annotated[
    str | None,
    typer.Option(
        metavar="SIDE|HEIGHTxWIDTH",
        help="Resize the images of a folder, in pixels: 28, or 28x20. Their aspect ratio is not kept.  [default: what the "
        "model takes, or as they are]",
    ),
]
ImageModeOption = Annotated[
    str | None,
    typer.Option(
        metavar="L|RGB",
        help="Make images grey (L) or coloured (RGB), transparent pixels white.  [default: what the model takes, or grey where "
        "all are]",
    ),
]
Run = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a training: what `minigraph train --out DIR` wrote.")]
Parameters = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A safetensors file with the parameters, such as DIR/best.safetensors.  [default: DIR/model.safetensors]",
    ),
]
