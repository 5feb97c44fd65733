"""Training: a graph's loss made smaller, step by step, over the rows of a data set."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, nullcontext

from numpy.typing import ArrayLike

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import NodeLike
from minigraph.training.checks import check_whole
from minigraph.training.data.loader import Data
from minigraph.training.loop.callbacks import Checkpoint
from minigraph.training.loop.checkpoint import FILE
from minigraph.training.loop.history import History
from minigraph.training.loop.objectives import Parameters, SupportsMinimize
from minigraph.training.loop.progress import Progress
from minigraph.training.loop.step import Blocks
from minigraph.training.loop.trainer import Callback, Trainer, checked_callbacks
from minigraph.training.metrics.metrics import Metric

__all__ = ["train"]


def train(
    graph: Graph,
    data: Data,
    *,
    optimizer: SupportsMinimize | Mapping[str, SupportsMinimize],
    epochs: int,
    parameters: Parameters | Mapping[str, Parameters] | None = None,
    batch_size: int | None = None,
    validation: Data | None = None,
    test: Data | None = None,
    metrics: Mapping[str, NodeLike | Metric] | None = None,
    class_weights: str | Sequence[float] | None = None,
    sample_weight: ArrayLike | str | None = None,
    updates: Mapping[Variable, NodeLike] | None = None,
    seed: int = 0,
    threads: int | None = None,
    recompute: Blocks = (),
    engine: str = "numpy",
    mesh: Mapping[str, int] | None = None,
    shard: Mapping[str, Sequence[str | None]] | None = None,
    progress: bool = True,
    callbacks: Iterable[Callback] = (),
    checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    resume: bool = False,
) -> History:
    """Make the graph's loss smaller over the rows of `data`; its parameters change.

    An epoch takes each row once, in steps of a mini-batch each, in an order drawn anew; a loader has its own order. The figures
    of an epoch are of all its rows, each mini-batch before its step's update; those of validation and test data are of the
    graph as it is used, `mg.inference(graph)`, without dropout and by running statistics. A batch whose rows all weigh nothing,
    such as one of ignored labels, is no step and counts in no figure.

    Ctrl-C ends the run after the step, with the history so far, whose `stopped` says so, and saves it where there is a
    Checkpoint; a second Ctrl-C interrupts at once. SIGTERM does the same, and then ends the program, by SystemExit with the
    code 143.

    Parameters
    ----------
    graph : Graph
        Its loss is the output named "loss", else the first: a scalar.
    data : mapping, frame or loader
        Each input's array by its name; the first axis is the rows. Or a frame (pandas, polars, Arrow, Hugging Face's datasets),
        whose columns are the inputs, or the features x and the label y, as in a file. Or batches of these, or pairs of x and y,
        in something that is iterated for each epoch, such as PyTorch's DataLoader, or a function that gives them.
    optimizer : Optimizer, or mapping of str to Optimizer
        Such as `mg.Adam(0.001)`; or one for each of several losses, by the names of the outputs, as for a GAN:
        {"discriminator loss": mg.Adam(0.001), "generator loss": mg.Adam(0.001)}. They step at once, each by its own loss,
        and the history has all losses. Losses that take turns have a program, or a Trainer, each: see docs/recipes.md.
    epochs : int
        How many epochs are done when it ends, those of a run that is resumed counted.
    parameters : list of Parameter or str, or mapping of str to these, optional
        The parameters that change, or their names; the others are frozen, but not running statistics. Unless given, all that
        the loss depends on. With several losses, those of each by the name of the loss, no parameter twice.
    batch_size : int, optional
        How many rows a mini-batch has: all of them, unless given; the last of an epoch has what is left. A loader has its own.
    validation : optional
        The validation set, as `data`: its figures, called "validation …", are computed after each epoch.
    test : optional
        The test set, as `data`: `history.test` holds its figures at the end.
    metrics : mapping, optional
        By name scalar nodes, composed from the graph's own and computed in the same pass as the loss, or such as
        `mg.metrics.f1` gives. Unless given, a loss that compares scores with labels comes with its accuracy.
    class_weights : "balanced" or sequence of float, optional
        What the loss of each class's rows is multiplied by, in the order of the classes; "balanced": rows / (classes · rows of
        the class), by which all classes come to the same. The loss is then Σ w l / Σ w over the rows, with w the weight of the
        row's label: the loss of validation and test data too, but no metric.
    sample_weight : array_like or str, optional
        What the loss of each training row is multiplied by, 0 or more: the loss is Σ w l / Σ w. Or the name under which the
        data gives it, a column of a frame, an array of each batch, or the third of its parts. Rows of validation and test data
        weigh what these give under that name ("sample_weight" for an array), else 1; no metric is weighed.
    updates : mapping, optional
        New values of more variables, {variable: node}, to go with the optimizer's.
    seed : int
        The random seed of the order of the rows and of augmentations: they are drawn by `np.random.default_rng(seed)`.
    threads : int, optional
        Over how many threads a step is spread: one for each processor, unless given. It changes sums in their last bits alone.
    recompute : list of str, str or bool
        Gradient checkpointing, as in `mg.compile`: of the blocks that it names (of all outermost ones, for True) a step stores
        only what enters and leaves them, and computes the rest again for the gradient. It takes less memory and more time, and
        no number changes.
    engine : str
        What computes a step, as in `mg.compile`: "numpy", "c" for loops in C where the machine has a compiler, or "jax".
    mesh : mapping of str to int, optional
        With "jax", how all devices of all hosts are arranged, as in `mg.compile`: {"data": 8}. Each process then calls this
        alike; the first one writes files (docs/scaling.md).
    shard : mapping of str to sequence, optional
        Which variables are divided over which axes of the mesh, as in `mg.compile`.
    progress : bool
        Whether the epoch and its figures are shown on standard error.
    callbacks : list of Callback
        What else is done while it trains, such as `mg.EarlyStopping()`.
    checkpoint : str, path or Checkpoint, optional
        A folder, or a `mg.Checkpoint`: the run is saved there after each epoch.
    resume : bool
        Whether to go on from what is in that folder, if anything is, as if there had been no break.

    Returns
    -------
    History
        The figures of each epoch by name.

    Raises
    ------
    NonFiniteError
        Where the loss or a new value stops being finite. Then, and when training is interrupted, the parameters are those from
        before the step that was not completed.
    MinigraphError
        For what does not fit: a run that is refused changes nothing.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    >>> graph = mg.Graph(loss=((x - w) ** 2).mean())
    >>> train(graph, {"x": [1.0, 3.0]}, optimizer=mg.SGD(0.25), epochs=20, progress=False)
    History of 20 epochs: loss 5 → 1
    >>> round(float(w.value), 3)
    2.0
    """
    check_whole("epochs", epochs, 1)
    if resume and checkpoint is None:
        raise GraphError("resume=True needs the folder of the checkpoint: checkpoint=….")
    saving = checkpoint if isinstance(checkpoint, Checkpoint) or checkpoint is None else Checkpoint(checkpoint)
    every = [*checked_callbacks(callbacks), *([Progress()] if progress else []), *([saving] if saving else [])]
    trainer = Trainer(
        graph,
        data,
        optimizer=optimizer,
        parameters=parameters,
        batch_size=batch_size,
        validation=validation,
        test=test,
        metrics=metrics,
        class_weights=class_weights,
        sample_weight=sample_weight,
        updates=updates,
        seed=seed,
        threads=threads,
        recompute=recompute,
        engine=engine,
        mesh=mesh,
        shard=shard,
        callbacks=every,
    )
    with ExitStack() as own:
        if saving and resume and trainer.hosts.largest(trainer.hosts.first and (saving.folder / FILE).exists()):
            with trainer.hosts.agreed():
                own.enter_context(saving.lock if trainer.hosts.first else nullcontext())
            trainer.resume(saving.folder)
        history = trainer.run(epochs)
    trainer.use_averages()
    return history
