"""Checks of the numbers that training is asked for."""

from numbers import Real
from typing import Any

import numpy as np

from minigraph.errors import GraphError

__all__ = ["check_number", "check_whole"]


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise unless `value`, the argument called `name`, is a whole number that is not below `least`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise GraphError(f"{name} is a whole number, {least} or more, not {value!r}.")


def check_number(
    name: str, value: Any, *, least: float | None = None, above: float | None = None, below: float | None = None
) -> None:
    """Raise unless `value` is a finite number that is not below `least`, is larger than `above` and smaller than `below`."""
    number = isinstance(value, Real) and not isinstance(value, bool) and np.isfinite(float(value))
    fits = number and (least is None or value >= least) and (above is None or value > above)
    if not fits or (below is not None and value >= below):
        bounds = [f"{least:g} or more" if least is not None else "", f"more than {above:g}" if above is not None else ""]
        bounds.append(f"less than {below:g}" if below is not None else "")
        raise GraphError(f"{name} is a number, {' and '.join(filter(None, bounds))}, not {value!r}.")
