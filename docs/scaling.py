"""Work out the table of docs/scaling.md that is planned on paper: `python -m docs.scaling` writes it into the page.

A model of a step on n devices, each with its part of a batch, that add up their gradients by a ring all-reduce:

    seconds of arithmetic = rows · operations of a row ÷ (n · RATE)
    seconds of all-reduce = 2 (n − 1) ÷ n · bytes of gradients ÷ bandwidth + LATENCY

Nothing else is in it: no overlap of the two, which makes it pessimistic, and no loading of rows, which makes it optimistic.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import minigraph as mg
from minigraph.core.node import Node
from minigraph.core.shapes import sized
from minigraph.ops import Conv, MatMul
from models import lenet, two_layer

PAGE = Path(__file__).with_name("scaling.md")
BEGIN, END = "<!-- planned: python -m docs.scaling -->\n", "<!-- end -->\n"
RATE = 30e12
"""Additions and multiplications a second that a device sustains: half of what one H100 has at most in float32."""
WITHIN, BETWEEN = 200e9, 10e9
"""Bytes a second that a device sends: within a host, about half of NVLink's 450 GB/s; between hosts, Ethernet of 100 Gb/s."""
LATENCY = 30e-6
"""Seconds that an all-reduce takes however little it adds up."""
FLOAT = 4
COPIES = 4
"""Arrays of a parameter's size that a step of Adam has: the parameter, its gradient, and two of state."""


@dataclass(frozen=True)
class Network:
    """What of a network the model needs."""

    name: str
    row: str
    parameters: int
    operations: float
    """Additions and multiplications of a step, for each row."""

    def bytes_sent(self, devices: int) -> float:
        """What each device sends in a step."""
        return 2 * (devices - 1) / devices * FLOAT * self.parameters

    def seconds(self, rows: float, devices: int, bandwidth: float) -> float:
        """How long a step takes."""
        sent = self.bytes_sent(devices) / bandwidth + LATENCY if devices > 1 else 0.0
        return rows * self.operations / (devices * RATE) + sent

    def pays_from(self, devices: int, bandwidth: float, efficiency: float) -> int:
        """For how many rows on each device this part of the time goes into arithmetic, at least."""
        sent = self.seconds(0, devices, bandwidth)
        return math.ceil(sent * efficiency / (1 - efficiency) * RATE / self.operations)


def multiply_adds(graph: mg.Graph, **axes: int) -> int:
    """How many multiplications, each with an addition, the products and convolutions of a forward pass have.

    >>> multiply_adds(two_layer.build(), N=1)
    2000
    """
    total = 0
    for node in graph.operations:
        if isinstance(node, MatMul | Conv):
            total += math.prod(sized(node.shape, axes)) * _terms(node)
    return total


def _terms(node: Node) -> int:
    """How many products each element is a sum of."""
    left, right = node.operands[:2]
    terms = left.shape[-1:] if isinstance(node, MatMul) else right.shape[1:]
    return math.prod(int(size) for size in terms)


def built(name: str, build: Callable[[], mg.Graph]) -> Network:
    """A network that can be built here: three products for each one of the forward pass, as each has two gradients."""
    graph = build()
    parameters = sum(math.prod(each.value.shape) for each in graph.parameters.values())
    return Network(name, "row", parameters, 6 * multiply_adds(mg.Graph(graph.outputs["loss"]), N=1))


def of_gpt(name: str, characters: int, length: int, features: int, layers: int) -> Network:
    """A GPT as models/gpt.py builds it; its rows are texts of `length` tokens."""
    layer = 12 * features**2 + 13 * features
    parameters = layers * layer + (2 * characters + length + 2) * features + characters
    terms = layers * (12 * features**2 + 2 * length * features) + characters * features
    return Network(name, f"text of {length}", parameters, 6.0 * length * terms)


def networks() -> list[Network]:
    """The networks of the table."""
    return [
        built("the article's, two_layer.py", two_layer.build),
        built("LeNet, lenet.py", lenet.build),
        of_gpt("GPT, 6 × 384", 256, 256, 384, 6),
        of_gpt("GPT, 12 × 768", 16_384, 1024, 768, 12),
        of_gpt("GPT, 24 × 1792", 32_768, 2048, 1792, 24),
    ]


def shown(size: float, units: str = " kMG") -> str:
    """A number with three digits.

    >>> shown(6_000_000)
    '6 M'
    """
    power = min(int(math.log10(max(size, 1)) // 3), len(units) - 1)
    return f"{size / 1000**power:.3g} {units[power]}".strip()


def table() -> str:
    """The table, in Markdown."""
    head = ["network", "a row", "parameters", "operations a row", "bytes sent a step, 8 devices", "Adam's arrays"]
    head += ["rows a device, 8 in a host", "rows a device, 8 hosts"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for each in networks():
        state = shown(COPIES * FLOAT * each.parameters)
        rows = [f"{each.pays_from(8, bandwidth, 0.8):,}" for bandwidth in (WITHIN, BETWEEN)]
        sent = shown(each.bytes_sent(8))
        cells = [each.name, each.row, shown(each.parameters), shown(each.operations, " kMGT"), f"{sent}B", f"{state}B", *rows]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the table as it is now."""
    return re.sub(f"(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", lambda _: f"\n{table()}\n", page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
