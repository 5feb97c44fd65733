// What the drawing marks, and where it is clicked: the node that is open, and the values that are shown as they were in the run, as no data says how to compute them.
const recordedNodes = Object.keys(data.nodes).filter((key) => isRecorded(`value ${key}`));
const recordedGradients = Object.keys(data.program.outputs).some((key) => !key.startsWith("value ") && isRecorded(key));

/** The operations inside of which a value is recorded, such as the mask of a dropout. */
function partlyRecorded() {
  const owners = new Map(Object.keys(data.nodes).map((key) => [data.program.outputs[`value ${key}`], key]));
  const known = new Set(Object.values(data.program.outputs));
  const open = [...data.program.values.keys()].filter((number) => data.program.values[number].recorded && !known.has(number));
  const found = new Set();
  for (const number of open) {
    if (owners.has(number)) found.add(owners.get(number));
    else open.push(...program.followers[number].filter((next) => !open.includes(next)));
  }
  return [...found];
}

const partly = partlyRecorded();
const listed = (names) => (names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ").replace(/, ([^,]*)$/, " and $1"));

/** Frame the recorded values by dots, and say below the circuit which they are. */
function markRecorded() {
  const called = (keys) => listed(keys.map((key) => `${nameOf(key)} (${data.nodes[key].operation})`));
  const what = [
    recordedNodes.length && `the value${recordedNodes.length > 1 ? "s" : ""} of ${called(recordedNodes)}`, partly.length && `a part of ${called(partly)}`,
    recordedGradients && "gradients",
  ].filter(Boolean);
  find("recorded").hidden = !what.length;
  if (what.length) find("recorded").textContent = `${recordedNodes.length + partly.length ? "Dotted: as" : "As"} recorded in the run, not computed here: ${what.join("; ")}.`;
  for (const key of [...recordedNodes, ...partly]) {
    for (const id of [key, `${key}-wire`]) svg.getElementById(id)?.classList.add("recorded");
  }
}

/** What is to be known of a node whose value is recorded, or that leads to one; nothing for any other. */
function recordedView(key) {
  const { leaf } = data.nodes[key];
  if (recordedNodes.includes(key)) return element("p", { "data-as-recorded": true }, "Its value is shown as it was in the run: its rule is none that the page can compute. What it follows from cannot be changed here, and so it stays true.");
  if (partly.includes(key)) return element("p", { "data-as-recorded": true }, "A part of it, such as numbers drawn at random, is as it was in the run; the rest is computed anew.");
  const numbers = leaf ? program.fixes(leaf) : [];
  if (!numbers.length) return null;
  const names = recordedNodes.filter((each) => numbers.includes(data.program.outputs[`value ${each}`])).map(nameOf);
  const what = names.length ? `${listed(names)}, shown as recorded,` : "a gradient, shown as recorded,";
  return element("p", { "data-as-recorded": true }, `Its numbers cannot be changed here: ${what} follow${names.length > 1 ? "" : "s"} from ${nameOf(key)}, and the page cannot compute ${names.length > 1 ? "them" : "it"}.`);
}

const NEAR = [[0, 0], [0, 3], [0, -3], [3, 0], [-3, 0], [0, 6], [0, -6], [6, 0], [-6, 0]]; // a wire is thin: in pixels from where it is clicked

/** A wire, and what is written at it, opens the node whose value and gradient run on it. */
function makeWires() {
  svg.addEventListener("click", ({ target, clientX, clientY }) => {
    if (target.closest("[role=button]")) return;
    const groups = NEAR.map(([x, y]) => document.elementFromPoint(clientX + x, clientY + y)?.closest("[data-circuit] :is(g.edge, g.node)"));
    const key = groups.map((group) => group && keyOnWire(group.id)).find(Boolean);
    if (key) open(key);
  });
}

/** The node of a wire's group, or of its label's: of a1-wire, to-a1-z2-0 or a1-to-z2 it is a1. */
function keyOnWire(id) {
  const [key] = id.replace(/^to-/, "").split("-");
  return key in data.nodes ? key : undefined;
}

/** Light all that shows the value of a node: its box, its wire with all its ends, and where it is an output. */
function markOpen(key) {
  for (const group of svg.querySelectorAll("g.node, g.edge")) group.classList.toggle("open", (data.outputs[group.id] ?? keyOnWire(group.id)) === key);
}
