"""How a circuit is to look: for which place, how wide, in which direction, with which title and legend."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import ceil, inf
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np

from minigraph.core.errors import GraphError, nearest
from minigraph.core.node import Node
from minigraph.explain.circuit.drawing import Drawing
from minigraph.explain.circuit.layout import Layout
from minigraph.explain.circuit.legend import Legend, broken
from minigraph.explain.circuit.naming import Naming
from minigraph.explain.circuit.opening import with_fewer_frames, with_inside
from minigraph.explain.circuit.plot import Plot
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.rooms import CLOSE, Form
from minigraph.explain.circuit.style import INK, node_label
from minigraph.explain.circuit.theme import CLOSEST, THEMES, TIGHT, Spaces, Theme, theme_of
from minigraph.explain.circuit.view import View
from minigraph.readings import names_of

__all__ = ["Look"]

Formed = tuple[Naming, Form, Spaces]
"""What is shown, how numbers stand on its wires, and the distances between things."""

MARGIN, GAP = 8.0, 8.0
"""How far the picture is from its edges, and its parts from one another."""

SIZES = 1.0, 1.1, 1.2, 1.35, 1.5
"""How many times larger type is on a slide that has room for it."""

FEW = 30
"""Up to how many boxes two numbers stand beside one another on a wire."""

LINES, LEAST = 4.5, 3.2
"""For how many lines of a legend a slide has room, and where the circuit leaves the least."""

HOPELESS = 0.6
"""How much of its size a circuit has at least that is tried in ever closer ways."""

MOST = 8000
"""How many pixels wide a PNG is at most, unless asked for."""

LARGE = 1.4
"""How large the title is, next to the names in boxes."""

HIGH = 1e9
"""How high a circuit that flows down may be where nothing limits it."""


Tried = tuple[float, "Sketch", Layout]
"""A picture with its layout, and how much of its size it has where it is shown."""


class Sketch(Protocol):
    """A picture in the making: a circuit, or a comparison of two."""

    theme: Theme
    dot: Circuit
    plot: Plot

    @property
    def brief(self) -> bool:
        """Whether there is little room."""

    @property
    def keeps(self) -> bool:
        """Whether something stands in the legend's place although no legend is asked for."""

    def compose(self) -> None:
        """Everything, before it has its places."""

    def legend(self, theme: Theme, extent: float, high: float, whole: bool) -> Legend:
        """What stands below: the legend in a place of that size, or what of it is kept where none is asked for."""


@dataclass(frozen=True)
class Look:
    """How a circuit is to look; see `draw`."""

    theme: Theme = THEMES["screen"]
    width: float | None = None
    down: bool = False
    legend: bool = True
    title: str | None = None
    digits: int = 3
    scale: float | None = None
    narrow: bool = True
    """Whether numbers may stand one below the other."""

    @classmethod
    def of(
        cls, theme: str, width: float | None, direction: str, legend: bool, title: str | None, digits: int, scale: float | None
    ) -> "Look":  # fmt: skip
        """The look with these options, or a GraphError that says which of them is not what it can be."""
        if direction not in ("right", "down"):
            hint = nearest(str(direction), ("right", "down"))
            raise GraphError(f"A circuit flows 'right' or 'down', not {direction!r}.{hint}")
        if not isinstance(legend, bool | np.bool_):
            raise GraphError(f"legend says whether there is one, True or False, not {legend!r}.")
        if title is not None and not isinstance(title, str):
            raise GraphError(f"The title of a circuit is text, not {title!r}.")
        for name, number, what, least, most in (
            ("width", width, "number of points", 100, 100_000), ("scale", scale, "number of pixels for a point", 0.1, 100),
            ("digits", digits, "whole number", 1, 17),
        ):  # fmt: skip
            kind = Integral if name == "digits" else Real
            wrong = isinstance(number, bool) or not isinstance(number, kind) or not least <= float(number) <= most
            if wrong and (number is not None or name == "digits"):
                raise GraphError(
                    f"{name} is a {what} from {least:g} to {most:,}, not {number!r}.".replace(",", " ", most > 999)
                )
        return cls(theme_of(theme), width, direction == "down", bool(legend), title, int(digits), scale)

    def circuit(
        self, views: Iterable[View], readout: Readout, derivatives: bool, path: Collection[Node] | None
    ) -> Circuit:  # fmt: skip
        """The circuit of the first view that the place can hold, or else of the last.

        What fits is the graph's and the theme's alone: so a graph's circuit, derivatives and runs have one layout.
        """
        tried: list[Tried] = []
        names = cache(names_of)
        for view in views:
            forms, close = self._forms(view, names(view.graph))
            for form in close:  # what has no room in the closest forms has none in another
                tried.append(self._tried(*form, 1.0, readout, derivatives, path))
                if tried[-1][0] >= 1 or tried[-1][0] < HOPELESS:
                    break
            fits = tried[-1] if close and tried[-1][0] >= 1 else None
            for form in forms if fits or not close else ():
                for size in self.sizes:
                    found = self._tried(*form, size, readout, derivatives, path)
                    if size > 1 and found[0] < 1:
                        break
                    tried.append(found)
                if tried[-1][0] >= 1:
                    return self._written(*tried[-1][1:])
            if fits:
                return self._written(*fits[1:])
        return self._written(*max(tried, key=lambda each: each[0])[1:])

    def _tried(
        self, naming: Naming, form: Form, spaces: Spaces, size: float, readout: Readout, derivatives: bool,
        path: Collection[Node] | None,
    ) -> Tried:  # fmt: skip
        """A drawing with its layout, and how much of its size it has where it is shown."""
        theme = self.theme.larger(size)
        return self._composed(Drawing(naming, readout, derivatives, path, theme, self.down, self.digits, form, spaces))

    def fitted(self, makers: Iterable[Callable[[Theme, bool], "Sketch"]]) -> Circuit:
        """The first of some pictures that the place can hold, or else the one that is least too large.

        Each is made for a theme, and for whether it flows down.
        """
        tried: list[Tried] = []
        for make in makers:
            for size in self.sizes:
                found = self._composed(make(self.theme.larger(size), self.down))
                if size > 1 and found[0] < 1:
                    break
                tried.append(found)
            if tried[-1][0] >= 1:
                return self._written(*tried[-1][1:])
        return self._written(*max(tried, key=lambda each: each[0])[1:])

    def _composed(self, sketch: "Sketch") -> Tried:
        """A picture with its layout, and how much of its size it has where it is shown."""
        sketch.compose()
        under = self._under(sketch)
        layout = sketch.plot.place((self.theme.height or HIGH) - under if self.down else self.place - 2 * MARGIN)
        return self._factor(*self._size(layout), under), sketch, layout

    def _forms(self, view: View, names: Mapping[Any, str]) -> tuple[list[Formed], list[Formed]]:
        """A view as it is read best, and ever closer where it is large; and the closest ways, in which a slide may hold it."""
        naming = Naming(view, names)
        many, slide = len(view.items) > FEW, self.theme.height is not None
        if not self.narrow or (not many and not slide):
            return [(naming, "wide", Spaces())], []
        if not slide:
            return [(naming, "narrow", Spaces())], []
        wide: list[Formed] = [] if many else [(naming, "wide", Spaces())]
        inside = Naming(with_inside(view), names)
        fewer = Naming(with_fewer_frames(inside.view), names)
        nearer = (inside, fewer) if len(inside.view.items) <= FEW else ()
        closest: list[Formed] = [(each, form, spaces) for each in nearer for form in CLOSE for spaces in CLOSEST]
        return [*wide, (naming, "narrow", Spaces()), (naming, "flat", TIGHT)], [(inside, "flat", TIGHT), *closest]

    @property
    def place(self) -> float:
        """How wide the place is where it is shown."""
        return self.width or self.theme.width

    @cached_property
    def _titles(self) -> list[str]:
        """The title, in lines that are no wider than the place."""
        size, wide = self.theme.title * LARGE, self.place - 2 * MARGIN
        lines = self.title.split("\n") if self.title else []
        return [part.strip() for line in lines for part in broken(self.theme, line, wide, size, bold=True)]

    @property
    def _over(self) -> float:
        """How high the title is."""
        return len(self._titles) * self.theme.title * 1.7 + GAP / 2 if self.title else 0.0

    def _lines(self, sketch: "Sketch") -> float:
        """How high the legend is at most, on a slide that has no more room."""
        return self.theme.high(LEAST if sketch.brief else LINES)

    def _under(self, sketch: "Sketch") -> float:
        """How high all is, on a slide, but for the picture itself."""
        below = GAP + self._lines(sketch) if self.legend or sketch.keeps else 0.0
        return 2 * MARGIN + self._over + below

    @property
    def sizes(self) -> tuple[float, ...]:
        """How many times larger type may be."""
        return SIZES if self.theme.height is not None else SIZES[:1]

    def holds(self, size: tuple[float, float]) -> bool:
        """Whether the place can hold a picture of that size without a legend."""
        over, high = 2 * MARGIN + self._over, self.theme.height or HIGH
        return size[0] + 2 * MARGIN <= self.place and size[1] + over <= high

    def _size(self, layout: Layout) -> tuple[float, float]:
        size = layout.long, layout.before + layout.after
        return size[::-1] if self.down else size

    def _factor(self, wide: float, high: float, under: float) -> float:
        """How much of its size a circuit has where it is shown: less than 1 where it does not fit on a slide."""
        if self.theme.height is None:
            return 1.0
        return min(1.0, self.place / (wide + 2 * MARGIN), self.theme.height / (high + under))

    def _legend(self, sketch: "Sketch", size: tuple[float, float]) -> Legend:
        """The legend below a picture of that size.

        On a slide its type is as large as the picture's if all of it has room then; elsewhere it is as wide as the picture, or
        as the place, so that both take little room.
        """
        wide, high = size
        length = max(wide, self.place - 2 * MARGIN)
        if self.theme.height is None:
            tries = [sketch.legend(self.theme, each, inf, self.legend) for each in (max(wide, length / 2), length)]
            return min(tries, key=lambda legend: max(wide, legend.size[0]) * (high + legend.size[1]))
        most = max(self._lines(sketch), self.theme.height - 2 * MARGIN - self._over - high - GAP)
        large = sketch.legend(sketch.theme, length, most, self.legend)
        return sketch.legend(self.theme, length, most, self.legend) if large.left_out else large

    def _written(self, drawing: "Sketch", layout: Layout) -> Circuit:
        """The circuit with its title and its legend."""
        size = self._size(layout)
        legend = self._legend(drawing, size) if self.legend or drawing.keeps else None

        def write(left: float, top: float, deep: float) -> None:
            drawing.plot.write(layout, left, top, deep)
            drawing.plot.clusters.nest()

        return self.framed(drawing.dot, size, write, legend)

    def framed(
        self, dot: Circuit, size: tuple[float, float], write: Callable[[float, float, float], None],
        legend: Legend | None = None,
    ) -> Circuit:  # fmt: skip
        """A picture of that size with its margins, its title and its legend.

        It is written by what is told how far from the left and from the top of a page it begins, and how high the page is.
        """
        theme, (wide, high), (long, below) = self.theme, size, legend.size if legend else (0.0, 0.0)
        across = ceil(max(wide, long, theme.widest(self._titles, theme.title * LARGE, bold=True)) + 2 * MARGIN)
        deep = ceil(MARGIN + self._over + high + (GAP + below if legend else 0) + MARGIN)
        write(MARGIN, MARGIN + self._over, deep)
        if self.title:
            dot.node(
                "legend-title", node_label("\n".join(self._titles), []), id="legend-title", shape="plaintext", fontcolor=INK,
                fixedsize="true", width=f"{(across - 2 * MARGIN) / 72:.3f}", height=f"{self._over / 72:.3f}",
                fontsize=f"{theme.title * LARGE:g}",
                pos=f"{across / 2:.2f},{deep - MARGIN - (self._over - GAP / 2) / 2:.2f}",
            )  # fmt: skip
            dot.centres["legend-title"] = across / 2
        if legend:
            legend.write(dot, MARGIN, MARGIN + below)
        page = {"width": f"{across / 72:.4f}", "height": f"{deep / 72:.4f}", "pos": f"{across / 2:.2f},{deep / 2:.2f}"}
        dot.node("legend-page", "", shape="box", style="invis", fixedsize="true", **page)
        dot.scale = self.scale or min(theme.scale, MOST / across, 4 * MOST / deep)
        return dot
