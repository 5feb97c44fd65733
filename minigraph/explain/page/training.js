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

const [SEEN, LEAP, STILL, RECENT, FIRST] = [0.02, 3, 8, 20, 3]; // what part of the curve's height one sees; how many times itself a loss leaps; for how many steps it is still, is looked at, or is too new to be judged
const largestOfAll = (numbers) => numbers.reduce((most, each) => Math.max(most, each), -Infinity);

/** What the losses say of the training, as it is drawn: `{ text, calm }`. Nothing is said while they fall. */
function verdict() {
  const { losses, steps } = training;
  const last = losses.at(-1);
  const said = (text, calm = false) => ({ text, calm });
  if (steps === 0) return said("");
  const cause = "Each step goes along the slope further than the slope holds: past the lowest place, and up on the other side, higher than before";
  const remedy = data.training.rate ? " Choose a smaller learning rate, and reset." : " Reset, and take an optimizer with a smaller learning rate.";
  if (!Number.isFinite(last)) return said(`It diverges: after ${counted(steps)} the loss is no finite number. ${cause}.${remedy}`);
  const [first, most] = [losses[0], largestOfAll(losses)];
  const rose = (to, times) => to - first > times * Math.abs(first);
  const half = Math.ceil(losses.length / 2);
  const later = largestOfAll(losses.slice(half));
  if (rose(last, 0.5) && later > 1.5 * largestOfAll(losses.slice(0, half)) && last > later / LEAP) {
    const grown = `the loss has grown from ${numberText(first)} to ${numberText(last)}. ${cause}.`;
    return said(steps < FIRST ? grown.replace("the", "The") : `It diverges: ${grown}${remedy}`);
  }
  const still = losses.findLastIndex((loss) => loss !== last) + 1; // since when it is as it is
  const stands = steps - still >= STILL ? standsStill(last) : "";
  if (rose(most, LEAP)) {
    const leapt = `the loss leapt from ${numberText(first)} to ${numberText(most)} at step ${losses.indexOf(most)}`;
    if (stands) return said(`${leapt.replace("the", "The")}: steps so long land anywhere. Since step ${still} ${stands}${remedy}`);
    const recent = losses.slice(Math.max(1, losses.length - RECENT));
    const [low, high] = [-largestOfAll(recent.map((loss) => -loss)), largestOfAll(recent)];
    if (high < first) return said(`${leapt.replace("the", "The")}, and has come down since: to ${numberText(last)}, below where it began.`, true);
    const between = `over the last ${counted(recent.length)} it was between ${numberText(low)} and ${numberText(high)}`;
    if (rose(low, LEAP)) return said(`It has diverged: ${leapt}, and does not come back: ${between}, far above where it began. Steps so long land anywhere.${remedy}`);
    return said(`${leapt.replace("the", "The")}, and does not settle: ${between}${low > first ? ", above where it began" : ""}. Steps so long land anywhere.${remedy}`);
  }
  if (stands) return said(`Since step ${still} ${stands}`, true);
  const { place } = scaleOfLoss(losses);
  const heights = losses.slice(-RECENT).map(place);
  const rises = heights.map((height, i) => (i ? height - heights[i - 1] : 0)).filter((rise) => rise > 0);
  if (heights.length > 6 && rises.length > heights.length / 4 && Math.max(...rises) > SEEN) {
    return said(`The loss goes up and down: the steps are about as long as the valley is wide.${remedy}`);
  }
  if (steps < RECENT) return said("");
  const before = losses.at(-1 - RECENT);
  const larger = data.training.rate ? " A larger learning rate falls faster." : "";
  if (Math.abs(place(before) - place(last)) < SEEN / 4) return said(`It hardly moves any more: over the last ${counted(RECENT)} the loss went from ${numberText(before, 0, 5)} to ${numberText(last, 0, 5)}.${saturatedText()}`, true);
  if (Math.abs(losses[0] - last) < SEEN * Math.abs(losses[0])) return said(`It moves slowly: the whole height of the curve is from ${numberText(losses[0], 0, 5)} to ${numberText(last, 0, 5)}.${larger}`, true);
  return said("");
}

const counted = (steps) => `${steps} step${steps === 1 ? "" : "s"}`;

/** The units of which the derivative is next to 0, as a reason why little returns through them. */
function saturatedText() {
  const found = Object.keys(data.nodes).filter((key) => data.nodes[key].operation in SATURATED && isKnown(`value ${key}`)).map((key) => [key, valueWarning(now.values[key])]).filter(([, warning]) => warning.includes("saturated"));
  return found.length ? ` Saturated, so that hardly a gradient comes through: ${listed(found.map(([key, warning]) => `${nameOf(key)} (${warning.split(" saturated")[0]})`))}.` : "";
}

/** Why the loss does not change: nothing moves, or what moves makes no difference that its numbers can hold. */
function standsStill(loss) {
  const saturated = loss === 0 ? "" : saturatedText();
  const moves = updatesOf.some(([name, key]) => arrayOf(key).data.some((x, i) => !Object.is(x, program.leaves.get(name).data[i])));
  const gradients = parametersWithGradients().some((key) => arrayOf(`gradient ${key}`).data.some((x) => x !== 0));
  const what = `the loss is ${loss === 0 ? "exactly 0" : `${numberText(loss)} and does not change`}`;
  return moves
    ? `${what}: what the steps still move makes no difference that ${arrayOf(data.training.loss).dtype} can hold.${saturated}`
    : `${what}: ${gradients ? "every gradient is too small to move a parameter" : "every gradient is 0, and so no step moves anything"}.${saturated}${loss === 0 ? " These rows have nothing more to teach." : ""}`;
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
