"""What the plain run costs beside NumPy written by hand: the article's model, one row, forward and backward.

    OPENBLAS_NUM_THREADS=1 python -m tests.performance.overhead

The two take turns in one process, so that whatever else the machine does falls on both; the medians of the rounds are told.
"""

import statistics
import time

import numpy as np

from models.two_layer import build

ROUNDS = 200
CALLS = 20
"""How many calls a round times together."""


def cases(rows=1, seed=0):
    """The plain run and the same by hand, as functions that give the loss, the probabilities and the four gradients."""
    graph, rng = build(), np.random.default_rng(seed)
    X, Y = rng.normal(size=(rows, 2)).astype(np.float32), rng.integers(0, 2, rows)
    W1, b1, W2, b2 = (graph[name].value for name in ("W1", "b1", "W2", "b2"))

    def by_hand():
        z1 = X @ W1 + b1
        a1 = np.tanh(z1)
        z2 = a1 @ W2 + b2
        powers = np.exp(z2 - z2.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        each = np.arange(len(Y))
        loss = -np.log(probabilities[each, Y]).mean()
        dz2 = probabilities.copy()
        dz2[each, Y] -= 1
        dz2 /= len(Y)
        dW2 = a1.T @ dz2
        db2 = dz2.sum(axis=0)
        dz1 = dz2 @ W2.T * (1 - a1 * a1)
        dW1 = X.T @ dz1
        db1 = dz1.sum(axis=0)
        return loss, probabilities, dW1, db1, dW2, db2

    def plain():
        run = graph.forward(x=X, y=Y)
        slopes = run.backward()
        return run["loss"], run["probabilities"], slopes["W1"], slopes["b1"], slopes["W2"], slopes["b2"]

    return by_hand, plain


def measure(*functions, rounds=ROUNDS, calls=CALLS):
    """The median time of a call of each function, in microseconds."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, seen in zip(functions, times, strict=True):
            start = time.perf_counter()
            for _ in range(calls):
                function()
            seen.append((time.perf_counter() - start) / calls * 1e6)
    return [statistics.median(seen) for seen in times]


def main():
    by_hand, plain = measure(*cases())
    print(f"by hand {by_hand:6.1f} µs\nplain   {plain:6.1f} µs\nratio   {plain / by_hand:6.2f}")


if __name__ == "__main__":
    main()
