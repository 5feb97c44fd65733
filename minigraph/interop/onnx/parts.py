"""What the parts of an ONNX model say, as Python and NumPy have it: names, attributes, operator sets."""

from typing import Any

from minigraph.core.errors import OperationError
from minigraph.interop.files import FormatError

__all__ = ["OWN", "name_of", "plain", "printable", "version_of"]

OWN = ("", "ai.onnx")
"""How a model names the domain of ONNX's own operators."""


def version_of(model: Any, otherwise: int) -> int:
    """The operator set of a model or function, or of one that uses none of ONNX's own operators `otherwise`."""
    return next((int(opset.version) for opset in model.opset_import if opset.domain in OWN), otherwise)


def name_of(proto: Any) -> str:
    """The name of a node, or else of the first of its outputs that has one."""
    return str(proto.name or next(filter(None, proto.output), proto.op_type))


def printable(name: str) -> str:
    """The name, or a FormatError for one with signs that could change what a terminal shows."""
    if not name.isprintable():
        raise FormatError(f"The model has the name {name!r}, with signs that cannot be shown.\n  Rename it in the model.")
    return name


def plain(value: Any, array_of: Any, owner: str) -> Any:
    """An attribute as Python and NumPy have it."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise FormatError(f"{owner} holds {value!r}, which is no text.\n  The file is damaged: export it anew.") from None
    if isinstance(value, list | tuple):
        return tuple(plain(each, array_of, owner) for each in value)
    if isinstance(value, int | float | str):
        return value
    if type(value).__name__ in ("SparseTensorProto", "TensorProto"):
        return array_of(value, owner)
    raise OperationError(f"{owner} holds a {type(value).__name__}, which minigraph cannot read.")
