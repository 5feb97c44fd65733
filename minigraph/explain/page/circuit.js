// The circuit is the drawing that minigraph makes of the run; here its numbers appear when they are computed.
const VALUE_COLOUR = "#1f5fa8";
const GRADIENT_COLOUR = "#b3402a";
const WARNING_COLOUR = "#8a1c7c";
const circuit = document.querySelector("[data-circuit]");
const svg = circuit.querySelector("svg");
const keyOfWire = (step) => `${step.by} ${step.operand}`;

/** When the value and the gradient of each node are there, and the contribution of each wire: after how many steps. */
function firstSteps(steps) {
  const since = { values: {}, gradients: {}, contributions: {} };
  steps.forEach((step, i) => {
    if (step.kind === "value") since.values[step.node] = i + 1;
    else since.gradients[step.node] = i + 1;
    if (step.kind === "contribution") since.contributions[`${step.node}-${step.by}-${step.operand}`] = i + 1;
  });
  return since;
}

const since = firstSteps(data.steps);
const plainText = (text) => text.textContent.replaceAll("\u00a0", " ").trim();

/** The texts of the drawing that say a number or a rule, each with when it appears and where its number comes from.

What no gradient passes on its way back never appears. */
function readTexts() {
  const { drawn } = data; // what the drawing says of each array
  const found = [];
  for (const group of svg.querySelectorAll("g.node")) {
    const id = group.id;
    if (id.startsWith("legend")) continue;
    const wire = since.contributions[id] !== undefined;
    const node = wire ? id.split("-")[0] : data.outputs[id] ?? id.replace(/-wire$/, "");
    for (const text of group.querySelectorAll("text")) {
      const colour = text.getAttribute("fill");
      if (colour === VALUE_COLOUR && drawn[`value ${node}`] === plainText(text)) {
        found.push({ text, from: since.values[node] ?? 0, record: (snapshot) => snapshot.values[node], warning: (snapshot) => valueWarning(snapshot.values[node]) });
      } else if (colour === GRADIENT_COLOUR) {
        const from = wire ? since.contributions[id] : since.gradients[node];
        const record = gradientOf(id, node, text, drawn);
        const sum = plainText(text).startsWith("sum ") ? "sum " : "";
        found.push({ text, from: from ?? Infinity, record, sum, warning: record && !wire && ((snapshot) => gradientWarning(snapshot.gradients[node])) });
      } else if (colour === WARNING_COLOUR) found.at(-1).place = text; // it stands below the number that it is of
    }
  }
  return found;
}

/** Where a red text's number comes from; null for a local derivative, which no snapshot changes. */
function gradientOf(id, node, text, drawn) {
  const shown = plainText(text);
  const [key, by, operand] = id.split("-");
  const wire = `${by} ${operand}`;
  if (since.contributions[id] !== undefined && key === node) {
    return drawn[`contribution ${wire}`] === shown ? (snapshot) => snapshot.contributions[wire] : null;
  }
  const summary = drawn[`gradient ${node}`];
  return [summary, `sum ${summary}`].includes(shown) ? (snapshot) => snapshot.gradients[node] : null;
}

const texts = readTexts();
const pen = document.createElement("canvas").getContext("2d");
pen.font = `9px ${getComputedStyle(svg.querySelector("text")).fontFamily}`;

/** How wide a text in a box may be, as far as its sides are from its middle; nothing bounds what stands at a wire. */
function roomOf(text) {
  const box = text.closest("g.node").querySelector("polygon:last-of-type");
  if (!box) return Infinity;
  const [middle, across] = [Number(text.getAttribute("x")), [...box.points].map(({ x }) => x)];
  return 2 * Math.min(middle - Math.min(...across), Math.max(...across) - middle) - 4;
}

/** A summary with as many digits as its box has room for; where one is too many it is written closer. */
function sayWithin(text, record, before, after) {
  const room = (text.room ??= roomOf(text));
  const wide = (written) => pen.measureText(written).width > room;
  let written = before + record.summary + after;
  if (text.summary === written) return;
  text.summary = written;
  for (let digits = 2; digits > 0 && wide(written); digits--) written = before + record.short(digits) + after;
  say(text, written);
  if (wide(written)) text.setAttribute("textLength", room);
  else text.removeAttribute("textLength");
}

/** Where a step happens: what it reads and writes. */
function placesOf(step) {
  if (!step) return [];
  const ids = [step.node, `${step.node}-wire`];
  if (step.kind === "cotangent") Object.keys(data.outputs).forEach((id) => data.outputs[id] === step.node && ids.push(id));
  if (step.kind === "contribution") ids.push(step.by, `${step.node}-${step.by}-${step.operand}`);
  return ids.map((id) => svg.getElementById(id)).filter(Boolean);
}

/** Show the numbers that are there after so many steps, as they are now. */
function showNumbers(reached, snapshot) {
  for (const { text, from, record, sum = "", warning, place } of texts) {
    const visible = from <= reached;
    text.style.visibility = visible ? "visible" : "hidden";
    const wrong = visible && warning ? warning(snapshot) : "";
    if (visible && record) sayWithin(text, record(snapshot), sum, wrong && !place ? " !" : "");
    if (place) say(place, wrong && `! ${wrong}`);
  }
}

/** Show the drawing after `position` steps: its numbers so far, those of a snapshot, and where the last step was. */
function showCircuit(position, reached, snapshot) {
  showNumbers(reached, snapshot);
  for (const group of svg.querySelectorAll("[role=button]")) group.setAttribute("aria-label", calledNow(group));
  for (const [key, at] of Object.entries(since.values)) svg.getElementById(key)?.classList.toggle("later", at > position);
  for (const group of svg.querySelectorAll(".now-forward, .now-back")) group.classList.remove("now-forward", "now-back");
  const steps = stepsAt(position);
  const places = [...new Set(steps.flatMap(placesOf))];
  for (const group of places) group.classList.add(steps[0].kind === "value" ? "now-forward" : "now-back");
  showFlow(reached, snapshot);
  follow(places);
  showMap();
}

/** The wires on which a gradient has returned are as thick as it is large: next to the others, by powers of ten. */
function showFlow(reached, snapshot) {
  const flows = wires.filter(({ from }) => from <= reached).map(({ group, record }) => [group, flowOf(record(snapshot))]);
  const sizes = flows.map(([, size]) => Math.log10(size)).filter(Number.isFinite);
  const [most, least] = [Math.max(...sizes), Math.max(Math.min(...sizes), Math.max(...sizes) - 4)];
  for (const { group } of wires) group.classList.remove("flow");
  for (const [group, size] of flows) {
    const part = most > least ? Math.max(0, (Math.log10(size) - least) / (most - least)) : 0.5;
    group.classList.add("flow");
    group.style.setProperty("--flow", `${(1 + 5 * (Number.isFinite(part) ? part : 0)).toFixed(1)}px`);
  }
}

/** The root of the mean square of an array's elements. */
const flowOf = ({ moments }) => (moments ? Math.hypot(moments.mean, moments.deviation) : NaN);

/** The wires that a gradient returns on, each with when it does and where its size comes from. */
function readWires() {
  const found = [];
  for (const group of svg.querySelectorAll("g.edge")) {
    const [start] = group.id.replace(/^to-/, "").split("-to-");
    const [node, by, operand] = start.replace(/-wire$/, "").split("-");
    const wire = `${by} ${operand}`;
    const own = now.contributions[wire] !== undefined;
    const from = by === undefined ? since.gradients[node] : since.contributions[start];
    if (from) found.push({ group, from, record: own ? (each) => each.contributions[wire] : (each) => each.gradients[node] });
  }
  return found;
}

const wires = readWires();

/** What a node of the drawing says now, and what it is. */
function calledNow(group) {
  const visible = [...group.querySelectorAll("text")].filter((text) => text.style.visibility !== "hidden");
  const node = data.nodes[data.outputs[group.id] ?? group.id];
  return `${visible.map(plainText).join(" ")}: ${group.id in data.outputs ? "output" : node.kind} ${node.name}`;
}

/** Make every node of the drawing a button that opens it. */
function makeButtons(open) {
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "The circuit: each of its nodes is a button");
  for (const group of svg.querySelectorAll("g.node")) {
    const key = data.outputs[group.id] ?? group.id;
    if (!(key in data.nodes)) continue;
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "-1"); // one of them can be reached by the tabulator: view.js
    group.addEventListener("click", () => open(key));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(key);
    });
  }
}
