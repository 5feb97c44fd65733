"""minigraph: compose a computational graph, see its gradient, train it.

>>> import numpy as np
>>> import minigraph as mg
>>> x = mg.Input("x", ("N", 2))
>>> W = mg.Parameter("W", np.ones((2, 1)))
>>> loss = np.tanh(x @ W).sum()
>>> run = mg.Graph(loss=loss, names=locals()).forward(x=[[0.0, 0.0]])
>>> float(run["loss"])
0.0
"""

import typing

from minigraph import blocks as blocks
from minigraph.blocks import initializers
from minigraph.compiler import Program, compile
from minigraph.core.errors import *
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Parameter, Variable
from minigraph.core.node import Constant, Node
from minigraph.core.numpy_protocol import equivalent as _equivalent
from minigraph.core.numpy_protocol import instead as _instead
from minigraph.core.run import Gradients, Run, forward
from minigraph.core.vjp import gradient
from minigraph.explain.check import GradientReport, RuleCheck, check_gradients
from minigraph.explain.circuit.circuit import draw, draw_run
from minigraph.explain.circuit.compare import compare
from minigraph.explain.circuit.network import draw_network
from minigraph.explain.derivation import Derivation, DerivationStep, derive, derive_graph
from minigraph.explain.lint.lint import Finding, LintReport, lint
from minigraph.explain.page import Page, explain_graph, explain_run
from minigraph.interop.onnx.model import from_onnx
from minigraph.interop.safetensors import load, save
from minigraph.ops.activations import *
from minigraph.ops.arithmetic import *
from minigraph.ops.comparison import *
from minigraph.ops.convolution import *
from minigraph.ops.cross_entropy import *
from minigraph.ops.cumulative import *
from minigraph.ops.elementary import *
from minigraph.ops.gather import *
from minigraph.ops.indexing import *
from minigraph.ops.joining import *
from minigraph.ops.linalg import *
from minigraph.ops.linear import *
from minigraph.ops.losses import *
from minigraph.ops.modes import inference, state_updates
from minigraph.ops.normalization import *
from minigraph.ops.padding import *
from minigraph.ops.pooling import *
from minigraph.ops.random import *
from minigraph.ops.random import RandomState
from minigraph.ops.reductions import *
from minigraph.ops.resampling import *
from minigraph.ops.scatter import *
from minigraph.ops.shape import *
from minigraph.ops.softmax import *
from minigraph.ops.sorting import *
from minigraph.ops.windows import *
from minigraph.training import data as data
from minigraph.training.loop.callbacks import Checkpoint, EarlyStopping, Statistics
from minigraph.training.loop.history import History
from minigraph.training.loop.logs import JSONLog, TensorBoard
from minigraph.training.loop.train import train
from minigraph.training.loop.trainer import Callback, Trainer
from minigraph.training.metrics import metrics as metrics
from minigraph.training.metrics.metrics import accuracy
from minigraph.training.optim import schedules as schedules
from minigraph.training.optim.optimizer import Optimizer
from minigraph.training.optim.optimizers import *

__all__ = [
    "Abs",
    "Acos",
    "Acosh",
    "Adagrad",
    "Adam",
    "AdamW",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "ArgSort",
    "ArgTopK",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "AveragePool",
    "BatchNormalization",
    "Bernoulli",
    "BinaryCrossEntropy",
    "Callback",
    "Cast",
    "Ceil",
    "Celu",
    "Checkpoint",
    "Cholesky",
    "Clip",
    "Col2Im",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "Cos",
    "Cosh",
    "CosineSimilarity",
    "CumProd",
    "CumSum",
    "DTypeError",
    "DataError",
    "DepthToSpace",
    "Derivation",
    "DerivationStep",
    "Det",
    "Div",
    "Dropout",
    "DropoutMask",
    "EarlyStopping",
    "Einsum",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "Expm1",
    "FileError",
    "Finding",
    "Flatten",
    "Floor",
    "FormatError",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GradientReport",
    "Gradients",
    "Graph",
    "GraphError",
    "Greater",
    "GreaterOrEqual",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Hinge",
    "History",
    "Huber",
    "Identity",
    "Im2Col",
    "Input",
    "InputError",
    "InstanceNormalization",
    "Inverse",
    "IsInf",
    "IsNaN",
    "JSONLog",
    "KLDivergence",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "LintReport",
    "Lion",
    "Log",
    "Log1p",
    "LogAbsDet",
    "LogSigmoid",
    "LogSoftmax",
    "LpNormalization",
    "LpPool",
    "MatMul",
    "Max",
    "MaxPool",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Min",
    "MinigraphError",
    "Mish",
    "MissingPackageError",
    "Mod",
    "Mul",
    "Muon",
    "Neg",
    "NegativeLogLikelihood",
    "Node",
    "NonFiniteError",
    "Not",
    "OneHot",
    "OperationError",
    "Optimizer",
    "Or",
    "PRelu",
    "Pad",
    "Page",
    "Parameter",
    "Pow",
    "Program",
    "RMSNormalization",
    "RMSProp",
    "RandomNormal",
    "RandomState",
    "RandomUniform",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "ReduceVariance",
    "Relu",
    "Reshape",
    "Resize",
    "Round",
    "RuleCheck",
    "RuleError",
    "Run",
    "SGD",
    "ScatterAdd",
    "ScatterElements",
    "ScatterND",
    "ScatterSlice",
    "Selu",
    "Shape",
    "ShapeError",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Size",
    "Slice",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Softsign",
    "Solve",
    "Sort",
    "SpaceToDepth",
    "Sqrt",
    "Squeeze",
    "Stack",
    "Statistics",
    "StopGradient",
    "Sub",
    "Swish",
    "Tan",
    "Tanh",
    "TensorBoard",
    "ThresholdedRelu",
    "Tile",
    "TopK",
    "Trainer",
    "Transpose",
    "Trilu",
    "TripletMargin",
    "UnknownAttributeError",
    "UnknownNameError",
    "UnreadableRuleError",
    "Unsqueeze",
    "Variable",
    "Where",
    "Xor",
    "accuracy",
    "check_gradients",
    "compare",
    "compile",
    "derive",
    "from_onnx",
    "gradient",
    "inference",
    "state_updates",
    "train",
]

if not typing.TYPE_CHECKING:  # to a type checker it would say that any name is one of minigraph's

    def __getattr__(name):
        """Refuse a name that minigraph does not have, with what to write instead."""
        room = next((each for each in (blocks, data, initializers, metrics, schedules) if name in each.__all__), None)
        remedy = f" It is mg.{room.__name__.rpartition('.')[2]}.{name}." if room else ""
        if not name.startswith("_"):
            remedy = remedy or _equivalent(f"mg.{name}") or _instead(name, __all__)
        raise UnknownAttributeError(f"minigraph has no attribute {name!r}.{remedy}")


# The rooms do not know each other; here each gives Graph and Run its verb.
Graph.forward = forward
Graph.draw = draw
Graph.draw_network = draw_network
Graph.derive = derive_graph
Graph.explain = explain_graph
Graph.lint = lint
Graph.save = save
Graph.load = load
Run.draw = draw_run
Run.explain = explain_run
del globals()["explain"]  # a room of the package, and no function: graph.explain() writes the page
