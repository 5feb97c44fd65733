"""The lines of a derivation, read back from its text and from its LaTeX, beside numeric reverse mode in double precision."""

import re
from dataclasses import dataclass, replace

import numpy as np

from minigraph.core.node import Constant
from minigraph.core.rewriting import topological_order
from tests.displayed import latex, text
from tests.displayed.evidence import check_evidence
from tests.displayed.findings import REFUSED, shaped
from tests.displayed.labels import cotangent, spelled, values_of
from tests.displayed.tree import Unread, Words, computed, tree, value_of, words_of

__all__ = ["check_derivation"]

STEPS = (1e-4, 1e-6)
"""How far a value is moved for them, and how far where there is a kink nearby."""

HELD = "that the graph holds"
"""What stands in the place of a large array."""

DIFFERENCE = 1e-5
"""How near finite differences come, which take the place of reverse mode for what has a made-up name."""


@dataclass
class Line:
    """A numbered line: the heading that it stands below, what is equal to what, and what stands beside it."""

    part: str
    label: str
    """Of a local derivative: what it is called."""
    sides: list
    said: str
    shape: str
    evidence: str = ""
    conditions: tuple = ()
    """What it holds for."""


def check_derivation(composed, run, wrt, findings):
    """Read the derivation of a graph's gradient in both notations; whether all of it was right, and nothing said in words."""
    derivation = composed.graph.derive(wrt, **composed.inputs)
    before = len(findings.false), findings.words.total()
    if not derivation.ok:
        findings.tell("a derivation says itself that it is not right", f"{wrt.name} in {composed}\n{derivation.text}")
    for notation in (lines_of_text, lines_of_latex):
        Reading(composed, run, wrt, notation, derivation, findings).read()
    if before == (len(findings.false), findings.words.total()):
        output = next(iter(composed.graph.outputs.values()))
        findings.derived.update({type(node).__name__ for node in topological_order([output]) if node.operands})


def lines_of_text(derivation):
    """The lines of a derivation's text."""
    lines, part = [], ""
    for line in derivation.text.partition("\nIn NumPy\n")[0].splitlines()[1:]:
        number = re.match(r" *\d+\. ", line)
        if number:
            lines.append([part, line[number.end() :], "", ""])
        elif line.startswith(("       = ", "       ↦ ")):
            lines[-1][1] += line[6:]
        elif line.startswith("       for "):
            lines[-1][3] += line.strip().removeprefix("for ")
        elif line.startswith("       "):
            lines[-1][2] += line.strip()
        else:
            part = line
    for part, said, note, conditions in lines:
        label = re.match(r"(∂[^:=]+): (?=\S)", said)
        sides = [parsed(side) for side in text.split(said[label.end() :] if label else said)]
        shape, _, evidence = note.partition(": ")
        holds = tuple(map(parsed, conditions.split(" and "))) if conditions else ()
        yield Line(part, text.parsed(label[1]).word if label else "", sides, said, shape, evidence, holds)


def lines_of_latex(derivation):
    """The lines of a derivation's LaTeX."""
    part = ""
    for row in derivation.latex.removeprefix("\\begin{align*}\n").removesuffix("\n\\end{align*}").split(" \\\\\n"):
        if row.startswith("&"):
            part = latex.as_text(row[1:])
            continue
        row = re.sub(r"\s*\\tag\{\d+\}$", "", row)
        said, *shape = re.split(r" && | \\\\ &\\quad \\qquad (?=\\text\{\()", row)  # beside the line, or below it
        said, shape = said.replace(r" \\ &\quad ", " "), "".join(shape)
        said, _, conditions = said.partition(r" \quad \text{for } ")
        label, colon, rest = said.partition(r":\quad ")
        sides = [parsed(side, latex.as_text) for side in latex.sides_of(rest if colon else label)]
        label = text.parsed(latex.as_text(label)).word if colon else ""
        holds = tuple(parsed(each, latex.as_text) for each in conditions.split(r" \text{ and } ")) if conditions else ()
        yield Line(part, label, sides, said, latex.as_text(shape).strip()[1:-1], "", holds)


def parsed(side, seen=str):
    """The tree of a side; of one that cannot be read, what is wrong with it."""
    try:
        return text.parsed(seen(side))
    except REFUSED as error:
        return tree("broken", word=repr(error))


def ending(partial):
    """What a derivative is taken with respect to: the b of ∂a/∂b."""
    return partial.partition("/∂")[2]


def named(graph, gradients):
    """The gradients for named nodes. For two that compute the same, whose gradient holds the paths of both, their sum."""
    keys, sums = {}, {}
    for node in graph.nodes:
        attributes = tuple(repr(getattr(node, name)) for name in node.attributes)
        leaf = node.value.tobytes() if isinstance(node, Constant) else node
        keys[node] = hash((type(node), attributes, *(keys[operand] for operand in node.operands)) if node.operands else leaf)
        if node in gradients:
            sums[keys[node]] = sums.get(keys[node], 0.0) + gradients[node]
    return {node.name: sums[keys[node]] for node in graph.nodes if node.name and keys[node] in sums}


class Reading:
    """A derivation's lines in one notation, each computed from those before it."""

    def __init__(self, composed, run, wrt, notation, derivation, findings):
        self.findings, self.rows, self.derivation = findings, composed.rows, derivation
        self.kind = notation.__name__.rpartition("_")[2]
        called = latex.key_of if self.kind == "latex" else str
        self.lines = list(notation(derivation))
        name, output = next(iter(composed.graph.outputs.items()))
        self.output = called(name)
        self.own = values_of(run, composed, called)
        leaves = spelled({node.name: run[node] for node in composed.graph.nodes if node.name and not node.operands}, called)
        self.values = {key: self.own[key] for key in ("N", "π", "e")} | leaves
        single = all(axis == 1 for axis in output.shape)
        self.cotangent = np.ones_like(run[output]) if single else cotangent(output, run[output])
        self.values |= {} if single else {"□": self.cotangent}
        found = run.backward(cotangent=self.cotangent)
        self.right = spelled(named(composed.graph, found), called)
        self.definitions, self.local, self.unknown, self.slack = {}, {}, set(), {}
        self.held = [node.value for node in composed.graph.nodes if isinstance(node, Constant) and not node.name]
        self.single = single
        self.where = f"of the gradient for {wrt.name} in {composed}"

    def read(self):
        """All lines, in order; local derivatives and the chain rule last, as they speak of what follows them."""
        for line in self.lines:
            first = line.sides[0].word
            if HELD in line.said:
                self.hold(line)
            elif self.broken(line):
                self.unknown |= {line.label, first, f"δ{ending(first)}"}
            elif line.label:
                self.local[line.label] = line.sides[-1]
            elif line.part.startswith("Local"):
                self.local[first] = line.sides[-1]
            elif first.startswith(("δ", "∂")) and not line.part.startswith("The chain"):
                self.gradient(line)
            elif not line.part.startswith("The chain"):
                self.definition(line)
        for line in self.lines:
            if line.part.startswith("Local") and not line.label and not self.unknown & words_of(line.sides[-1]):
                self.compare("local", line.sides[-1], self.right.get(ending(line.sides[0].word)), line)
            if line.part.startswith("The chain") and f"δ{ending(line.sides[0].word)}" in self.values:
                self.chained(line)

    def broken(self, line):
        """Whether a side of it cannot be read, which is told, or speaks of what could not be."""
        for side in line.sides:
            if side.sign == "broken":
                return not self.findings.tell(f"{self.kind} cannot be read: {side.word}", f"{line.said}\n  {self.where}")
            if self.unknown & words_of(side) and not line.part.startswith("The chain"):
                self.findings.words[self.kind, "", "what is not read"] += 1
                return True
        return False

    def hold(self, line):
        """A large array is told in words; its value is taken from the graph, if it is clear which is meant."""
        fitting = {value.tobytes(): value for value in self.held if value.shape == self.shape(line)}
        self.findings.words[self.kind, "", HELD] += 1
        if len(fitting) == 1:
            self.values[line.sides[0].word] = next(iter(fitting.values()))
        else:
            self.unknown.add(line.sides[0].word)

    def compare(self, what, said, right, line):
        """Whether a side is what is right, if that is known."""
        kind, where = f"{self.kind} {what}", f"{line.said}\n  {self.where}"
        return right is not None and self.findings.compare(kind, "", said, self.values, right, where, self.slack)

    def computed(self, said, line):
        """The value of a side in the shape that stands beside the line, or None."""
        try:
            found, far = (shaped(each, self.shape(line)) for each in computed(said, self.values, self.slack))
            if far.any():
                self.slack[line.sides[0].word] = far
            return found.astype(int) if np.asarray(value_of(said, self.values)).dtype.kind == "i" else found
        except Words as word:
            self.findings.words[self.kind, "", str(word)] += 1
        except REFUSED as error:
            self.findings.tell(f"{self.kind} cannot be computed: {error!r}", f"{line.said}\n  {self.where}")
        self.unknown |= {line.sides[0].word, f"δ{ending(line.sides[-2].word)}"}
        return None

    def shape(self, line):
        """The shape that stands beside a line."""
        if not line.shape:
            raise Unread("no shape")
        axes = [] if line.shape == "scalar" else line.shape.replace("·", "*").replace("−", "-").split("×")
        return tuple(int(eval(axis, {"N": self.rows})) for axis in axes)

    def definition(self, line):
        """A name, and what it is in one or two ways."""
        name, *sides = line.sides
        again = name.word in self.definitions
        if again:
            self.findings.tell(f"{self.kind} defines {name.word} again", f"{line.said}\n  {self.where}")
        value = self.own.get(name.word)
        value = self.computed(sides[0], line) if value is None else value
        if value is None:
            return
        self.values[name.word], self.definitions[name.word] = value, sides[0]
        right = [self.compare("definition", side, value, line) for side in sides]
        if all(right) and (self.single or line.part.startswith("What")):
            check_evidence(line, value, self.findings, self.where)

    def held_for(self, line):
        """What a line holds for is so."""
        for each in line.conditions:
            if self.unknown & words_of(each):
                continue
            try:
                if not np.all(value_of(each, self.values)):
                    self.findings.tell(f"{self.kind} says what does not hold", f"{line.said}, {each}\n  {self.where}")
            except REFUSED as error:
                self.findings.tell(f"{self.kind} cannot be computed: {error!r}", f"{line.said}\n  {self.where}")
            self.findings.right[f"{self.kind} condition", ""] += 1

    def gradient(self, line):
        """The gradient for a value: δh = ∂loss/∂h = …"""
        of, said = ending(line.sides[-2].word), line.sides[-1]
        self.held_for(line)
        if of in self.right:
            self.values[f"δ{of}"] = self.right[of]
            if self.compare("whole" if line.part.startswith("All") else "gradient", said, self.right[of], line) and self.single:
                check_evidence(line, self.right[of], self.findings, self.where)
        elif of in self.unknown:
            self.findings.words[self.kind, "", "what is not read"] += 1
            self.unknown.add(f"δ{of}")
        elif of not in self.values:
            self.findings.tell(f"{self.kind} has a gradient for {of}, which is not defined", f"{line.said}\n  {self.where}")
        elif (found := self.computed(said, line)) is not None:
            self.values[f"δ{of}"] = found
            self.differ(of, found, line)

    def differ(self, of, gradient, line):
        """The gradient for a made-up name, beside differences of the very definitions that are displayed."""
        direction = np.random.default_rng(1).normal(size=np.shape(gradient))
        try:
            found = [self.near(np.sum(gradient * direction), of, direction, step) for step in STEPS]
        except (Words, *REFUSED):
            self.findings.words[self.kind, "", "differences of what is not read"] += 1
            return
        if not any(found):
            self.findings.tell(f"{self.kind} gradient differs from differences", f"{line.said}\n  {self.where}")
        self.findings.right[f"{self.kind} gradient by differences", ""] += 1

    def near(self, slope, of, direction, step):
        """Whether the output grows as a slope says as a value moves along a direction, or has a kink or a jump there."""
        here = np.sum(self.cotangent * self.values[self.output])
        moved = (self.moved(of, by * step * direction)[self.output] for by in (2, 1, -1, -2))
        twice, once, back, far = (np.sum(self.cotangent * output) for output in moved)
        size = max(1.0, abs(slope), 1e-10 * abs(here) / step)
        kink = abs(once - 2 * here + back) / step > 1e-2 * size
        return kink or abs(slope - (8 * (once - back) - (twice - far)) / (12 * step)) <= DIFFERENCE * size

    def moved(self, name, by):
        """The values of all definitions where one value is moved."""
        values, reached = self.values | {name: self.values[name] + by}, {name}
        for each, said in self.definitions.items():
            said = self.without_stopped(said, values)
            if each != name and reached & words_of(said):
                values[each] = shaped(value_of(said, values), np.shape(self.values[each]))
                reached.add(each)
        return values

    def without_stopped(self, said, values):
        """What is said with a leaf for each part through which no gradient flows, whose value is not moved."""
        if said is None or not said.parts:
            return said
        if said.word == "stop_gradient":
            leaf = tree("name", word=f"StopGradient {len(values)}")
            values[leaf.word] = value_of(said, self.values)
            return leaf
        return replace(said, parts=tuple(self.without_stopped(part, values) for part in said.parts))

    def chained(self, line):
        """The chain rule: local derivatives, one applied after the other to a gradient."""
        right = self.values[f"δ{ending(line.sides[0].word)}"]
        try:
            found = shaped(self.along(line.sides[1]), np.shape(right))
        except Words as word:
            self.findings.words[self.kind, "", str(word)] += 1
        except REFUSED as error:
            self.findings.tell(f"{self.kind} chain cannot be computed: {error!r}", f"{line.said}\n  {self.where}")
        else:
            if np.abs(found - right).max(initial=0) > DIFFERENCE * max(1, np.abs(right).max(initial=0)):
                self.findings.tell(f"{self.kind} chain gives {found.ravel()[:6]}, not {np.ravel(right)[:6]}", line.said)
            self.findings.right[f"{self.kind} chain", ""] += 1

    def along(self, said):
        """The value of a term of the chain rule: in ∂loss/∂b · ∂b/∂c, what ∂b/∂c makes of the gradient for b."""
        if said.sign == "plus":
            return sum(map(self.along, said.parts))
        if said.sign == "product" and said.parts[1].word.startswith("∂"):
            arriving, partial = self.along(said.parts[0]), said.parts[1].word
            if partial not in self.local:
                raise Words("what is not read") if partial in self.unknown else Unread(f"{partial} is no local derivative")
            start = partial.removeprefix("∂").partition("/∂")[0]
            given = self.values | {"□": shaped(arriving, np.shape(self.values[start]))}
            return shaped(value_of(self.local[partial], given), np.shape(self.values[ending(partial)]))
        if said.word.startswith("∂"):
            if f"δ{ending(said.word)}" in self.unknown:
                raise Words("what is not read")
            return self.values[f"δ{ending(said.word)}"]
        return value_of(said, self.values)
