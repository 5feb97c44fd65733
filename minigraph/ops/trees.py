"""Trees: nodes, and the tuples, lists and dicts of them that a function takes and gives back."""

from collections.abc import Iterator
from typing import Any

__all__ = ["labelled_leaves", "leaves", "with_leaves"]


def labelled_leaves(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each leaf with its name: that of the tree, and the keys and places that lead to it. None is a tree without leaves.

    >>> list(labelled_leaves({"W": 1.0, "layers": [2.0, None, 3.0]}, "model"))
    [('model.W', 1.0), ('model.layers.0', 2.0), ('model.layers.2', 3.0)]
    """
    if isinstance(tree, dict):
        for key, each in tree.items():
            yield from labelled_leaves(each, f"{name}.{key}")
    elif isinstance(tree, tuple | list):
        for i, each in enumerate(tree):
            yield from labelled_leaves(each, f"{name}.{i}")
    elif tree is not None:
        yield name, tree


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order."""
    return [leaf for _, leaf in labelled_leaves(tree, "")]


def with_leaves(tree: Any, new: Iterator[Any]) -> Any:
    """A tree like another with these leaves in the place of its own.

    >>> with_leaves({"W": 1.0, "b": (2.0, None)}, iter("xy"))
    {'W': 'x', 'b': ('y', None)}
    """
    if isinstance(tree, dict):
        return {key: with_leaves(each, new) for key, each in tree.items()}
    if isinstance(tree, tuple | list):
        parts = [with_leaves(each, new) for each in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else parts if isinstance(tree, list) else tuple(parts)
    return None if tree is None else next(new)
