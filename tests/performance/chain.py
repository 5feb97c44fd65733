"""Whether time grows in proportion to the graph: a chain of Tanh nodes, and one node that is used many times.

    python -m tests.performance.chain

Each phase is measured at a length and at ten times that length; a ratio near 10 is linear.
"""

import gc
import time

import minigraph as mg


def tanh_chain(length):
    """x, and tanh(tanh(… tanh(x)))."""
    x = z = mg.Input("x", ())
    for _ in range(length):
        z = mg.Tanh(z)
    return x, z


def fan(uses):
    """x, and eˣ + eˣ + …, in which the node eˣ is used `uses` times."""
    x = mg.Input("x", ())
    power = total = mg.Exp(x)
    for _ in range(uses - 1):
        total = total + power
    return x, total


def phases(compose, size):
    """The seconds that each phase takes."""
    seconds, start = {}, time.perf_counter()

    def lap(phase):
        nonlocal start
        seconds[phase] = time.perf_counter() - start
        gc.collect()
        start = time.perf_counter()

    gc.collect()
    x, y = compose(size)
    lap("built")
    graph = mg.Graph(y=y)
    lap("made a graph")
    run = graph.forward(x=0.5)
    lap("run")
    slope = run.backward()["x"]
    lap("differentiated numerically")
    (node,) = mg.gradient(y, [x])
    lap("differentiated symbolically")
    assert abs(mg.Graph(node).forward(x=0.5)[node] - slope) <= 1e-4 * abs(slope)
    return seconds


def table(compose, small, large, repeats=3):
    """A line for each phase: the least seconds at both sizes, and their ratio."""
    few, many = (least(phases(compose, size) for _ in range(repeats)) for size in (small, large))
    return [f"{phase:28}{few[phase]:9.3f} s{many[phase]:9.3f} s{many[phase] / few[phase]:8.1f}" for phase in few]


def least(seconds):
    """The least seconds that each phase took."""
    first, *rest = seconds
    return {phase: min([first[phase], *(each[phase] for each in rest)]) for phase in first}


def main():
    for compose, small, large in ((tanh_chain, 10_000, 100_000), (fan, 1_000, 10_000)):
        print(f"{compose.__name__}: {small:,} and {large:,} nodes", *table(compose, small, large), sep="\n")


if __name__ == "__main__":
    main()
