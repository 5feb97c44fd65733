"""A circuit's SVG as a browser shows it: where its nodes, frames, wires and lines of text are.

How wide letters are follows from Helvetica's own metrics, which matplotlib brings (Adobe's AFM), and for what Helvetica lacks
from the font DejaVu Sans: not from the renderer that placed them.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font

__all__ = ["Picture", "Rect", "Shape", "around", "measured"]

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
NAMES = {
    "×": "multiply", "÷": "divide", "−": "minus", "±": "plusminus", "·": "periodcentered", "…": "ellipsis", "²": "twosuperior",
    "³": "threesuperior", "√": "radical", "Σ": "summation", "∂": "partialdiff", "\xa0": "space",
    "≤": "lessequal", "≥": "greaterequal",
}  # fmt: skip
"""What Adobe calls signs beyond ASCII."""


@cache
def _metrics(bold: bool) -> dict[str, tuple[float, float, float]]:
    """For letters of Helvetica, in thousandths of its size: how wide one is, and from where to where its ink reaches."""
    file = Path(get_data_path(), "fonts", "pdfcorefonts", f"Helvetica{'-Bold' * bold}.afm")
    line = re.compile(r"^C (-?\d+) ; WX (\d+) ; N (\w+) ; B \S+ (\S+) \S+ (\S+)", re.M)
    found, named = dict[str, tuple[float, float, float]](), dict[str, tuple[float, float, float]]()
    for code, wide, name, low, high in line.findall(file.read_text(encoding="latin-1")):
        named[name] = float(wide), float(low), float(high)
        if 32 <= int(code) < 127:
            found[chr(int(code))] = named[name]
    return found | {letter: named[name] for letter, name in NAMES.items() if name in named}


@cache
def _fallback(letter: str, bold: bool) -> tuple[float, float, float]:
    font = _font(bold)
    glyph = font.load_char(ord(letter))
    low, high = glyph.bbox[1] / 64, glyph.bbox[3] / 64
    return glyph.linearHoriAdvance / 65536, low, high


@cache
def _font(bold: bool) -> FT2Font:
    font = FT2Font(str(Path(get_data_path(), "fonts", "ttf", f"DejaVuSans{'-Bold' * bold}.ttf")))
    font.set_size(1000, 72)
    return font


def measured(text: str, size: float, bold: bool = False) -> tuple[float, float, float]:
    """How wide a text is, and how far its ink reaches below and above its base line.

    >>> measured("tanh", 10)
    (19.46, -0.15, 7.18)
    """
    known = _metrics(bold)
    letters = [known.get(letter) or _fallback(letter, bold) for letter in text]
    if not letters:
        return 0.0, 0.0, 0.0
    across, low, high = zip(*letters, strict=True)
    return round(sum(across) * size / 1000, 3), min(low) * size / 1000, max(high) * size / 1000


@dataclass(frozen=True)
class Rect:
    """A part of the picture, in points from the upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def beyond(self, outer: "Rect") -> float:
        """How far this reaches out of another at most."""
        return max(outer.left - self.left, outer.top - self.top, self.right - outer.right, self.bottom - outer.bottom)

    def overlap(self, other: "Rect") -> float:
        """By how many points one would have to be moved to lie beside the other; negative where they do not touch."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return min(across, min(self.bottom, other.bottom) - max(self.top, other.top))

    @property
    def corners(self) -> np.ndarray:
        return np.array([(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)])

    def smaller(self, by: float) -> "Rect":
        return Rect(self.left + by, self.top + by, self.right - by, self.bottom - by)


@dataclass(frozen=True)
class Text:
    """A line of text, where its ink is."""

    text: str
    size: float
    ink: Rect
    base: float


@dataclass
class Shape:
    """A node or a frame: its outline, if it has one, the bar that carries a wire through its label, and its texts."""

    id: str
    kind: str
    outlines: list[np.ndarray] = field(default_factory=list)
    bars: list[Rect] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    @cached_property
    def box(self) -> Rect | None:
        return around(np.concatenate(self.outlines)) if self.outlines else None

    @property
    def middle(self) -> float:
        """How far down the middle of its left edge is: what a folder's tab adds above does not move it."""
        assert self.box is not None
        points = np.concatenate(self.outlines)
        edge = points[points[:, 0] < self.box.left + 0.1, 1]
        return float(edge.min() + edge.max()) / 2

    @property
    def is_point(self) -> bool:
        """Whether it is no more than the point of a fork, which wires run through."""
        return (
            self.box is not None and not self.texts and max(self.box.right - self.box.left, self.box.bottom - self.box.top) < 8
        )

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """What wires may end at, the outermost outline with its corners or the bar in a label, as straight lines: where each
        begins, and its way from there."""
        outer = [line for line in self.outlines if self.box and self.box.beyond(around(line)) < 1]
        lines = [*outer, *(box.corners for box in ([self.box] if self.box else self.bars))]
        return np.concatenate(lines), np.concatenate([np.concatenate([line[1:], line[:1]]) - line for line in lines])

    @cached_property
    def rects(self) -> list[Rect]:
        """Everything that it covers: its outline, or else its bar and its texts."""
        return [self.box] if self.box and self.kind == "node" else [*self.bars, *(text.ink for text in self.texts)]


@dataclass
class Wire:
    """A wire: what it joins, the way it takes, and the corners of its arrows."""

    id: str
    ends: tuple[str, str]
    way: np.ndarray
    tips: list[np.ndarray]

    @cached_property
    def points(self) -> list[np.ndarray]:
        """For each end of the way, that and the corners of an arrow there."""
        return [np.array([end, *(tip for tip in self.tips if np.hypot(*(tip - end)) < 12)]) for end in self.way[[0, -1]]]

    @property
    def reach(self) -> np.ndarray:
        """Its two ends."""
        return self.way[[0, -1]]


def around(points: np.ndarray) -> Rect:
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Rect(float(left), float(top), float(right), float(bottom))


class Picture:
    """An SVG that Graphviz made, and what is where in it, in its own points."""

    def __init__(self, svg: bytes | str) -> None:
        root = ElementTree.fromstring(svg)
        left, top, wide, high = map(float, root.attrib["viewBox"].split())
        self.page = Rect(left, top, left + wide, top + high)
        self.width, self.height = (float(re.sub("[a-z]+$", "", root.attrib[name])) for name in ("width", "height"))
        self.scale = self.width / wide
        """How many points one unit of the picture is where it is shown at its own size."""
        self.nodes: dict[str, Shape] = {}
        self.frames: dict[str, Shape] = {}
        self.wires: list[Wire] = []
        self.title = Shape("", "title")
        self._read(root, np.eye(3))

    def _read(self, element: ElementTree.Element, around: np.ndarray, into: Shape | None = None) -> None:
        at = _placed(element, around)
        kind = element.attrib.get("class") if element.tag == f"{SVG}g" else None
        title = element.findtext(f"{SVG}title", "")
        if kind == "edge":
            self.wires.append(_wire(element, title, at))
            return
        if kind in ("node", "cluster"):
            into = Shape(title, "node" if kind == "node" else "frame")
            (self.nodes if kind == "node" else self.frames)[title] = into
        elif kind == "graph":
            into = self.title
        for child in element:
            if child.tag in (f"{SVG}g", f"{SVG}a"):
                self._read(child, at, into)
            elif into is not None:
                _take(into, child, _placed(child, at))

    @property
    def shapes(self) -> list[Shape]:
        return [*self.nodes.values(), *self.frames.values(), self.title]

    @property
    def texts(self) -> Iterator[tuple[Shape, Text]]:
        return ((shape, text) for shape in self.shapes for text in shape.texts)

    def type_at(self, width: float, height: float = np.inf) -> float:
        """The smallest type, in points, where the picture is shown no wider and no higher than that."""
        shown = min(self.scale, width / (self.page.right - self.page.left), height / (self.page.bottom - self.page.top))
        return shown * min((text.size for _, text in self.texts), default=np.inf)

    @property
    def boxes(self) -> int:
        """How many boxes are drawn, without the legend's and the points of forks."""
        return sum(
            shape.box is not None and not shape.is_point for id, shape in self.nodes.items() if not id.startswith("legend")
        )

    @property
    def centres(self) -> dict[str, tuple[float, float]]:
        """The middle of everything with an outline, by what it is called."""
        boxes = {id: shape.box for id, shape in self.nodes.items() if not id.startswith("legend")}
        return {id: box.centre for id, box in boxes.items() if box}


def _placed(element: ElementTree.Element, around: np.ndarray) -> np.ndarray:
    """Where an element is, within what is around it."""
    given = element.attrib.get("transform")
    return around @ _transform(given) if given else around


def _transform(text: str) -> np.ndarray:
    matrix = np.eye(3)
    for name, inside in re.findall(r"(\w+)\(([^)]*)\)", text):
        values = [float(number) for number in NUMBER.findall(inside)]
        step = np.eye(3)
        if name == "translate":
            step[:2, 2] = [*values, 0][:2]
        elif name == "scale":
            step[0, 0], step[1, 1] = values[0], values[-1]
        elif name == "rotate":
            cos, sin = np.cos(np.radians(values[0])), np.sin(np.radians(values[0]))
            step[:2, :2] = [[cos, -sin], [sin, cos]]
        else:
            raise ValueError(f"This reader does not know the transformation {name}.")
        matrix = matrix @ step
    return matrix


def _moved(points: np.ndarray, at: np.ndarray) -> np.ndarray:
    return points @ at[:2, :2].T + at[:2, 2]


def _take(shape: Shape, element: ElementTree.Element, at: np.ndarray) -> None:
    """Put an element into the shape that it is drawn for."""
    kind, given = element.tag.removeprefix(SVG), element.attrib
    if kind == "text":
        text = _text(element, at)
        if text.text.strip():
            shape.texts.append(text)
        return
    points = _points(kind, given)
    if points is None or shape.kind == "title":
        return
    points = _moved(points, at)
    if given.get("stroke", "none") not in ("none", "transparent") and given.get("stroke-width") != "0":
        shape.outlines.append(points)
    elif given.get("fill", "none") not in ("none", "transparent"):
        shape.bars.append(around(points))


def _points(kind: str, given: dict[str, str]) -> np.ndarray | None:
    if kind in ("polygon", "polyline"):
        return np.array(NUMBER.findall(given["points"]), float).reshape(-1, 2)
    if kind in ("ellipse", "circle"):
        angle = np.linspace(0, 2 * np.pi, 33)[:-1]
        x, y = float(given["cx"]), float(given["cy"])
        wide, high = float(given.get("rx", given.get("r", 0))), float(given.get("ry", given.get("r", 0)))
        return np.stack([x + wide * np.cos(angle), y + high * np.sin(angle)], axis=1)
    if kind == "path":
        return _way(given["d"])
    if kind == "rect":
        x, y, wide, high = (float(given[name]) for name in ("x", "y", "width", "height"))
        return np.array([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)])
    return None


STEPS = np.linspace(0, 1, 13)[1:, None]
CURVE = np.concatenate(
    [(1 - STEPS) ** 3, 3 * STEPS * (1 - STEPS) ** 2, 3 * STEPS**2 * (1 - STEPS), STEPS**3], axis=1
)  # fmt: skip
"""The points along a cubic curve, by the four that it is given by."""


def _way(path: str) -> np.ndarray:
    """Points along a path of straight pieces and of cubic curves."""
    found: list[np.ndarray] = []
    for letter, inside in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = np.array(NUMBER.findall(inside), float)
        if letter in "ML":
            found.extend(numbers.reshape(-1, 2))
        elif letter == "C":
            for inner in numbers.reshape(-1, 3, 2):
                found.extend(CURVE @ np.concatenate([found[-1:], inner]))
        elif letter in "HV":
            for number in numbers:
                found.append(np.array([number, found[-1][1]] if letter == "H" else [found[-1][0], number]))
        elif letter not in "Zz":
            raise ValueError(f"This reader does not know the step {letter} of a path.")
    return np.array(found)


def _mitred(corners: np.ndarray, thick: float) -> np.ndarray:
    """How far the line around a polygon reaches at each corner. In newer versions of Graphviz the tip of an arrow is there."""
    before, after = (corners - np.roll(corners, by, axis=0) for by in (1, -1))
    outwards = _unit(before) + _unit(after)
    half = np.sqrt(1 - np.clip(np.sum(outwards**2, axis=1, keepdims=True) / 4, 0, 1))  # the sine of half of the corner's angle
    return corners + _unit(outwards) * thick / 2 / np.maximum(half, 0.25)  # where SVG cuts a corner off


def _unit(ways: np.ndarray) -> np.ndarray:
    return ways / np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-9)


def _text(element: ElementTree.Element, at: np.ndarray) -> Text:
    shown = "".join(element.itertext())
    size = float(NUMBER.findall(element.attrib["font-size"])[0])
    wide, low, high = measured(shown, size, element.attrib.get("font-weight") == "bold")
    anchor = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.attrib.get("text-anchor", "start")]
    x, y = float(element.attrib["x"]), float(element.attrib["y"])
    left = x - anchor * wide
    corners = _moved(np.array([(left, y - high), (left + wide, y - low)]), at)
    return Text(shown, size * abs(at[0, 0]), around(corners), float(_moved(np.array([[x, y]]), at)[0, 1]))


def _wire(element: ElementTree.Element, title: str, at: np.ndarray) -> Wire:
    start, _, end = title.partition("->")
    ways = [_moved(_way(path.attrib["d"]), at) for path in element.iter(f"{SVG}path")]
    tips: list[np.ndarray] = []
    for arrow in element.iter(f"{SVG}polygon"):
        corners = _points("polygon", arrow.attrib)
        tips += [*_moved(corners, at), *_moved(_mitred(corners[:-1], float(arrow.attrib.get("stroke-width", 1))), at)]
    ends = start.partition(":")[0], end.partition(":")[0]
    return Wire(title, ends, np.concatenate(ways), tips)
