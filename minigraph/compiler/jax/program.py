"""A program that JAX compiles: the same graph and updates, for accelerators."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from minigraph.compiler.beside import Accept
from minigraph.compiler.checkpointing import paths_of
from minigraph.compiler.jax.devices import Devices, ManyDevices
from minigraph.compiler.jax.evaluation import Evaluation, choosing
from minigraph.compiler.jax.library import library, own_settings
from minigraph.compiler.jax.lowering import DRAWS, lowered_for_jax
from minigraph.compiler.jax.placement import NewValues, put_back, taken
from minigraph.compiler.locks import INSIDE, locks_of, settle, writing
from minigraph.compiler.mesh import partitions
from minigraph.compiler.program import SIZES, Program
from minigraph.compiler.threads import cores
from minigraph.compiler.validation import check, checks_of
from minigraph.core.errors import InputError, MinigraphError, OperationError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Node
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import topological_order
from minigraph.core.run import forward
from minigraph.readings.traced import Traced

__all__ = ["JaxProgram"]


class JaxProgram(Program):
    """A graph with updates, compiled by JAX: a `Program` whose variables lie on JAX's device between the steps."""

    def __init__(
        self,
        graph: Graph,
        updates: Mapping[Variable, Node],
        threads: int | None = None,
        recompute: Iterable[str] | str | bool = (),
        accept: Accept | None = None,
        mesh: Mapping[str, int] | None = None,
        shard: Mapping[str, Any] | None = None,
        random: str = "host",
    ) -> None:
        self._accept, self._draws_there = accept, random == "device"
        self.graph, self.updates, self.threads, self.engine = graph, dict(updates), threads or cores(), "jax"
        self._whole = Graph(graph.outputs, {f"new {variable.name}": node for variable, node in self.updates.items()})
        variables = {**updates, **dict.fromkeys(self._whole.variables.values())}
        divided = partitions(mesh or {}, shard, variables)
        library()
        self._devices = ManyDevices(mesh, divided) if mesh else Devices()
        self.hosts = self._devices.hosts
        self._again = paths_of(self._whole.nodes, recompute)
        self._expected = self._whole.inputs.keys()
        self._inputs = [*self._whole.inputs.values()]
        self._takes = [(str(node.name), node.dtype, f"Input {node.name!r}") for node in self._inputs]
        self._read = [variable for variable in self._whole.variables.values() if variable not in self.updates]
        self._guarded = [node for node in self._whole.operations if node.validates]
        self._watched = self._watch()
        self._lower()
        self._here = [node for node in topological_order(self._draws) if isinstance(node, Variable)]
        self._here += [each for node in self._guarded for each in choosing(node) if isinstance(each, Variable)]
        """The variables whose numbers are wanted on the host: what draws are made from, and what operations choose by."""
        locks_of(self.updates)
        self._compiled: dict[tuple[tuple[int, ...], ...], _Step] = {}
        self._last: _Step | None = None

    def _watch(self) -> list[tuple[Node, list[Node]]]:
        """The operations that choose by values which a step computes, each with these: they are checked within the step."""
        own, seen, watched = set(self.graph.nodes), set[Node](), []
        for node in self._guarded:
            chosen = choosing(node) if node.selectors or not node.trusted else set()
            by_inputs = node.selectors and all(isinstance(each, Input) or each in self._read for each in chosen)
            if chosen and not by_inputs and (node in own or not chosen <= seen):
                watched.append((node, [*chosen]))
                seen |= chosen
        return watched

    def _lower(self) -> None:
        """Find the primitives of the outputs, the new values, and what is checked within the step."""
        watched = [each for _, chosen in self._watched for each in chosen]
        nodes = [*self.graph.outputs.values(), *self.updates.values(), *watched]
        found = lowered_for_jax(nodes, self._again)
        count, total = len(self.graph.outputs), len(self.graph.outputs) + len(self.updates)
        self._results, self._news = found[:count], found[count:total]
        self._watching = dict(zip(watched, found[total:], strict=True))
        self._draws = [node for node in topological_order(found) if type(node) in DRAWS and not self._draws_there]
        self._order = topological_order(found, known={*self._inputs, *self._whole.variables.values(), *self._draws})

    @property
    def tiled(self) -> bool:
        """Whether large batches are computed in tiles of rows: they are not."""
        return False

    @property
    def source(self) -> str:
        """What XLA compiled, as it was last called, in the text form of its own language; nothing before the first call."""
        return "" if self._last is None else str(self._last.function.as_text())

    def profile(self, *, calls: int = 20, **inputs: Any) -> NoReturn:
        """A program that JAX compiled has no lines that could be timed: an OperationError that names JAX's own profiler."""
        raise OperationError(
            'A program of engine="jax" has no lines of NumPy to be timed.\n'
            '  Compile it with engine="numpy" to see them, or record a step with jax.profiler.trace(folder).'
        )

    def __call__(self, /, *unnamed: Any, **inputs: Any) -> dict[str, Any]:
        """One step, as `Program` makes it."""
        arguments = self._converted(inputs, unnamed)
        shapes = tuple([array.shape for array in arguments])
        locks = {variable._lock for variable in (*self.updates, *self._read)} - {None}
        with writing(sorted(locks - INSIDE.get(), key=id)), inside(locks), own_settings():
            settle(self._here)
            known = shapes in self._compiled
            axes = self._compiled[shapes].axes if known else _axes(self._whole, inputs)
            checks = self._compiled[shapes].checks if known else self._host_checks(axes, inputs)
            if checks:
                check(checks, arguments)
            drawn = self._drawn(axes, arguments)
            state = (taken(self.updates, self._devices.place), taken(self._read, self._devices.place))
            placed = (self._devices.give(self._inputs, arguments), self._devices.give(self._draws, drawn))
            if not known:
                self._compiled[shapes] = self._traced_step(axes, checks, (*state, *placed), inputs)
            self._last = step = self._compiled[shapes]
            results, new, refused, finite = step.function(*state, *placed)
            if self._accept is None:
                put_back([*self.updates], new)  # at once: the old arrays are no more
            library().block_until_ready((results, new))
            outputs = dict(zip(self.graph.outputs, map(np.array, results), strict=True))
            refusing = step.refusing[int(np.argmax(refused))] if step.refusing and np.any(refused) else None
            if self._accept is not None and refusing is None:
                self._accept(outputs, NewValues(new, bool(finite)))
                put_back([*self.updates], new)
        if refusing is not None:
            self._refuse(refusing, inputs)
        return outputs

    def _refuse(self, node: Node, inputs: Mapping[str, Any]) -> NoReturn:
        """Raise for values that a step computed and an operation cannot take; no variable has changed."""
        forward(self._whole, **inputs)  # it names the value too
        raise InputError(f"{described(node)} was given values that it cannot take, and the step was not made.{places(node)}")

    def _drawn(self, axes: Mapping[str, int], arguments: Sequence[Any]) -> list[Any]:
        """The random draws of a step: the very numbers that NumPy's programs draw."""
        values: dict[Node, Any] = {variable: variable._array for variable in self._here}
        evaluation = Evaluation(axes, values | dict(zip(self._inputs, arguments, strict=True)))
        evaluation.compute(topological_order(self._draws))
        return [evaluation.values[node] for node in self._draws]

    def _host_checks(self, axes: Mapping[str, int], inputs: Mapping[str, Any]) -> list[Any]:
        """What is checked before each step: what operations choose by among the inputs."""
        watched = {node for node, _ in self._watched}
        try:
            guarded = [node for node in self._guarded if node not in watched]
            return checks_of(guarded, set(self.graph.nodes), self._inputs, axes)
        except Exception:
            forward(self._whole, **inputs)
            raise

    def _traced_step(self, axes: Mapping[str, int], checks: list[Any], given: Any, inputs: Mapping[str, Any]) -> "_Step":
        """The step for inputs of these shapes, which are first met: traced, and compiled."""
        refusing: list[Node] = []

        def step(state: Any, read: Any, arguments: Any, drawn: Any) -> Any:
            return self._traced(axes, refusing, state, read, arguments, drawn)

        try:
            placed = self._devices.of_results([*self.updates])
            lowered = library().jit(step, donate_argnums=() if self._accept else 0, out_shardings=placed).lower(*given)
        except MinigraphError:
            forward(self._whole, **inputs)  # where the numbers, or sizes, are at fault, it says so
            raise
        if len(self._compiled) >= SIZES:
            self._compiled.pop(next(iter(self._compiled)))
        return _Step(lowered.compile(), axes, checks, refusing)

    def _traced(self, axes: Mapping[str, int], refusing: list[Node], state: Any, read: Any, arguments: Any, drawn: Any) -> Any:
        """What a step gives: outputs, new values, which operations refuse theirs, and whether all new values are finite."""
        jnp = library().numpy
        leaves = [*self.updates, *self._read, *self._inputs, *self._draws]
        arguments, drawn = (
            [self._devices.as_given(node, array, axes) for node, array in zip(nodes, arrays, strict=True)]
            for nodes, arrays in ((self._inputs, arguments), (self._draws, drawn))
        )
        values = dict(zip(leaves, map(Traced, [*state, *read, *arguments, *drawn]), strict=True))
        evaluation = Evaluation(axes, values, draws=self._draws_there)
        evaluation.compute(self._order)
        for node, chosen in self._watched:
            evaluation.values |= {each: evaluation.values[self._watching[each]] for each in chosen}
            evaluation.check(node)
        refusing[:] = [node for node, _ in evaluation.refusals]
        outputs = [jnp.asarray(evaluation.array(node), node.dtype) for node in self._results]
        new = [jnp.asarray(evaluation.array(node), node.dtype).reshape(node.shape) for node in self._news]
        finite = jnp.asarray([jnp.isfinite(each).all() for each in new if self._accept and each.dtype.kind == "f"], bool).all()
        refused = jnp.stack([each for _, each in evaluation.refusals]) if refusing else jnp.zeros(0, bool)
        if refusing:
            stays = refused.any()
            new = [jnp.where(stays, old, later) for old, later in zip(state, new, strict=True)]
        return outputs, new, refused, finite


@dataclass(frozen=True)
class _Step:
    """What runs for inputs of one set of shapes."""

    function: Any
    axes: Mapping[str, int]
    checks: list[Any]
    refusing: list[Node]
    """The operations that may refuse values which the step computes, in the order of the truths that it gives."""


@contextmanager
def inside(locks: Set[Any]) -> Iterator[None]:
    """Within it those who read variables of these locks need not wait: the step that has them asks."""
    token = INSIDE.set(INSIDE.get() | locks)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        INSIDE.reset(token)


def _axes(graph: Graph, inputs: Mapping[str, Any]) -> dict[str, int]:
    """The sizes of the named axes."""
    return {axis: size for axis, (size, *_) in graph.checked(inputs)[1].items()}
