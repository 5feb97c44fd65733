"""One training step, done whole or not at all."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minigraph.compiler import compile
from minigraph.compiler.beside import Block, is_finite
from minigraph.compiler.mesh import Hosts
from minigraph.core.errors import NonFiniteError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Node
from minigraph.core.provenance import places
from minigraph.ops.comparison import Where
from minigraph.training.data.batches import Batch, Batches
from minigraph.training.data.loader import Loader
from minigraph.training.optim.updates import new_values

__all__ = ["Blocks", "Step"]

Blocks = Iterable[str] | str | bool
"""The blocks to compute again for their gradient, as `mg.compile` takes them."""


class _NotFinite(Exception):
    """What of a step is not finite."""


class Step:
    """The compiled graph and its updates: what stops a step leaves the variables as they were before it."""

    def __init__(
        self,
        measured: Graph,
        updates: Mapping[Variable, Node],
        rows: Batches | Loader,
        threads: int | None,
        recompute: Blocks,
        engine: str = "numpy",
        **devices: Any,
    ) -> None:
        self._measured, self._updates, self._rows = measured, updates, rows
        options: Any = {"threads": threads, "recompute": recompute, "engine": engine, **devices}
        self._program = compile(measured, updates=updates, accept=self._accept, **options)

    @property
    def threads(self) -> int:
        """Over how many threads it is spread."""
        return self._program.threads

    @property
    def hosts(self) -> Hosts:
        """The processes that compute it together."""
        return self._program.hosts

    def __call__(self, batch: Batch, epoch: int, number: int) -> Mapping[str, Any]:
        """The outputs for a batch, step `number` of the epoch, before the variables took their new values."""
        try:
            return self._program(**batch)
        except _NotFinite as error:
            found = f"{error} is not finite in epoch {epoch}, step {number}. Training stopped; the parameters are those from"
        raise NonFiniteError(f"{found} before that step.{self._first_cause(batch)}\n  {self._remedy(batch)}")

    def _accept(self, outputs: Mapping[str, Any], new: Block) -> None:
        """Raise where the loss or a new value is not finite."""
        if not is_finite(outputs["loss"]):
            raise _NotFinite("The loss")
        if not new.is_finite():
            broken = [each for each, array in zip(self._updates, new.arrays, strict=True) if not np.isfinite(array).all()]
            raise _NotFinite(f"The new value of {broken[0]}")

    def _remedy(self, batch: Batch) -> str:
        choice, row = unguarded(self._measured, batch), self._rows.first_not_finite()
        if choice is not None:
            return (
                f"What {choice} does not take has no finite slope, and 0 times infinity is not a number.{places(choice)}\n"
                "  Guard the operand too, as in np.where(c, np.sqrt(np.where(c, x, 1)), x)."
            )
        return f"Correct {row} of the training data." if row else "Lower the learning rate, or scale inputs that are large."

    def _first_cause(self, batch: Batch) -> str:
        """What a forward pass of the same batch says of the first node that is not finite, of the loss or of the updates."""
        try:
            Graph(self._measured.outputs, new_values(self._updates)).forward(check=True, **batch)
        except NonFiniteError as error:
            return f"\n  {error}"
        return ""


def unguarded(graph: Graph, given: Mapping[str, Any]) -> Where | None:
    """The first np.where to which a finite gradient arrives, and which makes it no number, where the loss itself is finite.

    >>> import minigraph as mg
    >>> x = mg.Parameter("x", [1.0, -1.0])
    >>> unguarded(Graph(loss=np.where(x > 0, np.sqrt(x), x).sum()), {})
    Where (2, float32)
    >>> unguarded(Graph(loss=np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), x).sum()), {})
    """
    run = graph.forward(**given)
    if not np.isfinite(run["loss"]).all():
        return None
    found = run.backward("loss")
    for node in graph.operations:
        if isinstance(node, Where) and node in found and np.isfinite(found[node]).all():
            behind = run.backward(node, cotangent=found[node])
            if any(np.isnan(behind[each]).any() for each in behind):
                return node
    return None
