"""What LaTeX and MathML have in common: which calls are no calls on paper. The signs are each notation's own."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from minigraph.readings.expression import Expression, Style
from minigraph.readings.written import ATOM, RELATION, SIGN

__all__ = ["Typeset"]


class Typeset(Style):
    """Mathematics in two dimensions: a quotient is a fraction, ⌊x⌋ stands between signs, A⁻¹ carries an exponent."""

    groups: ClassVar = frozenset(("quotient", "power"))
    loose: ClassVar = frozenset(("choice",))
    between: ClassVar[Mapping[str, str]]
    """The sign between the two operands of a function, by the function's name."""
    around: ClassVar[Mapping[str, tuple[str, str]]]
    """The signs around the operand of a function."""

    def call(self, e: Expression, *operands: str) -> str:
        if e.word in self.between and len(operands) == 2:
            return self.joined(self._tight(e, 0), self.between[e.word], self._tight(e, 1))
        if e.word in self.around:
            return self.enclosed(operands[0], *self.around[e.word])
        if e.word == "inv":
            return self.inverse(self._tight(e, 0))
        if e.word == "logical_not":
            return self.opposite(self._tight(e, 0))
        return self.applied(e.word, e.over, (*operands, *map(self.words, e.settings)))

    def _binds(self, part: Expression) -> int:
        signed = part.form == "call" and part.word in self.between and len(part.parts) == 2
        return RELATION if signed else SIGN if part.word == "logical_not" else super()._binds(part)

    def _part(self, whole: Expression, i: int, part: Expression, needed: int) -> str:
        while part.form == "same":
            part = part.parts[0]
        raised = whole.form == "power" and i == 0 and part.form == "call" and part.word == "inv"  # x⁻¹ ² is not x⁻¹²
        written = super()._part(whole, i, part, needed)
        return self.brackets(written) if raised else written

    def _tight(self, e: Expression, i: int) -> str:
        """A part, in brackets unless it binds as tightly as a name."""
        return self._part(e, i, e.parts[i], ATOM)

    def words(self, said: str) -> str:
        """What is said as it is, not as mathematics."""
        return self.write(Expression("literal", word=said))

    def joined(self, a: str, sign: str, b: str) -> str:
        """Two operands with a sign between them."""
        raise NotImplementedError

    def enclosed(self, written: str, before: str, after: str) -> str:
        """What is written, between signs as high as it is."""
        raise NotImplementedError

    def inverse(self, written: str) -> str:
        """The inverse of a matrix."""
        raise NotImplementedError

    def opposite(self, written: str) -> str:
        """The logical negation."""
        raise NotImplementedError

    def applied(self, word: str, over: str, operands: Sequence[str]) -> str:
        """A function of that name over some axes, of the operands."""
        raise NotImplementedError
