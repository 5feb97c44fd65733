"""The table of a contest, as Markdown: for each number of threads the medians of the rounds, and between what they lie."""

import statistics
from itertools import groupby

import numpy as np

__all__ = ["FASTEST", "markdown", "row", "shown"]

FASTEST = "fastest other"
"""Of the contestants that are not minigraph, the one of the least median."""
AGREE = 1e-3
"""How far numbers of two contestants may be from each other, relatively."""


def row(*cells):
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def shown(microseconds, unit=""):
    """A time with three digits, and its unit, unless it is given."""
    factor, own = next((f, u) for f, u in ((1e6, "s"), (1e3, "ms"), (1, "µs")) if microseconds >= f or f == 1)
    if unit:
        factor, own = {"s": 1e6, "ms": 1e3, "µs": 1}[unit], ""
    value = microseconds / factor
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {own}".rstrip()


def markdown(figures, rows, contestants, ratios):
    """A table for each number of threads.

    `ratios` are pairs of contestants: the first one's median ÷ the second one's; the first may be FASTEST. A figure whose
    numbers are not those of the row's first contestant is marked ≠, and a contestant that found none has the first word of why.
    """
    tables = []
    for threads in sorted({figure["threads"] for figure in figures}):
        here = [figure for figure in figures if figure["threads"] == threads]
        names = [name for name in contestants if any(figure["contestant"] == name for figure in here)]
        pairs = [pair for pair in ratios if set(pair) <= {FASTEST, *names}]
        lines = [row("", *names, *(f"{a} ÷ {b}" for a, b in pairs)), "|---" * (1 + len(names) + len(pairs)) + "|"]
        for name in rows:
            own = [figure for figure in here if figure["row"] == name]
            parts = dict.fromkeys(part for figure in own for part in figure.get("parts", ()))
            lines += [_line(f"{name} {part}".strip(), own, part, names, pairs) for part in parts or ([""] if own else [])]
        tables.append(f"{threads} thread{'s' if threads > 1 else ''}:\n\n" + "\n".join(lines))
    versions = {key: value for figure in figures for key, value in figure.get("versions", {}).items()}
    machines = list(dict.fromkeys(figure["machine"] for figure in figures if "machine" in figure))
    return "\n\n".join([*tables, ", ".join([*machines, *(f"{key} {value}" for key, value in versions.items())])])


def _line(label, figures, part, names, pairs):
    taken, numbers, failures = {}, {}, {}
    for name, own in groupby(sorted(figures, key=lambda figure: names.index(figure["contestant"])), lambda f: f["contestant"]):
        for figure in own:
            if "failure" in figure:
                failures[name] = figure["failure"]
            elif part in figure["parts"]:
                taken.setdefault(name, []).append(figure["parts"][part]["µs"])
                numbers.setdefault(name, figure["parts"][part]["numbers"])
    medians = {name: statistics.median(each) for name, each in taken.items()}
    if others := [median for name, median in medians.items() if not name.startswith("minigraph")]:
        medians[FASTEST] = min(others)
    unit = shown(min(medians.values())).split()[1] if medians else ""
    first = next(iter(numbers.values()), None)
    cells = []
    for name in names:
        if name in medians:
            spread = f" ({shown(min(taken[name]), unit)}–{shown(max(taken[name]), unit)})" if len(taken[name]) > 1 else ""
            agrees = np.allclose(numbers[name], first, rtol=AGREE, atol=0)
            cells.append(f"{shown(medians[name], unit)}{spread}{'' if agrees else ' ≠'}")
        else:
            word = failures.get(name, "").partition(" ")[0].rstrip(":")
            cells.append("absent" if word == "ModuleNotFoundError" else word)
    quotients = [f"{medians[a] / medians[b]:.2f}" if a in medians and b in medians else "" for a, b in pairs]
    return row(f"{label}, {unit}".rstrip(", "), *cells, *quotients)
