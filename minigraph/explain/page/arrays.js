// Text is set as text, never as markup: whatever a node is called, it is only shown.
function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") listenTo(created, value);
    else if (value !== null && value !== false) created.setAttribute(key, value === true ? "" : value);
  }
  created.append(...children.filter((child) => child !== null && child !== undefined));
  return created;
}

function listenTo(created, rules) {
  created.listens = true;
  for (const [event, does] of Object.entries(rules)) created.addEventListener(event, does);
}

/** Make an element say something; one that says it already is left alone, as a browser lays out anew what is written. */
function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/** Make what stands in an element like new parts. What is alike stays, and with it what is focused, scrolled or selected there. */
function renew(place, parts) {
  const old = [...place.childNodes];
  parts.forEach((part, i) => {
    const made = part instanceof Node ? part : document.createTextNode(part);
    if (i >= old.length) place.append(made);
    else if (!becomes(old[i], made)) old[i].replaceWith(made);
  });
  old.slice(parts.length).forEach((each) => each.remove());
}

/** Make a node like a new one, or tell that the new one has to take its place: where one of them listens, or is a picture. */
function becomes(old, made) {
  if (old === document.activeElement && old.matches("[data-typing]")) return true; // what one types stays until it ends
  if (old.nodeName !== made.nodeName || old.listens || made.listens || made instanceof HTMLCanvasElement) return false;
  if (made instanceof Text) {
    say(old, made.data);
    return true;
  }
  if (made instanceof ArrayView) {
    if (made.shows.every((each, i) => each === old.shows[i])) return true;
    made.fill();
    old.shows = made.shows;
  }
  for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  renew(old, [...made.childNodes]);
  return true;
}

const isolated = (text) => element("bdi", {}, text);
const dark = matchMedia("(prefers-color-scheme: dark)");

const BLUE = [33, 102, 172];
const ORANGE = [201, 98, 0];
const CLASSES = ["#3b7dc4", "#d97a00", "#0b8a68", "#b5569b", "#8a7a00", "#5b6470", "#56a5d8", "#a63a25"].map((hex) =>
  [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)));

const between = (from, to, part) => from.map((channel, k) => Math.round(channel + (to[k] - channel) * part));

/** The colour of a byte of a heat-map: 127 is 0, less is blue, more is orange; 255 is no number. */
function heatColour(byte) {
  if (byte === 255) return [128, 0, 128];
  const middle = dark.matches ? [27, 33, 42] : [255, 255, 255];
  return between(middle, byte < 127 ? BLUE : ORANGE, Math.abs(byte - 127) / 127);
}

function painted(columns, rows, colourOf, attributes) {
  const canvas = element("canvas", { width: columns, height: rows, role: "img", ...attributes });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < columns * rows; i++) image.data.set([...colourOf(i), 255], 4 * i);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The first numbers of an array; `at` is the place of one that is marked, or several: their rows are shown too. */
function numbers(record, title, at) {
  const { table, rows, left } = record;
  if (!table.length || !table[0].length) return element("p", { class: "quiet" }, "It has no elements.");
  const marked = new Set((Array.isArray(at?.[0]) ? at : [at ?? []]).filter(() => at).map(String));
  const single = table.length === 1 && table[0].length === 1;
  const further = rowsOf(record, [...marked]);
  const names = [...rows, ...further.map((row) => row.name)];
  const lines = [...table, ...further.map((row) => row.numbers)].map((row, i) => element("tr", {},
    names[i] === "" ? null : element("th", { scope: "row" }, names[i]),
    ...row.map((number, k) => {
      const place = record.array.shape.length ? [...names[i].split(", ").filter(Boolean).map(Number), k] : [];
      const here = !single && marked.has(String(place));
      const free = freeKeys.has(record.node) && freeCell(record.node, place, number, i === 0 && k === 0);
      return element("td", { class: here ? "at" : null }, free || number);
    }),
    left[1] ? element("td", {}, "…") : null));
  const vector = rows.length === 1 && rows[0] === "";
  const counted = (count, what) => count && `${count} more ${what}${count === 1 ? "" : "s"}`;
  const more = [counted(left[0] - further.length, "row"), counted(left[1], vector ? "number" : "column")].filter(Boolean).join(", ");
  return element("div", {},
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `Numbers of ${title}` },
      element("table", {}, columnHeads(record), element("tbody", {}, ...lines))),
    more ? element("p", { class: "quiet" }, `and ${more}`) : null,
    more ? largestView(record) : null);
}

/** The index of each column that is shown, where there are more than a few. */
function columnHeads({ table, rows, left }) {
  const count = table[0].length;
  if (count < FEW) return null;
  const heads = Array.from({ length: count }, (_, k) => element("th", { scope: "col" }, String(k)));
  return element("thead", {}, element("tr", {}, rows[0] === "" ? null : element("td"), ...heads, left[1] ? element("th", { scope: "col" }, "…") : null));
}

/** The rows of marked numbers that are beyond the first, where their columns are shown. */
function rowsOf({ array, size, table }, marked) {
  const columns = table[0].length;
  const found = marked.map((text) => text.split(",").map(Number)).filter((place) => array.shape.length > 1 && place.at(-1) < columns)
    .map((place) => Math.floor(offsetOf(place, array.shape) / size[1])).filter((row) => row >= table.length);
  return [...new Set(found)].sort((a, b) => a - b).map((row) => ({
    name: unraveledIn(row, array.shape.slice(0, -1)).join(", "),
    numbers: Array.from({ length: columns }, (_, k) => numberText(array.data[row * size[1] + k], 0, 3, !isFloat(array.dtype))),
  }));
}

const MOST_LISTED = 5;

/** A part that is unfolded by its name, and made when it is first seen. */
function folded(name, attributes, parts) {
  const body = element("div");
  const fill = () => view.open && !body.firstChild && body.append(...parts());
  const view = element("details", { ...attributes, on: { toggle: fill } }, element("summary", {}, name), body);
  return Object.assign(view, { fill });
}

/** The largest elements, of all and of each row that is shown; each opens its node, with the chain rule for it. */
const largestView = (record) => folded("Its largest elements", { class: "largest" }, () => largestParts(record));

function largestParts({ array, rows, size, of }) {
  const { data: numbers, shape } = array;
  const listed = (name, from, to) => {
    const order = [...numbers.keys()].slice(from, to).sort((i, j) => Math.abs(numbers[j]) - Math.abs(numbers[i])).slice(0, MOST_LISTED);
    const found = order.map((i) => {
      const place = unraveledIn(i, shape);
      const text = `${indexText(place)} = ${numberText(numbers[i], 0, 3, !isFloat(array.dtype))}`;
      return chipOf(of, place, text);
    });
    return element("p", {}, `${name}: `, ...found);
  };
  const several = rows.length > 1 && size[1] > 1;
  return [chosenView(of), listed("Of all", 0, numbers.length), ...(several ? rows.map((row, i) => listed(`Row ${row}`, i * size[1], (i + 1) * size[1])) : [])];
}

/** What shows an array is filled when it comes into the page; where it stands already, and `shows` is the same, it is left. */
class ArrayView extends HTMLElement {
  connectedCallback() {
    if (!this.firstChild) this.fill();
  }

  fill() {
    this.append(...this.parts());
  }
}
customElements.define("array-view", ArrayView);

/** An array with its name: in a few words, its first numbers, and a heat-map where it has many. */
function arrayView(title, record, kind, at = null) {
  const marked = [at, chosen.node === record.of && chosen.place].map(String);
  return Object.assign(element("array-view", { class: `array ${kind}` }), {
    shows: [record, title, ...marked, dark.matches], parts: () => arrayParts(title, record, kind, at),
  });
}

function arrayParts(title, record, kind, at) {
  const parts = [element("h3", {}, isolated(title), ` (${record.shape})`, record.recorded ? element("span", { class: "quiet" }, " as recorded in the run") : null)];
  const warning = kind === "value" ? valueWarning(record) : gradientWarning(record);
  if (warning) parts.push(element("p", { class: "warning" }, `! ${warning}`));
  if (record.heat) parts.push(element("p", { class: "summary" }, record.summary, record.summary.includes("±") ? element("span", { class: "quiet" }, " mean ± std") : null));
  parts.push(numbers(record, title, at), ...(record.heat ? heatView(record, title) : []));
  return parts;
}

/** The plane with the class that each place gets, and the rows as points: one shape for each class, hollow where wrong. */
function planeView(plane) {
  const size = 288;
  const bytes = plane.cells;
  const paper = dark.matches ? [27, 33, 42] : [255, 255, 255];
  const cells = painted(plane.grid, plane.grid, (i) =>
    between(paper, CLASSES[bytes[i] >> 5], 0.15 + 0.45 * (bytes[i] & 31) / 31), {});
  const text = `${plane.right} of ${plane.points.length} rows are in their class`;
  const canvas = element("canvas", { width: size, height: size, role: "img", "aria-label": `The plane of the classes: ${text}` });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.drawImage(cells, 0, 0, size, size);
  context.lineWidth = 1.5;
  for (const [across, up, label, right] of plane.points) {
    context.beginPath();
    outline(context, label, across * size, (1 - up) * size);
    context.fillStyle = right ? `rgb(${CLASSES[label % CLASSES.length]})` : "white";
    context.strokeStyle = dark.matches && right ? "white" : "black";
    context.fill();
    context.stroke();
  }
  const shapes = ["circles are of class 0", "squares of 1", "triangles of 2", "diamonds of others"].slice(0, plane.classes);
  return [canvas, element("figcaption", { class: "quiet" }, `${text}; ${shapes.join(", ")}; a white one is on the wrong side`)];
}

function outline(context, label, x, y) {
  const r = 5;
  if (label === 0) context.arc(x, y, r, 0, 2 * Math.PI);
  else if (label === 1) context.rect(x - r, y - r, 2 * r, 2 * r);
  else {
    const corners = label === 2 ? 3 : 4;
    for (let k = 0; k <= corners; k++) {
      const angle = 2 * Math.PI * k / corners - Math.PI / 2;
      context.lineTo(x + 1.3 * r * Math.cos(angle), y + 1.3 * r * Math.sin(angle));
    }
  }
}
