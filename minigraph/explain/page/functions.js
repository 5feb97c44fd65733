// NumPy's functions of arrays, under its names: types and shapes, indexing, and what goes along axes.
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

/** An array that has elements along the axes along which one of them is chosen, as NumPy asks; those of a maximum may have a first. */
function nonempty(x, { axis, initial } = {}) {
  if (initial === undefined && axesOf(axis, x.ndim).some((each) => x.shape[each] === 0)) throw new Error("There is no first, smallest or largest of no elements.");
  return x;
}

functions.max = (x, options) => reduced(fold((a, b) => (a >= b || a !== a ? a : b)), nonempty(x, options), options, -Infinity);

functions.min = (x, options) => reduced(fold((a, b) => (a <= b || a !== a ? a : b)), nonempty(x, options), options, Infinity);

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
  const array = axis === null ? reshaped(nonempty(x), [x.size]) : nonempty(x, { axis });
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
