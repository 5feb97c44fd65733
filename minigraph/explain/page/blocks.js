// Steps by block: a closed block is one step, which can be opened to step inside.
const MOST_STOPS = 45;
const opened = new Set();

/** Where one can stop: after which steps. What lies inside a closed block is passed over. */
function stopsOf(isOpen) {
  const inside = new Set();
  data.blocks.forEach(({ first, last }, i) => {
    if (!isOpen(i)) for (let step = first; step < last; step++) inside.add(step);
  });
  return [0, ...data.steps.keys()].map((step, i) => (i ? step + 1 : 0)).filter((step) => !inside.has(step));
}

/** At first as many blocks are open, the outer ones first, as leave few enough steps; of those of one level, those that hold others. */
function openAtFirst() {
  const levels = data.blocks.map(({ path }) => path.length);
  const holds = data.blocks.map(({ first, last }, i) => data.blocks.some((other, k) => levels[k] > levels[i] && first <= other.first && other.last <= last));
  const choices = Array.from({ length: Math.max(0, ...levels) }, (_, i) => i + 1).reverse().flatMap((level) =>
    [(i) => levels[i] <= level, (i) => levels[i] <= level && holds[i]]);
  const isOpen = choices.find((each) => stopsOf(each).length <= MOST_STOPS + 1) ?? (() => false);
  opened.clear();
  for (const i of levels.keys()) if (isOpen(i)) opened.add(i);
}

const stops = () => stopsOf((i) => opened.has(i));
const stopAfter = (position) => stops().find((stop) => stop > position) ?? data.steps.length;
const stopBefore = (position) => stops().findLast((stop) => stop < position) ?? 0;
const stopNumber = (position) => stops().filter((stop) => stop && stop <= position).length;

/** The number of the closed block whose end a position is, of several the outermost; or undefined. */
const closedAt = (position) => [...data.blocks.keys()].find((i) => data.blocks[i].last === position && !opened.has(i));

/** The numbers of the open blocks around a position, the outermost first. */
const blocksAround = (position) =>
  [...data.blocks.keys()].filter((i) => opened.has(i) && data.blocks[i].first <= position && position <= data.blocks[i].last);

/** The steps that a position stands for: the last one, or all of a closed block. */
function stepsAt(position) {
  const block = data.blocks[closedAt(position)];
  return data.steps.slice(block ? block.first - 1 : Math.max(0, position - 1), position);
}

/** In the quiz a block that comes next on the way back is opened: what lies inside is asked for. */
function openAhead(position) {
  for (;;) {
    const i = closedAt(stopAfter(position));
    if (i === undefined || data.steps[data.blocks[i].first - 1].kind === "value") return;
    opened.add(i);
  }
}

function openBlock(i) {
  opened.add(i);
  go(stopAfter(data.blocks[i].first - 1));
  control("next").focus();
}

function closeBlock(i) {
  opened.delete(i);
  go(data.blocks[i].last);
  control("next").focus();
}

/** The name of a block, and which part of it where the steps pass through it in several. */
function blockName(block) {
  const pass = ({ first }) => data.steps[first - 1].kind === "value";
  const parts = data.blocks.filter((each) => String(each.path) === String(block.path) && pass(each) === pass(block));
  return block.path.join(" › ") + (parts.length > 1 ? `, part ${parts.indexOf(block) + 1} of ${parts.length}` : "");
}

/** The blocks around a step: each is closed by a button. */
function aroundView(position) {
  const around = blocksAround(position);
  if (!around.length) return [];
  return [element("div", { class: "within", role: "group", "aria-label": "Blocks around this step" }, ...around.map((i) => element("button", {
    type: "button", "aria-label": `Close the block ${data.blocks[i].path.join(" ")}`, on: { click: () => closeBlock(i) },
  }, isolated(data.blocks[i].path.at(-1)), " ×")))];
}

/** A closed block: what it gives, and its steps. */
function blockView(i, position) {
  const block = data.blocks[i];
  const inside = stepsAt(position);
  const forward = inside[0].kind === "value";
  const kept = lastOf(inside);
  return [
    element("h2", {}, forward ? "Forward through " : "Backward through ", isolated(blockName(block))),
    element("p", {}, element("button", { type: "button", "data-inside": true, on: { click: () => openBlock(i) } }, `Step inside (${inside.length} steps)`)),
    element("p", { class: "quiet" }, forward ? "What leaves the block:" : "The gradients that leave the block:"),
    element("div", { class: "arrays" }, ...kept.map((step) => arrayView(step.name, resultOf(step), forward ? "value" : "gradient"))),
    element("details", {}, element("summary", {}, "The steps in it"), ...inside.map(formulaView)),
  ];
}

/** Of the steps inside a block, those whose results others need: read by an operation outside, or the gradient of what is outside. */
function lastOf(inside) {
  const own = new Set(inside.map((step) => (step.kind === "value" ? step.node : step.by)));
  const forward = inside[0].kind === "value";
  const used = (step) => Object.values(data.nodes).some((node) => node.operands.includes(step.node) && !own.has(keyOf(node)));
  const leaves = forward
    ? inside.filter((step, k) => used(step) || k === inside.length - 1)
    : inside.filter((step) => step.kind !== "cotangent" && !own.has(step.node));
  const last = new Map(leaves.map((step) => [step.node, step]));
  const isLeaf = (step) => data.nodes[step.node].kind !== "operation";
  return [...last.values()].sort((one, other) => isLeaf(one) - isLeaf(other)).slice(0, 8);
}

const keysOfNodes = new Map(Object.entries(data.nodes).map(([key, node]) => [node, key]));
const keyOf = (node) => keysOfNodes.get(node);

/** Which blocks are open, where that is not how it is at first. */
const readBlocks = () => {
  const text = [...opened].sort((a, b) => a - b).join(" ");
  return text === address.blocks ? "" : text || "none";
};

function writeBlocks(text) {
  openAtFirst();
  address.blocks = [...opened].sort((a, b) => a - b).join(" ");
  if (!text) return;
  const numbers = text.split(" ").map(Number).filter((i) => data.blocks[i]);
  opened.clear();
  for (const i of numbers) opened.add(i);
}
