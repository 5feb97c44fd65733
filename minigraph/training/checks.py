"""Checks of the whole numbers that training is asked for."""

from typing import Any

import numpy as np

from minigraph.errors import GraphError

__all__ = ["check_whole"]


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise unless `value`, the argument called `name`, is a whole number that is not below `least`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise GraphError(f"{name} is a whole number, {least} or more, not {value!r}.")
