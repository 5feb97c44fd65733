// Arrays in a few words, by their first rows, and as a heat-map: the words are those of minigraph/explain/circuit/arrays.py.
const FEW = 4;
const ROOM = 14;
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const EPSILON = { float16: 2 ** -10, float32: 2 ** -23, float64: 2 ** -52 };
const [ROWS, COLUMNS] = [5, 6];
const [HEAT_ROWS, HEAT_COLUMNS] = [20, 64];

/** A number with so many digits, as Python's format "g" writes it: of two that are as near, the even one. */
function general(x, digits) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  let text = size.toExponential(digits - 1);
  const longer = size.toExponential(digits);
  if (longer.includes("5e") && Number(longer) === size && /^50*e/.test(size.toExponential(digits + 40).slice(digits + 1))) {
    const down = longer.replace(/\.?5e/, "e");
    if (Number(down.split("e")[0].at(-1)) % 2 === 0) text = down;
  }
  const [mantissa, power] = text.split("e");
  const exponent = Number(power);
  const trimmed = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);
  const found = exponent < -4 || exponent >= digits
    ? `${trimmed(mantissa)}e${exponent}`
    : trimmed(Number(text).toFixed(Math.max(0, digits - 1 - exponent)));
  return x < 0 || Object.is(x, -0) ? `-${found}` : found;
}

/** A number as it is shown: 0 where it is only rounding next to larger ones, 2·10⁻⁵ where it is small. */
function numberText(x, least = 0, digits = 3, whole = false) {
  if (Math.abs(x) <= least) return "0";
  if (whole) return String(Math.trunc(x)).replace("-", "−");
  const [number, power] = general(x, digits).replaceAll("-", "−").split("e");
  const raised = power && [...power].map((sign) => (sign === "−" ? "⁻" : RAISED[sign])).join("");
  return power ? `${number}·10${raised}` : number;
}

const shapeText = (shape) => (shape.length ? shape.join(" × ") : "scalar");

/** How many elements are finite, the mean and the standard deviation of these, and from where to where they go. */
function momentsOf(array) {
  const { data } = array;
  let [count, sum, low, high] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const x = data[i];
    if (x - x !== 0) continue; // infinite, or not a number
    count += 1;
    sum += x;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const largest = count ? Math.max(-low, high) : 0;
  const scale = scaleOfSize(largest);
  if (scale !== 1) sum = data.reduce((found, x) => (x - x === 0 ? found + x * scale : found), 0);
  const middle = sum / count;
  let squares = 0;
  for (let i = 0; i < data.length; i++) if (data[i] - data[i] === 0) squares += (data[i] * scale - middle) ** 2;
  return { count, mean: middle / scale, deviation: Math.sqrt(squares / count) / scale, low, high, largest };
}

/** A power of 2 by which numbers of this size are multiplied, so that neither a sum nor a square of them leaves what float64 can hold. */
const scaleOfSize = (largest) => (largest > 1e150 ? 2 ** -600 : largest > 0 && largest < 1e-150 ? 2 ** 600 : 1);

const roundingOf = (array, largest, scale) => (EPSILON[array.dtype] ?? 0) * Math.max(largest, scale);

/** A few numbers as they are, many as their mean ± standard deviation, whole ones as their range. */
function summaryOf(array, scale = 0, digits = 3, moments = momentsOf(array)) {
  const { count, mean, deviation, low, high, largest } = moments;
  const [size, float] = [array.size, isFloat(array.dtype)];
  const least = roundingOf(array, largest, scale);
  if (size === 0) return "empty";
  if (size <= FEW) {
    const few = Array.from(array.data, (x) => numberText(x, least, digits, !float)).join("  ");
    if (size <= 2 || !float || few.length <= 2 * digits + ROOM) return few;
  }
  if (array.dtype === "bool") return `${evenly(mean * 100)}% true`;
  if (!float) return `${low} to ${high}`;
  if (count < size) return `${size - count} of ${size} not finite`;
  return `${numberText(mean, least, digits)} ± ${numberText(deviation, least, digits)}`;
}

/** The shape, element type and extent of an array. */
function detailsOf(array, moments = momentsOf(array)) {
  const { count, mean, deviation, low, high, largest } = moments;
  const float = isFloat(array.dtype);
  const found = [shapeText(array.shape), array.dtype];
  if (array.size === 0) found.push("empty");
  else if (array.size === 1 && count) found.push(numberText(array.data[0], 0, 3, !float));
  else if (count) {
    const least = roundingOf(array, largest, 0);
    if (float) found.push(`mean ${numberText(mean, least)}`, `standard deviation ${numberText(deviation, least)}`);
    found.push(`from ${numberText(low, 0, 3, !float)} to ${numberText(high, 0, 3, !float)}`);
  }
  if (count < array.size) found.push(`${array.size - count} not finite`);
  return found.join(", ");
}

const SATURATED = { Tanh: [-0.99, 0.99], Sigmoid: [0.01, 0.99] };
const [MANY, DEAD_ROWS] = [0.2, 10];
const [LARGE, SMALL] = [1e4, 1e-8];
const isMeasured = (array) => array && isFloat(array.dtype) && array.size > 0;
const notFinite = ({ array, moments }) => (moments.count < array.size ? `${array.size - moments.count} of ${array.size} not finite` : "");

/** What is likely to be wrong in the value of an operation: saturated or dead units, or numbers that are not finite. */
function valueWarning(record) {
  const { array, operation } = record;
  if (!operation || !isMeasured(array)) return "";
  if (notFinite(record)) return notFinite(record);
  const { data, shape, size, ndim } = array;
  if (operation in SATURATED) {
    const [low, high] = SATURATED[operation];
    const share = data.filter((x) => x < low || x > high).length / size;
    return share >= MANY ? `${evenly(share * 100)} % saturated` : "";
  }
  const units = shape.at(-1);
  if (operation !== "Relu" || ndim < 2 || size < DEAD_ROWS * units) return "";
  const alive = new Set();
  data.forEach((x, i) => x !== 0 && alive.add(i % units));
  return alive.size < units ? `${units - alive.size} of ${units} dead` : "";
}

/** What is likely to be wrong in a gradient: it is 0, vanishes, explodes, or holds numbers that are not finite. */
function gradientWarning(record) {
  if (!isMeasured(record.array)) return "";
  const { largest } = record.moments;
  if (notFinite(record) || (SMALL <= largest && largest <= LARGE)) return notFinite(record);
  return largest === 0 ? "gradient is 0" : largest > LARGE ? "gradient explodes" : "gradient vanishes";
}

/** All that the page says of an array, each part when it is first read; what is only rounding next to `scale` is 0 in its summary. */
class ArrayRecord {
  constructor(array, scale) {
    Object.assign(this, { array, scale, found: {} });
  }

  once(name, rule) {
    return (this.found[name] ??= rule());
  }

  get moments() {
    return this.once("moments", () => momentsOf(this.array));
  }

  get summary() {
    return this.once("summary", () => summaryOf(this.array, this.scale, 3, this.moments));
  }

  /** The summary with fewer digits. */
  short(digits) {
    return summaryOf(this.array, this.scale, digits, this.moments);
  }

  get details() {
    return this.once("details", () => detailsOf(this.array, this.moments));
  }

  get shape() {
    return shapeText(this.array.shape);
  }

  /** How many rows and columns it has: a vector is one row, and of more than two axes all but the last come one after the other. */
  get size() {
    const { shape, size } = this.array;
    if (shape.length < 2) return [1, size];
    return size ? [size / shape.at(-1), shape.at(-1)] : [0, 0];
  }

  get table() {
    const [rows, columns] = this.size;
    const least = roundingOf(this.array, this.moments.largest, 0);
    const whole = !isFloat(this.array.dtype);
    return Array.from({ length: Math.min(rows, ROWS) }, (_, i) =>
      Array.from({ length: Math.min(columns, COLUMNS) }, (_, k) => numberText(this.array.data[i * columns + k], least, 3, whole)));
  }

  /** What each row is called: its index along the axes before the last. */
  get rows() {
    const before = this.array.shape.slice(0, -1);
    return Array.from({ length: Math.min(this.size[0], ROWS) }, (_, i) => unraveledIn(i, before).join(", "));
  }

  get left() {
    const [rows, columns] = this.size;
    return [rows - Math.min(rows, ROWS), columns - Math.min(columns, COLUMNS)];
  }

  get heat() {
    if (this.array.size <= FEW || !isFloat(this.array.dtype)) return undefined;
    return this.once("heat", () => heatOf(this.array.data, ...this.size));
  }
}

/** A place in a shape by its number, as an index along each axis. */
function unraveledIn(number, shape) {
  const place = [];
  for (let axis = shape.length - 1, rest = number; axis >= 0; rest = Math.floor(rest / shape[axis--])) place.unshift(rest % shape[axis]);
  return place;
}

/** A byte for each cell of a heat-map: 127 is 0, 0 and 254 the largest size below and above; 255 is no number. */
function heatOf(data, rows, columns) {
  const [down, across] = [Math.min(rows, HEAT_ROWS), Math.min(columns, HEAT_COLUMNS)];
  const firsts = (count, most) => Array.from({ length: most + 1 }, (_, i) => Math.floor((i * count) / most));
  const [tops, lefts] = [firsts(rows, down), firsts(columns, across)];
  const cells = new Float64Array(down * across);
  let largest = 0;
  for (let i = 0; i < down; i++) {
    for (let k = 0; k < across; k++) {
      let sum = 0;
      for (let row = tops[i]; row < tops[i + 1]; row++) for (let column = lefts[k]; column < lefts[k + 1]; column++) sum += data[row * columns + column];
      const mean = sum / ((tops[i + 1] - tops[i]) * (lefts[k + 1] - lefts[k]));
      cells[i * across + k] = mean;
      if (Number.isFinite(mean)) largest = Math.max(largest, Math.abs(mean));
    }
  }
  const bytes = Uint8Array.from(cells, (x) => (Number.isFinite(x) ? evenly(127 + (127 * x) / (largest || 1)) : 255));
  return { rows: down, columns: across, largest: numberText(largest), cells: bytes, means: down * across < rows * columns, tops, lefts, numbers: cells };
}
