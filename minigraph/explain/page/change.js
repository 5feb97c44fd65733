// Numbers that can be changed: drag one in a table, or type it; all that follows from it is computed anew.
const [COARSE, COARSEST, MOST_FOR_PLANE] = [24, 10, 4]; // cells of the plane while a number is dragged, and milliseconds for them
const chosen = { node: null, place: null };
const freeNodes = Object.entries(data.nodes).filter(([, node]) => node.leaf && isFree(node.leaf) && isFloat(leaves[node.leaf].dtype) && leaves[node.leaf].size);
const freeKeys = new Set(freeNodes.map(([key]) => key));
const leafOf = (key) => program.leaves.get(data.nodes[key].leaf);
const elementName = (key, place) => `${data.nodes[key].name}${place.length ? `[${place.join(", ")}]` : ""}`;
const valueOf = (key) => arrayOf(`value ${key}`);
const numberAt = (key, place) => valueOf(key).data[offsetOf(place, valueOf(key).shape)];

/** Whether an element of a node can be wiggled: one that is computed too, as if it came out otherwise. */
const isChoosable = (key) => freeKeys.has(key) || (isKnown(`value ${key}`) && isKnown(`gradient ${key}`) && isFloat(data.nodes[key].dtype) && valueOf(key).size > 0);

function setNumber(key, place, number) {
  const array = leafOf(key);
  setLeaf(data.nodes[key].leaf, withElement(array, offsetOf(place, array.shape), number));
}

/** How much a nudge is, next to the numbers that an array had at first: a hundredth of their usual size. */
function nudgeOf(key) {
  const { mean, deviation } = momentsOf(given[data.nodes[key].leaf] ?? valueOf(key));
  const size = Math.hypot(mean, deviation);
  return 10 ** Math.round(Math.log10(size > 0 && Number.isFinite(size) ? size : 1)) / 100;
}

/** A cell of a table whose number can be changed; `at` is its place in the array of the node. */
function freeCell(key, place, text, first) {
  const marked = chosen.node === key && String(chosen.place) === String(place);
  return element("button", {
    type: "button", class: marked ? "number chosen" : "number", tabindex: marked || first ? "0" : "-1", "data-free": `${key} ${place.join(",")}`,
    "aria-label": `${elementName(key, place)} is ${text}: drag it, or type another`,
  }, text);
}

const readCell = (cell) => {
  const [key, place] = cell.getAttribute("data-free").split(" ");
  return [key, place === "" ? [] : place.split(",").map(Number)];
};

let waiting = false;

/** Show what has changed in the next frame, once. */
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    refresh();
    if (drag && resolution.took > MOST_FOR_PLANE) resolution.cells = Math.max(COARSEST, Math.floor(resolution.cells * Math.sqrt(MOST_FOR_PLANE / resolution.took)));
  });
}

function choose(key, place) {
  Object.assign(chosen, { node: key, place });
  showChange();
  writeAddress();
}

/** An element to choose, by its name; the one that is chosen is pressed. */
const chipOf = (key, place, text) => element("button", {
  type: "button", class: "factor", "data-chip": `${key} ${place.join(",")}`, "aria-pressed": String(isChosen(key, place)), on: { click: () => openAt(key, place) },
}, text);

const isChosen = (key, place) => chosen.node === key && String(chosen.place) === String(place);

/** What is chosen of a node, and what can be done with it. */
function chosenParts(key) {
  if (chosen.node !== key) return ["Choose one to see it here, with its chain rule, and to change or wiggle it."];
  const gradient = isKnown(`gradient ${key}`) && !isAsked(key) ? `, its gradient ${numberText(gradientAt(key, chosen.place))}` : "";
  return [element("b", {}, elementName(key, chosen.place)), ` is chosen: it is ${numberText(numberAt(key, chosen.place))}${gradient}. `,
    element("button", { type: "button", class: "factor", on: { click: () => jumpTo("Change", true) } }, freeKeys.has(key) ? "Change or wiggle it" : "Wiggle it"), " ",
    find("chain") ? element("button", { type: "button", class: "factor", on: { click: showChain } }, "Its chain rule") : ""];
}

const gradientAt = (key, place) => arrayOf(`gradient ${key}`).data[offsetOf(place, valueOf(key).shape)];
const chosenView = (key) => element("p", { class: "said", "data-said": key }, ...chosenParts(key));

let drag = null;
document.addEventListener("pointerdown", (event) => {
  const cell = event.target.closest("[data-free]");
  if (!cell || event.button !== 0) return;
  const [key, place] = readCell(cell);
  choose(key, place);
  drag = { key, place, x: event.clientX, from: numberAt(key, place), per: nudgeOf(key), moved: false };
});
// The table is made anew while a number is dragged, so the window hears of it and not the cell.
addEventListener("pointermove", (event) => {
  if (drag && !event.buttons) return drop(); // it was let go outside of the window
  if (!drag) return;
  const by = event.clientX - drag.x;
  drag.moved ||= Math.abs(by) > 2;
  if (!drag.moved) return;
  document.body.classList.add("dragging");
  resolution.cells = Math.min(resolution.cells, COARSE);
  setNumber(drag.key, drag.place, drag.from + by * drag.per);
  soon();
});
const drop = () => {
  if (!drag) return;
  drag = null;
  document.body.classList.remove("dragging");
  resolution.cells = GRID;
  soon();
};
addEventListener("pointerup", drop);
addEventListener("pointercancel", drop);
document.addEventListener("dblclick", (event) => event.target.closest("[data-free]") && typeInto(event.target.closest("[data-free]")));
document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-free]");
  if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
  const [key, place] = readCell(cell);
  const nudge = event.shiftKey && { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (event.key === "Enter") typeInto(cell);
  else if (/^[-−+.,\d]$/.test(event.key)) typeInto(cell, event.key);
  else if (nudge) {
    choose(key, place);
    setNumber(key, place, numberAt(key, place) + nudge * nudgeOf(key));
    soon();
  } else if (event.key.startsWith("Arrow")) beside(cell, event.key)?.focus();
  else return;
  event.preventDefault();
});

/** The cell beside another in its table. */
function beside(cell, arrow) {
  const row = cell.closest("tr");
  const column = [...row.querySelectorAll("[data-free]")].indexOf(cell);
  const rows = [...row.parentElement.children];
  const to = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[arrow];
  return rows[rows.indexOf(row) + to[0]]?.querySelectorAll("[data-free]")[column + to[1]];
}

/** A number of a table becomes a field that one types in; Enter and leaving it set the number, Escape leaves it as it was. */
function typeInto(cell, text) {
  const [key, place] = readCell(cell);
  const { dtype } = valueOf(key);
  choose(key, place);
  const typing = element("input", {
    type: "text", class: "typing", autocomplete: "off", "data-typing": true, value: text ?? shortest(numberAt(key, place), dtype),
    "aria-label": `${elementName(key, place)}: Enter sets it, Escape leaves it as it was`,
  });
  typing.style.width = `${Math.max(cell.offsetWidth, 72)}px`;
  const end = (sets, stays = true) => {
    if (!typing.isConnected || typing.ended) return;
    const { number, refused } = sets ? numberIn(typing.value, dtype) : {};
    if (refused && stays) {
      typing.setCustomValidity(refused);
      typing.reportValidity();
      return say(changeParts.note, refused);
    }
    typing.ended = true;
    typing.closest("array-view").shows = []; // it is filled anew: what it showed may have changed meanwhile
    typing.replaceWith(cell);
    if (number !== undefined && !refused) setNumber(key, place, number);
    refresh();
    if (stays) cell.focus({ preventScroll: true });
  };
  listenTo(typing, {
    input: () => typing.setCustomValidity(""),
    blur: () => end(true, false),
    keydown: (event) => {
      if (event.key === "Enter" || event.key === "Escape") end(event.key === "Enter");
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  });
  cell.replaceWith(typing);
  typing.focus({ preventScroll: true });
  if (text === undefined) typing.select();
  else typing.setSelectionRange(text.length, text.length);
}

const field = (name, label, attributes = {}) => element("input", { type: "text", autocomplete: "off", "aria-label": label, [`data-${name}`]: true, ...attributes });
const changeParts = {
  array: element("select", { "data-array": true, "aria-label": "Array" }),
  set: element("button", { type: "submit" }, "Set"),
  index: field("index", "Index of the element"),
  value: field("value", "Its number"),
  note: element("p", { class: "quiet", role: "status", "data-changed": true }),
  wiggle: element("div", { "data-wiggle": true }),
};

/** The index that was written, or null where the array has no such element. */
function placeTyped(text, shape) {
  const place = text.replace(/[[\]\s]/g, "").split(",").filter(Boolean).map(Number);
  const fits = place.length === shape.length && place.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis]);
  return fits ? place : null;
}

function readIndex() {
  const key = changeParts.array.value;
  const { shape } = valueOf(key);
  const place = placeTyped(changeParts.index.value, shape);
  if (place) return choose(key, place);
  changeParts.note.textContent = `${data.nodes[key].name} is ${shapeText(shape)}: an index counts from 0 along each axis.`;
}

function readValue(event) {
  event.preventDefault();
  if (!placeTyped(changeParts.index.value, valueOf(chosen.node).shape)) return readIndex();
  const { number, refused } = numberIn(changeParts.value.value, valueOf(chosen.node).dtype);
  if (refused) return say(changeParts.note, refused);
  setNumber(chosen.node, chosen.place, number);
  refresh();
}

/** The panel as it is for the element that is chosen, and what else tells of it. */
function showChange() {
  if (!freeNodes.length) return;
  const { node, place } = chosen;
  const [free, name, number] = [freeKeys.has(node), elementName(node, place), numberAt(node, place)];
  if (![...changeParts.array.options].some((option) => option.value === node)) changeParts.array.append(element("option", { value: node }, data.nodes[node].name));
  changeParts.array.value = node;
  if (document.activeElement !== changeParts.index) changeParts.index.value = place.join(", ");
  if (document.activeElement !== changeParts.value || Math.fround(numberOf(changeParts.value.value)) !== Math.fround(number)) changeParts.value.value = shortest(number, valueOf(node).dtype);
  changeParts.set.disabled = changeParts.value.disabled = !free;
  const gradient = isAsked(node) ? " Its gradient is asked for." : isKnown(`gradient ${node}`) ? ` The gradient there is ${numberText(gradientAt(node, place))}.` : "";
  say(changeParts.note, `${name} is ${numberText(number)}${free ? "" : ", computed from what is before it: it cannot be set, but wiggled as if it came out otherwise"}.${gradient}`);
  say(changeJump, name);
  for (const cell of document.querySelectorAll("[data-free]")) cell.classList.toggle("chosen", cell.getAttribute("data-free") === `${node} ${place.join(",")}`);
  for (const chip of document.querySelectorAll("[data-chip]")) chip.setAttribute("aria-pressed", String(chip.getAttribute("data-chip") === `${node} ${place.join(",")}`));
  for (const said of document.querySelectorAll("[data-said]")) said.replaceChildren(...chosenParts(said.getAttribute("data-said")));
  if (!drag) showWiggle(changeParts.wiggle, node, place);
}

/** The element that is chosen, and by how much it is nudged, where that is not how it is at first. */
const readChosen = () => {
  const text = freeNodes.length ? `${chosen.node} ${chosen.place.join(".")} ${nudged ?? ""}`.trim() : "";
  return text === chosen.first ? "" : text;
};

function writeChosen(text) {
  if (!freeNodes.length) return;
  const [key, place, by] = (text || chosen.first).split(" ");
  const at = key in data.nodes && isChoosable(key) && placeTyped((place ?? "").replaceAll(".", ","), valueOf(key).shape);
  if (!at) return;
  nudged = Number(by) || null;
  choose(key, at);
}

/** The panel in which an element is chosen and written; it stands before the training. */
function buildChange() {
  const fixed = Object.values(data.nodes).filter(({ leaf }) => leaf in leaves && program.fixes(leaf).length).map(({ name }) => name);
  const why = fixed.length ? `${listed(fixed)} cannot be changed: what is shown as recorded follows from ${fixed.length > 1 ? "them" : "it"}.` : "";
  if (!freeNodes.length) {
    if (why) find("training").before(element("section", { class: "panel", "aria-label": "Change a number" }, element("h2", {}, "Change a number"), element("p", { class: "quiet" }, why)));
    return;
  }
  const parameter = freeNodes.find(([, node]) => node.kind === "parameter") ?? freeNodes[0];
  Object.assign(chosen, { node: parameter[0], place: leafOf(parameter[0]).shape.map(() => 0) });
  changeParts.array.append(...freeNodes.map(([key, node]) => element("option", { value: key }, node.name)));
  changeParts.array.addEventListener("change", () => choose(changeParts.array.value, valueOf(changeParts.array.value).shape.map(() => 0)));
  changeParts.index.addEventListener("change", readIndex);
  find("training").before(element("section", { class: "panel", "aria-label": "Change a number", "data-change": true },
    element("h2", {}, "Change a number"),
    why ? element("p", { class: "quiet" }, why) : null,
    element("form", { class: "row", on: { submit: readValue } }, changeParts.array, "[", changeParts.index, "] =", changeParts.value, changeParts.set),
    changeParts.note, changeParts.wiggle,
    element("p", { class: "quiet", "data-not-kept": true, hidden: true }, "The address does not keep these numbers: more have changed than it can hold.")));
  showChange();
  chosen.first = readChosen();
}
