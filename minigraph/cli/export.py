"""`minigraph export`: a model written for other runtimes."""

from pathlib import Path
from typing import Annotated

import typer

import minigraph as mg
from minigraph.cli.fitting import check_nothing_set, model_as_set
from minigraph.cli.options import Parameters, SetOption
from minigraph.cli.say import say
from minigraph.core.errors import listing
from minigraph.core.shapes import show_shape
from minigraph.interop.onnx.export.model import USUAL
from minigraph.training.loop.evaluation import Predictor
from minigraph.training.runs.folder import is_run, with_parameters
from minigraph.training.runs.trained import open as open_run

__all__ = ["export"]


def export(
    model: Annotated[
        str,
        typer.Argument(
            metavar="DIR|MODEL", help="The folder of a training, or a model: a Python file with build(), or a dotted name."
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, such as model.onnx.")],
    output: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A node that is an output; give it again for each.  [default: what is predicted from x, else all]",
        ),
    ] = None,
    opset: Annotated[int, typer.Option(metavar="N", help="The operator set, from 18 on.")] = USUAL,
    parameters: Parameters = None,
    pairs: SetOption = None,
) -> None:
    """Write a model as ONNX, which other runtimes run.

    It is the model as it is used once it is trained: dropout leaves nothing out. What ONNX cannot say is refused, by the node.
    """
    if is_run(Path(model)):
        check_nothing_set(Path(model), pairs)
        graph = open_run(model, parameters).graph
    else:
        graph = model_as_set(model, pairs)
        if parameters:
            graph = with_parameters(graph, parameters)
    if file.is_dir():
        raise mg.FileError(f"{file} is a folder: give the file to write.")
    used = mg.inference(mg.Graph({name: graph[name] for name in output})) if output else _predicting(graph)
    path = used.to_onnx(file, opset=opset)
    inputs, outputs = (
        listing(f"{name} ({show_shape(node.shape)})" for name, node in nodes.items()) for nodes in (used.inputs, used.outputs)
    )
    say(f"Written to {path}: takes {inputs}, gives {outputs}")
    if graph.parameters and not (parameters or is_run(Path(model))):
        say("Note: its parameters are those that training begins with. The folder of a training has its own.", stderr=True)


def _predicting(graph: mg.Graph) -> mg.Graph:
    """What the graph predicts from its input x alone, or all of it where it has no such output."""
    try:
        return Predictor(graph).graph
    except mg.GraphError:
        return mg.inference(graph)
