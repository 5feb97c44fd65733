"""Break rules on purpose, one at a time, and see that the table's checks go red: `python tests/break_rules.py`.

Each line below changes a few characters of an operation's source, in memory only. A change that no check notices is a gap in
the table; the script then ends with 1.
"""

import inspect
import itertools
import sys
import textwrap
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from minigraph.ops import OPERATIONS
from tests.ops import test_every_operation as table

CHECKS = [
    check for check in vars(table).values() if hasattr(check, "pytestmark") and "case" in inspect.signature(check).parameters
]

MUTATIONS = [
    ("Add", "backward", "gradient, gradient", "gradient, -gradient"),
    ("Sub", "backward", "gradient, -gradient", "gradient, gradient"),
    ("Mul", "backward", "gradient * b, gradient * a", "gradient * a, gradient * b"),
    ("Div", "backward", "-gradient * y / b", "-gradient * a / b"),
    ("Neg", "backward", "-gradient", "gradient"),
    ("Pow", "backward", "gradient * b * a", "gradient * a"),
    ("Pow", "backward", "np.where(np.equal(b, 0), 0, b - 1)", "b - 1"),
    ("Pow", "backward", "np.where(a > 0, gradient", "np.where(a > 1, gradient"),
    ("Exp", "backward", "gradient * y", "gradient * x"),
    ("Log", "backward", "gradient / x", "gradient / y"),
    ("Sqrt", "backward", "(2 * y)", "y"),
    ("Abs", "backward", "np.sign(x)", "np.where(x < 0, -1, 1)"),
    ("Sign", "backward", "None", "gradient"),
    ("Max", "backward", "share * win", "gradient * win"),
    ("Min", "forward", "np.minimum(reduce", "np.maximum(reduce"),
    ("Cast", "backward", "gradient.astype(x.dtype)", "gradient"),
    ("Less", "forward", "self.ufunc(", "np.less_equal("),
    ("GreaterOrEqual", "forward", "self.ufunc(", "np.greater("),
    ("Where", "backward", "np.where(condition, 0, gradient)", "gradient"),
    ("MatMul", "backward", "gradient @ b.mT", "gradient @ b"),
    ("MatMul", "backward", "a.mT @ gradient", "a.T @ gradient"),
    ("MatMul", "infer", "stack + rows[-1:] + columns", "stack + columns + rows[-1:]"),
    ("Gemm", "backward", "self.alpha * gradient", "gradient"),
    ("Gemm", "backward", "self.beta * gradient", "gradient"),
    ("Gemm", "backward", "b_turned.T @ scaled.T", "(b_turned.T @ scaled.T).T"),
    ("Transpose", "backward", "np.argsort(self.perm)", "self.perm"),
    ("ReduceSum", "backward", "self.restore(gradient)", "gradient"),
    ("ReduceMean", "backward", "gradient / Size.apply(x, axes=self.axes)", "gradient"),
    ("ReduceMean", "forward", "Size.apply(x, axes=self.axes)", "np.size(x)"),
    ("ReduceMax", "backward", " / np.sum(ties, axis=self.axes, keepdims=True)", ""),
    ("ArgMax", "place", "keepdims=self.keepdims, out=out", "keepdims=False"),
    ("ArgMax", "infer", "(1,) * self.keepdims", "(1,)"),
    ("ArgSort", "infer", "np.int64", "np.int32"),
    ("Reshape", "backward", "np.shape(x)", "np.shape(x)[::-1]"),
    ("Expand", "backward", "gradient, None", "-gradient, None"),
    ("Squeeze", "forward", "self.axes", "None"),
    ("Unsqueeze", "infer", "rank=x.ndim + len(new)", "rank=x.ndim + 1"),
    ("Shape", "forward", "np.shape(x)", "np.shape(x)[::-1]"),
    ("Size", "forward", "axes_of(x, self.axes)", "range(x.ndim)"),
    ("Stack", "backward", "np.take(gradient, i, axis=self.axis)", "np.take(gradient, 0, axis=self.axis)"),
    ("Gather", "backward", "axis=self.axis", "axis=0"),
    ("Gather", "infer", "x.shape[: self.axis] + indices.shape", "indices.shape + x.shape[: self.axis]"),
    ("ScatterAdd", "forward", "np.mod(indices, size).ravel()", "np.unique(indices % size, return_inverse=True)[1].ravel()"),
    ("ScatterAdd", "backward", "axis=self.axis", "axis=0"),
    ("OneHot", "forward", "hot.transpose(order)", "hot"),
    ("OneHot", "infer", "np.dtype(self.to)", "self.to"),
    ("Tanh", "backward", "1 - y * y", "1 - y"),
    ("Tanh", "forward", "np.tanh(x, out=out)", "np.tanh(x, out=x if isinstance(x, np.ndarray) else None)"),
    ("Sigmoid", "backward", "(1 - y)", "(1 + y)"),
    ("Sigmoid", "forward", "1 / (1 + np.exp(-x))", "np.exp(x) / (1 + np.exp(x))"),
    ("Relu", "backward", "y > 0", "y >= 0"),
    ("Relu", "backward", "gradient * (y > 0)", "gradient * np.float64(1) * (y > 0)"),
    ("Softmax", "forward", "x - x.max(axis=self.axis, keepdims=True)", "x"),
    ("Softmax", "backward", "(gradient * y).sum(axis=self.axis, keepdims=True)", "0"),
    ("LogSoftmax", "backward", "np.exp(y)", "y"),
    ("LogSoftmax", "backward", "axis=self.axis", "axis=-1"),
    ("SoftmaxCrossEntropy", "loss", "-taken.sum() / self.count(logarithms, targets)", "-taken.sum()"),
    ("SoftmaxCrossEntropy", "backward", "(probabilities - expected)", "(probabilities + expected)"),
    ("SoftmaxCrossEntropy", "backward", "probabilities * expected.sum(axis=axis, keepdims=True)", "probabilities"),
    ("SoftmaxCrossEntropy", "spread", "np.expand_dims(gradient, self.class_axis(logarithms))", "np.expand_dims(gradient, -1)"),
    ("SoftmaxCrossEntropy", "usual_axis", "min(1, z.ndim - 1)", "z.ndim - 1"),
    ("NegativeLogLikelihood", "usual_axis", "min(1, z.ndim - 1)", "1"),
    ("Im2Col", "forward", "self.fill", "0.0"),
    ("Im2Col", "forward", "2 + rank, 2 + 2 * rank", "2, 2 + rank"),
    ("Im2Col", "backward", "**window.folding", "block_shape=window.kernel_shape"),
    ("Col2Im", "_folded", "line += inside", "np.copyto(line, inside)"),
    ("Col2Im", "_folded", "i * gap - before", "i * gap"),
    ("Conv", "backward", "np.sum(slopes @", "np.sum(-slopes @"),
    ("Conv", "backward", "self.rows(w).mT", "self.rows(w)[..., ::-1].mT"),
    ("Conv", "backward", "over_channels(gradient)", "gradient[0, :, 0]"),
    ("ConvTranspose", "backward", "self.rows(w) @ columns", "-self.rows(w) @ columns"),
    ("MaxPool", "forward", "fill=-math.inf", "fill=0.0"),
    ("MaxPool", "backward", "self.columns(x, fill=-math.inf)", "self.columns(x)"),
    ("AveragePool", "forward", "/ self.counts(x)", "/ math.prod(self.kernel_shape)"),
    ("AveragePool", "backward", "gradient / self.counts(x)", "gradient"),
    ("LpPool", "backward", "np.sign(elements) * ", ""),
    ("Resize", "weights", "np.floor(place) +", "np.ceil(place) +"),
    ("Resize", "weights", "/ shares.sum(axis=1, keepdims=True)", ""),
    ("Resize", "weights", "min(length / size, 1)", "length / size"),
    ("Resize", "weights", "np.clip(at, 0, size - 1)", "at % size"),
    ("Resize", "backward", "matrix.T", "abs(matrix.T)"),
    ("Resize", "made", "math.floor", "math.ceil"),
    ("DepthToSpace", "backward", "self.to_depth(gradient)", "-self.to_depth(gradient)"),
    ("SpaceToDepth", "to_depth", "(0, 3, 5, 1, 2, 4)", "(0, 5, 3, 1, 2, 4)"),
    ("GlobalAveragePool", "backward", "gradient / math.prod(x.shape[2:])", "gradient"),
    ("GlobalMaxPool", "backward", "taken * np.reshape", "taken + np.reshape"),
    ("Einsum", "_share", "x.shape[at]", "x.shape[0] + 1"),
    ("Einsum", "_share", "np.ones_like(x)", "np.zeros_like(x)"),
    ("Einsum", "infer", "if known == 1:", "if False:"),
    ("Einsum", "_share", "not _fills(own, x, factors)", "not set(own) <= set(''.join(each for each, _ in factors))"),
    ("Flatten", "forward", "axes=axes[: self.axis]", "axes=axes[: abs(self.axis)]"),
    ("Concat", "backward", "np.cumsum(sizes[:-1], dtype=int)", "sizes[:-1]"),
    ("Concat", "backward", "np.take(parts, i, axis=self.axis)", "np.take(parts, 0, axis=self.axis)"),
    ("Tile", "backward", "range(0, len(pairs), 2)", "range(1, len(pairs), 2)"),
    ("Trilu", "backward", "k=self.k, ", ""),
    ("Inverse", "backward", "-(y.mT @ gradient @ y.mT)", "-(y @ gradient @ y)"),
    ("Det", "backward", "Inverse.apply(x).mT", "Inverse.apply(x)"),
    ("LogAbsDet", "backward", "Inverse.apply(x).mT", "Inverse.apply(x)"),
    ("Solve", "backward", "Solve.apply(a.mT, gradient)", "Solve.apply(a, gradient)"),
    ("Solve", "backward", "-columns", "columns"),
    ("Cholesky", "backward", "np.tril(product, -1)", "np.tril(product)"),
    ("Cholesky", "forward", "(x + x.mT) / 2", "x"),
    ("GatherElements", "backward", 'reduction="add"', 'reduction="none"'),
    ("ScatterElements", "backward", "np.zeros_like(updates)", "updates"),
    ("ScatterElements", "backward", "gradient * rest", "gradient * y"),
    ("ScatterElements", "backward", ' / self.put(remains, indices, wins, "add")', ""),
    ("ScatterElements", "index", "grid[self.axis] = indices", "grid[0] = indices"),
    ("GatherND", "backward", 'reduction="add", ', ""),
    ("GatherND", "index", "self.batch_dims", "0"),
    ("ScatterND", "backward", "np.zeros_like(updates)", "updates"),
    ("ScatterND", "put", "batch_dims=self.batch_dims", "batch_dims=0"),
    ("Slice", "backward", "**self.bounds", "**self.bounds | {'starts': self.ends, 'ends': self.starts}"),
    ("ScatterSlice", "forward", "= updates", "+= 2 * updates"),
    ("ScatterSlice", "backward", "Slice.apply(gradient, **self.bounds)", "-Slice.apply(gradient, **self.bounds)"),
    ("Pad", "backward", "start + self.left(x, axis)", "self.left(x, axis)"),
    ("Pad", "backward", "np.arange(self.left(x, axis))", "np.arange(self.left(x, axis))[::-1]"),
    ("Pad", "taken", "max(-self.pairs(x)[axis][0], 0)", "max(-self.pairs(x)[axis][1], 0)"),
    ("Pad", "forward", "self.constant_value", "0"),
    ("Pad", "backward", "width, mode=self.mode", "width, mode='edge'"),
    ("ArgSort", "forward", "np.size(x, axis=self.axis) - 1", "np.size(x, axis=self.axis)"),
    ("ArgSort", "forward", "np.argsort(np.flip(x, axis=self.axis)", "np.argsort(-x"),
    ("ArgTopK", "forward", "descending=self.largest", "descending=True"),
    ("Sort", "order", "descending=self.descending", "descending=False"),
    ("TopK", "order", "largest=self.largest", "largest=True"),
    ("TopK", "backward", "self.order(x)", "self.order(-x)"),
    ("ConvTranspose", "target", "rest - rest % stride", "0"),
    ("ConvTranspose", "target", "max(0, span - before - size)", "0"),
    ("ConvTranspose", "laid_out", "strict=True)], self.auto_pad)", "strict=True)], 'SAME_UPPER')"),
    ("Sin", "backward", "np.cos(x)", "np.sin(x)"),
    ("Cos", "backward", "-gradient", "gradient"),
    ("Tan", "backward", "1 + y * y", "1 - y * y"),
    ("Asin", "backward", "(1 - x) * (1 + x)", "1 + x"),
    ("Atanh", "backward", "(1 - x) * (1 + x)", "1 + x * x"),
    ("Reciprocal", "backward", "-gradient", "gradient"),
    ("Expm1", "backward", "(y + 1)", "y"),
    ("Erf", "forward", "REST - rest", "REST - rest * 1.000001"),
    ("Erf", "backward", "-x * x", "x * x"),
    ("Mod", "backward", "np.floor(quotient)", "np.ceil(quotient)"),
    ("Clip", "backward", "np.where(np.equal(x, y), gradient, 0)", "gradient"),
    ("StopGradient", "backward", "None", "gradient"),
    ("ReduceL2", "backward", " / np.where(np.equal(length, 0), 1, length)", ""),
    ("ReduceL2", "forward", "scale * np.sqrt", "np.sqrt"),
    ("ReduceLogSumExp", "forward", "+ offset", "+ 0 * offset"),
    ("ReduceVariance", "backward", " * 2 * centred", " * centred"),
    ("ReduceProd", "others", "before * behind", "before"),
    ("CumSum", "backward", "not self.reverse", "self.reverse"),
    ("CumProd", "backward", "before * Recurrence", "Recurrence"),
    ("CumProd", "backward", "if self.exclusive else gradient", "if not self.exclusive else gradient"),
    ("LeakyRelu", "backward", "self.alpha * gradient", "gradient"),
    ("PRelu", "backward", "gradient * x", "gradient"),
    ("Elu", "backward", "self.alpha * np.exp", "np.exp"),
    ("Selu", "backward", "gradient * self.gamma", "gradient"),
    ("HardSigmoid", "backward", "self.alpha * gradient", "gradient"),
    ("Softplus", "backward", "Sigmoid.apply(x)", "Sigmoid.apply(-x)"),
    ("Gelu", "backward", "+ x * self.density(x)", ""),
    ("Swish", "backward", "self.alpha * x * (1 - passed)", "x * (1 - passed)"),
    ("Mish", "backward", "1 - passed * passed", "1 - passed"),
    ("SoftmaxCrossEntropy", "weighted", "values * np.reshape", "np.reshape"),
    ("SoftmaxCrossEntropy", "smoothed", " + self.label_smoothing / z.shape[self.class_axis(z)]", ""),
    ("NegativeLogLikelihood", "backward", "-gradient * expected", "gradient * expected"),
    ("MeanSquaredError", "slopes", "2 * (t - x)", "2 * (x - t)"),
    ("Huber", "slopes", "slope, -slope", "slope, slope"),
    ("BinaryCrossEntropy", "slopes", "Sigmoid.apply(x) - t, -x", "Sigmoid.apply(x) - t, x"),
    ("KLDivergence", "slopes", "(t - x + 1)", "(t - x)"),
    ("Hinge", "slopes", "np.where(reached, 0, -x)", "np.where(reached, 0, x)"),
    ("CosineSimilarity", "backward", "/ self.length(b)", "/ self.length(a)"),
    ("TripletMargin", "slopes", "-to_p", "to_p"),
    ("LayerNormalization", "backward", "gradient * scale, standard", "gradient, standard"),
    ("RMSNormalization", "backward", "scaled - along", "scaled + along"),
    ("InstanceNormalization", "backward", "over_channels(gradient * standard)", "over_channels(gradient)"),
    ("BatchNormalization", "backward", "-0.5 * for_scale", "0.5 * for_scale"),
    ("BatchNormalization", "backward", "scaled, standard, deviation", "gradient, standard, deviation"),
    ("BatchNormalization", "standard", "if self.training_mode", "if self.training_mode is None"),
    ("GroupNormalization", "backward", "self.grouped(gradient * per_channel(scale, x.ndim), x)", "self.grouped(gradient, x)"),
    ("GroupNormalization", "grouped", "num_groups, x.shape[1] // self.num_groups", "num_groups // 2, -1"),
    ("LpNormalization", "backward", "np.sign(x) if self.p == 1 else y", "y"),
    ("LpNormalization", "divisor", "np.where(is_zero, 1, norm)", "norm"),
    ("Dropout", "backward", "self.dropped(gradient, x, state)", "gradient"),
    ("Dropout", "dropped", "stream=self.stream", "stream=self.stream + (each is not x)"),
    ("RandomNormal", "forward", ".astype(self.to)", ""),
    ("Bernoulli", "forward", "p.dtype if self.to is None else self.to", "np.float64"),
    ("DropoutMask", "forward", ".reshape(shape)", ""),
]
"""An operation, the rule to break, what stands there, and what to put in its place."""


def broken(kind, rule, before, after):
    """The rule as it is and as it would be with one text put for another."""
    right = getattr(kind, rule)
    source = textwrap.dedent(inspect.getsource(right))
    if before not in source:
        raise ValueError(f"{kind.__name__}.{rule} no longer says {before!r}: bring tests/break_rules.py up to date")
    # Within a function that knows the class, so that super() works.
    text = f"def make(__class__):\n{textwrap.indent(source.replace(before, after, 1), '    ')}\n    return {rule}"
    scope = {}
    exec(text, inspect.unwrap(right).__globals__, scope)
    return right, scope["make"](kind)


def red(operation, rule, before, after):
    """The names of the checks that go red for the broken rule."""
    kind = OPERATIONS[operation]
    own = rule in vars(kind)
    right, wrong = broken(kind, rule, before, after)
    setattr(kind, rule, wrong)
    try:
        return {check.__name__ for check in CHECKS if any(fails(check, values) for values in trials(check, operation))}
    finally:
        if own:
            setattr(kind, rule, right)
        else:
            delattr(kind, rule)


def trials(check, operation):
    """Every combination of the parameters that a check is made with, for one operation's cases."""
    names = [mark.args[0] for mark in check.pytestmark]
    for combination in itertools.product(*(mark.args[1] for mark in check.pytestmark)):
        values = {}
        for name, value in zip(names, combination, strict=True):
            values.update({name: value} if isinstance(name, str) else dict(zip(name, value, strict=True)))
        if values["case"].operation == operation:
            yield values


def fails(check, values):
    try:
        with np.errstate(all="ignore"):
            check(**values)
    except Exception:
        return True
    return False


def main():
    """Print what becomes of each wrong rule; 1 when one is missed, when a check never fails, or when one fails untouched."""
    fallen, missed, untouched = Counter(), 0, 0
    for operation, rule, before, after in MUTATIONS:
        checks = red(operation, rule, before, after)
        fallen.update(checks)
        missed += not checks
        print(f"{len(checks):2} checks red  {operation}.{rule}: {before}  →  {after or 'nothing'}")
    for operation, rule, before, _ in {mutation[0]: mutation for mutation in MUTATIONS}.values():
        untouched += len(red(operation, rule, before, before))
    print()
    for check in CHECKS:
        print(f"{fallen[check.__name__]:2} wrong rules caught by {check.__name__}")
    operations = len({operation for operation, *_ in MUTATIONS})
    print(f"\n{len(MUTATIONS) - missed} of {len(MUTATIONS)} wrong rules caught, of {operations} operations")
    print(f"{untouched} checks red for the rules as they are")
    return int(missed > 0 or untouched > 0 or len(fallen) < len(CHECKS))


if __name__ == "__main__":
    sys.exit(main())
