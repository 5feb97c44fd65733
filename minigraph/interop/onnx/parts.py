"""What the parts of an ONNX model say, as Python and NumPy have it: names, attributes, operator sets."""

from dataclasses import dataclass, field
from typing import Any

from minigraph.core.errors import OperationError
from minigraph.interop.files import FormatError

__all__ = ["FOREIGN", "ML", "OWN", "name_of", "plain", "printable", "version_of"]

OWN = ("", "ai.onnx")
"""How a model names the domain of ONNX's own operators."""


ML = "ai.onnx.ml"
"""The domain of ONNX-ML: what scikit-learn and its like learn."""


@dataclass(frozen=True)
class _Formal:
    """An input of an operator."""

    name: str
    option: Any = None


@dataclass(frozen=True)
class Schema:
    """What an operator takes that ONNX itself does not have, in the words of ONNX's own schemas."""

    inputs: tuple[_Formal, ...]
    since_version: int = 1
    attributes: dict[str, Any] = field(default_factory=dict)
    function_opset_versions: tuple[int, ...] = ()
    context_dependent_function_opset_versions: tuple[int, ...] = ()


QUANTIZED_LSTM = """X W R B sequence_lens initial_h initial_c P W_scale W_zero_point R_scale R_zero_point"""
FOREIGN = {("com.microsoft", "DynamicQuantizeLSTM"): Schema(tuple(map(_Formal, QUANTIZED_LSTM.split())))}
"""The operators of ONNX Runtime that are read: what its quantisation writes where ONNX has no operator."""


def version_of(model: Any, otherwise: int, domain: tuple[str, ...] = OWN) -> int:
    """The operator set of a model or function, or of one that uses none of a domain's operators `otherwise`."""
    return next((int(opset.version) for opset in model.opset_import if opset.domain in domain), otherwise)


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
