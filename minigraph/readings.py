"""A rule read as text: as a line of NumPy, and as mathematics.

A rule is plain NumPy, so it can be called on an operand that is only written: NumPy hands each of its calls to that
operand, which writes it down. What is said here is how NumPy's functions are written, once each; no operation of minigraph
has a second rule for it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigraph.axes import TIMES
from minigraph.errors import MinigraphError
from minigraph.node import Constant, Input, Node
from minigraph.rules import as_shares, unbroadcast

__all__ = ["Formula", "Source", "expand", "formula", "local_derivative", "names_of", "symbol", "type_name"]

RELATION, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
"""How tightly an expression binds; a looser one inside a tighter one takes parentheses."""


class Written(NDArrayOperatorsMixin):
    """An expression written down: its text, how tightly it binds, and the shape and type of its value."""

    infix: ClassVar[dict[Callable[..., Any], tuple[str, int]]] = {}

    def __init__(self, text: str, binds: int = ATOM, shape: Any = (), dtype: Any = None) -> None:
        self.text, self.binds, self.shape, self.dtype = text, binds, shape, dtype

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        return len(self.shape)

    def within(self, binds: int) -> str:
        """The text, in parentheses where it binds less tightly than `binds`."""
        return self.text if self.binds >= binds else f"({self.text})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        return self.write(ufunc, operands, options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: dict[str, Any]) -> Any:
        return self.write(function, operands, {k: v for k, v in options.items() if k != "out" or v is not None})

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        """The expression for a call of a NumPy function."""
        written = [self.of(operand) for operand in operands]
        if function in self.infix and not options:
            sign, binds = self.infix[function]
            return type(self)(f"{written[0].within(binds)} {sign} {written[1].within(binds + 1)}", binds)
        return self.call(function, written, options)

    def of(self, value: Any) -> "Written":
        """Any argument as an expression."""
        return value if isinstance(value, Written) else type(self)(self.literal(value))

    def literal(self, value: Any) -> str:
        """A number or an attribute, written."""
        return repr(value)

    def call(self, function: Any, operands: list["Written"], options: dict[str, Any]) -> "Written":
        """A call that has no sign of its own."""
        raise NotImplementedError


class Source(Written):
    """A line of NumPy.

    >>> from minigraph.nodes import OPERATIONS
    >>> OPERATIONS["Tanh"].apply(Source("z1")).text
    'np.tanh(z1)'
    >>> np.tanh(Source("z1"), out=Source("a1")).text
    'np.tanh(z1, out=a1)'
    """

    infix: ClassVar = {
        np.add: ("+", SUM),
        np.subtract: ("-", SUM),
        np.multiply: ("*", PRODUCT),
        np.divide: ("/", PRODUCT),
        np.matmul: ("@", PRODUCT),
    }
    spelled: ClassVar = {np.sum: "np.add.reduce", np.max: "np.maximum.reduce", np.min: "np.minimum.reduce"}
    """The functions that have a shorter way in, and another default axis: np.sum is np.add.reduce behind some Python."""

    function: Any = None
    """The NumPy function whose call this is."""
    takes_out = False
    """Whether the call writes its result into an array that it is given."""

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        said = {key: value for key, value in options.items() if key == "axis" or (value is not None and value is not False)}
        written = super().write(function, operands, said)
        written.function, written.takes_out = function, "out" in said
        return written

    def literal(self, value: Any) -> str:
        if isinstance(value, tuple | list):
            items = [self.of(item).text for item in value]
            return f"({', '.join(items)}{',' * (len(items) == 1)})"
        if isinstance(value, np.ndarray):
            return f"np.array({value.tolist()}, {type_name(value.dtype)})"
        return str(value) if isinstance(value, np.generic) else repr(value)

    def call(self, function: Any, operands: list[Written], options: dict[str, Any]) -> Written:
        if function is np.negative and not options:
            return Source(f"-{operands[0].within(SIGN)}", SIGN)
        if function is np.transpose and not options and all(operand.text == "None" for operand in operands[1:]):
            return Source(f"{operands[0].within(ATOM)}.T")
        given = [operand.text for operand in operands]
        out = options.get("out")
        options = {**options, "out": out[0]} if isinstance(out, tuple) else options
        if isinstance(options.get("axis"), tuple) and len(options["axis"]) == 1:
            options = {**options, "axis": options["axis"][0]}
        named = [f"{key}={self.of(value).text}" for key, value in options.items()]
        name = self.spelled.get(function, f"np.{function.__name__}")
        return Source(f"{name}({', '.join(given + named)})")

    def astype(self, dtype: Any) -> Any:
        """The value with elements of another type."""
        written = Source(f"np.asarray({self.text}, {type_name(dtype)})")
        written.function = np.astype
        return written

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.write(np.transpose, (self,), {})


def type_name(dtype: Any) -> str:
    name = np.dtype(dtype).name
    return f"np.{name}{'_' * (name == 'bool')}"


class Formula(Written):
    """Mathematics, on one line of text.

    >>> a1 = Formula("a1")
    >>> (Formula("□") * (1 - a1 * a1)).text
    '□ ⊙ (1 − a1²)'
    """

    infix: ClassVar = {
        np.add: ("+", SUM),
        np.subtract: ("−", SUM),
        np.multiply: ("⊙", PRODUCT),
        np.matmul: ("·", PRODUCT),
        np.equal: ("=", RELATION),
        np.greater: (">", RELATION),
        np.greater_equal: ("≥", RELATION),
        np.less: ("<", RELATION),
        np.less_equal: ("≤", RELATION),
    }
    names: ClassVar = {np.log: "ln", np.maximum: "max", np.minimum: "min", np.sqrt: "√", np.sum: "Σ ", np.where: "where"}
    unseen: ClassVar = (np.expand_dims, np.squeeze, np.reshape, np.broadcast_to)
    """What arranges elements without changing them is not written."""

    transposed: Written | None = None
    """What it is the transpose of: the transpose of that is itself again."""

    quotient: tuple[Written, Written] | None = None
    """What stands above and below the line, where it is a quotient: what multiplies it later goes above."""

    def within(self, binds: int) -> str:
        """Iverson's brackets around a relation: [a > 0] is 1 where it holds, else 0."""
        return f"[{self.text}]" if self.binds == RELATION < binds else super().within(binds)

    def literal(self, value: Any) -> str:
        return f"{value:g}" if isinstance(value, int | float) else str(value)

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        if function is np.multiply:
            return self._product(*map(self.of, operands))
        if function is np.divide:
            return self._quotient(*map(self.of, operands))
        return super().write(function, operands, options)

    def _product(self, a: Written, b: Written) -> Written:
        if isinstance(a, Formula) and a.quotient:
            return self._quotient(self._product(a.quotient[0], b), a.quotient[1])
        if a.text == b.text:
            return Formula(f"{a.within(ATOM)}²", POWER)
        scalar = {a.shape, b.shape} & {()} and a.text != "□"
        text = f"{a.within(PRODUCT)} {'·' if scalar else '⊙'} {b.within(PRODUCT)}"
        return Formula(text, PRODUCT, a.shape if len(a.shape) >= len(b.shape) else b.shape)

    def _transpose(self, a: Written) -> Written:
        if isinstance(a, Formula) and a.transposed:
            return a.transposed
        written = Formula(f"{a.within(ATOM)}ᵀ")
        written.transposed = a
        return written

    def _quotient(self, a: Written, b: Written) -> Written:
        if a.text.startswith("−") and a.binds == SIGN:
            return self.call(np.negative, [self._quotient(Formula(a.text[1:], PRODUCT, a.shape), b)], {})
        written = Formula(f"{a.within(PRODUCT)} / {b.within(PRODUCT + 1)}", PRODUCT, a.shape)
        written.quotient = (a, b)
        return written

    def call(self, function: Any, operands: list[Written], options: dict[str, Any]) -> Written:
        first = operands[0]
        if function in self.unseen:
            return first
        if function is np.negative:
            return Formula(f"−{first.within(PRODUCT)}", SIGN, first.shape)
        if function is np.transpose:
            return self._transpose(first)
        if function is np.power:
            exponent = operands[1].text
            raised = {"1": "", "2": "²", "3": "³"}.get(exponent, f"^{operands[1].within(ATOM)}")
            return Formula(f"{first.within(ATOM)}{raised}", POWER)
        if function is np.sum:
            return Formula(f"{_sum_over(first.ndim, options.get('axis'))} {first.within(POWER)}", PRODUCT)
        if function is np.abs:
            return Formula(f"|{first.text}|")
        if function is np.take:
            return Formula(f"{first.within(ATOM)}[{operands[1].text}]")
        name = self.names.get(function, function.__name__)
        return Formula(f"{name}({', '.join(operand.text for operand in operands)})")

    def astype(self, dtype: Any) -> Written:
        """Another element type is the same mathematics."""
        return self

def _sum_over(ndim: int, axis: int | tuple[int, ...] | None) -> str:
    """How the sign of a sum says over which axes: all of them need no word, those of a matrix have names."""
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    over = sorted({int(i) % ndim for i in axes}) if ndim else []
    if len(over) == ndim:
        return "Σ"
    if ndim == 2:
        return "Σ rows" if over == [0] else "Σ columns"
    return f"Σ {'axis' if len(over) == 1 else 'axes'} {', '.join(map(str, over))}"


def expand(node: Node) -> Node:
    """The node as its own `forward` composes it: a primitive gives one of its kind, a composite its parts.

    What cannot be read with nodes (a rule that is not plain NumPy) stays as it is.
    """
    try:
        parts = node.forward(*node.operands)
    except Exception:
        # Whatever a rule does with a node that it cannot handle, the answer is the same: the rule runs on numbers only.
        return node
    whole = isinstance(parts, Node) and not (type(parts) is type(node) and parts.operands == node.operands)
    return parts if whole else node


def formula(node: Node, depth: int = 6) -> str:
    """The mathematics of a node's value, in terms of the nodes that have names.

    >>> import minigraph as mg
    >>> x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 3)))
    >>> formula(mg.Softmax(x @ W))
    'softmax(x · W)'
    """
    return _written(node, frozenset(), depth, {}).text


def local_derivative(node: Node, operand: int, names: Mapping[Any, str] | None = None) -> str | None:
    """What multiplies the gradient on its way back to an operand, read from the rule; □ stands for that gradient.

    None for an operand that takes no derivative. A rule that cannot be read with nodes is told by its name. What equals a
    node of `names_of(…)` is written by its name: ŷ rather than softmax(z2).

    >>> import minigraph as mg
    >>> a1 = mg.Tanh(mg.Input("z1", ("N", 500)), name="a1")
    >>> local_derivative(a1, 0)
    '□ ⊙ (1 − a1²)'
    """
    hole = Input("□", ())
    hole.shape, hole.dtype = node.shape, node.dtype
    try:
        share = as_shares(node, node.backward(hole, node, *node.operands))[operand]
        if share is None:
            return None
        share = unbroadcast(share, node.operands[operand], node)
    except MinigraphError:
        return f"{type(node).__name__}.backward(□)"
    return _written(share, frozenset((node, *node.operands)), 6, names or {}).text


def names_of(nodes: Iterable[Node]) -> dict[Any, str]:
    """The names of operations, by what they compute, for `local_derivative`."""
    named = [(_computed(node), node.name) for node in nodes if node.name and node.operands]
    return {key: str(name) for key, name in reversed(named)}


def _computed(node: Node) -> Any:
    """What two operations have in common when they compute the same: kind, operands and attributes."""
    return type(node), node.operands, tuple(repr(getattr(node, key)) for key in node.attributes)


def _written(node: Node, stops: frozenset[Node], depth: int, names: Mapping[Any, str]) -> Written:
    name = node.name or (names.get(_computed(node)) if node.operands else None)
    if name:
        return Formula(name, ATOM, node.shape, node.dtype)
    if isinstance(node, Constant):
        text = f"{node.value.item():g}" if node.value.size == 1 else "k" if _counts(node) else "constant"
        return Formula(text, ATOM, node.shape, node.dtype)
    if node.known is not None and len(node.known) == 1:
        size = str(node.known[0])
        return Formula(size, PRODUCT if TIMES in size else ATOM)
    if node in stops and depth < 6:
        depth = min(depth, 2)
    kind = type(node).__name__
    if depth == 0:
        return Formula(f"{kind.lower()}(…)")
    folded = _folded(node)
    if folded is not None:
        return Formula(f"{float(folded):g}")
    operands = [_written(operand, stops, depth - 1, names) for operand in node.operands]
    parts = expand(node)
    if parts is node or kind == "Gemm":
        try:
            return _shaped(node.forward(*operands), node)
        except Exception:  # a rule that only numbers can be put through is told by its name
            return Formula(f"{kind.lower()}({', '.join(o.text for o in operands)})", ATOM, node.shape)
    return Formula(f"{kind.lower()}({', '.join(o.text for o in operands)})", ATOM, node.shape)


def _counts(node: Constant) -> bool:
    """Whether a constant is 0, 1, 2, …: what is compared with it is told of the k-th element, [y = k]."""
    return node.dtype.kind in "iu" and np.array_equal(node.value.reshape(-1), np.arange(node.value.size))


def _folded(node: Node, depth: int = 4) -> Any:
    """The number that an operation on numbers alone gives, the 1 of x^(2−1), or None if it depends on more."""
    if isinstance(node, Constant):
        return node.value if node.value.size == 1 else None
    if not node.operands or node.shape or depth == 0:
        return None
    values = [_folded(operand, depth - 1) for operand in node.operands]
    return None if any(value is None for value in values) else node.forward(*values)


def _shaped(written: Written, node: Node) -> Written:
    written.shape, written.dtype = node.shape, node.dtype
    return written


SIGNS = {"Add": "+", "Sub": "−", "Mul": "×", "Div": "÷", "Neg": "−", "MatMul": "@", "ReduceSum": "Σ", "Sqrt": "√"}
WORDS = {"SoftmaxCrossEntropy": "softmax\ncross-entropy", "ReduceMean": "mean", "ReduceMax": "max", "LogSoftmax": "log-softmax"}


def symbol(node: Node) -> str:
    """How a circuit labels an operation: by its sign, or its name in lower case."""
    kind = type(node).__name__
    return SIGNS.get(kind) or WORDS.get(kind) or kind.lower()
