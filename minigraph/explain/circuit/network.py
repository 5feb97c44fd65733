"""A chain of dense layers drawn as neurons, as textbooks draw a network; which products make layers is read from the graph."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise, product
from os import PathLike

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Parameter
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described, places
from minigraph.explain.circuit.render import Circuit, finished
from minigraph.explain.circuit.style import BLUE, FONT, GREY, INK, KINDS, WIRE, escaped, plain, symbol
from minigraph.explain.lint.facts import Facts, source
from minigraph.ops.arithmetic import Add
from minigraph.ops.linear import Gemm, MatMul
from minigraph.readings.sameness import moved_operand

__all__ = ["draw_network"]

SHOWN = 3
"""How many units of a wide layer are drawn before the dots."""
MIDDLE = 2.8
"""The row at which every layer is centred; that of a wide layer's last unit is below it."""
LONG = 10
"""How many letters the names of a layer's parameters have together, where each gets a line of its own."""
OTHERWISE = "\n  graph.draw() draws any graph."


@dataclass
class Layer:
    """A column of neurons: the nodes whose values they hold, and what is written at it."""

    size: int
    role: str
    nodes: list[Node]
    name: str = ""
    parameters: list[str] = field(default_factory=list)
    """The names of the parameters that its sums are taken with."""
    activations: list[str] = field(default_factory=list)

    @property
    def description(self) -> str:
        """What stands under its name: `500 units, tanh`."""
        role = "unit" if self.activations else self.role
        return ", ".join([f"{self.size} {role}{'s' * (self.size != 1)}", *self.activations])


def draw_network(graph: Graph, file: str | PathLike[str] | None = None) -> Circuit:
    """Draw the network as layers of neurons.

    Each unit is joined to all of the next layer. A layer is a product with a matrix that is a parameter, with the bias and the
    activation that follow. Of a wide layer the first three units and the last are drawn. What comes after the last layer, such
    as a loss, is left out.

    Parameters
    ----------
    graph : Graph
        A graph whose layers follow one another.
    file : str or path, optional
        Where the picture is also written, in the format of its suffix: svg, png, pdf or dot.

    Returns
    -------
    Circuit
        The picture, as text in `source`.

    Raises
    ------
    GraphError
        Where the graph has no layers, or they are no chain.

    Examples
    --------
    >>> import numpy as np
    >>> import minigraph as mg
    >>> W = mg.Parameter("W", np.ones((2, 500)))
    >>> graph = mg.Graph(y=np.tanh(mg.Input("x", ("N", 2)) @ W))
    >>> "500 units, tanh" in graph.draw_network().source
    True
    """
    layers = layers_of(graph)
    dot = Circuit("network", graph_attr={"layout": "neato", "bgcolor": "white", "splines": "line", "pad": "0.2"})
    dot.attr("node", fontname=FONT, fontsize="12", shape="circle", fixedsize="true", width="0.5", style="filled", color=INK)
    dot.attr("edge", fontname=FONT, fontsize="10", color=WIRE, arrowsize="0.5", penwidth="0.8")
    columns = [_column(dot, number, layer) for number, layer in enumerate(layers)]
    for before, after in pairwise(columns):
        for start, end in product(before, after):
            dot.edge(start, end, id=f"from-{start}-to-{end}", tooltip="the weight of one unit in the sum of another")
    for number, layer in enumerate(layers):
        if layer.parameters:
            between = ", " if len("".join(layer.parameters)) < LONG else "<br/>"
            names = between.join(f"<b>{_html(name)}</b>" for name in layer.parameters)
            _text(dot, number - 0.5, 0.2, f'<font color="{KINDS["parameter"]["color"]}">{names}</font>')
    about = "; ".join(f"{layer.name} {layer.description}".strip() for layer in layers)
    return finished(dot, f"Layers of neurons: {about}", file)


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


def _column(dot: Circuit, number: int, layer: Layer) -> list[str]:
    """The neurons of one layer under its name; the names of those that are drawn are returned."""
    role = f'<font point-size="9" color="{GREY}">{_html(layer.description)}</font>'
    _text(dot, number, 0.2, f"<b>{_html(layer.name)}</b><br/>{role}" if layer.name else role)
    wide = layer.size > SHOWN + 1
    units = [*range(1, SHOWN + 1), layer.size] if wide else [*range(1, layer.size + 1)]
    rows = [*range(1, SHOWN + 1), SHOWN + 1.6] if wide else [MIDDLE + i - (layer.size - 1) / 2 for i in range(layer.size)]
    style = {"fillcolor": KINDS["input"]["fillcolor"], "color": BLUE} if number == 0 else {"fillcolor": "white"}
    for unit, row in zip(units, rows, strict=True):
        label, about = f'<<font point-size="9">{unit}</font>>', escaped(f"{layer.name} {unit}\n{layer.description}".strip())
        key = f"{number}.{unit}"
        dot.node(key, label, id=f"unit-{key}", pos=_position(number, row), tooltip=about, **style)
    if wide:
        _text(dot, number, SHOWN + 0.8, '<font point-size="8">·<br/>·<br/>·</font>')
    return [f"{number}.{unit}" for unit in units]


def _text(dot: Circuit, column: float, row: float, label: str) -> None:
    """Words that stand alone in the picture."""
    dot.node(f"{column} {row}", f"<{label}>", pos=_position(column, row), shape="plaintext", fixedsize="false", style="")


def _html(text: str) -> str:
    return escape(plain(text.replace("\n", " ")))


def _position(column: float, row: float) -> str:
    """A place that Graphviz keeps to, in inches: columns from the left, rows from the top."""
    return f"{2.1 * column:g},{-0.7 * row:g}!"
