"""What every optimizer does: an update is itself a graph, and an optimizer's state is in variables of it.

A rule says what a parameter loses in a step. All else is the same for every rule, and is written once: weight decay, gradient
clipping, gradient accumulation over mini-batches, the average of the weights and the learning-rate schedule.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from inspect import signature
from numbers import Real
from typing import Any, ClassVar

from minigraph.core.errors import GraphError, UnknownNameError, listing, nearest
from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Node, NodeLike
from minigraph.core.provenance import places
from minigraph.core.rewriting import topological_order
from minigraph.core.values import widened
from minigraph.core.vjp import gradient
from minigraph.ops.modes import state_updates
from minigraph.training.checks import check_number, check_whole, quoted
from minigraph.training.optim.schedules import Schedule
from minigraph.training.optim.updates import (
    GradientNodes,
    Updates,
    accumulated,
    as_type_of,
    checked_gradients,
    clipped_by_norm,
    clipped_by_value,
    unchanged_where_empty,
)

__all__ = ["Decay", "Optimizer"]

Decay = float | Mapping[str, float] | Callable[[Variable], float]
"""The weight decay, or the multiplier of the rate: one number, numbers by parameters' names, or a function of a parameter."""

BOUNDS: dict[str, dict[str, float]] = {
    **{name: {"above": 0} for name in ("clip_value", "clip_norm", "epsilon")},
    **{name: {"least": 0, "below": 1} for name in ("momentum", "beta1", "beta2", "rho")},
    "average": {"above": 0, "below": 1},
}
"""Between what the numbers of an optimizer lie, where it has them."""


@dataclass(frozen=True)
class Optimizer:
    """What every optimizer takes; a subclass gives the rule, `step`, and the numbers that it needs.

    Parameters
    ----------
    learning_rate : float or Schedule
        A positive number, or a learning-rate schedule: a function of the number of steps taken before, see `mg.schedules`.
    weight_decay : float, mapping or callable
        λ: a number for all parameters, numbers by the names of those that have one, or a function such as
        `lambda p: 0.01 if p.ndim > 1 else 0`. It is added to the gradient as λw or, where the rule is `decoupled`, taken from
        the parameter as the learning rate times λw (Loshchilov and Hutter, Decoupled weight decay regularization, 2019).
    rate_multiplier : float, mapping or callable
        By what the learning rate of each parameter is multiplied, more than 0: numbers by the names of parameters, 1 for the
        others, or a function, such as `lambda p: 0.1 if str(p.name).startswith("encoder") else 1`. For those that are not to
        change, see `parameters` of `mg.train`.
    clip_value : float, optional
        The bound of each element of the gradient.
    clip_norm : float, optional
        The bound of the norm of all gradients as one vector, once their elements are bounded.
    accumulate : int
        Gradient accumulation: the parameters change in every so manyth step, by the mean of the gradients since, as if those
        mini-batches were one.
    average : float, optional
        How much of its old value, such as 0.999, the exponential moving average of each parameter retains. It is in a variable
        `W1.average`; validation and the end of `mg.train` use the averages.

    Raises
    ------
    GraphError
        For a number that is out of its range, or a schedule that takes more than the step.

    Examples
    --------
    >>> import numpy as np
    >>> import minigraph as mg
    >>> @dataclass(frozen=True)
    ... class SignDescent(mg.Optimizer):
    ...     def step(self, gradient, parameter, rate, updates):
    ...         return rate * np.sign(gradient)
    >>> w = mg.Parameter("w", [3.0, -1.0])
    >>> loss = (w * w).sum()
    >>> step = mg.compile(mg.Graph(loss=loss), updates=SignDescent(0.5, weight_decay=0.01).minimize(loss))
    >>> float(step()["loss"]), w.value.tolist()
    (10.0, [2.5, -0.5])

    """

    learning_rate: float | Schedule
    _: KW_ONLY
    weight_decay: Decay = 0.0
    rate_multiplier: Decay = 1.0
    clip_value: float | None = None
    clip_norm: float | None = None
    accumulate: int = 1
    average: float | None = None

    decoupled: ClassVar[bool] = False

    def __post_init__(self) -> None:
        rate = self.learning_rate
        if not callable(rate) and not (isinstance(rate, Real) and 0 < rate < math.inf):
            raise GraphError(f"The learning rate must be a positive number, not {rate!r}.")
        if callable(rate):
            _check_schedule(rate)
        if isinstance(self.weight_decay, Real):
            check_number("weight_decay", self.weight_decay, least=0)
        if isinstance(self.rate_multiplier, Real):
            check_number("rate_multiplier", self.rate_multiplier, above=0)
        check_whole("accumulate", self.accumulate, 1)
        for name, bounds in BOUNDS.items():
            if getattr(self, name, None) is not None:
                check_number(name, getattr(self, name), **bounds)

    def minimize(self, loss: NodeLike, parameters: Sequence[Variable] | None = None) -> Updates:
        """The new value of each parameter, and of all state, as nodes.

        Parameters
        ----------
        loss : Node
            A scalar node.
        parameters : sequence of Variable, optional
            The variables to change: all parameters that the loss depends on, unless given.

        Returns
        -------
        Updates
            {variable: node}, as `mg.compile(graph, updates=…)` takes them. State is the optimizer's own, and what the loss
            depends on: random states and running statistics. In a step whose loss holds a mean over rows that weigh nothing,
            all of them ignored, none of it changes.

        Raises
        ------
        GraphError
            Where the loss depends on no parameter, or not on one that is given.
        """
        if not isinstance(loss, Node):
            raise GraphError(f"minimize takes the loss, a node such as graph['loss'], not {quoted(loss)}.")
        if isinstance(parameters, Node):
            raise GraphError(f"minimize takes a list of variables: minimize(loss, [{parameters}]).")
        chosen = _parameters_of(loss) if parameters is None else _checked(loss, list(parameters))
        updates = self.updates(dict(zip(chosen, gradient(loss, chosen), strict=True)))
        updates.update(state_updates(loss))
        updates.update(unchanged_where_empty(loss, updates))
        return updates

    def updates(self, gradients: GradientNodes) -> Updates:
        """The new value of each parameter and of the optimizer's state, from the gradient of each parameter.

        For gradients of one's own, such as what is left of those of several tasks; those of one loss are what `minimize` takes.
        For parameters of half precision all of it is computed and stored in float32; the new value of the parameter is rounded.
        """
        gradients = {parameter: widened(gradient) for parameter, gradient in checked_gradients(gradients).items()}
        updates, gathered = Updates(next(iter(gradients))), Updates(next(iter(gradients)))
        if self.accumulate == 1:
            return self._applied(gradients, updates)
        means, last = accumulated(gradients, self.accumulate, gathered)
        self._applied(means, updates).only_when(last)
        updates.update(gathered)
        return updates

    def _applied(self, gradients: GradientNodes, updates: Updates) -> Updates:
        if self.clip_value is not None:
            gradients = clipped_by_value(gradients, self.clip_value)
        if self.clip_norm is not None:
            gradients = clipped_by_norm(gradients, self.clip_norm)
        rate = self._rate(updates)
        decays = self._by_parameter("weight_decay", gradients, 0.0, least=0)
        multipliers = self._by_parameter("rate_multiplier", gradients, 1.0, above=0)
        for parameter, derivative in gradients.items():
            decay, value, own_rate = decays[parameter], widened(parameter), as_type_of(parameter, rate)
            if multipliers[parameter] != 1:
                own_rate = own_rate * multipliers[parameter]
            if decay and self.decoupled:
                value = value * (1 - own_rate * decay)
            elif decay:
                derivative = derivative + decay * value
            new = value - self.step(derivative, parameter, own_rate, updates)
            updates[parameter] = new if new.dtype == parameter.dtype else new.astype(parameter.dtype)
            if self.average is not None:
                updates.average(parameter, self.average)
        return updates

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        """The rule: what the parameter loses in a step.

        Parameters
        ----------
        gradient : Node
            The gradient for the parameter, a node of its shape.
        parameter : Variable
            The variable that changes.
        rate : float or Node
            The learning rate, a number or a scalar node.
        updates : Updates
            Where state goes: `v = updates.like(parameter, "momentum")` is a variable of zeros at first, and `updates[v]` takes
            its new value. For a parameter of half precision the gradient and the state are in float32.
        """
        raise NotImplementedError

    def _rate(self, updates: Updates) -> Any:
        if not callable(self.learning_rate):
            return self.learning_rate
        rate = self.learning_rate(updates.steps)
        if isinstance(rate, Node) and (rate.shape != () or rate.dtype.kind != "f"):
            raise GraphError(f"A schedule gives a learning rate, one number, not {rate!r}.{places(rate)}")
        return rate

    def _by_parameter(
        self, option: str, parameters: Iterable[Variable], usual: float, **bounds: float
    ) -> dict[Variable, float]:
        """What an option says of each parameter: one number, numbers by their names, or what a function gives."""
        given, found = getattr(self, option), list(parameters)
        if isinstance(given, Mapping):
            known = [str(parameter.name) for parameter in found]
            for name in given.keys() - set(known):
                raise UnknownNameError(
                    f"{option} names {name!r}, which is none of the parameters {listing(known)}.{nearest(str(name), known)}"
                )
            values = {parameter: given.get(str(parameter.name), usual) for parameter in found}
        else:
            values = {parameter: given(parameter) if callable(given) else given for parameter in found}
        for parameter, value in values.items():
            check_number(f"The {option.replace('_', ' ')} of {parameter}", value, **bounds)
        return values


def _check_schedule(schedule: Schedule) -> None:
    """Raise where it takes more than a step, as the functions that make schedules do."""
    try:
        takes = signature(schedule)
    except ValueError:  # a builtin function has no signature
        return
    try:
        takes.bind(0)
    except TypeError:
        name = getattr(schedule, "__name__", type(schedule).__name__)
        raise GraphError(
            f"A schedule is a function of the step alone, and {name} takes {takes}: call it, as in "
            "mg.schedules.cosine(0.01, steps=1000), which gives a schedule."
        ) from None


def _checked(loss: Node, chosen: list[Variable]) -> list[Variable]:
    """The variables that the loss is to be minimized by: at least one, and each one that it depends on."""
    if not chosen:
        raise GraphError(f"minimize was given no parameters: leave the list out to change all that {loss} depends on.")
    reached = set(topological_order([loss]))
    for variable in chosen:
        if not isinstance(variable, Variable):
            raise GraphError(f"An optimizer changes variables, and {variable} is none.{places(variable)}")
        if variable not in reached:
            raise GraphError(f"{loss} does not depend on {variable}, so that it cannot be minimized by it.{places(variable)}")
    return chosen


def _parameters_of(loss: Node) -> list[Variable]:
    """The parameters that the loss depends on, at least one."""
    found: list[Variable] = [node for node in topological_order([loss]) if isinstance(node, Parameter)]
    if not found:
        raise GraphError(f"{loss} depends on no parameter, so there is nothing to minimize it by.")
    return found
