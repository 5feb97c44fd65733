"""ONNX models read as graphs: the nodes, named as in the file, and its numbers as parameters, variables and constants."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from minigraph.core.errors import MinigraphError, OperationError, UnknownNameError, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Constant
from minigraph.core.sizes import Axis
from minigraph.interop.extras import optional
from minigraph.interop.files import FormatError, read_bytes
from minigraph.interop.onnx.arithmetic import missing_axes
from minigraph.interop.onnx.frames import frame
from minigraph.interop.onnx.inputs import Assumed, Axes, Given
from minigraph.interop.onnx.parts import version_of
from minigraph.interop.onnx.reading import Context, Reading
from minigraph.interop.onnx.roles import Roles
from minigraph.interop.onnx.storage import Budget, Storage, load_external, nodes_of, tensors_of

__all__ = ["Imported", "ImportedGraph", "from_onnx"]

Chosen = Callable[[str], bool]
ShapeOrValue = tuple[Axis | str, ...] | ArrayLike
"""What is said of an input: a tuple is its shape."""


@dataclass(frozen=True)
class Imported:
    """What reading a model decided: which of its floating-point numbers are what, and which axes were taken for equal.

    `str` of it says all of that, line by line.
    """

    parameters: tuple[str, ...]
    """Those that training changes."""
    variables: tuple[str, ...]
    """Running statistics of a batch normalisation."""
    constants: tuple[str, ...]
    """All others that have a name."""
    assumed: tuple[str, ...]
    """Axes of which the model says nothing and an operator needs them to be equal; each run checks it."""
    labels: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    """What the numbers of a classifier's output stand for, and the columns of its probabilities, by the output's name."""

    def __str__(self) -> str:
        names = {"parameters": self.parameters, "variables": self.variables, "constants": self.constants}
        lines = [f"{kind} ({len(each)}): {', '.join(each) or 'none'}" for kind, each in names.items()]
        lines += [f"classes of {name}: {', '.join(map(str, each))}" for name, each in self.labels.items()]
        return "\n".join(lines + [f"taken to be equal, and checked by each run: {each}" for each in self.assumed])


class ImportedGraph(Graph):
    """A graph that was read from a model; `imported` says what was decided, to be printed."""

    imported: Imported

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "imported": self.imported}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.imported = state["imported"]


def from_onnx(model: Any, /, *, parameters: Iterable[str] | Chosen | None = None, **inputs: ShapeOrValue) -> ImportedGraph:
    """The graph of an ONNX model: of a file, given by its path, or of an `onnx.ModelProto`.

    Inputs, outputs and values keep their names, and every operator means what it means in the model's own operator set. Shapes,
    axes, conditions and the like must be stored in the model, or follow from what is. An operator that minigraph does not have
    is composed of others where ONNX defines it so.

    Stored floating-point numbers are parameters where they reach the place of a weight (of a product, convolution,
    normalisation, recurrent layer, table or PRelu, or a bias or scale behind one), through Transpose, Reshape or Cast too. The
    running statistics of BatchNormalization are variables. Single numbers and all others are constants. `parameters` says
    otherwise: the names of those that are parameters, or a function that says of a name whether it is one.

    An axis without a size or a name is named after its input, "x_0". Where an operator needs two of these to be equal, they are
    taken to be, and each run checks it. `graph.imported` lists all of this.

    Parameters
    ----------
    model : str, os.PathLike or onnx.ModelProto
        The file, or the model in memory.
    parameters : iterable of str, or callable, optional
        The names of the stored numbers that are parameters, or a function that says of a name whether it is one.
    **inputs : tuple, array or number
        By the name of an input its shape, a tuple of sizes and names of axes, `images=(1, 3, "H", "W")`; or its value, an array
        or a number, `sr=16000`, which makes it a constant: what follows from it is computed while the model is read. An axis
        that the model names is the same in all inputs. A name that is no word of Python is given by `**{"input:0": (1, 3)}`.

    Returns
    -------
    ImportedGraph
        The graph of the model's outputs.

    Raises
    ------
    MinigraphError
        For what cannot be read, by the name of the node; for inputs that the model does not have, or does not take so. Nothing
        outside of the file's folder is opened, and no more is computed than in proportion to the file.

    >>> from onnx import parser
    >>> proto = parser.parse_model('''
    ...     <ir_version: 10, opset_import: ["" : 22]>
    ...     example (float[N, 2] x) => (float[N, 3] a) <float[2, 3] W = {1, 2, 3, 4, 5, 6}, float two = {2}> {
    ...         z = MatMul(x, W)
    ...         half = Div(z, two)
    ...         a = Tanh(half)
    ...     }''')
    >>> graph = from_onnx(proto)
    >>> graph
    Graph (3 operations, 6 parameter elements): x (N × 2) → a (N × 3)
    >>> graph.forward(x=[[1, 0]])["z"]
    array([[1., 2., 3.]], dtype=float32)
    >>> print(graph.imported)
    parameters (1): W
    variables (0): none
    constants (1): two
    >>> from_onnx(proto, x=(1, 2))
    Graph (3 operations, 6 parameter elements): x (1 × 2) → a (1 × 3)
    """
    onnx = optional("onnx", "onnx", "onnx")
    try:
        return _graph(onnx, _checked(onnx, _read(onnx, model)), parameters, inputs)
    except MinigraphError:
        raise
    except RecursionError:
        raise FormatError("The model's graphs or functions lie too deep within each other.\n  Export it with fewer.") from None
    except Exception as error:  # what ONNX, protocol buffers and NumPy raise of a model that is not sound
        raise FormatError(f"The model cannot be read: {type(error).__name__}, {error}.\n  Export it anew.") from error


def _read(onnx: Any, model: Any) -> Any:
    if isinstance(model, onnx.ModelProto):
        load_external(onnx, model, None)
        return model
    if not isinstance(model, str | os.PathLike):
        raise FormatError(f"from_onnx takes the path of a file, or an onnx.ModelProto, not {type(model).__name__}.")
    content = read_bytes(model, "an ONNX model")
    try:
        proto = onnx.load_model_from_string(content)
    except Exception as error:  # each implementation of protocol buffers has errors of its own
        raise FormatError(f"{Path(model)} is not an ONNX model: {error}.") from None
    load_external(onnx, proto, Path(model).parent)
    return proto


def _checked(onnx: Any, model: Any) -> Any:
    """The model, found sound by ONNX itself, of an operator set that it knows."""
    try:
        onnx.checker.check_model(_checkable(onnx, model))
    except onnx.checker.ValidationError as error:
        raise FormatError(f"ONNX refuses the model: {str(error).splitlines()[0]}\n  Export it anew.") from None
    newest = onnx.defs.onnx_opset_version()
    version = version_of(model, newest)
    if version > newest:
        raise FormatError(
            f"The model is of the operator set {version}, and onnx {onnx.__version__} knows those up to {newest}."
            "\n  Install a newer onnx, or export the model in an older operator set."
        )
    return model


def _checkable(onnx: Any, model: Any) -> Any:
    """The model as ONNX checks it: GroupNormalization of operator sets 18 to 20, since deprecated, is checked as its kin."""
    if version_of(model, 0) not in range(18, 21) or all(node.op_type != "GroupNormalization" for node in nodes_of(model)):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for node in nodes_of(copy):
        if node.op_type == "GroupNormalization":
            kept = [each for each in node.attribute if each.name != "num_groups"]
            node.op_type = "InstanceNormalization"
            del node.attribute[:]
            node.attribute.extend(kept)
    return copy


def _graph(
    onnx: Any, model: Any, parameters: Iterable[str] | Chosen | None, inputs: Mapping[str, ShapeOrValue]
) -> ImportedGraph:
    """The graph, read again for each pair of axes that is found to be equal."""
    nodes, size = sum(1 for _ in nodes_of(model)), sum(each.ByteSize() for each in tensors_of(model))
    storage = Storage(onnx, Budget(nodes, size))
    roles, axes = Roles(model, _chosen(parameters)), Axes(model.graph, Given(storage, model.graph, inputs))
    while True:
        context = Context(onnx, storage, roles, axes)
        storage.budget.again()
        try:
            outputs = Reading(context, model).outputs()
        except Assumed:
            continue
        if axes.computed and missing_axes(outputs.values()):
            axes.computed = False  # what follows from the sizes of an input alone needs that input in the graph
            continue
        graph = ImportedGraph(outputs)
        if model.producer_name != "minigraph":  # whose names are blocks as they are
            frame(graph, context.frames)
        graph.imported = _imported(context, graph)
        _check_chosen(parameters, graph.imported)
        return graph


def _chosen(parameters: Iterable[str] | Chosen | None) -> Chosen | None:
    """Whether a name is a parameter's, where that is said."""
    if parameters is None or callable(parameters):
        return parameters
    if isinstance(parameters, str) or not isinstance(parameters, Iterable):
        raise OperationError(f"parameters takes names, such as ['W'], or a function of a name, not {parameters!r}.")
    return frozenset(parameters).__contains__


def _check_chosen(parameters: Iterable[str] | Chosen | None, found: Imported) -> None:
    """Raise where a name is given that no stored floating-point number has."""
    known = (*found.parameters, *found.variables, *found.constants)
    for name in () if parameters is None or callable(parameters) else parameters:
        if name not in known:
            raise UnknownNameError(f"The model stores no floating-point numbers named {name!r}.{nearest(name, known)}")


def _imported(context: Context, graph: Graph) -> Imported:
    leaves = [leaf for leaf in context.kept.values() if leaf.name and leaf.dtype.kind == "f"]

    def names(kind: type[Constant | Variable]) -> tuple[str, ...]:
        return tuple(str(leaf.name) for leaf in leaves if type(leaf) is kind)

    labels = {name: each for name, each in context.labels.items() if name in graph.outputs}
    return Imported(names(Parameter), names(Variable), names(Constant), tuple(context.axes.assumed), labels)
