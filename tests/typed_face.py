"""What type checkers see of the face: tests/test_typing.py compares it with the comments, the types and what is refused."""

from typing import reveal_type

import numpy as np

import minigraph as mg


class Scale(mg.Node):
    """An operation of a user's own."""

    factor: float = 2.0

    def forward(self, x: object, out: object = None) -> object:
        return x


x = mg.Input("x", ("N", 2))
y = mg.Input("y", ("N",), dtype=np.int64)
W = mg.Parameter("W", np.ones((2, 3)))

# Operators and methods give nodes.
reveal_type(x @ W)  # Node
reveal_type((x @ W).sum())  # Node
reveal_type(1 - x.T[0] / 2)  # Node
reveal_type(-(x**2) > 0)  # Node
reveal_type(x.mean(axis=0, keepdims=True).reshape(-1, 1).astype(np.float64))  # Node
reveal_type(x.size)  # Node
reveal_type([row for row in x])  # list[Node]
reveal_type(len(x))  # int
reveal_type(x.shape)  # tuple[int | SymbolicSize, ...]
reveal_type(W.value)  # ndarray[Any, Any]

# So do operations, whichever was there before; isinstance tells which it is.
h = mg.Conv(x, W, strides=[1, 1], pads=(0, 0, 0, 0))
h = mg.Relu(h)
reveal_type(h)  # Node
reveal_type(mg.ops.Concat(x, h, 1.0, [2, 3], axis=1))  # Node
reveal_type(mg.Reshape(x, ("N", 1, 2)))  # Node
reveal_type(mg.Reshape(x, (x.size, -1), name="rows"))  # Node
reveal_type(Scale(x, factor=3.0).factor)  # float
if isinstance(h, mg.Softmax):
    reveal_type(h.axis)  # int

# NumPy's functions compose, and what they give is taken wherever a node is.
a = np.tanh(x @ W)
loss = mg.SoftmaxCrossEntropy(np.maximum(a, 0) @ W, y) + np.mean(np.where(x > 0, x, 0)) - np.log(mg.Softmax(a)).sum()
graph = mg.Graph(y=a, z=np.where(x > 0, x, 0), m=np.maximum(x, 0), mean=np.mean(x), loss=loss, names=locals())
reveal_type(graph)  # Graph
reveal_type(mg.gradient(np.sum(a), [W, a]))  # list[Node]
reveal_type(mg.blocks.dense(a, 3, rng=np.random.default_rng(0), activation=np.tanh))  # Node
reveal_type(mg.blocks.residual(a, lambda b: np.tanh(b)))  # Node
reveal_type(mg.derive(np.sum(a), W))  # Derivation
reveal_type(mg.SGD(0.1).minimize(np.sum(a)))  # Updates
reveal_type(graph.node(a))  # Node
graph.forward(x=[[1, 2]])[a]


# A function's derivative takes what the function takes.
def half(amount: float) -> float:
    return amount / 2


reveal_type(mg.trace(half, amount=()))  # Graph
reveal_type(mg.jvp(a, [W], [np.ones((2, 3))]))  # Node
reveal_type(mg.value_and_grad(half)(2.0))  # tuple[Any, Any]
mg.hessian(mg.jacobian(half, "amount"), (0,))(2.0)

# The methods of Graph and Run are the functions that they are.
run = graph.forward(x=np.ones((1, 2)), check=True)
reveal_type(run)  # Run
reveal_type(run.backward())  # Gradients
reveal_type(run.backward(a, np.ones((1, 3))))  # Gradients
reveal_type(run.draw(images=True))  # Circuit
reveal_type(run.explain())  # Page
reveal_type(graph["loss"])  # Node
reveal_type(graph.draw(derivatives=True))  # Circuit
reveal_type(graph.draw_network())  # Circuit
reveal_type(graph.derive("W", x=[[1, 2]]))  # Derivation
reveal_type(graph.explain(x=[[1, 2]]))  # Page
reveal_type(graph.lint(ignore=["log-of-softmax"]))  # LintReport
reveal_type(graph.check_gradients(x=[[1, 2]]))  # GradientReport
reveal_type(graph.compile(updates=mg.SGD(0.1).minimize(loss)))  # Program
reveal_type(graph.compile({W: W * 2, mg.Parameter("V", 0.0): np.tanh(W)}))  # Program
reveal_type(mg.compile(graph, threads=1))  # Program
reveal_type(mg.compare(graph, graph))  # Circuit
reveal_type(mg.train(graph, {"x": np.eye(2)}, optimizer=mg.Adam(0.01), epochs=2))  # History
reveal_type(mg.data.moons())  # Dataset

# What Python would refuse as it runs is refused before.
mg.Softmax(x, axs=1)  # refused
mg.Conv()  # refused
mg.Tanh(x, x)  # refused
mg.Softmax(x, axis="last")  # refused
mg.OneHot(x)  # refused
mg.Softmx(x)  # refused
mg.ops.Softmx(x)  # refused
mg.blocks.dens(x, 3)  # refused
graph.draw(derivative=True)  # refused
graph.drow()  # refused
graph.compile(update={})  # refused
run.backwards()  # refused
run.draw(image=True)  # refused
print(x.shpe)  # refused
x.summ()  # refused
x.sum(axes=0)  # refused
x // 2  # refused
float(x)  # refused
x[0] = 1  # refused
mg.Graph(loss=3)  # refused
mg.grad(3)  # refused
mg.grad(half)("two")  # refused
mg.grad(half, 0.5)  # refused
mg.gradient(a, 5)  # refused
mg.Input(3, ("N", 2))  # refused
mg.Input("x", (2.5,))  # refused
mg.SGD("fast")  # refused
