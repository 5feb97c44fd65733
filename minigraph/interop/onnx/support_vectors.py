"""Support vector machines of ONNX-ML.

Source: C.-C. Chang, C.-J. Lin, "LIBSVM: A Library for Support Vector Machines", 2011.
"""

from itertools import combinations
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.checks import known_shape
from minigraph.interop.onnx.scores import classes_of, labelled, matrix, rows_of, transformed
from minigraph.ops import OPERATIONS
from minigraph.ops.loops import scan

__all__ = ["svm_classifier", "svm_regressor"]


def _kernel(call: Call, x: Any, vectors: Any) -> Any:
    """How alike rows and support vectors are."""
    gamma, offset, degree = map(np.float32, call.attributes.get("kernel_params") or (0, 0, 0))
    kind = call.attributes["kernel_type"]
    if kind == "RBF":
        squares = np.sum(x * x, axis=1, keepdims=True) + np.sum(vectors * vectors, axis=1) - 2 * (x @ vectors.T)
        return np.exp(-gamma * squares)
    product = x @ vectors.T
    if kind == "POLY":
        return (gamma * product + offset) ** degree
    if kind not in ("LINEAR", "SIGMOID"):
        raise OperationError(f"{call.owner} has kernel_type={kind!r}, which is LINEAR, POLY, RBF or SIGMOID.")
    return product if kind == "LINEAR" else np.tanh(gamma * product + offset)


def svm_regressor(call: Call) -> Any:
    x, count = rows_of(call), call.attributes["n_supports"]
    (features,) = known_shape(call, x, 1)
    weights = matrix(call, "coefficients", 1, count or features).T
    alike = _kernel(call, x, matrix(call, "support_vectors", count, features)) if count else x
    scores = alike @ weights + np.float32(call.attributes["rho"][0])
    return (
        np.where(np.greater(scores, 0), 1, -1).astype(np.float32) if call.attributes["one_class"] else transformed(call, scores)
    )


def svm_classifier(call: Call) -> tuple[Any, Any]:
    """The class that wins most contests between two, or is the likeliest, and the scores of the contests, or the odds."""
    x, counts = rows_of(call), call.attributes.get("vectors_per_class") or ()
    classes, n = classes_of(call, "classlabels_ints", "classlabels_strings"), len(counts)
    (features,) = known_shape(call, x, 1)
    if n < 2 or min(counts) < 0:
        raise OperationError(f"{call.owner} has no vectors_per_class: a linear one is exported as a LinearClassifier.")
    alike, total = _kernel(call, x, matrix(call, "support_vectors", sum(counts), features)), sum(counts)
    own, pairs = matrix(call, "coefficients", n - 1, total), list(combinations(range(n), 2))
    call.budget.compute(call.owner, (total, len(pairs)))
    weights, starts, rho = (
        np.zeros((total, len(pairs)), np.float32),
        np.cumsum((0, *counts)),
        np.float32(call.attributes["rho"]),
    )
    for k, (i, j) in enumerate(pairs):
        weights[starts[i] : starts[i + 1], k] = own[j - 1, starts[i] : starts[i + 1]]
        weights[starts[j] : starts[j + 1], k] = own[i, starts[j] : starts[j + 1]]
    scores = alike @ weights + rho
    wins = np.greater(scores, 0).astype(np.float32)
    first, second = (np.array([[float(pair[side] == c) for c in range(n)] for pair in pairs], np.float32) for side in (0, 1))
    chosen = np.argmax(wins @ first + (1 - wins) @ second, axis=1)
    if call.given.get("prob_a"):
        a, b = (np.float32(call.given[name]) for name in ("prob_a", "prob_b"))
        scores = _coupled(call, np.clip(OPERATIONS["Sigmoid"](-(scores * a + b)), 1e-7, 1 - 1e-7), pairs, n)
        chosen = np.argmax(scores, axis=1) if n > 2 else chosen
    elif n == 2:
        scores = np.concatenate([-scores, scores], axis=1)
    return labelled(call, chosen, classes), transformed(call, scores)


def _coupled(call: Call, odds: Any, pairs: list[tuple[int, int]], n: int) -> Any:
    """The probabilities of all classes that fit those of each pair best, iterated as LIBSVM does.

    Source: T.-F. Wu, C.-J. Lin, R. Weng, "Probability Estimates for Multi-class Classification by Pairwise Coupling", 2004.
    """
    call.budget.write(call.owner, 20 * n * n)
    r = {pair: odds[:, k] for k, pair in enumerate(pairs)}
    r |= {(j, i): 1 - each for (i, j), each in r.items()}
    q = {(t, t): sum(r[j, t] * r[j, t] for j in range(n) if j != t) for t in range(n)}
    q |= {(t, j): -r[j, t] * r[t, j] for t in range(n) for j in range(n) if j != t}

    def step(p: list[Any], _: Any) -> tuple[list[Any], None]:
        sums = [sum(q[t, j] * p[j] for j in range(n)) for t in range(n)]
        whole = sum(p[t] * sums[t] for t in range(n))
        worst = np.max(np.stack([np.abs(each - whole) for each in sums]), axis=0)
        new = list(p)
        for t in range(n):
            diff = (whole - sums[t]) / q[t, t]
            new[t] = new[t] + diff
            whole = (whole + diff * (diff * q[t, t] + 2 * sums[t])) / ((1 + diff) * (1 + diff))
            sums = [(sums[j] + diff * q[t, j]) / (1 + diff) for j in range(n)]
            new = [each / (1 + diff) for each in new]
        done = np.less(worst, 0.005 / n)
        return [np.where(done, old, each) for old, each in zip(p, new, strict=True)], None

    start = [odds[:, 0] * 0 + 1 / n for _ in range(n)]
    found, _ = scan(step, start, None, max(100, n))
    return np.stack(found, axis=1)
