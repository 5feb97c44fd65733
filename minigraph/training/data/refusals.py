"""The columns of a table that cannot be taken as they stand, told together: a run for all of them, rather than one for each."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from minigraph.interop.files import DataError
from minigraph.training.data.columns import typed_name

__all__ = ["Refusals"]

SHOWN, TYPED = 10, 50
"""Of at most how many columns it is said what is wrong, and up to how many names are typed."""

Found = TypeVar("Found")


class Refusals:
    """The errors of the columns of a table, each kept until all columns are read."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.errors: dict[str, DataError] = {}

    def tried(self, name: str, read: Callable[..., Found], *given: object) -> Found | None:
        """What reading a column gives; None where it is refused."""
        try:
            return read(*given)
        except DataError as error:
            self.errors[name] = error
            return None

    def check(self, dropped: Sequence[str] | None = None) -> None:
        """Raise the error of the column that is refused, or one that tells of all.

        Where the columns may be left out, it says what to type, beside those that were `dropped` already.
        """
        errors = list(self.errors.values())
        if len(errors) == 1:
            raise errors[0]
        if errors:
            lines = [f"{self._where}: {len(errors)} columns cannot be taken as they are:", *map(str, errors[:SHOWN])]
            lines += [f"and {len(errors) - SHOWN} more."] * (len(errors) > SHOWN)
            names = [*(dropped or ()), *self.errors]
            if dropped is not None and len(names) <= TYPED:
                lines += ["All of them are left out with", f"--drop {','.join(map(typed_name, names))}"]
            raise DataError("\n  ".join(lines))
