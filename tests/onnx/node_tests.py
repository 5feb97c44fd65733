"""ONNX's own node tests, run through `from_onnx`: what each comes to, and why.

ONNX makes its tests in memory, from its package `onnx.backend.test.case.node`; nothing is stored here.
"""

import re
import warnings
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

from minigraph.core.errors import MinigraphError
from minigraph.interop.onnx.model import from_onnx
from minigraph.interop.onnx.operators import known
from minigraph.interop.onnx.parts import ML
from minigraph.interop.onnx.sequences import REPEATED
from tests.onnx.differences import DIFFERENCES

PASSED, GIVEN, DIFFERS, REFUSED, FAILED = "passed", "passed with values given", "differs", "refused", "failed"
TYPES = {"float", "double", "float16", "bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
"""ONNX's names of the element types that minigraph has."""

WITH_GRAPHS = {"If", *REPEATED}
"""The operators that hold graphs of their own."""

REPLACED = {"Scatter", "Upsample"}
"""The operators of old operator sets for which there are others today."""

KNOWN = {
    "BlackmanWindow": {"size"},
    "CenterCropPad": {"shape"},
    "HammingWindow": {"size"},
    "HannWindow": {"size"},
    "If": {"cond"},
    "Loop": {"M", "cond"},
    "Compress": {"condition"},
    "Dropout": {"ratio", "training_mode"},
    "NegativeLogLikelihoodLoss": {"weight"},
    "NonZero": {"X"},
    "OneHot": {"depth"},
    "Range": {"start", "limit", "delta"},
    "Resize": {"roi", "scales"},
    "STFT": {"frame_step", "frame_length"},
    "SoftmaxCrossEntropyLoss": {"weights"},
    "Upsample": {"scales"},
    "Slice": {"starts", "ends", "axes", "steps"},
    "Pad": {"axes", "constant_value"},
    "CumSum": {"axis"},
    "CumProd": {"axis"},
}
"""The inputs of which a value must be known before a run, beside those that are of type int64 and nothing else."""


@dataclass(frozen=True)
class Outcome:
    """What a test came to."""

    test: str
    operator: str
    result: str
    reason: str = ""


def composed_operators():
    """The operators of ONNX that minigraph composes."""
    own = [schema for schema in onnx.defs.get_all_schemas() if schema.domain in ("", ML)]
    return sorted(WITH_GRAPHS | REPLACED | {schema.name for schema in own if known(schema.name) or is_function(schema)})


def is_function(schema):
    """Whether ONNX defines the operator as a function of others."""
    return schema.has_function or schema.has_context_dependent_function


@cache
def all_tests():
    """Every test that ONNX has of its operators, in order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of overflows and the like, in ONNX's own preparation
        return collect_testcases(None)


@cache
def node_tests():
    """Every test of one node, by its operator."""
    by_operator = defaultdict(list)
    for test in all_tests():
        if "_expanded" not in test.name:
            by_operator[test.model.graph.node[0].op_type].append(test)
    return dict(by_operator)


@cache
def outcomes(operator):
    """What the tests of an operator came to, in order."""
    return [outcome(test, operator, known_inputs(test.model)) for test in node_tests().get(operator, [])]


@cache
def body_outcomes():
    """What the tests came to in which ONNX writes one of its operators as a function of others.

    What the operator needs to know before a run, its function needs too. Whether minigraph has all of the others is nothing to
    explain; a wrong number is a failure.
    """
    operators = {test.name: operator for operator, tests in node_tests().items() for test in tests}
    whole = {test.name: test.model for test in all_tests()}
    bodies = [(test, test.name.partition("_expanded")[0]) for test in all_tests() if "_expanded" in test.name]
    return [outcome(test, operators[name], known_inputs(whole[name]), True) for test, name in bodies]


def outcome(test, operator, known_before, by_its_error=False):
    """Compose, run and compare one test: as it is shipped, or else with the values given that must be known before a run.

    One that does not pass is explained by its types or in `differences.py`, or failed; with `by_its_error` what is refused is
    explained by its error, too.
    """
    unknown = unknown_type(test.model.graph)
    if unknown:
        return Outcome(test.name, operator, REFUSED, unknown)
    for result, names in ((PASSED, frozenset()), (GIVEN, known_before)):
        try:
            wrong, refused = mistake(test, names), ""
        except MinigraphError as error:
            wrong, refused = str(error).splitlines()[0], reason_of(error)
        if not wrong:
            return Outcome(test.name, operator, result)
    for pattern, reason in DIFFERENCES.items():
        if fnmatchcase(test.name, pattern):
            return Outcome(test.name, operator, REFUSED if refused else DIFFERS, reason)
    return (
        Outcome(test.name, operator, REFUSED, refused)
        if refused and by_its_error
        else Outcome(test.name, operator, FAILED, wrong)
    )


def reason_of(error):
    """What an error says, without the names of nodes: the same for all models."""
    return re.sub(r" '[^']*'", "", str(error).splitlines()[0]).partition(", but ")[0].rstrip(".")


def mistake(test, known_before=frozenset()):
    """What is wrong with the outputs that minigraph gives in a test, or nothing."""
    given, expected = test.data_sets[0]
    found = run(test.model, [as_array(each) for each in given], known_before)
    for output, array, answer in zip(test.model.graph.output, found, expected, strict=True):
        wrong = difference(array, as_array(answer), test.rtol, test.atol)
        if wrong:
            return f"{output.name} {wrong}"
    return ""


def as_array(given):
    return onnx.numpy_helper.to_array(given) if isinstance(given, onnx.TensorProto) else np.asarray(given)


def run(model, given, known_before=frozenset()):
    """The outputs of a model for the arrays of its inputs, some of which are given to from_onnx as values."""
    arrays = dict(zip((each.name for each in model.graph.input), given, strict=True))
    graph = from_onnx(model, **{name: array for name, array in arrays.items() if name in known_before})
    values = graph.forward(**{name: arrays[name] for name in graph.inputs})
    return [values[output.name] for output in model.graph.output]


def known_inputs(model):
    """The inputs of a model whose values must be known before a run, by their places in its operators."""
    return frozenset(
        actual
        for node in model.graph.node
        for actual, formal in zip(node.input, schema_of(node, model).inputs, strict=False)
        if formal.name in KNOWN.get(node.op_type, ()) or formal.types == {"tensor(int64)"}
    )


def schema_of(node, model):
    version = next(each.version for each in model.opset_import if each.domain == node.domain)
    return onnx.defs.get_schema(node.op_type, version, node.domain)


def difference(found, expected, rtol, atol):
    """What is wrong with an array, or nothing; type and shape must be ONNX's too."""
    if found.dtype != expected.dtype:
        return f"holds {found.dtype} where ONNX has {expected.dtype}"
    if found.shape != expected.shape:
        return f"is of shape {found.shape} where ONNX has {expected.shape}"
    if np.allclose(found, expected, rtol, atol, equal_nan=True):
        return ""
    with np.errstate(all="ignore"):
        apart = np.nanmax(np.abs(found.astype(np.float64) - expected.astype(np.float64)))
    return f"differs from ONNX's by {apart:.3g}"


def unknown_type(graph):
    """Which element type or kind of value minigraph does not have, or nothing."""
    for each in [*graph.input, *graph.output]:
        kind = each.type.WhichOneof("value")
        if kind != "tensor_type":
            return f"{kind.removesuffix('_type')} values, not arrays"
        name = onnx.TensorProto.DataType.Name(each.type.tensor_type.elem_type).lower()
        if name not in TYPES:
            return "text" if name == "string" else "an element type that NumPy does not have"
    return ""
