"""The options that say on which devices and hosts a model trains."""

import re
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

import minigraph as mg

__all__ = ["HostsOption", "MeshOption", "ShardOption", "devices"]

MeshOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=N,…",
        help="With --engine jax, how all devices are arranged, such as data=8, or data=4,model=2.  [default: one]",
    ),
]
ShardOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VARIABLE=NAME,…",
        help="Over which axis of the mesh each axis of a variable is divided, or -: W1=-,model. Once for each variable.",
    ),
]
HostsOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS:PORT,N,I",
        help="Of several hosts: where process 0 is, how many there are, and which one this is.  [default: what Slurm or "
        "JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID say]",
    ),
]


def devices(mesh: str | None, shard: Sequence[str] | None, hosts: str | None) -> dict[str, Any]:
    """What `mg.Trainer` takes for these options; the hosts know of each other then.

    >>> devices("data=4,model=2", ["W1=-,model"], None)
    {'mesh': {'data': 4, 'model': 2}, 'shard': {'W1': (None, 'model')}}
    """
    if hosts is not None and mesh is None:
        raise mg.GraphError("--hosts needs a mesh of the devices of all hosts: --mesh data=8, say.")
    found: dict[str, Any] = {}
    if mesh is not None:
        found["mesh"] = {name: int(size) for name, size in _pairs("--mesh", mesh.split(","), r"\d+", "data=4,model=2")}
    if shard:
        pairs = _pairs("--shard", shard, r"[^=,]+(?:,[^=,]+)*", "W1=-,model")
        found["shard"] = {name: tuple(None if axis == "-" else axis for axis in axes.split(",")) for name, axes in pairs}
    if hosts is not None:
        import_module("minigraph.compiler.jax.hosts").connect(hosts)
    return found


def _pairs(option: str, given: Sequence[str], value: str, example: str) -> list[tuple[str, str]]:
    """Names and what is said of each, or an error."""
    matches = [re.fullmatch(rf"([^=,]+)=({value})", each) for each in given]
    found = [(match[1], match[2]) for match in matches if match]
    if len({name for name, _ in found}) < len(given):
        raise mg.GraphError(f"{option} is given as in {option} {example}, each name once, not {','.join(given)}.")
    return found
