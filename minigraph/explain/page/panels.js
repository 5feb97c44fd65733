// What the panels say: of a step its rule, its numbers and one element worked out; of a node all that there is about it.
/** What the panel of the step shows: the step, or the closed block that it is in. */
function stepParts(position) {
  const block = closedAt(position);
  return [...nothingAsked(), ...aroundView(position), ...(block === undefined ? stepView(steps[position - 1]) : blockView(block, position))];
}

function resultOf(step) {
  if (step.kind === "value") return snapshot().values[step.node];
  return (step.kind === "contribution" && snapshot().contributions[keyOfWire(step)]) || snapshot().gradients[step.node];
}

const formulaView = (step) => element("p", { class: step.kind === "value" ? "formula forward" : "formula" },
  element("span", { class: "result" }, isolated(step.name)), ...(step.name === step.rule ? [] : [" = ", isolated(step.rule)]));

/** The sizes of the named axes that a text has, such as N = 20. */
function sizesIn(text) {
  const words = new Set(text.match(/[\p{L}_][\p{L}\p{N}_]*/gu));
  return Object.entries(program.axes).filter(([name]) => words.has(name)).map(([name, size]) => `${name}\u00a0=\u00a0${size}`).join(", ");
}

const PLACED = " ← "; // the sign of an array that is updated

/** What is to be known to read a formula: how large its axes are, and what its signs mean where they are not usual. */
function readingView(step) {
  const parts = [sizesIn(step.rule), step.rule.includes(PLACED) && "a[i ← x]: the array a, with x in its places i"].filter(Boolean);
  return parts.length ? element("p", { class: "quiet", "data-reading": true }, `with\u00a0${parts.join("; ")}`) : null;
}

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
  const sizes = sizesIn(Object.keys(program.axes).join(" "));
  return [
    element("h2", {}, "What is given"),
    element("p", {}, steps.length > forwardSteps
      ? "First every node computes its value, along the wires. Then the gradient returns, wire by wire, against them."
      : "Every node computes its value, along the wires. The first output is not one number, so there is no way back from it."),
    ...(sizes ? [element("p", { class: "quiet" }, `Sizes by their names: ${sizes}.`)] : []),
    ...(freeNodes.length ? [element("p", { class: "quiet" }, "A number that is underlined by dots can be dragged or typed. Change tells what a nudge of it does to the output, and Train takes steps of training.")] : []),
    element("div", { class: "arrays" }, ...leaves.map(([key, node]) => arrayView(node.name, snapshot().values[key], "value"))),
  ];
}

function valueView(step) {
  const node = data.nodes[step.node];
  return [
    heading(node.name, step), formulaView(step), readingView(step),
    element("div", { class: "arrays" }, arrayView(node.name, snapshot().values[step.node], "value"),
      ...[...new Set(node.operands)].map((key) => arrayView(data.nodes[key].name, snapshot().values[key], "value"))),
  ].filter(Boolean);
}

function contributionView(step) {
  const worked = workedHere(step);
  const upstream = gradientName(step.by);
  const hidden = asked();
  const at = worked ? worked.at : null;
  const arrays = [arrayView(upstream, snapshot().gradients[step.by], "gradient", worked?.terms.length ? worked.terms.map((term) => term.at) : null)];
  if (!hidden) arrays.unshift(arrayView(step.name, resultOf(step), "gradient", at));
  const local = step.rule.replaceAll(upstream, "");
  const near = [...new Set([step.by, ...data.nodes[step.by].operands])];
  const read = near.filter((key) => hidden || local.includes(data.nodes[key].name))
    .map((key) => arrayView(data.nodes[key].name, snapshot().values[key], "value"));
  return [
    heading(`from ${data.nodes[step.by].name} to ${data.nodes[step.node].name}`, step), formulaView(step), readingView(step),
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
  if (!worked) return quizEnds(state.position);
  if (hidden) return [quizView(step, worked, upstream, (how) => answered(how))];
  const how = state.quiz && state.answers.get(state.position);
  const praise = { right: "Right.", later: "Right, in the end.", shown: "This is how:" }[how];
  return [element("p", { class: "worked" }, praise ? element("strong", { class: "right", "data-verdict": true }, `${praise} `) : null,
    worked.at.length ? `One element, ${placed(worked.at).trim()}: ` : "", worked.text, praise ? element("span", { class: "quiet" }, ` — ${score()}`) : null), ...quizEnds(state.position)];
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
  const sizes = sizesIn(node.shape);
  const facts = { kind: node.kind === "operation" ? node.operation : node.kind, shape: `${node.shape}, ${node.dtype}${sizes && `, with ${sizes}`}` };
  if (node.line) facts["made at"] = node.line;
  if (node.attributes.length && node.kind === "operation") facts.attributes = node.attributes.join(", ");
  const views = [];
  const computed = (since.values[key] ?? 0) <= reached;
  if (state.open !== null && computed) views.push(arrayView(node.name, snapshot().values[key], "value"));
  if (state.open !== null && since.gradients[key] <= reached) views.push(arrayView(gradientName(key), snapshot().gradients[key], "gradient"));
  return [
    element("h2", {}, isolated(node.name)),
    node.formula && node.formula !== node.name ? element("p", { class: "formula forward" }, isolated(node.formula)) : null,
    state.open === null || computed ? null : laterView(key),
    element("div", { class: "arrays" }, ...views),
    node.about ? element("p", {}, node.about, operandsText(node)) : null,
    recordedView(key),
    element("dl", {}, ...Object.entries(facts).flatMap(([term, fact]) => [element("dt", {}, term), element("dd", {}, isolated(fact))])),
    ...(state.open !== null && node.kind === "operation" && computed ? unitsView(key) : []),
    ablationView(key),
    writtenView(node),
    ...derivationView(key),
    isAsked(key) ? null : chainView(key),
    ...codeView(node),
  ].filter(Boolean);
}

/** What the names of a rule's operands stand for here: x is embedding.W (64 × 48), indices is x (N × 32). */
function operandsText(node) {
  const names = data.takes[node.operation];
  if (names.includes("operands")) return "";
  return ` Here ${listed(node.operands.map((key, i) => `${names[i]} is ${nameOf(key)} (${data.nodes[key].shape})`))}.`;
}

/** Where the value of a node comes that is not there yet. */
function laterView(key) {
  const step = stops().find((stop) => stop >= since.values[key]);
  return element("p", {}, "Its value is not computed yet. ", element("button", { type: "button", class: "factor", "data-later": true, on: { click: () => go(step) } }, `Go to step ${stopNumber(step)}`));
}

/** The node's gradient written out; its mathematics was escaped where it was made. */
function writtenView(node) {
  if (!node.gradient) return null;
  const view = element("p", { class: "formula scroll", "data-gradient": true, tabindex: "0", role: "region", "aria-label": "The gradient, written out" });
  view.innerHTML = node.gradient;
  const sizes = sizesIn([...view.querySelectorAll("mi")].map((each) => each.textContent).join(" "));
  if (sizes) view.append(element("span", { class: "quiet" }, ` with\u00a0${sizes}`));
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
