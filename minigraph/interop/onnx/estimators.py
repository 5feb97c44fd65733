"""What scikit-learn and its like learn, from ONNX-ML: linear and support vector models, trees, and what prepares their inputs.

A graph gives the number of a class where ONNX gives its name; `graph.imported.labels` has the names.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Constant
from minigraph.core.provenance import described, places
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.checks import known_shape
from minigraph.interop.onnx.trees import ensemble, split_ensemble
from minigraph.interop.onnx.versions import Composed
from minigraph.ops import OPERATIONS
from minigraph.ops.loops import scan

__all__ = ["ESTIMATORS"]

POST = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")


def _floats(x: Any) -> Any:
    return x if x.dtype.kind == "f" and x.dtype.itemsize > 2 else x.astype(np.float32)


def _rows(call: Call) -> Any:
    """The first input as rows of floating-point numbers."""
    x: Any = call.operands[0]
    x = OPERATIONS["Unsqueeze"](x, axes=0) if x.ndim == 1 else x
    if x.ndim != 2:
        raise OperationError(f"{call.owner} takes rows of features, N × F, not {described(x)}.{places(x)}")
    return _floats(x)


def _matrix(call: Call, name: str, rows: int, columns: int) -> Any:
    """An attribute of so many numbers as a matrix."""
    numbers = np.asarray(call.attributes.get(name, ()), np.float32)
    if numbers.size != rows * columns or not numbers.size:
        raise OperationError(f"{call.owner} has {numbers.size} {name}, and takes {rows} × {columns}.\n  Export the model anew.")
    return numbers.reshape(rows, columns)


def _transformed(call: Call, scores: Any) -> Any:
    """Scores as `post_transform` says: probabilities, or as they are."""
    kind = call.attributes.get("post_transform", "NONE")
    kind = POST[kind] if isinstance(kind, int) and 0 <= kind < len(POST) else kind
    if kind == "SOFTMAX_ZERO":  # what is next to 0 stays as it is
        some = np.greater(np.abs(scores), 1e-7)
        powers = np.where(some, np.exp(scores - np.max(scores, axis=-1, keepdims=True)), 0)
        return np.where(some, powers / np.sum(powers, axis=-1, keepdims=True), scores)
    known: dict[str, Any] = {
        "NONE": lambda x: x,
        "SOFTMAX": lambda x: OPERATIONS["Softmax"](x, axis=-1),
        "LOGISTIC": OPERATIONS["Sigmoid"],
    }
    if kind not in known:
        raise OperationError(f"{call.owner} has post_transform={kind!r}: {listing(POST[:4])} are read.")
    return known[kind](scores)


def _classes(call: Call, *names: str) -> tuple[Any, ...]:
    """The names of the classes."""
    return next((call.given[name] for name in names if call.given.get(name)), ())


def _labelled(call: Call, number: Any, classes: tuple[Any, ...]) -> Any:
    """The class of a number: one that is a whole number, or else the number, whose name the call remembers."""
    if all(isinstance(each, int) for each in classes):
        return number if classes in ((), (*range(len(classes)),)) else np.take(Constant(np.array(classes)), number)
    call.labels[call.outputs[0]] = classes
    return number


def _of_two(call: Call, score: Any, positive: bool) -> Any:
    """The scores of two classes, of which one alone has a score: a probability, or a number that is positive for it."""
    if positive:
        return np.concatenate([1 - score, score], axis=1)
    return _transformed(call, np.concatenate([-score, score], axis=1))


def _linear_regressor(call: Call) -> Any:
    x, targets = _rows(call), int(call.attributes.get("targets", 1))
    (features,) = known_shape(call, x, 1)
    scores = x @ _matrix(call, "coefficients", targets, features).T
    intercepts = call.attributes.get("intercepts")
    return _transformed(call, scores + np.float32(intercepts) if intercepts else scores)


def _linear_classifier(call: Call) -> tuple[Any, Any]:
    """The class of the largest score, and the scores."""
    x, classes = _rows(call), _classes(call, "classlabels_ints", "classlabels_strings")
    (features,) = known_shape(call, x, 1)
    intercepts = np.asarray(
        call.attributes.get("intercepts", (0.0,) * (len(call.given["coefficients"]) // features)), np.float32
    )
    scores = x @ _matrix(call, "coefficients", intercepts.size, features).T + intercepts
    if intercepts.size == 1:
        chosen = np.greater(scores[:, 0], 0).astype(np.int64)
        return _labelled(call, chosen, classes), _of_two(call, scores, False)
    return _labelled(call, np.argmax(scores, axis=1), classes), _transformed(call, scores)


def _scaler(call: Call) -> Any:
    """(x − offset) · scale."""
    x: Any = _floats(call.operands[0])
    offset, scale = (np.float32(call.attributes.get(name, usual)) for name, usual in (("offset", 0), ("scale", 1)))
    return (x - offset) * scale


def _normalizer(call: Call) -> Any:
    """Rows divided by their largest element, the sum of absolute values or the root of the squares; but not by 0."""
    x, norm = _rows(call), call.attributes["norm"]
    sizes = {
        "L1": lambda: np.sum(np.abs(x), axis=1, keepdims=True),
        "L2": lambda: np.sqrt(np.sum(x * x, axis=1, keepdims=True)),
        "MAX": lambda: np.max(x, axis=1, keepdims=True),
    }
    if norm not in sizes:
        raise OperationError(f"{call.owner} has norm={norm!r}, which is one of {listing(sizes, 'or')}.")
    size = sizes[norm]()
    return x / np.where(np.equal(size, 0), 1, size)


def _array_feature_extractor(call: Call) -> Any:
    """The chosen places of the last axis."""
    x: Any
    y: Any
    x, y = call.operands
    found = np.take(x, y.reshape(-1).astype(np.int64), axis=-1)
    return np.expand_dims(found, 0) if x.ndim == 1 else found


def _imputer(call: Call) -> Any:
    """Numbers instead of those that are missing: for each feature, or one for all."""
    x: Any = call.operands[0]
    kind = "float" if x.dtype.kind == "f" else "int64"
    missing, instead = call.attributes[f"replaced_value_{kind}"], call.given.get(f"imputed_value_{kind}s")
    if not instead:
        raise OperationError(f"{call.owner} has no imputed_value_{kind}s, and {x} needs them.")
    return np.where(np.isnan(x) if missing != missing else np.equal(x, missing), np.array(instead, x.dtype), x)


def _binarizer(call: Call) -> Any:
    x: Any = call.operands[0]
    return np.greater(x, np.array(call.attributes["threshold"], x.dtype)).astype(x.dtype)


def _one_hot_encoder(call: Call) -> Any:
    """1 for the category that an element is, else 0, along a new last axis; of none of them, zeros alone."""
    x: Any = call.operands[0]
    categories = call.given.get("cats_int64s")
    if not call.attributes["zeros"]:
        raise OperationError(f"{call.owner} has zeros=0, an error for other categories in a run, which no graph has.")
    if categories is None:
        known = call.labels_of(0)
        categories = [known.index(each) if each in known else -1 for each in call.given.get("cats_strings", ())]
    whole = x.astype(np.int64) if x.dtype.kind == "f" else x
    return np.equal(np.expand_dims(whole, -1), np.array(categories, whole.dtype)).astype(np.float32)


def _one_of(call: Call, what: str) -> Any:
    """The keys or the values of a LabelEncoder, of whichever type."""
    found = next(
        (call.given[name] for kind in ("int64s", "floats", "strings", "tensor") if (name := f"{what}_{kind}") in call.given), ()
    )
    return np.asarray(found)


def _label_encoder(call: Call) -> Any:
    """The value that stands beside the key that an element is, or a default; names are the numbers that stand for them."""
    x: Any = call.operands[0]
    if "classes_strings" in call.given:
        call.labels[call.outputs[0]] = call.given["classes_strings"]
        return x
    keys, values = _one_of(call, "keys"), _one_of(call, "values")
    if keys.size != values.size or not keys.size:
        raise OperationError(f"{call.owner} has {keys.size} keys and {values.size} values: it takes as many.")
    if keys.dtype.kind in "USO":
        known = call.labels_of(0)
        keys = np.array([known.index(key) if key in known else -1 for key in map(str, keys.tolist())])
    if values.dtype.kind in "USO":
        names = [*map(str, values.tolist()), call.attributes["default_string"]]
        distinct = tuple(dict.fromkeys(names))
        call.labels[call.outputs[0]] = distinct
        numbers = np.array([distinct.index(name) for name in names])
    else:
        usual = "default_float" if values.dtype.kind == "f" else "default_int64"
        default = np.ravel(call.given["default_tensor"])[0] if "default_tensor" in call.given else call.attributes[usual]
        numbers = np.array(
            [*values.tolist(), default],
            np.float32 if values.dtype == np.float64 and "values_floats" in call.given else values.dtype,
        )
    each = np.expand_dims(x, -1)
    same = np.equal(each, keys.astype(x.dtype))
    if keys.dtype.kind == "f":
        same = np.logical_or(same, np.logical_and(np.isnan(each), np.isnan(keys)))
    found = np.where(np.any(same, axis=-1), np.argmax(same.astype(np.int64), axis=-1), keys.size)
    return np.take(Constant(numbers, dtype=numbers.dtype), found)


def _zip_map(call: Call) -> Any:
    """The probabilities as they are: ONNX gives them as mappings from the classes, which `labels` has, column by column."""
    call.labels[call.outputs[0]] = _classes(call, "classlabels_int64s", "classlabels_strings")
    return call.operands[0]


def _feature_vectorizer(call: Call) -> Any:
    return OPERATIONS["Concat"](*(each.astype(np.float32) for each in call.operands), axis=1)


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


def _svm_regressor(call: Call) -> Any:
    x, count = _rows(call), call.attributes["n_supports"]
    (features,) = known_shape(call, x, 1)
    weights = _matrix(call, "coefficients", 1, count or features).T
    alike = _kernel(call, x, _matrix(call, "support_vectors", count, features)) if count else x
    scores = alike @ weights + np.float32(call.attributes["rho"][0])
    return (
        np.where(np.greater(scores, 0), 1, -1).astype(np.float32)
        if call.attributes["one_class"]
        else _transformed(call, scores)
    )


def _svm_classifier(call: Call) -> tuple[Any, Any]:
    """The class that wins most of the contests between two, or is the likeliest, and the scores of the contests, or the odds.

    Source: C.-C. Chang, C.-J. Lin, "LIBSVM: A Library for Support Vector Machines", 2011.
    """
    x, counts = _rows(call), call.attributes.get("vectors_per_class") or ()
    classes, n = _classes(call, "classlabels_ints", "classlabels_strings"), len(counts)
    (features,) = known_shape(call, x, 1)
    if n < 2 or min(counts) < 0:
        raise OperationError(f"{call.owner} has no vectors_per_class: a linear one is exported as a LinearClassifier.")
    alike, total = _kernel(call, x, _matrix(call, "support_vectors", sum(counts), features)), sum(counts)
    own, pairs = _matrix(call, "coefficients", n - 1, total), list(combinations(range(n), 2))
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
    return _labelled(call, chosen, classes), _transformed(call, scores)


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


def _tree_regressor(call: Call) -> Any:
    sums, _, _ = ensemble(call, "target", int(call.attributes["n_targets"]))
    return _transformed(call, sums + _base(call) if _base(call).size else sums).astype(np.float32)


def _base(call: Call) -> Any:
    name = "base_values_as_tensor" if "base_values_as_tensor" in call.attributes else "base_values"
    return np.asarray(call.attributes.get(name, ()), np.float32)


def _tree_classifier(call: Call) -> tuple[Any, Any]:
    """The class of the largest sum, and the sums; of two classes, one alone may have a sum."""
    classes = _classes(call, "classlabels_int64s", "classlabels_strings")
    sums, targets, positive = ensemble(call, "class", len(classes))
    base = _base(call)
    if len(classes) == 2 and len(targets) == 1:
        (target,) = targets
        score = sums[:, target : target + 1] + (base[-1] if base.size else 0)
        chosen = np.greater(score[:, 0], 0.5 if positive else 0)
        return _labelled(call, chosen.astype(np.int64), classes), _of_two(call, score, positive).astype(np.float32)
    sums = sums + base if base.size else sums
    return _labelled(call, np.argmax(sums, axis=1), classes), _transformed(call, sums).astype(np.float32)


def _tree_ensemble(call: Call) -> Any:
    return _transformed(call, split_ensemble(call))


ESTIMATORS: dict[str, Callable[[Call], Composed]] = {
    "ArrayFeatureExtractor": _array_feature_extractor,
    "Binarizer": _binarizer,
    "FeatureVectorizer": _feature_vectorizer,
    "Imputer": _imputer,
    "LabelEncoder": _label_encoder,
    "LinearClassifier": _linear_classifier,
    "LinearRegressor": _linear_regressor,
    "Normalizer": _normalizer,
    "OneHotEncoder": _one_hot_encoder,
    "SVMClassifier": _svm_classifier,
    "SVMRegressor": _svm_regressor,
    "Scaler": _scaler,
    "TreeEnsemble": _tree_ensemble,
    "TreeEnsembleClassifier": _tree_classifier,
    "TreeEnsembleRegressor": _tree_regressor,
    "ZipMap": _zip_map,
}
"""What composes them, by the operator."""
