// What the page computes: every array of the graph, from the leaves that it holds, as they are now. `now` gives what is shown.
const GRID = 48;
const FIRST_RATE = 0.1; // of learning
const resolution = { cells: GRID, took: 0 }; // how many there are along each side, fewer while a number is dragged, and how long they took
const leaves = Object.fromEntries(Object.entries(data.leaves).map(([name, array]) => [name, decoded(array)]));
const given = { ...leaves }; // as they were in the run; an array is never written into, a change makes another
const program = new Interpreter(data.program, leaves);
const isKnown = (key) => data.program.outputs[key] !== undefined;
const arrayOf = (key) => asArray(program.output(key));
const SEVERAL = { summary: "", details: "", shape: "", table: [], rows: [], left: [0, 0] }; // several arrays in one, which their parts show

const nameOf = (key) => data.nodes[key].name;
const gradientName = (key) => {
  const step = data.steps.findLast((each) => each.kind !== "value" && each.node === key);
  return step ? step.name.split(", by way of")[0] : "";
};

/** Whether an element of a leaf can be changed here: everything that follows from it is computed. */
const isFree = (name) => name in leaves && !program.fixes(name).length;

/** Whether an output is shown as it was in the run, as no data says how to compute it. */
const isRecorded = (key) => Boolean(data.program.values[data.program.outputs[key]]?.recorded);

const records = new WeakMap();

/** What is said of an output's array; what is only rounding next to `scale` is 0. */
function recordOf(key, scale = 0) {
  const array = arrayOf(key);
  const known = records.get(array);
  if (known?.scale === scale) return known;
  const record = Object.assign(new ArrayRecord(array, scale), { recorded: isRecorded(key) });
  records.set(array, record);
  return record;
}

/** The contributions of each node to which several gradients return. */
const returning = {};
for (const step of data.steps) {
  if (step.kind === "contribution" && isKnown(`contribution ${step.by} ${step.operand}`)) (returning[step.node] ??= []).push(`contribution ${step.by} ${step.operand}`);
}
const scaleOf = (id) => (returning[id] ?? []).reduce((most, key) => Math.max(most, recordOf(key).moments.largest), 0);

/** An object of which each property is found when it is read. */
const reading = (find) => new Proxy({}, { get: (_, key) => (typeof key === "string" ? find(key) : undefined) });

const stepsByKey = Object.fromEntries(data.steps.filter((step) => step.kind === "contribution" || step.kind === "sum").map((step) =>
  [step.kind === "sum" ? `${step.node} sum` : `${step.by} ${step.operand}`, step]));
const receivers = Object.fromEntries(Object.entries(stepsByKey).map(([key, step]) => [key, step.node]));
let workedNow = new Map();

/** One element of a step back, worked out; undefined where the page cannot. */
function worked(key) {
  if (!workedNow.has(key)) workedNow.set(key, workedAnew(stepsByKey[key]) ?? undefined);
  return workedNow.get(key);
}

function workedAnew(step) {
  if (!step) return undefined;
  try {
    if (step.kind === "sum") return workedSum(arrayOf(`gradient ${step.node}`), returning[step.node].map(arrayOf));
    return workedWire(program, step, data.nodes[step.by].operands);
  } catch {
    return undefined; // a rule on the way is not computed here
  }
}

const now = {
  values: reading((id) => (isKnown(`value ${id}`) ? Object.assign(recordOf(`value ${id}`), { node: id, of: id, operation: data.nodes[id].kind === "operation" && data.nodes[id].operation }) : SEVERAL)),
  gradients: reading((id) => (isKnown(`gradient ${id}`) ? Object.assign(recordOf(`gradient ${id}`, scaleOf(id)), { of: id }) : SEVERAL)),
  contributions: reading((wire) => (isKnown(`contribution ${wire}`) ? Object.assign(recordOf(`contribution ${wire}`), { of: receivers[wire] }) : undefined)),
  worked: reading(worked),
  snapshot: data.snapshots.length - 1,

  get label() {
    return data.snapshots[this.snapshot].label;
  },

  get plane() {
    return planeNow();
  },

  /** Take the parameters that a moment of the training had. */
  choose(number) {
    this.snapshot = number;
    const { leaves: others, recorded } = data.snapshots[number];
    for (const name of Object.keys(given)) setLeaf(name, others[name] ? decoded(others[name]) : given[name]);
    for (const [at, array] of Object.entries(recorded)) program.put(Number(at), Array.isArray(array) ? array.map(decoded) : decoded(array));
  },
};

/** Give a leaf another array. All that follows from it is computed when it is next read. */
function setLeaf(name, array) {
  if (program.leaves.get(name) === array) return;
  program.set(name, array);
  if (onGrid && name !== data.plane.points && name !== data.plane.labels) onGrid.program.set(name, array);
  workedNow = new Map();
}

/** The program once more, of which the points are a grid over the plane. */
let onGrid = null;

/** The plane's frame: around the points, and wider where one of them leaves it. */
function frameOf(points, frame) {
  const [low, high] = [0, 1].map((k) => points.data.filter((_, n) => n % 2 === k)).map((each) => [Math.min(...each), Math.max(...each)]).reduce(
    ([lows, highs], [least, most]) => [[...lows, least], [...highs, most]], [[], []]);
  if (frame && low.every((x, k) => x >= frame.low[k]) && high.every((x, k) => x <= frame.high[k])) return frame;
  const margin = low.map((x, k) => 0.15 * (high[k] - x) + 1e-3);
  return { low: low.map((x, k) => x - margin[k]), high: high.map((x, k) => x + margin[k]) };
}

function gridOf({ low, high }, count, dtype) {
  const found = filled([count * count, 2], dtype);
  for (let n = 0; n < count * count; n++) {
    found.data[2 * n] = low[0] + ((high[0] - low[0]) * (n % count)) / (count - 1);
    found.data[2 * n + 1] = high[1] - ((high[1] - low[1]) * Math.floor(n / count)) / (count - 1);
  }
  return found;
}

/** The likeliest class in each cell of the plane and how likely it is, and the rows as points; undefined where there is no plane. */
function planeNow(count = resolution.cells) {
  const start = performance.now();
  if (!data.plane || program.fixes(data.plane.points).length) return undefined;
  const [points, labels] = [data.plane.points, data.plane.labels].map((name) => program.leaves.get(name));
  const frame = frameOf(points, onGrid?.frame);
  onGrid ??= { program: new Interpreter(data.program, Object.fromEntries(program.leaves)) };
  if (onGrid.frame !== frame || onGrid.count !== count) {
    Object.assign(onGrid, { frame, count });
    onGrid.program.set(data.plane.points, gridOf(frame, count, points.dtype));
  }
  const [onPlane, onPoints] = [asArray(onGrid.program.output("plane")), arrayOf("plane")];
  const classes = onPlane.shape[1];
  if (onPlane.data.some((x) => !Number.isFinite(x))) return undefined;
  const likeliest = ({ data: numbers }, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (numbers[row * classes + k] > numbers[row * classes + best]) best = k;
    return best;
  };
  const cells = Uint8Array.from({ length: count * count }, (_, n) => {
    const best = likeliest(onPlane, n);
    return best * 32 + evenly(onPlane.data[n * classes + best] * 31);
  });
  const rows = Array.from({ length: labels.size }, (_, n) => {
    const [across, up] = [0, 1].map((k) => (points.data[2 * n + k] - frame.low[k]) / (frame.high[k] - frame.low[k]));
    return [across, up, labels.data[n], Number(likeliest(onPoints, n) === labels.data[n])];
  });
  resolution.took = performance.now() - start;
  return { grid: count, classes, cells, points: rows, right: rows.filter((row) => row[3]).length };
}

if (data.training.rate) program.set(data.training.rate, filled([], dtypeOfRate(), FIRST_RATE));
now.choose(now.snapshot);

function dtypeOfRate() {
  return data.program.values.find((value) => value.leaf === data.training.rate).dtype;
}
