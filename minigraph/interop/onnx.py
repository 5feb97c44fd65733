"""ONNX models read as graphs: the nodes, named as in the file, and its numbers as parameters."""

import os
from pathlib import Path
from typing import Any

from minigraph.errors import FormatError
from minigraph.extras import optional
from minigraph.files import read_bytes
from minigraph.graph import Graph
from minigraph.interop.onnx_reading import Reading, version_of

__all__ = ["from_onnx"]

OLDEST = 13
"""The first operator set that is read as it is: before it, Softmax and its kin laid out their operand as a matrix."""

CONVERTED = 22
"""The operator set to which older models are converted by ONNX itself."""


def from_onnx(model: Any) -> Graph:
    """The graph of an ONNX model: of a file, given by its path, or of an `onnx.ModelProto`.

    Inputs, outputs and values keep their names. Floating-point numbers stored in the model become parameters, all other
    stored numbers constants; an axis without a size or a name is named after its input, "x_0". Shapes, axes, conditions and
    the like must be stored in the model, or follow from what is. A model of an operator set before 13 is first converted, by
    ONNX itself; an operator that minigraph does not have is composed of others where ONNX defines it so. A node that
    minigraph cannot compose is told in an error by its name.

    >>> from onnx import parser
    >>> proto = parser.parse_model('''
    ...     <ir_version: 10, opset_import: ["" : 22]>
    ...     example (float[N, 2] x) => (float[N, 3] a) <float[2, 3] W = {1, 2, 3, 4, 5, 6}> {
    ...         z = MatMul(x, W)
    ...         a = Tanh(z)
    ...     }''')
    >>> graph = from_onnx(proto)
    >>> graph
    Graph (2 operations, 6 parameter elements): x (N × 2) → a (N × 3)
    >>> graph.forward(x=[[1, 0]])["z"]
    array([[1., 2., 3.]], dtype=float32)
    """
    onnx = optional("onnx", "onnx", "onnx")
    return Reading(onnx, _checked(onnx, _read(onnx, model))).graph()


def _read(onnx: Any, model: Any) -> Any:
    if isinstance(model, onnx.ModelProto):
        return model
    if not isinstance(model, str | os.PathLike):
        raise FormatError(f"from_onnx takes the path of a file, or an onnx.ModelProto, not {type(model).__name__}.")
    content = read_bytes(model, "an ONNX model")
    try:
        proto = onnx.load_model_from_string(content)
    except Exception as error:  # each implementation of protocol buffers has errors of its own
        raise FormatError(f"{Path(model)} is not an ONNX model: {error}.") from None
    onnx.external_data_helper.load_external_data_for_model(proto, str(Path(model).parent))
    return proto


def _checked(onnx: Any, model: Any) -> Any:
    """The model, found sound by ONNX itself, with its own functions written out."""
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise FormatError(f"ONNX refuses the model: {str(error).splitlines()[0]}") from None
    if version_of(model, OLDEST) < OLDEST:
        return _converted(onnx, model)
    if not model.functions:
        return model
    return optional("onnx.inliner", "onnx", "onnx").inline_local_functions(model)


def _converted(onnx: Any, model: Any) -> Any:
    try:
        return onnx.version_converter.convert_version(model, CONVERTED)
    except Exception as error:  # the converter has errors of its own, and passes on those of others
        raise FormatError(
            f"The model is of the operator set {version_of(model, OLDEST)}, older than {OLDEST}, and ONNX cannot convert it to "
            f"{CONVERTED}: {str(error).splitlines()[0]}"
        ) from None
