"""The optimizer of an estimator: as it is given, or a class of optimizers with a learning rate, both of which a grid varies."""

from collections.abc import Mapping
from typing import Any

from minigraph.core.errors import GraphError, UnknownNameError, listing, nearest
from minigraph.training.checks import check_number, quoted
from minigraph.training.optim.optimizers import Adam
from minigraph.training.optim.schedules import SCHEDULES

__all__ = ["chosen_optimizer"]

RATE = 0.01
"""The learning rate of Adam, unless one is given."""


def chosen_optimizer(optimizer: Any, learning_rate: Any, schedule: str | None, steps: int) -> Any:
    """The optimizer, or the one that a class makes of the learning rate, by a schedule over so many steps where one is named.

    >>> from minigraph.training.optim.optimizers import SGD
    >>> type(chosen_optimizer(SGD, 0.1, "cosine", steps=100)).__name__, type(chosen_optimizer(None, None, None, 1)).__name__
    ('SGD', 'Adam')
    """
    if isinstance(optimizer, Mapping) or (hasattr(optimizer, "minimize") and not isinstance(optimizer, type)):
        for name, value in (("learning_rate", learning_rate), ("schedule", schedule)):
            if value is not None:
                raise GraphError(f"{name} is for a class, optimizer=mg.SGD: the optimizer that is given has its own.")
        return optimizer
    if optimizer is not None and not callable(optimizer):
        raise GraphError(f"optimizer is such as mg.SGD(0.1), or mg.SGD with learning_rate=0.1, and not {quoted(optimizer)}.")
    if optimizer is not None and learning_rate is None:
        raise GraphError(f"optimizer={getattr(optimizer, '__name__', '…')} needs a learning_rate: learning_rate=0.01.")
    rate = RATE if learning_rate is None else learning_rate
    if schedule is not None:
        if schedule not in SCHEDULES:
            name = str(schedule)
            raise UnknownNameError(f"schedule is one of {listing(SCHEDULES, 'or')}, not {name!r}.{nearest(name, SCHEDULES)}")
        if callable(rate):
            raise GraphError(f"schedule={schedule!r} is for a learning_rate that is a number: it is a schedule itself.")
        check_number("learning_rate", rate, above=0)
        rate = SCHEDULES[schedule](rate, steps)
    return (Adam if optimizer is None else optimizer)(rate)
