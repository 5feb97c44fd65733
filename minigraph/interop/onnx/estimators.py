"""What scikit-learn and its like learn, from ONNX-ML: linear and support vector models, trees, and what prepares their inputs.

A graph gives the number of a class where ONNX gives its name; `graph.imported.labels` has the names.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Constant
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.checks import known_shape
from minigraph.interop.onnx.scores import classes_of, floats, labelled, matrix, rows_of, transformed
from minigraph.interop.onnx.support_vectors import svm_classifier, svm_regressor
from minigraph.interop.onnx.trees import ensemble, split_ensemble
from minigraph.interop.onnx.versions import Composed
from minigraph.ops import OPERATIONS

__all__ = ["ESTIMATORS"]


def _of_two(call: Call, score: Any, positive: bool) -> Any:
    """The scores of two classes, of which one alone has a score: a probability, or a number that is positive for it."""
    if positive:
        return np.concatenate([1 - score, score], axis=1)
    return transformed(call, np.concatenate([-score, score], axis=1))


def _linear_regressor(call: Call) -> Any:
    x, targets = rows_of(call), int(call.attributes.get("targets", 1))
    (features,) = known_shape(call, x, 1)
    scores = x @ matrix(call, "coefficients", targets, features).T
    intercepts = call.attributes.get("intercepts")
    return transformed(call, scores + np.float32(intercepts) if intercepts else scores)


def _linear_classifier(call: Call) -> tuple[Any, Any]:
    """The class of the largest score, and the scores."""
    x, classes = rows_of(call), classes_of(call, "classlabels_ints", "classlabels_strings")
    (features,) = known_shape(call, x, 1)
    intercepts = np.asarray(
        call.attributes.get("intercepts", (0.0,) * (len(call.given["coefficients"]) // features)), np.float32
    )
    scores = x @ matrix(call, "coefficients", intercepts.size, features).T + intercepts
    if intercepts.size == 1:
        chosen = np.greater(scores[:, 0], 0).astype(np.int64)
        return labelled(call, chosen, classes), _of_two(call, scores, False)
    return labelled(call, np.argmax(scores, axis=1), classes), transformed(call, scores)


def _scaler(call: Call) -> Any:
    """(x − offset) · scale."""
    x: Any = floats(call.operands[0])
    offset, scale = (np.float32(call.attributes.get(name, usual)) for name, usual in (("offset", 0), ("scale", 1)))
    return (x - offset) * scale


def _normalizer(call: Call) -> Any:
    """Rows divided by their largest element, the sum of absolute values or the root of the squares; but not by 0."""
    x, norm = rows_of(call), call.attributes["norm"]
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
    call.labels[call.outputs[0]] = classes_of(call, "classlabels_int64s", "classlabels_strings")
    return call.operands[0]


def _feature_vectorizer(call: Call) -> Any:
    return OPERATIONS["Concat"](*(each.astype(np.float32) for each in call.operands), axis=1)


def _tree_regressor(call: Call) -> Any:
    sums, _, _ = ensemble(call, "target", int(call.attributes["n_targets"]))
    return transformed(call, sums + _base(call) if _base(call).size else sums).astype(np.float32)


def _base(call: Call) -> Any:
    name = "base_values_as_tensor" if "base_values_as_tensor" in call.attributes else "base_values"
    return np.asarray(call.attributes.get(name, ()), np.float32)


def _tree_classifier(call: Call) -> tuple[Any, Any]:
    """The class of the largest sum, and the sums; of two classes, one alone may have a sum."""
    classes = classes_of(call, "classlabels_int64s", "classlabels_strings")
    sums, targets, positive = ensemble(call, "class", len(classes))
    base = _base(call)
    if len(classes) == 2 and len(targets) == 1:
        (target,) = targets
        score = sums[:, target : target + 1] + (base[-1] if base.size else 0)
        chosen = np.greater(score[:, 0], 0.5 if positive else 0)
        return labelled(call, chosen.astype(np.int64), classes), _of_two(call, score, positive).astype(np.float32)
    sums = sums + base if base.size else sums
    return labelled(call, np.argmax(sums, axis=1), classes), transformed(call, sums).astype(np.float32)


def _tree_ensemble(call: Call) -> Any:
    return transformed(call, split_ensemble(call))


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
    "SVMClassifier": svm_classifier,
    "SVMRegressor": svm_regressor,
    "Scaler": _scaler,
    "TreeEnsemble": _tree_ensemble,
    "TreeEnsembleClassifier": _tree_classifier,
    "TreeEnsembleRegressor": _tree_regressor,
    "ZipMap": _zip_map,
}
"""What composes them, by the operator."""
