"""Mathematics on a line of text, read back and computed: the words, the signs and the precedence of the page of operations."""

import re

import numpy as np

from minigraph.nodes import OPERATIONS

SIGNS = {"⊙": "*", "·": "@", "−": "-", "ᵀ": ".mT", "²": "**2", "³": "**3", "^": "**", "√": "sqrt"}
RELATIONS = {"≥": ">=", "≤": "<=", "≠": "!="}
SUMS = re.compile(r"Σ (rows|columns|ax[ei]s (\d(?:, \d)*)) ")
CALLS = re.compile(r"\b(\w+) (rows|columns|ax[ei]s (\d(?:, \d)*))((?:, (?:exclusive|reverse))*) (?=\()")
NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.])")


class Value(np.ndarray):
    """An array whose product · is that of matrices, or by a single number."""

    @property
    def mT(self):
        return self[None] if self.ndim == 1 else self if self.ndim == 0 else np.swapaxes(self, -1, -2)

    def __getitem__(self, index):
        numbers = [isinstance(part, Value) for part in (index if isinstance(index, tuple) else (index,))]
        parts = zip(index if isinstance(index, tuple) else (index,), numbers, strict=True)
        return super().__getitem__(tuple(part.astype(int) if number else part for part, number in parts))

    def __matmul__(self, other):
        other = value(other)
        if self.ndim == 1 and other.ndim == 2 and other.shape[0] == 1:
            return value(np.multiply.outer(self, other[0]))
        return np.multiply(self, other) if self.ndim == 0 or other.ndim == 0 else value(np.matmul(self, other))

    def __rmatmul__(self, other):
        return value(other) @ self


class Sum:
    """Σ, which binds as a power does."""

    def __init__(self, axis=None):
        self.axis = axis

    def __pow__(self, operand):
        return value(np.sum(np.asarray(operand), axis=self.axis, keepdims=self.axis is not None))


def value(array):
    return np.asarray(array, np.float64).view(Value)


NAMES = {
    "Σ": Sum(),
    "sigmoid": OPERATIONS["Sigmoid"].apply,
    "softplus": OPERATIONS["Softplus"].apply,
    "erf": OPERATIONS["Erf"].apply,
    "inv": np.linalg.inv,
    "ln": np.log,
    "num": value,
    "ones": lambda *shape: value(np.ones(tuple(map(int, shape)))),
    "reshape": lambda x, shape: value(np.reshape(x, tuple(map(int, np.ravel(shape))))),
    "transpose": lambda x, axes: value(np.transpose(x, tuple(map(int, axes)))),
    "max": np.maximum,
    "min": np.minimum,
    **{name: getattr(np, name) for name in ("where", "sqrt", "abs", "sign", "exp", "expm1", "log1p", "floor", "logical_and")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "square")},
}


ALONG = {word: OPERATIONS[name] for word, name in (("cumsum", "CumSum"), ("cumprod", "CumProd"), ("softmax", "Softmax"))}
ALONG["LogSoftmax"] = OPERATIONS["LogSoftmax"]
"""What goes along an axis and keeps it."""


def parsed(text, names):
    """The value of a line of text, each of whose names has a value."""
    axes = {found[0]: found[2] or {"rows": "0", "columns": "1"}[found[1]] for found in SUMS.finditer(text)}
    sums = {f"Σ_{over.replace(', ', '_')}": Sum(tuple(map(int, over.split(", ")))) for over in axes.values()}
    for sign, over in axes.items():
        text = text.replace(sign, f"Σ_{over.replace(', ', '_')}**")
    text = text.replace("Σ ", "Σ**")
    calls = {f"call_{i}": along(*found.group(1, 2, 3, 4)) for i, found in enumerate(CALLS.finditer(text))}
    for name in calls:
        text = CALLS.sub(name, text, count=1)
    text = re.sub(r"\b(sin|cos|tan|sinh|cosh|tanh)²(\()", r"square(\1\2", text) if "²(" in text else text
    text = _closed(text)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    text = re.sub(r"(?<![\w)\]])\[((?:[^][]|\[[^][]*\])*)\]", r"num(\1)", text)
    text = re.sub(r"(?<![<>!])=", "==", text)
    text = text.replace("□", "hole")
    text = NUMBER.sub(r"num(\1)", text)
    for sign, operator in (SIGNS | RELATIONS).items():
        text = text.replace(sign, operator)
    known = {name.replace("□", "hole"): value(each) for name, each in names.items()}
    return eval(text, {"__builtins__": {}}, NAMES | sums | calls | known)


def along(name, said, numbers, flags):
    """A function that keeps the axes that it goes over, as mathematics writes none away."""
    axes = tuple(map(int, (numbers or {"rows": "0", "columns": "1"}[said]).split(", ")))
    if name in ALONG:
        return lambda x: value(ALONG[name].apply(np.asarray(x), axis=axes[0], **dict.fromkeys(flags.split(", ")[1:], True)))
    if not hasattr(np, name):
        raise NameError(name)
    return lambda x: value(getattr(np, name)(np.asarray(x), axis=axes, keepdims=True))


def _closed(text):
    """The text with a second bracket at the end of each square(tanh(…."""
    start = 0
    while (start := text.find("square(", start)) >= 0:
        end = text.index("(", start + len("square("))
        depth = 0
        for i in range(end, len(text)):
            depth += (text[i] == "(") - (text[i] == ")")
            if depth == 0:
                text = f"{text[: i + 1]}){text[i + 1 :]}"
                break
        start += len("square(")
    return text
