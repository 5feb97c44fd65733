const find = (name) => document.querySelector(`[data-${name}]`);
const steps = data.steps;
const state = { position: 0, open: null, quiz: false, answers: new Map(), timer: null };
const forwardSteps = steps.filter((step) => step.kind === "value").length;

const snapshot = () => now;
const workedOf = (step) => snapshot().worked[step.kind === "sum" ? `${step.node} sum` : keyOfWire(step)];
const asked = () => {
  const step = closedAt(state.position) === undefined && steps[state.position - 1];
  return state.quiz && step && (step.kind === "contribution" || step.kind === "sum") && workedOf(step) && !state.answers.has(state.position);
};
const gradientName = (key) => {
  const step = steps.findLast((each) => each.kind !== "value" && each.node === key);
  return step ? step.name.split(", by way of")[0] : "";
};

function go(position) {
  state.position = Math.max(0, Math.min(steps.length, position));
  show();
}

/** One step on, unless the quiz waits for an answer. */
function next() {
  if (!asked()) return go(stopAfter(state.position));
  (find("answer") ?? find("sign")).focus();
  find("status").textContent = "Answer first, or choose Show me.";
}

let shownNode = null; // what is unfolded of a node stays so as long as it is shown

function show() {
  const { position } = state;
  const reached = asked() ? position - 1 : position;
  showCircuit(position, reached, snapshot());
  showCount(position);
  find("step").replaceChildren(...stepParts(position));
  find("step").scrollTop = 0;
  const key = state.open ?? followed(steps[position - 1]);
  if (shownNode === key) renew(find("node"), nodeView(key, reached));
  else find("node").replaceChildren(...nodeView(key, reached));
  shownNode = key;
  control("quiz").setAttribute("aria-pressed", String(state.quiz));
  control("play").disabled = state.quiz;
  for (const name of ["first", "back"]) control(name).disabled = position === 0;
  for (const name of ["next", "last"]) control(name).disabled = position === steps.length;
  control("last").disabled ||= state.quiz;
  find("position").disabled = state.quiz;
  if (position === steps.length) play(false);
  showSnapshot();
  showScore();
  find("status").textContent = spoken(steps[position - 1]);
  writeAddress();
}

/** What the panel of the step shows: the step, or the closed block that it is in. */
function stepParts(position) {
  const block = closedAt(position);
  return [...aroundView(position), ...(block === undefined ? stepView(steps[position - 1]) : blockView(block, position))];
}

/** What the panel of the step shows: the step, or the closed block that it is in. */
function stepParts(position) {
  const block = closedAt(position);
  return [...aroundView(position), ...(block === undefined ? stepView(steps[position - 1]) : blockView(block, position))];
}

/** Where one is among the places to stop at. */
function showCount(position) {
  const [number, count] = [stopNumber(position), stops().length - 1];
  find("position").max = count;
  find("position").value = number;
  find("position").setAttribute("aria-valuetext", `step ${number} of ${count}`);
  find("count").textContent = `Step ${number} of ${count}`;
}

/** Show what has changed, where one is: the same step with other numbers. */
function refresh() {
  const { position } = state;
  const reached = asked() ? position - 1 : position;
  const focused = document.activeElement?.getAttribute("data-free");
  const panel = focused && document.activeElement.closest(".panel");
  showNumbers(reached, now);
  renew(find("step"), stepParts(position));
  renew(find("node"), nodeView(state.open ?? followed(steps[position - 1]), reached));
  showSnapshot();
  showChange();
  writeAddress();
  if (focused) panel.querySelector(`[data-free="${focused}"]`)?.focus({ preventScroll: true });
}

/** Give a panel new parts; what is unfolded stays so. */
function renew(panel, parts) {
  const unfolded = [...panel.querySelectorAll("details")].map((each) => each.open);
  panel.replaceChildren(...parts);
  panel.querySelectorAll("details").forEach((each, i) => (each.open = unfolded[i] ?? each.open));
}

const control = (name) => document.querySelector(`[data-go="${name}"]`);
const followed = (step) => (step ? step.by ?? step.node : Object.keys(data.nodes)[0]);

function spoken(step) {
  if (!step) return "At the start: the inputs and parameters are given.";
  const result = asked() ? "It is asked for." : resultOf(step).summary;
  const where = `${find("count").textContent}, ${step.kind === "value" ? "forward" : "backward"}`;
  const block = data.blocks[closedAt(state.position)];
  return block ? `${where} through ${block.path.join(" ")}: ${stepsAt(state.position).length} steps.` : `${where}: ${step.name} is ${step.rule}. ${result}`;
}

function resultOf(step) {
  if (step.kind === "value") return snapshot().values[step.node];
  return (step.kind === "contribution" && snapshot().contributions[keyOfWire(step)]) || snapshot().gradients[step.node];
}

const formulaView = (step) => element("p", { class: step.kind === "value" ? "formula forward" : "formula" },
  element("span", { class: "result" }, isolated(step.name)), ...(step.name === step.rule ? [] : [" = ", isolated(step.rule)]));

function stepView(step) {
  if (!step) return startView();
  if (step.kind === "value") return valueView(step);
  if (step.kind === "cotangent") {
    return [heading("Now backwards", step), formulaView(step),
      element("p", {}, "The way back starts at the output: it changes as much as itself.")];
  }
  return step.kind === "contribution" ? contributionView(step) : sumView(step);
}

function heading(text, step) {
  return element("h2", {}, step.kind === "value" ? "Forward: " : "Backward: ", isolated(text));
}

function startView() {
  const leaves = Object.entries(data.nodes).filter(([, node]) => node.kind !== "operation");
  return [
    element("h2", {}, "What is given"),
    element("p", {}, steps.length > forwardSteps
      ? "First every node computes its value, from left to right. Then the gradient returns, wire by wire, from right to left."
      : "Every node computes its value, from left to right. The first output is not one number, so there is no way back from it."),
    element("div", { class: "arrays" }, ...leaves.map(([key, node]) => arrayView(node.name, snapshot().values[key], "value"))),
  ];
}

function valueView(step) {
  const node = data.nodes[step.node];
  return [
    heading(node.name, step), formulaView(step),
    element("div", { class: "arrays" }, arrayView(node.name, snapshot().values[step.node], "value"),
      ...[...new Set(node.operands)].map((key) => arrayView(data.nodes[key].name, snapshot().values[key], "value"))),
  ];
}

function contributionView(step) {
  const worked = workedOf(step);
  const upstream = gradientName(step.by);
  const hidden = asked();
  const at = worked ? worked.at : null;
  const arrays = [arrayView(upstream, snapshot().gradients[step.by], "gradient", worked?.terms[0]?.at)];
  if (!hidden) arrays.unshift(arrayView(step.name, resultOf(step), "gradient", at));
  const local = step.rule.replaceAll(upstream, "");
  const near = [...new Set([step.by, ...data.nodes[step.by].operands])];
  const read = near.filter((key) => hidden || local.includes(data.nodes[key].name))
    .map((key) => arrayView(data.nodes[key].name, snapshot().values[key], "value"));
  return [
    heading(`from ${data.nodes[step.by].name} to ${data.nodes[step.node].name}`, step), formulaView(step),
    element("p", { class: "quiet" }, "gradient that arrives × local derivative = gradient that goes on; read from ",
      element("code", {}, `${data.nodes[step.by].operation}.backward`)),
    ...question(step, worked, upstream, hidden),
    at && !hidden ? numbersView(step, at) : null,
    element("div", { class: "arrays" }, ...arrays, ...read),
  ].filter(Boolean);
}

function sumView(step) {
  const contributions = steps.filter((each) => each.kind === "contribution" && each.node === step.node);
  const views = contributions.map((contribution) => arrayView(contribution.name, resultOf(contribution), "gradient"));
  const hidden = asked();
  if (!hidden) views.unshift(arrayView(step.name, resultOf(step), "gradient", workedOf(step)?.at));
  return [
    heading(`the sum for ${data.nodes[step.node].name}`, step), formulaView(step),
    element("p", { class: "quiet" }, "A value that is used more than once changes the output in each of these ways, so what returns adds up."),
    ...question(step, workedOf(step), "", hidden),
    element("div", { class: "arrays" }, ...views),
  ];
}

/** One element worked out, or asked for. */
function question(step, worked, upstream, hidden) {
  if (!worked) return [];
  if (hidden) return [quizView(step, worked, upstream, (how) => answered(how))];
  const how = state.quiz && state.answers.get(state.position);
  const praise = { right: "Right.", later: "Right, in the end.", shown: "This is how:" }[how];
  return [element("p", { class: "worked" }, praise ? element("strong", { class: "right", "data-verdict": true }, `${praise} `) : null,
    worked.at.length ? `One element, ${placed(worked.at).trim()}: ` : "", worked.text, praise ? element("span", { class: "quiet" }, ` — ${score()}`) : null)];
}

function answered(how) {
  state.answers.set(state.position, how);
  show();
  control("next").focus();
  find("status").textContent = `${how === "shown" ? "Shown" : "Right"}: ${workedOf(steps[state.position - 1]).text}`;
}

function score() {
  const answers = [...state.answers.values()];
  return `${answers.filter((how) => how === "right").length} of ${answers.length} at the first try`;
}

function nodeView(key, reached) {
  const node = data.nodes[key];
  if (!node) return [];
  const facts = { kind: node.kind === "operation" ? node.operation : node.kind, shape: `${node.shape}, ${node.dtype}` };
  if (node.line) facts["made at"] = node.line;
  if (node.attributes.length && node.kind === "operation") facts.attributes = node.attributes.join(", ");
  const views = [];
  if (state.open !== null && (since.values[key] ?? 0) <= reached) views.push(arrayView(node.name, snapshot().values[key], "value"));
  if (state.open !== null && since.gradients[key] <= reached) views.push(arrayView(gradientName(key), snapshot().gradients[key], "gradient"));
  return [
    element("h2", {}, isolated(node.name)),
    node.formula && node.formula !== node.name ? element("p", { class: "formula forward" }, isolated(node.formula)) : null,
    node.about ? element("p", {}, node.about) : null,
    element("dl", {}, ...Object.entries(facts).flatMap(([term, fact]) => [element("dt", {}, term), element("dd", {}, isolated(fact))])),
    element("div", { class: "arrays" }, ...views),
    writtenView(node),
    ...derivationView(key),
    chainView(key),
    ...codeView(node),
  ].filter(Boolean);
}

/** The node's gradient written out; its mathematics was escaped where it was made. */
function writtenView(node) {
  if (!node.gradient) return null;
  const view = element("p", { class: "formula scroll", "data-gradient": true, tabindex: "0", role: "region", "aria-label": "The gradient, written out" });
  view.innerHTML = node.gradient;
  return view;
}

/** The steps back that lead to a node's gradient, from the output on. */
function derivationOf(key) {
  const needed = new Set([key]);
  const lines = [];
  for (const step of steps.toReversed()) {
    if (step.kind === "value" || !needed.has(step.node)) continue;
    lines.unshift(step);
    if (step.kind === "contribution") needed.add(step.by);
  }
  return lines;
}

function derivationView(key) {
  const lines = derivationOf(key);
  if (!lines.length) return [];
  return [element("details", { "data-derivation": true }, element("summary", {}, "Its derivation, from the output back"), ...lines.map(formulaView))];
}

function codeView(node) {
  const code = node.kind === "operation" && data.code[node.operation];
  if (!code) return [];
  return [element("details", { open: state.open !== null }, element("summary", {}, `The rule of ${node.operation}, as it runs`),
    ...Object.entries(code).map(([rule, text]) => element("pre", { tabindex: "0", role: "region", "aria-label": `${node.operation}.${rule}` }, text)))];
}

function open(key) {
  state.open = key;
  show();
  find("node").parentElement.scrollTop = 0;
  find("node").focus({ preventScroll: true });
  find("node").scrollIntoView({ block: "nearest", behavior: "instant" });
  find("status").textContent = `${data.nodes[key].name} is open.`;
}

function showSnapshot() {
  const { plane, label } = snapshot();
  find("training").hidden = !plane && data.snapshots.length < 2 && !updatesOf.length;
  showTraining();
  find("snapshot").hidden = data.snapshots.length < 2;
  find("snapshot-name").textContent = data.snapshots.length < 2 ? "The rows in the plane" : `Training: ${label}`;
  find("snapshot").value = now.snapshot;
  find("snapshot").setAttribute("aria-valuetext", label);
  find("plane").hidden = !plane;
  if (plane) find("plane").replaceChildren(...planeView(plane));
}

function play(on) {
  clearInterval(state.timer);
  state.timer = on ? setInterval(() => go(stopAfter(state.position)), 1800) : null;
  control("play").setAttribute("aria-pressed", String(on));
  control("play").textContent = on ? "Pause" : "Play";
}

function toggleQuiz() {
  state.quiz = !state.quiz;
  play(false);
  if (state.quiz && state.position <= forwardSteps + 1) state.position = stopAfter(forwardSteps + 1);
  show();
}

const moves = {
  first: () => go(0),
  back: () => go(stopBefore(state.position)),
  next,
  last: () => go(steps.length),
  play: () => {
    if (state.position === steps.length) state.position = 0;
    play(state.timer === null);
  },
  quiz: toggleQuiz,
};
const KEYS = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last" };

document.addEventListener("keydown", (event) => {
  const move = KEYS[event.key];
  const elsewhere = event.target.closest("input, pre, .scroll") || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  if (!move || elsewhere || control(move).disabled) return;
  event.preventDefault();
  play(false);
  state.open = null;
  moves[move]();
});
for (const [name, move] of Object.entries(moves)) {
  control(name).addEventListener("click", () => {
    if (name !== "play") play(false);
    if (name !== "quiz") state.open = null;
    move();
  });
}
find("position").addEventListener("input", (event) => go(stops()[Number(event.target.value)]));
find("snapshot").max = data.snapshots.length - 1;
find("snapshot").addEventListener("input", (event) => {
  resetTraining();
  now.choose(Number(event.target.value));
  show();
});
dark.addEventListener("change", show);
makeButtons(open);
buildTraining();
buildChange();
control("quiz").disabled = steps.length === forwardSteps;
openAtFirst();
makeView();
makeQuiz();
makeSheet();
makeCopy();
for (const [name, text] of Object.entries(data.address ?? {})) inAddress(name, () => text, () => {}); // which of several runs
inAddress("step", () => state.position && String(state.position), (text) => (state.position = wholeNumber(text, steps.length) ?? 0));
inAddress("at", () => now.snapshot < data.snapshots.length - 1 && now.label, (text) => {
  const found = data.snapshots.findIndex((each) => each.label === text);
  now.choose(found < 0 ? data.snapshots.length - 1 : found);
});
inAddress("values", changedValues, changeValues);
inAddress("node", () => state.open, (text) => (state.open = text in data.nodes ? text : null));
inAddress("blocks", readBlocks, writeBlocks);
inAddress("view", readSight, writeSight);
readAddress(location.hash.slice(1) || document.documentElement.dataset.state);
addEventListener("hashchange", () => readAddress(location.hash.slice(1)));
