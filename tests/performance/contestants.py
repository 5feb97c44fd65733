"""How each contestant computes what a row of tests.performance.networks wants: a training step, or a function of arrays.

Each is written as its users write it. A package is imported when its contestant is made, in a process of its own, and nothing
is timed before it is done.
"""

import os

import numpy as np

from tests.performance.contest import Row

__all__ = ["RATE", "function", "torch_of", "training", "weights_of"]

RATE = 0.001


def weights_of(graph):
    """The arrays of a graph's parameters, by name."""
    return {str(name): np.asarray(parameter.value) for name, parameter in graph.parameters.items()}


def training(graph, inputs, network=None, scores=None, optimizer="Adam"):
    """A row of a training step: forward, the mean cross-entropy, backward, and the optimizer.

    Parameters
    ----------
    graph
        A function that gives minigraph's graph, with the inputs x and y.
    inputs
        A function that gives x and y.
    network
        A function of torch and the arrays that gives PyTorch's module, with these weights.
    scores
        A function of jax, the weights and x that gives the scores, written for JAX.
    optimizer
        "Adam" or "SGD", of the rate RATE.
    """

    def data():
        x, y = inputs()
        return {"x": x, "y": y, **weights_of(graph())}

    def minigraph(engine):
        def made(arrays, threads):
            import minigraph as mg

            own = graph()
            updates = getattr(mg, optimizer)(RATE).minimize(own["loss"])
            program = mg.compile(mg.Graph(loss=own["loss"]), updates=updates, threads=threads, engine=engine)
            x, y = arrays["x"], arrays["y"]
            return lambda: program(x=x, y=y)["loss"]

        return made

    def pytorch(compiled):
        def made(arrays, threads):
            torch = torch_of(threads)
            module = network(torch, arrays)
            own = getattr(torch.optim, optimizer)(module.parameters(), RATE)
            x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])

            def loss_of(x, y):
                found = module(x)
                return torch.nn.functional.cross_entropy(found.reshape(-1, found.shape[-1]), y.reshape(-1))

            called = torch.compile(loss_of) if compiled else loss_of

            def step():
                own.zero_grad()
                loss = called(x, y)
                loss.backward()
                own.step()
                return loss.item()

            return step

        return made

    contestants = {"minigraph": minigraph("numpy"), "minigraph c": minigraph("c")}
    if network:
        contestants |= {"PyTorch": pytorch(False), "PyTorch compiled": pytorch(True)}
    if scores:
        contestants["JAX"] = lambda arrays, threads: _jax_training(scores, arrays, optimizer)
    return Row(data, contestants)


def _jax_training(scores, arrays, optimizer):
    import jax
    import jax.numpy as jnp

    def loss_of(weights, x, y):
        found = jax.nn.log_softmax(scores(jax, weights, x))
        return -jnp.take_along_axis(found, y[..., None], axis=-1).mean()

    def adam(weight, slope, mean, square, t):
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope * slope
        scaled = (mean / (1 - 0.9**t)) / (jnp.sqrt(square / (1 - 0.999**t)) + 1e-8)
        return weight - RATE * scaled, mean, square

    def stepped(state, x, y):
        weights, means, squares, t = state
        loss, slopes = jax.value_and_grad(loss_of)(weights, x, y)
        if optimizer == "SGD":
            return loss, ({name: weights[name] - RATE * slopes[name] for name in weights}, means, squares, t)
        new = {name: adam(weights[name], slopes[name], means[name], squares[name], t + 1) for name in weights}
        return loss, (*({name: each[i] for name, each in new.items()} for i in range(3)), t + 1)

    stepped = jax.jit(stepped, donate_argnums=0)
    x, y = jnp.asarray(arrays.pop("x")), jnp.asarray(arrays.pop("y"))
    zeros = [{name: jnp.zeros(array.shape) for name, array in arrays.items() if optimizer == "Adam"} for _ in range(2)]
    state = ({name: jnp.asarray(array) for name, array in arrays.items()}, *zeros, jnp.zeros(()))

    def step():
        nonlocal state
        loss, state = jax.block_until_ready(stepped(state, x, y))
        return float(loss)

    return step


def function(data, graphs, torch=None, jax=None):
    """A row of functions of arrays, without an optimizer.

    Parameters
    ----------
    data
        A function that gives the arrays, by name.
    graphs
        A function of minigraph that gives a graph for each part, by its name; its inputs have names of arrays.
    torch, jax
        Functions of the package and its arrays that give a function without arguments for each part; for JAX functions of
        arrays by name, which are compiled.
    """

    def minigraph(engine):
        def made(arrays, threads):
            import minigraph as mg

            def step_of(graph):
                program = mg.compile(graph, threads=threads, engine=engine)
                given = {name: arrays[name] for name in graph.inputs}
                return lambda: [*program(**given).values()]

            return {part: step_of(graph) for part, graph in graphs(mg).items()}

        return made

    def pytorch(compiled):
        def made(arrays, threads):
            package = torch_of(threads)
            found = torch(package, {name: package.from_numpy(array) for name, array in arrays.items()})
            return {part: package.compile(each) for part, each in found.items()} if compiled else found

        return made

    def by_jax(arrays, threads):
        import jax as package

        given = {name: package.numpy.asarray(array) for name, array in arrays.items()}

        def step_of(called):
            called = package.jit(called)
            return lambda: package.block_until_ready(called(given))

        return {part: step_of(each) for part, each in jax(package).items()}

    contestants = {"minigraph": minigraph("numpy"), "minigraph c": minigraph("c")}
    if torch:
        contestants |= {"PyTorch": pytorch(False), "PyTorch compiled": pytorch(True)}
    if jax:
        contestants["JAX"] = by_jax
    return Row(data, contestants)


def torch_of(threads):
    """PyTorch, on so many threads, or on as many as there are processors."""
    import torch

    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    return torch
