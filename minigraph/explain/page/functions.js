// NumPy's functions, under its names; operations.js has the operations without one. A page holds those that its graph calls, and what these call: each stands in lines of its own, and names others as functions.NAME. Of one that adds elements
// up, `goes` says where to: it puts for each element of the operand what an array of the result's shape has at its place. `loop(rule)` and `fold(rule)` of a rule for one element are written out as loops where the page is made, by library.py.
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

functions.astype = (x, dtype) => cast(asArray(x), dtype);

functions.copy = (x) => x;

functions.zeros_like = (x) => filled(x.shape, x.dtype);

functions.ones_like = (x) => filled(x.shape, x.dtype, 1);

functions.reshape = (x, shape) => {
  const asked = [asArray(shape).data].flatMap((each) => [...each]);
  const known = product(asked.filter((size) => size !== -1));
  return reshaped(x, asked.map((size) => (size === -1 ? x.size / known : size)));
};

functions.ravel = (x) => reshaped(x, [x.size]);

functions.expand_dims = (x, axis) => {
  const axes = axesOf(axis, x.ndim + [axis].flat().length);
  const sizes = [...x.shape];
  return reshaped(x, Array.from({ length: x.ndim + axes.length }, (_, i) => (axes.includes(i) ? 1 : sizes.shift())));
};

functions.squeeze = (x, { axis = null } = {}) => {
  const axes = axis === null ? x.shape.flatMap((size, i) => (size === 1 ? [i] : [])) : axesOf(axis, x.ndim);
  return reshaped(x, x.shape.filter((_, i) => !axes.includes(i)));
};

functions.transpose = (x, axes = null) => transposed(x, axes === null ? [...Array(x.ndim).keys()].reverse() : axesOf(axes, x.ndim));

functions.moveaxis = (x, from, to) => {
  const [taken, placed] = [axesOf(from, x.ndim), axesOf(to, x.ndim)];
  const left = [...Array(x.ndim).keys()].filter((axis) => !taken.includes(axis));
  return transposed(x, Array.from({ length: x.ndim }, (_, i) => (placed.includes(i) ? taken[placed.indexOf(i)] : left.shift())));
};

functions.swapaxes = (x, a, b) => {
  const order = [...Array(x.ndim).keys()];
  [order[axisOf(a, x.ndim)], order[axisOf(b, x.ndim)]] = [axisOf(b, x.ndim), axisOf(a, x.ndim)];
  return transposed(x, order);
};

functions.broadcast_to = (x, shape) => {
  const to = [...asArray(shape).data];
  const array = asArray(x);
  return strided(array, to, stridesTo(array, to), 0);
};

functions.getitem = (x, index) => {
  const given = Array.isArray(index) ? index : [index];
  const taking = given.filter((each) => each !== null && !each?.ellipsis).length;
  const all = Array.from({ length: x.ndim - taking }, () => ({ slice: [null, null, null] }));
  const at = given.flatMap((each) => (each?.ellipsis ? all : [each]));
  if (!given.some((each) => each?.ellipsis)) at.push(...all);
  const own = stridesOf(x.shape);
  const [shape, strides] = [[], []];
  let [start, axis] = [0, 0];
  for (const each of at) {
    if (each === null) {
      shape.push(1);
      strides.push(0);
    } else if (each.slice) {
      const [first, count, step] = sliced(each.slice, x.shape[axis]);
      start += count ? first * own[axis] : 0;
      shape.push(count);
      strides.push(step * own[axis++]);
    } else {
      start += axisOf(Number(each instanceof NDArray ? each.data[0] : each), x.shape[axis]) * own[axis++];
    }
  }
  return strided(x, shape, strides, start);
};

functions.flip = (x, axis = null) => {
  const axes = axesOf(axis?.axis === undefined ? axis : axis.axis, x.ndim);
  const own = stridesOf(x.shape);
  const start = axes.reduce((sum, each) => sum + Math.max(0, x.shape[each] - 1) * own[each], 0);
  return strided(x, x.shape, own.map((step, i) => (axes.includes(i) ? -step : step)), start);
};

functions.concatenate = (arrays, { axis = 0 } = {}) => {
  const given = arrays.map((each) => asArray(each));
  const along = axisOf(axis, given[0].ndim);
  const shape = given[0].shape.map((size, i) => (i === along ? given.reduce((sum, each) => sum + each.shape[i], 0) : size));
  const found = filled(shape, common(given));
  const [before, , behind] = around(shape, along);
  let to = 0;
  for (let line = 0; line < before; line++) {
    for (const each of given) {
      const count = each.shape[along] * behind;
      found.data.set(each.data.subarray(line * count, (line + 1) * count), to);
      to += count;
    }
  }
  return found;
};

functions.stack = (arrays, { axis = 0 } = {}) => {
  const widened = arrays.map((each) => functions.expand_dims(asArray(each), axis));
  return functions.concatenate(widened, { axis: axisOf(axis, widened[0].ndim) });
};

functions.tile = (x, times) => {
  const counts = [...asArray(times).data];
  const rank = Math.max(counts.length, x.ndim);
  const [sizes, repeats] = [x.shape, counts].map((each) => [...Array(rank - each.length).fill(1), ...each]);
  const apart = strided(x, sizes.flatMap((size, i) => [repeats[i], size]), stridesOf(sizes).flatMap((step) => [0, step]), 0);
  return reshaped(apart, sizes.map((size, i) => size * repeats[i]));
};

functions.pad = (x, widths, { mode = "constant", constant_values = 0 } = {}) => {
  const pairs = widths.map((pair) => pair.map(Number));
  const shape = x.shape.map((size, axis) => size + pairs[axis][0] + pairs[axis][1]);
  const found = filled(shape, x.dtype);
  const own = stridesOf(x.shape);
  const source = shape.map((size, axis) =>
    Array.from({ length: size }, (_, i) => {
      const [place, whole] = [i - pairs[axis][0], x.shape[axis]];
      if (place >= 0 && place < whole) return place;
      if (mode === "edge") return place < 0 ? 0 : whole - 1;
      if (mode === "wrap") return ((place % whole) + whole) % whole;
      if (mode === "reflect") {
        const round = Math.max(1, 2 * (whole - 1));
        const turned = ((place % round) + round) % round;
        return Math.min(turned, round - turned);
      }
      return -1;
    }),
  );
  const place = new Array(shape.length).fill(0);
  for (let to = 0; to < found.size; to++) {
    const from = place.map((i, axis) => source[axis][i]);
    found.data[to] = from.includes(-1) ? constant_values : x.data[from.reduce((sum, i, axis) => sum + i * own[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis] === shape[axis]; axis--) place[axis] = 0;
  }
  return found;
};

functions.sum = (x, options) => reduced(fold((sum, each) => sum + each), x, options, 0, isFloat(x.dtype) ? x.dtype : asSums(x.dtype));
functions.sum.goes = (to, x, options) => {
  const axes = axesOf(options?.axis, x.ndim);
  return functions.broadcast_to(reshaped(to, x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))), x.shape);
};

functions.prod = (x, options) => reduced(fold((all, each) => all * each), x, options, 1, isFloat(x.dtype) ? x.dtype : asSums(x.dtype));

functions.max = (x, options) => reduced(fold((a, b) => (a >= b || a !== a ? a : b)), x, options, -Infinity);

functions.min = (x, options) => reduced(fold((a, b) => (a <= b || a !== a ? a : b)), x, options, Infinity);

functions.any = (x, options) => reduced(fold((a, b) => (a || b !== 0 ? 1 : 0)), x, options, 0, "bool");

functions.all = (x, options) => reduced(fold((a, b) => (a && b !== 0 ? 1 : 0)), x, options, 1, "bool");

functions.mean = (x, options) => {
  const total = functions.sum(x, options);
  return elementwise(loop((sum) => (sum * total.size) / x.size), [total], isFloat(x.dtype) ? x.dtype : "float64");
};
functions.mean.goes = functions.sum.goes;

functions.size = (x, { axis = null } = {}) => (axis === null ? x.size : product(axesOf(axis, x.ndim).map((each) => x.shape[each])));

/** The place of the first element along an axis that none is before. */
function firstOf(x, { axis = null, keepdims = false } = {}, before) {
  const array = axis === null ? reshaped(x, [x.size]) : x;
  const along = axis === null ? 0 : axisOf(axis, x.ndim);
  const [lead, size, behind] = around(array.shape, along);
  const found = filled(array.shape.map((each, i) => (i === along ? 1 : each)), "int64");
  for (let line = 0, to = 0; line < lead; line++) {
    for (let j = 0; j < behind; j++, to++) {
      let best = 0;
      const at = (i) => array.data[(line * size + i) * behind + j];
      for (let i = 1; i < size; i++) if (!Number.isNaN(at(best)) && (Number.isNaN(at(i)) || before(at(i), at(best)))) best = i;
      found.data[to] = best;
    }
  }
  return keepdims ? (axis === null ? reshaped(found, x.shape.map(() => 1)) : found) : reshaped(found, found.shape.filter((_, i) => i !== along));
}

functions.argmax = (x, options) => firstOf(x, options, (a, b) => a > b);

functions.argmin = (x, options) => firstOf(x, options, (a, b) => a < b);

/** Each line along an axis put through a function, which gives a line of as many elements. */
function alongAxis(x, axis, dtype, rule) {
  const [lead, size, behind] = around(x.shape, axisOf(axis, x.ndim));
  const found = filled(x.shape, dtype);
  for (let line = 0; line < lead; line++) {
    for (let j = 0; j < behind; j++) {
      const at = (i) => (line * size + i) * behind + j;
      const given = Array.from({ length: size }, (_, i) => x.data[at(i)]);
      rule(given).forEach((each, i) => (found.data[at(i)] = each));
    }
  }
  return fitted(found);
}

/** How numbers are put in order: what is not a number comes last. */
const ascending = (a, b) => (a < b ? -1 : a > b ? 1 : Number.isNaN(a) - Number.isNaN(b));

functions.argsort = (x, { axis = -1 } = {}) =>
  alongAxis(x, axis, "int64", (line) => line.map((_, i) => i).sort((i, j) => ascending(line[i], line[j]) || i - j));

functions.sort = (x, { axis = -1 } = {}) => alongAxis(x, axis, x.dtype, (line) => line.sort(ascending));

functions.cumsum = (x, { axis, dtype } = {}) => {
  let sum = -0;
  return alongAxis(x, axis, dtype ?? (isFloat(x.dtype) ? x.dtype : asSums(x.dtype)), (line) => ((sum = -0), line.map((each) => (sum += each))));
};

functions.cumprod = (x, { axis, dtype } = {}) => {
  let all = 1;
  return alongAxis(x, axis, dtype ?? (isFloat(x.dtype) ? x.dtype : asSums(x.dtype)), (line) => ((all = 1), line.map((each) => (all *= each))));
};

functions.searchsorted = (sorted, x, { side = "left" } = {}) => {
  const before = side === "left" ? (a, b) => ascending(a, b) < 0 : (a, b) => ascending(a, b) <= 0;
  return elementwise(loop((each) => [...sorted.data].filter((a) => before(a, each)).length), [x], "int64");
};

functions.take = (x, indices, { axis = null } = {}) => {
  const array = axis === null ? reshaped(x, [x.size]) : x;
  const along = axis === null ? 0 : axisOf(axis, x.ndim);
  const at = asArray(indices);
  const [lead, size, behind] = around(array.shape, along);
  const found = filled([...array.shape.slice(0, along), ...at.shape, ...array.shape.slice(along + 1)], x.dtype);
  let to = 0;
  for (let line = 0; line < lead; line++) {
    for (let n = 0; n < at.size; n++, to += behind) {
      const from = (line * size + placeIn(at.data[n], size)) * behind;
      found.data.set(array.data.subarray(from, from + behind), to);
    }
  }
  return found;
};

/** An index of Python's, which counts from the end where it is negative. */
function placeIn(index, size) {
  const place = index < 0 ? index + size : index;
  if (!(place >= 0 && place < size)) throw new Error(`The index ${index} is not within ${size} elements.`);
  return place;
}

functions.take_along_axis = (x, indices, { axis }) => {
  const along = axisOf(axis, x.ndim);
  const own = stridesOf(x.shape);
  const found = filled(indices.shape, x.dtype);
  for (let n = 0; n < found.size; n++) {
    const place = unraveled(n, indices.shape);
    place[along] = placeIn(indices.data[n], x.shape[along]);
    found.data[n] = x.data[place.reduce((sum, i, each) => sum + i * own[each], 0)];
  }
  return found;
};

/** A matrix times another, added up in double precision: four rows and two columns at a time, at the edges some of them again. */
function matrixTimes(out, to, left, i, right, j, rows, inner, columns) {
  for (let row = 0; row < rows; row += 4) {
    const [r, s, t, u] = [0, 1, 2, 3].map((k) => Math.min(row + k, rows - 1));
    const r0 = i + r * inner, s0 = i + s * inner, t0 = i + t * inner, u0 = i + u * inner;
    for (let column = 0; column < columns; column += 2) {
      const next = Math.min(column + 1, columns - 1);
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (let k = 0, at = j + column, beside = j + next; k < inner; k++, at += columns, beside += columns) {
        const p = right[at], q = right[beside], w = left[r0 + k], x = left[s0 + k], y = left[t0 + k], z = left[u0 + k];
        a += w * p;
        b += w * q;
        c += x * p;
        d += x * q;
        e += y * p;
        f += y * q;
        g += z * p;
        h += z * q;
      }
      out[to + r * columns + column] = a;
      out[to + r * columns + next] = b;
      out[to + s * columns + column] = c;
      out[to + s * columns + next] = d;
      out[to + t * columns + column] = e;
      out[to + t * columns + next] = f;
      out[to + u * columns + column] = g;
      out[to + u * columns + next] = h;
    }
  }
}

functions.matmul = (a, b) => {
  const [left, right] = [a.ndim === 1 ? reshaped(a, [1, a.size]) : a, b.ndim === 1 ? reshaped(b, [b.size, 1]) : b];
  const [rows, inner, columns] = [left.shape.at(-2), left.shape.at(-1), right.shape.at(-1)];
  const stack = broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const found = filled([...stack, rows, columns], common([a, b]));
  const strides = [left, right].map((each) => stridesTo(reshaped(each, [...each.shape.slice(0, -2), 1]), [...stack, 1]).map((step) => step * product(each.shape.slice(-2))));
  let to = 0;
  lines([...stack, 1], strides, ([i, j]) => {
    matrixTimes(found.data, to, left.data, i, right.data, j, rows, inner, columns);
    to += rows * columns;
  });
  const shape = [...stack, ...(a.ndim === 1 ? [] : [rows]), ...(b.ndim === 1 ? [] : [columns])];
  return reshaped(fitted(found), shape);
};

functions.einsum = (terms, ...arrays) => {
  const [given, out] = terms.split("->");
  const names = given.split(",");
  const sizes = {};
  names.forEach((letters, n) => [...letters].forEach((letter, axis) => (sizes[letter] = sizes[letter] > 1 ? sizes[letter] : arrays[n].shape[axis])));
  const order = [...new Set([...out, ...names.join("")])];
  const strided = (letters, shape) => {
    const own = stridesOf(shape);
    return order.map((letter) => [...letters].reduce((sum, each, axis) => sum + (each === letter && shape[axis] !== 1 ? own[axis] : 0), 0));
  };
  const shape = [...out].map((letter) => sizes[letter]);
  const sums = filled(shape, "float64");
  const steps = [strided(out, shape), ...names.map((letters, n) => strided(letters, arrays[n].shape))];
  lines([...order.map((letter) => sizes[letter]), 1], steps.map((each) => [...each, 0]), ([to, ...from]) => {
    sums.data[to] += from.reduce((all, at, n) => all * arrays[n].data[at], 1);
  });
  return cast(sums, common(arrays));
};

/** A stack of matrices, each put through a function of a matrix as rows. */
function ofMatrices(x, shape, rule) {
  const [rows, columns] = x.shape.slice(-2);
  const found = filled([...x.shape.slice(0, -2), ...shape], x.dtype);
  const count = product(shape);
  for (let n = 0; n < product(x.shape.slice(0, -2)); n++) {
    const matrix = Array.from({ length: rows }, (_, i) => [...x.data.subarray((n * rows + i) * columns, (n * rows + i + 1) * columns)]);
    found.data.set(rule(matrix, n).flat(), n * count);
  }
  return found;
}

functions.tril = (x, k = 0) => ofMatrices(x, x.shape.slice(-2), (rows) => rows.map((row, i) => row.map((each, j) => (j - i <= k ? each : 0))));

functions.triu = (x, k = 0) => ofMatrices(x, x.shape.slice(-2), (rows) => rows.map((row, i) => row.map((each, j) => (j - i >= k ? each : 0))));

functions.diag = (x, k = 0) => {
  const size = x.size + Math.abs(k);
  if (x.ndim === 1) {
    const found = filled([size, size], x.dtype);
    x.data.forEach((each, i) => (found.data[(i + Math.max(-k, 0)) * size + i + Math.max(k, 0)] = each));
    return found;
  }
  const [rows, columns] = x.shape;
  const [i, j] = [Math.max(-k, 0), Math.max(k, 0)];
  return strided(x, [Math.max(0, Math.min(rows - i, columns - j))], [columns + 1], i * columns + j);
};

/** A matrix and what stands beside it, brought to the identity by rows; the pivots, and what then stands beside. */
function eliminated(matrix, beside) {
  const rows = matrix.map((row, i) => [...row, ...beside[i]]);
  const pivots = [];
  for (let i = 0; i < rows.length; i++) {
    let pivot = i;
    for (let k = i + 1; k < rows.length; k++) if (Math.abs(rows[k][i]) > Math.abs(rows[pivot][i])) pivot = k;
    if (pivot !== i) [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    const factor = rows[i][i];
    pivots.push(pivot === i ? factor : -factor);
    if (factor === 0) return { pivots, beside: null };
    for (let j = i; j < rows[i].length; j++) rows[i][j] /= factor;
    for (let k = 0; k < rows.length; k++) {
      const times = rows[k][i];
      if (k !== i && times !== 0) for (let j = i; j < rows[k].length; j++) rows[k][j] -= times * rows[i][j];
    }
  }
  return { pivots, beside: rows.map((row) => row.slice(matrix.length)) };
}

/** What stands beside a matrix that has an inverse. */
function solved(matrix, beside) {
  const found = eliminated(matrix, beside).beside;
  if (!found) throw new Error("The matrix is singular: it has no inverse.");
  return found;
}

functions["linalg.inv"] = (x) => ofMatrices(x, x.shape.slice(-2), (rows) => solved(rows, rows.map((_, i) => rows.map((_, j) => Number(i === j)))));

/** The factors of a matrix's determinant: the pivots, of which one is negative for each exchange of two rows. */
const pivotsOf = (rows) => eliminated(rows, rows.map(() => [])).pivots;

functions["linalg.det"] = (x) => ofMatrices(x, [], (rows) => [product(pivotsOf(rows))]);

functions["linalg.solve"] = (a, b) => {
  const vectors = b.ndim === 1;
  const right = vectors ? reshaped(b, [b.size, 1]) : b;
  const stack = broadcast(a.shape.slice(0, -2), right.shape.slice(0, -2));
  const left = functions.broadcast_to(a, [...stack, ...a.shape.slice(-2)]);
  const columns = right.shape.at(-1);
  const wide = functions.broadcast_to(right, [...stack, ...right.shape.slice(-2)]);
  const row = (n, i) => [...wide.data.subarray((n * left.shape.at(-1) + i) * columns, (n * left.shape.at(-1) + i + 1) * columns)];
  const found = ofMatrices(left, [left.shape.at(-1), columns], (rows, n) => solved(rows, rows.map((_, i) => row(n, i))));
  return vectors ? reshaped(found, found.shape.slice(0, -1)) : found;
};
