"""A chain of dense layers drawn as neurons, as textbooks draw a network; which products make layers is read from the graph."""

from collections.abc import Iterator
from os import PathLike

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Parameter
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described, places
from minigraph.explain.circuit.look import Look
from minigraph.explain.circuit.neurons import Layer, in_columns
from minigraph.explain.circuit.render import Circuit, finished
from minigraph.explain.circuit.style import symbol
from minigraph.explain.lint.facts import Facts, source
from minigraph.ops.arithmetic import Add
from minigraph.ops.linear import Gemm, MatMul
from minigraph.readings.sameness import moved_operand

__all__ = ["draw_network"]

OTHERWISE = "\n  graph.draw() draws any graph."


def draw_network(
    graph: Graph,
    file: str | PathLike[str] | None = None,
    *,
    theme: str = "screen",
    width: float | None = None,
    direction: str = "right",
    title: str | None = None,
    scale: float | None = None,
) -> Circuit:
    """Draw the network as layers of neurons.

    Each unit is joined to all of the next layer. A layer is a product with a matrix that is a parameter, with the bias and the
    activation that follow. Of a wide layer the first three units and the last are drawn, and of more layers than there is room
    for the first and the last. What comes after the last layer, such as a loss, is left out.

    Parameters
    ----------
    graph : Graph
        A graph whose layers follow one another.
    file : str or path, optional
        Where the picture is also written, in the format of its suffix: svg, png, pdf or dot.
    theme, width, direction, title, scale
        As `graph.draw` takes them.

    Returns
    -------
    Circuit
        The picture, as text in `source`.

    Raises
    ------
    GraphError
        Where the graph has no layers, or they are no chain, or another option is not what it can be.

    Examples
    --------
    >>> import numpy as np
    >>> import minigraph as mg
    >>> W = mg.Parameter("W", np.ones((2, 500)))
    >>> graph = mg.Graph(y=np.tanh(mg.Input("x", ("N", 2)) @ W))
    >>> "500 units, tanh" in graph.draw_network().about
    True
    """
    look = Look.of(theme, width, direction, True, title, 3, scale)
    layers = layers_of(graph)
    about = "; ".join(f"{layer.name} {layer.description}".strip() for layer in layers)
    return finished(in_columns(layers, look), f"Layers of neurons: {about}", file)


def layers_of(graph: Graph) -> list[Layer]:
    """The layers, from what goes in to what the last one gives, or a GraphError where they are no chain."""
    products = [node for node in graph.operations if _is_layer(node)]
    if not products:
        raise GraphError(
            "draw_network draws layers of neurons, and the graph has none: a layer is the product of a value with a Parameter "
            f"that is a matrix.{OTHERWISE}"
        )
    users = Facts(graph).users
    layers = [Layer(_size(products[0].operands[0]), "input", [source(products[0].operands[0])])]
    for node in products:
        given = node.operands[0]
        while given not in layers[-1].nodes and (moved := moved_operand(given)) is not None:
            given = moved
        if given not in layers[-1].nodes:
            raise GraphError(
                f"draw_network draws layers in one chain, but {described(node)} is given {described(given)}, which is not what "
                f"the layer before it gives.{places(node, given)}{OTHERWISE}"
            )
        layers += _from_product(node, users)
    outputs = {node: name for name, node in graph.outputs.items()}
    for layer in layers:
        layer.name = _name(layer.nodes, outputs)
    return layers


def _name(nodes: list[Node], outputs: dict[Node, str]) -> str:
    """The name of the last of the nodes that has one, or what the graph's outputs call it, or the block around it."""
    named = (node.name or outputs.get(node) for node in reversed(nodes))
    return next(filter(None, named), "".join(nodes[-1].block[-1:]))


def _from_product(node: Node, users: dict[Node, list[Node]]) -> Iterator[Layer]:
    """The layer that a product begins, and one more for each activation that mixes its units, as softmax does."""
    layer = Layer(_size(node), "sum", [node], parameters=_parameters(node))
    following = _following(node, users)
    while following is not None:
        if isinstance(following, Add):
            layer.parameters += _parameters(following)
        elif "axis" in following.attributes:
            yield layer
            layer = Layer(layer.size, "unit", [], parameters=_parameters(following), activations=[symbol(following)])
        else:
            layer.activations.append(symbol(following))
        layer.nodes.append(following)
        following = _following(following, users)
    yield layer


def _following(node: Node, users: dict[Node, list[Node]]) -> Node | None:
    """What is next made of each unit alone, or of the units of one layer: a bias added, an activation."""
    for user in users[node]:
        others = [operand for operand in user.operands if operand is not node]
        alike = user.shape == node.shape and user.dtype == node.dtype
        if alike and all(isinstance(each, Parameter | Constant) for each in others) and not _is_layer(user):
            return user
    return None


def _is_layer(node: Node) -> bool:
    """Whether it is a product with a matrix that is a parameter."""
    if not isinstance(node, MatMul | Gemm):
        return False
    matrix = source(node.operands[1])
    return isinstance(matrix, Parameter) and matrix.ndim == 2 and isinstance(node.shape[-1], int)


def _parameters(node: Node) -> list[str]:
    """The names of the parameters that an operation uses."""
    return [str(found.name) for found in map(source, node.operands) if isinstance(found, Parameter)]


def _size(node: Node) -> int:
    return int(node.shape[-1])
