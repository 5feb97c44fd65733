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

from minigraph.errors import *  # noqa: F403
from minigraph.explain.circuit import draw, draw_run
from minigraph.graph import Graph
from minigraph.node import Constant, Input, Node, Parameter, Variable
from minigraph.nodes import OPERATIONS
from minigraph.reverse import gradient
from minigraph.program import Program, compile
from minigraph.run import Gradients, Run, forward

from minigraph.training.optimizers import SGD

globals().update(OPERATIONS)
Graph.forward = forward
Graph.draw = draw
Run.draw = draw_run
