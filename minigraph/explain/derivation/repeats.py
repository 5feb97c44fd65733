"""Steps that come again with other names, as the layers of a deep network make them: they are shown once, "× 12"."""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, pairwise

from minigraph.explain.derivation.steps import DerivationStep
from minigraph.readings import Expression, symbols
from minigraph.readings.notation import TEXT
from minigraph.readings.sameness import frozen

__all__ = ["once"]

LEAST = 4
"""How often steps come at least, to be shown once."""

LONGEST = 60
"""Up to how many steps come again together."""


def once(steps: Sequence[DerivationStep]) -> tuple[DerivationStep, ...]:
    """The steps, of those that come again with other names only the first; the last of these says how often.

    Steps are alike if their expressions are the same trees but for names: each name stands wherever another one stood. Names
    that were given differ in a number alone, all by as much, and what one time takes of that before is the same for all.
    A step that does not agree with what it is compared with stays, and the last one of all.
    """
    return tuple(step for _, group in groupby(steps, key=lambda step: step.kind) for step in _once([*group]))


def _once(steps: list[DerivationStep]) -> list[DerivationStep]:
    kept = steps[:-1]
    while run := max(_runs(kept), key=lambda found: found[1] * (found[2] - 1), default=None):
        start, period, count = run
        ends = [_name(kept[start + (i + 1) * period - 1]) for i in range(count)]
        shown = kept[start : start + period]
        shown[-1] = replace(shown[-1], again=f"× {count}: {', '.join(ends[:2])}, …, {ends[-1]}")
        kept = kept[:start] + shown + kept[start + count * period :]
    return kept + steps[-1:]


def _runs(steps: list[DerivationStep]) -> Iterator[tuple[int, int, int]]:
    """Where steps come again: the first, how many they are, and how often they come."""
    numbered: dict[Hashable, int] = {}
    keys = [numbered.setdefault(_key(step), len(numbered)) for step in steps]
    names = [_names(step) for step in steps]
    for period in range(1, min(LONGEST, len(steps) // LEAST) + 1):
        start = 0
        for i in range(period, len(steps) + 1):
            if i < len(steps) and keys[i] == keys[i - period]:
                continue
            count = _times([[*chain(*names[j : j + period])] for j in range(start, i - period + 1, period)])
            if count >= LEAST:
                yield start, period, count
            start = i - period + 1


def _times(names: list[list[tuple[str, str, bool]]]) -> int:
    """How often steps come: each time has one name wherever the time before had one, given ones another number, and takes
    the same of it."""
    taken: set[Hashable] = set()
    distances: set[int] = set()
    for count, (a, b) in enumerate(pairwise(names), 1):
        place = {name: i for i, name in reversed([*enumerate(a)])}
        taken.add(tuple(place.get(name) for name in b))
        distances |= _distances(a, b)
        one_to_one = len({*zip(a, b, strict=True)}) == len(place) == len({*b})
        if not one_to_one or len(taken) > 1 or len(distances) > 1:
            return count
    return len(names)


def _names(step: DerivationStep) -> list[tuple[str, str, bool]]:
    """Each name, its form, and whether somebody gave it."""
    leaves = [leaf for tree in _trees(step) for leaf in symbols(tree)]
    return [(leaf.form, leaf.word, leaf.form == "name" and bool(getattr(leaf.meaning, "name", None))) for leaf in leaves]


def _distances(before: Sequence[tuple[str, str, bool]], after: Sequence[tuple[str, str, bool]]) -> set[int]:
    """By how much the numbers in names that were given differ."""
    pairs = [(a[1], b[1]) for a, b in zip(before, after, strict=True) if a[2] and a[1] != b[1]]
    numbers = [zip(*(map(int, re.findall(r"\d+", name)) for name in pair), strict=False) for pair in pairs]
    return {there - here for each in numbers for here, there in each} - {0}


def _trees(step: DerivationStep) -> tuple[Expression, ...]:
    return (*step.sides, *step.conditions) if step.label is None else (step.label, *step.sides, *step.conditions)


def _key(step: DerivationStep) -> Hashable:
    """What a step says, but for its names; one that does not agree, or that stands for several, is like no other."""
    if not step.ok or step.again:
        return id(step)
    return step.relation, step.shape, step.label is None, tuple(map(_shape, _trees(step)))


def _shape(e: Expression) -> Hashable:
    if e.form in ("name", "gradient"):
        given = e.form == "name" and getattr(e.meaning, "name", None)
        return e.form, re.sub(r"\d+", "", e.word) if given else ""
    leaf = (e.form == "number" and e.word) or (not e.parts and frozen(e.word))
    return e.form, e.word, e.over, e.settings, leaf, tuple(map(_shape, e.parts))


def _name(step: DerivationStep) -> str:
    """What a step is about."""
    return TEXT.write(step.label or step.sides[0])
