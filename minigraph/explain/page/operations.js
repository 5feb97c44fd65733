// The operations for which NumPy has no one function, under their names.

/** For each window of a padded image, and each of its elements, where they lie in the image: −1 in the padding. */
function windowsOf(image, { kernel_shape, strides, dilations, margins }) {
  const along = image.map((size, axis) => {
    const [before, after] = margins[axis].map(Number);
    const extent = (kernel_shape[axis] - 1) * dilations[axis] + 1;
    const count = Math.max(0, Math.floor((size + before + after - extent) / strides[axis]) + 1);
    return Array.from({ length: kernel_shape[axis] }, (_, k) =>
      Array.from({ length: count }, (_, i) => {
        const place = i * strides[axis] + k * dilations[axis] - before;
        return place >= 0 && place < size ? place : -1;
      }),
    );
  });
  const places = along.map((each) => each[0].length);
  const [elements, count] = [product(kernel_shape), product(places)];
  const found = new Int32Array(elements * count);
  const axes = image.map((_, axis) => axis);
  for (let e = 0, to = 0; e < elements; e++) {
    const element = unraveled(e, kernel_shape);
    for (let p = 0; p < count; p++) {
      const place = unraveled(p, places);
      found[to++] = axes.reduce((at, axis) => {
        const here = along[axis][element[axis]][place[axis]];
        return at < 0 || here < 0 ? -1 : at * image[axis] + here;
      }, 0);
    }
  }
  return { elements, count, found };
}

/** A place in an array by its number, as an index along each axis. */
function unraveled(number, shape) {
  const place = new Array(shape.length);
  let rest = number;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}

functions.im2col = (x, options) => {
  const [images, channels, ...image] = x.shape;
  const { elements, count, found } = windowsOf(image, options);
  const columns = filled([images, channels * elements, count], x.dtype);
  const size = product(image);
  for (let n = 0, to = 0; n < images * channels; n++) {
    for (const place of found) columns.data[to++] = place < 0 ? options.fill : x.data[n * size + place];
  }
  return columns;
};

functions.col2im = (x, options) => {
  const image = options.image_shape.map(Number);
  const { elements, found } = windowsOf(image, options);
  const channels = x.shape[1] / elements;
  const size = product(image);
  const sums = new Float64Array(x.shape[0] * channels * size);
  for (let n = 0, from = 0; n < x.shape[0] * channels; n++) {
    for (const place of found) {
      if (place >= 0) sums[n * size + place] += x.data[from];
      from += 1;
    }
  }
  return cast(new NDArray(sums, [x.shape[0], channels, ...image], "float64"), x.dtype);
};
functions.col2im.goes = (to, x, options) => functions.im2col(to, { ...options, fill: 0 });

functions.counts = (options) => {
  const { elements, count, found } = windowsOf(options.image_shape.map(Number), options);
  const sums = filled(options.places.map(Number), "float64");
  for (let e = 0; e < elements; e++) for (let p = 0; p < count; p++) sums.data[p] += found[e * count + p] < 0 ? 0 : 1;
  return sums;
};

functions.scatter_add = (updates, indices, shape, { axis }) => {
  const sizes = [...asArray(shape).data];
  const along = axisOf(axis, sizes.length);
  const at = asArray(indices);
  const sums = filled(sizes, "float64");
  const [lead, size, behind] = around(sizes, along);
  for (let line = 0, from = 0; line < lead; line++) {
    for (let n = 0; n < at.size; n++) {
      const to = (line * size + placeIn(at.data[n], size)) * behind;
      for (let j = 0; j < behind; j++) sums.data[to + j] += updates.data[from++];
    }
  }
  return cast(sums, updates.dtype);
};
functions.scatter_add.goes = (to, updates, indices, shape, options) => functions.take(to, indices, options);

functions.scatter_slice = (updates, shape, { at }) => {
  const sizes = [...asArray(shape).data];
  const found = filled(sizes, updates.dtype);
  const own = stridesOf(sizes);
  const taken = sizes.map((size, axis) => sliced(at[axis]?.slice ?? [null, null, null], size));
  const start = taken.reduce((sum, [first], axis) => sum + first * own[axis], 0);
  const length = updates.shape.at(-1) ?? 1;
  const step = (taken.at(-1)?.[2] ?? 0) * (own.at(-1) ?? 0);
  let from = 0;
  lines(updates.shape, [taken.map(([, , by], axis) => by * own[axis])], ([to]) => {
    for (let n = 0; n < length; n++) found.data[start + to + n * step] = updates.data[from++];
  });
  return found;
};
functions.scatter_slice.goes = (to, updates, shape, { at }) => functions.getitem(to, to.shape.map((_, axis) => at[axis] ?? { slice: [null, null, null] }));

functions.gather_elements = (x, indices, options) => functions.take_along_axis(x, indices, options);

/** How an update and what is at its place are combined. */
const COMBINED = { none: (a, b) => b, add: (a, b) => a + b, mul: (a, b) => a * b, max: Math.max, min: Math.min };

functions.scatter_elements = (data, indices, updates, { axis, reduction }) => {
  const along = axisOf(axis, data.ndim);
  const own = stridesOf(data.shape);
  const found = new NDArray(data.data.slice(), data.shape, data.dtype);
  for (let n = 0; n < indices.size; n++) {
    const place = unraveled(n, indices.shape);
    place[along] = placeIn(indices.data[n], data.shape[along]);
    const to = place.reduce((sum, i, each) => sum + i * own[each], 0);
    found.data[to] = COMBINED[reduction](found.data[to], updates.data[n]);
  }
  return found;
};

/** The elements one place further along an axis, behind a first one; towards the beginning where it is reversed. */
const moved = (line, reverse, first) => (reverse ? [...line.slice(1), first] : [first, ...line.slice(0, -1)]).slice(0, line.length);

functions.shift = (x, { axis, reverse, first = 0 }) => alongAxis(x, axis, x.dtype, (line) => moved(line, reverse, first));

/** Each line along an axis accumulated from its beginning or its end, what is at a place itself left out where it is exclusive. */
function accumulated(x, { axis, reverse, exclusive }, first, rule) {
  return alongAxis(x, axis, x.dtype, (line) => {
    const given = exclusive ? moved(line, reverse, first) : line;
    const order = reverse ? given.reverse() : given;
    let sum = first;
    const found = order.map((each) => (sum = rule(sum, each)));
    return reverse ? found.reverse() : found;
  });
}

functions.cum_sum = (x, options) => accumulated(x, options, 0, (a, b) => a + b);

functions.cum_prod = (x, options) => accumulated(x, options, 1, (a, b) => a * b);

functions.recurrence = (b, c, { axis, reverse }) => {
  const shape = broadcast(b.shape, c.shape);
  const [terms, factors] = [b, c].map((each) => functions.broadcast_to(each, shape));
  const along = axisOf(axis, shape.length);
  const [lead, size, behind] = around(shape, along);
  const found = filled(shape, common([b, c]));
  for (let line = 0; line < lead; line++) {
    for (let j = 0; j < behind; j++) {
      let last = 0;
      for (let n = 0; n < size; n++) {
        const at = (line * size + (reverse ? size - 1 - n : n)) * behind + j;
        found.data[at] = last = terms.data[at] + (n ? factors.data[at] * last : 0);
      }
    }
  }
  return found;
};

/** Where the parts begin that indices name by their last axis, behind paired axes, and how many elements each has. */
function partsOf(shape, indices, batch) {
  const own = stridesOf(shape);
  const depth = indices.shape.at(-1);
  const starts = Array.from({ length: product(indices.shape.slice(0, -1)) }, (_, n) => {
    const paired = unraveled(n, indices.shape.slice(0, -1)).slice(0, batch);
    const named = Array.from({ length: depth }, (_, k) => placeIn(indices.data[n * depth + k], shape[batch + k]));
    return [...paired, ...named].reduce((sum, place, axis) => sum + place * own[axis], 0);
  });
  return { starts, rest: shape.slice(batch + depth) };
}

functions.gather_nd = (x, indices, { batch_dims }) => {
  const { starts, rest } = partsOf(x.shape, indices, batch_dims);
  const found = filled([...indices.shape.slice(0, -1), ...rest], x.dtype);
  starts.forEach((from, n) => found.data.set(x.data.subarray(from, from + product(rest)), n * product(rest)));
  return found;
};

functions.scatter_nd = (data, indices, updates, { batch_dims, reduction }) => {
  const { starts, rest } = partsOf(data.shape, indices, batch_dims);
  const found = new NDArray(data.data.slice(), data.shape, data.dtype);
  let from = 0;
  for (const start of starts) for (let to = start; to < start + product(rest); to++) found.data[to] = COMBINED[reduction](found.data[to], updates.data[from++]);
  return found;
};
