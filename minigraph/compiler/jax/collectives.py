"""What the devices of a mesh tell each other in a step, read from what XLA compiled."""

import re
from math import prod

__all__ = ["collectives"]

KINDS = "all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute"
CALL = re.compile(rf"= (\([^)]*\)|\S+) ({KINDS})(?:-done)?\(")
"""A call of one of them, or of what ends one that runs beside other work, with the shape of what each device then has."""
SHAPE = re.compile(r"([a-z]+)(\d*)\[([\d,]*)\]")


def collectives(source: str) -> dict[str, tuple[int, int]]:
    '''How many collective operations of each kind a step has, and how many bytes of results a device gets from them.

    Parameters
    ----------
    source : str
        `step.source`, after a call: a loop's operations are in it once, whatever its length.

    >>> collectives("""
    ...   %sum = (f32[], f32[2,500]{1,0}) all-reduce(%loss, %dW1), channel_id=1
    ...   ROOT %W2 = f32[500,2]{1,0} all-gather(%part), dimensions={0}
    ... """)
    {'all-reduce': (1, 4004), 'all-gather': (1, 4000)}
    '''
    found: dict[str, tuple[int, int]] = {}
    for shapes, kind in CALL.findall(source):
        count, size = found.get(kind, (0, 0))
        each = [int(bits or 8) // 8 * prod(map(int, filter(None, axes.split(",")))) for _, bits, axes in SHAPE.findall(shapes)]
        found[kind] = count + 1, size + sum(each)
    return found
