"""Make docs/onnx.md, of models read and written, and what ONNX's own tests come to: `python -m docs.onnx_tests [FOLDER]`."""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import onnx

from docs.onnx_exports import section
from tests.onnx.exported import exported_outcomes
from tests.onnx.node_tests import (
    DIFFERS,
    FAILED,
    GIVEN,
    PASSED,
    REFUSED,
    Outcome,
    all_tests,
    body_outcomes,
    composed_operators,
    node_tests,
    outcomes,
)

READING = '''# Models from ONNX

`mg.from_onnx("model.onnx")` reads a model as a graph. It can be run, drawn, explained, differentiated and trained on, like any
other. Here it is given a model in memory:

```pycon
>>> import numpy as np
>>> import minigraph as mg
>>> from onnx import parser
>>> graph = mg.from_onnx(parser.parse_model("""
...     <ir_version: 10, opset_import: ["" : 23]>
...     classify (float[N, T, 4] x) => (float[N, 2] scores)
...     <float[4, 2] W = {1, 0, 0, 1, 1, 0, 0, 1}, int64[1] places = {1}> {
...         [attention] taken = Attention <q_num_heads = 2, kv_num_heads = 2> (x, x, x)
...         mean = ReduceMean <keepdims = 0> (taken, places)
...         scores = MatMul (mean, W)
...     }"""))
>>> graph["scores"], list(graph.parameters)
(MatMul 'scores' (N × 2, float32), ['W'])
>>> print(graph.imported)
parameters (1): W
variables (0): none
constants (0): none
>>> sorted({node.block for node in graph.operations})
[(), ('attention',)]
>>> x = np.array([[[1, 0, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0]]])
>>> graph.forward(x=x)["scores"].round(2)
array([[0.7 , 0.69]], dtype=float32)
>>> y = mg.Input("y", ("N",), dtype=np.int64)
>>> loss = mg.SoftmaxCrossEntropy(graph["scores"], y)
>>> step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.5).minimize(loss))
>>> step(x=x, y=[1])["loss"] > step(x=x, y=[1])["loss"]
np.True_

```

- Inputs, outputs and values keep their names, and axes theirs: a batch of any size stays one.
- Every operator is read as the model's own operator set defines it, from the first set on: Upsample of set 9 and Resize of set
  10 have other places than Resize has today, Softmax before set 13 took several axes together. ONNX's converter is not used.
- Shapes, axes, counts and conditions must be stored in the model, or follow from what is, or from the shapes of its inputs.
  Where that is not enough, an input is given a shape, a tuple, or a value, an array or a number that makes it a constant:
  `mg.from_onnx(file, images=(1, 3, 320, 320), sr=16000)`. What follows from constants is computed while the model is read.
  A branch (If) is chosen while the model is read. Scan, and Loop with a known count, are scans where one graph does for all
  steps, and are written out otherwise.
- Names that are paths, as PyTorch and TensorFlow write them, are blocks: `/encoder/layer.0/Add` is drawn in `encoder` and
  there in `layer.0`, and `graph.draw(depth=1)` opens them one level deep. So are the modules that PyTorch writes beside a name.
- The recurrent operators (RNN, GRU, LSTM), loops, and operators that ONNX itself defines by others, such as Attention, are
  blocks: one named cluster each in a drawing.
- What cannot be read is refused in an error, by the node's name. That holds for a file that is damaged or made to do harm, too:
  external data is read from the model's own folder alone, and a file that asks for more than 512 MiB of computed constants, or
  for more than 100,000 nodes when loops and functions are written out, is refused, unless it is itself as large (16 bytes for
  each byte that its tensors hold, 20 nodes for each of its own, are added).
- Quantised models are read, with ONNX Runtime's DynamicQuantizeLSTM, which its quantisation writes. Their sums of whole numbers
  are exact: NumPy multiplies them in float32, or in float64 where there are more than 258 products of eight bits. Such a
  model is for use; for training give it as it was before it was quantised.
- What is stored in bfloat16, in float8, or in whole numbers of two or four bits is read exactly, as float32 or whole numbers of
  eight bits, and may be moved, cast and dequantised. What would compute in such a type is refused, as NumPy rounds otherwise.
- RandomNormal, RandomUniform and their like draw from one `RandomState` of the model for each seed (0 where none is given), a
  variable that a step's `updates` may move on. NonZero is read where what it looks at is known before a run: how many
  places it gives is the size of an axis.

## What is trained, and what is assumed

ONNX does not say which of a model's numbers are weights. Their places do. A floating-point initializer or Constant is

- a **parameter** where it reaches the place of a weight: an operand of MatMul, Gemm or Einsum, W or B of a convolution, scale
  or bias of a normalisation, W, R, B or P of a recurrent layer, the table of Gather, the slope of PRelu, or a vector added
  to what a product or a normalisation gives, or multiplied with it; also through Transpose, Reshape, Cast, Identity and the
  like, into the graph of a Loop, Scan or If, and into a function;
- a **variable** where it is a running statistic of BatchNormalization;
- a **constant** everywhere else, and wherever it is one number alone.

`mg.from_onnx(file, parameters=["W", "b"])` says otherwise: those of these names are parameters and no others; a function that
says of a name whether it is one will do too. `print(graph.imported)` lists all three.

An axis of which the model says nothing, or that an exporter numbered ("unk__1"), is named after its input, "x_0". Where an
operator can only be composed if two such axes are equal, or one equals a named or a known size, they are taken to be: as few as
will do. `graph.imported` lists these too, and a run with other sizes is refused. A shape given to `from_onnx` that names both
alike says so as well.

'''

RECIPE = """## The last layer fine-tuned

A model that others trained has learnt to see; what it says of it is its last layer. Here one that PyTorch exported (a small one
lies in tests/oracles) gets a last layer of its own, for two classes instead of three, and that alone is trained:

```pycon
>>> import onnx
>>> stored = np.load("tests/oracles/exported.npz")
>>> graph = mg.from_onnx(onnx.load_model_from_string(stored["mobile/model"].tobytes()))
>>> graph
Graph (10 operations, 331 parameter elements): x (N × 3 × 8 × 8) → y (N × 3)
>>> features = graph["/2/Gemm_output_0"].operands[0]
>>> features
Flatten '/1/Flatten_output_0' (N × 8, float32)
>>> W, b = mg.Parameter("W", np.zeros((8, 2))), mg.Parameter("b", np.zeros(2))
>>> scores, y = mg.Identity(features @ W + b, name="scores"), mg.Input("y", ("N",), dtype=np.int64)
>>> loss = mg.SoftmaxCrossEntropy(scores, y)
>>> step = mg.compile(mg.Graph(loss=loss), updates=mg.Adam(0.1).minimize(loss, parameters=[W, b]))
>>> labels = np.arange(16) % 2
>>> images = np.random.default_rng(0).normal(size=(16, 3, 8, 8)) + labels[:, None, None, None]
>>> losses = [float(step(x=images, y=labels)["loss"]) for _ in range(100)]
>>> round(losses[0], 2), losses[-1] < 0.2
(0.69, True)

```

Without `parameters` all that the loss depends on is trained; `print(graph.imported)` says which of the model's numbers those
are, and `from_onnx(file, parameters=[…])` says otherwise. `mg.Graph(scores=scores).to_onnx("own.onnx")` writes the whole again.

"""

TESTS = """## ONNX's own tests

ONNX ships tests of its operators, each a model of one node with inputs and the outputs that it must give. minigraph reads
every one with `mg.from_onnx`, runs it and compares values, shapes and element types, within ONNX's own tolerance
(1e-3 relative, 1e-7 absolute). These are the tests of onnx {version}, whose operator set is {operators}; the page is
made by `make docs`, and a test holds that it is true.

- **passed**: the outputs are ONNX's, of the model as it is shipped.
- **with values**: they are once shapes, axes and the like, which are inputs of the test's model, are given to `from_onnx` as
  values, `mg.from_onnx(model, axes=np.array([1]))`. As it is shipped the model is refused: they must be known before a run.
- **differs**: it is read, and gives something else than ONNX; the reasons stand below.
- **refused**: it is refused in words, given values or not; the reasons stand below.

| operator | tests | passed | with values | differs | refused |
|---|---:|---:|---:|---:|---:|
"""

BODIES = """
## Operators written with others

ONNX defines many operators as functions of others and ships each of their tests a second time with that function written
out, up to {most} nodes in one model. Of these {all} models, {passed} are read as they are shipped and {given} once values
are given that must be known before a run, and give ONNX's numbers. The rest need what minigraph does not have:

"""

EXPORTED = """
## Models that PyTorch exported

ONNX also ships {all} small models that PyTorch exported, from single layers to expressions of many nodes, each with PyTorch's
own outputs. Read as the operator sets that they are of, {passed} of them give these outputs. Larger ones that
today's PyTorch exports for batches of any size, among them a language model and recurrent and convolutional networks, are
read, run and trained on in `tests/interop/test_onnx_exported.py`.

"""

SHIPPED = """
## Files that packages ship

`tests/onnx/real_files.py` reads models out of packages and compares them with ONNX Runtime, on the same inputs, at two sizes of
each axis that is left open. They give its numbers, to 1e-4 of the largest. Beside it stand the milliseconds of one run of the
compiled graph, and of ONNX Runtime's, on one thread each, and what ten steps of gradient descent on the mean square of the
first output change (`--time`, `--train`); all numbers stay finite. The tests do not run it, as they download nothing.

| package | file | given to `from_onnx` | ms | ONNX Runtime | parameters changed | loss |
|---|---|---|---:|---:|---|---|
| silero-vad 6.2.3 | `silero_vad.onnx` | `sr=16000, input=("N", 576)` | 0.4 | 0.1 | 14 of 14 | 0.32 → 0.11 |
| | `silero_vad_16k_op15.onnx` | `sr=16000, input=("N", 576)` | 0.4 | 0.1 | 14 of 14 | 0.32 → 0.11 |
| | `silero_vad_op18_ifless.onnx` | `sr=16000` | 0.3 | 0.1 | 14 of 14 | 0.32 → 0.11 |
| | `silero_vad_half.onnx` | `input=("N", 576)` | 0.4 | 0.1 | 13 of 14 | 0.0062 → 0.0061 |
| | `silero_vad_16k_sequence.onnx` | nothing | 0.6 | 0.2 | 13 of 13 | 0.32 → 0.11 |
| | `silero_vad_openvino_16k.onnx` | nothing | 0.3 | 0.1 | 14 of 14 | 0.32 → 0.11 |
| magika 1.0.3 | `model.onnx` | nothing | 13 | 11 | 9 of 10 | 0.0046 → 0.0046 |
| rapidocr-onnxruntime 1.4.4 | `ch_ppocr_mobile_v2.0_cls_infer.onnx` | nothing | 1.8 | 0.3 | 143 of 143 | 0.30 → 0.25 |
| | `ch_PP-OCRv4_rec_infer.onnx` | `x=("N", 3, 48, "W")` | 29 | 12 | 90 of 110 | 0.0001 → 0.0001 |
| | `ch_PP-OCRv4_det_infer.onnx` | `x=("N", 3, 160, 160)` | 9.5 | 5.4 | 118 of 123 | 0.23 → 0.23 |
| nudenet 3.4.2 | `320n.onnx` | `images=("N", 3, 160, 160)` | 13 | 5.4 | 116 of 127 | 1160 → 690 |
| ddddocr 1.6.1 | `common.onnx` | nothing | 22 | 9.0 | 47 of 47 | 3.3 → 1.5 |
| | `common_det.onnx` | nothing | 72 | 30 | 155 of 160 | 1.5 → 1.4 |
| | `common_old.onnx` | nothing | 34 | 4.7 | none: quantised | |
| basic-pitch 0.4.0 | `nmp.onnx` | nothing | 65 | 40 | 13 of 13 | 0.045 → 0.029 |

What ten steps do not change has a gradient of 0, or one below the last place of its numbers.

Detectors that halve an image five times, and add to each half what they double again, take multiples of 32 alone: with sides of
any size they are refused, by the node where the two differ.

ddddocr's `common_old.onnx` is quantised anew in every layer. Where an activation differs in its last place, one number in
20,000 rounds to the neighbour of the one that ONNX Runtime has, and all layers after it see that: the answers differ by up to
1 % of the largest, and the letter that is read is the same everywhere.

"""

LEARNED = """
## What scikit-learn learns

Estimators that `skl2onnx` converts are read: the linear models of `ai.onnx.ml`, its support vector machines and ensembles of
trees, and what prepares their inputs. Their coefficients are constants: this is for use, alone or within a graph of your own.
`python tests/oracles/scikit_learn.py --table` makes this table of the largest differences, which are those of float32:

| estimator | operators of ai.onnx.ml | from scikit-learn | from ONNX Runtime |
|---|---|---:|---:|
| LinearRegression | LinearRegressor | 0e+00 | 1e-06 |
| Ridge | LinearRegressor | 0e+00 | 5e-07 |
| LogisticRegression, 2 classes | LinearClassifier, ZipMap | 9e-08 | 6e-08 |
| LogisticRegression, 3 classes | LinearClassifier, Normalizer, ZipMap | 6e-08 | 3e-08 |
| StandardScaler | Scaler | 1e-07 | 0e+00 |
| MinMaxScaler | none | 0e+00 | 0e+00 |
| Normalizer | Normalizer | 1e-07 | 6e-08 |
| PCA | none | 4e-07 | 0e+00 |
| KMeans | none | 2e-07 | 0e+00 |
| GaussianNB | ArrayFeatureExtractor, ZipMap | 2e-07 | 3e-07 |
| KNeighborsClassifier | ArrayFeatureExtractor, ZipMap | 2e-08 | 0e+00 |
| SVC | ArrayFeatureExtractor, SVMClassifier, ZipMap | 0e+00 | 0e+00 |
| SVR | SVMRegressor | 1e-06 | 1e-06 |
| MLPClassifier | ArrayFeatureExtractor, ZipMap | 0e+00 | 6e-08 |
| MLPRegressor | none | 0e+00 | 2e-07 |
| DecisionTreeClassifier | TreeEnsembleClassifier, ZipMap | 3e-08 | 0e+00 |
| DecisionTreeRegressor | TreeEnsembleRegressor | 0e+00 | 0e+00 |
| RandomForestClassifier | TreeEnsembleClassifier, ZipMap | 2e-07 | 0e+00 |
| RandomForestRegressor | TreeEnsembleRegressor | 6e-07 | 5e-07 |
| GradientBoostingClassifier, 2 classes | TreeEnsembleClassifier, ZipMap | 7e-08 | 6e-08 |
| GradientBoostingClassifier, 3 classes | TreeEnsembleClassifier, ZipMap | 3e-08 | 6e-08 |
| GradientBoostingRegressor | TreeEnsembleRegressor | 3e-07 | 5e-07 |
| Pipeline with SimpleImputer, OneHotEncoder | Imputer, LinearClassifier, OneHotEncoder, Scaler, ZipMap | 7e-08 | 6e-08 |

- A graph computes with numbers. Where ONNX gives a class by its name, the graph gives its number, and `graph.imported.labels`
  has the names: `np.array(graph.imported.labels["output_label"])[run["output_label"]]`. ZipMap passes the probabilities through
  as an array, a column for each of these. Inputs that are text are refused: encode them before.
- All trees of an ensemble go down together, one step at a time: a loop that is one node, and what the leaves give is added up.
- Normalizer with `norm="max"` divides by the largest element, as ONNX says; scikit-learn takes the largest absolute value.
- `PROBIT`, CategoryMapper, DictVectorizer and CastMap are refused, and a OneHotEncoder that is to stop at unknown categories.

"""

OTHERS = """
## Operators that minigraph does not have

Their tests are counted above as refused: {names}.
"""


def page() -> str:
    """The whole page."""
    operators = [name for name in composed_operators() if name in node_tests()]
    counts = {name: Counter(each.result for each in outcomes(name)) for name in operators}
    without = Counter({REFUSED: sum(len(tests) for name, tests in node_tests().items() if name not in operators)})
    rows = [_row(name, counts[name]) for name in operators] + [_row("operators that minigraph does not have", without)]
    rows += [_row("**all**", sum(counts.values(), without))]
    head = READING + RECIPE + section() + TESTS.format(version=onnx.__version__, operators=onnx.defs.onnx_opset_version())
    others = ", ".join(f"{name} ({len(tests)})" for name, tests in sorted(node_tests().items()) if name not in operators)
    found = [each for name in operators for each in outcomes(name)]
    sections = [
        "\n".join(rows) + "\n",
        "\n## What differs\n\n" + _reasons(found, DIFFERS),
        "\n## What is refused\n\n" + _reasons(found, REFUSED),
        _bodies(),
        _exported(),
        SHIPPED,
        LEARNED,
        OTHERS.format(names=others),
    ]
    return head + "".join(sections)


def _row(name: str, count: Counter[str]) -> str:
    if count[FAILED]:
        raise SystemExit(f"{name} fails {count[FAILED]} tests: mend it, or explain them in tests/onnx/differences.py.")
    cells = [name, count.total(), *(count[result] or "" for result in (PASSED, GIVEN, DIFFERS, REFUSED))]
    return f"| {' | '.join(map(str, cells))} |"


def _reasons(found: list[Outcome], result: str) -> str:
    """Every reason for a result, with the tests that it explains."""
    tests: dict[str, list[str]] = defaultdict(list)
    for each in found:
        if each.result == result:
            tests[each.reason].append(f"`{each.test}`")
    return "".join(f"- **{reason}** ({len(names)}): {', '.join(names)}\n" for reason, names in tests.items())


def _bodies() -> str:
    found = body_outcomes()
    most = max(len(test.model.graph.node) for test in all_tests())
    passed, given = (sum(each.result == result for each in found) for result in (PASSED, GIVEN))
    return BODIES.format(most=most, passed=passed, given=given, all=len(found)) + _reasons(found, REFUSED)


def _exported() -> str:
    found = exported_outcomes()
    passed = sum(each.result == PASSED for each in found)
    return EXPORTED.format(all=len(found), passed=passed) + _reasons(found, REFUSED)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "onnx.md").write_text(page(), encoding="utf-8")
