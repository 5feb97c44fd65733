// Training, without anything to see: a step gives each variable its new value; how often, at which rate, and what became of the loss.
const training = { losses: [], steps: 0, rate: FIRST_RATE };
const updatesOf = Object.entries(data.training.updates).filter(([name]) => name in leaves);
const canTrain = updatesOf.length > 0 && isKnown(data.training.loss) && updatesOf.every(([name]) => isFree(name));
const lossNow = () => arrayOf(data.training.loss).data[0];

/** Take so many steps at most; they end where the loss is no number any more. Gives whether it still is one. */
function train(count) {
  if (!training.losses.length) training.losses.push(lossNow());
  for (let n = 0; n < count && Number.isFinite(training.losses.at(-1)); n++) {
    const found = updatesOf.map(([name, key]) => [name, arrayOf(key)]); // all from the values before the step
    for (const [name, array] of found) setLeaf(name, array);
    training.steps += 1;
    training.losses.push(lossNow());
  }
  return Number.isFinite(training.losses.at(-1));
}

function setRate(rate) {
  training.rate = rate;
  program.set(data.training.rate, filled([], dtypeOfRate(), rate));
}

/** Back to the parameters and rows that the page was given. */
function resetTraining() {
  Object.assign(training, { losses: [], steps: 0 });
  now.choose(now.snapshot);
}

/** What the losses say of the learning rate; nothing while they fall. */
function verdict() {
  const { losses, steps } = training;
  const last = losses.at(-1);
  if (steps === 0) return "";
  const cause = "Each step goes along the slope further than the slope holds: past the lowest place, and up on the other side, higher than before";
  const remedy = data.training.rate ? " Choose a smaller learning rate, and reset." : " Reset, and take an optimizer with a smaller learning rate.";
  if (!Number.isFinite(last)) return `It diverges: after ${steps} step${steps === 1 ? "" : "s"} the loss is no finite number. ${cause}.${remedy}`;
  const least = Math.min(...losses.slice(-200));
  if (last > 1.5 * losses[0] && last > 1.5 * least) return `It diverges: the loss has grown from ${numberText(losses[0])} to ${numberText(last)}. ${cause}.${remedy}`;
  const recent = losses.slice(-20);
  const rises = recent.filter((loss, i) => i > 0 && loss > recent[i - 1]).length;
  if (recent.length > 6 && rises > recent.length / 4) return `The loss goes up and down: the steps are about as long as the valley is wide.${remedy}`;
  return "";
}

/** One more row: a point of the plane, with its class. */
function addPoint(across, up, label) {
  const [x, y] = rowsNow();
  setRows([...x, across, up], [...y, label]);
}

/** One row less: that of the point which is nearest to a place of the plane; the last row stays. */
function removePoint(across, up) {
  const [x, y] = rowsNow();
  const far = y.map((_, n) => Math.hypot(x[2 * n] - across, x[2 * n + 1] - up));
  const nearest = far.indexOf(Math.min(...far));
  if (y.length > 1) setRows(x.filter((_, i) => i >> 1 !== nearest), y.filter((_, n) => n !== nearest));
}

const rowsNow = () => [data.plane.points, data.plane.labels].map((name) => [...program.leaves.get(name).data]);

function setRows(...rows) {
  const { points, labels } = data.plane;
  const [x, y] = [points, labels].map((name, i) => {
    const { shape, dtype } = program.leaves.get(name);
    const found = filled([rows[1].length, ...shape.slice(1)], dtype);
    found.data.set(rows[i]);
    return found;
  });
  program.set(points, x);
  setLeaf(labels, y);
}
