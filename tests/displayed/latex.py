"""Mathematics in LaTeX, read as what is seen in print: each sign as a line of text has it, and no brace that only groups."""

import re
import unicodedata

from tests.displayed.tree import Unread

__all__ = ["as_text", "key_of", "sides_of"]

ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c"}
GREEK = {
    word if letter.islower() else word.capitalize(): letter
    for letter in map(chr, (*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3C2), *range(0x3C3, 0x3CA)))
    for word in [unicodedata.name(letter).split()[-1].lower().replace("lamda", "lambda")]
}
SIGNS = {
    r"\odot": "⊙", r"\cdot": "·", r"\,": " · ", r"\square": "□", r"\neq": "≠", r"\geq": "≥", r"\leq": "≤", r"\land": "∧",
    r"\lor": "∨", r"\oplus": "⊕", r"\lnot": "¬", r"\dots": "…", r"\ldots": "…", r"\cdots": "…", r"\;": " ", r"\:": " ",
    r"\ ": " ", r"\quad": " ", r"\_": "_", r"\%": "%", r"\#": "#", r"\&": "&", r"\$": "$", "-": "−", r"\times": "×",
    r"\to": "→", r"\leftarrow": "←", r"\infty": "∞",
}  # fmt: skip
FUNCTIONS = (
    r"\arccos", r"\arcsin", r"\arctan", r"\cos", r"\cosh", r"\det", r"\exp", r"\ln", r"\log", r"\max", r"\min", r"\sin",
    r"\sinh", r"\tan", r"\tanh",
)  # fmt: skip
AROUND = {"(": "(…)", "[": "[…]", "|": "abs(…)", r"\|": "‖…‖", r"\lfloor": "floor(…)", r"\lceil": "ceil(…)", ".": "…"}
PIECES = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def key_of(name):
    """What a name is in print: the same for W1 and W_1, as both are a W with a 1 below."""
    found = re.fullmatch(r"([^\W\d_][\u0300-\u036f]?)(?:_?(\d+)|_([^\W_]+))?", unicodedata.normalize("NFD", name))
    if not found:
        return name
    letter, below = unicodedata.normalize("NFC", found[1]), found[2] or found[3]
    return f"{letter}_{below}" if below else letter


def sides_of(latex):
    """The sides of an equation: what stands between its outermost signs of equality."""
    return [side.strip().removesuffix("&").strip() for side in split(latex, "=", r"\mapsto")]


def split(latex, *signs):
    """The parts between the signs that stand outside of all braces, growing brackets and environments."""
    depth, start, parts = 0, 0, []
    for found in re.finditer(r"\\(?:left|right|begin|end)(?![a-z])|\\\\|\\[a-z]+|\\.|[^\\]", latex):
        sign = found[0]
        depth += (sign in (r"\left", r"\begin", "{")) - (sign in (r"\right", r"\end", "}"))
        if depth == 0 and sign in signs:
            parts.append(latex[start : found.start()])
            start = found.end()
    return [*parts, latex[start:]]


def as_text(latex):
    """LaTeX on a line of text, with the names that `key_of` gives."""
    return Printed(latex).text()


class Printed:
    """LaTeX that is gone through from left to right."""

    def __init__(self, latex):
        self.latex, self.at = latex, 0

    def text(self):
        """All of it as text."""
        written = []
        while self.at < len(self.latex):
            written.append(self.piece())
        return "".join(written)

    def piece(self):
        """The next sign, with what belongs to it."""
        number = self.take(r"(\d+(?:\.\d+)?)\s*\\cdot\s*10\^\{(-?\d+)\}")
        if number:  # 1.5 · 10⁻⁶ is one number
            return f"{number[1]}e{number[2]}"
        piece = self.take(PIECES)[0]
        if piece[0] == "\\" and piece[-1].isalpha():
            self.take(r"\s+")
        if piece in FUNCTIONS:
            return self.function(piece[1:])
        if piece in SIGNS:
            return SIGNS[piece]
        if piece == "{":  # what only groups is not seen
            return as_text(self.up_to("{", "}"))
        if piece[0] == "\\" and piece[1:] not in GREEK:
            return self.command(piece[1:])
        if piece[0].isalpha() or piece[0] == "\\":
            return self.symbol(GREEK.get(piece[1:], piece))
        return self.script() if piece == "^" else piece

    def take(self, pattern):
        """What matches here, if something does; it is gone past."""
        found = re.compile(pattern).match(self.latex, self.at)
        self.at = found.end() if found else self.at
        return found

    def up_to(self, begin, end):
        """What stands before the end of what has begun."""
        depth, start = 1, self.at
        while depth:
            piece = self.take(r"\\(?:left|right|begin|end)(?![a-z])|\\[a-z]+|\\.|[^\\]")
            if not piece:
                raise Unread(f"{end} is missing in {self.latex!r}")
            depth += (piece[0] == begin) - (piece[0] == end)
        return self.latex[start : self.at - len(end)]

    def argument(self):
        """What stands in the braces that follow, or the one sign that does."""
        return self.up_to("{", "}") if self.take(r"\s*\{") else self.take(PIECES)[0]

    def command(self, name):
        """What a command prints."""
        if name in ("mathrm", "text", "mathsf"):
            return self.named(words(self.argument()))
        if name == "operatorname":
            return self.function(words(self.argument()))
        if name in ACCENTS:
            letter = as_text(self.argument()).strip()
            return self.symbol(letter + ACCENTS[name])
        reader = getattr(self, name, None)
        if reader is None:
            raise Unread(rf"\{name} of {self.latex!r}")
        return reader()

    def symbol(self, letter):
        """A letter with what stands below it; δ with what it is the gradient for."""
        below = self.argument() if self.take(r"\s*_") else ""
        if letter == "δ":
            return f"δ({as_text(below).strip()})" if below else "δ"
        return key_of(f"{letter}_{as_text(below).strip()}" if below else letter)

    def named(self, word):
        """Upright words: a name, axes, an index, attributes; before a bracket, a function."""
        while more := self.take(r"\\_(?:\\text|\\mathrm)\{([^{}]*)\}"):
            word += f"_{more[1]}"
        if re.compile(r"\s*(?:_\{(?:[^{}]|\{[^{}]*\})*\})?\\left\(").match(self.latex, self.at):
            return self.function(word)
        return " mod " if word == "mod" else word

    def mathbf(self):
        """A one, or a zero, that stands for many: 𝟏 with the shape below."""
        many = {"1": "ones", "0": "zeros"}.get(self.argument())
        if not many or not self.take(r"\s*_"):
            raise Unread(self.latex)
        return f"{many}({as_text(self.argument()).replace('×', ',')})"

    def frac(self):
        above, below = self.argument().strip(), self.argument().strip()
        if above.startswith(r"\partial"):
            return "/".join(f"∂({as_text(part.removeprefix(chr(92) + 'partial')).strip()})" for part in (above, below))
        return f"(({as_text(above)}) / ({as_text(below)}))"

    def sqrt(self):
        return f"√({as_text(self.argument())})"

    def sum(self):
        over = as_text(self.argument()) if self.take(r"\s*_") else ""
        return "Σₙ " if over == "n" else f"Σ {over} " if over else "Σ "

    def star(self):
        """A star, whether it is transposed, and how the filters slide: ⋆ᵀ[pads=1]."""
        above = self.script() if self.take(r"\s*\^") else ""
        words = re.split(r"\\,", self.argument()) if self.take(r"\s*_") else []
        words = [re.sub(r"\\mathrm\{([^{}]*)\}", r"\1", each).strip(", ") for each in words]
        images = words[:1] == ["n"]
        slide = ", ".join(each.replace(r"\_", "_") for each in words[images:])
        return f"⋆{above}{'ₙ' * images}" + (f"[{slide}]" if slide else "") + " "

    def begin(self):
        """Cases: what holds where, and what else; or one line on several."""
        environment = self.argument()
        rows = split(self.up_to(r"\begin", r"\end"), r"\\")
        self.argument()
        if environment == "aligned":
            return " ".join(as_text(row.strip().removeprefix("&")).strip() for row in rows)
        if environment != "cases":
            raise Unread(self.latex)
        (first, condition), (second, _) = (split(row, "&") for row in rows)
        condition = condition.strip().removeprefix(r"\text{if }")
        return f"where({as_text(condition)}, {as_text(first)}, {as_text(second)})"

    def left(self):
        """What stands between signs that grow with it."""
        sign = self.take(r"\s*(\\[a-z]+|\\.|.)")[1]
        inner = self.up_to(r"\left", r"\right")
        self.take(r"\s*(\\[a-z]+|\\.|.)")
        below = "₁" if sign == r"\|" and self.take(r"_\{1\}") else ""
        return AROUND[sign].replace("…", as_text(inner).strip()) + below

    def function(self, word):
        """A function with its power and its axes, before the bracket of its operands."""
        power = over = ""
        while sign := self.take(r"\s*([\^_])"):
            if sign[1] == "^":
                power = as_text(self.argument()).strip().translate(str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
            else:
                over = as_text(self.argument()).strip()
        self.take(r"\s*")
        return f"{word}{power}" + (f" {over} " if over else "")

    def script(self):
        """What stands above."""
        raised = self.argument().strip()
        turned = re.fullmatch(r"(-?)\s*\\(?:mathsf|mathrm|top|intercal)\s*(?:\{T\}|T)?", raised)
        if turned:
            return "⁻ᵀ" if turned[1] else "ᵀ"
        return raised.translate(RAISED) if re.fullmatch(r"-?\d+", raised) else f"^({as_text(raised)})"


def words(latex):
    """Words as they are seen."""
    latex = re.sub(r"\$(.*?)\$", r"\1", latex)
    return re.sub(r"\\textbackslash\{\}|\\[a-zA-Z]+\s?|\\.", lambda found: SIGNS.get(found[0].strip(), "\\"), latex)
