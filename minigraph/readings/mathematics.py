"""The mathematics of a node: its value, and the local derivatives of its rule.

`expand` stands here too: formulas ask it whether an operation is a composite, and so does the compiler's lowering.
"""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.provenance import within
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.rules import node_vjp
from minigraph.core.sizes import SymbolicSize
from minigraph.core.values import FLOATING
from minigraph.readings.algebra import Simplifier
from minigraph.readings.correlations import CORRELATIONS, correlation
from minigraph.readings.expression import Expression, symbols
from minigraph.readings.formula import Formula, Unreadable
from minigraph.readings.letters import exact_number, format_array, format_number
from minigraph.readings.names import ByName, Known, is_reciprocal, over_of, settings_of, word
from minigraph.readings.notation import TEXT
from minigraph.readings.recurrence import Recurrence
from minigraph.readings.sameness import signature

__all__ = [
    "Placeholder",
    "definition",
    "expand",
    "expression_of",
    "formula",
    "placeholder_for",
    "local_derivative",
]

SHORT = 60
"""Up to how many letters a local derivative writes out the operands of its operation that have no names."""


def expand(node: Node) -> Node:
    """The node as its own `forward` composes it: what a composite is made of, for a formula and for lowering alike.

    Parameters
    ----------
    node
        An operation.

    Returns
    -------
    Node
        Of a composite operation, its parts; of a primitive, one of its kind. What cannot be read with nodes (a rule that is
        not plain NumPy) is given back as it is.
    """
    try:
        with within(FLOATING, node.dtype if node.dtype.kind == "f" else FLOATING.get()):
            parts = node.forward(*node.operands)
    except Exception:
        # Whatever a rule does with a node that it cannot handle, the answer is the same: the rule runs on numbers only.
        return node
    whole = isinstance(parts, Node) and not (type(parts) is type(node) and _as_given(parts.operands, node.operands))
    return parts if whole else node


def _as_given(operands: Sequence[Node], given: Sequence[Node]) -> bool:
    """Whether operands are those given: sizes, which follow from the attributes, are composed anew."""
    pairs = zip(operands, given, strict=False)
    return len(operands) == len(given) and all(a is b or isinstance(a, Sizes) for a, b in pairs)


def formula(node: Node, depth: int = 6, names: Mapping[Any, str] | None = None) -> str:
    """The mathematics of a node's value, in terms of the nodes that have names.

    Parameters
    ----------
    node
        The node; where it has a name itself, the formula is that name.
    depth
        How many levels of operations are written; what is below is called by a name, and defined behind: e^u1 with u1 = …
    names
        What `names_of` a graph gives, so that what nobody named is called the same in all formulas of the graph. Without it
        arrays are numbered c1, c2, … as they come, and all else is written out.

    Returns
    -------
    str
        One line of text.

    >>> import minigraph as mg
    >>> x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 3)))
    >>> formula(mg.Softmax(x @ W)), formula(x * np.array([1, 2]) + x * np.array([3, 4]) - np.array([1, 2]))
    ('softmax(x · W)', 'x ⊙ c1 + x ⊙ c2 − c1')
    """
    known = ByName(names or {}, [node])
    return _with_auxiliary(_written(node, known, frozenset(), depth), known)


def definition(node: Node, names: Mapping[Any, str] | None = None, depth: int = 6) -> str:
    """The mathematics of a node's value in terms of those before it, whatever its own name is.

    `names` and `depth` are what `formula` takes.

    >>> import minigraph as mg
    >>> definition(mg.Tanh(mg.Input("z1", ("N", 500)), name="a1"))
    'tanh(z1)'
    """
    others = dict(names or {})
    others.pop(signature(node), None)
    return formula(altered(node, name=None), depth, others)


def local_derivative(node: Node, operand: int, names: Mapping[Any, str] | None = None) -> str | None:
    """The vector-Jacobian product of a node with respect to one operand, as text, read from the node's rule.

    Parameters
    ----------
    node
        The operation.
    operand
        The number of the operand.
    names
        What `names_of` a graph gives: what equals a node of the graph is written by its name, ŷ rather than
        softmax(z2), and an array that only the rule holds is written out.

    Returns
    -------
    str or None
        What becomes of □, the cotangent of the node's value. A rule that cannot be read with nodes, or that no formula says in
        full, is written as a call of it, Resize.backward(□). None for an operand that takes no derivative.

    >>> import minigraph as mg
    >>> a1 = mg.Tanh(mg.Input("z1", ("N", 500)), name="a1")
    >>> local_derivative(a1, 0)
    '□ ⊙ (1 − a1²)'
    """
    y = node
    if is_reciprocal(node):
        y = altered(node, name=None)
        names = None if names is None else dict(names)
        if names is not None:
            names.pop(signature(node), None)
    try:
        gradient = node_vjp(node, placeholder_for(node, "□"), y, node.operands)[operand]
    except MinigraphError:
        return f"{type(node).__name__}.backward(□)"
    if gradient is None:
        return None
    gradient = _simplified(gradient, {node, *node.operands}, names or {})
    written = _contribution(node, gradient, lambda: ByName(names or {}, [node, *node.operands], alone=names is not None))
    number = gradient.operands[0] if type(gradient).__name__ == "Expand" else gradient
    is_zero = isinstance(number, Constant) and not number.value.any()
    return written if "□" in written or is_zero else f"{type(node).__name__}.backward(□)"


def _simplified(gradient: Node, given: Container[Node], names: Mapping[Any, str]) -> Node:
    """A gradient contribution by identities that hold for all numbers, as a label has no place for what they hold for."""

    def known(each: Node) -> Expression | None:
        own = each.operands and (each in given or each.name or signature(each) in names)
        return Expression("name", word="□", meaning=each) if own else None

    return Simplifier(known)(gradient).node


def _contribution(node: Node, gradient: Node, known: Callable[[], ByName]) -> str:
    """A gradient contribution, where it is long with names for what is far below; nothing where no formula says it."""
    try:
        names = known()
        whole = _of_its_shape(_written(gradient, names, frozenset(), 6))
        if len(whole.text) > SHORT or names.auxiliary:
            names = known()
            whole = _of_its_shape(_written(gradient, names, frozenset((node, *node.operands)), 6))
        return _with_auxiliary(whole, names)
    except Unreadable:
        return ""


def _with_auxiliary(whole: Formula, known: ByName) -> str:
    """The text, and behind it what it calls by names that were given here, each before it is used: e^u1 with u1 = …"""
    trees: dict[str, Expression] = {}
    while len(trees) < len(known.auxiliary):
        name, node = [*known.auxiliary.values()][len(trees)]
        operands = [_operand(node, i, known, frozenset(), 5) for i in range(len(node.operands))]
        trees[name.word] = _composed(node, operands).exact().tree
    whole_and_parts = {**trees, "": whole.tree}
    used = {word: [each.word for each in symbols(tree) if each.word in trees] for word, tree in whole_and_parts.items()}
    needed, order = (topological_order(roots, operands=used.__getitem__) for roots in ([""], [*trees]))
    written = [f"{word} = {TEXT.write(trees[word])}" for word in order if word in needed]
    return f"{whole.text} with {'; '.join(written)}" if written else whole.text


def _of_its_shape(written: Formula) -> Formula:
    """A gradient's formula: it is known to have its operand's shape, so that giving it that shape is not written."""
    tree = written.up_to_shape().tree
    return Formula(tree.parts[0] if tree.form == "reshape" else tree)


class Placeholder(Input):
    """A leaf that stands for a gradient, or for another value."""


def placeholder_for(node: Node, name: str) -> Placeholder:
    """A leaf of the shape and type of a node, which stands for its cotangent."""
    leaf = Placeholder(name, ())
    leaf.shape, leaf.dtype = node.shape, node.dtype
    return leaf


def expression_of(
    node: Node, known: Known, defined: bool = False, written_as: Callable[[Formula], Formula] = Formula.up_to_shape
) -> Expression:
    """The mathematics of a node's value as a tree, whole; `known` gives the leaf for each node at which it ends.

    With `defined`, the node itself is written out even if it is known. `written_as` says how its axes are written:
    `Formula.exact`, to stand for the value in other expressions, or `Formula.aligned`, to be one term of a sum.

    >>> import minigraph as mg
    >>> from minigraph.readings.expression import evaluate
    >>> a1 = mg.Tanh(mg.Input("z1", ("N", 500)), name="a1")
    >>> tree = expression_of(a1, lambda node: Expression("name", word=node.name, meaning=node), defined=True)
    >>> Formula(tree).text, float(evaluate(tree, {a1.operands[0]: 0.0}.__getitem__))
    ('tanh(z1)', 0.0)
    """
    if defined and node.operands:
        written = _composed(node, [_operand(node, i, known, frozenset(), -1) for i in range(len(node.operands))])
    else:
        written = _written(node, known, frozenset(), -1)
    return written_as(written).tree


def _written(node: Node, known: Known, stops: frozenset[Node], depth: int) -> Formula:
    """The formula down to what is known; from `depth` levels below on, what has parts is written by its name alone."""
    leaf = known(node)
    if leaf is not None:
        return Formula(leaf, node.shape, node.dtype)
    if isinstance(node, Constant):
        return _number(
            Expression(
                "number",
                word=exact_number(node.given, node.value) if node.value.dtype.kind == "f" else format_number(node.value),
                meaning=node,
            ),
            node,
        )
    if node.known is not None and len(node.known) == 1:
        (size,) = node.known
        form = "number" if isinstance(size, int) else _form_of(size)
        return _number(Expression(form, word=str(size), meaning=node), node)
    if isinstance(node, Sizes):
        return Formula(Expression("literal", word=f"({', '.join(map(str, node.sizes))})", meaning=node), node.shape)
    if node.neutral is not None:
        return Formula(Expression("number", word=str(node.neutral), meaning=node.neutral))
    if node in stops and depth < 6:
        depth = min(depth, 2)
    if depth <= 0 and isinstance(known, ByName) and any(each.operands and known(each) is None for each in node.operands):
        return Formula(known.shortened(node), node.shape, node.dtype)
    folded = _folded(node)
    if folded is not None:
        return _number(Expression("number", word=exact_number(folded), meaning=folded), node)
    return _composed(node, [_operand(node, i, known, stops, depth - 1) for i in range(len(node.operands))])


def _form_of(size: SymbolicSize) -> str:
    """The form of a size that follows from named axes: a name, a product of several factors, or any other."""
    ((factors, number), *others) = size.terms.items()
    if not others and (len(factors), number) != (1, 1):
        return "product of sizes"
    return "name" if str(size).isidentifier() else "size"


def _operand(node: Node, i: int, known: Known, stops: frozenset[Node], depth: int) -> Formula:
    """An operand of a node, written; a shape that is given in numbers needs no name, as a formula does not show it."""
    operand = node.operands[i]
    if i == 1 and isinstance(operand, Constant) and type(node).__name__ in ("Reshape", "Expand"):
        return Formula(Expression("name", word=format_array(operand.value), meaning=operand), operand.shape)
    return _written(operand, known, stops, depth)


def _composed(node: Node, operands: list[Formula]) -> Formula:
    """An operation on operands that are written: by its `forward` if that is one call, else by its name."""
    if len(node.operands) == 1 and hasattr(node.operands[0], "body"):  # what is read of a scan
        return Formula(_recurrence(node, operands[0]), node.shape, node.dtype)
    whole = expand(node)
    if type(whole) is type(node) and whole is not node and set(whole.operands) <= set(node.operands):
        return _composed(whole, [operands[node.operands.index(each)] for each in whole.operands])  # max(w) is max(w, w)
    if type(node).__name__ in CORRELATIONS and len(node.operands) == 3 and not isinstance(node.operands[2], Sizes):
        return _composed_of(whole, dict(zip(node.operands, operands, strict=True)))  # without the bias, and with it
    if whole is node or type(node).__name__ == "Gemm":
        try:
            written: Formula = node.forward(*operands)
            return written.settle(node.shape, node.dtype)
        except Exception:  # a rule that only numbers can be put through is written by its name
            pass
    return _by_its_name(node, operands)


def _composed_of(whole: Node, given: Mapping[Node, Formula]) -> Formula:
    """What a few operations on given operands compose."""
    if whole in given:
        return given[whole]
    return _composed(whole, [_composed_of(each, given) for each in whole.operands])


def _by_its_name(node: Node, operands: list[Formula]) -> Formula:
    """An operation as a call of its name; one that makes one element of many is written with the axes that it goes over."""
    parts = tuple(operand.exact().tree for operand in operands)
    settings = Recurrence(node, _tree, operands).texts if hasattr(node, "body") else settings_of(node)
    if (star := correlation(node, parts)) is not None:
        return star
    call = Expression("call", parts, word(node), node.forward, over=over_of(node), settings=settings)
    if hasattr(node, "body"):
        found = Formula(call, node.shape, node.dtype)
        found.operands = tuple(operands)
        return found
    axes = getattr(node, "along", ()) if "keepdims" in node.attributes and len(operands) == 1 else None
    if axes and len(axes) == operands[0].ndim == node.ndim:  # what goes over all axes reads as one number
        return Formula(replace(call, reading=lambda x: node.forward(x).reshape(())), node.shape, node.dtype, ())
    if axes is None or node.ndim == operands[0].ndim:
        return Formula(call, node.shape, node.dtype)
    if node.ndim == 0:
        return Formula(call, node.shape, node.dtype)
    left = [axis for axis in range(operands[0].ndim) if axis not in axes]
    layout = tuple(left.index(axis) if axis in left else None for axis in range(operands[0].ndim))
    return Formula(replace(call, reading=lambda x: np.expand_dims(node.forward(x), axes)), node.shape, node.dtype, layout)


def _recurrence(node: Any, scan: Formula) -> Expression:
    """What is read of a scan; `read` gives the same beside other parts, with the equations or without."""

    def read(numbers: Collection[int], shown: bool = True) -> Expression:
        recurrence = Recurrence(node.operands[0], _tree, scan.operands or None, numbers)
        equations = recurrence.equations if shown else ()
        meaning = (recurrence.part(node.i), equations, read)
        return Expression("recurrence", (scan.tree,), str(node.i), node.forward, meaning=meaning)

    return read([node.i])


def _tree(node: Node, known: Known) -> Expression:
    return _written(node, known, frozenset(), 6).tree


def _number(tree: Expression, node: Node) -> Formula:
    """One number, which broadcasting repeats to whatever shape it has."""
    return Formula(tree, node.shape, node.dtype, (None,) * node.ndim)


def _folded(node: Node, depth: int = 4) -> Any:
    """The number that an operation on numbers alone gives, the 1 of x^(2−1), or None if it depends on more."""
    if isinstance(node, Constant):
        return node.value if node.value.size == 1 else None
    if not node.operands or node.shape or depth == 0:
        return None
    values = [_folded(operand, depth - 1) for operand in node.operands]
    return None if any(value is None for value in values) else np.asarray(node.forward(*values), node.dtype)
