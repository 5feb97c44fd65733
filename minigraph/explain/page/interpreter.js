// The interpreter of a graph that was read as data: the values of a recording, one after the other, each a call of a function.

/** A recording with the arrays of its leaves; `set` gives a leaf another array, and what follows from it is computed when it is read. */
class Interpreter {
  constructor(recording, leaves) {
    this.recording = recording;
    this.values = [];
    this.stale = recording.values.map(() => true);
    this.operands = recording.values.map(operandsOf);
    this.followers = recording.values.map(() => []);
    this.operands.forEach((operands, number) => operands.forEach((each) => this.followers[each].push(number)));
    this.axes = {};
    this.leaves = new Map();
    for (const [name, array] of Object.entries(leaves)) this.set(name, array);
  }

  /** Give a leaf an array, which may have other sizes along its named axes. */
  set(name, array) {
    this.leaves.set(name, array);
    this.recording.values.forEach((value, number) => {
      if (value.leaf !== name) return;
      let resized = false;
      value.shape?.forEach((size, axis) => {
        const named = Array.isArray(size) && size.length === 1 && size[0][0] === 1 && size[0][1].length === 1 && size[0][1][0];
        if (typeof named !== "string" || this.axes[named] === array.shape[axis]) return;
        this.axes[named] = array.shape[axis];
        resized = true;
      });
      if (resized) this.stale.fill(true);
      else this.spoil(number);
    });
  }

  /** Mark a value, and what follows from it. */
  spoil(number) {
    const open = [number];
    while (open.length) {
      const each = open.pop();
      this.stale[each] = true;
      open.push(...this.followers[each].filter((next) => !this.stale[next])); // what follows from a stale value is stale
    }
  }

  /** The value of this number. */
  value(number) {
    const wanted = new Set([number]);
    for (const each of wanted) if (this.stale[each]) this.operands[each].forEach((one) => this.stale[one] && wanted.add(one));
    for (const each of [...wanted].sort((a, b) => a - b)) {
      if (!this.stale[each]) continue;
      this.values[each] = this.computed(this.recording.values[each], this.values);
      this.stale[each] = false;
    }
    return this.values[number];
  }

  /** Put an array for a value that is not computed. */
  put(number, array) {
    this.spoil(number);
    this.values[number] = array;
    this.stale[number] = false;
  }

  /** What a value is where arrays stand for some of those that it follows from, by their numbers; nothing else changes. */
  instead(arrays, number) {
    return this.valuesInstead(arrays, number)[number];
  }

  /** The same, with all values that lie between. */
  valuesInstead(arrays, number) {
    this.value(number);
    const reached = new Set(arrays.keys());
    const between = new Set([number]);
    for (const each of between) if (!reached.has(each)) this.operands[each].forEach((one) => between.add(one));
    const values = [...this.values];
    arrays.forEach((array, each) => (values[each] = array));
    for (const each of [...between].sort((a, b) => a - b)) {
      if (reached.has(each) || !this.operands[each].some((one) => reached.has(one))) continue;
      values[each] = this.computed(this.recording.values[each], values);
      reached.add(each);
    }
    return values;
  }

  /** The values that are not computed and follow from a leaf, or from any where none is named: it cannot be changed for their sake. */
  fixes(name) {
    const reached = new Set();
    this.recording.values.forEach((value, number) => value.leaf !== undefined && (name === undefined || value.leaf === name) && reached.add(number));
    for (const each of reached) this.followers[each].forEach((next) => reached.add(next));
    return [...reached].filter((each) => this.recording.values[each].recorded);
  }

  /** The names of the leaves that a value follows from. */
  leavesOf(number) {
    const reached = new Set([number]);
    for (const each of reached) this.operands[each].forEach((one) => reached.add(one));
    return new Set([...reached].map((each) => this.recording.values[each].leaf).filter((name) => name !== undefined));
  }

  /** The output of this name. */
  output(name) {
    return this.value(this.recording.outputs[name]);
  }

  computed(value, values) {
    if (value.leaf !== undefined) return this.leaves.get(value.leaf);
    if (value.recorded) throw new Error("The value of a rule that is not read as data is only known as it was in the run.");
    if (value.array) return decoded(value.array);
    if (value.sizes) {
      const sizes = value.sizes.map((size) => sizeOf(size, this.axes));
      return new NDArray(Float64Array.from(sizes), value.scalar ? [] : [sizes.length], value.dtype);
    }
    if (value.part !== undefined) return values[value.of][value.part];
    const given = value.of.map((each) => this.given(each, values));
    if (value.scan) return scanned(value, given, this.axes);
    const options = value.options && Object.fromEntries(Object.entries(value.options).map(([key, each]) => [key, this.given(each, values)]));
    const found = functions[value.call](...given, ...(options ? [options] : []));
    return value.dtype ? cast(asArray(found), value.dtype) : found;
  }

  /** What a call is given. */
  given(each, values) {
    if (Array.isArray(each)) return each.map((one) => this.given(one, values));
    if (each === null || typeof each !== "object" || each.ellipsis) return each;
    if (each.value !== undefined) return values[each.value];
    if (each.size) return sizeOf(each.size, this.axes);
    if (each.slice) return { slice: each.slice.map((bound) => this.given(bound, values)) };
    return each.dtype ?? Number(each.number.replace("inf", "Infinity"));
  }
}

const BYTES = {
  bool: Uint8Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array,
  int64: BigInt64Array, uint64: BigUint64Array, float16: Uint16Array, float32: Float32Array, float64: Float64Array,
};

/** An array of which the data has the bytes in base64, the lowest first. */
function decoded({ data, shape, dtype }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const found = filled(shape, dtype);
  const numbers = Array.from(new BYTES[dtype](bytes.buffer), Number);
  found.data.set(dtype === "float16" ? numbers.map(fromHalf) : numbers);
  return found;
}

/** The number of which half precision has these bits. */
function fromHalf(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : (2 ** -14 * fraction) / 1024;
  return bits >> 15 ? -size : size;
}

/** A size: the sum of products of the sizes of named axes. */
function sizeOf(size, axes) {
  if (typeof size === "number") return size;
  const factor = (each) => {
    if (typeof each === "string") return axes[each];
    const inner = sizeOf(each[0], axes);
    return each.length > 1 ? Math.floor(inner / each[1]) : Math.max(inner, 0);
  };
  return size.reduce((sum, [times, factors]) => sum + factors.reduce((all, each) => all * factor(each), times), 0);
}

/** The numbers of the values that a value is computed of. */
function operandsOf(value) {
  const found = [];
  const collect = (each) => {
    if (Array.isArray(each)) each.forEach(collect);
    else if (each && typeof each === "object") {
      if (each.value !== undefined) found.push(each.value);
      else Object.values(each).forEach(collect);
    }
  };
  if (value.part !== undefined) return [value.of];
  collect(value.of ?? []);
  collect(value.options ?? {});
  return found;
}

/** A scan: its body for one place after the other; the last carry, and the stacks of what is read. */
function scanned({ scan, reverse }, given, axes) {
  const { carry, slices, captured } = scan;
  const sequences = given.slice(carry.length, carry.length + slices.length);
  const length = sequences[0].shape[0];
  const body = new Interpreter({ values: scan.values, outputs: {} }, {});
  body.axes = { ...axes };
  const put = (names, arrays) => names.forEach((name, i) => body.set(name, arrays[i]));
  put(captured, given.slice(carry.length + slices.length));
  let last = given.slice(0, carry.length);
  const stacks = scan.stacked.map(() => new Array(length));
  for (let n = 0; n < length; n++) {
    const t = reverse ? length - 1 - n : n;
    put(carry, last);
    put(slices, sequences.map((each) => rowOf(each, t)));
    scan.stacked.forEach((number, i) => (stacks[i][t] = body.value(number)));
    last = scan.new.map((number) => body.value(number));
  }
  return [...last, ...stacks.map((rows, i) => stackedRows(rows, scan.kinds[i], body.axes))];
}

function rowOf(array, t) {
  const size = product(array.shape.slice(1));
  return new NDArray(array.data.subarray(t * size, (t + 1) * size), array.shape.slice(1), array.dtype);
}

function stackedRows(rows, { shape, dtype }, axes) {
  const found = filled([rows.length, ...(rows[0]?.shape ?? shape.map((size) => sizeOf(size, axes)))], dtype);
  rows.forEach((row, t) => found.data.set(row.data, t * row.size));
  return found;
}
