"""Mathematics on a line of text, read back by recursive descent."""

import ast
import re
import unicodedata

from tests.displayed.tree import Unread, tree

__all__ = ["parsed", "split"]

ABOVE = dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "abcdefghijklmnoprstuvwxyz", strict=True))
LETTER = rf"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹ᵀΣ{''.join(ABOVE)}]"
WORD = rf"[^\W⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ{''.join(ABOVE)}]|[\u0300-\u036f]"
NAME = rf"(?:(?:{LETTER}|_)(?:{WORD})*(?:\.(?:{WORD})+)*|\"[^\"]*\")"
TOKENS = re.compile(
    r"\s*(?:"
    rf"(?P<number>∞|(?:\d+(?:\.\d+)?|\.\d+)(?:e[+−-]?\d+)?(?!{WORD}))"
    rf"|(?P<partial>∂(?:\([^()]*\)|{NAME})/∂(?:\([^()]*\)|{NAME}))"
    r"|(?P<gradient>δ\([^()]*\))"
    rf"|(?P<name>{NAME}|□)"
    rf"|(?P<raised>⁻ᵀ|⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+|⁻?[{''.join(ABOVE)}])"
    r"|(?P<star>⋆ᵀ?ₙ?)"
    r"|(?P<sign>\.\.\.|[-+−⊙·/^ᵀ=≠<>≤≥(),;:|‖√Σ…∧∨⊕¬×←]|\[|\])"
    r")"
)
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
PRODUCTS = {"⊙": "elementwise", "·": "product", "/": "quotient"}
LOGIC = {"∧": "logical_and", "∨": "logical_or", "⊕": "logical_xor"}
RELATIONS = ("=", "≠", "<", ">", "≤", "≥")
OVER = re.compile(r"(rows|columns|ax[ei]s \d+(?:, \d+)*)(?=\W|$)")


def parsed(text):
    """The tree of a line of text."""
    parser = Parser(text)
    found = parser.relation()
    if parser.token != ("end", ""):
        raise Unread(f"{parser.token[1]!r} at {parser.start} of {text!r}")
    return found


def split(text, signs=(" = ", " ↦ ")):
    """The sides of an equation: what stands between its outermost signs of equality."""
    depth, start, sides = 0, 0, []
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text[i : i + 3] in signs:
            sides.append(text[start:i])
            start = i + 3
    return [side.strip() for side in (*sides, text[start:])]


class Parser:
    """One line, with the token that comes next."""

    def __init__(self, text):
        self.text, self.start, self.end = unicodedata.normalize("NFC", text), 0, 0
        self.next()

    def next(self):
        """Go on to the next token; what was the token until then is returned."""
        before = getattr(self, "token", None)
        self.before = self.end
        found = TOKENS.match(self.text, self.end)
        if found:
            self.token, self.end = (found.lastgroup, found[found.lastgroup]), found.end()
            self.start = found.start(found.lastgroup)
        elif self.text[self.end :].strip():
            raise Unread(f"{self.text[self.end :]!r} of {self.text!r}")
        else:
            self.token = ("end", "")
        return before

    def sees(self, *signs):
        return self.token[0] == "sign" and self.token[1] in signs

    def take(self, sign):
        if not self.sees(sign):
            raise Unread(f"{sign} expected before {self.text[self.start :]!r} of {self.text!r}")
        self.next()

    def relation(self):
        """Logic of relations of sums."""
        found = self._related()
        while self.sees(*LOGIC):
            word = LOGIC[self.next()[1]]
            found = tree("call", found, self._related(), word=word)
        return found

    def _related(self):
        found = self.sum()
        if self.sees(*RELATIONS):
            sign = self.next()[1]
            return tree("relation", found, self.sum(), word=sign)
        return found

    def sum(self):
        found = self.term()
        while self.sees("+", "−", "-"):
            sign = self.next()[1]
            found = tree("plus" if sign == "+" else "minus", found, self.term())
        return found

    def term(self):
        """Products and quotients from left to right; a Σ among them takes what binds as tightly as a power."""
        found = self.factor()
        if self.token[0] == "star":
            return self._correlation(found)
        while self.sees(*PRODUCTS) or self.token == ("name", "mod"):
            sign = self.next()[1]
            parts = found, self.factor()
            found = tree("call", *parts, word="mod") if sign == "mod" else tree(PRODUCTS[sign], *parts)
        return found

    def _correlation(self, filters):
        """Filters ⋆ an image, and between them how the filters slide: W ⋆[pads=1, strides=(2, 1)] x."""
        star, attributes = self.next()[1], []
        while self.sees("[", ","):
            key = re.compile(r"[\[,]\s*(\w+)=").match(self.text, self.start)
            self.end = closing(self.text, key.end())
            attributes.append((key[1], attribute(self.text[key.end() : self.end])))
            self.next()
        if attributes:
            self.take("]")
        return tree("correlation", filters, self.raised(self.atom()), word=star, attributes=attributes)

    def factor(self):
        if self.sees("−", "-"):
            self.next()
            return tree("negative", self.factor())
        if self.sees("¬"):
            self.next()
            return tree("call", self.factor(), word="logical_not")
        if self.sees("Σ"):
            self.next()
            axes = self._axes()
            return tree("total", self.raised(self.atom()), over=axes)
        return self.raised(self.atom())

    def _axes(self):
        """The axes behind a Σ, as words; Σₙ goes over the first."""
        if self.token == ("name", "ₙ"):
            self.next()
            return "axis 0"
        found = OVER.match(self.text, self.start)
        if self.token[0] != "name" or not found:
            return ""
        self.end = found.end()
        self.next()
        return found[1]

    def raised(self, found):
        """What stands behind an atom: a power, a transposition, an index."""
        while True:
            if self.token == ("raised", "⁻ᵀ"):
                self.next()
                found = tree("transpose", tree("inverse", found))
            elif self.token[0] == "raised" and self.token[1][-1] in ABOVE:
                sign, letter = self.next()[1].rpartition("⁻")[1:]
                exponent = tree("name", word=ABOVE[letter])
                found = tree("power", found, tree("negative", exponent) if sign else exponent)
            elif self.token[0] == "raised":
                exponent = int(self.next()[1].translate(RAISED))
                found = tree("inverse", found) if exponent == -1 else tree("power", found, tree("number", word=str(exponent)))
            elif self.sees("ᵀ"):
                self.next()
                found = tree("transpose", found)
            elif self.sees("^"):
                self.next()
                found = tree("power", found, self.atom())
            elif self.sees("["):
                self.next()
                found = self._indexed(found)
            else:
                return found

    def atom(self):
        kind, word = self.token
        if kind == "number":
            self.next()
            return tree("number", word=word.replace("−", "-").replace("∞", "inf"))
        if kind in ("partial", "gradient"):
            self.next()
            return tree("name", word=re.sub(r"[()]", "", word))
        if kind == "name":
            return self._named()
        if self.sees("("):
            return self._bracketed()
        if self.sees("["):
            return self._iverson()
        if self.sees("|"):
            self.next()
            inner = self.relation()
            self.take("|")
            return tree("absolute", inner)
        if self.sees("‖"):
            self.next()
            inner = self.relation()
            self.take("‖")
            first = self.token[1] == "₁"
            if first:
                self.next()
            return tree("call", inner, word="l1" if first else "l2")
        if self.sees("√"):
            self.next()
            return tree("call", self.atom(), word="sqrt")
        if self.sees("…"):
            self.next()
            return tree("name", word="…")
        raise Unread(f"{word!r} at {self.start} of {self.text!r}")

    def _bracketed(self):
        self.take("(")
        items = [self.relation()]
        while self.sees(","):
            self.next()
            if self.sees(")"):
                self.next()
                return tree("sequence", *items)
            items.append(self.relation())
        self.take(")")
        return items[0] if len(items) == 1 else tree("sequence", *items)

    def _iverson(self):
        """1 where what is between the brackets holds, or an array of numbers."""
        self.take("[")
        first = self.relation()
        if first.sign == "relation":
            self.take("]")
            return first
        items = [first]
        while not self.sees("]"):
            if self.sees(","):
                self.next()
            items.append(self.relation())
        self.take("]")
        return tree("array", *items)

    def _indexed(self, array):
        """Elements of an array, or the array with something else in their places: a[i], a[i ← x]."""
        index, found = self._index(), None
        if self.sees("←"):
            self.next()
            found = self.relation()
        self.take("]")
        return tree("item", array, *index) if found is None else tree("updated", array, found, *index)

    def _index(self):
        """The parts of an index, up to its bracket or to what is put there."""
        parts = []
        while not self.sees("]", "←"):
            if self.sees("..."):
                self.next()
                parts.append(tree("ellipsis"))
            elif self.token == ("name", "None"):
                self.next()
                parts.append(tree("new"))
            else:
                parts.append(self._slice())
            if self.sees(","):
                self.next()
        return parts

    def _slice(self):
        bounds = [None if self.sees(":") else self.relation()]
        while self.sees(":"):
            self.next()
            bounds.append(None if self.sees(":", ",", "]", "←") else self.relation())
        return bounds[0] if len(bounds) == 1 else tree("slice", *bounds)

    def _named(self):
        """A name, or a function's call: `tanh²(x)`, `mean columns (x)`, `conv(x, W, strides=(2, 2))`."""
        word = self.next()[1]
        power = None
        here = (self.token, self.before, self.start, self.end)
        if self.token[0] == "raised" and self.text[self.end : self.end + 1] == "(":
            power = self.next()[1]
        over = ""
        found = re.match(r" ((?:[A-Za-z_]+|ax[ei]s \d+|\d+)(?:, (?:[A-Za-z_]+|\d+))*) (?=\()", self.text[self.before :])
        if power is None and found:
            over, self.end = found[1], self.before + found.end()
            self.next()
        if not (self.sees("(") and (over or self.start == self.before)):
            self.token, self.before, self.start, self.end = here
            return tree("name", word=word)
        call = self._called(word, over)
        return call if power is None else tree("power", call, tree("number", word=power.translate(RAISED)))

    def _sized(self):
        """An operand, or a shape: N × 2."""
        sizes = [self.relation()]
        while self.sees("×"):
            self.next()
            sizes.append(self.relation())
        return sizes[0] if len(sizes) == 1 else tree("sequence", *sizes)

    def _called(self, word, over):
        """The operands between the brackets, and after them the attributes: `conv(x, W, strides=(2, 2))`."""
        attributes, operands = [], []
        equation = re.compile(r"\(([A-Za-z., ]*->[A-Za-z. ]*)(?=[,)])").match(self.text, self.start)
        if word == "einsum" and equation:
            attributes.append(("equation", equation[1].replace(" ", "")))
            self.end = equation.end()
        self.next()
        while not self.sees(")"):
            if self.sees(",", ";"):
                self.next()
            elif key := re.compile(r"(\w+)=(?! )").match(self.text, self.start):
                self.end = closing(self.text, key.end())
                attributes.append((key[1], attribute(self.text[key.end() : self.end])))
                self.next()
            else:
                operands.append(self._sized())
        self.next()
        return tree("call", *operands, word=word, over=over, attributes=attributes)


def closing(text, start):
    """Where what begins at `start` ends: before a comma, or the bracket that is open there."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] in "([") - (text[i] in ")]")
        if depth < 0 or (depth == 0 and text[i] == ","):
            return i
    raise Unread(text)


def attribute(text):
    """The value of an attribute, as Python writes it; a word without quotes is a word, a fraction as it is shown."""
    if re.fullmatch(r"[-−]?(∞|\d+\.\d+(e[-−]?\d+)?)", text.strip()):
        return tree("number", word=text.strip().replace("−", "-").replace("∞", "inf"))
    try:
        return ast.literal_eval(text.strip().replace("−", "-"))
    except (SyntaxError, ValueError):
        return text.strip()
