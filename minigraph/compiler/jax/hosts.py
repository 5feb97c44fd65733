"""Several hosts: one process on each, that know of each other by `jax.distributed`."""

import os
import re
from typing import Any

import numpy as np

from minigraph.compiler.jax.library import library
from minigraph.compiler.mesh import Hosts
from minigraph.core.errors import GraphError

__all__ = ["TogetherHosts", "connect"]

ADDRESS, COUNT, INDEX = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", ("JAX_PROCESS_ID", "JOB_COMPLETION_INDEX")
"""The environment variables that say where process 0 is, how many there are, and which this is; Kubernetes sets the last."""
SLURM = ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID")
"""Those that Slurm sets for each task that srun starts, from which JAX itself finds the others."""


class TogetherHosts(Hosts):
    """The processes of `jax.distributed`, with how the rows of a batch are divided over their devices, into so many parts."""

    def __init__(self, rows: Any, parts: int) -> None:
        jax = library()
        self.index, self.count = jax.process_index(), jax.process_count()
        self._rows, self._parts = rows, parts
        one_of_each = {device.process_index: device for device in jax.devices()}
        mesh = jax.sharding.Mesh([one_of_each[index] for index in range(self.count)], ["process"])
        self._own = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("process"))
        self._largest = jax.jit(jax.numpy.max, out_shardings=jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec()))

    def largest(self, value: int) -> int:
        """The largest of the numbers that all processes call this with: each waits for the others."""
        own = library().make_array_from_callback((self.count,), self._own, lambda _: np.full(1, value, np.int32))
        return int(self._largest(own))

    def rows(self, count: int) -> slice:
        """Which rows of a batch of so many this process computes."""
        whole = -(-count // self._parts) * self._parts
        found = [range(*index[0].indices(whole)) for index in self._rows.addressable_devices_indices_map((whole,)).values()]
        return slice(min(each.start for each in found), max(each.stop for each in found))


def connect(hosts: str | None = None) -> None:
    """Let the processes on several hosts know of each other, where `hosts` or the environment says that there are several.

    `hosts` is ADDRESS:PORT,COUNT,INDEX: where process 0 is, how many there are, and which one this is.
    """
    given = _given(hosts)
    if given is None or library().distributed.is_initialized():
        return
    try:
        library().distributed.initialize(**given)
    except RuntimeError as error:
        raise GraphError(
            f"The hosts cannot be joined: {str(error).partition(chr(10))[0]}\n"
            "  Several hosts are joined before JAX computes anything: call jax.distributed.initialize() first."
        ) from error


def _given(hosts: str | None) -> dict[str, Any] | None:
    """What `jax.distributed.initialize` is given, or None where this process is alone."""
    if hosts is None and ADDRESS in os.environ:
        index = next((os.environ[name] for name in INDEX if name in os.environ), "")
        hosts = ",".join([os.environ[ADDRESS], os.environ.get(COUNT, ""), index])
    if hosts is None:
        slurm = all(name in os.environ for name in SLURM) and os.environ["SLURM_NTASKS"] != "1"
        return {"cluster_detection_method": "slurm"} if slurm else None
    found = re.fullmatch(r"(.+:\d+),([1-9]\d*),(\d+)", hosts)
    if found is None or int(found[3]) >= int(found[2]):
        raise GraphError(
            f"Hosts are ADDRESS:PORT,COUNT,INDEX: where process 0 is, how many there are, and which this is, from 0 on, "
            f"not {hosts!r}.\n  The environment gives them by {ADDRESS}, {COUNT} and {' or '.join(INDEX)}."
        )
    return {"coordinator_address": found[1], "num_processes": int(found[2]), "process_id": int(found[3])}
