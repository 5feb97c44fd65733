"""ONNX's node tests written for older operator sets, judged by ONNX's own reference evaluator.

An operator that came to mean something else has a version for each meaning. A node test of today is written for each of them,
as far as that version has its inputs, attributes and element types: what is an input today may have been an attribute.
"""

from collections import defaultdict

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from minigraph.core.errors import MinigraphError
from tests.onnx.node_tests import (
    FAILED,
    PASSED,
    Outcome,
    as_array,
    composed_operators,
    difference,
    known_inputs,
    node_tests,
    run,
    unknown_type,
)

TESTS = 1
"""How many tests are tried of each version."""

RENAMED = {"constant_value": "value", "K": "k"}
"""The inputs that were attributes of another name."""

SOFTMAX = {(name, version) for name in ("Hardmax", "LogSoftmax", "Softmax") for version in (1, 11)}
NOT_AS_DEFINED = {("AveragePool", 1), ("BatchNormalization", 9), ("Bernoulli", 15)} | SOFTMAX
"""What the reference evaluator computes as a later version, or draws; test_onnx_versions.py holds what is right."""


def versions():
    """Every version of every operator that minigraph composes, before the newest one."""
    history = defaultdict(dict)
    for schema in onnx.defs.get_all_schemas_with_history():
        if not schema.domain:
            history[schema.name][schema.since_version] = schema
    for name in sorted(history.keys() & set(composed_operators())):
        newest = max(history[name])
        for version in sorted(history[name].keys() - {newest}):
            if (name, version) not in NOT_AS_DEFINED and not history[name][version].deprecated:
                yield history[name][version]


def outcomes_of(schema):
    """What the first tests came to that can be written for this version of an operator and are judged."""
    found = []
    for test in node_tests().get(schema.name, ()):
        written = None if unknown_type(test.model.graph) else written_for(test, schema)
        judged = written and judge(*written)
        if judged:
            found.append(outcome_of(test.name, schema, *written, judged))
        if len(found) == TESTS:
            break
    return found


def outcome_of(name, schema, model, given, right):
    try:
        found = run(model, [given[each.name] for each in model.graph.input], known_inputs(model))
    except MinigraphError as error:
        return Outcome(name, schema.name, "refused", str(error))
    wrong = next(filter(None, (difference(*pair, 1e-3, 1e-5) for pair in zip(found, right, strict=True))), "")
    return Outcome(name, schema.name, FAILED if wrong else PASSED, wrong)


def judge(model, given):
    """The reference evaluator's answer, or None where it has none, or not the type that the model declares."""
    try:
        with np.errstate(all="ignore"):
            return ReferenceEvaluator(model).run(None, given)
    except Exception:  # of any kind: it does not have every version
        return None


def written_for(test, schema):
    """A model of a test's node as of a version of its operator, and what it is given; None where that has no such node."""
    node = test.model.graph.node[0]
    version = next(each.version for each in test.model.opset_import if not each.domain)
    given = dict(zip((each.name for each in test.model.graph.input), map(as_array, test.data_sets[0][0]), strict=True))
    today = onnx.defs.get_schema(node.op_type, version)
    attributes = attributes_of(node, schema, today)
    many = bool(schema.inputs) and schema.inputs[-1].option.name == "Variadic"
    kept = list(node.input) if many else list(node.input[: len(schema.inputs)])
    for name, formal in [] if many else list(zip(node.input, today.inputs, strict=False))[len(schema.inputs) :]:
        key = RENAMED.get(formal.name, formal.name)
        if name and key in schema.attributes and attributes is not None:
            attributes[key] = given[name].item() if given[name].ndim == 0 or key == "k" else given[name].tolist()
        elif name:
            return None
    if attributes is None or any(each.required and key not in attributes for key, each in schema.attributes.items()):
        return None
    return checked(helper.make_node(node.op_type, kept, node.output, **attributes), test.model.graph, schema, given)


def attributes_of(node, schema, today):
    """The node's attributes, or None where one is not the version's and not what it computed without."""
    value = helper.get_attribute_value
    given = {each.name: value(each) for each in node.attribute}
    usual = {key: value(each.default_value) for key, each in today.attributes.items() if each.default_value.type}
    if any(key not in schema.attributes and (key not in usual or usual[key] != given[key]) for key in given):
        return None
    return {key: each for key, each in given.items() if key in schema.attributes}


def checked(node, graph, schema, given):
    """The model of a node, if ONNX finds it sound, and the arrays that it is given."""
    inputs = [each for each in graph.input if each.name in node.input]
    outputs = [each for each in graph.output if each.name in node.output]
    version = [helper.make_opsetid("", schema.since_version)]
    model = helper.make_model(helper.make_graph([node], "g", inputs, outputs), opset_imports=version, ir_version=10)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError):
        return None
    return model, {each.name: given[each.name] for each in inputs}
