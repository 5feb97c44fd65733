"""What docs/onnx.md says of models that are written; what ONNX Runtime computes of them is stored by this script.

`python -m docs.onnx_exports`, where onnxruntime is installed, writes docs/onnx_exports.json; the page needs no more than that.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.ops import OPERATIONS
from tests.onnx.exports import by_reading_back, checked, difference, in_another_process, rows_of, written

STORED = Path(__file__).with_suffix(".json")

WRITING = """## Models that are written

`graph.to_onnx("model.onnx")` writes a graph as an ONNX model, and `minigraph export MODEL FILE` what a model, or a training,
predicts. Any runtime for ONNX serves it:

```python
import numpy as np
import onnxruntime
import minigraph as mg

x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", np.eye(2))
graph = mg.Graph(probabilities=mg.Softmax(np.tanh(x @ W)))
graph.to_onnx("model.onnx")

session = onnxruntime.InferenceSession("model.onnx")
(probabilities,) = session.run(["probabilities"], {"x": np.zeros((3, 2), np.float32)})
```

With `updates`, as `mg.compile` takes them, it writes a training step. What the step changes is an input of the model, whose
default is its present value, and its next value an output, of the name W_new and in the same order; so the parameters, and the
optimizer's own state, go round. The model's metadata `minigraph.updates` has the names of both:

```python
y = mg.Input("y", ("N",), dtype=np.int64)
loss = mg.SoftmaxCrossEntropy(x @ W, y)
mg.Graph(loss=loss).to_onnx("step.onnx", updates=mg.Adam(0.1).minimize(loss))

step = onnxruntime.InferenceSession("step.onnx")
names = [each.name for each in step.get_overridable_initializers()]
state = {}
for _ in range(100):
    batch = {"x": np.eye(2, dtype=np.float32), "y": np.array([1, 0])}
    loss, *new = step.run(None, batch | state)
    state = dict(zip(names, new, strict=True))
```

- An operation becomes the operator of its name, a few operators, or what its own rule composes; so does one of your own, where
  its rule is composed of others. Operators of the same inputs are written once. A scan is a Scan, and so is its gradient.
- Inputs, outputs, nodes and variables keep their names, named axes are `dim_param`s, and blocks are paths, `/encoder/z`. The
  doc string of a node is the line that made it. `mg.from_onnx` gives the graph back, with its parameters and variables.
- What cannot be written is refused, node by node, before anything is written: an opaque gradient, LAPACK's factors, and what
  draws random numbers. Write `mg.inference(graph)` for use; of a training step each draw, such as the mask of a dropout, is an
  input.
- Half precision computes in single precision and is rounded once for each operation, as in a run. Whole numbers of 8 and 16
  bits compute in int64 and are cast back. In double precision what ONNX would store in single precision, such as an epsilon,
  is a constant, and what runtimes have in single precision alone is written by its rule.
- The operator set is 21 unless `opset` says another, from 18 on. Numbers of more than 2 GB lie in a file beside the model.
- A singular matrix, a label that counts no class and the like, which a run refuses, are left to the runtime.

"""

PROVEN = """Every case of minigraph's own tests is written with its gradients, checked by ONNX with its shape inference, and
run: by ONNX Runtime {runtime}, and read back by `mg.from_onnx`. Of the {all} operations {runs} give the same numbers wholly in
ONNX Runtime in single precision, to 1e-4 of the largest, {double} in double precision, to 1e-9, and {reads} when they are read
back. The others:

| operation | where | cases | that differ | why |
|---|---|---:|---:|---|
{rows}

"""

WHY = {
    ("Einsum", "ONNX Runtime"): "its Einsum ends the process where an axis is empty",
    ("GroupNormalization", "ONNX Runtime"): "its GroupNormalization refuses a batch without rows",
    ("ReduceProd", "ONNX Runtime"): "its Scan refuses a sequence without places",
    ("PseudoInverse", "everywhere"): "refused: ONNX has no singular values",
}
"""The reasons for what differs, by the operation and where."""
NO_KERNEL = "it has no kernel in double precision for {}"


def measured() -> dict[str, Any]:
    """What each operation comes to, in ONNX Runtime and read back: how many cases, and what is wrong with those that differ."""
    found: dict[str, Any] = {"onnxruntime": version("onnxruntime"), "operations": {}}
    for operation in OPERATIONS:
        rows = [_outcomes(case) for case in rows_of(operation)]
        wrong = {where: sorted(set(filter(None, (row[where] for row in rows)))) for where in rows[0]}
        counts = {where: sum(bool(row[where]) for row in rows) for where in rows[0]}
        found["operations"][operation] = {"cases": len(rows), "differ": counts, "reasons": wrong}
    return found


def _outcomes(case: Any) -> dict[str, str]:
    """What is wrong with a case, or nothing, in each place."""
    found: dict[str, str] = {}
    for where, dtype, run in (
        ("float32", np.float32, in_another_process),
        ("float64", np.float64, in_another_process),
        ("read back", np.float32, by_reading_back),
    ):
        try:
            made = written(case, dtype)
            found[where] = difference(run(checked(made.model), made.given), made.expected)
        except MinigraphError as error:
            found[where] = "refused" if "cannot be written" in str(error) else str(error).splitlines()[0]
        except Exception as error:
            found[where] = _reason(str(error))
    return found


def _reason(text: str) -> str:
    """What a runtime says, in a word."""
    name = text.partition("Could not find an implementation for ")[2].partition("(")[0]
    return NO_KERNEL.format(name) if name else "the runtime refuses it"


def section() -> str:
    """The part of the page."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    found = stored["operations"]
    rows = []
    for operation, each in found.items():
        if any("refused" in reasons for reasons in each["reasons"].values()):
            rows.append((operation, "everywhere", each["cases"], each["differ"]["float32"], WHY[operation, "everywhere"]))
            continue
        for where, name in (
            ("float32", "ONNX Runtime"),
            ("float64", "ONNX Runtime, double precision"),
            ("read back", "from_onnx"),
        ):
            kernels = [reason for reason in each["reasons"][where] if reason.startswith("it has no kernel")]
            why = "; ".join(kernels) or WHY.get((operation, name.partition(",")[0]), "; ".join(each["reasons"][where]))
            same = where == "float64" and not kernels and each["differ"]["float32"] == each["differ"][where]
            if each["differ"][where] and not same:
                rows.append((operation, name, each["cases"], each["differ"][where], why))
    wholly = {where: sum(not each["differ"][where] for each in found.values()) for where in ("float32", "float64", "read back")}
    lines = "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)
    return WRITING + PROVEN.format(
        runtime=stored["onnxruntime"],
        all=len(found),
        runs=wholly["float32"],
        double=wholly["float64"],
        reads=wholly["read back"],
        rows=lines,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of overflows and the like, which the cases ask for
    STORED.write_text(json.dumps(measured(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(section())
