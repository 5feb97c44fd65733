"""Where the arrays of a step lie: on one device, or on a mesh of many, on one host or several."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.jax.hosts import TogetherHosts, connect
from minigraph.compiler.jax.library import library
from minigraph.compiler.jax.placement import on_host
from minigraph.compiler.mesh import ALONE, DATA, Hosts
from minigraph.core.errors import GraphError, listing
from minigraph.core.leaves import Variable
from minigraph.core.node import Node
from minigraph.core.shapes import names_of, sized

__all__ = ["Devices", "ManyDevices"]


class Devices:
    """The one device that JAX takes by itself."""

    hosts: Hosts = ALONE

    def place(self, variable: Variable, array: Any) -> Any:
        """A variable's numbers, one of JAX's arrays, where a step wants them."""
        return array if len(array.sharding.device_set) == 1 else library().numpy.array(on_host(array))

    def give(self, nodes: Sequence[Node], arrays: Sequence[Any]) -> list[Any]:
        """The arrays of inputs and draws, where a step wants them."""
        return list(arrays)

    def as_given(self, node: Node, array: Any, axes: Mapping[str, int]) -> Any:
        """Within the step, what `give` was given."""
        return array

    def of_results(self, variables: Sequence[Variable]) -> Any:
        """Where the outputs of a step, the new values of the variables and two more results are to lie."""
        return None


class ManyDevices(Devices):
    """All devices of all hosts, as a mesh with named axes. XLA divides the work, and adds the communication that it takes.

    The rows of a batch are divided over "data": a device has as many as the next, the last ones fewer where that does not come
    out even. What fills their arrays is cut off within the step, which has the rows alone.
    """

    def __init__(self, mesh: Mapping[str, int], partitions: Mapping[Variable, tuple[str | None, ...]]) -> None:
        connect()
        jax = library()
        devices = jax.devices()
        if prod(mesh.values()) != len(devices):
            axes = listing([f"{size} along {name!r}" for name, size in mesh.items()])
            raise GraphError(
                f"The mesh has {prod(mesh.values())} devices, {axes}, and JAX has {len(devices)}: a mesh takes them all, as in "
                f'mesh={{"{DATA}": {len(devices)}}}.\n'
                "  On a CPU, XLA_FLAGS=--xla_force_host_platform_device_count=8, set before JAX is imported, simulates eight."
            )
        self._mesh = jax.sharding.Mesh(np.array(devices).reshape([*mesh.values()]), [*mesh])
        self._rows = mesh.get(DATA, 1)
        self._partitions = {variable: self._over(*spec) for variable, spec in partitions.items()}
        self.hosts = TogetherHosts(self._over(DATA), self._rows) if jax.process_count() > 1 else ALONE

    def place(self, variable: Variable, array: Any) -> Any:
        """A variable's numbers, divided as `shard` says, or whole on each device."""
        wanted = self._partitions[variable]
        if array.sharding.is_equivalent_to(wanted, array.ndim):
            return array
        whole = on_host(array)
        return library().make_array_from_callback(whole.shape, wanted, lambda index: whole[index])

    def give(self, nodes: Sequence[Node], arrays: Sequence[Any]) -> list[Any]:
        """The arrays of inputs and draws, their rows divided; each process reads those that its devices have."""
        return [self._given(node, array) for node, array in zip(nodes, arrays, strict=True)]

    def _given(self, node: Node, array: Any) -> Any:
        if not self._has_rows(node):
            return library().make_array_from_callback(array.shape, self._over(), lambda index: array[index])
        shape = (-(-len(array) // self._rows) * self._rows, *array.shape[1:])

        def part(index: Any) -> Any:
            rows, found = len(range(*index[0].indices(shape[0]))), array[index]
            return (
                found if len(found) == rows else np.concatenate([found, np.zeros((rows - len(found), *shape[1:]), found.dtype)])
            )

        return library().make_array_from_callback(shape, self._over(DATA), part)

    def as_given(self, node: Node, array: Any, axes: Mapping[str, int]) -> Any:
        """The rows of an array, without what fills it up."""
        return array[: sized(node.shape, axes)[0]] if self._has_rows(node) else array

    def of_results(self, variables: Sequence[Variable]) -> Any:
        """The variables as they lie, and all else whole on each device."""
        whole = self._over()
        return whole, [self._partitions[variable] for variable in variables], whole, whole

    def _has_rows(self, node: Node) -> bool:
        return self._rows > 1 and bool(names_of(node.shape[:1]))

    def _over(self, *axes: str | None) -> Any:
        """What divides an array's first axes over these of the mesh."""
        sharding = library().sharding
        return sharding.NamedSharding(
            self._mesh, sharding.PartitionSpec(*(axis if axis in self._mesh.shape else None for axis in axes))
        )
