"""What the command line says: wrapped to a terminal, and without control codes in a pipe."""

from rich.console import Console
from rich.table import Table

__all__ = ["INTERRUPTED", "on_one_line", "say", "say_table"]

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has stopped."""


def on_one_line(text: str) -> str:
    """The text without line breaks, and without what would steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def say(text: str, stderr: bool = False, whole: bool = False) -> None:
    """Print text; only a terminal wraps it, and not what is to be copied `whole`."""
    console = Console(stderr=stderr, highlight=False)
    console.print(text, markup=False, soft_wrap=whole or not console.is_terminal)


def say_table(rows: list[tuple[str, ...]], header: tuple[str, ...] = ()) -> None:
    """Print rows in columns; a narrow terminal wraps within them."""
    table = Table(box=None, show_header=bool(header), pad_edge=False, padding=(0, 2, 0, 0))
    for title in header or [""] * len(rows[0]):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)
