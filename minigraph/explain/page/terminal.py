"""The steps of backpropagation as a table in a terminal: the same records that the page steps through."""

from itertools import groupby

from rich.table import Table
from rich.text import Text

from minigraph.core.node import NodeLike
from minigraph.core.run import Run
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.circuit.style import plain
from minigraph.explain.page.steps import Step, steps_of
from minigraph.explain.page.worked import Worked, worked_step

__all__ = ["steps_table"]

NARROW = 64
"""Below this width, in letters, a step's name, rule and result stand below one another."""

MOST = (4, 4)
"""Where in an array the element is looked for that is worked out."""

PHASES = {"given": "Given", "value": "Forward"}


def steps_table(run: Run, output: NodeLike | str | None = None, width: int = 80) -> Table:
    """Every step of a run and of the way back, one a row: what it is called, the rule that gives it, and the result.

    A step back also works out one element. What a name holds that would steer a terminal is written as an escape.
    """
    narrow = width < NARROW
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for justify in ("right", "left") if narrow else ("right", "left", "left", "left"):
        table.add_column(justify=justify, overflow="fold")
    steps = steps_of(run, output)
    gradients = run.backward(output) if any(step.kind == "cotangent" for step in steps) else {}
    number = 0
    for phase, group in groupby(steps, lambda step: PHASES.get(step.kind, "Backward")):
        table.add_row("", Text(phase, style="bold"))
        for step in group:
            number += step.kind != "given"
            cells = _cells(step, worked_step(run, gradients, step, steps, MOST))
            if narrow:
                cells = [Text("\n").join(filter(None, cells))]
            table.add_row("" if step.kind == "given" else str(number), *cells)
    return table


def _cells(step: Step, worked: Worked | None) -> list[Text]:
    """The name, the rule with an element worked out (`at [2, 0]: 0.2 × 3 = 0.6`), and the result."""
    rule = "" if step.rule == step.name else f"= {step.rule}" if step.rule else ""
    at = f"at {list(worked.place)}: " if worked and worked.place else ""
    lines = [_safe(line) for line in (rule, f"{at}{worked}" if worked else "") if line]
    result = f"{show_shape(step.result.shape)}: {summary(step.result)}" if step.result.shape else summary(step.result)
    colour = "blue" if step.forward else "red"
    return [Text(_safe(step.name), style=colour), Text("\n".join(lines)), Text(result)]


def _safe(text: str) -> str:
    return plain(text.replace("\n", "\\n"))
