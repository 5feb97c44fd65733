"""Packages that only some of minigraph needs: its extras."""

from importlib import import_module
from typing import Any

from minigraph.core.errors import MissingPackageError

__all__ = ["optional"]


def optional(module: str, package: str, extra: str) -> Any:
    """The module of an optional package, or an error that names the extra which installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPackageError(f"{package} is not installed: pip install 'minigraph[{extra}]'.") from error
