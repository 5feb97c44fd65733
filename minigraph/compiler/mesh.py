"""Many devices, on one host or on several: what `mesh` and `shard` mean, checked before JAX is asked for anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from minigraph.core.errors import GraphError, ShapeError, UnknownNameError, listing, nearest
from minigraph.core.leaves import Variable
from minigraph.core.shapes import show_shape

__all__ = ["ALONE", "DATA", "Hosts", "check_batch", "checked_mesh", "partitions"]

DATA = "data"
"""The axis of a mesh over which the rows of a batch are divided."""


class Hosts:
    """The processes that compute a program together, as this one sees them: here there is no other."""

    index, count = 0, 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.index == 0

    def largest(self, value: int) -> int:
        """The largest of the numbers that all processes call this with: each waits for the others."""
        return value

    @contextmanager
    def agreed(self) -> Iterator[None]:
        """Within it nothing waits for another process; where one raises an error, all do when they leave it."""
        try:
            yield
        except BaseException:
            self.largest(1)
            raise
        if self.largest(0):
            raise GraphError("Another process of this training has refused it: its message says why.")

    def rows(self, count: int) -> slice:
        """Which rows of a batch of so many this process computes."""
        return slice(0, count)


ALONE = Hosts()


def checked_mesh(mesh: Any, shard: Any, engine: str) -> dict[str, int]:
    """The axes of a mesh with their sizes, none where none is given, or an error that says why it can be no mesh.

    >>> checked_mesh({"data": 4, "model": 2}, None, "jax")
    {'data': 4, 'model': 2}
    """
    if mesh is None:
        if shard is not None:
            raise GraphError('shard= says how variables lie on a mesh, and none is given: mesh={"data": 4, "model": 2}.')
        return {}
    if engine != "jax":
        raise GraphError(f'mesh= takes engine="jax": engine="{engine}" computes on one machine, without a mesh of devices.')
    named = isinstance(mesh, Mapping) and mesh and all(isinstance(name, str) and name for name in mesh)
    if not named or not all(isinstance(size, int) and not isinstance(size, bool) and size > 0 for size in mesh.values()):
        raise GraphError(
            'mesh is a mapping of the names of axes to how many devices lie along each, such as {"data": 8} or '
            f'{{"data": 4, "model": 2}}, not {mesh!r}.'
        )
    return dict(mesh)


def check_batch(mesh: Mapping[str, int], batch_size: int | None) -> None:
    """Raise where the rows of a whole mini-batch would not be divided evenly over the mesh."""
    parts = mesh.get(DATA, 1)
    if batch_size is not None and batch_size % parts:
        less = batch_size // parts * parts
        known = listing([str(each) for each in (less, less + parts) if each], "or")
        raise GraphError(
            f"batch_size={batch_size} is not divided evenly over {parts} devices, the axis {DATA!r} of the mesh: take {known}."
        )


def partitions(
    mesh: Mapping[str, int], shard: Mapping[str, Any] | None, variables: Iterable[Variable]
) -> dict[Variable, tuple[str | None, ...]]:
    """For each variable the axis of the mesh over which each of its own axes is divided, or None.

    What `shard` names is divided so, and the optimizer's state, such as `W1.momentum`, as its parameter; the rest is not.
    """
    variables = [*variables]
    known = {str(variable.name): variable for variable in variables}
    if shard is not None and not isinstance(shard, Mapping):
        raise GraphError(f'shard maps variables to axes of the mesh, such as {{"W1": (None, "model")}}, not {shard!r}.')
    specs = {name: _checked(mesh, name, spec, known) for name, spec in (shard or {}).items()}
    found = {}
    for variable in variables:
        name = str(variable.name)
        of = name.rpartition(".")[0]
        follows = of in specs and known[of].shape == variable.shape
        found[variable] = specs.get(name, specs[of] if follows else ())
    return found


def _checked(mesh: Mapping[str, int], name: str, spec: Any, known: Mapping[str, Variable]) -> tuple[str | None, ...]:
    """How one variable is divided, or an error."""
    if name not in known:
        raise UnknownNameError(f"shard names {name!r}, and the graph has no variable of that name.{nearest(name, known)}")
    shape = known[name].shape
    if not isinstance(spec, Sequence) or isinstance(spec, str) or len(spec) > len(shape):
        raise ShapeError(
            f"shard[{name!r}] gives an axis of the mesh, or None, for each axis of {name} ({show_shape(shape)}), at most "
            f"{len(shape)} of them, not {spec!r}."
        )
    axes = [axis for axis in spec if axis is not None]
    for axis in axes:
        if axis not in mesh:
            raise UnknownNameError(
                f"shard[{name!r}] names the axis {axis!r}, and the mesh has {listing(map(repr, mesh))}."
                f"{nearest(str(axis), mesh)}"
            )
        if axes.count(axis) > 1:
            raise GraphError(f"shard[{name!r}] names {axis!r} twice: each axis of the mesh divides one axis of {name}.")
    for size, axis in zip(shape, spec, strict=False):
        if axis is not None and size % mesh[axis]:
            raise ShapeError(
                f"{name} ({show_shape(shape)}) cannot be divided over {axis!r}: {size} is no multiple of {mesh[axis]} devices."
            )
    return tuple(spec)
