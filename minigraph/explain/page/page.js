const find = (name) => document.querySelector(`[data-${name}]`);
const steps = data.steps;
const state = { position: 0, open: null, quiz: false, answers: new Map(), timer: null, place: null };
const forwardSteps = steps.filter((step) => step.kind === "value").length;

const snapshot = () => now;
const workedOf = (step) => snapshot().worked[step.kind === "sum" ? `${step.node} sum` : keyOfWire(step)];

/** The element of a step that is looked at, worked out: the largest, unless another was asked for. */
const workedHere = (step) => (state.place && step.kind === "contribution" && !state.quiz ? workedWire(program, step, data.nodes[step.by].operands, state.place) : null) ?? workedOf(step);
const asked = () => {
  const step = closedAt(state.position) === undefined && steps[state.position - 1];
  return state.quiz && step && (step.kind === "contribution" || step.kind === "sum") && workedOf(step) && !state.answers.has(state.position);
};

/** Whether the gradient of a node is asked for, or part of one is that leads to it: then nothing else tells it. */
const isAsked = (key) => Boolean(asked()) && steps[state.position - 1].node === key;

function go(position, place = null) {
  state.position = Math.max(0, Math.min(steps.length, position));
  state.place = place;
  show();
}

/** One step on, unless the quiz waits for an answer. */
function next() {
  if (asked()) return insist();
  if (state.quiz) openAhead(state.position);
  go(stopAfter(state.position));
}

/** To a step; in the quiz only as far on as its questions are answered. */
function goTowards(target) {
  if (!state.quiz || target <= state.position) return go(target);
  upToQuestion(target);
  go(state.position);
  if (asked()) insist();
}

const shown = { position: null, node: null }; // what is unfolded stays so as long as it is shown

function show() {
  const { position } = state;
  const reached = asked() ? position - 1 : position;
  showCircuit(position, reached, snapshot());
  markOpen(state.open);
  showCount(position);
  if (shown.position === position) renewPanel(find("step"), stepParts(position));
  else find("step").replaceChildren(...stepParts(position));
  if (shown.position !== position) find("step").scrollTop = 0;
  if (shown.position !== position && asked()) document.querySelector(".quiz").scrollIntoView({ block: "nearest", behavior: "instant" });
  const key = state.open ?? followed(steps[position - 1]);
  if (shown.node === key) renewPanel(find("node"), nodeView(key, reached));
  else find("node").replaceChildren(...nodeView(key, reached));
  Object.assign(shown, { position, node: key });
  control("quiz").setAttribute("aria-pressed", String(state.quiz));
  for (const name of ["first", "back"]) control(name).disabled = position === 0;
  for (const name of ["next", "last"]) control(name).disabled = position === steps.length;
  if (position === steps.length) play(false);
  showSnapshot();
  if (chosen.node) showChange();
  showScore();
  find("status").textContent = spoken(steps[position - 1]);
  writeAddress();
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
  showNumbers(reached, now);
  renewPanel(find("step"), stepParts(position));
  renewPanel(find("node"), nodeView(state.open ?? followed(steps[position - 1]), reached));
  showSnapshot();
  showChange();
  writeAddress();
}

const foldName = (fold) => [fold.closest(".array")?.querySelector("h3"), fold.querySelector("summary")].map((each) => each?.textContent).join(": ");
const focusName = (focused) => ["data-free", "data-chip"].filter((name) => focused.hasAttribute(name)).map((name) => `[${name}="${focused.getAttribute(name)}"]`)[0];

/** Give a panel new parts; what is unfolded stays so, by its name, and the number or the choice that is focused. */
function renewPanel(panel, parts) {
  const unfolded = new Map([...panel.querySelectorAll("details")].map((each) => [foldName(each), each.open]));
  const focused = panel.contains(document.activeElement) && focusName(document.activeElement);
  renew(panel, parts);
  for (const each of panel.querySelectorAll("details")) {
    each.open = unfolded.get(foldName(each)) ?? each.open;
    each.fill?.();
  }
  if (focused && !panel.contains(document.activeElement)) panel.querySelector(focused)?.focus({ preventScroll: true });
}

const control = (name) => document.querySelector(`[data-go="${name}"]`);
const followed = (step) => (step ? step.by ?? step.node : Object.keys(data.nodes)[0]);

function spoken(step) {
  if (!step) return "At the start: the inputs and parameters are given.";
  const result = asked() ? "It is asked for." : resultOf(step).summary;
  const where = `${find("count").textContent}, ${step.kind === "value" ? "forward" : "backward"}`;
  const block = data.blocks[closedAt(state.position)];
  return block ? `${where} through ${blockName(block)}: ${stepsAt(state.position).length} steps.` : `${where}: ${step.name} is ${step.rule}. ${result}`;
}

function open(key) {
  state.open = key;
  show();
  jumpTo("Node", true);
  find("status").textContent = `${data.nodes[key].name} is open.`;
}

function showSnapshot() {
  const { plane, label } = snapshot();
  find("training").hidden = !plane && data.snapshots.length < 2 && !updatesOf.length;
  showTraining();
  find("snapshot").hidden = data.snapshots.length < 2;
  find("snapshot-name").textContent = data.snapshots.length > 1 ? `Training: ${label}` : plane ? "The rows in the plane" : "";
  find("snapshot").value = now.snapshot;
  find("snapshot").setAttribute("aria-valuetext", label);
  find("plane").hidden = !plane;
  if (plane) find("plane").replaceChildren(...planeView(plane));
}

function play(on) {
  clearInterval(state.timer);
  state.timer = on ? setInterval(() => (asked() ? play(false) : next()), 1800) : null;
  control("play").setAttribute("aria-pressed", String(on));
  control("play").textContent = on ? "Pause" : "Play";
}

function toggleQuiz() {
  state.quiz = !state.quiz;
  play(false);
  if (state.quiz) beginQuiz();
  show();
  if (state.quiz) jumpTo("Step");
}

const moves = {
  first: () => go(0),
  back: () => go(stopBefore(state.position)),
  next,
  last: () => goTowards(steps.length),
  play: () => {
    if (asked()) return insist();
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
find("position").addEventListener("input", (event) => goTowards(stops()[Number(event.target.value)]));
find("snapshot").max = data.snapshots.length - 1;
find("snapshot").addEventListener("input", (event) => {
  resetTraining();
  now.choose(Number(event.target.value));
  show();
});

dark.addEventListener("change", show);
makeButtons(open);
makeWires();
markRecorded();
buildTraining();
buildChange();
makeJumps();
makeHelp();
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
inAddress("arrays", changedArrays, changeArrays);
inAddress("rate", () => data.training.rate && training.rate !== FIRST_RATE && String(training.rate), rateFromAddress);
inAddress("chosen", readChosen, writeChosen);
inAddress("node", () => state.open, (text) => (state.open = text in data.nodes ? text : null));
inAddress("blocks", readBlocks, writeBlocks);
inAddress("view", readSight, writeSight);
readAddress(location.hash.slice(1) || document.documentElement.dataset.state);
addEventListener("hashchange", () => readAddress(location.hash.slice(1)));
