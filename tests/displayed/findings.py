"""What was read of all that is displayed: what was right, what was said in words, what was wrong, by kind and operation."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from tests.displayed.tree import Unread, Words, computed

__all__ = ["REFUSED", "Findings", "shaped"]

CLOSE = 1e-8
"""How near to each other the numbers are that are displayed exactly, relative to the largest."""

REFUSED = (Unread, ValueError, TypeError, IndexError, KeyError, AttributeError, np.linalg.LinAlgError, RecursionError)
"""What comes of reading and computing what makes no sense."""


@dataclass
class Findings:
    """The counts of what was right and of what was said in words, by kind and operation, and all that was false, told."""

    right: Counter = field(default_factory=Counter)
    words: Counter = field(default_factory=Counter)
    false: list = field(default_factory=list)
    derived: Counter = field(default_factory=Counter)
    """How many derivations were right in each line, by the operations in them."""

    def compare(self, kind, operation, said, names, expected, where, slack=None):
        """Compute what is said, a tree or what gives one, and set it beside what is right; whether it is so."""
        try:
            said = said() if callable(said) else said
            found, far = (shaped(each, np.shape(expected)) for each in computed(said, names, slack))
        except Words as word:
            self.words[kind, operation, str(word)] += 1
            return False
        except REFUSED as error:
            return self.tell(f"{kind} {operation} cannot be read: {error!r}", where)
        expected = np.asarray(expected, np.float64)
        size = max(1.0, np.abs(expected).max(initial=0.0, where=np.isfinite(expected)))
        if not ((found == expected) | (np.abs(found - expected) <= CLOSE * size + far)).all():
            return self.tell(f"{kind} {operation} shows {np.ravel(found)[:6]}, right is {np.ravel(expected)[:6]}", where)
        self.right[kind, operation] += 1
        return True

    def tell(self, what, where):
        """Something false, with where it stands."""
        self.false.append(f"{what}\n  {where}")
        return False

    def count(self, kind):
        """How much of a kind was right, by operation."""
        return Counter({operation: count for (each, operation), count in self.right.items() if each == kind})

    def report(self):
        """Lines that say how much was read of each operation, and how much was said in words."""
        labels, wires = self.count("label"), self.count("wire")
        words = Counter()
        for (kind, operation, _), count in self.words.items():
            words[operation if kind == "label" else kind] += count
        for name in sorted({*labels, *self.derived, *words}):
            counts = f"labels {labels[name]:5} wires {wires[name]:5} derivations {self.derived[name]:5} words {words[name]:4}"
            yield f"{name:24} {counts}"


def shaped(found, shape):
    """The value in the shape that is displayed: a whole side leaves out how it is arranged, and what is only repeated."""
    found = np.asarray(found, np.float64)
    if found.size == np.prod(shape, dtype=int):
        return found.reshape(shape)
    return np.broadcast_to(found, shape)
