"""The legend of a circuit: which shape is which kind, and sentences on what stands on the wires."""

from collections.abc import Collection, Sequence
from math import inf

from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.style import CDS, GREY, IMAGE, INK, KINDS, Line, flush, node_style
from minigraph.explain.circuit.theme import Theme

__all__ = ["Legend", "broken"]

GAP = 12.0
"""The distance between the parts of a legend, in points."""

IMAGE_HIGH = 6.0
"""How much higher than a line of text an image of the legend is."""

LEAST = 90.0
"""How much room there is at least in a row where a sentence begins that goes on in the next."""

COLUMNS = 4
"""In how many columns the sentences stand at most."""

Size = tuple[float, float]
Placed = list[tuple[float, float, list[Line]]]
"""Lines with their places, from the left upper corner."""


class Legend:
    """A row with one small node of each kind that the circuit has, and sentences beside it, or below in columns.

    A sentence that is longer than the place is wide goes on in another line. Where the sentences are too many for the height,
    they stand one after the other, and of those that have no room even so it is said how many they are.
    """

    def __init__(
        self, theme: Theme, kinds: Collection[str], lines: Sequence[Line], width: float, high: float = inf
    ) -> None:  # fmt: skip
        self.theme, self.width = theme, width
        sizes = {kind: (theme.text(kind) + 20, theme.small * 2.2) for kind in KINDS if kind in kinds}
        places, self.row = _flowing([*sizes.values()], width)
        self.kinds = {kind: (*place, *sizes[kind]) for kind, place in zip(sizes, places, strict=True)}
        found = sentences([(colour, part) for colour, text in lines for part in self._lines(colour, text)])
        self.placed, self.size = self._arranged(found, high)
        self.left_out = 0
        """How many sentences have no room."""
        for left in range(len(found) - 1, -1, -1):
            if self.size[1] <= high:
                break
            self.left_out = len(found) - left
            rest = f"and {self.left_out} more, as on a screen"
            self.placed, self.size = self._arranged([*found[:left], [(GREY, rest)]], high)

    def _lines(self, colour: str, text: str) -> list[str]:
        """A line in as many as are no wider than the place; all but the last end in a space, as the sentence goes on."""
        return [text] if colour == IMAGE else broken(self.theme, text, self.width)

    def _arranged(self, found: Sequence[list[Line]], high: float) -> tuple[Placed, Size]:
        """The places of some sentences, and how large the legend is then: the lowest that fits, in columns if it can be."""
        columns = [_in_columns(found, count) for count in range(1, COLUMNS + 1)]
        tries = [*map(self._beside, columns), *map(self._below, columns), self._packed(found)]

        def worth(i: int) -> tuple[bool, bool, bool, float]:
            wide, deep = tries[i][1]
            return wide > self.width, deep > high, i == len(tries) - 1, deep

        return tries[min(range(len(tries)), key=worth)]

    def _beside(self, columns: Sequence[list[Line]]) -> tuple[Placed, Size]:
        """Columns to the right of the kinds."""
        x, places = self.row[0] + GAP * bool(self.kinds), list[tuple[float, float, list[Line]]]()
        for lines in columns:
            places.append((x, 0.0, lines))
            x += self._size(lines)[0] + GAP
        return places, (x, max([self.row[1], *(self._size(lines)[1] for lines in columns)]))

    def _below(self, columns: Sequence[list[Line]]) -> tuple[Placed, Size]:
        """Columns below the kinds."""
        x, top, places = 0.0, self.row[1] + GAP / 2, list[tuple[float, float, list[Line]]]()
        for lines in columns:
            places.append((x, top, lines))
            x += self._size(lines)[0] + GAP
        deep = max((self._size(lines)[1] for lines in columns), default=0.0)
        return places, (max(self.row[0], x), top + deep)

    def _packed(self, found: Sequence[list[Line]]) -> tuple[Placed, Size]:
        """Sentences one after the other from the last of the kinds on, as words are: one goes on where another ends."""
        last = [*self.kinds.values()][-1:]
        x, y = (last[0][0] + last[0][2] + GAP, last[0][1]) if last else (0.0, 0.0)
        row, put, long = (last[0][3] if last else 0.0), list[tuple[float, float, list[Line]]](), self.row[0]
        waiting = [*reversed(found)]
        while waiting:
            lines, space = waiting.pop(), self.width - x
            text = " ".join(text.strip() for _, text in lines)
            first = broken(self.theme, text, space)[0].rstrip() if lines[-1][0] != IMAGE else text
            wide, high = self._size(lines if lines[-1][0] == IMAGE else [(lines[0][0], first)])
            if x and (wide > space or (first != text and space < LEAST)):
                x, y, row = 0.0, y + row, 0.0
                waiting.append(lines)
                continue
            if first != text:
                waiting.append([(lines[0][0], text[len(first) + 1 :])])
            rows = lines if lines[-1][0] == IMAGE else [(lines[0][0], first)]
            among = bool(last) and y == last[0][1]
            put.append((x, y + max(0.0, row - high) / 2 * among, rows))
            row, x = max(row, high), x + wide + GAP
            long = max(long, x - GAP)
        return put, (long, max(y + row, self.row[1]))

    def _size(self, lines: Sequence[Line]) -> Size:
        """How wide and how high some lines are."""
        images = sum(colour == IMAGE for colour, _ in lines)
        texts = [text for colour, text in lines if colour != IMAGE]
        return self.theme.widest(texts), self.theme.high(len(texts)) + images * (self.theme.high(1) + IMAGE_HIGH)

    def write(self, dot: Circuit, left: float, top: float) -> None:
        """Write it in DOT, from its left upper corner."""
        fixed = {"fixedsize": "true"}
        for kind, (x, y, wide, row) in self.kinds.items():
            high = self.theme.small * 1.9 + (CDS if kind == "input" else 0)
            ring = 8 if kind == "output" else 0
            size = {"width": f"{(wide - ring) / 72:.3f}", "height": f"{(high - ring / 2) / 72:.3f}"}
            own = {"label": kind, "fontcolor": INK, "fontsize": f"{self.theme.small:g}", "penwidth": "1"} | size | fixed
            pos = f"{left + x + wide / 2:.2f},{top - y - row / 2:.2f}"
            about = f"the shape of every {kind}"
            dot.node(f"legend-{kind}", id=f"legend-{kind}", pos=pos, tooltip=about, **node_style(kind, "") | own)
        for i, (x, y, lines) in enumerate(self.placed):
            (wide, high), id = self._size(lines), f"legend-lines{f'-{i}' if i else ''}"
            size = {"width": f"{wide / 72:.3f}", "height": f"{high / 72:.3f}", "margin": "0"}
            pos, label = f"{left + x + wide / 2:.2f},{top - y - high / 2:.2f}", flush(lines, self.theme.small)
            about = "what stands on the wires"
            dot.node(id, label, id=id, tooltip=about, shape="plaintext", pos=pos, **size, **fixed)


def broken(theme: Theme, text: str, width: float, size: float | None = None, bold: bool = False) -> list[str]:
    """A text in lines that are no wider than a place; each but the last ends in a space, and a longer word stays whole.

    >>> from minigraph.explain.circuit.theme import THEMES
    >>> broken(THEMES["screen"], "red, below it: the gradient", 60)
    ['red, below it: ', 'the gradient']
    """
    lines, line = list[str](), ""
    for word in text.split(" "):
        if line and theme.text(f"{line} {word}", size, bold) > width:
            lines.append(f"{line} ")
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def sentences(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines, each image with the line before it, and each sentence whole, which goes on after a comma or a space."""
    parts: list[list[Line]] = []
    for colour, text in lines:
        if parts and (colour == IMAGE or parts[-1][-1][1].endswith((",", " "))):
            parts[-1].append((colour, text))
        else:
            parts.append([(colour, text)])
    return parts


def _in_columns(found: Sequence[list[Line]], count: int) -> list[list[Line]]:
    """Sentences in so many columns."""
    most = -(-len(found) // count)
    columns = [found[i : i + most] for i in range(0, len(found), most or 1)]
    return [[line for part in column for line in part] for column in columns]


def _flowing(sizes: Sequence[Size], width: float) -> tuple[list[tuple[float, float]], Size]:
    """The places of things one after the other, in rows that are no wider than that, and how large all is."""
    places = list[tuple[float, float]]()
    x = y = deep = long = 0.0
    for wide, high in sizes:
        if x and x + wide > width:
            x, y, deep = 0.0, y + deep, 0.0
        places.append((x, y))
        long, deep = max(long, x + wide), max(deep, high)
        x += wide + GAP
    return places, (long, y + deep)
