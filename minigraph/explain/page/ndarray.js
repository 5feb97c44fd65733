// Arrays as NumPy has them: elements of one type, row by row, in a shape. Every function gives a new array.
const STORED = {
  bool: Uint8Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array,
  int64: Float64Array, uint64: Float64Array, float16: Float32Array, float32: Float32Array, float64: Float64Array,
};

class NDArray {
  /** `data` has the elements in order; those of int64 and uint64 are exact up to 2⁵³. */
  constructor(data, shape, dtype) {
    this.data = data;
    this.shape = shape.map((size) => size | 0); // read from an array it is a float, with which loops count half as fast
    this.dtype = dtype;
  }

  get size() {
    return this.data.length;
  }

  get ndim() {
    return this.shape.length;
  }
}

const product = (sizes) => sizes.reduce((all, size) => all * size, 1);
const isFloat = (dtype) => dtype.startsWith("float");
const bytesOf = (dtype) => (dtype === "bool" ? 1 : Number(dtype.match(/\d+/)[0]) / 8);

/** An array of zeros, or of another number. */
function filled(shape, dtype, number = 0) {
  const data = new STORED[dtype](product(shape));
  if (number !== 0) data.fill(number);
  return new NDArray(data, shape, dtype);
}

const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** A number rounded to half precision. */
function half(number) {
  single[0] = Math.abs(number);
  const unit = 2 ** (Math.max((bits[0] >>> 23) - 127, -14) - 10);
  if (!Number.isFinite(number) || unit > 32) return number > 65504 ? Infinity : number < -65504 ? -Infinity : number;
  const rounded = evenly(number / unit) * unit;
  return Math.abs(rounded) > 65504 ? Math.sign(rounded) * Infinity : rounded;
}

/** A number rounded to a whole one, and to the even one of two that are as near. */
function evenly(number) {
  const down = Math.floor(number);
  const rest = number - down;
  const whole = rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
  return whole === 0 ? number * 0 : whole;
}

/** The same elements as another type. */
function cast(array, dtype) {
  if (array.dtype === dtype) return array;
  const found = filled(array.shape, dtype);
  if (dtype === "bool") array.data.forEach((each, i) => (found.data[i] = Number(each !== 0)));
  else found.data.set(array.data);
  return fitted(found);
}

/** A number of Python's, or a list of them, as an array. */
function asArray(given, dtype) {
  if (given instanceof NDArray) return given;
  const shape = [];
  for (let level = given; Array.isArray(level); level = level[0]) shape.push(level.length);
  const numbers = Array.isArray(given) ? given.flat(Infinity).map((each) => (each instanceof NDArray ? each.data[0] : each)) : [given];
  const kind = dtype ?? (numbers.every((each) => typeof each === "boolean") ? "bool" : numbers.every(Number.isInteger) ? "int64" : "float64");
  const found = filled(shape, kind);
  found.data.set(numbers);
  return found;
}

/** The type of what is computed of some operands: Python's numbers take that of the arrays. */
function common(operands) {
  const types = [...new Set(operands.filter((each) => each instanceof NDArray).map((each) => each.dtype))];
  const found = types.reduce((a, b) => promoted(a, b), types[0] ?? "bool");
  const numbers = operands.filter((each) => typeof each === "number");
  if (!numbers.length || isFloat(found)) return found;
  return numbers.every(Number.isInteger) ? (found === "bool" ? "int64" : found) : "float64";
}

/** The types that a function gives of whole numbers, by their own: these, a number's, a float of as many digits, or float64. */
const asTheyAre = (dtype) => dtype;
const asNumbers = (dtype) => (dtype === "bool" ? "int8" : dtype);
const asFloats = (dtype) => ({ 1: "float16", 2: "float32" })[bytesOf(dtype)] ?? "float64";
const asDoubles = () => "float64";
const asSums = (dtype) => (dtype.startsWith("u") ? "uint64" : "int64");

/** The type that holds what two types hold. */
function promoted(a, b) {
  if (a === b || b === "bool") return a;
  if (a === "bool") return b;
  const [low, high] = [a, b].sort((one, other) => isFloat(one) - isFloat(other) || bytesOf(one) - bytesOf(other));
  if (isFloat(low)) return high;
  if (!isFloat(high)) {
    const [unsigned, signed] = low.startsWith("u") ? [low, high] : [high, low];
    if (unsigned.startsWith("u") === signed.startsWith("u") || bytesOf(unsigned) < bytesOf(signed)) return high;
    return bytesOf(unsigned) < 8 ? `int${16 * bytesOf(unsigned)}` : "float64";
  }
  return bytesOf(low) < bytesOf(high) ? high : bytesOf(low) === 1 ? "float16" : bytesOf(low) === 2 ? "float32" : "float64";
}

/** The shape that shapes broadcast to. */
function broadcast(...shapes) {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (sizes.some((size) => size !== sizes[0])) throw new Error(`Shapes do not broadcast: ${shapes.join(" and ")}.`);
    return sizes[0] ?? 1;
  });
}

/** How far apart elements lie along each axis of a shape. */
function stridesOf(shape) {
  const strides = new Array(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; step *= shape[axis--]) strides[axis] = step;
  return strides;
}

/** The same where an array is broadcast to a shape: 0 along axes that it does not have. */
function stridesTo(array, shape) {
  const own = stridesOf(array.shape);
  const before = shape.length - array.ndim;
  return shape.map((_, axis) => (axis < before || array.shape[axis - before] === 1 ? 0 : own[axis - before]));
}

/** Go over a shape line by line: `visit` is given where each line begins in the arrays that lie with these strides. */
function lines(shape, strides, visit) {
  const last = shape.length - 1;
  const at = strides.map(() => 0);
  if (product(shape) === 0) return;
  if (last < 0) return visit(at);
  const place = new Array(last).fill(0);
  for (;;) {
    visit(at);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      place[axis] += 1;
      for (let k = 0; k < at.length; k++) at[k] += strides[k][axis];
      if (place[axis] < shape[axis]) break;
      for (let k = 0; k < at.length; k++) at[k] -= place[axis] * strides[k][axis];
      place[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** What a rule gives for each element of arrays that broadcast together; `loop` says it for one. */
function elementwise(rule, operands, dtype) {
  const arrays = operands.map((each) => asArray(each));
  const shape = broadcast(...arrays.map((each) => each.shape));
  const found = filled(shape, dtype);
  const out = found.data;
  const [a, b, c] = arrays.map((each) => each.data);
  if (arrays.every(({ size }) => size === out.length || size === 1)) {
    const [s, t, u] = arrays.map(({ size }) => Number(size === out.length));
    rule(out, 0, out.length, a, 0, s, b, 0, t, c, 0, u);
  } else {
    const length = shape.at(-1);
    const strides = arrays.map((each) => stridesTo(each, shape));
    const [s, t, u] = strides.map((each) => each.at(-1));
    let to = 0;
    lines(shape, strides, ([i, j, k]) => {
      rule(out, to, to + length, a, i, s, b, j, t, c, k, u);
      to += length;
    });
  }
  return fitted(found);
}

/** What was computed in more digits as its type has it. */
function fitted(found) {
  const { data: out, dtype } = found;
  if (dtype === "float16") for (let n = 0; n < out.length; n++) out[n] = half(out[n]);
  else if (dtype === "bool") for (let n = 0; n < out.length; n++) out[n] = Number(out[n] !== 0);
  else if (out instanceof Float64Array && dtype !== "float64") for (let n = 0; n < out.length; n++) out[n] = Number.isFinite(out[n]) ? Math.trunc(out[n]) + 0 : 0;
  return found;
}

const axisOf = (axis, rank) => (axis < 0 ? axis + rank : axis);

/** The axes that are named, all for null. */
const axesOf = (axis, rank) => (axis === null || axis === undefined ? [...Array(rank).keys()] : [axis].flat().map((each) => axisOf(Number(each), rank)));

/** What becomes of all elements along some axes, one after the other, from a first number on; `fold` says it for one. */
function reduced(rule, array, { axis = null, keepdims = false, initial } = {}, first, dtype = array.dtype) {
  const axes = axesOf(axis, array.ndim);
  const kept = array.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const sums = filled(kept, "float64", initial ?? first);
  const strides = stridesTo(sums, array.shape);
  const step = strides.at(-1) ?? 0;
  const length = array.shape.at(-1) ?? 1;
  let from = 0;
  lines(array.shape, [strides], ([to]) => {
    rule(sums.data, to, step, array.data, from, from + length);
    from += length;
  });
  const shape = keepdims ? kept : kept.filter((_, i) => !axes.includes(i));
  return new NDArray(cast(sums, dtype).data, shape, dtype);
}

/** The array with its axes in another order, copied. */
function transposed(array, order) {
  const shape = order.map((axis) => array.shape[axis]);
  const own = stridesOf(array.shape);
  return strided(array, shape, order.map((axis) => own[axis]), 0);
}

/** A copy of the elements that lie in an array from a place on with these strides. */
function strided(array, shape, strides, start) {
  const found = filled(shape, array.dtype);
  const step = strides.at(-1) ?? 0;
  const length = shape.at(-1) ?? 1;
  let to = 0;
  lines(shape, [strides], ([from]) => {
    for (let n = 0, i = start + from; n < length; n++, i += step) found.data[to++] = array.data[i];
  });
  return found;
}

const reshaped = (array, shape) => new NDArray(array.data, shape, array.dtype);

/** For an axis: how many lines lie before it, its size, and how many elements behind it. */
function around(shape, axis) {
  return [product(shape.slice(0, axis)), shape[axis], product(shape.slice(axis + 1))];
}

/** The places that a slice of Python's takes of an axis: the first, how many, and the step. */
function sliced([start, stop, step], size) {
  const by = step ?? 1;
  const within = (bound, low, high) => Math.min(Math.max(bound < 0 ? bound + size : bound, low), high);
  const [low, high] = by > 0 ? [0, size] : [-1, size - 1];
  const first = start === null ? (by > 0 ? low : high) : within(Number(start), low, high);
  const end = stop === null ? (by > 0 ? high : low) : within(Number(stop), low, high);
  return [first, Math.max(0, Math.ceil((end - first) / by)), by];
}
