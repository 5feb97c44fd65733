"""The labels of wires, read back, beside what each rule gives for numbers in double precision."""

import html
import re
from collections import Counter

import numpy as np

from minigraph.core.node import Constant
from minigraph.core.rules import node_vjp
from minigraph.explain.circuit.opening import view_of
from minigraph.readings import local_derivative, names_of
from minigraph.readings.sameness import operation, signature
from tests.displayed import text
from tests.displayed.findings import REFUSED
from tests.displayed.tree import computed

__all__ = ["check_labels", "check_picture", "cotangent", "spelled", "values_of"]


GRADIENT = rf"δ(?!{text.WORD})"
"""The gradient that returns, in a label of a picture."""


def values_of(run, composed, called=str):
    """The values by the names that a reader knows: the axis N, inputs, parameters, named nodes and outputs."""
    named = {node.name: run[node] for node in composed.graph.nodes if node.name}
    return {"N": np.asarray(composed.rows), "π": np.asarray(np.pi), "e": np.asarray(np.e)} | spelled(
        named | {name: run[name] for name in composed.graph.outputs}, called
    )


SPELLED = {"x_hat": "x̂", "gamma": "γ", "sigma2": "σ2"}
"""The names that are displayed in the letters that they spell out."""


def spelled(values, called=str):
    """The values by the ways to write each name: as it is, in quotation marks where it would be something else."""
    plain = {called(SPELLED.get(name, name)): value for name, value in values.items() if name[0] not in "δΣ"}
    return plain | {f'"{name}"': value for name, value in values.items()}


def constants(graph, names):
    """The arrays that nobody named, by the names that they are given in all labels of a graph."""
    return {
        names[operation(node)]: node.value for node in graph.nodes if isinstance(node, Constant) and operation(node) in names
    }


def unnamed(graph, run, names):
    """The values that nobody named, by the names that they are given in all labels of a graph."""
    return constants(graph, names) | {
        names[signature(node)]: run[node] for node in graph.operations if signature(node) in names
    }


def cotangent(node, value):
    """A gradient that arrives at a node."""
    return np.random.default_rng(len(str(node))).normal(size=value.shape).round(3)


def passed(node, run, i):
    """What numeric reverse mode passes to an operand of a gradient that arrives at the node, or None."""
    operands = [run[operand] for operand in node.operands]
    share = node_vjp(node, cotangent(node, run[node]), run[node], operands)[i]
    return None if share is None else np.asarray(share)


def check_labels(composed, run, findings):
    """Every wire's label, as the function gives it."""
    names = names_of(composed.graph)
    known = unnamed(composed.graph, run, names) | values_of(run, composed)
    for node in composed.graph.operations:
        for i, operand in enumerate(node.operands):
            if node.dtype.kind != "f" or operand.dtype.kind != "f":
                continue
            label, right = local_derivative(node, i, names), passed(node, run, i)
            where = f"{label}\n  of operand {i} of {node} in {composed}"
            if (label is None) != (right is None):
                findings.tell(f"label {type(node).__name__} is {label}, and the rule gives {right}", where)
            elif label is not None:
                given = known | {"□": cotangent(node, run[node])}
                label, given, slack = with_definitions(label, given)
                findings.compare(
                    "label", type(node).__name__, lambda label=label: text.parsed(label), given, right, where, slack
                )


def check_picture(composed, run, findings):
    """Every label that stands in the picture, as it stands there, and what the names in it are said to stand for."""
    source = composed.graph.draw(derivatives=True).source
    known = constants(composed.graph, names_of(composed.graph)) | values_of(run, composed)
    nodes = {key: node for node, key in zip(composed.graph.nodes, keys_in_order(composed.graph), strict=True)}
    for name, said, node in ((*each, nodes[key]) for key, *each in defined_in(source) if key in nodes):
        where = f"{name} stands for {said}\n  in {composed}"
        said, given, slack = with_definitions(said.replace("×", "⊙"), known)
        if name in known and not np.array_equal(known[name], run[node]):
            findings.tell("one name stands for two values", where)
        findings.compare("name", type(node).__name__, lambda said=said: text.parsed(said), given, run[node], where, slack)
        known[name] = run[node]
    for node, i, label in wires_of(composed.graph, dict(labels_in(source))):
        where = f"{label}\n  on the wire to operand {i} of {node} in {composed}"
        said, given, slack = with_definitions(label.replace("×", "⊙"), known | {"δ": cotangent(node, run[node])})
        read = text.parsed if re.search(GRADIENT, label.partition(" with ")[2]) else on_wire
        right, kind = passed(node, run, i), type(node).__name__
        findings.compare("wire", kind, lambda said=said, read=read: read(said), given, right, where, slack)


def tooltips_in(source):
    """The tooltip of each piece of wire, by its key."""
    for line in source.splitlines():
        found = re.search(r'\bid="?([\w.-]+)"? .*tooltip="((?:\\.|[^"\\])*)"', line)
        if found:
            yield found[1], html.unescape(re.sub(r"\\(.)", lambda each: "\n" if each[1] == "n" else each[1], found[2]))


def defined_in(source):
    """What short names stand for: the key of the node on whose wire that stands, the name, and the mathematics."""
    for key, about in tooltips_in(source):
        for name, said in re.findall(r"^(\w+) stands for (.*)$", about, re.MULTILINE):
            yield re.sub("-(wire|fork)$", "", key), name, said


def labels_in(source):
    """What becomes of a gradient, whole, by the key of the piece of wire."""
    for key, about in tooltips_in(source):
        if "on its way back: " in about:
            yield key, about.partition("on its way back: ")[2]


def wires_of(graph, said):
    """The wires whose labels are known: the operation that each enters, at which operand, and the label.

    A wire says what becomes of the gradient of what it carries: of the operand, also where that only moves elements of what the
    wire begins with. What enters a sum of many enters one of the sums that it is made of.
    """
    keys = dict(zip(graph.nodes, keys_in_order(graph), strict=True))
    view, said = view_of(graph, "fit"), dict(said)
    for value, wires in view.wires.items():
        for target, i in wires:
            label = said.pop(f"{keys[value]}-{keys[target]}-{i}", None) or (
                len(wires) == 1 and said.pop(f"{keys[value]}-wire", None)
            )
            if label:
                ((node, operand),) = view.operands[target, i]
                yield node, operand, label
    assert not said, f"labels on wires that lead nowhere: {said}"


def keys_in_order(graph):
    """Each node's id in a picture: its name where that is plain ASCII, else its kind with a number."""
    plain = {node.name for node in graph.nodes if node.name and re.fullmatch(r"[A-Za-z]\w*", node.name, re.ASCII)}
    count = Counter()
    for node in graph.nodes:
        key = node.name if node.name in plain else None
        while key is None or (key in plain and key != node.name):
            count[type(node).__name__] += 1
            key = f"{type(node).__name__}{count[type(node).__name__]}"
        yield key


def with_definitions(label, given):
    """A label without the definitions behind it, what is given with what those define, and how far that may be off."""
    label, _, definitions = label.partition(" with ")
    slack = {}
    for name, _, said in [each.partition(" = ") for each in re.split(r"; (?=u\d+ = )", definitions) if each]:
        try:
            value, slack[name] = computed(text.parsed(said), given, slack)
        except REFUSED:  # so that the label itself, which reads it, cannot be read
            continue
        given = given | {name: value}
    return label, given, slack


def on_wire(label):
    """The tree of a label of a picture: what is done to the gradient δ, which is left out where it is one factor."""
    if label == "0" or re.search(GRADIENT, label):  # nothing returns, or what returns stands in it
        return text.parsed(label)
    if label.startswith(("⊙ ", "· ", "÷ ")):
        return text.parsed(f"δ {label.replace('÷', '/', 1)}")
    return text.parsed(f"{label} δ")
