"""A program: the outputs and the updates of a graph, computed together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from minigraph.compiler.beside import Accept, Beside, Block
from minigraph.compiler.checkpointing import paths_of
from minigraph.compiler.engine import Engine, Memory, available, collector_paused, task_of, whole
from minigraph.compiler.locks import INSIDE, locks_of, settle, writable_arrays, writing
from minigraph.compiler.mesh import ALONE, Hosts, checked_mesh
from minigraph.compiler.profile import clocked, largest_product, report
from minigraph.compiler.shared_objects import CompilerError, warn_once
from minigraph.compiler.threads import cores, on_one_thread, one_thread, spread
from minigraph.compiler.tiles import LEAST_TILE, Tiling, tiling
from minigraph.compiler.validation import check, checks_of
from minigraph.core.errors import InputError, MinigraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable, current_arrays
from minigraph.core.node import Node, NodeLike
from minigraph.core.run import forward
from minigraph.core.values import as_array
from minigraph.ops.modes import checked_updates

__all__ = ["Program", "compile"]

SCRATCH = 512
"""How many elements NumPy's loops convert or repeat at a time: each call allocates memory for them. NumPy's choice is 8192."""
LARGE = 1 << 20
"""Additions and multiplications of a product from which on BLAS may spread it over threads, unless it is told not to."""
NO_BLOCK = Block(())
SIZES = 32
"""For how many sizes of the named axes the steps of a program are stored."""


class Program:
    """A graph with updates, as one callable: it gives the outputs by name, and then the variables take their new values.

    Every new value is computed from the old ones before any variable changes. Calls from several threads run one after the
    other. `mg.compile` makes it.
    """

    hosts: Hosts = ALONE
    """The processes that compute it together."""

    def __init__(
        self,
        graph: Graph,
        updates: Mapping[Variable, Node],
        threads: int | None = None,
        recompute: Iterable[str] | str | bool = (),
        engine: str = "numpy",
        accept: Accept | None = None,
    ) -> None:
        self.graph, self.updates, self.threads = graph, dict(updates), threads or cores()
        self._accept, self._beside = accept, Beside([*updates])
        self._whole = Graph(graph.outputs, {f"new {variable.name}": node for variable, node in self.updates.items()})
        self._again = paths_of(self._whole.nodes, recompute)
        with collector_paused():
            self._use(engine)
        self._axes = self._task.axes()
        self._repeats = any(each.plan.loops for each in self._batch.parts)
        self._guarded = [node for node in self._whole.operations if node.validates]
        """The operations that check the values that they are given."""
        self._inputs = [node for node in self._task.arguments if isinstance(node, Input)]
        self._expected = self._whole.inputs.keys()
        self._takes = [(str(node.name), node.dtype, f"Input {node.name!r}") for node in self._inputs]
        self._read = [node for node in self._task.arguments if isinstance(node, Variable) and node not in self.updates]
        self._memory = Memory()
        locks = locks_of(self.updates)
        self._locks = sorted(locks - INSIDE.get(), key=id)
        self._quiet = copy_context()
        """In which steps run: without NumPy's warnings, with short scratch arrays, and knowing the locks that they have."""
        self._quiet.run(INSIDE.set, locks)
        self._quiet.run(np.seterr, all="ignore")
        self._quiet.run(np.setbufsize, SCRATCH)
        self._steps: dict[tuple[tuple[int, ...], ...], _Step] = {}

    def _use(self, engine: str) -> None:
        """Take an engine, and write the program for many rows; those for one and in tiles are written when they are wanted."""
        self.engine = engine
        """What the program is computed by: "numpy", also where "c" was asked for and the machine has no compiler of C."""
        beside = self._accept is not None
        self._plain = task_of(self._whole, self.graph, self.updates, self._again, fused=engine == "c", beside=beside)
        self._task = self._plain.many()
        self._batch = self._latest = whole(self._task)
        for written in ("_tiles", "_single"):
            self.__dict__.pop(written, None)

    @cached_property
    def _tiles(self) -> Tiling | None:
        return tiling(self._task)

    @cached_property
    def _single(self) -> Engine:
        return whole(self._plain.single())

    @property
    def tiled(self) -> bool:
        """Whether large batches are computed in tiles of rows: then the memory for their values does not grow with the rows."""
        return self._tiles is not None and not self._tiles.keeps

    @property
    def source(self) -> str:
        """The NumPy program, as it was last called: paste it into a program of your own.

        With `engine="c"` the loops in C follow it as comments.
        """
        return self._latest.source

    def __call__(self, /, *unnamed: Any, **inputs: Any) -> dict[str, Any]:
        """One step.

        Parameters
        ----------
        inputs : array_like
            Each input of the graph by its name, of its shape; it is converted to its element type.

        Returns
        -------
        dict
            The outputs by name: arrays of the caller's own, which no later call changes.

        Raises
        ------
        MinigraphError
            Where an input is missing, or of another shape or type, or a value is one that an operation cannot take: no variable
            has changed then.
        """
        arguments = self._converted(inputs, unnamed)
        shapes = tuple([array.shape for array in arguments])
        read = current_arrays(self._read) if self._read else ()
        failure = None
        with writing(self._locks):
            step = self._steps.get(shapes) or self._step(shapes, inputs)
            self._latest = step.engine
            if step.checks:
                self._quiet.run(check, step.checks, arguments)
            try:
                state, block = self._state()
                results = self._quiet.run(step.function, *arguments, *state, *read, *block.arrays)
            except Exception as error:
                failure = error
            else:
                outputs = dict(zip(self.graph.outputs, results))  # noqa: B905 - asking whether both are as long takes a while
                if self._accept is not None:
                    self._accept(outputs, block)
                    self._beside.take(block)
        if failure is not None:
            forward(self._whole, **inputs)  # it names the node that fails, and its line
            raise failure
        return outputs

    def profile(self, *, calls: int = 20, **inputs: Any) -> str:
        """What a step does: memory, arithmetic, and the time that each of its lines takes.

        Parameters
        ----------
        calls : int
            How many calls, after a first one, the times are the mean of; they run on one thread, products too where those of
            the step do, and no variable is changed.
        inputs : array_like
            As a step takes them. The report holds for inputs of these sizes.

        Returns
        -------
        str
            A line for each part of the program, and for each of its lines: microseconds, additions and multiplications (or
            elements), and the line.
        """
        before = [(variable, variable.value) for variable in self.updates]
        self(**inputs)
        _, sizes = self._whole.checked(inputs)
        key = tuple(sizes[axis][0] for axis in self._axes)
        seconds: dict[str, float] = defaultdict(float)
        read = current_arrays(self._read)
        alone = bool(self._latest.tiles) or any(step.alone for step in self._steps.values() if step.engine is self._latest)
        with writing(self._locks), one_thread() if alone else nullcontext():
            step = self._quiet.run(clocked(self._latest, seconds), *(() if self._is_single(key) else key))
            for _ in range(calls):
                arguments = self._converted(inputs)
                state, block = self._state()
                self._quiet.run(step, *arguments, *state, *read, *block.arrays)
        for variable, value in before:
            variable.value = value
        return report(self._latest, dict(zip(self._axes, key, strict=True)), {k: v / calls for k, v in seconds.items()})

    def __repr__(self) -> str:
        return f"Program of {self.graph!r}, {len(self.updates)} updates"

    def _state(self) -> tuple[list[np.ndarray[Any, Any]], Block]:
        """The arrays that a step reads the variables from, and the block for their new values where it writes over none."""
        if self._accept is None:
            return writable_arrays(self.updates), NO_BLOCK
        settle(self.updates)
        return [variable._array for variable in self.updates], self._beside.free()

    def _converted(self, inputs: Mapping[str, Any], unnamed: tuple[Any, ...] = ()) -> list[np.ndarray[Any, Any]]:
        """The inputs as arrays of their types, in the order in which a step takes them."""
        if unnamed:
            example = ", ".join(f"{name}=…" for name in self._whole.inputs)
            raise InputError(f"The inputs of a program are given by name: step({example}).")
        if inputs.keys() != self._expected:
            self._whole.checked(inputs)  # it says what is missing, or is no input
        arrays = []
        for name, dtype, owner in self._takes:
            array = inputs[name]
            arrays.append(array if type(array) is np.ndarray and array.dtype is dtype else as_array(array, dtype, owner))
        return arrays

    def _step(self, shapes: tuple[tuple[int, ...], ...], inputs: Mapping[str, Any]) -> "_Step":
        """The step for inputs of these shapes, which are first met: checked, and prepared."""
        _, sizes = self._whole.checked(inputs)
        bytes_before = self._memory.bytes
        try:
            with collector_paused():
                step = self._prepared(tuple(sizes[axis][0] for axis in self._axes))
        except MinigraphError:
            raise
        except Exception:  # in what follows from constants and sizes alone
            self._quiet.run(forward, self._whole, **inputs)
            raise
        if self._memory.bytes > bytes_before or len(self._steps) == SIZES:
            self._steps.clear()  # the others hold on to smaller memory, or are many
        self._steps[shapes] = step
        return step

    def _prepared(self, sizes: tuple[int, ...]) -> "_Step":
        """The step for these sizes of the named axes, by NumPy where kernels cannot be compiled."""
        try:
            return self._chosen(sizes)
        except CompilerError as reason:
            warn_once(str(reason))
            self._use("numpy")
            return self._chosen(sizes)

    def _chosen(self, sizes: tuple[int, ...]) -> "_Step":
        """The step for these sizes of the named axes: for one row, for all rows at once, or for tiles on so many threads."""
        counts = dict(zip(self._axes, sizes, strict=True))
        checks = checks_of(self._guarded, set(self.graph.nodes), self._inputs, counts)
        memory = self._memory.begin()
        if self._is_single(sizes):
            return _Step(self._single, self._quiet.run(self._single.program, memory), checks)
        many = bool(sizes) and (sizes[0] > LEAST_TILE or largest_product(self._batch, counts) >= LEAST_TILE * LARGE)
        tiles = self._tiles if many else None
        workers = max(min(self.threads, sizes[0] // tiles.rows_per_thread), 1) if tiles else 1
        if tiles is None or (workers == 1 and sizes[0] <= tiles.tile):
            function = self._quiet.run(self._batch.program, *sizes, memory)
            alone = self.threads == 1 and largest_product(self._batch, counts) >= LARGE
            return _Step(self._batch, on_one_thread(function) if alone else function, checks, alone)
        engine = tiles.engine
        return _Step(engine, self._quiet.run(engine.program, *sizes, memory, workers, spread), checks)

    def _is_single(self, sizes: tuple[int, ...]) -> bool:
        """Whether there is one row, along each named axis, and a program of its own for it: a loop has none."""
        return set(sizes) == {1} and not self._repeats


@dataclass(frozen=True)
class _Step:
    """What runs for one set of sizes."""

    engine: Engine
    function: Callable[..., Any]
    checks: list[tuple[Node, list[Any]]]
    alone: bool = False
    """Whether BLAS is to take one thread; tiles see to that themselves."""


def compile(
    graph: Graph | NodeLike,
    updates: Mapping[Variable, NodeLike] | None = None,
    threads: int | None = None,
    recompute: Iterable[str] | str | bool = (),
    engine: str = "numpy",
    accept: Accept | None = None,
    mesh: Mapping[str, int] | None = None,
    shard: Mapping[str, Sequence[str | None]] | None = None,
    random: str = "host",
) -> Program:
    """A program that computes the graph's outputs and applies the updates.

    The graph is lowered to NumPy calls into memory that is planned ahead. Where the graph has one named axis and nothing mixes
    the rows along it but sums over them, such as a loss and its gradients, large batches are computed in tiles of rows that fit
    the cache, spread over threads.

    Parameters
    ----------
    graph : Graph or Node
        What to compute.
    updates : mapping of Variable to Node, optional
        The variables that each call changes, and their new values, of the same shape and type.
    threads : int, optional
        On how many threads tiles are computed at most: as many as there are processors, unless given. With 1, a product takes
        one thread too, also where there are no tiles; else BLAS decides on how many it computes one that is in no tile.
    recompute : str, iterable of str or bool
        Gradient checkpointing (rematerialisation): the blocks (`mg.blocks.block`) whose values are not stored for the gradient
        but computed again when it comes back to them, or True for every outermost one. Only what enters and leaves such a
        block is stored. The numbers stay the same, and a step takes up to a third longer.
    engine : str
        What computes: "numpy"; "c" for loops in C around the calls of NumPy that C does not do better; "jax" for JAX, which
        compiles the step for an accelerator where it has one (docs/scaling.md). Numbers differ in their last bits: sums, e^x
        and tanh are rounded otherwise. Loops in C are compiled by the machine's compiler, and stored in the user's cache
        folder. Where there is none, a RuntimeWarning says so, once, and NumPy computes.
    accept : callable, optional
        What is given the outputs of a step and the block of its new values, `minigraph.compiler.beside.Block`, before any
        variable changes: where it raises an error, none does, nor where the step is interrupted. The new values are then
        written beside the old ones, which takes more memory.
    mesh : mapping of str to int, optional
        With "jax", how all devices of all hosts are arranged: {"data": 4, "model": 2} are eight. The rows of each batch, the
        first axis of an input where it is named, are divided over "data" (docs/scaling.md).
    shard : mapping of str to sequence, optional
        Which variables are divided, by their names, and over which axis of the mesh each of their axes is, or None:
        {"W1": (None, "model")}. The optimizer's state follows its parameter; what is not named lies whole on each device.
    random : str
        Who draws random numbers: "host", the same for every engine; with "jax" also "device", other numbers, sooner drawn.

    Returns
    -------
    Program
        A callable, `step(x=…)`.

    Raises
    ------
    GraphError
        Where what is updated is no variable, or its new value no node; where `recompute` names no block of the graph; where
        the updates leave out a random state, or running statistics, that training changes; for a mesh that is not one of all
        devices.
    UnknownNameError
        For an engine, a way to draw, a variable or an axis of the mesh that there is not.
    MissingPackageError
        For "jax" where JAX is not installed.
    ShapeError, DTypeError
        Where a new value has not the shape, or the type, of its variable, or the mesh does not divide one evenly.

    Source: for gradient checkpointing T. Chen and others, "Training Deep Nets with Sublinear Memory Cost", 2016.

    >>> import minigraph as mg
    >>> w = mg.Parameter("w", 3.0)
    >>> step = compile(mg.Graph(loss=w * w), updates={w: w * 0.5})
    >>> float(step()["loss"]), float(w.value)
    (9.0, 1.5)
    """
    arranged = checked_mesh(mesh, shard, engine)
    engine = available(engine, random)
    graph = graph if isinstance(graph, Graph) else Graph(graph)
    checked = checked_updates(graph, updates)
    if engine == "jax":
        jax = import_module("minigraph.compiler.jax")
        program: Program = jax.JaxProgram(graph, checked, threads, recompute, accept, arranged, shard, random)
        return program
    return Program(graph, checked, threads, recompute, engine, accept)
