"""From a graph to a function that NumPy runs: which passes make its task, and the arena that its buffers lie in."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.compiler.checkpointing import recomputed
from minigraph.compiler.driver import Rule, rewritten
from minigraph.compiler.emission import Part, emit
from minigraph.compiler.loops import lowered_loops
from minigraph.compiler.lowering import lowered
from minigraph.compiler.plan import Plan
from minigraph.compiler.pooling import BY_SLICES
from minigraph.compiler.primitives import LIGHTER_CALLS, LIGHTER_LOOPS, light_calls, of_static_shape
from minigraph.compiler.products import products_of_many_rows
from minigraph.compiler.scaling import scaled_once
from minigraph.compiler.shared_objects import CompilerError, compiler, functions_of, warn_once
from minigraph.compiler.windows import BY_LINES
from minigraph.core.errors import UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import names_of
from minigraph.ops.arithmetic import Mul

__all__ = [
    "ENGINES",
    "Engine",
    "Memory",
    "Task",
    "aligned",
    "available",
    "collector_paused",
    "defined",
    "source_of",
    "task_of",
    "whole",
]

ENGINES = {"numpy": "NumPy", "c": "NumPy, with what is computed element by element in loops of C", "jax": "JAX"}
"""What a program is computed by, each by the name that `mg.compile` takes."""
FUNCTIONS = Path(__file__).with_name("functions.h")
"""What the kernels need besides C itself."""
LINE = 64
"""Bytes in a line of the cache: a buffer begins at one."""


class Memory:
    """The arena of a program: the memory of its buffers.

    The functions of all sizes of a program get the same buffers, in the same order: only one of them may run at a time.

    >>> memory = Memory()
    >>> first = memory.begin()(100, np.uint8)
    >>> np.shares_memory(first, memory.begin()(60, np.uint8))
    True
    """

    def __init__(self) -> None:
        self._buffers: list[np.ndarray[Any, Any]] = []
        self._next = 0

    def begin(self) -> "Memory":
        """Hand out the buffers from the first on."""
        self._next = 0
        return self

    def __call__(self, size: int, dtype: Any) -> np.ndarray[Any, Any]:
        """The next buffer, of at least so many bytes."""
        if self._next == len(self._buffers):
            self._buffers.append(aligned(size))
        elif self._buffers[self._next].size < size:
            self._buffers[self._next] = aligned(size)
        self._next += 1
        return self._buffers[self._next - 1]

    @property
    def bytes(self) -> int:
        """How much it holds."""
        return sum(buffer.size for buffer in self._buffers)


def aligned(size: int) -> np.ndarray[Any, Any]:
    """Memory of so many bytes, which begins at a line of the cache."""
    whole = np.empty(size + LINE, np.uint8)
    start = -whole.ctypes.data % LINE
    return whole[start : start + size]


def few_windows(outputs: Sequence[Node], lighter: Sequence[Rule]) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value, from fewer windows where those are columns."""
    new = rewritten(outputs, *BY_LINES, *BY_SLICES, as_given=True)
    if all(each is node for node, each in new.items()):
        return new
    again = lowered([new[node] for node in outputs], lighter)
    return {node: again[each] for node, each in new.items() if each in again}


@dataclass(frozen=True)
class Task:
    """What is to be computed: primitives for the outputs and for the new values, from leaves, which have names."""

    outputs: Sequence[Node]
    updates: Mapping[Variable, Node]
    arguments: Sequence[Node]
    names: Mapping[Node, str]
    fused: bool = False
    """Whether what C can compute in a loop is computed so."""
    targets: Mapping[Node, Node] = field(default_factory=dict)
    """Arguments that stand for other memory, into which new values are written; else they are written over the old ones."""

    def plan(self, outputs: Sequence[Node], updates: Mapping[Variable, Node]) -> Plan:
        """The plan of a part of the task."""
        return Plan(outputs, updates, fused=self.fused)

    def rewritten(self, *passes: Callable[[Sequence[Node]], Mapping[Node, Node]]) -> "Task":
        """The same task after these passes, one after the other: each gives what takes the place of the nodes it is given."""
        task = self
        for each in passes:
            new = each([*task.outputs, *task.updates.values(), *task.arguments])
            task = Task(
                [new[node] for node in task.outputs],
                {variable: _computed(new[node]) for variable, node in task.updates.items()},
                [new[leaf] for leaf in task.arguments],
                {new[node]: name for node, name in task.names.items() if node in new},
                self.fused,
                self.targets,
            )
        return task

    def many(self) -> "Task":
        """The task for many rows."""
        products = partial(products_of_many_rows, fused=self.fused)
        return self.rewritten(partial(few_windows, lighter=self._lighter), products)

    def single(self) -> "Task":
        """The task for one row, along each of the named axes."""
        static = of_static_shape(dict.fromkeys(self.axes(), 1))
        light = () if self.fused else (light_calls,)
        return self.rewritten(lambda outputs: rewritten(outputs, static), partial(lowered, lighter=self._lighter), *light)

    def lowered(self) -> "Task":
        """The task in primitives."""
        lighter = self._lighter
        return self.rewritten(partial(lowered, lighter=lighter), scaled_once, partial(lowered_loops, lighter=lighter))

    @property
    def _lighter(self) -> Sequence[Rule]:
        return LIGHTER_LOOPS if self.fused else LIGHTER_CALLS

    def axes(self) -> list[str]:
        """The named axes of the arguments."""
        return sorted({name for node in self.arguments for name in names_of(node.shape)})


def task_of(
    whole: Graph,
    graph: Graph,
    updates: Mapping[Variable, Node],
    again: Sequence[tuple[str, ...]] = (),
    fused: bool = False,
    beside: bool = False,
) -> Task:
    """The task of a graph and its updates, both of which the `whole` graph holds, with some blocks computed `again`.

    The new values are written `beside` the old ones, or over them.
    """
    inputs = sorted(whole.inputs.values(), key=lambda node: not names_of(node.shape))
    read = [variable for variable in whole.variables.values() if variable not in updates]
    names = {node: node.name for node in whole.nodes if node.name}
    new = list(updates) if beside else []
    targets: dict[Node, Node] = {each: Leaf(f"new_{each.name}", each.shape, each.dtype) for each in new}
    names |= {target: str(target.name) for target in targets.values()}
    arguments = [*inputs, *updates, *read, *targets.values()]
    task = Task([*graph.outputs.values()], updates, arguments, names, fused, targets)
    return (task.rewritten(lambda outputs: recomputed(outputs, again)) if again else task).lowered()


def _computed(node: Node) -> Node:
    """A new value that is another leaf's, as something to compute: it is read before that leaf changes."""
    return Mul(node, 1) if isinstance(node, Leaf) else node


@dataclass
class Engine:
    """A source that defines `program`, and the parts that it is made of."""

    source: str
    parts: Sequence[Part]
    tiles: Mapping[str, int] = field(default_factory=dict)
    """For the parts that run over the rows, by title: how many rows are computed at a time, at most; none where all are."""
    c: str = field(init=False, default="")
    """Its kernels, in C."""

    def __post_init__(self) -> None:
        functions = [part.c for part in self.parts if part.c]
        if functions:
            self.c = "\n\n".join([FUNCTIONS.read_text(encoding="utf-8"), *functions]) + "\n"
            self.source += "\n\n" + "\n".join(f"# {line}".rstrip() for line in "\n\n".join(functions).splitlines()) + "\n"

    @cached_property
    def handed(self) -> dict[str, Any]:
        """What the source needs besides NumPy: constants, rules, and functions in C, compiled when they are first wanted."""
        names = {name: value for part in self.parts for name, value in part.handed.items()}
        return {**names, **(functions_of(self.c) if self.c else {})}

    @cached_property
    def program(self) -> Callable[..., Any]:
        """The function that the source defines."""
        return defined(self.source, self.handed)


def available(engine: str, random: str = "host") -> str:
    """The engine of this name, which can draw so, or "numpy", said once, where the machine does not have what it takes."""
    if engine not in ENGINES:
        known = listing([repr(name) for name in ENGINES], "or")
        raise UnknownNameError(
            f"engine={engine!r} is not one that programs run on: it is {known}.{nearest(str(engine), ENGINES)}"
        )
    if random != "host" and (random, engine) != ("device", "jax"):
        raise UnknownNameError(
            f'random={random!r} is not one that engine={engine!r} has: it is "host", or "device" with "jax".'
        )
    if engine == "c":
        try:
            compiler()
        except CompilerError as reason:
            warn_once(str(reason))
            return "numpy"
    return engine


def defined(source: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `program` that a source defines, in which these names stand for something."""
    space = dict(names)
    exec(compile(source, "<minigraph program>", "exec"), space)
    program: Callable[..., Any] = space["program"]
    return program


@contextmanager
def collector_paused() -> Iterator[None]:
    """Within it Python's garbage collector does not go through all that is being made again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def whole(task: Task) -> Engine:
    """The program that computes a whole batch at once."""
    part = emit(task.plan(task.outputs, task.updates), task.arguments, task.names, task.axes(), targets=task.targets)
    return Engine(source_of(part.source), [part])


def source_of(*parts: str) -> str:
    """The source of a program of these parts."""
    return "\n\n\n".join(["import numpy as np", *parts]) + "\n"
