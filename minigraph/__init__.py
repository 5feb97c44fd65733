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

from minigraph.errors import *
from minigraph.explain.check import GradientReport, RuleCheck, check_gradients
from minigraph.explain.circuit import draw, draw_run
from minigraph.explain.page import Page, explain_graph, explain_run
from minigraph.graph import Graph
from minigraph.interop.onnx import from_onnx
from minigraph.interop.safetensors import load, save
from minigraph.node import Constant, Input, Node, Parameter, Variable
from minigraph.nodes.activation import *
from minigraph.nodes.arithmetic import *
from minigraph.nodes.comparison import *
from minigraph.nodes.convolution import *
from minigraph.nodes.einsum import *
from minigraph.nodes.index import *
from minigraph.nodes.layout import *
from minigraph.nodes.linear import *
from minigraph.nodes.loss import *
from minigraph.nodes.matrix import *
from minigraph.nodes.pooling import *
from minigraph.nodes.reduction import *
from minigraph.nodes.scatter import *
from minigraph.nodes.shape import *
from minigraph.nodes.slicing import *
from minigraph.nodes.sorting import *
from minigraph.nodes.windows import *
from minigraph.program import Program, compile
from minigraph.reverse import gradient
from minigraph.run import Gradients, Run, forward
from minigraph.training import metrics as metrics
from minigraph.training import schedules as schedules
from minigraph.training.extensions import EarlyStopping, Extension, Report, Snapshot, Statistics
from minigraph.training.history import History
from minigraph.training.metrics import accuracy
from minigraph.training.optimizer import Optimizer
from minigraph.training.optimizers import *
from minigraph.training.train import train
from minigraph.training.trainer import Trainer

__all__ = [
    "Abs",
    "Adagrad",
    "Adam",
    "AdamW",
    "Add",
    "ArgMax",
    "ArgSort",
    "ArgTopK",
    "AveragePool",
    "Cast",
    "Cholesky",
    "Col2Im",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "DTypeError",
    "DataError",
    "Det",
    "Div",
    "EarlyStopping",
    "Einsum",
    "Equal",
    "Exp",
    "Expand",
    "Extension",
    "FileError",
    "Flatten",
    "FormatError",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GradientReport",
    "Gradients",
    "Graph",
    "GraphError",
    "Greater",
    "GreaterOrEqual",
    "History",
    "Im2Col",
    "Input",
    "InputError",
    "Inverse",
    "Less",
    "LessOrEqual",
    "Lion",
    "Log",
    "LogAbsDet",
    "LogSoftmax",
    "LpPool",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "MinigraphError",
    "MissingPackageError",
    "Mul",
    "Muon",
    "Neg",
    "Node",
    "NonFiniteError",
    "OneHot",
    "OperationError",
    "Optimizer",
    "Pad",
    "Page",
    "Parameter",
    "Pow",
    "Program",
    "RMSProp",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Report",
    "Reshape",
    "RuleCheck",
    "RuleError",
    "Run",
    "SGD",
    "ScatterAdd",
    "ScatterElements",
    "ScatterND",
    "ScatterSlice",
    "Shape",
    "ShapeError",
    "Sigmoid",
    "Sign",
    "Size",
    "Slice",
    "Snapshot",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Solve",
    "Sort",
    "Sqrt",
    "Squeeze",
    "Stack",
    "Statistics",
    "Sub",
    "Tanh",
    "Tile",
    "TopK",
    "Trainer",
    "Transpose",
    "Trilu",
    "UnknownAttributeError",
    "UnknownNameError",
    "Unsqueeze",
    "Variable",
    "Where",
    "accuracy",
    "check_gradients",
    "compile",
    "from_onnx",
    "gradient",
    "train",
]

# The rooms do not know each other; here each gives Graph and Run its verb.
Graph.forward = forward
Graph.draw = draw
Graph.explain = explain_graph
Graph.save = save
Graph.load = load
Run.draw = draw_run
Run.explain = explain_run
