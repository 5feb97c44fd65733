// NumPy's functions of numbers, element by element, under its names. Here and in functions.js, operations.js and linalg.js each function stands in lines of its own, and names others as functions.NAME: a page holds those that its graph calls, and what
// these call. Of one that adds elements up, `goes` says where to: it puts for each element of the operand what an array of the result's shape has at its place. `loop(rule)` and `fold(rule)` of a rule for one element are written out as loops by library.py.
const functions = {};

/** Enter a function of numbers, element by element; `whole` gives the type of what it makes of whole numbers. */
function enter(name, rule, whole = asFloats) {
  functions[name] = (...operands) => {
    const dtype = common(operands);
    return elementwise(rule, operands, isFloat(dtype) ? dtype : whole(dtype));
  };
}

/** Enter a function that gives a truth. */
function enterTruth(name, rule) {
  functions[name] = (...operands) => elementwise(rule, operands, "bool");
}

enter("add", loop((a, b) => a + b), asTheyAre);
enter("subtract", loop((a, b) => a - b), asTheyAre);
enter("multiply", loop((a, b) => a * b), asTheyAre);
enter("divide", loop((a, b) => a / b), asDoubles);
enter("power", loop((a, b) => (a === 1 || b === 0 ? 1 : a === -1 && Math.abs(b) === Infinity ? 1 : a ** b)), asNumbers);
enter("negative", loop((a) => -a), asTheyAre);
enter("absolute", loop((a) => Math.abs(a)), asTheyAre);
enter("sign", loop((a) => (a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : NaN)), asTheyAre);
enter("maximum", loop((a, b) => (a >= b || a !== a ? a : b)), asTheyAre);
enter("minimum", loop((a, b) => (a <= b || a !== a ? a : b)), asTheyAre);
enter("floor_divide", loop((a, b) => wholeOf(a, b)), asNumbers);
enter("remainder", loop((a, b) => restOf(a, b)), asNumbers);
enter("fmod", loop((a, b) => a % b), asNumbers);
enter("floor", loop((a) => Math.floor(a)), asTheyAre);
enter("ceil", loop((a) => Math.ceil(a)), asTheyAre);
enter("rint", loop((a) => evenly(a)));
enter("sqrt", loop((a) => Math.sqrt(a)));
enter("cbrt", loop((a) => Math.cbrt(a)));
enter("reciprocal", loop((a) => 1 / a), asNumbers);
enter("square", loop((a) => a * a), asNumbers);
enter("exp", loop((a) => Math.exp(a)));
enter("expm1", loop((a) => Math.expm1(a)));
enter("exp2", loop((a) => 2 ** a));
enter("log", loop((a) => Math.log(a)));
enter("log1p", loop((a) => Math.log1p(a)));
enter("log2", loop((a) => Math.log2(a)));
enter("log10", loop((a) => Math.log10(a)));
enter("logaddexp", loop((a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))))));
enter("hypot", loop((a, b) => Math.hypot(a, b)));
enter("sin", loop((a) => Math.sin(a)));
enter("cos", loop((a) => Math.cos(a)));
enter("tan", loop((a) => Math.tan(a)));
enter("arcsin", loop((a) => Math.asin(a)));
enter("arccos", loop((a) => Math.acos(a)));
enter("arctan", loop((a) => Math.atan(a)));
enter("arctan2", loop((a, b) => Math.atan2(a, b)));
enter("sinh", loop((a) => Math.sinh(a)));
enter("cosh", loop((a) => Math.cosh(a)));
enter("tanh", loop((a) => Math.tanh(a)));
enter("arcsinh", loop((a) => Math.asinh(a)));
enter("arccosh", loop((a) => Math.acosh(a)));
enter("arctanh", loop((a) => Math.atanh(a)));
enterTruth("equal", loop((a, b) => a === b));
enterTruth("not_equal", loop((a, b) => a !== b));
enterTruth("less", loop((a, b) => a < b));
enterTruth("less_equal", loop((a, b) => a <= b));
enterTruth("greater", loop((a, b) => a > b));
enterTruth("greater_equal", loop((a, b) => a >= b));
enterTruth("logical_and", loop((a, b) => a !== 0 && b !== 0));
enterTruth("logical_or", loop((a, b) => a !== 0 || b !== 0));
enterTruth("logical_xor", loop((a, b) => (a !== 0) !== (b !== 0)));
enterTruth("logical_not", loop((a) => a === 0));
enterTruth("isnan", loop((a) => a !== a));
enterTruth("isinf", loop((a) => a === Infinity || a === -Infinity));
enterTruth("isfinite", loop((a) => Number.isFinite(a)));
enterTruth("signbit", loop((a) => a < 0 || Object.is(a, -0)));

/** How often a number goes into another, rounded down. */
function wholeOf(a, b) {
  const rest = a % b;
  const whole = (a - rest) / b - Number(rest !== 0 && rest < 0 !== b < 0);
  return b === 0 ? a / b : whole === 0 ? 0 * (a / b) : Math.round(whole);
}

/** What is left, of the sign of the divisor. */
function restOf(a, b) {
  const rest = a % b;
  return rest === 0 ? (b < 0 ? -0 : 0) : rest < 0 !== b < 0 ? rest + b : rest;
}

functions.where = (condition, a, b) => elementwise(loop((c, x, y) => (c !== 0 ? x : y)), [condition, a, b], common([a, b]));

functions.clip = (x, low, high) => {
  const least = low === null ? x : functions.maximum(x, low);
  return high === null ? least : functions.minimum(least, high);
};
