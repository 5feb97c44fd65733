"""The table of cases written as ONNX models: what each comes to in a runtime, and read back by `from_onnx`."""

import os
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import onnx

import minigraph as mg
from minigraph.interop.onnx.export.model import model_of
from tests.cases import CASES
from tests.ops.test_every_operation import Composed

DRAWS = ("Bernoulli", "Dropout", "DropoutMask", "RandomNormal", "RandomUniform")
WITHIN = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-9}


@dataclass(frozen=True)
class Written:
    """A case as a model: its value y, and what comes back to its operands of the gradient 1 / (2 + y + y²)."""

    model: onnx.ModelProto
    given: dict
    expected: dict


def written(case, dtype=np.float32):
    """The model of a case; a MinigraphError where it is not written.

    What is drawn at random is an input of a training step, which is given what the plain run draws.
    """
    made = Composed(case, np.dtype(dtype))
    outputs = {"value": made.y}
    if made.differentiable:
        gradients = mg.gradient(made.y, made.floating, cotangent=1 / (2 + made.y + made.y * made.y))
        outputs |= {f"gradient{i}": node for i, node in enumerate(gradients)}
    draws = case.operation in DRAWS
    model = model_of(mg.Graph(outputs), updates={} if draws else None)
    names = {each.name for each in model.graph.input}
    given = {name: array for name, array in made.given.items() if name in names}
    run = mg.Graph(outputs, **{f"given {name}": node for name, node in made.inputs.items()}).forward(
        **{name: array for name, array in made.given.items() if name in made.inputs}
    )
    if draws:
        given |= {name: draw(made) for name in names.difference(given)}
    return Written(model, given, {name: run[name] for name in outputs})


def draw(made):
    """What the operation draws for its operands: its own value, the mask of a dropout, or what is compared with p."""
    y = made.y
    if type(y) is mg.Dropout:
        return made.value(mg.DropoutMask(y.operands[0], y.operands[1], ratio=y.ratio, stream=y.stream))
    if type(y) is mg.Bernoulli:
        return made.value(mg.RandomUniform(y.operands[0], y.operands[1], stream=y.stream, to=np.float64))
    return made.value(y)


def checked(model):
    """The model, found sound by ONNX, whose shape inference finds the types and shapes that it declares."""
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    return model


def by_onnxruntime(model, given):
    """The outputs in ONNX Runtime, on one thread."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, given), strict=True))


def in_another_process(model, given):
    """The same, where the runtime may end the process: a RuntimeError then."""
    child = os.fork()
    if not child:
        try:
            by_onnxruntime(model, given)
        finally:
            os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("onnxruntime ends the process")
    return by_onnxruntime(model, given)


def by_reading_back(model, given):
    """The outputs of the graph that `from_onnx` makes of the model."""
    graph = mg.from_onnx(model)
    run = graph.forward(**{name: given[name] for name in graph.inputs})
    return {name: run[name] for name in graph.outputs}


RUNTIMES = [by_reading_back] + [by_onnxruntime] * (find_spec("onnxruntime") is not None)


def difference(found, expected):
    """What is wrong with the outputs, or nothing; type and shape must be those of the plain run too."""
    for name, right in expected.items():
        array = np.asarray(found[name])
        if (array.dtype, array.shape) != (right.dtype, right.shape):
            return f"{name} is {array.dtype} of shape {array.shape}, not {right.dtype} of shape {right.shape}"
        within = WITHIN.get(right.dtype, 0)
        size = np.abs(right[np.isfinite(right)]).max(initial=0) if right.dtype.kind == "f" else 0
        if not np.allclose(array, right, rtol=within, atol=within * size, equal_nan=right.dtype.kind == "f"):
            return f"{name} differs"
    return ""


def rows_of(operation, rows=None):
    """The cases of an operation, all or those with so many rows."""
    return [case for case in CASES if case.operation == operation and (rows is None or case.rows in (rows, None))]
