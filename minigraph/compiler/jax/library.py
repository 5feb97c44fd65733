"""JAX itself, imported when it is first wanted: it is an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from minigraph.core.errors import MissingPackageError

__all__ = ["library", "own_settings"]


def library() -> Any:
    """The package, or a MissingPackageError that names the extra which brings it."""
    try:
        return import_module("jax")
    except ImportError as error:
        raise MissingPackageError("engine=\"jax\" needs JAX, which is not installed: pip install 'minigraph[jax]'.") from error


@contextmanager
def own_settings() -> Iterator[None]:
    """Within it JAX has numbers of 64 bits, and products of float32 that are as exact, unless the user chose otherwise."""
    jax = library()
    precision = jax.config.jax_default_matmul_precision or "highest"
    with jax.enable_x64(True), jax.default_matmul_precision(precision):
        yield
